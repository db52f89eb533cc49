"""Indexing: from sources to stored views."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, Protocol

from reelsift.errors import ReelsiftError
from reelsift.features.extraction import (
    FILM_PLAN,
    PICTURE_PLAN,
    IndexPlan,
    WorkItem,
    extract_part,
    plan_index,
    settle_index,
)
from reelsift.features.store import IndexedSource, IndexRecord, SourceFacts
from reelsift.features.views import VIEWS, view_named
from reelsift.media.sources import FilmSource, Source
from reelsift.project.layout import Layout, record_of
from reelsift.runners import core_count, run
from reelsift.specs import FrameSpec, IndexSpec, Sampling

__all__ = ["IndexResult", "Progress", "index_sources", "indexed_views"]

THUMBNAIL = "thumbnail"


class Progress(Protocol):
    """Told how far a step is; `total` is 0 while it is not known."""

    def __call__(self, what: str, *, done: int, total: int) -> None: ...


def silent(what: str, *, done: int, total: int) -> None:
    """Progress nobody watches."""


@dataclass(frozen=True)
class IndexResult:
    """What indexing one source gave.

    Attributes:
        frames: Frames stored, of those the sampling asks for.
        duration_seconds: From the first frame to the end of the last.
        status: `cached` if all was there before; `partial` if something could not be read; `failed` if nothing could.
        error: What went wrong; empty if nothing did.
    """

    source: str
    source_id: str
    frames: int
    duration_seconds: float
    wall_seconds: float
    status: Literal["indexed", "cached", "partial", "failed"]
    error: str = ""


def index_sources(
    layout: Layout,
    sources: Sequence[Source],
    *,
    spec: IndexSpec,
    runner: Literal["serial", "processes"] = "serial",
    jobs: int = 1,
    on_progress: Progress = silent,
) -> list[IndexResult]:
    """Stores the views of each source that are not stored yet; a source that fails does not stop the others."""
    threads = max(1, core_count() // jobs) if runner == "processes" and jobs > 1 else 0
    results: list[IndexResult] = []
    for source in sources:
        started = time.perf_counter()
        try:
            results.append(_index_source(layout, source, spec, threads, runner, jobs, on_progress))
        except ReelsiftError as error:
            seconds = time.perf_counter() - started
            results.append(IndexResult(source.name, "", 0, 0.0, seconds, "failed", str(error)))
    return results


def indexed_views(
    layout: Layout, source: Source, *, spec: IndexSpec, views: Sequence[str], on_progress: Progress = silent
) -> IndexedSource:
    """The stored rows of `views`, computed first where they are missing.

    Where several stored indexes fit, the densest is used: one with the same crop and settings that samples at least as
    often as `spec` does.

    Raises:
        ReelsiftError: If the source cannot be read.
    """
    records = fitting_records(layout, source.source_id, spec=spec, views=views)
    if records is None:
        records, _ = complete(layout, source, replace(spec, views=tuple(views)), on_progress=on_progress)
    else:
        _remember(layout, source, source.source_id)  # it may have been moved since it was indexed
    return layout.features.read(records)


def fitting_records(
    layout: Layout, source_id: str, *, spec: IndexSpec, views: Sequence[str], at_least: Sampling | None = None
) -> list[IndexRecord] | None:
    """Complete records of all `views` from the densest sampling that fits; `None` if there is none.

    Args:
        at_least: How dense it must be; as `spec` if not given.
    """
    wanted = density(at_least or spec.frames.sampling)
    by_sampling: dict[Sampling, dict[str, IndexRecord]] = {}
    for record in layout.features.records(source_id):
        same = settings_of(record.spec) == settings_of(spec)
        if same and record.view in views and density(record.spec.frames.sampling) >= wanted:
            by_sampling.setdefault(record.spec.frames.sampling, {})[record.view] = record
    for sampling in sorted(by_sampling, key=density, reverse=True):
        if all(view in by_sampling[sampling] for view in views):
            return [by_sampling[sampling][view] for view in views]
    return None


def damage_of(facts: SourceFacts) -> str:
    """What of a source could not be read, in words; empty if everything could."""
    frames = "frame" if facts.undecodable == 1 else "frames"
    lost = f"{facts.undecodable} {frames} cannot be decoded" if facts.undecodable else ""
    return "; ".join(part for part in (lost, facts.damage) if part)


def known_damage(layout: Layout, source_id: str) -> str:
    """What indexing a source found out about its damage; empty if nothing, or if it is not indexed."""
    return next((words for record in layout.features.records(source_id) if (words := damage_of(record.facts))), "")


def settings_of(spec: IndexSpec) -> tuple[object, ...]:
    """What two indexes must share to be used in each other's place."""
    return spec.frames.crop, spec.backbone, spec.input_size


def density(sampling: Sampling) -> float:
    return float("inf") if sampling.fps is None else float(sampling.fps)


def for_source(spec: IndexSpec, source: Source) -> IndexSpec:
    """The spec as it applies to a source: of a folder of pictures every picture is looked at."""
    if isinstance(source, FilmSource):
        return spec
    return replace(spec, frames=FrameSpec(Sampling(None), spec.frames.crop))


def complete(
    layout: Layout,
    source: Source,
    spec: IndexSpec,
    *,
    threads: int = 0,
    runner: Literal["serial", "processes"] = "serial",
    jobs: int = 1,
    on_progress: Progress = silent,
) -> tuple[list[IndexRecord], bool]:
    """Computes what is missing of `spec.views`; gives the records of all of them, and whether anything was missing."""
    store, spec = layout.features, for_source(spec, source)
    views = [view_named(name).name for name in spec.views]
    plan = plan_index(source, spec, store, views=[*views, THUMBNAIL], threads=threads)
    _remember(layout, source, plan.source_id)
    if plan.views:
        _extract(plan, runner=runner, jobs=jobs, on_progress=on_progress)
        settle_index(plan, store)
    names = {record.folder: record for record in store.records(plan.source_id)}
    plan_name = FILM_PLAN if isinstance(source, FilmSource) else PICTURE_PLAN
    records = [names[store.view_folder(plan.source_id, view, spec, plan=plan_name)] for view in views]
    return records, bool(plan.views)


def _remember(layout: Layout, source: Source, source_id: str) -> None:
    with layout.labels() as labels:
        labels.remember_source(layout.settled(record_of(source, source_id)))


def _index_source(
    layout: Layout,
    source: Source,
    spec: IndexSpec,
    threads: int,
    runner: Literal["serial", "processes"],
    jobs: int,
    on_progress: Progress,
) -> IndexResult:
    started = time.perf_counter()
    records, computed = complete(
        layout, source, spec, threads=threads, runner=runner, jobs=jobs, on_progress=on_progress
    )
    facts, error = records[0].facts, damage_of(records[0].facts)
    return IndexResult(
        source.name,
        records[0].source_id,
        records[0].samples,
        facts.end_seconds - facts.start_seconds,
        time.perf_counter() - started,
        "partial" if error else "indexed" if computed else "cached",
        error,
    )


def _extract(plan: IndexPlan, *, runner: Literal["serial", "processes"], jobs: int, on_progress: Progress) -> None:
    """Does the work items of a plan; the first failure is raised once the others are done."""
    counted = _Counted(on_progress, plan)
    # Every sampled frame is told of where it happens; from other processes only every part.
    serial = runner == "serial" or jobs == 1 or len(plan.items) < 2
    on_frame: Callable[[], None] | None = counted.frame if serial else None
    work = partial(extract_part, on_frame=on_frame) if on_frame else extract_part
    failure: ReelsiftError | None = None
    for item, result in run(plan.items, work=work, runner=runner, jobs=jobs):
        if isinstance(result, ReelsiftError):
            failure = failure or result
        elif on_frame is None:
            counted.part(item)
    if failure is not None:
        raise failure


class _Counted:
    """Counts frames for a progress report."""

    def __init__(self, on_progress: Progress, plan: IndexPlan) -> None:
        self._report, self._name = on_progress, plan.source.name
        self._total = sum(item.part.frame_count for item in plan.items)
        self._done = 0.0
        fps = plan.spec.frames.sampling.fps
        samples = plan.duration_seconds * float(fps) if fps else 0.0
        # A sampled frame stands for those that were passed over.
        self._frames_a_sample = max(plan.expected_frames / samples, 1.0) if samples else 1.0
        self._tell()

    def frame(self) -> None:
        self._done += self._frames_a_sample
        self._tell()

    def part(self, item: WorkItem) -> None:
        self._done += item.part.frame_count
        self._tell()

    def _tell(self) -> None:
        self._report(self._name, done=min(round(self._done), self._total), total=self._total)


def numeric_views() -> tuple[str, ...]:
    """Views a model can learn from."""
    return tuple(view.name for view in VIEWS.values() if view.numeric)
