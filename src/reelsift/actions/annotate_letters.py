"""Words as masks, in any script that an installed font knows; OpenCV's own letters know ASCII only."""

from __future__ import annotations

import warnings
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from reelsift.actions.screentime_plot import shortened

__all__ = ["fitting", "words_mask"]

Mask = NDArray[np.float32]

# Comes with matplotlib; knows Latin, Greek, Cyrillic, Arabic and more.
_USUAL = "DejaVu Sans"
# Asked after it, those of them that are installed: for Chinese, Japanese, Korean, Hindi, Thai, Hebrew, Tamil.
_FURTHER = (
    "Noto Sans CJK JP", "Noto Sans CJK SC", "Source Han Sans", "Hiragino Sans", "Yu Gothic", "Microsoft YaHei",
    "PingFang SC", "Malgun Gothic", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback", "Noto Sans",
    "Noto Sans Devanagari", "Noto Sans Thai", "Noto Sans Hebrew", "Noto Sans Tamil", "Arial Unicode MS", "FreeSans",
    "Unifont",
)  # fmt: skip


@lru_cache(maxsize=256)  # the same names and numbers come again and again
def words_mask(words: str, *, letters: int, bold: bool = False, squeeze: float = 1.0) -> Mask:
    """Draws one line of words.

    Args:
        words: In any script; a letter that no font knows becomes a box.
        letters: Size of the font, in pixels.
        squeeze: Width is multiplied by this, for pictures whose pixels are not square.

    Returns:
        (H, W) float32 from 0 to 1, how much of each pixel is covered. H depends on `letters` alone, and the base line
        lies at the same height for all words. Read-only.
    """
    import cv2
    from matplotlib.font_manager import get_font

    font = get_font(list(_font_files(bold)))
    font.set_size(letters, 72)  # at 72 dots an inch a point is a pixel
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        font.set_text(words, 0.0)
    font.draw_glyphs_to_bitmap(antialiased=True)
    drawn = np.asarray(font.get_image(), np.float32) / 255
    above, height = letters, line_height(letters)
    below = round(font.get_descent() / 64)
    mask = np.zeros((height, drawn.shape[1]), np.float32)
    top = above - (drawn.shape[0] - below)  # what reaches higher or lower than a line is cut off
    first, last = max(top, 0), min(top + drawn.shape[0], height)
    mask[first:last] = drawn[first - top : last - top]
    if squeeze != 1 and mask.shape[1]:
        size = (max(round(mask.shape[1] * squeeze), 1), height)
        mask = np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA if squeeze < 1 else cv2.INTER_LINEAR))
    mask.setflags(write=False)
    return mask


def line_height(letters: int) -> int:
    """Pixels from the top of the highest letter to the bottom of the lowest."""
    return round(letters * 1.28)


@lru_cache(maxsize=256)
def fitting(words: str, *, letters: int, room: int, bold: bool = False, squeeze: float = 1.0) -> Mask:
    """The words, without their middle where they would be wider than `room` pixels."""
    kept, mask = len(words), words_mask(words, letters=letters, bold=bold, squeeze=squeeze)
    while mask.shape[1] > room and kept > 1:
        kept = max(min(kept - 1, int(kept * room / mask.shape[1]) + 1), 1)
        mask = words_mask(shortened(words, kept), letters=letters, bold=bold, squeeze=squeeze)
    return mask[:, : max(room, 0)]


@lru_cache(maxsize=2)
def _font_files(bold: bool) -> tuple[str, ...]:
    from matplotlib.font_manager import FontProperties, findfont, fontManager

    installed = {entry.name for entry in fontManager.ttflist}
    weight = "bold" if bold else "normal"
    names = [_USUAL, *(name for name in _FURTHER if name in installed)]
    return tuple(str(findfont(FontProperties(family=name, weight=weight))) for name in names)
