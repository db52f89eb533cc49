"""A timeline: what a source shows, sample by sample and as segments.

Everything to the right of the model (cut, screen time, export) takes a `Timeline` and knows no model,
so one made by hand with `Timeline.from_segments` works as well.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reelsift.errors import LabelError, SpecError

__all__ = ["Segment", "Timeline", "nearest_samples"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SUM_TOLERANCE = 1e-4  # probabilities may have been through float32 on disk


@dataclass(frozen=True)
class Segment:
    """A stretch `[start_seconds, end_seconds)` of one class.

    Attributes:
        start_seconds: First moment of the stretch.
        end_seconds: First moment after it.
        label: Name of the class.
        score: Mean calibrated probability of the class over the stretch, 0 to 1.
    """

    start_seconds: float
    end_seconds: float
    label: str
    score: float = 1.0

    def __post_init__(self) -> None:
        if not self.start_seconds <= self.end_seconds:
            raise SpecError(
                f"a segment cannot end at {self.end_seconds:g} s, before its start at {self.start_seconds:g} s"
            )
        if not 0 <= self.score <= 1:
            raise SpecError(f"the score of a segment goes from 0 to 1, not {self.score:g}")


@dataclass(frozen=True, eq=False)
class Timeline:
    """The scores of a source for a task: T sampled frames, C classes.

    A sample speaks from the midpoint to the sample before it to the midpoint to the one after; the first speaks from
    `start_seconds`, the last until `end_seconds`. Samples at 0, 1, 4 s of a film from 0 to 5 s speak for
    [0, 0.5), [0.5, 2.5) and [2.5, 5). The arrays are copied when made, and read-only.

    Attributes:
        source: Path of the source as the user gave it.
        task: Name of the task.
        classes: Names of the classes, C of them.
        frame_indexes: (T,) 0-based indexes of the sampled frames in display order, strictly increasing.
        times_seconds: (T,) their time stamps as the film has them: they may start anywhere, and in a damaged film even
            run backwards; whatever is computed from them uses their running maximum.
        probabilities: (T, C) calibrated, not smoothed; each row sums to 1.
        labels: (T,) smoothed: indexes into `classes`.
        start_seconds: Time stamp of the first frame of the source.
        end_seconds: End of its last frame.
        frame_count: Number of frames in the source, T or more.

    Raises:
        SpecError: If the values do not fit each other.
    """

    source: str
    task: str
    classes: tuple[str, ...]
    frame_indexes: IntArray
    times_seconds: FloatArray
    probabilities: FloatArray
    labels: IntArray
    start_seconds: float
    end_seconds: float
    frame_count: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", tuple(self.classes))
        for name, dtype in _DTYPES.items():
            values = np.array(getattr(self, name), dtype=dtype)
            values.setflags(write=False)
            object.__setattr__(self, name, values)
        _check(self)

    def __len__(self) -> int:
        return len(self.frame_indexes)

    @property
    def raw_labels(self) -> IntArray:
        """(T,) the likeliest class of each sample by itself, before smoothing."""
        return np.asarray(self.probabilities.argmax(axis=1), dtype=np.int64)

    @property
    def label_names(self) -> list[str]:
        """(T,) the smoothed label of each sample, by name."""
        return [self.classes[label] for label in self.labels.tolist()]

    @property
    def label_scores(self) -> FloatArray:
        """(T,) the calibrated probability of the smoothed label of each sample."""
        return self.probabilities[np.arange(len(self)), self.labels]

    @property
    def boundaries_seconds(self) -> FloatArray:
        """(T + 1,) ascending: sample t speaks for `[boundaries[t], boundaries[t + 1])`."""
        times = np.maximum.accumulate(self.times_seconds)
        midpoints = times[:-1] + np.diff(times) / 2
        inner = np.clip(midpoints, self.start_seconds, self.end_seconds)
        return np.concatenate(([self.start_seconds], inner, [self.end_seconds]))

    @property
    def durations_seconds(self) -> FloatArray:
        """(T,) for how long each sample speaks; together the duration of the source."""
        return np.diff(self.boundaries_seconds)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Runs of equal smoothed labels, in order; they tile `[start_seconds, end_seconds)`."""
        starts = np.flatnonzero(np.diff(self.labels, prepend=-1))
        boundaries = self.boundaries_seconds
        sizes = np.diff(starts, append=len(self))
        scores = np.clip(np.add.reduceat(self.label_scores, starts) / sizes, 0, 1)
        return tuple(
            Segment(
                float(boundaries[first]),
                float(boundaries[first + size]),
                self.classes[self.labels[first]],
                float(score),
            )
            for first, size, score in zip(starts, sizes, scores, strict=True)
        )

    @property
    def shown_segments(self) -> tuple[Segment, ...]:
        """As `segments`, but a change between two neighbouring frames lies at the time stamp of the later one.

        That is when the picture changes: of frames at 0, 0.04 and 0.08 s the third begins a segment at 0.08 s, not
        between the second and itself.
        """
        found, rows = self.segments, np.flatnonzero(np.diff(self.labels, prepend=-1))
        starts = [segment.start_seconds for segment in found]
        for place, row in enumerate(rows[1:].tolist(), start=1):
            if self.frame_indexes[row] - self.frame_indexes[row - 1] == 1:
                starts[place] = float(np.clip(self.times_seconds[: row + 1].max(), starts[place], self.end_seconds))
        ends = [*starts[1:], self.end_seconds]
        return tuple(
            dataclasses.replace(segment, start_seconds=start, end_seconds=end)
            for segment, start, end in zip(found, starts, ends, strict=True)
        )

    def seconds_by_class(self) -> dict[str, float]:
        """Seconds of each class by the smoothed labels; classes that never show have 0."""
        seconds = np.bincount(self.labels, weights=self.durations_seconds, minlength=len(self.classes))
        return dict(zip(self.classes, seconds.tolist(), strict=True))

    def labels_at(self, times_seconds: ArrayLike) -> IntArray:
        """The smoothed label at given moments.

        Args:
            times_seconds: (N,) moments; those before the start or after the end get the first or the last label.

        Returns:
            (N,) indexes into `classes`.
        """
        inner = self.boundaries_seconds[1:-1]
        return np.asarray(self.labels[np.searchsorted(inner, np.asarray(times_seconds), side="right")])

    def with_labels(self, labels: ArrayLike) -> Timeline:
        """The same timeline with other smoothed labels, (T,) indexes into `classes`."""
        return dataclasses.replace(self, labels=np.asarray(labels, dtype=np.int64))

    def merged(self, other: Timeline) -> Timeline:
        """The samples of both, in order of their frame index; where both saw a frame, `other` counts.

        Raises:
            SpecError: If the two are not about the same source, task and classes.
        """
        for name in ("source", "task", "classes"):
            if getattr(self, name) != getattr(other, name):
                raise SpecError(f"two timelines can be merged when they share their {name}: "
                                f"{getattr(self, name)!r} is not {getattr(other, name)!r}")  # fmt: skip
        # np.unique keeps the first of equal indexes, so `other` goes in front.
        indexes, chosen = np.unique(np.concatenate((other.frame_indexes, self.frame_indexes)), return_index=True)
        return dataclasses.replace(
            self,
            frame_indexes=indexes,
            times_seconds=np.concatenate((other.times_seconds, self.times_seconds))[chosen],
            probabilities=np.concatenate((other.probabilities, self.probabilities))[chosen],
            labels=np.concatenate((other.labels, self.labels))[chosen],
            start_seconds=min(self.start_seconds, other.start_seconds),
            end_seconds=max(self.end_seconds, other.end_seconds),
            frame_count=max(self.frame_count, other.frame_count),
        )

    @classmethod
    def from_segments(
        cls,
        segments: Sequence[Segment],
        *,
        times_seconds: ArrayLike,
        end_seconds: float | None = None,
        source: str = "",
        task: str = "",
        classes: Sequence[str] | None = None,
        fill: str | None = None,
    ) -> Timeline:
        """A timeline made by hand: every frame takes the class of the segment its time stamp lies in.

        Args:
            segments: In any order; where two overlap, the later in the list counts.
            times_seconds: (T,) time stamps of all frames of the source, in display order.
            end_seconds: End of the last frame; left out, the last frame lasts as long as the one before it.
            source: Path of the source.
            task: Name of the task.
            classes: Names of the classes; left out, those of the segments in order of appearance, then `fill`.
            fill: Class of the frames that no segment covers; left out, every frame must be covered.

        Raises:
            LabelError: If a frame is covered by no segment, or a segment names an unknown class.
        """
        times = np.asarray(times_seconds, dtype=np.float64)
        names = _class_names(segments, classes=classes, fill=fill)
        labels, scores = _paint(segments, times, names, fill=fill)
        return cls(
            source=source,
            task=task,
            classes=names,
            frame_indexes=np.arange(len(times)),
            times_seconds=times,
            probabilities=_spread(labels, scores, len(names)),
            labels=labels,
            start_seconds=float(times[0]) if len(times) else 0.0,
            end_seconds=_guess_end(times) if end_seconds is None else end_seconds,
            frame_count=len(times),
        )


def nearest_samples(times_seconds: ArrayLike, wanted_seconds: ArrayLike) -> IntArray:
    """The samples nearest to given moments, the earlier of two.

    Args:
        times_seconds: (T,) time stamps of samples, at least one; where they run backwards their running maximum counts.
        wanted_seconds: (N,) moments.

    Returns:
        (N,) places of samples.
    """
    times, wanted = np.maximum.accumulate(np.asarray(times_seconds)), np.asarray(wanted_seconds)
    if len(times) == 1:
        return np.zeros(len(wanted), np.int64)
    after = np.clip(np.searchsorted(times, wanted), 1, len(times) - 1)
    return np.where(wanted - times[after - 1] <= times[after] - wanted, after - 1, after)


_DTYPES = {"frame_indexes": np.int64, "times_seconds": np.float64, "probabilities": np.float64, "labels": np.int64}


def _check(timeline: Timeline) -> None:
    count, classes = len(timeline.frame_indexes), len(timeline.classes)
    if count == 0 or classes == 0:
        raise SpecError("a timeline needs at least one sampled frame and one class")
    if len(set(timeline.classes)) < classes:
        raise SpecError(f"the classes of a timeline have different names, not {', '.join(timeline.classes)}")
    shapes = {
        "frame_indexes": (count,),
        "times_seconds": (count,),
        "probabilities": (count, classes),
        "labels": (count,),
    }
    for name, shape in shapes.items():
        if getattr(timeline, name).shape != shape:
            raise SpecError(f"{name} of a timeline of {count} samples and {classes} classes has the shape {shape}, "
                            f"not {getattr(timeline, name).shape}")  # fmt: skip
    indexes, sums = timeline.frame_indexes, timeline.probabilities.sum(axis=1)
    if indexes[0] < 0 or (np.diff(indexes) <= 0).any() or indexes[-1] >= timeline.frame_count:
        raise SpecError(
            f"frame_indexes increase strictly, from 0 or more to below the {timeline.frame_count} frames there are"
        )
    if not np.isfinite(timeline.times_seconds).all():
        raise SpecError("times_seconds of a timeline are finite numbers")
    if not ((timeline.probabilities >= 0).all() and (np.abs(sums - 1) <= SUM_TOLERANCE).all()):
        raise SpecError("probabilities of a timeline are 0 or more, and each row sums to 1")
    if timeline.labels.min() < 0 or timeline.labels.max() >= classes:
        raise SpecError(f"labels of a timeline are indexes from 0 to {classes - 1}")
    if not (np.isfinite(timeline.start_seconds) and timeline.start_seconds <= timeline.end_seconds < np.inf):
        raise SpecError(f"a timeline cannot go from {timeline.start_seconds:g} s to {timeline.end_seconds:g} s")


def _class_names(segments: Sequence[Segment], *, classes: Sequence[str] | None, fill: str | None) -> tuple[str, ...]:
    """The classes asked for, checked, or those that occur."""
    named = [segment.label for segment in segments] + ([fill] if fill is not None else [])
    names = tuple(dict.fromkeys(named)) if classes is None else tuple(classes)
    for name in named:
        if name not in names:
            raise LabelError(f"there is no class '{name}': the classes are {', '.join(names)}")
    return names


def _paint(
    segments: Sequence[Segment], times: FloatArray, names: tuple[str, ...], *, fill: str | None
) -> tuple[IntArray, FloatArray]:
    """(T,) label and (T,) score of each frame, by the segment its time stamp lies in."""
    labels = np.full(len(times), -1 if fill is None else names.index(fill), dtype=np.int64)
    scores = np.ones(len(times))
    for segment in segments:
        inside = (times >= segment.start_seconds) & (times < segment.end_seconds)
        labels[inside], scores[inside] = names.index(segment.label), segment.score
    if (labels < 0).any():
        moment = float(times[int(np.argmax(labels < 0))])
        raise LabelError(f"no segment covers the frame at {moment:g} s: add one, or name a class for it with fill=")
    return labels, scores


def _spread(labels: IntArray, scores: FloatArray, class_count: int) -> FloatArray:
    """(T, C) rows that give `scores` to the label and share the rest evenly."""
    if class_count == 1:
        return np.ones((len(labels), 1))
    rows = np.repeat(((1 - scores) / (class_count - 1))[:, None], class_count, axis=1)
    rows[np.arange(len(labels)), labels] = scores
    return rows


def _guess_end(times: FloatArray) -> float:
    """The last frame lasts as long as the one before it; a single frame lasts a second."""
    if len(times) == 0:
        return 0.0
    return float(times.max() + (max(times[-1] - times[-2], 0.0) if len(times) > 1 else 1.0))
