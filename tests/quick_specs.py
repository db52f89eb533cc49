"""Specs under which indexing tiny films is quick: no network."""

from __future__ import annotations

from fractions import Fraction

from reelsift.specs import Crop, FrameSpec, IndexSpec, Sampling, Size

VIEWS = ("quality", "thumbnail")


def spec_of(fps: Fraction | None, *, crop: Crop | None = None) -> IndexSpec:
    return IndexSpec(FrameSpec(Sampling(fps), crop), views=VIEWS, input_size=Size(64, 64))


ALL = spec_of(None)
