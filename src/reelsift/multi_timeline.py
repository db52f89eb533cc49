"""The timeline of a task whose classes can be true at once: a yes-or-no question for each class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import LabelError, SpecError
from reelsift.timeline import Segment, Timeline

__all__ = ["NONE", "MultiTimeline", "no_of", "yes_or_no"]

NONE = "none"


def no_of(name: str) -> str:
    """What the class `name` is called where it is not true."""
    return f"not {name}"


def yes_or_no(name: str) -> tuple[str, str]:
    """The two classes of the question whether `name` is true: no, then yes."""
    return no_of(name), name


@dataclass(frozen=True, eq=False)
class MultiTimeline:
    """Timelines of the same samples of one source, one for each class.

    Attributes:
        parts: One for each class; the classes of each are `("not X", "X")`.

    Raises:
        SpecError: If they are not about the same samples, or not of such classes.
    """

    parts: tuple[Timeline, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise SpecError("a timeline of several classes needs at least one")
        first = self.parts[0]
        for part in self.parts:
            if part.classes != yes_or_no(part.classes[-1]):
                raise SpecError(f"each part asks after one class: ('not X', 'X'), not {part.classes}")
            if (part.source, part.task) != (first.source, first.task) or not np.array_equal(
                part.frame_indexes, first.frame_indexes
            ):
                raise SpecError("the parts of a timeline are about the same samples of one source and one task")
        if len(set(self.classes)) < len(self.classes):
            raise SpecError(f"the parts of a timeline ask after different classes, not {', '.join(self.classes)}")

    def __len__(self) -> int:
        return len(self.parts[0])

    @property
    def source(self) -> str:
        """Path of the source as the user gave it."""
        return self.parts[0].source

    @property
    def task(self) -> str:
        """Name of the task."""
        return self.parts[0].task

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, C of them."""
        return tuple(part.classes[1] for part in self.parts)

    @property
    def frame_indexes(self) -> NDArray[np.int64]:
        """(T,) as of a timeline."""
        return self.parts[0].frame_indexes

    @property
    def times_seconds(self) -> NDArray[np.float64]:
        """(T,) as of a timeline."""
        return self.parts[0].times_seconds

    @property
    def start_seconds(self) -> float:
        """Time stamp of the first frame of the source."""
        return self.parts[0].start_seconds

    @property
    def end_seconds(self) -> float:
        """End of its last frame."""
        return self.parts[0].end_seconds

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """(T, C) calibrated probability that each class is true; rows do not sum to 1."""
        return np.stack([part.probabilities[:, 1] for part in self.parts], axis=1)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Stretches in which a class is true, by their start; those of different classes overlap."""
        return self._true([part.segments for part in self.parts])

    @property
    def shown_segments(self) -> tuple[Segment, ...]:
        """As `segments`, with changes where the picture changes; see `Timeline.shown_segments`."""
        return self._true([part.shown_segments for part in self.parts])

    @property
    def label_names(self) -> list[str]:
        """(T,) the classes that are true of each sample, joined by `|`; `none` where none is."""
        table = np.stack([part.labels for part in self.parts], axis=1)
        return ["|".join(np.array(self.classes)[row == 1].tolist()) or NONE for row in table]

    @property
    def label_scores(self) -> NDArray[np.float64]:
        """(T,) the calibrated probability of the least certain of the answers about each sample."""
        return np.asarray(np.min([part.label_scores for part in self.parts], axis=0))

    def of(self, name: str) -> Timeline:
        """The yes-or-no timeline of one class.

        Raises:
            LabelError: If there is no such class.
        """
        if name not in self.classes:
            raise LabelError(f"there is no class '{name}': the classes are {', '.join(self.classes)}")
        return self.parts[self.classes.index(name)]

    def only(self, names: Sequence[str]) -> MultiTimeline:
        """The parts that ask after these classes.

        Raises:
            LabelError: If there is no such class.
        """
        return MultiTimeline(tuple(self.of(name) for name in names))

    def seconds_by_class(self) -> dict[str, float]:
        """Seconds of each class by the smoothed labels; together they may be more than the film, or less."""
        return {name: part.seconds_by_class()[name] for name, part in zip(self.classes, self.parts, strict=True)}

    def any_of(self, names: Sequence[str]) -> Timeline:
        """A yes-or-no timeline: whether at least one of `names` is true of a sample, by the smoothed labels.

        Its probabilities are those of independent classes, `1 - (1 - p)(1 - q)`: they name no frame that the labels
        do not, as the labels decide.

        Raises:
            LabelError: If there is no such class, or `names` is empty.
        """
        if not names:
            raise LabelError(f"name at least one class: the classes are {', '.join(self.classes)}")
        parts = [self.of(name) for name in names]
        labels = np.max([part.labels for part in parts], axis=0)
        none = reduce(np.multiply, [part.probabilities[:, 0] for part in parts])
        joined = " or ".join(names)
        first = parts[0]
        return Timeline(
            source=first.source,
            task=first.task,
            classes=yes_or_no(joined),
            frame_indexes=first.frame_indexes,
            times_seconds=first.times_seconds,
            probabilities=np.column_stack((none, 1 - none)),
            labels=labels,
            start_seconds=first.start_seconds,
            end_seconds=first.end_seconds,
            frame_count=first.frame_count,
        )

    def _true(self, found: Sequence[tuple[Segment, ...]]) -> tuple[Segment, ...]:
        pairs = zip(self.classes, found, strict=True)
        yes = [segment for name, segments in pairs for segment in segments if segment.label == name]
        return tuple(sorted(yes, key=lambda segment: segment.start_seconds))
