"""Learning from labelled frames: examples in, a calibrated model and an honest report out. Arrays only, no films."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reelsift.models.examples import Examples
    from reelsift.models.model import Model, MultiModel
    from reelsift.models.report import Candidate, TrainReport
    from reelsift.models.training import MultiTraining, Training, train, train_multi

__all__ = [
    "Candidate",
    "Examples",
    "Model",
    "MultiModel",
    "MultiTraining",
    "TrainReport",
    "Training",
    "train",
    "train_multi",
]

_HOMES = {
    "Candidate": "report",
    "Examples": "examples",
    "Model": "model",
    "MultiModel": "model",
    "MultiTraining": "training",
    "TrainReport": "report",
    "Training": "training",
    "train": "training",
    "train_multi": "training",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
