"""The tables of the label store, and the ways SQLite can fail."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reelsift.errors import LabelError, OutputError

__all__ = ["SCHEMA_VERSION", "open_database", "plain_errors", "transaction"]

SCHEMA_VERSION = 1
_PATIENCE_SECONDS = 30.0

# Labels are never rewritten: the operation that adds one and the operation that takes it away are noted beside it, and
# those not taken away are in force. To undo an operation is to delete what it added and to bring back what it removed.
_SCHEMA = (
    """CREATE TABLE tasks (
        task_id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL CHECK (kind IN ('single', 'multi'))
    )""",
    """CREATE TABLE sources (
        source_id TEXT PRIMARY KEY,
        kind TEXT NOT NULL CHECK (kind IN ('film', 'picture', 'folder')),
        path TEXT NOT NULL,
        fps TEXT
    )""",
    """CREATE TABLE operations (
        operation_id INTEGER PRIMARY KEY AUTOINCREMENT,
        task_id INTEGER NOT NULL REFERENCES tasks,
        kind TEXT NOT NULL CHECK (kind IN ('add', 'clear')),
        what TEXT NOT NULL,
        at TEXT NOT NULL,
        added INTEGER NOT NULL DEFAULT 0,
        changed INTEGER NOT NULL DEFAULT 0,
        removed INTEGER NOT NULL DEFAULT 0,
        undone INTEGER NOT NULL DEFAULT 0
    )""",
    """CREATE TABLE labels (
        label_id INTEGER PRIMARY KEY,
        task_id INTEGER NOT NULL REFERENCES tasks,
        source_id TEXT NOT NULL REFERENCES sources,
        place TEXT NOT NULL,
        class_name TEXT NOT NULL,
        start_seconds REAL,
        end_seconds REAL,
        frame_index INTEGER,
        group_name TEXT NOT NULL,
        read_where TEXT NOT NULL,
        added_by INTEGER NOT NULL REFERENCES operations,
        removed_by INTEGER REFERENCES operations
    )""",
    "CREATE UNIQUE INDEX labels_in_force ON labels (task_id, source_id, place, class_name) WHERE removed_by IS NULL",
    """CREATE TABLE exported_frames (
        source_id TEXT NOT NULL REFERENCES sources,
        name TEXT NOT NULL,
        digest TEXT NOT NULL,
        frame_index INTEGER NOT NULL,
        time_seconds REAL NOT NULL,
        end_seconds REAL NOT NULL,
        PRIMARY KEY (source_id, name, digest)
    )""",
    "CREATE INDEX exported_by_digest ON exported_frames (digest)",
    "CREATE INDEX exported_by_name ON exported_frames (name)",
)


def open_database(path: Path) -> sqlite3.Connection:
    """Open the store, and make it where there is none.

    Raises:
        LabelError: If the file is something else, or was written by a newer reelsift.
        OutputError: If it cannot be opened or made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder '{path.parent}': {error.strerror}") from None
    with plain_errors(path):
        # No implicit transactions (isolation_level=None): they begin and end where `transaction` says.
        connection = sqlite3.connect(path, timeout=_PATIENCE_SECONDS, isolation_level=None)
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            if _version(connection, path) == 0:
                _create(connection, path)
            _write_ahead(connection)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All that happens inside is written together, or, after any exception, not at all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def plain_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into one line that says which file and what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise OutputError(f"the labels in '{path}' are being changed by another program: try again") from None
        raise OutputError(f"cannot use the labels in '{path}': {error}") from None
    except sqlite3.DatabaseError as error:
        raise LabelError(f"'{path}' is damaged or is no store of labels: {error}") from None


def _version(connection: sqlite3.Connection, path: Path) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA_VERSION:
        raise LabelError(
            f"the labels in '{path}' were written by a newer reelsift (schema {version}; this one knows "
            f"{SCHEMA_VERSION}): upgrade reelsift"
        )
    return int(version)


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let readers go on while one writes. The file remembers it, and only asking is free, so ask first.

    The change needs the file for itself and does not wait for that: where somebody else is at work, the next to open
    the store makes it.
    """
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if mode != "wal":
        with contextlib.suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL")


def _create(connection: sqlite3.Connection, path: Path) -> None:
    with transaction(connection):
        if _version(connection, path) != 0:  # somebody else was quicker
            return
        if connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            raise LabelError(f"'{path}' is a database, but no store of labels")
        for statement in _SCHEMA:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
