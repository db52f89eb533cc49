"""The manifest that `reelsift frames` leaves beside the pictures it writes: which is which frame of which film."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath

from reelsift.errors import LabelError
from reelsift.labels.csvfile import format_csv, read_csv, write_whole
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
        if candidate.is_file() and _is_manifest(candidate):
            return candidate
    return None


def read_manifest(path: Path) -> tuple[ManifestEntry, ...]:
    """Read a manifest, its lines in their order.

    Raises:
        SourceNotFoundError: If there is no such file.
        LabelError: If it is not a manifest, or a line of it cannot be read; the message names the line.
    """
    table = read_csv(path)
    if not set(_COLUMNS) <= set(table.header):
        raise LabelError(f"'{path}' is not a manifest of frames: its first line should be {','.join(_COLUMNS)}")
    if table.problems:
        raise LabelError(f"'{path}': {table.problems[0]}")
    positions = [table.header.index(column) for column in _COLUMNS]
    entries = []
    for record in table.records:
        file, source, source_id, index, time, end = (record.cells[position] for position in positions)
        try:
            entries.append(ManifestEntry(file, source, source_id, int(index), parse_time(time), parse_time(end)))
        except ValueError:  # a LabelError is one too
            raise LabelError(f"'{path}' line {record.line} is not what 'reelsift frames' writes") from None
    return tuple(entries)


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


def _is_manifest(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8-sig") as lines:
            return set(_COLUMNS) <= {cell.strip().strip('"') for cell in lines.readline(1000).split(",")}
    except (OSError, UnicodeDecodeError):
        return False
