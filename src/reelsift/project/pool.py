"""What frames are chosen from: those of sources that are worth choosing, with vectors that say what they show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from reelsift.actions.selection import ChosenFrame
from reelsift.errors import MediaError, ReelsiftError, SpecError
from reelsift.expressions import Expression
from reelsift.features.exposure import EXPOSURE_COLUMNS
from reelsift.features.quality import QUALITY_COLUMNS
from reelsift.media.sources import PictureSource, Source
from reelsift.project.indexing import THUMBNAIL, Progress, damage_of, for_source, indexed_views, silent
from reelsift.project.layout import Layout
from reelsift.project.learning import load_model
from reelsift.project.predicting import predict_source
from reelsift.specs import Crop, FrameSpec, IndexSpec, Sampling
from reelsift.timeline import nearest_samples

__all__ = ["NEAR_COPY", "Pool", "gather_pool"]

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]

# Vectors of frames that differ by little more than encoding: 0.01 to 0.05 on a screen on which nothing happens, up to
# 0.09 where small pictures are encoded hastily. The quietest film of a camera moves by 0.06 to 0.1 in 0.2 s.
NEAR_COPY = 0.06
_BLACK = 24 / 255


@dataclass(frozen=True, eq=False)
class Pool:
    """Frames to choose from, N of them.

    Attributes:
        sources: What they come from.
        damage: What of each source could not be read; empty if everything could.
        embeddings: `(N, D)` float32, rows of length 1.
        source_numbers: (N,) places in `sources`.
        frame_indexes: (N,).
        times_seconds: (N,).
        start_seconds: (S,) time stamp of the first frame of each source.
        end_seconds: (S,) where each ends.
        frame_counts: (S,) how many frames each has, looked at or not.
        usable: (N,) bool, whether a frame may be chosen.
        left_out: How many may not, and why: `black`, `copy`, `near copy`, `rejected`; `damaged` are frames of the film
            that could not be decoded.
    """

    sources: tuple[Source, ...]
    damage: tuple[str, ...]
    embeddings: FloatArray
    source_numbers: IntArray
    frame_indexes: IntArray
    times_seconds: NDArray[np.float64]
    start_seconds: NDArray[np.float64]
    end_seconds: NDArray[np.float64]
    frame_counts: IntArray
    usable: NDArray[np.bool_]
    left_out: dict[str, int]

    def frame(self, row: int) -> ChosenFrame:
        """What tells a frame apart from all others."""
        number = int(self.source_numbers[row])
        source, index = self.sources[number], int(self.frame_indexes[row])
        if isinstance(source, PictureSource):
            path = source.pictures[index]
            return ChosenFrame(source.name, path, source.source_id, index, float(self.times_seconds[row]), 0.0, True)
        start = float(self.start_seconds[number])
        return ChosenFrame(source.name, source.path, source.source_id, index, float(self.times_seconds[row]), start)

    @property
    def rising_times(self) -> NDArray[np.float64]:
        """(N,) times; where those of a damaged film run backwards, they stand still."""
        starts = np.flatnonzero(np.diff(self.source_numbers, prepend=-1))
        return np.concatenate([np.maximum.accumulate(part) for part in np.split(self.times_seconds, starts[1:])])


def gather_pool(
    layout: Layout,
    sources: Sequence[Source],
    *,
    sampling: Sampling | None = None,
    crop: Crop | None = None,
    reject: str | None = None,
    on_progress: Progress = silent,
    on_failure: Callable[[Source, ReelsiftError], None] | None = None,
) -> Pool:
    """The frames of sources that are worth choosing, indexed where that is missing.

    Args:
        on_failure: Told of a source that cannot be read; if not given, that is an error.

    Raises:
        MediaError: If no source can be read, or nothing is left to choose from.
        SpecError: If the condition for rejecting cannot be understood.
    """
    condition = _Condition.of(layout, reject) if reject is not None else None
    spec = IndexSpec(FrameSpec(sampling or Sampling(), crop), views=("appearance", "quality"))
    parts: list[_Part] = []
    for source in sources:
        try:
            parts.append(_part(layout, source, spec, condition, on_progress))
        except ReelsiftError as error:
            if on_failure is None or isinstance(error, SpecError):
                raise
            on_failure(source, error)
    if not parts:
        raise MediaError("no source could be read: there is nothing to choose from")
    return _joined(parts)


@dataclass(frozen=True, eq=False)
class _Part:
    source: Source
    damage: str
    embeddings: FloatArray
    frame_indexes: IntArray
    times_seconds: NDArray[np.float64]
    start_seconds: float
    end_seconds: float
    frame_count: int
    damaged: int
    reasons: list[str]  # (N,) why a frame may not be chosen; empty where it may


def _part(
    layout: Layout, source: Source, spec: IndexSpec, condition: _Condition | None, on_progress: Progress
) -> _Part:
    own = for_source(spec, source)
    index = indexed_views(layout, source, spec=own, views=(*own.views, THUMBNAIL), on_progress=on_progress)
    embeddings = np.asarray(index.views["appearance"], np.float32)
    embeddings /= np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-12)
    lightest = index.views["quality"][:, QUALITY_COLUMNS["exposure"]][:, EXPOSURE_COLUMNS["levels"]][:, -1]
    rejected = condition.of_frames(source, index.times_seconds, on_progress) if condition is not None else None
    reasons = [
        "black" if light <= _BLACK else "rejected" if rejected is not None and rejected[row] else ""
        for row, light in enumerate(lightest.tolist())
    ]
    last = -1
    for row, reason in enumerate(reasons):
        if reason:
            continue
        apart = float(np.linalg.norm(embeddings[row] - embeddings[last])) if last >= 0 else np.inf
        if apart <= NEAR_COPY:
            reasons[row] = "copy" if apart <= 1e-6 else "near copy"
        else:
            last = row
    facts = index.facts
    return _Part(source, damage_of(facts), embeddings, index.frame_indexes, index.times_seconds,
                 facts.start_seconds, facts.end_seconds, facts.frame_count, facts.undecodable, reasons)  # fmt: skip


def _joined(parts: Sequence[_Part]) -> Pool:
    reasons = list(chain.from_iterable(part.reasons for part in parts))
    usable = np.array([not reason for reason in reasons])
    if not usable.any():
        raise MediaError("nothing is left to choose from: all frames are black, copies or rejected")
    left_out = {name: reasons.count(name) for name in ("black", "copy", "near copy", "rejected")}
    left_out["damaged"] = sum(part.damaged for part in parts)
    return Pool(
        sources=tuple(part.source for part in parts),
        damage=tuple(part.damage for part in parts),
        embeddings=np.concatenate([part.embeddings for part in parts]),
        source_numbers=np.repeat(np.arange(len(parts)), [len(part.frame_indexes) for part in parts]),
        frame_indexes=np.concatenate([part.frame_indexes for part in parts]),
        times_seconds=np.concatenate([part.times_seconds for part in parts]),
        start_seconds=np.array([part.start_seconds for part in parts]),
        end_seconds=np.array([part.end_seconds for part in parts]),
        frame_counts=np.array([part.frame_count for part in parts]),
        usable=usable,
        left_out={name: count for name, count in left_out.items() if count},
    )


@dataclass(frozen=True)
class _Condition:
    """A condition about single frames, in probabilities of tasks."""

    layout: Layout
    expression: Expression
    tasks: tuple[str, ...]

    @classmethod
    def of(cls, layout: Layout, text: str) -> _Condition:
        """Raises:
        SpecError: If it cannot be understood, or names something but classes of trained or built-in tasks.
        """
        expression = Expression.parse(text)
        known: dict[str, str] = {}
        for task in dict.fromkeys(name.partition(".")[0] for name in expression.names):
            model, _ = load_model(layout, task)
            known.update({f"{task}.{name}": task for name in model.classes})
        expression.check(known, facts=(), shares=tuple(known))
        return cls(layout, expression, tuple(dict.fromkeys(known[name] for name in expression.names)))

    def of_frames(self, source: Source, times_seconds: NDArray[np.float64], on_progress: Progress) -> NDArray[np.bool_]:
        """(N,) of which frames of a source it is true."""
        values: dict[str, NDArray[np.float64]] = {}
        for task in self.tasks:
            timeline = predict_source(self.layout, task, source, on_progress=on_progress)
            nearest = nearest_samples(timeline.times_seconds, times_seconds)
            for place, name in enumerate(timeline.classes):
                values[f"{task}.{name}"] = timeline.probabilities[nearest, place]
        return np.asarray(np.broadcast_to(self.expression.evaluate(values), times_seconds.shape))
