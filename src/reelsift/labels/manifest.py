"""The manifest that `reelsift frames` leaves beside the pictures it writes: which is which frame of which film."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath

from reelsift.labels.csvfile import format_csv, has_columns, read_entries, write_whole
from reelsift.labels.times import parse_time

__all__ = ["MANIFEST_NAME", "ManifestEntry", "entries_by_name", "find_manifest", "read_manifest", "write_manifest"]

MANIFEST_NAME = "manifest.csv"
_COLUMNS = ("file", "source", "source_id", "frame_index", "time_seconds", "end_seconds")
_FOLDERS_ABOVE = 3


@dataclass(frozen=True)
class ManifestEntry:
    """One picture and the frame it shows.

    Attributes:
        file: The picture, relative to the manifest.
        source: The film, as the user gave it.
        source_id: The film's fingerprint.
        frame_index: The frame, 0-based in display order.
        time_seconds: The frame's time stamp.
        end_seconds: Where the frame ends.
    """

    file: str
    source: str
    source_id: str
    frame_index: int
    time_seconds: float
    end_seconds: float


def find_manifest(picture: Path) -> Path | None:
    """The manifest nearest to a picture: in its own folder, or up to three folders above.

    Files of the same name that somebody else wrote are passed over.
    """
    folder = picture.absolute().parent
    for above in (folder, *folder.parents[:_FOLDERS_ABOVE]):
        candidate = above / MANIFEST_NAME
        if has_columns(candidate, _COLUMNS):
            return candidate
    return None


def read_manifest(path: Path) -> tuple[ManifestEntry, ...]:
    """Read a manifest, its lines in their order.

    Raises:
        SourceNotFoundError: If there is no such file.
        LabelError: If it is not a manifest, or a line of it cannot be read; the message names the line.
    """
    return read_entries(path, _COLUMNS, make=_entry, what="a manifest of frames", writer="reelsift frames")


def _entry(file: str, source: str, source_id: str, index: str, time: str, end: str) -> ManifestEntry:
    return ManifestEntry(file, source, source_id, int(index), parse_time(time), parse_time(end))


def write_manifest(path: Path, entries: Iterable[ManifestEntry]) -> None:
    """Write a manifest, in place of one that is there.

    Raises:
        OutputError: If it cannot be written; what was there before is still there.
    """
    rows = (
        (x.file, x.source, x.source_id, int(x.frame_index), repr(float(x.time_seconds)), repr(float(x.end_seconds)))
        for x in entries
    )
    write_whole(path, format_csv(_COLUMNS, rows))


def entries_by_name(entries: Iterable[ManifestEntry]) -> dict[str, ManifestEntry]:
    """Entries by the picture's file name, in whatever folder it lies now; names that two have are left out."""
    found: dict[str, ManifestEntry] = {}
    ambiguous: set[str] = set()
    for entry in entries:
        name = PurePath(entry.file).name
        if name in found:
            ambiguous.add(name)
        found[name] = entry
    return {name: entry for name, entry in found.items() if name not in ambiguous}
