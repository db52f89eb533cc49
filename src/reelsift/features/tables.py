"""Parquet files of feature rows, written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from reelsift.errors import IndexIncompleteError
from reelsift.output import writing_file

__all__ = [
    "COMPUTE_AGAIN",
    "VALUES",
    "TableWriter",
    "group_sizes",
    "is_bytes",
    "read_facts",
    "read_group",
    "read_rows",
    "read_runs",
    "row_count",
    "write_json",
    "write_table",
    "writing_table",
]

VALUES = "values"
COMPUTE_AGAIN = "compute it again with: reelsift index SOURCE --overwrite"
_FACTS = b"reelsift"


def write_table(path: Path, columns: Mapping[str, Any], *, facts: Mapping[str, Any]) -> None:
    """Writes columns of equal length at once; see `writing_table`."""
    with writing_table(path) as table:
        table.add(columns)
        table.facts = facts


class TableWriter:
    """A table that is being written, a run of rows at a time, so that memory does not grow with its length.

    Attributes:
        facts: What is known of the table beside its rows; kept in the file's metadata as JSON when it is closed.
    """

    def __init__(self, path: Path) -> None:
        self.facts: Mapping[str, Any] = {}
        self._path = path
        self._writer: pq.ParquetWriter | None = None

    def add(self, columns: Mapping[str, Any]) -> None:
        """Appends rows.

        Args:
            columns: Arrays `(N,)`; matrices `(N, D)`, which become columns of fixed-size lists; sequences of bytes or
                text. Names and kinds are those of the first rows.
        """
        table = pa.table({name: _column(values) for name, values in columns.items()})
        if self._writer is None:
            # Features are noise to a compressor: not worth its time. Dictionaries neither.
            self._writer = pq.ParquetWriter(
                self._path, table.schema, compression="NONE", use_dictionary=False, write_statistics=False
            )
        self._writer.write_table(table)

    def close(self) -> None:
        """Completes the file."""
        if self._writer is not None:
            self._writer.add_key_value_metadata({_FACTS.decode(): json.dumps(dict(self.facts))})
            self._writer.close()


@contextmanager
def writing_table(path: Path) -> Iterator[TableWriter]:
    """A table that is there whole, under its name, when the block ends well, and not at all when it does not.

    Raises:
        OutputError: If it cannot be written.
    """
    with writing_file(path, make_folder=True) as beside:
        table = TableWriter(beside)
        try:
            yield table
        finally:
            table.close()


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Writes `values` as JSON, whole or not at all; raises `OutputError` if that fails."""
    with writing_file(path, make_folder=True) as beside:
        beside.write_text(json.dumps(values, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def read_facts(path: Path) -> dict[str, Any]:
    """What `write_table` was told beside the rows.

    Raises:
        IndexIncompleteError: If the file is damaged.
    """
    try:
        metadata = pq.read_metadata(path).metadata or {}
        facts: dict[str, Any] = json.loads(metadata[_FACTS])
        return facts
    except (OSError, pa.ArrowException, KeyError, ValueError):
        raise IndexIncompleteError(f"{path}: damaged; {COMPUTE_AGAIN}") from None


def row_count(path: Path) -> int | None:
    """How many rows a file says it has; `None` if it is not there, or its end, where that is written, is damaged."""
    try:
        metadata = pq.read_metadata(path)
        return int(metadata.num_rows) if _FACTS in (metadata.metadata or {}) else None
    except (OSError, pa.ArrowException):
        return None


def read_rows(paths: Sequence[Path], *, columns: Sequence[str], skip_damaged: bool = False) -> dict[str, Any]:
    """Columns of several files of one kind, joined in the order given.

    Args:
        skip_damaged: Files that cannot be read are passed over.

    Returns:
        Arrays `(N,)`, `(N, D)` for lists, and lists of bytes; nothing if there is no file to read.

    Raises:
        IndexIncompleteError: If a file is damaged.
    """
    tables: list[pa.Table] = []
    for path in paths:
        try:
            tables.append(pq.read_table(path, columns=list(columns), use_threads=False))
        except (OSError, pa.ArrowException) as error:
            if not skip_damaged:
                raise _damaged(path, error) from None
    if not tables:
        return {}
    return {name: _values_of([table.column(name) for table in tables]) for name in columns}


def read_group(path: Path, group: int, *, columns: Sequence[str]) -> dict[str, Any]:
    """As `read_rows`, of one of the runs of rows that a file was written in.

    Raises:
        IndexIncompleteError: If the file is damaged.
    """
    try:
        with pq.ParquetFile(path) as file:
            table = file.read_row_group(group, columns=list(columns), use_threads=False)
    except (OSError, pa.ArrowException) as error:
        raise _damaged(path, error) from None
    return {name: _values_of([table.column(name)]) for name in columns}


def group_sizes(path: Path) -> list[int]:
    """How many rows each of the runs has that a file was written in.

    Raises:
        IndexIncompleteError: If the file is damaged.
    """
    try:
        metadata = pq.read_metadata(path)
    except (OSError, pa.ArrowException) as error:
        raise _damaged(path, error) from None
    return [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]


def read_runs(paths: Sequence[Path], *, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """As `read_rows`, some rows at a time: as many as were written at once.

    Raises:
        IndexIncompleteError: If a file is damaged.
    """
    for path in paths:
        for group in range(len(group_sizes(path))):
            yield read_group(path, group, columns=columns)


def is_bytes(path: Path, *, column: str) -> bool:
    """Whether a column of a file holds byte strings.

    Raises:
        IndexIncompleteError: If the file is damaged.
    """
    try:
        return bool(pa.types.is_binary(pq.read_schema(path).field(column).type))
    except (OSError, pa.ArrowException, KeyError) as error:
        raise _damaged(path, error) from None


def _values_of(columns: Sequence[pa.ChunkedArray]) -> Any:
    """One array from the chunks of several columns; see `read_rows`."""
    chunks = [chunk for column in columns for chunk in column.chunks if len(chunk)]
    kind = columns[0].type
    if pa.types.is_binary(kind):
        return [value for chunk in chunks for value in chunk.to_pylist()]
    if pa.types.is_string(kind):
        return np.array([value for chunk in chunks for value in chunk.to_pylist()], dtype=np.str_)
    if pa.types.is_fixed_size_list(kind):
        width = kind.list_size
        parts = [chunk.flatten().to_numpy(zero_copy_only=False).reshape(-1, width) for chunk in chunks]
        return np.concatenate(parts) if parts else np.empty((0, width), kind.value_type.to_pandas_dtype())
    parts = [chunk.to_numpy(zero_copy_only=False) for chunk in chunks]
    return np.concatenate(parts) if parts else np.empty(0, kind.to_pandas_dtype())


def _damaged(path: Path, error: Exception) -> IndexIncompleteError:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return IndexIncompleteError(f"{path}: damaged ({reason}); {COMPUTE_AGAIN}")


def _column(values: Any) -> pa.Array:
    if isinstance(values, np.ndarray) and values.ndim == 2:
        flat = pa.array(np.ascontiguousarray(values).reshape(-1))
        return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])
    if isinstance(values, np.ndarray) or (values and isinstance(values[0], str)):
        return pa.array(values)
    return pa.array(values, pa.binary())
