"""How long training and predicting take on stored features: 20,000 frames x (1280 + 100) columns, in one session.

Run: python bench/train_predict.py [--frames 20000] [--labels N]   (no labels given: once with 40, once with all frames)

The frames are drawn: scenes of 10 s, each with its own look, two classes that differ in some directions, noise.
The clock starts before reelsift is imported and stops with the smoothed segments.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray


def draw(frames: int, *, seed: int = 0) -> tuple[dict[str, NDArray[Any]], NDArray[np.int64], NDArray[np.float64]]:
    """Views, the true classes and the time stamps of a film at 5 frames a second."""
    rng = np.random.default_rng(seed)
    scenes = np.arange(frames) // 50
    truth = rng.integers(0, 2, scenes.max() + 1)[scenes]
    views = {}
    for name, columns, dtype in (("appearance", 1280, np.float16), ("quality", 100, np.float32)):
        looks = rng.standard_normal((scenes.max() + 1, columns), dtype=np.float32)[scenes]
        apart = rng.standard_normal(columns, dtype=np.float32) * 0.4
        noise = rng.standard_normal((frames, columns), dtype=np.float32) * 0.5
        views[name] = np.maximum(looks + noise + np.outer(truth, apart), 0).astype(dtype)
    return views, truth.astype(np.int64), np.arange(frames) / 5


def measure(frames: int, labels: int) -> None:
    """Prints what one session takes."""
    views, truth, times = draw(frames)
    rows = np.linspace(0, frames - 1, labels).astype(np.int64)
    started = time.perf_counter()
    from reelsift.models import Examples, train
    from reelsift.smoothing import smooth
    from reelsift.specs import TrainSpec
    from reelsift.timeline import Timeline

    blank = np.full(labels, "")
    examples = Examples(
        views={name: values[rows] for name, values in views.items()},
        targets=truth[rows],
        classes=("OK", "KO"),
        source_ids=np.full(labels, "film"),
        times_seconds=times[rows],
        groups=blank,
        stems=blank,
        order=np.zeros(labels, dtype=np.int64),
    )
    imported = time.perf_counter()
    training = train(examples, spec=TrainSpec(), task="keep")
    trained = time.perf_counter()
    model = training.model
    probabilities = model.probabilities(views)
    predicted = time.perf_counter()
    rate = model.switch_rate_per_second
    smoothed = smooth(probabilities, times_seconds=times, priors=model.priors, switch_rate_per_second=rate)
    timeline = Timeline(
        source="film",
        task="keep",
        classes=model.classes,
        frame_indexes=np.arange(frames),
        times_seconds=times,
        probabilities=probabilities,
        labels=smoothed,
        start_seconds=0.0,
        end_seconds=frames / 5,
        frame_count=frames,
    )
    segments = len(timeline.segments)
    done = time.perf_counter()
    print(
        f"{frames} frames, {labels} labels: import {imported - started:.2f} s, train {trained - imported:.2f} s, "
        f"predict {predicted - trained:.2f} s, smooth {done - predicted:.2f} s, together {done - started:.2f} s; "
        f"honest accuracy {training.report.accuracy:.3f}, right {np.mean(smoothed == truth):.4f}, {segments} segments"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=20_000)
    parser.add_argument("--labels", type=int)
    options = parser.parse_args()
    if options.labels is not None:
        measure(options.frames, options.labels)
        return
    for labels in (40, options.frames):  # each in a session of its own, imports included
        command = [sys.executable, __file__, "--frames", str(options.frames), "--labels", str(labels)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
