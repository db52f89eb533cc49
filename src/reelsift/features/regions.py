"""The view `regions`: what each part of a frame looks like, so that one small thing in a corner counts.

Mid-level maps of the backbone, of stride 16 and of stride 8 averaged to it, at a resolution of its own: about 384x288
pixels in the shape of the picture, which makes about 430 cells. Black bars at the sides or above and below are left out
before the network sees the picture, so that their width does not matter. Each cell is brought to 72 numbers by a fixed
basis (`tools/make_region_basis.py`), each of which is kept in 4 bits: at most 16 KiB a frame.

A row is bytes: the number of rows and of columns of cells, a byte each, then the cells row by row, two numbers a byte,
the first in the lower half.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from reelsift.errors import IndexIncompleteError
from reelsift.features.backbones import backbone_named, input_size_for
from reelsift.features.network import NetworkRows
from reelsift.features.tables import COMPUTE_AGAIN
from reelsift.media.render import Image
from reelsift.specs import IndexSpec, Size

__all__ = [
    "REGION_WIDTH",
    "Bars",
    "RegionsExtractor",
    "VariedRegionsExtractor",
    "find_bars",
    "pack_cells",
    "pixels_without_bars",
    "split_variants",
    "unpack_cells",
]

REGION_WIDTH = 72
_PIXELS = 384 * 288
_BYTES = 16 * 1024
_STRIDE = 16
_STEP = 0.5  # of a standard deviation; 16 steps reach from -4 to 4
_LEVELS = 16

VARIANTS = 3

_BAR_LOOK = 320  # bars are looked for in a picture whose longer side is this
_BLACK = 28  # brightness up to which a line at the border is black, compression noise included
_LEAST_BAR, _MOST_BAR = 0.02, 1 / 3  # of the side
_UNEVEN = 0.02  # bars are as wide on one side as on the other, but for this share: a dark scene is not


class RegionsExtractor(NetworkRows):
    """Gives N byte strings."""

    def __init__(self, spec: IndexSpec, *, threads: int) -> None:
        super().__init__(
            backbone_named(spec.backbone).regions, draw=pixels_without_bars, keep=pack_cells, threads=threads
        )

    def __enter__(self) -> RegionsExtractor:
        return self

    def finish(self) -> list[bytes]:
        return self.rows()


class VariedRegionsExtractor(NetworkRows):
    """Gives N byte strings, each the rows of `VARIANTS` variants of the image, one after the other.

    A head that learns from a few hundred frames of two films learns their palette, too. Frames that are also seen
    mirrored, enlarged, darker and in other tints teach it what matters: on two cartoons, training on one and scoring
    on the other, two variants took the accuracy from 0.62 to 0.75 and from 0.68 to 0.74. Only training looks at them.
    """

    def __init__(self, spec: IndexSpec, *, threads: int) -> None:
        super().__init__(
            backbone_named(spec.backbone).regions, draw=pixels_without_bars, keep=pack_cells, threads=threads
        )

    def __enter__(self) -> VariedRegionsExtractor:
        return self

    def add(self, image: Image) -> None:
        pixels = pixels_without_bars(image)
        # What is random follows from the picture, so that the same picture always gives the same row.
        random = np.random.default_rng(zlib.crc32(pixels.tobytes()))
        for _ in range(VARIANTS):
            self.add_pixels(varied(pixels, random=random))

    def finish(self) -> list[bytes]:
        rows = self.rows()
        return [b"".join(rows[first : first + VARIANTS]) for first in range(0, len(rows), VARIANTS)]


def varied(pixels: NDArray[np.uint8], *, random: np.random.Generator) -> NDArray[np.uint8]:
    """A variant of a picture `(H, W, 3)`: perhaps mirrored, a part of it enlarged, in another light."""
    height, width = pixels.shape[:2]
    share = random.uniform(0.8, 1)
    part_height, part_width = round(height * share), round(width * share)
    top, left = random.integers(0, height - part_height + 1), random.integers(0, width - part_width + 1)
    part = pixels[top : top + part_height, left : left + part_width]
    if random.random() < 0.5:
        part = part[:, ::-1]
    enlarged = cv2.resize(np.ascontiguousarray(part), (width, height), interpolation=cv2.INTER_LINEAR)
    contrast, light, tint = random.uniform(0.75, 1.15), random.uniform(0.6, 1.2), random.uniform(0.85, 1.15, 3)
    # One table for each channel: 256 values to compute instead of all pixels.
    table = np.clip(((np.arange(256)[:, None] - 127) * contrast + 127) * light * tint, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(enlarged, table[:, None, :]), np.uint8)


def split_variants(rows: Sequence[bytes]) -> list[list[bytes]]:
    """The rows of the first variant of each frame, of the second, and so on; of `regions_varied`.

    Raises:
        IndexIncompleteError: If a row is longer or shorter than its variants say.
    """
    variants: list[list[bytes]] = [[] for _ in range(VARIANTS)]
    for row in rows:
        start = 0
        for variant in variants:
            length = 2 + math.prod(row[start : start + 2]) * REGION_WIDTH // 2
            variant.append(row[start : start + length])
            start += length
        if start != len(row):
            raise IndexIncompleteError(f"a row of the view 'regions_varied' is damaged; {COMPUTE_AGAIN}")
    return variants


@dataclass(frozen=True)
class Bars:
    """Black bars: the share of the picture's width that each one at the sides takes, and of its height above and below.

    They are as wide on both sides.
    """

    sides: float = 0.0
    ends: float = 0.0


def find_bars(luma: NDArray[np.uint8]) -> Bars:
    """The black bars of a picture.

    Args:
        luma: Brightness `(H, W)`, 0 to 255.
    """
    # Whatever is lit at a border has no bar there: mostly that tells, without a look at the whole picture.
    sides = not _is_lit(luma[:, 0]) and not _is_lit(luma[:, -1])
    ends = not _is_lit(luma[0]) and not _is_lit(luma[-1])
    return Bars(sides=_bar(luma.max(axis=0)) if sides else 0.0, ends=_bar(luma.max(axis=1)) if ends else 0.0)


def _is_lit(line: NDArray[np.uint8]) -> bool:
    return bool(line.max() > _BLACK)


def _bar(brightest: NDArray[np.uint8]) -> float:
    """The share of a side that is black at both of its ends; `brightest` is the brightest pixel of each line."""
    length = len(brightest)
    lit = np.flatnonzero(brightest > _BLACK)
    if not lit.size:
        return 0.0
    before, behind = int(lit[0]), length - 1 - int(lit[-1])
    share = min(before, behind) / length
    is_bar = abs(before - behind) <= max(2.0, _UNEVEN * length) and _LEAST_BAR <= share <= _MOST_BAR
    return share if is_bar else 0.0


def pixels_without_bars(image: Image, *, pixels: int = _PIXELS) -> NDArray[np.uint8]:
    """The picture inside its black bars, `(H, W, 3)`, at the size the network sees: about so many pixels."""
    bars = find_bars(image.luma(_BAR_LOOK))
    across, down = 1 - 2 * bars.sides, 1 - 2 * bars.ends
    inside = Size(max(1, round(image.size.width * across)), max(1, round(image.size.height * down)))
    size = region_size(inside, pixels=pixels)
    whole = Size(round(size.width / across), round(size.height / down))
    left, top = (whole.width - size.width) // 2, (whole.height - size.height) // 2
    return np.ascontiguousarray(image.rgb(whole)[top : top + size.height, left : left + size.width])


def region_size(size: Size, *, pixels: int = _PIXELS) -> Size:
    """The size at which a picture of `size` is looked at: 1280x720 gives 448x256, 640x480 gives 384x288."""
    while True:
        found = input_size_for(size, pixels=pixels)
        if 2 + found.width * found.height // _STRIDE**2 * REGION_WIDTH // 2 <= _BYTES:
            return found
        pixels -= pixels // 16  # shapes that few multiples of 32 pixels come near to


def pack_cells(cells: NDArray[np.float32]) -> bytes:
    """A row from the numbers of its cells, `(rows, columns, 72)`."""
    rows, columns, _ = cells.shape
    levels = np.clip(np.floor(cells / _STEP) + _LEVELS // 2, 0, _LEVELS - 1).astype(np.uint8).reshape(-1)
    packed: bytes = (levels[::2] | (levels[1::2] << 4)).tobytes()
    return bytes((rows, columns)) + packed


def unpack_cells(rows: Sequence[bytes]) -> NDArray[np.float32]:
    """The cells of frames, `(N, P, 72)`: P is the largest number of cells; rows of fewer are filled up with NaN.

    Raises:
        IndexIncompleteError: If a row is not what `pack_cells` makes.
    """
    counts = [row[0] * row[1] if len(row) >= 2 else 0 for row in rows]
    cells = np.full((len(rows), max(counts, default=0), REGION_WIDTH), np.nan, np.float32)
    for number, (row, count) in enumerate(zip(rows, counts, strict=True)):
        if count == 0 or len(row) != 2 + count * REGION_WIDTH // 2:
            raise IndexIncompleteError(f"a row of the view 'regions' is damaged; {COMPUTE_AGAIN}")
        cells[number, :count] = _VALUES[np.frombuffer(row, np.uint8, offset=2)].reshape(count, REGION_WIDTH)
    return cells


# What the two halves of a byte stand for: the middle of their step.
_HALVES = ((np.arange(_LEVELS) - _LEVELS // 2 + 0.5) * _STEP).astype(np.float32)
_VALUES = np.stack([_HALVES[np.arange(256) % _LEVELS], _HALVES[np.arange(256) // _LEVELS]], axis=1)
