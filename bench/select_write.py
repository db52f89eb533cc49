"""How long writing chosen frames takes over seeking to and decoding those frames alone (PyAV).

    python bench/select_write.py [--clips DIR] [--seconds 1800] [--count 99] [--rounds 3] [--format png]

Films are clips looped by stream copy. The frames are spread at random over each, the same for both. Alone, ours, alone,
ours, ... in turns, because the machine may get slower or faster meanwhile; the ratio of each pair, median and range.
The last column is the ratio of processor time, which tells more than wall time where other programs run.
Alone: for each frame in order of time PyAV seeks to the key frame before it and decodes, with as many threads as there
are cores, until the frame comes; no picture is made of it. Ours: `write_selection`, with pictures and tables, without
what the command does before (choosing) and behind it (contact sheet, map). With `--check` all files that were written
are held against what decoding from the start gives.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from common import film, loop, parser, seconds_of, spread

from reelsift.actions.selection import ChosenFrame
from reelsift.actions.write_selection import write_selection
from reelsift.media.parts import scan_packets
from reelsift.media.picture_reader import read_picture
from reelsift.specs import PictureSpec

FILMS = (
    "lightly_dog.mp4",
    "supervision_walking.mp4",
    "cartoon_tomjerry_1.mp4",
    "mmaction2_demo_skeleton.mp4",
    "lightly_screen_recording.mp4",
)
TARGET = 1.5


def chosen_of(path: Path, count: int) -> list[ChosenFrame]:
    """Frames at random, in the order they were drawn."""
    scan = scan_packets(path)
    places = np.random.default_rng(0).choice(len(scan.pts), min(count, len(scan.pts)), replace=False)
    tick = scan.time_base
    return [
        ChosenFrame(str(path), path, "", int(place), scan.pts[place] * tick.numerator / tick.denominator)
        for place in places
    ]


def seek_and_decode(path: Path, frames: Sequence[ChosenFrame]) -> None:
    """Decodes each frame alone, and does nothing with it."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type, time_base = "AUTO", stream.time_base or Fraction(1)
        for frame in sorted(frames, key=lambda frame: frame.time_seconds):
            wanted = round(frame.time_seconds / time_base)
            container.seek(wanted, stream=stream)
            assert any(picture.pts == wanted for picture in container.decode(stream))


def check(path: Path, frames: Sequence[ChosenFrame], folder: Path, files: Sequence[str]) -> int:
    """Holds the files against all frames of the film; gives how many are the same to the last bit."""
    by_index = {frame.frame_index: file for frame, file in zip(frames, files, strict=True)}
    same = 0
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for index, picture in enumerate(container.decode(video=0)):
            if index in by_index:
                same += np.array_equal(read_picture(folder / by_index[index]), picture.to_ndarray(format="rgb24"))
    return same


def processor_seconds() -> float:
    """Processor time of this process, with all its threads."""
    times = os.times()
    return times.user + times.system


def compare(path: Path, folder: Path, *, count: int, rounds: int, spec: PictureSpec, checked: bool) -> None:
    """Prints the ratios of one film."""
    frames, scan = chosen_of(path, count), scan_packets(path)
    alone, ours, alone_cpu, ours_cpu = [], [], [], []
    for _ in range(rounds):
        before = processor_seconds()
        alone.append(seconds_of(lambda: seek_and_decode(path, frames)))
        between = processor_seconds()
        ours.append(seconds_of(lambda: write_selection(frames, folder, pictures=spec, overwrite=True)))
        alone_cpu.append(between - before)
        ours_cpu.append(processor_seconds() - between)
    ratios = [mine / other for mine, other in zip(ours, alone, strict=True)]
    cpu = [mine / other for mine, other in zip(ours_cpu, alone_cpu, strict=True)]
    results = write_selection(frames, folder, pictures=spec, overwrite=True)
    key_seconds = float((scan.end_pts - scan.pts[0]) * scan.time_base) / max(1, len(scan.key_pts))
    size = f"{results[0].width}x{results[0].height}"
    print(
        f"{path.name[-36:]:36} {size:>9} {key_seconds:6.2f} {min(alone):8.2f} {min(ours):8.2f}   "
        f"{spread(ratios):24} {TARGET:6.1f}   {spread(cpu)}",
        flush=True,
    )
    if checked:
        same = check(path, frames, folder, [written.file for written in results])
        print(f"    {same} of {len(frames)} are those of a full decode to the last bit", flush=True)


def main() -> None:
    """Runs the benchmark."""
    options = parser(__doc__)
    options.add_argument("--seconds", type=float, default=1800)
    options.add_argument("--count", type=int, default=99)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--format", choices=["png", "jpg", "webp"], default="png")
    options.add_argument("--check", action="store_true")
    options.add_argument("--films", default=",".join(FILMS), metavar="FILM,FILM,...")
    chosen = options.parse_args()
    columns = f"{'film':36} {'size':>9} {'key s':>6} {'alone s':>8} {'ours s':>8}   {'ratio':24} {'target':>6}"
    print(f"{columns}   processor time")
    with tempfile.TemporaryDirectory() as place:
        for name in chosen.films.split(","):
            path = loop(film(chosen.clips, name), Path(place) / Path(name).name, seconds=chosen.seconds)
            spec, folder = PictureSpec(chosen.format), Path(place) / "frames"
            compare(path, folder, count=chosen.count, rounds=chosen.rounds, spec=spec, checked=chosen.check)
            path.unlink()


if __name__ == "__main__":
    main()
