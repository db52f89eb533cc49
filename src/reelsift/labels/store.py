"""The labels of a project, in one SQLite file."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import TracebackType

from reelsift.errors import LabelError
from reelsift.labels.records import ExportedFrame, Label, LabelTask, Operation, SourceRecord, TaskKind
from reelsift.labels.schema import open_database, plain_errors, transaction
from reelsift.labels.statements import (
    check_sources,
    find_or_make_task,
    find_task,
    labels_by_key,
    labels_in_force,
    log_operation,
    merge_labels,
    read_operations,
    storable,
    upsert_source,
)

__all__ = ["LabelStore"]

_FRAME_COLUMNS = "name, digest, frame_index, time_seconds, end_seconds, source_id"


class LabelStore:
    """Labels, the sources they are tied to, and an undo log. Open in a `with` statement only.

    Every change is one transaction: it is in the file as a whole, or not at all. Several processes may have the same
    store open; they take turns to write.

    Args:
        path: The SQLite file; made, with the folders above it, when opened and missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open: sqlite3.Connection | None = None

    def __enter__(self) -> LabelStore:
        self._open = open_database(self._path)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def add(
        self, labels: Iterable[Label], *, task: str, kind: TaskKind, sources: Iterable[SourceRecord], what: str
    ) -> int:
        """Add labels to a task, as one operation that can be undone.

        What is there already is passed over. In a `single` task, a label of the very same frame, interval or source as
        a stored one replaces it: that is how a class is changed. Labels that contradict each other in other ways are
        not looked for here; `resolve_conflicts` does that.

        Args:
            labels: Labels of this task.
            task: The task's name; the task is made when its first labels come.
            kind: `single` (one class at a time) or `multi`.
            sources: What the labels refer to, as far as it may be new or may have moved.
            what: What is being done, for the undo log: `import training/`.

        Returns:
            How many labels were added or changed. If none, nothing is logged.

        Raises:
            LabelError: If the task is of the other kind, a label is of another task or of an unknown source, or two
                labels say different things of the same place.
            OutputError: If the store cannot be written. In either case nothing is added.
        """
        incoming = labels_by_key(labels, task=task, kind=kind)
        with self._writing() as connection:
            for source in sources:
                upsert_source(connection, source)
            if not incoming:
                return 0
            task_id = find_or_make_task(connection, task, kind=kind)
            check_sources(connection, incoming)
            return merge_labels(connection, incoming, task=task, task_id=task_id, kind=kind, what=what)

    def labels(self, task: str) -> tuple[Label, ...]:
        """The task's labels, in the order they came in.

        Raises:
            LabelError: If there is no such task.
        """
        with self._reading() as connection:
            return tuple(label for _, label in labels_in_force(connection, task, find_task(connection, task)))

    def tasks(self) -> tuple[LabelTask, ...]:
        """All tasks that ever had labels, by name."""
        query = """SELECT name, kind, class_name, count(class_name) FROM tasks
            LEFT JOIN labels ON labels.task_id = tasks.task_id AND removed_by IS NULL
            GROUP BY name, kind, class_name ORDER BY name, class_name"""
        with self._reading() as connection:
            rows = connection.execute(query).fetchall()
        kinds: dict[str, TaskKind] = {name: kind for name, kind, _, _ in rows}
        counts: dict[str, dict[str, int]] = {name: {} for name in kinds}
        for name, _, class_name, count in rows:
            if class_name is not None:
                counts[name][class_name] = count
        return tuple(LabelTask(name, kind, counts[name]) for name, kind in kinds.items())

    def sources(self) -> dict[str, SourceRecord]:
        """All sources that labels or exported frames refer to, by fingerprint."""
        with self._reading() as connection:
            rows = connection.execute("SELECT source_id, kind, path, fps FROM sources ORDER BY path").fetchall()
        return {
            source_id: SourceRecord(source_id, kind, path, None if fps is None else Fraction(fps))
            for source_id, kind, path, fps in rows
        }

    def undo(self, task: str) -> str:
        """Undo the last operation on the task that was not undone yet.

        Returns:
            What was undone, in one line.

        Raises:
            LabelError: If there is no such task, or nothing to undo.
        """
        with self._writing() as connection:
            task_id = find_task(connection, task)
            query = "SELECT max(operation_id) FROM operations WHERE task_id = ? AND NOT undone"
            (last,) = connection.execute(query, (task_id,)).fetchone()
            if last is None:
                raise LabelError(f"there is nothing left to undo in task '{task}'")
            connection.execute("DELETE FROM labels WHERE added_by = ?", (last,))
            connection.execute("UPDATE labels SET removed_by = NULL WHERE removed_by = ?", (last,))
            connection.execute("UPDATE operations SET undone = 1 WHERE operation_id = ?", (last,))
            return read_operations(connection, "operation_id = ?", last)[0].description

    def clear(self, task: str) -> int:
        """Take away all labels of a task; can be undone.

        Returns:
            How many there were.

        Raises:
            LabelError: If there is no such task.
        """
        with self._writing() as connection:
            task_id = find_task(connection, task)
            in_force = "task_id = ? AND removed_by IS NULL"
            (count,) = connection.execute(f"SELECT count(*) FROM labels WHERE {in_force}", (task_id,)).fetchone()
            if count:
                operation = log_operation(connection, task_id, "clear", "clear", (0, 0, count))
                connection.execute(f"UPDATE labels SET removed_by = ? WHERE {in_force}", (operation, task_id))
            return int(count)

    def history(self, task: str) -> tuple[Operation, ...]:
        """The task's undo log, oldest first.

        Raises:
            LabelError: If there is no such task.
        """
        with self._reading() as connection:
            return read_operations(connection, "task_id = ?", find_task(connection, task))

    def remember_source(self, source: SourceRecord) -> None:
        """Note a source, or where a known one is now."""
        with self._writing() as connection:
            upsert_source(connection, source)

    def remember_frames(self, film: SourceRecord, frames: Iterable[ExportedFrame]) -> None:
        """Note pictures that were written from a film, so that they can be told again wherever they are moved to."""
        rows = [
            (
                storable(x.name),
                x.digest,
                int(x.frame_index),
                float(x.time_seconds),
                float(x.end_seconds),
                film.source_id,
            )
            for x in frames
        ]
        with self._writing() as connection:
            upsert_source(connection, film)
            statement = f"INSERT OR REPLACE INTO exported_frames ({_FRAME_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"
            connection.executemany(statement, rows)

    def find_frame(self, name: str, *, digest: str) -> ExportedFrame | None:
        """The exported frame that a picture shows.

        The same content is the same frame, whatever the file is called now; where several frames look exactly the same,
        the one of that name, else the earliest. A picture whose content has changed is told by its name, if no other
        frame was ever written under it.

        Args:
            name: The picture's file name, without folders.
            digest: Fingerprint of its content.
        """
        query = f"SELECT {_FRAME_COLUMNS} FROM exported_frames WHERE"
        with self._reading() as connection:
            by_content = f"{query} digest = ? ORDER BY name != ?, source_id, frame_index LIMIT 1"
            if row := connection.execute(by_content, (digest, storable(name))).fetchone():
                return ExportedFrame(*row)
            rows = connection.execute(f"{query} name = ?", (storable(name),)).fetchall()
        frames = [ExportedFrame(*row) for row in rows]
        return frames[0] if len({(frame.source_id, frame.frame_index) for frame in frames}) == 1 else None

    def label_digest(self, task: str) -> str:
        """A fingerprint of all that the task's labels say; their order and where they were read do not matter.

        Raises:
            LabelError: If there is no such task.
        """
        said = sorted(
            [x.source_id, x.place, x.start_seconds, x.end_seconds, x.class_name, x.group] for x in self.labels(task)
        )
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        if self._open is None:
            raise LabelError(f"the store '{self._path}' is not open: use it inside a with statement")
        with plain_errors(self._path):
            yield self._open

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as connection, transaction(connection):
            yield connection
