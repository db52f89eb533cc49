"""From probabilities of single frames to labels that hold together in time.

The frames of a source are modelled as a jump process in continuous time: at `rate` jumps a second a new class is drawn
from the priors (it may be the same one). Over `dt` seconds, with `q = exp(-rate * dt)`:

    P(c -> c) = prior_c + (1 - prior_c) q        P(c -> c') = prior_c' (1 - q)

One parameter, learned from the labels, says how long scenes last; it knows nothing of frame rates, so a model trained
at 5 frames a second smooths a timeline of all frames as it should. An infinite rate means: frames know nothing of
each other, and the likeliest class of each frame is its label.

Sources: Viterbi 1967; Rabiner 1989, "A tutorial on hidden Markov models"; the process is the "equal input" model of
Felsenstein 1981.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reelsift.errors import LabelError, SpecError

__all__ = ["apply_thresholds", "fit_switch_rate", "merge_short", "smooth"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

TINY = 1e-12  # probabilities are kept this far from 0 and 1, so that their logarithms stay finite
PSEUDO_SWITCHES = 0.5  # as if half a switch had been seen over all the labelled time: no label ever means "never"


def fit_switch_rate(targets: ArrayLike, *, times_seconds: ArrayLike, source_ids: ArrayLike, priors: ArrayLike) -> float:
    """The switch rate under which consecutive labelled frames are most likely (maximum likelihood).

    Labels that change about as often as chance give an infinite rate, hence no smoothing; so do labels of which no
    source has two. Without any change among the labels the rate is what half a change over the labelled time gives; but
    where several sources were labelled, and all of each one shows the same (clips cut by hand), a jump is counted at
    the end of each: clips say nothing of changes, but that scenes last about as long as they do, or longer.

    Args:
        targets: (N,) class indexes of the labelled frames: sparse, or dense inside labelled intervals.
        times_seconds: (N,) their time stamps.
        source_ids: (N,) what film each belongs to; only frames of the same film are compared.
        priors: (C,) share of each class.

    Returns:
        Jumps a second, more than 0; `math.inf` where nothing says that frames hold together.
    """
    classes, times, sources = np.asarray(targets), np.asarray(times_seconds, dtype=np.float64), np.asarray(source_ids)
    share = np.clip(np.asarray(priors, dtype=np.float64), TINY, 1)
    order = np.lexsort((times, sources))
    classes, times, sources = classes[order], times[order], sources[order]
    steps = np.diff(times)
    pairs = (sources[1:] == sources[:-1]) & (steps > 0)
    if not pairs.any():
        return math.inf
    before, after, steps = classes[:-1][pairs], classes[1:][pairs], steps[pairs]
    same, span, prior = before == after, float(steps.sum()), share[after]
    ends = len(np.unique(sources))
    if same.all() and ends > 1 and len(np.unique(classes)) > 1:
        return ends / span

    def log_likelihood(rate: float) -> float:
        stayed = np.log(prior[same] + (1 - prior[same]) * np.exp(-rate * steps[same])).sum()
        jumped = np.log(np.maximum(-np.expm1(-rate * steps[~same]), 1e-300)).sum()
        return float(stayed + jumped + PSEUDO_SWITCHES * math.log(-math.expm1(-rate * span)))

    # At the top rate e^{-rate dt} < 1e-8 for the shortest step: nothing distinguishes it from infinity.
    low, high = 0.01 / span, 20 / float(steps.min())
    rate = _maximise(log_likelihood, low=low, high=high)
    # The rate is a parameter and has to earn itself (Akaike 1974): where independence explains the labels nearly as
    # well, they do not show that frames hold together. Labels a second apart say nothing about scenes of 0.3 s.
    return rate if log_likelihood(rate) > log_likelihood(high) + 1 else math.inf


def smooth(
    probabilities: ArrayLike,
    *,
    times_seconds: ArrayLike,
    priors: ArrayLike,
    switch_rate_per_second: float,
    forgets: ArrayLike | None = None,
) -> IntArray:
    """The likeliest sequence of classes (Viterbi), with transitions that know the time between samples.

    A jump forgets where it came from, so a step costs O(C) instead of O(C^2): the best way into a class is from itself
    or from the best class of all. The emission is `p / prior`, because `p` holds the prior already; the prior then
    cancels against the one in the transition, and what remains of "stay" is `1 + q (1 - prior) / prior`.

    Args:
        probabilities: (T, C) calibrated.
        times_seconds: (T,) time stamps; a step backwards or of no time counts as one usual step.
        priors: (C,) share of each class in the labels.
        switch_rate_per_second: From `fit_switch_rate`; `math.inf` gives exactly the likeliest class of each sample.
        forgets: (T - 1,) probability of a jump at each step beside that, 0 to 1: for example where the picture cuts.

    Returns:
        (T,) class indexes.

    Raises:
        SpecError: If the rate is negative or not a number.
    """
    scores = np.asarray(probabilities, dtype=np.float64)
    if not switch_rate_per_second >= 0:
        raise SpecError(f"a switch rate is 0 or more a second, not {switch_rate_per_second:g}")
    if math.isinf(switch_rate_per_second) or len(scores) < 2:
        return np.asarray(scores.argmax(axis=1), dtype=np.int64)
    emissions = np.log(np.maximum(scores, TINY))
    share = np.clip(np.asarray(priors, dtype=np.float64), TINY, 1)
    decay = np.exp(-switch_rate_per_second * _steps(np.asarray(times_seconds, dtype=np.float64)))
    if forgets is not None:
        decay *= 1 - np.asarray(forgets, dtype=np.float64)
    stays = np.log1p(decay[:, None] * ((1 - share) / share))  # (T - 1, C)
    jumps = np.log(np.maximum(1 - decay, 1e-300))  # (T - 1,)
    return _viterbi(emissions, stays=stays, jumps=jumps)


def apply_thresholds(
    probabilities: ArrayLike, *, classes: Sequence[str], thresholds: Mapping[str, float]
) -> FloatArray:
    """Probabilities bent so that a class with a threshold wins exactly where it reaches it.

    A class with the threshold t gets `log(best class without threshold) + logit(p) - logit(t)`; where several classes
    reach theirs, the one that exceeds it most wins. Smoothing goes on with the result as with the original.

    Args:
        probabilities: (T, C) calibrated.
        classes: (C,) names of the classes.
        thresholds: Probability, strictly between 0 and 1, by class name.

    Returns:
        (T, C) rows that sum to 1.

    Raises:
        LabelError: If a threshold names a class that does not exist.
    """
    for name in thresholds:
        if name not in classes:
            raise LabelError(f"there is no class '{name}' to set a threshold for: the classes are {', '.join(classes)}")
    original = np.asarray(probabilities, dtype=np.float64)
    if not thresholds:
        return original.copy()
    scores = np.log(np.maximum(original, TINY))
    others = [index for index, name in enumerate(classes) if name not in thresholds]
    base = scores[:, others].max(axis=1) if others else np.zeros(len(scores))
    for index, name in enumerate(classes):
        if name in thresholds:
            margin = _logit(original[:, index]) - _logit(np.float64(thresholds[name]))
            # The nudge decides ties: p == t wins, whatever the order of the classes.
            scores[:, index] = base + margin + np.where(original[:, index] >= thresholds[name], 1e-9, -1e-9)
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(scores / scores.sum(axis=1, keepdims=True))


def merge_short(labels: ArrayLike, *, boundaries_seconds: ArrayLike, min_seconds: float) -> IntArray:
    """Segments shorter than `min_seconds` join their longer neighbour, the shortest first.

    Between neighbours of the same class all three become one. Of equally short segments the earlier goes first, of
    equally long neighbours the earlier is joined. A single segment stays, however short.

    Args:
        labels: (T,) class indexes.
        boundaries_seconds: (T + 1,) ascending; sample t speaks for `[boundaries[t], boundaries[t + 1])`.
        min_seconds: Segments of at least this length stay; 0 keeps them all.

    Returns:
        (T,) class indexes.
    """
    result = np.array(labels, dtype=np.int64)
    if len(result) == 0 or min_seconds <= 0:
        return result
    starts = np.flatnonzero(np.diff(result, prepend=result[0] - 1))
    ends = np.append(starts[1:], len(result))
    edges = np.asarray(boundaries_seconds, dtype=np.float64)
    runs = _Runs(lengths=(edges[ends] - edges[starts]).tolist(), labels=result[starts].tolist())
    runs.merge(min_seconds)
    merged = np.array([runs.labels[runs.owner(run)] for run in range(len(starts))], dtype=np.int64)
    return np.repeat(merged, ends - starts)


class _Runs:
    """Runs of equal labels as a linked list with a heap, so that merging n of them takes O(n log n)."""

    def __init__(self, *, lengths: list[float], labels: list[int]) -> None:
        count = len(lengths)
        self.lengths, self.labels = lengths, labels
        self.before = list(range(-1, count - 1))
        self.after = [*range(1, count), -1]
        self.parents = list(range(count))

    def owner(self, run: int) -> int:
        """The run that took this one in, or itself."""
        while self.parents[run] != run:
            self.parents[run] = self.parents[self.parents[run]]
            run = self.parents[run]
        return run

    def merge(self, min_seconds: float) -> None:
        heap = [(length, run) for run, length in enumerate(self.lengths) if length < min_seconds]
        heapq.heapify(heap)
        while heap:
            length, run = heapq.heappop(heap)
            if self.parents[run] != run or self.lengths[run] != length:
                continue  # taken in, or grown, since it was put there
            left, right = self.before[run], self.after[run]
            if left < 0 and right < 0:
                return
            target = left if right < 0 or (left >= 0 and self.lengths[left] >= self.lengths[right]) else right
            self._take_in(target, run)
            for neighbour in (self.before[target], self.after[target]):
                if neighbour >= 0 and self.labels[neighbour] == self.labels[target]:
                    self._take_in(target, neighbour)
            if self.lengths[target] < min_seconds:
                heapq.heappush(heap, (self.lengths[target], target))

    def _take_in(self, target: int, run: int) -> None:
        self.parents[run] = target
        self.lengths[target] += self.lengths[run]
        left, right = self.before[run], self.after[run]
        if left >= 0:
            self.after[left] = right
        if right >= 0:
            self.before[right] = left


def _maximise(function: Callable[[float], float], *, low: float, high: float) -> float:
    """The argument of the highest value: a grid finds the hill, golden section its top (Kiefer 1953), in logarithms."""
    grid = np.geomspace(low, high, 64)
    top = int(np.argmax([function(float(point)) for point in grid]))
    left, right = math.log(grid[max(top - 1, 0)]), math.log(grid[min(top + 1, len(grid) - 1)])
    ratio = (math.sqrt(5) - 1) / 2
    for _ in range(30):
        one, two = right - ratio * (right - left), left + ratio * (right - left)
        if function(math.exp(one)) < function(math.exp(two)):
            left = one
        else:
            right = two
    return math.exp((left + right) / 2)


def _steps(times: FloatArray) -> FloatArray:
    """(T - 1,) seconds between samples; steps that take no time count as the median step."""
    steps = np.diff(np.maximum.accumulate(times))
    usual = float(np.median(steps[steps > 0])) if (steps > 0).any() else 1.0
    return np.where(steps > 0, steps, usual)


def _viterbi(emissions: FloatArray, *, stays: FloatArray, jumps: FloatArray) -> IntArray:
    """The best path: at each step every class either stayed, or was jumped into from the best class of all.

    Args:
        emissions: (T, C) logarithms.
        stays: (T - 1, C) gain of staying in a class.
        jumps: (T - 1,) gain of a jump.
    """
    stayed = np.empty(emissions.shape, dtype=bool)
    best = np.empty(len(emissions), dtype=np.int64)
    value = emissions[0]
    best[0] = value.argmax()
    for step, (stay, jump, emission) in enumerate(zip(stays, jumps.tolist(), emissions[1:], strict=True), start=1):
        gain = stay + value
        gain -= value[best[step - 1]]  # the best class so far counts 0, so a jump out of it counts `jump`
        np.greater(gain, jump, out=stayed[step])
        value = np.maximum(gain, jump, out=gain)
        value += emission
        best[step] = value.argmax()
    return _walk_back(stayed, best)


def _walk_back(stayed: NDArray[np.bool_], best: IntArray) -> IntArray:
    """(T,) the path that ends in the best last class: at each step it stayed, or jumped from the best class."""
    labels = best.copy()
    label = int(best[-1])
    for step in range(len(best) - 1, 0, -1):
        labels[step] = label
        if not stayed[step, label]:
            label = int(best[step - 1])
    labels[0] = label
    return labels


def _logit(probability: FloatArray | np.float64) -> FloatArray:
    clipped = np.clip(probability, TINY, 1 - TINY)
    return np.asarray(np.log(clipped) - np.log1p(-clipped))
