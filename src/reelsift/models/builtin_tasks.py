"""The tasks that need no labels: models that come with reelsift, made by `tools/make_*_task.py` from photos of no user.

`exposure` and `blur` look at the view `quality`, `shake` at the view of that name. Whoever trains a task of such a name
has their own from then on.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from reelsift.errors import ModelError
from reelsift.models.model import Model
from reelsift.specs import USABLE_CLASS

__all__ = ["BUILTIN_DIGEST", "BUILTIN_TASKS", "builtin_folder", "builtin_model"]

BUILTIN_TASKS = tuple(USABLE_CLASS)

# In place of the digest of somebody's labels.
BUILTIN_DIGEST = "built-in"


def builtin_folder(task: str) -> Path:
    """Where the model of a built-in task lies.

    Raises:
        ModelError: If there is no such task.
    """
    if task not in BUILTIN_TASKS:
        raise ModelError(f"'{task}' is not a built-in task: those are {', '.join(BUILTIN_TASKS)}")
    return Path(__file__).parent / "builtin" / task


def builtin_model(task: str) -> Model:
    """The model of a built-in task; its report has the scores in folds over the photos it was made from.

    Raises:
        ModelError: If there is no such task.
    """
    model = Model.load(builtin_folder(task))
    right = model.held_out.probabilities.argmax(axis=1) == model.held_out.targets
    balanced = [right[model.held_out.targets == place].mean() for place in range(len(model.classes))]
    report = {"accuracy": float(right.mean()), "balanced_accuracy": float(np.mean(balanced))}
    return replace(model, label_digest=BUILTIN_DIGEST, report=report)
