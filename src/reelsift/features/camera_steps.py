"""The camera's step from each frame to the next: shift, zoom and roll, to a fiftieth of a pixel of a small picture.

Of films with more than 33 frames a second some are left out: over shorter times a subject that moves by itself cannot
be told from the camera. Which ones depends on time stamps alone, so that it does not matter where reading began.
Brightness is drawn with a longer side of 160 pixels. In each cell of about 16x16 the best corner (Shi and Tomasi, Good
features to track, CVPR 1994) is followed into the next frame (Lucas and Kanade, in the pyramids of Bouguet, 2000). A
camera that shifts, zooms and rolls is fitted to these vectors as in `movement.py`, twice: once from the median vector,
once from rest. A picture has a camera at rest and a large subject that moves, or a moving camera and captions that
rest: who looks at the steps can choose, by the share of the picture behind each.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from reelsift.features.movement import fitted_camera
from reelsift.media.render import Image

__all__ = ["STEP", "StepTracker"]

FloatArray = NDArray[np.float32]
Picture = NDArray[np.uint8]

# All lengths are shares of the longer side of the picture; angles are radians.
STEP = np.dtype(
    [
        ("time_seconds", np.float64),  # of the frame the step leads to
        ("seconds", np.float64),  # since the frame before it; 0 where there is none, and so is the rest
        ("change", np.float32),  # mean absolute change of brightness, steps of 255
        ("unlike", np.float32),  # 0 for the same picture to 1 for another one
        ("seen", np.float32),  # share of the picture in which movement can be seen
        ("moving", np.float32, 4),  # x, y, zoom, roll of what most of the picture does
        ("moving_share", np.float32),  # of where movement can be seen
        ("resting", np.float32, 4),  # the same of what is nearly at rest
        ("resting_share", np.float32),
        ("radius", np.float32),  # root mean square distance from the middle, over the picture
    ]
)

_STEPS_A_SECOND = 33
_AT_ONCE = 512
_LONGEST = 160
_CELL = 16
_TEXTURE = 2e-5  # least eigenvalue, of brightness from 0 to 1, from which a corner can be followed
_FOLLOWING = {"winSize": (11, 11), "maxLevel": 3, "criteria": (3, 10, 0.01)}
_COARSE = 8  # pixels averaged for telling a cut from movement
_FLAT = 16.0  # variance of brightness below which a picture shows nothing
_FITS_MOVING = (4.0, 1.0, 0.4, 0.4)  # pixels a vector may be off in each fit
_FITS_RESTING = (0.4, 0.3, 0.3)
_AGREES = 0.35  # pixels a vector may be off the camera's
_AGREES_MOVING = 0.05  # and this share of its length
_AT_REST = 0.3  # pixels a step may have and still be rest
_FEWEST = 5  # cells
_AT_EDGE = 0.25  # what a cell in the upper and the lower row weighs: captions rest there while the picture moves


class StepTracker:
    """Follows frames one by one, and tells of each its time and the step that leads to it."""

    def __init__(self) -> None:
        self._latest: Picture | None = None
        self._latest_seconds = 0.0
        self._tick: int | None = None
        self._fitted: list[NDArray[np.void]] = []
        self._facts: list[tuple[float, float, float, float]] = []
        self._points: list[FloatArray] = []
        self._vectors: list[FloatArray] = []
        self._weights: list[FloatArray] = []

    @property
    def count(self) -> int:
        """How many frames were looked at so far."""
        return len(self._facts) + sum(map(len, self._fitted))

    def add(self, image: Image) -> None:
        tick, self._tick = self._tick, math.floor(image.time_seconds * _STEPS_A_SECOND)
        if tick == self._tick:
            return
        picture = np.ascontiguousarray(image.luma(_LONGEST))
        if self._latest is None:
            before, seconds = picture, 0.0
        else:
            before, seconds = self._latest, image.time_seconds - self._latest_seconds
        if before.shape != picture.shape:  # some films change their size on the way
            picture = cv2.resize(picture, before.shape[::-1])  # type: ignore[assignment]
        self._latest, self._latest_seconds = picture, image.time_seconds
        points, vectors, weights, change = _followed(before, picture)
        unlike = _unlike(before, picture) if change > 0 else 0.0
        self._facts.append((image.time_seconds, seconds, change, unlike))
        self._points.append(points)
        self._vectors.append(vectors)
        self._weights.append(weights)
        if len(self._facts) == _AT_ONCE:
            self._fit()

    def finish(self) -> NDArray[np.void]:
        """The frames looked at so far, `(S,)` records of `STEP`."""
        if self._facts:
            self._fit()
        return np.concatenate([np.zeros(0, STEP), *self._fitted])

    def _fit(self) -> None:
        """Turns what was followed since the last time into steps: many at a time, but not so many that memory grows."""
        steps = np.zeros(len(self._facts), STEP)
        points, vectors, weights = (np.stack(rows) for rows in (self._points, self._vectors, self._weights))
        height, width = self._latest.shape  # type: ignore[union-attr]
        longest = max(height, width)
        points -= np.array([(width - 1) / 2, (height - 1) / 2], np.float32)
        names = ("time_seconds", "seconds", "change", "unlike")
        for name, values in zip(names, zip(*self._facts, strict=True), strict=True):
            steps[name] = values
        steps["seen"] = weights.mean(axis=1)
        unit = np.array([1 / longest, 1 / longest, 1, 1], np.float32)
        median = _median(vectors, weights)
        for name, start, scales in (("moving", median, _FITS_MOVING), ("resting", 0 * median, _FITS_RESTING)):
            camera, share = _camera(points, vectors, weights, start=start, scales=scales)
            steps[name], steps[f"{name}_share"] = camera * unit, share
        steps["resting_share"][np.abs(steps["resting"][:, :2]).max(axis=1) > _AT_REST / longest] = 0
        steps["radius"] = np.sqrt((height**2 + width**2) / 12) / longest
        self._fitted.append(steps)
        for rows in (self._facts, self._points, self._vectors, self._weights):
            rows.clear()


def _followed(before: Picture, after: Picture) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """Corners `(n, 2)` of a picture, how they move, what each weighs (0: lost), and how much changed."""
    change = cv2.norm(before, after, cv2.NORM_L1) / before.size
    points, weights = _corners(before)
    if change == 0:
        return points, np.zeros_like(points), weights, 0.0
    ends, found, _ = cv2.calcOpticalFlowPyrLK(before, after, points[:, None], None, **_FOLLOWING)  # type: ignore[call-overload]
    return points, ends[:, 0] - points, weights * found[:, 0], change


def _corners(picture: Picture) -> tuple[FloatArray, FloatArray]:
    """The best corner of each cell `(n, 2)`, and what it weighs, 0 to 1."""
    strength = cv2.cornerMinEigenVal(picture, 5)
    height, width = picture.shape
    rows, columns = max(1, height // _CELL), max(1, width // _CELL)
    tall, wide = height // rows, width // columns
    top, left = (height - rows * tall) // 2, (width - columns * wide) // 2
    cells = strength[top : top + rows * tall, left : left + columns * wide]
    cells = cells.reshape(rows, tall, columns, wide).swapaxes(1, 2).reshape(rows * columns, tall * wide)
    best = cells.argmax(axis=1)
    down, across = np.divmod(np.arange(rows * columns), columns)
    points = np.stack([left + across * wide + best % wide, top + down * tall + best // wide], axis=1)
    weights = np.where((rows > 2) & ((down == 0) | (down == rows - 1)), _AT_EDGE, 1) * (cells.max(axis=1) > _TEXTURE)
    return points.astype(np.float32), weights.astype(np.float32)


def _unlike(before: Picture, after: Picture) -> float:
    """How unlike two pictures are in the large, whatever their brightness: 0 to 1."""
    first, second = _coarse(before), _coarse(after)
    return float(np.mean((first - second) ** 2) / (np.mean(first**2) + np.mean(second**2) + _FLAT))


def _coarse(picture: Picture) -> FloatArray:
    """Means of whole squares (several times faster than any other size), less their mean."""
    height, width = (max(1, side // _COARSE) for side in picture.shape)
    whole = picture[: height * _COARSE, : width * _COARSE]
    means = cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(means - means.mean(), np.float32)


def _median(vectors: FloatArray, weights: FloatArray) -> FloatArray:
    """`(S, 2)` the median of those `(S, n, 2)` that have a weight."""
    ordered = np.sort(np.where(weights[..., None] > 0, vectors, np.inf), axis=1)
    middle = np.maximum((weights > 0).sum(axis=1) - 1, 0) // 2
    found = ordered[np.arange(len(vectors)), middle]
    return np.where(np.isfinite(found), found, 0).astype(np.float32)


def _camera(
    points: FloatArray, vectors: FloatArray, weights: FloatArray, *, start: FloatArray, scales: tuple[float, ...]
) -> tuple[FloatArray, FloatArray]:
    """The camera `(S, 4)` that explains vectors near `start`, in pixels, and the share of them it explains."""
    across, down = points[..., 0][:, None], points[..., 1][:, None]
    right, below = vectors[..., 0][:, None], vectors[..., 1][:, None]
    weights = weights[:, None]
    camera = np.concatenate([start, np.zeros_like(start)], axis=1)
    off = np.zeros_like(weights)
    for scale in (*scales, 0.0):
        x, y, zoom, roll = (camera[:, place, None, None] for place in range(4))
        off = (right - x - zoom * across + roll * down) ** 2 + (below - y - roll * across - zoom * down) ** 2
        if scale:
            kept = weights / (1 + off / np.float32(scale**2)) ** 2 + np.float32(1e-6)
            camera = fitted_camera(right, below, kept, across, down)
    far = _AGREES + _AGREES_MOVING * np.sqrt(right**2 + below**2)
    total = weights.sum(axis=(1, 2))
    share = ((off < far**2) * weights).sum(axis=(1, 2)) / np.maximum(total, 1)
    known = total >= _FEWEST
    return np.where(known[:, None], camera, 0).astype(np.float32), np.where(known, share, 0).astype(np.float32)
