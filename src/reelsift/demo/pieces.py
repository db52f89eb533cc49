"""The parts that move: the plate on its arm, and the figures that grow below it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from reelsift.demo.shapes import DESIGN_HEIGHT, DESIGN_WIDTH, Floats, Grid, Light, colour, over, tone

__all__ = [
    "COVER_TINT",
    "INNER_TINT",
    "PIECES",
    "PRINT_LENGTH",
    "SPRITE_PLATE_Y",
    "SPRITE_SIZE",
    "Piece",
    "Sprite",
    "build_figures",
    "build_plate",
    "part_grid",
]

# All in design units of a 1280 x 720 picture.
PRINT_LENGTH = 292.0  # from the plate to the last layer
SPRITE_PLATE_Y = 170.0  # the plate's underside in its own picture
SPRITE_SIZE = (420.0, SPRITE_PLATE_Y + PRINT_LENGTH + 8)
COVER_TINT = colour(1.0, 0.25, 0.055)
INNER_TINT = COVER_TINT + colour(0.0, 0.02, 0.06)


@dataclass(frozen=True)
class Piece:
    """A turned figure on the plate: its axis, and its radius along its length.

    Attributes:
        x: Axis, design units right of the plate's middle.
        lengths: Distances from the plate at which the radius is known.
        radii: The radius there; straight lines between.
        notches: Whether the far end has battlements.
    """

    x: float
    lengths: tuple[float, ...]
    radii: tuple[float, ...]
    notches: bool = False

    def radius(self, length: float | Floats) -> Floats:
        """Radius at distances from the plate; 0 beyond the end."""
        return np.asarray(np.interp(length, self.lengths, self.radii, right=0.0), np.float32)


PIECES = (
    Piece(
        -104,
        (0, 7, 8, 34, 35, 46, 52, 60, 74, 90, 150, 168, 176, 184, 186, 226, 227),
        (52, 50, 0, 0, 43, 45, 40, 42, 33, 27, 23, 26, 35, 36, 32, 34, 0),
        notches=True,
    ),
    Piece(
        0,
        (0, 7, 8, 34, 35, 48, 54, 62, 80, 104, 170, 196, 204, 210, 216, 222, 244, 262, 268, 276, 286, 292),
        (56, 54, 0, 0, 48, 50, 44, 46, 34, 25, 17, 20, 30, 30, 20, 18, 29, 26, 12, 13, 11, 3),
    ),
    Piece(
        106,
        (0, 7, 8, 34, 35, 44, 50, 56, 70, 84, 120, 132, 138, 144, 148, 154, 168, 184, 196, 200),
        (50, 48, 0, 0, 40, 42, 37, 38, 28, 20, 14, 18, 27, 27, 16, 22, 30, 27, 14, 1),
    ),
)


@dataclass(frozen=True, eq=False)
class Sprite:
    """A part of the picture that is laid over the rest.

    Attributes:
        picture: (h, w, 3) uint8 display values; also sensible a little beyond the edge, where nothing covers.
        opacity: (h, w) float32, 0 to 1.
    """

    picture: npt.NDArray[np.uint8]
    opacity: Floats

    @classmethod
    def of_linear(cls, paint: Light, opacity: Floats) -> Sprite:
        """Looked at through the cover; colours run on beyond the edge so that moving by half a pixel leaves no seam."""
        display = tone(paint * INNER_TINT * 1.1 + colour(0.022, 0.005, 0.001)) * 255
        weight = cv2.blur(opacity, (5, 5))[..., None] + np.float32(1e-4)
        run_on = cv2.blur(display * opacity[..., None], (5, 5)) / weight
        filled = np.where(opacity[..., None] > 0.5, display, run_on)
        display = np.asarray(cv2.GaussianBlur(filled, (0, 0), 0.6), np.float32)
        opacity = np.asarray(cv2.GaussianBlur(opacity, (0, 0), 0.6), np.float32)
        return cls(np.clip(display + 0.5, 0, 255).astype(np.uint8), opacity.astype(np.float32))


def part_grid(width: int, height: int, box: tuple[float, float, float, float]) -> Grid:
    """The grid of a part of the picture, at the picture's scale; its origin stays the picture's."""
    whole = Grid.of_picture(width, height)
    step_x, step_y = DESIGN_WIDTH / width, DESIGN_HEIGHT / height
    columns = slice(max(round(box[0] / step_x), 0), max(round(box[2] / step_x), 1))
    rows = slice(max(round(box[1] / step_y), 0), max(round(box[3] / step_y), 1))
    return Grid(whole.x[:, columns], whole.y[rows], whole.pixel)


def build_plate(width: int, height: int) -> Sprite:
    """The plate with its arm, `SPRITE_SIZE` large, for a film of `width` x `height` pixels."""
    grid = part_grid(width, height, (0, 0, *SPRITE_SIZE))
    middle, bottom = SPRITE_SIZE[0] / 2, SPRITE_PLATE_Y
    brushed = np.random.default_rng(3).normal(0, 0.02, (grid.y.size, 1)).astype(np.float32)
    metal = 0.36 + 0.20 * np.exp(-(((grid.x - middle + 70) / 80) ** 2)) + brushed
    parts: list[tuple[Floats, Light]] = [
        (grid.box(middle - 52, bottom - 170, middle + 52, bottom - 92, corner=6), metal * 0.30),
        (grid.box(middle - 24, bottom - 124, middle + 24, bottom - 40, corner=4), metal * 0.55),
        (grid.slope((bottom - 60, middle - 66, middle + 66), (bottom - 36, middle - 120, middle + 120)), metal * 0.62),
        (grid.box(middle - 174, bottom - 42, middle + 174, bottom, corner=4), metal),
        (grid.box(middle - 174, bottom - 42, middle + 174, bottom - 38, corner=2, soft=2), metal * 1.7),
        (grid.box(middle - 174, bottom - 8, middle + 174, bottom, corner=2, soft=2), metal * 0.45),
        (grid.disc(middle, bottom - 104, 15), metal * 0.12),
        (grid.disc(middle - 1, bottom - 106, 10, soft=6), metal * 0.9),
    ]
    for x in (-140.0, 140.0):
        parts.append((grid.disc(middle + x, bottom - 22, 6.5), metal * 0.1))
        parts.append((grid.disc(middle + x - 1, bottom - 23.5, 3, soft=2), metal * 1.2))
    paint = np.zeros((grid.y.size, grid.x.size, 3), np.float32)
    opacity = np.zeros(paint.shape[:2], np.float32)
    for cover, shade in parts:
        over(paint, (shade * np.ones_like(cover))[..., None] * colour(1, 0.99, 1.0), cover)
        opacity = np.maximum(opacity, cover)
    return Sprite.of_linear(paint, opacity)


def build_figures(width: int, height: int) -> Sprite:
    """The finished object below the plate, as large as the plate's picture: turned pieces on supports."""
    grid = part_grid(width, height, (0, 0, *SPRITE_SIZE))
    middle, plate_y = SPRITE_SIZE[0] / 2, SPRITE_PLATE_Y
    paint = np.zeros((grid.y.size, grid.x.size, 3), np.float32)
    opacity = np.zeros(paint.shape[:2], np.float32)
    length = grid.y - plate_y
    for piece in PIECES:
        x = grid.x - middle - piece.x
        for foot, top in ((-38, -30), (-24, -27), (-12, -10), (0, 4), (13, 10), (25, 29), (38, 32)):
            strut = np.abs(x - (foot + (top - foot) * np.clip(length / 35, 0, 1))) - (
                2.2 - 1.0 * np.clip(length / 35, 0, 1)
            )
            cover = grid.coverage(np.maximum(strut, np.maximum(-length, length - 38)))
            over(paint, colour(0.30, 0.30, 0.29), cover)
            opacity = np.maximum(opacity, cover)
        radius = piece.radius(length)
        cover = grid.coverage(np.maximum(np.abs(x) - radius, -length)) * (radius > 0.5) * (length >= 0)
        if piece.notches:
            gap = (np.abs(x / 8 - np.round(x / 8 / 2.6) * 2.6) < 0.55) & (length > 208)
            cover = cover * (1 - 0.85 * gap)
        shade = _turned(x, radius, piece.radius(length + 2) - piece.radius(length - 2), length)
        over(paint, shade[..., None] * colour(0.98, 1.0, 0.97), cover.astype(np.float32))
        opacity = np.maximum(opacity, cover)
    return Sprite.of_linear(paint, opacity)


def _turned(x: Floats, radius: Floats, growth: Floats, length: Floats) -> Floats:
    """(h, w) brightness of a round body: light from the left, a thin gleam, rings where it widens, layer lines."""
    side = np.clip(x / np.maximum(radius, 1), -1, 1)
    facing = np.sqrt(1 - side**2)
    body = 0.07 + 0.34 * np.clip(0.62 * facing - 0.62 * side, 0, None) + 0.10 * np.clip(side - 0.55, 0, None)
    gleam = 0.34 * np.exp(-(((side + 0.42) / 0.10) ** 2))
    rings = np.clip(1 + 0.09 * np.clip(growth, -5, 5), 0.4, 1.5)
    return np.asarray((body + gleam) * rings * (1 + 0.05 * np.sin(length * 2.1)), np.float32)
