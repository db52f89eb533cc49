"""Candidates with memory: statistics of a window, and nets that read it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reelsift.models.bench import Bench
from reelsift.models.candidates import NETS, STRENGTHS, Trial, trial_of
from reelsift.models.folds import Folds
from reelsift.models.heads import Head
from reelsift.models.logistic import LogisticFit, balanced_weights, fit_logistic
from reelsift.models.memory import Table
from reelsift.models.report import Candidate
from reelsift.models.sequence_bench import Cut, SequenceBench
from reelsift.models.statistics_head import StatisticsHead, statistics_of_sequences
from reelsift.specs import TrainSpec

if TYPE_CHECKING:
    import torch

    from reelsift.models.network_training import FoldFit, Recipe
    from reelsift.models.sequence_networks import SequenceNetwork
    from reelsift.models.sequence_training import SequenceRun

__all__ = ["try_memory", "try_statistics", "try_with_memory"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

RATE = 3e-3
MOST_STEPS = 400
DECAY = 0.05
STATE = 24
ENTER = 24
INPUT_DROPOUT = 0.3
DROPOUT = 0.3
BATCH_SAMPLES = 600
APPEARANCE = "appearance"
SHARES = (1.0, 0.3, 0.3)  # of mean, spread and largest
WINDOWS = (5, 11)  # of statistics, in samples


def try_with_memory(sequenced: SequenceBench, kind: str, *, spec: TrainSpec) -> Trial:
    """The candidate of a kind: `statistics`, `lstm`, `gru` or `tcn`."""
    if kind == "statistics":
        return try_statistics(sequenced, spec=spec)
    return try_memory(with_views_that_help(sequenced, spec=spec), kind, spec=spec)


def try_memory(sequenced: SequenceBench, memory: str, *, spec: TrainSpec) -> Trial:
    """Nets with memory of one kind over windows of the spec's length."""
    started = time.perf_counter()
    bench, count, nets = sequenced.bench, len(sequenced.samples), _Nets(sequenced, memory, spec)
    found = nets.fit(bench.folds, nets=NETS)
    candidate = Candidate(memory, tuple(sequenced.sequences.views), f"window {spec.window}", curve=found.curve)
    alone, joined = found.logits[:count], found.logits[count:]
    trial = trial_of(bench, candidate, alone, learn=lambda: nets.learned(found.best_steps), joined=joined)
    folds = sequenced.random_folds(window=spec.window, folds=spec.folds, seed=spec.seed)
    # One net is enough to see how much a random split flatters.
    logits = nets.fit(folds, nets=1, steps=found.best_steps).logits[:count]
    return with_leaky(bench, trial, logits=logits, folds=folds, started=started)


@dataclass(frozen=True, eq=False)
class _Nets:
    """Nets of one kind, as they are trained on the sequences of a bench."""

    sequenced: SequenceBench
    memory: str
    spec: TrainSpec

    def fit(self, folds: Folds, *, nets: int, steps: int | None = None) -> FoldFit:
        """Trains so many nets in folds: logits (2 N, C) of frames as they were cut, and in a recording."""
        from reelsift.models.network_training import fit_runs

        bench, count = self.sequenced.bench, len(self.sequenced.samples)
        cuts = self.sequenced.cuts(folds)
        return fit_runs(
            [self._run(cut, nets=nets, fold=fold) for fold, cut in enumerate(cuts)],
            held_out=np.tile(folds.held_out, 2),
            class_count=bench.class_count,
            honest_loss=lambda logits: (bench.log_loss(logits[:count]) + bench.log_loss(logits[count:])) / 2,
            recipe=_recipe(),
            steps=steps,
        )

    def learned(self, steps: int) -> Head:
        """The head that so many steps on all sequences make."""
        from reelsift.models.network_training import finish

        run = self._run(Cut(self.sequenced.everything, [], []), nets=NETS, fold=0)
        network: SequenceNetwork = finish(run, steps=steps)  # type: ignore[assignment]
        step = self.sequenced.step_seconds
        return network.head(self.sequenced.projection, window=self.spec.window, step_seconds=step)

    def _run(self, cut: Cut, *, nets: int, fold: int) -> SequenceRun:
        from reelsift.models.sequence_training import Drawn, SequenceRun

        own, classes = self.sequenced, self.sequenced.bench.class_count
        drawn = Drawn(own.coordinates, own.targets, classes, self.spec.window, BATCH_SAMPLES)
        return SequenceRun(
            lambda generator: self._made(nets, generator),
            drawn,
            trained=cut.trained,
            held_out=cut.held_out,
            joined=cut.joined,
            samples=own.samples,
            recipe=_recipe(),
            seed=self.spec.seed + fold,
        )

    def _made(self, nets: int, generator: torch.Generator) -> SequenceNetwork:
        from reelsift.models.sequence_networks import SequenceNetwork

        return SequenceNetwork(
            self.memory,
            inputs=2 * self.sequenced.coordinates.shape[1] + 2,
            enter=ENTER,
            state=STATE,
            class_count=self.sequenced.bench.class_count,
            nets=nets,
            input_dropout=INPUT_DROPOUT,
            dropout=DROPOUT,
            generator=generator,
        )


def _recipe() -> Recipe:
    from reelsift.models.network_training import Recipe

    return Recipe(rate=RATE, decay=DECAY, stretch=20, most_steps=MOST_STEPS, patience=5)


def with_leaky(bench: Bench, trial: Trial, *, logits: FloatArray, folds: Folds, started: float) -> Trial:
    """The trial with what random stretches say, and what it all took."""
    scores = bench.scores(bench.calibrated(logits, folds), folds)
    seconds = time.perf_counter() - started
    return replace(trial, candidate=replace(trial.candidate, leaky_accuracy=scores.accuracy, seconds=seconds))


def try_statistics(sequenced: SequenceBench, *, spec: TrainSpec) -> Trial:
    """A linear model on the statistics of windows: the best of all lengths, strengths and sets of views."""
    started = time.perf_counter()
    trials = [(own, *found) for own in _view_sets(sequenced) for found in _statistics_trials(own, spec=spec)]
    chosen, window, strength, trial = min(trials, key=lambda found: _loss_in_both(sequenced.bench, found[3]))
    folds = sequenced.random_folds(window=spec.window, folds=spec.folds, seed=spec.seed)
    logits, _ = _fitted(chosen, window, (strength,), folds=folds)[0]
    return with_leaky(sequenced.bench, trial, logits=logits, folds=folds, started=started)


def with_views_that_help(sequenced: SequenceBench, *, spec: TrainSpec) -> SequenceBench:
    """The bench with the views that serve statistics best in honest folds: quickly found, and so for nets, too."""
    sets = _view_sets(sequenced)
    if len(sets) == 1:
        return sequenced
    losses = [
        min(_loss_in_both(own.bench, trial) for _, _, trial in _statistics_trials(own, spec=spec)) for own in sets
    ]
    return sets[int(np.argmin(losses))]


def _loss_in_both(bench: Bench, trial: Trial) -> float:
    """Log loss on sequences as they were cut and joined, the mean of both."""
    joined = trial.logits if trial.joined_logits is None else trial.joined_logits
    return (bench.log_loss(trial.logits) + bench.log_loss(joined)) / 2


def _view_sets(sequenced: SequenceBench) -> list[SequenceBench]:
    """All views, and those without what single frames show: on a scene never seen that can mislead."""
    names = tuple(sequenced.sequences.views)
    moving = tuple(name for name in names if name != APPEARANCE)
    return [sequenced, *([sequenced.of_views(moving)] if 0 < len(moving) < len(names) else [])]


def _statistics_trials(sequenced: SequenceBench, *, spec: TrainSpec) -> list[tuple[int, float, Trial]]:
    """For each length of window and each strength a trial."""
    lengths = np.array([len(own) for own in sequenced.everything])
    longest = int(min(2 * lengths.max(), spec.window))
    # Whole clips as they were cut, and shorter windows, which follow changes more closely.
    windows = sorted({longest, *(length for length in WINDOWS if length < longest)})
    return [
        (window, strength, _statistics_trial(sequenced, window, strength, *logits))
        for window in windows
        for strength, logits in zip(
            STRENGTHS, _fitted(sequenced, window, STRENGTHS, folds=sequenced.bench.folds), strict=True
        )
    ]


def _statistics_trial(
    sequenced: SequenceBench, window: int, strength: float, logits: FloatArray, joined: FloatArray
) -> Trial:
    def learn() -> Head:
        table = _statistics(sequenced, sequenced.everything, window)
        mean, scale = _middle(table)
        everything = np.ones(len(table), dtype=bool)
        fit = _fit(sequenced.bench, (table - mean) / scale, everything, strength)
        weights = (fit.weights / scale).T
        bias = fit.bias - mean @ weights
        return StatisticsHead(
            sequenced.projection, window, sequenced.step_seconds, weights.astype(np.float32), bias.astype(np.float32)
        )

    views = tuple(sequenced.sequences.views)
    candidate = Candidate("statistics", views, f"window {window}, strength {strength:g}")
    return trial_of(sequenced.bench, candidate, logits, learn=learn, joined=joined)


def _middle(table: Table) -> tuple[FloatArray, FloatArray]:
    """(3 P,) mean of the statistics and their scales: means count most, and all rows have a length of about 1."""
    third = table.shape[1] // 3
    mean = table.mean(axis=0, dtype=np.float64)
    lengths = [float(np.sqrt(((part - part.mean(axis=0)) ** 2).sum(axis=1).mean())) for part in np.split(table, 3, 1)]
    shares = [max(length, 1e-9) / share for length, share in zip(lengths, SHARES, strict=True)]
    return mean, np.repeat(shares, third)


def _fitted(
    sequenced: SequenceBench, window: int, strengths: tuple[float, ...], *, folds: Folds
) -> list[tuple[FloatArray, FloatArray]]:
    """For each strength (N, C) logits of each scored frame by the fit that did not see it, and those in a recording."""
    bench, shape = sequenced.bench, (len(sequenced.samples), sequenced.bench.class_count)
    tables = [(np.zeros(shape), np.zeros(shape)) for _ in strengths]
    for fold, cut in enumerate(sequenced.cuts(folds)):
        own, rows = folds.held_out == fold, folds.trained[fold]
        # Cut anew in each fold, so that no window looks over the border.
        table = _statistics(sequenced, cut.trained + cut.held_out, window)
        mean, scale = _middle(table[rows])
        features, fit = (table - mean) / scale, None
        joined = (_statistics(sequenced, cut.joined, window)[own] - mean) / scale
        for (alone, together), strength in zip(tables, strengths, strict=True):
            fit = _fit(bench, features, rows, strength, start=fit)
            alone[own], together[own] = fit.logits(features[own]), fit.logits(joined)
    return tables


def _statistics(sequenced: SequenceBench, sequences: list[IntArray], window: int) -> Table:
    """(N, 3 P) of the scored frames."""
    coordinates = sequenced.coordinates
    place = np.full(len(coordinates), -1)
    place[sequenced.samples] = np.arange(len(sequenced.samples))
    found = np.zeros((len(sequenced.samples), 3 * coordinates.shape[1]), np.float32)
    for samples, table in statistics_of_sequences(coordinates, sequences, window=window):
        wanted = np.flatnonzero(place[samples] >= 0)
        found[place[samples[wanted]]] = table[wanted]
    return np.asarray(found[place[sequenced.samples]])


def _fit(
    bench: Bench, features: FloatArray, rows: NDArray[np.bool_], strength: float, *, start: LogisticFit | None = None
) -> LogisticFit:
    targets = bench.examples.targets[rows]
    weights = balanced_weights(targets, class_count=bench.class_count)
    return fit_logistic(
        features[rows],
        targets=targets,
        class_count=bench.class_count,
        sample_weights=weights,
        strength=strength,
        start=start,
    )
