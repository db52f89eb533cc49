"""Labelled frames, as arrays: all that training gets to see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import LabelError, ModelError
from reelsift.multi_timeline import yes_or_no

__all__ = ["Examples"]


@dataclass(frozen=True, eq=False)
class Examples:
    """N labelled frames with their views, and what folds must know of where they come from.

    Attributes:
        views: By view name, (N, D) float16 or float32.
        targets: (N,) indexes into `classes`.
        classes: Names of the classes.
        source_ids: (N,) strings: which film, clip or picture each frame is of.
        times_seconds: (N,) time stamps within the source.
        groups: (N,) strings: the group the labels named, '' where they named none.
        stems: (N,) strings: file name without extension of a loose picture, '' for a frame of a film.
        order: (N,) place of a loose picture in the natural order across all class folders; ignored for films.
        truth: (N, C) bool, which classes are true of a frame, where several can be; `targets` then mean nothing.
        sequences: (N,) strings: frames of the same one follow each other in time; `None`: as `source_ids`. Pictures
            that were taken off a film one by one are sources of their own, and yet a sequence.
        moments_seconds: (N,) when in their sequence; `None`: as `times_seconds`.

    Raises:
        LabelError: If there is nothing to learn from: no frames.
        ModelError: If the arrays do not fit each other, or a view holds values that are not finite.
    """

    views: Mapping[str, NDArray[Any]]
    targets: NDArray[np.int64]
    classes: tuple[str, ...]
    source_ids: NDArray[Any]
    times_seconds: NDArray[np.float64]
    groups: NDArray[Any]
    stems: NDArray[Any]
    order: NDArray[np.int64]
    truth: NDArray[np.bool_] | None = None
    sequences: NDArray[Any] | None = None
    moments_seconds: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        count = len(self.targets)
        if count == 0:
            raise LabelError("there are no labelled frames to learn from: import labels first")
        if not self.views:
            raise ModelError("there are no views to learn from: name at least one")
        lengths = {name: len(values) for name, values in self._columns().items()}
        lengths |= {f"view {name}": len(values) for name, values in self.views.items()}
        for name, length in lengths.items():
            if length != count:
                raise ModelError(
                    f"{count} targets, but {length} rows of {name}: each labelled frame needs one row of each"
                )
        if self.targets.min() < 0 or self.targets.max() >= len(self.classes):
            raise ModelError(f"targets are indexes into the {len(self.classes)} classes")
        if self.truth is not None and self.truth.shape != (count, len(self.classes)):
            raise ModelError(f"truth has the shape {self.truth.shape}, not {(count, len(self.classes))}")

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def counts(self) -> NDArray[np.int64]:
        """(C,) number of frames of each class."""
        return np.bincount(self.targets, minlength=len(self.classes)).astype(np.int64)

    def take(self, rows: NDArray[np.int64]) -> Examples:
        """The examples at `rows`."""
        columns = {name: values[rows] for name, values in self._columns().items()}
        views = {name: values[rows] for name, values in self.views.items()}
        changed: dict[str, Any] = {"views": views, "targets": self.targets[rows], **columns}
        return replace(self, **changed)

    def _columns(self) -> dict[str, NDArray[Any]]:
        """What there is of a value for each frame, but for views and targets."""
        names = [field.name for field in fields(self) if field.name not in ("views", "targets", "classes")]
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    def check_class(self, name: str) -> None:
        """Raises:
        LabelError: If no frame is of the class.
        """
        if name not in self.classes:
            raise LabelError(f"there is no class '{name}': the labels are of {', '.join(self.classes)}")

    def chosen_classes(self, names: tuple[str, ...] | None) -> tuple[str, ...]:
        """The named classes, or all.

        Raises:
            LabelError: If a name is unknown.
        """
        for name in names or ():
            self.check_class(name)
        return tuple(name for name in self.classes if names is None or name in names)

    def question(self, name: str) -> Examples:
        """The same frames with two classes: whether `name` is true of them. For `truth` only.

        Raises:
            LabelError: If it is true of all frames, or of none.
        """
        assert self.truth is not None
        yes = self.truth[:, self.classes.index(name)]
        if yes.all() or not yes.any():
            which = "all labelled frames" if yes.all() else "no labelled frame"
            raise LabelError(
                f"'{name}' is true of {which}: a model needs frames with and without it; those that show none of the "
                "classes are labelled with a class of their own, which train --background names"
            )
        return replace(self, classes=yes_or_no(name), targets=yes.astype(np.int64), truth=None)

    def with_classes(self, names: tuple[str, ...] | None) -> Examples:
        """Only the frames of the named classes, or of all that have any; classes without frames go.

        Raises:
            LabelError: If a name is unknown, or fewer than two classes remain.
        """
        self.chosen_classes(names)
        counts = self.counts
        kept = [i for i, name in enumerate(self.classes) if counts[i] and (names is None or name in names)]
        if len(kept) < 2:
            found = f"only '{self.classes[kept[0]]}' has any" if kept else "none of them has any"
            raise LabelError(f"a model tells classes apart, so it needs labels of at least two: {found}")
        places = np.full(len(self.classes), -1, dtype=np.int64)
        places[kept] = np.arange(len(kept))
        rows = np.flatnonzero(places[self.targets] >= 0)
        chosen = self if len(rows) == len(self) else self.take(rows)
        return replace(chosen, targets=places[chosen.targets], classes=tuple(self.classes[i] for i in kept))
