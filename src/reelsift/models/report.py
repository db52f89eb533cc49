"""What training found out, in numbers a user can trust."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Candidate", "Scores", "TrainReport", "confusion_counts", "score"]


@dataclass(frozen=True)
class Scores:
    """How well held-out frames were told; each `None` where nothing could be held out.

    Attributes:
        balanced_accuracy: Mean over the classes of the share told rightly, 0 to 1.
        accuracy: Share of the frames told rightly, 0 to 1.
        log_loss: Mean of minus the logarithm of the probability given to the truth.
    """

    balanced_accuracy: float | None
    accuracy: float | None
    log_loss: float | None


@dataclass(frozen=True)
class Candidate:
    """One way to answer the task, and how it did.

    Attributes:
        model: Kind of head.
        views: Views it looks at.
        strength: Trust in the labels against the penalty on the weights.
        balanced_accuracy: In honest folds; likewise the next two.
        accuracy: Share of the frames told rightly.
        log_loss: Of the calibrated probabilities.
        leaky_accuracy: In random folds, to compare with.
        seconds: What finding it out took.
    """

    model: str
    views: tuple[str, ...]
    strength: float
    balanced_accuracy: float | None
    accuracy: float | None
    log_loss: float | None
    leaky_accuracy: float | None
    seconds: float


@dataclass(frozen=True)
class TrainReport:
    """What `train --json` prints, all but the task.

    Attributes:
        model: Kind of the head that was chosen.
        views: Views it looks at.
        classes: Number of labelled frames of each class.
        frames: Number of labelled frames.
        learned_frames: Number of them that were learned from; fewer where there are thousands of near copies.
        balanced_accuracy: In honest folds; likewise `accuracy`.
        accuracy: Share of the held-out frames told rightly.
        leaky_accuracy: The same model in random folds.
        majority_accuracy: What always naming the commonest class scores.
        candidates: All that were tried, best first.
        seconds: Wall time of training.
        folds: What kept training and held-out frames apart, in words.
        notes: What a reader of the scores should know.
        confusion: Held-out frames by true, then by predicted class.
    """

    model: str
    views: tuple[str, ...]
    classes: dict[str, int]
    frames: int
    learned_frames: int
    balanced_accuracy: float | None
    accuracy: float | None
    leaky_accuracy: float | None
    majority_accuracy: float
    candidates: tuple[Candidate, ...]
    seconds: float
    folds: str
    notes: tuple[str, ...]
    confusion: dict[str, dict[str, int]]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)


def score(
    probabilities: NDArray[np.float64], *, targets: NDArray[np.int64], sample_weights: NDArray[np.float64]
) -> Scores:
    """Scores of (N, C) probabilities; a frame counts as often as it stands for labelled frames."""
    if len(targets) == 0:
        return Scores(balanced_accuracy=None, accuracy=None, log_loss=None)
    right = (probabilities.argmax(axis=1) == targets) * sample_weights
    counts = np.bincount(targets, weights=sample_weights)
    recalls = np.bincount(targets, weights=right)[counts > 0] / counts[counts > 0]
    losses = -np.log(np.maximum(probabilities[np.arange(len(targets)), targets], 1e-12))
    return Scores(
        balanced_accuracy=float(recalls.mean()),
        accuracy=float(right.sum() / sample_weights.sum()),
        log_loss=float((losses * sample_weights).sum() / sample_weights.sum()),
    )


def confusion_counts(
    predicted: NDArray[np.int64], *, targets: NDArray[np.int64], classes: Sequence[str]
) -> dict[str, dict[str, int]]:
    """`{true: {predicted: n}}` with every class in both places."""
    table = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(table, (targets, predicted), 1)
    return {true: dict(zip(classes, row.tolist(), strict=True)) for true, row in zip(classes, table, strict=True)}
