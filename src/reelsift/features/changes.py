"""The view `changes`: what changes in a frame, of all that the mid-level maps of the view `regions` tell apart.

Of each frame the cells of `regions` are kept, at half its resolution: about 190, at most 8 KiB. They are compared with
those 0.2 s before and after (the nearest there are, at most 0.1 s off). Each cell is compared with the one it is most
like of the nine at its place, so that what the camera moves by a cell is no change (block matching); those at the
border do not count, because a camera that moves brings new things there. For each of the 72 numbers of a cell the row
says how much it changes where it changes most: the largest absolute difference, in standard deviations over pictures of
all kinds. The smaller one of both sides counts, so that a cut, which lies on one side of a frame, does not; at an end
of a film, the smaller one of the two steps next to it. A picture that has no neighbours has zeros, and so has one where
nothing changes.

`motion` says how much moves and how; this says what it is that changes: limbs and bodies, not lights or leaves. On 145
clips of 2 s from 22 films and some unknown ones (fight or not, folds by film drawn ten times, linear models on a clip's
mean, averages over four strengths of regularisation) it reached 0.79 where `appearance` reached 0.63 and `motion` 0.71;
together with `motion` 0.81. With `motion`, but otherwise made: the mean over the cells 0.73, cells compared at their
own place only 0.79, black bars not left out 0.79, half as many cells 0.79, twice as many 0.80, border cells counted
0.80, the mean of both sides 0.80, the first 40 numbers of a cell (4 KiB a frame) 0.80.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from reelsift.features.backbones import backbone_named
from reelsift.features.neighbours import steps_around
from reelsift.features.network import NetworkRows
from reelsift.features.regions import REGION_WIDTH, pack_cells, pixels_without_bars, unpack_cells
from reelsift.specs import IndexSpec

__all__ = ["CHANGES_WIDTH", "ChangesExtractor", "changes_of"]

CHANGES_WIDTH = REGION_WIDTH

_PIXELS = 48_000  # 288x160 of a wide picture
_LAG_SECONDS = 0.2
_PAIRS_AT_ONCE = 32

FloatArray = NDArray[np.float32]


class ChangesExtractor(NetworkRows):
    """Keeps the cells of each image: N byte strings."""

    def __init__(self, spec: IndexSpec, *, threads: int) -> None:
        draw = partial(pixels_without_bars, pixels=_PIXELS)
        super().__init__(backbone_named(spec.backbone).regions, draw=draw, keep=pack_cells, threads=threads)

    def __enter__(self) -> ChangesExtractor:
        return self

    def finish(self) -> list[bytes]:
        return self.rows()


def changes_of(
    kept: Sequence[bytes], *, times_seconds: NDArray[np.float64], wanted: NDArray[np.int64]
) -> NDArray[np.float32]:
    """What changes in frames; see `neighbours.Derive`.

    Args:
        kept: Cells of N frames of one film, in its order.
        times_seconds: (N,) their time stamps.
        wanted: (K,) the rows whose numbers are wanted.

    Returns:
        `(K, 72)` float32; the module says what they are.

    Raises:
        IndexIncompleteError: If what was kept of a frame is damaged.
    """
    pairs, steps = steps_around(times_seconds, wanted, lag_seconds=_LAG_SECONDS, count=2)
    # The last row stands for the steps that are not there (-1): it is never the smaller one.
    found = np.full((len(pairs) + 1, CHANGES_WIDTH), np.inf, np.float32)
    for start in range(0, len(pairs), _PAIRS_AT_ONCE):
        for rows, one, other in _by_shape(kept, pairs[start : start + _PAIRS_AT_ONCE]):
            found[start + rows] = _differences(one, other).max(axis=1)
    further_before, before, after, further_after = steps.T
    before, after = np.where(before >= 0, before, further_after), np.where(after >= 0, after, further_before)
    least = np.minimum(found[before], found[after])
    return np.where(np.isfinite(least), least, np.float32(0))


def _by_shape(
    kept: Sequence[bytes], pairs: NDArray[np.int64]
) -> list[tuple[NDArray[np.int64], FloatArray, FloatArray]]:
    """The cells of pairs of frames, pairs whose later frame has the same shape together.

    Returns:
        The numbers of pairs `(P,)`, and the cells of the later and of the earlier frame, `(P, rows, columns, 72)`.
    """
    grids = {number: _grid(kept[number]) for number in np.unique(pairs).tolist()}
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for row, (_, later) in enumerate(pairs.tolist()):
        by_shape.setdefault(grids[later].shape, []).append(row)
    return [
        (
            np.array(rows),
            np.stack([grids[later] for later in pairs[rows, 1].tolist()]),
            np.stack([_fitted(grids[earlier], shape) for earlier in pairs[rows, 0].tolist()]),
        )
        for shape, rows in by_shape.items()
    ]


def _grid(row: bytes) -> FloatArray:
    """The cells of a frame, `(rows, columns, 72)`."""
    return unpack_cells([row]).reshape(row[0], row[1], REGION_WIDTH)


def _fitted(cells: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Cells of a frame whose black bars were wider or smaller, brought to the shape of another by the nearest ones."""
    if cells.shape == shape:
        return cells
    down, across = (
        ((np.arange(there) + 0.5) * here / there).astype(np.int64)
        for here, there in zip(cells.shape[:2], shape[:2], strict=True)
    )
    return np.asarray(cells[down[:, None], across])


def _differences(cells: FloatArray, others: FloatArray) -> FloatArray:
    """By how much each inner cell differs from the one it is most like of the nine around its place in the other frame.

    Args:
        cells: `(P, rows, columns, 72)` of P frames, three rows and three columns or more.
        others: The same of the frames they are compared with.

    Returns:
        Absolute differences, `(P, (rows - 2) * (columns - 2), 72)`.
    """
    pairs, rows, columns, width = cells.shape
    inner = cells[:, 1:-1, 1:-1]
    least = np.full(inner.shape[:3], np.inf, np.float32)
    found = np.empty_like(inner)
    for down in range(3):
        for right in range(3):
            difference = inner - others[:, down : down + rows - 2, right : right + columns - 2]
            distance = np.einsum("prcd,prcd->prc", difference, difference)
            nearer = distance < least
            least[nearer], found[nearer] = distance[nearer], difference[nearer]
    return np.abs(found).reshape(pairs, -1, width)
