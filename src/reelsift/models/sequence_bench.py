"""The bench of models with memory: sequences, cut so that no memory carries labels over the border of a fold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import ModelError
from reelsift.models.bench import Bench
from reelsift.models.examples import Examples
from reelsift.models.folds import Folds, grouped_folds, grouping_of
from reelsift.models.memory import Projection, Table, fit_projection
from reelsift.models.sequences import Sequences, broken_starts, nearest, usual_step
from reelsift.shot_borders import APPEARANCE
from reelsift.specs import SEQUENCE_VIEWS, TrainSpec

__all__ = [
    "UNLABELLED",
    "Cut",
    "SequenceBench",
    "clips_of",
    "mostly_sequences",
    "sequence_bench",
    "sequences_of",
    "with_clips",
]

IntArray = NDArray[np.int64]

FEWEST_SAMPLES = 5  # labelled ones in a row, to speak of a sequence
UNLABELLED = -1
NOWHERE = -1
COMPONENTS = 64  # of each view
CLOSE_SECONDS = 1.0  # farther apart, labelled frames are taken for single ones


@dataclass(frozen=True, eq=False)
class Cut:
    """The sequences of one fold: (T,) samples each, in order of time.

    Attributes:
        trained: What is learned from.
        held_out: What is scored.
        joined: The same once more, shorter ones joined to one recording in random order.
    """

    trained: list[IntArray]
    held_out: list[IntArray]
    joined: list[IntArray]


@dataclass(frozen=True, eq=False)
class SequenceBench:
    """Samples in sequences, with what is known of them.

    Attributes:
        bench: The labelled frames that are scored, and their folds.
        sequences: M samples; each run of them that time goes on in is a sequence.
        starts: (R + 1,) where these begin.
        targets: (M,) class index of labelled samples, -1 of the others.
        samples: (N,) the sample of each scored frame.
        owners: (M,) the scored frame whose side of a fold a sample is on; -1: on none.
        seed: Everything random follows from it.
        inputs: Views to learn from; `None`: all there are. Cuts are seen by `appearance` anyway.
    """

    bench: Bench
    sequences: Sequences
    starts: IntArray
    targets: IntArray
    samples: IntArray
    owners: IntArray
    seed: int
    inputs: tuple[str, ...] | None = None

    @cached_property
    def projection(self) -> Projection:
        """From the views to coordinates; no labels are used."""
        rows, stored = np.flatnonzero(self.owners != NOWHERE), self.sequences.views
        views = {name: stored[name] for name in self.inputs or stored}
        return fit_projection(
            views, rows=rows, components=COMPONENTS, seed=self.seed, appearance=stored.get(APPEARANCE)
        )

    @cached_property
    def coordinates(self) -> Table:
        """(M, P + Q)."""
        return self.projection.coordinates(self.sequences.views)

    def of_views(self, names: tuple[str, ...]) -> SequenceBench:
        """The same with fewer views to learn from."""
        return replace(self, inputs=names)

    @property
    def step_seconds(self) -> float | None:
        """Usual time between samples."""
        return usual_step(self.sequences.times_seconds, self.starts)

    @property
    def everything(self) -> list[IntArray]:
        """All sequences with labelled samples."""
        return self._stretches(self.owners != NOWHERE)

    def cuts(self, folds: Folds) -> list[Cut]:
        """For each fold the sequences to learn from, and those to score."""
        somewhere, cuts = self.owners != NOWHERE, []
        random = np.random.default_rng(self.seed)
        for fold, trained in enumerate(folds.trained):
            held_out = self._stretches(somewhere & (folds.held_out[self.owners] == fold))
            order = random.permutation(len(held_out)).tolist()
            joined = [np.concatenate([held_out[place] for place in order])] if held_out else []
            cuts.append(Cut(self._stretches(somewhere & trained[self.owners]), held_out, joined))
        return cuts

    def random_folds(self, *, window: int, folds: int, seed: int) -> Folds:
        """Folds of random stretches of half a window: the way that leaks, there to compare with."""
        run = np.searchsorted(self.starts, self.samples, side="right") - 1
        stretch = (self.samples - self.starts[run]) // max(window // 2, 1)
        units = np.unique(np.column_stack((run, stretch)), axis=0, return_inverse=True)[1].astype(np.int64).ravel()
        return grouped_folds(
            self.bench.examples, grouping=grouping_of(units, kind="random stretches"), folds=folds, seed=seed
        )

    def _stretches(self, wanted: NDArray[np.bool_]) -> list[IntArray]:
        """Neighbouring samples that are wanted, as far as a sequence goes, where any of them is labelled."""
        borders = np.zeros(len(wanted) + 1, dtype=bool)
        borders[self.starts] = borders[0] = borders[-1] = True
        borders[1:-1] |= wanted[1:] != wanted[:-1]
        edges = np.flatnonzero(borders)
        return [
            np.arange(first, end)
            for first, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
            if wanted[first] and (self.targets[first:end] != UNLABELLED).any()
        ]


def sequences_of(bench: Bench, *, spec: TrainSpec, views: tuple[str, ...] = SEQUENCE_VIEWS) -> SequenceBench:
    """The samples around the labelled frames, fetched; in random folds these are of random stretches.

    Raises:
        ModelError: If nothing can fetch them.
    """
    labelled = bench.examples if bench.labelled is None else bench.labelled
    if bench.fetch_sequences is None:
        raise ModelError("a model with memory needs the samples around the labelled frames: give train fetch_sequences")
    sequences = bench.fetch_sequences(views, labelled.source_ids, labelled.times_seconds)
    if len(sequences.rows) != len(labelled):
        raise ModelError(f"{len(labelled)} labelled frames, but {len(sequences.rows)} samples of them in the sequences")
    found = sequence_bench(bench, sequences, seed=spec.seed)
    if spec.split == "random":
        bench = replace(bench, folds=found.random_folds(window=spec.window, folds=spec.folds, seed=spec.seed))
    return replace(found, bench=replace(bench, clips=clips_of(found)))


def with_clips(bench: Bench, *, spec: TrainSpec) -> tuple[Bench, bool]:
    """The bench, which knows now what frames are of one clip, and whether most lie in clips or labelled intervals.

    Looks at the narrowest view there is, and only where enough labelled frames lie close together.
    """
    labelled = bench.examples if bench.labelled is None else bench.labelled
    if bench.fetch_sequences is None or spec.split == "random" or not _close_together(labelled):
        return bench, False
    narrowest = min(labelled.views, key=lambda name: labelled.views[name].shape[1])
    found = sequences_of(bench, spec=spec, views=(narrowest,))
    return found.bench, mostly_sequences(found)


def _close_together(labelled: Examples) -> bool:
    """Whether most labelled frames have others within a second, several of them in a source."""
    order = np.lexsort((labelled.times_seconds, labelled.source_ids))
    names, times = labelled.source_ids[order], labelled.times_seconds[order]
    follows = (names[1:] == names[:-1]) & (np.diff(times) > 0) & (np.diff(times) <= CLOSE_SECONDS)
    return bool(follows.sum() > len(labelled) / 2)


def sequence_bench(bench: Bench, sequences: Sequences, *, seed: int) -> SequenceBench:
    """Lays the labelled frames of a bench on the samples around them."""
    labelled = bench.examples if bench.labelled is None else bench.labelled
    starts = broken_starts(sequences.times_seconds, sequences.starts)
    targets = np.full(len(sequences), UNLABELLED)
    targets[sequences.rows] = labelled.targets
    own = np.arange(len(labelled)) if bench.rows is None else bench.rows
    owners = np.full(len(sequences), NOWHERE)
    owner_of_labelled = _owners(labelled, bench.examples)
    for first, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        here = np.flatnonzero((sequences.rows >= first) & (sequences.rows < end))
        if len(here):
            closest = nearest(sequences.rows[here].astype(np.float64), np.arange(first, end, dtype=np.float64))
            owners[first:end] = owner_of_labelled[here[closest]]
    return SequenceBench(bench, sequences, starts, targets, sequences.rows[own], owners, seed)


def clips_of(sequenced: SequenceBench) -> IntArray:
    """(N,) the sequence of each scored frame, where all its samples have one and the same class; -1 elsewhere."""
    targets, starts = sequenced.targets, sequenced.starts
    lowest, highest = np.minimum.reduceat(targets, starts[:-1]), np.maximum.reduceat(targets, starts[:-1])
    whole = (lowest == highest) & (lowest != UNLABELLED) & (np.diff(starts) > 1)
    run = np.searchsorted(starts, sequenced.samples, side="right") - 1
    return np.where(whole[run], run, -1).astype(np.int64)


def mostly_sequences(sequenced: SequenceBench) -> bool:
    """Whether most labelled samples lie in a row with others: in clips or labelled intervals."""
    labelled = sequenced.targets != UNLABELLED
    borders = np.zeros(len(labelled) + 1, dtype=bool)
    borders[sequenced.starts] = borders[0] = borders[-1] = True
    borders[1:-1] |= labelled[1:] != labelled[:-1]
    edges = np.flatnonzero(borders)
    lengths = np.diff(edges)[labelled[edges[:-1]]]
    return bool(lengths[lengths >= FEWEST_SAMPLES].sum() > lengths.sum() / 2)


def _owners(labelled: Examples, scored: Examples) -> IntArray:
    """(L,) for each labelled frame the scored one nearest to it in its source, else one of its group; -1: none."""
    owners = np.full(len(labelled), NOWHERE)
    for name in np.unique(labelled.source_ids):
        own, theirs = np.flatnonzero(labelled.source_ids == name), np.flatnonzero(scored.source_ids == name)
        if not len(theirs):
            group = labelled.groups[own[0]]
            same = np.flatnonzero((scored.groups == group) & (group != ""))
            owners[own] = same[0] if len(same) else NOWHERE
            continue
        owners[own] = theirs[nearest(scored.times_seconds[theirs], labelled.times_seconds[own])]
    return owners
