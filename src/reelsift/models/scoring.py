"""What predictions are worth where the truth is known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import ModelError
from reelsift.models.report import ClassScores, class_scores, confusion_counts

__all__ = ["Answers", "ClassScores", "class_scores"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

SMALLEST = 1e-12  # probability: one answer that is both sure and wrong must not make the log loss infinite


@dataclass(frozen=True, eq=False)
class Answers:
    """What a model said of N frames whose truth is known.

    Attributes:
        classes: Names of the classes, C of them.
        targets: (N,) the truth: indexes into `classes`.
        probabilities: (N, C) calibrated.
        clips: (N,) the clip each frame is of, where clips are labelled as a whole; -1 for the other frames.
        smoothed: (N,) indexes into `classes`, by timelines; `None` where not all frames have one.

    Raises:
        ModelError: If there are no frames, or the arrays do not fit each other.
    """

    classes: tuple[str, ...]
    targets: IntArray
    probabilities: FloatArray
    clips: IntArray
    smoothed: IntArray | None = None

    def __post_init__(self) -> None:
        count = len(self.targets)
        if count == 0:
            raise ModelError("there are no frames to score")
        if self.probabilities.shape != (count, len(self.classes)) or len(self.clips) != count:
            raise ModelError(f"{count} targets do not fit probabilities of the shape {self.probabilities.shape}")
        if self.smoothed is not None and len(self.smoothed) != count:
            raise ModelError(f"{count} targets do not fit {len(self.smoothed)} smoothed labels")

    @cached_property
    def predicted(self) -> IntArray:
        """(N,) the likeliest class of each frame by itself."""
        return np.asarray(self.probabilities.argmax(axis=1), dtype=np.int64)

    @property
    def accuracy(self) -> float:
        """Share of the frames told rightly, each by itself."""
        return float((self.predicted == self.targets).mean())

    @property
    def balanced_accuracy(self) -> float:
        """Mean over the classes that occur of the share of their frames told rightly."""
        recalls = [scores.recall for scores in class_scores(self.confusion).values() if scores.recall is not None]
        return float(np.mean(recalls))

    @property
    def log_loss(self) -> float:
        """Mean of minus the logarithm of the probability given to the truth."""
        truth = self.probabilities[np.arange(len(self.targets)), self.targets]
        return float(-np.log(np.maximum(truth, SMALLEST)).mean())

    @property
    def majority_accuracy(self) -> float:
        """What always naming the commonest class scores."""
        return float(np.bincount(self.targets).max() / len(self.targets))

    @property
    def confusion(self) -> dict[str, dict[str, int]]:
        """Frames by true, then by predicted class."""
        return confusion_counts(self.predicted, targets=self.targets, classes=self.classes)

    @property
    def clip_accuracy(self) -> float | None:
        """Share of the clips told rightly, each by the mean of its probabilities; `None` where there are no clips."""
        rows = np.flatnonzero(self.clips >= 0)
        if not rows.size:
            return None
        _, first, numbers = np.unique(self.clips[rows], return_index=True, return_inverse=True)
        sums = np.zeros((len(first), len(self.classes)))
        np.add.at(sums, numbers, self.probabilities[rows])
        return float((sums.argmax(axis=1) == self.targets[rows[first]]).mean())

    @property
    def timeline_accuracy(self) -> float | None:
        """Share of the frames told rightly by smoothed timelines."""
        return None if self.smoothed is None else float((self.smoothed == self.targets).mean())
