"""What a user can choose, as frozen values: the one home of every default.

The command line, the Python API and the model files build and store these same objects.
"""

from reelsift.specs.choosing import USABLE_CLASS, Method, RateSpec, SelectSpec
from reelsift.specs.films import AnnotateSpec, CutSpec, SplitSpec
from reelsift.specs.frames import (
    DEFAULT_BACKBONE,
    DEFAULT_VIEWS,
    Crop,
    FrameSpec,
    IndexSpec,
    PictureSpec,
    Sampling,
    Size,
    check_crop,
)
from reelsift.specs.thresholds import check_thresholds, parse_thresholds
from reelsift.specs.training import MEMORIES, SEQUENCE_VIEWS, ModelName, TrainSpec

__all__ = [
    "DEFAULT_BACKBONE",
    "DEFAULT_VIEWS",
    "MEMORIES",
    "SEQUENCE_VIEWS",
    "USABLE_CLASS",
    "AnnotateSpec",
    "Crop",
    "CutSpec",
    "FrameSpec",
    "IndexSpec",
    "Method",
    "ModelName",
    "PictureSpec",
    "RateSpec",
    "Sampling",
    "SelectSpec",
    "Size",
    "SplitSpec",
    "TrainSpec",
    "check_crop",
    "check_thresholds",
    "parse_thresholds",
]
