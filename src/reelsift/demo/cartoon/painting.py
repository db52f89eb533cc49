"""A backdrop as it is painted: washes of colour, soft light, flat shapes, and the grain of the paper."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from reelsift.demo.cartoon.ink import Colour, Floats, Shape, Sketch, mixed, move

__all__ = ["BACKDROP_HEIGHT", "BACKDROP_WIDTH", "Painting", "hue"]

Picture = npt.NDArray[np.uint8]

BACKDROP_WIDTH, BACKDROP_HEIGHT = 880.0, 495.0  # larger than the 640 x 360 of a picture, for the camera to move on


def hue(turn: float, strength: float, bright: float) -> Colour:
    """The colour of a hue (0 to 1, around the circle), its strength and brightness 0 to 1."""
    red, green, blue = colorsys.hsv_to_rgb(turn % 1.0, min(max(strength, 0), 1), min(max(bright, 0), 1))
    return round(red * 255), round(green * 255), round(blue * 255)


class Painting:
    """A backdrop in work.

    Attributes:
        picture: (H, W, 3) uint8 red, green, blue.
        random: Where all that is random in it comes from.
    """

    def __init__(self, scale: float, random: np.random.Generator) -> None:
        self.scale, self.random = scale, random
        size = (round(BACKDROP_HEIGHT * scale), round(BACKDROP_WIDTH * scale), 3)
        self.picture: Picture = np.zeros(size, np.uint8)

    def between(self, low: float, high: float) -> float:
        """A random number."""
        return float(self.random.uniform(low, high))

    def wash(self, upper: Colour, lower: Colour, *, top: float = 0.0, bottom: float = BACKDROP_HEIGHT) -> None:
        """Fills the rows from `top` to `bottom` with a gradient."""
        rows = slice(max(round(top * self.scale), 0), round(bottom * self.scale))
        count = self.picture[rows].shape[0]
        share = np.linspace(0, 1, max(count, 1))[:count, None, None]
        self.picture[rows] = (np.array(upper) * (1 - share) + np.array(lower) * share).astype(np.uint8)

    def put(self, *shapes: Shape, at: tuple[float, float] = (0.0, 0.0)) -> None:
        """Flat shapes without ink, around the place `at`."""
        sketch = Sketch()
        sketch.add(*shapes)
        sketch.lay(self.picture, move(at[0] * self.scale, at[1] * self.scale, scale=self.scale))

    def lined(self, *shapes: Shape, at: tuple[float, float] = (0.0, 0.0), width: float = 1.0) -> None:
        """Flat shapes, around the place `at`, with a thin line around each, in a darker tone of its own."""
        sketch = Sketch()
        for shape in shapes:
            sketch.inked(shape, width=width, ink=mixed(shape.paint, (30, 24, 44), 0.45))
        sketch.lay(self.picture, move(at[0] * self.scale, at[1] * self.scale, scale=self.scale))

    def stand(self, sketch: Sketch, place: Floats, *, light: tuple[float, float, float]) -> None:
        """A thing with its ink, moved by a (2, 3) matrix."""
        sketch.lay(self.picture, place * np.float32(self.scale), light=light)

    def glow(self, shapes: Sequence[Shape], *, blur: float, strength: float) -> None:
        """Shapes as soft light or shadow: their colour, laid over what is there."""
        small = 4  # soft things have no fine detail: they are drawn at a quarter of the size
        size = (max(self.picture.shape[1] // small, 1), max(self.picture.shape[0] // small, 1))
        mask, colour = np.zeros((size[1], size[0]), np.uint8), Sketch()
        colour.add(*shapes)
        colour.cover(mask, move(scale=self.scale * size[0] / self.picture.shape[1]), value=255)
        soft = cv2.GaussianBlur(mask, (0, 0), max(blur * self.scale / small, 0.3))
        cover = cv2.resize(soft, self.picture.shape[1::-1]).astype(np.float32) * np.float32(strength / 255)
        paint = np.full_like(self.picture, shapes[0].paint)
        self.picture = cast(Picture, cv2.blendLinear(self.picture, paint, 1 - cover, cover))

    def finish(self) -> Picture:
        """The backdrop with the mottle of water colours, softer than what is drawn on top of it."""
        height, width = self.picture.shape[:2]
        mottle = np.zeros((height, width), np.float32)
        for cells, strength in ((5, 0.035), (17, 0.03), (70, 0.028)):
            coarse = self.random.standard_normal((cells, cells * 2)).astype(np.float32) * np.float32(strength)
            mottle += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        grain = self.random.standard_normal((height, width)).astype(np.float32) * np.float32(0.012)
        soft = cv2.GaussianBlur(self.picture, (0, 0), max(0.7 * self.scale, 0.2))
        return np.clip(soft * (1 + mottle + grain)[..., None], 0, 255).astype(np.uint8)
