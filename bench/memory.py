"""Peak memory of `reelsift index` on films of 1 minute and of 30 minutes.

    python bench/memory.py [--clips DIR] [--minutes 30]

Each film is a clip looped by copying its packets; each command runs in a process of its own. The long films are indexed
at 5 frames a second, and the printer's (640x360, quick to decode) in full, too.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from common import REELSIFT, film, loop, parser, seconds_of

PRINTER = "../printer/timelapse_3dprint_hand.mp4"
# clip, height, sampling of the film of 1 minute, and of the long one
FILMS = (
    (PRINTER, 360, ("5", "all"), ("5", "all")),
    ("mmaction2_struct.mp4", 720, ("5", "all"), ("5",)),
    ("mmaction2_demo_skeleton.mp4", 1080, ("5", "all"), ()),
)


def peak_mebibytes(command: list[str]) -> float:
    """Runs a command; gives the most memory it had at a time."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_maxrss / 1024


def measure(path: Path, *, name: str, minutes: float, fps: str) -> None:
    """Prints one row."""
    with tempfile.TemporaryDirectory() as folder:
        command = [*REELSIFT, "index", str(path), "--fps", fps, "--project", folder, "--quiet"]
        peaks: list[float] = []
        seconds = seconds_of(lambda: peaks.append(peak_mebibytes(command)))
    print(f"{name:40} {minutes:7g} {fps:>4} {peaks[0]:8.0f} {seconds:8.1f}", flush=True)


def main() -> None:
    """Runs the benchmark."""
    options = parser(__doc__)
    options.add_argument("--minutes", type=float, default=30, help="length of the long films")
    chosen = options.parse_args()
    print(f"{'film':40} minutes  fps peak MiB  seconds   (target: under 1536 MiB, the same at any length)")
    with tempfile.TemporaryDirectory() as folder:
        for clip, height, short, long in FILMS:
            source = film(chosen.clips, clip)
            for minutes, samplings in ((1.0, short), (chosen.minutes, long)):
                if samplings:
                    longer = loop(source, Path(folder) / source.name, seconds=60 * minutes)
                    for fps in samplings:
                        measure(longer, name=f"{source.name[:32]} {height}p", minutes=minutes, fps=fps)
                    longer.unlink()


if __name__ == "__main__":
    main()
