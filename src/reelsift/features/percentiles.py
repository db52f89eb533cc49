"""Percentiles of small tables, many times a second."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["percentiles"]


def percentiles(values: NDArray[np.floating[Any]], shares: tuple[float, ...]) -> NDArray[np.float64]:
    """Percentiles of some values, to the last bit what `numpy.percentile` finds of double precision (method `linear`).

    For a few thousand values in half of its time: where to look in a table of this size is worked out once.

    Args:
        values: `(N,)`, finite, one or more.
        shares: Of the values, 0 to 100.

    Returns:
        `(len(shares),)`, each between the two values that lie around it in ascending order.
    """
    lower, upper, weights = _places(len(values), shares)
    ordered = np.sort(values)
    low, high = ordered[lower].astype(np.float64), ordered[upper].astype(np.float64)
    steps = high - low
    # From the nearer of both, as numpy does: then the larger is never exceeded.
    return np.where(weights < 0.5, low + steps * weights, high - steps * (1 - weights))


@lru_cache(maxsize=64)
def _places(count: int, shares: tuple[float, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """The places before and behind each percentile of so many values, and how near it is to the second."""
    places = (count - 1) * (np.array(shares) / 100)
    lower = places.astype(np.int64)
    return lower, np.minimum(lower + 1, count - 1), places - lower
