"""A strip of frames with their labels, to see at a glance what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from reelsift.errors import SpecError
from reelsift.media.sheet import contact_sheet

__all__ = ["COLOURS", "sample_indexes", "strip"]

Picture = npt.NDArray[np.uint8]

COLOURS: Mapping[str, tuple[int, int, int]] = {"OK": (64, 200, 96), "KO": (232, 72, 64)}
OTHER = (170, 170, 176)


def sample_indexes(frames: int, *, count: int) -> list[int]:
    """Up to `count` frame indexes spread evenly over `frames`, the first and the last among them.

    Raises:
        SpecError: If either number is below 1.
    """
    if frames < 1 or count < 1:
        raise SpecError(f"samples need 1 frame or more and a count of 1 or more, not {frames} and {count}")
    return sorted({int(index) for index in np.linspace(0, frames - 1, min(count, frames)).round()})


def strip(
    frames: Sequence[Picture],
    labels: Sequence[str],
    *,
    indexes: Sequence[int] | None = None,
    truth: Sequence[str] | None = None,
    colours: Mapping[str, tuple[int, int, int]] = COLOURS,
    columns: int = 8,
    tile_width: int = 240,
) -> Picture:
    """Draws frames in rows, each in the colour of its label, with index and label below.

    Args:
        frames: N pictures (H, W, 3) uint8 red, green, blue.
        labels: N classes that were decided.
        indexes: N frame indexes to write below; 0 to N - 1 if not given.
        truth: N classes as they are; where one differs from the label, the caption says so.
        colours: Colour (red, green, blue) of each class; grey for others.
        columns: Tiles in a row.
        tile_width: Width of a tile's picture in pixels.

    Returns:
        (H', W', 3) uint8 red, green, blue.

    Raises:
        SpecError: If there are no frames, or the numbers do not match.
    """
    numbers = range(len(frames)) if indexes is None else indexes
    actual = labels if truth is None else truth
    if not len(frames) == len(labels) == len(numbers) == len(actual):
        raise SpecError(
            f"a strip needs one label, index and true class a frame, "
            f"not {len(labels)}, {len(numbers)} and {len(actual)} for {len(frames)}"
        )
    captions = [
        f"{number}  {label}" + ("" if label == real else f" (is {real})")
        for number, label, real in zip(numbers, labels, actual, strict=True)
    ]
    shades = [colours.get(label, OTHER) for label in labels]
    return contact_sheet(frames, captions=captions, colours=shades, columns=columns, tile_width=tile_width)
