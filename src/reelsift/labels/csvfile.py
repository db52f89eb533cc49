"""CSV files as people make them, read record by record with line numbers, and written whole or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from reelsift.errors import LabelError, SourceNotFoundError
from reelsift.labels.rows import Problem
from reelsift.output import writing_file

__all__ = ["CsvFile", "CsvRecord", "format_csv", "has_columns", "read_csv", "read_entries", "write_whole"]

_DELIMITERS = (",", ";", "\t")
_LONGEST_RECORD_LINES = 50

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class CsvRecord:
    """The cells of one record, without white space around them, and the 1-based line it starts on."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class CsvFile:
    """A table as it stands in its file: column names, records that are not blank, and lines that are no record."""

    header: tuple[str, ...]
    records: tuple[CsvRecord, ...]
    problems: tuple[Problem, ...]


def read_csv(path: Path) -> CsvFile:
    """Read a table whose first line names its columns.

    The file is UTF-8, with or without a byte order mark; commas, semicolons or tabs stand between the cells (whichever
    divides the first line most). Empty cells after the last column are dropped, as spreadsheets like to add them.

    Raises:
        SourceNotFoundError: If there is no such file.
        LabelError: If it cannot be read, is no UTF-8 text, or is empty.
    """
    lines = _read_text(path).split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise LabelError(f"'{path}' is empty: its first line should name the columns, for example file,label")
    delimiter = max(_DELIMITERS, key=lambda mark: len(_cells([lines[first]], mark) or ()))
    header: tuple[str, ...] | None = None
    records: list[CsvRecord] = []
    problems: list[Problem] = []
    for record in _records(lines, delimiter):
        where = f"{path.name} line {record.line}"
        if isinstance(record, _Unreadable):
            problems.append(Problem(where, "the quotation marks do not close"))
        elif header is None:
            header = record.cells
        elif len(cells := _without_empty_tail(record.cells, len(header))) == len(header):
            records.append(CsvRecord(record.line, cells))
        else:
            problems.append(Problem(where, f"has {len(cells)} columns where the first line names {len(header)}"))
    if header is None:
        raise LabelError(f"'{path}' has no first line that can be read: it should name the columns, like file,label")
    return CsvFile(header, tuple(records), tuple(problems))


def read_entries(
    path: Path, columns: Sequence[str], *, make: Callable[..., Entry], what: str, writer: str
) -> tuple[Entry, ...]:
    """A table that reelsift wrote itself, an entry made of the named columns of each line, in their order.

    Args:
        make: Makes an entry of the cells; a `ValueError` says that they are not what they should be.
        what: What the table is, and `writer` what writes it, in words.

    Raises:
        SourceNotFoundError: If there is no such file.
        LabelError: If it is no such table, or a line of it cannot be read; the message names the line.
    """
    table = read_csv(path)
    if not set(columns) <= set(table.header):
        raise LabelError(f"'{path}' is not {what}: its first line should be {','.join(columns)}")
    if table.problems:
        raise LabelError(f"'{path}': {table.problems[0]}")
    positions = [table.header.index(column) for column in columns]
    entries = []
    for record in table.records:
        try:
            entries.append(make(*(record.cells[position] for position in positions)))
        except ValueError:  # a LabelError is one too
            raise LabelError(f"'{path}' line {record.line} is not what '{writer}' writes") from None
    return tuple(entries)


def has_columns(path: Path, columns: Sequence[str]) -> bool:
    """Whether the first line of a file names these columns."""
    try:
        with path.open(encoding="utf-8-sig") as lines:
            return set(columns) <= {cell.strip().strip('"') for cell in lines.readline(1000).split(",")}
    except (OSError, UnicodeDecodeError):
        return False


def format_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The text of a CSV file, with line feeds between the lines."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def write_whole(path: Path, text: str) -> None:
    """Write a text file as a whole: beside its place first, then renamed, so that nobody ever sees half of it.

    Raises:
        OutputError: If it cannot be written; what was there before is still there.
    """
    with writing_file(path) as beside:
        # A file name that is not UTF-8 reaches Python as surrogates; it leaves as the bytes it was.
        beside.write_text(text, encoding="utf-8", errors="surrogateescape", newline="")


def _read_text(path: Path) -> str:
    if not path.is_file():
        raise SourceNotFoundError(f"no such table: '{path}'")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LabelError(f"cannot read '{path}': {error.strerror}") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise LabelError(f"'{path}' is not a table in UTF-8 text: save it as 'CSV UTF-8'")
    return text.replace("\r\n", "\n").replace("\r", "\n")


@dataclass(frozen=True)
class _Unreadable:
    line: int


def _records(lines: Sequence[str], delimiter: str) -> Iterator[CsvRecord | _Unreadable]:
    """Records that are not blank. A quotation mark that never closes costs its own line, not the rest of the file."""
    i = 0
    while i < len(lines):
        end = i + 1
        cells = _cells(lines[i:end], delimiter)
        if cells is None:  # perhaps a cell in quotation marks that goes on over the next lines
            end = _end_of_quotation(lines, i)
            cells = _cells(lines[i:end], delimiter)
        if cells is None:
            yield _Unreadable(i + 1)
            i += 1
            continue
        if any(cells):
            yield CsvRecord(i + 1, cells)
        i = end


def _end_of_quotation(lines: Sequence[str], start: int) -> int:
    """The end of the lines, from `start`, that together hold an even number of quotation marks."""
    marks = 0
    for end, line in enumerate(lines[start : start + _LONGEST_RECORD_LINES], start + 1):
        marks += line.count('"')
        if marks % 2 == 0:
            return end
    return start + 1


def _cells(lines: Sequence[str], delimiter: str) -> tuple[str, ...] | None:
    """The cells of one record, or `None` where the lines are not one whole record."""
    try:
        (cells,) = csv.reader(["\n".join(lines)], delimiter=delimiter, strict=True)
    except (csv.Error, ValueError):
        return () if lines == [""] else None
    return tuple(cell.strip() for cell in cells)


def _without_empty_tail(cells: tuple[str, ...], width: int) -> tuple[str, ...]:
    return cells[:width] if not any(cells[width:]) else cells
