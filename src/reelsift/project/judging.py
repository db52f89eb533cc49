"""What a model says of labelled frames, beside what the labels say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reelsift.labels import NO_CLASS, Label, SourceRecord, TaskKind
from reelsift.multi_timeline import MultiTimeline
from reelsift.project.gathering import gather_examples
from reelsift.project.indexing import Progress, fitting_records, for_source
from reelsift.project.layout import Layout
from reelsift.project.predicting import predict_source
from reelsift.project.seen import rows_by_source, spoken_of
from reelsift.segment_scores import SegmentScores, segment_scores
from reelsift.specs import IndexSpec

if TYPE_CHECKING:
    from reelsift.models import Examples, Model
    from reelsift.models.model import MultiModel
    from reelsift.models.scoring import Answers

__all__ = ["Asked", "clip_numbers", "gather_judged", "scores_of_segments", "smoothed_labels"]


@dataclass(frozen=True, eq=False)
class Asked:
    """The questions that a model answers: one, or one with yes or no for each class.

    Attributes:
        models: What answers them.
        known: Classes that labels may name.
    """

    models: tuple[Model, ...]
    known: tuple[str, ...]
    kind: TaskKind

    @classmethod
    def of(cls, model: Model | MultiModel) -> Asked:
        from reelsift.models.model import MultiModel

        if isinstance(model, MultiModel):
            # Labels of the background say that no class is true; so do lines of 0 alone, whatever it is called.
            background = model.models[0].report.get("background") or NO_CLASS
            known = dict.fromkeys((*model.classes, background, NO_CLASS))
            return cls(model.models, tuple(known), "multi")
        return cls((model,), model.classes, "single")

    def answers(
        self,
        judged: Examples,
        labels: Sequence[Label],
        *,
        tables: Sequence[NDArray[np.float64]],
        clips: NDArray[np.int64],
        smoothed: Sequence[NDArray[np.int64]] | None,
    ) -> tuple[Answers, ...]:
        """What the models say of the frames: `tables` are the probabilities of each."""
        from reelsift.models.scoring import Answers

        return tuple(
            Answers(
                classes=model.classes,
                targets=judged.targets if self.kind == "single" else _shows(judged, labels, model.classes[1]),
                probabilities=tables[number],
                clips=clips,
                smoothed=smoothed[number] if smoothed is not None else None,
            )
            for number, model in enumerate(self.models)
        )


def gather_judged(
    layout: Layout,
    labels: Sequence[Label],
    sources: dict[str, SourceRecord],
    *,
    asked: Asked,
    spec: IndexSpec,
    on_progress: Progress,
) -> tuple[Examples, tuple[str, ...]]:
    """The labelled frames, each once; where several classes can be true their targets say nothing."""
    classes = asked.known
    if asked.kind == "multi":
        places = {(label.source_id, label.place): label for label in labels}
        labels = [replace(label, class_name=classes[0]) for label in places.values()]
    return gather_examples(layout, labels, sources, spec=spec, classes=classes, on_progress=on_progress)


def _shows(judged: Examples, labels: Sequence[Label], name: str) -> NDArray[np.int64]:
    """(N,) 1 for the frames that a label says show the class, 0 for those that no label says it of."""
    shows = np.zeros(len(judged), np.int64)
    by_source: dict[str, list[Label]] = {}
    for label in labels:
        if label.class_name == name:
            by_source.setdefault(label.source_id, []).append(label)
    rows = rows_by_source(judged.source_ids)
    for source_id, its_labels in by_source.items():
        own = rows.get(source_id, np.zeros(0, np.int64))
        shows[own] = spoken_of(judged.times_seconds[own], labels=its_labels)
    return shows


def scores_of_segments(judged: Examples, answers: Sequence[Answers]) -> tuple[SegmentScores, ...]:
    """For each question, how well the segments of the timelines are those of the labels; nothing without timelines."""
    films = [rows[np.argsort(judged.times_seconds[rows], kind="stable")] for rows in
             rows_by_source(judged.source_ids).values()]  # fmt: skip
    return tuple(
        segment_scores([(each.targets[rows], each.smoothed[rows]) for rows in films])
        for each in answers
        if each.smoothed is not None
    )


def clip_numbers(
    judged: Examples, labels: Sequence[Label], sources: Mapping[str, SourceRecord], *, stretches: bool
) -> NDArray[np.int64]:
    """(N,) the number of the clip each frame is of, where that is labelled as a whole; else -1.

    Args:
        stretches: Whether labelled intervals are of clips, too, which `split` wrote.
    """
    numbers = np.full(len(judged), -1, np.int64)
    rows = rows_by_source(judged.source_ids)
    for number, label in enumerate(labels):
        is_clip = label.is_whole and sources[label.source_id].kind != "picture"
        own = rows.get(label.source_id)
        if own is not None and (is_clip or (stretches and not label.is_frame and not label.is_whole)):
            numbers[own[spoken_of(judged.times_seconds[own], labels=[label])]] = number
    return numbers


def smoothed_labels(
    layout: Layout,
    task: str,
    judged: Examples,
    sources: Mapping[str, SourceRecord],
    *,
    spec: IndexSpec,
    on_progress: Progress,
) -> list[NDArray[np.int64]] | None:
    """For each question (N,) labels by the timelines of the sources; `None` where not all of them have one.

    A picture has none, and of a film of which single frames are labelled, no more than these was looked at.
    """
    rows = rows_by_source(judged.source_ids)
    if any(sources[source_id].kind == "picture" for source_id in rows):
        return None
    opened = {source_id: layout.open(sources[source_id]) for source_id in rows}
    for source_id, source in opened.items():
        if fitting_records(layout, source_id, spec=for_source(spec, source), views=spec.views) is None:
            return None
    timelines = {
        source_id: predict_source(layout, task, source, on_progress=on_progress) for source_id, source in opened.items()
    }
    parts = {
        source_id: timeline.parts if isinstance(timeline, MultiTimeline) else (timeline,)
        for source_id, timeline in timelines.items()
    }
    smoothed = [np.zeros(len(judged), np.int64) for _ in next(iter(parts.values()))]
    for source_id, own in rows.items():
        for labels, part in zip(smoothed, parts[source_id], strict=True):
            labels[own] = part.labels_at(judged.times_seconds[own])
    return smoothed
