"""The table that `reelsift split` leaves beside its clips: which is which stretch of which film."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from reelsift.labels.csvfile import format_csv, has_columns, read_entries, write_whole
from reelsift.labels.times import parse_time

__all__ = ["CLIPS_NAME", "ClipEntry", "find_clip_tables", "is_clip_table", "read_clips", "write_clips"]

CLIPS_NAME = "clips.csv"
_COLUMNS = ("file", "source", "source_id", "first_frame", "end_frame", "start_seconds", "end_seconds", "clip_id")
_FOLDERS_ABOVE = 3


@dataclass(frozen=True)
class ClipEntry:
    """One clip and the stretch of a film it shows.

    Attributes:
        file: The clip, relative to the table.
        source: The film, relative to the table, or as the user gave it.
        source_id: The film's fingerprint; empty where its time stamps run backwards, so that times name no stretch.
        first_frame: The first frame, 0-based in display order.
        end_frame: The frame behind the last one.
        start_seconds: Time stamp of the first frame.
        end_seconds: Where the last frame ends.
        clip_id: Fingerprint of the clip, by which it is known wherever it is moved to, under whatever name.
    """

    file: str
    source: str
    source_id: str
    first_frame: int
    end_frame: int
    start_seconds: float
    end_seconds: float
    clip_id: str


def find_clip_tables(clip: Path) -> Iterator[Path]:
    """The tables that may know a clip, nearest first.

    They lie in its own folder or up to three folders above; or in a folder beside one of these, as where the clips of
    `clips/` were moved to `sport/train/football/`. Files of the same name that somebody else wrote are passed over.
    """
    folder = clip.absolute().parent
    above = (folder, *folder.parents[:_FOLDERS_ABOVE])
    places = [place / CLIPS_NAME for place in above]
    places += [table for place in above for table in sorted(_beside(place))]
    yield from (place for place in dict.fromkeys(places) if is_clip_table(place))


def read_clips(path: Path) -> tuple[ClipEntry, ...]:
    """Read a table of clips, its lines in their order.

    Raises:
        SourceNotFoundError: If there is no such file.
        LabelError: If it is no table of clips, or a line of it cannot be read; the message names the line.
    """
    return read_entries(path, _COLUMNS, make=_entry, what="a table of clips", writer="reelsift split")


def _entry(
    file: str, source: str, source_id: str, first: str, end: str, start_time: str, end_time: str, clip_id: str
) -> ClipEntry:
    times = parse_time(start_time), parse_time(end_time)
    return ClipEntry(file, source, source_id, int(first), int(end), *times, clip_id)


def write_clips(path: Path, entries: Iterable[ClipEntry]) -> None:
    """Write a table of clips, in place of one that is there.

    Raises:
        OutputError: If it cannot be written; what was there before is still there.
    """
    rows = (
        (x.file, x.source, x.source_id, x.first_frame, x.end_frame, repr(float(x.start_seconds)),
         repr(float(x.end_seconds)), x.clip_id)
        for x in entries
    )  # fmt: skip
    write_whole(path, format_csv(_COLUMNS, rows))


def _beside(folder: Path) -> Iterator[Path]:
    try:
        yield from folder.glob(f"*/{CLIPS_NAME}")
    except OSError:  # a folder that may not be listed holds nothing for us
        return


def is_clip_table(path: Path) -> bool:
    """Whether the first line of a file is that of a table of clips."""
    return has_columns(path, _COLUMNS)
