"""Sequences: samples that follow each other in time, and the windows through which a memory looks at them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import ModelError
from reelsift.timeline import nearest_samples

__all__ = [
    "FetchSequences",
    "Sequences",
    "Windows",
    "broken_starts",
    "look_through",
    "nearest",
    "plan_windows",
    "strands",
    "usual_step",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

BREAK_STEPS = 3.5  # a sequence breaks where the next sample is farther away than this many usual steps
BATCH_SAMPLES = 16384  # looked at together


@dataclass(frozen=True, eq=False)
class Sequences:
    """All samples of the sources that labelled frames are of.

    Attributes:
        views: By name, (M, D) of M samples, source after source, each in order of time.
        times_seconds: (M,) time stamps within their sources.
        starts: (S + 1,) sequence `s` is the samples `starts[s]` to `starts[s + 1]`.
        rows: (N,) the sample of, or nearest to, each labelled frame.

    Raises:
        ModelError: If the arrays do not fit each other.
    """

    views: Mapping[str, NDArray[Any]]
    times_seconds: FloatArray
    starts: IntArray
    rows: IntArray

    def __post_init__(self) -> None:
        count = len(self.times_seconds)
        if any(len(values) != count for values in self.views.values()):
            raise ModelError("the views of the sequences have different numbers of samples: index their sources again")
        if len(self.starts) < 2 or self.starts[0] != 0 or self.starts[-1] != count or (np.diff(self.starts) < 0).any():
            raise ModelError(f"the starts of sequences go from 0 to the {count} samples there are")
        if len(self.rows) and (self.rows.min() < 0 or self.rows.max() >= count):
            raise ModelError(f"labelled frames lie among the {count} samples of the sequences")

    def __len__(self) -> int:
        return len(self.times_seconds)


FetchSequences = Callable[[tuple[str, ...], NDArray[Any], FloatArray], Sequences]
"""Gives the sequences around labelled frames: of these views, by source id and time in seconds of each frame."""


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of the same number of samples on sequences.

    Attributes:
        samples: (W, T) the samples that each looks at.
        weights: (T,) how much its word counts for each of them: least at the ends, where it knows only one side.
    """

    samples: IntArray
    weights: FloatArray


def usual_step(times_seconds: FloatArray, starts: IntArray | None = None) -> float | None:
    """Median of the steps between samples of the same sequence that follow each other; `None` where none do."""
    steps = np.diff(times_seconds)
    if starts is not None:
        within = np.ones(len(steps), dtype=bool)
        within[starts[(starts > 0) & (starts < len(times_seconds))] - 1] = False
        steps = steps[within]
    steps = steps[steps > 0]
    return float(np.median(steps)) if len(steps) else None


def broken_starts(times_seconds: FloatArray, starts: IntArray) -> IntArray:
    """(R + 1,) where sequences begin once they are broken where time does not go on, or jumps (bursts, joined films).

    Each is held to its own usual step: sources may be sampled differently.
    """
    found = [np.zeros(0, dtype=np.int64)]
    for first, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        if end <= first:
            continue
        steps = np.diff(times_seconds[first:end])
        positive = steps[steps > 0]
        longest = BREAK_STEPS * float(np.median(positive)) if len(positive) else np.inf
        found += [np.array([first]), first + 1 + np.flatnonzero((steps <= 0) | (steps > longest))]
    return np.append(np.concatenate(found), len(times_seconds)).astype(np.int64)


def strands(times_seconds: FloatArray | None, *, count: int, step_seconds: float | None) -> list[IntArray]:
    """The samples of a source as sequences that have the step a model was taught on.

    Worked case: taught at 5 samples a second, given 25 a second: each fifth sample follows the other, five strands run
    beside each other, and each sample is in one.

    Args:
        times_seconds: (N,); `None` for frames that have nothing to do with each other.
        count: N.
        step_seconds: The step; `None` takes the samples as they are.
    """
    if times_seconds is None:
        return list(np.arange(count)[:, None])
    found = []
    borders = broken_starts(np.asarray(times_seconds, np.float64), np.array([0, count]))
    for first, end in zip(borders[:-1].tolist(), borders[1:].tolist(), strict=True):
        own = usual_step(times_seconds[first:end])
        beside = 1 if own is None or step_seconds is None else max(round(step_seconds / own), 1)
        found += [np.arange(first + place, end, beside) for place in range(min(beside, end - first))]
    return found


def plan_windows(sequences: Sequence[IntArray], *, window: int) -> Iterator[Windows]:
    """Windows that overlap by half and cover all samples; shorter sequences have a window of their own length.

    Gives windows of the same length together, and no more at once than memory bears.
    """
    by_length: dict[int, list[IntArray]] = {}
    for samples in sequences:
        count = len(samples)
        length = min(window, count)
        firsts = [] if not count else [*range(0, count - length, max(length // 2, 1)), count - length]
        by_length.setdefault(length, []).extend(samples[first : first + length] for first in firsts)
    for length, windows in sorted(by_length.items()):
        if not windows:
            continue
        ramp = np.minimum(np.arange(1, length + 1), np.arange(length, 0, -1)).astype(np.float64)
        batch = max(BATCH_SAMPLES // length, 1)
        for first in range(0, len(windows), batch):
            yield Windows(np.stack(windows[first : first + batch]), ramp)


def look_through(
    sequences: Sequence[IntArray],
    judge: Callable[[IntArray], NDArray[Any]],
    *,
    window: int,
    count: int,
    class_count: int,
) -> FloatArray:
    """(N, C) logits of all samples: what overlapping windows say of each, joined by their weights.

    Args:
        sequences: The samples of each sequence.
        judge: From the samples (W, T) of windows to logits (W, T, C).
        window: Samples in a window, at most.
        count: N; samples that are in no sequence keep the logits 0.
        class_count: C.
    """
    sums, totals = np.zeros((count, class_count)), np.zeros(count)
    for windows in plan_windows(sequences, window=window):
        logits = np.asarray(judge(windows.samples), dtype=np.float64) * windows.weights[:, None]
        np.add.at(sums, windows.samples.ravel(), logits.reshape(-1, class_count))
        np.add.at(totals, windows.samples.ravel(), np.tile(windows.weights, len(windows.samples)))
    return sums / np.maximum(totals, 1e-12)[:, None]


def nearest(times_seconds: FloatArray, wanted_seconds: FloatArray) -> IntArray:
    """(B,) for each wanted time the sample nearest to it; of two that are equally near, the earlier.

    Args:
        times_seconds: (N,) N of 1 or more, in any order.
        wanted_seconds: (B,).
    """
    order = np.argsort(times_seconds, kind="stable")
    return np.asarray(order[nearest_samples(times_seconds[order], wanted_seconds)], dtype=np.int64)
