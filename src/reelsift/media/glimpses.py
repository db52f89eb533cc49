"""Tiny grey pictures of some stretches of a film, for telling whether two films show the same."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from reelsift.media.reader import FilmReader, Frame, open_film
from reelsift.media.render import Renderer

__all__ = ["Glimpses", "read_glimpses"]

_LUMA_LONGEST = 480
_NEAR_SECONDS = 2.0  # what is no further ahead is reached sooner by reading on than by seeking


@dataclass(frozen=True, eq=False)
class Glimpses:
    """Frames of a film, tiny.

    Attributes:
        times_seconds: (F,) float64, from the first frame of the film on, rising.
        pictures: (F, S, S) float32, mean brightness of each field, 0 to 255; squares whatever the shape of the film.
    """

    times_seconds: NDArray[np.float64]
    pictures: NDArray[np.float32]


def read_glimpses(path: Path, stretches: Sequence[tuple[float, float]], *, side: int, threads: int = 0) -> Glimpses:
    """Reads the frames whose time lies in one of some stretches.

    Args:
        path: A film.
        stretches: `[start, end)` in seconds from its first frame on, rising, apart from each other.
        side: Width and height of the pictures, in pixels.
        threads: Decoding threads; 0: as many as there are cores.

    Raises:
        MediaError, SourceNotFoundError: As `open_film`.
    """
    times: list[float] = []
    pictures: list[NDArray[np.float32]] = []
    with open_film(path, threads=threads) as reader:
        renderer = Renderer()
        for time_seconds, frame in _frames(reader, stretches):
            if times and time_seconds <= times[-1]:  # damaged films run backwards
                continue
            times.append(time_seconds)
            luma = renderer.luma(frame, longest=_LUMA_LONGEST)
            fields = cv2.resize(luma.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
            pictures.append(fields)  # type: ignore[arg-type]  # of the same type as what goes in
    small = np.stack(pictures) if pictures else np.zeros((0, side, side), np.float32)
    return Glimpses(np.array(times, np.float64), small)


def _frames(reader: FilmReader, stretches: Sequence[tuple[float, float]]) -> Iterator[tuple[float, Frame]]:
    """Each frame in a stretch with its time from the first frame on; seeks where the next stretch is far."""
    left = deque(stretches)
    start: float | None = None
    frames = reader.frames()
    while left:
        for frame in frames:
            start = frame.time_seconds if start is None else start
            time_seconds = round(frame.time_seconds - start, 6)  # a border is met though neither number is exact
            while left and left[0][1] <= time_seconds:
                left.popleft()
            if not left:
                return
            if left[0][0] <= time_seconds:
                yield time_seconds, frame
            elif reader.can_seek and left[0][0] - time_seconds > _NEAR_SECONDS:
                break
        else:
            return
        frames = reader.frames(start_pts=int((start + left[0][0]) / reader.film.time_base))
