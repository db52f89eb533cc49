"""The sharpness numbers: what each of them says, on pictures where the answer is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reelsift.features.exposure import halved, without_bars
from reelsift.features.sharpness import (
    SHARPNESS_COLUMNS,
    SHARPNESS_WIDTH,
    _largest_of_runs,
    _largest_steps,
    sharpness_numbers,
)

NEVER_SHARP, SHARPEST = 0, 2  # the least sharp direction, and the sharpest; between them the mean


def drawn(*, width: int = 640, height: int = 480, seed: int = 0, shapes: int = 150) -> np.ndarray:
    """Shapes with hard edges in all directions."""
    rng = np.random.default_rng(seed)
    picture = np.full((height, width), 90, np.uint8)
    for x, y, size, angle, grey in rng.random((shapes, 5)):
        box = ((x * width, y * height), (20 + 80 * size, 20 + 60 * size), 180 * angle)
        cv2.fillPoly(picture, [cv2.boxPoints(box).astype(np.int32)], 30 + 190 * float(grey), cv2.LINE_AA)
    return picture


def defocused(picture: np.ndarray, radius: int) -> np.ndarray:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)).astype(np.float32)
    return cv2.filter2D(picture, -1, disc / disc.sum(), borderType=cv2.BORDER_REFLECT_101)


def moved(picture: np.ndarray, length: int) -> np.ndarray:
    return cv2.blur(picture, (length, 1), borderType=cv2.BORDER_REFLECT_101)


def noisy(picture: np.ndarray, deviation: float, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, deviation, picture.shape)
    return np.clip(picture + noise + 0.5, 0, 255).astype(np.uint8)


def widths(picture: np.ndarray) -> np.ndarray:
    """(ratios, percentiles, directions) of a picture."""
    return sharpness_numbers(picture)[SHARPNESS_COLUMNS["widths"]].reshape(4, 4, 3)


def sharpness(picture: np.ndarray) -> float:
    """One number: the mean over the ratios, upper percentiles, the least sharp direction."""
    return float(widths(picture)[:, 1:, NEVER_SHARP].mean())


def test_columns_follow_each_other() -> None:
    ends = [0, *(columns.stop for columns in SHARPNESS_COLUMNS.values())]
    assert [columns.start for columns in SHARPNESS_COLUMNS.values()] == ends[:-1]
    assert ends[-1] == SHARPNESS_WIDTH == sharpness_numbers(drawn()).size


@pytest.mark.parametrize("width", [4, 8])
def test_the_width_of_a_lone_edge_is_measured(width: int) -> None:
    """A ramp over `width` pixels: over 2 of them it climbs 2 / width of its height, whatever the height."""
    for height in (40, 200):
        ramps = np.clip(np.abs(np.arange(640) % 96 - 48) - 20, 0, width) / width * height + 20
        picture = np.tile(np.rint(ramps).astype(np.uint8), (480, 1))
        assert widths(picture)[1, 1, NEVER_SHARP] == pytest.approx(np.log2(2 / width), abs=0.3)


@pytest.mark.parametrize("seed", range(3))
def test_more_defocus_is_less_sharp(seed: int) -> None:
    pictures = [drawn(seed=seed), *(defocused(drawn(seed=seed), radius) for radius in (2, 4, 8))]
    found = [sharpness(picture) for picture in pictures]
    assert found == sorted(found, reverse=True)
    assert found[0] > -0.2 and found[1] - found[3] > 0.7


def test_motion_blurs_one_direction_and_defocus_all() -> None:
    still, motion, defocus = (widths(each)[1, 2] for each in (drawn(), moved(drawn(), 21), defocused(drawn(), 9)))
    assert still[SHARPEST] - still[NEVER_SHARP] < 0.3
    assert motion[SHARPEST] - motion[NEVER_SHARP] > 0.8
    assert motion[SHARPEST] > still[SHARPEST] - 0.5
    assert defocus[SHARPEST] < still[SHARPEST] - 1


@pytest.mark.parametrize("deviation", [3.0, 8.0])
def test_noise_does_not_make_a_blurred_picture_sharp(deviation: float) -> None:
    soft = defocused(drawn(), 7)
    assert sharpness(noisy(soft, deviation)) < sharpness(soft) + 0.1
    assert sharpness(noisy(drawn(), deviation)) > sharpness(noisy(soft, deviation)) + 0.8


def test_noise_is_measured() -> None:
    quiet = np.full((480, 640), 120, np.uint8)
    found = np.expm1(sharpness_numbers(noisy(quiet, 6.0))[SHARPNESS_COLUMNS["noise"]])
    assert found == pytest.approx([6.0, 3.0], rel=0.12)  # at half the size four pixels are one


def test_compression_does_not_make_a_blurred_picture_sharp() -> None:
    soft = moved(drawn(), 25)
    stored = cv2.imdecode(cv2.imencode(".jpg", soft, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_GRAYSCALE)
    assert sharpness(stored) == pytest.approx(sharpness(soft), abs=0.35)


def test_low_contrast_is_not_blur() -> None:
    faint = (drawn().astype(np.float32) * 0.3 + 90).astype(np.uint8)
    assert sharpness(faint) == pytest.approx(sharpness(drawn()), abs=0.3)


def test_a_sharp_part_before_a_soft_background_counts() -> None:
    soft = defocused(drawn(), 9)
    shallow = soft.copy()
    shallow[140:340, 200:440] = drawn()[140:340, 200:440]
    assert widths(shallow)[1, 3, NEVER_SHARP] > widths(soft)[1, 3, NEVER_SHARP] + 1


def test_where_nothing_has_detail_nothing_is_known() -> None:
    """A sky, and a picture far out of focus in which edges are still there to be seen."""
    sky = np.tile(np.linspace(120, 160, 480, dtype=np.uint8)[:, None], (1, 640))
    assert np.ptp(widths(sky)) < 1e-5
    assert sharpness_numbers(sky)[SHARPNESS_COLUMNS["edges"]] == 0
    assert sharpness(sky) > sharpness(defocused(drawn(shapes=25), 12)) + 0.5


def test_black_bars_do_not_make_a_film_sharp() -> None:
    soft = defocused(drawn(), 9)
    barred = cv2.copyMakeBorder(soft, 60, 60, 0, 0, cv2.BORDER_CONSTANT, value=0)
    assert sharpness(without_bars(barred)) == pytest.approx(sharpness(soft), abs=0.1)


def test_turned_by_a_right_angle_a_picture_is_as_sharp() -> None:
    motion = moved(drawn(), 21)
    assert widths(np.ascontiguousarray(np.rot90(motion))) == pytest.approx(widths(motion), abs=0.25)


def test_the_largest_step_of_each_block_is_found() -> None:
    """Each direction and distance, pixel by pixel."""
    picture = np.random.default_rng(0).integers(0, 256, (132, 170), dtype=np.uint8)
    half = halved(picture)
    sizes = {1: picture, 2: half, 4: halved(half)}
    rows, columns = 3, 4  # of blocks of 32, where the largest step reaches 32 pixels further
    for direction, (down, right) in enumerate(((0, 1), (1, 0), (1, 1), (1, -1))):
        for number, (distance, smaller) in enumerate(((2, 1), (4, 2), (8, 2), (16, 2), (32, 4))):
            place = sizes[smaller].astype(int)
            by, across, block = down * distance // smaller, right * distance // smaller, 32 // smaller
            one = place[by:, max(0, across) : place.shape[1] + min(0, across)]
            other = place[: place.shape[0] - by, max(0, -across) : place.shape[1] - max(0, across)]
            steps = np.abs(one - other)
            top, left = (steps.shape[0] - rows * block) // 2, (steps.shape[1] - columns * block) // 2
            inner = steps[top : top + rows * block, left : left + columns * block]
            wanted = inner.reshape(rows, block, columns, block).max(axis=(1, 3)).ravel()
            assert np.array_equal(_largest_steps(sizes)[direction, number], wanted)


@pytest.mark.parametrize("length", [1, 2, 8, 32])
def test_the_largest_of_runs(length: int) -> None:
    values = np.random.default_rng(length).integers(0, 256, 15 * length, dtype=np.uint8)
    assert np.array_equal(_largest_of_runs(values, length), values.reshape(15, length).max(axis=1))


@settings(deadline=None)
@given(height=st.integers(1, 140), width=st.integers(1, 140), seed=st.integers(0, 100))
def test_pictures_of_any_size_have_finite_numbers(height: int, width: int, seed: int) -> None:
    row = sharpness_numbers(np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8))
    assert (row.shape, row.dtype) == ((SHARPNESS_WIDTH,), np.float32)
    assert np.isfinite(row).all()
