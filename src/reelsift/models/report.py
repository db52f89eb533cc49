"""What training found out, in numbers a user can trust."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Candidate",
    "ClassScores",
    "Conflict",
    "Curve",
    "Scores",
    "Suspect",
    "TrainReport",
    "class_scores",
    "confusion_counts",
    "score",
    "summary_of_questions",
]


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
class Curve:
    """How training went: after so many steps, the loss on what is learned from, and the honest log loss.

    That is `None` where nothing could be held out.
    """

    steps: tuple[int, ...]
    train_losses: tuple[float, ...]
    honest_losses: tuple[float | None, ...]


@dataclass(frozen=True)
class Candidate:
    """One way to answer the task, and how it did.

    Attributes:
        model: Kind of head.
        views: Views it looks at.
        settings: What was chosen within that kind, in words.
        balanced_accuracy: In honest folds; likewise the next two.
        accuracy: Share of the frames told rightly.
        log_loss: Of the calibrated probabilities.
        leaky_accuracy: In random folds, to compare with.
        seconds: What finding it out took.
        curve: How training went, of heads that are learned step by step.
        clip_accuracy: In honest folds: share of the clips told rightly, each by the mean of its probabilities; `None`
            where no clips are labelled as a whole.
        joined_accuracy: Balanced accuracy on held-out clips that were joined to one recording, of heads with memory.
    """

    model: str
    views: tuple[str, ...]
    settings: str
    balanced_accuracy: float | None = None
    accuracy: float | None = None
    log_loss: float | None = None
    leaky_accuracy: float | None = None
    seconds: float = 0.0
    curve: Curve | None = None
    clip_accuracy: float | None = None
    joined_accuracy: float | None = None


@dataclass(frozen=True)
class ClassScores:
    """How one class fared.

    Attributes:
        frames: Frames that show it.
        predicted: Frames that were said to show it.
        recall: Share of those that show it which were said to; `None` where none does.
        precision: Share of those said to show it which do; `None` where none was.
        f1: Harmonic mean of the two; `None` where there is nothing to find and nothing was found.
    """

    frames: int
    predicted: int
    recall: float | None
    precision: float | None
    f1: float | None


@dataclass(frozen=True)
class Suspect:
    """A labelled frame whose label may be wrong.

    Attributes:
        source_id: Fingerprint of its source; `source` is where that lies, once the project has said so.
        time_seconds: Its time stamp.
        label: What the label says.
        predicted: What models say that learned from frames elsewhere.
        probability: What they give that, 0 to 1.
        label_probability: What they give the label.
    """

    source_id: str
    time_seconds: float
    label: str
    predicted: str
    probability: float
    label_probability: float
    source: str = ""


@dataclass(frozen=True)
class Conflict:
    """Two labelled frames that look all but the same, with different labels.

    Attributes:
        source_ids: Fingerprints of their sources; `sources` is where those lie, once the project has said so.
        times_seconds: Their time stamps.
        labels: What their labels say.
    """

    source_ids: tuple[str, str]
    times_seconds: tuple[float, float]
    labels: tuple[str, str]
    sources: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class TrainReport:
    """What `train --json` prints, all but the task.

    Attributes:
        model: Kind of the head that was chosen.
        views: Views it looks at.
        background: Class of the frames that show none of the others, if it was named.
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
        class_scores: How each class fares.
        chosen: Why the first candidate was chosen, in words.
        conflicts: Pairs of frames that look the same and are labelled differently.
        suspects: Frames whose labels are most likely wrong, the likeliest first.
        clip_accuracy: Of the chosen candidate.
        window: Samples that a head with memory looks at together; `None` without memory.
        window_seconds: How long that is.
    """

    model: str
    views: tuple[str, ...]
    background: str | None
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
    class_scores: dict[str, ClassScores] = field(default_factory=dict)
    chosen: str = ""
    conflicts: tuple[Conflict, ...] = ()
    suspects: tuple[Suspect, ...] = ()
    clip_accuracy: float | None = None
    window: int | None = None
    window_seconds: float | None = None

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


def class_scores(confusion: Mapping[str, Mapping[str, int]]) -> dict[str, ClassScores]:
    """Scores of each class.

    Args:
        confusion: `{true: {predicted: n}}` with every class in both places.
    """
    found: dict[str, ClassScores] = {}
    for name, row in confusion.items():
        frames, predicted = sum(row.values()), sum(other[name] for other in confusion.values())
        right = row[name]
        found[name] = ClassScores(
            frames=frames,
            predicted=predicted,
            recall=right / frames if frames else None,
            precision=right / predicted if predicted else None,
            f1=2 * right / (frames + predicted) if frames + predicted else None,
        )
    return found


def summary_of_questions(reports: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """One report, as `TrainReport.to_dict` gives it, of the yes-or-no questions a task asks for each class.

    Scores are means over the classes: of all answers, a share of `accuracy` is right. `questions` holds the reports.
    """
    names, each = list(reports), list(reports.values())
    means = {}
    for key in ("balanced_accuracy", "accuracy", "leaky_accuracy", "majority_accuracy", "clip_accuracy"):
        known = [report[key] for report in each if report.get(key) is not None]
        means[key] = sum(known) / len(known) if len(known) == len(each) else None
    models = dict.fromkeys(report["model"] for report in each)
    return {
        "model": " and ".join(models),
        "views": list(dict.fromkeys(view for report in each for view in report["views"])),
        "background": each[0]["background"],
        "classes": {name: reports[name]["classes"][name] for name in names},
        "frames": each[0]["frames"],
        "learned_frames": each[0]["learned_frames"],
        **means,
        "window": next((report["window"] for report in each if report.get("window")), None),
        "window_seconds": next((report["window_seconds"] for report in each if report.get("window_seconds")), None),
        "candidates": [{"class": name, **found} for name in names for found in reports[name]["candidates"]],
        "seconds": sum(report["seconds"] for report in each),
        "folds": each[0]["folds"],
        "notes": list(dict.fromkeys(note for report in each for note in report["notes"])),
        "questions": {name: dict(report) for name, report in reports.items()},
    }
