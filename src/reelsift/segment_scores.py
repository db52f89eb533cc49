"""How well segments were found: segmental F1 at overlaps, and the edit score.

Frame accuracy hardly sees that a long scene was broken into twenty pieces. These two do: F1 asks how many predicted
segments overlap a true one of their class well enough, each true one being found once at most; the edit score asks
whether the classes follow each other in the right order, however long each lasts. A worked case, one letter a sample:

    truth      A A A A B B B B      2 segments
    predicted  A A A B B B A B      4 segments; intersection over union 3/4, 2/5, 0, 1/4
    F1@25      2 found (B once, though twice overlapped), 2 too many, 0 missed: 2 * 2 / (2 * 2 + 2 + 0) = 0.67
    F1@50      1 found, 3 too many, 1 missed: 2 * 1 / (2 * 1 + 3 + 1) = 0.33
    edit       AB to ABAB takes 2 edits: 1 - 2 / 4 = 0.50

Sources: edit score, Lea, Reiter, Vidal, Hager 2016, "Segmental spatiotemporal CNNs for fine-grained action
segmentation"; F1 at overlaps, Lea, Flynn, Vidal, Reiter, Hager 2017, "Temporal convolutional networks for action
segmentation and detection"; segments of all films counted together as in Abu Farha, Gall 2019, "MS-TCN". These papers
give percentages; here all scores lie between 0 and 1, as accuracies do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reelsift.errors import LabelError, SpecError

__all__ = ["OVERLAPS_PERCENT", "SegmentScores", "segment_scores"]

OVERLAPS_PERCENT = (10, 25, 50)  # those that papers report
UNLABELLED = -1


@dataclass(frozen=True)
class SegmentScores:
    """The scores of one model on some sources.

    Attributes:
        f1: Segmental F1, 0 to 1, by overlap in percent (intersection over union).
        edit: Edit score, 0 to 1: the mean over the sources.
        true_segments: How many segments the truth has.
        predicted_segments: How many were predicted.
    """

    f1: dict[int, float]
    edit: float
    true_segments: int
    predicted_segments: int


@dataclass(frozen=True, eq=False)
class Segments:
    """Runs of one class: `classes` (S,), and `borders` (S + 1,) in the unit of the weights."""

    classes: NDArray[np.int64]
    borders: NDArray[np.float64]


def segment_scores(
    pairs: Sequence[tuple[ArrayLike, ArrayLike]],
    *,
    weights: Sequence[ArrayLike] | None = None,
    overlaps_percent: Sequence[int] = OVERLAPS_PERCENT,
) -> SegmentScores:
    """Segmental F1 and edit score over several sources.

    Samples without a label are taken out of the truth and of the prediction, and what is left stands side by side: a
    scene with a hole in its labels is one segment still, and labels of single frames can be judged, too.

    Args:
        pairs: For each source its true and its predicted classes, (T,) each, in order of time; -1 in the truth is a
            sample without a label.
        weights: For each source (T,) how long each sample lasts; without them all last equally long.
        overlaps_percent: Intersection over union that a segment must reach to count as found, 1 to 100.

    Raises:
        SpecError: If shapes do not fit, a weight is not more than 0, or an overlap is not between 1 and 100.
        LabelError: If no sample has a label.
    """
    if weights is not None and len(weights) != len(pairs):
        raise SpecError(f"{len(pairs)} sources need as many lists of weights, not {len(weights)}")
    for overlap in overlaps_percent:
        if not 1 <= overlap <= 100:
            raise SpecError(f"an overlap is between 1 and 100 percent, not {overlap}")
    found = dict.fromkeys(overlaps_percent, 0)
    edits: list[float] = []
    true_segments = predicted_segments = 0
    for number, (truth, predicted) in enumerate(pairs):
        both = _segments_of_both(truth, predicted, weights=None if weights is None else weights[number])
        if both is None:
            continue
        true_segments += len(both[0].classes)
        predicted_segments += len(both[1].classes)
        edits.append(_edit_score(*both))
        best, overlap_shares = _best_matches(*both)
        for overlap in overlaps_percent:
            found[overlap] += len(np.unique(best[overlap_shares >= overlap / 100 - 1e-9]))
    if not edits:
        raise LabelError("no sample has a label, so there are no segments to compare")
    # 2 TP / (2 TP + FP + FN): false positives and found ones are all predicted, missed and found ones all true.
    f1 = {overlap: 2 * count / (true_segments + predicted_segments) for overlap, count in found.items()}
    return SegmentScores(
        f1=f1, edit=float(np.mean(edits)), true_segments=true_segments, predicted_segments=predicted_segments
    )


def _segments_of_both(
    truth: ArrayLike, predicted: ArrayLike, *, weights: ArrayLike | None
) -> tuple[Segments, Segments] | None:
    """The true and the predicted segments of a source; None if no sample of it has a label."""
    true_classes, predicted_classes = np.asarray(truth, dtype=np.int64), np.asarray(predicted, dtype=np.int64)
    lasts = np.ones(true_classes.shape) if weights is None else np.asarray(weights, dtype=np.float64)
    if true_classes.ndim != 1 or not true_classes.shape == predicted_classes.shape == lasts.shape:
        shapes = f"{true_classes.shape}, {predicted_classes.shape} and {lasts.shape}"
        raise SpecError(f"truth, prediction and weights of a source are as long as each other, not {shapes}")
    if not (lasts > 0).all():
        raise SpecError("a sample lasts longer than 0: give weights that are more than 0")
    labelled = true_classes != UNLABELLED
    if not labelled.any():
        return None
    ends = np.concatenate([[0.0], np.cumsum(lasts[labelled])])
    return _segments(true_classes[labelled], ends=ends), _segments(predicted_classes[labelled], ends=ends)


def _segments(classes: NDArray[np.int64], *, ends: NDArray[np.float64]) -> Segments:
    """Runs of equal classes (T,), whose samples lie between `ends` (T + 1,)."""
    starts = np.flatnonzero(np.concatenate([[True], classes[1:] != classes[:-1]]))
    return Segments(classes[starts], ends[np.append(starts, len(classes))])


def _best_matches(truth: Segments, predicted: Segments) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """For each predicted segment the true one of its class that it overlaps most, and intersection over union.

    Both are (P,); where none of the class overlaps, the share is 0. Only true segments that a predicted one touches
    are looked at, so thousands of segments cost next to nothing.
    """
    best = np.zeros(len(predicted.classes), dtype=np.int64)
    shares = np.zeros(len(predicted.classes))
    first = np.searchsorted(truth.borders, predicted.borders[:-1], side="right") - 1
    end = np.searchsorted(truth.borders, predicted.borders[1:], side="left")
    for number, kind in enumerate(predicted.classes):
        touched = np.arange(first[number], end[number])
        touched = touched[truth.classes[touched] == kind]
        if not len(touched):
            continue
        start, stop = predicted.borders[number], predicted.borders[number + 1]
        true_starts, true_stops = truth.borders[touched], truth.borders[touched + 1]
        shared = np.minimum(stop, true_stops) - np.maximum(start, true_starts)
        union = np.maximum(stop, true_stops) - np.minimum(start, true_starts)
        ratio = shared / union
        best[number], shares[number] = touched[ratio.argmax()], ratio.max()
    return best, shares


def _edit_score(truth: Segments, predicted: Segments) -> float:
    """One minus the Levenshtein distance of the two orders of classes over the length of the longer one."""
    columns = np.arange(len(predicted.classes) + 1)
    row = columns.copy()
    for number, kind in enumerate(truth.classes, start=1):
        replaced = row[:-1] + (predicted.classes != kind)
        row = np.concatenate([[number], np.minimum(row[1:] + 1, replaced)])
        # Each insertion costs 1 more than the cell to the left: a running minimum once the columns are taken off.
        row = np.minimum.accumulate(row - columns) + columns
    return 1 - float(row[-1]) / max(len(truth.classes), len(predicted.classes))
