"""A shoot to rate: takes of the cartoon as a camera would have brought them home that was not always set right."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np
import numpy.typing as npt

from reelsift.demo.cartoon import CartoonFilm
from reelsift.errors import SpecError

__all__ = ["FLAWS", "Take"]

Picture = npt.NDArray[np.uint8]
Spoil = Callable[[Picture, int, np.random.Generator], Picture]

_GAMMA = 2.2
_CARD_SECONDS = 2.0  # the card with the title stands before the first scene


@dataclass(frozen=True)
class Take:
    """A clip of a few seconds with one flaw or none; the same values draw the same frames.

    Attributes:
        episode: Of the cartoon, 0 to 6, that the camera looks at.
        flaw: One of `FLAWS`.
        seconds: How long it is.
        width: Width of a frame in pixels, a multiple of 32.
        fps: Frames a second.
        seed: Everything that is random follows from it.
    """

    episode: int = 0
    flaw: str = "none"
    seconds: float = 5.0
    width: int = 640
    fps: int = 25
    seed: int = 0

    def __post_init__(self) -> None:
        if self.flaw not in FLAWS:
            raise SpecError(f"a take is spoiled by one of {', '.join(FLAWS)}, not '{self.flaw}'")

    def draw(self) -> Iterator[Picture]:
        """Draws the frames in order.

        Yields:
            (H, W, 3) uint8 red, green, blue.
        """
        rng = np.random.default_rng(self.seed)
        film = CartoonFilm(
            self.episode, seconds=max(8.0, self.seconds + 2 * _CARD_SECONDS), width=self.width,
            height=self.width * 9 // 16, fps=self.fps, seed=self.seed,
        )  # fmt: skip
        first = round(_CARD_SECONDS * self.fps)
        count = round(self.seconds * self.fps)
        for number, picture in enumerate(itertools.islice(film.draw(), first, first + count)):
            yield FLAWS[self.flaw](picture, number, rng)


def _as_it_is(picture: Picture, number: int, rng: np.random.Generator) -> Picture:
    return picture


def _exposed(factor: float) -> Spoil:
    """In light `factor` times as bright, which a sensor turns into numbers up to a limit."""
    light = (np.arange(256) / 255) ** _GAMMA * factor
    table = np.rint(np.clip(light, 0, 1) ** (1 / _GAMMA) * 255).astype(np.uint8)

    def spoil(picture: Picture, number: int, rng: np.random.Generator) -> Picture:
        return np.asarray(cv2.LUT(picture, table), np.uint8)

    return spoil


def _out_of_focus(picture: Picture, number: int, rng: np.random.Generator) -> Picture:
    side = picture.shape[1] // 40 | 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)).astype(np.float32)
    return np.asarray(cv2.filter2D(picture, -1, disc / disc.sum()), np.uint8)


def _shaken(picture: Picture, number: int, rng: np.random.Generator) -> Picture:
    """As by somebody who runs: steps three times a second, and what hands add to them."""
    height, width = picture.shape[:2]
    bob = np.sin(number * 2 * np.pi * 3 / 25) * 0.02
    shift = (np.array([0.4, 1.0]) * bob + rng.normal(0, 0.006, 2)) * width
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.normal(0, 0.6)), 1.12)
    turn[:, 2] += shift
    return np.asarray(cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REFLECT_101), np.uint8)


def _lens_cap(picture: Picture, number: int, rng: np.random.Generator) -> Picture:
    return np.zeros_like(picture)


FLAWS = MappingProxyType(
    {
        "none": _as_it_is, "under": _exposed(0.03), "over": _exposed(14.0), "blurred": _out_of_focus,
        "shaky": _shaken, "black": _lens_cap,
    }
)  # fmt: skip
