"""Single frames and single pictures: looked at because somebody labelled them, where no index has them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from reelsift.errors import MediaError, ReelsiftError
from reelsift.features.extraction import compute_views
from reelsift.features.store import FeatureStore
from reelsift.features.tables import VALUES
from reelsift.media.parts import scan_packets
from reelsift.media.picture_reader import read_pictures
from reelsift.media.reader import open_film
from reelsift.media.render import FrameImage, Image, PictureImage, Renderer
from reelsift.media.sources import FilmSource, PictureSource, Source
from reelsift.specs import IndexSpec, Size, check_crop

__all__ = ["extract_loose", "frame_stamps"]

# Rows are kept in runs of so many, so that a run that is killed does not lose them all.
_ROWS_AT_ONCE = 512


def extract_loose(
    wanted: Sequence[tuple[Source, Sequence[float]]],
    spec: IndexSpec,
    store: FeatureStore,
    *,
    views: Sequence[str],
    name: str,
) -> list[str]:
    """Computes views of single frames of films (at given times) and of single pictures, and keeps them.

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
    source_ids: list[str] = []
    images = _loose_images(wanted, spec, source_ids, problems)
    number = 0
    while (first := next(images, None)) is not None:
        run = itertools.chain([first], itertools.islice(images, _ROWS_AT_ONCE - 1))
        columns = compute_views(run, views, spec)
        for view in views:
            rows = {"source_id": source_ids, **columns[""], VALUES: columns[view]}
            store.add_loose(view, spec, name=f"{name}-{number:05d}", columns=rows)
        source_ids.clear()
        number += 1
    return problems


def _loose_images(
    wanted: Sequence[tuple[Source, Sequence[float]]], spec: IndexSpec, source_ids: list[str], problems: list[str]
) -> Iterator[Image]:
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
    """The frames shown at `times`, one for each; seeks where the next one is far, reads on where it is near."""
    renderer = Renderer(crop=spec.frames.crop)
    stamps = frame_stamps(source.path, source.source_id)
    with open_film(source.path) as reader:
        time_base, aspect = reader.film.time_base, reader.film.sample_aspect_ratio
        # A frame is shown from its own time stamp to the next; times were rounded once, so half a tick is forgiven.
        shown = np.searchsorted(stamps, [time / time_base + 0.5 for time in times], side="right") - 1
        targets = [int(stamps[max(place, 0)]) for place in shown]
        done, near = 0, 2 / time_base
        while done < len(targets):
            first_index = int(np.searchsorted(stamps, targets[done]))
            for frame in reader.frames(start_pts=targets[done], first_index=first_index):
                while done < len(targets) and targets[done] <= frame.pts:
                    stored = Size(frame.picture.width, frame.picture.height)
                    check_crop(spec.frames.crop, size=frame.orientation.upright_size(stored), name=source.name)
                    image = FrameImage(frame, renderer, sample_aspect_ratio=aspect)
                    image.time_seconds = times[done]  # what was asked for is what it is looked up by
                    yield image
                    done += 1
                # Where a film cannot be entered, each jump would begin at the start again.
                if done == len(targets) or (reader.can_seek and targets[done] - frame.pts > near):
                    break
            else:
                raise MediaError(f"{source.name}: no frame at {times[done]:.3f} s or later")


@lru_cache(maxsize=8)
def frame_stamps(path: Path, source_id: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Time stamps of a film's frames, sorted, in units of its time base; from its packets alone.

    Remembered by `source_id` too: another film may take its place under the same path.
    """
    return np.array(scan_packets(path).pts, np.int64)
