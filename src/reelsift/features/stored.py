"""Columns that stay on disk until rows of them are asked for: those of a long film would fill the memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from reelsift.features.tables import group_sizes, read_group

__all__ = ["StoredBytes", "StoredTable"]


class _Groups:
    """The runs of rows that a column was written in; the latest one read is kept.

    Raises:
        IndexIncompleteError: When made or when read, if a file is damaged.
    """

    def __init__(self, paths: Sequence[Path], column: str) -> None:
        self._column = column
        sizes = [(path, group, size) for path in paths for group, size in enumerate(group_sizes(path)) if size]
        self._places = [(path, group) for path, group, _ in sizes]
        self.starts = np.concatenate([[0], np.cumsum([size for *_, size in sizes])]).astype(np.int64)
        self._latest: tuple[int, Any] = (-1, None)

    def __len__(self) -> int:
        return int(self.starts[-1])

    def holding(self, row: int) -> int:
        """The number of the group that holds a row."""
        return int(np.searchsorted(self.starts, row, side="right")) - 1

    def read(self, group: int) -> Any:
        """The rows of a group: `(n, D)`, or a list of byte strings."""
        if self._latest[0] != group:
            path, number = self._places[group]
            self._latest = (group, read_group(path, number, columns=[self._column])[self._column])
        return self._latest[1]


class StoredBytes(Sequence[bytes]):
    """Byte strings on disk.

    Args:
        paths: Files with a column of byte strings, in order.
        column: Its name.

    Raises:
        IndexIncompleteError: When made or when read, if a file is damaged.
    """

    def __init__(self, paths: Sequence[Path], *, column: str) -> None:
        self._groups = _Groups(paths, column)

    def __len__(self) -> int:
        return len(self._groups)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # equal to lists, which have none

    @overload
    def __getitem__(self, place: int) -> bytes: ...

    @overload
    def __getitem__(self, place: slice) -> list[bytes]: ...

    def __getitem__(self, place: int | slice) -> bytes | list[bytes]:
        if isinstance(place, slice):
            return [self[row] for row in range(*place.indices(len(self)))]
        row = place + len(self) if place < 0 else place
        if not 0 <= row < len(self):
            raise IndexError(f"there are {len(self)} rows, so none at {place}")
        group = self._groups.holding(row)
        value: bytes = self._groups.read(group)[row - int(self._groups.starts[group])]
        return value


class StoredTable:
    """A table of numbers on disk, read a slice of rows at a time; `numpy.asarray` reads it whole.

    Args:
        paths: Files with a column of numbers, `(n, D)` each, in order; at least one row in all.
        column: Its name.

    Attributes:
        shape: `(N, D)`.
        dtype: Of its numbers.

    Raises:
        IndexIncompleteError: When made or when read, if a file is damaged.
    """

    ndim = 2

    def __init__(self, paths: Sequence[Path], *, column: str) -> None:
        self._groups = _Groups(paths, column)
        first = self._groups.read(0)
        self.shape = (len(self._groups), first.shape[1])
        self.dtype = first.dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        start, stop, step = rows.indices(len(self))
        pieces = list(self._pieces(start, stop))
        table = np.concatenate(pieces) if pieces else np.empty((0, self.shape[1]), self.dtype)
        return table[::step]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self[:], dtype)

    def _pieces(self, start: int, stop: int) -> Iterator[NDArray[Any]]:
        starts = self._groups.starts
        row = start
        while row < stop:
            group = self._groups.holding(row)
            last = min(stop, int(starts[group + 1]))
            yield self._groups.read(group)[row - int(starts[group]) : last - int(starts[group])]
            row = last
