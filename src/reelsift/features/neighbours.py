"""Views that tell a frame from those around it: who is whose neighbour in time, and the rows that follow from it.

Such a view is made in two steps. Its extractor keeps of each frame, as bytes, what is needed to compare it with others,
so that parts, processes and resumed runs know nothing of neighbours. Once the frames of a source are together, the
view's `derive` makes its rows of that. Lags are seconds: rows mean the same however densely a film was sampled.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from reelsift.features.views import view_named

__all__ = ["Derive", "derive_in_runs", "derive_rows", "nearest_rows", "steps_around"]

NONE = -1


class Derive(Protocol):
    """Makes rows of frames from what an extractor kept of them and of those around them."""

    def __call__(
        self, kept: Sequence[bytes], *, times_seconds: NDArray[np.float64], wanted: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """The rows `(K, D)` of the frames `wanted`, numbers of rows of `kept`, which are in the order of the film."""


def derive_rows(
    name: str, kept: Sequence[bytes], *, times_seconds: NDArray[np.float64], wanted: NDArray[np.int64]
) -> NDArray[np.float32]:
    """The rows of a view with a `derive`; see `Derive`."""
    module, _, function = view_named(name).derive.partition(":")
    derive: Derive = getattr(importlib.import_module(module), function)
    return derive(kept, times_seconds=times_seconds, wanted=wanted)


def nearest_rows(times_seconds: NDArray[np.float64], *, lag_seconds: float) -> NDArray[np.int64]:
    """For each frame the one nearest to `lag_seconds` after it (before it, if negative), at most half the lag off.

    Worked case: 24 frames a second sampled at 5 are at 0, 0.208, 0.417, 0.583 s; 0.2 s after the second is the third.
    Where time stamps run backwards (two recordings joined), what comes before has no neighbours in what comes after.

    Args:
        times_seconds: (N,) in the order of the film.

    Returns:
        (N,) row numbers, -1 where there is none. Of two that are equally near, the earlier.
    """
    found = np.full(len(times_seconds), NONE, np.int64)
    borders = np.flatnonzero(np.diff(times_seconds) <= 0) + 1
    for start, stop in pairwise([0, *borders.tolist(), len(times_seconds)]):
        times = times_seconds[start:stop]
        if len(times) < 2:
            continue
        wanted = times + lag_seconds
        after = np.clip(np.searchsorted(times, wanted), 1, len(times) - 1)
        nearest = np.where(wanted - times[after - 1] <= times[after] - wanted, after - 1, after)
        # A hair more than half the lag: 0.3 s after 0.6 s is not 0.9 s in binary.
        near = np.abs(times[nearest] - wanted) <= abs(lag_seconds) / 2 + 1e-6
        found[start:stop] = np.where(near, start + nearest, NONE)
    return found


def steps_around(
    times_seconds: NDArray[np.float64], wanted: NDArray[np.int64], *, lag_seconds: float, count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The steps from frame to frame about each of the K wanted ones, `count` to each side.

    Returns:
        The pairs of frames `(P, 2)`, and the number of the pair behind each step, `(K, 2 * count)`, or -1.
    """
    back = np.append(nearest_rows(times_seconds, lag_seconds=-lag_seconds), -1)  # row -1 is none, and so is the one
    forth = np.append(nearest_rows(times_seconds, lag_seconds=lag_seconds), -1)  # before it and the one after it
    chain = [wanted]
    for _ in range(count):
        chain = [back[chain[0]], *chain, forth[chain[-1]]]
    ends = np.stack([np.stack(pair, axis=1) for pair in pairwise(chain)], axis=1)
    there = (ends >= 0).all(axis=2)
    pairs, numbers = np.unique(ends[there], axis=0, return_inverse=True)
    steps = np.full(there.shape, -1, np.int64)
    steps[there] = numbers.reshape(-1)
    return pairs.reshape(-1, 2), steps


def derive_in_runs(
    name: str, runs: Iterable[tuple[NDArray[np.float64], Sequence[bytes]]]
) -> Iterator[NDArray[np.float32]]:
    """The rows of a view for all frames of a source, some at a time: memory does not grow with its length.

    Args:
        name: A view with a `derive`.
        runs: Times and what the extractor kept, a run of frames after the other.
    """
    reach = view_named(name).reach_seconds
    kept: list[bytes] = []
    times, done = np.empty(0), 0
    for run_times, run_kept in runs:
        times = np.concatenate([times, run_times])
        kept = [*kept, *run_kept]
        ready = _complete(times, reach)
        if ready > done:
            yield derive_rows(name, kept, times_seconds=times, wanted=np.arange(done, ready))
            needed = _needed(times, ready, reach)
            times, kept, done = times[needed:], kept[needed:], ready - needed
    if done < len(times):
        yield derive_rows(name, kept, times_seconds=times, wanted=np.arange(done, len(times)))


def _complete(times: NDArray[np.float64], reach: float) -> int:
    """How many of the first frames have all behind them that can be their neighbours."""
    last = _last_border(times, len(times))
    return last + int(np.searchsorted(times[last:], times[-1] - reach, side="right")) if len(times) else 0


def _needed(times: NDArray[np.float64], row: int, reach: float) -> int:
    """The first frame that can be a neighbour of frame `row` or of a later one."""
    if row == len(times):
        return row
    first = _last_border(times, row + 1)
    return first + int(np.searchsorted(times[first : row + 1], times[row] - reach, side="left"))


def _last_border(times: NDArray[np.float64], stop: int) -> int:
    """Where the time stamps before `stop` ran backwards last; 0 if they never did."""
    borders = np.flatnonzero(np.diff(times[:stop]) <= 0)
    return int(borders[-1]) + 1 if borders.size else 0
