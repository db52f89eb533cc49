"""Tying labels as people wrote them to sources, by their content: for keeping them, and for scoring a model on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from reelsift.errors import LabelError, ReelsiftError
from reelsift.filenames import is_table
from reelsift.labels import (
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
    find_manifest,
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
    """

    labels: tuple[Label, ...]
    sources: dict[str, SourceRecord]
    problems: tuple[Problem, ...]


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
    return ResolvedLabels(good, resolver.sources, (*problems, *conflicts))


class _Resolver:
    """Ties rows to sources by their content; remembers the sources it met."""

    def __init__(self, layout: Layout, store: LabelStore, *, task: str, fps: Fraction | None) -> None:
        self._layout, self._store, self._task, self._fps = layout, store, task, fps
        self.sources: dict[str, SourceRecord] = {}
        self._manifests: dict[Path, Mapping[str, ManifestEntry]] = {}

    def label(self, row: LabelRow) -> Label:
        """Raises:
        ReelsiftError: If the file behind the row cannot be read.
        """
        if row.kind == "picture":
            frame = self._film_frame(row.path)
            if frame is not None:
                end = max(frame.time_seconds, frame.end_seconds)  # in damaged films a frame can end before it starts
                return self._make(row, frame.source_id, frame.time_seconds, end, frame.frame_index)
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
