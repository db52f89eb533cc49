"""How long rating a folder of clips takes over decoding all of it (PyAV, as many threads as there are cores).

    python bench/rate.py [--clips DIR] [--seconds 60] [--count 4] [--rounds 3] [--key-frames 1,2,10] [--index-only]

The clips are 1080p films looped to a minute and more, packets copied, each a little longer than the one before: a copy
would not be looked at again. With `--key-frames` ten seconds of one of them, encoded anew with a key frame every so
many seconds, take their place. Then decode, rate, decode, rate, ... in turns, because the machine may get slower or
faster meanwhile; the ratio of each pair, their median and range. Rating is `reelsift rate` in a fresh process with a
fresh project; `--index-only` leaves out all but looking at the clips, in this process. The last column is the ratio of
processor time, which tells more than wall time where other programs run.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path

import av
from common import REELSIFT, decode, film, loop, parser, seconds_of, spread

from reelsift.media.sources import resolve_sources
from reelsift.project import Project
from reelsift.project.indexing import index_sources
from reelsift.runners import core_count
from reelsift.specs import FrameSpec, IndexSpec, Sampling

FILMS = ("mmaction2_demo_skeleton.mp4", "../odd/media3__mp4_edit_list_positive_shift.mp4")
TARGET = 0.5
_FPS = 30


def encoded(source: Path, output: Path, *, key_frames_every: int, seconds: int = 10) -> Path:
    """Encodes some seconds of a film at 1080p and 30 frames a second, with key frames so many seconds apart."""
    with av.open(str(source)) as container:
        pictures = [
            frame.reformat(1920, 1080, "yuv420p") for frame in islice(container.decode(video=0), seconds * _FPS)
        ]
    group = str(key_frames_every * _FPS)
    options = {"preset": "veryfast", "crf": "20", "g": group, "keyint_min": group, "sc_threshold": "0"}
    with av.open(str(output), "w") as target:
        stream = target.add_stream("libx264", rate=_FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        there_and_back = cycle([*pictures, *pictures[-2:0:-1]])
        for number, picture in enumerate(islice(there_and_back, seconds * _FPS)):
            picture.pts, picture.time_base, picture.pict_type = (
                number,
                Fraction(1, _FPS),
                av.video.frame.PictureType.NONE,
            )
            target.mux(stream.encode(picture))
        target.mux(stream.encode(None))
    return output


def rate(folder: Path) -> None:
    """Rates a folder of clips in a fresh process, into a fresh project."""
    with tempfile.TemporaryDirectory() as project:
        command = [*REELSIFT, "rate", str(folder), "--project", project, "--quiet"]
        subprocess.run(command, check=True, capture_output=True)


def look_at(folder: Path) -> None:
    """Looks at a folder of clips in bursts, as rating does, and does nothing with it."""
    spec = IndexSpec(FrameSpec(Sampling.parse("bursts")), views=("quality", "shake"))
    with tempfile.TemporaryDirectory() as project:
        layout = Project(project).layout
        results = index_sources(layout, resolve_sources([folder]), spec=spec, runner="processes", jobs=core_count())
    assert all(result.status == "indexed" for result in results), results


def processor_seconds() -> float:
    """Processor time of this process and of those it started that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def compare(name: str, folder: Path, *, rounds: int, index_only: bool) -> None:
    """Prints the ratios of one folder."""
    alone, ours, alone_cpu, ours_cpu = [], [], [], []
    for _ in range(rounds):
        before = processor_seconds()
        alone.append(seconds_of(lambda: [decode(path) for path in sorted(folder.iterdir())]))
        between = processor_seconds()
        ours.append(seconds_of(lambda: look_at(folder) if index_only else rate(folder)))
        alone_cpu.append(between - before)
        ours_cpu.append(processor_seconds() - between)
    ratios = [mine / other for mine, other in zip(ours, alone, strict=True)]
    cpu = [mine / other for mine, other in zip(ours_cpu, alone_cpu, strict=True)]
    print(
        f"{name[:44]:44} {min(alone):8.2f} {min(ours):8.2f}   {spread(ratios):24} {TARGET:6.1f}   {spread(cpu)}",
        flush=True,
    )


def main() -> None:
    """Runs the benchmark."""
    options = parser(__doc__)
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--count", type=int, default=4)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--key-frames", default="", metavar="S,S,...")
    options.add_argument("--index-only", action="store_true")
    chosen = options.parse_args()
    print(f"{'clips':44} {'decode s':>8} {'rate s':>8}   {'ratio':24} {'target':>6}   processor time")
    with tempfile.TemporaryDirectory() as place:
        originals = [film(chosen.clips, name) for name in FILMS]
        if chosen.key_frames:
            outputs = {
                int(every): Path(place) / f"key_frame_every_{every}s.mp4" for every in chosen.key_frames.split(",")
            }
            originals = [encoded(originals[0], path, key_frames_every=every) for every, path in outputs.items()]
        for original in originals:
            folder = Path(place) / original.stem
            folder.mkdir()
            for number in range(chosen.count):
                loop(original, folder / f"{number}.mp4", seconds=chosen.seconds + 10 * number)
            compare(original.name, folder, rounds=chosen.rounds, index_only=chosen.index_only)
            for path in folder.iterdir():
                path.unlink()


if __name__ == "__main__":
    main()
