"""The built-in task `shake` on films that nobody here made, and that it was not made for."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from real_data import DATA, NEEDS_REAL_DATA
from reelsift.features.shake import ShakeExtractor, shake_of
from reelsift.media.reader import open_film
from reelsift.media.render import FrameImage, PictureImage, Renderer
from reelsift.models.builtin_tasks import builtin_model
from reelsift.specs import IndexSpec
from shaken import Camera, panning, walking

pytestmark = NEEDS_REAL_DATA
# Surveillance, most with a camera that is fixed; a few are such films, taken from a screen by a hand that held still.
FIXED = sorted(path.relative_to(DATA).as_posix() for path in DATA.glob("fight/*/*.mp4"))
STEADY = ("bbb_800x640_avc.mp4", "mmaction2_struct.mp4", "mmaction2_tests_data_test.avi", "supervision_walking.mp4")
SHAKY = ("mmaction2_rawvideo_part_0.mp4", "mmaction2_test2.mp4", "mmaction2_tests_data_test.mp4")  # held in a hand

Bend = Callable[[np.ndarray, float], np.ndarray]


def shaky_share(path: Path, *, bend: Bend | None = None, longest_seconds: float = 6) -> float:
    """Share of the samples, five a second, that the task calls shaky."""
    due, times, renderer = Fraction(-1), [], Renderer()
    with open_film(path) as reader, ShakeExtractor(IndexSpec(), threads=1) as extractor:
        for frame in reader.frames():
            image: FrameImage | PictureImage = FrameImage(frame, renderer)
            if bend is not None:
                pixels = cv2.cvtColor(bend(image.luma(480), frame.time_seconds), cv2.COLOR_GRAY2RGB)
                image = PictureImage(pixels, frame_index=frame.frame_index, time_seconds=frame.time_seconds)
            number = int(frame.time_seconds * 5 + 1e-6)
            if number > due:
                extractor.add(image)
                times.append(frame.time_seconds)
                due = Fraction(number)
            else:
                extractor.passed(image)
            if frame.time_seconds > longest_seconds:
                break
        rows = shake_of(extractor.finish(), times_seconds=np.array(times), wanted=np.arange(len(times)))
    return float((builtin_model("shake").probabilities({"shake": rows})[:, 1] > 0.5).mean())


def held(camera: Camera) -> Bend:
    """As if the film had been taken so: seven tenths of its pictures, where the camera looks."""

    def bend(grey: np.ndarray, seconds: float) -> np.ndarray:
        height, width = grey.shape
        right, down, _, roll = camera(seconds)
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), np.degrees(roll), 1 / 0.7)
        matrix[:, 2] -= (right * width, down * width)
        return cv2.warpAffine(grey, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)

    return bend


def test_the_data_is_as_expected() -> None:
    assert len(FIXED) == 145


@pytest.mark.parametrize("name", FIXED[::4])
def test_a_camera_that_is_fixed_is_steady(name: str) -> None:
    assert shaky_share(DATA / name) < 0.5


@pytest.mark.parametrize("name", STEADY)
def test_films_held_still_are_steady(name: str) -> None:
    assert shaky_share(DATA / "clips" / name) == 0


@pytest.mark.parametrize("name", SHAKY)
def test_films_that_jump_in_the_hand_are_shaky(name: str) -> None:
    assert shaky_share(DATA / "clips" / name) > 0.6


@pytest.mark.parametrize("name", FIXED[2::12])
def test_the_same_films_are_shaky_as_soon_as_whoever_takes_them_walks(name: str) -> None:
    assert shaky_share(DATA / name, bend=held(walking)) > 0.9


@pytest.mark.parametrize("name", FIXED[2::12])
def test_the_same_films_are_steady_in_a_pan(name: str) -> None:
    assert shaky_share(DATA / name, bend=held(lambda seconds: panning(seconds / 3))) < 0.5
