"""What the store keeps: sources, labels tied to them, exported frames, and the log of what was done."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from reelsift.errors import LabelError

__all__ = ["ExportedFrame", "Label", "LabelTask", "Operation", "SourceRecord", "TaskKind"]

TaskKind = Literal["single", "multi"]
SourceKind = Literal["film", "picture", "folder"]


@dataclass(frozen=True)
class SourceRecord:
    """A film, a picture or a folder of pictures that labels or exported frames refer to.

    Attributes:
        source_id: Fingerprint of the content, so that a source that was moved is still the same.
        kind: What it is.
        path: Where it was last seen, as the user gave it.
        fps: Pictures a second of a folder, or of the frames that a picture is one of; `None` where time stamps tell the
            time, or nothing does.
    """

    source_id: str
    kind: SourceKind
    path: str
    fps: Fraction | None = None

    def __post_init__(self) -> None:
        if not self.source_id:
            raise LabelError(f"the source '{self.path}' has no fingerprint")
        if self.kind not in ("film", "picture", "folder"):
            raise LabelError(f"'{self.kind}' is not a kind of source: use film, picture or folder")


@dataclass(frozen=True)
class Label:
    """One class, said of a frame, an interval or the whole of a source.

    Attributes:
        source_id: The source's fingerprint.
        task: The task's name.
        class_name: The class.
        start_seconds: Start, included, in the source's own time stamps; `None` (with `end_seconds`) for the whole.
        end_seconds: End, not included. For one frame it may equal the start, as damaged films have such frames.
        frame_index: The frame, 0-based in display order, where the label is of exactly one.
        group: What folds never split; empty where none was given.
        where: Where the label was read, fit for a message.
    """

    source_id: str
    task: str
    class_name: str
    start_seconds: float | None = None
    end_seconds: float | None = None
    frame_index: int | None = None
    group: str = ""
    where: str = ""

    def __post_init__(self) -> None:
        for what, value in (("source", self.source_id), ("task", self.task), ("class", self.class_name)):
            if not value or value != value.strip():
                raise LabelError(f"a label needs a {what} without white space around its name, not '{value}'")
        start, end = self.start_seconds, self.end_seconds
        if self.frame_index is not None and self.frame_index < 0:
            raise LabelError(f"frames are counted from 0: {self.frame_index} is not a frame index")
        if start is None and end is None:
            return
        if start is None or end is None or not (math.isfinite(start) and math.isfinite(end)):
            raise LabelError(f"an interval needs a start and an end in seconds, not {start} and {end}")
        if end < start or (end == start and self.frame_index is None):
            raise LabelError(f"the interval ends at {end:g} s, which is not after its start at {start:g} s")

    @property
    def is_whole(self) -> bool:
        """Whether the label is of the whole source."""
        return self.start_seconds is None

    @property
    def is_frame(self) -> bool:
        """Whether the label is of exactly one frame among others."""
        return self.frame_index is not None and not self.is_whole

    @property
    def place(self) -> str:
        """What of its source the label is of; two labels of the same thing have the same place, to the last digit.

        `whole`, `frame 12` or `1.5 to 2.0`. A frame is named by its index alone, as its time says nothing more.
        """
        if self.start_seconds is None or self.end_seconds is None:
            return "whole"
        if self.frame_index is not None:
            return f"frame {self.frame_index}"
        return f"{float(self.start_seconds)!r} to {float(self.end_seconds)!r}"


@dataclass(frozen=True)
class ExportedFrame:
    """A picture that was written from a frame of a film.

    Attributes:
        name: The picture's file name, without folders.
        digest: Fingerprint of the picture's content.
        frame_index: The frame it shows, 0-based in display order.
        time_seconds: The frame's time stamp.
        end_seconds: Where the frame ends.
        source_id: The film; may stay empty where the film is named beside it.
    """

    name: str
    digest: str
    frame_index: int
    time_seconds: float
    end_seconds: float
    source_id: str = ""


@dataclass(frozen=True)
class LabelTask:
    """A task as the labels know it: its kind, and how many labels each class has."""

    name: str
    kind: TaskKind
    classes: Mapping[str, int]


@dataclass(frozen=True)
class Operation:
    """One entry of the undo log.

    Attributes:
        kind: Labels were added (and perhaps changed), or all of a task were removed.
        what: What it was, in the words of whoever did it, for example `import training/`.
        at: When, in UTC, as ISO 8601.
        added: Labels that were not there before.
        changed: Labels that got another class or group.
        removed: Labels that were taken away.
        undone: Whether it was undone since.
    """

    kind: Literal["add", "clear"]
    what: str
    at: str
    added: int
    changed: int
    removed: int
    undone: bool

    @property
    def description(self) -> str:
        """One line, for example `import training/ (40 labels added, 2 changed)`."""
        counts = (("added", self.added), ("changed", self.changed), ("removed", self.removed))
        said = [f"{n} {verb}" for verb, n in counts if n]
        if said:
            number, verb = said[0].split()
            said[0] = f"{number} label{'' if number == '1' else 's'} {verb}"
        return f"{self.what} ({', '.join(said)})"
