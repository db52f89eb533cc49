"""The bench: what all candidates of a task share, so that they are tried on the same frames in the same folds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import ModelError
from reelsift.models.calibration import Calibration, cross_calibrated, fit_calibration
from reelsift.models.duplicates import near_duplicates
from reelsift.models.examples import Examples
from reelsift.models.folds import Folds, Grouping, group, grouped_folds, random_folds
from reelsift.models.linear import ViewSpace, fit_space
from reelsift.models.report import Scores, score
from reelsift.models.scoring import Answers
from reelsift.models.sequences import FetchSequences
from reelsift.specs import TrainSpec

__all__ = ["LEARNED_FRAMES", "Bench", "Fetch", "prepare", "spread_rows"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

Fetch = Callable[[str, NDArray[Any], FloatArray], Any]
"""Gives the rows of a view for frames by source id and time in seconds."""

LEARNED_FRAMES = 1200  # of more labelled frames, this many are learned from: neighbours are near copies


@dataclass(frozen=True, eq=False)
class Bench:
    """Frames, folds and the views of the frames.

    Attributes:
        examples: The frames learned from.
        weights: (N,) how many labelled frames each stands for.
        folds: The folds that are honest (or random, where the user asks for that).
        leaky: Random folds.
        grouping: What the honest folds never split.
        spaces: The principal components of each view that is a vector.
        fetch: Gives other views of the frames.
        fetch_sequences: Gives the samples around labelled frames.
        labelled: All labelled frames, of which `examples` are some.
        rows: (N,) where among them each of `examples` is.
        clips: (N,) the clip of each frame, where all samples of a sequence have one class, else -1. `None`: unknown.
    """

    examples: Examples
    weights: FloatArray
    folds: Folds
    leaky: Folds
    grouping: Grouping
    spaces: dict[str, ViewSpace]
    fetch: Fetch | None = None
    fetch_sequences: FetchSequences | None = None
    labelled: Examples | None = None
    rows: IntArray | None = None
    clips: IntArray | None = None
    _fetched: dict[str, Any] = field(default_factory=dict)

    @property
    def class_count(self) -> int:
        """C."""
        return len(self.examples.classes)

    def view(self, name: str) -> Any:
        """The rows of a view that is no vector, fetched when first asked for.

        Raises:
            ModelError: If nothing can fetch it, or a row is missing.
        """
        if name not in self._fetched:
            if self.fetch is None:
                raise ModelError(f"the view '{name}' of the labelled frames is not there: compute it first")
            rows = self.fetch(name, self.examples.source_ids, self.examples.times_seconds)
            if len(rows) != len(self.examples):
                raise ModelError(f"{len(self.examples)} labelled frames, but {len(rows)} rows of the view '{name}'")
            self._fetched[name] = rows
        return self._fetched[name]

    def coordinates(self, views: tuple[str, ...]) -> FloatArray:
        """(N, R) the principal components of views, side by side."""
        return np.concatenate([self.spaces[name].coordinates for name in views], axis=1)

    def calibrated(self, logits: FloatArray, folds: Folds) -> FloatArray:
        """(S, C) probabilities of the scored frames; each fold is calibrated on the others."""
        scored = folds.scored
        return cross_calibrated(
            logits[scored],
            targets=self.examples.targets[scored],
            sample_weights=self.weights[scored],
            held_out=folds.held_out[scored],
        )

    def scores(self, probabilities: FloatArray, folds: Folds) -> Scores:
        """How good the probabilities (S, C) of the scored frames are."""
        scored = folds.scored
        return score(probabilities, targets=self.examples.targets[scored], sample_weights=self.weights[scored])

    def clip_accuracy(self, probabilities: FloatArray, folds: Folds) -> float | None:
        """Share of the clips told rightly, each by the mean of the probabilities (S, C) of its scored frames."""
        scored = folds.scored
        if self.clips is None or not scored.any():
            return None
        targets = self.examples.targets[scored]
        return Answers(self.examples.classes, targets, probabilities, self.clips[scored]).clip_accuracy

    def log_loss(self, logits: FloatArray) -> float:
        """Of out-of-fold logits (N, C), calibrated; infinite where nothing could be held out."""
        found = self.scores(self.calibrated(logits, self.folds), self.folds).log_loss
        return np.inf if found is None else found

    def calibration(self, logits: FloatArray) -> Calibration:
        """From out-of-fold logits (N, C)."""
        scored = self.folds.scored
        targets, weights = self.examples.targets[scored], self.weights[scored]
        return fit_calibration(logits[scored], targets=targets, sample_weights=weights)


def prepare(
    labelled: Examples, *, spec: TrainSpec, fetch: Fetch | None, fetch_sequences: FetchSequences | None = None
) -> Bench:
    """Chooses the frames to learn from and deals them out to folds.

    Raises:
        ModelError: If a view holds values that are not finite.
    """
    rows, weights = spread_rows(labelled, most=LEARNED_FRAMES)
    examples = labelled if len(rows) == len(labelled) else labelled.take(rows)
    for name, values in examples.views.items():
        if not np.isfinite(values).all():
            raise ModelError(f"the view '{name}' of the labelled frames holds values that are not finite: index again")
    spaces = {name: fit_space(values, seed=spec.seed) for name, values in examples.views.items()}
    leaky = random_folds(examples, folds=spec.folds, seed=spec.seed)
    duplicates = None
    if (examples.stems != "").any():
        together = np.concatenate([space.coordinates for space in spaces.values()], axis=1)
        duplicates = near_duplicates(together, targets=examples.targets, largest=len(examples) // spec.folds)
    grouping = group(examples, folds=spec.folds, duplicates=duplicates)
    honest = spec.split == "groups"
    folds = grouped_folds(examples, grouping=grouping, folds=spec.folds, seed=spec.seed) if honest else leaky
    return Bench(
        examples, weights, folds, leaky, grouping, spaces, fetch, fetch_sequences, labelled=labelled, rows=rows
    )


def spread_rows(examples: Examples, *, most: int) -> tuple[IntArray, FloatArray]:
    """At most `most` rows, spread evenly over the time of each class, and how many labelled frames each stands for.

    Rare classes are kept whole before common ones: of 100 and 10,000 frames with room for 1,000, it keeps 100 and 900.
    """
    counts = examples.counts
    quotas, room = np.zeros_like(counts), most
    for place, index in enumerate(np.argsort(counts, kind="stable")):
        quotas[index] = min(counts[index], max(room // (len(counts) - place), 1))
        room -= int(quotas[index])
    order = np.lexsort((examples.times_seconds, examples.order, examples.source_ids))
    chosen = []
    for index, quota in enumerate(quotas):
        own = order[examples.targets[order] == index]
        chosen.append(own[((np.arange(quota) + 0.5) * len(own) / max(quota, 1)).astype(np.int64)])
    rows = np.sort(np.concatenate(chosen))
    shares = counts / np.maximum(quotas, 1)
    return rows, np.asarray(shares[examples.targets[rows]])
