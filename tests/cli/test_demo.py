"""The demo, of few and small frames: what it runs, says and leaves."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reelsift.cli import demo_cut, demo_screentime

if TYPE_CHECKING:
    from conftest import Run


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_cut, "_FRAMES", 120)
    monkeypatch.setattr(demo_cut, "_WIDTH", 320)
    monkeypatch.setattr(demo_cut, "_HEIGHT", 180)
    monkeypatch.setattr(demo_screentime, "_LABELLED_SECONDS", 9.0)
    monkeypatch.setattr(demo_screentime, "_MEASURED_SECONDS", 12.0)
    monkeypatch.setattr(demo_screentime, "_WIDTH", 160)
    monkeypatch.setattr(demo_screentime, "_HEIGHT", 90)
    monkeypatch.setattr(demo_screentime, "_MODELS", ("linear",))  # the other one learns for a minute


@pytest.mark.usefixtures("small")
def test_the_cut_runs_the_road_and_leaves_something_to_look_at(empty: Path, run: Run) -> None:
    done = run("demo", "--job", "cut", "--out", "shown", "--json")
    assert done.status == 0, done.err
    assert set(done.values["jobs"]) == {"cut"}
    job = done.values["jobs"]["cut"]
    assert job["accuracy"] >= 0.95 and job["total_frames"] == 120 and 0 < job["kept_frames"] < 120
    for command in ("index", "frames", "labels import", "train", "predict", "cut"):
        assert f"$ reelsift {command}" in done.err
    assert {"printer.mp4", "printer-cut.mp4", "printer.png", "training"} <= {p.name for p in Path("shown").iterdir()}
    assert len(list(Path("shown/training").rglob("*.jpg"))) == 60

    (empty / "shown" / "mine.txt").write_text("mine")
    again = run("demo", "--out", "shown")
    assert again.status == 1 and "--overwrite" in again.problem


@pytest.mark.usefixtures("small")
def test_the_screen_time_is_measured_beside_the_truth(empty: Path, run: Run) -> None:
    done = run("demo", "--job", "screentime", "--out", "shown", "--json")
    assert done.status == 0, done.err
    job = done.values["jobs"]["screentime"]
    assert set(done.values["jobs"]) == {"screentime"} and set(job["classes"]) == {"Moggy", "Pip"}
    for row in job["classes"].values():
        assert 0 <= row["measured"] <= 12 and 0 < row["truth"] < 12
        assert row["low"] is None or row["low"] <= row["measured"] <= row["high"]
    assert 0 < job["accuracy"] <= 1 and 0 < job["training"]["linear"]["accuracy"] <= 1
    for command in ("frames", "labels import", "train", "screentime", "evaluate"):
        assert f"$ reelsift {command}" in done.err
    for line in done.values["jobs"]["screentime"]["classes"]:
        assert f"{line} is seen for" in done.err
    left = {path.name for path in Path("shown").iterdir()}
    assert {*demo_screentime.FILES, *demo_screentime.FOLDERS} <= left
    assert Path("shown/screentime.png").read_bytes().startswith(b"\x89PNG")
    assert all(there.stat().st_size for there in Path("shown").iterdir())

    (empty / "shown" / "mine.txt").write_text("mine")
    # What it labelled is what the films were drawn from: a picture with both has two lines.
    with Path("shown/cartoon.csv").open(encoding="utf-8") as table:
        rows = [(row["file"], row["label"]) for row in csv.DictReader(table)]
    pictures = {picture.name for picture in Path("shown/cartoon-frames").glob("*.jpg")}
    assert {name for name, _ in rows} == pictures and len(rows) > len(pictures) == 54
    assert {label for _, label in rows} == {"Moggy", "Pip", "neither"}
    with Path("shown/answers.csv").open(encoding="utf-8") as table:
        answers = list(csv.DictReader(table))
    for name, row in job["classes"].items():
        seconds = sum(float(each["end"]) - float(each["start"]) for each in answers if each["label"] == name)
        assert seconds == pytest.approx(row["truth"])


@pytest.mark.usefixtures("small")
def test_overwriting_clears_what_every_job_made_and_nothing_else(
    empty: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = empty / "shown"
    shown.mkdir()
    made = [name for module in (demo_cut, demo_screentime) for name in (*module.FILES, *module.FOLDERS)]
    for name in made:
        path = shown / name
        if "." in name:
            path.write_text("old")
        else:
            path.mkdir()
            (path / "old.jpg").touch()
    for name in (".reelsift-demo", "mine.txt"):
        (shown / name).write_text("mine")
    monkeypatch.setattr(demo_cut, "run", lambda show: {"accuracy": 1.0, "kept_frames": 1, "total_frames": 2})
    done = run("demo", "--job", "cut", "--out", "shown", "--overwrite")
    assert done.status == 0 and "1 of 2 frames kept" in done.out
    assert {path.name for path in shown.iterdir()} == {".reelsift-demo", "mine.txt"}


def test_a_demo_that_fails_says_where(empty: Path, run: Run) -> None:
    (empty / "file").touch()
    done = run("demo", "--out", "file/below", "--json")
    assert done.status == 1 and "file" in done.problem
    done = run("demo", "--out", "file", "--json")
    assert done.status == 1 and "file" in done.problem


def test_an_unknown_job_is_wrong_usage(empty: Path, run: Run) -> None:
    done = run("demo", "--job", "sing")
    assert done.status == 2 and "'cut', 'rate'" in done.problem
    assert not any(empty.iterdir())


def test_a_demo_never_replaces_what_no_demo_made(empty: Path, run: Run) -> None:
    """Somebody's own project lies in folders of the same names."""
    mine = empty / "own" / "training" / "OK" / "a.jpg"
    mine.parent.mkdir(parents=True)
    mine.write_text("precious")
    done = run("demo", "--out", "own", "--overwrite")
    assert done.status == 1 and "name another with --out" in done.problem
    assert mine.read_text() == "precious" and [path.name for path in (empty / "own").iterdir()] == ["training"]
