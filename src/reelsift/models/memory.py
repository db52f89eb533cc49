"""Memory: what heads that look at the samples around a frame have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import ModelError
from reelsift.models.linear import CHUNK_ROWS, fit_space
from reelsift.models.sequences import BATCH_SAMPLES, nearest, strands
from reelsift.shot_borders import APPEARANCE

__all__ = ["MemoryHead", "Projection", "fit_projection"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Table = NDArray[np.float32]

UNTURNED = 128  # columns of a view that keeps them
SEEN = 128  # coordinates that cuts are seen by
FITTED_ROWS = 4000  # samples that a projection is learned from: neighbours are near copies


@dataclass(frozen=True, eq=False)
class Projection:
    """Views with D columns in all, turned onto P coordinates and Q that cuts are seen by: `x @ weights + offset`.

    Attributes:
        widths: Names of the views in the order of their columns, with the number of columns of each.
        weights: (D, P + Q) float32.
        offset: (P + Q,) float32.
        seen: Q; 0 where nothing is known of cuts. Between neighbours, these tell the cosine distance of the view
            `appearance`.

    Raises:
        ModelError: If the arrays do not fit each other.
    """

    widths: tuple[tuple[str, int], ...]
    weights: Table
    offset: Table
    seen: int = 0

    def __post_init__(self) -> None:
        columns = sum(width for _, width in self.widths)
        if not 0 <= self.seen < len(self.offset):
            raise ModelError("a model with memory sees cuts by some of its coordinates: train the model again")
        if self.weights.ndim != 2 or len(self.weights) != columns or self.offset.shape != self.weights.shape[1:]:
            raise ModelError("the projection of a model with memory does not fit its views: train the model again")
        if not (np.isfinite(self.weights).all() and np.isfinite(self.offset).all()):
            raise ModelError("the projection of a model with memory is of finite numbers: train the model again")

    @property
    def views(self) -> tuple[str, ...]:
        """Names of the views it looks at."""
        return tuple(name for name, _ in self.widths)

    @property
    def count(self) -> int:
        """P."""
        return len(self.offset) - self.seen

    def coordinates(self, views: Mapping[str, Any]) -> Table:
        """(N, P + Q) of N frames; views are read a slice at a time, so they may be longer than memory.

        Raises:
            ModelError: If a view is missing, has another width, or holds values that are not finite.
        """
        counts = set()
        for name, _ in self.widths:
            if name not in views:
                raise ModelError(f"the model looks at the view '{name}', which is not among {', '.join(views)}")
            counts.add(len(views[name]))
        if len(counts) > 1:
            raise ModelError("the views of a source have different numbers of frames: index it again")
        found = np.empty((counts.pop(), len(self.offset)), np.float32)
        for first in range(0, len(found), CHUNK_ROWS):
            found[first : first + CHUNK_ROWS] = self._of_slice(views, first)
        if not np.isfinite(found).all():
            frame = int(np.argmin(np.isfinite(found).all(axis=1)))
            raise ModelError(f"the features of sampled frame {frame} are not finite numbers: index the source again")
        return found

    def _of_slice(self, views: Mapping[str, Any], first: int) -> Table:
        total, end = self.offset, 0
        for name, width in self.widths:
            table = np.asarray(views[name][first : first + CHUNK_ROWS])
            if table.ndim != 2 or table.shape[1] != width:
                raise ModelError(
                    f"the model was trained on '{name}' with {width} columns, not on an array of shape {table.shape}: "
                    "index the source with the model's own backbone and views"
                )
            part, end = self.weights[end : end + width], end + width
            total = total + table.astype(np.float32) @ part
        return np.asarray(total, np.float32)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What the model file keeps as arrays."""
        return {"projection": self.weights, "offset": self.offset}

    def settings(self) -> dict[str, Any]:
        """What the model file keeps as JSON."""
        return {"views": [[name, width] for name, width in self.widths], "seen": self.seen}

    @classmethod
    def from_parts(cls, settings: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Projection:
        """The projection that gave `settings` and `arrays`."""
        widths = tuple((str(name), int(width)) for name, width in settings["views"])
        return cls(widths, arrays["projection"], arrays["offset"], int(settings["seen"]))


def fit_projection(
    views: Mapping[str, NDArray[Any]],
    *,
    rows: IntArray,
    components: int,
    seed: int,
    appearance: NDArray[Any] | None = None,
) -> Projection:
    """Views side by side, each with a mean square of 1, wide ones turned onto their largest principal components.

    So views of 60 and of 1280 columns weigh the same. Large components stay large: whitened, clips of fights were told
    less well (0.72 in place of 0.76, an LSTM, mean of three seeds of folds). Narrow views keep their columns, each of
    which means something: the largest of one is not the largest of a mixture. No labels are used.

    Args:
        views: By name, (M, D).
        rows: The samples to learn it from; thinned out evenly where there are more than are needed.
        components: Of a wide view, at most.
        seed: For the random directions of large problems.
        appearance: (M, D) the view `appearance`, by which cuts are seen, whether or not it is among the views.
    """
    rows = rows[:: 1 + len(rows) // FITTED_ROWS]
    turned, offsets = [], []
    for values in views.values():
        space = fit_space(values[rows], seed=seed)
        kept = np.eye(len(space.mean)) if len(space.mean) <= UNTURNED else space.components[:, :components]
        found = ((values[rows] - space.mean) / space.scale) @ kept
        kept = kept / max(float((found**2).mean()), 1e-12) ** 0.5
        turned.append(kept / space.scale[:, None])
        offsets.append(-(space.mean / space.scale) @ kept)
    table = np.zeros((sum(len(part) for part in turned), sum(part.shape[1] for part in turned)))
    row = column = 0
    for part in turned:
        table[row : row + len(part), column : column + part.shape[1]] = part
        row, column = row + len(part), column + part.shape[1]
    widths = tuple((name, values.shape[1]) for name, values in views.items())
    projection = Projection(widths, table.astype(np.float32), np.concatenate(offsets).astype(np.float32))
    return projection if appearance is None else _seeing(projection, width=appearance.shape[1], seed=seed)


def _seeing(projection: Projection, *, width: int, seed: int) -> Projection:
    """The projection with coordinates that cuts are seen by: random directions keep distances nearly as they are.

    (Johnson and Lindenstrauss 1984.) Principal components do not: those of the films it was taught on are others than
    those of a film never seen, whose jumps then look small.
    """
    widths = dict(projection.widths) | {APPEARANCE: width}
    weights = np.pad(projection.weights, ((0, sum(widths.values()) - len(projection.weights)), (0, SEEN)))
    names = list(widths)
    first = sum(widths[name] for name in names[: names.index(APPEARANCE)])
    directions = np.random.default_rng(seed).standard_normal((width, SEEN)) / SEEN**0.5
    weights[first : first + width, -SEEN:] = directions
    return Projection(tuple(widths.items()), weights, np.pad(projection.offset, (0, SEEN)), SEEN)


class MemoryHead(ABC):
    """A head that looks at the samples before and behind a frame, too; predicting needs numpy alone.

    Attributes:
        projection: From the views to P coordinates, and to Q that cuts are seen by.
        window: Samples it looks at together, at most.
        step_seconds: Usual time between the samples it was taught on; `None` where it saw single frames only.
    """

    kind: ClassVar[str]
    projection: Projection
    window: int
    step_seconds: float | None

    @property
    def views(self) -> tuple[str, ...]:
        """Names of the views it looks at."""
        return self.projection.views

    @property
    @abstractmethod
    def class_count(self) -> int:
        """C."""

    @property
    def samples_around(self) -> int:
        """How many samples it is given, at most, to judge one among them."""
        return self.window

    @abstractmethod
    def judge(self, windows: Table) -> Table:
        """(W, T, P + Q) coordinates of windows to (W, T, C) logits of each of their samples."""

    @abstractmethod
    def judge_sequences(self, coordinates: Table, sequences: Sequence[IntArray]) -> FloatArray:
        """(N, C) logits of N samples with coordinates (N, P + Q) that lie in sequences."""

    def logits(self, views: Mapping[str, Any], *, times_seconds: FloatArray | None = None) -> FloatArray:
        """(N, C) logits.

        Args:
            views: By name, (N, D_view) of any float type; views the head does not use are passed over.
            times_seconds: (N,) time stamps, in the order of the film; `None`: frames that have nothing to do with each
                other. Samples that are denser than those it was taught on are looked at as sequences side by side.

        Raises:
            ModelError: If a view is missing, has another width, or holds values that are not finite.
        """
        coordinates = self.projection.coordinates(views)
        return self.judge_sequences(coordinates, self._strands(coordinates, times_seconds))

    def logits_between(
        self,
        views: Mapping[str, Any],
        *,
        times_seconds: FloatArray,
        between: Mapping[str, Any],
        between_seconds: FloatArray,
    ) -> FloatArray:
        """(B, C) logits of frames between samples: each takes the place of the sample nearest to it.

        Args:
            views: Of the samples, as for `logits`.
            times_seconds: (N,) of the samples.
            between: By name, (B, D_view) of the frames.
            between_seconds: (B,) of the frames.
        """
        coordinates, own = self.projection.coordinates(views), self.projection.coordinates(between)
        found = np.zeros((len(own), self.class_count))
        if not len(coordinates) or not len(own):
            return self.judge_sequences(own, self._strands(own, None))
        lines = self._strands(coordinates, times_seconds)
        line_of, place_of = np.zeros(len(coordinates), np.int64), np.zeros(len(coordinates), np.int64)
        for number, line in enumerate(lines):
            line_of[line], place_of[line] = number, np.arange(len(line))
        by_length: dict[int, list[tuple[int, IntArray, int]]] = {}
        for frame, sample in enumerate(nearest(times_seconds, between_seconds).tolist()):
            line, place = lines[line_of[sample]], int(place_of[sample])
            length = min(self.samples_around, len(line))
            first = min(max(place - length // 2, 0), len(line) - length)
            by_length.setdefault(length, []).append((frame, line[first : first + length], place - first))
        for length, asked in by_length.items():
            batch = max(BATCH_SAMPLES // length, 1)
            for begin in range(0, len(asked), batch):
                frames, samples, places = zip(*asked[begin : begin + batch], strict=True)
                windows, rows = coordinates[np.stack(samples)], np.arange(len(frames))
                windows[rows, list(places)] = own[list(frames)]
                found[list(frames)] = self.judge(windows)[rows, list(places)]
        return found

    def _strands(self, coordinates: Table, times_seconds: FloatArray | None) -> list[IntArray]:
        return strands(times_seconds, count=len(coordinates), step_seconds=self.step_seconds)
