"""Indexing: from sources to stored views."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice
from typing import Literal, Protocol

from reelsift.errors import ReelsiftError
from reelsift.features.extraction import (
    IndexPlan,
    WorkItem,
    extract_part,
    plan_index,
    settle_index,
)
from reelsift.features.store import IndexedSource, IndexRecord, PartFacts, SourceFacts
from reelsift.features.views import view_named
from reelsift.media.sources import FilmSource, PictureSource, Source
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
    overwrite: bool = False,
    on_progress: Progress = silent,
    on_result: Callable[[IndexResult], None] | None = None,
) -> list[IndexResult]:
    """Stores the views of each source that are not stored yet; a source that fails does not stop the others.

    Args:
        runner: `processes` works on `jobs` parts at once, of one source or of several.
        overwrite: What is stored of these views is removed and computed again.
        on_result: Called with each result as soon as it is there.

    Returns:
        The results in the order of `sources`.
    """
    batch = _Batch(layout, spec, overwrite=overwrite, on_progress=on_progress, on_result=on_result)
    waiting = list(enumerate(sources))
    while waiting:
        batch.work_on(waiting, jobs=jobs if runner == "processes" else 1)
        waiting = batch.take_copies()
    return [batch.results[number] for number in range(len(sources))]


def indexed_views(
    layout: Layout,
    source: Source,
    *,
    spec: IndexSpec,
    views: Sequence[str],
    lazy: bool = False,
    on_progress: Progress = silent,
) -> IndexedSource:
    """The stored rows of `views`, computed first where they are missing.

    Where several stored indexes fit, the densest is used: one with the same crop and settings that samples at least as
    often as `spec` does.

    Args:
        lazy: Rows are read when slices of them are asked for.

    Raises:
        ReelsiftError: If the source cannot be read.
    """
    records = fitting_records(layout, source.source_id, spec=spec, views=views)
    if records is None:
        records, _ = complete(layout, source, replace(spec, views=tuple(views)), on_progress=on_progress)
    else:
        _remember(layout, source, source.source_id)  # it may have been moved since it was indexed
    return layout.features.read(records, lazy=lazy)


def fitting_records(
    layout: Layout, source_id: str, *, spec: IndexSpec, views: Sequence[str], at_least: Sampling | None = None
) -> list[IndexRecord] | None:
    """Complete records of all `views` from the densest sampling that fits; `None` if there is none.

    Bursts serve for bursts only; all of a film, looked at as often as bursts are, serves for them, too.

    Args:
        at_least: How dense it must be; as `spec` if not given.
    """
    wanted = at_least or spec.frames.sampling
    by_sampling: dict[Sampling, dict[str, IndexRecord]] = {}
    for record in layout.features.records(source_id):
        same = settings_of(record.spec) == settings_of(spec)
        if same and record.view in views and _serves(record.spec.frames.sampling, wanted):
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
    """Frames a second that are looked at; 0 for bursts: most of the film is not."""
    if sampling.bursts:
        return 0.0
    return float("inf") if sampling.fps is None else float(sampling.fps)


def _serves(stored: Sampling, wanted: Sampling) -> bool:
    """Whether an index of one sampling does for another."""
    if wanted.bursts:
        return stored.bursts or density(stored) >= float(wanted.fps or 0)
    return not stored.bursts and density(stored) >= density(wanted)


def for_source(spec: IndexSpec, source: Source) -> IndexSpec:
    """The spec as it applies to a source: each view once; of a folder of pictures every picture is looked at."""
    spec = replace(spec, views=tuple(dict.fromkeys(spec.views)))
    if isinstance(source, FilmSource):
        return spec
    return replace(spec, frames=FrameSpec(Sampling(None), spec.frames.crop))


def complete(
    layout: Layout, source: Source, spec: IndexSpec, *, on_progress: Progress = silent
) -> tuple[list[IndexRecord], bool]:
    """Computes what is missing of `spec.views`; gives the records of all of them, and whether anything was missing.

    Raises:
        ReelsiftError: If the source cannot be read.
    """
    job = _Job(0, plan_source(layout, source, spec), on_progress, started=time.perf_counter())
    _remember(layout, source, job.plan.source_id)
    for _, result in run(job.plan.items, work=partial(extract_part, on_frame=job.counted.frame)):
        job.take(result)
    return job.settled(layout), bool(job.plan.views)


def plan_source(layout: Layout, source: Source, spec: IndexSpec, *, overwrite: bool = False) -> IndexPlan:
    """What is missing of the views of a source, and of its thumbnails; all if `overwrite`. Computes and keeps nothing.

    Raises:
        ReelsiftError: If the source cannot be read, or there is no such view.
    """
    spec = for_source(spec, source)
    views = tuple(dict.fromkeys(view_named(name).name for name in (*spec.views, THUMBNAIL)))
    return plan_index(source, spec, layout.features, views=views, again=overwrite)


def _remember(layout: Layout, source: Source, source_id: str) -> None:
    if isinstance(source, PictureSource) and source.is_listed:
        return  # a table may say something else tomorrow, and does not say where its paths count from
    with layout.labels() as labels:
        labels.remember_source(layout.settled(record_of(source, source_id)))


class _Job:
    """One source being indexed."""

    def __init__(self, number: int, plan: IndexPlan, on_progress: Progress, *, started: float) -> None:
        self.number, self.plan, self.started = number, plan, started
        self.counted = _Counted(on_progress, plan)
        self._remaining = len(plan.items)
        self._failure: ReelsiftError | None = None

    def take(self, result: PartFacts | ReelsiftError) -> bool:
        """Notes what became of an item; gives whether it was the last."""
        if isinstance(result, ReelsiftError):
            self._failure = self._failure or result
        self._remaining -= 1
        return not self._remaining

    def settled(self, layout: Layout) -> list[IndexRecord]:
        """The records of the views asked for, all items being done; raises the first failure if there was one."""
        plan, store = self.plan, layout.features
        if self._failure is not None:
            raise self._failure
        if plan.views:
            settle_index(plan, store)
        records = {record.folder: record for record in store.records(plan.source_id)}
        folders = [store.view_folder(plan.source_id, view, plan.spec, plan=plan.plan) for view in plan.spec.views]
        return [records[folder] for folder in folders]


class _Batch:
    """Sources indexed together: the parts of all of them are one list of work.

    Attributes:
        results: What became of each source that is done, by its number.
    """

    def __init__(
        self,
        layout: Layout,
        spec: IndexSpec,
        *,
        overwrite: bool,
        on_progress: Progress,
        on_result: Callable[[IndexResult], None] | None,
    ) -> None:
        self.results: dict[int, IndexResult] = {}
        self._layout, self._spec, self._overwrite = layout, spec, overwrite
        self._on_progress, self._on_result = on_progress, on_result
        self._jobs: dict[Source, _Job] = {}
        self._copies: list[tuple[int, Source]] = []
        self._renewed: set[str] = set()

    def work_on(self, numbered: Sequence[tuple[int, Source]], *, jobs: int, apart: bool = False) -> None:
        """Indexes sources; copies of one that is under way are put off.

        Args:
            jobs: Parts worked on at once, each in a process of its own if more than one.
            apart: Even a single part is worked on in another process: it may end the one it is in.
        """
        items = self._items(numbered)
        first = list(islice(items, jobs))
        items = chain(first, items)
        if len(first) < 2 and not apart:
            # The only part there is, or one after the other: in this process, with all its threads.
            for item, result in run(items, work=self._extract_here):
                self._take(item, result)
            return
        threads = max(1, core_count() // max(1, len(first)))
        try:
            several = (replace(item, threads=threads) for item in items)
            for item, result in run(several, work=extract_part, runner="processes", jobs=max(2, jobs)):
                self._jobs[item.source].counted.part(item)
                self._take(item, result)
        except ReelsiftError as error:
            self._go_on_one_by_one(numbered, error, jobs=jobs)

    def take_copies(self) -> list[tuple[int, Source]]:
        """Gives the sources that were put off."""
        copies, self._copies = self._copies, []
        return copies

    def _items(self, numbered: Iterable[tuple[int, Source]]) -> Iterator[WorkItem]:
        """Plans one source after the other, each when its turn comes, and gives what must be done."""
        for number, source in numbered:
            started = time.perf_counter()
            try:
                job = self._planned(number, source, started)
            except ReelsiftError as error:
                self._fail(number, source, error, started=started)
                continue
            if job is not None and job.plan.items:
                self._jobs[source] = job
                yield from job.plan.items
            elif job is not None:
                self._finish(job)

    def _planned(self, number: int, source: Source, started: float) -> _Job | None:
        """`None` for a copy of a source that is under way."""
        source_id = source.source_id
        if any(job.plan.source_id == source_id for job in self._jobs.values()):
            self._copies.append((number, source))
            return None
        overwrite = self._overwrite and source_id not in self._renewed
        plan = plan_source(self._layout, source, self._spec, overwrite=overwrite)
        if overwrite:  # not before the source was found fit to be read
            for view in plan.views:
                self._layout.features.remove(source_id, view, plan.spec, plan=plan.plan)
            self._renewed.add(source_id)
        _remember(self._layout, source, source_id)
        return _Job(number, plan, self._on_progress, started=started)

    def _extract_here(self, item: WorkItem) -> PartFacts:
        return extract_part(item, on_frame=self._jobs[item.source].counted.frame)

    def _take(self, item: WorkItem, result: PartFacts | ReelsiftError) -> None:
        if self._jobs[item.source].take(result):
            self._finish(self._jobs.pop(item.source))

    def _finish(self, job: _Job) -> None:
        try:
            records = job.settled(self._layout)
        except ReelsiftError as failure:
            self._fail(job.number, job.plan.source, failure, started=job.started)
            return
        facts, error = records[0].facts, damage_of(records[0].facts)
        status: Literal["indexed", "cached", "partial"] = (
            "partial" if error else "indexed" if job.plan.views else "cached"
        )
        duration, seconds = facts.end_seconds - facts.start_seconds, time.perf_counter() - job.started
        name, source_id, samples = job.plan.source.name, job.plan.source_id, records[0].samples
        self._tell(job.number, IndexResult(name, source_id, samples, duration, seconds, status, error))

    def _fail(self, number: int, source: Source, error: ReelsiftError, *, started: float) -> None:
        seconds = time.perf_counter() - started
        self._tell(number, IndexResult(source.name, "", 0, 0.0, seconds, "failed", str(error)))

    def _tell(self, number: int, result: IndexResult) -> None:
        self.results[number] = result
        if self._on_result is not None:
            self._on_result(result)

    def _go_on_one_by_one(self, numbered: Sequence[tuple[int, Source]], error: ReelsiftError, *, jobs: int) -> None:
        """Behind a worker that died: nobody knows of which source, so each that is not done gets workers of its own."""
        started = time.perf_counter()
        self._jobs.clear()
        self._copies.clear()
        for number, source in [entry for entry in numbered if entry[0] not in self.results]:
            if len(numbered) == 1:
                self._fail(number, source, error, started=started)
            else:
                self.work_on([(number, source)], jobs=jobs, apart=True)


class _Counted:
    """Counts frames for a progress report."""

    def __init__(self, on_progress: Progress, plan: IndexPlan) -> None:
        self._report, self._name = on_progress, plan.source.name
        self._total = sum(item.part.frame_count for item in plan.items)
        self._done = 0.0
        samples = plan.expected_samples
        # A sampled frame stands for those that were passed over.
        self._frames_a_sample = max(plan.expected_frames / samples, 1.0) if samples else 1.0
        if plan.items:
            self._tell()

    def frame(self) -> None:
        self._done += self._frames_a_sample
        self._tell()

    def part(self, item: WorkItem) -> None:
        self._done += item.part.frame_count
        self._tell()

    def _tell(self) -> None:
        self._report(self._name, done=min(round(self._done), self._total), total=self._total)
