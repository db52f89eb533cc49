"""What a timeline says of each frame and of each moment, in one form for both kinds of timelines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reelsift.multi_timeline import MultiTimeline
from reelsift.timeline import Timeline

__all__ = ["Scores"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scores:
    """A timeline as it is drawn: T samples, C classes.

    Attributes:
        task: Name of the task.
        classes: Names of the classes.
        probabilities: (T, C) of each class; rows sum to 1 only where one class excludes the others.
        holds: (T, C) whether the smoothed labels say the class.
        boundaries_seconds: (T + 1,) as `Timeline.boundaries_seconds`.
        frame_indexes: (T,) as `Timeline.frame_indexes`.
        times_seconds: (T,) as `Timeline.times_seconds`.
        is_several: Whether several classes can be true at once.
    """

    task: str
    classes: tuple[str, ...]
    probabilities: FloatArray
    holds: NDArray[np.bool_]
    boundaries_seconds: FloatArray
    frame_indexes: NDArray[np.int64]
    times_seconds: FloatArray
    is_several: bool

    @classmethod
    def of(cls, timeline: Timeline | MultiTimeline) -> Scores:
        if isinstance(timeline, MultiTimeline):
            first, holds = timeline.parts[0], np.stack([part.labels == 1 for part in timeline.parts], axis=1)
        else:
            first, holds = timeline, timeline.labels[:, None] == np.arange(len(timeline.classes))
        return cls(
            timeline.task,
            timeline.classes,
            timeline.probabilities,
            holds,
            first.boundaries_seconds,
            timeline.frame_indexes,
            timeline.times_seconds,
            isinstance(timeline, MultiTimeline),
        )

    def sample_of(self, frame_index: int, time_seconds: float) -> int:
        """The sample that speaks for a frame: its own, else the nearer in time of those around it, the later of two.

        By frame indexes where time stamps do not rise.
        """
        after = int(np.searchsorted(self.frame_indexes, frame_index))
        if after == len(self.frame_indexes):
            return after - 1
        if after == 0 or self.frame_indexes[after] == frame_index:
            return after
        first, last = self.times_seconds[after - 1], self.times_seconds[after]
        if first <= time_seconds <= last and first < last:
            return after if time_seconds >= first + (last - first) / 2 else after - 1
        middle = (self.frame_indexes[after - 1] + self.frame_indexes[after]) / 2
        return after if frame_index >= middle else after - 1

    def shares(self, columns: int) -> FloatArray:
        """(columns, C) which share of each of so many equal pieces of the film is of each class."""
        edges = self.boundaries_seconds
        spans = np.diff(edges)[:, None] * self.holds
        if edges[-1] <= edges[0]:
            return np.repeat(self.holds[:1].astype(np.float64), columns, axis=0)
        sums = np.concatenate((np.zeros((1, len(self.classes))), np.cumsum(spans, axis=0)))
        # Borders that fall together (doubled time stamps) would make the interpolation ambiguous.
        kept = np.append(np.diff(edges) > 0, True)
        places = np.linspace(edges[0], edges[-1], columns + 1)
        until = np.stack([np.interp(places, edges[kept], sums[kept, place]) for place in range(len(self.classes))], 1)
        return np.asarray(np.diff(until, axis=0) / ((edges[-1] - edges[0]) / columns), np.float64)

    def most_shown(self, count: int) -> list[int]:
        """Places of the `count` classes that show longest, then are likeliest; in the order of the classes."""
        seconds = np.diff(self.boundaries_seconds) @ self.holds
        likely = self.probabilities.mean(axis=0)
        order = np.lexsort((-likely, -seconds))
        return sorted(order[:count].tolist())
