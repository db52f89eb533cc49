"""Predicting: from a model and stored views to timelines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import LabelError
from reelsift.features.store import IndexedSource
from reelsift.media.sources import PictureSource, Source
from reelsift.models.model import MultiModel
from reelsift.multi_timeline import MultiTimeline
from reelsift.project.indexing import Progress, for_source, indexed_views, silent
from reelsift.project.layout import Layout
from reelsift.project.learning import load_model
from reelsift.project.timelines import read_timeline, write_timeline
from reelsift.shot_borders import APPEARANCE, cuts_among, jumps_between, moved_to_jumps
from reelsift.smoothing import apply_thresholds, merge_short, smooth
from reelsift.specs import IndexSpec, Sampling, check_thresholds
from reelsift.timeline import Timeline

if TYPE_CHECKING:
    from reelsift.models import Model

__all__ = ["Decision", "Part", "check_decision", "parts_of", "predict_source"]

_ROWS_AT_ONCE = 4096

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


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

    def labels(
        self, timeline: Timeline, model: Model, *, apart: bool = False, jumps: FloatArray | None = None
    ) -> IntArray:
        """(T,) smoothed labels of the samples of a timeline.

        Args:
            apart: Each is decided by itself.
            jumps: (T - 1,) by how much each differs from the one before it, where the model has memory: at a cut it
                may forget, and changes of class are moved to one that is near.
        """
        decided = apply_thresholds(timeline.probabilities, classes=timeline.classes, thresholds=self.thresholds)
        if apart:
            return np.asarray(decided.argmax(axis=1), np.int64)
        labels = smooth(
            decided,
            times_seconds=timeline.times_seconds,
            priors=model.priors,
            switch_rate_per_second=model.switch_rate_per_second,
            forgets=None if jumps is None else model.change_share * cuts_among(jumps),
        )
        labels = merge_short(labels, boundaries_seconds=timeline.boundaries_seconds, min_seconds=self.min_seconds)
        return labels if jumps is None else moved_to_jumps(labels, jumps, times_seconds=timeline.times_seconds)


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
    index = indexed_views(layout, source, spec=spec, views=model.views, lazy=True, on_progress=on_progress)
    timelines: list[Timeline] = []
    for part in parts_of(model, decision):
        suffix = part.suffix + (f"-{sampling}" if sampling is not None else "")
        path = layout.timeline_path(task, source.source_id, suffix=suffix)
        facts = {"model": digest, "samples": len(index.frame_indexes), **asdict(part.decision)}
        timeline = read_timeline(path, source, task, facts)
        if timeline is None:
            timeline = _timeline(part.model, source, task, index)
            apart = isinstance(source, PictureSource) and source.is_apart
            sees_cuts = part.model.remembers and APPEARANCE in index.views
            jumps = _jumps(index.views[APPEARANCE]) if sees_cuts else None
            timeline = timeline.with_labels(part.decision.labels(timeline, part.model, apart=apart, jumps=jumps))
            write_timeline(path, timeline, facts=facts)
        timelines.append(timeline)
    return MultiTimeline(tuple(timelines)) if isinstance(model, MultiModel) else timelines[0]


@dataclass(frozen=True)
class Part:
    """One question of a task, and how it is decided.

    Attributes:
        name: The class it asks after; `None` where the task is one question.
        suffix: Of the file that keeps its timeline.
    """

    name: str | None
    model: Model
    decision: Decision
    suffix: str


def parts_of(model: Model | MultiModel, decision: Decision) -> list[Part]:
    if not isinstance(model, MultiModel):
        return [Part(None, model, decision, "")]
    own = [{name: decision.thresholds[name]} if name in decision.thresholds else {} for name in model.classes]
    return [
        Part(name, part, Decision(thresholds, decision.min_seconds), f"-{number}")
        for number, (name, part, thresholds) in enumerate(zip(model.classes, model.models, own, strict=True))
    ]


def _timeline(model: Model, source: Source, task: str, index: IndexedSource) -> Timeline:
    apart = isinstance(source, PictureSource) and source.is_apart
    probabilities = model.probabilities(index.views, times_seconds=None if apart else index.times_seconds)
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


def _jumps(table: Any) -> NDArray[np.float64]:
    """By how much each sample differs from the one before it, read a run of rows at a time."""
    starts = range(0, max(len(table) - 1, 0), _ROWS_AT_ONCE)
    return np.concatenate([np.empty(0), *(jumps_between(table[start : start + _ROWS_AT_ONCE + 1]) for start in starts)])


def _check_classes(thresholds: Mapping[str, float], classes: tuple[str, ...]) -> None:
    for name in thresholds:
        if name not in classes:
            raise LabelError(f"--threshold {name}: there is no such class; the model knows {', '.join(classes)}")
