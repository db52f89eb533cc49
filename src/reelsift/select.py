"""Choosing the most different of many vectors; numpy alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reelsift.errors import SpecError

__all__ = ["coreset"]

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]

_CHUNK_ROWS = 4096
_POOL_ROWS = 4096
_BLOCK_ROWS = 128
_FEW_CENTRES = 3
_NO_GAIN = 1e-6  # what rounding can make of equal distances
_WORK = 4e8
_MOST_SWAPS = 4  # for each pick; far more than are ever found


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
    smallest distance among the picks is at least half of the largest possible one (Ravi, Rosenkrantz and Tayi 1994).

    The picks are those of the plain algorithm, which compares all rows with each pick. Here only rows that may be the
    farthest are, with many picks at once. Of rows equally far, the first is picked.

    Args:
        embeddings: (N, D) float, finite. Float32 is not copied, and little is kept beside it.
        n: How many, from 1 to N.
        existing: (M, D) what is there already: picks lie far from these, too.
        seed: Of the first pick, where nothing exists.
        swaps: Whether picks are exchanged afterwards as long as the smallest distance among them (and to what exists)
            grows; never makes it smaller.

    Returns:
        `(n,)` int64 row numbers, in picking order; with `swaps`, a row that was exchanged stands where the other stood.

    Raises:
        SpecError: If `n` is not from 1 to N, or the arrays are not of such shapes.
    """
    rows = _checked(embeddings, "embeddings")
    there = _checked(existing, "existing") if existing is not None else np.empty((0, rows.shape[1]), np.float32)
    if there.shape[1] != rows.shape[1]:
        raise SpecError(f"existing rows have {there.shape[1]} columns, and the others {rows.shape[1]}")
    if not 1 <= n <= len(rows):
        raise SpecError(f"of {len(rows)} rows 1 to {len(rows)} can be chosen, not {n}")
    rng = np.random.default_rng(seed)
    first = None if len(there) else int(rng.integers(len(rows)))
    picks = _greedy(rows, n, there, first=first)
    if not swaps or n == len(rows):
        return picks
    best, least = _swapped(rows, picks, there)
    for start in rng.permutation(len(rows))[: _starts(len(rows), n)].tolist():
        other, apart = _swapped(rows, _greedy(rows, n, there, first=start), there)
        if apart > least * (1 + _NO_GAIN):
            best, least = other, apart
    return best


def _starts(count: int, n: int) -> int:
    """From how many other rows the search may begin anew, so that small problems are searched well and fast."""
    return int(min(count, _WORK / (count * n**2)))


def _greedy(rows: FloatArray, n: int, there: FloatArray, *, first: int | None) -> IntArray:
    search = _Search(rows)
    search.add(there)
    picks: list[int] = []
    while len(picks) < n:
        picks.append(first if first is not None and not picks else search.farthest())
        search.pick(picks[-1])
    return np.array(picks, np.int64)


def _checked(values: ArrayLike, name: str) -> FloatArray:
    rows = np.asarray(values)
    if rows.ndim != 2 or not rows.size or not (np.issubdtype(rows.dtype, np.floating)):
        raise SpecError(
            f"{name} are an array (N, D) of float numbers with at least one row, not {rows.shape} {rows.dtype}"
        )
    if not all(np.isfinite(rows[at : at + _CHUNK_ROWS]).all() for at in range(0, len(rows), _CHUNK_ROWS)):
        raise SpecError(f"{name} hold values that are not finite")
    return np.ascontiguousarray(rows, np.float32)


class _Search:
    """Squared distances of rows to the nearest of some centres, brought up to date only where that matters.

    A distance to the nearest centre can only shrink as centres come. So what was known of a row some centres ago is an
    upper bound, and the farthest row is found once the greatest bound is up to date (lazy evaluation: Minoux,
    Accelerated greedy algorithms, 1978). Only a pool of those with the greatest bounds is worked on, as long as one of
    them is above `_floor`, the greatest bound of all others; and a row that is brought up to date meets all centres
    that it has missed in one product of matrices.

    Attributes:
        upper: (N,) no row is farther than this from its nearest centre, squared; -1 for those that were picked.
        seen: (N,) the number of centres that a row has met.
    """

    def __init__(self, rows: FloatArray) -> None:
        self._rows = rows
        self._upper = np.full(len(rows), np.inf, np.float32)
        self._seen = np.zeros(len(rows), np.int32)
        self._centres = np.empty((0, rows.shape[1]), np.float32)
        self._count = 0
        self._pool: IntArray = np.empty(0, np.int64)
        self._floor = np.inf

    def add(self, centres: FloatArray) -> None:
        """Takes centres `(M, D)`."""
        needed = self._count + len(centres)
        if needed > len(self._centres):
            grown = np.empty((max(needed, 2 * len(self._centres), 16), centres.shape[1]), np.float32)
            grown[: self._count] = self._centres[: self._count]
            self._centres = grown
        self._centres[self._count : needed] = centres
        self._count = needed

    def pick(self, row: int) -> None:
        """Takes a row as a centre, and never again."""
        self.add(self._rows[row : row + 1])
        self._upper[row] = -1

    def farthest(self) -> int:
        """The row that is farthest from its nearest centre; the first of several."""
        while True:
            bounds = self._upper[self._pool]
            best = int(bounds.argmax()) if len(bounds) else -1
            if best < 0 or bounds[best] <= self._floor:
                self._fill_pool()
                continue
            row = int(self._pool[best])
            if self._seen[row] == self._count:
                return row
            bounds[self._seen[self._pool] == self._count] = -1
            top = min(_BLOCK_ROWS, len(bounds))
            self._meet(self._pool[np.argpartition(bounds, len(bounds) - top)[-top:]])

    def _fill_pool(self) -> None:
        """Makes a pool of the rows with the greatest bounds, of which at least one is above all others."""
        size = _POOL_ROWS
        while True:
            if size >= len(self._upper):
                self._pool, self._floor = np.arange(len(self._upper)), -np.inf
                break
            order = np.argpartition(self._upper, len(self._upper) - size)
            self._floor = float(self._upper[order[:-size]].max())
            self._pool = np.sort(order[-size:])
            if self._upper[self._pool].max() > self._floor:
                break
            size *= 8  # as many rows are equally far: copies of one frame
        for at in range(0, len(self._pool), _CHUNK_ROWS):
            self._meet(self._pool[at : at + _CHUNK_ROWS])

    def _meet(self, rows: IntArray) -> None:
        """Brings the bounds of some rows up to date."""
        rows = rows[(self._seen[rows] < self._count) & (self._upper[rows] >= 0)]
        if not len(rows):
            return
        missed = self._centres[self._seen[rows].min() : self._count]
        self._upper[rows] = np.minimum(self._upper[rows], _nearest_squared(self._rows[rows], missed))
        self._seen[rows] = self._count


def _nearest_squared(rows: FloatArray, centres: FloatArray) -> FloatArray:
    """(K,) squared distance of each of K rows to the nearest of the centres.

    Products tell which are the two nearest; differences how far these are, exact also if tiny.
    """
    if len(centres) <= _FEW_CENTRES:
        return np.min([_squared(rows, centre) for centre in centres], axis=0)
    lengths = np.einsum("ij,ij->i", centres, centres)
    near = np.argpartition(lengths - 2 * (rows @ centres.T), 1, axis=1)[:, :2]
    nearest = _squared(rows, centres[near[:, 0]])
    return np.asarray(np.minimum(nearest, _squared(rows, centres[near[:, 1]])))


def _squared(rows: FloatArray, centres: FloatArray) -> FloatArray:
    """(K,) squared distances of rows `(K, D)` to one centre, or each to its own."""
    apart = rows - centres
    return np.asarray(np.einsum("ij,ij->i", apart, apart), np.float32)


class _Neighbours:
    """For each of N rows the two nearest of the K centres, which are exchanged one by one.

    Attributes:
        centres: `(K, D)`.
        near: `(N, 2)` numbers of the nearest centre and of the second nearest; -1 where there is none.
        squares: `(N, 2)` squared distances to them, rising; infinite where there is none.
    """

    def __init__(self, rows: FloatArray, centres: FloatArray) -> None:
        self._rows = rows
        self.centres = centres
        self.near = np.full((len(rows), 2), -1, np.int64)
        self.squares = np.full((len(rows), 2), np.inf, np.float32)
        self._find(np.arange(len(rows)))

    def without(self, centre: int) -> FloatArray:
        """(N,) squared distances to the nearest centre but one."""
        return np.where(self.near[:, 0] == centre, self.squares[:, 1], self.squares[:, 0])

    def exchange(self, centre: int, row: int) -> None:
        """Moves a centre to where a row is."""
        lost = np.flatnonzero((self.near == centre).any(axis=1))
        self.centres[centre] = self._rows[row]
        self.squares[lost], self.near[lost] = np.inf, -1
        for at in range(0, len(self._rows), _CHUNK_ROWS):
            part = np.arange(at, min(at + _CHUNK_ROWS, len(self._rows)))
            self._insert(part, centre, _squared(self._rows[part], self.centres[centre]))
        self._find(lost)

    def _insert(self, part: IntArray, centre: int, squares: FloatArray) -> None:
        first = squares < self.squares[part, 0]
        second = ~first & (squares < self.squares[part, 1])
        moved = part[first]
        self.squares[moved, 1], self.near[moved, 1] = self.squares[moved, 0], self.near[moved, 0]
        self.squares[moved, 0], self.near[moved, 0] = squares[first], centre
        self.squares[part[second], 1], self.near[part[second], 1] = squares[second], centre

    def _find(self, which: IntArray) -> None:
        lengths = np.einsum("ij,ij->i", self.centres, self.centres)
        count = min(2, len(self.centres))
        for at in range(0, len(which), _CHUNK_ROWS):
            part = which[at : at + _CHUNK_ROWS]
            block = self._rows[part]
            near = np.argpartition(lengths - 2 * (block @ self.centres.T), count - 1, axis=1)[:, :count]
            squares = np.stack([_squared(block, self.centres[near[:, place]]) for place in range(count)], axis=1)
            order = np.argsort(squares, axis=1, kind="stable")
            self.near[part, :count] = np.take_along_axis(near, order, axis=1)
            self.squares[part, :count] = np.take_along_axis(squares, order, axis=1)


def _swapped(rows: FloatArray, chosen: IntArray, there: FloatArray) -> tuple[IntArray, float]:
    """Exchanges one of the two nearest picks for the row that is farthest from all others, while that helps.

    Local search for the greatest least distance (Resende, Marti, Gallego and Duarte, GRASP and path relinking for the
    max-min diversity problem, Computers and Operations Research 37, 2010).

    Returns:
        The picks, and the least squared distance.
    """
    chosen = chosen.copy()
    if len(chosen) + len(there) < 2:
        return chosen, np.inf
    neighbours = _Neighbours(rows, np.concatenate([rows[chosen], there]))
    for _ in range(_MOST_SWAPS * len(chosen)):
        places, least, other = _nearest_pair(neighbours, chosen)
        best, gain = None, least
        for place in {places, other} if other < len(chosen) else {places}:
            apart = neighbours.without(place)
            apart[chosen] = -1
            row = int(apart.argmax())
            if apart[row] > gain:
                best, gain = (place, row), float(apart[row])
        if best is None or gain <= least * (1 + _NO_GAIN):
            break
        neighbours.exchange(*best)
        chosen[best[0]] = best[1]
    return chosen, _nearest_pair(neighbours, chosen)[1]


def _nearest_pair(neighbours: _Neighbours, chosen: IntArray) -> tuple[int, float, int]:
    """The place of the pick that is nearest to another centre, how near, squared, and which centre that is."""
    own = np.arange(len(chosen))
    first = neighbours.near[chosen, 0] == own
    squares = np.where(first, neighbours.squares[chosen, 1], neighbours.squares[chosen, 0])
    others = np.where(first, neighbours.near[chosen, 1], neighbours.near[chosen, 0])
    place = int(squares.argmin())
    return place, float(squares[place]), int(others[place])
