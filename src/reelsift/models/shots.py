"""Shots: the pieces that cuts make of windows, as far as their samples tell where the picture cuts.

What one camera shows says little of what the next shows; so a memory has to know where one follows the other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reelsift.shot_borders import AROUND, cuts_among, jumps_between

__all__ = ["CONTEXT", "jumps_and_cuts", "means_of", "stretches_around"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Table = NDArray[np.float32]

CONTEXT = AROUND + 1  # samples on both sides of a step that tell whether it is a cut


def jumps_and_cuts(seen: Table) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Of windows (W, T, Q) the jumps between their samples, and which of these are cuts: (W, T - 1) each.

    With Q of 0 nothing is known of cuts: there are none.
    """
    if seen.shape[2] == 0:
        nothing = np.zeros((len(seen), max(seen.shape[1] - 1, 0)))
        return nothing, nothing > 0
    jumps = jumps_between(seen)
    return jumps, cuts_among(jumps)


def stretches_around(count: int, half: int, *, cuts: NDArray[np.bool_] | None = None) -> tuple[IntArray, IntArray]:
    """For each of T samples the first one and the end of those that are within `half` samples and in the same shot.

    Args:
        count: T.
        half: Samples on each side, at most.
        cuts: (W, T - 1) whether there is a cut between samples; `None`: nowhere, and the same for all windows.

    Returns:
        First and end, (W, T) each; (1, T) without cuts.
    """
    places = np.arange(count)
    first, end = np.maximum(places - half, 0)[None], np.minimum(places + half + 1, count)[None]
    if cuts is None:
        return first, end
    begins = np.zeros((len(cuts), count), np.int64)
    begins[:, 1:] = np.where(cuts, places[1:], 0)
    ends = np.full((len(cuts), count), count)
    ends[:, :-1] = np.where(cuts, places[1:], count)
    shot_first = np.maximum.accumulate(begins, axis=1)
    shot_end = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
    return np.maximum(first, shot_first), np.minimum(end, shot_end)


def means_of(values: NDArray[np.floating], first: IntArray, end: IntArray) -> FloatArray:
    """(W, T, P) the means of `values[w, first[w, t] : end[w, t]]` of (W, T, P).

    Args:
        values: (W, T, P).
        first: (W, T), or (1, T) where all windows have the same.
        end: As `first`.
    """
    sums = np.cumsum(np.pad(values, ((0, 0), (1, 0), (0, 0))), axis=1, dtype=np.float64)
    if len(first) == 1:
        total = sums[:, end[0]] - sums[:, first[0]]
    else:
        windows = np.arange(len(values))[:, None]
        total = sums[windows, end] - sums[windows, first]
    return np.asarray(total / (end - first)[..., None])
