"""Light at import: what takes long to load is loaded where it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "openvino", "ray", "av", "cv2", "pyarrow", "scipy", "sklearn", "pandas", "matplotlib")


def loaded_by(code: str) -> list[str]:
    check = f"{code}\nimport sys\nprint([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-W", "error", "-c", check], capture_output=True, text=True, check=True)
    found: list[str] = eval(done.stdout.strip())
    return found


@pytest.mark.parametrize(
    "module", ["reelsift", "reelsift.specs", "reelsift.errors", "reelsift.timeline", "reelsift.labels"]
)
def test_the_lowest_layer_loads_nothing_heavy(module: str) -> None:
    assert loaded_by(f"import {module}") == []


def test_specs_and_timelines_are_there_without_anything_heavy() -> None:
    assert (
        loaded_by("from reelsift import Crop, CutSpec, FrameSpec, IndexSpec, Sampling, Segment, Timeline, TrainSpec")
        == []
    )


def test_a_project_loads_neither_networks_nor_decoders_before_it_needs_them() -> None:
    found = loaded_by("from reelsift import Project; Project('nowhere')")
    assert not {"torch", "openvino", "ray", "av", "sklearn"} & set(found)


def test_everything_that_is_promised_is_there() -> None:
    import reelsift

    for name in reelsift.__all__:
        assert getattr(reelsift, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = reelsift.nothing
