"""Single frames and single pictures: looked at because somebody labelled them, where no index has them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from reelsift.errors import MediaError, ReelsiftError
from reelsift.features.computing import compute_views
from reelsift.features.neighbours import derive_rows
from reelsift.features.store import FeatureStore
from reelsift.features.tables import VALUES
from reelsift.features.views import view_named
from reelsift.media.parts import scan_packets
from reelsift.media.picture_reader import read_pictures
from reelsift.media.reader import FilmReader, Frame, open_film
from reelsift.media.render import FrameImage, Image, PictureImage, Renderer
from reelsift.media.sources import FilmSource, PictureSource, Source
from reelsift.specs import IndexSpec, Size, check_crop

__all__ = ["compute_among_neighbours", "extract_loose", "frame_stamps"]

# Rows are kept in runs of so many, so that a run that is killed does not lose them all.
_ROWS_AT_ONCE = 512

_NEAR_SECONDS = 2  # a frame that is no further ahead is reached sooner by reading on than by seeking

Wanted = Sequence[tuple[Source, Sequence[float]]]
Rows = dict[str, Any]  # as `compute_views` gives them


def extract_loose(
    wanted: Wanted, spec: IndexSpec, store: FeatureStore, *, views: Sequence[str], name: str
) -> list[str]:
    """Computes views of single frames of films (at given times) and of single pictures, and keeps them.

    Views that are derived look at the frames around each one, too; a single picture has none.

    Args:
        wanted: Sources, each with the time stamps wanted of it, in seconds; a picture has one, 0.
        spec: Crop and settings; the sampling does not matter.
        store: Where the rows are kept.
        views: Which views.
        name: A name for the shards, which are numbered; the same frames asked for again must have the same.

    Returns:
        What could not be read, a line each.
    """
    problems: list[str] = []
    plain, derived = _sorted_out(views)
    _keep(_plain_runs(wanted, plain, spec, problems) if plain else [], spec, store, name=name)
    for view in derived:
        _keep(_joined(_derived_pieces(wanted, view, spec, problems)), spec, store, name=name)
    return list(dict.fromkeys(problems))


def compute_among_neighbours(
    images: Iterable[Image], views: Sequence[str], spec: IndexSpec, *, source: FilmSource
) -> Rows:
    """As `compute_views` for frames of a film, with the rows of views that are derived.

    For these the film is opened once more, and all frames around those asked for are looked at: their rows are what
    they were if every frame was indexed.

    Raises:
        MediaError: If the film cannot be read.
    """
    plain, derived = _sorted_out(views)
    rows = compute_views(images, plain, spec)
    times = rows[""]["time_seconds"].tolist()
    for view in derived:
        starts = range(0, max(1, len(times)), _ROWS_AT_ONCE)
        runs = [_derived_of_film(source, times[start : start + _ROWS_AT_ONCE], view, spec) for start in starts]
        rows[view] = np.concatenate([run[view] for run in runs])
    return rows


def _sorted_out(views: Sequence[str]) -> tuple[list[str], list[str]]:
    """Those an extractor gives, and those that are derived."""
    return [view for view in views if not view_named(view).derive], [view for view in views if view_named(view).derive]


def _keep(runs: Iterable[tuple[list[str], Rows]], spec: IndexSpec, store: FeatureStore, *, name: str) -> None:
    for number, (source_ids, rows) in enumerate(runs):
        for view in rows.keys() - {""}:
            columns = {"source_id": source_ids, **rows[""], VALUES: rows[view]}
            store.add_loose(view, spec, name=f"{name}-{number:05d}", columns=columns)


# Frames by themselves ------------------------------------------------------------------------------------------------


def _plain_runs(
    wanted: Wanted, views: Sequence[str], spec: IndexSpec, problems: list[str]
) -> Iterator[tuple[list[str], Rows]]:
    source_ids: list[str] = []
    images = _loose_images(wanted, spec, source_ids, problems)
    while (first := next(images, None)) is not None:
        run = itertools.chain([first], itertools.islice(images, _ROWS_AT_ONCE - 1))
        rows = compute_views(run, views, spec)
        yield source_ids.copy(), rows
        source_ids.clear()


def _loose_images(wanted: Wanted, spec: IndexSpec, source_ids: list[str], problems: list[str]) -> Iterator[Image]:
    for source, times in wanted:
        try:
            images = (
                _single_frames(source, sorted(times), spec)
                if isinstance(source, FilmSource)
                else _single_picture(source, spec)
            )
            for image in images:
                source_ids.append(source.source_id)
                yield image
        except ReelsiftError as error:
            problems.append(str(error))


def _single_picture(source: PictureSource, spec: IndexSpec) -> Iterator[Image]:
    for pixels in read_pictures(source.pictures[:1]):
        if isinstance(pixels, ReelsiftError):
            raise pixels
        check_crop(spec.frames.crop, size=Size(pixels.shape[1], pixels.shape[0]), name=source.name)
        yield PictureImage(pixels, frame_index=0, time_seconds=0.0, crop=spec.frames.crop)


def _single_frames(source: FilmSource, times: Sequence[float], spec: IndexSpec) -> Iterator[Image]:
    """The frames shown at `times`, one for each."""
    stamps = frame_stamps(source.path, source.source_id)
    with open_film(source.path) as reader:
        targets = _shown(stamps, times, reader)
        number = -1
        for number, image in _images_at(reader, source, targets, stamps, spec):
            image.time_seconds = times[number]  # what was asked for is what it is looked up by
            yield image
        if number + 1 < len(times):
            raise _no_frame(source, times[number + 1])


def _shown(stamps: np.ndarray[Any, np.dtype[np.int64]], times: Sequence[float], reader: FilmReader) -> list[int]:
    """The time stamps of the frames shown at `times`."""
    # A frame is shown from its own time stamp to the next; times were rounded once, so half a tick is forgiven.
    shown = np.searchsorted(stamps, [time / reader.film.time_base + 0.5 for time in times], side="right") - 1
    return [int(stamps[max(place, 0)]) for place in shown]


def _images_at(
    reader: FilmReader,
    source: FilmSource,
    targets: Sequence[int],
    stamps: np.ndarray[Any, np.dtype[np.int64]],
    spec: IndexSpec,
) -> Iterator[tuple[int, FrameImage]]:
    """The frames at time stamps in order, each with its number; seeks where the next is far, reads on where it is near.

    Where a frame cannot be decoded, the next one stands in; where none follows, it ends.
    """
    renderer = Renderer(crop=spec.frames.crop)
    done, near = 0, _NEAR_SECONDS / reader.film.time_base
    while done < len(targets):
        first_index = int(np.searchsorted(stamps, targets[done]))
        for frame in reader.frames(start_pts=targets[done], first_index=first_index):
            while done < len(targets) and targets[done] <= frame.pts:
                yield done, _image(frame, reader, source, renderer, spec)
                done += 1
            # Where a film cannot be entered, each jump would begin at the start again.
            if done == len(targets) or (reader.can_seek and targets[done] - frame.pts > near):
                break
        else:
            return


def _image(frame: Frame, reader: FilmReader, source: FilmSource, renderer: Renderer, spec: IndexSpec) -> FrameImage:
    stored = Size(frame.picture.width, frame.picture.height)
    check_crop(spec.frames.crop, size=frame.orientation.upright_size(stored), name=source.name)
    return FrameImage(frame, renderer, sample_aspect_ratio=reader.film.sample_aspect_ratio)


def _no_frame(source: FilmSource, time_seconds: float) -> MediaError:
    return MediaError(f"{source.name}: no frame at {time_seconds:.3f} s or later")


@lru_cache(maxsize=8)
def frame_stamps(path: Path, source_id: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Time stamps of a film's frames, sorted, in units of its time base; from its packets alone.

    Remembered by `source_id` too: another film may take its place under the same path.
    """
    return np.array(scan_packets(path).pts, np.int64)


# Frames among those around them --------------------------------------------------------------------------------------


def _derived_pieces(
    wanted: Wanted, view: str, spec: IndexSpec, problems: list[str]
) -> Iterator[tuple[list[str], Rows]]:
    """The rows of a view that is derived: of one picture, or of some frames of one film at a time."""
    for source, times in wanted:
        try:
            if isinstance(source, FilmSource):
                in_order = sorted(times)
                for start in range(0, len(in_order), _ROWS_AT_ONCE):
                    rows = _derived_of_film(source, in_order[start : start + _ROWS_AT_ONCE], view, spec)
                    yield [source.source_id] * len(rows[view]), rows
            else:
                rows = compute_views(_single_picture(source, spec), [view], spec)
                rows[view] = derive_rows(view, rows[view], times_seconds=rows[""]["time_seconds"], wanted=np.arange(1))
                yield [source.source_id], rows
        except ReelsiftError as error:
            problems.append(str(error))


def _derived_of_film(source: FilmSource, times: Sequence[float], view: str, spec: IndexSpec) -> Rows:
    """The rows of the frames shown at `times`, in order, from all frames around them."""
    stamps = frame_stamps(source.path, source.source_id)
    with open_film(source.path) as reader:
        targets = _shown(stamps, times, reader)
        time_base = reader.film.time_base
        reach = view_named(view).reach_seconds / time_base
        around = np.zeros(len(stamps), bool)
        for target in targets:
            around[slice(*np.searchsorted(stamps, [target - reach, target + reach]))] = True
        images = _images_at(reader, source, stamps[around].tolist(), stamps, spec)
        kept = compute_views(_once(image for _, image in images), [view], spec)
    seen = kept[""]["time_seconds"]
    places = np.searchsorted(seen, [target * time_base.numerator / time_base.denominator for target in targets])
    if (places == len(seen)).any():
        raise _no_frame(source, times[int(np.argmax(places == len(seen)))])
    frames = {"frame_index": kept[""]["frame_index"][places], "time_seconds": np.array(times, np.float64)}
    return {"": frames, view: derive_rows(view, kept[view], times_seconds=seen, wanted=places)}


def _once(images: Iterable[FrameImage]) -> Iterator[FrameImage]:
    """Each frame once, though it stands in for others."""
    latest = None
    for image in images:
        if image.frame_index != latest:
            latest = image.frame_index
            yield image


def _joined(pieces: Iterable[tuple[list[str], Rows]]) -> Iterator[tuple[list[str], Rows]]:
    """Small pieces put together to runs."""
    source_ids: list[str] = []
    waiting: list[Rows] = []
    for ids, rows in itertools.chain(pieces, [([], {})]):
        if source_ids and (not rows or len(source_ids) + len(ids) > _ROWS_AT_ONCE):
            frames = {name: np.concatenate([piece[""][name] for piece in waiting]) for name in waiting[0][""]}
            values = {view: np.concatenate([piece[view] for piece in waiting]) for view in waiting[0] if view}
            yield source_ids, {"": frames, **values}
            source_ids, waiting = [], []
        source_ids = source_ids + ids
        waiting += [rows] if rows else []
