"""What is in a film: its header, and what reading it to the end says about that."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from reelsift.media.parts import scan_packets
from reelsift.media.reader import Film, open_film

__all__ = ["Probe", "missing_end", "probe_film"]

_STEADY_SHARE = 0.01
# A film is called cut off when it misses more of what its header announces than headers are usually wrong by.
_CUT_OFF_SECONDS = 1.0
_CUT_OFF_SHARE = 0.02


@dataclass(frozen=True)
class Probe:
    """A film's header and frames.

    Attributes:
        film: The header.
        packets: Pictures stored in the file.
        key_frames: Those that can be entered at.
        frames: Frames that can be decoded; `None` where nothing was decoded.
        first_seconds: Time stamp of the first frame.
        last_seconds: That of the last.
        shortest_seconds: Least time between two neighbouring frames; 0 for a single frame.
        longest_seconds: Most.
        is_variable: Whether the frame rate varies.
        undecodable: Frames that cannot be decoded; `None` where nothing was decoded.
        damage: What is wrong, in words; empty if nothing is.
    """

    film: Film
    packets: int
    key_frames: int
    frames: int | None
    first_seconds: float
    last_seconds: float
    shortest_seconds: float
    longest_seconds: float
    is_variable: bool
    undecodable: int | None
    damage: str

    @property
    def rate(self) -> Fraction | None:
        """Frames a second as the header has it; `None` where it cannot be true."""
        rate = self.film.average_rate
        return rate if rate and rate < 1000 else None


def missing_end(announced_seconds: float | None, *, there_seconds: float) -> str:
    """Says, in words, that a film ends before its header says it does; empty if it does not.

    Args:
        announced_seconds: The duration in the header; `None` where it has none.
        there_seconds: From the first frame to the end of the last.
    """
    announced = announced_seconds or 0.0
    if announced - there_seconds <= max(_CUT_OFF_SECONDS, _CUT_OFF_SHARE * announced):
        return ""
    return f"the file is cut off: it holds {there_seconds:.1f} s of {announced:.1f} s"


def probe_film(path: Path, *, decode: bool = True) -> Probe:
    """Reads a film to its end.

    Args:
        path: The film.
        decode: Whether every frame is decoded; without, only packets are counted and damage inside them goes unseen.

    Raises:
        SourceNotFoundError, MediaError: If it is no film, or nothing of it can be decoded.
    """
    scan = scan_packets(path)
    with open_film(path) as reader:
        film = reader.film
        if decode:
            times = np.array([frame.time_seconds for frame in reader.frames()])
        else:
            times = np.array(scan.pts, np.float64) * float(scan.time_base)
        undecodable, damage = reader.undecodable, reader.damage
    if not damage and times.size:
        there_seconds = float(times[-1] - times[0]) + scan.last_length_seconds
        damage = missing_end(film.duration_seconds, there_seconds=there_seconds)
    steps = np.diff(times)
    lost = max(undecodable, scan.frame_count - len(times)) if decode and (undecodable or damage) else undecodable
    tick = float(scan.time_base)
    # Stamps are rounded to ticks of the container's clock, so steps of one tick more or less are steady.
    steady = not steps.size or steps.max() - steps.min() <= max(2 * tick, _STEADY_SHARE * float(np.median(steps)))
    return Probe(
        film=film,
        packets=scan.packets,
        key_frames=len(scan.key_pts),
        frames=len(times) if decode else None,
        first_seconds=float(times[0]) if times.size else 0.0,
        last_seconds=float(times[-1]) if times.size else 0.0,
        shortest_seconds=float(steps.min()) if steps.size else 0.0,
        longest_seconds=float(steps.max()) if steps.size else 0.0,
        is_variable=not steady,
        undecodable=lost if decode else None,
        damage=damage,
    )
