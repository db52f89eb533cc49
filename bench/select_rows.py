"""How long choosing the most different rows takes, how much memory, and how different the chosen are.

    python bench/select_rows.py [--rounds 3] [--exact] [--clips DIR]

1,000 of 100,000 rows of 1,280 values: unit vectors drawn like film frames (shots of very different lengths, with drift
inside), and the real index of all films in the folder of clips, tiled with noise. In turns with the plain algorithm:
one product of the matrix with a vector for each pick (its first 200 picks timed, for the time of all). With one thread
and with two, each in a process of its own, both alike. `--exact` also compares all picks with the plain algorithm in
float64. Then swaps over greedy on each film in clips at 5 frames a second, n a fifth of its frames, from ten first
picks; and 99 frames of a film of 18 s at 26 a second against uniform and random ones.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from common import film, parser, seconds_of, spread
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

ROWS, COLUMNS, PICKS, TIMED = 100_000, 1280, 1000, 200


def drawn(count: int = ROWS, *, shots: int = 600, seed: int = 0) -> FloatArray:
    """Frames of shots of very different lengths: each with a look, that of its scene in part, drift, and noise."""
    rng = np.random.default_rng(seed)
    share = rng.lognormal(0, 1.3, shots)
    borders = np.round(np.cumsum(share) / share.sum() * count).astype(int)
    scenes = rng.standard_normal((40, COLUMNS), np.float32)
    rows = np.empty((count, COLUMNS), np.float32)
    for start, stop in zip([0, *borders[:-1].tolist()], borders.tolist(), strict=True):
        look = 0.8 * scenes[rng.integers(40)] + 0.6 * rng.standard_normal(COLUMNS, np.float32)
        ways = rng.standard_normal((rng.integers(2, 7), COLUMNS), np.float32)
        walk = np.cumsum(rng.standard_normal((stop - start, len(ways)), np.float32) * rng.uniform(0.005, 0.06), axis=0)
        noise = rng.uniform(0.03, 0.2) * rng.standard_normal((stop - start, COLUMNS), np.float32)
        rows[start:stop] = np.maximum(look + np.tanh(walk / 2) @ ways + noise, 0)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def tiled(frames: FloatArray, count: int = ROWS, *, noise: float = 0.1, seed: int = 0) -> FloatArray:
    """Real frames again and again, each time with noise about as large as the step from one frame to the next."""
    rng = np.random.default_rng(seed)
    rows = np.resize(frames, (count, frames.shape[1]))
    for at in range(0, count, 4096):
        part = rows[at : at + 4096]
        part += noise / frames.shape[1] ** 0.5 * rng.standard_normal(part.shape, np.float32)
        np.maximum(part, 0, out=part)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return rows


def plain(rows: NDArray[np.floating], n: int, first: int) -> list[int]:
    """Greedy k-center as it is usually written for unit vectors."""
    picks, squares = [first], 2 - 2 * (rows @ rows[first])
    while len(picks) < n:
        squares[picks[-1]] = -1
        picks.append(int(squares.argmax()))
        np.minimum(squares, 2 - 2 * (rows @ rows[picks[-1]]), out=squares)
    return picks


def plain_exactly(values: FloatArray, n: int, first: int) -> list[int]:
    """The same in float64, and without taking lengths for 1 that are so only in float32."""
    rows = values.astype(np.float64)
    lengths = np.einsum("ij,ij->i", rows, rows)
    picks, squares = [first], np.full(len(rows), np.inf)
    while len(picks) < n:
        np.minimum(squares, lengths + lengths[picks[-1]] - 2 * (rows @ rows[picks[-1]]), out=squares)
        squares[picks[-1]] = -1
        picks.append(int(squares.argmax()))
    return picks


def peak() -> int:
    """Most bytes that this process, since it runs this program, has held at once."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def measure(path: Path, rounds: int, *, exact: bool) -> None:
    """Prints what choosing from a stored matrix takes, in turns with the plain algorithm."""
    from reelsift.select import coreset

    rows = np.load(path)
    coreset(rows[:2000], 10)
    before = peak()
    seconds, ratios = [], []
    picks = coreset(rows, PICKS).tolist()
    memory = (peak() - before) / rows.nbytes
    for _ in range(rounds):
        started = time.process_time()
        seconds.append(seconds_of(lambda: coreset(rows, PICKS)))
        used = time.process_time() - started
        ratios.append(seconds[-1] / (seconds_of(lambda: plain(rows, TIMED, picks[0])) * PICKS / TIMED))
    same = sum(a == b for a, b in zip(picks, plain(rows, PICKS, picks[0]), strict=True))
    threads = os.environ["OPENBLAS_NUM_THREADS"]
    print(
        f"{path.stem}, {threads} thread(s): {spread(seconds)} s ({used:.2f} s of processors), ratio {spread(ratios)}, "
        f"memory {memory:.1%} of the matrix, {same} of {PICKS} picks those of the plain algorithm in float32",
        flush=True,
    )
    if exact:
        same = sum(a == b for a, b in zip(picks, plain_exactly(rows, PICKS, picks[0]), strict=True))
        print(f"{path.stem}: {same} of {PICKS} picks those of the plain algorithm in float64", flush=True)


def indexed(path: Path, project: Path, *, fps: str) -> FloatArray:
    """Unit vectors of a film's frames."""
    from reelsift.project.indexing import indexed_views
    from reelsift.project.layout import Layout
    from reelsift.specs import FrameSpec, IndexSpec, Sampling

    layout = Layout(project)
    views = indexed_views(
        layout, layout.one_source(path), spec=IndexSpec(FrameSpec(Sampling.parse(fps))), views=("appearance",)
    )
    rows = np.asarray(views.views["appearance"], np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def least(rows: FloatArray) -> float:
    """Smallest distance between two rows."""
    from reelsift.distances import distance_statistics

    return distance_statistics(rows).min


def swaps(films: dict[str, FloatArray]) -> None:
    """Prints what exchanging picks gains."""
    from reelsift.select import coreset

    gains: list[list[float]] = []
    for name, rows in films.items():
        n = max(2, len(rows) // 5)
        greedy = [least(rows[coreset(rows, n, seed=seed)]) for seed in range(10)]
        swapped = [least(rows[coreset(rows, n, seed=seed, swaps=True)]) for seed in range(10)]
        gains.append([b / a for a, b in zip(greedy, swapped, strict=True)])
        print(
            f"  {name}: {n} of {len(rows)}, smallest distance {np.mean(swapped):.3f}, {spread(gains[-1])} over greedy"
        )
    print(f"swaps over greedy: {np.mean(gains):.3f} on average, never below {np.min(gains):.3f}", flush=True)


def against(rows: FloatArray, n: int = 99) -> None:
    """Prints the smallest and mean distance of frames chosen in three ways."""
    from reelsift.choosing import random, uniform
    from reelsift.select import coreset

    ways = {
        "coreset": coreset(rows, n, swaps=True),
        "coreset without swaps": coreset(rows, n),
        "uniform": uniform([np.arange(len(rows))], n),
        "random": random(len(rows), n),
    }
    for name, picks in ways.items():
        print(f"{n} of {len(rows)} frames, {name}: smallest distance {least(rows[picks]):.3f}")


def main() -> None:
    """Runs the benchmark."""
    arguments = parser(__doc__)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--exact", action="store_true", help="compare with float64, too (two minutes more)")
    arguments.add_argument("--matrix", type=Path, help="used by itself")
    options = arguments.parse_args()
    if options.matrix:
        measure(options.matrix, options.rounds, exact=options.exact)
        return
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch, "project")
        films = {path.name: indexed(path, project, fps="5") for path in sorted(options.clips.iterdir())}
        swaps(films)
        against(indexed(film(options.clips, "lightly_screen_recording.mp4"), project, fps="26"))
        for name in ("drawn", "tiled"):
            path = Path(scratch, f"{name}.npy")
            np.save(path, drawn() if name == "drawn" else tiled(np.concatenate(list(films.values()))))
            for threads in (1, 2):
                command = [sys.executable, __file__, "--matrix", str(path), "--rounds", str(options.rounds)]
                command += ["--exact"] if options.exact and threads == 1 else []
                subprocess.run(command, check=True, env={**os.environ, "OPENBLAS_NUM_THREADS": str(threads)})
            path.unlink()


if __name__ == "__main__":
    main()
