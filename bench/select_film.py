"""How long `reelsift select -n 99` on an indexed film of half an hour takes over decoding those frames alone.

    python bench/select_film.py [--clips DIR] [--seconds 1800] [--count 99] [--rounds 3]

Films are clips looped by stream copy. `select` runs in a fresh process: imports, choosing, pictures, tables, contact
sheet and map included. Alone: PyAV seeks to the key frame before each frame and decodes, as in `bench/select_write.py`.
In turns; the ratio of each pair, median and range.
"""

from __future__ import annotations

import csv
import subprocess
import tempfile
from functools import partial
from pathlib import Path

from common import REELSIFT, film, loop, parser, seconds_of, spread
from select_write import seek_and_decode

from reelsift.actions.selection import ChosenFrame

FILMS = ("supervision_walking.mp4", "cartoon_tomjerry_1.mp4")
TARGET = 1.5


def select(path: Path, folder: Path, output: Path, *, count: int) -> None:
    """Chooses frames with the command, in a fresh process."""
    options = ["-n", str(count), "-o", str(output), "--project", str(folder / "project"), "--overwrite", "--quiet"]
    subprocess.run([*REELSIFT, "select", str(path), *options], check=True, capture_output=True)


def chosen_in(output: Path, path: Path) -> list[ChosenFrame]:
    """The frames that were written."""
    with (output / "selection.csv").open(encoding="utf-8", newline="") as table:
        rows = [(int(row["frame_index"]), float(row["time_seconds"])) for row in csv.DictReader(table)]
    return [ChosenFrame(str(path), path, "", index, seconds) for index, seconds in rows]


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--seconds", type=float, default=1800)
    options.add_argument("--count", type=int, default=99)
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    print(f"{'film':28} {'frames':>6} {'select s':>9} {'alone s':>8}   ratio (to reach: {TARGET})")
    for name in FILMS:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            path = loop(film(given.clips, name), folder / f"long{Path(name).suffix}", seconds=given.seconds)
            subprocess.run(
                [*REELSIFT, "index", str(path), "--project", str(folder / "project"), "--quiet"],
                check=True, capture_output=True,
            )  # fmt: skip
            output = folder / "frames"
            select(path, folder, output, count=given.count)
            frames = chosen_in(output, path)
            choose = partial(select, path, folder, output, count=given.count)
            ours, alone = [], []
            for _ in range(given.rounds):
                ours.append(seconds_of(choose))
                alone.append(seconds_of(partial(seek_and_decode, path, frames)))
            ratios = [mine / theirs for mine, theirs in zip(ours, alone, strict=True)]
            print(f"{name:28} {len(frames):>6} {min(ours):9.2f} {min(alone):8.2f}   {spread(ratios)}")


if __name__ == "__main__":
    main()
