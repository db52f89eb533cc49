"""What is told of a clip beside its tasks: its header, and stretches that show or say nothing. Kept in the index."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reelsift.actions.copies import signature_of
from reelsift.actions.stretch_borders import with_exact_borders
from reelsift.actions.stretches import Stretch, black_stretches, frozen_stretches, silent_stretches
from reelsift.errors import MediaError, ReelsiftError
from reelsift.features.shake import SHAKE_COLUMNS
from reelsift.features.store import IndexedSource, folder_name
from reelsift.features.tables import write_json
from reelsift.features.thumbnail import decode_thumbnail
from reelsift.media.loudness import sound_levels
from reelsift.media.picture_reader import read_pictures
from reelsift.media.reader import open_film
from reelsift.media.render import scaled
from reelsift.media.sources import FilmSource, Source
from reelsift.project.indexing import THUMBNAIL
from reelsift.project.layout import Layout
from reelsift.specs import Size

__all__ = ["ClipFacts", "clip_facts"]

_FORMAT = 2
# A lens cap and a cut to black leave some grain, and encoders a little more than 0.
_BLACK = 24
_SEEN_FROZEN_SECONDS = 0.55  # in one burst; the frames around it are looked at
_BRIGHTEST = 99.5  # percentile: a hot pixel, or the time burnt into a corner of a few, is black still


@dataclass(frozen=True, eq=False)
class ClipFacts:
    """What is told of a clip beside its tasks.

    Attributes:
        width, height: Upright, in pixels.
        fps: Average frames a second; of pictures, their rate.
        has_sound: Whether there is a sound track.
        stretches: Black, frozen and silent ones, on the film's clock; of pictures none.
        signature: (P, D) what it begins with, see `copies.signature_of`.
        damage: What of the sound could not be read; empty if everything could.
    """

    width: int
    height: int
    fps: float
    has_sound: bool
    stretches: tuple[Stretch, ...]
    signature: NDArray[np.float32]
    damage: str = ""


def clip_facts(layout: Layout, source: Source, index: IndexedSource) -> ClipFacts:
    """The facts of a source, found out once and kept.

    Args:
        index: Of the source, with the views `shake` and `thumbnail`.

    Raises:
        ReelsiftError: If the source cannot be read.
    """
    path = layout.features.folder / folder_name(source.source_id) / "clip.json"
    # Another sampling may tell borders better.
    identity = {"format": _FORMAT, "source_id": source.source_id, "samples": len(index.frame_indexes)}
    kept = _kept(path, identity)
    if kept is None:
        kept = _found(source, index)
        write_json(path, {**identity, **asdict(kept), "signature": kept.signature.tolist()})
    return kept


def _kept(path: Path, identity: dict[str, Any]) -> ClipFacts | None:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if any(values.pop(name) != value for name, value in identity.items()):
            return None
        stretches = tuple(Stretch(**each) for each in values.pop("stretches"))
        signature = np.array(values.pop("signature"), np.float32)
        return ClipFacts(**values, stretches=stretches, signature=signature)
    except (OSError, ValueError, KeyError, TypeError, ReelsiftError):
        return None


def _found(source: Source, index: IndexedSource) -> ClipFacts:
    thumbnails = _Thumbnails(index.views[THUMBNAIL])
    signature = signature_of(index.times_seconds, thumbnails)
    if not isinstance(source, FilmSource):
        pixels = next(read_pictures(source.pictures[:1]))
        if isinstance(pixels, ReelsiftError):
            raise pixels
        return ClipFacts(pixels.shape[1], pixels.shape[0], float(source.fps), False, (), signature)
    with open_film(source.path) as reader:
        film = reader.film
    seconds = index.facts.end_seconds - index.facts.start_seconds
    # Headers of variable rates say anything; what is shown in a second on average is what people mean.
    rate = index.facts.frame_count / seconds if seconds > 0 else float(film.average_rate or 0)
    seen = with_exact_borders(
        source.path, _black_or_frozen(index, thumbnails), index.times_seconds, start_seconds=index.facts.start_seconds
    )
    has_sound, silent, damage = _sound(source, index)
    return ClipFacts(film.size.width, film.size.height, rate, has_sound, (*seen, *silent), signature, damage)


def _sound(source: FilmSource, index: IndexedSource) -> tuple[bool, tuple[Stretch, ...], str]:
    start, end = index.facts.start_seconds, index.facts.end_seconds
    try:
        levels = sound_levels(source.path, start_seconds=start, end_seconds=end)
    except MediaError as error:
        return True, (), f"the sound cannot be read ({error})"
    if levels is None:
        return False, (), ""
    return True, silent_stretches(levels, end_seconds=end), f"sound: {levels.damage}" if levels.damage else ""


class _Thumbnails(Sequence[NDArray[np.uint8]]):
    """(T, H, W, 3) uint8 RGB, each decoded when asked for: those of a long film need not be in memory."""

    def __init__(self, stored: Sequence[bytes]) -> None:
        self._stored = stored
        first = decode_thumbnail(stored[0])
        self._size = Size(first.shape[1], first.shape[0])

    def __len__(self) -> int:
        return len(self._stored)

    def __getitem__(self, place: Any) -> Any:
        return scaled(decode_thumbnail(self._stored[place]), self._size)  # pictures of a folder differ in size


def _black_or_frozen(index: IndexedSource, thumbnails: _Thumbnails) -> tuple[Stretch, ...]:
    """Black and frozen stretches, from the samples of a clip."""
    black = np.array([_is_black(thumbnails[place]) for place in range(len(thumbnails))])
    whole = {"start_seconds": index.facts.start_seconds, "end_seconds": index.facts.end_seconds}
    still = index.views["shake"][:, SHAKE_COLUMNS.index("still")]
    return (
        *black_stretches(index.times_seconds, black, **whole),
        *frozen_stretches(
            index.times_seconds,
            still,
            thumbnails,
            **whole,
            black=black,
            frame_indexes=index.frame_indexes,
            seen_seconds=_SEEN_FROZEN_SECONDS,
        ),
    )


def _is_black(picture: NDArray[np.uint8]) -> bool:
    """Whether nothing is to be seen on a picture."""
    return bool(np.percentile(picture, _BRIGHTEST) <= _BLACK)
