"""Candidates: the ways to answer a task that are tried, each with what honest folds say of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reelsift.features.regions import split_variants, unpack_cells
from reelsift.models.bench import Bench
from reelsift.models.folds import Folds
from reelsift.models.heads import BlendHead, Head
from reelsift.models.linear import LinearHead
from reelsift.models.logistic import LogisticFit, balanced_weights, fit_logistic
from reelsift.models.region_head import REGIONS
from reelsift.models.report import Candidate
from reelsift.specs import TrainSpec

if TYPE_CHECKING:
    from reelsift.models.network_training import FoldFit, MakeNetwork, Problem, Recipe

__all__ = ["NETS", "STRENGTHS", "Trial", "completed", "trial_of", "try_blend", "try_linear", "try_mlp", "try_regions"]

FloatArray = NDArray[np.float64]

STRENGTHS = (1.0, 10.0, 100.0, 1000.0)  # of the labels against the penalty, from cautious to trusting
REGION_DROPOUT = 0.3  # of the columns of the cells: without it cells learn by heart, above it they do not learn
SEARCH_STEPS = 200  # enough to tell which class makes the best background
SEARCHED_BACKGROUNDS = 4
NETS = 3
REGIONS_VARIED = "regions_varied"  # the view that holds variants of the frames, for training alone
VARIED_ROWS = 1800  # of variants at most: 230 MB


@dataclass(frozen=True, eq=False)
class Trial:
    """A candidate that was tried.

    Attributes:
        candidate: Its scores.
        logits: (N, C) out of fold; 0 for frames that no fold held out.
        probabilities: (S, C) calibrated, of the frames that were held out.
        leaky_logits: (N, C) out of random folds of single frames; `None` where such folds mean nothing (memory).
        learn: Learns the head from all frames.
        joined_logits: (N, C) out of fold, of clips that were joined to one recording; `None` where that is no matter.
    """

    candidate: Candidate
    logits: FloatArray
    probabilities: FloatArray
    leaky_logits: FloatArray | None
    learn: Callable[[], Head]
    joined_logits: FloatArray | None = None

    @property
    def rank(self) -> tuple[float, float]:
        """Smaller is better: balanced accuracy, then log loss, then (by a stable sort) the order of the candidates.

        Clips that were cut by hand know nothing of changes: a memory that cannot forget does well on them, and badly on
        a recording. So what it makes of clips that are joined counts as much.
        """
        accuracy, joined = self.candidate.balanced_accuracy or 0.0, self.candidate.joined_accuracy
        return -(accuracy if joined is None else (accuracy + joined) / 2), self.candidate.log_loss or 0.0


def try_linear(bench: Bench, views: tuple[str, ...]) -> Trial:
    """Logistic regression on these views, at the best of all strengths."""
    started = time.perf_counter()
    features = bench.coordinates(views)
    tables = _linear_logits(bench, features, folds=bench.folds, strengths=STRENGTHS)
    trials = [
        trial_of(bench, Candidate("linear", views, f"strength {value:g}"), table, learn=_linear(bench, views, value))
        for value, table in zip(STRENGTHS, tables, strict=True)
    ]
    best = min(range(len(trials)), key=lambda place: trials[place].rank)
    leaky = _linear_logits(bench, features, folds=bench.leaky, strengths=(STRENGTHS[best],))[0]
    return completed(bench, trials[best], leaky=leaky, started=started)


def try_mlp(bench: Bench, views: tuple[str, ...], *, spec: TrainSpec) -> Trial:
    """Dense layers on these views."""
    from reelsift.models.network_training import Recipe
    from reelsift.models.networks import MlpNetwork

    spaces = {name: bench.spaces[name] for name in views}

    def maker(nets: int) -> MakeNetwork:
        return lambda generator: MlpNetwork(
            spaces,
            class_count=bench.class_count,
            hidden=spec.hidden,
            dropout=spec.dropout,
            nets=nets,
            generator=generator,
        )

    words = f"hidden {','.join(map(str, spec.hidden))}"
    recipe = Recipe(rate=2e-3, decay=0.05, stretch=30, most_steps=240)
    return _try_network(bench, maker, Candidate("mlp", views, words), recipe=recipe, seed=spec.seed)


def try_regions(bench: Bench, *, spec: TrainSpec) -> Trial:
    """Cells pooled by log-sum-exp, with the background that was named, or the one that honest folds like best."""
    from reelsift.models.network_training import Recipe
    from reelsift.models.networks import RegionsNetwork, fit_cell_space

    started = time.perf_counter()
    copies = [bench.view(REGIONS), *_variants(bench)]
    space, recipe = fit_cell_space(unpack_cells([row for rows in copies for row in rows])), Recipe(rate=0.03)

    def maker(backgrounds: Sequence[int]) -> MakeNetwork:
        return lambda generator: RegionsNetwork(
            space,
            class_count=bench.class_count,
            backgrounds=backgrounds,
            dropout=REGION_DROPOUT,
            generator=generator,
        )

    names = bench.examples.classes
    if spec.background in names:
        background = names.index(spec.background)
    else:
        short = replace(recipe, most_steps=SEARCH_STEPS)
        background = _best_background(bench, maker, recipe=short, seed=spec.seed, copies=len(copies))
    candidate = Candidate("regions", (REGIONS,), f"background {names[background]}")
    trial = _try_network(
        bench,
        lambda nets: maker([background] * nets),
        candidate,
        recipe=recipe,
        seed=spec.seed,
        copies=len(copies),
    )
    return completed(bench, trial, leaky=trial.leaky_logits, started=started)


def try_blend(bench: Bench, parts: Sequence[Trial]) -> Trial:
    """Other candidates together: the sum of their calibrated logits."""
    started = time.perf_counter()
    scales = [bench.calibration(part.logits).slope for part in parts]
    logits = np.sum([scale * part.logits for scale, part in zip(scales, parts, strict=True)], axis=0)
    leaky = [
        scale * part.leaky_logits for scale, part in zip(scales, parts, strict=True) if part.leaky_logits is not None
    ]
    views = tuple(dict.fromkeys(view for part in parts for view in part.candidate.views))
    candidate = Candidate("blend", views, " + ".join(part.candidate.model for part in parts))

    def learn() -> Head:
        return BlendHead(tuple(part.learn() for part in parts), tuple(scales))

    joined: FloatArray | None = None
    if any(part.joined_logits is not None for part in parts):
        each = [part.logits if part.joined_logits is None else part.joined_logits for part in parts]
        joined = np.asarray(np.sum([scale * own for scale, own in zip(scales, each, strict=True)], axis=0))
    trial = trial_of(bench, candidate, np.asarray(logits), learn=learn, joined=joined)
    summed = np.asarray(np.sum(leaky, axis=0)) if len(leaky) == len(parts) else None
    trial = completed(bench, trial, leaky=summed, started=started)
    seconds = trial.candidate.seconds + sum(part.candidate.seconds for part in parts)
    return replace(trial, candidate=replace(trial.candidate, seconds=seconds))


def _best_background(
    bench: Bench, maker: Callable[[Sequence[int]], MakeNetwork], *, recipe: Recipe, seed: int, copies: int
) -> int:
    """Tries the commonest classes as background, briefly; gives the one with the least honest log loss."""
    commonest = np.argsort(-bench.examples.counts, kind="stable")[:SEARCHED_BACKGROUNDS].tolist()
    losses = {}
    for background in commonest:
        fit = _fit_folds(bench, maker([background]), folds=bench.folds, recipe=recipe, seed=seed, copies=copies)
        losses[background] = bench.log_loss(fit.logits)
    return int(min(losses, key=lambda background: losses[background]))


def _variants(bench: Bench) -> list[list[bytes]]:
    """Rows of variants of the frames, as many as there is room for."""
    room = VARIED_ROWS // len(bench.examples)
    return split_variants(bench.view(REGIONS_VARIED))[:room] if room else []


def _try_network(
    bench: Bench,
    maker: Callable[[int], MakeNetwork],
    candidate: Candidate,
    *,
    recipe: Recipe,
    seed: int,
    copies: int = 1,
) -> Trial:
    """Trains in folds.

    Args:
        maker: Gives what makes a module of so many nets.
        copies: How many times as many examples as the bench there are; its own come first.
    """
    from reelsift.models.network_training import fit_everything

    started = time.perf_counter()
    make = maker(NETS)
    fit = _fit_folds(bench, make, folds=bench.folds, recipe=recipe, seed=seed, copies=copies)
    # One net is enough to see how much a random split flatters.
    again = _fit_folds(
        bench, maker(1), folds=bench.leaky, recipe=recipe, seed=seed, copies=copies, steps=fit.best_steps
    )

    def learn() -> Head:
        network = fit_everything(make, _problem(bench, copies), recipe=recipe, seed=seed, steps=fit.best_steps)
        head: Head = network.head()  # type: ignore[operator]
        return head

    trial = trial_of(bench, replace(candidate, curve=fit.curve), fit.logits, learn=learn)
    return completed(bench, trial, leaky=again.logits, started=started)


def _fit_folds(
    bench: Bench,
    make: MakeNetwork,
    *,
    folds: Folds,
    recipe: Recipe,
    seed: int,
    copies: int = 1,
    steps: int | None = None,
) -> FoldFit:
    from reelsift.models.network_training import fit_folds

    return fit_folds(
        make,
        _problem(bench, copies),
        trained=np.tile(folds.trained, (1, copies)),
        held_out=folds.held_out,
        honest_loss=bench.log_loss,
        recipe=recipe,
        seed=seed,
        steps=steps,
    )


def _problem(bench: Bench, copies: int) -> Problem:
    from reelsift.models.network_training import Problem

    return Problem(np.tile(bench.examples.targets, copies), bench.class_count)


def trial_of(
    bench: Bench,
    candidate: Candidate,
    logits: FloatArray,
    *,
    learn: Callable[[], Head],
    joined: FloatArray | None = None,
) -> Trial:
    """A candidate with its scores by out-of-fold logits (N, C), and by those of clips that were joined."""
    probabilities = bench.calibrated(logits, bench.folds)
    found = bench.scores(probabilities, bench.folds)
    candidate = replace(
        candidate,
        balanced_accuracy=found.balanced_accuracy,
        accuracy=found.accuracy,
        log_loss=found.log_loss,
        clip_accuracy=bench.clip_accuracy(probabilities, bench.folds),
    )
    if joined is not None:
        found = bench.scores(bench.calibrated(joined, bench.folds), bench.folds)
        candidate = replace(candidate, joined_accuracy=found.balanced_accuracy)
    return Trial(candidate, logits, probabilities, None, learn, joined)


def completed(bench: Bench, trial: Trial, *, leaky: FloatArray | None, started: float) -> Trial:
    """The trial with what random folds say, and what it all took."""
    seconds = time.perf_counter() - started
    candidate = replace(trial.candidate, seconds=seconds)
    if leaky is not None:
        found = bench.scores(bench.calibrated(leaky, bench.leaky), bench.leaky)
        candidate = replace(candidate, leaky_accuracy=found.accuracy)
    return replace(trial, candidate=candidate, leaky_logits=leaky)


def _linear(bench: Bench, views: tuple[str, ...], strength: float) -> Callable[[], Head]:
    def learn() -> Head:
        everything = np.ones(len(bench.examples), dtype=bool)
        fit = _fit_linear(bench, bench.coordinates(views), everything, strength=strength)
        return LinearHead.from_fit(fit, spaces=bench.spaces, views=views)

    return learn


def _linear_logits(
    bench: Bench, features: FloatArray, *, folds: Folds, strengths: tuple[float, ...]
) -> list[FloatArray]:
    """For each strength (N, C) logits of each frame by the fit that did not see it; 0 where all fits did."""
    tables = [np.zeros((len(features), bench.class_count)) for _ in strengths]
    for fold, trained in enumerate(folds.trained):
        own, fit = folds.held_out == fold, None
        for table, strength in zip(tables, strengths, strict=True):
            fit = _fit_linear(bench, features, trained, strength=strength, start=fit)
            table[own] = fit.logits(features[own])
    return tables


def _fit_linear(
    bench: Bench, features: FloatArray, rows: NDArray[np.bool_], *, strength: float, start: LogisticFit | None = None
) -> LogisticFit:
    targets, classes = bench.examples.targets[rows], bench.class_count
    weights = balanced_weights(targets, class_count=classes)
    return fit_logistic(
        features[rows], targets=targets, class_count=classes, sample_weights=weights, strength=strength, start=start
    )
