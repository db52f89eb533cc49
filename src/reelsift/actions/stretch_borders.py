"""Where exactly black and frozen stretches begin and end: the frames between two bursts, looked at one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reelsift.actions.stretches import SHORTEST_SECONDS, Stretch
from reelsift.errors import ReelsiftError
from reelsift.media.glimpses import read_glimpses

__all__ = ["with_exact_borders"]

_SIDE = 16
# Samples that are closer than this are neighbouring frames, or nearly.
_NEIGHBOURS_SECONDS = 0.06
# By how much a field may differ from the picture of the stretch, in steps of 255: encoders leave up to 4.
_SAME_FIELD = 5.0
_FRAME_SECONDS = 0.25  # so much is read beyond a sample, so that its own frame is among those read


def with_exact_borders(
    path: Path, stretches: Sequence[Stretch], times_seconds: ArrayLike, *, start_seconds: float
) -> tuple[Stretch, ...]:
    """Black and frozen stretches with their borders at the very frame.

    A border between two bursts is looked for in all frames between the sample that shows the stretch and the one that
    does not: it lies where frames cease to look like that sample. Borders elsewhere, silent stretches, and what cannot
    be read stay as they are. Stretches that turn out to be shorter than their `SHORTEST_SECONDS` are left out.

    Args:
        path: The film.
        stretches: As `black_stretches` and `frozen_stretches` gave them.
        times_seconds: (T,) of the samples from which they were told, in order.
        start_seconds: Time stamp of the first frame.
    """
    times = np.maximum.accumulate(np.asarray(times_seconds, np.float64))
    # Behind the last sample the film goes on.
    times = np.append(times, max([times[-1], *(stretch.end_seconds for stretch in stretches)])) if len(times) else times
    exact = [
        stretch if stretch.kind == "silent" else _exact(path, stretch, times, start_seconds) for stretch in stretches
    ]
    return tuple(stretch for stretch in exact if stretch.seconds >= SHORTEST_SECONDS[stretch.kind] - 1e-6)


def _exact(path: Path, stretch: Stretch, times: NDArray[np.float64], film_start: float) -> Stretch:
    start, end = stretch.start_seconds, stretch.end_seconds
    try:
        bracket = _bracket(times, start)
        if bracket is not None:
            start = _border(path, bracket[1], bracket[0], film_start)
        bracket = _bracket(times, end)
        if bracket is not None:
            end = _border(path, bracket[0], bracket[1], film_start)
    except ReelsiftError:
        return stretch
    return replace(stretch, start_seconds=start, end_seconds=end) if start < end else stretch


def _bracket(times: NDArray[np.float64], border: float) -> tuple[float, float] | None:
    """The samples before and behind a border that lies between two bursts."""
    behind = int(np.searchsorted(times, border, side="right"))
    if border == times[-1]:
        behind = int(np.searchsorted(times, border))
    if not 0 < behind < len(times) or times[behind - 1] == border:
        return None
    before, after = float(times[behind - 1]), float(times[behind])
    return (before, after) if after - before > _NEIGHBOURS_SECONDS else None


def _border(path: Path, inside: float, outside: float, film_start: float) -> float:
    """The moment between two samples at which the film ceases, or begins, to show what it shows at `inside`."""
    first, last = sorted((inside, outside))
    stretch = (max(0.0, first - film_start - 1e-4), last - film_start + _FRAME_SECONDS)
    glimpses = read_glimpses(path, [stretch], side=_SIDE)
    times = glimpses.times_seconds + film_start
    fields = glimpses.pictures.reshape(len(times), -1)
    # Frames from the one inside to the last one that lies before the sample outside, or the first behind it.
    within = (times >= first - 1e-3) & (times <= last + 1e-3)
    times, fields = times[within], fields[within]
    if len(times) < 2 or min(abs(times[0] - first), abs(times[-1] - last)) > _FRAME_SECONDS:
        return (inside + outside) / 2
    if inside > outside:
        times, fields = times[::-1], fields[::-1]
    unlike = np.abs(fields - fields[0]).max(axis=1) > _SAME_FIELD
    if not unlike.any() and inside < outside:
        return outside  # to the end of the film
    other = int(np.argmax(unlike)) if unlike.any() else len(times) - 1
    # A frame is shown until the next one: going back in time, the stretch begins with the last frame that is alike.
    return float(times[other - 1] if inside > outside else times[other])
