"""The table of clips: what is written is read, and it is found from where people move clips to."""

from __future__ import annotations

from pathlib import Path

import pytest

from reelsift.errors import LabelError, SourceNotFoundError
from reelsift.labels import ClipEntry, find_clip_tables, is_clip_table, read_clips, write_clips

ENTRIES = (
    ClipEntry("film_0001.mp4", "../a, b.mp4", "f1", 0, 75, 0.0, 3.0, "c1"),
    ClipEntry("film_0002.mp4", "../a, b.mp4", "", 75, 150, 1 / 3, 2 / 3, "c2"),
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_clips(tmp_path / "clips.csv", ENTRIES)
    assert (tmp_path / "clips.csv").read_text().splitlines()[0] == (
        "file,source,source_id,first_frame,end_frame,start_seconds,end_seconds,clip_id"
    )
    assert read_clips(tmp_path / "clips.csv") == ENTRIES
    assert [entry.name for entry in tmp_path.iterdir()] == ["clips.csv"]


@pytest.mark.parametrize(
    ("table", "clip", "is_found"),
    [
        ("clips", "clips/film_0001.mp4", True),
        ("clips", "clips/train/football/film_0001.mp4", True),
        ("clips", "clips/a/b/c/film_0001.mp4", True),
        ("clips", "clips/a/b/c/d/film_0001.mp4", False),
        ("clips", "sport/train/football/film_0001.mp4", True),
        ("clips", "football/film_0001.mp4", True),
        ("clips/deep", "sport/train/football/film_0001.mp4", False),
    ],
)
def test_it_is_found_above_and_beside(tmp_path: Path, table: str, clip: str, is_found: bool) -> None:
    base = tmp_path / "a" / "b" / "c"
    (base / table).mkdir(parents=True)
    (base / clip).parent.mkdir(parents=True, exist_ok=True)
    write_clips(base / table / "clips.csv", ENTRIES)
    assert list(find_clip_tables(base / clip)) == [base / table / "clips.csv"] * is_found


def test_the_nearest_comes_first_and_those_of_others_are_passed_over(tmp_path: Path) -> None:
    for folder in ("", "train", "beside"):
        (tmp_path / folder).mkdir(exist_ok=True)
        write_clips(tmp_path / folder / "clips.csv", ENTRIES)
    (tmp_path / "train" / "A").mkdir()
    (tmp_path / "train" / "A" / "clips.csv").write_text("package,version\n")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "clips.csv").write_bytes(b"\xff\xfe")
    found = list(find_clip_tables(tmp_path / "train" / "A" / "film_0001.mp4"))
    assert found[:3] == [tmp_path / "train" / "clips.csv", tmp_path / "clips.csv", tmp_path / "beside" / "clips.csv"]
    assert is_clip_table(tmp_path / "clips.csv") and not is_clip_table(tmp_path / "other" / "clips.csv")


def test_what_is_no_table_of_clips_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clips.csv"
    with pytest.raises(SourceNotFoundError):
        read_clips(path)
    path.write_text("package,version\n")
    with pytest.raises(LabelError, match="not a table of clips"):
        read_clips(path)
    write_clips(path, ENTRIES)
    path.write_text(path.read_text().replace(",75,150,", ",75,many,"))
    with pytest.raises(LabelError, match="line 3"):
        read_clips(path)
