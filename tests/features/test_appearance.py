"""The appearance view: a vector that depends on the picture and on nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from films import numbered
from reelsift.errors import SpecError
from reelsift.features.appearance import AppearanceExtractor
from reelsift.media.render import PictureImage
from reelsift.specs import Crop, IndexSpec, Size

pytestmark = pytest.mark.xdist_group("network")

SPEC = IndexSpec(input_size=Size(64, 64))


def vectors(*pictures: np.ndarray, spec: IndexSpec = SPEC, crop: Crop | None = None, threads: int = 1) -> np.ndarray:
    with AppearanceExtractor(spec, threads=threads) as extractor:
        for picture in pictures:
            extractor.add(PictureImage(picture, frame_index=0, time_seconds=0, crop=crop))
        return extractor.finish()


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a.astype(np.float64), b.astype(np.float64)
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_a_picture_has_the_same_vector_whatever_came_before() -> None:
    wanted, other, third = numbered(170), np.zeros((48, 64, 3), np.uint8), numbered(5)
    rows = vectors(wanted, other, third, wanted, third, other, wanted)
    assert (rows.shape, rows.dtype) == ((7, 1280), np.float16)
    assert np.array_equal(rows[0], rows[3]) and np.array_equal(rows[0], rows[6])
    assert np.array_equal(rows[0], vectors(wanted)[0])
    assert np.array_equal(rows[1], rows[5])


def test_other_pictures_have_other_vectors_and_near_ones_near_vectors() -> None:
    rng = np.random.default_rng(0)
    rough = rng.integers(0, 256, (8, 8, 3), np.uint8).repeat(8, axis=0).repeat(8, axis=1)
    nearly = np.clip(rough.astype(int) + 2, 0, 255).astype(np.uint8)
    same, near, far = vectors(rough, nearly, numbered(3))
    assert cosine(same, near) > 0.97
    assert cosine(same, far) < 0.9


def test_many_more_images_than_requests_come_in_order() -> None:
    pictures = [numbered(n) for n in range(60)]
    rows = vectors(*pictures, threads=0)
    alone = vectors(*pictures[::-1], threads=0)[::-1]
    assert np.array_equal(rows, alone)


def test_pictures_of_several_shapes_share_a_table() -> None:
    wide, tall = np.full((90, 160, 3), 100, np.uint8), np.full((160, 90, 3), 100, np.uint8)
    rows = vectors(wide, tall, wide, spec=IndexSpec())
    assert rows.shape == (3, 1280)
    assert np.array_equal(rows[0], rows[2])


def test_the_crop_is_what_is_seen() -> None:
    whole = numbered(9)
    assert np.array_equal(vectors(whole, crop=Crop(0, 0, 32, 32)), vectors(np.ascontiguousarray(whole[:32, :32])))


@pytest.mark.parametrize("size", ["100x64", "64x33"])
def test_sizes_the_network_cannot_take_are_named(size: str) -> None:
    with pytest.raises(SpecError, match=f"--input-size {size}: width and height must be multiples of 32"):
        AppearanceExtractor(IndexSpec(input_size=Size.parse(size)), threads=1)


def test_a_frame_that_is_the_same_as_the_one_before_is_not_looked_at_again() -> None:
    rng = np.random.default_rng(0)
    one, two = (rng.integers(0, 255, (64, 64, 3), dtype=np.uint8) for _ in range(2))
    images = [PictureImage(pixels, frame_index=0, time_seconds=0.0) for pixels in (one, one, two, two, two, one)]
    with AppearanceExtractor(IndexSpec(), threads=1) as extractor:
        for image in images:
            extractor.add(image)
        rows = extractor.finish()
        assert len(extractor._rows) == 3
    with AppearanceExtractor(IndexSpec(), threads=1) as extractor:
        extractor.add(images[2])
        (alone,) = extractor.finish()
    assert len(rows) == 6
    assert np.array_equal(rows[0], rows[1]) and np.array_equal(rows[0], rows[5])
    assert all(np.array_equal(row, alone) for row in rows[2:5]) and not np.array_equal(rows[0], alone)
