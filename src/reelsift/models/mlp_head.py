"""The dense head: layers of rectified sums over standardised views; predicting needs numpy alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import ModelError
from reelsift.models.linear import CHUNK_ROWS, checked_tables

__all__ = ["MlpHead"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MlpHead:
    """Logits from views with D columns in all, the mean of K nets that began at different random weights.

    Attributes:
        widths: Names of the views in the order of their columns, with the number of columns of each.
        weights: For each layer (K, in, out) float32; the first takes the columns as they are stored.
        biases: For each layer (K, out) float32.

    Raises:
        ModelError: If the arrays do not fit each other.
    """

    kind: ClassVar[str] = "mlp"

    widths: tuple[tuple[str, int], ...]
    weights: tuple[NDArray[np.float32], ...]
    biases: tuple[NDArray[np.float32], ...]

    def __post_init__(self) -> None:
        columns = sum(width for _, width in self.widths)
        for weights, bias in zip(self.weights, self.biases, strict=True):
            if weights.shape != (len(bias), columns, bias.shape[1]):
                raise ModelError("the layers of a dense head do not fit each other: train the model again")
            if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
                raise ModelError("the weights of a dense head are finite numbers: train the model again")
            columns = bias.shape[1]

    @property
    def views(self) -> tuple[str, ...]:
        """Names of the views it looks at."""
        return tuple(name for name, _ in self.widths)

    @property
    def class_count(self) -> int:
        """C."""
        return int(self.biases[-1].shape[1])

    def logits(self, views: Mapping[str, NDArray[Any]]) -> FloatArray:
        """(N, C) logits; `views` as `LinearHead.logits` takes them, times are of no matter.

        Raises:
            ModelError: If a view is missing, has another width, or holds values that are not finite.
        """
        tables = checked_tables(views, self.widths)
        logits = np.empty((len(tables[0]), self.class_count))
        for first in range(0, len(logits), CHUNK_ROWS):
            rows = np.concatenate([table[first : first + CHUNK_ROWS].astype(np.float32) for table in tables], axis=1)
            values = rows[None] @ self.weights[0] + self.biases[0][:, None]
            for weights, bias in zip(self.weights[1:], self.biases[1:], strict=True):
                values = np.maximum(values, 0) @ weights + bias[:, None]
            logits[first : first + CHUNK_ROWS] = values.mean(axis=0)
        if not np.isfinite(logits).all():
            raise ModelError("the features of a sampled frame are not finite numbers: index the source again")
        return logits

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What the model file keeps as arrays."""
        named = {f"weights_{number}": values for number, values in enumerate(self.weights)}
        return named | {f"bias_{number}": values for number, values in enumerate(self.biases)}

    def settings(self) -> dict[str, Any]:
        """What the model file keeps as JSON."""
        return {"views": [[name, width] for name, width in self.widths], "layers": len(self.weights)}

    @classmethod
    def from_parts(cls, settings: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> MlpHead:
        """The head that gave `settings` and `arrays`."""
        layers = range(int(settings["layers"]))
        return cls(
            widths=tuple((str(name), int(width)) for name, width in settings["views"]),
            weights=tuple(arrays[f"weights_{number}"] for number in layers),
            biases=tuple(arrays[f"bias_{number}"] for number in layers),
        )
