"""Which frames are looked at: every one, or those nearest to an even grid in time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from reelsift.media.reader import Frame

__all__ = ["Grid", "marked", "sample"]


@dataclass(frozen=True)
class Grid:
    """An even grid over a film: points `origin_pts + k * step` in units of the film's time base.

    For each point the frame with the nearest time stamp is taken, the earlier one where two are equally near, and no
    frame twice. Worked case: 25 frames a second sampled at 10 gives the points 0, 0.1, 0.2, 0.3 s, and the frames at
    0, 0.08 (as near as 0.12, and earlier), 0.2, 0.28 s.

    Attributes:
        origin_pts: Time stamp of the film's first frame.
        step: Distance of two points; a fraction, so that it does not drift.
    """

    origin_pts: int
    step: Fraction

    @classmethod
    def of(cls, fps: Fraction, *, origin_pts: int, time_base: Fraction) -> Grid:
        return cls(origin_pts, 1 / (fps * time_base))

    def first_at_or_after(self, pts: int) -> int:
        """Number `k` of the first grid point that is not before `pts`."""
        return max(0, math.ceil((pts - self.origin_pts) / self.step))

    def point(self, k: int) -> Fraction:
        return self.origin_pts + k * self.step


def sample(frames: Iterable[Frame], *, grid: Grid | None, stop_pts: int | None = None) -> Iterator[Frame]:
    """Takes from `frames` those that `grid` asks for, or all (`grid=None`).

    Args:
        frames: In display order, from the start of a film or of a part of it. The iterator is read until the first
            frame at or after `stop_pts`, and not further.
        grid: The grid of the whole film.
        stop_pts: Where the part ends; only grid points before it count. The frame at `stop_pts` itself may be chosen,
            when it is the nearest to the last point of this part. `None`: to the end.

    Yields:
        Frames in order. Sampling the parts of a film one by one gives what sampling the whole gives, but that a frame
        on a border may come out of both sides.
    """
    return (frame for frame, is_sample in marked(frames, grid=grid, stop_pts=stop_pts) if is_sample)


def marked(
    frames: Iterable[Frame], *, grid: Grid | None, stop_pts: int | None = None, speaks_on: bool = True
) -> Iterator[tuple[Frame, bool]]:
    """As `sample`, but gives all frames, each with whether it is a sample.

    Args:
        speaks_on: Whether the last frame of all, when no frame follows it, also speaks for the points while it is
            shown. Not where others follow that are not looked at: one of them may be nearer.

    Yields:
        Frames in order, with the one at or after `stop_pts` that ends the part: it is the first of the next part, too.
    """
    if grid is None:
        for frame in frames:
            is_inside = stop_pts is None or frame.pts < stop_pts
            yield frame, is_inside
            if not is_inside:
                return
        return
    previous, latest_pts, k = None, None, 0
    taken = -1  # the last frame that was given as a sample
    end_pts: float = math.inf if stop_pts is None else stop_pts
    for frame in frames:
        if latest_pts is None:
            latest_pts, k = frame.pts, grid.first_at_or_after(frame.pts)
        # Damaged films have time stamps that run backwards; the grid never does.
        latest_pts = max(latest_pts, frame.pts)
        chosen, k = _nearest(previous, frame, latest_pts, grid, k, end_pts)
        # Whether a frame is a sample is known once it is chosen, or once the next is there.
        if previous is not None and previous.frame_index > taken:
            yield previous, previous in chosen
        if frame in chosen:
            taken = frame.frame_index
            yield frame, True
        previous = frame
        if stop_pts is not None and frame.pts >= stop_pts:
            if frame.frame_index > taken:
                yield frame, False
            return
    if previous is None or latest_pts is None or previous.frame_index == taken:
        return
    # The last frame also speaks for the points while it is still shown.
    yield previous, speaks_on and grid.point(k) < min(latest_pts + max(previous.duration, 1), end_pts)


def _nearest(
    previous: Frame | None, frame: Frame, latest_pts: int, grid: Grid, k: int, end_pts: float
) -> tuple[list[Frame], int]:
    """The frames nearest to the grid points up to `frame`, and the number of the next point."""
    chosen: list[Frame] = []
    point = grid.point(k)
    while point <= latest_pts and point < end_pts:
        nearest = previous if previous is not None and point - previous.pts <= latest_pts - point else frame
        if not chosen or chosen[-1] is not nearest:
            chosen.append(nearest)
        # All points up to the middle of the gap have the same answer, all behind it too: skip over them at once.
        middle = (
            Fraction(previous.pts + latest_pts, 2)
            if nearest is previous and previous is not None
            else Fraction(latest_pts)
        )
        k = max(k + 1, math.floor((middle - grid.origin_pts) / grid.step) + 1)
        point = grid.point(k)
    return chosen, k
