"""Thumbnails: small, the right shape, readable again."""

from __future__ import annotations

import numpy as np
import pytest

from films import numbered
from reelsift.errors import MediaError
from reelsift.features.thumbnail import ThumbnailExtractor, decode_thumbnail
from reelsift.media.render import PictureImage
from reelsift.specs import IndexSpec


def thumbnail(picture: np.ndarray) -> np.ndarray:
    with ThumbnailExtractor(IndexSpec(), threads=1) as extractor:
        extractor.add(PictureImage(picture, frame_index=0, time_seconds=0))
        return decode_thumbnail(extractor.finish()[0])


@pytest.mark.parametrize(
    ("height", "width", "small"),
    [(720, 1280, (108, 192)), (1280, 720, (192, 108)), (48, 64, (48, 64)), (1, 5000, (1, 192))],
)
def test_the_longer_side_has_192_pixels_at_most(height: int, width: int, small: tuple[int, int]) -> None:
    assert thumbnail(np.zeros((height, width, 3), np.uint8)).shape[:2] == small


def test_colours_and_place_are_kept() -> None:
    picture = np.repeat(np.repeat(numbered(1), 4, axis=0), 4, axis=1)
    shown = thumbnail(picture)
    red, blue = shown[120, 40].astype(int), shown[120, 150].astype(int)
    assert red[0] > red[2] + 60 and blue[2] > blue[0] + 60


def test_a_damaged_thumbnail_says_what_to_do() -> None:
    with pytest.raises(MediaError, match="reelsift index SOURCE --overwrite"):
        decode_thumbnail(b"not a picture")
