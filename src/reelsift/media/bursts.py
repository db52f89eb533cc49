"""Looking at a film in short bursts of neighbouring frames: where they are, and reading no more than they need.

A burst begins at a key frame, so that nothing is decoded in vain to get there. Where key frames are far apart, a film
is read on behind one of them, and further bursts lie on that way.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reelsift.media.parts import PacketScan, Part
from reelsift.media.reader import FilmReader, Frame, moment_of, open_container, reason_of, video_stream

if TYPE_CHECKING:
    import av
    from av.video.frame import VideoFrame

__all__ = ["BURST_PLAN", "Burst", "BurstPart", "BurstReader", "burst_parts", "open_bursts", "plan_bursts"]

BURST_PLAN = "bursts-2"  # counts up when other bursts are chosen

BURST_SECONDS = 0.8  # five samples, a fifth of a second apart
_BURSTS = 12  # of a film so many, if that puts one into every 2.5 to 5 seconds
_CLOSEST_SECONDS, _WIDEST_SECONDS = 2.5, 5.0
_LEAST, _MOST = 0.5, 1.5  # times that distance: bursts no closer, and no farther for want of a key frame
_SHARE_DECODED = 0.35  # of the time between two key frames farther apart, so much is read
_SHARE_OF_FILM = 0.25  # no more than this of a film so far is read, or this much of any film
_READ_SECONDS = 10.0
# No stretch longer than a sixth of a film goes unseen, or than these, whatever must be decoded for it.
_LEAST_UNSEEN_SECONDS, _MOST_UNSEEN_SECONDS, _UNSEEN_SHARE = 3.0, 10.0, 1 / 6
_WHOLE_SECONDS = 5.0  # a shorter film is read whole; of any film so much may be decoded
_WHOLE_FRAMES = 60  # and so is one of few frames: a slow series of pictures has no neighbouring ones

# Decoders that can pass over pictures to which no other refers, and know them for sure. (In H.265 those that are marked
# so may still be referred to by pictures of a higher temporal layer.)
_CAN_PASS_OVER = ("h264",)

# A seek may land behind the key frame it was meant for; it is tried again this much earlier.
_SEEK_BACK_SECONDS = (0, 2, 10)


@dataclass(frozen=True)
class Burst:
    """Neighbouring frames of a film.

    Attributes:
        frame_pts: Their time stamps, in order; at least one.
        first_index: `frame_index` of the first, as the packets count them.
        entry_pts: Time stamp of the key frame they are decoded from; `None` for the start of the film.
        is_last: Whether the film ends with them.
    """

    frame_pts: tuple[int, ...]
    first_index: int
    entry_pts: int | None
    is_last: bool = False

    @property
    def start_pts(self) -> int:
        return self.frame_pts[0]

    @property
    def stop_pts(self) -> int:
        """Just behind the last frame."""
        return self.frame_pts[-1] + 1


@dataclass(frozen=True)
class BurstPart:
    """What is looked at of a part of a film, and when the part begins and ends, as its packets tell."""

    bursts: tuple[Burst, ...]
    start_seconds: float
    end_seconds: float


# Where ---------------------------------------------------------------------------------------------------------------


def plan_bursts(scan: PacketScan) -> tuple[Burst, ...] | None:
    """The bursts in which a film is looked at, in order; `None` if it is to be read whole.

    That depends on the film alone. Worked case: in a film of a minute, key frames every 2 s give bursts at 0, 6, 12,
    ... s, a seventh of it; key frames every 10 s give bursts at 0, 2.7, 10, 12.7, 20, 30, ... s: reading on from every
    second key frame or so, a quarter of it is read.
    """
    if not scan.key_pts or len(scan.pts) <= _WHOLE_FRAMES:
        return None
    length = float((scan.end_pts - scan.pts[0]) * scan.time_base)
    if length <= _WHOLE_SECONDS:
        return None
    starts = list(_starts(scan, length))
    # Where frames are few, several starts may have the same first frame, or a burst reach into the next.
    firsts = [min(bisect_left(scan.pts, start), len(scan.pts) - 1) for start, _ in starts]
    bursts: list[Burst] = []
    for first, following, (_, entry) in zip(firsts, [*firsts[1:], len(scan.pts)], starts, strict=True):
        stop = min(bisect_right(scan.pts, scan.pts[first] + BURST_SECONDS / scan.time_base), following)
        if stop > first:
            bursts.append(Burst(scan.pts[first:stop], first, entry, is_last=stop == len(scan.pts)))
    return tuple(bursts)


def burst_parts(bursts: Sequence[Burst], parts: Sequence[Part], scan: PacketScan) -> list[BurstPart]:
    """For each part of a film the bursts that begin in it."""
    found: list[BurstPart] = []
    for part in parts:
        stop = part.first_index + part.frame_count
        within = tuple(burst for burst in bursts if part.first_index <= burst.first_index < stop)
        end_pts = scan.end_pts if stop == len(scan.pts) else scan.pts[stop]
        found.append(
            BurstPart(within, float(scan.pts[part.first_index] * scan.time_base), float(end_pts * scan.time_base))
        )
    return found


def _starts(scan: PacketScan, film_seconds: float) -> Iterator[tuple[int, int | None]]:
    """Time stamps at or after which bursts begin, in order, each with the key frame it is decoded from."""
    tick, share = float(scan.time_base), max(_SHARE_DECODED, _WHOLE_SECONDS / film_seconds)
    every = min(_WIDEST_SECONDS, max(_CLOSEST_SECONDS, film_seconds / _BURSTS)) / tick
    burst, unseen = BURST_SECONDS / tick, _unseen_seconds(film_seconds) / tick
    keys = [key for key in scan.key_pts if scan.pts[0] < key <= scan.end_pts - burst]
    start, entry, read = scan.pts[0], None, burst
    yield start, entry
    while True:
        near = bisect_right(keys, start + _LEAST * every)
        following = _nearest(keys, start + every, near)
        border = scan.end_pts if following is None else following
        if border - start > _MOST * every:
            on = keys[near - 1] if near and keys[near - 1] > start + burst else entry
            begin = max(start, on) if on is not None else start
            further = _further(start, border, begin, every, share, tick, unseen, is_end=following is None)
            most = max(_SHARE_OF_FILM * (border - scan.pts[0]), _READ_SECONDS / tick)
            must = border - start - burst > unseen
            if further and (must or read + further[-1] - begin <= most):
                read += further[-1] - begin
                yield from ((pts, on) for pts in further)
        if following is None:
            return
        start, entry, read = following, following, read + burst
        yield start, entry


def _nearest(keys: Sequence[int], pts: float, first: int) -> int | None:
    """Of the keys from number `first` on, the one nearest to `pts`, the later of two; `None` if there is none."""
    at = bisect_left(keys, pts, first)
    around = keys[max(first, at - 1) : at + 1]
    return min(around, key=lambda key: (abs(key - pts), -key), default=None)


def _unseen_seconds(film_seconds: float) -> float:
    return min(_MOST_UNSEEN_SECONDS, max(_LEAST_UNSEEN_SECONDS, _UNSEEN_SHARE * film_seconds))


def _further(
    start: int, border: int, entry: int, every: float, share: float, tick: float, unseen: float, *, is_end: bool
) -> list[int]:
    """Where bursts lie that are reached by reading on, behind one at `start` and before a border far behind it.

    Args:
        entry: From here on it is read; no key frame lies between it and the border.
        every: How far apart bursts are to be.
        share: Of the time up to the border, so much may be read.
        tick: The unit of all these, in seconds.
        unseen: No stretch longer than this goes unseen.
        is_end: Whether the film ends at the border.
    """
    gap, burst = border - start, BURST_SECONDS / tick
    reach = min(entry - start + share * gap, gap) - burst
    if gap - reach - burst > unseen:
        reach = gap - burst - (0 if is_end else unseen)
    if reach < _LEAST * every:
        return []
    count = max(1, round(reach / every))
    return [start + round(reach * number / count) for number in range(1, count + 1)]


# Reading -------------------------------------------------------------------------------------------------------------


class BurstReader(FilmReader):
    """An open film of which bursts are read; only packets that these need reach the decoder.

    Attributes:
        missing: Frames of the bursts read so far that the decoder did not give; what it said is in `damage`.
    """

    missing = 0
    _trouble = ""  # what the decoder complained of first
    _failed = False  # whether it did in this run

    def __enter__(self) -> BurstReader:
        return self

    def bursts(self, bursts: Sequence[Burst]) -> Iterator[tuple[Burst, Iterator[Frame]]]:
        """Each burst with its frames, all of which must be taken before the next burst is asked for."""
        self.undecodable, self.damage = 0, ""
        for _, together in itertools.groupby(bursts, key=lambda burst: burst.entry_pts):
            run = list(together)
            pictures = _Waiting(self._run(run))
            for burst in run:
                yield burst, self._frames_of(burst, pictures)

    def _frames_of(self, burst: Burst, pictures: _Waiting) -> Iterator[Frame]:
        given = 0
        for pts, picture in pictures.before(burst.stop_pts):
            place = bisect_left(burst.frame_pts, pts)
            if place < len(burst.frame_pts) and burst.frame_pts[place] == pts:
                given += 1
                yield from self._number(iter([(pts, picture)]), burst.first_index + place)
        if given < len(burst.frame_pts):
            self.missing += len(burst.frame_pts) - given
            self.damage = self.damage or self._trouble or "the decoder gave fewer frames than there are"

    def _run(self, run: Sequence[Burst]) -> Iterator[tuple[int, VideoFrame]]:
        """The pictures from the key frame of a run on, as far as its bursts go."""
        start_pts, stop_pts = run[0].start_pts, run[-1].stop_pts
        pictures = self._decoded_for(run)
        first = next((found for found in pictures if found[0] >= start_pts), None)
        if first is not None and first[0] == start_pts:
            latest = start_pts
            yield first
            for pts, picture in pictures:
                latest = max(latest, pts)
                yield pts, picture
            if self._failed and self._threads != 1:
                # Several threads tell of what they cannot decode late, and what they did decode meanwhile is lost.
                self._threads = 1
                self._open_again()
                yield from ((pts, picture) for pts, picture in self._decoded_for(run) if pts > latest)
            return
        # Damage, or not every key frame is a fresh start (pictures renewed a stripe at a time).
        yield from self._from_farther_back(start_pts, stop_pts)

    def _from_farther_back(self, start_pts: int, stop_pts: int) -> Iterator[tuple[int, VideoFrame]]:
        """The pictures of a run as any reader finds them, from as far back as that takes."""
        self._open_again()
        known = self.damage
        try:
            for frame in self.frames(start_pts=start_pts):
                if frame.pts >= stop_pts:
                    return
                yield frame.pts, frame.picture
        finally:
            # What is wrong outside the bursts is not looked for, and so not told.
            self.damage, self._trouble = known, self._trouble or self.damage

    def _decoded_for(self, run: Sequence[Burst]) -> Iterator[tuple[int, VideoFrame]]:
        """What the decoder gives for the packets of a run and those between them."""
        needed = {pts for burst in run for pts in burst.frame_pts}
        decoder = self._stream.codec_context
        decoder.flush_buffers()
        self._failed = False
        for packet in self._packets_from(run[0].entry_pts):
            if decoder.name in _CAN_PASS_OVER:
                decoder.skip_frame = "DEFAULT" if packet.pts in needed else "NONREF"
            yield from self._stamped(packet)
            needed.discard(packet.pts)
            if not needed:
                break
        # Pictures that wait for others to overtake them need no further packets: all before them have been fed.
        yield from self._stamped(None)

    def _stamped(self, packet: av.Packet[av.VideoStream] | None) -> Iterator[tuple[int, VideoFrame]]:
        """What the decoder gives for a packet, or at the end of them all."""
        import av

        try:
            pictures = self._stream.codec_context.decode(packet)
        except av.error.FFmpegError as error:
            self._failed = True
            near = f" near {moment_of(packet, self._stream)}" if packet is not None else ""
            self._trouble = self._trouble or f"{reason_of(error)}{near}"
            return
        yield from ((picture.pts, picture) for picture in pictures if picture.pts is not None)

    def _packets_from(self, entry_pts: int | None) -> Iterator[av.Packet[av.VideoStream]]:
        """Packets in the order they are stored, from a key frame on; nothing if it is nowhere to be found."""
        if entry_pts is None:
            self._open_again()
            yield from self._packets()
            return
        for seconds_back in (*_SEEK_BACK_SECONDS, None):
            if seconds_back is None:
                self._open_again()
            elif not self._seek(entry_pts - int(seconds_back / self.film.time_base)):
                continue
            packets = self._packets()
            first = _found(packets, entry_pts)
            if first is not None:
                yield first
                yield from packets
                return

    def _packets(self) -> Iterator[av.Packet[av.VideoStream]]:
        import av

        try:
            for packet in self._container.demux(self._stream):
                if packet.size:
                    yield packet
        except av.error.FFmpegError as error:
            self._trouble = self._trouble or f"reading stopped: {reason_of(error)}"

    def _seek(self, pts: int) -> bool:
        import av

        try:
            self._container.seek(pts, stream=self._stream, backward=True)
        except (av.error.FFmpegError, OverflowError):
            return False
        return True

    def _open_again(self) -> None:
        self._container.close()
        self._container = open_container(self._path)
        self._stream = video_stream(self._container, self._path)
        self._configure()


def open_bursts(path: Path, *, threads: int = 0) -> BurstReader:
    """Opens a film for reading bursts of it; see `BurstReader`."""
    return BurstReader(path, threads=threads)


class _Waiting:
    """Pictures in order, of which those before some time stamp are taken at a time."""

    def __init__(self, pictures: Iterator[tuple[int, VideoFrame]]) -> None:
        self._pictures = pictures
        self._next: tuple[int, VideoFrame] | None = None

    def before(self, stop_pts: int) -> Iterator[tuple[int, VideoFrame]]:
        while (found := self._next or next(self._pictures, None)) is not None:
            if found[0] >= stop_pts:
                self._next = found
                return
            self._next = None
            yield found


def _found(packets: Iterator[av.Packet[av.VideoStream]], entry_pts: int) -> av.Packet[av.VideoStream] | None:
    """The packet of a key frame; `None` once it cannot follow any more: no picture is decoded after it is shown."""
    for packet in packets:
        if packet.is_keyframe and packet.pts == entry_pts:
            return packet
        if packet.dts is not None and packet.dts > entry_pts:
            return None
    return None
