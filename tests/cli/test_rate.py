"""The command `rate` on takes that are drawn: verdicts, thresholds, sorting, the report, batches in which some fail."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reelsift.cli import demo_rate
from reelsift.demo import Take, write_film

if TYPE_CHECKING:
    from conftest import Run

pytestmark = pytest.mark.xdist_group("rate")

TAKES = {"good.mp4": "none", "dark.mp4": "under", "soft.mp4": "blurred", "run.mp4": "shaky"}


@pytest.fixture(scope="module")
def shoot_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with some takes, the good one twice, and a text that calls itself a film."""
    folder = tmp_path_factory.mktemp("rate") / "shoot"
    folder.mkdir()
    for name, flaw in TAKES.items():
        take = Take(0, flaw, seconds=2.4)
        write_film(folder / name, take.draw(), fps=take.fps)
    shutil.copyfile(folder / "good.mp4", folder / "same.mp4")
    return folder


@pytest.fixture
def shoot(shoot_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it for one test, which runs beside it."""
    shutil.copytree(shoot_once, tmp_path / "shoot")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "shoot"


def test_clips_are_judged_with_nothing_taught(shoot: Path, run: Run) -> None:
    done = run("rate", "shoot", "--json", "--csv", "clips.csv", "--jobs", "1")
    assert done.status == 0, done.err
    clips = {Path(clip["source"]).name: clip for clip in done.values["clips"]}
    assert set(clips) == {*TAKES, "same.mp4"}
    for clip in clips.values():
        assert set(clip["scores"]) == {"exposure", "blur", "shake"}
        for shares in clip["scores"].values():
            assert sum(shares.values()) == pytest.approx(1)
        assert (clip["width"], clip["height"], clip["frames"], clip["sound"]) == (640, 360, 60, False)
        assert clip["fps"] == pytest.approx(25) and clip["duration_seconds"] == pytest.approx(2.4)
    rejected = {name: clip["reasons"][0] for name, clip in clips.items() if clip["rejected"]}
    assert set(rejected) == {"dark.mp4", "soft.mp4", "run.mp4", "same.mp4"}, rejected
    assert rejected["dark.mp4"].startswith("exposure.good < 50% (it is ")
    assert rejected["soft.mp4"].startswith("blur.blurred > 50% (it is ")
    assert rejected["run.mp4"].startswith("shake.shaky > 50% (it is ")
    assert rejected["same.mp4"] == "duplicate of shoot/good.mp4"
    with Path("clips.csv").open(encoding="utf-8", newline="") as table:
        rows = {Path(row["source"]).name: row for row in csv.DictReader(table)}
    assert rows["dark.mp4"]["verdict"] == "rejected" and rows["good.mp4"]["verdict"] == "usable"


def test_rating_again_decodes_nothing(shoot: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run("rate", "shoot/good.mp4", "--json").values

    def refused(*args: object, **settings: object) -> None:
        raise AssertionError("a film was read again")

    monkeypatch.setattr("reelsift.features.extraction.extract_part", refused)
    monkeypatch.setattr("reelsift.project.clip_facts.open_film", refused)
    again = run("rate", "shoot/good.mp4", "--json", "--reject", "duration < 5")
    assert again.status == 0, again.err
    assert again.values["clips"][0]["scores"] == first["clips"][0]["scores"]
    assert again.values["clips"][0]["reasons"] == ["duration < 5 (it is 2.4)"]


def test_a_threshold_decides_when_a_frame_counts(shoot: Path, run: Run) -> None:
    def blurred(*options: str) -> float:
        (clip,) = run("rate", "shoot/good.mp4", "--task", "blur", "--json", *options).values["clips"]
        assert set(clip["scores"]) == {"blur"}
        return float(clip["scores"]["blur"]["blurred"])

    assert blurred("--threshold", "blur.blurred=0.0001") == 1
    assert blurred("--threshold", "blur.blurred=0.9999") == 0


def test_clips_are_sorted_and_put_back(shoot: Path, run: Run) -> None:
    before = sorted(path.name for path in shoot.iterdir())
    done = run("rate", "shoot", "--sort-into", "sorted", "--by", "move")
    assert done.status == 0, done.err
    places = {str(path.relative_to("sorted")) for path in Path("sorted").rglob("*.mp4")}
    assert places == {
        "usable/good.mp4", "rejected/exposure.good/dark.mp4", "rejected/blur.blurred/soft.mp4",
        "rejected/shake.shaky/run.mp4", "rejected/duplicate/same.mp4",
    }  # fmt: skip
    assert not list(shoot.iterdir()) and "reelsift rate --undo sorted" in done.out
    undone = run("rate", "--undo", "sorted")
    assert undone.status == 0 and "5 clips put back" in undone.out
    assert sorted(path.name for path in shoot.iterdir()) == before and not Path("sorted").exists()


def test_no_output_takes_the_place_of_a_clip(shoot: Path, run: Run) -> None:
    before = (shoot / "good.mp4").read_bytes()
    for option in ("--csv", "--html"):
        done = run("rate", "shoot", option, "shoot/good.mp4", "--overwrite")
        assert done.status == 1 and "this is one of the sources" in done.problem
    done = run("predict", "blur", "shoot/good.mp4", "--csv", "shoot/good.mp4", "--overwrite")
    assert done.status == 1 and "this is one of the sources" in done.problem
    assert (shoot / "good.mp4").read_bytes() == before


def test_what_there_was_is_kept_where_nothing_can_be_rated(shoot: Path, run: Run) -> None:
    Path("report.html").write_text("an earlier report")
    (shoot / "text.mp4").write_text("this is no film")
    done = run("rate", "shoot/text.mp4", "--html", "report.html", "--overwrite", "--json")
    assert done.status == 1 and done.values["outputs"] == []
    assert Path("report.html").read_text() == "an earlier report"


def test_sorting_again_by_moving_changes_nothing(shoot: Path, run: Run) -> None:
    run("rate", "shoot", "--sort-into", "shoot/sorted", "--by", "move")
    places = sorted(Path("shoot").rglob("*.mp4"))
    again = run("rate", "shoot", "--sort-into", "shoot/sorted", "--by", "move", "--json").values["sorted"]
    assert again["placed"] == [] and len(again["kept"]) == 5
    assert sorted(Path("shoot").rglob("*.mp4")) == places
    assert run("gc", "--json").values["removed"] == []  # the project knows where they are
    assert run("rate", "--undo", "shoot/sorted").status == 0
    assert run("gc", "--json").values["removed"] == []


def test_a_link_to_a_clip_is_no_copy_of_it(shoot: Path, run: Run) -> None:
    (shoot / "a-link.mp4").symlink_to("good.mp4")
    (shoot / "same.mp4").unlink()
    clips = run("rate", "shoot", "--json").values["clips"]
    assert {Path(clip["source"]).name for clip in clips} == set(TAKES)
    assert not any(clip["duplicate_of"] for clip in clips)


def test_folders_and_lists_of_pictures(shoot: Path, run: Run) -> None:
    run("frames", "shoot/good.mp4", "-o", "pictures", "--fps", "1")
    run("frames", "shoot/soft.mp4", "-o", "pictures", "--fps", "0.5")
    done = run("rate", "pictures", "--json", "--task", "blur")
    (clip,) = done.values["clips"]
    count = len(list(Path("pictures").glob("*.jpg")))
    soft = len(list(Path("pictures").glob("soft*.jpg")))
    assert clip["scores"]["blur"]["blurred"] == pytest.approx(soft / count)
    names = sorted(path.name for path in Path("pictures").glob("*.jpg"))
    Path("pictures/list.csv").write_text("file\n" + "\n".join(names) + "\n")
    listed = run("rate", "pictures/list.csv", "--task", "blur", "--json", "--sort-into", "sorted", "--by", "move")
    assert listed.values["clips"][0]["scores"]["blur"]["blurred"] == pytest.approx(soft / count)
    assert listed.status == 3 and "stays where it is" in listed.values["sorted"]["failed"][0]["error"]
    assert Path("pictures/list.csv").exists()


def test_the_folder_of_the_project_is_no_place_for_clips(shoot: Path, run: Run) -> None:
    done = run("rate", "shoot", "--sort-into", ".reelsift/sorted", "--by", "move")
    assert done.status == 1 and "the folder of the project" in done.problem
    assert len(list(shoot.iterdir())) == 5


def test_links_that_sorting_made_are_not_rated_as_clips(shoot: Path, run: Run) -> None:
    first = run("rate", "shoot", "--sort-into", "shoot/sorted", "--json").values
    again = run("rate", "shoot", "--sort-into", "shoot/sorted", "--json").values
    assert [clip["source"] for clip in again["clips"]] == [clip["source"] for clip in first["clips"]]
    assert again["sorted"]["placed"] == [] and len(again["sorted"]["kept"]) == 5
    other = run("rate", "shoot", "--sort-into", "shoot/sorted", "--by", "copy")
    assert other.status == 1 and "was sorted by link before" in other.problem


def test_the_table_is_worst_first(shoot: Path, run: Run) -> None:
    done = run("rate", "shoot", "--html", "report.html")
    assert done.status == 0 and done.err == ""
    lines = done.out.splitlines()
    names = [line.split()[0] for line in lines if line.startswith("shoot/")]
    assert names[-1] == "shoot/good.mp4" and len(names) == 5
    assert "100.0 %" in done.out and "  because shake.shaky > 50% (it is" in done.out
    assert "5 clips, 4 rejected: duplicate or black > 50% or frozen > 90% or exposure.good < 50% or blur" in done.out
    assert lines[-1] == "written: report.html"
    page = Path("report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and "good.mp4" in page and "https://" not in page
    refused = run("rate", "shoot", "--html", "report.html")
    assert refused.status == 1 and "--overwrite" in refused.problem


def test_one_that_cannot_be_read_does_not_stop_the_others(shoot: Path, run: Run) -> None:
    (shoot / "text.mp4").write_text("this is no film")
    done = run("rate", "shoot/text.mp4", "shoot/good.mp4", "nothing.mp4", "--json")
    assert done.status == 3
    rows = {row["source"]: row for row in done.values["clips"]}
    assert rows["shoot/good.mp4"]["status"] == "rated"
    assert rows["shoot/text.mp4"]["status"] == rows["nothing.mp4"]["status"] == "failed"
    assert rows["shoot/text.mp4"]["error"] and rows["shoot/text.mp4"]["scores"] == {}
    run("rate", "shoot/text.mp4", "shoot/good.mp4", "--csv", "clips.csv")
    with Path("clips.csv").open(encoding="utf-8", newline="") as table:
        assert [row["verdict"] for row in csv.DictReader(table)] == ["usable", "not rated"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--reject", "blur.blured > 0.5"], "blur.blurred"),
        (["--reject", "blur.blurred >"], "--reject"),
        (["--reject", "blur.blurred > 75"], "75%"),
        (["--threshold", "blur=0.5"], "TASK.CLASS=PROBABILITY"),
        (["--threshold", "blur.blurred=2"], "between 0 and 1"),
        (["--threshold", "blur.blurry=0.5"], "--threshold"),
        (["--task", "../x"], "--task"),
        (["--task", "blur", "--threshold", "shake.shaky=0.5"], "one of blur"),
        (["--undo", "x"], "it takes no sources"),
        (["--by", "hardlink"], "--by"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(shoot: Path, run: Run, options: list[str], problem: str) -> None:
    done = run("rate", "shoot", *options)
    assert done.status == 2 and problem in done.problem
    assert not Path(".reelsift").exists()


def test_a_task_without_a_model_says_which_there_are(shoot: Path, run: Run) -> None:
    done = run("rate", "shoot", "--task", "mine")
    assert done.status == 1 and "built-in tasks are exposure, blur, shake" in done.problem
    assert run("rate").status == 2
    assert run("rate", "--undo", "shoot").status == 1


def test_built_in_tasks_work_wherever_a_task_does(shoot: Path, run: Run) -> None:
    done = run("predict", "blur", "shoot/good.mp4", "shoot/soft.mp4", "--json")
    assert done.status == 0, done.err
    good, soft = (row["seconds"] for row in done.values["sources"])
    assert good["sharp"] > 2 and soft["blurred"] > 2
    assert run("cut", "shoot/good.mp4", "--task", "blur", "--keep", "sharp", "-o", "cut.mp4").status == 0
    for name in ("sharp", "hazy"):
        Path("labels", name).mkdir(parents=True)
    shutil.copyfile("shoot/good.mp4", "labels/sharp/a.mp4")
    shutil.copyfile("shoot/soft.mp4", "labels/hazy/b.mp4")
    scored = run("evaluate", "blur", "--labels", "labels", "--rename", "hazy=blurred", "--json")
    assert scored.status == 0, scored.err
    assert scored.values["accuracy"] == 1 and scored.values["clip_accuracy"] == 1
    assert run("gc", "--json").values["removed"] == []


def test_the_demo_rates_its_takes(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo_rate, "_SECONDS", 2.4)
    done = run("demo", "--job", "rate", "--out", "shown", "--json")
    assert done.status == 0, done.err
    assert done.values["jobs"]["rate"] == {"clips": 9, "right": 9, "rejected": 6}, done.err
    assert Path("shown/shoot.html").stat().st_size and Path("shown/sorted/usable/take-1.mp4").exists()
