"""Labels from a CSV: of pictures, of whole clips, or of intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from reelsift.errors import LabelError
from reelsift.filenames import is_picture
from reelsift.labels.csvfile import CsvFile, read_csv
from reelsift.labels.lookup import MediaLookup
from reelsift.labels.one_hot import classes_of, flag_columns
from reelsift.labels.rows import LabelRow, Problem, ReadLabels, rename
from reelsift.labels.times import parse_time

__all__ = ["ColumnNames", "read_table"]

# The names a column may have without being asked for, in any case. Where several file columns are there, the first of
# this order is taken: beside a column `clip`, a column `source` says where the clip comes from.
FILE_COLUMNS = ("file", "image", "image_id", "clip", "source")
CLASS_COLUMNS = ("label", "class")
START_COLUMNS = ("start", "start_seconds")
END_COLUMNS = ("end", "end_seconds")
GROUP_COLUMNS = ("group",)


@dataclass(frozen=True)
class ColumnNames:
    """Headers that stand for a column under another name; `None` looks for the usual ones.

    Attributes:
        file: The picture, film or folder of pictures.
        class_name: The class.
        start: Start of an interval.
        end: End of an interval.
        group: What folds never split.
    """

    file: str | None = None
    class_name: str | None = None
    start: str | None = None
    end: str | None = None
    group: str | None = None


def read_table(
    path: Path,
    *,
    root: Path | None = None,
    names: Mapping[str, str] | None = None,
    columns: ColumnNames | None = None,
    require_classes: bool = True,
    multi: bool = False,
) -> ReadLabels:
    """Read labels from a CSV whose first line names the columns, in any order and any case.

    One column of `file`, `image`, `Image_ID`, `clip`, `source`; one of `label`, `class`; optionally `start` and `end`
    (seconds or `hh:mm:ss.fff`; both empty label the whole source) and `group`. Other columns are ignored; but where
    several classes can be true at once and no column holds the class, a column of 0 and 1 is a class of its own: the
    line `1.jpg,1,0` below `file,Tom,Jerry` is the label Tom, `2.jpg,1,1` is two, and `3.jpg,0,0` is the label none.

    Args:
        path: The table.
        root: The folder its file names start from; `None` takes the folder the table is in.
        names: Classes to rename, old name to new.
        columns: Headers where they are not the usual ones.
        require_classes: Whether there must be a class in every row. If not, the table is a list of files, and classes
            that it names are not read.
        multi: Whether several classes can be true at once.

    Returns:
        The good rows and a problem for each bad line, both in the order of the table.

    Raises:
        SourceNotFoundError: If there is no such table.
        LabelError: If it is no text, empty, or without the columns needed.
    """
    table = read_csv(path)
    layout = _find_columns(table, columns or ColumnNames(), path=path, require_classes=require_classes, multi=multi)
    lookup = MediaLookup(path.parent if root is None else root)
    rows: list[LabelRow] = []
    problems = list(table.problems)
    for record in table.records:
        where = f"{path.name} line {record.line}"
        try:
            rows += _rows(record.cells, layout, lookup=lookup, names=names, where=where)
        except LabelError as error:
            problems.append(Problem(where, str(error)))
    if not rows and not problems:
        raise LabelError(f"'{path}' names its columns, but has no lines below them")
    return ReadLabels(tuple(rows), tuple(sorted(problems, key=_line_number)))


@dataclass(frozen=True)
class _Layout:
    """Positions of the columns; `None` where the table has no such column. `flags` are classes by their position."""

    file: int
    class_name: int | None
    start: int | None
    end: int | None
    group: int | None
    require_classes: bool
    flags: Mapping[int, str] = field(default_factory=dict)


def _find_columns(table: CsvFile, columns: ColumnNames, *, path: Path, require_classes: bool, multi: bool) -> _Layout:
    found = _ColumnFinder(table.header, path)
    file = found.find("file", asked=columns.file, usual=FILE_COLUMNS)
    if file is None:
        raise LabelError(found.missing("a file", FILE_COLUMNS, "file"))
    class_name = found.find("class", asked=columns.class_name, usual=CLASS_COLUMNS) if require_classes else None
    start = found.find("start", asked=columns.start, usual=START_COLUMNS)
    end = found.find("end", asked=columns.end, usual=END_COLUMNS)
    if start is None and end is not None:
        raise LabelError(found.missing("the start of an interval", START_COLUMNS[:1], "start"))
    if end is None and start is not None:
        raise LabelError(found.missing("the end of an interval", END_COLUMNS[:1], "end"))
    group = found.find("group", asked=columns.group, usual=GROUP_COLUMNS)
    layout = _Layout(file, class_name, start, end, group, require_classes)
    if class_name is not None or not require_classes:
        return layout
    others = [position for position in (file, start, end, group) if position is not None]
    flags = flag_columns(table, others=others) if multi else {}
    if not flags:
        also = ", nor one of 0 and 1 for each class" if multi else ""
        raise LabelError(found.missing("a class", CLASS_COLUMNS, "class", also=also))
    return replace(layout, require_classes=False, flags=flags)


@dataclass(frozen=True)
class _ColumnFinder:
    header: Sequence[str]
    table: Path

    def find(self, what: str, *, asked: str | None, usual: Sequence[str]) -> int | None:
        """The position of the column that was asked for, else of the first usual name that is there."""
        if asked is not None and asked in self.header:
            return self.header.index(asked)
        lower = [cell.casefold() for cell in self.header]
        wanted = usual if asked is None else (asked.strip().casefold(),)
        present = [name for name in wanted if name in lower]
        if asked is not None and not present:
            raise LabelError(f"'{self.table}' has no column '{asked}'; its columns are {self._columns}")
        # Which of two class columns is meant, nobody can guess.
        if what == "class" and len(present) > 1:
            raise LabelError(f"'{self.table}' has the columns {' and '.join(present)}: name one with --class-column")
        return lower.index(present[0]) if present else None

    def missing(self, what: str, usual: Sequence[str], option: str, *, also: str = "") -> str:
        return (
            f"'{self.table}' has no column for {what} ({' or '.join(usual)}){also}: its first line has the columns "
            f"{self._columns}; name one with --{option}-column"
        )

    @property
    def _columns(self) -> str:
        return ", ".join(f"'{cell}'" for cell in self.header)


def _rows(
    cells: Sequence[str], layout: _Layout, *, lookup: MediaLookup, names: Mapping[str, str] | None, where: str
) -> list[LabelRow]:
    """The labels of one line: one, or one for each class that a table of 0 and 1 says is true."""
    row = _row(cells, layout, lookup=lookup, names=names, where=where)
    if not layout.flags:
        return [row]
    return [replace(row, class_name=name) for name in classes_of(cells, layout.flags, names=names)]


def _row(
    cells: Sequence[str], layout: _Layout, *, lookup: MediaLookup, names: Mapping[str, str] | None, where: str
) -> LabelRow:
    class_name = _cell(cells, layout.class_name)
    if not class_name and layout.require_classes:
        raise LabelError("the class is empty")
    start, end = _cell(cells, layout.start), _cell(cells, layout.end)
    path = lookup.find(cells[layout.file])
    is_whole = not start and not end
    if not is_whole and not (start and end):
        raise LabelError(f"the interval has no {'end' if start else 'start'}")
    return LabelRow(
        path=path,
        class_name=rename(class_name, names) if class_name else None,
        kind="interval" if not is_whole else "picture" if is_picture(path) else "clip",
        start_seconds=None if is_whole else parse_time(start),
        end_seconds=None if is_whole else parse_time(end),
        group=_cell(cells, layout.group),
        where=where,
    )


def _cell(cells: Sequence[str], position: int | None) -> str:
    return "" if position is None else cells[position]


def _line_number(problem: Problem) -> int:
    return int(problem.where.rpartition(" ")[2])
