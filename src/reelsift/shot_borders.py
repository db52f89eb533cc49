"""Where the picture cuts, as far as vectors of its frames tell, and what that says of changes of class.

A model with memory knows what a recording shows before and after, and not to the frame where one becomes the other.
Football and commercials follow each other at a cut; so where there is one close to a change of class, that is where the
change is. How often a cut is a change, labels tell: rarely in a match of many shots, nearly always where clips of
different films were joined.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

__all__ = ["APPEARANCE", "clear_jump", "cuts_among", "fit_change_share", "jumps_between", "moved_to_jumps"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

APPEARANCE = "appearance"  # the view that cuts are told by
CLEAR = 2.0  # a cut is so many times as large as other steps
LEAST_JUMP = 0.1  # cosine distance; within a shot neighbouring frames differ by a few hundredths
REACH_SECONDS = 1.0  # about how much later or earlier than it happens a memory sees a change
AROUND = 10  # steps on each side that a cut is compared with
WITHIN_SHOTS = 0.7  # share of them that lies within shots, however fast a film is cut
NEIGHBOURS_SECONDS = 1.0  # labelled frames farther apart say nothing of cuts


def jumps_between(vectors: ArrayLike) -> FloatArray:
    """(.., T - 1) by how much each frame differs from the one before it: cosine distance, 0 to 2.

    Args:
        vectors: (.., T, D) the frames in order, for example rows of the view `appearance`.
    """
    rows = np.asarray(vectors, np.float32)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)
    return np.asarray(1 - (rows[..., 1:, :] * rows[..., :-1, :]).sum(axis=-1), np.float64)


def clear_jump(jumps: ArrayLike) -> int | None:
    """Which of these steps is a cut: by far the largest; `None` if none is."""
    sizes = np.asarray(jumps, np.float64)
    if not len(sizes):
        return None
    largest = int(sizes.argmax())
    others = np.delete(sizes, largest)
    is_cut = sizes[largest] >= max(LEAST_JUMP, CLEAR * float(others.max(initial=0.0)))
    return largest if is_cut else None


def moved_to_jumps(labels: ArrayLike, jumps: ArrayLike, *, times_seconds: ArrayLike) -> IntArray:
    """Labels whose changes are moved to the cut that is nearest, at most a second off.

    A change never passes another. A worked case with a cut between the third and the fourth sample:

        labels  A A A A B B     jumps  .0 .0 .8 .1 .0     becomes  A A A B B B

    Args:
        labels: (T,) classes of samples in order of time.
        jumps: (T - 1,) from `jumps_between`.
        times_seconds: (T,) their time stamps.
    """
    result, sizes = np.array(labels, np.int64), np.asarray(jumps, np.float64)
    is_cut = cuts_among(sizes)
    steps = np.diff(np.asarray(times_seconds, np.float64))
    usual = float(np.median(steps[steps > 0])) if (steps > 0).any() else REACH_SECONDS
    reach = max(round(REACH_SECONDS / usual), 1)
    start = 0  # of the stretch that ends at the change
    changes = np.flatnonzero(np.diff(result)).tolist()
    for change, following in zip(changes, [*changes, len(result) - 1][1:], strict=True):
        # Each stretch keeps a sample of its own.
        near = np.arange(max(change - reach, start), min(change + reach, following - 1) + 1)
        cuts = near[is_cut[near]]
        target = int(cuts[np.lexsort((-sizes[cuts], np.abs(cuts - change)))[0]]) if len(cuts) else change
        result[min(change, target) + 1 : max(change, target) + 1] = result[change if target > change else change + 1]
        start = target + 1
    return result


def cuts_among(jumps: ArrayLike) -> NDArray[np.bool_]:
    """(.., T - 1) which steps are cuts: large ones, compared with those around them.

    Args:
        jumps: (.., T - 1) from `jumps_between`.
    """
    sizes = np.asarray(jumps, np.float64)
    if not sizes.size:
        return np.zeros(sizes.shape, bool)
    padded = np.pad(sizes, [(0, 0)] * (sizes.ndim - 1) + [(AROUND, AROUND)], mode="symmetric")
    around = sliding_window_view(padded, 2 * AROUND + 1, axis=-1)
    return np.asarray(sizes >= np.maximum(LEAST_JUMP, CLEAR * np.quantile(around, WITHIN_SHOTS, axis=-1)))


def fit_change_share(
    vectors: ArrayLike, *, targets: ArrayLike, times_seconds: ArrayLike, source_ids: ArrayLike
) -> float:
    """The share of the cuts at which the class changes, 0 to 1, in labels.

    Clips that were cut by hand, all of each one of the same class, show no change. There each end counts as a cut with
    one: 30 clips with 10 cuts inside them give 0.74, with 100 cuts 0.23.

    Args:
        vectors: (N, D) labelled frames, for example rows of the view `appearance`.
        targets: (N,) class indexes.
        times_seconds: (N,) time stamps.
        source_ids: (N,) what film each belongs to.
    """
    classes, times, sources = np.asarray(targets), np.asarray(times_seconds, np.float64), np.asarray(source_ids)
    rows, ends, same, changed, changes = np.asarray(vectors), 0, 0, 0, 0
    for source in np.unique(sources):
        own = np.flatnonzero(sources == source)
        own = own[np.argsort(times[own], kind="stable")]
        near = np.diff(times[own]) <= NEIGHBOURS_SECONDS
        cuts = cuts_among(jumps_between(rows[own])) & near
        different = np.diff(classes[own]) != 0
        ends, changes = ends + 1, changes + int((different & near).sum())
        same, changed = same + int((cuts & ~different).sum()), changed + int((cuts & different).sum())
    if changes == 0 and ends > 1 and len(np.unique(classes)) > 1:
        changed = ends
    return (changed + 0.5) / (same + changed + 1)
