"""What a cut costs over decoding and encoding the same frames plainly, and how much memory it takes.

    python bench/cut.py FILM [FILM...]

For each film half of the frames are kept, in scenes of ten. `plain` decodes the whole film and encodes the kept frames
with the same encoder and settings, without time stamps, sound or checks. `sparse` keeps one scene in twenty: there a
cut jumps over what goes, and plain decoding cannot. The best of three rounds counts.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from reelsift.actions.cut import CutTarget, cut
from reelsift.media.codecs import encoder_options
from reelsift.media.reader import FilmReader
from reelsift.media.sources import FilmSource
from reelsift.specs import CutSpec
from reelsift.timeline import Timeline


def timeline_of(path: Path, *, every: int) -> Timeline:
    with FilmReader(path) as reader:
        times = np.array([frame.time_seconds for frame in reader.frames()])
    labels = (np.arange(len(times)) // 10 % every == every - 1).astype(np.int64)
    step = float(np.median(np.diff(times)))
    return Timeline(
        source=str(path), task="bench", classes=("KO", "OK"), frame_indexes=np.arange(len(times)), times_seconds=times,
        probabilities=np.eye(2)[labels], labels=labels, start_seconds=float(times[0]),
        end_seconds=float(times[-1]) + step, frame_count=len(times),
    )  # fmt: skip


def plain(path: Path, timeline: Timeline, output: Path) -> None:
    with av.open(str(path)) as source, av.open(str(output), "w") as target:
        stream = source.streams.video[0]
        stream.thread_type = "AUTO"
        size = stream.width * stream.height
        written = target.add_stream(
            "libx264", rate=25, options=encoder_options("h264", quality=None, preset=None, pixels=size)
        )
        written.width, written.height, written.pix_fmt = stream.width, stream.height, stream.pix_fmt
        count = 0
        for index, frame in enumerate(source.decode(stream)):
            if timeline.labels[min(index, len(timeline) - 1)]:
                frame.pts, frame.time_base, frame.pict_type = count, Fraction(1, 25), 0
                count += 1
                target.mux(written.encode(frame))
        target.mux(written.encode(None))


def best(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def main() -> None:
    print(f"{'film':32} {'keep':>6} {'frames':>7} {'plain s':>8} {'cut s':>8} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as folder:
        for path in map(Path, sys.argv[1:]):
            for word, every in (("half", 2), ("sparse", 20)):
                timeline = timeline_of(path, every=every)
                if not timeline.labels.any():
                    continue
                output = Path(folder) / "out.mp4"
                target = CutTarget(film=output, overwrite=True)
                by_hand = best(lambda p=path, t=timeline, o=output: plain(p, t, o))  # type: ignore[misc]
                ours = best(
                    lambda p=path, t=timeline, g=target: cut(  # type: ignore[misc]
                        t, source=FilmSource(p, p.name), spec=CutSpec(keep=("OK",)), target=g
                    )
                )
                row = f"{path.name[:32]:32} {word:>6} {timeline.labels.sum():7} {by_hand:8.2f} {ours:8.2f}"
                print(row, f"{ours / by_hand:6.2f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
