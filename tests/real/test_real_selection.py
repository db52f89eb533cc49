"""Frames of films that nobody here made, written as PNG: each is the one a full decode gives, bit for bit."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from real_data import DATA, FILMS, NEEDS_REAL_DATA
from reelsift.actions.selection import ChosenFrame
from reelsift.actions.write_selection import all_frames_bytes, write_selection
from reelsift.errors import MediaError
from reelsift.media.picture_reader import read_picture
from reelsift.media.pictures import encode_picture
from reelsift.media.reader import open_film
from reelsift.specs import PictureSpec

pytestmark = NEEDS_REAL_DATA
PNG = PictureSpec("png")
COUNT = 9


def decoded(path: Path) -> list[tuple[ChosenFrame, int]]:
    """Each frame of a film with a checksum of its upright picture; none where it is no film."""
    try:
        with open_film(path) as reader:
            return [
                (
                    ChosenFrame(path.name, path, "", frame.frame_index, frame.time_seconds),
                    zlib.crc32(frame.orientation.apply(frame.picture.to_ndarray(format="rgb24")).data),  # type: ignore[arg-type]
                )
                for frame in reader.frames()
            ]
    except MediaError:
        return []


@pytest.mark.parametrize("name", FILMS)
def test_written_frames_are_those_of_a_full_decode(name: str, tmp_path: Path) -> None:
    whole = decoded(DATA / name)
    if not whole:
        pytest.skip("no film")
    drawn = np.random.default_rng(0).permutation(len(whole))[:COUNT].tolist()
    places = list(dict.fromkeys([*drawn, 0, len(whole) - 1]))
    results = write_selection([whole[place][0] for place in places], tmp_path / "out", pictures=PNG)
    for place, result in zip(places, results, strict=True):
        assert not result.problem
        assert zlib.crc32(read_picture(tmp_path / "out" / result.file).data) == whole[place][1]


def test_most_are_films() -> None:
    """Fails where the test above would check nothing."""
    films = 0
    for name in FILMS:
        try:
            with open_film(DATA / name):
                films += 1
        except MediaError:
            continue
    assert films > 70


@pytest.mark.parametrize("name", ["clips/cartoon_tomjerry_1.mp4", "clips/mmaction2_ntu_sample.avi"])
def test_what_all_frames_would_take_is_near_what_they_take(name: str) -> None:
    png = jpg = count = 0
    with open_film(DATA / name) as reader:
        for frame in reader.frames():
            rgb = frame.picture.to_ndarray(format="rgb24")
            png += len(encode_picture(rgb, spec=PNG))  # type: ignore[arg-type]
            jpg += len(encode_picture(rgb, spec=PictureSpec("jpg")))  # type: ignore[arg-type]
            count += 1
    estimate = all_frames_bytes(DATA / name, count)
    assert estimate.png == pytest.approx(png, rel=0.1)
    assert estimate.jpg == pytest.approx(jpg, rel=0.1)
