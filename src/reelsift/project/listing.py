"""Sources that a table lists: pictures, films, folders, one a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from reelsift.errors import LabelError, ReelsiftError
from reelsift.filenames import is_table
from reelsift.labels import LabelRow, Problem, read_table
from reelsift.media.sources import PictureSource, Source, resolve_sources

__all__ = ["Listing", "read_listing"]


@dataclass(frozen=True)
class Listing:
    """What a table lists.

    Attributes:
        sources: All its pictures as one source, in the order of the table; each film and each folder as its own.
        problems: Lines that name nothing, or something again.
    """

    sources: tuple[Source, ...]
    problems: tuple[Problem, ...]


def read_listing(path: Path, *, name: str, root: Path | None = None, fps: Fraction | None = None) -> Listing:
    """Reads the sources a table lists, in the columns that labels have; classes are not read, should it have some.

    Args:
        path: The table.
        name: How it is called towards the user.
        root: Where its paths count from; its own folder if not given.
        fps: Pictures a second: says that the pictures follow each other in time. If not given, each stands for itself.

    Raises:
        SourceNotFoundError, LabelError: If the table cannot be read.
    """
    read = read_table(path, root=root, require_classes=False)
    problems = list(read.problems)
    pictures: list[Path] = []
    found: dict[Path, Source] = {}
    for row in _each_once(read.rows, problems):
        if row.kind == "picture":
            pictures.append(row.path)
            continue
        try:
            if is_table(row.path):
                raise LabelError(f"{row.path} is a table, which lists no other table")
            found |= {source.path.absolute(): source for source in resolve_sources([row.path], fps=fps)}
        except ReelsiftError as error:
            problems.append(Problem(row.where, str(error)))
    sources = list(found.values())
    if pictures:
        shown = PictureSource(path, name, tuple(pictures), fps or Fraction(1), is_listed=True, is_apart=fps is None)
        sources.insert(0, shown)
    return Listing(tuple(sources), tuple(sorted(problems, key=_line_number)))


def _each_once(rows: tuple[LabelRow, ...], problems: list[Problem]) -> Iterator[LabelRow]:
    """The first row of each path; lines that name it again are problems, but for other intervals of a film."""
    first: dict[Path, LabelRow] = {}
    for row in rows:
        earlier = first.setdefault(row.path.absolute(), row)
        if earlier is row:
            yield row
        elif row.kind != "interval":
            problems.append(Problem(row.where, f"{row.path} is in {earlier.where} already: counted once"))


def _line_number(problem: Problem) -> int:
    return int(problem.where.rpartition(" ")[2])
