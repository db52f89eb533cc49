"""How long training and predicting take on stored features: a film of 20,000 frames, all indexed, in one session.

Run: python bench/train_predict.py [--frames 20000] [--clips DIR]

Twice, each in a session of its own: with 40 labelled frames, and with the whole film labelled in intervals. The film is
a real one, looped; its features are drawn, so that the benchmark need not wait for 20,000 frames: scenes of 10 s, each
with its own look, two classes that differ in some directions, noise. So the accuracy printed says nothing of reelsift.
Linear heads alone: what the others take, `bench/train_pictures.py` says.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from common import film, loop, parser
from numpy.typing import NDArray

SCENE = 250


def draw(frames: int, *, seed: int = 0) -> tuple[dict[str, NDArray[Any]], NDArray[np.int64]]:
    """Views and true classes of a film at 25 frames a second."""
    from reelsift.features.quality import QUALITY_WIDTH

    rng = np.random.default_rng(seed)
    scenes = np.arange(frames) // SCENE
    truth = rng.integers(0, 2, scenes.max() + 1)[scenes]
    views = {}
    for name, columns, dtype in (("appearance", 1280, np.float16), ("quality", QUALITY_WIDTH, np.float32)):
        looks = rng.standard_normal((scenes.max() + 1, columns), dtype=np.float32)[scenes]
        apart = rng.standard_normal(columns, dtype=np.float32) * 0.4
        noise = rng.standard_normal((frames, columns), dtype=np.float32) * 0.5
        views[name] = np.maximum(looks + noise + np.outer(truth, apart), 0).astype(dtype)
    return views, truth.astype(np.int64)


def store_index(path: Path, folder: Path, frames: int) -> NDArray[np.int64]:
    """Puts drawn features of a film into a project, as indexing would; gives the true classes."""
    from reelsift.features.extraction import plan_index, settle_index
    from reelsift.features.store import FeatureStore
    from reelsift.features.tables import VALUES, write_table
    from reelsift.media.sources import FilmSource
    from reelsift.specs import FrameSpec, IndexSpec, Sampling

    views, truth = draw(frames)
    spec = IndexSpec(FrameSpec(Sampling(None)))
    store = FeatureStore(folder / "index")
    plan = plan_index(FilmSource(path, str(path)), spec, store, views=spec.views)
    for item in plan.items:
        first, count = item.part.first_index, item.part.frame_count
        indexes = np.arange(first, first + count)
        facts = {
            "first_index": first,
            "decoded_frames": count,
            "undecodable": 0,
            "damage": "",
            "start_seconds": float(indexes[0] / 25),
            "end_seconds": float((indexes[-1] + 1) / 25),
        }
        for view, shard in item.shards:
            rows = {"frame_index": indexes, "time_seconds": indexes / 25, VALUES: views[view][indexes % frames]}
            write_table(shard, rows, facts=facts)
    settle_index(plan, store)
    return truth


def store_labels(path: Path, folder: Path, truth: NDArray[np.int64], *, whole: bool) -> int:
    """Labels the film: 40 frames of it, or all its scenes; gives the number of labelled frames."""
    from reelsift.labels import Label, LabelStore, SourceRecord
    from reelsift.media.sources import fingerprint_file

    source_id = fingerprint_file(path)
    if whole:
        starts = range(0, len(truth), SCENE)
        labels = [Label(source_id, "keep", "AB"[truth[i]], i / 25, (i + SCENE) / 25) for i in starts]
    else:
        indexes = np.linspace(0, len(truth) - 1, 40).astype(int).tolist()
        labels = [Label(source_id, "keep", "AB"[truth[i]], i / 25, (i + 1) / 25, i) for i in indexes]
    with LabelStore(folder / "labels.sqlite") as store:
        record = SourceRecord(source_id, "film", str(path))
        store.add(labels, task="keep", kind="single", sources=[record], what="bench")
    return len(truth) if whole else len(labels)


def measure(path: Path, folder: Path, labels: int) -> None:
    """Prints what one session takes; nothing of reelsift is imported when the clock starts."""
    started = time.perf_counter()
    from reelsift import Project, TrainSpec

    project = Project(folder)
    training = project.train("keep", spec=TrainSpec(model="linear"))
    trained = time.perf_counter()
    timeline = project.predict("keep", path)
    done = time.perf_counter()
    print(
        f"{len(timeline)} frames, {labels} of them labelled: train {trained - started:.2f} s (imports included), "
        f"predict {done - trained:.2f} s, together {done - started:.2f} s; "
        f"honest accuracy {training.summary['accuracy'] or 0:.3f}, {len(timeline.segments)} segments",
        flush=True,
    )


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--frames", type=int, default=20_000)
    arguments.add_argument("--session", nargs=3, metavar=("FILM", "PROJECT", "LABELS"), help="used by itself")
    options = arguments.parse_args()
    if options.session:
        path, folder, labels = options.session
        measure(Path(path), Path(folder), int(labels))
        return
    with tempfile.TemporaryDirectory() as scratch:
        source = film(options.clips, "../printer/timelapse_3dprint_hand.mp4")
        path = loop(source, Path(scratch, "film.mp4"), seconds=options.frames / 25)
        for whole in (False, True):
            folder = Path(scratch, f"project-{whole}")
            truth = store_index(path, folder, options.frames)
            labels = store_labels(path, folder, truth, whole=whole)
            command = [sys.executable, __file__, "--session", str(path), str(folder), str(labels)]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
