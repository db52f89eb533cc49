"""The strip of frames with their labels."""

from __future__ import annotations

import numpy as np
import pytest

from reelsift.demo.strip import COLOURS, sample_indexes, strip
from reelsift.errors import SpecError

FRAMES = [np.full((36, 64, 3), value, np.uint8) for value in (0, 80, 160, 240)]


def test_each_frame_has_the_colour_of_its_label() -> None:
    sheet = strip(FRAMES, ["OK", "KO", "OK", "other"], columns=4, tile_width=64)
    tiles = np.array_split(sheet[7:9], 4, axis=1)  # rows within the frames' upper edges
    for tile, colour in zip(tiles, (COLOURS["OK"], COLOURS["KO"], COLOURS["OK"], (170, 170, 176)), strict=True):
        assert (tile == colour).all(axis=2).mean() > 0.8


def test_caption_says_where_the_label_is_wrong() -> None:
    right = strip(FRAMES, ["OK"] * 4, truth=["OK"] * 4, tile_width=128)
    assert np.array_equal(right, strip(FRAMES, ["OK"] * 4, tile_width=128))
    assert not np.array_equal(right, strip(FRAMES, ["OK"] * 4, truth=["OK", "KO", "OK", "OK"], tile_width=128))


def test_indexes_are_written() -> None:
    plain = strip(FRAMES, ["OK"] * 4)
    assert np.array_equal(plain, strip(FRAMES, ["OK"] * 4, indexes=[0, 1, 2, 3]))
    assert not np.array_equal(plain, strip(FRAMES, ["OK"] * 4, indexes=[0, 1, 2, 1599]))


def test_numbers_that_do_not_match_are_named() -> None:
    with pytest.raises(SpecError, match="not 3, 4 and 3 for 4"):
        strip(FRAMES, ["OK"] * 3)


@pytest.mark.parametrize(
    ("frames", "count", "expected"),
    [(10, 4, [0, 3, 6, 9]), (3, 8, [0, 1, 2]), (1, 1, [0]), (100, 1, [0])],
)
def test_samples_spread_over_the_film(frames: int, count: int, expected: list[int]) -> None:
    assert sample_indexes(frames, count=count) == expected


def test_samples_of_nothing_are_refused() -> None:
    with pytest.raises(SpecError, match="not 0"):
        sample_indexes(0, count=4)
