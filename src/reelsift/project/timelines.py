"""Timelines on disk: Parquet, a row for each sample."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from reelsift.errors import IndexIncompleteError
from reelsift.features.tables import read_facts, read_rows, write_table
from reelsift.media.sources import Source
from reelsift.timeline import Timeline

__all__ = ["is_timeline", "read_timeline", "write_timeline"]


def write_timeline(path: Path, timeline: Timeline, *, facts: Mapping[str, Any]) -> None:
    """Keeps a timeline as Parquet: a row for each sample, with its raw and its smoothed label and all probabilities."""
    names = np.array(timeline.classes)
    columns: dict[str, Any] = {
        "frame_index": timeline.frame_indexes,
        "time_seconds": timeline.times_seconds,
        "label": names[timeline.labels].tolist(),
        "raw_label": names[timeline.raw_labels].tolist(),
    }
    columns |= {f"p_{name}": timeline.probabilities[:, index] for index, name in enumerate(timeline.classes)}
    whole = {name: getattr(timeline, name) for name in ("start_seconds", "end_seconds", "frame_count")}
    write_table(path, columns, facts={**facts, **whole, "classes": list(timeline.classes)})


def is_timeline(path: Path) -> bool:
    """Whether a file is a timeline of ours, of whatever model."""
    try:
        return {"model", "classes", "frame_count"} <= set(read_facts(path))
    except IndexIncompleteError:
        return False


def read_timeline(path: Path, source: Source, task: str, facts: Mapping[str, Any]) -> Timeline | None:
    """The stored timeline, if it was made from the same things."""
    if not path.exists():
        return None
    try:
        stored = read_facts(path)
        if any(stored.get(name) != value for name, value in facts.items()):
            return None
        classes = tuple(stored["classes"])
        rows = read_rows([path], columns=["frame_index", "time_seconds", "label", *(f"p_{name}" for name in classes)])
    except (IndexIncompleteError, KeyError):
        return None
    places = {name: place for place, name in enumerate(classes)}
    return Timeline(
        source=source.name,
        task=task,
        classes=classes,
        frame_indexes=rows["frame_index"],
        times_seconds=rows["time_seconds"],
        probabilities=np.stack([rows[f"p_{name}"] for name in classes], axis=1),
        labels=np.array([places[name] for name in rows["label"].tolist()], np.int64),
        start_seconds=stored["start_seconds"],
        end_seconds=stored["end_seconds"],
        frame_count=stored["frame_count"],
    )
