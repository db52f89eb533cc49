"""A pitch and its stands, as a camera sees them from any place: a plane on the ground, and one that stands upright."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from reelsift.demo.cartoon.ink import Colour, Floats, mixed
from reelsift.demo.cartoon.painting import hue

__all__ = ["LENGTH", "WIDTH", "Lens", "Stadium"]

Picture = npt.NDArray[np.uint8]

LENGTH, WIDTH = 105.0, 68.0  # metres, of the pitch; x runs along it, y away from the camera, z upwards
_AROUND = 8.0  # metres of grass around it
_GRASS_SCALE, _STAND_SCALE = 9.0, 9.0  # pixels a metre
_STAND_Y, _STAND_HEIGHT, _STAND_REACH, _BOARD = WIDTH + 5.5, 17.0, 70.0, 1.1
_SEAT, _ROOF = (7, 6), 10  # pixels of a seat, down and across, and of the edge of the roof
_TRACK: Colour = (122, 74, 62)  # what lies around the grass
_LINE = 0.22  # metres; twice what is usual, as pictures are small


@dataclass(frozen=True)
class Lens:
    """Where a camera stands and looks.

    Attributes:
        place: Metres x, y, z.
        target: What it looks at, metres x, y, z.
        zoom: Focal length in widths of the picture.
    """

    place: tuple[float, float, float]
    target: tuple[float, float, float]
    zoom: float

    def axes(self) -> Floats:
        """(3, 3) rows: to the right, downwards, forwards in the picture."""
        forwards = np.subtract(self.target, self.place)
        forwards = forwards / np.linalg.norm(forwards)
        right = np.array([forwards[1], -forwards[0], 0.0])
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(forwards, right), forwards]).astype(np.float32)

    def matrix(self, size: tuple[int, int]) -> npt.NDArray[np.float64]:
        """(3, 4) from metres x, y, z, 1 to pixels times depth; `size` is width and height of the picture."""
        width, height = size
        inner = np.array([[self.zoom * width, 0, width / 2], [0, self.zoom * width, height / 2], [0, 0, 1]])
        axes = self.axes().astype(np.float64)
        return np.asarray(inner @ np.hstack([axes, -axes @ np.array(self.place)[:, None]]))


class Stadium:
    """A stadium, painted once; the same seed is the same stadium.

    Attributes:
        sky: What is above the stands.
    """

    def __init__(self, seed: int, *, colours: tuple[Colour, Colour]) -> None:
        random = np.random.default_rng(seed)
        by_night = bool(random.uniform() < 0.5)
        self.sky: Colour = (22, 26, 44) if by_night else hue(random.uniform(0.54, 0.6), random.uniform(0.2, 0.4), 0.9)
        self.grass = _grass(random)
        self.stands = _stand(seed, colours, self.sky)

    def view(self, lens: Lens, size: tuple[int, int], *, seconds: float = 0.0) -> Picture:
        """(H, W, 3) uint8: the empty pitch and the stands."""
        matrix = lens.matrix(size)
        picture = np.empty((size[1], size[0], 3), np.uint8)
        flat = float(np.hypot(*np.subtract(lens.target, lens.place)[:2]))
        horizon = size[1] / 2 - lens.zoom * size[0] * (lens.place[2] - lens.target[2]) / flat
        cv2.rectangle(picture, (0, 0), size, _TRACK, -1)  # NumPy takes ten times as long to fill in three bytes
        cv2.rectangle(picture, (0, 0), (size[0], round(horizon)), self.sky, -1)
        upright = matrix @ np.array(
            [
                [1 / _STAND_SCALE, 0, -_STAND_REACH],
                [0, 0, _STAND_Y],
                [0, -1 / _STAND_SCALE, _STAND_HEIGHT],
                [0, 0, 1],
            ]
        )
        ground = matrix @ np.array(
            [[1 / _GRASS_SCALE, 0, -_AROUND], [0, -1 / _GRASS_SCALE, WIDTH + _AROUND], [0, 0, 0], [0, 0, 1]]
        )
        for texture, plane in ((self.grass, ground), (self.stands[int(seconds * 4) % 2], upright)):
            cv2.warpPerspective(
                texture, plane, size, dst=picture, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT
            )
        return picture


def _grass(random: np.random.Generator) -> Picture:
    """The pitch from above, seen with its far side on top: stripes as it was mown, and lines."""
    scale = _GRASS_SCALE
    height, width = round((WIDTH + 2 * _AROUND) * scale), round((LENGTH + 2 * _AROUND) * scale)
    tone, strength = random.uniform(0.26, 0.36), random.uniform(0.55, 0.72)
    dark, bright = hue(tone, strength, random.uniform(0.46, 0.56)), hue(tone - 0.015, strength - 0.06, 0.66)
    grass = np.empty((height, width, 3), np.uint8)
    stripe = np.arange(width) / scale // random.uniform(4.5, 6.5) % 2 == 0
    grass[:] = np.where(stripe[:, None], np.array(dark), np.array(bright)).astype(np.uint8)
    if random.uniform() < 0.4:  # mown crosswise, too
        across = np.arange(height) / scale // 5.5 % 2 == 0
        grass[across] = (grass[across] * 0.93).astype(np.uint8)
    mottle = cv2.resize(random.standard_normal((24, 36)).astype(np.float32), (width, height))
    grain = random.standard_normal((height // 2, width // 2)).astype(np.float32)
    light = 1 + 0.03 * mottle + 0.035 * cv2.resize(grain, (width, height))
    light[: round(random.uniform(0, 0.3) * height)] *= 0.72  # the shadow of the stand
    grass = np.clip(grass * light[..., None], 0, 255).astype(np.uint8)
    _lines(grass)
    return grass


def _lines(grass: Picture) -> None:
    """The lines, in place."""
    scale, wide = _GRASS_SCALE, max(round(_LINE * _GRASS_SCALE), 1)
    paint = (236, 244, 236)

    def pixel(x: float, y: float) -> tuple[int, int]:
        return round((x + _AROUND) * scale), round((WIDTH + _AROUND - y) * scale)

    def box(left: float, low: float, right: float, high: float) -> None:
        cv2.rectangle(grass, pixel(left, high), pixel(right, low), paint, wide, cv2.LINE_AA)

    def spot(x: float, y: float, radius: float, *, filled: bool = False) -> None:
        cv2.circle(grass, pixel(x, y), round(radius * scale), paint, -1 if filled else wide, cv2.LINE_AA)

    middle = WIDTH / 2
    for left, right, inner, spot_x, turn in (
        (0.0, 16.5, 5.5, 11.0, 0), (LENGTH - 16.5, LENGTH, LENGTH - 5.5, LENGTH - 11, 180),
    ):  # fmt: skip
        edge, radius = 0.0 if left == 0 else LENGTH, round(9.15 * scale)
        cv2.ellipse(grass, pixel(spot_x, middle), (radius, radius), turn, -53, 53, paint, wide, cv2.LINE_AA)
        box(left, middle - 20.16, right, middle + 20.16)
        box(min(inner, edge), middle - 9.16, max(inner, edge), middle + 9.16)
    box(0, 0, LENGTH, WIDTH)
    cv2.line(grass, pixel(LENGTH / 2, 0), pixel(LENGTH / 2, WIDTH), paint, wide, cv2.LINE_AA)
    spot(LENGTH / 2, middle, 9.15)
    for x in (LENGTH / 2, 11.0, LENGTH - 11):
        spot(x, middle, 0.35, filled=True)


def _stand(seed: int, colours: tuple[Colour, Colour], sky: Colour) -> list[Picture]:
    """The far stand from the front, twice: people in rows, boards below; some of them move in between."""
    random = np.random.default_rng(seed)
    height, width = round(_STAND_HEIGHT * _STAND_SCALE), round((LENGTH + 2 * _STAND_REACH) * _STAND_SCALE)
    bottom = height - round(_BOARD * _STAND_SCALE)
    rows, columns = (bottom - _ROOF) // _SEAT[0], width // _SEAT[1]
    dark = np.array(mixed(sky, (30, 30, 42), 0.8), np.uint8)
    paints = np.array([*colours, *colours, (240, 236, 228), (56, 60, 76), (150, 150, 160)], np.uint8)
    skins = np.array([(240, 200, 168), (214, 164, 126), (150, 104, 76)], np.uint8)
    seats = np.broadcast_to(dark, (rows, columns, *_SEAT, 3)).copy()
    seats[:, :, 3:, :5] = paints[random.integers(len(paints), size=(rows, columns))][:, :, None, None]
    seats[:, :, :3, 1:4] = skins[random.integers(len(skins), size=(rows, columns))][:, :, None, None]
    seats[random.uniform(size=(rows, columns)) < 0.12] = dark
    seats[:, np.arange(columns) % 120 >= 118] = dark  # stairs
    moved = seats.copy()
    rises = random.uniform(size=(rows, columns)) < 0.5
    moved[rises] = np.roll(moved[rises], -1, axis=1)
    boards = _boards(height - bottom, width, random)
    return [_laid(people, boards, (height, width), dark=dark, roof=mixed(sky, (60, 62, 72), 0.7))
            for people in (seats, moved)]  # fmt: skip


def _laid(people: Picture, boards: Picture, size: tuple[int, int], *, dark: Picture, roof: Colour) -> Picture:
    """A picture of (rows, columns) seats, each (h, w, 3), between the roof and the boards."""
    stand = np.empty((*size, 3), np.uint8)
    stand[:] = dark
    stand[:_ROOF] = roof
    rows, columns = people.shape[:2]
    for row in range(rows):  # every other row is shifted by half a seat
        top, shift = size[0] - len(boards) - (rows - row) * _SEAT[0], (row % 2) * 3
        line = people[row].swapaxes(0, 1).reshape(_SEAT[0], columns * _SEAT[1], 3)
        room = min(size[1] - shift, line.shape[1])
        stand[top : top + _SEAT[0], shift : shift + room] = line[:, :room]
    stand[-len(boards) :] = boards
    return stand


def _boards(height: int, width: int, random: np.random.Generator) -> Picture:
    """Boards along the touchline: plain colours with marks that could be words."""
    strip, x = np.empty((height, width, 3), np.uint8), 0
    while x < width:
        wide = int(random.integers(50, 90))
        strip[:, x : x + wide] = hue(random.uniform(0, 1), random.uniform(0.2, 0.8), random.uniform(0.4, 0.95))
        mark, at = hue(random.uniform(0, 1), 0.1, random.choice([0.15, 0.98])), x + 8
        while at < x + wide - 10:
            letter = int(random.integers(2, 6))
            strip[height // 4 : -(height // 4), at : at + letter] = mark
            at += letter + 2
        x += wide
    return strip
