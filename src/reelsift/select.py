"""Choosing the most different of many vectors; numpy alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reelsift.errors import SpecError
from reelsift.farthest import Farthest
from reelsift.swapping import improved
from reelsift.vectors import FloatArray, Vectors

__all__ = ["coreset", "far_apart"]

IntArray = NDArray[np.int64]


def coreset(
    embeddings: ArrayLike,
    n: int,
    *,
    existing: ArrayLike | None = None,
    seed: int = 0,
    swaps: bool = False,
) -> IntArray:
    """Chooses `n` rows that lie far from each other and leave no row far from all of them: greedy k-center.

    Each pick is the row farthest from those before it (Gonzalez, Clustering to minimize the maximum intercluster
    distance, Theoretical Computer Science 38, 1985; as a core set for learning: Sener and Savarese, ICLR 2018). So no
    row is farther from its nearest pick than twice what the best possible choice of `n` rows would leave, and the
    smallest distance among the picks is at least half of the largest possible one (Ravi, Rosenkrantz and Tayi,
    Heuristic and special case algorithms for dispersion problems, Operations Research 42, 1994).

    The picks are those of the plain algorithm in exact arithmetic, which compares all rows with each pick; of rows
    equally far, the first is picked. Here rows are compared only where they may be the farthest (`farthest.Farthest`).

    Args:
        embeddings: (N, D) float16, float32 or float64, finite; as float32 holds them. Not copied, and little is kept
            beside it (at 100,000 rows about a tenth).
        n: How many, from 1 to N.
        existing: (M, D) what is there already: picks lie far from these, too.
        seed: Of the first pick, where nothing exists.
        swaps: Whether picks are exchanged afterwards as long as the smallest distance among them (and to what exists)
            grows; never makes it smaller. Takes two to three times as long. Of more than 3,000 rows, only those are
            taken in that the greedy algorithm would pick next (1,000 in all, or 2 n); of more than 3,000 picks, none is
            exchanged.

    Returns:
        `(n,)` int64 row numbers, in picking order; with `swaps`, a row that was exchanged stands where the other stood.

    Raises:
        SpecError: If `n` is not from 1 to N, or the arrays are not of such shapes.
    """
    rows, there = _checked(embeddings, existing)
    if not 1 <= n <= rows.count:
        raise SpecError(f"of {rows.count} rows 1 to {rows.count} can be chosen, not {n}")
    search = Farthest(rows, there)
    picks: list[int] = []
    while len(picks) < n:
        picks.append(_next(search, rows, there, picks, seed))
        search.take(picks[-1])
    if not swaps or n == rows.count:
        return np.array(picks, np.int64)
    return improved(rows, np.array(picks, np.int64), there, search, seed=seed)


def far_apart(
    embeddings: ArrayLike, min_distance: float, *, existing: ArrayLike | None = None, seed: int = 0
) -> IntArray:
    """Chooses rows until no other is farther than `min_distance` from all of them, and from what exists.

    The picks of `coreset`, in its order, as long as each is farther than that from those before it: so picks are
    farther than `min_distance` from each other, and no row is left that is farther than that from all of them.

    Args:
        embeddings: As for `coreset`.
        min_distance: L2 distance, from 0; 0 chooses all rows that differ.
        existing: (M, D) what is there already.
        seed: Of the first pick, where nothing exists.

    Returns:
        (n,) int64 row numbers in picking order; none if all rows are near to what exists.

    Raises:
        SpecError: If `min_distance` is negative, or the arrays are not of such shapes.
    """
    if not min_distance >= 0:
        raise SpecError(f"the smallest distance is 0 or more, not {min_distance}")
    rows, there = _checked(embeddings, existing)
    search = Farthest(rows, there)
    picks: list[int] = []
    while len(picks) < rows.count:
        row = _next(search, rows, there, picks, seed)
        if (picks or len(there)) and search.is_within(row, min_distance**2):
            break
        picks.append(row)
        search.take(row)
    return np.array(picks, np.int64)


def _next(search: Farthest, rows: Vectors, there: FloatArray, picks: list[int], seed: int) -> int:
    if picks or len(there):
        return search.next()
    return int(np.random.default_rng(seed).integers(rows.count))


def _checked(embeddings: ArrayLike, existing: ArrayLike | None) -> tuple[Vectors, FloatArray]:
    rows = Vectors(embeddings, "embeddings")
    if not rows.count:
        raise SpecError("embeddings are an array (N, D) with at least one row")
    if existing is None:
        return rows, np.empty((0, rows.columns), np.float32)
    there = Vectors(existing, "existing")
    if there.columns != rows.columns:
        raise SpecError(f"existing rows have {there.columns} columns, and the others {rows.columns}")
    return rows, there.part(0, there.count)
