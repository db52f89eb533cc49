"""How sharp a picture is, in numbers that noise, compression and a lack of detail fool little.

What is measured is how steep edges are for their height. In each block of 32x32 pixels, along four directions, the
largest step between two pixels that lie 2, 4, 8, 16 and 32 apart is taken. At a sharp edge the step over 2 pixels is as
large as that over 16; where the edge is smeared over 10 pixels it is a fifth of it. So the ratio of two steps is the
width of the sharpest edge of the block, whatever its contrast: what Marziliano et al. measure (A no-reference
perceptual blur metric, ICIP 2002) without looking for edges, by the largest differences in blocks as Bahrami and Kot
(A fast approach for no-reference image sharpness assessment based on maximum local variation, IEEE Signal Processing
Letters 21(6), 2014).

* Along four directions, because motion smears along one and leaves others sharp: the least sharp direction tells
  motion, all together tell defocus.
* Blocks without an edge say nothing and count for nothing. Percentiles are over the others: with a shallow depth of
  field few blocks are sharp, and the upper percentiles still are.
* Where hardly any block has an edge (sky, a white wall), percentiles are drawn towards what is usual.
* Noise makes steps of its own. Its strength is that of the quietest blocks, and what it adds to the largest step of a
  block is taken off before ratios are. Larger distances are measured at half and a quarter of the size, where there is
  less noise.
* Black bars are left out: their border is sharp in any film.

The numbers, by their names in `SHARPNESS_COLUMNS`:

* `widths`: logarithms to base 2 of the ratios 2/8, 2/16, 4/16 and 8/32; of each the percentiles 50, 75, 90 and 97 over
  the blocks; of each of these the least sharp direction, the mean of the directions, and the sharpest.
* `edges`: share of the blocks that have an edge.
* `noise`: `log(1 + standard deviation)` of the noise at full and at half size.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from reelsift.features.exposure import halved
from reelsift.features.percentiles import percentiles

__all__ = ["SHARPNESS_COLUMNS", "SHARPNESS_WIDTH", "sharpness_numbers"]

FloatArray = NDArray[np.float64]
ByteArray = NDArray[np.uint8]

_BLOCK = 32
_SMALLEST_SIDE = 3 * _BLOCK
_DIRECTIONS = ((0, 1), (1, 0), (1, 1), (1, -1))  # rows, columns
# Distance in pixels of the picture, and how many times smaller the picture is on which it is measured.
_STEPS = ((2, 1), (4, 2), (8, 2), (16, 2), (32, 4))
_RATIOS = ((0, 2), (0, 3), (1, 3), (2, 4))  # places in _STEPS
_NEAR, _FAR = np.array(_RATIOS).T
_EDGE_STEP = 3  # the step that makes a block one that has an edge
_PERCENTILES = (50, 75, 90, 97)
_EDGE = 24  # steps of brightness that make an edge
_USUAL = -0.2  # logarithm of a ratio where nothing is known: rather sharp than blurred
_USUAL_BLOCKS = 8  # as many blocks speak for what is usual
_QUIETEST = 10  # percentile of the blocks from which noise is read
_LARGEST_NOISE = 4 * np.sqrt(2)  # about the largest of a thousand differences of two noisy pixels, in deviations
_LEAST_STEP = 2.0  # added to steps, so that ratios of hardly any step stay near 1

_WIDTHS = 3 * len(_RATIOS) * len(_PERCENTILES)
SHARPNESS_COLUMNS: dict[str, slice] = {
    "widths": slice(0, _WIDTHS),
    "edges": slice(_WIDTHS, _WIDTHS + 1),
    "noise": slice(_WIDTHS + 1, _WIDTHS + 3),
}
SHARPNESS_WIDTH = _WIDTHS + 3


def sharpness_numbers(inside: ByteArray, *, half: ByteArray | None = None) -> NDArray[np.float32]:
    """The sharpness of one picture.

    Args:
        inside: Brightness `(H, W)` inside black bars (`reelsift.features.exposure.without_bars`), 0 to 255, its longer
            side 960 pixels at most.
        half: What `halved` of the same module makes of it, where that is there already.

    Returns:
        `(SHARPNESS_WIDTH,)` float32, finite; the module says what they are.
    """
    sides = (max(inside.shape[1], _SMALLEST_SIDE), max(inside.shape[0], _SMALLEST_SIDE))
    if sides != inside.shape[::-1]:
        inside, half = _bytes(cv2.resize(inside, sides)), None
    half = halved(inside) if half is None else half
    sizes = {1: inside, 2: half, 4: halved(half)}
    noise = np.array([_noise(sizes[smaller], _BLOCK // smaller) for smaller in (1, 2)])
    # At a quarter of the size there is less noise than at half; that little is taken off too much of large steps.
    floor = np.array([noise[0] if smaller == 1 else noise[1] for _, smaller in _STEPS]) * _LARGEST_NOISE
    steps = np.maximum(_largest_steps(sizes) - floor[:, None], 0)
    edges = steps > _EDGE
    steps += _LEAST_STEP
    found = _percentiles_of_logs(steps[:, _NEAR] / steps[:, _FAR], edges[:, _FAR])
    widths = np.stack([found.min(axis=0), found.mean(axis=0), found.max(axis=0)], axis=-1)
    share = edges[:, _EDGE_STEP].any(axis=0).mean()
    return np.concatenate([widths.ravel(), [share], np.log1p(noise)]).astype(np.float32)


def _largest_steps(sizes: dict[int, ByteArray]) -> FloatArray:
    """For each direction, each of `_STEPS` and each block the largest difference, `(4, S, B)`.

    Args:
        sizes: The picture, by how many times smaller it is.
    """
    reach = max(distance for distance, _ in _STEPS)
    rows, columns = ((side - reach) // _BLOCK for side in sizes[1].shape)
    found = np.empty((len(_DIRECTIONS), len(_STEPS), rows * columns))
    for smaller, picture in sizes.items():
        numbers = [number for number, step in enumerate(_STEPS) if step[1] == smaller]
        distances = [_STEPS[number][0] // smaller for number in numbers]
        block = _BLOCK // smaller
        height, width = rows * block, columns * block
        differences = np.empty((len(numbers), height, width), np.uint8)
        down = np.empty((len(_DIRECTIONS), len(numbers) * rows, width), np.uint8)
        for place, direction in enumerate(_DIRECTIONS):  # one at a time: its differences stay in the processor's cache
            for target, distance in zip(differences, distances, strict=True):
                _differences(picture, direction, distance, target)
            differences.reshape(-1, block, width).max(axis=1, out=down[place])
        found[:, numbers] = _largest_of_runs(down.ravel(), block).reshape(len(_DIRECTIONS), len(numbers), -1)
    return found


def _largest_of_runs(values: ByteArray, length: int) -> ByteArray:
    """The largest of each `length` values that follow each other; `length` is a power of two.

    Worked case: of 8 values and runs of 4, those 2 further on, then those 1 further on; then places 0 and 4 are right.
    Numpy compares many bytes at once only where they lie beside each other.
    """
    reach = length // 2
    while reach:
        values = np.maximum(values[:-reach], values[reach:])
        reach //= 2
    return values[::length]


def _differences(picture: ByteArray, direction: tuple[int, int], distance: int, target: ByteArray) -> None:
    """Differences of pixels that lie `distance` apart in a direction: the middle of them, as many as `target` holds."""
    height, width = picture.shape
    rows, columns = target.shape
    down, right = direction[0] * distance, direction[1] * distance
    top, left = (height - down - rows) // 2, (width - abs(right) - columns) // 2
    one, other = left + max(0, right), left + max(0, -right)
    cv2.absdiff(
        picture[top + down : top + down + rows, one : one + columns],
        picture[top : top + rows, other : other + columns],
        dst=target,
    )


def _noise(picture: ByteArray, block: int) -> float:
    """Standard deviation of the noise: that of neighbouring pixels in the quietest blocks."""
    rows, columns = ((side - 1) // block for side in picture.shape)
    differences = np.empty((rows * block, columns * block), np.uint8)
    ones = np.ones(block, np.float32)
    means = []
    for direction in _DIRECTIONS[:2]:
        _differences(picture, direction, 1, differences)
        down = differences.reshape(rows, block, columns * block).sum(axis=1, dtype=np.uint16)
        # Exact: whole numbers far below 2**24.
        means.append((down.reshape(rows, columns, block).astype(np.float32) @ ones).ravel() / block**2)
    quietest = np.minimum(*means).astype(np.float64)
    # The mean absolute difference of two pixels of normal noise is 2 / sqrt(pi) deviations.
    return float(percentiles(quietest, (_QUIETEST,))[0] * np.sqrt(np.pi) / 2)


def _percentiles_of_logs(ratios: FloatArray, valid: NDArray[np.bool_]) -> FloatArray:
    """Percentiles of the logarithms of the valid ones of B ratios, drawn towards what is usual.

    Args:
        ratios: `(..., B)`, above 0.
        valid: Which of them count, `(..., B)`.

    Returns:
        `(..., P)`.
    """
    ordered = np.sort(np.where(valid, ratios, np.inf), axis=-1)  # those that count come first
    counts = valid.sum(axis=-1)[..., None]
    last = np.maximum(counts - 1, 0)
    places = last * np.array(_PERCENTILES) / 100
    lower = places.astype(np.int64)
    index = np.concatenate([lower, np.minimum(lower + 1, last)], axis=-1)
    # Logarithms only of those that are asked for; where none counts, any finite number will do.
    logs = np.log2(np.where(counts > 0, np.take_along_axis(ordered, index, axis=-1), 1.0))
    low, high = logs[..., : len(_PERCENTILES)], logs[..., len(_PERCENTILES) :]
    own = low + (places - lower) * (high - low)
    return np.asarray((counts * own + _USUAL_BLOCKS * _USUAL) / (counts + _USUAL_BLOCKS))


def _bytes(values: Any) -> ByteArray:
    """What OpenCV made of bytes, which are bytes again."""
    found: ByteArray = values
    return found
