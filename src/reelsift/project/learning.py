"""Training: labelled frames with their features, and the model learned from them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reelsift.errors import LabelError, ModelError, ReelsiftError, SourceNotFoundError
from reelsift.features.loose import extract_loose
from reelsift.features.store import IndexedSource
from reelsift.features.views import view_named
from reelsift.filenames import natural_key
from reelsift.labels import Label, SourceRecord
from reelsift.media.sources import Source
from reelsift.project.indexing import Progress, complete, density, fitting_records, for_source, settings_of, silent
from reelsift.project.layout import Layout
from reelsift.specs import Crop, FrameSpec, IndexSpec, Sampling, TrainSpec

if TYPE_CHECKING:
    from reelsift.models import Examples, Model, Training

__all__ = ["gather_examples", "load_model", "train_task", "training_index"]

_ANY = Sampling(Fraction(1, 1_000_000))


@dataclass(frozen=True)
class _Wanted:
    """A labelled frame whose features no index has: to be looked at by itself."""

    source_id: str
    time_seconds: float


@dataclass(eq=False)
class _Rows:
    """Labelled frames as they are gathered, a row each."""

    spec: IndexSpec
    classes: list[str]
    views: list[dict[str, np.ndarray[Any, Any]]]
    targets: list[int]
    source_ids: list[str]
    times: list[float]
    groups: list[str]

    def add(self, label: Label, time_seconds: float, views: dict[str, np.ndarray[Any, Any]]) -> None:
        self.views.append(views)
        self.targets.append(self.classes.index(label.class_name))
        self.source_ids.append(label.source_id)
        self.times.append(time_seconds)
        self.groups.append(label.group)


def train_task(
    layout: Layout,
    task: str,
    *,
    spec: TrainSpec,
    index_spec: IndexSpec | None = None,
    sampling: Sampling | None = None,
    crop: Crop | None = None,
    on_progress: Progress = silent,
) -> tuple[Training, tuple[str, ...]]:
    """Learns a model from the labels of a task and keeps it; computes the features that are missing first.

    Args:
        index_spec: How to look at sources; by default as most of the labelled ones were indexed.
        sampling: Another sampling than that.
        crop: Another crop than that.

    Returns:
        The training, and what could not be read, a line each.

    Raises:
        LabelError: If there are no labels, or of one class only.
    """
    from reelsift.models import train

    with layout.labels(make=False) as store:
        labels, sources, digest = store.labels(task), store.sources(), store.label_digest(task)
        kind = next(found.kind for found in store.tasks() if found.name == task)
    if kind == "multi":
        raise LabelError(f"task '{task}' lets several classes be true at once: models for that are not there yet")
    if not labels:
        raise LabelError(f"task '{task}' has no labels: import some with reelsift labels import PATH --task {task}")
    classes = sorted({label.class_name for label in labels}, key=natural_key)
    if len(classes) < 2:
        raise LabelError(
            f"task '{task}' has labels of one class only, '{classes[0]}': a model tells at least two apart"
        )
    chosen = index_spec or training_index(layout, labels)
    frames = FrameSpec(sampling or chosen.frames.sampling, crop or chosen.frames.crop)
    chosen = replace(chosen, frames=frames)
    examples, problems = gather_examples(layout, labels, sources, spec=chosen, classes=classes, on_progress=on_progress)
    training = train(examples, spec=spec, task=task, index_spec=_described(chosen), label_digest=digest)
    training.model.save(layout.model_folder(task))
    return training, problems


def load_model(layout: Layout, task: str) -> tuple[Model, str]:
    """The trained model of a task, and a digest of its files.

    Raises:
        ModelError: If the task has none.
    """
    from reelsift.models.model import SETTINGS_NAME, Model

    folder = layout.model_folder(task)
    if not folder.is_dir():
        raise ModelError(f"task '{task}' has no model: train it with reelsift train {task}")
    model = Model.load(folder)
    current = _described(IndexSpec.from_dict(model.index_spec))["view_versions"]
    if any(model.index_spec.get("view_versions", {}).get(view) != current.get(view) for view in model.views):
        raise ModelError(f"the model of task '{task}' was trained on features of another version: train it again")
    # The settings name the arrays by a digest of their own.
    return model, hashlib.sha256((folder / SETTINGS_NAME).read_bytes()).hexdigest()[:32]


def is_model(folder: Path) -> bool:
    """Whether a folder holds a model of ours, of whatever version."""
    from reelsift.models.model import FORMAT, SETTINGS_NAME

    try:
        return bool(json.loads((folder / SETTINGS_NAME).read_text(encoding="utf-8"))["format"] == FORMAT)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _described(spec: IndexSpec) -> dict[str, Any]:
    """A spec and the versions of its views: features of another version mean nothing to a model."""
    return {**spec.to_dict(), "view_versions": {view: view_named(view).version for view in spec.views}}


def training_index(layout: Layout, labels: Sequence[Label]) -> IndexSpec:
    """The way most labelled sources were indexed, the densest where several are equal; the default if none was."""
    found: dict[tuple[object, ...], list[IndexSpec]] = {}
    sources: dict[tuple[object, ...], set[str]] = {}
    for source_id in {label.source_id for label in labels}:
        for record in layout.features.records(source_id):
            settings = settings_of(record.spec)
            found.setdefault(settings, []).append(record.spec)
            sources.setdefault(settings, set()).add(source_id)
    if not found:
        return IndexSpec()
    best = max(found, key=lambda key: (len(sources[key]), max(density(spec.frames.sampling) for spec in found[key])))
    densest = max(found[best], key=lambda spec: density(spec.frames.sampling))
    return replace(densest, views=IndexSpec().views)


def gather_examples(
    layout: Layout,
    labels: Sequence[Label],
    sources: dict[str, SourceRecord],
    *,
    spec: IndexSpec,
    classes: Sequence[str],
    on_progress: Progress = silent,
) -> tuple[Examples, tuple[str, ...]]:
    """The labelled frames with their features, computed where they are missing.

    Frames inside labelled intervals come from the index of the film; single labelled frames and pictures that no index
    has are looked at by themselves.

    Returns:
        The examples, and what could not be read, a line each.
    """
    problems: list[str] = []
    rows = _Rows(spec, list(classes), [], [], [], [], [])
    loose: list[tuple[Label, _Wanted]] = []
    by_source: dict[str, list[Label]] = {}
    for label in labels:
        by_source.setdefault(label.source_id, []).append(label)
    for source_id, its_labels in by_source.items():
        record = sources[source_id]
        if record.kind == "picture":
            loose += [(label, _Wanted(source_id, 0.0)) for label in its_labels]
            continue
        try:
            loose += _from_index(layout, record, its_labels, rows, on_progress)
        except ReelsiftError as error:
            problems.append(str(error))
    problems += _from_loose(layout, loose, sources, rows, on_progress)
    if not rows.targets:
        raise LabelError("none of the labelled sources can be read: " + "; ".join(problems[:3]))
    return _examples(rows, sources), tuple(problems)


def _from_index(
    layout: Layout, record: SourceRecord, labels: Sequence[Label], rows: _Rows, on_progress: Progress
) -> list[tuple[Label, _Wanted]]:
    """Adds the rows that the index of a source has; gives the labels whose frames it does not have."""
    spec, source_id = rows.spec, record.source_id
    views = spec.views
    sampled = any(not label.is_frame for label in labels)
    densest = fitting_records(layout, source_id, spec=spec, views=views, at_least=None if sampled else _ANY)
    if densest is None and sampled:
        source = layout.open(record)
        densest, _ = complete(layout, source, for_source(spec, source), on_progress=on_progress)
    if densest is None:
        return [(label, _Wanted(source_id, label.start_seconds or 0.0)) for label in labels]
    index = layout.features.read(densest)
    missing: list[tuple[Label, _Wanted]] = []
    taken: set[int] = set()
    for label in labels:
        found = _rows_of(label, index)
        if not found.size:
            middle = ((label.start_seconds or 0.0) + (label.end_seconds or 0.0)) / 2
            missing.append((label, _Wanted(source_id, label.start_seconds or 0.0 if label.is_frame else middle)))
        for row in found.tolist():
            if row not in taken:
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
    loose: Sequence[tuple[Label, _Wanted]],
    sources: dict[str, SourceRecord],
    rows: _Rows,
    on_progress: Progress,
) -> list[str]:
    """Adds the rows of single frames and pictures, computing those that are not stored yet."""
    if not loose:
        return []
    store, spec = layout.features, rows.spec
    stored = [store.read_loose(view, spec) for view in spec.views]
    missing = {wanted for _, wanted in loose if any(_key(wanted) not in known for known, _ in stored)}
    problems: list[str] = []
    if missing:
        asked, problems = _sources_of(layout, sorted(missing, key=lambda w: (w.source_id, w.time_seconds)), sources)
        if asked:
            on_progress("labelled pictures", done=0, total=len(missing))
            name = hashlib.sha256(repr(sorted(map(_key, missing))).encode()).hexdigest()[:16]
            problems += extract_loose(asked, spec, store, views=spec.views, name=name)
        stored = [store.read_loose(view, spec) for view in spec.views]
    for label, wanted in loose:
        places = [known.get(_key(wanted)) for known, _ in stored]
        if all(place is not None for place in places):
            values = {view: table[place] for view, place, (_, table) in zip(spec.views, places, stored, strict=True)}
            rows.add(label, wanted.time_seconds, values)
    return problems


def _sources_of(
    layout: Layout, missing: Sequence[_Wanted], sources: dict[str, SourceRecord]
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


def _key(wanted: _Wanted) -> tuple[str, int]:
    return wanted.source_id, round(wanted.time_seconds * 1e6)


def _examples(rows: _Rows, sources: dict[str, SourceRecord]) -> Examples:
    from reelsift.models import Examples

    pictures = sorted(
        {sid for sid in rows.source_ids if sources[sid].kind == "picture"},
        key=lambda sid: natural_key(Path(sources[sid].path).name),
    )
    order = {source_id: place for place, source_id in enumerate(pictures)}
    stems = [Path(sources[sid].path).stem if sid in order else "" for sid in rows.source_ids]
    return Examples(
        views={view: np.stack([row[view] for row in rows.views]) for view in rows.spec.views},
        targets=np.array(rows.targets, np.int64),
        classes=tuple(rows.classes),
        source_ids=np.array(rows.source_ids, dtype=np.str_),
        times_seconds=np.array(rows.times, np.float64),
        groups=np.array(rows.groups, dtype=np.str_),
        stems=np.array(stems, dtype=np.str_),
        order=np.array([order.get(sid, 0) for sid in rows.source_ids], np.int64),
    )
