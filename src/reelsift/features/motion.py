"""The view `motion`: how a frame differs from those before and after it, where, and how much the camera itself moved.

Of each frame a grey picture of 60x36 pixels is kept. It is compared with those 0.2, 0.4 and 0.8 s before and after (the
nearest there are, at most half the lag off), the camera's movement taken out (`movement.py`): on both sides, at the
ends of a film on the one there is, and never across a cut. For each frame, in this order (60 numbers; where nothing
moves they are 0, and so they are for a picture that has no neighbours):

* 5: speed of what moves by itself over 0.2 s, in widths of the picture a second. At each place the smaller one of both
  sides, so that only what moves at that moment counts, and not what it uncovers (three-frame differencing, Collins et
  al., A system for video surveillance and monitoring, 2000). Mean, and percentiles 75, 90, 95, 99 over the picture.
* 5: by how much velocity changes from one step to the next, in the same way: abrupt changes tell violence (Hassner et
  al., Violent flows: real-time detection of violent crowd behavior, CVPR Workshops 2012).
* 5 and 5: divergence and rotation of that movement, 1/s, in the same way: limbs and crowds, not a car that passes.
* 8: mean speed in each of eight directions, the greatest first: all the same way, or all ways at once.
* 9: mean speed in the 3x3 blocks, row by row.
* 3 for each lag: difference of brightness that the camera does not explain, steps of 255: mean, percentiles 90 and 99.
* 5: how the camera moves what is seen: to the right (widths a second), down (heights a second), larger (1/s), clockwise
  (radians a second), and its speed.
* 3: by how much that changes from one step to the next: shift, size, roll. A pan is even, a shaken camera is not.
* 2: its speed over 0.4 and 0.8 s: less than over 0.2 s where the camera goes to and fro.
* 2: change of mean brightness over 0.2 s, with its sign and without.
* 2: how unlike the frame is to the one 0.2 s before, and to the one after, 0 to 1: a cut is near 1.

Numbers without an upper limit are kept as logarithms: `log(1 + x / small)`, with the sign of `x`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from reelsift.features.movement import Movement, movement_between
from reelsift.features.neighbours import steps_around
from reelsift.media.render import Image, scaled
from reelsift.specs import IndexSpec, Size

__all__ = ["LAGS_SECONDS", "MOTION_PICTURE", "MOTION_WIDTH", "MotionExtractor", "motion_of"]

FloatArray = NDArray[np.float32]
Rows = NDArray[np.int64]

MOTION_PICTURE = Size(60, 36)
MOTION_WIDTH = 60
LAGS_SECONDS = (0.2, 0.4, 0.8)

_DRAWN = 960  # brightness as the view `quality` draws it, from which the small picture is averaged
_CUT = 0.6  # unlike from which two pictures can be of two shots
_BLOCKS = Size(3, 3)
_DIRECTIONS = 8
_SPREAD = (0.75, 0.9, 0.95, 0.99)
_SLOW = 0.02  # widths a second
_BENT = 0.13  # 1/s
_STEP = 1.0  # of brightness


class MotionExtractor:
    """Keeps a small grey picture of each image: N byte strings of 2160, row by row."""

    def __init__(self, spec: IndexSpec, *, threads: int) -> None:
        self._rows: list[bytes] = []

    def __enter__(self) -> MotionExtractor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def add(self, image: Image) -> None:
        self._rows.append(scaled(image.luma(_DRAWN), MOTION_PICTURE).tobytes())

    def finish(self) -> list[bytes]:
        return self._rows


def motion_of(kept: Sequence[bytes], *, times_seconds: NDArray[np.float64], wanted: Rows) -> FloatArray:
    """The motion numbers of frames; see `neighbours.Derive`.

    Args:
        kept: Small pictures of N frames of one film, in its order.
        times_seconds: (N,) their time stamps.
        wanted: (K,) the rows whose numbers are wanted.

    Returns:
        `(K, 60)` float32; the module says what they are.
    """
    pictures = np.frombuffer(b"".join(kept), np.uint8).reshape(-1, MOTION_PICTURE.height, MOTION_PICTURE.width)
    lag, *longer = LAGS_SECONDS
    near = _Steps.over(lag, pictures, times_seconds, wanted, flow=True)
    far = [_Steps.over(seconds, pictures, times_seconds, wanted, flow=False) for seconds in longer]
    columns = [
        *_own_movement(near),
        *[_spread(steps.least(steps.movement.change), (0.9, 0.99), small=_STEP) for steps in (near, *far)],
        *_camera(near),
        *[_log(_length(steps.mean(steps.shift_speed)), _SLOW)[:, None] for steps in far],
        *_light(near),
    ]
    return np.concatenate(columns, axis=1).astype(np.float32)


@dataclass(frozen=True, eq=False)
class _Steps:
    """What moves in the steps of one lag about K frames. Steps are numbers of pairs, -1 where there is none.

    Attributes:
        movement: In all pairs of pictures.
        seconds: (P,) how far apart they are.
        before, after: (K,) the step to the frame and the one from it; where one is missing or crosses a cut, the other.
        first, second: (K,) two steps in a row, at the frame or, at an end, next to it.
        sides: `(K, 2)` the step to the frame and the one from it, across cuts, too.
    """

    movement: Movement
    seconds: FloatArray
    before: Rows
    after: Rows
    first: Rows
    second: Rows
    sides: Rows

    @classmethod
    def over(
        cls,
        lag_seconds: float,
        pictures: NDArray[np.uint8],
        times_seconds: NDArray[np.float64],
        wanted: Rows,
        *,
        flow: bool,
    ) -> _Steps:
        """Finds the steps and what moves in them; with `flow` also what moves by itself, two steps to each side."""
        pairs, steps = steps_around(times_seconds, wanted, lag_seconds=lag_seconds, count=2 if flow else 1)
        movement = movement_between(pictures, pairs, flow=flow)
        seconds = times_seconds[pairs[:, 1]] - times_seconds[pairs[:, 0]]
        whole = np.where(_cuts(steps, movement.unlike), -1, steps)
        middle = steps.shape[1] // 2
        before, after = whole[:, middle - 1], whole[:, middle]
        either = np.where(before >= 0, before, after), np.where(after >= 0, after, before)
        sides = steps[:, middle - 1 : middle + 1]
        return cls(movement, seconds.astype(np.float32), *either, *_in_a_row(whole), sides)

    @property
    def shift_speed(self) -> FloatArray:
        """`(P, 2)` shift of the camera, in widths and in heights a second."""
        size = np.array([MOTION_PICTURE.width, MOTION_PICTURE.height], np.float32)
        return np.asarray(self.movement.shift / (size * self.seconds[:, None]), np.float32)

    def mean(self, values: FloatArray) -> FloatArray:
        """`(K, ...)` the mean of both sides, from values of the pairs; 0 where there is none."""
        return np.asarray((_taken(values, self.before) + _taken(values, self.after)) / 2, np.float32)

    def least(self, values: FloatArray) -> FloatArray:
        """As `mean`, but the smaller one."""
        return np.minimum(_taken(values, self.before), _taken(values, self.after))

    def turned(self, values: FloatArray) -> FloatArray:
        """`(K, ...)` by how much values change from one step to the next; 0 where there are no two steps."""
        return _taken(values, self.second) - _taken(values, self.first)


def _cuts(steps: Rows, unlike: FloatArray) -> NDArray[np.bool_]:
    """Which of the steps `(K, S)` cross a cut: the pictures are unlike, and those of the steps beside far less so.

    What moves fast is unlike step after step, and no cut.
    """
    edge = np.full((len(steps), 1), -1, np.float32)
    known = np.where(steps >= 0, np.append(unlike, np.float32(0))[steps], edge)
    beside = np.maximum(np.hstack([edge, known[:, :-1]]), np.hstack([known[:, 1:], edge]))
    return np.asarray((known >= _CUT) & (beside >= 0) & (beside < known / 2))


def _in_a_row(steps: Rows) -> tuple[Rows, Rows]:
    """Of steps `(K, S)` in the order of time two that follow each other: those in the middle, else beside it."""
    first, second = np.full(len(steps), -1, np.int64), np.full(len(steps), -1, np.int64)
    middle = steps.shape[1] // 2 - 1
    for place in (place for place in (middle, middle + 1, middle - 1) if 0 <= place < steps.shape[1] - 1):
        free = (first < 0) & (steps[:, place] >= 0) & (steps[:, place + 1] >= 0)
        first[free], second[free] = steps[free, place], steps[free, place + 1]
    return first, second


def _taken(values: FloatArray, rows: Rows) -> FloatArray:
    """`values[rows]`, 0 where the row is -1."""
    if not len(values):
        return np.zeros((len(rows), *values.shape[1:]), np.float32)
    taken = values[rows]
    taken[rows < 0] = 0
    return taken


def _own_movement(steps: _Steps) -> list[FloatArray]:
    """Speed, change of movement, divergence, rotation, directions, and speed by blocks."""
    velocity = steps.movement.rest / (MOTION_PICTURE.width * steps.seconds[:, None, None, None])
    speed = steps.least(_length(velocity))
    mean = steps.mean(velocity)
    cells_a_width = mean.shape[2]
    (right_down, right_across), (down_down, down_across) = (
        np.gradient(mean[..., axis] * np.float32(cells_a_width), axis=(1, 2)) for axis in (0, 1)
    )
    return [
        _spread(speed, _SPREAD, small=_SLOW),
        _spread(_length(steps.turned(velocity)), _SPREAD, small=_SLOW),
        _spread(np.abs(right_across + down_down), _SPREAD, small=_BENT),
        _spread(np.abs(down_across - right_down), _SPREAD, small=_BENT),
        _log(_by_direction(mean), _SLOW),
        _log(_by_block(speed), _SLOW),
    ]


def _camera(steps: _Steps) -> list[FloatArray]:
    bends = np.stack([steps.movement.zoom, steps.movement.roll], axis=1) / steps.seconds[:, None]
    shift = steps.mean(steps.shift_speed)
    return [
        _log(shift, _SLOW),
        _log(steps.mean(bends), _SLOW),
        _log(_length(shift), _SLOW)[:, None],
        _log(_length(steps.turned(steps.shift_speed)), _SLOW)[:, None],
        _log(np.abs(steps.turned(bends)), _SLOW),
    ]


def _light(steps: _Steps) -> list[FloatArray]:
    """Change of brightness, and what is unlike before and after, cuts included."""
    brighter = steps.movement.brighter[:, None]
    unlike = [_taken(steps.movement.unlike, side)[:, None] for side in steps.sides.T]
    return [_log(steps.mean(brighter), _STEP), _log(steps.mean(np.abs(brighter)), _STEP), *unlike]


def _length(vectors: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(vectors[..., 0] ** 2 + vectors[..., 1] ** 2), np.float32)


def _log(values: FloatArray, small: float) -> FloatArray:
    return np.asarray(np.sign(values) * np.log1p(np.abs(values) / np.float32(small)), np.float32)


def _spread(values: FloatArray, shares: tuple[float, ...], *, small: float) -> FloatArray:
    """Mean and quantiles of `(K, h, w)` over the picture, `(K, 1 + len(shares))`."""
    flat = _flat(values)
    places = [round(share * (flat.shape[1] - 1)) for share in shares]
    quantiles = np.sort(flat, axis=1)[:, places]  # six times faster than `np.partition`
    return _log(np.concatenate([flat.mean(axis=1, keepdims=True), quantiles], axis=1), small)


def _flat(values: FloatArray) -> FloatArray:
    """`(K, h, w)` as `(K, h * w)`; for no rows, too."""
    return values.reshape(len(values), values.shape[1] * values.shape[2])


def _by_direction(velocity: FloatArray) -> FloatArray:
    """Mean speed in each of eight directions, the greatest first: `(K, 8)`."""
    speed = _flat(_length(velocity))
    angle = _flat(np.arctan2(velocity[..., 1], velocity[..., 0]))
    octant = np.floor((angle / np.pi + 1) * (_DIRECTIONS / 2)).astype(np.int64) % _DIRECTIONS
    places = octant + _DIRECTIONS * np.arange(len(velocity))[:, None]
    totals = np.bincount(places.reshape(-1), weights=speed.reshape(-1), minlength=_DIRECTIONS * len(velocity))
    means = totals.reshape(-1, _DIRECTIONS) / speed.shape[1]
    return (-np.sort(-means, axis=1)).astype(np.float32)


def _by_block(values: FloatArray) -> FloatArray:
    """Mean of `(K, h, w)` in each of the 3x3 blocks, row by row: `(K, 9)`."""
    count, height, width = values.shape
    rows, columns = _BLOCKS.height, _BLOCKS.width
    blocks = values.reshape(count, rows, height // rows, columns, width // columns)
    return np.asarray(blocks.mean(axis=(2, 4)).reshape(count, rows * columns), np.float32)
