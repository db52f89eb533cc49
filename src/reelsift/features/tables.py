"""Parquet files of feature rows, written whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from reelsift.errors import IndexIncompleteError, OutputError

__all__ = ["VALUES", "read_facts", "read_rows", "values_of", "write_json", "write_table", "write_whole"]

VALUES = "values"
_FACTS = b"reelsift"

Rows = NDArray[Any] | Sequence[bytes]


def write_table(path: Path, columns: Mapping[str, Any], *, facts: Mapping[str, Any]) -> None:
    """Writes columns of equal length; a matrix `(N, D)` becomes a column of fixed-size lists.

    Args:
        path: Where to; the folder is made when missing.
        columns: Arrays `(N,)` or `(N, D)`, or sequences of bytes.
        facts: What is known of the table beside its rows, kept in the file's metadata as JSON.

    Raises:
        OutputError: If it cannot be written.
    """
    table = pa.table({name: _column(values) for name, values in columns.items()})
    table = table.replace_schema_metadata({_FACTS: json.dumps(dict(facts)).encode()})

    def write(beside: Path) -> None:
        # Features are noise to a compressor: not worth its time. Dictionaries neither.
        pq.write_table(table, beside, compression="NONE", use_dictionary=False, write_statistics=False)

    write_whole(path, write)


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Writes `values` as JSON, whole or not at all; raises `OutputError` if that fails."""
    text = json.dumps(values, indent=1, sort_keys=True)
    write_whole(path, lambda beside: beside.write_text(text + "\n", encoding="utf-8"))


def write_whole(path: Path, write: Any) -> None:
    """Calls `write` with a path beside `path`, then renames; nothing half-written is ever left under `path`.

    Raises:
        OutputError: If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        os.close(handle)
        beside = Path(name)
        try:
            write(beside)
            beside.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from None


def read_facts(path: Path) -> dict[str, Any]:
    """What `write_table` was told beside the rows.

    Raises:
        IndexIncompleteError: If the file is damaged.
    """
    try:
        metadata = pq.read_schema(path).metadata or {}
        facts: dict[str, Any] = json.loads(metadata[_FACTS])
        return facts
    except (OSError, pa.ArrowException, KeyError, ValueError):
        raise IndexIncompleteError(f"{path}: damaged; delete it and run reelsift index again") from None


def read_rows(paths: Sequence[Path], *, columns: Sequence[str]) -> dict[str, Any]:
    """Columns of several files of one kind, joined in the order given.

    Returns:
        Arrays `(N,)`, `(N, D)` for lists, and lists of bytes.
    """
    try:
        tables = [pq.read_table(path, columns=list(columns), use_threads=False) for path in paths]
    except (OSError, pa.ArrowException) as error:
        raise IndexIncompleteError(f"stored features are damaged ({error}); run reelsift index again") from None
    return {name: values_of([table.column(name) for table in tables]) for name in columns}


def values_of(columns: Sequence[pa.ChunkedArray]) -> Any:
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


def _column(values: Any) -> pa.Array:
    if isinstance(values, np.ndarray) and values.ndim == 2:
        flat = pa.array(np.ascontiguousarray(values).reshape(-1))
        return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])
    return pa.array(values)
