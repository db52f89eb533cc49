"""Candidates with memory: statistics of a window, and nets that read it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reelsift.models.bench import Bench
from reelsift.models.candidates import NETS, Trial, trial_of
from reelsift.models.folds import Folds
from reelsift.models.heads import Head
from reelsift.models.logistic import LogisticFit, balanced_weights, fit_logistic
from reelsift.models.memory import Table
from reelsift.models.report import Candidate
from reelsift.models.sequence_bench import Cut, SequenceBench
from reelsift.models.statistics_head import StatisticsHead, statistics_of_sequences
from reelsift.shot_borders import APPEARANCE
from reelsift.specs import TrainSpec

if TYPE_CHECKING:
    import torch

    from reelsift.models.network_training import FoldFit, Recipe
    from reelsift.models.sequence_networks import SequenceNetwork
    from reelsift.models.sequence_training import SequenceRun

__all__ = ["try_memory", "try_with_memory"]

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
SHARES = (1.0, 0.3, 0.3)  # of mean, spread and largest
STRENGTHS = (0.1, 1.0, 10.0)  # of the labels against the penalty
SHORT = 11  # samples in a short window of statistics


def try_with_memory(
    sequenced: SequenceBench, kinds: Sequence[str], *, spec: TrainSpec, over_budget: Callable[[], bool] = lambda: False
) -> list[Trial]:
    """Candidates of these kinds: `statistics`, `lstm`, `gru`, `tcn`; not all of them where time is over.

    Statistics are quickly found. So nets look at the views that serve these best in honest folds.
    """
    started = time.perf_counter()
    best, tried = _best_statistics(sequenced, spec=spec), list[Trial]()
    for kind in kinds:
        if tried and over_budget():
            break
        if kind == "statistics":
            tried.append(_finished(best, spec=spec, started=started))
        else:
            tried.append(try_memory(best.sequenced, kind, spec=spec))
    return tried


def try_memory(sequenced: SequenceBench, memory: str, *, spec: TrainSpec) -> Trial:
    """Nets with memory of one kind over windows of the spec's length."""
    started = time.perf_counter()
    bench, count, nets = sequenced.bench, len(sequenced.samples), _Nets(sequenced, memory, spec)
    found = nets.fit(bench.folds, nets=NETS)
    candidate = Candidate(memory, sequenced.projection.views, f"window {spec.window}", curve=found.curve)
    alone, joined = found.logits[:count], found.logits[count:]
    trial = trial_of(bench, candidate, alone, learn=lambda: nets.learned(found.best_steps), joined=joined)
    folds = sequenced.random_folds(window=spec.window, folds=spec.folds, seed=spec.seed)
    # One net is enough to see how much a random split flatters.
    logits = nets.fit(folds, nets=1, steps=found.best_steps).logits[:count]
    return _with_leaky(bench, trial, logits=logits, folds=folds, started=started)


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
            honest_loss=lambda logits: _loss_in_both(bench, logits[:count], logits[count:]),
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
        seen = own.projection.seen
        drawn = Drawn(own.coordinates, own.targets, classes, seen, self.spec.window, BATCH_SAMPLES)
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
            inputs=2 * self.sequenced.projection.count + 4,
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


def _with_leaky(bench: Bench, trial: Trial, *, logits: FloatArray, folds: Folds, started: float) -> Trial:
    """The trial with what random stretches say, and what it all took."""
    scores = bench.scores(bench.calibrated(logits, folds), folds)
    seconds = time.perf_counter() - started
    return replace(trial, candidate=replace(trial.candidate, leaky_accuracy=scores.accuracy, seconds=seconds))


@dataclass(frozen=True, eq=False)
class _Statistics:
    """A linear model on the statistics of windows.

    Attributes:
        sequenced: The samples, and the views to learn from.
        window: Samples in a window, at most.
        within_shots: Whether windows stop at cuts.
        strength: Of the regularisation.
    """

    sequenced: SequenceBench
    window: int
    within_shots: bool
    strength: float = 0.0

    def fitted(self, strengths: tuple[float, ...], *, folds: Folds) -> list[tuple[FloatArray, FloatArray]]:
        """For each strength (N, C) logits of each scored frame by the fit that did not see it, and in a recording."""
        bench, shape = self.sequenced.bench, (len(self.sequenced.samples), self.sequenced.bench.class_count)
        tables = [(np.zeros(shape), np.zeros(shape)) for _ in strengths]
        for fold, cut in enumerate(self.sequenced.cuts(folds)):
            own, rows = folds.held_out == fold, folds.trained[fold]
            # Cut anew in each fold, so that no window looks over the border.
            table = self._table(cut.trained + cut.held_out)
            mean, scale = _middle(table[rows])
            features, fit = (table - mean) / scale, None
            joined = (self._table(cut.joined)[own] - mean) / scale
            for (alone, together), strength in zip(tables, strengths, strict=True):
                fit = _fit(bench, features, rows, strength, start=fit)
                alone[own], together[own] = fit.logits(features[own]), fit.logits(joined)
        return tables

    def learned(self) -> Head:
        """The head that all sequences make."""
        own, table = self.sequenced, self._table(self.sequenced.everything)
        mean, scale = _middle(table)
        fit = _fit(own.bench, (table - mean) / scale, np.ones(len(table), dtype=bool), self.strength)
        weights = (fit.weights / scale).T
        bias = (fit.bias - mean @ weights).astype(np.float32)
        return StatisticsHead(
            own.projection, self.window, own.step_seconds, weights.astype(np.float32), bias, self.within_shots
        )

    def trial(self, logits: FloatArray, joined: FloatArray) -> Trial:
        """The candidate that such logits judge."""
        where = " within shots" if self.within_shots else ""
        settings = f"window {self.window}{where}, strength {self.strength:g}"
        candidate = Candidate("statistics", self.sequenced.projection.views, settings)
        return trial_of(self.sequenced.bench, candidate, logits, learn=self.learned, joined=joined)

    def _table(self, sequences: list[IntArray]) -> Table:
        """(N, 3 P) of the scored frames."""
        coordinates, samples = self.sequenced.coordinates, self.sequenced.samples
        seen = self.sequenced.projection.seen
        place = np.full(len(coordinates), -1)
        place[samples] = np.arange(len(samples))
        found = np.zeros((len(samples), 3 * self.sequenced.projection.count), np.float32)
        for rows, table in statistics_of_sequences(
            coordinates, sequences, window=self.window, seen=seen, within_shots=self.within_shots
        ):
            wanted = np.flatnonzero(place[rows] >= 0)
            found[place[rows[wanted]]] = table[wanted]
        return np.asarray(found[place[samples]])


def _best_statistics(sequenced: SequenceBench, *, spec: TrainSpec) -> _Statistics:
    """The best of all windows, strengths and sets of views.

    Within shots, where scenes have nothing to do with each other; across cuts, where one scene has many shots, and over
    less time, where they change often. Which it is, folds find out.
    """
    longest = min(2 * max(len(own) for own in sequenced.everything), spec.window)
    tried: list[tuple[float, _Statistics]] = []
    for own in _view_sets(sequenced):
        forms = [(longest, True)] if own.projection.seen else []
        forms += [(window, False) for window in sorted({longest, min(SHORT, longest)})]
        for window, within_shots in forms:
            found = _Statistics(own, window, within_shots)
            for strength, logits in zip(STRENGTHS, found.fitted(STRENGTHS, folds=own.bench.folds), strict=True):
                tried.append((_loss_in_both(own.bench, *logits), replace(found, strength=strength)))
    return min(tried, key=lambda pair: pair[0])[1]


def _finished(best: _Statistics, *, spec: TrainSpec, started: float) -> Trial:
    """The candidate with what random stretches say of it."""
    sequenced = best.sequenced
    trial = best.trial(*best.fitted((best.strength,), folds=sequenced.bench.folds)[0])
    folds = sequenced.random_folds(window=spec.window, folds=spec.folds, seed=spec.seed)
    logits, _ = best.fitted((best.strength,), folds=folds)[0]
    return _with_leaky(sequenced.bench, trial, logits=logits, folds=folds, started=started)


def _loss_in_both(bench: Bench, alone: FloatArray, joined: FloatArray) -> float:
    """Log loss of logits on sequences as they were cut and joined, the mean of both."""
    return (bench.log_loss(alone) + bench.log_loss(joined)) / 2


def _view_sets(sequenced: SequenceBench) -> list[SequenceBench]:
    """All views, and those without what single frames show: on a scene never seen that can mislead."""
    names = tuple(sequenced.sequences.views)
    moving = tuple(name for name in names if name != APPEARANCE)
    return [sequenced, *([sequenced.of_views(moving)] if 0 < len(moving) < len(names) else [])]


def _middle(table: Table) -> tuple[FloatArray, FloatArray]:
    """(3 P,) mean of the statistics and their scales: means count most, and all rows have a length of about 1."""
    third = table.shape[1] // 3
    mean = table.mean(axis=0, dtype=np.float64)
    lengths = [float(np.sqrt(((part - part.mean(axis=0)) ** 2).sum(axis=1).mean())) for part in np.split(table, 3, 1)]
    shares = [max(length, 1e-9) / share for length, share in zip(lengths, SHARES, strict=True)]
    return mean, np.repeat(shares, third)


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
