"""The statistics head: mean, spread and largest of the views around a sample, and one weight for each.

The simplest memory there is. It knows nothing of order, and forgets nothing but, if it is told to, what other shots
show: the others are held to it.
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
from reelsift.models.shots import CONTEXT, jumps_and_cuts, means_of, stretches_around

__all__ = ["StatisticsHead", "statistics", "statistics_of_sequences"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Table = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class StatisticsHead(MemoryHead):
    """Logits from the statistics of a window around each sample, shorter where the sequence begins and ends.

    Attributes:
        projection: From the views to P coordinates, and to those that cuts are seen by.
        window: Samples around each that count, at most.
        step_seconds: Usual time between the samples it was taught on.
        weights: (3 P, C) float32 of mean, spread and largest.
        bias: (C,) float32.
        within_shots: Whether the window stops at cuts, too.

    Raises:
        ModelError: If the arrays do not fit each other.
    """

    kind: ClassVar[str] = "statistics"

    projection: Projection
    window: int
    step_seconds: float | None
    weights: Table
    bias: Table
    within_shots: bool = False

    def __post_init__(self) -> None:
        if self.weights.shape != (3 * self.projection.count, len(self.bias)) or self.window < 1:
            raise ModelError("the arrays of a statistics head do not fit each other: train the model again")
        if not (np.isfinite(self.weights).all() and np.isfinite(self.bias).all()):
            raise ModelError("the weights of a statistics head are finite numbers: train the model again")

    @property
    def class_count(self) -> int:
        """C."""
        return len(self.bias)

    @property
    def samples_around(self) -> int:
        """How many samples it has to be given around one to say of it what it says of it in a film."""
        return 2 * _reach(self.window, within_shots=self.within_shots) + 1

    def judge(self, windows: Table) -> Table:
        """(W, T, P + Q) coordinates of windows to (W, T, C) logits of each of their samples."""
        table = statistics(windows, window=self.window, seen=self.projection.seen, within_shots=self.within_shots)
        return np.asarray(table @ self.weights + self.bias, np.float32)

    def judge_sequences(self, coordinates: Table, sequences: Sequence[IntArray]) -> FloatArray:
        """(N, C) logits of N samples with coordinates (N, P + Q) that lie in sequences."""
        logits = np.zeros((len(coordinates), self.class_count))
        for samples, table in statistics_of_sequences(
            coordinates, sequences, window=self.window, seen=self.projection.seen, within_shots=self.within_shots
        ):
            logits[samples] = table @ self.weights + self.bias
        return logits

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What the model file keeps as arrays."""
        return {"weights": self.weights, "bias": self.bias, **self.projection.arrays()}

    def settings(self) -> dict[str, Any]:
        """What the model file keeps as JSON."""
        own = {"window": self.window, "step_seconds": self.step_seconds, "within_shots": self.within_shots}
        return {**self.projection.settings(), **own}

    @classmethod
    def from_parts(cls, settings: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> StatisticsHead:
        """The head that gave `settings` and `arrays`."""
        projection = Projection.from_parts(settings, arrays)
        step = settings["step_seconds"]
        return cls(
            projection,
            int(settings["window"]),
            None if step is None else float(step),
            arrays["weights"],
            arrays["bias"],
            bool(settings["within_shots"]),
        )


def statistics(values: Table, *, window: int, seen: int = 0, within_shots: bool = False) -> Table:
    """(W, T, 3 P) mean, spread and largest of (W, T, P + Q) within `window // 2` samples on both sides of each sample.

    Args:
        values: Coordinates; the last Q are those that cuts are seen by.
        window: Samples around each that count, at most.
        seen: Q.
        within_shots: Whether windows stop at cuts.
    """
    cuts = jumps_and_cuts(values[..., values.shape[2] - seen :])[1] if within_shots else None
    values = values[..., : values.shape[2] - seen]
    first, end = stretches_around(values.shape[1], window // 2, cuts=cuts)
    mean = means_of(values, first, end)
    spread = np.sqrt(np.maximum(means_of(values.astype(np.float64) ** 2, first, end) - mean**2, 0))
    return np.concatenate([mean, spread, _largest(values, first, end)], axis=2).astype(np.float32)


def _largest(values: Table, first: IntArray, end: IntArray) -> Table:
    """(W, T, P) the largest of `values[w, first[w, t] : end[w, t]]`: two stretches of 2^k samples cover it."""
    found, tops, length = np.empty_like(values), values, 1
    powers = 2 ** np.floor(np.log2(end - first)).astype(np.int64)
    while length <= int(powers.max()):
        rows, places = np.nonzero(powers == length)
        ahead, behind = first[rows, places], end[rows, places] - length
        if len(first) == 1:  # the same in all windows
            found[:, places] = np.maximum(tops[:, ahead], tops[:, behind])
        else:
            found[rows, places] = np.maximum(tops[rows, ahead], tops[rows, behind])
        tops = np.maximum(tops[:, : max(tops.shape[1] - length, 0)], tops[:, length:])
        length *= 2
    return found


def statistics_of_sequences(
    coordinates: Table, sequences: Sequence[IntArray], *, window: int, seen: int = 0, within_shots: bool = False
) -> Iterator[tuple[IntArray, Table]]:
    """The statistics of all samples in sequences, some at a time: their row numbers (n,), and (n, 3 P)."""
    margin = _reach(window, within_shots=within_shots)
    by_shape: dict[tuple[int, int, int], list[IntArray]] = {}
    for samples in sequences:
        for first in range(0, len(samples), CHUNK_ROWS):
            # A block with as much around it as its windows reach.
            low, end = max(first - margin, 0), min(first + CHUNK_ROWS, len(samples))
            high = min(end + margin, len(samples))
            by_shape.setdefault((high - low, first - low, end - low), []).append(samples[low:high])
    for (length, first, end), blocks in by_shape.items():
        batch = max(CHUNK_ROWS // length, 1)
        for begin in range(0, len(blocks), batch):
            rows = np.stack(blocks[begin : begin + batch])
            found = statistics(coordinates[rows], window=window, seen=seen, within_shots=within_shots)[:, first:end]
            yield rows[:, first:end].ravel(), found.reshape(-1, found.shape[2])


def _reach(window: int, *, within_shots: bool) -> int:
    """Samples on each side that tell what there is to know of one; cuts are told by those around them."""
    return window // 2 + (CONTEXT if within_shots else 0)
