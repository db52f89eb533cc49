"""Predicting: from a model and stored views to timelines, and these timelines made exact to the frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from reelsift.errors import IndexIncompleteError, LabelError
from reelsift.features.loose import compute_among_neighbours
from reelsift.features.store import IndexedSource
from reelsift.features.tables import read_facts, read_rows, write_table
from reelsift.media.parts import scan_packets
from reelsift.media.reader import FilmReader, open_film
from reelsift.media.render import FrameImage, Renderer
from reelsift.media.sources import FilmSource, PictureSource, Source
from reelsift.models.model import MultiModel
from reelsift.multi_timeline import MultiTimeline
from reelsift.project.indexing import Progress, for_source, indexed_views, silent
from reelsift.project.layout import Layout
from reelsift.project.learning import load_model
from reelsift.smoothing import apply_thresholds, merge_short, smooth
from reelsift.specs import IndexSpec, Sampling, check_thresholds
from reelsift.timeline import Timeline

if TYPE_CHECKING:
    from reelsift.models import Model

__all__ = ["Decision", "check_decision", "predict_source", "refine"]


@dataclass(frozen=True)
class Decision:
    """How probabilities become labels.

    Attributes:
        thresholds: Probability from which a frame counts as a class, where it is not simply the likeliest.
        min_seconds: Stretches shorter than this join their neighbours.
    """

    thresholds: Mapping[str, float] = field(default_factory=dict)
    min_seconds: float = 0.0

    def __post_init__(self) -> None:
        check_thresholds(self.thresholds)

    def labels(self, timeline: Timeline, model: Model, *, apart: bool = False) -> np.ndarray[Any, np.dtype[np.int64]]:
        """(T,) smoothed labels of the samples of a timeline; each by itself where they stand `apart`."""
        decided = apply_thresholds(timeline.probabilities, classes=timeline.classes, thresholds=self.thresholds)
        if apart:
            return np.asarray(decided.argmax(axis=1), np.int64)
        labels = smooth(
            decided,
            times_seconds=timeline.times_seconds,
            priors=model.priors,
            switch_rate_per_second=model.switch_rate_per_second,
        )
        return merge_short(labels, boundaries_seconds=timeline.boundaries_seconds, min_seconds=self.min_seconds)


def check_decision(layout: Layout, task: str, *, decision: Decision) -> None:
    """Makes sure, before any source is looked at, that a task can decide this way.

    Raises:
        ModelError: If the task has no model.
        LabelError: If a threshold names a class the model does not have.
    """
    model, _ = load_model(layout, task)
    _check_classes(decision.thresholds, model.classes)


def predict_source(
    layout: Layout,
    task: str,
    source: Source,
    *,
    decision: Decision | None = None,
    sampling: Sampling | None = None,
    on_progress: Progress = silent,
) -> Timeline | MultiTimeline:
    """The timeline of a source for a trained task; the source is indexed first where that is missing.

    Args:
        sampling: Which frames are looked at, at least; as the model was trained if not given.

    Raises:
        ModelError: If the task has no model.
        LabelError: If a threshold names a class the model does not have.
        ReelsiftError: If the source cannot be read.
    """
    model, digest = load_model(layout, task)
    decision = decision or Decision()
    _check_classes(decision.thresholds, model.classes)
    spec = IndexSpec.from_dict(model.index_spec)
    if sampling is not None:
        spec = replace(spec, frames=replace(spec.frames, sampling=sampling))
    spec = for_source(spec, source)
    index = indexed_views(layout, source, spec=spec, views=model.views, on_progress=on_progress)
    timelines: list[Timeline] = []
    for part in _parts(model, decision):
        suffix = part.suffix + (f"-{sampling}" if sampling is not None else "")
        path = layout.timeline_path(task, source.source_id, suffix=suffix)
        facts = {"model": digest, "samples": len(index.frame_indexes), **asdict(part.decision)}
        timeline = _read_timeline(path, source, task, facts)
        if timeline is None:
            timeline = _timeline(part.model, source, task, index)
            apart = isinstance(source, PictureSource) and source.is_apart
            timeline = timeline.with_labels(part.decision.labels(timeline, part.model, apart=apart))
            write_timeline(path, timeline, facts=facts)
        timelines.append(timeline)
    return MultiTimeline(tuple(timelines)) if isinstance(model, MultiModel) else timelines[0]


@overload
def refine(
    layout: Layout, timeline: Timeline, source: Source, *, decision: Decision, on_progress: Progress = ...
) -> Timeline: ...


@overload
def refine(
    layout: Layout, timeline: MultiTimeline, source: Source, *, decision: Decision, on_progress: Progress = ...
) -> MultiTimeline: ...


def refine(
    layout: Layout,
    timeline: Timeline | MultiTimeline,
    source: Source,
    *,
    decision: Decision,
    on_progress: Progress = silent,
) -> Timeline | MultiTimeline:
    """Looks at every frame between two samples that disagree, so that changes are exact to the frame.

    Returns:
        The timeline with the frames looked at as additional samples. Elsewhere its labels are those of `timeline`. Of
        several classes, where any of them changes.
    """
    given = timeline.parts if isinstance(timeline, MultiTimeline) else (timeline,)
    changes = np.any([np.diff(part.labels) != 0 for part in given], axis=0)
    gaps = np.flatnonzero(changes & (np.diff(given[0].frame_indexes) > 1)).tolist()
    if not gaps or not isinstance(source, FilmSource):
        return timeline
    model, digest = load_model(layout, timeline.task)
    asked = [part for part in _parts(model, decision) if part.name in (None, *timeline.classes)]
    facts = {"model": digest, "samples": len(timeline), "refined": list(timeline.classes)}
    paths = [layout.timeline_path(timeline.task, source.source_id, suffix=f"{part.suffix}-refined") for part in asked]
    told = [{**facts, **asdict(part.decision)} for part in asked]
    stored = [_read_timeline(path, source, timeline.task, fact) for path, fact in zip(paths, told, strict=True)]
    refined = [part for part in stored if part is not None]
    if len(refined) < len(asked):
        on_progress(f"{source.name}: looking between samples", done=0, total=len(gaps))
        rows = _rows_between(source, given[0], gaps, model=model)
        refined = [_refined(old, rows, gaps, part) for old, part in zip(given, asked, strict=True)]
        for path, part, fact in zip(paths, refined, told, strict=True):
            write_timeline(path, part, facts=fact)
    return MultiTimeline(tuple(refined)) if isinstance(timeline, MultiTimeline) else refined[0]


@dataclass(frozen=True)
class _Part:
    """One question of a task, and how it is decided.

    Attributes:
        name: The class it asks after; `None` where the task is one question.
        suffix: Of the file that keeps its timeline.
    """

    name: str | None
    model: Model
    decision: Decision
    suffix: str


def _parts(model: Model | MultiModel, decision: Decision) -> list[_Part]:
    if not isinstance(model, MultiModel):
        return [_Part(None, model, decision, "")]
    own = [{name: decision.thresholds[name]} if name in decision.thresholds else {} for name in model.classes]
    return [
        _Part(name, part, Decision(thresholds, decision.min_seconds), f"-{number}")
        for number, (name, part, thresholds) in enumerate(zip(model.classes, model.models, own, strict=True))
    ]


def _rows_between(
    source: FilmSource, timeline: Timeline, gaps: list[int], *, model: Model | MultiModel
) -> dict[str, Any]:
    """The views of the frames in each gap."""
    spec = IndexSpec.from_dict(model.index_spec)
    with open_film(source.path) as reader:
        return compute_among_neighbours(_between(reader, timeline, gaps, spec), model.views, spec, source=source)


def _refined(timeline: Timeline, rows: dict[str, Any], gaps: list[int], part: _Part) -> Timeline:
    frames = replace(
        timeline,
        frame_indexes=rows[""]["frame_index"],
        times_seconds=rows[""]["time_seconds"],
        probabilities=part.model.probabilities({view: rows[view] for view in part.model.views}),
        labels=np.zeros(len(rows[""]["frame_index"]), np.int64),
    )
    return _with_gaps_decided(timeline.merged(frames), timeline, gaps, model=part.model, decision=part.decision)


def write_timeline(path: Path, timeline: Timeline, *, facts: Mapping[str, Any]) -> None:
    """Keeps a timeline as Parquet: a row for each sample, with its raw and its smoothed label and all probabilities."""
    names = np.array(timeline.classes)
    columns: dict[str, Any] = {
        "frame_index": timeline.frame_indexes,
        "time_seconds": timeline.times_seconds,
        "label": names[timeline.labels].tolist(),
        "raw_label": names[timeline.raw_labels].tolist(),
    }
    columns |= {f"p_{name}": timeline.probabilities[:, index] for index, name in enumerate(timeline.classes)}
    whole = {name: getattr(timeline, name) for name in ("start_seconds", "end_seconds", "frame_count")}
    write_table(path, columns, facts={**facts, **whole, "classes": list(timeline.classes)})


def is_timeline(path: Path) -> bool:
    """Whether a file is a timeline of ours, of whatever model."""
    try:
        return {"model", "classes", "frame_count"} <= set(read_facts(path))
    except IndexIncompleteError:
        return False


def _read_timeline(path: Path, source: Source, task: str, facts: Mapping[str, Any]) -> Timeline | None:
    """The stored timeline, if it was made from the same things."""
    if not path.exists():
        return None
    try:
        stored = read_facts(path)
        if any(stored.get(name) != value for name, value in facts.items()):
            return None
        classes = tuple(stored["classes"])
        rows = read_rows([path], columns=["frame_index", "time_seconds", "label", *(f"p_{name}" for name in classes)])
    except (IndexIncompleteError, KeyError):
        return None
    places = {name: place for place, name in enumerate(classes)}
    return Timeline(
        source=source.name,
        task=task,
        classes=classes,
        frame_indexes=rows["frame_index"],
        times_seconds=rows["time_seconds"],
        probabilities=np.stack([rows[f"p_{name}"] for name in classes], axis=1),
        labels=np.array([places[name] for name in rows["label"].tolist()], np.int64),
        start_seconds=stored["start_seconds"],
        end_seconds=stored["end_seconds"],
        frame_count=stored["frame_count"],
    )


def _timeline(model: Model, source: Source, task: str, index: IndexedSource) -> Timeline:
    probabilities = model.probabilities(index.views)
    return Timeline(
        source=source.name,
        task=task,
        classes=model.classes,
        frame_indexes=index.frame_indexes,
        times_seconds=index.times_seconds,
        probabilities=probabilities,
        labels=probabilities.argmax(axis=1),
        start_seconds=index.facts.start_seconds,
        end_seconds=max(index.facts.end_seconds, float(index.times_seconds.max())),
        frame_count=index.facts.frame_count,
    )


def _between(reader: FilmReader, timeline: Timeline, gaps: list[int], spec: IndexSpec) -> Iterator[FrameImage]:
    """The frames between sample `g` and the next, for each `g` of `gaps`; reads on where the next gap is near.

    Films that cannot be entered in the middle, and those whose time stamps start again (two transport streams joined
    by `cat`), are read straight through: there the frames are told by counting.
    """
    film, renderer = reader.film, Renderer(crop=spec.frames.crop)
    indexes, times = timeline.frame_indexes.tolist(), timeline.times_seconds.tolist()
    in_order = bool((np.diff(timeline.times_seconds) > 0).all())
    jumps = reader.can_seek and in_order and bool(scan_packets(film.path).key_pts)
    waiting = list(gaps)
    while waiting:
        start_pts = round(times[waiting[0]] / film.time_base) if jumps else None
        for frame in reader.frames(start_pts=start_pts, first_index=indexes[waiting[0]] if jumps else 0):
            if frame.frame_index > indexes[waiting[0]] and frame.frame_index < indexes[waiting[0] + 1]:
                yield FrameImage(frame, renderer, sample_aspect_ratio=film.sample_aspect_ratio)
            while waiting and frame.frame_index >= indexes[waiting[0] + 1] - 1:
                waiting.pop(0)
            if not waiting or (jumps and times[waiting[0]] - frame.time_seconds > _NEAR_SECONDS):
                break
        else:
            return


def _with_gaps_decided(
    merged: Timeline, sampled: Timeline, gaps: list[int], *, model: Model, decision: Decision
) -> Timeline:
    """Decides the frames in each gap, the samples on both of its sides being given."""
    labels = merged.labels.copy()
    decided = apply_thresholds(merged.probabilities, classes=merged.classes, thresholds=decision.thresholds)
    for gap in gaps:
        first, last = np.searchsorted(merged.frame_indexes, sampled.frame_indexes[gap : gap + 2])
        part = decided[first : last + 1].copy()
        for row, sample in ((0, gap), (-1, gap + 1)):
            part[row] = 0
            part[row, sampled.labels[sample]] = 1
        labels[first : last + 1] = smooth(
            part,
            times_seconds=merged.times_seconds[first : last + 1],
            priors=model.priors,
            switch_rate_per_second=model.switch_rate_per_second,
        )
    return merged.with_labels(labels)


_NEAR_SECONDS = 2.0


def _check_classes(thresholds: Mapping[str, float], classes: tuple[str, ...]) -> None:
    for name in thresholds:
        if name not in classes:
            raise LabelError(f"--threshold {name}: there is no such class; the model knows {', '.join(classes)}")
