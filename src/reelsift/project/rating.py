"""Rating: from sources and tasks to clips with shares, facts and verdicts.

Films are looked at in short bursts (`media/bursts.py`), whose views are stored like any others: rating again with other
conditions or thresholds decodes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reelsift.actions.rate import FACTS, SHARES, TRUTHS, ClipRating, TaskBand, judged, known_names, shares_of
from reelsift.errors import LabelError, ReelsiftError, SpecError
from reelsift.expressions import Expression
from reelsift.media.sources import Source
from reelsift.multi_timeline import MultiTimeline
from reelsift.project.clip_facts import clip_facts
from reelsift.project.copies import Rated, name_copies
from reelsift.project.indexing import (
    THUMBNAIL,
    Progress,
    damage_of,
    fitting_records,
    for_source,
    index_sources,
    indexed_views,
    settings_of,
    silent,
)
from reelsift.project.layout import Layout
from reelsift.project.learning import load_model
from reelsift.project.predicting import Decision, predict_source
from reelsift.runners import core_count
from reelsift.specs import USABLE_CLASS, FrameSpec, IndexSpec, RateSpec, Sampling, parse_thresholds
from reelsift.timeline import Timeline, nearest_samples

__all__ = ["BURSTS", "Failure", "Ratings", "check_rating", "rate_sources", "thresholds_by_task", "usual_reject"]

BURSTS = Sampling(bursts=True)
FACT_VIEWS = ("shake",)  # with the thumbnails, what frozen stretches are told from
_USUAL = {"exposure": ("good", "exposure.good < 50%"), "blur": ("blurred", "blur.blurred > 50%"),
          "shake": ("shaky", "shake.shaky > 50%")}  # fmt: skip
_USUAL_FACTS = ("duplicate", "black > 50%", "frozen > 90%")


@dataclass(frozen=True)
class Failure:
    """A source that could not be rated, and why."""

    source: str
    error: str


@dataclass(frozen=True, eq=False)
class Ratings:
    """What rating gave.

    Attributes:
        clips: In the order they were given.
        sources: Their sources.
        failures: Those that could not be read.
        reject: The condition under which a clip was rejected.
    """

    clips: tuple[ClipRating, ...]
    sources: tuple[Source, ...]
    failures: tuple[Failure, ...]
    reject: str


def usual_reject(classes: Mapping[str, Sequence[str]]) -> str:
    """The condition under which a clip is rejected where the user names none.

    Args:
        classes: Of each task that clips are rated by.
    """
    of_tasks = [words for task, (name, words) in _USUAL.items() if name in classes.get(task, ())]
    return " or ".join((*_USUAL_FACTS, *of_tasks))  # the first that is true names the folder a clip is sorted into


def check_rating(layout: Layout, spec: RateSpec) -> Expression:
    """Makes sure, before any film is looked at, that clips can be rated so; gives the condition.

    Raises:
        ModelError: If a task has no model.
        LabelError: If a threshold names a class that its task does not have.
        SpecError: If the condition cannot be understood, or names what nobody knows.
    """
    classes = {task: load_model(layout, task)[0].classes for task in spec.tasks}
    for task, thresholds in spec.thresholds.items():
        for name in thresholds:
            if name not in classes[task]:
                raise LabelError(f"the threshold of '{task}.{name}': task '{task}' knows {', '.join(classes[task])}")
    reject = Expression.parse(spec.reject if spec.reject is not None else usual_reject(classes))
    names = known_names(classes)
    reject.check(names, facts=TRUTHS, shares=[name for name in names if name not in FACTS or name in SHARES])
    return reject


def rate_sources(
    layout: Layout, sources: Sequence[Source], *, spec: RateSpec, jobs: int = 0, on_progress: Progress = silent
) -> Ratings:
    """Rates sources; one that cannot be read does not stop the others.

    Args:
        jobs: Parts of films worked on at once; 0 for as many as there are cores.

    Raises:
        ModelError, LabelError, SpecError: As `check_rating`.
    """
    reject = check_rating(layout, spec)
    failures: dict[Source, Failure] = {}
    for index_spec in _index_specs(layout, spec):
        _look_at(layout, [source for source in sources if source not in failures], index_spec, failures,
                 jobs=jobs or core_count(), on_progress=on_progress)  # fmt: skip
    rated: list[Rated] = []
    for number, source in enumerate(sources):
        on_progress("rating clips", done=number, total=len(sources))
        if source in failures:
            continue
        try:
            rated.append(_rated(layout, source, spec))
        except ReelsiftError as error:
            failures[source] = Failure(source.name, str(error))
    clips = name_copies(layout, rated, on_progress=on_progress)
    failed = tuple(failures[source] for source in sources if source in failures)
    verdicts = tuple(judged(clip, reject) for clip in clips)
    return Ratings(verdicts, tuple(each.source for each in rated), failed, reject.text)


def _index_specs(layout: Layout, spec: RateSpec) -> list[IndexSpec]:
    """What films are looked at for: one spec for all tasks that look at the same part of a frame in the same way."""
    facts = IndexSpec(FrameSpec(BURSTS), views=FACT_VIEWS)
    found = {settings_of(facts): facts}
    for task in spec.tasks:
        model, _ = load_model(layout, task)
        own = IndexSpec.from_dict(model.index_spec)
        own = replace(own, frames=replace(own.frames, sampling=BURSTS), views=model.views)
        same = found.get(settings_of(own), replace(own, views=()))
        found[settings_of(own)] = replace(same, views=tuple(dict.fromkeys((*same.views, *own.views))))
    return list(found.values())


def _look_at(
    layout: Layout,
    sources: Sequence[Source],
    spec: IndexSpec,
    failures: dict[Source, Failure],
    *,
    jobs: int,
    on_progress: Progress,
) -> None:
    """Stores the views of those sources of which no index has them; several films at once, a core each."""
    lacking: list[Source] = []
    for source in sources:
        try:
            own = for_source(spec, source)
            if fitting_records(layout, source.source_id, spec=own, views=(*own.views, THUMBNAIL)) is None:
                lacking.append(source)
        except ReelsiftError as error:
            failures[source] = Failure(source.name, str(error))
    results = index_sources(
        layout, lacking, spec=spec, runner="processes" if jobs > 1 else "serial", jobs=jobs, on_progress=on_progress
    )
    for source, result in zip(lacking, results, strict=True):
        if result.status == "failed":
            failures[source] = Failure(source.name, result.error)


def _rated(layout: Layout, source: Source, spec: RateSpec) -> Rated:
    """A clip as far as it can be told without the others."""
    timelines = {
        task: predict_source(
            layout, task, source, decision=Decision(dict(spec.thresholds.get(task, {}))), sampling=BURSTS
        )
        for task in spec.tasks
    }
    own = for_source(IndexSpec(FrameSpec(BURSTS)), source)
    index = indexed_views(layout, source, spec=own, views=(*FACT_VIEWS, THUMBNAIL))
    facts = clip_facts(layout, source, index)
    worst, best = _moments(timelines, index.times_seconds)
    clip = ClipRating(
        source=source.name,
        path=source.path,
        source_id=source.source_id,
        start_seconds=index.facts.start_seconds,
        duration_seconds=max(0.0, index.facts.end_seconds - index.facts.start_seconds),
        frames=index.facts.frame_count,
        looked_at=len(index.frame_indexes),
        width=facts.width,
        height=facts.height,
        fps=facts.fps,
        has_sound=facts.has_sound,
        bands=tuple(_band(task, timeline) for task, timeline in timelines.items()),
        stretches=tuple(sorted(facts.stretches, key=lambda each: each.start_seconds)),
        worst_seconds=worst,
        best_seconds=best,
        damage=damage_of(index.facts) or facts.damage,
    )
    return Rated(clip, source, facts)


def _band(task: str, timeline: Timeline | MultiTimeline) -> TaskBand:
    if isinstance(timeline, Timeline):
        return TaskBand(task, shares_of(timeline), timeline.segments)
    shares = {name: shares_of(timeline.of(name))[name] for name in timeline.classes}
    return TaskBand(task, shares, timeline.segments)


def _moments(
    timelines: Mapping[str, Timeline | MultiTimeline], times_seconds: NDArray[np.float64]
) -> tuple[float | None, float | None]:
    """When a clip is at its worst and at its best, of the moments (T,): by the tasks that say what is usable."""
    usable = np.ones(len(times_seconds))
    told = False
    for task, timeline in timelines.items():
        wanted = USABLE_CLASS.get(task)
        if isinstance(timeline, Timeline) and wanted in timeline.classes:
            nearest = nearest_samples(timeline.times_seconds, times_seconds)
            usable *= timeline.probabilities[nearest, timeline.classes.index(wanted)]
            told = True
    if not told:
        return None, None
    return float(times_seconds[usable.argmin()]), float(times_seconds[usable.argmax()])


def thresholds_by_task(texts: Sequence[str], *, tasks: Sequence[str]) -> dict[str, dict[str, float]]:
    """`TASK.CLASS=P` items, for example `blur.blurred=0.75`.

    Raises:
        SpecError: If one is no such item.
    """
    found: dict[str, dict[str, float]] = {}
    for name, value in parse_thresholds(list(texts)).items():
        task = next((task for task in sorted(tasks, key=len, reverse=True) if name.startswith(f"{task}.")), None)
        if task is None:
            raise SpecError(f"'{name}={value:g}' is not a threshold of a clip: give TASK.CLASS=PROBABILITY of one of "
                            f"{', '.join(tasks)}, for example blur.blurred=0.75")  # fmt: skip
        found.setdefault(task, {})[name.removeprefix(f"{task}.")] = value
    return found
