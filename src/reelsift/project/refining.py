"""Timelines made exact: the frames between two samples that disagree are looked at, too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from reelsift.features.loose import compute_among_neighbours
from reelsift.features.store import IndexedSource
from reelsift.media.parts import scan_packets
from reelsift.media.reader import FilmReader, open_film
from reelsift.media.render import FrameImage, Renderer
from reelsift.media.sources import FilmSource, Source
from reelsift.models.model import MultiModel
from reelsift.multi_timeline import MultiTimeline
from reelsift.project.indexing import Progress, indexed_views, silent
from reelsift.project.layout import Layout
from reelsift.project.learning import load_model
from reelsift.project.predicting import Decision, Part, parts_of, predict_source
from reelsift.project.timelines import read_timeline, write_timeline
from reelsift.shot_borders import APPEARANCE, clear_jump, jumps_between
from reelsift.smoothing import TINY, apply_thresholds, smooth
from reelsift.specs import IndexSpec
from reelsift.timeline import Timeline

if TYPE_CHECKING:
    from reelsift.models import Model

__all__ = ["predict_exactly", "refine"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_NEAR_SECONDS = 2.0
_MANY_CHANGES = 60  # looking at the frames of one takes about a tenth of a second


def predict_exactly(
    layout: Layout, task: str, source: Source, *, decision: Decision, on_progress: Progress = silent
) -> tuple[Timeline | MultiTimeline, Timeline | MultiTimeline]:
    """The timeline of the samples, as `predict_source` gives it, and one whose changes are exact to the frame.

    With memory changes are few. A model that judges single frames may change its mind every other second: where it does
    so often, the two are the same, and looking between so many samples is left to those who cut.
    """
    timeline = predict_source(layout, task, source, decision=decision, on_progress=on_progress)
    model, _ = load_model(layout, task)
    if not model.remembers and _change_count(timeline) > _MANY_CHANGES:
        return timeline, timeline
    return timeline, refine(layout, timeline, source, decision=decision, on_progress=on_progress)


def _change_count(timeline: Timeline | MultiTimeline) -> int:
    parts = timeline.parts if isinstance(timeline, MultiTimeline) else (timeline,)
    return int(np.any([np.diff(part.labels) != 0 for part in parts], axis=0).sum())


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
    asked = [part for part in parts_of(model, decision) if part.name in (None, *timeline.classes)]
    facts = {"model": digest, "samples": len(timeline), "refined": list(timeline.classes)}
    paths = [layout.timeline_path(timeline.task, source.source_id, suffix=f"{part.suffix}-refined") for part in asked]
    told = [{**facts, **asdict(part.decision)} for part in asked]
    stored = [read_timeline(path, source, timeline.task, fact) for path, fact in zip(paths, told, strict=True)]
    refined = [part for part in stored if part is not None]
    if len(refined) < len(asked):
        on_progress(f"{source.name}: looking between samples", done=0, total=len(gaps))
        between = _Between.of(layout, source, given[0], gaps, model=model)
        refined = [_refined(old, between, gaps, part) for old, part in zip(given, asked, strict=True)]
        for path, part, fact in zip(paths, refined, told, strict=True):
            write_timeline(path, part, facts=fact)
    return MultiTimeline(tuple(refined)) if isinstance(timeline, MultiTimeline) else refined[0]


@dataclass(frozen=True, eq=False)
class _Between:
    """The views of the frames in all gaps, and those of the samples, which a model with memory needs beside them."""

    frames: dict[str, Any]
    samples: IndexedSource | None

    @classmethod
    def of(
        cls, layout: Layout, source: FilmSource, timeline: Timeline, gaps: list[int], *, model: Model | MultiModel
    ) -> _Between:
        spec = IndexSpec.from_dict(model.index_spec)
        with open_film(source.path) as reader:
            images = _between(reader, timeline, gaps, spec)
            frames = compute_among_neighbours(images, model.views, spec, source=source)
        samples = indexed_views(layout, source, spec=spec, views=model.views, lazy=True) if model.remembers else None
        return cls(frames, samples)

    def jumps(self, gap: int) -> FloatArray:
        """By how much each frame from sample `gap` to the next differs from the one before it; empty if not known."""
        if self.samples is None or APPEARANCE not in self.samples.views:
            return np.empty(0)
        ends, table = self.samples.frame_indexes[gap : gap + 2], self.samples.views[APPEARANCE]
        first, last = np.searchsorted(self.frames[""]["frame_index"], [ends[0] + 1, ends[1]])
        return jumps_between(
            np.concatenate([table[gap : gap + 1], self.frames[APPEARANCE][first:last], table[gap + 1 : gap + 2]])
        )

    def probabilities(self, model: Model) -> FloatArray:
        """(B, C) what a model says of the frames."""
        views = {view: self.frames[view] for view in model.views}
        if self.samples is None:
            return model.probabilities(views)
        return model.probabilities_between(
            self.samples.views,
            times_seconds=self.samples.times_seconds,
            between=views,
            between_seconds=self.frames[""]["time_seconds"],
        )


def _refined(timeline: Timeline, between: _Between, gaps: list[int], part: Part) -> Timeline:
    found = between.frames[""]
    frames = replace(
        timeline,
        frame_indexes=found["frame_index"],
        times_seconds=found["time_seconds"],
        probabilities=between.probabilities(part.model),
        labels=np.zeros(len(found["frame_index"]), np.int64),
    )
    merged = timeline.merged(frames)
    labels = merged.labels.copy()
    decided = apply_thresholds(merged.probabilities, classes=merged.classes, thresholds=part.decision.thresholds)
    for gap in gaps:
        first, last = np.searchsorted(merged.frame_indexes, timeline.frame_indexes[gap : gap + 2])
        ends = (int(timeline.labels[gap]), int(timeline.labels[gap + 1]))
        inside = slice(first, last + 1)
        if part.model.remembers:
            labels[inside] = _split(decided[inside], ends, jumps=between.jumps(gap))
        else:
            labels[inside] = _smoothed(decided[inside], ends, merged.times_seconds[inside], model=part.model)
    return merged.with_labels(labels)


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


def _smoothed(probabilities: FloatArray, ends: tuple[int, int], times_seconds: FloatArray, *, model: Model) -> IntArray:
    """Labels of the frames in a gap, those of the samples at both of its ends being given."""
    given = probabilities.copy()
    for row, label in zip((0, -1), ends, strict=True):
        given[row] = 0
        given[row, label] = 1
    return smooth(
        given,
        times_seconds=times_seconds,
        priors=model.priors,
        switch_rate_per_second=model.switch_rate_per_second,
    )


def _split(probabilities: FloatArray, ends: tuple[int, int], *, jumps: FloatArray) -> IntArray:
    """Labels of the frames in a gap, by a model with memory: the first class, from one frame on the second.

    At a cut, where there is one. Elsewhere what counts is not which class a frame is likelier of, as the memory holds
    the same before and after it, but to which of the samples at the ends it is closer.
    """
    before, behind = ends
    cut = clear_jump(jumps)
    if cut is None:
        odds = np.log(np.maximum(probabilities[:, behind], TINY)) - np.log(np.maximum(probabilities[:, before], TINY))
        closer = odds - (odds[0] + odds[-1]) / 2
        gains = np.cumsum(closer[::-1])[::-1] * 2 - closer.sum()  # of what is behind, less what is before
        cut = int(gains[1:].argmax())
    return np.where(np.arange(len(probabilities)) <= cut, before, behind)
