"""Annotating a source with what tasks say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from reelsift.actions.annotate import USUAL, AnnotateResult, annotate, check_annotate
from reelsift.errors import LabelError
from reelsift.media.encode import VideoSettings
from reelsift.media.sources import Source
from reelsift.multi_timeline import MultiTimeline
from reelsift.project.indexing import Progress, silent
from reelsift.project.layout import Layout
from reelsift.project.learning import load_model
from reelsift.project.predicting import Decision, check_decision, predict_source
from reelsift.project.refining import refine
from reelsift.smoothing import merge_short
from reelsift.specs import AnnotateSpec
from reelsift.timeline import Timeline

__all__ = ["annotate_source"]


def annotate_source(
    layout: Layout,
    source: Source,
    spec: AnnotateSpec,
    *,
    output: Path,
    settings: VideoSettings = USUAL,
    overwrite: bool = False,
    on_progress: Progress = silent,
) -> AnnotateResult:
    """Predicts where that is missing, makes changes exact to the frame, and writes the annotated film.

    Raises:
        ModelError: If a task has no model.
        LabelError: If a threshold names a class that no task has.
        OutputExistsError: If the output exists and `overwrite` is not set.
        ReelsiftError: If the source cannot be read, or the output not be written.
    """
    check_annotate(source, output=output, settings=settings, overwrite=overwrite)
    decisions = _decisions(spec, {task: load_model(layout, task)[0].classes for task in spec.tasks})
    timelines: list[Timeline | MultiTimeline] = []
    for task, decision in decisions.items():
        check_decision(layout, task, decision=decision)
        sampled = predict_source(layout, task, source, decision=decision, on_progress=on_progress)
        exact = refine(layout, sampled, source, decision=decision, on_progress=on_progress)
        timelines.append(_without_short(exact, spec.min_seconds))

    def report(done: int, total: int | None) -> None:
        on_progress(f"{source.name}: annotating", done=done, total=total or 0)

    return annotate(source, timelines, output=output, settings=settings, overwrite=overwrite, on_progress=report)


def _decisions(spec: AnnotateSpec, classes: Mapping[str, Sequence[str]]) -> dict[str, Decision]:
    """How each task decides, given the classes of each.

    Raises:
        LabelError: If a threshold names no class of theirs.
    """
    own: dict[str, dict[str, float]] = {task: {} for task in spec.tasks}
    for given, value in spec.thresholds.items():
        meant = [(task, name) for task in spec.tasks for name in classes[task] if given in (name, f"{task}.{name}")]
        if not meant:
            known = "; ".join(f"{task}: {', '.join(classes[task])}" for task in spec.tasks)
            raise LabelError(f"--threshold {given}: there is no such class; there are {known}")
        for task, name in meant:
            own[task][name] = value
    return {task: Decision(thresholds) for task, thresholds in own.items()}


def _without_short(timeline: Timeline | MultiTimeline, min_seconds: float) -> Timeline | MultiTimeline:
    """Applied to exact stretches, not to those of the samples."""
    if isinstance(timeline, MultiTimeline):
        return replace(timeline, parts=tuple(_merged(part, min_seconds) for part in timeline.parts))
    return _merged(timeline, min_seconds)


def _merged(timeline: Timeline, min_seconds: float) -> Timeline:
    return timeline.with_labels(
        merge_short(timeline.labels, boundaries_seconds=timeline.boundaries_seconds, min_seconds=min_seconds)
    )
