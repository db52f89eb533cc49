"""What a cut would do, as one picture."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from reelsift.actions.cut_plan import CutPlan, Stretch
from reelsift.actions.kept_frames import kept_from_film
from reelsift.errors import MediaError
from reelsift.media.picture_reader import read_picture
from reelsift.media.reader import FilmReader
from reelsift.media.render import Renderer, scaled
from reelsift.media.sheet import contact_sheet
from reelsift.media.sources import PictureSource, Source
from reelsift.specs import Size

__all__ = ["preview_sheet"]

Picture = NDArray[np.uint8]

_KEPT, _DROPPED = (88, 196, 116), (222, 92, 84)  # green, red


def preview_sheet(
    source: Source, *, plan: CutPlan, tiles: int = 48, columns: int = 8, tile_width: int = 240
) -> Picture:
    """A contact sheet of what stays (green) and what goes (red): one frame from the middle of each stretch.

    Args:
        source: A film, or pictures.
        plan: From `plan_cut`.
        tiles: How many frames at most; where there are more stretches, pairs of neighbours from all over the source.
        columns: Tiles in a row.
        tile_width: In pixels.

    Returns:
        `(H, W, 3)` uint8 RGB; `media.pictures.write_picture` writes it to a file.

    Raises:
        MediaError, SourceNotFoundError: If the source cannot be read.
    """
    shown = _spread(plan.stretches, tiles)
    # Of what the timeline has samples of, the one nearest to the middle of each stretch.
    times = np.maximum.accumulate(plan.times_seconds)
    middles = np.array([(stretch.start_seconds + stretch.end_seconds) / 2 for stretch in shown])
    after = np.clip(np.searchsorted(times, middles), 1, max(1, len(times) - 1))
    before = after - 1
    after = np.minimum(after, len(times) - 1)
    chosen = np.where(middles - times[before] <= times[after] - middles, before, after)
    wanted = plan.frame_indexes[chosen].tolist()
    found = dict(_pictures(source, plan=plan, samples=np.unique(chosen), width=tile_width))
    pairs = [(stretch, found[index]) for stretch, index in zip(shown, wanted, strict=True) if index in found]
    if not pairs:
        raise MediaError(f"{source.name}: no frame could be decoded for the preview")
    return contact_sheet(
        [picture for _, picture in pairs],
        captions=[_caption(stretch) for stretch, _ in pairs],
        colours=[_KEPT if stretch.kept else _DROPPED for stretch, _ in pairs],
        columns=columns,
        tile_width=tile_width,
    )


def _spread(stretches: Sequence[Stretch], most: int) -> list[Stretch]:
    """At most so many stretches, chosen as pairs of neighbours: what stays and what goes take turns.

    Taking each second one, say, would show only one of the two.
    """
    count, pairs = len(stretches), most // 2
    if count <= most or not pairs:
        return list(stretches[:most])
    # More than two stretches for each pair, so no two pairs touch the same one.
    starts = [place * (count - 2) // (pairs - 1) for place in range(pairs)] if pairs > 1 else [(count - 2) // 2]
    return [stretch for start in starts for stretch in stretches[start : start + 2]]


def _pictures(
    source: Source, *, plan: CutPlan, samples: NDArray[np.int64], width: int
) -> Iterator[tuple[int, Picture]]:
    """Frame index and small picture of each sample, from one pass that jumps where it can."""
    indexes = plan.frame_indexes[samples].tolist()
    if isinstance(source, PictureSource):
        for index in indexes:
            try:
                yield index, _small(read_picture(source.pictures[index]), width)
            except MediaError:
                continue
        return
    mask = np.zeros(len(plan.frame_indexes), dtype=np.bool_)
    mask[samples] = True
    times = plan.times_seconds[samples]
    only = dataclasses.replace(
        plan, sample_kept=mask, pad_seconds=0.0, stretches=(Stretch(float(times[0]), float(times[-1])),)
    )
    wanted, renderer = set(indexes), Renderer()
    with FilmReader(source.path) as reader:
        for kept in kept_from_film(reader, plan=only):
            if kept.frame.frame_index in wanted:
                size = reader.film.size
                height = max(1, round(size.height * width / size.width))
                yield kept.frame.frame_index, renderer.rgb(kept.frame, size=Size(width, height))


def _small(picture: Picture, width: int) -> Picture:
    return scaled(picture, Size(width, max(1, round(picture.shape[0] * width / picture.shape[1]))))


def _caption(stretch: Stretch) -> str:
    word = "keep" if stretch.kept else "drop"
    return f"{word} {_clock(stretch.start_seconds)} +{stretch.duration_seconds:.2f} s"


def _clock(seconds: float) -> str:
    sign, tenths = ("-" if seconds < 0 else ""), round(abs(seconds) * 10)
    minutes, rest = divmod(tenths, 600)
    return f"{sign}{minutes}:{rest / 10:04.1f}"
