"""What a run of `split` has done so far, in a hidden file beside its clips, so that another can go on."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from reelsift.actions.split import Place, SplitClip
from reelsift.errors import LabelError, OutputExistsError
from reelsift.labels import CLIPS_NAME, ClipEntry, read_clips, write_clips
from reelsift.media.sources import FilmSource, fingerprint_file
from reelsift.output import writing_problem
from reelsift.specs import SplitSpec

__all__ = ["ClipNames", "SplitJournal"]

_STEM_BYTES = 200  # most systems take names of 255 bytes


@dataclass(frozen=True)
class ClipNames:
    """Names of a film's clips: `film_0001.mp4`, ..., in order also where names are sorted as text.

    Attributes:
        folder: Where the clips are.
        stem: What all names begin with.
        digits: How many digits each number has at least.
    """

    folder: Path
    stem: str
    digits: int

    @classmethod
    def of(cls, source: FilmSource, *, folder: Path, digits: int) -> ClipNames:
        stem = source.path.stem.encode(errors="surrogateescape")[:_STEM_BYTES].decode(errors="ignore")
        return cls(folder, stem or "film", digits)

    def __call__(self, number: int) -> Path:
        """Where the clip of a number (0, 1, 2, ...) goes; people count from 1."""
        return self.folder / f"{self.stem}_{number + 1:0{self.digits}d}.mp4"

    def there(self) -> list[str]:
        """Names of the clips that lie in the folder, of this film or another of the same name."""
        pattern = re.compile(re.escape(self.stem) + r"_[0-9]{4,}\.mp4")
        return [entry.name for entry in self.folder.glob("*.mp4") if pattern.fullmatch(entry.name)]


@dataclass
class SplitJournal:
    """The clips that are whole, and what is to be done when all are.

    The file has a line of JSON for the settings and one for each clip. A line that was cut off by a crash is passed
    over, and its clip written again.

    Attributes:
        path: The hidden file; there from the first clip on until `finish`.
        entries: The clips so far.
        place: Where the next one begins.
        notes: What was said of them.
        problems: What could not be read of the film.
    """

    path: Path
    source: FilmSource
    names: ClipNames
    settings: dict[str, Any]
    stale: list[str] = field(default_factory=list)
    entries: list[ClipEntry] = field(default_factory=list)
    place: Place | None = None
    notes: list[str] = field(default_factory=list)
    problems: str = ""
    _lines: list[str] = field(default_factory=list)
    _rises: bool = True

    @classmethod
    def opened(cls, source: FilmSource, names: ClipNames, *, spec: SplitSpec, overwrite: bool) -> SplitJournal:
        """The journal of an earlier run with the same settings that was stopped, else a new one.

        Raises:
            OutputExistsError: If the folder holds clips of a film of this name, or of this film, and they may not be
                replaced.
        """
        settings = {"source_id": source.source_id, **asdict(spec), "seconds": str(spec.seconds)}
        journal = cls(names.folder / f".{names.stem}.split", source, names, settings)
        if journal._go_on():
            return journal
        own = [entry.file for entry in _table(names.folder) if entry.source_id == source.source_id]
        journal.stale = sorted({*names.there(), *own})
        if journal.stale and not overwrite:
            what = "clips of an unfinished run with other settings" if journal.path.exists() else "clips already"
            raise OutputExistsError(
                f"{names.folder}: holds {what} ({journal.stale[0]}, ...); add --overwrite to replace them"
            )
        return journal

    def add(self, clip: SplitClip, *, notes: Sequence[str]) -> None:
        """Notes a clip that is whole."""
        if not self.entries:
            self._begin()
        start = os.path.relpath(self.source.path.absolute(), self.names.folder.absolute())
        entry = ClipEntry(
            clip.path.name, start, self.settings["source_id"], clip.first_frame, clip.end_frame, clip.start_seconds,
            clip.end_seconds, fingerprint_file(clip.path),
        )  # fmt: skip
        size = clip.path.stat().st_size
        said = {"entry": asdict(entry), "end": asdict(clip.end), "rises": clip.rises, "bytes": size, "notes": [*notes]}
        with writing_problem(self.path), self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**said, "problems": clip.damage}) + "\n")
        self._take(said | {"problems": clip.damage})

    def finish(self) -> tuple[ClipEntry, ...]:
        """Writes the table, removes clips of an earlier run that have not been replaced, and then the journal.

        Where time stamps run backwards the clips are those of no film: a time in it would not name one stretch.
        """
        source_id = self.settings["source_id"] if self._rises else ""
        entries = tuple(replace(entry, source_id=source_id) for entry in self.entries)
        written = {entry.file for entry in entries}
        others = [entry for entry in _table(self.names.folder) if entry.file not in written | set(self.stale)]
        write_clips(self.names.folder / CLIPS_NAME, (*others, *entries))
        for name in set(self.stale) - written:
            with writing_problem(self.names.folder / name):
                (self.names.folder / name).unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)
        return entries

    def _begin(self) -> None:
        """Writes the first line; clips that are to be replaced are those of no film from now on."""
        with writing_problem(self.path):
            first = json.dumps({"settings": self.settings, "stale": self.stale})
            self.path.write_text(first + "\n", encoding="utf-8")
        known = _table(self.names.folder)
        left = [entry for entry in known if entry.file not in self.stale]
        if len(left) < len(known):
            write_clips(self.names.folder / CLIPS_NAME, left)

    def _go_on(self) -> bool:
        """Takes over what an earlier run with the same settings wrote; says whether there was one."""
        try:
            lines = [json.loads(line) for line in _whole_lines(self.path)]
        except (OSError, ValueError):
            return False
        if not lines or lines[0].get("settings") != self.settings:
            return False
        self.stale = lines[0]["stale"]
        for said in lines[1:]:
            path = self.names.folder / said["entry"]["file"]
            if path != self.names(len(self.entries)) or not path.is_file() or path.stat().st_size != said["bytes"]:
                break
            self._take(said)
        # Without what comes behind the first clip that is missing.
        text = "".join(json.dumps(line) + "\n" for line in lines[: 1 + len(self.entries)])
        with writing_problem(self.path):
            self.path.write_text(text, encoding="utf-8")
        return True

    def _take(self, said: dict[str, Any]) -> None:
        entry = ClipEntry(**said["entry"])
        # A clip begins where the one before ends; before that only where time stamps run backwards.
        self._rises &= said["rises"] and (not self.entries or entry.start_seconds >= self.entries[-1].end_seconds)
        self.entries.append(entry)
        self.place = Place(**said["end"])
        self.notes += [note for note in said["notes"] if note not in self.notes]
        self.problems = said["problems"] or self.problems


def _whole_lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").split("\n")
    return lines[:-1]  # the last one ends in nothing, or is cut off


def _table(folder: Path) -> tuple[ClipEntry, ...]:
    """What the table in a folder says; nothing where there is none, or one that somebody else wrote."""
    with suppress(LabelError, FileNotFoundError):
        return read_clips(folder / CLIPS_NAME)
    return ()
