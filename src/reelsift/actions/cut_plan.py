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

    Attributes:
        source: Path of the source as the user gave it.
        keep: Classes that stay.
        classes: Classes there are.
        stretches: What stays and what goes, in turn; they tile the source.
        frame_indexes: (T,) frames the timeline has samples of.
        times_seconds: (T,) their time stamps.
        sample_kept: (T,) whether the class of each stays.
        inner_seconds: (T - 1,) borders between what the samples speak for.
        frame_count: Frames in the source.
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

    def keeps(self, frame_indexes: ArrayLike, *, times_seconds: ArrayLike) -> NDArray[np.bool_]:
        """(N,) whether frames stay, given their (N,) indexes and (N,) time stamps."""
        indexes, times = np.atleast_1d(np.asarray(frame_indexes)), np.atleast_1d(np.asarray(times_seconds))
        kept = self.sample_kept[np.searchsorted(self.inner_seconds, times, side="right")]
        nearest = np.minimum(np.searchsorted(self.frame_indexes, indexes), len(self.frame_indexes) - 1)
        kept = np.where(self.frame_indexes[nearest] == indexes, self.sample_kept[nearest], kept)
        if self.pad_seconds and self.segments:
            starts = np.array([stretch.start_seconds for stretch in self.segments])
            ends = np.array([stretch.end_seconds for stretch in self.segments])
            place = np.searchsorted(starts, times, side="right") - 1
            kept = kept | ((place >= 0) & (times < ends[place]))
        return np.asarray(kept, dtype=np.bool_)

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
        if (np.diff(self.times_seconds) < 0).any() or not self.segments:
            return None
        kept = self.frame_indexes[self.sample_kept]
        return int(kept[-1]) if len(kept) else -1, self.segments[-1].end_seconds


def plan_cut(timeline: Timeline, *, spec: CutSpec) -> CutPlan:
    """Decides what stays: the classes in `spec.keep`, after `spec.min_seconds` and `spec.pad_seconds`.

    Thresholds and smoothing are already in the timeline's labels; `spec.thresholds` is not looked at.

    Raises:
        LabelError: If a class to keep does not exist.
    """
    for name in spec.keep:
        if name not in timeline.classes:
            raise LabelError(f"there is no class '{name}' to keep: the classes are {', '.join(timeline.classes)}")
    boundaries = timeline.boundaries_seconds
    labels = merge_short(timeline.labels, boundaries_seconds=boundaries, min_seconds=spec.min_seconds)
    wanted = np.array([name in spec.keep for name in timeline.classes], dtype=np.bool_)
    sample_kept = wanted[labels]
    return CutPlan(
        source=timeline.source,
        keep=spec.keep,
        classes=timeline.classes,
        stretches=_stretches(sample_kept, boundaries=boundaries.tolist(), pad_seconds=spec.pad_seconds),
        frame_indexes=timeline.frame_indexes,
        times_seconds=timeline.times_seconds,
        sample_kept=sample_kept,
        inner_seconds=boundaries[1:-1],
        frame_count=timeline.frame_count,
        pad_seconds=spec.pad_seconds,
    )


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
