"""Training: labelled frames with their features, and the model learned from them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reelsift.actions.training_plot import plot_training
from reelsift.errors import LabelError, ModelError
from reelsift.features.views import view_named
from reelsift.filenames import natural_key
from reelsift.labels import NO_CLASS, Label, SourceRecord
from reelsift.project.gathering import Wanted, gather_examples, loose_rows
from reelsift.project.indexing import Progress, density, settings_of, silent
from reelsift.project.layout import Layout
from reelsift.project.sequencing import sequence_fetcher
from reelsift.specs import SEQUENCE_VIEWS, Crop, FrameSpec, IndexSpec, Sampling, TrainSpec

if TYPE_CHECKING:
    from reelsift.models import Model, Training
    from reelsift.models.model import MultiModel
    from reelsift.models.report import TrainReport
    from reelsift.models.training import MultiTraining

__all__ = ["TrainingDone", "load_model", "train_task", "training_index"]

PICTURE_NAME = "training.png"
FURTHER_VIEWS = ("motion",)  # vectors that training tries where they are stored


@dataclass(frozen=True)
class TrainingDone:
    """What training a task gave.

    Attributes:
        picture: Curves and confusions, beside the model.
        problems: What could not be read, a line each.
    """

    training: Training | MultiTraining
    picture: Path
    problems: tuple[str, ...]


def train_task(
    layout: Layout,
    task: str,
    *,
    spec: TrainSpec,
    index_spec: IndexSpec | None = None,
    sampling: Sampling | None = None,
    crop: Crop | None = None,
    on_progress: Progress = silent,
) -> TrainingDone:
    """Learns a model from the labels of a task and keeps it; computes the features that are missing first.

    Args:
        index_spec: How to look at sources; by default as most of the labelled ones were indexed.
        sampling: Another sampling than that.
        crop: Another crop than that.

    Raises:
        LabelError: If there are no labels, or of one class only.
    """
    from reelsift.models.training import train, train_multi

    with layout.labels(make=False) as store:
        labels, sources, digest = store.labels(task), store.sources(), store.label_digest(task)
        kind = next(found.kind for found in store.tasks() if found.name == task)
    classes = _classes(labels, task)
    if kind == "multi":
        spec = _with_background(spec, classes)
        classes = [name for name in classes if name != spec.background]
    chosen = _looked_at(index_spec or training_index(layout, labels), spec, sampling=sampling, crop=crop)
    examples, problems = gather_examples(
        layout, labels, sources, spec=chosen, classes=classes, kind=kind, on_progress=on_progress
    )
    settings: dict[str, Any] = {
        "spec": spec,
        "task": task,
        "label_digest": digest,
        "fetch": _fetcher(layout, sources, spec=chosen, on_progress=on_progress),
    }
    if spec.remembers or _follow_each_other(labels, sources, count=len(examples)):
        settings["fetch_sequences"] = sequence_fetcher(
            layout, sources, spec=chosen, window=spec.window, on_progress=on_progress
        )
    on_progress("training", done=0, total=0)
    training: Training | MultiTraining
    if kind == "multi":
        training = _kept_several(train_multi(examples, **settings), chosen, sources)
    else:
        alone = train(examples, **settings)
        report = _with_paths(alone.report, sources)
        training = replace(alone, model=_kept(alone.model, report, chosen, alone.model.views), report=report)
    folder = layout.model_folder(task)
    training.model.save(folder)
    plot_training(folder / PICTURE_NAME, training.by_question)
    return TrainingDone(training, folder / PICTURE_NAME, problems)


def _classes(labels: Sequence[Label], task: str) -> list[str]:
    """The classes of the labels, in natural order.

    Raises:
        LabelError: If there are fewer than two.
    """
    if not labels:
        raise LabelError(f"task '{task}' has no labels: import some with reelsift labels import PATH --task {task}")
    classes = sorted({label.class_name for label in labels}, key=natural_key)
    if len(classes) < 2:
        raise LabelError(
            f"task '{task}' has labels of one class only, '{classes[0]}': a model tells at least two apart"
        )
    return classes


def _follow_each_other(labels: Sequence[Label], sources: Mapping[str, SourceRecord], *, count: int) -> bool:
    """Whether most of so many labelled frames are of clips and intervals: only these say what memory is worth.

    Films of which single frames are labelled need not be looked at as a whole then.
    """
    single = sum(label.is_frame or sources[label.source_id].kind == "picture" for label in labels)
    return single < count / 2


def _looked_at(chosen: IndexSpec, spec: TrainSpec, *, sampling: Sampling | None, crop: Crop | None) -> IndexSpec:
    """How to look at sources, as the user asks for it; a model with memory looks at views of its own from the start."""
    frames = FrameSpec(sampling or chosen.frames.sampling, crop or chosen.frames.crop)
    return replace(chosen, frames=frames, views=SEQUENCE_VIEWS if spec.remembers else chosen.views)


def _kept_several(several: MultiTraining, spec: IndexSpec, sources: Mapping[str, SourceRecord]) -> MultiTraining:
    """The training of several questions as it is kept; see `_kept`."""
    reports = {name: _with_paths(report, sources) for name, report in several.reports.items()}
    parts = [
        _kept(part, report, spec, several.model.views)
        for part, report in zip(several.model.models, reports.values(), strict=True)
    ]
    return replace(several, model=replace(several.model, models=tuple(parts)), reports=reports)


def _with_background(spec: TrainSpec, classes: Sequence[str]) -> TrainSpec:
    """The spec with the class whose labels say that nothing else is true, if there is one.

    Raises:
        LabelError: If the class that was named has no labels.
    """
    if spec.background is not None and spec.background not in classes:
        raise LabelError(f"--background {spec.background}: the labels are of {', '.join(classes)}")
    return replace(spec, background=spec.background or (NO_CLASS if NO_CLASS in classes else None))


def _kept(model: Model, report: TrainReport, spec: IndexSpec, views: tuple[str, ...]) -> Model:
    """The model as it is kept: with the way its views are computed, and the report that names files."""
    return replace(
        model,
        index_spec=_described(replace(spec, views=tuple(dict.fromkeys((*spec.views, *views))))),
        report=report.to_dict(),
    )


def _with_paths(report: TrainReport, sources: Mapping[str, SourceRecord]) -> TrainReport:
    """The report with the paths of the labelled frames that it names."""
    return replace(
        report,
        suspects=tuple(replace(found, source=sources[found.source_id].path) for found in report.suspects),
        conflicts=tuple(
            replace(found, sources=(sources[found.source_ids[0]].path, sources[found.source_ids[1]].path))
            for found in report.conflicts
        ),
    )


def _fetcher(
    layout: Layout, sources: dict[str, SourceRecord], *, spec: IndexSpec, on_progress: Progress
) -> Callable[[str, np.ndarray[Any, Any], np.ndarray[Any, Any]], np.ndarray[Any, Any]]:
    """What gives training a view of its frames that is not stored by default: frame by frame, and kept.

    A film is then looked at as a whole only if the model that wins wants that view.
    """

    def fetch(view: str, source_ids: np.ndarray[Any, Any], times: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        own = replace(spec, views=(view,))
        wanted = [Wanted(*pair) for pair in zip(source_ids.tolist(), times.tolist(), strict=True)]
        rows, problems = loose_rows(layout, wanted, sources, own, on_progress)
        if any(row is None for row in rows):
            raise LabelError(f"labelled frames cannot be read: {'; '.join(problems[:3])}")
        return np.array([row[view] for row in rows if row is not None], dtype=object)

    return fetch


def load_model(layout: Layout, task: str) -> tuple[Model | MultiModel, str]:
    """The trained model of a task, or the one that comes with reelsift, and a digest of its files.

    Raises:
        ModelError: If the task has none.
    """
    from reelsift.models.builtin_tasks import BUILTIN_TASKS, builtin_folder, builtin_model
    from reelsift.models.model import SETTINGS_NAME, load_any

    folder = layout.model_folder(task)
    model: Model | MultiModel
    if folder.is_dir():
        model = load_any(folder)
    elif task in BUILTIN_TASKS:
        folder, model = builtin_folder(task), builtin_model(task)
    else:
        built_in = f"; built-in tasks are {', '.join(BUILTIN_TASKS)}"
        raise ModelError(f"task '{task}' has no model: train it with reelsift train {task}{built_in}")
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
    """The way most labelled sources were indexed, the densest where several are equal; the default if none was.

    Its views are the default ones, and those that somebody had computed of all labelled sources.
    """
    found: dict[tuple[object, ...], list[IndexSpec]] = {}
    sources: dict[tuple[object, ...], set[str]] = {}
    for source_id in {label.source_id for label in labels}:
        for record in layout.features.records(source_id):
            if record.spec.frames.sampling.bursts:
                continue  # a glance at a film is not how to look at one to learn from it
            settings = settings_of(record.spec)
            found.setdefault(settings, []).append(record.spec)
            sources.setdefault(settings, set()).add(source_id)
    if not found:
        return IndexSpec()
    best = max(found, key=lambda key: (len(sources[key]), max(density(spec.frames.sampling) for spec in found[key])))
    densest = max(found[best], key=lambda spec: density(spec.frames.sampling))
    stored = {
        sid: {record.view for record in layout.features.records(sid) if not record.spec.frames.sampling.bursts}
        for sid in {x.source_id for x in labels}
    }
    further = [view for view in FURTHER_VIEWS if all(view in views for views in stored.values())]
    return replace(densest, views=(*IndexSpec().views, *further))
