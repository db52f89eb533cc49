"""Label a few frames, and turn whole videos into timelines of what they show."""

from __future__ import annotations

import importlib
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reelsift.project import Project
    from reelsift.specs import (
        AnnotateSpec,
        Crop,
        CutSpec,
        FrameSpec,
        IndexSpec,
        PictureSpec,
        RateSpec,
        Sampling,
        SelectSpec,
        Size,
        SplitSpec,
        TrainSpec,
    )
    from reelsift.timeline import Segment, Timeline

__all__ = [
    "AnnotateSpec",
    "Crop",
    "CutSpec",
    "FrameSpec",
    "IndexSpec",
    "PictureSpec",
    "Project",
    "RateSpec",
    "Sampling",
    "Segment",
    "SelectSpec",
    "Size",
    "SplitSpec",
    "Timeline",
    "TrainSpec",
    "__version__",
]

_HOMES = {"Project": "project", "Segment": "timeline", "Timeline": "timeline"}

try:
    __version__ = version("reelsift")
except PackageNotFoundError:  # run from a source folder that is not installed
    __version__ = "0"


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES.get(name, 'specs')}"), name)
