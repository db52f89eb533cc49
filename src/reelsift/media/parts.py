"""Cutting a film into parts between key frames, so that they can be read one by one, in any order, by any process.

The parts joined equal the whole: a part begins at the time stamp of a key frame and ends before that of a later one. It
is read by seeking to its key frame, and on until the first frame at or after its end, so pictures that a decoder gives
late (B-frames, open groups of pictures) belong to the part their time stamp lies in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np

from reelsift.media.reader import can_seek, open_container, video_stream

__all__ = ["PacketScan", "Part", "plan_parts", "scan_packets"]

PART_SECONDS = 60.0


@dataclass(frozen=True)
class PacketScan:
    """What reading a film without decoding it tells.

    Attributes:
        pts: Time stamps of all pictures that are meant to be shown, sorted; shape (N,).
        key_pts: Those of the key frames, sorted; empty where parts cannot be told apart safely.
        time_base: Unit of both, in seconds.
        packets: Number of packets, with those an edit list leaves out.
        end_pts: Where the last picture ends; where it does not say how long it lasts, as long as most.
    """

    pts: tuple[int, ...]
    key_pts: tuple[int, ...]
    time_base: Fraction
    packets: int
    end_pts: int

    @property
    def last_length_seconds(self) -> float:
        """How long the last picture lasts; 0 where there is nothing to tell it from."""
        return float((self.end_pts - self.pts[-1]) * self.time_base) if self.pts else 0.0

    @property
    def frame_count(self) -> int:
        return len(self.pts)


@dataclass(frozen=True)
class Part:
    """A stretch of a film, or a run of pictures of a folder.

    Attributes:
        number: Counts from 0.
        start_pts: Time stamp of its first frame; `None` for the start of the film, wherever that is.
        stop_pts: Time stamp its frames stay below; `None` for the end.
        first_index: `frame_index` of its first frame if every packet before it can be decoded.
        frame_count: How many frames it should have.
    """

    number: int
    start_pts: int | None
    stop_pts: int | None
    first_index: int
    frame_count: int


def scan_packets(path: Path) -> PacketScan:
    """Reads the packets of a film's video stream without decoding them.

    Raises:
        MediaError, SourceNotFoundError: As `open_film`.
    """
    import av

    pts: list[int] = []
    key_pts: list[int] = []
    last = (0, 0)
    packets = 0
    with open_container(path) as container:
        stream = video_stream(container, path)
        stamped = can_seek(container)
        time_base = stream.time_base or Fraction(1)
        try:
            for packet in container.demux(stream):
                if packet.size == 0:
                    continue
                packets += 1
                if packet.pts is None:
                    stamped = False
                elif not packet.is_discard:
                    last = max(last, (packet.pts, packet.duration or 0)) if pts else (packet.pts, packet.duration or 0)
                    pts.append(packet.pts)
                    if packet.is_keyframe:
                        key_pts.append(packet.pts)
        except av.error.FFmpegError:
            stamped = False  # cut short: what there is will be read in one go
    # Two pictures with one stamp, key frames out of order, or pictures without a stamp: only one way to read those.
    clean = stamped and len(set(pts)) == len(pts) and all(a < b for a, b in pairwise(key_pts))
    pts.sort()
    length = last[1] or (round(float(np.median(np.diff(pts)))) if len(pts) > 1 else 0)
    return PacketScan(tuple(pts), tuple(key_pts) if clean else (), time_base, packets, last[0] + length)


def plan_parts(scan: PacketScan, *, part_seconds: float = PART_SECONDS) -> list[Part]:
    """Parts of at least `part_seconds`, each but the first beginning at a key frame."""
    starts: list[int] = []
    if scan.pts:
        enough = part_seconds / scan.time_base
        last = scan.pts[0]
        for key in scan.key_pts:
            # The rest behind the last border must be worth a part of its own, too.
            if key - last >= enough and scan.pts[-1] - key >= enough / 2:
                starts.append(key)
                last = key
    return _between(starts, scan.pts)


def _between(starts: Sequence[int], pts: Sequence[int]) -> list[Part]:
    first_indexes = [0, *np.searchsorted(np.asarray(pts, np.int64), starts).tolist()]
    ends = [*first_indexes[1:], len(pts)]
    borders: list[int | None] = [None, *starts, None]
    return [
        Part(number, borders[number], borders[number + 1], first, end - first)
        for number, (first, end) in enumerate(zip(first_indexes, ends, strict=True))
    ]
