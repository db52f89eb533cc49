"""The command `screentime`: its JSON, its text, and batches in which some fail."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Run

pytestmark = pytest.mark.xdist_group("cli")

KEYS = {"source", "frames", "duration_seconds", "seconds", "interval", "share", "counted_seconds", "status", "error"}


def test_the_json_has_seconds_intervals_and_shares_and_the_method(road: Path, run: Run) -> None:
    values = run("screentime", "keep", "film.mp4", "--json").values
    (row,) = values["sources"]
    assert set(row) == KEYS
    assert (row["source"], row["status"], row["error"], row["frames"]) == ("film.mp4", "measured", "", 80)
    assert sum(row["seconds"].values()) == pytest.approx(3.2)
    for name, (low, high) in row["interval"].items():
        assert 0 <= low <= row["seconds"][name] <= high <= 3.2
        assert row["share"][name] == pytest.approx(row["seconds"][name] / 3.2)
    assert values["total"] == pytest.approx(row["seconds"])
    assert set(values["total_interval"]) == set(values["total_share"]) == {"OK", "KO"}
    assert values["total_duration_seconds"] == pytest.approx(3.2) and values["confidence"] == 0.9
    assert "Saerens" in values["method"] and "bootstrap" in values["method"]


def test_the_text_says_the_same_and_names_the_method(road: Path, run: Run) -> None:
    done = run("screentime", "keep", "film.mp4", "--csv", "time.csv", "--plot", "time.png")
    assert done.status == 0 and done.err == ""
    seconds = run("screentime", "keep", "film.mp4", "--json").values["sources"][0]["seconds"]
    assert "film.mp4: 0:03, 80 frames looked at" in done.out
    for name, value in seconds.items():
        assert any(line.split()[:2] == [name, f"{value:.1f}"] for line in done.out.splitlines())
    assert "90 % interval" in done.out and "Saerens" in done.out and "written: time.csv, time.png" in done.out
    assert "together" not in done.out
    with (road / "time.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert [(row["source"], row["class"]) for row in rows] == [(s, c) for s in ("film.mp4", "total") for c in seconds]
    assert (road / "time.png").read_bytes().startswith(b"\x89PNG")


def test_a_source_that_fails_does_not_stop_the_others(road: Path, run: Run) -> None:
    (road / "text.mp4").write_text("this is no film")
    done = run("screentime", "keep", "text.mp4", "film.mp4", "nothing.mp4", "--csv", "time.csv", "--json")
    assert done.status == 3
    rows = done.values["sources"]
    assert [row["status"] for row in rows] == ["failed", "measured", "failed"]
    assert all(set(row) == KEYS for row in rows) and rows[0]["error"] and rows[0]["seconds"] == {}
    assert done.values["total"] == pytest.approx(rows[1]["seconds"])
    assert done.values["outputs"] == ["time.csv"]
    assert len(done.err.splitlines()) == 2


def test_several_films_have_a_total(road: Path, run: Run) -> None:
    (road / "more.mp4").write_bytes((road / "film.mp4").read_bytes() + b"\0")
    done = run("screentime", "keep", "film.mp4", "more.mp4")
    assert "all 2 together: 0:06, 160 frames looked at" in done.out
    values = run("screentime", "keep", "film.mp4", "more.mp4", "--json").values
    for name, seconds in values["total"].items():
        assert seconds == pytest.approx(sum(row["seconds"][name] for row in values["sources"]))


def test_damage_is_said_and_the_status_is_3(road: Path, run: Run) -> None:
    film = (road / "film.mp4").read_bytes()
    middle = film.index(b"mdat") + len(film) // 2
    (road / "damaged.mp4").write_bytes(film[:middle] + b"\0" * 4000 + film[middle + 4000 :])
    done = run("screentime", "keep", "damaged.mp4", "--json")
    (row,) = done.values["sources"]
    assert (done.status, row["status"]) == (3, "partial")
    assert row["error"] in done.problem and sum(row["seconds"].values()) > 0


def test_where_all_fail_nothing_is_written(road: Path, run: Run) -> None:
    done = run("screentime", "keep", "nothing.mp4", "--csv", "time.csv", "--plot", "time.png", "--json")
    assert done.status == 1
    assert done.values["total"] == {} and done.values["outputs"] == []
    assert not (road / "time.csv").exists() and not (road / "time.png").exists()


@pytest.mark.parametrize(
    "options, status, word",
    [
        ("--plot time.bmp", 2, "PNG, PDF or SVG"),
        ("--csv film.mp4", 1, "--overwrite"),
        ("--csv time.png --plot time.png", 1, "another name"),
        ("--plot nowhere/time.png", 1, "no folder"),
        ("--fps 0", 2, "rate"),
    ],
)
def test_what_cannot_be_written_is_refused_before_any_work(
    options: str, status: int, word: str, road: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reelsift.project.screentime.predict_source", None)
    done = run("screentime", "keep", "film.mp4", *options.split(), "--json")
    assert done.status == status and word in done.problem


def test_a_task_without_a_model_is_one_error_and_no_list_of_them(road: Path, run: Run) -> None:
    done = run("screentime", "nothing", "film.mp4", "film.mp4", "--json")
    assert done.status == 1 and "train" in done.problem and "error" in done.values


def test_existing_outputs_are_replaced_when_told_so(road: Path, run: Run) -> None:
    line = ("screentime", "keep", "film.mp4", "--csv", "time.csv", "--plot", "time.pdf")
    assert [run(*line).status, run(*line).status, run(*line, "--overwrite").status] == [0, 1, 0]
