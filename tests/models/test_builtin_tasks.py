"""The models that come with reelsift: there, small, current, and fit for what tasks are used for."""

from __future__ import annotations

import pytest

from reelsift.errors import ModelError
from reelsift.features.quality import QUALITY_WIDTH
from reelsift.features.shake import SHAKE_COLUMNS
from reelsift.features.views import view_named
from reelsift.models.builtin_tasks import BUILTIN_TASKS, builtin_folder, builtin_model
from reelsift.models.linear import LinearHead
from reelsift.specs import USABLE_CLASS, IndexSpec

CLASSES = {"exposure": ("under", "good", "over"), "blur": ("sharp", "blurred"), "shake": ("steady", "shaky")}
WIDTHS = {"quality": QUALITY_WIDTH, "shake": len(SHAKE_COLUMNS)}


@pytest.mark.parametrize("task", BUILTIN_TASKS)
def test_a_built_in_model_fits_the_views_of_today(task: str) -> None:
    model = builtin_model(task)
    assert (model.task, model.classes) == (task, CLASSES[task]) and USABLE_CLASS[task] in model.classes
    (view,) = model.views
    assert isinstance(model.head, LinearHead)
    assert sum(len(weights) for weights in model.head.arrays().values() if weights.ndim == 1) >= WIDTHS[view]
    versions = model.index_spec["view_versions"]
    assert versions[view] == view_named(view).version
    assert set(IndexSpec.from_dict(model.index_spec).views) >= {view}
    assert 0.85 < model.report["accuracy"] <= 1 and 0.85 < model.report["balanced_accuracy"] <= 1
    assert len(model.held_out) >= 50
    assert sum(path.stat().st_size for path in builtin_folder(task).iterdir()) < 40_000


def test_there_is_no_other() -> None:
    with pytest.raises(ModelError, match="those are exposure, blur, shake"):
        builtin_model("sharpness")
