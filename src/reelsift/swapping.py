"""Making a choice of different vectors better by exchanging picks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reelsift.farthest import Farthest
from reelsift.vectors import FloatArray, IntArray, Vectors, apart_squared

__all__ = ["improved"]

_ALL_ROWS = 3000  # as many can be compared with each other in no time
_SOME_ROWS = 1000  # of more, as many, or twice as many as are chosen
_MOST_ROWS = 6000
_NO_GAIN = 1e-6  # relative; what rounding can make of equal distances
_WORK = 1e7  # starts times rows times picks
_MOST_SWAPS = 2  # for each pick; far more than are ever found


def improved(rows: Vectors, picks: IntArray, there: FloatArray, search: Farthest, *, seed: int) -> IntArray:
    """Exchanges picks as long as the smallest distance among them, and to what is there, grows.

    Where the problem is small, the search begins anew from other first picks, as often as the work allows, and the best
    is taken. What may be exchanged for a pick are all rows, or of many those that the greedy search gives next.

    Args:
        rows: All.
        picks: (n,) those chosen.
        there: (M, D) what is there.
        search: What chose them; goes on.
        seed: Of the first picks.

    Returns:
        (n,) row numbers: `picks`, or better ones.
    """
    n = len(picks)
    if n + len(there) < 2 or (n == 1 and len(there)):
        return picks
    wanted = rows.count if rows.count <= max(_ALL_ROWS, 2 * n) else max(_SOME_ROWS, 2 * n)
    if wanted > _MOST_ROWS:
        return picks
    candidates = picks.tolist()
    while len(candidates) < wanted and rows.count > wanted:
        candidates.append(search.next())
        search.take(candidates[-1])
    others = np.setdiff1d(np.arange(rows.count) if rows.count == wanted else np.array(candidates), picks)
    among = np.concatenate([picks, others])
    squares, limit = _distances(rows.rows(among), there)
    best, least = _swapped(squares, limit, np.arange(n))
    starts = int(min(len(among), _WORK / (len(among) * n)))
    for start in np.random.default_rng(seed).permutation(len(among))[:starts].tolist():
        other, apart = _swapped(squares, limit, _greedy(squares, limit, n, start))
        if apart > least * (1 + _NO_GAIN):
            best, least = other, apart
    return np.asarray(among[best])


def _distances(values: FloatArray, there: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(C, C) squared distances among rows, infinite from a row to itself, and (C,) to the nearest of what is there."""
    squares = np.empty((len(values), len(values)), np.float32)
    double = values.astype(np.float64)
    lengths = np.einsum("ij,ij->i", double, double)
    for at in range(0, len(values), 512):
        part = slice(at, at + 512)
        squares[part] = np.maximum(lengths[part, None] + lengths - 2 * (double[part] @ double.T), 0)
    np.fill_diagonal(squares, np.inf)
    limit = np.full(len(values), np.inf)
    for row in there:
        np.minimum(limit, apart_squared(values, row), out=limit)
    return squares, limit.astype(np.float32)


def _greedy(squares: FloatArray, limit: FloatArray, n: int, start: int) -> IntArray:
    apart, picks = limit.copy(), [start]
    for _ in range(n - 1):
        apart[picks[-1]] = -1
        np.minimum(apart, squares[picks[-1]], out=apart)
        picks.append(int(apart.argmax()))
    return np.array(picks)


def _swapped(squares: FloatArray, limit: FloatArray, chosen: IntArray) -> tuple[IntArray, float]:
    """Exchanges one of the two nearest picks for the row that is farthest from all others, while that helps.

    Local search for the greatest least distance (Resende, Marti, Gallego and Duarte, GRASP and path relinking for the
    max-min diversity problem, Computers and Operations Research 37, 2010).

    Returns:
        The picks, and the least squared distance.
    """
    nearest = _Nearest(squares, chosen)
    for _ in range(_MOST_SWAPS * len(chosen)):
        place, least = nearest.closest(limit)
        best, gain = None, least
        for out in {place, int(nearest.near[nearest.chosen[place], 0])}:
            apart = np.minimum(nearest.without(out), limit)
            apart[nearest.chosen] = -1
            row = int(apart.argmax())
            if apart[row] > gain:
                best, gain = (out, row), float(apart[row])
        if best is None or gain <= least * (1 + _NO_GAIN):
            break
        nearest.exchange(*best)
    return nearest.chosen, nearest.closest(limit)[1]


class _Nearest:
    """For each of C rows the nearest pick and the second nearest, while picks are exchanged one by one.

    Attributes:
        chosen: (n,) the picks.
        near: (C, 2) places in `chosen` of the nearest and the second nearest; a pick is not near to itself.
    """

    def __init__(self, squares: FloatArray, chosen: IntArray) -> None:
        self._squares = squares
        self.chosen = chosen.copy()
        self.near: NDArray[np.int64] = np.zeros((len(squares), 2), np.int64)
        self._apart: FloatArray = np.full((len(squares), 2), np.inf, np.float32)
        self._find(np.arange(len(squares)))

    def closest(self, limit: FloatArray) -> tuple[int, float]:
        """The place of the pick that is nearest to another pick or to what is there, and how near that is, squared."""
        apart = np.minimum(self._apart[self.chosen, 0], limit[self.chosen])
        place = int(apart.argmin())
        return place, float(apart[place])

    def without(self, place: int) -> FloatArray:
        """(C,) squared distances to the nearest pick but one."""
        return np.where(self.near[:, 0] == place, self._apart[:, 1], self._apart[:, 0])

    def exchange(self, place: int, row: int) -> None:
        """Takes a row in place of a pick."""
        lost = (self.near == place).any(axis=1)
        self.chosen[place] = row
        new = self._squares[row]
        first = ~lost & (new < self._apart[:, 0])
        second = ~lost & ~first & (new < self._apart[:, 1])
        self._apart[first, 1], self.near[first, 1] = self._apart[first, 0], self.near[first, 0]
        self._apart[first, 0], self.near[first, 0] = new[first], place
        self._apart[second, 1], self.near[second, 1] = new[second], place
        self._find(np.flatnonzero(lost))

    def _find(self, which: IntArray) -> None:
        apart = self._squares[np.ix_(which, self.chosen)]
        at = np.arange(len(which))
        for turn in range(min(2, len(self.chosen))):
            self.near[which, turn] = place = apart.argmin(axis=1)
            self._apart[which, turn] = apart[at, place]
            apart[at, place] = np.inf
