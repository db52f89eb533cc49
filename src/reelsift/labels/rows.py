"""What the readers hand over: labels as written, not yet tied to sources, and what was wrong with the rest."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from reelsift.errors import LabelError

__all__ = ["NO_CLASS", "LabelRow", "Problem", "ReadLabels", "parse_names", "rename"]

# The class of what was looked at and shows none of the classes, where a table says so without a name for it.
NO_CLASS = "none"


@dataclass(frozen=True)
class LabelRow:
    """One label as a table or a folder states it.

    Attributes:
        path: The picture, film or folder of pictures: as the user gave it, plus the name where a folder was given.
        class_name: The class, renamed where the user asked for it; `None` only where classes were not required.
        kind: A `picture`, a whole `clip`, or an `interval` of a film.
        start_seconds: Start of the interval, included; `None` unless `kind` is `interval`.
        end_seconds: End of the interval, not included; `None` unless `kind` is `interval`.
        group: What folds never split; empty where none was given.
        where: Where the label was read, fit for a message: `mapping.csv line 12`, or the path of the picture.
    """

    path: Path
    class_name: str | None
    kind: Literal["picture", "clip", "interval"]
    start_seconds: float | None = None
    end_seconds: float | None = None
    group: str = ""
    where: str = ""

    def __post_init__(self) -> None:
        if self.class_name is not None and not self.class_name.strip():
            raise LabelError("the class is empty")
        start, end = self.start_seconds, self.end_seconds
        if self.kind != "interval":
            if start is not None or end is not None:
                raise LabelError(f"a {self.kind} is labelled whole: only an interval has a start and an end")
        elif start is None or end is None:
            raise LabelError("an interval needs a start and an end")
        elif not (math.isfinite(start) and math.isfinite(end) and start < end):
            raise LabelError(f"the interval ends at {end:g} s, which is not after its start at {start:g} s")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in what the user gave: `where` names the line or the file, `what` says what is wrong."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True)
class ReadLabels:
    """All that one table or folder gave: the good rows in their order, and a problem for each of the others."""

    rows: tuple[LabelRow, ...]
    problems: tuple[Problem, ...] = ()


def parse_names(text: str) -> dict[str, str]:
    """`OLD=NEW` pairs, separated by commas, for example `0=neither,1=Jerry`.

    Raises:
        LabelError: If a part is not a pair, or a name is renamed twice.
    """
    names: dict[str, str] = {}
    for part in text.split(","):
        old, separator, new = (piece.strip() for piece in part.partition("="))
        if not (old and separator and new):
            raise LabelError(f"'{part}' does not rename a class: give OLD=NEW pairs, for example 0=neither,1=Jerry")
        if old in names:
            raise LabelError(f"the class '{old}' is renamed twice, to '{names[old]}' and to '{new}'")
        names[old] = new
    return names


def rename(class_name: str, names: Mapping[str, str] | None) -> str:
    """The name a class goes by: what `names` says, else its own, without white space around it."""
    stripped = class_name.strip()
    return (names or {}).get(stripped, stripped)
