"""Glimpses: the frames of some stretches of a film, tiny, whether it can be entered or must be read through."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from films import B_FRAMES, OPEN_GOP, cut_short, write_film
from reelsift.errors import SourceNotFoundError
from reelsift.media.glimpses import read_glimpses

STRETCHES = [(0.0, 0.4), (3.0, 3.4), (3.8, 4.2), (9.0, 9.2)]
# 25 frames a second: 0 to 9, 75 to 84, 95 to 104, 225 to 229.
WANTED = [*range(10), *range(75, 85), *range(95, 105), *range(225, 230)]


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.mp4", "libx264", None),
        ("b.mkv", "libx264", B_FRAMES),
        ("c.ts", "libx264", OPEN_GOP),
        ("d.avi", "mpeg4", {}),
    ],
)
def test_frames_of_stretches(tmp_path: Path, name: str, codec: str, options: dict[str, str] | None) -> None:
    path = write_film(tmp_path / name, 240, codec=codec, options=options)
    glimpses = read_glimpses(path, STRETCHES, side=8)
    np.testing.assert_allclose(glimpses.times_seconds, np.array(WANTED) / 25, atol=0.002)
    assert glimpses.pictures.shape == (35, 8, 8) and glimpses.pictures.dtype == np.float32
    # Eight fields in a row tell the number of a frame, see `numbered`.
    numbers = (glimpses.pictures[:, 1] > 128) @ (1 << np.arange(8))
    assert numbers.tolist() == WANTED


def test_times_count_from_the_first_frame(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mkv", 50, stamps=range(500, 550), time_base=Fraction(1, 25))
    glimpses = read_glimpses(path, [(1.0, 1.2)], side=4)
    np.testing.assert_allclose(glimpses.times_seconds, np.arange(25, 30) / 25, atol=0.002)


def test_stretches_behind_the_end_are_empty(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", 30)
    assert len(read_glimpses(path, [(1.0, 2.0), (5.0, 6.0)], side=4).times_seconds) == 5
    empty = read_glimpses(path, [(5.0, 6.0)], side=4)
    assert empty.pictures.shape == (0, 4, 4) and empty.times_seconds.shape == (0,)


def test_a_film_cut_short_gives_what_there_is(tmp_path: Path) -> None:
    path = cut_short(write_film(tmp_path / "a.mkv", 240), 0.5)
    times = read_glimpses(path, STRETCHES, side=4).times_seconds
    assert 20 <= len(times) <= 30 and times[-1] < 6


def test_no_such_film(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError):
        read_glimpses(tmp_path / "a.mp4", STRETCHES, side=4)
