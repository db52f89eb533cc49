"""Views: the kinds of feature a frame can have, and the table of those there are.

A view is computed by an extractor that takes images one by one, may work on them in the background, and gives one row
for each in the end. To add a view: write an extractor, name it in `VIEWS`, and raise its `version` whenever the numbers
it gives change.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol

from numpy.typing import NDArray

from reelsift.errors import SpecError
from reelsift.media.render import Image
from reelsift.specs import IndexSpec

__all__ = ["VIEWS", "Extractor", "View", "open_extractor", "view_key", "view_named"]


class Extractor(Protocol):
    """Computes one view of the images it is given; a context manager."""

    def __enter__(self) -> Extractor: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def add(self, image: Image) -> None:
        """Takes the next image; what it needs of it is drawn before this returns."""

    def finish(self) -> NDArray[Any] | list[bytes]:
        """The rows of all images added, in order: `(N, D)`, or N byte strings."""


@dataclass(frozen=True)
class View:
    """One kind of feature.

    Attributes:
        name: As users and folders name it.
        version: Counts up when the numbers change.
        loader: `module:function`; the function takes the spec and the number of threads to use (0: all), and gives an
            `Extractor`. Named, not imported, so that listing views stays light.
        settings: Which fields of an `IndexSpec` change its numbers.
        numeric: Whether a model can learn from its rows.
        derive: For a view that tells a frame from those around it, `module:function` that makes its rows of those of
            the extractor, once the frames of a source are together (`neighbours.py`).
        reach_seconds: How far off frames can be that such a row depends on.
    """

    name: str
    version: int
    loader: str
    settings: tuple[str, ...] = ()
    numeric: bool = True
    derive: str = ""
    reach_seconds: float = 0.0


VIEWS: dict[str, View] = {
    view.name: view
    for view in (
        View("appearance", 1, "reelsift.features.appearance:AppearanceExtractor", ("backbone", "input_size")),
        View("quality", 3, "reelsift.features.quality:QualityExtractor"),
        View("regions", 1, "reelsift.features.regions:RegionsExtractor", ("backbone",)),
        View(
            "motion",
            1,
            "reelsift.features.motion:MotionExtractor",
            derive="reelsift.features.motion:motion_of",
            reach_seconds=1.25,
        ),
        View(
            "changes",
            1,
            "reelsift.features.changes:ChangesExtractor",
            ("backbone",),
            derive="reelsift.features.changes:changes_of",
            reach_seconds=0.65,
        ),
        View(
            "shake",
            1,
            "reelsift.features.shake:ShakeExtractor",
            derive="reelsift.features.shake:shake_of",
            reach_seconds=0.8,
        ),
        View("regions_varied", 1, "reelsift.features.regions:VariedRegionsExtractor", ("backbone",), numeric=False),
        View("thumbnail", 2, "reelsift.features.thumbnail:ThumbnailExtractor", numeric=False),
    )
}


def view_named(name: str) -> View:
    """Raises:
    SpecError: If there is no such view; the message names those there are.
    """
    if name not in VIEWS:
        known = ", ".join(view.name for view in VIEWS.values() if view.numeric)
        raise SpecError(f"'{name}' is not a view: use {known}")
    return VIEWS[name]


def view_key(name: str, spec: IndexSpec, *, plan: str) -> str:
    """The name of the folder that holds a view: it changes with everything the numbers depend on.

    Args:
        name: The view.
        spec: Which frames, which part of them, and the settings of the view.
        plan: How the source is divided into parts; shards of different divisions must not mix.
    """
    view = view_named(name)
    values = spec.to_dict()
    inputs = {key: values[key] for key in ("sampling", "crop", *view.settings)}
    text = json.dumps({**inputs, "view": name, "version": view.version, "plan": plan}, sort_keys=True)
    readable = f"{name}-{values['sampling']}".replace("/", "_")
    return f"{readable}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def open_extractor(name: str, *, spec: IndexSpec, threads: int) -> Extractor:
    """Opens the extractor of a view."""
    module, _, function = view_named(name).loader.partition(":")
    factory: Callable[..., Extractor] = getattr(importlib.import_module(module), function)
    return factory(spec, threads=threads)
