"""Flat shapes with ink around them, as a cartoon is drawn: polygons in units of their own, laid down at any size."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

__all__ = [
    "INK",
    "Colour",
    "Shape",
    "Sketch",
    "blob",
    "box",
    "ellipse",
    "joined",
    "line",
    "mixed",
    "move",
    "polygon",
    "tube",
]

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Colour = tuple[int, int, int]

INK: Colour = (38, 30, 40)
_SHIFT = 4  # OpenCV takes corners as integers: sixteenths of a pixel
_CURVE_STEPS = 5  # straight pieces between two points of a curve


@dataclass(frozen=True, eq=False)
class Shape:
    """A filled polygon.

    Attributes:
        points: (N, 2) float32 corners x, y; y grows downwards.
        paint: Red, green, blue.
    """

    points: Floats
    paint: Colour

    def grown(self, width: float, paint: Colour) -> Shape:
        """The same, larger by `width` on all sides: laid below, it is the ink around the shape."""
        points = self.points
        following = np.concatenate([points[1:], points[:1]])
        along = following - np.concatenate([points[-1:], points[:-1]])
        turns_right = points[:, 0] @ following[:, 1] > following[:, 0] @ points[:, 1]
        along *= np.float32(width if turns_right else -width) / np.maximum(np.hypot(along[:, :1], along[:, 1:]), 1e-6)
        return Shape(points + along[:, ::-1] * _OUTWARDS, paint)


class Sketch:
    """Shapes one over the other; the last one added lies on top."""

    def __init__(self) -> None:
        self._shapes: list[Shape] = []

    def add(self, *shapes: Shape) -> None:
        """Adds shapes without ink around them."""
        self._shapes += shapes

    def inked(self, *shapes: Shape, width: float, ink: Colour = INK) -> None:
        """Adds shapes with one line of ink around all of them together, none between them."""
        self._shapes += [shape.grown(width, ink) for shape in shapes]
        self._shapes += shapes

    def extend(self, other: Sketch, by: Floats) -> None:
        """Adds the shapes of another sketch on top, moved by a (2, 3) matrix."""
        self._shapes += [Shape(shape.points @ by[:, :2].T + by[:, 2], shape.paint) for shape in other._shapes]

    def lay(self, picture: Picture, to_picture: Floats, *, light: Sequence[float] = (1.0, 1.0, 1.0)) -> None:
        """Draws all shapes into `picture` in place.

        Args:
            picture: (H, W, 3) uint8 red, green, blue.
            to_picture: (2, 3) from the sketch's units to pixels.
            light: What the paint's red, green and blue are multiplied by.
        """
        red, green, blue = light
        for shape, corners in zip(self._shapes, self._placed(to_picture), strict=True):
            paint = shape.paint[0] * red, shape.paint[1] * green, shape.paint[2] * blue  # OpenCV stops at 255
            cv2.fillPoly(picture, [corners], paint, cv2.LINE_AA, _SHIFT)

    def cover(self, mask: Picture, to_mask: Floats, *, value: int) -> None:
        """Sets `mask` (H, W) uint8 in place to `value` wherever a shape lies."""
        for corners in self._placed(to_mask):
            cv2.fillPoly(mask, [corners], value, cv2.LINE_8, _SHIFT)

    def _placed(self, to_picture: Floats) -> Iterator[npt.NDArray[np.int32]]:
        """The corners of each shape as OpenCV takes them: all moved at once, which is faster than one by one."""
        if not self._shapes:
            return
        points = np.concatenate([shape.points for shape in self._shapes])
        placed = points @ to_picture[:, :2].T + (to_picture[:, 2] - np.float32(0.5))  # it counts from pixel centres
        corners = np.round(placed * np.float32(1 << _SHIFT)).astype(np.int32)
        start = 0
        for shape in self._shapes:
            yield corners[start : start + len(shape.points)]
            start += len(shape.points)


def move(x: float = 0.0, y: float = 0.0, *, scale: float = 1.0, turn: float = 0.0, mirrored: bool = False) -> Floats:
    """(2, 3) which mirrors left and right if asked for, scales, turns (degrees, clockwise) and moves, in this order."""
    angle = np.deg2rad(turn)
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    flip = -1.0 if mirrored else 1.0
    return np.array([[flip * cosine, -sine, x], [flip * sine, cosine, y]], np.float32)


def joined(outer: Floats, inner: Floats) -> Floats:
    """(2, 3) which moves by `inner` first, then by `outer`."""
    both = outer[:, :2] @ inner
    both[:, 2] += outer[:, 2]
    return np.asarray(both, np.float32)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """The colour `share` (0 to 1) of the way from `one` to `other`."""
    first, second, third = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return first, second, third


def polygon(points: Sequence[tuple[float, float]], paint: Colour) -> Shape:
    """A polygon with straight sides."""
    return Shape(np.array(points, np.float32), paint)


def box(left: float, top: float, right: float, bottom: float, paint: Colour, *, corner: float = 0.0) -> Shape:
    """A rectangle, its upper corners cut off by `corner`."""
    upper = [(left, top + corner), (left + corner, top), (right - corner, top), (right, top + corner)]
    return polygon([*(upper if corner else [(left, top), (right, top)]), (right, bottom), (left, bottom)], paint)


def blob(points: Sequence[tuple[float, float]], paint: Colour) -> Shape:
    """A closed curve through points, 3 or more."""
    return Shape(_curve(len(points), closed=True) @ np.array(points, np.float32), paint)


def ellipse(x: float, y: float, radius_x: float, radius_y: float, paint: Colour, *, turn: float = 0.0) -> Shape:
    """An ellipse around (`x`, `y`), turned clockwise by `turn` degrees."""
    return Shape(_CIRCLE * np.array([radius_x, radius_y], np.float32) @ move(turn=turn)[:, :2].T + _point(x, y), paint)


def tube(path: Sequence[tuple[float, float]], widths: Sequence[float], paint: Colour) -> Shape:
    """A tube with round ends along a curve through points, 2 or more; `widths` are its radii there."""
    curve, rise = _curve(len(path), closed=False), _rise(len(path))
    points = np.array(path, np.float32)
    spine, along = curve @ points, rise @ points
    radii = (curve @ np.array(widths, np.float32))[:, None]
    along /= np.maximum(np.hypot(along[:, :1], along[:, 1:]), 1e-6)
    aside = np.stack([-along[:, 1], along[:, 0]], axis=1)
    end = spine[-1] + radii[-1] * (_HALF[:, :1] * aside[-1] + _HALF[:, 1:] * along[-1])
    start = spine[0] - radii[0] * (_HALF[:, :1] * aside[0] + _HALF[:, 1:] * along[0])
    sides = spine + radii * aside, (spine - radii * aside)[::-1]
    return Shape(np.concatenate([sides[0], end, sides[1], start]).astype(np.float32), paint)


def line(path: Sequence[tuple[float, float]], width: float, paint: Colour = INK) -> Shape:
    """A line of ink along a curve through points; `width` is half its width."""
    return tube(path, [width] * len(path), paint)


def _point(x: float, y: float) -> Floats:
    return np.array([x, y], np.float32)


_OUTWARDS = np.array([1, -1], np.float32)  # of (dy, dx): to the left of the way, which is outside when turning right


@functools.cache
def _curve(count: int, *, closed: bool) -> Floats:
    """(M, count) what takes `count` points to a curve through them.

    Source: E. Catmull and R. Rom, "A class of local interpolating splines", 1974.
    """
    pieces = count if closed else count - 1
    steps = np.arange(_CURVE_STEPS, dtype=np.float64) / _CURVE_STEPS
    weights = 0.5 * np.stack(
        [
            -steps + 2 * steps**2 - steps**3,
            2 - 5 * steps**2 + 3 * steps**3,
            steps + 4 * steps**2 - 3 * steps**3,
            steps**3 - steps**2,
        ],
        axis=1,
    )
    curve = np.zeros((pieces * _CURVE_STEPS + (not closed), count))
    for piece in range(pieces):
        rows = slice(piece * _CURVE_STEPS, (piece + 1) * _CURVE_STEPS)
        for place in range(4):
            at = piece + place - 1
            curve[rows, at % count if closed else min(max(at, 0), count - 1)] += weights[:, place]
    if not closed:
        curve[-1, -1] = 1
    return curve.astype(np.float32)


@functools.cache
def _rise(count: int) -> Floats:
    """(M, count) what takes `count` points to the directions of the open curve through them."""
    return np.asarray(np.gradient(_curve(count, closed=False), axis=0), np.float32)


_TURN = np.linspace(0, 2 * np.pi, 32, endpoint=False)
_CIRCLE = np.stack([np.cos(_TURN), np.sin(_TURN)], axis=1).astype(np.float32)
_ARC = np.linspace(0, np.pi, 7)[1:-1]
_HALF = np.stack([np.cos(_ARC), np.sin(_ARC)], axis=1).astype(np.float32)  # from one side of a tube over its end
