"""What happens in an episode of the cartoon: scenes, who plays in them, and where the camera looks. No pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from reelsift.demo.cartoon.ink import Colour
from reelsift.demo.cartoon.painting import BACKDROP_HEIGHT, BACKDROP_WIDTH

__all__ = ["EPISODES", "Camera", "Episode", "Extra", "Role", "Scene", "Stop", "Thing", "write_story"]

TITLE_SECONDS, END_SECONDS = 1.5, 1.5
SHORTEST_SCENE, LONGEST_SCENE = 2.0, 6.0  # seconds
ACROSS, DOWN = 640.0, 360.0  # what a picture shows of a backdrop where the camera is at zoom 1
SPEEDS: Mapping[str, float] = MappingProxyType({"walk": 0.75, "sneak": 0.5, "run": 2.3})  # heights a second
ACTS = ("stand", "stand", "wave", "point", "cheer", "tremble", "sit", "sleep", "jump", "away")
SHOTS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"wide": (0.18, 0.4), "middle": (0.42, 0.82), "close": (0.95, 1.8)}
)
"""How tall a figure is in a picture, as a share of its height."""
SMALLEST = 0.12
SIZES: Mapping[str, float] = MappingProxyType({"Moggy": 1.0, "Pip": 0.62})  # how tall they stand side by side
THINGS = ("cheese", "ball", "hat", "barrel", "crate", "pot", "kettle", "boot", "umbrella", "bush")
FALLING = ("umbrella", "ball", "hat", "boot")
FUR: tuple[Colour, ...] = ((112, 134, 164), (172, 118, 74))  # as Moggy's and Pip's


@dataclass(frozen=True)
class Episode:
    """What sets an episode apart.

    Attributes:
        places: Its backdrops.
        mood: What red, green and blue are multiplied by throughout.
        casts: Who is in a scene, as often as it is named here: "", "Pip", "Moggy" or both.
    """

    places: tuple[str, ...]
    mood: tuple[float, float, float]
    casts: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Stop:
    """Where a role is at a time: seconds from the start of the scene, and the ground below it on the backdrop."""

    seconds: float
    x: float
    y: float


@dataclass(frozen=True)
class Role:
    """A figure in a scene.

    Attributes:
        size: Its standing height in units of the backdrop.
        stops: Where it goes; between two stops it moves in a straight line with `gait`, else it does `act`.
        faces_left: Which way it looks while it stands.
        beat: Seconds its movements are ahead, so that two figures do not move as one.
    """

    name: str
    size: float
    stops: tuple[Stop, ...]
    act: str
    gait: str
    faces_left: bool
    beat: float
    holding: str = ""


@dataclass(frozen=True)
class Thing:
    """A prop that stands on the backdrop, or in front of everybody."""

    name: str
    x: float
    y: float
    size: float
    paint: Colour
    mirrored: bool
    in_front: bool


@dataclass(frozen=True)
class Extra:
    """A bird or a hedgehog that crosses the picture."""

    kind: Literal["bird", "hedgehog"]
    start: Stop
    end: Stop
    size: float
    paint: Colour


@dataclass(frozen=True)
class Camera:
    """The middle of the picture on the backdrop, and how large things are in it."""

    x: float
    y: float
    zoom: float


@dataclass(frozen=True)
class Scene:
    """From one cut to the next; times count from its start.

    Attributes:
        place: Name of the backdrop, or "title" or "end" for a card.
        seed: What the backdrop's details follow from.
        roles: Who plays, those behind first.
        pan: The camera at the start and at the end.
    """

    first_frame: int
    frames: int
    seconds: float
    place: str
    seed: int
    roles: tuple[Role, ...]
    things: tuple[Thing, ...]
    extras: tuple[Extra, ...]
    pan: tuple[Camera, Camera]


_USUAL = ((),) * 2 + (("Pip",),) * 3 + (("Moggy",),) * 3 + (("Moggy", "Pip"),) * 2
EPISODES: tuple[Episode, ...] = (
    Episode(("parlour",), (1.0, 1.0, 1.0), _USUAL),
    Episode(("garden",), (1.0, 0.96, 0.88), _USUAL),
    Episode(("kitchen",), (1.0, 0.98, 1.0), _USUAL),
    Episode(("street",), (0.94, 0.97, 1.0), _USUAL),
    Episode(("attic",), (1.0, 0.93, 0.96), _USUAL),
    Episode(("wood",), (0.96, 1.0, 0.93), _USUAL),
    # Other places, another light, and more of the cat: what a model meets once it is used.
    Episode(("beach", "clouds", "snow"), (1.0, 0.95, 0.89), (*_USUAL[1:], ("Moggy",), ("Moggy", "Pip"))),
)
"""Some to learn from, and the last to measure: of other places, other light and another share of each figure."""


def write_story(episode: int, *, seconds: float, fps: int, seed: int) -> tuple[Scene, ...]:
    """Plans one of `EPISODES` of `seconds`, cards included."""
    style, random = EPISODES[episode], np.random.default_rng((seed, episode))
    cards = round(TITLE_SECONDS * fps), round(END_SECONDS * fps)
    scenes = [_card("title", 0, frames=cards[0], fps=fps)]
    casts: list[tuple[str, ...]] = []
    place = ""
    for number, frames in enumerate(_lengths(round(seconds * fps) - sum(cards), fps=fps, random=random)):
        if not casts:
            casts = [style.casts[int(pick)] for pick in random.permutation(len(style.casts))]
        others = [name for name in style.places if name != place] or list(style.places)
        place = others[int(random.integers(len(others)))]
        maker = _SceneMaker(np.random.default_rng((seed, episode, number)), place, frames / fps, casts.pop())
        scenes.append(maker.scene(_end_of(scenes[-1]), frames))
    return (*scenes, _card("end", _end_of(scenes[-1]), frames=cards[1], fps=fps))


def _card(kind: str, first: int, *, frames: int, fps: int) -> Scene:
    still = Camera(BACKDROP_WIDTH / 2, BACKDROP_HEIGHT / 2, 1.0)
    return Scene(first, frames, frames / fps, kind, 0, (), (), (), (still, still))


def _end_of(scene: Scene) -> int:
    return scene.first_frame + scene.frames


def _lengths(frames: int, *, fps: int, random: np.random.Generator) -> list[int]:
    """Lengths of scenes that fill `frames`; a short film is one scene."""
    lengths: list[int] = []
    left = frames
    while left > LONGEST_SCENE * fps:
        room = min(LONGEST_SCENE, left / fps - SHORTEST_SCENE) - SHORTEST_SCENE
        lengths.append(round((SHORTEST_SCENE + room * float(random.uniform()) ** 2) * fps))  # more short ones than long
        left -= lengths[-1]
    return [*lengths, left]


class _SceneMaker:
    """Makes up one scene."""

    def __init__(self, random: np.random.Generator, place: str, seconds: float, cast: tuple[str, ...]) -> None:
        self.random, self.place, self.seconds, self.cast = random, place, seconds, cast

    def scene(self, first: int, frames: int) -> Scene:
        """The scene, which begins at frame `first`."""
        pan = self._pan()
        shot = self._pick("wide", "wide", "middle", "middle", "middle", "middle", "close")
        if shot == "close" and (len(self.cast) == 2 or self.place == "clouds"):
            shot = "middle"
        sides = self._between(0.18, 0.4), self._between(0.6, 0.84)
        if len(self.cast) == 1:
            sides = self._between(0.2, 0.8), 0.5
        if self._chance(0.5):
            sides = 1 - sides[0], 1 - sides[1]
        roles = [self._role(name, shot, pan, side) for name, side in zip(self.cast, sides, strict=False)]
        things = [self._thing(pan[0]) for _ in range(int(self.random.integers(1, 4)))]
        if roles and shot != "close" and self.place != "clouds" and self._chance(0.2):
            things.append(self._cover(roles[-1]))
        extras = (self._extra(pan[0]),) if self._chance(0.25 if self.cast else 0.55) else ()
        roles.sort(key=lambda role: role.stops[-1].y)
        seed = int(self.random.integers(2**31))
        return Scene(first, frames, self.seconds, self.place, seed, tuple(roles), tuple(things), extras, pan)

    def _between(self, low: float, high: float) -> float:
        return float(self.random.uniform(low, high))

    def _chance(self, share: float) -> bool:
        return bool(self.random.uniform() < share)

    def _pick(self, *options: str) -> str:
        return options[int(self.random.integers(len(options)))]

    def _pan(self) -> tuple[Camera, Camera]:
        """A camera that stands still, pans or zooms."""
        kind, zoom = self._pick("still", "still", "still", "pan", "pan", "zoom"), self._between(0.85, 1.2)
        start = _inside(self._between(330, 550), self._between(235, 285), zoom)
        if kind == "still":
            return start, start
        if kind == "pan":
            far = self._between(60, 150) * (1 if start.x < BACKDROP_WIDTH / 2 else -1)
            return start, _inside(start.x + far, start.y, zoom)
        near = zoom * self._between(1.12, 1.35)
        end = _inside(start.x + self._between(-30, 30), start.y + self._between(0, 20), near)
        return (start, end) if self._chance(0.7) else (end, start)

    def _role(self, name: str, shot: str, pan: tuple[Camera, Camera], side: float) -> Role:
        """A figure that is `side` (0 to 1) of the picture's width from its left in the middle of the scene."""
        camera = Camera((pan[0].x + pan[1].x) / 2, (pan[0].y + pan[1].y) / 2, (pan[0].zoom + pan[1].zoom) / 2)
        across, down = ACROSS / camera.zoom, DOWN / camera.zoom
        share = self._between(*SHOTS[shot]) * (1.0 if shot == "close" else SIZES[name])
        size = max(share * down, SMALLEST * DOWN / min(pan[0].zoom, pan[1].zoom))
        x, bottom = camera.x + (side - 0.5) * across, camera.y + down / 2
        beat, faces_left, gait = self._between(0, 9), self._chance(0.5), self._pick("walk", "run", "sneak")
        if self.place == "clouds":
            drift = self._between(30, 90) * (1 if self._chance(0.8) else -1)
            y = camera.y + self._between(-0.12, 0.2) * down + size * 0.5
            path = Stop(0, x - drift * 0.4, y - drift), Stop(self.seconds, x + drift * 0.4, y + drift)
            return Role(name, size, path, "fall", "", faces_left, beat, "umbrella" if self._chance(0.7) else "")
        if shot == "close":  # the head in the middle, the feet far below the picture
            y = camera.y + size * self._between(0.62, 0.82)
            move, act = self._pick("stay", "stay", "edge"), self._pick("stand", "point", "tremble", "wave", "away")
        else:
            y = bottom - self._between(0.04, 0.2) * down
            if shot == "wide":
                y = min(max(self._between(346, 400), bottom - 120), bottom - 14)
            move = self._pick("stay", "stay", "stay", "enter", "leave", "cross", "edge")
            act = self._pick(*ACTS)
        stops = self._stops(move, x, y, size=size, gait=gait, camera=camera)
        has_cheese = name == "Pip" and act in ("sit", "stand") and self._chance(0.4)
        return Role(name, size, stops, act, gait, faces_left, beat, "cheese" if has_cheese else "")

    def _stops(self, move: str, x: float, y: float, *, size: float, gait: str, camera: Camera) -> tuple[Stop, ...]:
        """A figure stays, comes in, goes out, passes through, or stands half outside."""
        side = 1 if x > camera.x else -1
        half = ACROSS / camera.zoom / 2
        beyond = half + 0.55 * size
        out = camera.x + side * beyond
        takes = min(abs(out - x) / (SPEEDS[gait] * size), 0.6 * self.seconds)
        spare = self.seconds - takes
        if move == "enter":
            start = self._between(0, 0.5) * spare
            return Stop(start, out, y), Stop(start + takes, x, y)
        if move == "leave":
            start = self._between(0.6, 1) * spare
            return Stop(0, x, y), Stop(start, x, y), Stop(start + takes, out, y)
        if move == "cross":
            start = self._between(0, 0.2) * self.seconds
            takes = min(max(2 * beyond / (SPEEDS[gait] * size), 0.5 * self.seconds), self.seconds - start)
            return Stop(start, camera.x - side * beyond, y), Stop(start + takes, out, y)
        if move == "edge":
            x = camera.x + side * (half + self._between(-0.12, 0.06) * size)
        return (Stop(0, x, y),)

    def _thing(self, camera: Camera) -> Thing:
        x = camera.x + self._between(-0.48, 0.48) * ACROSS / camera.zoom
        paint = FUR[int(self.random.integers(2))] if self._chance(0.5) else self._paint()
        name = self._pick(*(FALLING if self.place == "clouds" else THINGS))
        return Thing(name, x, self._between(345, 405), self._between(22, 70), paint, self._chance(0.5), False)

    def _cover(self, role: Role) -> Thing:
        """Something in front of a figure, which hides its lower half."""
        stop = role.stops[-1] if len(role.stops) < 3 else role.stops[0]
        x, size = stop.x + self._between(-0.15, 0.15) * role.size, role.size * self._between(0.45, 0.6)
        name = self._pick("barrel", "bush", "crate", "pot")
        return Thing(name, x, stop.y + 0.04 * role.size, size, self._paint(), False, True)

    def _extra(self, camera: Camera) -> Extra:
        kind: Literal["bird", "hedgehog"] = "bird" if self.place == "clouds" or self._chance(0.6) else "hedgehog"
        side = 480.0 if self._chance(0.5) else -480.0
        y = self._between(camera.y - 130, camera.y - 40) if kind == "bird" else self._between(352, 410)
        rise = self._between(-30, 30) if kind == "bird" else 0.0
        path = Stop(0, camera.x - side, y), Stop(self._between(3, 6), camera.x + side, y + rise)
        paint = FUR[int(self.random.integers(2))] if self._chance(0.5) else self._paint()
        return Extra(kind, *path, self._between(34, 80), paint)

    def _paint(self) -> Colour:
        red, green, blue = (int(value) for value in self.random.integers(90, 230, 3))
        return red, green, blue


def _inside(x: float, y: float, zoom: float) -> Camera:
    """The nearest camera that sees nothing but the backdrop."""
    across, down = ACROSS / 2 / zoom + 1, DOWN / 2 / zoom + 1
    return Camera(min(max(x, across), BACKDROP_WIDTH - across), min(max(y, down), BACKDROP_HEIGHT - down), zoom)
