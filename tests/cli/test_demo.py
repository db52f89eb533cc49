"""The demo, of few and small frames: what it runs, says and leaves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reelsift.cli import demo_command

if TYPE_CHECKING:
    from conftest import Run


def test_the_demo_runs_the_road_and_leaves_something_to_look_at(
    empty: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_command, "_FRAMES", 120)
    monkeypatch.setattr(demo_command, "_WIDTH", 320)
    monkeypatch.setattr(demo_command, "_HEIGHT", 180)
    done = run("demo", "--out", "shown", "--json")
    assert done.status == 0, done.err
    job = done.values["jobs"]["cut"]
    assert job["accuracy"] >= 0.95 and job["total_frames"] == 120 and 0 < job["kept_frames"] < 120
    for command in ("index", "frames", "labels import", "train", "predict", "cut"):
        assert f"$ reelsift {command}" in done.err
    assert {"printer.mp4", "printer-cut.mp4", "printer.png", "training"} <= {p.name for p in Path("shown").iterdir()}
    assert len(list(Path("shown/training").rglob("*.jpg"))) == 60

    (empty / "shown" / "mine.txt").write_text("mine")
    again = run("demo", "--out", "shown")
    assert again.status == 1 and "--overwrite" in again.problem


def test_a_demo_that_fails_says_where(empty: Path, run: Run) -> None:
    (empty / "file").touch()
    done = run("demo", "--out", "file/below", "--json")
    assert done.status == 1 and "file" in done.problem
    done = run("demo", "--out", "file", "--json")
    assert done.status == 1 and "file" in done.problem


def test_a_demo_never_replaces_what_no_demo_made(empty: Path, run: Run) -> None:
    """Somebody's own project lies in folders of the same names."""
    mine = empty / "own" / "training" / "OK" / "a.jpg"
    mine.parent.mkdir(parents=True)
    mine.write_text("precious")
    done = run("demo", "--out", "own", "--overwrite")
    assert done.status == 1 and "name another with --out" in done.problem
    assert mine.read_text() == "precious" and [path.name for path in (empty / "own").iterdir()] == ["training"]
