"""Tables with a column of 0 and 1 for each class: the usual shape where several classes can be true at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from reelsift.errors import LabelError
from reelsift.labels.csvfile import CsvFile
from reelsift.labels.rows import NO_CLASS, rename

__all__ = ["classes_of", "flag_columns"]

_TRUE = frozenset(("1", "1.0", "true", "yes"))
_FALSE = frozenset(("0", "0.0", "false", "no"))


def flag_columns(table: CsvFile, *, others: Collection[int]) -> dict[int, str]:
    """The columns that say of one class whether it is true, and that class.

    Nobody names them, so they are told by what is in them: 0 or 1 (also `true`, `false`, `yes`, `no`) in more than half
    of the lines. That passes over a column of notes or of frame numbers, and still names the line where a class says 2.

    Args:
        table: The table.
        others: Positions of the columns that are known to be something else.

    Returns:
        Class names by position, in the order of the table; empty where there are none.
    """
    flags = _TRUE | _FALSE
    found: dict[int, str] = {}
    for position, name in enumerate(table.header):
        cells = [record.cells[position].casefold() for record in table.records]
        if position not in others and name and 2 * sum(cell in flags for cell in cells) > len(cells):
            found[position] = name
    return found


def classes_of(
    cells: Sequence[str], columns: Mapping[int, str], *, names: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """The classes that one line says are true; `none` where it says that of no class.

    A line without any 1 is worth as much as the others: it says of every class that it is not there.

    Raises:
        LabelError: If a cell is neither 0 nor 1.
    """
    found: dict[str, None] = {}
    for position, name in columns.items():
        cell = cells[position].casefold()
        if cell not in _TRUE | _FALSE:
            raise LabelError(f"'{name}' is '{cells[position]}': give 1 where it is to be seen, and 0 where it is not")
        if cell in _TRUE:
            found[rename(name, names)] = None
    return tuple(found) or (rename(NO_CLASS, names),)
