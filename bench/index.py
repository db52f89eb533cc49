"""How long indexing a film takes over decoding it alone (PyAV, same threads): `--fps 5` and `--fps all`.

    python bench/index.py [--clips DIR] [--seconds 60] [--rounds 3] [--only 1080]

Each clip is looped to about a minute, so that starting up does not count. One short film is indexed before, so that
converting and compiling the network does not count either; that cost is told in a line of its own. Then decode, index,
decode, index, ... in turns, because the machine may get slower or faster meanwhile; the ratio of each pair, their
median and range.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from common import REELSIFT, decode, film, loop, parser, seconds_of, spread

from reelsift.project import Project
from reelsift.specs import FrameSpec, IndexSpec, Sampling

FILMS = {
    720: ("mmaction2_struct.mp4", "supervision_walking.mp4", "lightly_screen_recording.mp4"),
    1080: ("mmaction2_demo_skeleton.mp4", "../odd/media3__mp4_edit_list_positive_shift.mp4"),
}
TARGETS = {("5", 720): 2.0, ("5", 1080): 1.6, ("all", 720): 6.0, ("all", 1080): 4.0}


def index(path: Path, *, fps: str) -> float:
    """Seconds that indexing a film into a fresh project takes."""
    with tempfile.TemporaryDirectory() as folder:
        spec = IndexSpec(FrameSpec(Sampling.parse(fps)))
        result = Project(folder).index(path, spec=spec)[0]
        assert result.status == "indexed", result.error
        return result.wall_seconds


def start_up(path: Path) -> None:
    """Prints what a fresh process costs over one in which all is loaded."""
    with tempfile.TemporaryDirectory() as folder:
        command = [*REELSIFT, "index", str(path), "--fps", "1", "--project", folder, "--quiet"]
        cold = seconds_of(lambda: subprocess.run(command, check=True, capture_output=True))
    index(path, fps="1")
    warm = index(path, fps="1")
    print(f"`reelsift index --fps 1 {path.name}`: {cold:.1f} s in a fresh process, {warm:.1f} s in one that is warm")


def compare(path: Path, *, height: int, rounds: int) -> None:
    """Prints the ratios of one film."""
    frames = decode(path)
    for fps in ("5", "all"):
        decoding, indexing = [], []
        for _ in range(rounds):
            decoding.append(seconds_of(lambda: decode(path)))
            indexing.append(index(path, fps=fps))
        ratios = [ours / alone for ours, alone in zip(indexing, decoding, strict=True)]
        print(
            f"{path.name[:40]:40} {height:>5}p {frames:6} {fps:>4} {min(decoding):8.2f} {min(indexing):8.2f}",
            f"  {spread(ratios):24} {TARGETS[fps, height]:6.1f}",
            flush=True,
        )


def main() -> None:
    """Runs the benchmark."""
    options = parser(__doc__)
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--only", type=int, choices=list(FILMS))
    chosen = options.parse_args()
    start_up(film(chosen.clips, FILMS[720][0]))
    print(f"\n{'film':40} {'':6} {'frames':>6} {'fps':>4} {'decode s':>8} {'index s':>8}   {'ratio':24} {'target':>6}")
    with tempfile.TemporaryDirectory() as folder:
        for height, names in FILMS.items():
            if chosen.only in (None, height):
                for name in names:
                    source = film(chosen.clips, name)
                    longer = loop(source, Path(folder) / source.name, seconds=chosen.seconds)
                    compare(longer, height=height, rounds=chosen.rounds)
                    longer.unlink()


if __name__ == "__main__":
    main()
