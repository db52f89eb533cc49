"""Timelines and held-out frames made by hand, for what knows no model."""

from __future__ import annotations

import numpy as np

from reelsift.held_out import HeldOut
from reelsift.multi_timeline import MultiTimeline, yes_or_no
from reelsift.timeline import Timeline

CLASSES = ("neither", "Jerry", "Tom")


def film(
    source: str = "film.mp4",
    *,
    seconds: float = 60.0,
    fps: float = 5.0,
    classes: tuple[str, ...] = CLASSES,
    scene_seconds: float = 5.0,
    start_seconds: float = 0.0,
    sure: float = 0.9,
    seed: int = 0,
) -> Timeline:
    """Scenes of random classes; the model is `sure` of the right one, and in one frame of twenty of a wrong one."""
    rng = np.random.default_rng(seed)
    count, classes_count = max(int(seconds * fps), 1), len(classes)
    scenes = (np.arange(count) / fps // scene_seconds).astype(np.int64)
    labels = rng.integers(classes_count, size=scenes[-1] + 1)[scenes]
    told = np.where(rng.random(count) < 0.05, (labels + 1) % classes_count, labels)
    rows = np.full((count, classes_count), (1 - sure) / (classes_count - 1))
    rows[np.arange(count), told] = sure
    return Timeline(
        source=source,
        task="character",
        classes=classes,
        frame_indexes=np.arange(count),
        times_seconds=start_seconds + np.arange(count) / fps,
        probabilities=rows,
        labels=labels,
        start_seconds=start_seconds,
        end_seconds=start_seconds + seconds,
        frame_count=count,
    )


def multi(
    source: str = "film.mp4", *, names: tuple[str, ...] = ("Tom", "Jerry"), seconds: float = 60.0
) -> MultiTimeline:
    """The same for classes that can be true at once."""
    parts = [film(source, seconds=seconds, classes=yes_or_no(name), seed=seed) for seed, name in enumerate(names, 3)]
    return MultiTimeline(tuple(parts))


def honest(classes: int = 3, *, frames: int = 240, groups: int = 20, sure: float = 0.9, seed: int = 0) -> HeldOut:
    """Held-out frames of all classes, told as in `film`."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(classes, size=frames)
    told = np.where(rng.random(frames) < 0.05, (targets + 1) % classes, targets)
    rows = np.full((frames, classes), (1 - sure) / (classes - 1))
    rows[np.arange(frames), told] = sure
    return HeldOut(rows, targets, np.ones(frames), np.arange(frames) * groups // max(frames, 1))


def nothing_known(classes: int = 3) -> HeldOut:
    """No held-out frame at all."""
    return HeldOut(np.zeros((0, classes)), np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64))
