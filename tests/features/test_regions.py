"""The view `regions`: black bars, the bytes of a row, variants, and what the extractor makes of a picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from reelsift.errors import IndexIncompleteError
from reelsift.features.regions import (
    REGION_WIDTH,
    VARIANTS,
    Bars,
    RegionsExtractor,
    VariedRegionsExtractor,
    find_bars,
    pack_cells,
    pixels_without_bars,
    region_size,
    split_variants,
    unpack_cells,
)
from reelsift.media.render import PictureImage
from reelsift.specs import IndexSpec, Size

pytestmark = pytest.mark.xdist_group("network")

MOST_BYTES = 16 * 1024


def scene(width: int, height: int, *, seed: int = 0) -> np.ndarray:
    """A picture with shapes of all sizes, nowhere black."""
    small = np.random.default_rng(seed).integers(60, 240, (9, 12, 3), np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def framed(picture: np.ndarray, *, sides: int = 0, ends: int = 0, black: int = 16) -> np.ndarray:
    """The picture inside bars that are nearly black, and noisy as a film's."""
    height, width = picture.shape[:2]
    noise = np.random.default_rng(1).integers(0, 8, (height + 2 * ends, width + 2 * sides, 1), np.uint8)
    whole = np.broadcast_to(black + noise, (*noise.shape[:2], 3)).copy()
    whole[ends : ends + height, sides : sides + width] = picture
    return whole


def image(pixels: np.ndarray) -> PictureImage:
    return PictureImage(pixels, frame_index=0, time_seconds=0.0)


def rows_of(pictures: list[np.ndarray], *, kind: type = RegionsExtractor) -> list[bytes]:
    with kind(IndexSpec(), threads=1) as extractor:
        for pixels in pictures:
            extractor.add(image(pixels))
        return extractor.finish()


@pytest.mark.parametrize(("sides", "ends"), [(0, 0), (40, 0), (0, 22), (40, 22), (9, 0)])
def test_bars_are_found_where_they_are(sides: int, ends: int) -> None:
    luma = framed(scene(240, 136), sides=sides, ends=ends)[..., 1]
    found = find_bars(luma)
    assert found.sides * luma.shape[1] == pytest.approx(sides)
    assert found.ends * luma.shape[0] == pytest.approx(ends)


@pytest.mark.parametrize("dark", ["all of it", "one side", "uneven", "most of it", "a line"])
def test_dark_scenes_have_no_bars(dark: str) -> None:
    luma = scene(320, 180)[..., 1]
    match dark:
        case "all of it":
            luma[:] = 12
        case "one side":
            luma[:, :80] = 12
        case "uneven":
            luma[:, :80] = luma[:, -60:] = 12
        case "most of it":
            luma[:, :120] = luma[:, -120:] = 12
        case "a line":
            luma[:, :4] = luma[:, -4:] = 12
    assert find_bars(luma) == Bars()


def test_what_is_lit_in_a_dark_border_makes_it_no_bar() -> None:
    luma = framed(scene(240, 180), sides=40)[..., 1]
    luma[90, 3] = 200
    assert find_bars(luma).sides == 0


def test_bars_are_left_out_of_what_the_network_sees() -> None:
    plain = scene(480, 360)
    without, within = pixels_without_bars(image(plain)), pixels_without_bars(image(framed(plain, sides=80)))
    assert without.shape == within.shape == (288, 384, 3)
    assert np.abs(without.astype(int) - within).mean() < 2


def test_a_picture_gives_nearly_the_same_cells_with_bars_and_without() -> None:
    plain = scene(480, 360)
    wide, letterboxed, other = framed(plain, sides=80), framed(plain, ends=50), scene(480, 360, seed=5)
    cells = unpack_cells(rows_of([plain, wide, letterboxed, other]))
    assert np.abs(cells[0] - cells[1]).mean() < 0.2
    assert np.abs(cells[0] - cells[2]).mean() < 0.2
    assert np.abs(cells[0] - cells[3]).mean() > 0.6


def test_a_row_says_how_many_cells_there_are_and_depends_on_its_picture_alone() -> None:
    pictures = [scene(640, 480), scene(640, 480, seed=1), scene(1280, 720), scene(640, 480)]
    rows = rows_of(pictures)
    assert [tuple(row[:2]) for row in rows] == [(18, 24), (18, 24), (16, 28), (18, 24)]
    assert rows[0] == rows[3] != rows[1]
    assert rows_of(pictures[::-1]) == rows[::-1]
    cells = unpack_cells(rows)
    assert cells.shape == (4, 16 * 28, REGION_WIDTH)
    assert np.isfinite(cells[2]).all()
    assert np.isfinite(cells[0, :432]).all() and np.isnan(cells[0, 432:]).all()
    assert 0.3 < cells[2].std() < 2.5  # scaled to what 4 bits can hold


@given(width=st.integers(1, 6000), height=st.integers(1, 6000))
def test_every_shape_fits_into_a_row(width: int, height: int) -> None:
    size = region_size(Size(width, height))
    cells = np.zeros((size.height // 16, size.width // 16, REGION_WIDTH), np.float32)
    assert size.width % 32 == size.height % 32 == 0
    assert len(pack_cells(cells)) <= MOST_BYTES
    assert cells.size // REGION_WIDTH > 200  # and there is not less to see of an odd one


@settings(max_examples=30)
@given(cells=st.tuples(st.integers(1, 5), st.integers(1, 6)).flatmap(
    lambda shape: arrays.arrays(np.float32, (*shape, REGION_WIDTH), elements=st.floats(-9, 9, width=32))
))  # fmt: skip
def test_what_is_packed_comes_back_within_half_a_step(cells: np.ndarray) -> None:
    back = unpack_cells([pack_cells(cells)])[0].reshape(cells.shape)
    assert np.abs(back - np.clip(cells, -3.75, 3.75)).max() <= 0.25
    assert pack_cells(back) == pack_cells(cells)


def test_rows_of_fewer_cells_are_filled_up() -> None:
    small, large = np.ones((1, 2, REGION_WIDTH), np.float32), np.ones((2, 2, REGION_WIDTH), np.float32)
    cells = unpack_cells([pack_cells(small), pack_cells(large)])
    assert np.isnan(cells[0, 2:]).all() and not np.isnan(cells[0, :2]).any() and not np.isnan(cells[1]).any()
    assert unpack_cells([]).shape == (0, 0, REGION_WIDTH)


WHOLE = pack_cells(np.zeros((3, 4, REGION_WIDTH), np.float32))


@pytest.mark.parametrize("damaged", [b"", b"\3", b"\3\4", WHOLE[:-1], WHOLE + b"\0", b"\0\4", b"\4" + WHOLE[1:]])
def test_damaged_rows_are_refused(damaged: bytes) -> None:
    with pytest.raises(IndexIncompleteError, match="'regions' is damaged"):
        unpack_cells([WHOLE, damaged])
    varied = WHOLE * (VARIANTS - 1) + damaged
    with pytest.raises(IndexIncompleteError, match="damaged"):
        for rows in split_variants([varied]):
            unpack_cells(rows)


def test_variants_are_split_as_they_were_joined() -> None:
    shapes = [(3, 4), (2, 2), (5, 1)]
    parts = [[pack_cells(np.full((*shape, REGION_WIDTH), n, np.float32)) for n in range(VARIANTS)] for shape in shapes]
    split = split_variants([b"".join(own) for own in parts])
    assert split == [list(rows) for rows in zip(*parts, strict=True)]
    assert split_variants([]) == [[]] * VARIANTS


def test_variants_follow_from_the_picture_and_differ_from_each_other() -> None:
    pictures = [scene(480, 360), scene(480, 360, seed=1)]
    rows = rows_of(pictures, kind=VariedRegionsExtractor)
    assert rows == rows_of(pictures[::-1], kind=VariedRegionsExtractor)[::-1]
    variants = split_variants(rows)
    assert len(set(rows_of(pictures)) | {row for own in variants for row in own}) == 2 + 2 * VARIANTS
    assert unpack_cells(variants[-1]).shape == (2, 432, REGION_WIDTH)
