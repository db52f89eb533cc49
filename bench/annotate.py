"""What annotating costs over decoding and encoding the same frames plainly, in wall time and in processor time.

    python bench/annotate.py FILM [FILM...]
    python bench/annotate.py --tasks 3 --every 1 --preset veryfast FILM

`plain` decodes the film and encodes all its frames with the same encoder and settings, without sound or checks. The
timeline is made by hand, with a sample of every fifth frame (`--every`), five classes a task. Both are run in turn;
the medians of five rounds count.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from reelsift.actions.annotate import annotate
from reelsift.media.codecs import encoder_options
from reelsift.media.encode import VideoSettings
from reelsift.media.reader import FilmReader
from reelsift.media.sources import FilmSource
from reelsift.timeline import Timeline

CLASSES = ("football", "commercial", "studio", "crowd", "replay")


def timeline_of(path: Path, *, every: int, seed: int) -> Timeline:
    with FilmReader(path) as reader:
        times = np.array([frame.time_seconds for frame in reader.frames()])
    chosen = np.arange(0, len(times), every)
    walk = np.cumsum(np.random.default_rng(seed).normal(0, 0.5, (len(chosen), len(CLASSES))), axis=0)
    chances = np.exp(walk - walk.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    return Timeline(
        source=str(path), task=f"task {seed}", classes=CLASSES, frame_indexes=chosen, times_seconds=times[chosen],
        probabilities=chances, labels=chances.argmax(axis=1), start_seconds=float(times[0]),
        end_seconds=float(times[-1]) + float(np.median(np.diff(times))), frame_count=len(times),
    )  # fmt: skip


def plain(path: Path, output: Path, preset: str | None) -> None:
    with av.open(str(path)) as source, av.open(str(output), "w") as target:
        stream = source.streams.video[0]
        stream.thread_type = "AUTO"
        options = encoder_options("h264", quality=None, preset=preset, pixels=stream.width * stream.height)
        written = target.add_stream("libx264", rate=25, options=options)
        written.width, written.height, written.pix_fmt = stream.width, stream.height, stream.pix_fmt
        for count, frame in enumerate(source.decode(stream)):
            frame.pts, frame.time_base, frame.pict_type = count, Fraction(1, 25), 0
            target.mux(written.encode(frame))
        target.mux(written.encode(None))


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds."""
    wall, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - used


def rounds(
    path: Path, timelines: list[Timeline], *, output: Path, preset: str | None, count: int
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Wall and processor seconds of both ways, run in turn."""
    settings, source = VideoSettings("h264", preset=preset), FilmSource(path, path.name)
    by_hand, ours = [], []
    for _ in range(count):
        by_hand.append(timed(lambda: plain(path, output, preset)))
        ours.append(timed(lambda: annotate(source, timelines, output=output, settings=settings, overwrite=True)))
    return by_hand, ours


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("films", nargs="+", type=Path, metavar="FILM")
    parser.add_argument("--tasks", type=int, default=1)
    parser.add_argument("--every", type=int, default=5)
    parser.add_argument("--preset")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    print(f"{'film':32} {'frames':>6} {'plain s':>8} {'ours s':>8} {'ratio':>6} {'cpu s':>8} {'ours':>8} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "out.mp4"
        for path in asked.films:
            timelines = [timeline_of(path, every=asked.every, seed=seed) for seed in range(asked.tasks)]
            by_hand, ours = rounds(path, timelines, output=output, preset=asked.preset, count=asked.rounds)
            (wall, used), (our_wall, our_used) = (
                [statistics.median(column) for column in zip(*rows, strict=True)] for rows in (by_hand, ours)
            )
            print(
                f"{path.name[:32]:32} {timelines[0].frame_count:6} {wall:8.2f} {our_wall:8.2f} {our_wall / wall:6.2f}"
                f" {used:8.2f} {our_used:8.2f} {our_used / used:6.2f}",
                flush=True,
            )
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
