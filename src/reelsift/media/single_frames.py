"""Some frames of a film, each the very one that decoding all of it gives, without decoding more than that takes."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from reelsift.errors import MediaError
from reelsift.media.bursts import Burst, BurstReader
from reelsift.media.parts import PacketScan, scan_packets
from reelsift.media.reader import Frame, open_film

if TYPE_CHECKING:
    import av
    from av.video.frame import VideoFrame

__all__ = ["WantedFrame", "read_single_frames"]

# Time stamps may come from a table that has them in milliseconds. A little more, because sums of such are not exact.
_TOLERANCE_SECONDS = 0.000501


# A damaged picture may even be drawn over the one before it.
_LATE = 3

Item = TypeVar("Item")


@dataclass(frozen=True)
class WantedFrame:
    """A frame by its time stamp; by its index, too, where several have the same.

    Attributes:
        frame_index: Position in display order among the frames that can be decoded, from 0.
        time_seconds: Time stamp as the container has it.
    """

    frame_index: int
    time_seconds: float


def read_single_frames(
    path: Path, wanted: Sequence[WantedFrame], *, scan: PacketScan | None = None, threads: int = 0
) -> Iterator[tuple[int, Frame | MediaError]]:
    """Frames of a film, each with its number in `wanted`, in the order of the film.

    Where a film can be entered at its key frames, each frame is decoded from the last one before it. Where it cannot
    (AVI, MPG, WMV, GIF, several frames of one time stamp), it is read from its start until all are found.

    Decoders cover damage up with what they have at hand, which is not the same when a film is entered in the middle,
    nor in several threads: so frames behind damage are decoded from the start of the film by one thread.

    Args:
        path: The film.
        wanted: Which frames, in any order.
        scan: The packets of the film, where they are known.
        threads: Decoding threads; 0: as many as there are cores.

    Returns:
        One item for each of `wanted`: the frame, its `frame_index` that of `wanted`, or why there is none. Frames
        behind damage come behind the others, and those that are missing last.

    Raises:
        MediaError, SourceNotFoundError: If the film cannot be opened.
    """
    if not wanted:
        return
    missing = set(range(len(wanted)))
    scan = scan if scan is not None else scan_packets(path)
    for number, frame in _undamaged(path, wanted, scan, threads):
        missing.discard(number)
        yield number, frame
    damage = ""
    if missing:
        with open_film(path, threads=1) as reader:
            for number, frame in _found(reader.frames(), wanted, sorted(missing)):
                missing.discard(number)
                yield number, frame
            damage = f" ({reader.damage})" if reader.damage else ""
    for number in sorted(missing):
        time_seconds = wanted[number].time_seconds
        yield number, MediaError(f"{path}: no frame can be decoded at {time_seconds:.3f} s{damage}")


class _StrictReader(BurstReader):
    """A reader whose decoder gives up where it would otherwise cover damage up."""

    _entry_pts: int | None = None  # of the key frame it was last entered at
    _has_entry = True  # whether the decoder has given that

    def __enter__(self) -> _StrictReader:
        return self

    @property
    def has_failed(self) -> bool:
        """Whether anything could not be decoded on the way to the frame that came last."""
        return self._failed or self.undecodable > 0 or not self._has_entry

    def _configure(self) -> None:
        super()._configure()
        self._stream.codec_context.options = {"err_detect": "explode"}

    def _decoded_for(self, run: Sequence[Burst]) -> Iterator[tuple[int, VideoFrame]]:
        self._entry_pts, self.undecodable = run[0].entry_pts, 0
        self._has_entry = self._entry_pts is None
        for pts, picture in super()._decoded_for(run):
            self._has_entry = self._has_entry or pts == self._entry_pts
            yield pts, picture

    def _packets_from(self, entry_pts: int | None) -> Iterator[av.Packet[av.VideoStream]]:
        """Without those behind a key frame that are shown before it (open groups): what they refer to is not there."""
        for packet in super()._packets_from(entry_pts):
            if entry_pts is None or packet.pts is None or packet.pts >= entry_pts:
                yield packet


def _undamaged(
    path: Path, wanted: Sequence[WantedFrame], scan: PacketScan, threads: int
) -> Iterator[tuple[int, Frame]]:
    """Those frames that can be decoded without meeting damage on the way."""
    try:
        reader = _StrictReader(path, threads=threads)
    except MediaError:
        return
    with reader:
        if not scan.key_pts:
            yield from _trusted(_found(reader.frames(), wanted, range(len(wanted)), exactly=True), reader)
            return
        places = _places(wanted, scan)
        bursts = [Burst((scan.pts[place],), place, _entry(scan, scan.pts[place])) for place in sorted(places)]
        for _, run in itertools.groupby(bursts, key=lambda burst: burst.entry_pts):
            given = ((burst, frame) for burst, frames in reader.bursts(list(run)) for frame in frames)
            for burst, frame in _trusted(given, reader):
                yield from ((number, _numbered(frame, wanted[number])) for number in places[burst.first_index])


def _trusted(items: Iterator[Item], reader: _StrictReader) -> Iterator[Item]:
    """Items up to some before the first failure, of which several threads tell late."""
    held: deque[Item] = deque()
    for item in items:
        if reader.has_failed:
            return
        held.append(item)
        if len(held) > _LATE:
            yield held.popleft()
    if not reader.has_failed:
        yield from held


def _places(wanted: Sequence[WantedFrame], scan: PacketScan) -> dict[int, list[int]]:
    """For places of packets in display order, the numbers of the frames that mean them."""
    tick = float(scan.time_base)
    places: dict[int, list[int]] = {}
    for number, one in enumerate(wanted):
        after = bisect_right(scan.pts, one.time_seconds / tick)
        near = range(max(0, after - 1), min(after + 1, len(scan.pts)))
        place = min(near, key=lambda place: abs(scan.pts[place] * tick - one.time_seconds))
        if abs(scan.pts[place] * tick - one.time_seconds) <= _TOLERANCE_SECONDS:
            places.setdefault(place, []).append(number)
    return places


def _entry(scan: PacketScan, pts: int) -> int | None:
    """The last key frame at or before a time stamp; `None` for the start of the film."""
    number = bisect_right(scan.key_pts, pts) - 1
    return scan.key_pts[number] if number >= 0 else None


def _found(
    frames: Iterator[Frame], wanted: Sequence[WantedFrame], numbers: Sequence[int], *, exactly: bool = False
) -> Iterator[tuple[int, Frame]]:
    """Of all frames of a film those wanted; of several with the same time stamp the one of the right index.

    Where none has that index, damage was counted otherwise when it was chosen: then the first of them, unless the index
    must be met exactly.
    """
    in_order = sorted(numbers, key=lambda number: wanted[number].time_seconds)
    times = np.array([wanted[number].time_seconds for number in in_order])
    left = set(numbers)
    stand_ins: dict[int, Frame] = {}
    for frame in frames:
        around = [frame.time_seconds - _TOLERANCE_SECONDS, frame.time_seconds + _TOLERANCE_SECONDS]
        for number in in_order[slice(*np.searchsorted(times, around))]:
            if number not in left:
                continue
            if wanted[number].frame_index == frame.frame_index:
                left.discard(number)
                stand_ins.pop(number, None)
                yield number, frame
            elif not exactly:
                stand_ins.setdefault(number, frame)
        if not left:
            return
    for number, frame in sorted(stand_ins.items()):
        yield number, _numbered(frame, wanted[number])


def _numbered(frame: Frame, one: WantedFrame) -> Frame:
    """The frame with the index it was asked for by."""
    return Frame(one.frame_index, frame.pts, frame.duration, frame.time_seconds, frame.picture, frame.orientation)
