"""Words as masks."""

from __future__ import annotations

import numpy as np
import pytest

from reelsift.actions.annotate_letters import fitting, line_height, words_mask


@pytest.mark.parametrize("words", ["football", "Fußball", "реклама", "διαφήμιση", "ديك", "猫", ""])
def test_every_script_makes_a_mask_of_one_line(words: str) -> None:
    mask = words_mask(words, letters=20)
    assert mask.shape[0] == line_height(20) and mask.dtype == np.float32
    assert mask.max(initial=0) <= 1 and (mask.max(initial=0) > 0.9) == bool(words)


def test_other_letters_than_ascii_are_no_boxes() -> None:
    drawn = [words_mask(letter, letters=30) for letter in "аЖßΩ"]
    assert len({mask.tobytes() for mask in drawn}) == 4
    assert not np.array_equal(words_mask("ж", letters=30), words_mask("猫", letters=30))


def test_all_words_stand_on_one_line() -> None:
    bottoms = [np.flatnonzero(words_mask(word, letters=40).max(axis=1) > 0.5).max() for word in ("x", "H", "d")]
    assert max(bottoms) - min(bottoms) <= 1
    assert np.flatnonzero(words_mask("g", letters=40).max(axis=1) > 0.5).max() > max(bottoms) + 5


def test_what_is_too_wide_loses_its_middle() -> None:
    whole = words_mask("a name that is too long for its place", letters=20)
    cut = fitting("a name that is too long for its place", letters=20, room=100)
    assert cut.shape[1] <= 100 < whole.shape[1]
    assert cut[:, -8:].max() > 0.5  # its end is there
    assert np.array_equal(fitting("short", letters=20, room=100), words_mask("short", letters=20))


def test_words_are_as_narrow_as_pixels_are_wide() -> None:
    wide, narrow = words_mask("football", letters=20), words_mask("football", letters=20, squeeze=0.5)
    assert narrow.shape == (wide.shape[0], round(wide.shape[1] / 2))
