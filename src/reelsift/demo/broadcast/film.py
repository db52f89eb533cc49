"""A broadcast to try reelsift on: a match of football and commercials in turn, drawn frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from reelsift.demo.broadcast.programme import CLASSES, Item, Kind, write_programme
from reelsift.demo.broadcast.shots import SHOTS
from reelsift.errors import SpecError

__all__ = ["BroadcastFilm"]

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class BroadcastFilm:
    """A broadcast of one match; the same values draw the same frames.

    Attributes:
        lengths: Seconds of each stretch, match and commercials in turn; 1 or more each.
        starts_with: What the first stretch shows, "football" or "commercial".
        width: Width of a frame in pixels.
        height: Height of a frame in pixels, nine sixteenths of the width.
        fps: Frames a second.
        seed: Everything that is random follows from it: another seed is another match with other commercials.
    """

    lengths: tuple[float, ...] = (14.0, 10.0, 12.0)
    starts_with: Kind = "football"
    width: int = 640
    height: int = 360
    fps: int = 12
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.lengths or not all(1 <= length < float("inf") for length in self.lengths):
            raise SpecError(f"a broadcast has stretches of 1 second or more, not {self.lengths}")
        if self.starts_with not in CLASSES:
            raise SpecError(f"a broadcast starts with one of {', '.join(CLASSES)}, not '{self.starts_with}'")
        if min(self.width, self.height) < 32 or self.width % 2 or self.height % 2:
            raise SpecError(f"a broadcast is drawn at even sizes from 32x32 up, not {self.width}x{self.height}")
        if self.fps < 2:
            raise SpecError(f"a broadcast needs 2 frames a second or more, not {self.fps}")

    @cached_property
    def programme(self) -> tuple[Item, ...]:
        """Its shots in order."""
        return write_programme(self.lengths, starts_with=self.starts_with, fps=self.fps, seed=self.seed)

    @property
    def truth(self) -> npt.NDArray[np.str_]:
        """(N,) the class of each frame, "football" or "commercial"."""
        return np.repeat([item.kind for item in self.programme], [item.frames for item in self.programme])

    def draw(self) -> Iterator[Picture]:
        """Draws the frames in order.

        Yields:
            (H, W, 3) uint8 red, green, blue; each frame is its own array.
        """
        for item in self.programme:
            shot = SHOTS[item.shot](item.look, (self.width, self.height), np.random.default_rng(item.seed))
            for number in range(item.frames):
                yield shot.frame(number / self.fps)
