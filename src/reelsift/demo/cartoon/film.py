"""Films to try reelsift on: episodes of a cartoon with a cat and a mouse, drawn frame by frame, the truth known."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from reelsift.demo.cartoon import indoors, outdoors
from reelsift.demo.cartoon.cards import draw_card
from reelsift.demo.cartoon.cast import CAST
from reelsift.demo.cartoon.ink import Floats, Sketch, ellipse, joined, move
from reelsift.demo.cartoon.painting import Painting
from reelsift.demo.cartoon.staging import animal_of, camera_at, figure_of, ground_of, seen, thing_of, view_of
from reelsift.demo.cartoon.story import ACROSS, EPISODES, Camera, Role, Scene, write_story
from reelsift.errors import SpecError

__all__ = ["CartoonFilm"]

Picture = npt.NDArray[np.uint8]

PLACES: Mapping[str, Callable[[Painting, float], None]] = MappingProxyType(
    {
        "parlour": indoors.parlour, "kitchen": indoors.kitchen, "attic": indoors.attic, "garden": outdoors.garden,
        "wood": outdoors.wood, "street": outdoors.street, "snow": outdoors.snow, "beach": outdoors.beach,
        "clouds": outdoors.clouds,
    }
)  # fmt: skip
DAY = (1.0, 1.0, 1.0)
LIGHTS: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {"street": (0.76, 0.77, 0.95), "attic": (0.9, 0.83, 0.74), "wood": (0.95, 0.97, 0.88), "snow": (0.96, 0.98, 1.04)}
)
"""The light that falls on figures, where it is no plain day light."""


@dataclass(frozen=True)
class CartoonFilm:
    """An episode with Moggy, a tall cat, and Pip, a small mouse; the same values draw the same frames.

    Attributes:
        episode: Which of the episodes, 0 to 6; the last plays in other places than the others.
        seconds: How long it is, cards at the start and the end included.
        width: Width of a frame in pixels.
        height: Height of a frame in pixels, 9 / 16 of the width.
        seed: Everything that is random follows from it.
        fps: Frames a second.
        cast: Who is drawn; everything else stays as it is.
    """

    episode: int = 0
    seconds: float = 60.0
    width: int = 640
    height: int = 360
    seed: int = 0
    fps: int = 12
    cast: tuple[str, ...] = ("Moggy", "Pip")

    def __post_init__(self) -> None:
        if not 0 <= self.episode < len(EPISODES):
            raise SpecError(f"the cartoon has episodes 0 to {len(EPISODES) - 1}, not {self.episode}")
        if not self.seconds >= 8:
            raise SpecError(f"an episode lasts 8 seconds or more, not {self.seconds:g}")
        if min(self.width, self.height) < 32 or self.width % 2 or self.height % 2:
            raise SpecError(f"the cartoon is drawn at even sizes from 32x32 up, not {self.width}x{self.height}")
        if set(self.cast) - set(CAST):
            raise SpecError(f"in the cartoon play {' and '.join(CAST)}, not {', '.join(self.cast)}")
        if self.fps < 1:
            raise SpecError(f"the cartoon needs 1 frame a second or more, not {self.fps}")

    @cached_property
    def story(self) -> tuple[Scene, ...]:
        """What happens in it."""
        return write_story(self.episode, seconds=self.seconds, fps=self.fps, seed=self.seed)

    @cached_property
    def _truth(self) -> Mapping[str, npt.NDArray[np.bool_]]:
        shown = [seen(scene, number / self.fps) for scene in self.story for number in range(scene.frames)]
        return {name: np.array([name in names and name in self.cast for names in shown]) for name in CAST}

    @property
    def truth(self) -> dict[str, npt.NDArray[np.bool_]]:
        """For each figure, (N,) whether it is in the picture."""
        return {name: shown.copy() for name, shown in self._truth.items()}

    def draw(self) -> Iterator[Picture]:
        """Draws the frames in order.

        Yields:
            (H, W, 3) uint8 red, green, blue; each frame is its own array.
        """
        index = 0
        for scene in self.story:
            stage = _Stage(self, scene)
            for number in range(scene.frames):
                shown = [name for name, there in self._truth.items() if there[index]]
                yield stage.frame(number / self.fps, shown)
                index += 1


class _Stage:
    """All that is prepared once to draw the frames of one scene."""

    def __init__(self, film: CartoonFilm, scene: Scene) -> None:
        self.scene, self.size, self.scale = scene, (film.width, film.height), film.width / ACROSS
        self.zooms = scene.pan[0].zoom != scene.pan[1].zoom
        mood, random = EPISODES[film.episode].mood, np.random.default_rng(scene.seed)
        red, green, blue = (a * b for a, b in zip(LIGHTS.get(scene.place, DAY), mood, strict=True))
        self.light = red, green, blue
        self.flakes = random.uniform(0, 1, (70 if scene.place == "snow" else 0, 3))
        if scene.place in PLACES:
            self.backdrop = self._paint(random, mood)

    def frame(self, seconds: float, shown: Collection[str]) -> Picture:
        """(H, W, 3) uint8: the picture `seconds` after the start of the scene, with those figures."""
        scene = self.scene
        if scene.place not in PLACES:
            picture = np.zeros((self.size[1], self.size[0], 3), np.uint8)
            draw_card(scene.place, seconds).lay(picture, move(scale=self.scale))
            return picture
        camera = camera_at(scene, seconds)
        view = view_of(camera, scale=self.scale)
        picture = self._behind(camera)
        placed = [animal_of(extra, seconds) for extra in scene.extras]
        for role in scene.roles:
            if role.name in shown:
                if scene.place != "clouds":
                    self._shadow(picture, role, seconds, view)
                placed += figure_of(role, seconds, camera)
        placed += [thing_of(thing) for thing in scene.things if thing.in_front]
        for sketch, place in placed:
            sketch.lay(picture, joined(view, place), light=self.light)
        self._snow(picture, seconds)
        return picture

    def _paint(self, random: np.random.Generator, mood: tuple[float, float, float]) -> Picture:
        """The backdrop with what stands on it, at the camera's scale unless that changes."""
        painting = Painting(self.scale, random)
        PLACES[self.scene.place](painting, float(random.uniform()))
        for thing in self.scene.things:
            if not thing.in_front:
                painting.stand(*thing_of(thing), light=LIGHTS.get(self.scene.place, DAY))
        backdrop = np.minimum(painting.finish() * np.array(mood, np.float32), 255).astype(np.uint8)
        if self.zooms:
            return backdrop
        zoom = self.scene.pan[0].zoom
        return cast(Picture, cv2.resize(backdrop, [round(length * zoom) for length in backdrop.shape[1::-1]]))

    def _behind(self, camera: Camera) -> Picture:
        """The part of the backdrop that the camera sees; its own array."""
        width, height = self.size
        if self.zooms:
            back = view_of(camera, scale=1.0)
            back[:, 2] *= np.float32(self.scale)
            return cast(Picture, cv2.warpAffine(self.backdrop, back, self.size, borderMode=cv2.BORDER_REPLICATE))
        zoom = camera.zoom * self.scale
        left, top = round(camera.x * zoom - width / 2), round(camera.y * zoom - height / 2)
        left, top = min(left, self.backdrop.shape[1] - width), min(top, self.backdrop.shape[0] - height)
        return self.backdrop[top : top + height, left : left + width].copy()

    def _shadow(self, picture: Picture, role: Role, seconds: float, view: Floats) -> None:
        """The shadow on the ground, three tenths dark."""
        x, y, _, _ = ground_of(role, seconds)
        centre = view[:, :2] @ np.array([x, y], np.float32) + view[:, 2]
        wide = float(view[0, 0]) * role.size * 0.24
        left, right = max(int(centre[0] - wide - 2), 0), min(int(centre[0] + wide + 3), self.size[0])
        top, bottom = max(int(centre[1] - wide * 0.25 - 2), 0), min(int(centre[1] + wide * 0.25 + 3), self.size[1])
        if left >= right or top >= bottom:
            return
        part = picture[top:bottom, left:right]
        dark, sketch = np.ascontiguousarray(part), Sketch()
        sketch.add(ellipse(float(centre[0]) - left, float(centre[1]) - top, wide, wide * 0.24, (20, 16, 36)))
        sketch.lay(dark, move())
        part[:] = cv2.addWeighted(np.ascontiguousarray(part), 0.7, dark, 0.3, 0)

    def _snow(self, picture: Picture, seconds: float) -> None:
        """Flakes that fall in front of everything."""
        for across, down, near in self.flakes:
            x = (across + 0.02 * float(np.sin(seconds * 2 + near * 40))) * self.size[0]
            y = (down + seconds * (0.1 + 0.15 * near)) % 1.0 * self.size[1]
            radius = round((1.0 + 1.6 * near) * self.scale * 8)
            cv2.circle(picture, (round(x * 8), round(y * 8)), radius, (255, 255, 255), -1, cv2.LINE_AA, 3)
