"""What the benchmarks share: where the films are, films made longer, decoding alone, and numbers as text."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import count
from pathlib import Path

import av

__all__ = ["REELSIFT", "decode", "film", "loop", "parser", "seconds_of", "spread"]

# Films that nobody here made; `--clips` names another place for them.
CLIPS = Path(__file__).resolve().parents[2] / "shared" / "data" / "clips"

REELSIFT = [sys.executable, "-m", "reelsift"]


def parser(text: str | None) -> argparse.ArgumentParser:
    """A parser with the option that all benchmarks have; `text` is the module's docstring."""
    result = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    result.add_argument("--clips", type=Path, default=CLIPS, metavar="DIR", help=f"default: {CLIPS}")
    return result


def film(clips: Path, name: str) -> Path:
    """A film by its path below the folder of clips, or beside that folder (`../printer/x.mp4`)."""
    path = clips / name
    if not path.exists():
        sys.exit(f"{path}: no such film; name the folder of films with --clips")
    return path


def loop(source: Path, output: Path, *, seconds: float) -> Path:
    """Writes a film of about `seconds` that shows `source` again and again: packets copied, time stamps going on."""
    with av.open(str(output), "w") as target:
        written, end = None, Fraction(0)
        for turn in count():
            with av.open(str(source)) as container:
                stream = container.streams.video[0]
                if written is None:
                    written = target.add_stream_from_template(stream)
                packets = [packet for packet in container.demux(stream) if packet.size]
                time_base = stream.time_base or Fraction(1)
                shown = [packet.pts for packet in packets if packet.pts is not None]
                decoded = [packet.dts for packet in packets if packet.dts is not None]
                last = max((packet.pts or 0) + (packet.duration or 1) for packet in packets)
                # Also where the last packets say nothing of how long they last, stamps must go on rising.
                length = max(last - min(shown), decoded[-1] - decoded[0] + 1)
                for packet in packets:
                    packet.pts = (packet.pts or 0) + turn * length
                    packet.dts = (packet.dts or 0) + turn * length
                    packet.stream = written
                    target.mux(packet)
                end = (turn + 1) * length * time_base
            if end >= seconds:
                return output
    raise AssertionError("never reached: the loop ends by returning")


def decode(path: Path) -> int:
    """Decodes a film with as many threads as reelsift takes, and does nothing with its frames; gives how many."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        return sum(1 for _ in container.decode(stream))


def seconds_of(work: Callable[[], object]) -> float:
    """Wall time of `work`."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def spread(values: Sequence[float]) -> str:
    """Median and range."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"
