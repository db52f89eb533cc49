"""The journal of a folder that clips were sorted into: what was about to be done, and what came of it.

One JSON object a line. A step is written, and written to the disk, before anything is done; its outcome after. Who
opens a journal that ends with steps without an outcome can tell from the files how far they came (`sort_steps.py`).
Places within the folder are kept relative to it, so that it may be moved.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from reelsift.actions.sort_files import sync_folder
from reelsift.errors import OutputError, SourceNotFoundError
from reelsift.output import writing_problem

__all__ = ["JOURNAL", "Clip", "Journal", "Kind", "Step", "open_journal", "read_journal"]

JOURNAL = ".reelsift-sort.jsonl"
Kind = Literal["link", "copy", "move", "remove"]
_VERSION = 1


@dataclass(frozen=True)
class Step:
    """One thing to be done with a clip.

    Attributes:
        number: Steps are counted from 1.
        kind: Make a link, copy, move, or remove.
        clip: Number of the clip: of the step that brought it here.
        old: What is linked to, copied, moved or removed.
        new: Where it goes; of `remove` the hidden name under which it goes.
        beside: Hidden name under which a copy is written first.
        identity: Of `old` before.
        link_text: Of a link that is made anew: what it says.
        ready: Identity of what lies `beside`, once it is complete and about to be named `new`.
    """

    number: int
    kind: Kind
    clip: int
    old: Path
    new: Path
    beside: Path
    identity: str
    link_text: str | None = None
    ready: str | None = None


@dataclass(frozen=True)
class Clip:
    """A clip that was brought here.

    Attributes:
        number: Which.
        by: How.
        source: Where it came from.
        source_identity: What it was there; of a copy that of the content.
        place: Where it is now.
        place_identity: What it was when it was put there.
    """

    number: int
    by: Kind
    source: Path
    source_identity: str
    place: Path
    place_identity: str


class Journal:
    """The open journal of a folder; nobody else has it open.

    Attributes:
        into: The folder.
        clips: What is here, by number.
        pending: Steps without an outcome.
        folders: What was made here, relative to it, and may be removed when it is empty.
        made: Whether `into` itself was made for this.
    """

    def __init__(self, into: Path, file: int) -> None:
        self.into = into
        self.clips: dict[int, Clip] = {}
        self.pending: dict[int, Step] = {}
        self.folders: list[str] = []
        self.made = False
        self._file = file
        self._owed = b""
        self._torn = False
        self._steps = 0
        self._length = self._read()

    def start(self, *, made: bool) -> None:
        """Begins an empty journal."""
        self.made = made
        if self._length == 0:
            self._write({"reelsift_sort": _VERSION, "made": made})

    def make_folder(self, folder: str) -> None:
        """Makes a folder within `into`, and those it lies in."""
        for name in [*[str(parent) for parent in Path(folder).parents][-2::-1], folder]:
            if not (self.into / name).is_dir():
                # First the line: a folder that nobody claims would stay for ever.
                self._write({"folder": name})
                self.folders.append(name)
                with suppress(FileExistsError):
                    (self.into / name).mkdir()

    def begin(self, step: Step) -> Step:
        """Writes to the disk what is about to be done; gives the step with its number."""
        number = self._steps + 1
        step = replace(step, number=number, clip=step.clip or number)
        record = {"step": number, "kind": step.kind, "clip": step.clip, "identity": step.identity}
        places = {"old": self._within(step.old), "new": self._within(step.new), "beside": self._within(step.beside)}
        self._write({**record, **places, **({"text": step.link_text} if step.link_text is not None else {})})
        self._steps = number
        self.pending[number] = step
        return step

    def ready(self, step: Step, identity: str) -> Step:
        """What is beside is complete."""
        self._write({"ready": step.number, "identity": identity})
        step = self.pending[step.number] = replace(step, ready=identity)
        return step

    def end(self, step: Step, *, identity: str | None, reason: str = "") -> None:
        """Writes what came of a step.

        Args:
            step: Which.
            identity: Of what is at its new place now; `None` if it was not done.
            reason: Why it was not.
        """
        record = {"done": step.number, "identity": identity} if identity is not None else {"not": step.number}
        self._apply(record)
        # It is done already: where the disk is full its line waits for the next one, or for whoever reads the step.
        self._write({**record, **({"reason": reason} if reason else {})}, must=False)

    def forget(self, clip: Clip) -> None:
        """A clip is not here any more, by the user's own doing."""
        self.clips.pop(clip.number, None)
        self._write({"gone": clip.number}, must=False)

    def remove_folders(self) -> dict[Path, OutputError]:
        """Removes what was made and is empty; gives the folders that are empty and cannot be removed, and why."""
        problems: dict[Path, OutputError] = {}
        for name in sorted(set(self.folders), key=lambda name: -len(Path(name).parts)):
            folder = self.into / name
            try:
                with writing_problem(folder):
                    if folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()):
                        folder.rmdir()
            except OutputError as error:
                problems[folder] = error
        return problems

    def close_for_good(self) -> None:
        """Removes the journal, and `into` if it was made for it and is empty.

        Raises:
            OutputError: If it cannot be removed.
        """
        path = self.into / JOURNAL
        with writing_problem(path):
            path.unlink()
        if self.made:
            with suppress(OSError):
                self.into.rmdir()

    def _within(self, place: Path) -> str:
        return str(place.relative_to(self.into) if place.is_relative_to(self.into) else place)

    def _write(self, record: dict[str, Any], *, must: bool = True) -> None:
        """Appends a line, once an unfinished one before it was taken back.

        Args:
            record: What it says.
            must: Whether it must be on the disk before anything else is done, with all before it. Outcomes need not:
                who finds a step without one asks the files.
        """
        line = self._owed + json.dumps(record).encode("ascii") + b"\n"
        try:
            with writing_problem(self.into / JOURNAL):
                if self._torn:
                    os.ftruncate(self._file, self._length)
                self._torn = True
                rest = memoryview(line)
                while rest:
                    rest = rest[os.write(self._file, rest) :]
                if must:
                    os.fsync(self._file)
                self._torn = False
        except OutputError:
            if must:
                raise
            self._owed = line
            return
        self._owed = b""
        self._length += len(line)

    def _read(self) -> int:
        """Reads what there is, leaves out an unfinished last line; gives the length of the rest in bytes."""
        content = b""
        with os.fdopen(os.dup(self._file), "rb") as reading:
            reading.seek(0)
            content = reading.read()
        complete = content.rfind(b"\n") + 1
        for number, line in enumerate(content[:complete].splitlines(), start=1):
            try:
                record = json.loads(line)
                if number == 1 and record["reelsift_sort"] != _VERSION:
                    raise ValueError
                self._apply(record)
            except (ValueError, KeyError, TypeError, AttributeError):
                said = "was changed or written by another version; nothing was done"
                raise OutputError(f"{self.into / JOURNAL}: line {number} cannot be read: it {said}") from None
        self._torn = complete < len(content)
        return complete

    def _apply(self, record: dict[str, Any]) -> None:
        if "reelsift_sort" in record:
            self.made = bool(record["made"])
        elif "folder" in record:
            self.folders.append(record["folder"])
        elif "step" in record:
            places = {name: self.into / record[name] for name in ("old", "new", "beside")}
            step = Step(
                record["step"], record["kind"], record["clip"], **places, identity=record["identity"],
                link_text=record.get("text"),
            )  # fmt: skip
            self._steps = step.number
            self.pending[step.number] = step
        elif "ready" in record:
            self.pending[record["ready"]] = replace(self.pending[record["ready"]], ready=record["identity"])
        elif "not" in record:
            del self.pending[record["not"]]
        elif "done" in record:
            self._apply_done(self.pending.pop(record["done"]), record["identity"])
        else:
            self.clips.pop(record["gone"], None)

    def _apply_done(self, step: Step, identity: str) -> None:
        clip = self.clips.get(step.clip)
        if clip is None:
            self.clips[step.clip] = Clip(step.clip, step.kind, step.old, step.identity, step.new, identity)
        elif step.kind == "remove" or step.new == clip.source:
            del self.clips[step.clip]
        else:
            # What the user changed at the old place is what the user changed at the new one.
            same = step.identity == clip.place_identity
            self.clips[step.clip] = replace(
                clip, place=step.new, place_identity=identity if same else clip.place_identity
            )


@contextmanager
def open_journal(into: Path, *, make: bool) -> Iterator[Journal]:
    """Opens a folder's journal, for this process alone.

    Args:
        into: The folder, without links in its path.
        make: Whether a journal that is not there is begun.

    Raises:
        SourceNotFoundError: If there is none and none is made.
        OutputError: If another run has it open, or if it cannot be read or written.
    """
    path = into / JOURNAL
    while True:
        try:
            with writing_problem(path):
                file = os.open(path, os.O_RDWR | os.O_APPEND | (os.O_CREAT if make else 0), 0o666)
        except OutputError:
            if not make and not os.path.lexists(path):
                raise SourceNotFoundError(f"{into}: nothing was sorted into this folder, or it was undone") from None
            raise
        try:
            _lock(file, into)
            # Whoever held the lock before may have removed the file that was opened here.
            if path.exists() and os.path.samestat(os.fstat(file), path.stat()):
                if make:
                    sync_folder(into)
                yield Journal(into, file)
                return
        finally:
            with suppress(OSError):
                os.fsync(file)
            os.close(file)


def read_journal(into: Path) -> Journal:
    """What a folder's journal says now, to look at only; somebody else may have it open.

    Raises:
        OutputError: If it cannot be read.
    """
    with writing_problem(into / JOURNAL):
        file = os.open(into / JOURNAL, os.O_RDONLY)
        try:
            return Journal(into, file)
        finally:
            os.close(file)


def _lock(file: int, into: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # Some network disks have no locks; then nobody is kept away.
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            raise OutputError(
                f"{into}: another run sorts into this folder right now; wait until it has ended"
            ) from None
