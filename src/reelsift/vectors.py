"""Rows of numbers as they come, checked once and read as float32 a few at a time; distances that are exact."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reelsift.errors import SpecError

__all__ = ["Vectors", "apart_squared"]

FloatArray = NDArray[np.float32]
DoubleArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_CHECKED_ROWS = 256  # of 1,280 values: what the processor keeps near
_PAIR_VALUES = 1 << 20


class Vectors:
    """A matrix `(N, D)` of float16, float32 or float64, which is never copied as a whole.

    Attributes:
        count: N.
        columns: D.
        squares: (N,) float64, the squared length of each row.
        keys: (N,) uint64: rows with equal values have equal keys.
        doubt: Squared distances that come of a product of matrices in float32 are nearer than this to the truth.
    """

    def __init__(self, values: ArrayLike, name: str) -> None:
        """Checks all values.

        Raises:
            SpecError: If this is no matrix of finite floats.
        """
        matrix = np.asarray(values)
        if matrix.ndim != 2 or not matrix.shape[1] or not np.issubdtype(matrix.dtype, np.floating):
            raise SpecError(
                f"{name} are an array (N, D) of float numbers with at least one column, "
                f"not {matrix.shape} {matrix.dtype}"
            )
        self._matrix: NDArray[Any] = matrix
        self.count, self.columns = matrix.shape
        self.squares = np.empty(self.count, np.float64)
        self.keys = np.empty(self.count, np.uint64)
        weights = self._weights()
        for at in range(0, self.count, _CHECKED_ROWS):
            part = self.part(at, at + _CHECKED_ROWS)
            with np.errstate(over="ignore", invalid="ignore"):
                self.squares[at : at + _CHECKED_ROWS] = np.einsum("ij,ij->i", part, part)
            self.keys[at : at + _CHECKED_ROWS] = _keys(part, weights)
        if not np.isfinite(self.squares).all():
            raise SpecError(f"{name} hold values that are not finite, or too large to be squared")
        # Each of D steps of a sum rounds by 2^-25 of it, up or down: the square root of D of that, and much to spare.
        self.doubt = float(self.squares.max(initial=0.0)) * 2.0**-24 * (2 * self.columns**0.5 + 8)

    def rows(self, which: IntArray) -> FloatArray:
        """`(K, D)` float32, a copy."""
        return np.asarray(np.take(self._matrix, which, axis=0), np.float32)

    def part(self, start: int, stop: int) -> FloatArray:
        """Rows `[start, stop)` as float32, without a copy where they are that."""
        return np.ascontiguousarray(self._matrix[start:stop], np.float32)

    def copies(self, of: NDArray[np.float32]) -> NDArray[np.bool_]:
        """(N,) whether a row equals an earlier one, or one of `of` `(M, D)`."""
        keys = np.concatenate([_keys(of, self._weights()), self.keys])
        order = np.argsort(keys, kind="stable")
        firsts = np.concatenate([[True], keys[order][1:] != keys[order][:-1]])
        first = order[np.maximum.accumulate(np.where(firsts, np.arange(len(order)), 0))]
        result = np.zeros(self.count, bool)
        rest = np.flatnonzero(~firsts & (order >= len(of)))
        for at in range(0, len(rest), _CHECKED_ROWS):
            one, other = order[rest[at : at + _CHECKED_ROWS]], first[rest[at : at + _CHECKED_ROWS]]
            earlier = self.rows(np.maximum(other - len(of), 0))
            earlier[other < len(of)] = of[other[other < len(of)]]
            result[one - len(of)] = (self.rows(one - len(of)) == earlier).all(axis=1)
        return result

    def _weights(self) -> NDArray[np.uint64]:
        """Odd numbers, one for every two columns."""
        weights = np.random.default_rng(0).integers(0, 2**63, (self.columns + 1) // 2, np.uint64)
        return np.asarray(weights * np.uint64(2) + np.uint64(1), np.uint64)


def _keys(rows: FloatArray, weights: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """(K,) a number for each row: its bits times odd numbers, summed. Adding 0 makes zeros of both signs one."""
    even = np.zeros((len(rows), 2 * len(weights)), np.float32)
    np.add(rows, np.float32(0), out=even[:, : rows.shape[1]])
    keys: NDArray[np.uint64] = np.einsum("ij,j->i", even.view(np.uint64), weights)
    return keys


def apart_squared(rows: FloatArray, others: FloatArray) -> DoubleArray:
    """(K,) squared distances of rows `(K, D)` to as many others, or to one, as float64 has them: exact however near."""
    result = np.empty(len(rows), np.float64)
    step = max(1, _PAIR_VALUES // rows.shape[1])
    for at in range(0, len(rows), step):
        apart = rows[at : at + step].astype(np.float64)
        apart -= others if others.ndim == 1 else others[at : at + step]
        result[at : at + step] = np.einsum("ij,ij->i", apart, apart)
    return result
