"""Learning a model from labelled frames, and finding out honestly what it is worth."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import ModelError
from reelsift.models.calibration import Calibration, cross_calibrated, fit_calibration
from reelsift.models.duplicates import near_duplicates
from reelsift.models.examples import Examples
from reelsift.models.folds import Folds, group, grouped_folds, random_folds
from reelsift.models.linear import LinearHead, ViewSpace, fit_space
from reelsift.models.logistic import LogisticFit, balanced_weights, fit_logistic
from reelsift.models.model import Model
from reelsift.models.report import Candidate, TrainReport, confusion_counts, score
from reelsift.smoothing import fit_switch_rate
from reelsift.specs import TrainSpec

__all__ = ["Training", "train"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

LEARNED_FRAMES = 1200  # of more labelled frames, this many are learned from: neighbours are near copies
STRENGTHS = (1.0, 10.0, 100.0, 1000.0)  # of the labels against the penalty, from cautious to trusting
FEW_LABELS = 5


@dataclass(frozen=True)
class Training:
    """A model, and how well it does."""

    model: Model
    report: TrainReport


def train(
    examples: Examples,
    *,
    spec: TrainSpec,
    task: str,
    index_spec: Mapping[str, Any] | None = None,
    label_digest: str = "",
) -> Training:
    """Tries linear heads on each view and on all together, and learns the best in honest folds from all labels.

    Args:
        examples: Labelled frames.
        spec: How to learn.
        task: Name of the task, for the model.
        index_spec: How the views were computed, for the model.
        label_digest: Digest of the labels, for the model.

    Raises:
        LabelError: If there are labels of fewer than two classes, or a class named in `spec` is unknown.
        ModelError: If a view holds values that are not finite.
    """
    started = time.perf_counter()
    labelled = examples.with_classes(spec.classes)
    bench = _Bench.prepare(labelled, spec=spec)
    tried = [bench.best_strength(views) for views in _view_sets(tuple(labelled.views))]
    tried.sort(key=lambda trial: trial.rank)
    model = _model(labelled, bench=bench, best=tried[0], task=task)
    model = replace(model, index_spec=dict(index_spec or {}), label_digest=label_digest)
    notes = _notes(labelled, bench=bench, spec=spec)
    report = _report(labelled, bench=bench, tried=tried, notes=notes, seconds=time.perf_counter() - started)
    return Training(model=replace(model, report=report.to_dict()), report=report)


def _model(labelled: Examples, *, bench: _Bench, best: _Trial, task: str) -> Model:
    priors = labelled.counts / len(labelled)
    return Model(
        task=task,
        classes=labelled.classes,
        head=bench.head(best),
        calibration=bench.calibration(best),
        priors=priors,
        switch_rate_per_second=fit_switch_rate(
            labelled.targets, times_seconds=labelled.times_seconds, source_ids=labelled.source_ids, priors=priors
        ),
    )


def _report(
    labelled: Examples, *, bench: _Bench, tried: list[_Trial], notes: tuple[str, ...], seconds: float
) -> TrainReport:
    best, scored, counts = tried[0], bench.folds.scored, labelled.counts
    return TrainReport(
        model=best.candidate.model,
        views=best.candidate.views,
        classes=dict(zip(labelled.classes, counts.tolist(), strict=True)),
        frames=len(labelled),
        learned_frames=len(bench.examples),
        balanced_accuracy=best.candidate.balanced_accuracy,
        accuracy=best.candidate.accuracy,
        leaky_accuracy=best.candidate.leaky_accuracy,
        majority_accuracy=float(counts.max() / counts.sum()),
        candidates=tuple(trial.candidate for trial in tried),
        seconds=seconds,
        folds=bench.folds.kind,
        notes=notes,
        confusion=confusion_counts(
            best.probabilities.argmax(axis=1), targets=bench.examples.targets[scored], classes=labelled.classes
        ),
    )


@dataclass(frozen=True, eq=False)
class _Trial:
    """A candidate with its out-of-fold logits (N, C) and calibrated probabilities of the scored frames (S, C)."""

    candidate: Candidate
    logits: FloatArray
    probabilities: FloatArray

    @property
    def rank(self) -> tuple[float, float]:
        """Smaller is better: balanced accuracy, then log loss, then (by a stable sort) the order of the candidates."""
        return -(self.candidate.balanced_accuracy or 0.0), self.candidate.log_loss or 0.0


@dataclass(frozen=True, eq=False)
class _Bench:
    """What all candidates share: the frames learned from, their spaces, weights and folds."""

    examples: Examples
    weights: FloatArray  # (N,) how many labelled frames each stands for
    spaces: dict[str, ViewSpace]
    folds: Folds
    leaky: Folds
    coordinates: dict[tuple[str, ...], FloatArray] = field(default_factory=dict)

    @classmethod
    def prepare(cls, labelled: Examples, *, spec: TrainSpec) -> _Bench:
        rows, weights = spread_rows(labelled, most=LEARNED_FRAMES)
        examples = labelled if len(rows) == len(labelled) else labelled.take(rows)
        for name, values in examples.views.items():
            if not np.isfinite(values).all():
                raise ModelError(
                    f"the view '{name}' of the labelled frames holds values that are not finite: index again"
                )
        spaces = {name: fit_space(values, seed=spec.seed) for name, values in examples.views.items()}
        leaky = random_folds(examples, folds=spec.folds, seed=spec.seed)
        if spec.split == "random":
            return cls(examples, weights, spaces, folds=leaky, leaky=leaky)
        duplicates = None
        if (examples.stems != "").any():
            together = np.concatenate([space.coordinates for space in spaces.values()], axis=1)
            duplicates = near_duplicates(together, targets=examples.targets, largest=len(examples) // spec.folds)
        grouping = group(examples, folds=spec.folds, duplicates=duplicates)
        folds = grouped_folds(examples, grouping=grouping, folds=spec.folds, seed=spec.seed)
        return cls(examples, weights, spaces, folds=folds, leaky=leaky)

    def best_strength(self, views: tuple[str, ...]) -> _Trial:
        """The best of all strengths on these views."""
        started = time.perf_counter()
        logits = self._out_of_fold(views, folds=self.folds, strengths=STRENGTHS)
        trials = [self._trial(views, strength, table) for strength, table in zip(STRENGTHS, logits, strict=True)]
        best = min(trials, key=lambda trial: trial.rank)
        scored = self.leaky.scored
        again = self._out_of_fold(views, folds=self.leaky, strengths=(best.candidate.strength,))[0]
        leaky = score(self._calibrated(again, self.leaky), targets=self.examples.targets[scored],
                      sample_weights=self.weights[scored])  # fmt: skip
        seconds = time.perf_counter() - started
        return replace(best, candidate=replace(best.candidate, leaky_accuracy=leaky.accuracy, seconds=seconds))

    def head(self, trial: _Trial) -> LinearHead:
        """The candidate, learned from all frames."""
        views = trial.candidate.views
        everything = np.ones(len(self.examples), dtype=bool)
        fit = self._fit(self._features(views), everything, strength=trial.candidate.strength)
        return LinearHead.from_fit(fit, spaces=self.spaces, views=views)

    def calibration(self, trial: _Trial) -> Calibration:
        scored = self.folds.scored
        targets, weights = self.examples.targets[scored], self.weights[scored]
        return fit_calibration(trial.logits[scored], targets=targets, sample_weights=weights)

    def _trial(self, views: tuple[str, ...], strength: float, logits: FloatArray) -> _Trial:
        scored = self.folds.scored
        probabilities = self._calibrated(logits, self.folds)
        found = score(probabilities, targets=self.examples.targets[scored], sample_weights=self.weights[scored])
        candidate = Candidate(
            model="linear",
            views=views,
            strength=strength,
            balanced_accuracy=found.balanced_accuracy,
            accuracy=found.accuracy,
            log_loss=found.log_loss,
            leaky_accuracy=None,
            seconds=0.0,
        )
        return _Trial(candidate=candidate, logits=logits, probabilities=probabilities)

    def _calibrated(self, logits: FloatArray, folds: Folds) -> FloatArray:
        scored = folds.scored
        return cross_calibrated(
            logits[scored],
            targets=self.examples.targets[scored],
            sample_weights=self.weights[scored],
            held_out=folds.held_out[scored],
        )

    def _out_of_fold(self, views: tuple[str, ...], *, folds: Folds, strengths: tuple[float, ...]) -> list[FloatArray]:
        """For each strength (N, C) logits of each frame by the fit that did not see it; 0 where all fits did."""
        features = self._features(views)
        tables = [np.zeros((len(features), len(self.examples.classes))) for _ in strengths]
        for fold, trained in enumerate(folds.trained):
            own, fit = folds.held_out == fold, None
            for table, strength in zip(tables, strengths, strict=True):
                fit = self._fit(features, trained, strength=strength, start=fit)
                table[own] = fit.logits(features[own])
        return tables

    def _fit(
        self, features: FloatArray, rows: NDArray[np.bool_], *, strength: float, start: LogisticFit | None = None
    ) -> LogisticFit:
        targets, classes = self.examples.targets[rows], len(self.examples.classes)
        weights = balanced_weights(targets, class_count=classes)
        return fit_logistic(
            features[rows], targets=targets, class_count=classes, sample_weights=weights, strength=strength, start=start
        )

    def _features(self, views: tuple[str, ...]) -> FloatArray:
        if views not in self.coordinates:
            self.coordinates[views] = np.concatenate([self.spaces[name].coordinates for name in views], axis=1)
        return self.coordinates[views]


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


def _view_sets(views: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Each view alone, and all together."""
    return [(name,) for name in views] + ([views] if len(views) > 1 else [])


def _notes(labelled: Examples, *, bench: _Bench, spec: TrainSpec) -> tuple[str, ...]:
    notes = list(bench.folds.notes)
    if spec.split == "random":
        notes.append("the folds are random: neighbouring frames leak between them, so expect less on new material")
    if not bench.folds.scored.any():
        notes.append("nothing could be held out, so the model has no scores: label more frames, in more places")
    for name, count in zip(labelled.classes, labelled.counts.tolist(), strict=True):
        if count < FEW_LABELS:
            notes.append(
                f"'{name}' has {count} labelled frame{'s' if count > 1 else ''}: label more, and the scores mean more"
            )
    if len(bench.examples) < len(labelled):
        notes.append(f"learned from {len(bench.examples)} of {len(labelled)} labelled frames, spread evenly over time")
    return tuple(notes)
