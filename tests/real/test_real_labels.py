"""Labels that nobody here made: their traps are named, and a model is scored on the part it has not seen."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from real_data import DATA, NEEDS_REAL_DATA
from reelsift.project import Project
from reelsift.specs import IndexSpec, TrainSpec

CARTOONS, FRAMES = DATA / "tom_jerry" / "mapping.csv", DATA / "tom_jerry" / "frames"
NAMES = {"0": "neither", "1": "Jerry", "2": "Tom"}
pytestmark = NEEDS_REAL_DATA


def test_the_traps_of_the_table_are_named(tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    done = project.import_labels(CARTOONS, task="character", root=FRAMES, names=NAMES, fps=Fraction(1))
    assert done.classes == {"Jerry": 67, "Tom": 119, "neither": 110}
    assert [problem.where for problem in done.problems] == ["mapping.csv line 96", "mapping.csv line 97"]
    assert all("both left out" in problem.what for problem in done.problems)
    assert done.notes == (f"{FRAMES}: no label for frame95.jpg",)


def test_a_model_of_the_first_cartoons_is_scored_on_the_others(tmp_path: Path) -> None:
    header, *rows = CARTOONS.read_text().splitlines()
    first = tmp_path / "first.csv"
    first.write_text("\n".join([header, *rows[:123]]))
    project = Project(tmp_path / "project")
    project.import_labels(first, task="character", root=FRAMES, names=NAMES)
    project.train("character")
    done = project.evaluate("character", CARTOONS, root=FRAMES, rename=NAMES)
    assert (done.frames, done.seen_frames) == (175, 121)
    assert {name: scores.frames for name, scores in done.per_class.items()} == {"Jerry": 45, "Tom": 62, "neither": 68}
    assert done.honest_accuracy is not None and done.accuracy > done.majority_accuracy
    assert len(done.problems) == 2


def test_regions_know_the_characters_in_scenes_they_have_not_seen(tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    project.import_labels(CARTOONS, task="character", root=FRAMES, names=NAMES, fps=Fraction(1))
    spec = TrainSpec(model="regions", background="neither")
    report = project.train("character", spec=spec, index=IndexSpec(views=("quality",))).summary
    assert report["accuracy"] >= 0.85 and report["views"] == ("regions",)
    # That the picture which shows both is labelled as one of them is found.
    assert any(Path(suspect["source"]).name in ("frame14.jpg", "frame15.jpg") for suspect in report["suspects"])
