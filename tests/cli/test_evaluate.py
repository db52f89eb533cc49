"""`evaluate`: what it prints, and how it ends."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from reelsift.cli.evaluate_command import _text
from reelsift.demo import PrinterFilm
from reelsift.models.scoring import class_scores
from reelsift.project.evaluating import Evaluation

if TYPE_CHECKING:
    from conftest import Run

pytestmark = pytest.mark.xdist_group("cli")


@pytest.fixture
def intervals(road: Path) -> Path:
    """A table of the truth of the road's film."""
    truth = PrinterFilm(frames=80, width=320, height=180, seed=3).truth  # as the fixture draws it
    path, rows = road / "testing.csv", ["source,start,end,label"]
    edges = [0, *(np.flatnonzero(np.diff(truth)) + 1).tolist(), len(truth)]
    for first, last in pairwise(edges):
        rows.append(f"film.mp4,{first / 25},{last / 25},{'OK' if truth[first] else 'KO'}")
    path.write_text("\n".join(rows) + "\n")
    return path


def test_json_has_the_fixed_keys(intervals: Path, run: Run) -> None:
    done = run("evaluate", "keep", "--labels", "testing.csv", "--json")
    assert done.status == 0, done.err
    values = done.values
    assert values["task"] == "keep"
    assert values["frames"] + values["seen_frames"] == 80 and values["seen_frames"] > 20
    assert sum(sum(row.values()) for row in values["confusion"].values()) == values["frames"]
    right = sum(values["confusion"][name][name] for name in ("KO", "OK"))
    assert values["accuracy"] == pytest.approx(right / values["frames"]) and values["accuracy"] > 0.9
    assert 0.5 <= values["majority_accuracy"] < 0.8 < values["balanced_accuracy"]
    assert values["problems"] == [] and "clip_accuracy" not in values and "exact_accuracy" not in values
    assert values["per_class"]["OK"].keys() == {"frames", "predicted", "recall", "precision", "f1"}


def test_text_puts_the_score_beside_the_promise_and_the_baseline(intervals: Path, run: Run) -> None:
    done = run("evaluate", "keep", "--labels", "testing.csv")
    lines = done.out.splitlines()
    assert done.status == 0
    assert lines[0].startswith("task keep on testing.csv: ") and " frames right (" in lines[0]
    assert lines[1].startswith("  training promised ")
    assert lines[2].startswith("  always saying the commonest class here gets ")
    assert "more frames left out: the model was trained on them" in done.out
    assert "  true \\ said  KO  OK  frames  said  " in done.out
    assert [line.split()[0] for line in lines if line.startswith(("  KO", "  OK"))] == ["KO", "OK"]


def test_evaluating_again_says_the_same_and_stores_no_labels(intervals: Path, run: Run) -> None:
    before = run("labels", "list", "--task", "keep").out
    first = run("evaluate", "keep", "--labels", "testing.csv", "--json").values
    assert run("evaluate", "keep", "--labels", "testing.csv", "--json").values == first
    assert run("labels", "list", "--task", "keep").out == before
    assert [task["task"] for task in run("status", "--json").values["tasks"]] == ["keep"]


def test_names_are_given_in_both_ways(intervals: Path, run: Run) -> None:
    intervals.write_text(intervals.read_text().replace("OK", "1").replace("KO", "0"))
    together = run("evaluate", "keep", "--labels", "testing.csv", "--rename", "0=KO,1=OK", "--json")
    apart = run("evaluate", "keep", "--labels", "testing.csv", "--rename", "0=KO", "--rename", "1=OK", "--json")
    assert together.status == 0 and together.values == apart.values
    unknown = run("evaluate", "keep", "--labels", "testing.csv")
    assert unknown.status == 1 and "--rename " in unknown.problem and "knows KO, OK" in unknown.problem
    wrong = run("evaluate", "keep", "--labels", "testing.csv", "--rename", "0")
    assert wrong.status == 2 and "--rename" in wrong.problem


def test_lines_that_are_wrong_are_named_and_the_exit_status_is_3(intervals: Path, run: Run) -> None:
    with intervals.open("a") as table:
        table.write("gone.mp4,0,1,OK\nfilm.mp4,soon,1,OK\n")
    done = run("evaluate", "keep", "--labels", "testing.csv", "--json")
    assert done.status == 3 and done.values["frames"] > 0
    said = done.err.splitlines()
    assert said == [f"reelsift: {problem}" for problem in done.values["problems"]]
    count = len(intervals.read_text().splitlines())
    assert [line.split(":")[1].strip() for line in said] == [f"testing.csv line {n}" for n in (count - 1, count)]


@pytest.mark.parametrize(
    ("line", "status", "words"),
    [
        ("evaluate keep --labels training", 1, "was trained on all of the"),
        ("evaluate keep --labels nowhere", 1, "no such file or folder: 'nowhere'"),
        ("evaluate keep --labels film.mp4", 1, "labels come from a CSV"),
        ("evaluate nothing --labels training", 1, "has no model"),
        ("evaluate keep", 2, "--labels"),
        ("evaluate keep --labels training --root .", 1, "are for tables"),
        ("evaluate keep --labels training --fps 0", 2, "--fps"),
    ],
)
def test_what_cannot_be_is_one_line(line: str, status: int, words: str, road: Path, run: Run) -> None:
    done = run(*line.split())
    assert (done.status, done.out) == (status, "")
    assert words in done.problem


def test_clips_have_an_accuracy_of_their_own(road: Path, run: Run) -> None:
    Path("clips/OK").mkdir(parents=True)
    shutil.copy("film.mp4", "clips/OK/film.mp4")
    shutil.rmtree("training")
    run("labels", "clear", "--task", "keep")  # nothing is known to be seen any more
    done = run("evaluate", "keep", "--labels", "clips")
    assert done.status == 0
    assert "  clips by the mean of their frames: 100.0 % of 1 right" in done.out
    assert "note: no frame here shows KO" in done.out


def evaluation(table: dict[str, Any], **changes: Any) -> Evaluation:
    frames = sum(sum(row.values()) for row in table.values())
    values = {
        "task": "t", "labels": "l.csv", "frames": frames, "accuracy": 0.5, "balanced_accuracy": 0.5,
        "exact_accuracy": None, "majority_accuracy": 0.2, "log_loss": 1.0, "confusion": table,
        "per_class": class_scores(table), "honest_accuracy": None, "honest_balanced_accuracy": None,
        "seen_frames": 0, "clips": 0, "clip_accuracy": None, "timeline_accuracy": None,
        "segment_f1": None, "edit_score": None, "notes": (), "problems": (),
    }  # fmt: skip
    return Evaluation(**{**values, **changes})


def test_many_classes_do_not_make_a_table_too_wide() -> None:
    names = [f"class {number}" for number in range(12)]
    confusion = {true: dict.fromkeys(names, 0) for true in names}
    confusion["class 3"]["class 7"] = 5
    confusion["class 1"]["class 2"] = 1
    confusion["class 4"]["class 4"] = 9
    lines = list(_text(evaluation(confusion)))
    assert max(map(len, lines)) < 80
    assert lines[-2:] == ["  5 frames of class 3 taken for class 7", "  1 frame of class 1 taken for class 2"]
    assert any("training promised nothing" in line for line in lines)


def test_answers_are_counted_where_several_classes_can_be_true() -> None:
    tables = {"Tom": {"not Tom": {"not Tom": 5, "Tom": 1}, "Tom": {"not Tom": 0, "Tom": 4}}}
    per_class = {name: class_scores(table)[name] for name, table in tables.items()}
    done = evaluation({"x": {"x": 10}}, confusion=tables, per_class=per_class, exact_accuracy=0.25, honest_accuracy=0.4)
    lines = list(_text(done))
    assert lines[0].startswith("task t on l.csv: 50.0 % of answers for 10 frames, one for each class, right")
    assert lines[1] == "  training promised 40.0 % (- balanced): it is 10.0 points more"
    assert lines[2] == "  always giving the commoner answer gets 20.0 %"
    assert lines[3] == "  frames of which all classes are right: 25.0 %"
    assert [line.split() for line in lines[-2:]] == [
        ["class", "frames", "said", "recall", "precision", "F1"],
        ["Tom", "4", "5", "100.0", "%", "80.0", "%", "0.89"],
    ]
