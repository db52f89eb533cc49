"""Pictures that are all but the same: an end card shown thirty times, a file copied under another name."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["conflicting_pairs", "near_duplicates"]

SAME = 0.1  # of the typical distance between two examples


def near_duplicates(features: NDArray[np.float64], *, targets: NDArray[np.int64], largest: int) -> NDArray[np.int64]:
    """Numbers that near duplicates of the same class share.

    Two frames are near duplicates when their distance is below a tenth of the typical one; chains count. A set that
    grows beyond `largest` says that the camera stands still, not that pictures were copied, and is left apart.

    Args:
        features: (N, R) in which distance means something; N of a few thousand at most.
        targets: (N,) class indexes.
        largest: Frames in the largest set that is believed.

    Returns:
        (N,) numbers from 0.
    """
    linked = _alike(features) & (targets[:, None] == targets[None, :])
    numbers = np.full(len(features), -1, dtype=np.int64)
    for first in range(len(features)):
        if numbers[first] < 0:
            members = np.zeros(len(features), dtype=bool)
            members[first], fresh = True, np.array([first])
            while len(fresh):
                reached = linked[fresh].any(axis=0) & ~members
                members |= reached
                fresh = np.flatnonzero(reached)
            numbers[members] = first
    sizes = np.bincount(numbers, minlength=len(features))
    return np.where(sizes[numbers] > largest, np.arange(len(features)), numbers)


def conflicting_pairs(
    features: NDArray[np.float64], *, targets: NDArray[np.int64], source_ids: NDArray[Any]
) -> list[tuple[int, int]]:
    """Near duplicates with different labels, the most alike first.

    Frames of one film are passed over: where a scene ends, neighbours look alike and are rightly labelled differently.

    Args:
        features: (N, R) as above.
        targets: (N,) class indexes.
        source_ids: (N,) what each is a frame of.

    Returns:
        Pairs of row numbers, the smaller first.
    """
    different = (targets[:, None] != targets[None, :]) & (source_ids[:, None] != source_ids[None, :])
    pairs = np.argwhere(np.triu(_alike(features) & different))
    lengths = ((features[pairs[:, 0]] - features[pairs[:, 1]]) ** 2).sum(axis=1)
    return [(int(one), int(other)) for one, other in pairs[np.argsort(lengths, kind="stable")]]


def _alike(features: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(N, N) whether two rows are closer than a tenth of the typical distance."""
    squares = (features**2).sum(axis=1)
    distances = squares[:, None] + squares[None, :] - 2 * features @ features.T
    limit = SAME**2 * 2 * float(squares.mean() - (features.mean(axis=0) ** 2).sum())
    return np.asarray(distances < limit)
