"""A contact sheet: many pictures small in one, each with a coloured frame and a caption."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from reelsift.errors import SpecError

__all__ = ["PAPER", "contact_sheet", "fitted"]

Picture = npt.NDArray[np.uint8]

PAPER = (24, 24, 26)
GAP = 6  # pixels between tiles
FRAME = 4  # pixels of colour around each picture
CAPTION_SHARE = 0.085  # height of the letters over the width of a tile
SMALLEST_LETTERS = 9


def contact_sheet(
    pictures: Sequence[Picture],
    *,
    captions: Sequence[str],
    colours: Sequence[tuple[int, int, int]],
    columns: int = 8,
    tile_width: int = 240,
) -> Picture:
    """Lays pictures out in rows, in reading order.

    Args:
        pictures: N pictures (H, W, 3) uint8 red, green, blue. Tiles have the shape of the first; others keep
            their aspect ratio and are centred in theirs.
        captions: N texts, one below each picture; too long ones are cut off with "...". OpenCV's fonts draw ASCII only.
        colours: N colours (red, green, blue) of the frames and the captions.
        columns: Tiles in a row; fewer pictures make a narrower sheet.
        tile_width: Width in pixels of the picture in a tile.

    Returns:
        (H', W', 3) uint8 red, green, blue.

    Raises:
        SpecError: If there are no pictures, the numbers do not match, or a size is below what can be drawn.
    """
    _check(len(pictures), captions=len(captions), colours=len(colours), columns=columns, tile_width=tile_width)
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    first = pictures[0].shape
    tile_height = max(round(tile_width * first[0] / first[1]), 1)
    letters = max(round(tile_width * CAPTION_SHARE), SMALLEST_LETTERS)
    step_x, step_y = tile_width + 2 * FRAME + GAP, tile_height + 2 * FRAME + 2 * letters + GAP
    sheet = np.full((rows * step_y + GAP, columns * step_x + GAP, 3), PAPER, np.uint8)
    for number, (picture, caption, colour) in enumerate(zip(pictures, captions, colours, strict=True)):
        top, left = GAP + number // columns * step_y, GAP + number % columns * step_x
        tile = sheet[top : top + step_y - GAP, left : left + step_x - GAP]
        tile[: tile_height + 2 * FRAME] = colour
        tile[FRAME : FRAME + tile_height, FRAME : FRAME + tile_width] = fitted(
            picture, width=tile_width, height=tile_height
        )
        _write(tile[tile_height + 2 * FRAME :], caption, colour=colour, letters=letters)
    return sheet


def _check(pictures: int, *, captions: int, colours: int, columns: int, tile_width: int) -> None:
    if pictures == 0:
        raise SpecError("a contact sheet needs at least one picture")
    if not pictures == captions == colours:
        raise SpecError(
            f"a contact sheet needs one caption and one colour a picture, not {captions} and {colours} for {pictures}"
        )
    if columns < 1 or tile_width < 16:
        raise SpecError(
            f"a contact sheet has 1 column or more, tiles of 16 pixels or more, not {columns} and {tile_width}"
        )


def fitted(picture: Picture, *, width: int, height: int) -> Picture:
    """(height, width, 3) the whole picture, as large as fits, in the middle."""
    scale = min(width / picture.shape[1], height / picture.shape[0])
    size = (max(round(picture.shape[1] * scale), 1), max(round(picture.shape[0] * scale), 1))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    if size == (width, height):
        return cast(Picture, small)
    tile = np.full((height, width, 3), PAPER, np.uint8)
    top, left = (height - size[1]) // 2, (width - size[0]) // 2
    tile[top : top + size[1], left : left + size[0]] = small
    return tile


def _write(space: Picture, text: str, *, colour: tuple[int, int, int], letters: int) -> None:
    """Draws `text` in the middle of `space` in place, `letters` pixels high; what does not fit is cut off."""
    font, thickness = cv2.FONT_HERSHEY_SIMPLEX, max(round(letters / 12), 1)
    scale = cv2.getFontScaleFromHeight(font, letters, thickness)

    def width_of(words: str) -> int:
        return cv2.getTextSize(words, font, scale, thickness)[0][0]

    shown, kept = text, text
    while kept and width_of(shown) > space.shape[1]:
        kept = kept[:-1]
        shown = kept.rstrip() + "..."
    place = ((space.shape[1] - width_of(shown)) // 2, (space.shape[0] + letters) // 2)
    # OpenCV draws on arrays it can see as one block, which a tile of the sheet is not.
    canvas = np.ascontiguousarray(space)
    cv2.putText(canvas, shown, place, font, scale, colour, thickness, cv2.LINE_AA)
    space[:] = canvas
