"""Photos that nobody here took, under-, well and over-exposed: the built-in task, and one that is taught.

The scenes are split by file stem, as `reelsift train` does by itself. The figures are well below what is measured, so
that a test fails only where something broke.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from real_data import DATA, NEEDS_REAL_DATA, quality_of_photo
from reelsift.models.builtin_tasks import builtin_model
from reelsift.project import Project
from reelsift.specs import IndexSpec, TrainSpec

PHOTOS = DATA / "exposure"
CLASSES = ("under", "good", "over")
pytestmark = NEEDS_REAL_DATA


def test_the_built_in_task_tells_exposures_with_nothing_taught() -> None:
    paths = {name: sorted((PHOTOS / name).iterdir()) for name in CLASSES}
    assert {name: len(found) for name, found in paths.items()} == dict.fromkeys(CLASSES, 39)
    model = builtin_model("exposure")
    rows = np.array([quality_of_photo(path) for name in CLASSES for path in paths[name]])
    said = model.probabilities({"quality": rows}).argmax(axis=1)
    truth = np.repeat([model.classes.index(name) for name in CLASSES], 39)
    assert (said == truth).mean() >= 0.85
    # To call a dark picture too bright, or a bright one too dark, is worse than to miss one.
    assert not ((said != truth) & (said != 1) & (truth != 1)).any()


def test_what_is_taught_is_better_in_scenes_that_were_not_seen(tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    project.import_labels(PHOTOS, task="light")
    report = project.train("light", spec=TrainSpec(model="linear"), index=IndexSpec(views=("quality",))).summary
    assert report["folds"].startswith("scenes") and report["accuracy"] >= 0.9
