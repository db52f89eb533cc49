"""What a project holds, what of it is stale, and clearing away what nothing refers to."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reelsift.errors import ModelError
from reelsift.features.store import folder_name
from reelsift.labels import LabelStore, SourceRecord
from reelsift.models.builtin_tasks import BUILTIN_DIGEST, BUILTIN_TASKS
from reelsift.output import left_behind
from reelsift.project.layout import Layout
from reelsift.project.learning import is_model, load_model
from reelsift.project.timelines import is_timeline

__all__ = ["GarbageResult", "ProjectStatus", "SourceStatus", "TaskStatus", "collect_garbage", "project_status"]


@dataclass(frozen=True)
class SourceStatus:
    """A source the project knows.

    Attributes:
        indexes: Stored views, as `appearance (5 a second)`.
        is_there: Whether it is still where it was last seen.
        fps: Pictures a second of a folder; empty for others.
    """

    source: str
    kind: str
    indexes: tuple[str, ...]
    frames: int
    is_there: bool
    fps: str = ""


@dataclass(frozen=True)
class TaskStatus:
    """A task: its labels, and the model if there is one.

    Attributes:
        model: `none`, `built-in`, `trained`, or `stale` where the labels have changed since.
        balanced_accuracy: The model's honest score.
        timelines: Number of stored timelines.
    """

    task: str
    kind: str
    labels: dict[str, int]
    model: str
    balanced_accuracy: float | None
    timelines: int


@dataclass(frozen=True)
class ProjectStatus:
    """All that is in a project; `bytes` is what it takes on disk."""

    project: str
    sources: tuple[SourceStatus, ...]
    tasks: tuple[TaskStatus, ...]
    bytes: int


@dataclass(frozen=True)
class GarbageResult:
    """What was cleared away."""

    removed: tuple[str, ...]
    bytes: int


def project_status(layout: Layout) -> ProjectStatus:
    """Looks through a project; changes nothing, and makes none where there is none."""
    if not layout.exists():
        return ProjectStatus(str(layout.folder), (), (), 0)
    with layout.labels() as store:
        records = store.sources().values()
        sources = tuple(_source_status(layout, record) for record in records if record.kind != "picture")
        pictures = [record for record in records if record.kind == "picture"]
        tasks = tuple(_task_status(layout, store, task.name) for task in store.tasks())
    if pictures:
        there = all(layout.find(record) is not None for record in pictures)
        name = "1 single picture" if len(pictures) == 1 else f"{len(pictures)} single pictures"
        sources += (SourceStatus(name, "pictures", (), len(pictures), there),)
    return ProjectStatus(str(layout.folder), sources, tasks, _size(layout.folder))


def collect_garbage(layout: Layout, *, dry_run: bool = False) -> GarbageResult:
    """Removes what nothing refers to.

    That is: what killed runs left half-written in the project; indexes of sources that are gone and have no labels, or
    that this version cannot use; models and timelines of tasks that have no labels and are not built in. Nothing that
    was not written by reelsift is touched, should the project share its folder with something else.
    """
    if not layout.exists():
        return GarbageResult((), 0)
    rooms = [layout.folder / name for name in ("index", "models", "timelines")]
    doomed = [path for room in rooms if room.is_dir() for path in left_behind(room)]
    with layout.labels() as store:
        doomed += [*_old_indexes(layout, store), *_old_tasks(layout, store)]
    freed = sum(_size(path) for path in doomed)
    if not dry_run:
        for path in doomed:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
    return GarbageResult(tuple(_shown(path, layout.folder) for path in doomed), freed)


def _source_status(layout: Layout, record: SourceRecord) -> SourceStatus:
    indexes: list[str] = []
    frames = 0
    for index in layout.features.records(record.source_id):
        frames = index.facts.frame_count
        crop = f", crop {index.spec.frames.crop}" if index.spec.frames.crop else ""
        sampling = index.spec.frames.sampling
        often = "bursts" if sampling.bursts else "all frames" if sampling.fps is None else f"{sampling} a second"
        indexes.append(f"{index.view} ({often}{crop})")
    return SourceStatus(
        record.path, record.kind, tuple(indexes), frames, layout.find(record) is not None, str(record.fps or "")
    )


def _task_status(layout: Layout, store: LabelStore, task: str) -> TaskStatus:
    found = next(there for there in store.tasks() if there.name == task)
    report: dict[str, Any] = {}
    try:
        model, _ = load_model(layout, task)
        trained = "trained" if model.label_digest == store.label_digest(task) else "stale"
        state = "built-in" if model.label_digest == BUILTIN_DIGEST else trained
        report = dict(model.report)
    except ModelError:
        state = "stale" if layout.model_folder(task).is_dir() else "none"
    timelines = len(list((layout.folder / "timelines" / task).glob("*.parquet")))
    return TaskStatus(task, found.kind, dict(found.classes), state, report.get("balanced_accuracy"), timelines)


def _shown(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


def _old_indexes(layout: Layout, store: LabelStore) -> list[Path]:
    """Index folders of unknown or gone sources without labels, and views of versions that are not used any more."""
    labelled = {label.source_id for task in store.tasks() for label in store.labels(task.name)}
    alive = {
        folder_name(source_id)
        for source_id, record in store.sources().items()
        if source_id in labelled or layout.find(record) is not None
    }
    index = layout.folder / "index"
    if not index.is_dir():
        return []
    ours = {path.parent.parent.parent for path in index.glob("*/*/*/part-*.parquet")} - {index / "loose"}
    gone = sorted(path for path in ours if path.name not in alive)
    used = {record.folder.parent for record in layout.features.records()}
    outdated = [
        path.parent
        for path in index.glob("*/*/index.json")
        if path.parent not in used and path.parent.parent not in gone
    ]
    return gone + outdated


def _old_tasks(layout: Layout, store: LabelStore) -> list[Path]:
    labelled = {task.name for task in store.tasks() if task.classes}
    models = [path.parent for path in (layout.folder / "models").glob("*/model.json") if is_model(path.parent)]
    timelines = [path for path in (layout.folder / "timelines").glob("*/*.parquet") if is_timeline(path)]
    return [path for path in models if path.name not in labelled] + [
        path for path in timelines if path.parent.name not in {*labelled, *BUILTIN_TASKS}
    ]


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(entry.stat().st_size for entry in path.rglob("*") if entry.is_file())
