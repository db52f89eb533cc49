from __future__ import annotations

from pathlib import Path

import pytest

from reelsift.errors import LabelError, OutputError
from reelsift.labels import ManifestEntry, entries_by_name, find_manifest, read_manifest, write_manifest

ENTRIES = (
    ManifestEntry("film_000001.jpg", "films/a, b.mp4", "f1", 1, 0.1, 0.2),
    ManifestEntry("film_000007.jpg", "films/a, b.mp4", "f1", 7, 1 / 3, 2 / 3),
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_manifest(tmp_path / "manifest.csv", ENTRIES)
    assert (tmp_path / "manifest.csv").read_text().splitlines()[0] == (
        "file,source,source_id,frame_index,time_seconds,end_seconds"
    )
    assert read_manifest(tmp_path / "manifest.csv") == ENTRIES
    assert [entry.name for entry in tmp_path.iterdir()] == ["manifest.csv"]


@pytest.mark.parametrize(("depth", "is_found"), [(0, True), (3, True), (4, False)])
def test_it_is_found_from_folders_below(tmp_path: Path, depth: int, is_found: bool) -> None:
    write_manifest(tmp_path / "manifest.csv", ENTRIES)
    picture = tmp_path.joinpath(*"abcd"[:depth], "film_000001.jpg")
    assert find_manifest(picture) == (tmp_path / "manifest.csv" if is_found else None)


def test_a_manifest_of_something_else_is_passed_over(tmp_path: Path) -> None:
    write_manifest(tmp_path / "manifest.csv", ENTRIES)
    (tmp_path / "OK").mkdir()
    (tmp_path / "OK" / "manifest.csv").write_text("package,version\n")
    assert find_manifest(tmp_path / "OK" / "1.jpg") == tmp_path / "manifest.csv"
    with pytest.raises(LabelError, match="not a manifest"):
        read_manifest(tmp_path / "OK" / "manifest.csv")


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "manifest.csv"
    write_manifest(path, ENTRIES)
    path.write_text(path.read_text().replace(",7,", ",seven,"))
    with pytest.raises(LabelError, match="line 3"):
        read_manifest(path)


def test_names_that_two_pictures_have_tell_nothing() -> None:
    twice = [ManifestEntry(f"{folder}/same.jpg", "f", "f1", i, 0.0, 1.0) for i, folder in enumerate("ab")]
    assert entries_by_name([*twice, ENTRIES[0]]) == {"film_000001.jpg": ENTRIES[0]}


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="could not be written"):
        write_manifest(tmp_path / "file" / "manifest.csv", ENTRIES)
