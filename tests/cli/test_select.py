"""The command `select`: what is chosen, what is written, what it tells, and batches in which some fail."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from reelsift.cli import demo_select
from reelsift.demo import CartoonFilm, write_film
from reelsift.media.reader import open_film
from reelsift.media.render import Renderer

if TYPE_CHECKING:
    from conftest import Run

pytestmark = pytest.mark.xdist_group("select")

FILM = CartoonFilm(0, seconds=16, width=320, height=180, fps=10)
FILES = {"selection.csv", "coco.json", "sheet.jpg", "map.png", "statistics.json"}


@pytest.fixture(scope="module")
def films_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an episode that is black at its end, a still film, and a project that has indexed both."""
    folder = tmp_path_factory.mktemp("select") / "films"
    folder.mkdir()
    pictures = list(FILM.draw())
    write_film(folder / "a.mp4", [*pictures, *[np.zeros_like(pictures[0])] * 20], fps=10)
    write_film(folder / "still.mp4", [pictures[60]] * 20, fps=10)
    return folder


@pytest.fixture
def films(films_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it for one test, which runs beside it."""
    shutil.copytree(films_once, tmp_path / "films")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def least(statistics: dict[str, dict[str, float]], name: str) -> float:
    return statistics[name]["min"]


def test_the_chosen_differ_more_than_others_and_are_written_as_they_are(films: Path, run: Run) -> None:
    done = run("select", "films/a.mp4", "-n", "8", "-o", "out", "--compare", "--json")
    assert done.status == 0, done.err
    values = done.values
    assert len(values["selected"]) == 8 and set(values["statistics"]) == {"original", "uniform", "random", "coreset"}
    for figures in values["statistics"].values():
        assert set(figures) >= {"n", "mean", "min", "max", "p10", "p90"}
        assert figures["min"] <= figures["p10"] <= figures["mean"] <= figures["max"]
    assert least(values["statistics"], "coreset") > 1.2 * least(values["statistics"], "uniform")
    assert least(values["statistics"], "coreset") > 1.2 * least(values["statistics"], "random")
    assert {row["source"] for row in values["selected"]} == {"films/a.mp4"}
    # The last two seconds are black, and never come in.
    assert values["left_out"]["black"] == 10 and all(row["time_seconds"] < 16 for row in values["selected"])
    renderer = Renderer()
    with open_film(Path("films/a.mp4")) as reader:
        frames = {frame.frame_index: renderer.rgb(frame) for frame in reader.frames()}
    for row in values["selected"]:
        written = cv2.imread(row["file"])[..., ::-1]
        assert np.array_equal(written, frames[row["frame_index"]])
        assert row["time_seconds"] == pytest.approx(row["frame_index"] / 10)
    storage = values["storage"]
    assert storage["video_bytes"] == Path("films/a.mp4").stat().st_size
    assert storage["all_frames_png_bytes"] > storage["all_frames_jpg_bytes"] > 0
    assert storage["selected_bytes"] == sum(Path(row["file"]).stat().st_size for row in values["selected"])


def test_what_lies_beside_the_pictures(films: Path, run: Run) -> None:
    done = run("select", "films", "-n", "6", "-o", "out", "--format", "jpg")
    assert done.status == 0 and done.err == "", done.err
    assert "6 frames of" in done.out and "left out:" in done.out and "near copy" in done.out
    names = {path.name for path in Path("out").iterdir()}
    assert names > FILES and len([name for name in names - FILES if name.endswith(".jpg")]) == 6
    with Path("out/selection.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    assert len(rows) == 6 and all(Path("out", row["file"]).exists() for row in rows)
    coco = json.loads(Path("out/coco.json").read_text(encoding="utf-8"))
    assert {image["file_name"] for image in coco["images"]} == {row["file"] for row in rows}
    assert all((image["width"], image["height"]) == (320, 180) for image in coco["images"])
    figures = json.loads(Path("out/statistics.json").read_text(encoding="utf-8"))
    assert figures["statistics"]["coreset"]["n"] == 6
    refused = run("select", "films", "-n", "6", "-o", "out")
    assert refused.status == 1 and "--overwrite" in refused.problem


def test_of_a_still_film_few_frames_are_chosen(films: Path, run: Run) -> None:
    done = run("select", "films/still.mp4", "-n", "5", "-o", "out", "--json")
    assert done.status == 0, done.err
    chosen, left_out = len(done.values["selected"]), done.values["left_out"]
    assert chosen <= 3 and chosen + left_out["near copy"] == done.values["frames"] == 10
    assert done.values["notes"] == [f"{chosen} of the 5 frames asked for can be chosen"]


def test_new_frames_differ_from_those_that_exist(films: Path, run: Run) -> None:
    run("select", "films/a.mp4", "-n", "5", "-o", "first")
    again = run("select", "films/a.mp4", "-n", "5", "-o", "second", "--existing", "first", "--json").values
    with Path("first/selection.csv").open(encoding="utf-8", newline="") as table:
        known = {int(row["frame_index"]) for row in csv.DictReader(table)}
    assert not known & {row["frame_index"] for row in again["selected"]}
    listed = run("select", "films/a.mp4", "-n", "5", "-o", "third", "--existing", "first/selection.csv", "--json")
    assert [row["frame_index"] for row in listed.values["selected"]] == [
        row["frame_index"] for row in again["selected"]
    ]


@pytest.mark.parametrize("method", ["uniform", "random", "typical", "outliers"])
def test_other_methods(films: Path, run: Run, method: str) -> None:
    done = run("select", "films/a.mp4", "-n", "7", "-o", "out", "--method", method, "--json")
    assert done.status == 0, done.err
    assert 5 <= len(done.values["selected"]) <= 7 and method in done.values["statistics"]


def test_a_distance_instead_of_a_number(films: Path, run: Run) -> None:
    few = run("select", "films/a.mp4", "--min-distance", "0.8", "-o", "few", "--json").values
    many = run("select", "films/a.mp4", "--min-distance", "0.5", "-o", "many", "--json").values
    assert 1 <= len(few["selected"]) < len(many["selected"])
    assert many["statistics"]["coreset"]["min"] > 0.5


def test_whole_stretches(films: Path, run: Run) -> None:
    done = run("select", "films/a.mp4", "-n", "3", "--sequences", "2", "-o", "out", "--json")
    assert done.status == 0, done.err
    rows = done.values["selected"]
    assert {row["stretch"] for row in rows} == {0, 1, 2}
    for stretch in range(3):
        times = [row["time_seconds"] for row in rows if row["stretch"] == stretch]
        assert len(times) == 10 and np.diff(times) == pytest.approx(0.2) and times[-1] - times[0] < 2


def test_frames_are_rejected_and_balanced_by_tasks(films: Path, run: Run) -> None:
    every = run("select", "films/a.mp4", "-n", "6", "-o", "every", "--reject", "exposure.under <= 1", "--json")
    assert every.status == 1 and "nothing is left to choose from" in every.problem
    some = run("select", "films/a.mp4", "-n", "6", "-o", "some", "--reject", "exposure.under > 0.5", "--json")
    assert some.status == 0 and len(some.values["selected"]) == 6
    balanced = run("select", "films/a.mp4", "-n", "6", "-o", "balanced", "--balance", "exposure", "--json")
    assert balanced.status == 0 and len(balanced.values["selected"]) == 6


def test_one_that_cannot_be_read_does_not_stop_the_others(films: Path, run: Run) -> None:
    Path("films/text.mp4").write_text("this is no film")
    done = run("select", "films/text.mp4", "films/a.mp4", "nothing.mp4", "-n", "3", "-o", "out", "--json")
    assert done.status == 3 and len(done.values["selected"]) == 3
    assert set(done.values["errors"]) == {"films/text.mp4", "nothing.mp4"}
    assert run("select", "films/text.mp4", "-n", "3", "-o", "other").status == 1
    assert not Path("other").exists()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ([], "one of them"),
        (["-n", "3", "--min-distance", "0.5"], "one of them"),
        (["--min-distance", "2"], "0 to 2 apart"),
        (["-n", "0"], "-n"),
        (["-n", "3", "--format", "gif"], "not a picture format"),
        (["-n", "3", "--sequences", "0"], "longer than 0"),
        (["-n", "3", "--fps", "bursts"], "--fps"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(films: Path, run: Run, options: list[str], problem: str) -> None:
    done = run("select", "films", "-o", "out", *options)
    assert done.status == 2 and problem in done.problem
    assert not Path("out").exists()


def test_the_demo_chooses_frames(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {"_SECONDS": 12.0, "_WIDTH": 160, "_HEIGHT": 90, "_FRAMES": 8}.items():
        monkeypatch.setattr(demo_select, name, value)
    done = run("demo", "--job", "select", "--out", "shown", "--json")
    assert done.status == 0, done.err
    job = done.values["jobs"]["select"]
    assert job["frames"] == 8 and job["least_distance"]["coreset"] > job["least_distance"]["uniform"]
    assert all(Path("shown", name).stat().st_size for name in demo_select.SHOWN)
