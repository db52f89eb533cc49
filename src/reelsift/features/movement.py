"""What moved between two small pictures: the camera, and what is left when its movement is taken away.

The camera's shift is found by phase correlation (Kuglin and Hines, The phase correlation image alignment method, 1975),
where that makes the pictures more alike; the second picture is brought back by it. What still moves is found by dense
optical flow (Farneback, Two-frame motion estimation based on polynomial expansion, SCIA 2003). To shift and flow a
camera that pans, zooms and rolls is fitted, by least squares that are weighted anew three times with the weights of
Geman and McClure, so that what moves by itself counts for little. What differs from that camera moves by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Movement", "fitted_camera", "movement_between"]

FloatArray = NDArray[np.float32]

_CELL = 2  # pixels: the flow is smooth, a quarter of its vectors says all
_FLOW = {"pyr_scale": 0.5, "levels": 2, "winsize": 9, "iterations": 1, "poly_n": 5, "poly_sigma": 1.1, "flags": 0}
_WARP = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
_FARTHEST = 1 / 3  # of a side: shifts beyond it are chance
_BETTER = 0.9  # a shift must lower the difference to this share
_FITS = 3
_FLAT = 16.0  # variance of brightness below which a picture shows nothing
_TEXTURE = 4.0  # squared slope, in steps of brightness a pixel, from which movement can be seen


@dataclass(frozen=True, eq=False)
class Movement:
    """What moved between the pictures of P pairs.

    Attributes:
        shift: `(P, 2)` pixels the camera's picture moved to the right and down.
        zoom: (P,) by which share everything grew.
        roll: (P,) radians the picture turned, clockwise.
        rest: `(P, h, w, 2)` pixels that each cell of 2x2 pixels moved beside; zeros without `flow`.
        change: `(P, h, w)` absolute difference of brightness left in each cell, 0 to 255.
        brighter: (P,) mean brightness of the second picture less that of the first.
        unlike: (P,) 0 for the same picture to 1 for another one: mean squared difference left, over both variances.
    """

    shift: FloatArray
    zoom: FloatArray
    roll: FloatArray
    rest: FloatArray
    change: FloatArray
    brighter: FloatArray
    unlike: FloatArray


def movement_between(pictures: NDArray[np.uint8], pairs: NDArray[np.int64], *, flow: bool) -> Movement:
    """The movement from one picture to another, for many pairs.

    Args:
        pictures: `(N, H, W)` brightness, H and W even.
        pairs: `(P, 2)` numbers of pictures.
        flow: Whether to find out what moves by itself, and zoom and roll; without, only shift and change.
    """
    count, (height, width) = len(pairs), pictures.shape[1:]
    size = (width // _CELL, height // _CELL)
    shift = np.zeros((count, 2), np.float32)
    vectors = np.zeros((count, size[1], size[0], 2), np.float32)
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    for number, (first, second) in enumerate(pairs.tolist()):
        before, after = pictures[first], pictures[second]
        if np.array_equal(before, after):
            continue
        shift[number], moved = _shifted(before, after, window)
        if flow:
            field = cv2.calcOpticalFlowFarneback(before, moved, None, **_FLOW)  # type: ignore[call-overload]
            vectors[number] = cv2.resize(field, size, interpolation=cv2.INTER_AREA)
    camera = np.zeros((count, 4), np.float32)
    camera[:, :2] = shift
    if flow:
        vectors += shift[:, None, None]
        seen = _visible(pictures, pairs[:, 0], size)
        camera, vectors = _without_camera(vectors, seen)
    change, unlike, brighter = _what_changed(pictures, pairs, camera, size)
    return Movement(camera[:, :2], camera[:, 2], camera[:, 3], vectors, change, brighter, unlike)


def _shifted(
    before: NDArray[np.uint8], after: NDArray[np.uint8], window: cv2.typing.MatLike
) -> tuple[tuple[float, float], NDArray[np.uint8]]:
    """The camera's shift, if there is one, and the second picture brought back by it."""
    height, width = before.shape
    (right, down), _ = cv2.phaseCorrelate(before.astype(np.float32), after.astype(np.float32), window)
    if abs(right) > width * _FARTHEST or abs(down) > height * _FARTHEST:
        return (0.0, 0.0), after
    moved = _brought_back(before, after, np.array([[1, 0, right], [0, 1, down]], np.float32))
    # What the shift brought in from outside is not compared.
    compared = (1 - abs(right) / width) * (1 - abs(down) / height)
    if cv2.norm(before, moved, cv2.NORM_L1) > _BETTER * compared * cv2.norm(before, after, cv2.NORM_L1):
        return (0.0, 0.0), after
    return (right, down), moved


def _brought_back(before: NDArray[np.uint8], after: NDArray[np.uint8], matrix: FloatArray) -> NDArray[np.uint8]:
    """`after` drawn where `before` had it; what lies outside is as in `before`, and so counts as unchanged."""
    size = (before.shape[1], before.shape[0])
    return cv2.warpAffine(  # type: ignore[return-value]
        after, matrix, size, dst=before.copy(), flags=_WARP, borderMode=cv2.BORDER_TRANSPARENT
    )


def _visible(pictures: NDArray[np.uint8], numbers: NDArray[np.int64], size: tuple[int, int]) -> FloatArray:
    """How well movement could be seen in each cell of the pictures `numbers`: 0 (flat) to 1, `(P, h, w)`."""
    rows = np.empty((len(numbers), size[1], size[0]), np.float32)
    for row, number in enumerate(numbers.tolist()):
        across = cv2.Sobel(pictures[number], cv2.CV_32F, 1, 0, scale=1 / 8)
        down = cv2.Sobel(pictures[number], cv2.CV_32F, 0, 1, scale=1 / 8)
        rows[row] = cv2.resize(
            cv2.multiply(across, across) + cv2.multiply(down, down), size, interpolation=cv2.INTER_AREA
        )
    return rows / (rows + np.float32(_TEXTURE))


def _without_camera(vectors: FloatArray, seen: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The camera behind flow vectors `(P, h, w, 2)`, `(P, 4)` as shift, zoom and roll; and the vectors less its own."""
    count, height, width, _ = vectors.shape
    across, down = np.meshgrid(
        (np.arange(width, dtype=np.float32) - np.float32((width - 1) / 2)) * _CELL,
        (np.arange(height, dtype=np.float32) - np.float32((height - 1) / 2)) * _CELL,
    )
    weights = seen + np.float32(1e-3)
    right, below = vectors[..., 0], vectors[..., 1]
    for fit in range(_FITS):
        camera = fitted_camera(right, below, weights, across, down)
        x, y, zoom, roll = (camera[:, place, None, None] for place in range(4))
        rest_right, rest_below = right - (x + zoom * across - roll * down), below - (y + roll * across + zoom * down)
        if fit < _FITS - 1:
            squares = rest_right**2 + rest_below**2
            usual = np.sort(squares.reshape(count, height * width), axis=1)[:, height * width // 2, None, None]
            weights = (seen + np.float32(1e-3)) / (1 + squares / np.maximum(2 * usual, np.float32(0.01))) ** 2
    return camera, np.stack([rest_right * seen, rest_below * seen], axis=-1)


def fitted_camera(
    right: FloatArray, below: FloatArray, weights: FloatArray, across: FloatArray, down: FloatArray
) -> FloatArray:
    """The camera `(P, 4)` that explains vectors best: x, y, zoom and roll by weighted least squares.

    For `right = x + zoom * across - roll * down` and `below = y + roll * across + zoom * down`.
    """
    height, width = right.shape[1:]

    def total(values: FloatArray) -> NDArray[np.float64]:
        return np.asarray(values.reshape(len(values), height * width).sum(axis=1, dtype=np.float64))

    weight, far = total(weights), total(weights * (across**2 + down**2))
    mean_across, mean_down = total(weights * across) / weight, total(weights * down) / weight
    mean_right, mean_below = total(weights * right) / weight, total(weights * below) / weight
    # About the centre of weight, shift and the rest do not depend on each other.
    spread = np.maximum(far - weight * (mean_across**2 + mean_down**2), 1e-6)
    grown = total(weights * (right * across + below * down))
    turned = total(weights * (below * across - right * down))
    zoom = (grown - weight * (mean_right * mean_across + mean_below * mean_down)) / spread
    roll = (turned - weight * (mean_below * mean_across - mean_right * mean_down)) / spread
    x = mean_right - zoom * mean_across + roll * mean_down
    y = mean_below - roll * mean_across - zoom * mean_down
    return np.stack([x, y, zoom, roll], axis=1).astype(np.float32)


def _what_changed(
    pictures: NDArray[np.uint8], pairs: NDArray[np.int64], camera: FloatArray, size: tuple[int, int]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What differs once the camera's movement is taken back: by cell, in all, and in mean brightness."""
    height, width = pictures.shape[1:]
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    change = np.zeros((len(pairs), size[1], size[0]), np.float32)
    unlike, brighter = np.zeros(len(pairs), np.float32), np.zeros(len(pairs), np.float32)
    for number, (first, second) in enumerate(pairs.tolist()):
        before, after = pictures[first], pictures[second]
        x, y, zoom, roll = camera[number].tolist()
        if camera[number].any():
            right, below = x - zoom * middle_x + roll * middle_y, y - roll * middle_x - zoom * middle_y
            after = _brought_back(
                before, after, np.array([[1 + zoom, -roll, right], [roll, 1 + zoom, below]], np.float32)
            )
        elif np.array_equal(before, after):
            continue
        difference = cv2.absdiff(before, after)
        change[number] = cv2.resize(difference.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        (mean_before, deviation_before), (mean_after, deviation_after) = _moments(before), _moments(after)
        brighter[number] = mean_after - mean_before
        left = cv2.norm(difference, cv2.NORM_L2SQR) / difference.size - (mean_after - mean_before) ** 2
        unlike[number] = max(0.0, left) / (deviation_before**2 + deviation_after**2 + _FLAT)
    return change, np.minimum(unlike, 1), brighter


def _moments(picture: NDArray[np.uint8]) -> tuple[float, float]:
    mean, deviation = cv2.meanStdDev(picture)
    return float(mean[0, 0]), float(deviation[0, 0])
