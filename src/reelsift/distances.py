"""How different the rows of a matrix are from each other: statistics of the distances between all pairs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from reelsift.vectors import DoubleArray, FloatArray, IntArray, Vectors, apart_squared

__all__ = ["DistanceStatistics", "distance_statistics"]

_ALL_PAIRS = 4000  # rows, of which all pairs are measured
_EXACT_LEAST = 10_000  # rows, of which the smallest distance is looked for among all pairs
_PAIRS = 200_000
_BLOCK_ROWS = 512


@dataclass(frozen=True)
class DistanceStatistics:
    """L2 distances between pairs of rows; not a number where there is no pair.

    Attributes:
        n: Rows.
        mean: Of all pairs.
        min: The smallest; where `min_exact` is false, the smallest that was seen.
        max: The largest; of sampled pairs the largest of these.
        p10: 10th percentile.
        p90: 90th percentile.
        pairs: The number of pairs that were measured: all, or a sample.
        error: Standard error of `mean`; 0 where all pairs were measured.
        min_exact: Whether `min` is that of all pairs.
    """

    n: int
    mean: float
    min: float
    max: float
    p10: float
    p90: float
    pairs: int
    error: float
    min_exact: bool = True


def distance_statistics(embeddings: ArrayLike, *, seed: int = 0) -> DistanceStatistics:
    """Measures the distances between all pairs of up to 4,000 rows, and of more between 200,000 pairs drawn at random.

    The smallest distance is exact up to 10,000 rows all the same.

    Args:
        embeddings: (N, D) float, of unit length if distances are to be compared with those of others.
        seed: Of the sample.

    Raises:
        SpecError: If this is no matrix of finite floats.
    """
    rows = Vectors(embeddings, "embeddings")
    if rows.count < 2:
        none = math.nan
        return DistanceStatistics(rows.count, none, none, none, none, none, pairs=0, error=0.0)
    exact = rows.count <= _EXACT_LEAST
    if rows.count <= _ALL_PAIRS:
        apart, error = np.concatenate(list(_all_pairs(rows))), 0.0
        least = float(apart.min())
    else:
        apart = _sampled_pairs(rows, seed).astype(np.float32)
        error = float(apart.std(ddof=1, dtype=np.float64) / math.sqrt(len(apart)))
        least = min(float(block.min()) for block in _all_pairs(rows)) if exact else _neighbours(rows)
        least = min(least, float(apart.min()))
    p10, p90 = np.percentile(apart, [10, 90])
    return DistanceStatistics(
        n=rows.count,
        mean=float(apart.mean(dtype=np.float64)),
        min=least,
        max=float(apart.max()),
        p10=float(p10),
        p90=float(p90),
        pairs=len(apart),
        error=error,
        min_exact=exact,
    )


def _all_pairs(rows: Vectors) -> Iterator[FloatArray]:
    """Distances of each block of rows to those after them, of the smallest of which differences make sure."""
    values = rows.part(0, rows.count).astype(np.float64)
    squares = np.einsum("ij,ij->i", values, values)
    for at in range(0, rows.count - 1, _BLOCK_ROWS):
        block, others = values[at : at + _BLOCK_ROWS], values[at:]
        apart = squares[at : at + len(block), None] + squares[at:] - 2 * (block @ others.T)
        later = np.arange(len(others)) > np.arange(len(block))[:, None]
        one, other = np.unravel_index(np.where(later, apart, np.inf).argmin(), apart.shape)
        least = float(((block[one] - others[other]) ** 2).sum())
        apart[one, other] = least
        yield np.sqrt(np.maximum(apart[later], least)).astype(np.float32)


def _sampled_pairs(rows: Vectors, seed: int) -> DoubleArray:
    rng = np.random.default_rng(seed)
    one = rng.integers(0, rows.count, _PAIRS)
    other = (one + rng.integers(1, rows.count, _PAIRS)) % rows.count
    return _apart(rows, one, other)


def _neighbours(rows: Vectors) -> float:
    """The smallest distance of rows that follow each other, where near copies are likeliest."""
    if rows.copies(np.empty((0, rows.columns), np.float32)).any():
        return 0.0
    return float(_apart(rows, np.arange(rows.count - 1), np.arange(1, rows.count)).min())


def _apart(rows: Vectors, one: IntArray, other: IntArray) -> DoubleArray:
    parts = [slice(at, at + _BLOCK_ROWS) for at in range(0, len(one), _BLOCK_ROWS)]
    squares = [apart_squared(rows.rows(one[part]), rows.rows(other[part])) for part in parts]
    return np.asarray(np.sqrt(np.concatenate(squares)))
