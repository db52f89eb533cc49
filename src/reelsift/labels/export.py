"""Labels back to a CSV that `read_table` reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from reelsift.labels.csvfile import format_csv, write_whole
from reelsift.labels.records import Label, SourceRecord

__all__ = ["format_labels", "write_labels"]

_COLUMNS = ("source", "start", "end", "label", "group")


def format_labels(labels: Iterable[Label], *, sources: Mapping[str, SourceRecord], folder: Path | None = None) -> str:
    """Labels as the text of a CSV: `source,start,end,label,group`, in the order given.

    Times are in seconds, with all their digits; both are empty where the label is of the whole source.

    Args:
        labels: What to write.
        sources: The labels' sources by fingerprint, as `LabelStore.sources` gives them.
        folder: The folder the text will be read from: sources below it are named relative to it, others by their
            absolute path. `None` leaves the paths as the user gave them.
    """
    rows = [(_path(sources[x.source_id].path, folder), *_times(x), x.class_name, x.group) for x in labels]
    return format_csv(_COLUMNS, rows)


def write_labels(path: Path, labels: Iterable[Label], *, sources: Mapping[str, SourceRecord]) -> None:
    """Write labels to a CSV, in place of what is there; importing it again gives the same labels.

    Raises:
        OutputError: If it cannot be written; what was there before is still there.
    """
    write_whole(path, format_labels(labels, sources=sources, folder=path.parent))


def _path(source: str, folder: Path | None) -> str:
    if folder is None:
        return source
    absolute = Path(source).absolute()
    base = folder.absolute()
    return str(absolute.relative_to(base) if absolute.is_relative_to(base) else absolute)


def _times(label: Label) -> tuple[str, str]:
    if label.start_seconds is None or label.end_seconds is None:
        return "", ""
    return repr(float(label.start_seconds)), repr(float(label.end_seconds))
