"""Contact sheets: the right picture at the right place, in the right colour."""

from __future__ import annotations

import numpy as np
import pytest

from reelsift.errors import SpecError
from reelsift.media.sheet import FRAME, GAP, PAPER, contact_sheet

RED, GREEN = (255, 0, 0), (0, 255, 0)
WIDTH, HEIGHT = 64, 36


def plain(value: int, *, width: int = 128, height: int = 72) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def sheet_of(count: int, *, columns: int) -> np.ndarray:
    pictures = [plain(10 * number) for number in range(count)]
    captions = [str(number) for number in range(count)]
    return contact_sheet(pictures, captions=captions, colours=[RED] * count, columns=columns, tile_width=WIDTH)


def test_pictures_stand_in_reading_order() -> None:
    sheet = sheet_of(5, columns=3)
    step_x = WIDTH + 2 * FRAME + GAP
    step_y = (sheet.shape[0] - GAP) // 2
    for number in range(5):
        top = GAP + number // 3 * step_y + FRAME
        left = GAP + number % 3 * step_x + FRAME
        assert (sheet[top : top + HEIGHT, left : left + WIDTH] == 10 * number).all()
    empty = sheet[GAP + step_y :, GAP + 2 * step_x :]
    assert (empty == PAPER).all()


def test_few_pictures_make_a_narrow_sheet() -> None:
    assert sheet_of(2, columns=8).shape[1] == 2 * (WIDTH + 2 * FRAME + GAP) + GAP


def test_frame_and_caption_have_the_colour_given() -> None:
    sheet = contact_sheet([plain(0)] * 2, captions=["KO", "OK"], colours=[RED, GREEN], columns=2, tile_width=WIDTH)
    half = sheet.shape[1] // 2
    for part, colour in ((sheet[:, :half], RED), (sheet[:, half:], GREEN)):
        below = part[GAP + HEIGHT + 2 * FRAME :]
        assert (part[GAP + 1] == colour).all(axis=1).sum() > WIDTH
        assert (np.abs(below.astype(int) - colour).sum(axis=2) < 90).sum() > 10  # letters, their edges smoothed


def test_other_shapes_are_shown_whole_in_the_middle() -> None:
    tall = plain(200, width=40, height=80)
    sheet = contact_sheet([plain(0), tall], captions=["", ""], colours=[RED] * 2, columns=2, tile_width=WIDTH)
    left = GAP + WIDTH + 2 * FRAME + GAP + FRAME
    tile = sheet[GAP + FRAME : GAP + FRAME + HEIGHT, left : left + WIDTH]
    shown = np.flatnonzero((tile == 200).all(axis=(0, 2)))
    assert (shown[0], shown[-1]) == (23, 40)  # 36 high, so 18 wide
    assert (tile[:, :23] == PAPER).all()


def test_long_captions_stay_within_their_tile() -> None:
    captions = ["a caption much longer than its tile is wide", ""]
    sheet = contact_sheet([plain(0)] * 2, captions=captions, colours=[RED] * 2, columns=2, tile_width=WIDTH)
    second = sheet[GAP + HEIGHT + 2 * FRAME :, GAP + WIDTH + 2 * FRAME + GAP :]
    assert (second == PAPER).all()


def test_pictures_given_stay_as_they_are() -> None:
    picture = plain(50)
    contact_sheet([picture], captions=["x"], colours=[RED])
    assert (picture == 50).all()


@pytest.mark.parametrize(
    ("count", "captions", "columns", "tile_width", "named"),
    [
        (0, [], 8, 64, "at least one"),
        (1, [], 8, 64, "not 0 and 1 for 1"),
        (1, ["a"], 0, 64, "not 0 and 64"),
        (1, ["a"], 8, 4, "not 8 and 4"),
    ],
)
def test_what_cannot_be_drawn_is_named(
    count: int, captions: list[str], columns: int, tile_width: int, named: str
) -> None:
    pictures = [plain(0)] * count
    with pytest.raises(SpecError, match=named):
        contact_sheet(pictures, captions=captions, colours=[RED] * count, columns=columns, tile_width=tile_width)
