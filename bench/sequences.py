"""What memory is worth: clips told apart, recordings cut into segments, and what it takes; with and without memory.

Run: python bench/sequences.py [--fight DIR] [--models linear,statistics,gru] [--folds 5] [--seed 0] [--keep DIR]

The clips are of surveillance cameras, fights and none, with the film that each is from (`groups.csv`). Three parts:

clips       all clips are labelled whole, and `train` scores itself in folds by film: accuracy a frame and a clip.
recordings  the clips of each fold are joined to one film of 640x360 at 25 frames a second, 60 changes in all, and each
            model is taught on the clips of the other films. Every frame of the recordings counts. All models smooth
            alike; "raw" is the likeliest class of each sample.
time        one training on stored features (wall and processor seconds, the process as a whole), and `predict` of an
            hour, 18,000 samples whose stored features are those of the recordings over and over.

With `--keep` the project stays, and the next run finds all features stored.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from common import REELSIFT
from numpy.typing import NDArray
from recordings import FPS, Clip, Recording, folds_of, join, read_clips, stretches_of

from reelsift import Project
from reelsift.segment_scores import OVERLAPS_PERCENT, segment_scores
from reelsift.timeline import Timeline

FIGHT = Path(__file__).resolve().parents[2] / "shared" / "data" / "fight"
CHANGES = 60
HOUR = 18_000


@dataclass(frozen=True)
class Took:
    """What a command gave, and what it took: seconds of wall and of processors, and the most memory in MiB."""

    values: Mapping[str, Any]
    wall_seconds: float
    cpu_seconds: float
    mebibytes: float


def reelsift(folder: Path, *arguments: object) -> Took:
    """Runs a command in a process of its own."""
    command = [*REELSIFT, *map(str, arguments), "--project", str(folder), "--json", "--quiet"]
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, stdout=out)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        out.seek(0)
        text = out.read()
    if os.waitstatus_to_exitcode(status) not in (0, 3):
        sys.exit(f"{' '.join(command)}: {text.strip()}")
    return Took(json.loads(text), wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def teach(folder: Path, task: str, clips: Iterable[Clip], *, model: str, seed: int) -> Took:
    """Imports clips as the labels of a task, unless they are there, and trains a model on them.

    A model is a word of `train --model`, or such a word and how many samples its window has: `gru:25`.
    """
    table = folder.parent / f"{task}.csv"
    with table.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("file", "label", "group"))
        rows.writerows((clip.path, clip.label, clip.group) for clip in clips)
    reelsift(folder, "labels", "import", table, "--task", task)
    name, _, window = model.partition(":")
    more = ("--window", window) if window else ()
    return reelsift(folder, "train", task, "--model", name, "--seed", seed, *more)


# Clips ---------------------------------------------------------------------------------------------------------------


def score_clips(folder: Path, clips: Sequence[Clip], models: Sequence[str], *, seed: int) -> None:
    print(f"\n{len(clips)} clips, folds by film (seed {seed})\n")
    print("| model | a frame | a clip | wall s | processor s | views |\n| --- | --- | --- | --- | --- | --- |")
    for model in models:
        took = teach(folder, "clips", clips, model=model, seed=seed)
        said = took.values
        print(
            f"| {model}{_chosen(model, said)} | {_share(said['accuracy'])} | {_share(said.get('clip_accuracy'))} "
            f"| {took.wall_seconds:.0f} | {took.cpu_seconds:.0f} | {', '.join(said['views'])} |",
            flush=True,
        )


def _chosen(model: str, said: Mapping[str, Any]) -> str:
    return f" ({said['model']})" if said["model"] != model.partition(":")[0] else ""


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


# Recordings ----------------------------------------------------------------------------------------------------------


def make_recordings(
    scratch: Path, folds: Sequence[Sequence[Clip]], classes: Sequence[str], seed: int
) -> list[Recording]:
    """A film of the clips of each fold, 60 changes in all."""
    found = []
    for number, fold in enumerate(folds):
        changes = CHANGES * (number + 1) // len(folds) - CHANGES * number // len(folds)
        stretches = stretches_of(fold, changes=changes, seed=seed + number)
        path = scratch / f"recording-{seed}-{number}of{len(folds)}.mp4"
        truth = path.with_suffix(".npy")
        if not truth.exists():
            np.save(truth, join(stretches, path, classes=classes).truth)
        found.append(Recording(path, np.load(truth)))
    return found


def score_recordings(
    folder: Path, folds: Sequence[Sequence[Clip]], films: Sequence[Recording], models: Sequence[str], *, seed: int
) -> None:
    changes, frames = sum(film.changes for film in films), sum(len(film.truth) for film in films)
    print(f"\n{len(films)} recordings of unseen films, {frames / FPS:.0f} s, {changes} changes (seed {seed})\n")
    titles = ["model", "frames", "raw", *(f"F1@{overlap}" for overlap in OVERLAPS_PERCENT), "edit", "changes"]
    print(f"| {' | '.join(titles)} |\n|{' --- |' * len(titles)}")
    for model in models:
        timelines = []
        for number, film in enumerate(films):
            task = f"fold{number}of{len(folds)}-{seed}-{model.replace(':', '-')}"
            others = [clip for other, fold in enumerate(folds) if other != number for clip in fold]
            teach(folder, task, others, model=model, seed=seed)
            timelines.append(_timeline(folder, task, film))
        print(f"| {model} | {' | '.join(_scores(films, timelines))} |", flush=True)


def _timeline(folder: Path, task: str, film: Recording) -> Timeline:
    timeline = Project(folder).predict(task, film.path, exact=True)
    assert isinstance(timeline, Timeline)
    return timeline


def _scores(films: Sequence[Recording], timelines: Sequence[Timeline]) -> list[str]:
    predicted = [frames_of(timeline, len(film.truth)) for film, timeline in zip(films, timelines, strict=True)]
    truth = np.concatenate([film.truth for film in films])
    found = segment_scores([(film.truth, own) for film, own in zip(films, predicted, strict=True)])
    raw = [
        timeline.raw_labels == film.truth[timeline.frame_indexes]
        for film, timeline in zip(films, timelines, strict=True)
    ]
    scores = [float((np.concatenate(predicted) == truth).mean()), float(np.concatenate(raw).mean())]
    scores += [found.f1[overlap] for overlap in OVERLAPS_PERCENT]
    return [*(f"{score:.3f}" for score in (*scores, found.edit)), str(found.predicted_segments - len(films))]


def frames_of(timeline: Timeline, count: int) -> NDArray[np.int64]:
    """(T,) the class of each frame of a film of 25 frames a second, by the segments of its timeline."""
    ends = np.array([segment.end_seconds for segment in timeline.segments])
    labels = np.array([timeline.classes.index(segment.label) for segment in timeline.segments])
    middles = (np.arange(count) + 0.5) / FPS
    return np.asarray(labels[np.minimum(np.searchsorted(ends, middles, side="right"), len(ends) - 1)], dtype=np.int64)


# Time ----------------------------------------------------------------------------------------------------------------


def measure_time(
    folder: Path, clips: Sequence[Clip], films: Sequence[Recording], models: Sequence[str], *, seed: int
) -> None:
    print(f"\n{len(clips)} clips, features stored; an hour predicted, features stored\n")
    print("| model | train wall s | processor s | predict wall s | processor s | MiB |\n|" + " --- |" * 6)
    hour = write_hour(folder.parent / "hour.mp4")
    for model in models:
        taught = teach(folder, "clips", clips, model=model, seed=seed)
        store_hour(folder, "clips", hour, films)
        took = reelsift(folder, "predict", "clips", hour)
        print(
            f"| {model} | {taught.wall_seconds:.0f} | {taught.cpu_seconds:.0f} | {took.wall_seconds:.1f} "
            f"| {took.cpu_seconds:.1f} | {took.mebibytes:.0f} |",
            flush=True,
        )


def write_hour(path: Path) -> Path:
    """A film of an hour, 5 frames a second, in which there is nothing to see."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=5, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(HOUR):
            frame = av.VideoFrame(64, 48, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([number % 251]) * plane.buffer_size)
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def store_hour(folder: Path, task: str, hour: Path, films: Sequence[Recording]) -> None:
    """Puts features of an hour into the project, as an index would have them: those of the recordings, repeated."""
    from reelsift.features.extraction import FILM_PLAN
    from reelsift.features.tables import VALUES, write_json, write_table
    from reelsift.features.views import VIEWS
    from reelsift.media.sources import FilmSource, fingerprint_file
    from reelsift.models.model import Model
    from reelsift.project.indexing import indexed_views
    from reelsift.project.layout import Layout
    from reelsift.project.learning import load_model
    from reelsift.specs import IndexSpec

    layout, sources = Layout(folder), [FilmSource(film.path, str(film.path)) for film in films]
    model, _ = load_model(layout, task)
    assert isinstance(model, Model)
    spec, source_id = IndexSpec.from_dict(model.index_spec), fingerprint_file(hour)
    stored = [indexed_views(layout, source, spec=spec, views=model.views) for source in sources]
    facts = {"frame_count": HOUR, "undecodable": 0, "damage": "", "start_seconds": 0.0, "end_seconds": HOUR / 5}
    for view in model.views:
        rows = [row for index in stored for row in index.views[view]]
        values = [rows[number % len(rows)] for number in range(HOUR)]
        columns = {"frame_index": np.arange(HOUR), "time_seconds": np.arange(HOUR) / 5}
        place = layout.features.view_folder(source_id, view, spec, plan=FILM_PLAN)
        if place.exists():
            continue
        write_table(place / "part-00000.parquet", {**columns, VALUES: _table(values)}, facts={"format": 1})
        identity = {"format": 1, "source_id": source_id, "view": view, "version": VIEWS[view].version}
        record = {**identity, **spec.to_dict(), **facts, "samples": HOUR, "plan": FILM_PLAN}
        write_json(place.parent / "index.json", record)


def _table(values: list[Any]) -> Any:
    return values if isinstance(values[0], bytes) else np.stack(values)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--fight", type=Path, default=FIGHT, metavar="DIR", help=f"default: {FIGHT}")
    arguments.add_argument("--models", default="linear,regions,statistics,gru,lstm,tcn")
    arguments.add_argument("--parts", default="clips,recordings,time")
    arguments.add_argument("--folds", type=int, default=5)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--keep", type=Path, metavar="DIR", help="where the project and the recordings stay")
    options = arguments.parse_args()
    if not options.fight.exists():
        sys.exit(f"{options.fight}: no such folder; name the clips with --fight")
    clips, models, parts = read_clips(options.fight), options.models.split(","), options.parts.split(",")
    with tempfile.TemporaryDirectory() as temporary:
        scratch = options.keep or Path(temporary)
        scratch.mkdir(parents=True, exist_ok=True)
        folder = scratch / "project"
        if "clips" in parts:
            score_clips(folder, clips, models, seed=options.seed)
        if {"recordings", "time"} & set(parts):
            folds = folds_of(clips, folds=options.folds, seed=options.seed)
            films = make_recordings(scratch, folds, sorted({clip.label for clip in clips}), options.seed)
            if "recordings" in parts:
                score_recordings(folder, folds, films, models, seed=options.seed)
            if "time" in parts:
                measure_time(folder, clips, films, models, seed=options.seed)


if __name__ == "__main__":
    main()
