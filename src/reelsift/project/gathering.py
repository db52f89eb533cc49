"""Gathering: labelled frames with their features, from the index where it has them, else looked at one by one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reelsift.errors import LabelError, ReelsiftError, SourceNotFoundError
from reelsift.features.loose import extract_loose
from reelsift.features.store import IndexedSource
from reelsift.filenames import natural_key
from reelsift.labels import Label, SourceRecord, TaskKind
from reelsift.media.sources import Source
from reelsift.project.indexing import Progress, complete, fitting_records, for_source, silent
from reelsift.project.layout import Layout
from reelsift.specs import IndexSpec, Sampling

if TYPE_CHECKING:
    from reelsift.models import Examples

__all__ = ["Wanted", "gather_examples", "loose_rows"]

_ANY = Sampling(Fraction(1, 1_000_000))


@dataclass(frozen=True)
class Wanted:
    """A labelled frame whose features no index has, to be looked at by itself; the time of a picture is 0."""

    source_id: str
    time_seconds: float


@dataclass(eq=False)
class _Rows:
    """Labelled frames as they are gathered, a row each; where several classes can be true, a frame has one row."""

    spec: IndexSpec
    kind: TaskKind
    views: list[dict[str, Any]] = field(default_factory=list)
    class_names: list[set[str]] = field(default_factory=list)
    source_ids: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    _places: dict[tuple[str, int], int] = field(default_factory=dict)

    def add(self, label: Label, time_seconds: float, views: dict[str, Any]) -> None:
        """Adds a labelled frame, or the class to a frame that is there."""
        place = self._places.setdefault((label.source_id, round(time_seconds * 1e6)), len(self.views))
        if self.kind == "multi" and place < len(self.views):
            self.class_names[place].add(label.class_name)
            return
        self.views.append(views)
        self.class_names.append({label.class_name})
        self.source_ids.append(label.source_id)
        self.times.append(time_seconds)
        self.groups.append(label.group)


def gather_examples(
    layout: Layout,
    labels: Sequence[Label],
    sources: dict[str, SourceRecord],
    *,
    spec: IndexSpec,
    classes: Sequence[str],
    kind: TaskKind = "single",
    on_progress: Progress = silent,
) -> tuple[Examples, tuple[str, ...]]:
    """The labelled frames with their features, computed where they are missing.

    Frames inside labelled intervals come from the index of the film; single labelled frames and pictures that no index
    has are looked at by themselves.

    Args:
        classes: Names of the classes. In a `multi` task, frames with labels of none of them show none of them.
        kind: Whether a frame has one class or any number.

    Returns:
        The examples, and what could not be read, a line each.
    """
    problems: list[str] = []
    rows = _Rows(spec, kind)
    loose: list[tuple[Label, Wanted]] = []
    by_source: dict[str, list[Label]] = {}
    for label in labels:
        by_source.setdefault(label.source_id, []).append(label)
    for source_id, its_labels in by_source.items():
        record = sources[source_id]
        if record.kind == "picture":
            loose += [(label, Wanted(source_id, 0.0)) for label in its_labels]
            continue
        try:
            loose += _from_index(layout, record, its_labels, rows, on_progress)
        except ReelsiftError as error:
            problems.append(str(error))
    problems += _from_loose(layout, loose, sources, rows, on_progress)
    if not rows.views:
        raise LabelError("none of the labelled sources can be read: " + "; ".join(problems[:3]))
    return _examples(rows, sources, classes=list(classes)), tuple(problems)


def _from_index(
    layout: Layout, record: SourceRecord, labels: Sequence[Label], rows: _Rows, on_progress: Progress
) -> list[tuple[Label, Wanted]]:
    """Adds the rows that the index of a source has; gives the labels whose frames it does not have."""
    spec, source_id = rows.spec, record.source_id
    views = spec.views
    sampled = any(not label.is_frame for label in labels)
    densest = fitting_records(layout, source_id, spec=spec, views=views, at_least=None if sampled else _ANY)
    if densest is None and sampled:
        source = layout.open(record)
        densest, _ = complete(layout, source, for_source(spec, source), on_progress=on_progress)
    if densest is None:
        return [(label, Wanted(source_id, label.start_seconds or 0.0)) for label in labels]
    index = layout.features.read(densest)
    missing: list[tuple[Label, Wanted]] = []
    taken: set[int] = set()
    for label in labels:
        found = _rows_of(label, index)
        if not found.size:
            middle = ((label.start_seconds or 0.0) + (label.end_seconds or 0.0)) / 2
            missing.append((label, Wanted(source_id, label.start_seconds or 0.0 if label.is_frame else middle)))
        for row in found.tolist():
            if row not in taken or rows.kind == "multi":
                taken.add(row)
                rows.add(label, float(index.times_seconds[row]), {view: index.views[view][row] for view in views})
    return missing


def _rows_of(label: Label, index: IndexedSource) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Row numbers of the samples a label speaks of."""
    if label.is_frame:
        return np.flatnonzero(index.frame_indexes == label.frame_index)
    if label.start_seconds is None or label.end_seconds is None:
        return np.arange(len(index.frame_indexes))
    return np.flatnonzero((index.times_seconds >= label.start_seconds) & (index.times_seconds < label.end_seconds))


def _from_loose(
    layout: Layout,
    loose: Sequence[tuple[Label, Wanted]],
    sources: dict[str, SourceRecord],
    rows: _Rows,
    on_progress: Progress,
) -> list[str]:
    """Adds the rows of single frames and pictures, computing those that are not stored yet."""
    found, problems = loose_rows(layout, [wanted for _, wanted in loose], sources, rows.spec, on_progress)
    for (label, wanted), values in zip(loose, found, strict=True):
        if values is not None:
            rows.add(label, wanted.time_seconds, values)
    return problems


def loose_rows(
    layout: Layout,
    frames: Sequence[Wanted],
    sources: dict[str, SourceRecord],
    spec: IndexSpec,
    on_progress: Progress,
) -> tuple[list[dict[str, Any] | None], list[str]]:
    """For each frame its row of each view, computed where that is not stored yet, and what could not be read."""
    if not frames:
        return [], []
    store = layout.features
    stored = [store.read_loose(view, spec) for view in spec.views]
    missing = {wanted for wanted in frames if any(_key(wanted) not in known for known, _ in stored)}
    problems: list[str] = []
    if missing:
        asked, problems = _sources_of(layout, sorted(missing, key=lambda w: (w.source_id, w.time_seconds)), sources)
        if asked:
            on_progress("labelled pictures", done=0, total=len(missing))
            name = hashlib.sha256(repr(sorted(map(_key, missing))).encode()).hexdigest()[:16]
            problems += extract_loose(asked, spec, store, views=spec.views, name=name)
        stored = [store.read_loose(view, spec) for view in spec.views]
    found: list[dict[str, Any] | None] = []
    for wanted in frames:
        places = [known.get(_key(wanted)) for known, _ in stored]
        if any(place is None for place in places):
            found.append(None)
        else:
            found.append(
                {view: table[place] for view, place, (_, table) in zip(spec.views, places, stored, strict=True)}
            )
    return found, problems


def _sources_of(
    layout: Layout, missing: Sequence[Wanted], sources: dict[str, SourceRecord]
) -> tuple[list[tuple[Source, list[float]]], list[str]]:
    times: dict[str, list[float]] = {}
    for wanted in missing:
        times.setdefault(wanted.source_id, []).append(wanted.time_seconds)
    asked: list[tuple[Source, list[float]]] = []
    problems: list[str] = []
    for source_id, at in times.items():
        try:
            asked.append((layout.open(sources[source_id]), at))
        except SourceNotFoundError as error:
            problems.append(str(error))
    return asked, problems


def _key(wanted: Wanted) -> tuple[str, int]:
    return wanted.source_id, round(wanted.time_seconds * 1e6)


def _examples(rows: _Rows, sources: dict[str, SourceRecord], *, classes: list[str]) -> Examples:
    from reelsift.models import Examples

    pictures = sorted(
        {sid for sid in rows.source_ids if sources[sid].kind == "picture"},
        key=lambda sid: natural_key(Path(sources[sid].path).name),
    )
    order = {source_id: place for place, source_id in enumerate(pictures)}
    multi = rows.kind == "multi"
    moments = [_moment(sources[sid], order.get(sid), at) for sid, at in zip(rows.source_ids, rows.times, strict=True)]
    return Examples(
        views={view: _table([row[view] for row in rows.views]) for view in rows.spec.views},
        targets=np.array([0 if multi else classes.index(next(iter(names))) for names in rows.class_names], np.int64),
        classes=tuple(classes),
        source_ids=np.array(rows.source_ids, dtype=np.str_),
        times_seconds=np.array(rows.times, np.float64),
        groups=np.array(rows.groups, dtype=np.str_),
        stems=np.array([Path(sources[sid].path).stem if sid in order else "" for sid in rows.source_ids], np.str_),
        order=np.array([order.get(sid, 0) for sid in rows.source_ids], np.int64),
        truth=np.array([[name in names for name in classes] for names in rows.class_names]) if multi else None,
        sequences=np.array([sequence for sequence, _ in moments], np.str_),
        moments_seconds=np.array([at for _, at in moments], np.float64),
    )


def _moment(source: SourceRecord, place: int | None, time_seconds: float) -> tuple[str, float]:
    """What sequence a frame belongs to, and when in it: pictures with a rate follow the others of their folder."""
    if place is None or source.fps is None:
        return source.source_id, time_seconds
    return str(Path(source.path).parent), place / float(source.fps)


def _table(rows: list[Any]) -> np.ndarray[Any, Any]:
    """(N, D) numbers, or (N,) byte strings."""
    return np.array(rows, dtype=object) if isinstance(rows[0], bytes) else np.stack(rows)
