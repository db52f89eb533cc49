"""Projects elsewhere, other current folders, films that were moved, folders of pictures, and what killed runs leave."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Run

pytestmark = pytest.mark.xdist_group("cli")


def test_a_project_works_from_another_folder(road: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Imported from above, trained from inside: the films are found from both."""
    (road / "labels.csv").write_text("source,start,end,label\nfilm.mp4,0,1,a\nfilm.mp4,1,2,b\n")
    monkeypatch.chdir(road.parent)
    assert run("labels", "import", "road/labels.csv", "--task", "ab", "--project", "road/project").status == 0
    monkeypatch.chdir(road)
    trained = run("train", "ab", "--project", "project")
    assert trained.status == 0, trained.err
    exported = run("labels", "export", "--task", "ab", "--project", "project", "-o", "again.csv")
    assert exported.status == 0
    assert "\nfilm.mp4,0.0,1.0,a" in (road / "again.csv").read_text()


def test_a_film_that_was_moved_is_known_by_its_content(road: Path, run: Run) -> None:
    (road / "films").mkdir()
    (road / "film.mp4").rename(road / "films" / "renamed.mp4")
    assert not run("status", "--json").values["sources"][0]["is_there"]
    assert run("predict", "keep", "films/renamed.mp4").status == 0
    (source,) = run("status", "--json").values["sources"]
    assert (source["source"], source["is_there"]) == ("films/renamed.mp4", True)
    assert run("index", "films/renamed.mp4", "--fps", "all", "--json").values["sources"][0]["status"] == "cached"
    assert run("train", "keep").status == 0


def test_pictures_sorted_elsewhere_are_frames_of_their_film(road: Path, run: Run) -> None:
    shutil.move(road / "training", road / "sorted")
    run("labels", "import", "sorted", "--task", "again")
    labels = run("labels", "list", "--task", "again", "--json").values["labels"]
    assert {label["source"] for label in labels} == {"film.mp4"}
    assert all(label["frame_index"] is not None for label in labels)


def test_a_folder_of_pictures_keeps_the_rate_it_was_indexed_with(road: Path, run: Run) -> None:
    count = len(list((road / "training" / "OK").iterdir()))
    assert run("index", "training/OK", "--fps", "10", "--json").values["sources"][0]["frames"] == count
    (row,) = run("predict", "keep", "training/OK", "--csv", "ok.csv", "--json").values["sources"]
    assert sum(row["seconds"].values()) == pytest.approx(count / 10)
    assert (road / "ok.csv").read_text().splitlines()[1].startswith("training/OK/film_")
    (row,) = run("predict", "keep", "training/OK", "--fps", "2", "--json").values["sources"]
    assert sum(row["seconds"].values()) == pytest.approx(count / 2)


def test_a_folder_of_pictures_is_cut_into_a_film(road: Path, run: Run) -> None:
    line = "cut training/OK --task keep --keep OK,KO --fps 10 -o ok.mp4 --frames kept"
    done = run(*line.split(), "--json")
    assert done.status == 0, done.err
    names = sorted(path.name for path in (road / "training" / "OK").iterdir())
    assert done.values["kept_frames"] == len(names)
    assert sorted(path.name for path in (road / "kept").iterdir()) == names
    found = run("probe", "ok.mp4", "--json").values["sources"][0]
    assert found["frames"] == len(names) and found["rate"] == "10"


def test_a_folder_of_several_films_is_not_cut(road: Path, run: Run) -> None:
    (road / "films").mkdir()
    for name in ("a.mp4", "b.mp4"):
        shutil.copy(road / "film.mp4", road / "films" / name)
    done = run("cut", "films", "--task", "keep", "--keep", "OK")
    assert done.status == 1 and "2 films" in done.problem


@pytest.fixture
def ended() -> int:
    """The number of a process that is no more."""
    code = "import os; print(os.getpid())"
    return int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def test_what_a_killed_run_left_beside_its_outputs_goes_when_it_runs_again(road: Path, run: Run, ended: int) -> None:
    left = [road / f".out.{ended}-0123abcd.mp4", road / f".kept.{ended}-0123abcd"]
    others = [road / f".out.{os.getpid()}-0123abcd.mp4", road / f".outer.{ended}-0123abcd.mp4", road / ".out.mp4"]
    left[1].mkdir()
    for path in (left[0], left[1] / "a.jpg", *others):
        path.write_bytes(b"half")
    line = "cut film.mp4 --task keep --keep OK -o out.mp4 --frames kept --preset ultrafast"
    assert run(*line.split()).status == 0
    assert not any(path.exists() for path in left) and all(path.exists() for path in others)


def test_what_a_killed_run_left_in_the_project_is_cleared_away(road: Path, run: Run, ended: int) -> None:
    index = road / ".reelsift" / "index"
    left, other = index / f".a.{ended}-0123abcd.parquet", index / f".a.{os.getpid()}-0123abcd.parquet"
    left.write_bytes(b"half")
    other.write_bytes(b"half")
    assert run("gc", "--dry-run", "--json").values["removed"] == [f"index/{left.name}"] and left.exists()
    assert run("gc").out == f"index/{left.name}\n1 thing removed, 4 bytes\n"
    assert not left.exists() and other.exists()


def test_nobody_reads_the_output(road: Path) -> None:
    line = [sys.executable, "-m", "reelsift", "status"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=road) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
