"""The tasks that need no labels: models that come with reelsift, made by `tools/make_*_task.py` from photos of no user.

`exposure` and `blur` look at the view `quality`, `shake` at the view of that name. Whoever trains a task of such a name
has their own from then on.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

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
    """The model of a built-in task.

    Raises:
        ModelError: If there is no such task.
    """
    return replace(Model.load(builtin_folder(task)), label_digest=BUILTIN_DIGEST)
