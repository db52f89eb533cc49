"""Stretches of a film that show or say nothing: black, frozen, silent.

Films are looked at in short bursts with seconds between them. A stretch is said to reach to the middle between the last
sample that shows it and the first that does not, so a border may be off by half the gap between two bursts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from reelsift.errors import SpecError
from reelsift.media.loudness import WINDOW_SECONDS, SoundLevels

__all__ = ["SHORTEST_SECONDS", "Stretch", "StretchKind", "black_stretches", "frozen_stretches", "silent_stretches"]

StretchKind = Literal["black", "frozen", "silent"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Pictures = Sequence[NDArray[np.uint8]] | NDArray[np.uint8]

# What is shorter is part of how a film is made: a cut over black, a pose that is held, a pause.
SHORTEST_SECONDS: Mapping[StretchKind, float] = MappingProxyType({"black": 0.5, "frozen": 2.0, "silent": 2.0})
_SILENT_DECIBELS = -60.0

# From frame to frame a frozen picture changes by nothing, or a little where it was encoded again: 0.00 to 0.02 steps of
# 255 on drawn films under x264, x265, VP9 and MJPEG; clips of surveillance cameras by 0.24 and more. The grain of a
# camera on a tripod makes 0.14 and more as cameras encode it; encoders that save more take all of it away, and what
# they leave is frozen.
_FROZEN_CHANGE = 0.03
# Where an encoder begins anew with a key frame, even a frozen picture changes once. So the quietest sample near counts;
# each looks 0.4 s to both sides, and a burst is 0.8 s long.
_CALM_REACH_SECONDS = 0.85
# Thumbnails of a frozen picture differ by at most 3.3 on the whole and 3.7 in a field of 8x8, mean values, in steps of
# 255, where key frames are encoded anew (twelve encoders and qualities); the pointer of a screen recording makes 10.
_SAME_PICTURE = 3.5
_SAME_FIELD = 4.5
_FIELD_PIXELS = 8
# A cartoon holds a pose for less. A burst alone cannot tell that from a frozen picture; two that show the same can.
_SEEN_FROZEN_SECONDS = 1.0


@dataclass(frozen=True)
class Stretch:
    """A stretch `[start_seconds, end_seconds)` of one kind.

    Attributes:
        kind: `"black"`, `"frozen"` or `"silent"`.
        start_seconds: First moment of the stretch.
        end_seconds: First moment behind it.

    Raises:
        SpecError: If the kind is none of these, or it does not end behind its start.
    """

    kind: StretchKind
    start_seconds: float
    end_seconds: float

    def __post_init__(self) -> None:
        if self.kind not in get_args(StretchKind):
            raise SpecError(f"a stretch is {', '.join(get_args(StretchKind))}, not {self.kind!r}")
        if not (math.isfinite(self.start_seconds) and math.isfinite(self.end_seconds)):
            raise SpecError(f"a stretch needs finite ends, not {self.start_seconds:g} and {self.end_seconds:g} s")
        if not self.start_seconds < self.end_seconds:
            raise SpecError(
                f"a stretch cannot end at {self.end_seconds:g} s, at or before its start at {self.start_seconds:g} s"
            )

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.end_seconds - self.start_seconds


def black_stretches(
    times_seconds: ArrayLike,
    black: ArrayLike,
    *,
    start_seconds: float,
    end_seconds: float,
    shortest_seconds: float = SHORTEST_SECONDS["black"],
) -> tuple[Stretch, ...]:
    """Where a film is black.

    Args:
        times_seconds: (T,) of the samples, in order.
        black: (T,) which of them are black.
        start_seconds: Where the film begins, on the clock of the samples.
        end_seconds: Where it ends.
        shortest_seconds: Stretches that are shorter are left out.
    """
    times = np.asarray(times_seconds, np.float64)
    borders = _borders(times, start_seconds, end_seconds)
    runs = _runs(np.asarray(black, np.bool_), np.zeros(max(0, len(times) - 1), np.bool_))
    return _stretches("black", [(borders[first], borders[last + 1]) for first, last in runs], shortest_seconds)


def frozen_stretches(
    times_seconds: ArrayLike,
    still: ArrayLike,
    thumbnails: Pictures,
    *,
    start_seconds: float,
    end_seconds: float,
    black: ArrayLike | None = None,
    frame_indexes: ArrayLike | None = None,
    shortest_seconds: float = SHORTEST_SECONDS["frozen"],
    seen_seconds: float = _SEEN_FROZEN_SECONDS,
) -> tuple[Stretch, ...]:
    """Where the picture stands still, to the last grain: a frozen film, a slide, a screen on which nothing happens.

    A camera on a tripod in an empty room is not frozen, as long as its film was not encoded so poorly that nothing
    changes from frame to frame.

    Args:
        times_seconds: (T,) of the samples, in order.
        still: (T,) largest mean absolute change of brightness between successive frames near each, in steps of 255.
        thumbnails: T times (H, W, 3) of the samples, uint8 RGB.
        start_seconds: Where the film begins, on the clock of the samples.
        end_seconds: Where it ends.
        black: (T,) which are black; those are not called frozen, too.
        frame_indexes: (T,) places of the samples among all frames. Where no frame lies between two samples, the first
            one is shown until the other; without this, that is not known.
        shortest_seconds: Stretches that are shorter are left out.
        seen_seconds: For so long samples must have seen it; less where the frames around are looked at afterwards
            (`stretch_borders`), which finds out that a pose was held for a moment only.
    """
    times = np.maximum.accumulate(np.asarray(times_seconds, np.float64))
    if not len(times):
        return ()
    quiet = _calm(times, np.asarray(still, np.float64))
    if black is not None:
        quiet &= ~np.asarray(black, np.bool_)
    next_to = np.zeros(len(times) - 1, np.bool_) if frame_indexes is None else np.diff(np.asarray(frame_indexes)) == 1
    borders = _borders(times, start_seconds, end_seconds)
    borders[1:-1] = np.where(next_to, times[1:], borders[1:-1])
    # Until when a sample is known to show: to the next frame, if that is the next sample.
    until = np.append(np.where(next_to, times[1:], times[:-1]), end_seconds if next_to[-1:].all() else times[-1])
    found = [
        (borders[first], borders[last + 1])
        for first, last in _runs(quiet, _changes(thumbnails, quiet))
        if until[last] - times[first] >= min(seen_seconds, shortest_seconds)
    ]
    return _stretches("frozen", found, shortest_seconds)


def silent_stretches(
    levels: SoundLevels,
    *,
    end_seconds: float,
    quieter_than: float = _SILENT_DECIBELS,
    shortest_seconds: float = SHORTEST_SECONDS["silent"],
) -> tuple[Stretch, ...]:
    """Where a film with a sound track has nothing to be heard, also before the sound begins and behind its end.

    Args:
        levels: Of the film, from its start.
        end_seconds: Where the film ends, on the same clock.
        quieter_than: RMS in dBFS below which it is silent; a quiet room is at -50 to -60.
        shortest_seconds: Stretches that are shorter are left out.
    """
    count = max(0, math.ceil((end_seconds - levels.start_seconds) / WINDOW_SECONDS - 1e-6))
    silent = np.ones(count, np.bool_)
    heard = levels.decibels[:count]
    silent[: len(heard)] = heard < quieter_than
    borders = np.minimum(levels.start_seconds + np.arange(count + 1) * WINDOW_SECONDS, end_seconds)
    runs = _runs(silent, np.zeros(max(0, count - 1), np.bool_))
    return _stretches("silent", [(borders[first], borders[last + 1]) for first, last in runs], shortest_seconds)


def _stretches(kind: StretchKind, found: list[tuple[float, float]], shortest_seconds: float) -> tuple[Stretch, ...]:
    # Ten windows of 0.1 s are a second, whatever floating-point numbers say.
    shortest = max(shortest_seconds - 1e-6, 1e-9)
    return tuple(Stretch(kind, float(start), float(end)) for start, end in found if end - start >= shortest)


def _borders(times: FloatArray, start_seconds: float, end_seconds: float) -> FloatArray:
    """(T + 1,) sample t speaks for `[borders[t], borders[t + 1])`."""
    times = np.maximum.accumulate(times)
    middles = np.clip((times[:-1] + times[1:]) / 2, start_seconds, end_seconds)
    return np.concatenate(([start_seconds], middles, [end_seconds]))


def _runs(wanted: BoolArray, apart: BoolArray) -> list[tuple[int, int]]:
    """First and last sample of each run of wanted ones; `(T - 1,)` `apart`: where a new run begins all the same."""
    starts = wanted & np.concatenate(([True], ~wanted[:-1] | apart))[: len(wanted)]
    ends = wanted & np.concatenate((~wanted[1:] | apart, [True]))[: len(wanted)]
    return list(zip(np.flatnonzero(starts).tolist(), np.flatnonzero(ends).tolist(), strict=True))


def _calm(times: FloatArray, still: FloatArray) -> BoolArray:
    """(T,) near which samples there is a moment without change."""
    firsts = np.searchsorted(times, times - _CALM_REACH_SECONDS)
    lasts = np.searchsorted(times, times + _CALM_REACH_SECONDS, side="right")
    least = [still[first:last].min() for first, last in zip(firsts, lasts, strict=True)]
    return np.array(least) <= _FROZEN_CHANGE


def _changes(thumbnails: Pictures, quiet: BoolArray) -> BoolArray:
    """(T - 1,) where another picture begins; only between quiet samples, elsewhere it does not matter.

    Each is compared with the first of its run as well as with the one before it: what changes slowly changes, too.
    """
    changes = np.zeros(max(0, len(thumbnails) - 1), np.bool_)
    first: NDArray[np.float32] | None = None
    before: NDArray[np.float32] | None = None
    for place, wanted in enumerate(quiet.tolist()):
        if not wanted:
            first = None
            continue
        picture = cv2.cvtColor(thumbnails[place], cv2.COLOR_RGB2GRAY).astype(np.float32)
        if first is None or before is None:
            first = picture
        elif not (_same(before, picture) and _same(first, picture)):
            changes[place - 1] = True
            first = picture
        before = picture
    return changes


def _same(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Whether two thumbnails show the same picture, perhaps encoded anew."""
    difference = one - other
    fields = cv2.blur(difference, (_FIELD_PIXELS, _FIELD_PIXELS))
    return bool(np.abs(difference).mean() <= _SAME_PICTURE and np.abs(fields).max() <= _SAME_FIELD)
