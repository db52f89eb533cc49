"""Deciding what a cut keeps, from the timeline alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reelsift.errors import LabelError
from reelsift.smoothing import merge_short
from reelsift.specs import CutSpec
from reelsift.timeline import Timeline

__all__ = ["CutPlan", "Stretch", "plan_cut"]


@dataclass(frozen=True)
class Stretch:
    """A part `[start_seconds, end_seconds)` of a source, on the source's own clock, that stays or goes as a whole."""

    start_seconds: float
    end_seconds: float
    kept: bool = True

    @property
    def duration_seconds(self) -> float:
        return self.end_seconds - self.start_seconds


@dataclass(frozen=True, eq=False)
class CutPlan:
    """What stays of a source.

    A frame that is a sample of the timeline stays if the sample's class does; any other frame if the class of the
    nearest sample does; and frames within `pad_seconds` of a stretch that stays.

    Time stamps of a film may start again (two transport streams joined by `cat`: 0 to 2 s, then 0 to 2 s again). What
    is nearest to such a frame is told by counting frames, and times are those of a clock that goes on.

    Attributes:
        source: Path of the source as the user gave it.
        keep: Classes that stay.
        classes: Classes there are.
        stretches: What stays and what goes, in turn; they tile the source.
        frame_indexes: (T,) frames the timeline has samples of.
        times_seconds: (T,) their time stamps, not descending.
        sample_kept: (T,) whether the class of each stays.
        inner_seconds: (T - 1,) borders between what the samples speak for.
        frame_count: Frames in the source.
        pad_seconds: By how much stretches that stay are longer on both sides.
        in_order: Whether the samples' time stamps never run backwards, so that `times_seconds` are the film's own.
    """

    source: str
    keep: tuple[str, ...]
    classes: tuple[str, ...]
    stretches: tuple[Stretch, ...]
    frame_indexes: NDArray[np.int64]
    times_seconds: NDArray[np.float64]
    sample_kept: NDArray[np.bool_]
    inner_seconds: NDArray[np.float64]
    frame_count: int
    pad_seconds: float = 0.0
    in_order: bool = True

    def keeps(self, frame_indexes: ArrayLike, *, times_seconds: ArrayLike) -> NDArray[np.bool_]:
        """(N,) whether frames stay, given their (N,) indexes and (N,) time stamps."""
        indexes = np.atleast_1d(np.asarray(frame_indexes))
        times = self._clock(indexes, np.atleast_1d(np.asarray(times_seconds, dtype=np.float64)))
        kept = self.sample_kept[np.searchsorted(self.inner_seconds, times, side="right")]
        nearest = np.minimum(np.searchsorted(self.frame_indexes, indexes), len(self.frame_indexes) - 1)
        kept = np.where(self.frame_indexes[nearest] == indexes, self.sample_kept[nearest], kept)
        if self.pad_seconds and self.segments:
            starts = np.array([stretch.start_seconds for stretch in self.segments])
            ends = np.array([stretch.end_seconds for stretch in self.segments])
            place = np.searchsorted(starts, times, side="right") - 1
            kept = kept | ((place >= 0) & (times < ends[place]))
        return np.asarray(kept, dtype=np.bool_)

    def _clock(self, indexes: NDArray[np.int64], times_seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N,) the times of frames; of those whose stamps do not lie between their neighbours', by their indexes.

        Worked case: samples 0 and 10 at 0 and 4 s, frame 4 stamped 9 s: it counts as shown at 1.6 s.
        """
        if not self.in_order:
            return np.interp(indexes, self.frame_indexes, self.times_seconds)
        before = np.searchsorted(self.frame_indexes, indexes, side="right") - 1
        after = np.searchsorted(self.frame_indexes, indexes)
        last = len(self.frame_indexes) - 1
        early = (before >= 0) & (times_seconds < self.times_seconds[np.maximum(before, 0)])
        late = (after <= last) & (times_seconds > self.times_seconds[np.minimum(after, last)])
        astray = early | late
        if not astray.any():
            return times_seconds
        return np.where(astray, np.interp(indexes, self.frame_indexes, self.times_seconds), times_seconds)

    @property
    def segments(self) -> tuple[Stretch, ...]:
        """The stretches that stay."""
        return tuple(stretch for stretch in self.stretches if stretch.kept)

    @property
    def kept_seconds(self) -> float:
        return sum(stretch.duration_seconds for stretch in self.segments)

    @property
    def kept_frames(self) -> int:
        """How many frames stay: exact where every frame is a sample, else by the share of time."""
        if len(self.frame_indexes) == self.frame_count:
            return int(self.keeps(self.frame_indexes, times_seconds=self.times_seconds).sum())
        total = sum(stretch.duration_seconds for stretch in self.stretches)
        return round(self.frame_count * self.kept_seconds / total) if total > 0 else 0

    @property
    def last_kept(self) -> tuple[int, float] | None:
        """An index and a moment behind both of which nothing stays; `None` where time stamps cannot be relied on."""
        if not self.in_order or not self.segments:
            return None
        kept = np.flatnonzero(self.sample_kept)
        if not len(kept):
            return -1, self.segments[-1].end_seconds
        # Up to the next sample, because frames between the two may be told by counting.
        behind = int(kept[-1]) + 1
        last = int(self.frame_indexes[behind]) if behind < len(self.frame_indexes) else self.frame_count
        return last, self.segments[-1].end_seconds


def plan_cut(timeline: Timeline, *, spec: CutSpec) -> CutPlan:
    """Decides what stays: the classes in `spec.keep`, after `spec.min_seconds` and `spec.pad_seconds`.

    Thresholds and smoothing are already in the timeline's labels; `spec.thresholds` is not looked at.

    Raises:
        LabelError: If a class to keep does not exist.
    """
    for name in spec.keep:
        if name not in timeline.classes:
            raise LabelError(f"there is no class '{name}' to keep: the classes are {', '.join(timeline.classes)}")
    in_order = not (np.diff(timeline.times_seconds) < 0).any()
    times, boundaries = (timeline.times_seconds, timeline.boundaries_seconds) if in_order else _going_on(timeline)
    labels = merge_short(timeline.labels, boundaries_seconds=boundaries, min_seconds=spec.min_seconds)
    wanted = np.array([name in spec.keep for name in timeline.classes], dtype=np.bool_)
    sample_kept = wanted[labels]
    return CutPlan(
        source=timeline.source,
        keep=spec.keep,
        classes=timeline.classes,
        stretches=_stretches(sample_kept, boundaries=boundaries.tolist(), pad_seconds=spec.pad_seconds),
        frame_indexes=timeline.frame_indexes,
        times_seconds=times,
        sample_kept=sample_kept,
        inner_seconds=boundaries[1:-1],
        frame_count=timeline.frame_count,
        pad_seconds=spec.pad_seconds,
        in_order=in_order,
    )


def _going_on(timeline: Timeline) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(T,) times and (T + 1,) boundaries of samples on a clock that goes on where the film's own runs backwards.

    Where the stamps step back, as much time goes by as between as many frames elsewhere: 25 frames a second stamped
    0, 0.04, 0.08, 0, 0.04 s are at 0, 0.04, 0.08, 0.12, 0.16 s.
    """
    steps, frames = np.diff(timeline.times_seconds), np.diff(timeline.frame_indexes)
    rising = steps > 0
    usual = float(np.median(steps[rising] / frames[rising])) if rising.any() else 0.0
    steps = np.where(steps < 0, usual * frames, steps)
    times = timeline.times_seconds[0] + np.concatenate(([0.0], np.cumsum(steps)))
    start = min(timeline.start_seconds, float(times[0]))
    end = float(times[-1]) + usual * (timeline.frame_count - int(timeline.frame_indexes[-1]))
    return times, np.concatenate(([start], times[:-1] + np.diff(times) / 2, [end]))


def _stretches(kept: NDArray[np.bool_], *, boundaries: Sequence[float], pad_seconds: float) -> tuple[Stretch, ...]:
    """Runs of what stays, each longer by the pad on both sides and joined where they meet, with what goes between."""
    starts = np.flatnonzero(np.diff(kept, prepend=~kept[:1]))
    ends = np.append(starts[1:], len(kept))
    first, last = boundaries[0], boundaries[-1]
    staying: list[list[float]] = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if not kept[start]:
            continue
        begin, stop = max(first, boundaries[start] - pad_seconds), min(last, boundaries[end] + pad_seconds)
        if staying and begin <= staying[-1][1]:
            staying[-1][1] = stop
        else:
            staying.append([begin, stop])
    stretches: list[Stretch] = []
    place = first
    for begin, stop in staying:
        if begin > place:
            stretches.append(Stretch(place, begin, kept=False))
        stretches.append(Stretch(begin, stop))
        place = stop
    if place < last or not stretches:
        stretches.append(Stretch(place, last, kept=False))
    return tuple(stretches)
