"""Tables of features: what is written comes back, and nothing half-written is left."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reelsift.errors import IndexIncompleteError, OutputError
from reelsift.features.tables import (
    read_facts,
    read_rows,
    row_count,
    write_json,
    write_table,
    writing_table,
)
from reelsift.output import writing_file


@settings(max_examples=20)
@given(rows=st.integers(0, 40), width=st.integers(1, 7), files=st.integers(1, 3), seed=st.integers(0, 99))
def test_columns_come_back_as_they_were_joined(
    tmp_path_factory: pytest.TempPathFactory, rows: int, width: int, files: int, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("tables")
    rng = np.random.default_rng(seed)
    paths, tables = [], []
    for number in range(files):
        table = {
            "frame_index": rng.integers(0, 1000, rows),
            "half": rng.standard_normal((rows, width)).astype(np.float16),
            "single": rng.standard_normal((rows, width)).astype(np.float32),
            "time_seconds": rng.standard_normal(rows),
        }
        path = folder / f"{number}.parquet"
        write_table(path, {**table, "bytes": [b"x" * n for n in range(rows)]}, facts={"number": number, "what": None})
        assert read_facts(path) == {"number": number, "what": None}
        paths.append(path)
        tables.append(table)
    found = read_rows(paths, columns=[*tables[0], "bytes"] if rows else [*tables[0]])
    for name in tables[0]:
        expected = np.concatenate([table[name] for table in tables])
        assert found[name].dtype == expected.dtype and found[name].shape == expected.shape
        assert np.array_equal(found[name], expected)
    if rows:
        assert found["bytes"] == [b"x" * n for n in range(rows)] * files


def test_words_come_back(tmp_path: Path) -> None:
    write_table(tmp_path / "words.parquet", {"label": ["OK", "schön"], "n": np.arange(2)}, facts={})
    assert read_rows([tmp_path / "words.parquet"], columns=["label"])["label"].tolist() == ["OK", "schön"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    path.write_text("old")

    with pytest.raises(KeyboardInterrupt), writing_file(path) as beside:
        beside.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["table.parquet"]


def test_a_table_can_be_written_in_runs_and_is_not_there_before_its_end(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    with writing_table(path) as table:
        for start in (0, 3):
            table.add({"n": np.arange(start, start + 3), "bytes": [b"x"] * 3})
        table.add({"n": np.arange(0), "bytes": []})
        table.facts = {"runs": 3}
        assert not path.exists()
    assert read_facts(path) == {"runs": 3}
    found = read_rows([path], columns=["n", "bytes"])
    assert found["n"].tolist() == [0, 1, 2, 3, 4, 5] and found["bytes"] == [b"x"] * 6


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="could not be written"):
        write_json(tmp_path / "file" / "index.json", {})


def test_damaged_tables_are_named(tmp_path: Path) -> None:
    path = tmp_path / "part-00000.parquet"
    write_table(path, {"frame_index": np.arange(100)}, facts={"format": 1})
    assert row_count(path) == 100
    whole = path.read_bytes()
    for damaged in (b"", b"not parquet", whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(
            IndexIncompleteError,
            match=r"part-00000\.parquet: damaged; compute it again with: reelsift index SOURCE --overwrite",
        ):
            read_facts(path)
        assert row_count(path) is None
        assert read_rows([path], columns=["frame_index"], skip_damaged=True) == {}
        with pytest.raises(IndexIncompleteError) as caught:
            read_rows([path], columns=["frame_index"])
        assert "\n" not in str(caught.value) and "reelsift index SOURCE --overwrite" in str(caught.value)
