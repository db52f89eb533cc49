"""What a camera sees that pans, walks, is knocked: pictures drawn on the fly, for tests of the view `shake`."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from reelsift.features.shake import SHAKE_COLUMNS

WIDTH, HEIGHT = 320, 180
STEADY, SHAKY = 0.0012, 0.003  # widths: all that is below is steady, above shaky
# Where the camera looks at a time: right, down (widths), larger (logarithm), clockwise (radians).
Camera = Callable[[float], tuple[float, float, float, float]]


def _land(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    fine, coarse = (
        cv2.GaussianBlur(rng.normal(size=(720, 1280)).astype(np.float32), (0, 0), size) * size for size in (3, 12)
    )
    both = fine + coarse
    return np.asarray(20 + 200 * (both - both.min()) / (both.max() - both.min()), np.float32)


LAND, OTHER_LAND = _land(1), _land(2)


def seen(
    camera: Camera, seconds: float, *, land: np.ndarray = LAND, size: tuple[int, int] = (WIDTH, HEIGHT)
) -> np.ndarray:
    right, down, larger, clockwise = camera(seconds)
    turn = np.exp(-larger) * np.array([[np.cos(clockwise), -np.sin(clockwise)], [np.sin(clockwise), np.cos(clockwise)]])
    middle = np.array([land.shape[1], land.shape[0]]) / 2 + np.array([right, down]) * max(size)
    offset = middle - turn @ ((np.array(size) - 1) / 2)
    matrix = np.hstack([turn, offset[:, None]])
    picture = cv2.warpAffine(
        land, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT
    )
    return picture.clip(0, 255).astype(np.uint8)


def column(rows: np.ndarray, name: str) -> np.ndarray:
    """A column, in widths or widths a second where it is kept as a logarithm."""
    values = rows[:, SHAKE_COLUMNS.index(name)].astype(float)
    if name in ("sure", "seconds", "still"):
        return values
    return np.expm1(values) * (0.01 if name in ("hurry", "speed") else 0.001)


def rest(_: float) -> tuple[float, float, float, float]:
    return 0, 0, 0, 0


def walking(seconds: float, *, height: float = 0.007, a_second: float = 2) -> tuple[float, float, float, float]:
    turn = 2 * np.pi * a_second * seconds
    return 0.5 * height * np.sin(turn / 2), height * np.sin(turn), 0, 0.3 * height * np.cos(turn / 2)


def panning(seconds: float) -> tuple[float, float, float, float]:
    return 0.4 * seconds, 0.1 * seconds, 0, 0


def begun(seconds: float) -> tuple[float, float, float, float]:
    """A pan that begins at once."""
    return 0.4 * max(0, seconds - 0.4), 0, 0, 0


def gathering(seconds: float) -> tuple[float, float, float, float]:
    """A pan that gathers speed for 0.3 s and goes on."""
    late = max(0.0, seconds - 0.2)
    return 0.4 * (late**2 / 0.6 if late < 0.3 else late - 0.15), 0, 0, 0


def zooming(seconds: float) -> tuple[float, float, float, float]:
    return 0, 0, 0.4 * seconds, 0


def swaying(seconds: float) -> tuple[float, float, float, float]:
    return 0.01 * np.sin(2 * np.pi * 0.4 * seconds), 0, 0, 0


def vibrating(seconds: float) -> tuple[float, float, float, float]:
    return 0.003 * np.cos(2 * np.pi * 7 * seconds), 0.006 * np.sin(2 * np.pi * 7 * seconds), 0, 0


def rolling(seconds: float) -> tuple[float, float, float, float]:
    return 0, 0, 0, 0.03 * np.sin(2 * np.pi * 2.5 * seconds)


def knocked(seconds: float) -> tuple[float, float, float, float]:
    late = max(0.0, seconds - 0.3)
    return 0, 0.04 * np.exp(-late / 0.12) * np.sin(2 * np.pi * 4 * late), 0, 0


def panning_on_foot(seconds: float) -> tuple[float, float, float, float]:
    across, down, larger, clockwise = walking(seconds, height=0.01)
    return 0.3 * seconds + across, down, larger, clockwise
