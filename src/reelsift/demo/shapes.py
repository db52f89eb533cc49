"""Soft-edged shapes on a pixel grid: the brushes of the demo film.

Lengths are in design units: a picture of any size shows the same 1280 x 720 units, so one drawing fits all sizes.
Shapes are signed distances (negative inside), turned into coverage with an edge one pixel wide: no jagged edges.
Source of the distance functions: Inigo Quilez, "2D distance functions", iquilezles.org/articles/distfunctions2d.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["DESIGN_HEIGHT", "DESIGN_WIDTH", "Floats", "Grid", "Light", "blurred", "colour", "over", "tone"]

Floats = npt.NDArray[np.float32]
Light = npt.NDArray[np.floating[Any]]

DESIGN_WIDTH = 1280.0
DESIGN_HEIGHT = 720.0


@dataclass(frozen=True, eq=False)
class Grid:
    """Positions of the pixel centres of a picture, or of a part of one.

    Attributes:
        x: (1, W) design units from the left edge.
        y: (H, 1) design units from the top edge.
        pixel: Size of a pixel in design units.
    """

    x: Floats
    y: Floats
    pixel: float

    @classmethod
    def of_picture(cls, width: int, height: int) -> Grid:
        """The grid of a whole picture of `width` x `height` pixels."""
        x = (np.arange(width, dtype=np.float32) + np.float32(0.5)) * np.float32(DESIGN_WIDTH / width)
        y = (np.arange(height, dtype=np.float32) + np.float32(0.5)) * np.float32(DESIGN_HEIGHT / height)
        return cls(x[None, :], y[:, None], max(DESIGN_WIDTH / width, DESIGN_HEIGHT / height))

    def box(
        self, left: float, top: float, right: float, bottom: float, *, corner: float = 0.0, soft: float = 0.0
    ) -> Floats:
        """(H, W) coverage 0 to 1 of a box with rounded corners; `soft` widens its edge."""
        dx = np.abs(self.x - (left + right) / 2) - (right - left) / 2 + corner
        dy = np.abs(self.y - (top + bottom) / 2) - (bottom - top) / 2 + corner
        outside = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0))
        return self.coverage(outside + np.minimum(np.maximum(dx, dy), 0) - corner, soft=soft)

    def disc(self, x: float, y: float, radius_x: float, *, radius_y: float | None = None, soft: float = 0.0) -> Floats:
        """(H, W) coverage of an ellipse, a circle when `radius_y` is not given."""
        squash = 1.0 if radius_y is None else radius_x / radius_y
        return self.coverage(np.hypot(self.x - x, (self.y - y) * squash) - radius_x, soft=soft)

    def slope(self, upper: tuple[float, float, float], lower: tuple[float, float, float]) -> Floats:
        """(H, W) coverage of a trapezium; each end is (y, left, right)."""
        share = np.clip((self.y - upper[0]) / (lower[0] - upper[0]), 0, 1)
        left = upper[1] + (lower[1] - upper[1]) * share
        right = upper[2] + (lower[2] - upper[2]) * share
        sides = np.maximum(left - self.x, self.x - right)
        return self.coverage(np.maximum(sides, np.maximum(upper[0] - self.y, self.y - lower[0])))

    def glow(self, x: float, y: float, width: float, height: float) -> Floats:
        """(H, W) two-dimensional Gaussian, 1 at its centre; `width` and `height` are standard deviations."""
        across = np.exp(-(((self.x - x) / width) ** 2) / 2)
        down = np.exp(-(((self.y - y) / height) ** 2) / 2)
        return (across * down).astype(np.float32)

    def coverage(self, distance: Light, *, soft: float = 0.0) -> Floats:
        """Coverage 0 to 1 of a signed distance in design units: an edge of one pixel, or of `soft` if that is wider."""
        return np.asarray(np.clip(0.5 - distance / max(self.pixel, soft), 0, 1), np.float32)


def colour(*channels: float) -> Floats:
    """(3,) red, green and blue, linear light."""
    return np.array(channels, np.float32)


def over(canvas: Floats, paint: Light | Sequence[float], cover: Floats, *, opacity: float = 1.0) -> None:
    """Lays `paint` on `canvas` (H, W, 3) in place, where `cover` (H, W) says and as far as it is opaque."""
    cover = cover * np.float32(opacity)
    canvas += (np.asarray(paint, np.float32) - canvas) * cover[..., None]


def blurred(picture: Floats, sigma: float, *, pixel: float) -> Floats:
    """`picture` out of focus; `sigma` in design units."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), max(sigma / pixel, 0.1)), np.float32)


def tone(linear: Light, *, exposure: float = 1.7) -> Floats:
    """Linear light to display values 0 to 1, with highlights that roll off as in a film rather than clip."""
    return np.asarray((1 - np.exp(-exposure * np.maximum(linear, 0))) ** np.float32(1 / 2.2), np.float32)
