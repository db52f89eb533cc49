"""The table of views: one contract for all extractors, and keys that name every input."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import numpy as np
import pytest

from films import numbered
from reelsift.errors import SpecError
from reelsift.features.quality import QUALITY_WIDTH
from reelsift.features.views import VIEWS, open_extractor, view_key, view_named
from reelsift.media.render import PictureImage
from reelsift.specs import Crop, FrameSpec, IndexSpec, Sampling, Size

SPEC = IndexSpec(input_size=Size(64, 64))


def images(count: int) -> list[PictureImage]:
    return [PictureImage(numbered(n), frame_index=n, time_seconds=n / 25) for n in range(count)]


@pytest.mark.parametrize("view", VIEWS)
def test_a_row_for_each_image_in_order(view: str) -> None:
    with open_extractor(view, spec=SPEC, threads=1) as extractor:
        for image in images(12):
            extractor.add(image)
        rows = extractor.finish()
    assert len(rows) == 12
    if hasattr(extractor, "passed"):
        return  # its rows say what lies between frames, not what is in one
    for number in (0, 5, 11):
        with open_extractor(view, spec=SPEC, threads=1) as alone:
            alone.add(images(12)[number])
            row = alone.finish()[0]
        assert np.array_equal(rows[number], row) if isinstance(rows, np.ndarray) else rows[number] == row


@pytest.mark.parametrize("view", VIEWS)
def test_no_images_no_rows(view: str) -> None:
    widths = {"appearance": 1280, "quality": QUALITY_WIDTH}
    with open_extractor(view, spec=SPEC, threads=1) as extractor:
        rows = extractor.finish()
    if view in widths:
        assert isinstance(rows, np.ndarray) and rows.shape == (0, widths[view])
    else:
        assert rows == []  # of byte strings
    with open_extractor(view, spec=SPEC, threads=1) as extractor:
        extractor.add(images(1)[0])
        assert getattr(extractor.finish(), "dtype", None) == getattr(rows, "dtype", None)


@pytest.mark.parametrize("view", VIEWS)
def test_giving_up_half_way_leaves_nothing_running(view: str) -> None:
    with pytest.raises(RuntimeError, match="given up"), open_extractor(view, spec=SPEC, threads=1) as extractor:
        for image in images(3):
            extractor.add(image)
        raise RuntimeError("given up")


def test_an_unknown_view_names_those_there_are() -> None:
    with pytest.raises(SpecError, match="'colour' is not a view: use appearance, quality"):
        view_named("colour")


def test_keys_change_with_every_input_and_with_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    base = IndexSpec()
    keys = {
        view_key("appearance", base, plan="a"),
        view_key("appearance", base, plan="b"),
        view_key("appearance", dataclasses.replace(base, frames=FrameSpec(Sampling(None))), plan="a"),
        view_key("appearance", dataclasses.replace(base, frames=FrameSpec(Sampling(Fraction(30000, 1001)))), plan="a"),
        view_key("appearance", dataclasses.replace(base, frames=FrameSpec(crop=Crop(0, 0, 8, 8))), plan="a"),
        view_key("appearance", dataclasses.replace(base, input_size=Size(64, 64)), plan="a"),
        view_key("quality", base, plan="a"),
    }
    monkeypatch.setitem(VIEWS, "appearance", dataclasses.replace(VIEWS["appearance"], version=99))
    keys.add(view_key("appearance", base, plan="a"))
    assert len(keys) == 8
    assert all(key.replace("-", "").replace("_", "").isalnum() for key in keys)  # fit to name a folder anywhere
    # Which other views are stored does not matter, nor do settings of the network to what does not use it.
    assert view_key("quality", dataclasses.replace(base, views=("quality",)), plan="a") == view_key(
        "quality", dataclasses.replace(base, input_size=Size(64, 64)), plan="a"
    )
