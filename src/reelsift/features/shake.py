"""The view `shake`: how much the camera trembles about each sample, its smooth movement taken away.

From each decoded frame to the next the camera's step is measured (`camera_steps.py`). Shift, zoom and roll add up to a
path over true time stamps. About a sample 0.8 s of it are looked at: 0.4 s to each side, or, at the ends of what was
decoded, beside cuts and gaps, as much more of the other side. The nearest smooth path is taken out of it, axis by
axis: a parabola, or one that only gathers or only loses speed. Camera paths that people choose are made of pieces that
are constant, linear and parabolic (Grundmann, Kwatra and Essa, Auto-directed video stabilization with robust L1 optimal
camera paths, CVPR 2011), and in 0.8 s one such piece gives way to another at most: a tripod, a pan, a zoom, and where
they begin and end leave nothing. Of what sways to and fro once a second a fifth is left, of 1.5 times 0.6, of twice
0.9, of faster movement nearly all: people walk at 1.5 to 2.5 steps a second (Bachmann and Ammann, Vibrations in
structures induced by man and machines, IABSE 1987); vibrations and tremor are faster.

What is left is in widths of the picture: of its longer side, so that a phone held upright counts as one held level.
Frames shown twice (24 a second shown at 30) are left out; where a step cannot be seen (a flash), one like those beside
it stands in. For each sample, in this order; all are 0 where there are no neighbours:

* `shake`: root mean square of what is left, over time and over the picture, without what wrong time stamps of a moving
  picture can explain (`_JITTER_SECONDS`), in widths; as `log(1 + x / 0.001)`.
* `across`, `down`, `bend`: the same of shift to the side, of shift up and down, and of zoom and roll alone, with
  everything that is left.
* `peak`: the farthest it gets off its smooth path, in the same measure.
* `hurry`: root mean square of how fast it leaves its smooth path, widths a second; as `log(1 + x / 0.01)`.
* `speed`: mean speed of the smooth path, widths a second; as `log(1 + x / 0.01)`.
* `sure`: share of the picture that moves as the camera does, 0 to 1.
* `seconds`: how much of the path was looked at.
* `still`: largest mean absolute change of brightness from one frame to the next within 0.4 s, in steps of 255: 0 for
  a frozen picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from reelsift.features.camera_steps import STEP, StepTracker
from reelsift.media.render import Image
from reelsift.specs import IndexSpec

__all__ = ["SHAKE_COLUMNS", "ShakeExtractor", "shake_of"]

FloatArray = NDArray[np.float64]
Steps = NDArray[np.void]  # records of `camera_steps.STEP`

SHAKE_COLUMNS = ("shake", "across", "down", "bend", "peak", "hurry", "speed", "sure", "seconds", "still")

_WINDOW_SECONDS = 0.8
_REACH_SECONDS = 0.8  # no frame further off is looked at
_HAIR = 1e-4  # seconds: time stamps were rounded
_DEGREE = 2
_LEAST_FRAMES = 5
_FLEETING_SECONDS = 0.25  # frames further apart are not neighbours
_CUT = 0.5  # unlike from which two frames can be of two shots
_STANDS = 0.25  # share of the picture that rests from which the camera does: what moves is then the subject
_DIFFER = 0.0006  # widths that most of the picture must go further than what rests
_SURE = 0.36  # share that moves together below which a step cannot be told
_ENOUGH = 0.5  # share of the steps that must be told
_REPEATED = 0.15  # of the usual step: below, a frame is shown twice
_JITTER_SECONDS = 0.008
_HARDLY = 0.0005  # widths: less than anyone calls shaky
_SMALL = 0.001  # widths
_SLOW = 0.01  # widths a second


class ShakeExtractor:
    """Keeps of each image the camera's steps since the one before: byte strings of records."""

    def __init__(self, spec: IndexSpec, *, threads: int) -> None:
        self._tracker = StepTracker()
        self._ends: list[int] = []

    def __enter__(self) -> ShakeExtractor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def add(self, image: Image) -> None:
        self._tracker.add(image)
        self._ends.append(self._tracker.count)

    def passed(self, image: Image) -> None:
        """Takes a frame that is not a sample, but lies among them."""
        self._tracker.add(image)

    def finish(self) -> list[bytes]:
        steps = self._tracker.finish()
        if not self._ends:
            return []
        starts = [0, *self._ends[:-1]]
        ends = [*self._ends[:-1], len(steps)]  # what follows the last sample is kept with it
        return [steps[start:end].tobytes() for start, end in zip(starts, ends, strict=True)]


def shake_of(
    kept: Sequence[bytes], *, times_seconds: NDArray[np.float64], wanted: NDArray[np.int64]
) -> NDArray[np.float32]:
    """The shake numbers of frames; see `neighbours.Derive`.

    Args:
        kept: What `ShakeExtractor` kept of N frames of one film, in its order.
        times_seconds: (N,) their time stamps; the records name those of all frames.
        wanted: (K,) the rows whose numbers are wanted.

    Returns:
        `(K, 10)` float32; the module says what they are, `SHAKE_COLUMNS` their order.
    """
    pieces = [np.frombuffer(piece, STEP) for piece in kept]
    ends = np.cumsum([0, *map(len, pieces)])
    steps, places = _joined(np.concatenate([*pieces, np.zeros(0, STEP)]))
    first, last = _runs(steps)
    rows = np.zeros((len(wanted), len(SHAKE_COLUMNS)), np.float32)
    for row, sample in enumerate(wanted.tolist()):
        middle = float(times_seconds[sample])
        # The latest frame that was looked at; what was kept with a sample can lie behind it.
        latest = places[ends[sample] + int((pieces[sample]["time_seconds"] <= middle + _HAIR).sum())] - 1
        if latest >= 0:
            start, stop = _window(steps, middle, first=first[latest], last=last[latest])
            rows[row] = [*_trembling(steps[start + 1 : stop], steps["time_seconds"][start]), _change(steps, middle)]
    return rows


def _joined(steps: Steps) -> tuple[Steps, NDArray[np.int64]]:
    """The frames of several extractors in a row as those of one, and how many of them there are up to each.

    Where one begins with the last frame of the other, that counts once. Where it begins with the next frame, there is
    a step that nobody saw.
    """
    gap = np.diff(steps["time_seconds"], prepend=np.inf)
    begins = steps["seconds"] == 0
    again = begins & (np.abs(gap) < _HAIR)
    steps = steps.copy()
    unseen = begins & (gap >= _HAIR) & (gap <= _FLEETING_SECONDS)
    steps["seconds"][unseen] = gap[unseen]
    steps["seen"][begins] = 0
    return steps[~again], np.concatenate([[0], np.cumsum(~again)])


def _runs(steps: Steps) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each frame the first and the last one that frames without a cut or a gap between them lead to."""
    unlike, seconds = steps["unlike"], steps["seconds"]
    edge = np.zeros(1, np.float32)
    beside = np.maximum(np.concatenate([edge, unlike[:-1]]), np.concatenate([unlike[1:], edge]))
    # What moves fast is unlike step after step, and no cut.
    cut = (unlike >= _CUT) & (beside < unlike / 2)
    begins = ~((seconds > 0) & (seconds <= _FLEETING_SECONDS)) | cut
    number = np.cumsum(begins)
    return np.searchsorted(number, number), np.searchsorted(number, number, side="right") - 1


def _window(steps: Steps, middle: float, *, first: int, last: int) -> tuple[int, int]:
    """The frames `[start, stop)` to look at: those near a time, or more of one side where the other lacks some.

    At least one, so that there is where to start.
    """
    times = steps["time_seconds"][first : last + 1]
    near = times[slice(*np.searchsorted(times, [middle - _REACH_SECONDS - _HAIR, middle + _REACH_SECONDS + _HAIR]))]
    if not len(near):
        return first, first + 1
    begin = max(near[0], min(middle - _WINDOW_SECONDS / 2, near[-1] - _WINDOW_SECONDS))
    start, stop = np.searchsorted(times, [begin - _HAIR, begin + _WINDOW_SECONDS + _HAIR])
    return first + int(start), first + int(stop)


def _change(steps: Steps, middle: float) -> float:
    """The largest change from one frame to the next near a time."""
    near = np.abs(steps["time_seconds"] - middle) <= _WINDOW_SECONDS / 2 + _HAIR
    near[1:] &= near[:-1]
    near[0] = False
    return float(steps["change"][near].max(initial=0.0))


def _trembling(steps: Steps, start_seconds: float) -> list[float]:
    """All columns but the last, of the steps that follow a frame at `start_seconds`."""
    nothing = [0.0] * (len(SHAKE_COLUMNS) - 1)
    if len(steps) < _LEAST_FRAMES - 1:
        return nothing
    moves, share = _moves(steps)
    path = np.concatenate([np.zeros((1, 4)), np.cumsum(moves, axis=0)])
    times = np.append(start_seconds, steps["time_seconds"])
    kept = np.append(True, ~_repeated(moves))
    path, times = path[kept], times[kept] - times[0]
    nothing[-2:] = [share, float(times[-1])]
    if len(times) < _LEAST_FRAMES or share == 0:
        return nothing
    path = path * np.array([1, 1, steps["radius"][0], steps["radius"][0]])
    # Where frames are shown twice, the others are as a rule not shown when they were taken, which was at even times.
    timings = [times] if kept.all() else [times, np.linspace(0, times[-1], len(times))]
    left, speed = min((_left(path, timing) for timing in timings), key=lambda found: float((found[0] ** 2).sum()))
    speeds = (speed**2).sum(axis=1)
    squares = left**2 * (len(times) / (len(times) - _DEGREE - 1))
    across, down, bend = squares[:, 0].mean(), squares[:, 1].mean(), squares[:, 2:].sum(axis=1).mean()
    shake = max(0.0, float(squares.sum(axis=1).mean() - _JITTER_SECONDS**2 * speeds.mean()))
    hurry = (np.diff(left, axis=0) ** 2).sum(axis=1) / np.diff(times) ** 2
    return [
        *_log(np.sqrt([shake, across, down, bend, (left**2).sum(axis=1).max()]), _SMALL),
        *_log([np.sqrt(hurry.mean()), np.sqrt(speeds).mean()], _SLOW),
        share,
        float(times[-1]),
    ]


def _moves(steps: Steps) -> tuple[FloatArray, float]:
    """The camera's steps `(S, 4)`, and the share of the picture behind them.

    Where much rests, the camera does, even if most of the picture moves. Steps nobody could see are like those beside.
    """
    seen = steps["seen"] > 0
    if not seen.any():
        return np.zeros((len(steps), 4)), 0.0
    differ = seen & (np.abs(steps["moving"] - steps["resting"])[:, :2].max(axis=1) > _DIFFER)
    rests = differ.any() and float(np.median(steps["resting_share"][differ])) >= _STANDS
    name, least = ("resting", _STANDS / 2) if rests else ("moving", _SURE)
    moves, shares = steps[name].astype(np.float64), steps[f"{name}_share"]
    sure = seen & (shares >= least)
    if sure.mean() < _ENOUGH:
        return np.zeros((len(steps), 4)), 0.0
    speeds, places = moves / steps["seconds"][:, None], np.arange(len(steps))
    known = np.stack([np.interp(places, places[sure], column[sure]) for column in speeds.T], axis=1)
    return known * steps["seconds"][:, None], float((shares * seen).mean())


def _repeated(moves: FloatArray) -> NDArray[np.bool_]:
    """Which steps lead to a frame that is shown a second time: there is none, where the others are long."""
    length = np.sqrt((moves**2).sum(axis=1))
    return np.asarray(length < _REPEATED * np.quantile(length, 0.75))


def _left(path: FloatArray, times: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What a path `(n, 4)` is off the smooth one nearest to it, and how fast that goes, both at each of its times.

    Axis by axis a parabola; where that leaves much, a path that only gathers speed or only loses it, if that is nearer.
    """
    unit = times / times[-1]
    powers = np.stack([unit**power for power in range(_DEGREE + 1)], axis=1)
    slopes = np.stack([power * unit ** max(power - 1, 0) for power in range(_DEGREE + 1)], axis=1) / times[-1]
    weights = np.linalg.lstsq(powers, path, rcond=None)[0]
    left = path - powers @ weights
    for axis, squares in enumerate((left**2).mean(axis=0).tolist()):
        if squares > _HARDLY**2:
            ways = [left[:, axis], *(_off_even(path[:, axis], times, sign=sign) for sign in (1, -1))]
            left[:, axis] = min(ways, key=lambda way: float((way**2).sum()))
    return left, slopes @ weights


def _off_even(path: FloatArray, times: FloatArray, *, sign: int) -> FloatArray:
    """What a path (n,) is off one that only gathers speed (`sign` 1) or only loses it (-1).

    The speed of that one is the isotonic regression of the path's own, by pooling neighbours that go down (Barlow,
    Bartholomew, Bremner and Brunk, Statistical inference under order restrictions, 1972).
    """
    seconds = np.diff(times)
    pools: list[tuple[float, float, int]] = []  # speed, seconds, steps
    for step, length in zip((sign * np.diff(path)).tolist(), seconds.tolist(), strict=True):
        speed, lasts, count = step / length, length, 1
        while pools and pools[-1][0] >= speed:
            other, other_lasts, other_count = pools.pop()
            speed = (speed * lasts + other * other_lasts) / (lasts + other_lasts)
            lasts, count = lasts + other_lasts, count + other_count
        pools.append((speed, lasts, count))
    speeds = np.repeat([speed for speed, _, _ in pools], [count for _, _, count in pools])
    off = path - np.append(0.0, np.cumsum(sign * speeds * seconds))
    return np.asarray(off - off.mean())


def _log(values: FloatArray | list[float], small: float) -> list[float]:
    return np.log1p(np.asarray(values) / small).tolist()  # type: ignore[no-any-return]
