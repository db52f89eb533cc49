"""The view `quality`: exposure, sharpness and noise of a frame, as numbers that do not depend on its resolution.

Measured on brightness, with the longer side brought to 960 pixels at most, about the size people watch at: what is
sharp in a phone clip and in 8K footage is then the same. `QUALITY_COLUMNS` says where the numbers of each kind are:

* `exposure`: how light and dark are spread (`reelsift.features.exposure`).
* `sharpness`: how steep edges are (`reelsift.features.sharpness`).
* `noise`: logarithm of the noise estimate of Immerkaer (Fast noise variance estimation, CVIU 64(2), 1996), median of
  four tiles.
"""

from __future__ import annotations

import math
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray

from reelsift.features.exposure import EXPOSURE_WIDTH, exposure_numbers, halved, without_bars
from reelsift.features.sharpness import SHARPNESS_WIDTH, sharpness_numbers
from reelsift.media.render import Image
from reelsift.specs import IndexSpec

__all__ = ["QUALITY_COLUMNS", "QUALITY_WIDTH", "QualityExtractor", "quality_of"]

QUALITY_COLUMNS: dict[str, slice] = {
    "exposure": slice(0, EXPOSURE_WIDTH),
    "sharpness": slice(EXPOSURE_WIDTH, EXPOSURE_WIDTH + SHARPNESS_WIDTH),
    "noise": slice(EXPOSURE_WIDTH + SHARPNESS_WIDTH, EXPOSURE_WIDTH + SHARPNESS_WIDTH + 1),
}
QUALITY_WIDTH = QUALITY_COLUMNS["noise"].stop
_LONGEST = 960
_SMALLEST_SIDE = 32
_TILE = 128
_IMMERKAER = np.array([1, -2, 1], np.float32)  # along rows and along columns


class QualityExtractor:
    """Measures images in a thread of its own, at most a few behind the caller."""

    _WAITING = 8

    def __init__(self, spec: IndexSpec, *, threads: int) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="quality")
        self._rows: list[Future[NDArray[np.float32]]] = []
        self._latest: NDArray[np.uint8] | None = None

    def __enter__(self) -> QualityExtractor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def add(self, image: Image) -> None:
        luma = image.luma(_LONGEST)
        if self._latest is not None and _is_same(luma, self._latest):
            self._rows.append(self._rows[-1])  # where nothing moves, there is nothing new to measure
            return
        self._latest = luma
        if len(self._rows) >= self._WAITING:
            self._rows[-self._WAITING].result()  # bounds memory, and raises what went wrong in the thread
        self._rows.append(self._pool.submit(quality_of, luma))

    def finish(self) -> NDArray[np.float32]:
        if not self._rows:
            return np.empty((0, QUALITY_WIDTH), np.float32)
        return np.stack([row.result() for row in self._rows])


def quality_of(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The quality numbers of one picture.

    Args:
        luma: Brightness `(H, W)`, 0 to 255.

    Returns:
        `(QUALITY_WIDTH,)` float32; `QUALITY_COLUMNS` says what they are.
    """
    height, width = luma.shape
    if min(height, width) < _SMALLEST_SIDE:
        # Too small to be measured: the same picture, stretched.
        luma = cv2.resize(luma, (max(width, _SMALLEST_SIDE), max(height, _SMALLEST_SIDE)))  # type: ignore[assignment]
    inside = without_bars(luma)
    half = halved(inside)
    parts = (exposure_numbers(inside, half=half), sharpness_numbers(inside, half=half), [math.log1p(_noise(inside))])
    return np.concatenate(parts).astype(np.float32)


def _is_same(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    """Whether two pictures are the same; of those that are not, mostly a few lines tell."""
    return np.array_equal(one[::64], other[::64]) and np.array_equal(one, other)


def _noise(luma: NDArray[np.uint8]) -> float:
    """Standard deviation of the noise, in steps of brightness."""
    height, width = luma.shape
    tile_height, tile_width = min(height, _TILE), min(width, _TILE)
    down, right = height - tile_height, width - tile_width
    totals = []
    for top in (down // 3, 2 * down // 3):
        for left in (right // 3, 2 * right // 3):
            tile = luma[top : top + tile_height, left : left + tile_width]
            totals.append(cv2.norm(cv2.sepFilter2D(tile, cv2.CV_16S, _IMMERKAER, _IMMERKAER), cv2.NORM_L1))
    median = sum(sorted(totals)[1:3]) / 2
    return float(math.sqrt(math.pi / 2) * median / (6 * (tile_height - 2) * (tile_width - 2)))
