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
from typing import Any

import numpy as np

from reelsift.errors import MediaError, ReelsiftError
from reelsift.features.store import FeatureStore, IndexRecord, PartFacts, shard_name
from reelsift.features.tables import VALUES, row_count, writing_table
from reelsift.features.views import open_extractor
from reelsift.media.parts import PART_SECONDS, PacketScan, Part, plan_parts, scan_packets
from reelsift.media.picture_reader import read_pictures
from reelsift.media.probe import missing_end
from reelsift.media.reader import FilmReader, Frame, open_film
from reelsift.media.render import FrameImage, Image, PictureImage, Renderer
from reelsift.media.sampling import Grid, sample
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
    """

    source: Source
    part: Part
    spec: IndexSpec
    shards: tuple[tuple[str, Path], ...]
    origin_pts: int
    threads: int = 0


@dataclass(frozen=True)
class IndexPlan:
    """All that must be done to index one source.

    Attributes:
        views: The views that are not complete.
        parts: All parts of the source.
        items: The parts that lack a shard.
        expected_frames: Frames in the source, as far as can be told without decoding.
        damage: What is wrong with the source as a whole; empty if nothing is.
        duration_seconds: From the first frame of a film to its last; 0 for pictures.
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
    duration_seconds: float = 0.0


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
    plan = FILM_PLAN if isinstance(source, FilmSource) else PICTURE_PLAN
    missing = tuple(views) if again else store.missing(source_id, views, spec, plan=plan)
    if not missing:
        return IndexPlan(source, source_id, spec, plan, (), (), (), 0)
    if isinstance(source, FilmSource):
        scan, damage = _scan(source, spec)
        parts, expected, origin = plan_parts(scan), scan.frame_count, scan.pts[0]
        duration = float((scan.pts[-1] - scan.pts[0]) * scan.time_base)
    else:
        parts, expected, origin, damage = _picture_parts(source), len(source.pictures), 0, ""
        duration = 0.0
    items: list[WorkItem] = []
    for part in parts:
        shards = [(view, store.shard_folder(source_id, view, spec, plan=plan) / shard_name(part)) for view in missing]
        lacking = tuple((view, shard) for view, shard in shards if again or row_count(shard) is None)
        if lacking:
            items.append(WorkItem(source, part, spec, lacking, origin, threads))
    return IndexPlan(source, source_id, spec, plan, missing, tuple(parts), tuple(items), expected, damage, duration)


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
        if isinstance(item.source, FilmSource):
            reader = resources.enter_context(open_film(item.source.path, threads=item.threads))
            images = _film_images(item, counter, reader)
        else:
            images = _picture_images(item.source, item, counter)
        tables = {view: resources.enter_context(writing_table(shard)) for view, shard in item.shards}
        while True:
            run = itertools.islice(images, _ROWS_AT_ONCE)
            rows = compute_views(run, views, item.spec, threads=item.threads, on_frame=on_frame)
            for view, table in tables.items():
                table.add({**rows[""], VALUES: rows[view]})
            if len(rows[""]["frame_index"]) < _ROWS_AT_ONCE:
                break
        facts = counter.facts(item.part)
        for table in tables.values():
            table.facts = asdict(facts)
    _log.info("%s: part %d, %d frames decoded", item.source.name, item.part.number, facts.decoded_frames)
    return facts


def compute_views(
    images: Iterable[Image],
    views: Sequence[str],
    spec: IndexSpec,
    *,
    threads: int = 0,
    on_frame: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Computes views of images; of views that are derived, what that is done from.

    Returns:
        The rows of each view, and under `""` the columns `frame_index` and `time_seconds` that name the images.
    """
    indexes: list[int] = []
    times: list[float] = []
    with contextlib.ExitStack() as opened:
        extractors = {view: opened.enter_context(open_extractor(view, spec=spec, threads=threads)) for view in views}
        for image in images:
            for extractor in extractors.values():
                extractor.add(image)
            indexes.append(image.frame_index)
            times.append(image.time_seconds)
            if on_frame:
                on_frame()
        rows: dict[str, Any] = {view: extractor.finish() for view, extractor in extractors.items()}
    rows[""] = {"frame_index": np.array(indexes, np.int64), "time_seconds": np.array(times, np.float64)}
    return rows


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

    def facts(self, part: Part) -> PartFacts:
        undecodable = max(self.undecodable, part.frame_count - self.frames)
        damage = self.damage or ("the decoder gave fewer frames than there are" if undecodable else "")
        return PartFacts(part.first_index, self.frames, undecodable, damage, self.start_seconds, self.end_seconds)


def _film_images(item: WorkItem, counter: _Counter, reader: FilmReader) -> Iterator[Image]:
    part, film = item.part, reader.film
    fps = item.spec.frames.sampling.fps
    grid = Grid.of(fps, origin_pts=item.origin_pts, time_base=film.time_base) if fps else None
    frames = reader.frames(start_pts=part.start_pts, first_index=part.first_index)
    watched = counter.watch(frames, stop_pts=part.stop_pts, time_base=film.time_base)
    renderer = Renderer(crop=item.spec.frames.crop)
    for frame in sample(watched, grid=grid, stop_pts=part.stop_pts):
        yield FrameImage(frame, renderer, sample_aspect_ratio=film.sample_aspect_ratio)
    counter.undecodable, counter.damage = reader.undecodable, reader.damage


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


def _picture_parts(source: PictureSource) -> list[Part]:
    starts = range(0, len(source.pictures), _PICTURES_A_PART)
    counts = [min(_PICTURES_A_PART, len(source.pictures) - start) for start in starts]
    return [
        Part(number, None, None, start, count) for number, (start, count) in enumerate(zip(starts, counts, strict=True))
    ]
