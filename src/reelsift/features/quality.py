"""The view `quality`: exposure, sharpness and noise of a frame, as numbers that do not depend on its resolution.

Measured on brightness, with the longer side brought to 960 pixels at most, about the size people watch at: what is
sharp in a phone clip and in 8K footage is then the same. For each frame, in this order (130 numbers):

* 32: histogram of brightness, shares of the pixels.
* 2: shares of pixels that are black (at most 5) and white (at least 250).
* 9: mean, standard deviation, and the percentiles 1, 5, 25, 50, 75, 95, 99 of brightness, from 0 to 1.
* 16: mean brightness of the 4x4 blocks, from 0 to 1.
* 16: log standard deviation of brightness in the blocks: contrast, against which sharpness is judged.
* 54: log standard deviation of the Laplacian in the blocks at full, half and quarter size, each followed by the
  maximum and the median over the blocks. The variance of the Laplacian measures focus (Pech-Pacheco et al., Diatom
  autofocusing in brightfield microscopy, ICPR 2000); by blocks, so that one sharp subject before a soft background
  still counts; at several sizes, because how it falls off tells blur from a lack of detail.
* 1: log of the noise estimate of Immerkaer (Fast noise variance estimation, CVIU 64(2), 1996), median of four tiles.

Exposure is measured at half that size, where it costs a quarter and is the same.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray

from reelsift.media.render import Image
from reelsift.specs import IndexSpec

__all__ = ["QUALITY_WIDTH", "QualityExtractor", "quality_of"]

QUALITY_WIDTH = 130
_LONGEST = 960
_BLOCKS = 4
_BINS = 32
_SMALLEST_SIDE = 32
_TILE = 128
_PERCENTILES = np.array([1, 5, 25, 50, 75, 95, 99]) / 100
_IMMERKAER = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


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
        if self._latest is not None and np.array_equal(luma, self._latest):
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
        `(130,)` float32; the module says what they are.
    """
    height, width = luma.shape
    if min(height, width) < _SMALLEST_SIDE:
        # Too small for blocks at a quarter of the size: the same picture, stretched.
        luma = cv2.resize(luma, (max(width, _SMALLEST_SIDE), max(height, _SMALLEST_SIDE)))  # type: ignore[assignment]
    half = _halved(luma)
    histogram = cv2.calcHist([half], [0], None, [256], [0, 256])
    counts: NDArray[np.float64] = np.asarray(histogram, np.float64).ravel() / half.size
    levels = np.arange(256) / 255
    mean = float(counts @ levels)
    deviation = float(np.sqrt(max(0.0, float(counts @ levels**2) - mean**2)))
    percentiles = np.searchsorted(np.cumsum(counts), _PERCENTILES - 1e-6) / 255
    means, deviations = _block_statistics(half)
    return np.concatenate(
        [
            counts.reshape(_BINS, -1).sum(axis=1),
            [counts[:6].sum(), counts[250:].sum(), mean, deviation],
            percentiles,
            means / 255,
            np.log1p(deviations),
            *_sharpness(luma, half),
            [np.log1p(_noise(luma))],
        ]
    ).astype(np.float32)


def _sharpness(luma: NDArray[np.uint8], half: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
    rows: list[NDArray[np.float64]] = []
    for scale in (luma, half, _halved(half)):
        _, deviations = _block_statistics(cv2.Laplacian(scale, cv2.CV_16S))
        logs = np.log1p(deviations)
        rows += [logs, np.array([logs.max(), np.median(logs)])]
    return rows


def _halved(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    size = (luma.shape[1] // 2, luma.shape[0] // 2)
    return cv2.resize(luma, size, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def _block_statistics(values: cv2.typing.MatLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of each of the 4x4 blocks, row by row: two arrays `(16,)`."""
    height, width = values.shape[:2]
    ys = [height * k // _BLOCKS for k in range(_BLOCKS + 1)]
    xs = [width * k // _BLOCKS for k in range(_BLOCKS + 1)]
    blocks = [
        values[ys[row] : ys[row + 1], xs[column] : xs[column + 1]]
        for row in range(_BLOCKS)
        for column in range(_BLOCKS)
    ]
    # On 16 bit five times faster than `cv2.meanStdDev`. All sums are whole numbers below 2^53 (OpenCV takes the root of
    # the squares and squares it again, hence `rint`): two large ones are subtracted without loss, and a flat block has
    # a deviation of exactly 0.
    counts = np.array([block.size for block in blocks], np.float64)
    sums = np.array([cv2.sumElems(block)[0] for block in blocks])
    squares = np.rint([cv2.norm(block, cv2.NORM_L2SQR) for block in blocks])
    return sums / counts, np.sqrt(counts * squares - sums**2) / counts


def _noise(luma: NDArray[np.uint8]) -> float:
    """Standard deviation of the noise, in steps of brightness."""
    height, width = luma.shape
    tile_height, tile_width = min(height, _TILE), min(width, _TILE)
    tops, lefts = ((height - tile_height) * np.array([1, 2]) // 3, (width - tile_width) * np.array([1, 2]) // 3)
    estimates: list[float] = []
    for top in tops:
        for left in lefts:
            tile = luma[top : top + tile_height, left : left + tile_width]
            total = cv2.norm(cv2.filter2D(tile, cv2.CV_16S, _IMMERKAER), cv2.NORM_L1)
            estimates.append(np.sqrt(np.pi / 2) * total / (6 * (tile_height - 2) * (tile_width - 2)))
    return float(np.median(estimates))
