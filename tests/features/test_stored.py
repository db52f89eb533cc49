"""Columns on disk: rows come as they were written, a slice at a time, and damage is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reelsift.errors import IndexIncompleteError
from reelsift.features.stored import StoredBytes, StoredTable
from reelsift.features.tables import VALUES, write_table, writing_table


def test_bytes_stay_on_disk_until_they_are_asked_for(tmp_path: Path) -> None:
    rows = [[b"a", b"bb"], [b"ccc"], [b"d", b"", b"f"]]
    with writing_table(tmp_path / "one.parquet") as table:
        table.add({VALUES: rows[0]})
        table.add({VALUES: rows[1]})
    write_table(tmp_path / "two.parquet", {VALUES: rows[2]}, facts={})
    stored = StoredBytes([tmp_path / "one.parquet", tmp_path / "two.parquet"], column=VALUES)
    everything = [value for run in rows for value in run]
    assert len(stored) == 6 and list(stored) == everything
    assert stored[-1] == b"f" and stored[1:4] == everything[1:4] and stored[4] == b""
    with pytest.raises(IndexError, match="6 rows"):
        stored[6]
    assert stored == everything and stored[0] == b"a"
    (tmp_path / "two.parquet").write_bytes(b"no table")
    with pytest.raises(IndexIncompleteError, match=r"two\.parquet: damaged"):
        stored[5]


@settings(max_examples=30, deadline=None)
@given(
    sizes=st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=3), min_size=1, max_size=3),
    slices=st.lists(st.tuples(st.integers(-20, 20), st.integers(-20, 20), st.integers(1, 3)), max_size=6),
)
def test_slices_of_a_table_on_disk_are_those_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[list[int]], slices: list[tuple[int, int, int]]
) -> None:
    folder, paths, runs = tmp_path_factory.mktemp("stored"), [], []
    rng = np.random.default_rng(0)
    for number, groups in enumerate([[1], *sizes]):
        paths.append(folder / f"{number}.parquet")
        with writing_table(paths[-1]) as table:
            for rows in groups:
                runs.append(rng.standard_normal((rows, 3)).astype(np.float16))
                table.add({VALUES: runs[-1]})
    whole = np.concatenate(runs)
    stored = StoredTable(paths, column=VALUES)
    assert stored.shape == whole.shape and stored.dtype == whole.dtype and len(stored) == len(whole)
    assert np.array_equal(np.asarray(stored), whole)
    for start, stop, step in slices:
        assert np.array_equal(stored[start:stop:step], whole[start:stop:step])


def test_a_damaged_file_is_told_when_its_rows_are_asked_for(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_table(tmp_path / f"{name}.parquet", {VALUES: np.ones((2, 4), np.float32)}, facts={})
    stored = StoredTable([tmp_path / "one.parquet", tmp_path / "two.parquet"], column=VALUES)
    (tmp_path / "two.parquet").write_bytes(b"no table")
    assert stored[:2].shape == (2, 4)
    with pytest.raises(IndexIncompleteError, match=r"two\.parquet: damaged"):
        stored[1:3]
