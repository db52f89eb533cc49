"""Outputs that are being written: noted in the project, so that what a killed run left beside them is found again."""

from __future__ import annotations

import json
import os
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from reelsift.project.layout import Layout

__all__ = ["forget_killed", "is_written_to", "left_by_killed", "noted"]

_ONE_DAY_SECONDS = 86_400


@contextmanager
def noted(layout: Layout, *outputs: Path | None) -> Iterator[None]:
    """Notes, as long as the block runs, that the project and these files and folders are being written to."""
    note = layout.folder / "writing" / f"{uuid.uuid4().hex}.json"
    names = [str(output.absolute()) for output in outputs if output is not None]
    with suppress(OSError):  # a note that cannot be kept is no reason not to do the work
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(json.dumps({"process": os.getpid(), "outputs": names}), encoding="utf-8")
    try:
        yield
    finally:
        with suppress(OSError):
            note.unlink(missing_ok=True)


def is_written_to(layout: Layout) -> bool:
    """Whether a run that is not over yet has noted that it writes."""
    return len(list(_notes(layout))) > len(list(_of_killed(layout)))


def left_by_killed(layout: Layout) -> list[Path]:
    """The hidden files and folders that runs which are no more left beside their outputs."""
    left: set[Path] = set()
    for _, outputs in _of_killed(layout):
        for output in outputs:
            with suppress(OSError):
                left.update(entry for entry in output.parent.iterdir() if _is_beside(entry.name, output))
    return sorted(left)


def forget_killed(layout: Layout) -> None:
    """Drops the notes of runs that are no more."""
    for note, _ in _of_killed(layout):
        note.unlink(missing_ok=True)


def _of_killed(layout: Layout) -> Iterator[tuple[Path, list[Path]]]:
    for note in _notes(layout):
        try:
            values = json.loads(note.read_text(encoding="utf-8"))
            process, outputs = int(values["process"]), [Path(name) for name in values["outputs"]]
            changed = note.stat().st_mtime
        except FileNotFoundError:
            continue  # its run has just ended
        except (OSError, ValueError, KeyError, TypeError):
            yield note, []
            continue
        if not _is_running(process, changed):
            yield note, outputs


def _notes(layout: Layout) -> Iterator[Path]:
    return (layout.folder / "writing").glob("*.json")


def _is_beside(name: str, output: Path) -> bool:
    """Whether `media.output` would give this name to what it writes before it renames it to `output`."""
    return any(
        re.fullmatch(rf"\.{re.escape(stem[:100])}\.[0-9a-f]{{8}}{re.escape(suffix)}", name) is not None
        for stem, suffix in ((output.stem, output.suffix), (output.name, ""))
    )


def _is_running(process: int, noted_seconds: float) -> bool:
    if os.name == "nt":  # no signal asks without harm there
        return time.time() - noted_seconds < _ONE_DAY_SECONDS
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
