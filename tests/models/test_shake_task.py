"""The built-in task `shake`: small, of this version of the view, and with its border where the documentation says."""

from __future__ import annotations

import numpy as np
import pytest

from reelsift.features.shake import SHAKE_COLUMNS
from reelsift.features.views import view_named
from reelsift.models.builtin_tasks import builtin_folder, builtin_model


def shaky(shake: float) -> float:
    """Probability of a sample whose path is so many widths off a smooth one, and that moves otherwise as most do."""
    row = np.zeros((1, len(SHAKE_COLUMNS)), np.float32)
    row[0, SHAKE_COLUMNS.index("shake")] = np.log1p(shake / 0.001)
    return float(builtin_model("shake").probabilities({"shake": row})[0, 1])


def test_it_is_of_this_version_of_the_view() -> None:
    model = builtin_model("shake")
    assert model.classes == ("steady", "shaky")
    assert model.views == ("shake",)
    assert model.index_spec["view_versions"] == {"shake": view_named("shake").version}


def test_it_takes_a_few_kilobytes() -> None:
    assert sum(path.stat().st_size for path in builtin_folder("shake").iterdir()) < 32_000


def test_its_border_is_where_the_tool_says() -> None:
    assert shaky(0) < 0.05
    assert shaky(0.0012) < 0.3
    assert shaky(0.0022) == pytest.approx(0.5, abs=0.03)
    assert shaky(0.004) > 0.75
    assert shaky(0.01) > 0.95


def test_folds_over_photos_say_that_it_is_right() -> None:
    held_out = builtin_model("shake").held_out
    assert (held_out.probabilities.argmax(axis=1) == held_out.targets).mean() > 0.93
    assert len(np.unique(held_out.groups)) == 12
