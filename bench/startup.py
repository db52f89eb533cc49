"""How long the program and the library take to start: `reelsift --help`, and `import reelsift`.

    python bench/startup.py [--rounds 9]

Python alone is timed too, in turns with both: what it takes nobody can save.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

from common import REELSIFT, parser, seconds_of

COMMANDS = {
    "reelsift --help": [*REELSIFT, "--help"],
    "import reelsift": [sys.executable, "-c", "import reelsift"],
    "python alone": [sys.executable, "-c", "pass"],
}


def run(command: list[str]) -> None:
    """Runs a command that must succeed."""
    subprocess.run(command, check=True, capture_output=True)


def main() -> None:
    """Runs the benchmark."""
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=9)
    rounds = options.parse_args().rounds
    for command in COMMANDS.values():
        run(command)  # bytecode is compiled once
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            seconds[name].append(seconds_of(lambda command=command: run(command)))  # type: ignore[misc]
    for name, values in seconds.items():
        print(f"{name:16} {statistics.median(values):.3f} s ({min(values):.3f} to {max(values):.3f})")
    print("target: reelsift --help under 0.4 s")


if __name__ == "__main__":
    main()
