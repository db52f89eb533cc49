"""The statistics head: mean, spread and largest of the views around a sample, and one weight for each.

The simplest memory there is. It knows nothing of order, and cannot forget at a change: the others are held to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import ModelError
from reelsift.models.linear import CHUNK_ROWS
from reelsift.models.memory import MemoryHead, Projection

__all__ = ["StatisticsHead", "statistics", "statistics_of_sequences"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Table = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class StatisticsHead(MemoryHead):
    """Logits from the statistics of a window around each sample, shorter where the sequence begins and ends.

    Attributes:
        projection: From the views to P coordinates.
        window: Samples around each that count, at most.
        step_seconds: Usual time between the samples it was taught on.
        weights: (3 P, C) float32 of mean, spread and largest.
        bias: (C,) float32.

    Raises:
        ModelError: If the arrays do not fit each other.
    """

    kind: ClassVar[str] = "statistics"

    projection: Projection
    window: int
    step_seconds: float | None
    weights: Table
    bias: Table

    def __post_init__(self) -> None:
        if self.weights.shape != (3 * len(self.projection.offset), len(self.bias)) or self.window < 1:
            raise ModelError("the arrays of a statistics head do not fit each other: train the model again")
        if not (np.isfinite(self.weights).all() and np.isfinite(self.bias).all()):
            raise ModelError("the weights of a statistics head are finite numbers: train the model again")

    @property
    def class_count(self) -> int:
        """C."""
        return len(self.bias)

    def judge(self, windows: Table) -> Table:
        """(W, T, P) coordinates of windows to (W, T, C) logits of each of their samples."""
        return np.asarray(statistics(windows, window=self.window) @ self.weights + self.bias, np.float32)

    def judge_sequences(self, coordinates: Table, sequences: Sequence[IntArray]) -> FloatArray:
        """(N, C) logits of N samples with coordinates (N, P) that lie in sequences."""
        logits = np.zeros((len(coordinates), self.class_count))
        for samples, table in statistics_of_sequences(coordinates, sequences, window=self.window):
            logits[samples] = table @ self.weights + self.bias
        return logits

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What the model file keeps as arrays."""
        own = {"weights": self.weights, "bias": self.bias}
        return {**own, "projection": self.projection.weights, "offset": self.projection.offset}

    def settings(self) -> dict[str, Any]:
        """What the model file keeps as JSON."""
        views = [[name, width] for name, width in self.projection.widths]
        return {"views": views, "window": self.window, "step_seconds": self.step_seconds}

    @classmethod
    def from_parts(cls, settings: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> StatisticsHead:
        """The head that gave `settings` and `arrays`."""
        widths = tuple((str(name), int(width)) for name, width in settings["views"])
        projection = Projection(widths, arrays["projection"], arrays["offset"])
        step = settings["step_seconds"]
        return cls(
            projection,
            int(settings["window"]),
            None if step is None else float(step),
            arrays["weights"],
            arrays["bias"],
        )


def statistics(values: Table, *, window: int) -> Table:
    """(W, T, 3 P) mean, spread and largest of (W, T, P) within `window // 2` samples on both sides of each sample."""
    count, half = values.shape[1], window // 2
    first = np.maximum(np.arange(count) - half, 0)
    end = np.minimum(np.arange(count) + half + 1, count)
    lengths = (end - first)[:, None]
    sums = np.cumsum(np.pad(values.astype(np.float64), ((0, 0), (1, 0), (0, 0))), axis=1)
    squares = np.cumsum(np.pad(values.astype(np.float64) ** 2, ((0, 0), (1, 0), (0, 0))), axis=1)
    mean = (sums[:, end] - sums[:, first]) / lengths
    spread = np.sqrt(np.maximum((squares[:, end] - squares[:, first]) / lengths - mean**2, 0))
    return np.concatenate([mean, spread, _largest(values, first, end)], axis=2).astype(np.float32)


def _largest(values: Table, first: IntArray, end: IntArray) -> Table:
    """(W, T, P) the largest of `values[:, first[t] : end[t]]`: two stretches of 2^k samples cover it."""
    found, tops, length = np.empty_like(values), values, 1
    powers = 2 ** np.floor(np.log2(end - first)).astype(np.int64)
    while length <= int(powers.max()):
        own = powers == length
        found[:, own] = np.maximum(tops[:, first[own]], tops[:, end[own] - length])
        tops = np.maximum(tops[:, : max(tops.shape[1] - length, 0)], tops[:, length:])
        length *= 2
    return found


def statistics_of_sequences(
    coordinates: Table, sequences: Sequence[IntArray], *, window: int
) -> Iterator[tuple[IntArray, Table]]:
    """The statistics of all samples in sequences, some at a time: their row numbers (n,), and (n, 3 P)."""
    half = window // 2
    by_shape: dict[tuple[int, int, int], list[IntArray]] = {}
    for samples in sequences:
        for first in range(0, len(samples), CHUNK_ROWS):
            # A block with as much around it as its windows reach.
            low, end = max(first - half, 0), min(first + CHUNK_ROWS, len(samples))
            high = min(end + half, len(samples))
            by_shape.setdefault((high - low, first - low, end - low), []).append(samples[low:high])
    for (length, first, end), blocks in by_shape.items():
        batch = max(CHUNK_ROWS // length, 1)
        for begin in range(0, len(blocks), batch):
            rows = np.stack(blocks[begin : begin + batch])
            found = statistics(coordinates[rows], window=window)[:, first:end]
            yield rows[:, first:end].ravel(), found.reshape(-1, found.shape[2])
