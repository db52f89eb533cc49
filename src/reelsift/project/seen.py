"""What a model was trained on, so that nobody scores it on that."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reelsift.labels import Label, LabelStore, SourceRecord
from reelsift.models.builtin_tasks import BUILTIN_DIGEST

__all__ = ["SeenLabels", "rows_by_source", "spoken_of"]


@dataclass(frozen=True)
class SeenLabels:
    """The labels a model was trained on, as far as the project knows.

    Attributes:
        by_content: Labels by the content of their source.
        notes: What is uncertain about them, in words.
    """

    by_content: Mapping[str, tuple[Label, ...]]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, store: LabelStore, task: str, *, label_digest: str, classes: Collection[str]) -> SeenLabels:
        """The labels of a task.

        Args:
            label_digest: Digest of the labels that the model was trained on.
            classes: Classes it was trained on: labels of others it has not seen.
        """
        if label_digest == BUILTIN_DIGEST:
            return cls({}, ())
        if all(known.name != task for known in store.tasks()):
            note = (
                f"the project has no labels of task '{task}': frames that the model was trained on are not told apart"
            )
            return cls({}, (note,))
        by_content: dict[str, list[Label]] = {}
        for label in store.labels(task):
            if label.class_name in classes:
                by_content.setdefault(_content(label.source_id), []).append(label)
        notes: tuple[str, ...] = ()
        if store.label_digest(task) != label_digest:
            notes = ("the labels have changed since the model was trained: what it has seen is told by those of today",)
        return cls({content: tuple(labels) for content, labels in by_content.items()}, notes)

    def frames(self, source_ids: NDArray[np.str_], *, times_seconds: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(N,) whether the model was trained on each of N frames: a label speaks of it, or of a copy of the picture."""
        seen = np.zeros(len(source_ids), dtype=bool)
        for source_id, rows in rows_by_source(source_ids).items():
            labels = self.by_content.get(_content(source_id), ())
            seen[rows] = spoken_of(times_seconds[rows], labels=labels)
        return seen

    def films(self, source_ids: NDArray[np.str_], *, sources: Mapping[str, SourceRecord]) -> tuple[str, ...]:
        """A note if some of N frames are of films of which the model has seen other frames."""
        known = [
            _content(source_id) in self.by_content and sources[source_id].kind != "picture"
            for source_id in source_ids.tolist()
        ]
        if not any(known):
            return ()
        which = "all" if all(known) else str(sum(known))
        return (f"{which} of these frames are of films that the model was taught on: expect less on others",)


def rows_by_source(source_ids: NDArray[np.str_]) -> dict[str, NDArray[np.int64]]:
    """Row numbers of the frames of each source."""
    if not len(source_ids):
        return {}
    order = np.argsort(source_ids, kind="stable")
    names, starts = np.unique(source_ids[order], return_index=True)
    return dict(zip(names.tolist(), np.split(order, starts[1:]), strict=True))


def _content(source_id: str) -> str:
    """The fingerprint alone: a picture's name is part of its id, but a copy under another name is no other picture."""
    return source_id.partition("/")[0]


def spoken_of(times_seconds: NDArray[np.float64], *, labels: Sequence[Label]) -> NDArray[np.bool_]:
    """(N,) whether any of the labels, all of one source, speaks of its frames at `times_seconds`."""
    if any(label.is_whole for label in labels):
        return np.ones(len(times_seconds), dtype=bool)
    frames = [_microseconds(label.start_seconds or 0.0) for label in labels if label.is_frame]
    intervals = [label for label in labels if not label.is_frame]
    starts = np.sort([label.start_seconds or 0.0 for label in intervals])
    ends = np.sort([label.end_seconds or 0.0 for label in intervals])
    # Of the intervals that have begun, more than have ended: `[0, 2)` and `[1, 3)` hold 2, but not 3.
    inside = np.searchsorted(starts, times_seconds, side="right") > np.searchsorted(ends, times_seconds, side="right")
    return inside | np.isin([_microseconds(time) for time in times_seconds.tolist()], frames)


def _microseconds(seconds: float) -> int:
    return round(seconds * 1e6)
