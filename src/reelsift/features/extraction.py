"""Computing the views of a source: a list of independent work items, and what each of them does.

Only this step is worth distributing. A work item is small and picklable; it reads one part of one source, computes the
views that lack a shard for it, and writes those.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np

from reelsift.errors import MediaError, ReelsiftError
from reelsift.features.computing import Passed, compute_views, in_runs
from reelsift.features.store import FeatureStore, IndexRecord, PartFacts, shard_name
from reelsift.features.tables import VALUES, row_count, writing_table
from reelsift.media.bursts import BURST_PLAN, BurstPart, BurstReader, burst_parts, open_bursts, plan_bursts
from reelsift.media.parts import PART_SECONDS, PacketScan, Part, plan_parts, scan_packets
from reelsift.media.picture_reader import read_pictures
from reelsift.media.probe import missing_end
from reelsift.media.reader import FilmReader, Frame, open_film
from reelsift.media.render import FrameImage, Image, PictureImage, Renderer
from reelsift.media.sampling import Grid, marked
from reelsift.media.sources import FilmSource, PictureSource, Source
from reelsift.specs import IndexSpec, Size, check_crop

__all__ = [
    "FILM_PLAN",
    "PICTURE_PLAN",
    "IndexPlan",
    "WorkItem",
    "compute_views",
    "extract_part",
    "plan_index",
    "settle_index",
]

FILM_PLAN = f"films-by-{PART_SECONDS:g}s"
_PICTURES_A_PART = 512
PICTURE_PLAN = f"pictures-by-{_PICTURES_A_PART}"
# Shorter, so that two processes share a clip of a minute: one reads bursts faster than several threads do.
_BURST_PART_SECONDS = 30.0

# Rows are written in runs of so many: films that cannot be divided into parts have all their frames in one.
_ROWS_AT_ONCE = 1024

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WorkItem:
    """One part of one source, and what to compute of it.

    Attributes:
        shards: For each view to compute, the file its rows go to.
        origin_pts: Time stamp of the film's first frame, from which the sampling grid counts.
        threads: Threads to use; 0 for all cores.
        bursts: What of the part is looked at; `None` for all of it.
    """

    source: Source
    part: Part
    spec: IndexSpec
    shards: tuple[tuple[str, Path], ...]
    origin_pts: int
    threads: int = 0
    bursts: BurstPart | None = None


@dataclass(frozen=True)
class IndexPlan:
    """All that must be done to index one source.

    Attributes:
        views: The views that are not complete.
        parts: All parts of the source.
        items: The parts that lack a shard.
        expected_frames: Frames in the source, as far as can be told without decoding.
        damage: What is wrong with the source as a whole; empty if nothing is.
        expected_samples: How many frames will be looked at, about; 0 where all are.
    """

    source: Source
    source_id: str
    spec: IndexSpec
    plan: str
    views: tuple[str, ...]
    parts: tuple[Part, ...]
    items: tuple[WorkItem, ...]
    expected_frames: int
    damage: str = ""
    expected_samples: float = 0.0


def plan_index(
    source: Source, spec: IndexSpec, store: FeatureStore, *, views: Sequence[str], threads: int = 0, again: bool = False
) -> IndexPlan:
    """Finds out what indexing a source takes; decodes its first frame only. Shards that are damaged count as missing.

    Args:
        again: Everything is to be computed, whatever is stored.

    Raises:
        SourceNotFoundError, MediaError: If the source cannot be read.
        SpecError: If the crop reaches outside the picture.
    """
    source_id = source.source_id
    plan = _plan_name(source, spec)
    missing = tuple(views) if again else store.missing(source_id, views, spec, plan=plan)
    if not missing:
        return IndexPlan(source, source_id, spec, plan, (), (), (), 0)
    division = _film_division(source, spec) if isinstance(source, FilmSource) else _picture_division(source)
    items: list[WorkItem] = []
    for number, part in enumerate(division.parts):
        shards = [(view, store.shard_folder(source_id, view, spec, plan=plan) / shard_name(part)) for view in missing]
        lacking = tuple((view, shard) for view, shard in shards if again or row_count(shard) is None)
        if lacking:
            bursts = division.bursts[number] if division.bursts is not None else None
            items.append(WorkItem(source, part, spec, lacking, division.origin_pts, threads, bursts))
    parts, work, expected = division.parts, tuple(items), sum(part.frame_count for part in division.parts)
    damage, samples = division.damage, division.samples
    return IndexPlan(source, source_id, spec, plan, missing, parts, work, expected, damage, samples)


def _plan_name(source: Source, spec: IndexSpec) -> str:
    """What names the division of a source into parts, and the choice of its bursts."""
    if isinstance(source, PictureSource):
        return PICTURE_PLAN
    return f"films-by-{_BURST_PART_SECONDS:g}s-{BURST_PLAN}" if spec.frames.sampling.bursts else FILM_PLAN


@dataclass(frozen=True)
class _Division:
    """How a source is divided into parts, and what is known of it by then; see `IndexPlan` and `WorkItem`."""

    parts: tuple[Part, ...]
    bursts: list[BurstPart] | None = None
    origin_pts: int = 0
    samples: float = 0.0
    damage: str = ""


def _film_division(source: FilmSource, spec: IndexSpec) -> _Division:
    scan, damage = _scan(source, spec)
    sampling = spec.frames.sampling
    parts = plan_parts(scan, part_seconds=_BURST_PART_SECONDS) if sampling.bursts else plan_parts(scan)
    chosen = plan_bursts(scan) if sampling.bursts else None
    bursts = burst_parts(chosen, parts, scan) if chosen is not None else None
    looked_at = scan.pts[-1] - scan.pts[0]
    if bursts is not None:
        looked_at = sum(burst.stop_pts - burst.start_pts for part in bursts for burst in part.bursts)
    samples = float(looked_at * scan.time_base * sampling.fps) if sampling.fps else 0.0
    return _Division(tuple(parts), bursts, scan.pts[0], samples, damage)


def _picture_division(source: PictureSource) -> _Division:
    starts = range(0, len(source.pictures), _PICTURES_A_PART)
    counts = [min(_PICTURES_A_PART, len(source.pictures) - start) for start in starts]
    parts = (Part(number, None, None, *run) for number, run in enumerate(zip(starts, counts, strict=True)))
    return _Division(tuple(parts))


def _scan(source: FilmSource, spec: IndexSpec) -> tuple[PacketScan, str]:
    """The packets of a film that can be decoded and holds the crop, and what is wrong with the whole of it."""
    with open_film(source.path) as reader:
        check_crop(spec.frames.crop, size=reader.film.size, name=source.name)
        announced = reader.film.duration_seconds
        first = next(reader.frames(), None)
    scan = scan_packets(source.path)
    tail = scan.last_length_seconds
    first_pts = first.pts if first is not None else 0
    # Leading pictures that need a key frame before the film's start are packets, but never frames: the grid of samples
    # counts from the first frame that is really decoded.
    scan = replace(scan, pts=tuple(pts for pts in scan.pts if pts >= first_pts) or (first_pts,))
    there = float((scan.pts[-1] - scan.pts[0]) * scan.time_base) + tail
    return scan, missing_end(announced, there_seconds=there)


def settle_index(plan: IndexPlan, store: FeatureStore) -> list[IndexRecord]:
    """Declares the views of a plan complete, all its work items being done.

    Raises:
        MediaError: If not a single frame could be read.
        IndexIncompleteError: If a shard is damaged.
    """
    records: list[IndexRecord] = []
    failure: MediaError | None = None
    apart = isinstance(plan.source, PictureSource) and plan.source.is_apart
    settle = partial(store.settle, plan=plan.plan, parts=plan.parts, damage=plan.damage, apart=apart)
    for view in plan.views:
        try:
            records.append(settle(plan.source_id, view, plan.spec))
        except MediaError as error:  # of all views alike, each of which must be cleared away
            failure = failure or error
    if failure is not None:
        name = plan.source.name
        raise MediaError(f"{name}: " + str(failure).replace(f"{name}: ", ""))
    return records


def extract_part(item: WorkItem, *, on_frame: Callable[[], None] | None = None) -> PartFacts:
    """Does one work item: reads, computes, writes its shards.

    Raises:
        MediaError: If nothing of a film can be decoded.
        OutputError: If a shard cannot be written.
    """
    counter = _Counter()
    views = [view for view, _ in item.shards]
    with contextlib.ExitStack() as resources:
        images = _opened(item, counter, resources)
        tables = {view: resources.enter_context(writing_table(shard)) for view, shard in item.shards}
        for run in in_runs(images, rows=_ROWS_AT_ONCE):
            rows = compute_views(run, views, item.spec, threads=item.threads, on_frame=on_frame)
            for view, table in tables.items():
                table.add({**rows[""], VALUES: rows[view]})
        facts = counter.facts(item.part)
        for table in tables.values():
            table.facts = asdict(facts)
    _log.info("%s: part %d, %d frames decoded", item.source.name, item.part.number, counter.frames)
    return facts


def _opened(item: WorkItem, counter: _Counter, resources: contextlib.ExitStack) -> Iterator[Image | Passed]:
    """The images of a work item; what it opens is closed with `resources`."""
    if not isinstance(item.source, FilmSource):
        return _picture_images(item.source, item, counter)
    path, threads = item.source.path, item.threads
    if item.bursts is not None:
        return _burst_images(item, item.bursts, counter, resources.enter_context(open_bursts(path, threads=threads)))
    return _film_images(item, counter, resources.enter_context(open_film(path, threads=threads)))


class _Counter:
    """Counts what goes by while a part is read."""

    def __init__(self) -> None:
        self.frames, self.undecodable, self.damage = 0, 0, ""
        self.start_seconds: float | None = None
        self.end_seconds: float | None = None

    def watch(self, frames: Iterator[Frame], *, stop_pts: int | None, time_base: Fraction) -> Iterator[Frame]:
        """Passes frames on, counting those before `stop_pts`."""
        gap, last = 0, None
        for frame in frames:
            if stop_pts is None or frame.pts < stop_pts:
                self.frames += 1
                if self.start_seconds is None:
                    self.start_seconds = frame.time_seconds
                gap = frame.pts - last.pts if last is not None and frame.pts > last.pts else gap
                last = frame
                # Containers often say nothing of how long a frame lasts: then as long as the one before it.
                length = frame.duration or gap
                self.end_seconds = max(self.end_seconds or -np.inf, float((frame.pts + length) * time_base))
            yield frame

    def take_as_read(self, part: Part, bursts: BurstPart, reader: BurstReader) -> None:
        """Of a part seen in bursts: frames nobody looked at are there, as far as its packets tell."""
        self.frames, self.undecodable, self.damage = part.frame_count, reader.missing, reader.damage
        self.start_seconds, self.end_seconds = bursts.start_seconds, bursts.end_seconds

    def facts(self, part: Part) -> PartFacts:
        undecodable = max(self.undecodable, part.frame_count - self.frames)
        damage = self.damage or ("the decoder gave fewer frames than there are" if undecodable else "")
        return PartFacts(part.first_index, self.frames, undecodable, damage, self.start_seconds, self.end_seconds)


def _film_images(item: WorkItem, counter: _Counter, reader: FilmReader) -> Iterator[Image | Passed]:
    part = item.part
    frames = reader.frames(start_pts=part.start_pts, first_index=part.first_index)
    watched = counter.watch(frames, stop_pts=part.stop_pts, time_base=reader.film.time_base)
    yield from _drawn(item, reader, [marked(watched, grid=_grid(item, reader), stop_pts=part.stop_pts)])
    counter.undecodable, counter.damage = reader.undecodable, reader.damage


def _burst_images(
    item: WorkItem, bursts: BurstPart, counter: _Counter, reader: BurstReader
) -> Iterator[Image | Passed]:
    grid = _grid(item, reader)
    opened = reader.bursts(bursts.bursts)
    yield from _drawn(item, reader, (marked(frames, grid=grid, speaks_on=burst.is_last) for burst, frames in opened))
    counter.take_as_read(item.part, bursts, reader)


def _drawn(
    item: WorkItem, reader: FilmReader, stretches: Iterable[Iterable[tuple[Frame, bool]]]
) -> Iterator[Image | Passed]:
    renderer, sample_aspect_ratio = Renderer(crop=item.spec.frames.crop), reader.film.sample_aspect_ratio
    for frame, is_sample in itertools.chain.from_iterable(stretches):
        image = FrameImage(frame, renderer, sample_aspect_ratio=sample_aspect_ratio)
        yield image if is_sample else Passed(image)


def _grid(item: WorkItem, reader: FilmReader) -> Grid | None:
    fps = item.spec.frames.sampling.fps
    return Grid.of(fps, origin_pts=item.origin_pts, time_base=reader.film.time_base) if fps else None


def _picture_images(source: PictureSource, item: WorkItem, counter: _Counter) -> Iterator[Image]:
    first = item.part.first_index
    pictures = source.pictures[first : first + item.part.frame_count]
    counter.start_seconds, counter.end_seconds = first / float(source.fps), (first + len(pictures)) / float(source.fps)
    # Pictures keep their place: a damaged one leaves a hole, and does not move those behind it.
    counter.frames = len(pictures)
    for number, pixels in enumerate(read_pictures(pictures), start=first):
        if isinstance(pixels, ReelsiftError):
            counter.undecodable += 1
            counter.damage = counter.damage or str(pixels)
            continue
        time_seconds = number * source.fps.denominator / source.fps.numerator
        check_crop(
            item.spec.frames.crop, size=Size(pixels.shape[1], pixels.shape[0]), name=str(source.pictures[number])
        )
        yield PictureImage(pixels, frame_index=number, time_seconds=time_seconds, crop=item.spec.frames.crop)
