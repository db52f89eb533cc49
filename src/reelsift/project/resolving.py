"""Tying labels as people wrote them to sources, by their content: for keeping them, and for scoring a model on them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from reelsift.errors import LabelError, ReelsiftError
from reelsift.filenames import is_table
from reelsift.labels import (
    ClipEntry,
    ExportedFrame,
    Label,
    LabelRow,
    LabelStore,
    ManifestEntry,
    Problem,
    ReadLabels,
    SourceRecord,
    TaskKind,
    entries_by_name,
    find_clip_tables,
    find_manifest,
    read_clips,
    read_manifest,
    resolve_conflicts,
)
from reelsift.media.sources import fingerprint_file, picture_id
from reelsift.project.layout import Layout, record_of

__all__ = ["ResolvedLabels", "resolve_labels"]


@dataclass(frozen=True)
class ResolvedLabels:
    """What was read, tied to sources.

    Attributes:
        labels: Those that can all be true together.
        sources: What they are of, by fingerprint.
        problems: What was left out, and why; a line each.
        stretches: How many rows are of clips that `split` wrote, and so label stretches of the films they come from.
        lost: Films that are not found, by what they were called, and how many rows are of clips of each. Such clips
            are sources of their own, and a group.
    """

    labels: tuple[Label, ...]
    sources: dict[str, SourceRecord]
    problems: tuple[Problem, ...]
    stretches: int = 0
    lost: Mapping[str, int] = field(default_factory=dict)


def resolve_labels(
    layout: Layout,
    store: LabelStore,
    read: ReadLabels,
    *,
    task: str,
    kind: TaskKind,
    existing: Iterable[Label] = (),
    fps: Fraction | None = None,
) -> ResolvedLabels:
    """Ties rows to sources by their content, and leaves out what contradicts each other; stores nothing.

    Args:
        store: Knows the pictures that were written from films.
        read: The rows, and what was wrong with others.
        task: What the labels answer.
        kind: Whether a frame has exactly one class or any number.
        existing: Labels that the new ones must agree with.
        fps: Pictures a second, where a folder of pictures is labelled in seconds, or where the labelled pictures are
            frames that follow each other.
    """
    resolver = _Resolver(layout, store, task=task, fps=fps)
    labels: list[Label] = []
    problems = list(read.problems)
    for row in read.rows:
        try:
            labels.append(resolver.label(row))
        except ReelsiftError as error:
            problems.append(Problem(row.where, str(error)))
    good, conflicts = resolve_conflicts(labels, kind=kind, existing=existing)
    return ResolvedLabels(good, resolver.sources, (*problems, *conflicts), resolver.stretches, resolver.lost)


class _Resolver:
    """Ties rows to sources by their content; remembers the sources it met."""

    def __init__(self, layout: Layout, store: LabelStore, *, task: str, fps: Fraction | None) -> None:
        self._layout, self._store, self._task, self._fps = layout, store, task, fps
        self.sources: dict[str, SourceRecord] = {}
        self.stretches = 0
        self.lost: dict[str, int] = {}
        self._manifests: dict[Path, Mapping[str, ManifestEntry]] = {}
        self._clip_tables: dict[Path, Mapping[str, list[ClipEntry]]] = {}
        self._found: dict[str, bool] = {}

    def label(self, row: LabelRow) -> Label:
        """Raises:
        ReelsiftError: If the file behind the row cannot be read.
        """
        if row.kind == "picture":
            frame = self._film_frame(row.path)
            if frame is not None:
                end = max(frame.time_seconds, frame.end_seconds)  # in damaged films a frame can end before it starts
                return self._make(row, frame.source_id, frame.time_seconds, end, frame.frame_index)
        if row.kind == "clip" and row.path.is_file():
            stretch = self._film_stretch(row.path)
            if isinstance(stretch, ExportedFrame):
                self.stretches += 1
                return self._make(row, stretch.source_id, stretch.time_seconds, stretch.end_seconds, None)
            if stretch is not None:
                film = Path(stretch.path).name
                self.lost[film] = self.lost.get(film, 0) + 1
                row = replace(row, group=row.group or stretch.source_id)
        source = self._source(row)
        self.sources[source.source_id] = source
        return self._make(row, source.source_id, row.start_seconds, row.end_seconds, None)

    def _make(self, row: LabelRow, source_id: str, start: float | None, end: float | None, index: int | None) -> Label:
        return Label(source_id, self._task, row.class_name or "", start, end, index, row.group, row.where)

    def _film_frame(self, picture: Path) -> ExportedFrame | None:
        """The frame of a film that a picture shows; `None` if it comes from none."""
        known = self._store.find_frame(picture.name, digest=fingerprint_file(picture))
        if known is not None:
            self.sources.setdefault(known.source_id, self._store.sources()[known.source_id])
            return known
        manifest = find_manifest(picture)
        entry = self._entries(manifest).get(picture.name) if manifest else None
        if manifest is None or entry is None:
            return None
        if entry.source_id not in self.sources:
            beside = manifest.parent / entry.source
            path = entry.source if Path(entry.source).exists() or not beside.exists() else str(beside)
            self.sources[entry.source_id] = SourceRecord(entry.source_id, "film", path)
        digest = fingerprint_file(picture)
        return ExportedFrame(
            picture.name, digest, entry.frame_index, entry.time_seconds, entry.end_seconds, entry.source_id
        )

    def _film_stretch(self, clip: Path) -> ExportedFrame | SourceRecord | None:
        """The stretch of a film that a clip shows: its first frame and where its last one ends.

        `None` if it comes from none; the film if that is gone: then the clip is all there is to learn from. A clip is
        known by its content alone, for one that was trimmed shows another stretch.
        """
        digest = fingerprint_file(clip)
        known = self._store.find_frame(clip.name, digest=digest)
        if known is not None and known.digest == digest and self._is_there(self._store.sources()[known.source_id]):
            return known if known.end_seconds > known.time_seconds else None
        entry = self._clip_entry(clip, digest)
        if entry is None or not entry.source_id or entry.end_seconds <= entry.start_seconds:
            return None if known is None or known.digest != digest else self._store.sources()[known.source_id]
        seen = self._store.sources().get(entry.source_id)
        beside = SourceRecord(entry.source_id, "film", entry.source)
        if not any(self._is_there(record) for record in (beside, seen) if record is not None):
            return beside
        start, end = entry.start_seconds, entry.end_seconds
        return ExportedFrame(clip.name, digest, entry.first_frame, start, end, entry.source_id)

    def _is_there(self, record: SourceRecord) -> bool:
        """Whether a film is where it was last seen; if so, it is one of the sources."""
        if record.source_id in self.sources:
            return True
        key = f"{record.source_id} {record.path}"
        if key not in self._found:
            self._found[key] = self._layout.find(record) is not None
        if self._found[key]:
            self.sources[record.source_id] = record
        return self._found[key]

    def _clip_entry(self, clip: Path, digest: str) -> ClipEntry | None:
        """What the tables near a clip know of it: of entries with its content the one of its name, else the nearest."""
        folder = clip.absolute().parent
        if folder not in self._clip_tables:
            entries: dict[str, list[ClipEntry]] = {}
            for table in find_clip_tables(clip):
                for entry in _clips_of(table, clip, digest):
                    beside = replace(entry, source=_plain(table.parent / entry.source))
                    entries.setdefault(entry.clip_id, []).append(beside)
            self._clip_tables[folder] = entries
        alike = self._clip_tables[folder].get(digest, [])
        return min(alike, key=lambda entry: Path(entry.file).name != clip.name, default=None)

    def _source(self, row: LabelRow) -> SourceRecord:
        if row.kind == "picture":
            return SourceRecord(picture_id(row.path), "picture", str(row.path), self._fps)
        if is_table(row.path):
            raise LabelError(f"{row.path} is a table: a label is of a picture, a film or a folder of pictures")
        found = self._layout.sources([row.path], fps=self._fps)
        if len(found) != 1:
            raise LabelError(f"{row.path} holds {len(found)} films: a label is of one")
        return record_of(found[0], found[0].source_id)

    def _entries(self, manifest: Path) -> Mapping[str, ManifestEntry]:
        if manifest not in self._manifests:
            self._manifests[manifest] = entries_by_name(read_manifest(manifest))
        return self._manifests[manifest]


def _clips_of(table: Path, clip: Path, digest: str) -> tuple[ClipEntry, ...]:
    """What a table says; nothing if it is damaged, and is not above the clip and does not name it either."""
    try:
        return read_clips(table)
    except LabelError:
        if table.parent in clip.absolute().parents or digest in table.read_text(encoding="utf-8", errors="replace"):
            raise
        return ()


def _plain(path: Path) -> str:
    """A path without detours, from the current folder where it leads below that: `film.mp4` of `/x/clips/../film.mp4`.

    Behind a link `..` leads elsewhere; then the path stays as it is.
    """
    straight = Path(os.path.normpath(path))
    if not straight.exists():
        return str(path)
    return str(straight.relative_to(Path.cwd()) if straight.is_relative_to(Path.cwd()) else straight)
