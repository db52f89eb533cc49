"""A game of football: where the ball and the players are at a time."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from reelsift.demo.broadcast.people import STEPS, Kit, footballer, some_kit
from reelsift.demo.broadcast.stadium import LENGTH, WIDTH, Lens
from reelsift.demo.cartoon.ink import move

__all__ = ["Game", "Match"]

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

_PEOPLE = 5  # that look different in a team: each is drawn once in each step, and kept
_HEIGHT = 2.1  # metres of a footballer: a little more than life, as pictures are small
_AHEAD = np.linspace(-1.2, 0.9, 8)  # seconds around now that a camera smooths over
_RUNS = 1.2  # metres a second from which somebody runs
# Shares of the pitch along and across, of a team that plays from left to right.
_LINE_UP = np.array(
    [(0.05, 0.5), (0.22, 0.15), (0.18, 0.38), (0.18, 0.62), (0.22, 0.85), (0.38, 0.2), (0.36, 0.5), (0.38, 0.8),
     (0.54, 0.28), (0.58, 0.52), (0.54, 0.74)]
)  # fmt: skip


@dataclass(frozen=True)
class Match:
    """Who plays: two teams with their keepers, and the one who sees to the rules."""

    home: Kit
    guest: Kit
    keepers: tuple[Kit, Kit]
    referee: Kit

    @classmethod
    def of(cls, random: np.random.Generator) -> Match:
        """Two teams that can be told apart."""
        home = some_kit(random)
        guest = some_kit(random, unlike=home)
        bright = [Kit(paint, (30, 30, 36), (30, 30, 36), paint) for paint in ((236, 236, 60), (246, 128, 190))]
        return cls(home, guest, (bright[0], bright[1]), Kit((24, 24, 28), (220, 220, 80), (24, 24, 28), (24, 24, 28)))

    def kits(self) -> list[Kit]:
        """Of all on the pitch, in the order of `Game.players`."""
        teams = zip((self.home, self.guest), self.keepers, strict=True)
        worn = [(keeper if n == 0 else kit).worn_by(n % _PEOPLE) for kit, keeper in teams for n in range(11)]
        return [*worn, self.referee]


class Game:
    """Some minutes of a match.

    Attributes:
        kits: What each of the 23 on the pitch wears.
    """

    def __init__(self, match: Match, random: np.random.Generator, *, seconds: float = 30.0) -> None:
        self.kits = match.kits()
        home = _LINE_UP * (LENGTH, WIDTH)
        guest = (1 - _LINE_UP * (1, 1)) * (LENGTH, WIDTH)
        self._places = np.concatenate([home, guest, [(LENGTH / 2, WIDTH / 2 + 8)]])
        self._waves = random.uniform(0, 2 * np.pi, (len(self._places), 2))
        self._pace = random.uniform(0.5, 1.1, (len(self._places), 2))
        self._touches = self._pass_around(random, seconds)

    def _pass_around(self, random: np.random.Generator, seconds: float) -> Floats:
        """(P, 4) time, x, y and player of each touch of the ball."""
        touches, time = [], -2.0
        place = np.array([random.uniform(0.3, 0.7) * LENGTH, random.uniform(0.2, 0.8) * WIDTH])
        attack, holder = random.choice([-1.0, 1.0]), -1
        while time < seconds + 3:
            free = self._roaming(time, place)[1:22]
            free[np.arange(1, 22) == holder] = 1e6
            holder = 1 + int(np.argmin(np.hypot(*(free - place).T)))
            touches.append((time, *place, holder))
            time += random.uniform(0.8, 1.9)
            aim = place + random.normal((5 * attack, 0), (9, 11))
            if random.uniform() < 0.2 or not 14 < aim[0] < LENGTH - 14:
                attack = -1.0 if place[0] > LENGTH / 2 else 1.0
            place = np.clip(aim, (9, 5), (LENGTH - 9, WIDTH - 5))
        return np.array(touches)

    def ball(self, seconds: float | Floats) -> Floats:
        """(2,) metres, or (T, 2) at several times; it slows down on its way."""
        after = np.clip(np.searchsorted(self._touches[:, 0], seconds), 1, len(self._touches) - 1)
        one, other = self._touches[after - 1], self._touches[after]
        share = np.clip((seconds - one[..., 0]) / (other[..., 0] - one[..., 0]), 0, 1)[..., None]
        return np.asarray(one[..., 1:3] + (other[..., 1:3] - one[..., 1:3]) * (1 - (1 - share) ** 1.6))

    def followed(self, seconds: float) -> Floats:
        """(2,) where somebody with a camera looks: near the ball, softly."""
        return np.asarray(self.ball(seconds + _AHEAD).mean(axis=0))

    def players(self, seconds: float) -> Floats:
        """(23, 2) metres: home, guests, referee."""
        places = self._roaming(seconds, self.followed(seconds))
        near = np.abs(self._touches[:, 0] - seconds) < 2.2
        for time, x, y, holder in self._touches[near]:
            pull = np.exp(-(((time - seconds) / 0.75) ** 2))
            places[int(holder)] += (np.array([x - 0.5, y + 0.3]) - places[int(holder)]) * pull
        return places

    def _roaming(self, seconds: float, centre: Floats) -> Floats:
        drawn = 0.42 * (centre - (LENGTH / 2, WIDTH / 2))
        places = self._places + drawn * np.where(np.isin(np.arange(23), (0, 11)), 0.12, 1.0)[:, None]
        return np.asarray(places + 2.6 * np.sin(self._waves + self._pace * seconds))

    def draw(self, picture: Picture, lens: Lens, seconds: float) -> None:
        """Lays ball and players over a view of the pitch, in place; those far away first."""
        size = picture.shape[1], picture.shape[0]
        matrix, now = lens.matrix(size), self.players(seconds)
        speed = (self.players(seconds + 0.08) - now) / 0.08
        ball = self.ball(seconds)
        ground = np.concatenate([now, ball[None]])
        _lay_goals(picture, matrix)
        spots = np.column_stack([ground, np.zeros(24), np.ones(24)]) @ matrix.T
        pixels, metre = spots[:, :2] / spots[:, 2:], lens.zoom * size[0] / spots[:, 2]
        for number in np.argsort(-spots[:, 2]):
            x, y, tall = float(pixels[number, 0]), float(pixels[number, 1]), float(metre[number])
            if not (-2 * tall < x < size[0] + 2 * tall and 0 < y < size[1] + 3 * tall):
                continue
            if number == 23:
                _lay_ball(picture, x, y, 0.2 * tall)
                continue
            fast = float(np.hypot(*speed[number]))
            _shade(picture, x, y, tall)
            runs = fast > _RUNS
            step = int(self._steps(number, seconds) * STEPS) % STEPS if runs else None
            to_right = speed[number, 0] > 0 if runs else ball[0] > now[number, 0]
            figure = footballer(self.kits[number], step, 0.012 if tall > 28 else 0.0)
            figure.lay(picture, move(x, y, scale=_HEIGHT * tall, mirrored=not to_right))

    def _steps(self, number: int, seconds: float) -> float:
        """Double steps so far, each footballer in a rhythm of his own."""
        return seconds * (1.45 + 0.25 * float(self._pace[number, 0])) + float(self._waves[number, 0])


def _lay_goals(picture: Picture, matrix: Floats) -> None:
    """Posts, bar and a coarse net."""
    for edge, back in ((0.0, -2.0), (LENGTH, LENGTH + 2.0)):
        near, far, high = WIDTH / 2 - 3.66, WIDTH / 2 + 3.66, 2.44
        frame = [(edge, near, 0), (edge, near, high), (edge, far, high), (edge, far, 0)]
        feet = (edge, near, 0), (back, near, 0), (back, far, 0), (edge, far, 0)
        cords = [feet, *([(edge, y, high), (back, y, 0)] for y in np.linspace(near, far, 7))]
        for path, paint in ((frame, (248, 248, 248)), *((cord, (196, 210, 200)) for cord in cords)):
            spots = np.column_stack([path, np.ones(len(path))]) @ matrix.T
            corners = np.round(spots[:, :2] / spots[:, 2:] * 8).astype(np.int32)
            if np.abs(corners).max() < 32_000:
                cv2.polylines(picture, [corners], False, paint, 2 if path is frame else 1, cv2.LINE_AA, 3)


def _lay_ball(picture: Picture, x: float, y: float, radius: float) -> None:
    _shade(picture, x + radius, y, radius * 2)
    centre, size = (round(x * 8), round((y - radius) * 8)), max(round(radius * 8), 9)
    cv2.circle(picture, centre, size + 5, (60, 70, 60), -1, cv2.LINE_AA, 3)
    cv2.circle(picture, centre, size, (252, 252, 250), -1, cv2.LINE_AA, 3)


def _shade(picture: Picture, x: float, y: float, metre: float) -> None:
    """A shadow on the grass: what is there, seven tenths as bright."""
    left, right = max(int(x - 0.55 * metre), 0), min(int(x + 0.55 * metre) + 2, picture.shape[1])
    top, bottom = max(int(y - 0.16 * metre), 0), min(int(y + 0.16 * metre) + 2, picture.shape[0])
    if left >= right or top >= bottom:
        return
    mask = np.zeros((bottom - top, right - left), np.uint8)
    centre = round((x - left) * 8), round((y - top) * 8)
    cv2.ellipse(mask, centre, (round(4.2 * metre), max(round(1.1 * metre), 4)), 0, 0, 360, 76, -1, cv2.LINE_AA, 3)
    part = picture[top:bottom, left:right]
    part[:] = cv2.multiply(part, cv2.merge([255 - mask] * 3), scale=1 / 255)
