"""The row that is farthest from all picks, again and again: exact, without comparing all rows with each pick."""

from __future__ import annotations

import numpy as np

from reelsift.vectors import DoubleArray, FloatArray, IntArray, Vectors, apart_squared

__all__ = ["Farthest"]

# In the pool are this many rows at most: a share of all, so that copies of them take little memory, and no more than
# can be compared with one pick in a millisecond. As many are few enough to take them all.
_POOL_SHARE = 1 / 20
_POOL_ROWS = (1024, 4096)
_CHUNK_ROWS = (1024, 2048)  # what enters the pool at once, and what is worked on at once
_CENTRES = 1024  # met at once
_NEAR = 16  # squared distances below so many doubts are computed from differences


class Farthest:
    """Squared distances of rows to the nearest of some centres, brought up to date only where that matters.

    A distance to the nearest centre can only shrink as centres come. So what was known of a row some centres ago bounds
    it, and the farthest row is found as soon as none of the others has a greater bound (lazy evaluation: Minoux,
    Accelerated greedy algorithms for maximizing submodular set functions, 1978). Rows with the greatest bounds are in
    a pool, which meets each new centre at once; all others wait, and when one comes into the pool, it meets all centres
    that it has missed in a product of matrices, which takes a tenth of the time of as many products with vectors.

    Products in float32 are wrong in the sixth decimal. Where that could change the order (rows as far as the farthest,
    within that), and wherever distances are that small, they are computed anew from differences, in float64. So the
    picks are those of exact arithmetic; of rows equally far, the first.
    """

    def __init__(self, vectors: Vectors, there: FloatArray) -> None:
        """Starts with centres `there`, (M, D)."""
        self._vectors = vectors
        self._doubt = vectors.doubt
        if len(there):
            self._doubt = max(self._doubt, Vectors(there, "existing").doubt)
        self._upper = np.full(
            vectors.count, np.inf
        )  # within a doubt of the truth as it was `_seen` centres ago; -1: out
        self._exact = np.zeros(vectors.count, bool)
        self._seen = np.zeros(vectors.count, np.int64)
        self._centres = np.empty((16, vectors.columns), np.float32)
        self._centre_squares = np.empty(16, np.float64)
        self._count = 0
        self._copy = vectors.copies(there)  # rows that equal an earlier one: chosen last, in their order
        self._upper[self._copy] = -1
        self._size = int(np.clip(vectors.count * _POOL_SHARE, *_POOL_ROWS))
        self._pool: IntArray = np.empty(0, np.int64)
        self._block = np.empty((min(self._size, vectors.count), vectors.columns), np.float32)
        self._queue: IntArray = np.empty(0, np.int64)  # the rows with the greatest bounds that are not in the pool
        self._rest = np.inf  # no other row has a greater bound
        self._chunk = _CHUNK_ROWS[0]
        self._add(there)
        if len(there):
            self._meet_all()

    def take(self, row: int) -> None:
        """Makes a row a centre."""
        block = self._vectors.rows(np.array([row]))
        if self._copy[row]:
            self._copy[row] = False
            equal = np.flatnonzero((self._vectors.keys == self._vectors.keys[row]) & (self._upper >= 0))
            equal = equal[(self._vectors.rows(equal) == block).all(axis=1)]
            self._copy[equal], self._upper[equal] = True, -1
        self._upper[row] = -1
        self._add(block)
        if self._count == 1:
            self._meet_all()
        elif len(self._pool):
            self._meet(self._pool, self._block[: len(self._pool)])
        self._chunk = _CHUNK_ROWS[0]

    def next(self) -> int:
        """The row that is farthest from its nearest centre, of those that are none; the first of several."""
        while True:
            bounds = self._upper[self._pool]
            most = float(bounds.max(initial=-1.0))
            waiting = float(self._upper[self._queue[0]]) if len(self._queue) else self._rest
            if waiting >= 0 and most <= waiting + 2 * self._doubt:
                self._enlarge()
                continue
            if most < 0:
                return int(self._copy.argmax())
            close = self._pool[bounds >= most - 2 * self._doubt]
            unsure = close[~self._exact[close]]
            if len(close) == 1 or not len(unsure):
                return int(close[self._upper[close] == self._upper[close].max()].min())
            self._verify(unsure)

    def is_within(self, row: int, squared: float) -> bool:
        """Whether the row that `next` gave has a squared distance of at most that to its nearest centre."""
        if self._copy[row]:
            return squared >= 0
        if not self._exact[row] and abs(self._upper[row] - squared) <= 2 * self._doubt:
            self._verify(np.array([row]))
        return bool(self._upper[row] <= squared)

    def _add(self, centres: FloatArray) -> None:
        needed = self._count + len(centres)
        if needed > len(self._centres):
            room = max(needed, self._count * 3 // 2)
            self._centres = np.concatenate(
                [self._centres, np.empty((room - len(self._centres), centres.shape[1]), np.float32)]
            )
            self._centre_squares = np.concatenate([self._centre_squares, np.empty(room - len(self._centre_squares))])
        self._centres[self._count : needed] = centres
        self._centre_squares[self._count : needed] = np.einsum("ij,ij->i", centres, centres)
        self._count = needed

    def _meet_all(self) -> None:
        """Shows all rows all centres, and empties the pool."""
        for at in range(0, self._vectors.count, _CHUNK_ROWS[1]):
            part = self._vectors.part(at, at + _CHUNK_ROWS[1])
            self._meet(np.arange(at, at + len(part)), part)
        self._pool = self._queue = np.empty(0, np.int64)
        self._rest = np.inf

    def _enlarge(self) -> None:
        """Takes the waiting rows with the greatest bounds into the pool, as far as they stay above all others."""
        if not len(self._queue):
            self._choose()
            if not len(self._queue):
                return
        chunk, self._queue = self._queue[: self._chunk], self._queue[self._chunk :]
        self._chunk = min(2 * self._chunk, _CHUNK_ROWS[1])
        block = self._vectors.rows(chunk)
        # In one product with rows that missed three centres, one that missed a thousand would take all of them there.
        missed = np.frexp(self._count - self._seen[chunk])[1] // 2
        for level in np.unique(missed[self._seen[chunk] < self._count]):
            same = missed == level
            self._meet(chunk[same], block if same.all() else block[same])
        stay = self._upper[chunk] >= self._rest
        count, more = len(self._pool), int(stay.sum())
        self._block[count : count + more] = block if stay.all() else block[stay]
        self._pool = np.concatenate([self._pool, chunk[stay]])

    def _choose(self) -> None:
        """Decides anew which rows are in the pool and which may enter it: those with the greatest bounds."""
        count = self._vectors.count
        before = self._rest
        while True:
            if self._size >= count:
                top, self._rest = np.flatnonzero(self._upper >= 0), -1.0
            else:
                top = np.argpartition(self._upper, count - self._size)[-self._size :]
                self._rest = float(self._upper[top].min())
                top = top[self._upper[top] >= 0]
            inside = np.zeros(count, bool)
            inside[top] = True
            kept = inside[self._pool]
            inside[self._pool] = False
            self._queue = np.flatnonzero(inside)
            progress = self._rest < min(before, self._upper[top].max(initial=-1.0) - 2 * self._doubt)
            if len(self._queue) or progress or self._size >= count:
                break
            self._size *= 2  # as many rows are equally far
        self._queue = self._queue[np.argsort(-self._upper[self._queue], kind="stable")]
        size = min(self._size, count)
        block = self._block if size <= len(self._block) else np.empty((size, self._vectors.columns), np.float32)
        for to, at in enumerate(np.flatnonzero(kept).tolist()):
            if to != at or block is not self._block:
                block[to] = self._block[at]
        self._block, self._pool = block, self._pool[kept]

    def _meet(self, which: IntArray, block: FloatArray) -> None:
        """Brings the bounds of some rows up to date, whose values are `block`."""
        for since in range(int(self._seen[which].min()), self._count, _CENTRES):
            self._meet_some(which, block, slice(since, min(since + _CENTRES, self._count)))
        self._seen[which] = self._count

    def _meet_some(self, which: IntArray, block: FloatArray, some: slice) -> None:
        squares = self._products(which, block, some)
        least, old, exact = squares.min(axis=1), self._upper[which], self._exact[which]
        upper = np.minimum(old, np.maximum(least, 0))
        changed = (least < old + self._doubt) & (old >= 0)
        near = changed & (upper < _NEAR * self._doubt)
        # An old bound that is neither exact nor far above the new one would need the old centres, too.
        old_matters = near & ~exact & (old <= least + 2 * self._doubt)
        self._upper[which] = upper
        self._exact[which] = exact & ~changed
        if old_matters.any():
            self._verify(which[old_matters])
        now = np.flatnonzero(near & ~old_matters)
        if len(now):
            start = np.where(exact[now], old[now], np.inf)
            self._upper[which[now]] = self._nearest(block[now], squares[now], some, start, upper[now])
            self._exact[which[now]] = True

    def _products(self, which: IntArray, block: FloatArray, some: slice) -> FloatArray:
        """(K, M) squared distances to some centres, each within a doubt."""
        centres = self._centres[some]
        squares = np.einsum("ij,j->i", block, centres[0])[:, None] if len(centres) == 1 else block @ centres.T
        squares *= -2
        squares += self._centre_squares[some].astype(np.float32)
        squares += self._vectors.squares[which, None].astype(np.float32)
        return squares

    def _nearest(
        self, block: FloatArray, squares: FloatArray, some: slice, start: DoubleArray, upper: DoubleArray
    ) -> DoubleArray:
        """(K,) exact squared distances to the nearest of some centres, or `start` where that is less.

        Only of those that products with a doubt (`squares`) leave in question, given that the truth is near `upper`.
        """
        rows, centres = np.nonzero(squares <= (upper + 2 * self._doubt)[:, None])
        for at in range(0, len(rows), _CHUNK_ROWS[1]):
            one, other = rows[at : at + _CHUNK_ROWS[1]], centres[at : at + _CHUNK_ROWS[1]] + some.start
            np.minimum.at(start, one, apart_squared(block[one], self._centres[other]))
        return start

    def _verify(self, which: IntArray) -> None:
        """Makes the bounds of some rows exact, which have met all centres."""
        for at in range(0, len(which), _CHUNK_ROWS[1]):
            part = which[at : at + _CHUNK_ROWS[1]]
            block, result = self._vectors.rows(part), np.full(len(part), np.inf)
            for since in range(0, self._count, _CENTRES):
                some = slice(since, min(since + _CENTRES, self._count))
                squares = self._products(part, block, some)
                result = self._nearest(block, squares, some, result, np.minimum(self._upper[part], result))
            self._upper[part], self._exact[part] = result, True
