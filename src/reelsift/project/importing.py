"""Importing labels: from what people sorted or wrote to labels on sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from reelsift.errors import LabelError, ReelsiftError
from reelsift.labels import (
    ColumnNames,
    ExportedFrame,
    Label,
    LabelRow,
    LabelStore,
    ManifestEntry,
    Problem,
    SourceRecord,
    TaskKind,
    entries_by_name,
    find_manifest,
    read_labels,
    read_manifest,
    resolve_conflicts,
)
from reelsift.media.sources import fingerprint_file, picture_id
from reelsift.project.layout import Layout, checked_task, record_of

__all__ = ["ImportResult", "import_labels"]


@dataclass(frozen=True)
class ImportResult:
    """What an import gave.

    Attributes:
        added: Labels that are new, or say something else than before.
        labels: Good labels that were read, those already there included.
        classes: How many of these there are of each class.
        films: How many of them are on films.
        problems: What was left out, and why; a line each.
    """

    task: str
    added: int
    labels: int
    classes: dict[str, int]
    films: int
    problems: tuple[Problem, ...]


def import_labels(
    layout: Layout,
    path: Path,
    *,
    task: str,
    kind: TaskKind = "single",
    root: Path | None = None,
    names: Mapping[str, str] | None = None,
    columns: ColumnNames | None = None,
    fps: Fraction | None = None,
) -> ImportResult:
    """Reads labels from a folder of class folders or a table, and keeps the good ones.

    Args:
        path: The folder or the table.
        task: What the labels answer.
        kind: Whether a frame has exactly one class or any number.
        root: Where the paths in a table count from; the table's folder if not given.
        names: New names of classes by the old.
        columns: Headers of a table that are not the usual ones.
        fps: Pictures a second, where a table labels intervals of a folder of pictures.

    Raises:
        SourceNotFoundError, LabelError: If there is nothing to read, or none of it is good.
    """
    checked_task(task)
    read = read_labels(path, root=root, names=names, columns=columns)
    problems = list(read.problems)
    with layout.labels() as store:
        resolver = _Resolver(layout, store, task=task, fps=fps)
        labels: list[Label] = []
        for row in read.rows:
            try:
                labels.append(resolver.label(row))
            except ReelsiftError as error:
                problems.append(Problem(row.where, str(error)))
        known = any(there.name == task for there in store.tasks())
        good, conflicts = resolve_conflicts(labels, kind=kind, existing=store.labels(task) if known else ())
        problems += conflicts
        if not good and not problems:
            raise LabelError(f"{path}: no labels in it")
        sources = [layout.settled(source) for source in resolver.sources.values()]
        added = store.add(good, task=task, kind=kind, sources=sources, what=f"import {path}")
    classes: dict[str, int] = {}
    for label in good:
        classes[label.class_name] = classes.get(label.class_name, 0) + 1
    films = sum(resolver.sources[label.source_id].kind == "film" for label in good)
    return ImportResult(task, added, len(good), dict(sorted(classes.items())), films, tuple(problems))


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
            return SourceRecord(picture_id(row.path), "picture", str(row.path))
        found = self._layout.sources([row.path], fps=self._fps)
        if len(found) != 1:
            raise LabelError(f"{row.path} holds {len(found)} films: a label is of one")
        return record_of(found[0], found[0].source_id)

    def _entries(self, manifest: Path) -> Mapping[str, ManifestEntry]:
        if manifest not in self._manifests:
            self._manifests[manifest] = entries_by_name(read_manifest(manifest))
        return self._manifests[manifest]
