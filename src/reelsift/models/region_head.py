"""The regions head: every cell of a frame is judged by itself, and the cells are pooled by log-sum-exp.

So one small thing in a corner decides, as far as a mean over the cells would drown it: multiple-instance learning with
the smooth maximum (Ramon and De Raedt 2000, Multi instance neural networks; Pinheiro and Collobert 2015, From
image-level to pixel-level labeling, section 3). One class is the background, what a frame shows when it shows nothing
else: its logit is 0, and no cell can vote for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import ModelError
from reelsift.features.regions import REGION_WIDTH, unpack_cells

__all__ = ["REGIONS", "RegionsHead"]

REGIONS = "regions"  # the view it looks at
FloatArray = NDArray[np.float64]

CHUNK_ROWS = 128  # frames unpacked at a time: 17 MB


@dataclass(frozen=True, eq=False)
class RegionsHead:
    """Logits from the cells of frames, the mean of K nets that began at different random weights.

    A net gives a class the logit `log mean_p exp(cell_p @ weights) + bias`, and its background 0.

    Attributes:
        weights: (K, M, D) float32 for the M = C - 1 classes that are not the background.
        bias: (K, M) float32.
        background: Index of the background among the C classes.

    Raises:
        ModelError: If the arrays do not fit each other.
    """

    kind: ClassVar[str] = "regions"

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    background: int

    def __post_init__(self) -> None:
        nets, classes = self.bias.shape
        if self.weights.shape != (nets, classes, REGION_WIDTH) or not 0 <= self.background <= classes:
            raise ModelError("the arrays of a regions head do not fit each other: train the model again")
        if not (np.isfinite(self.weights).all() and np.isfinite(self.bias).all()):
            raise ModelError("the weights of a regions head are finite numbers: train the model again")

    @property
    def views(self) -> tuple[str, ...]:
        """Names of the views it looks at."""
        return (REGIONS,)

    @property
    def class_count(self) -> int:
        """C."""
        return int(self.bias.shape[1]) + 1

    def logits(self, views: Mapping[str, Any], *, times_seconds: FloatArray | None = None) -> FloatArray:
        """(N, C) logits.

        Args:
            views: `regions` as N byte strings; other views are passed over.
            times_seconds: Of no matter: each frame is judged by itself.

        Raises:
            ModelError: If the view is missing.
            IndexIncompleteError: If a row is damaged.
        """
        if REGIONS not in views:
            raise ModelError(f"the model looks at the view '{REGIONS}', which is not among {', '.join(views)}")
        rows: Sequence[bytes] = views[REGIONS]
        votes = np.empty((len(rows), self.bias.shape[1]))
        for first in range(0, len(rows), CHUNK_ROWS):
            votes[first : first + CHUNK_ROWS] = self._votes(unpack_cells(rows[first : first + CHUNK_ROWS]))
        return np.insert(votes, self.background, 0.0, axis=1)

    def _votes(self, cells: NDArray[np.float32]) -> FloatArray:
        """(n, M) from (n, P, D), filled up with NaN."""
        nets, classes, width = self.weights.shape
        scores = (cells.reshape(-1, width) @ self.weights.reshape(-1, width).T).reshape(*cells.shape[:2], -1)
        highest = np.nanmax(scores, axis=1, keepdims=True)
        pooled = np.log(np.nanmean(np.exp(scores - highest), axis=1)) + highest[:, 0]
        return np.asarray((pooled.reshape(-1, nets, classes) + self.bias).mean(axis=1), dtype=np.float64)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What the model file keeps as arrays."""
        return {"weights": self.weights, "bias": self.bias}

    def settings(self) -> dict[str, Any]:
        """What the model file keeps as JSON."""
        return {"background": self.background}

    @classmethod
    def from_parts(cls, settings: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> RegionsHead:
        """The head that gave `settings` and `arrays`."""
        return cls(arrays["weights"], arrays["bias"], int(settings["background"]))
