"""Films of a virtual camera over photos: what `make_shake_task.py` learns from. No film is written; frames are drawn.

A camera looks at a part of a photo. Where it looks at each moment is a sum of movements: those that people choose
(pan, zoom, sway) and those they do not (steps, jolts, vibration, tremor).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from photos import photos

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]
Rng = np.random.Generator
# Times (T,) to x and y (widths), zoom (logarithm) and roll (radians): (T, 4).
Path4 = Callable[[Array], Array]

PHOTOS = (
    *("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png", "camera.png"),
    *("hubble_deep_field.jpg", "grass.png", "gravel.png", "coins.png", "china.jpg", "flower.jpg"),
)


def grounds() -> dict[str, Picture]:
    """The photos as brightness, about as large as a film's picture; by name."""
    found: dict[str, Picture] = {}
    for name, photo in photos(PHOTOS, colors="grey").items():
        scale = 900 / max(photo.shape)
        size = (round(photo.shape[1] * scale), round(photo.shape[0] * scale))
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        found[name] = cv2.resize(photo, size, interpolation=how).astype(np.uint8, copy=False)
    return found


# Movements -----------------------------------------------------------------------------------------------------------


def added(*paths: Path4) -> Path4:
    return lambda times: np.sum([path(times) for path in paths], axis=0)


def at_rest() -> Path4:
    return lambda times: np.zeros((len(times), 4))


def pan(rng: Rng, *, widths_a_second: float, seconds: float) -> Path4:
    """Even, or gathering or losing speed over half a second or more."""
    angle = rng.uniform(0, 2 * np.pi)
    begin, ramp = rng.uniform(-1, seconds), rng.uniform(0.5, 1.2)
    sign = rng.choice([-1, 0, 1])

    def path(times: Array) -> Array:
        # The integral of a speed that goes from 0 to 1 evenly within `ramp` seconds.
        late = np.clip((times - begin) / ramp, 0, None)
        gathering = ramp * np.where(late < 1, late**2 / 2, late - 0.5)
        way = times if sign == 0 else gathering if sign == 1 else times - gathering
        return np.stack([way * np.cos(angle), 0.5 * way * np.sin(angle), 0 * way, 0 * way], axis=1) * widths_a_second

    return path


def zoom(rng: Rng, *, a_second: float) -> Path4:
    sign = rng.choice([-1, 1])
    return lambda times: np.stack([0 * times, 0 * times, sign * a_second * times, 0 * times], axis=1)


def waves(rng: Rng, *, lowest: float, highest: float, sizes: tuple[float, float, float, float]) -> Path4:
    """A sum of random waves between two frequencies (1/s); `sizes` are root mean squares."""
    count = 8
    frequencies = rng.uniform(lowest, highest, (4, count))
    phases = rng.uniform(0, 2 * np.pi, (4, count))
    heights = rng.uniform(0.5, 1, (4, count))
    heights *= np.sqrt(2) * np.array(sizes)[:, None] / np.sqrt((heights**2).sum(axis=1, keepdims=True))
    return lambda times: np.stack(
        [
            (heights[axis] * np.sin(2 * np.pi * frequencies[axis] * times[:, None] + phases[axis])).sum(axis=1)
            for axis in range(4)
        ],
        axis=1,
    )


def steps(rng: Rng, *, a_second: float, height: float) -> Path4:
    """Walking: up and down with each step, with an overtone, and from side to side and rolling with every other one.

    Args:
        height: Amplitude in widths.
    """
    phases = rng.uniform(0, 2 * np.pi, 4)
    overtone, sideways, rolling = rng.uniform(0.1, 0.5), rng.uniform(0.2, 0.8), rng.uniform(0.2, 1)

    def path(times: Array) -> Array:
        turn = 2 * np.pi * a_second * times
        down = height * (np.sin(turn + phases[0]) + overtone * np.sin(2 * turn + phases[1]))
        across = height * sideways * np.sin(turn / 2 + phases[2])
        roll = height * rolling * np.sin(turn / 2 + phases[3])
        return np.stack([across, down, 0 * down, roll], axis=1)

    return path


def jolts(rng: Rng, *, size: float, seconds: float) -> Path4:
    """Knocks, one in about half a second, after which the camera swings to rest."""
    knocks = np.arange(rng.uniform(0, 0.4), seconds, 0.5) + rng.uniform(-0.1, 0.1)
    angles = rng.uniform(0, 2 * np.pi, len(knocks))
    swing, fading = rng.uniform(3, 6), rng.uniform(0.1, 0.2)

    def path(times: Array) -> Array:
        since = np.clip(times[:, None] - knocks, 0, None)
        off = size * np.exp(-since / fading) * np.sin(2 * np.pi * swing * since)
        return np.stack(
            [(off * np.cos(angles)).sum(1), (off * np.sin(angles)).sum(1), 0 * times, 0.3 * off.sum(1)], axis=1
        )

    return path


# Films ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Film:
    """What is before the camera, and how it is recorded.

    Attributes:
        paths: Of the camera; a second one, with a second photo, from `cut_seconds` on.
        grounds: The photos behind.
        subjects: What moves by itself: a picture with its outline (0 to 1), and its way in widths, about the middle.
        captions: How many lines stand still before all.
        times: (T,) of the frames; `shown`: when each was taken, which is earlier for one that is shown twice.
        noise: Of each pixel, standard deviation in steps of brightness.
        light: (T,) by which brightness is multiplied.
        quality: Of JPEG, which changes what it compresses from frame to frame; 0: none.
        size: Width and height in pixels.
        scale: Pixels of the photo for one of the film.
    """

    paths: tuple[Path4, ...]
    grounds: tuple[Picture, ...]
    subjects: tuple[tuple[Picture, NDArray[np.float32], Path4], ...]
    captions: int
    times: Array
    shown: Array
    noise: float
    light: Array
    quality: int
    size: tuple[int, int]
    scale: float
    cut_seconds: float = np.inf

    def frames(self, rng: Rng) -> Iterator[Picture]:
        """The pictures, one by one."""
        width, height = self.size
        latest, drawn = np.nan, np.zeros((height, width), np.float32)
        caption = self._caption(rng)
        for shown, light in zip(self.shown, self.light, strict=True):
            if shown != latest:
                drawn, latest = self._drawn(float(shown)), shown
            picture = drawn * light
            if self.noise:
                picture = picture + cv2.randn(np.empty_like(picture), 0, self.noise)
            final = np.clip(picture, 0, 255).astype(np.uint8)
            final[caption > 0] = caption[caption > 0]
            if self.quality:
                data = cv2.imencode(".jpg", final, [cv2.IMWRITE_JPEG_QUALITY, self.quality])[1]
                final = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
            yield final

    def _drawn(self, seconds: float) -> NDArray[np.float32]:
        width, height = self.size
        place = int(seconds >= self.cut_seconds)
        ground, moment = self.grounds[place], np.array([seconds])
        x, y, grown, roll = self.paths[place](moment)[0]
        scale = self.scale * np.exp(-grown)
        turn = scale * np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
        middle = np.array([ground.shape[1], ground.shape[0]]) / 2 + np.array([x, y]) * width * self.scale
        offset = middle - turn @ np.array([(width - 1) / 2, (height - 1) / 2])
        matrix = np.hstack([turn, offset[:, None]])
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        canvas = cv2.warpAffine(ground, matrix, self.size, flags=how, borderMode=cv2.BORDER_REFLECT).astype(np.float32)
        for picture, outline, path in self.subjects:
            right, below = path(moment)[0, :2] * width
            at = np.array([[1, 0, right], [0, 1, below]])
            mask = cv2.warpAffine(outline, at, self.size)
            canvas += mask * (cv2.warpAffine(picture, at, self.size).astype(np.float32) - canvas)
        return canvas

    def _caption(self, rng: Rng) -> Picture:
        width, height = self.size
        picture = np.zeros((height, width), np.uint8)
        for line in range(self.captions):
            words = "".join(rng.choice(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ   0123456789"), 24))
            where = (int(width * 0.05), height - 6 - 18 * line)
            cv2.putText(picture, words, where, cv2.FONT_HERSHEY_SIMPLEX, width / 800, 245, 1)
        return picture


def subject(rng: Rng, photo: Picture, size: tuple[int, int], *, area: float) -> tuple[Picture, NDArray[np.float32]]:
    """A piece of a photo in an oval of so much of the picture, and its outline."""
    width, height = size
    picture = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    outline = np.zeros((height, width), np.float32)
    stretch = rng.uniform(0.6, 1.6)
    radius = np.sqrt(area * width * height / np.pi)
    middle = (int(width * rng.uniform(0.35, 0.65)), int(height * rng.uniform(0.4, 0.8)))
    cv2.ellipse(outline, middle, (int(radius * stretch), int(radius / stretch)), 0, 0, 360, 1, -1)
    return picture, cv2.GaussianBlur(outline, (0, 0), 1)
