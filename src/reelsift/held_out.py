"""What a model said of labelled frames it had not seen: the evidence for every number that corrects for its errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import ModelError

__all__ = ["HeldOut"]


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Labelled frames with the probabilities that honest folds gave them.

    Attributes:
        probabilities: (S, C) float64, by models that did not learn from the frame nor from its neighbours, calibrated
            on the other folds; each row sums to 1.
        targets: (S,) int64 true classes, 0 to C - 1.
        weights: (S,) float64, how many labelled frames each stands for; above 0.
        groups: (S,) int64, equal where frames belong together (a film, a scene, a block of time): drawn by a bootstrap.

    Raises:
        ModelError: If the values do not fit each other.
    """

    probabilities: NDArray[np.float64]
    targets: NDArray[np.int64]
    weights: NDArray[np.float64]
    groups: NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.probabilities.ndim != 2 or self.probabilities.shape[1] < 2:
            raise ModelError(f"held-out probabilities have the shape (S, C), not {self.probabilities.shape}")
        count, classes = self.probabilities.shape
        for name in ("targets", "weights", "groups"):
            if getattr(self, name).shape != (count,):
                raise ModelError(f"{count} held-out frames, but {name} of the shape {getattr(self, name).shape}")
        if count and (self.targets.min() < 0 or self.targets.max() >= classes):
            raise ModelError(f"held-out targets are indexes into {classes} classes")
        if not np.isfinite(self.probabilities).all() or not (self.weights > 0).all():
            raise ModelError("held-out probabilities are finite, and their weights above 0: train the model again")

    def __len__(self) -> int:
        return len(self.targets)
