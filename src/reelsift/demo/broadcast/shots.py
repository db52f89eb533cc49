"""What a camera shows: shots of a match, shots of commercials, and those that both have."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, cast

import cv2
import numpy as np
import numpy.typing as npt

from reelsift.demo.broadcast.game import Game, Match
from reelsift.demo.broadcast.people import STEPS, Kit, fan, footballer, portrait, some_kit
from reelsift.demo.broadcast.products import PRODUCTS, burst, rays, write
from reelsift.demo.broadcast.stadium import LENGTH, WIDTH, Lens, Stadium
from reelsift.demo.cartoon.ink import Colour, Sketch, mixed, move
from reelsift.demo.cartoon.painting import Painting, hue

__all__ = ["ACROSS", "DOWN", "SHOTS", "Look", "Shot"]

Picture = npt.NDArray[np.uint8]

ACROSS, DOWN = 640, 360  # design units of a picture


@dataclass(frozen=True)
class Look:
    """What the shots of one match, or of one commercial, have in common.

    Attributes:
        seed: Names the stadium, if there is one.
        match: Who plays, or whom the commercial dresses up as footballers.
        brand: Two colours.
        product: One of `PRODUCTS`.
        place: A backdrop of the cartoon.
        text: What its card says.
    """

    seed: int
    match: Match
    brand: tuple[Colour, Colour]
    product: str
    place: str
    text: str

    @property
    def stadium(self) -> Stadium:
        """Painted when it is first looked at."""
        return _stadium(self.seed, (self.match.home.shirt, self.match.guest.shirt))


@functools.lru_cache(8)
def _stadium(seed: int, colours: tuple[Colour, Colour]) -> Stadium:
    return Stadium(seed, colours=colours)


class Shot(Protocol):
    """A shot in work: draws its picture at a time since it began."""

    def frame(self, seconds: float) -> Picture:
        """(H, W, 3) uint8 red, green, blue; its own array."""
        ...


class Wide:
    """The whole play from a place high up: the camera follows the ball."""

    zooms, tilt, near = (1.35, 1.75), 26.0, 0.25

    def __init__(self, look: Look, size: tuple[int, int], random: np.random.Generator) -> None:
        self.stadium, self.size = look.stadium, size
        self.game, self.zoom = Game(look.match, random), float(random.uniform(*self.zooms))

    def frame(self, seconds: float) -> Picture:
        """(H, W, 3) uint8."""
        x, y = (float(value) for value in self.game.followed(seconds))
        place = LENGTH / 2 + 0.25 * (x - LENGTH / 2), -34.0, 19.0
        lens = Lens(place, (x, self.tilt + self.near * (y - WIDTH / 2) + 4, 0.0), self.zoom)
        picture = self.stadium.view(lens, self.size, seconds=seconds)
        self.game.draw(picture, lens, seconds)
        return picture


class Duel(Wide):
    """The ball and those around it from the same place, far nearer: grass and players."""

    zooms, tilt, near = (3.0, 4.2), WIDTH / 2 - 4, 1.0


class _Blurred:
    """A piece of the stadium out of focus, wider than the picture, for what stands before it."""

    def __init__(self, look: Look, size: tuple[int, int], random: np.random.Generator, *, height: float) -> None:
        self.size, self.wide = size, round(size[0] * 1.6)
        eye, x = float(random.uniform(6, 30)), float(random.uniform(0.2, 0.8)) * LENGTH
        lens = Lens((x, -eye, 2.0), (x + float(random.uniform(-9, 9)), WIDTH, height), float(random.uniform(1.6, 2.4)))
        small = self.wide // 4, size[1] // 4  # what is out of focus has no fine detail
        view = look.stadium.view(lens, small)
        soft = cv2.GaussianBlur(view, (0, 0), max(size[0] / 260, 0.5))
        self.picture = cast(Picture, cv2.resize(soft, (self.wide, size[1]), interpolation=cv2.INTER_CUBIC))

    def at(self, share: float) -> Picture:
        """The picture `share` (0 to 1) of the way over it; its own array."""
        left = round(min(max(share, 0.0), 1.0) * (self.wide - self.size[0]))
        return self.picture[:, left : left + self.size[0]].copy()


class Face:
    """A footballer from near; the stadium is out of focus behind."""

    def __init__(self, look: Look, size: tuple[int, int], random: np.random.Generator) -> None:
        self.back = _Blurred(look, size, random, height=float(random.uniform(1, 6)))
        team = (look.match.home, look.match.guest)[int(random.integers(2))]
        self.kit, self.mood = team.worn_by(int(random.integers(32))), float(random.uniform(-1, 1))
        self.beat, self.scale = float(random.uniform(0, 9)), size[0] / ACROSS
        self.tall, self.x = float(random.uniform(150, 230)), float(random.uniform(220, 420))

    def frame(self, seconds: float) -> Picture:
        """(H, W, 3) uint8."""
        picture = self.back.at(0.3 + 0.1 * seconds)
        x, y = self.x + 9 * float(np.sin(seconds * 1.1 + self.beat)), 165 + 4 * float(np.sin(seconds * 2.3))
        figure = portrait(self.kit, seconds + self.beat, mood=self.mood)
        figure.lay(picture, move(x * self.scale, y * self.scale, scale=self.tall * self.scale))
        return picture


class Runner:
    """A footballer with the ball, all of him or his boots; the camera runs along."""

    sizes, ground = (215.0, 270.0), 330.0

    def __init__(self, look: Look, size: tuple[int, int], random: np.random.Generator) -> None:
        self.back, self.scale = _Blurred(look, size, random, height=0.5), size[0] / ACROSS
        team = (look.match.home, look.match.guest)[int(random.integers(2))]
        self.kit, self.to_left = team.worn_by(int(random.integers(32))), bool(random.uniform() < 0.5)
        self.tall, self.beat = float(random.uniform(*self.sizes)), float(random.uniform(0, 1))

    def frame(self, seconds: float) -> Picture:
        """(H, W, 3) uint8."""
        share = (0.12 + 0.35 * seconds) % 1.0
        picture = self.back.at(1 - share if self.to_left else share)
        turns, side = seconds * 1.55 + self.beat, -1 if self.to_left else 1
        x = 320 + 40 * float(np.sin(seconds * 1.2 + self.beat)) - 30 * side
        figure = footballer(self.kit, int(turns * STEPS) % STEPS, 0.008)
        hop, ahead = abs(float(np.sin(turns * np.pi))), 0.42 + 0.1 * float(np.sin(turns * 2 * np.pi))
        figure.lay(picture, move(x * self.scale, self.ground * self.scale, scale=self.tall * self.scale,
                                 mirrored=self.to_left))  # fmt: skip
        ball = x + side * ahead * self.tall, self.ground - (0.06 + 0.03 * hop) * self.tall
        _ball(picture, ball, 0.065 * self.tall, turn=side * turns * 200, scale=self.scale)
        return picture


class Boots(Runner):
    """His boots and the ball on the grass."""

    sizes, ground = (640.0, 860.0), 318.0


class Fans:
    """The stand from near: rows of fans, who wait or cheer."""

    def __init__(self, look: Look, size: tuple[int, int], random: np.random.Generator) -> None:
        self.size, self.scale = size, size[0] / ACROSS
        self.back = np.full((size[1], size[0], 3), mixed(look.match.home.shirt, (40, 40, 54), 0.8), np.uint8)
        teams = look.match.home, look.match.home, look.match.guest, some_kit(random)
        tall, shift = float(random.uniform(105, 165)), float(random.uniform(0, 60))
        self.fans: list[tuple[Kit, float, float, float, float]] = []
        for row in range(-1, 4):
            for x in np.arange(-shift - (row % 2) * tall * 0.35, ACROSS + tall, tall * 0.72):
                kit = teams[int(random.integers(4))].worn_by(int(random.integers(32)))
                y = 120 + row * tall * 0.66 + float(random.uniform(-6, 6))
                self.fans.append((kit, float(x), y, tall * float(random.uniform(0.95, 1.06)), float(random.uniform())))
        self.joy = float(random.choice([0.0, 0.35, 0.7, 1.0]))

    def frame(self, seconds: float) -> Picture:
        """(H, W, 3) uint8."""
        picture = self.back.copy()
        for kit, x, y, tall, beat in self.fans:
            joy = self.joy if beat < 0.8 else 0.0
            step = int((seconds * (0.5 + joy) + beat) * STEPS) % STEPS
            jump = 0.1 * tall * joy * abs(float(np.sin(np.pi * (seconds * 1.4 + beat))))
            aside = x + 0.03 * tall * float(np.sin(1.3 * seconds + 6 * beat))
            place = move(aside * self.scale, (y - jump) * self.scale, scale=tall * self.scale)
            fan(kit, step, joy).lay(picture, place)
        return picture


class Display:
    """The product on a backdrop of the brand's colours, or before a place."""

    def __init__(self, look: Look, size: tuple[int, int], random: np.random.Generator) -> None:
        self.look, self.size, self.scale = look, size, size[0] / ACROSS
        self.tall, self.tilt = float(random.uniform(190, 290)), float(random.uniform(-14, 14))
        self.side = float(random.choice([-1.0, 1.0]))

    def behind(self, seconds: float) -> Picture:
        """The backdrop at a time; its own array."""
        picture = np.empty((self.size[1], self.size[0], 3), np.uint8)
        rays(*self.look.brand, seconds * self.side).lay(picture, move(scale=self.scale))
        return picture

    def frame(self, seconds: float) -> Picture:
        """(H, W, 3) uint8."""
        picture = self.behind(seconds)
        thing = PRODUCTS[self.look.product](*self.look.brand[::-1], seconds)
        tall = self.tall * (1 + 0.18 * seconds)
        x = 320 + self.side * max(1 - seconds * 4, 0.0) ** 2 * 400
        turn = self.tilt * (1 - 0.5 * seconds)
        thing.lay(picture, move(x * self.scale, 186 * self.scale, scale=tall * self.scale, turn=turn))
        return picture


class Outside(Display):
    """Somebody, or a car, in a landscape."""

    def __init__(self, look: Look, size: tuple[int, int], random: np.random.Generator) -> None:
        super().__init__(look, size, random)
        self.painting, self.person = _painted(look.place, size, look.seed), None
        self.mood = float(random.uniform(0.2, 1))
        if look.product != "car" or random.uniform() < 0.3:
            self.person = some_kit(random)

    def behind(self, seconds: float) -> Picture:
        """The landscape as the camera pans over it."""
        room = self.painting.shape[1] - self.size[0], self.painting.shape[0] - self.size[1]
        left, top = round(room[0] * min(0.3 + 0.25 * seconds, 1.0)), round(room[1] * 0.6)
        return self.painting[top : top + self.size[1], left : left + self.size[0]].copy()

    def frame(self, seconds: float) -> Picture:
        """(H, W, 3) uint8."""
        picture = self.behind(seconds)
        if self.person is None:
            x = 320 + self.side * (seconds - 0.5) * 330
            car = PRODUCTS["car"](*self.look.brand, seconds)
            place = move(x * self.scale, 280 * self.scale, scale=230 * self.scale, mirrored=self.side < 0)
            car.lay(picture, place)
            return picture
        figure, thing = portrait(self.person, seconds, mood=self.mood), Sketch()
        x = 320 - 70 * self.side
        figure.lay(picture, move(x * self.scale, 170 * self.scale, scale=190 * self.scale))
        thing.extend(PRODUCTS[self.look.product](*self.look.brand, 2.0), move(scale=110))
        y = 300 - 40 * min(seconds * 3, 1.0)
        thing.lay(picture, move((320 + 130 * self.side) * self.scale, y * self.scale, scale=self.scale))
        return picture


class Card(Display):
    """What the product costs, on a star."""

    def frame(self, seconds: float) -> Picture:
        """(H, W, 3) uint8."""
        picture = self.behind(seconds)
        paint, trim = self.look.brand
        place = move(320 * self.scale, 180 * self.scale, scale=290 * self.scale)
        burst(paint, mixed(trim, (255, 255, 255), 0.15), seconds).lay(picture, place)
        swell = min(0.3 + seconds * 4, 1.0)
        write(picture, self.look.text, (320 * self.scale, 180 * self.scale), 76 * swell * self.scale, (255, 252, 240))
        return picture


@functools.lru_cache(16)
def _painted(place: str, size: tuple[int, int], seed: int) -> Picture:
    from reelsift.demo.cartoon.film import PLACES

    random = np.random.default_rng(seed)
    painting = Painting(size[0] / ACROSS, random)
    PLACES[place](painting, float(random.uniform()))
    return painting.finish()


def _ball(picture: Picture, centre: tuple[float, float], radius: float, *, turn: float, scale: float) -> None:
    """A ball with patches that roll."""
    place = round(centre[0] * scale * 8), round(centre[1] * scale * 8)
    size = max(round(radius * scale * 8), 10)
    cv2.circle(picture, place, size + max(size // 9, 6), (34, 32, 38), -1, cv2.LINE_AA, 3)
    cv2.circle(picture, place, size, (250, 250, 248), -1, cv2.LINE_AA, 3)
    for patch in range(5):
        angle = np.deg2rad(turn + patch * 72)
        x, y = place[0] + 0.66 * size * float(np.cos(angle)), place[1] + 0.66 * size * float(np.sin(angle))
        cv2.circle(picture, (round(x), round(y)), round(0.23 * size), (44, 44, 52), -1, cv2.LINE_AA, 3)
    cv2.circle(picture, place, round(0.22 * size), (44, 44, 52), -1, cv2.LINE_AA, 3)


SHOTS: Mapping[str, type[Wide | Face | Runner | Fans | Display]] = MappingProxyType(
    {
        "wide": Wide, "duel": Duel, "face": Face, "runner": Runner, "boots": Boots, "fans": Fans,
        "display": Display, "outside": Outside, "card": Card,
    }
)  # fmt: skip
"""What a camera can show, from the look of a match or a commercial, the picture's size, and chance."""


def some_look(random: np.random.Generator, *, places: tuple[str, ...]) -> Look:
    """A match or a commercial of its own."""
    first, second = (0.46 + 0.7 * float(random.uniform()) for _ in range(2))  # every hue but that of grass
    brand = hue(first, 0.65, 0.8), hue(second, 0.5, 0.98)
    product = list(PRODUCTS)[int(random.integers(len(PRODUCTS)))]
    text = ("-30%", "2 FOR 1", "NEW!", "9.99", "WOW!", "TODAY")[int(random.integers(6))]
    outside = [place for place in places if place != "kitchen" or product != "car"]
    place = outside[int(random.integers(len(outside)))]
    return Look(int(random.integers(2**31)), Match.of(random), brand, product, place, text)
