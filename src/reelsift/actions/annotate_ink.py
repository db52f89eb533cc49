"""The page that an annotation is drawn on: how large everything is, its colours, and how these are put down."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from reelsift.actions.screentime_plot import COLOURS
from reelsift.media.fit import Shape
from reelsift.media.overlay import Patch, signal_colour

__all__ = ["GROUND_ALPHA", "Page", "Sheet", "class_colour"]

FloatArray = NDArray[np.float32]

GROUND, WHITE = "#101012", "#FFFFFF"
GROUND_ALPHA = 0.74  # white words stand 9 : 1 against it even over white (WCAG asks for 4.5 : 1)
LETTERS_SHARE, SMALLEST_LETTERS = 0.027, 11  # of the shorter side; in pixels

# The last of the usual colours is a grey for white paper; here the ground is dark.
_ON_DARK = {"#5A5A5A": "#C4C4C4"}


@dataclass(frozen=True)
class Page:
    """An upright picture to draw on.

    Attributes:
        shape: How its pictures are stored.
        width: In pixels.
        height: In pixels.
        squeeze: How many pixels across are as long as one down, where pixels are not square.
        letters: Size of the letters, in pixels down.
    """

    shape: Shape
    width: int
    height: int
    squeeze: float
    letters: int

    @classmethod
    def of(cls, shape: Shape) -> Page:
        size = shape.orientation.upright_size(shape.size)
        aspect = float(shape.sample_aspect_ratio)
        squeeze = aspect if shape.orientation.quarter_turns % 2 else 1 / aspect
        shorter = min(size.width / squeeze, size.height)
        return cls(shape, size.width, size.height, squeeze, max(round(shorter * LETTERS_SHARE), SMALLEST_LETTERS))

    def down(self, letters: float) -> int:
        """So many heights of a letter, in pixels down; at least one."""
        return max(round(self.letters * letters), 1)

    def across(self, letters: float) -> int:
        """The same length in pixels across."""
        return max(round(self.letters * letters * self.squeeze), 1)

    def colour(self, name: str) -> FloatArray:
        """(3,) a colour as the film keeps it."""
        return _colour(name, self.shape)


class Sheet:
    """A rectangle of transparent pixels, and what was put down on it so far."""

    def __init__(self, page: Page, *, width: int, height: int) -> None:
        self.page = page
        self.pixels: FloatArray = np.zeros((height, width, 4), np.float32)

    def copy(self) -> Sheet:
        same = Sheet(self.page, width=0, height=0)
        same.pixels = self.pixels.copy()
        return same

    def fill(self, left: int, top: int, width: int, height: int, colour: str, *, alpha: float = 1.0) -> None:
        """Fills a rectangle."""
        part = self.pixels[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)]
        _cover(part, np.float32(alpha), self.page.colour(colour))

    def put(self, top: int, other: Sheet) -> None:
        """Puts another sheet of this width in the place of what is there."""
        self.pixels[top : top + other.pixels.shape[0]] = other.pixels

    def paint(self, left: int, top: int, colours: FloatArray) -> None:
        """Puts opaque pixels `(H, W, 3)` down, in colours of the film."""
        part = self.pixels[top : top + colours.shape[0], left : left + colours.shape[1]]
        part[..., :3], part[..., 3] = colours[: part.shape[0], : part.shape[1]], 1

    def write(self, left: int, top: int, mask: FloatArray, *, colour: str = WHITE, alpha: float = 1.0) -> None:
        """Puts a mask `(H, W)` down in one colour."""
        part = self.pixels[top : top + mask.shape[0], left : left + mask.shape[1]]
        _cover(part, mask[: part.shape[0], : part.shape[1], None] * np.float32(alpha), self.page.colour(colour))

    def at(self, x: int, y: int) -> Patch:
        """The sheet, laid on the picture."""
        return Patch(x, y, self.pixels)


def class_colour(place: int) -> str:
    """The colour of a class by its place: as in the other plots; then lighter ones, and again from the start."""
    usual = [_ON_DARK.get(colour, colour) for colour in COLOURS]
    name = usual[place % len(usual)]
    if place // len(usual) % 2 == 0:
        return name
    values = [int(name[at : at + 2], 16) for at in (1, 3, 5)]
    return "#" + "".join(f"{(value + 255) // 2:02X}" for value in values)


def _cover(part: FloatArray, alpha: FloatArray | np.float32, colour: FloatArray) -> None:
    part *= 1 - alpha
    part[..., :3] += alpha * colour
    part[..., 3:] += alpha


@cache
def _colour(name: str, shape: Shape) -> FloatArray:
    return signal_colour(name, shape)
