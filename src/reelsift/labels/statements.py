"""The statements the label store is made of; each works inside a transaction that its caller began."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Literal

from reelsift.errors import LabelError
from reelsift.labels.records import Label, Operation, SourceRecord, TaskKind

__all__ = [
    "LabelKey",
    "check_sources",
    "find_or_make_task",
    "find_task",
    "labels_by_key",
    "labels_in_force",
    "log_operation",
    "merge_labels",
    "read_operations",
    "storable",
    "upsert_source",
]

_LABEL_COLUMNS = "source_id, class_name, start_seconds, end_seconds, frame_index, group_name, read_where"

LabelKey = tuple[str, ...]


def label_key(label: Label, kind: TaskKind) -> LabelKey:
    """What only one label in force can have: its place, and in a multi task its class too."""
    return (label.source_id, label.place) if kind == "single" else (label.source_id, label.place, label.class_name)


def labels_by_key(labels: Iterable[Label], *, task: str, kind: TaskKind) -> dict[LabelKey, Label]:
    """What is to be added, each thing once.

    Raises:
        LabelError: If a label is of another task, or two say different things of the same place.
    """
    incoming: dict[LabelKey, Label] = {}
    for label in labels:
        if label.task != task:
            raise LabelError(f"a label of task '{label.task}' cannot be added to task '{task}'")
        earlier = incoming.setdefault(label_key(label, kind), label)
        if earlier.class_name != label.class_name:
            raise LabelError(
                f"{label.where} says '{label.class_name}' where {earlier.where} says '{earlier.class_name}': "
                f"in a single task only one can be added"
            )
    return incoming


def _revised(stored: Label, incoming: Label) -> Label | None:
    """The label that takes the place of a stored one; `None` where nothing new is said.

    An import that knows no groups does not take away a group that an earlier one gave.
    """
    group = incoming.group or stored.group
    if (stored.class_name, stored.group) == (incoming.class_name, group):
        return None
    return dataclasses.replace(incoming, group=group)


def merge_labels(
    connection: sqlite3.Connection,
    incoming: Mapping[LabelKey, Label],
    *,
    task: str,
    task_id: int,
    kind: TaskKind,
    what: str,
) -> int:
    """Add what is new, replace what is said differently now, and log it if there was anything; return how many."""
    stored = {label_key(label, kind): (row, label) for row, label in labels_in_force(connection, task, task_id)}
    new = [label for key, label in incoming.items() if key not in stored]
    changed = [
        (row, better)
        for key, (row, label) in stored.items()
        if key in incoming and (better := _revised(label, incoming[key])) is not None
    ]
    if new or changed:
        operation = log_operation(connection, task_id, "add", what, (len(new), len(changed), 0))
        removals = [(operation, row) for row, _ in changed]
        connection.executemany("UPDATE labels SET removed_by = ? WHERE label_id = ?", removals)
        _insert(connection, (*new, *(label for _, label in changed)), task_id=task_id, operation=operation)
    return len(new) + len(changed)


def labels_in_force(connection: sqlite3.Connection, task: str, task_id: int) -> list[tuple[int, Label]]:
    """The labels of a task with their row numbers, in the order they came in."""
    query = f"SELECT label_id, {_LABEL_COLUMNS} FROM labels WHERE task_id = ? AND removed_by IS NULL ORDER BY label_id"
    return [(row, Label(source_id, task, *rest)) for row, source_id, *rest in connection.execute(query, (task_id,))]


def _insert(connection: sqlite3.Connection, labels: Iterable[Label], *, task_id: int, operation: int) -> None:
    """Add labels as the work of one operation."""

    def row(label: Label) -> tuple[object, ...]:
        frame_index = None if label.frame_index is None else int(label.frame_index)  # SQLite refuses NumPy's integers
        said = (label.source_id, storable(label.class_name), label.start_seconds, label.end_seconds, frame_index)
        return (*said, storable(label.group), storable(label.where), task_id, label.place, operation)

    columns = f"{_LABEL_COLUMNS}, task_id, place, added_by"
    connection.executemany(f"INSERT INTO labels ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", map(row, labels))


def upsert_source(connection: sqlite3.Connection, source: SourceRecord) -> None:
    """Note a source; what was known of it before gives way, but for a rate that is not said again."""
    fps = None if source.fps is None else str(source.fps)
    connection.execute(
        """INSERT INTO sources (source_id, kind, path, fps) VALUES (?, ?, ?, ?)
        ON CONFLICT (source_id) DO UPDATE SET kind = excluded.kind, path = excluded.path,
        fps = coalesce(excluded.fps, fps)""",
        (source.source_id, source.kind, storable(source.path), fps),
    )


def check_sources(connection: sqlite3.Connection, incoming: Mapping[LabelKey, Label]) -> None:
    """Raises:
    LabelError: If a label refers to a source that was never noted.
    """
    known = {source_id for (source_id,) in connection.execute("SELECT source_id FROM sources")}
    for label in incoming.values():
        if label.source_id not in known:
            raise LabelError(f"{label.where}: the source {label.source_id} of this label is not known")


def find_task(connection: sqlite3.Connection, task: str) -> int:
    """The row of a task.

    Raises:
        LabelError: If there is no such task; the message names those there are.
    """
    row = connection.execute("SELECT task_id FROM tasks WHERE name = ?", (task,)).fetchone()
    if row is None:
        names = [f"'{name}'" for (name,) in connection.execute("SELECT name FROM tasks ORDER BY name")]
        there_are = f"the tasks with labels are {', '.join(names)}" if names else "no task has labels yet"
        raise LabelError(f"no labels for a task '{task}': {there_are}; 'reelsift labels import' adds some")
    return int(row[0])


def find_or_make_task(connection: sqlite3.Connection, task: str, *, kind: TaskKind) -> int:
    """The row of a task to add labels to, made where it is missing.

    Raises:
        LabelError: If it is of the other kind and has, or had, labels.
    """
    if kind not in ("single", "multi"):
        raise LabelError(f"'{kind}' is not a kind of task: use single or multi")
    connection.execute("INSERT INTO tasks (name, kind) VALUES (?, ?) ON CONFLICT DO NOTHING", (task, kind))
    task_id = find_task(connection, task)
    (stored,) = connection.execute("SELECT kind FROM tasks WHERE task_id = ?", (task_id,)).fetchone()
    if stored != kind:
        # Labels that were cleared count too: an undo would bring them back into a task of the wrong kind.
        if connection.execute("SELECT 1 FROM labels WHERE task_id = ? LIMIT 1", (task_id,)).fetchone():
            one, other = ("one class", "any number") if stored == "single" else ("any number of classes", "one")
            raise LabelError(f"in task '{task}' a frame has {one}, not {other}: use another name for the new task")
        connection.execute("UPDATE tasks SET kind = ? WHERE task_id = ?", (kind, task_id))
    return task_id


def log_operation(
    connection: sqlite3.Connection, task_id: int, kind: Literal["add", "clear"], what: str, counts: tuple[int, int, int]
) -> int:
    """Write an operation into the undo log; `counts` are the labels added, changed and removed."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    query = "INSERT INTO operations (task_id, kind, what, at, added, changed, removed) VALUES (?, ?, ?, ?, ?, ?, ?)"
    cursor = connection.execute(query, (task_id, kind, storable(what), at, *counts))
    assert cursor.lastrowid is not None  # so it is after every INSERT of one row
    return cursor.lastrowid


def read_operations(connection: sqlite3.Connection, condition: str, value: int) -> tuple[Operation, ...]:
    """The part of the undo log that meets an SQL condition on one value, oldest first."""
    columns = "kind, what, at, added, changed, removed, undone"
    rows = connection.execute(f"SELECT {columns} FROM operations WHERE {condition} ORDER BY operation_id", (value,))
    return tuple(
        Operation(kind, what, at, added, changed, removed, undone=bool(undone))
        for kind, what, at, added, changed, removed, undone in rows
    )


def storable(text: str) -> str:
    """Text that SQLite takes: the bytes of a file name that is not UTF-8 are spelled out in hexadecimal."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
