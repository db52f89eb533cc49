"""The frames a cut keeps, one after the other, each with the time it is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reelsift.actions.cut_plan import CutPlan
from reelsift.errors import MediaError
from reelsift.media.parts import PacketScan, scan_packets
from reelsift.media.picture_reader import read_picture
from reelsift.media.reader import FilmReader, Frame, Orientation

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Kept", "kept_from_film", "kept_from_pictures", "timed"]

# A dropped stretch is jumped over if the key frame before its end lets at least so many frames go undecoded.
_WORTH_A_JUMP = 48


@dataclass(frozen=True, eq=False)
class Kept:
    """A frame that stays, and for how long it is shown, in units of the source's time base."""

    frame: Frame
    duration: int


def kept_from_film(
    reader: FilmReader, *, plan: CutPlan, on_frame: Callable[[int], None] | None = None
) -> Iterator[Kept]:
    """Decodes a film and gives the frames that stay, in order; long stretches that go are jumped over.

    Args:
        reader: The film.
        plan: What stays.
        on_frame: Called with the index of each frame decoded.
    """
    report = on_frame or (lambda index: None)
    scan = scan_packets(reader.film.path)
    # Only where the packets tell the same frames as decoding did when the timeline was made are indexes known unseen.
    if plan.in_order and scan.key_pts and scan.frame_count == plan.frame_count:
        yield from _jumping(reader, plan, scan, report)
        return
    yield from _straight(reader, plan, report)


def kept_from_pictures(
    pictures: Sequence[Path], *, fps: Fraction, plan: CutPlan, on_problem: Callable[[str], None],
    on_frame: Callable[[int], None] | None = None,
) -> Iterator[Kept]:  # fmt: skip
    """Reads the pictures that stay; time base 1 / fps, each shown for one unit. Those that cannot be read are named."""
    import av

    indexes = np.arange(len(pictures))
    times = indexes * fps.denominator / fps.numerator
    for index in np.flatnonzero(plan.keeps(indexes, times_seconds=times)).tolist():
        if on_frame is not None:
            on_frame(index)
        try:
            pixels = read_picture(pictures[index])
        except MediaError as error:
            on_problem(f"left out: {error}")
            continue
        picture = av.VideoFrame.from_ndarray(pixels, "rgb24")
        yield Kept(Frame(index, index, 1, float(times[index]), picture, Orientation()), 1)


def timed(frames: Iterator[Frame], *, keeps: Callable[[Frame], bool]) -> Iterator[Kept]:
    """Those of `frames` that stay, each shown until the next frame of the film, whether that stays or not.

    The last frame is shown as long as it says itself, else as long as frames of this film usually are.
    """
    held: Frame | None = None
    usual: Counter[int] = Counter()
    for frame in frames:
        if held is not None:
            step = frame.pts - held.pts
            if step > 0:
                usual[step] += 1
            if keeps(held):
                yield Kept(held, step if step > 0 else _usual(usual, held))
        held = frame
    if held is not None and keeps(held):
        yield Kept(held, held.duration or _usual(usual, held))


def _usual(steps: Counter[int], frame: Frame) -> int:
    """The median step between frames; what the frame itself says where there was none."""
    half, seen = sum(steps.values()) / 2, 0
    for step in sorted(steps):
        seen += steps[step]
        if seen >= half:
            return step
    return max(1, frame.duration)


def _straight(reader: FilmReader, plan: CutPlan, report: Callable[[int], None]) -> Iterator[Kept]:
    last = plan.last_kept

    def until_last() -> Iterator[Frame]:
        for frame in reader.frames():
            report(frame.frame_index)
            yield frame
            if last is not None and frame.frame_index > last[0] and frame.time_seconds > last[1]:
                return

    yield from timed(until_last(), keeps=lambda f: bool(plan.keeps(f.frame_index, times_seconds=f.time_seconds)[0]))


def _jumping(reader: FilmReader, plan: CutPlan, scan: PacketScan, report: Callable[[int], None]) -> Iterator[Kept]:
    stamps = np.array(scan.pts, dtype=np.int64)
    times = stamps * scan.time_base.numerator / scan.time_base.denominator
    kept = plan.keeps(np.arange(len(stamps)), times_seconds=times)
    steps = np.diff(stamps)
    usual = int(np.median(steps)) if len(steps) else 0
    for first, last in _reads(kept, np.searchsorted(stamps, scan.key_pts)):
        start_pts = None if first == 0 else int(stamps[first])
        for frame in reader.frames(start_pts=start_pts, first_index=first):
            # By its stamp, not by counting: a frame that cannot be decoded today does not shift the others.
            index = int(np.searchsorted(stamps, frame.pts))
            if index > last or index == len(stamps):
                break
            report(index)
            if stamps[index] == frame.pts and kept[index]:
                own = int(steps[index]) if index < len(steps) else frame.duration or usual or 1
                same = Frame(index, frame.pts, frame.duration, frame.time_seconds, frame.picture, frame.orientation)
                yield Kept(same, own)
            if index == last:
                break


def _reads(kept: NDArray[np.bool_], key_indexes: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """First and last index of each stretch to be decoded in one go: kept frames, and dropped ones not worth a jump."""
    indexes = np.flatnonzero(kept)
    if len(indexes) == 0:
        return
    begins = np.flatnonzero(np.diff(indexes, prepend=-2) > 1)
    starts, stops = indexes[begins], indexes[np.append(begins[1:], len(indexes)) - 1]
    keys = key_indexes[np.maximum(np.searchsorted(key_indexes, starts, side="right") - 1, 0)]
    first, last = (int(starts[0]) if keys[0] >= _WORTH_A_JUMP else 0), int(stops[0])
    for start, stop, key in zip(starts[1:].tolist(), stops[1:].tolist(), keys[1:].tolist(), strict=True):
        if key - last > _WORTH_A_JUMP:
            yield first, last
            first = start
        last = stop
    yield first, last
