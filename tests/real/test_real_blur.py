"""Photos that nobody here took, sharp and blurred by motion: the built-in task, and one that is taught; and films.

Photos of the same scene stay in one fold. The figures are below what is measured, so that a test fails only where
something broke.
"""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from real_data import DATA, NEEDS_REAL_DATA, quality_of_photo
from reelsift.features.quality import quality_of
from reelsift.media.reader import open_film
from reelsift.media.render import FrameImage, Renderer
from reelsift.models.builtin_tasks import builtin_model
from reelsift.project import Project
from reelsift.specs import IndexSpec, TrainSpec

PHOTOS = DATA / "blur"
pytestmark = NEEDS_REAL_DATA


def blurred(rows: list[np.ndarray]) -> np.ndarray:
    """(N,) what the built-in task says of rows of the view."""
    model = builtin_model("blur")
    return model.probabilities({"quality": np.array(rows)})[:, model.classes.index("blurred")]


def test_the_built_in_task_tells_blur_with_nothing_taught() -> None:
    with (PHOTOS / "index.csv").open(newline="") as table:
        photos = [(PHOTOS / row["file"], row["label"] == "blur") for row in csv.DictReader(table)]
    truth = np.array([is_blurred for _, is_blurred in photos])
    assert (len(truth), truth.sum()) == (40, 21)
    found = blurred([quality_of_photo(path) for path, _ in photos])
    assert ((found > 0.5) == truth).mean() >= 0.87
    assert -np.log(np.where(truth, found, 1 - found)).mean() < 0.25
    # Not one sharp photo is above the score that flags a clip.
    assert found[~truth].max() < 0.75
    assert (found[truth][:, None] > found[~truth]).mean() > 0.96  # the area under the curve


@pytest.mark.parametrize("seed", range(3))
def test_what_is_taught_is_right_in_scenes_that_were_not_seen(tmp_path: Path, seed: int) -> None:
    project = Project(tmp_path / "project")
    project.import_labels(PHOTOS / "index.csv", task="focus", names={"blur": "blurred"})
    spec = TrainSpec(model="linear", seed=seed)
    report = project.train("focus", spec=spec, index=IndexSpec(views=("quality",))).summary
    assert report["folds"] == "groups of the labels" and report["accuracy"] >= 0.88


@pytest.mark.parametrize(
    "name",
    ["clips/mmaction2_demo.mp4", "clips/nasa_13013.mp4", "clips/mmaction2_tests_data_test.mp4", "clips/lightly_dog.mp4",
     "clips/bbb_800x640_avc.mp4", "printer/timelapse_3dprint_hand.mp4"],
)  # fmt: skip
def test_small_films_are_not_taken_for_blurred(name: str) -> None:
    """180 to 640 lines, some of them compressed hard: nobody would throw them away for that."""
    renderer = Renderer()
    with open_film(DATA / name) as reader:
        frames = islice(reader.frames(), 5, 60, 9)
        rows = [quality_of(FrameImage(frame, renderer).luma(960)) for frame in frames]
    assert np.mean(blurred(rows) > 0.5) < 0.2
