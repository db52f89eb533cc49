"""The quality numbers: what each of them says, on pictures where the answer is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelsift.features.quality import QUALITY_WIDTH, QualityExtractor, quality_of
from reelsift.media.render import PictureImage
from reelsift.specs import IndexSpec

HISTOGRAM, BLACK, WHITE, MEAN, DEVIATION = slice(0, 32), 32, 33, 34, 35
PERCENTILES, BLOCK_MEANS, CONTRASTS = slice(36, 43), slice(43, 59), slice(59, 75)
SHARPNESS, NOISE = slice(75, 129), 129
FULL_SIZE_MAXIMUM = 75 + 16


def scene(*, width: int = 640, height: int = 360, seed: int = 0) -> np.ndarray:
    """Shapes with hard edges, the same at any size."""
    rng = np.random.default_rng(seed)
    picture = np.full((height, width), 90, np.uint8)
    for x, y, w, h, grey in rng.random((60, 5)) * (0.9, 0.9, 0.2, 0.2, 1):
        corner = (round(x * width), round(y * height))
        opposite = (round((x + w) * width), round((y + h) * height))
        cv2.rectangle(picture, corner, opposite, 30 + 190 * float(grey), -1)
    return picture


def test_a_plain_picture_has_golden_values() -> None:
    row = quality_of(np.full((90, 160), 128, np.uint8))
    assert (row.shape, row.dtype) == ((QUALITY_WIDTH,), np.float32)
    assert row[HISTOGRAM].tolist() == [float(n == 16) for n in range(32)]
    assert (row[BLACK], row[WHITE], row[DEVIATION]) == (0, 0, 0)
    assert row[MEAN] == pytest.approx(128 / 255)
    assert row[PERCENTILES] == pytest.approx(128 / 255)
    assert row[BLOCK_MEANS] == pytest.approx(128 / 255)
    assert not row[CONTRASTS].any() and not row[SHARPNESS].any() and row[NOISE] == 0


def test_shares_of_black_and_white() -> None:
    picture = np.full((100, 200), 128, np.uint8)
    picture[:25] = 3
    picture[90:] = 253
    row = quality_of(picture)
    assert row[BLACK] == pytest.approx(0.25, abs=0.02)
    assert row[WHITE] == pytest.approx(0.10, abs=0.02)
    assert row[HISTOGRAM].sum() == pytest.approx(1)


def test_percentiles_and_spread_of_a_ramp() -> None:
    row = quality_of(np.repeat(np.arange(256, dtype=np.uint8)[None], 64, axis=0).repeat(2, axis=1))
    assert row[PERCENTILES] == pytest.approx(np.array([1, 5, 25, 50, 75, 95, 99]) / 100, abs=0.01)
    assert row[DEVIATION] == pytest.approx(1 / np.sqrt(12), abs=0.01)


def test_blocks_are_counted_row_by_row() -> None:
    blocks = np.arange(16, dtype=np.uint8).reshape(4, 4) * 16
    row = quality_of(np.kron(blocks, np.ones((40, 60), np.uint8)))
    assert row[BLOCK_MEANS] * 255 == pytest.approx(np.arange(16) * 16, abs=0.5)


@pytest.mark.parametrize("seed", range(3))
def test_more_blur_is_less_sharp(seed: int) -> None:
    rows = [quality_of(cv2.GaussianBlur(scene(seed=seed), (0, 0), sigma)) for sigma in (0.5, 1, 2, 4, 8)]
    sharpness = [float(row[FULL_SIZE_MAXIMUM]) for row in rows]
    assert sharpness == sorted(sharpness, reverse=True)
    assert sharpness[0] > sharpness[-1] + 1
    assert rows[0][MEAN] == pytest.approx(rows[-1][MEAN], abs=0.02)  # exposure does not see it


def test_one_sharp_block_before_a_soft_background_counts() -> None:
    soft = cv2.GaussianBlur(scene(), (0, 0), 8)
    soft[90:180, 160:320] = scene()[90:180, 160:320]
    everywhere_soft = quality_of(cv2.GaussianBlur(scene(), (0, 0), 8))
    assert quality_of(soft)[FULL_SIZE_MAXIMUM] > everywhere_soft[FULL_SIZE_MAXIMUM] + 1


@pytest.mark.parametrize("sigma", [2.0, 5.0, 10.0])
def test_noise_is_estimated_near_the_truth(sigma: float) -> None:
    noise = np.random.default_rng(0).normal(0, sigma, (360, 640))
    noisy = np.clip(128 + 40 * np.sin(np.arange(640) / 90) + noise + 0.5, 0, 255).astype(np.uint8)
    assert np.expm1(quality_of(noisy)[NOISE]) == pytest.approx(sigma, rel=0.1)


def test_numbers_do_not_depend_on_the_resolution() -> None:
    """A scene at 4K, at 1080p and at the size it is measured at; a blurred one is far away from all of them."""

    def measured(width: int, height: int, sigma: float = 0.0) -> np.ndarray:
        picture = cv2.GaussianBlur(scene(width=width, height=height), (0, 0), max(sigma, width / 1920))
        rgb = np.repeat(picture[..., None], 3, axis=2)
        return quality_of(PictureImage(rgb, frame_index=0, time_seconds=0).luma(960))

    small, medium, large = measured(960, 540), measured(1920, 1080), measured(3840, 2160)
    blurred = measured(1920, 1080, sigma=8)
    near = max(np.abs(small - medium).mean(), np.abs(large - medium).mean())
    assert np.abs(medium - blurred).mean() > 5 * near


@given(height=st.integers(1, 70), width=st.integers(1, 70), seed=st.integers(0, 100))
def test_pictures_of_any_size_have_finite_numbers(height: int, width: int, seed: int) -> None:
    row = quality_of(np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8))
    assert row.shape == (QUALITY_WIDTH,)
    assert np.isfinite(row).all()


def test_rows_come_in_the_order_of_the_images() -> None:
    pictures = [np.full((36, 64, 3), 10 * n, np.uint8) for n in range(25)]
    with QualityExtractor(IndexSpec(), threads=1) as extractor:
        for number, picture in enumerate(pictures):
            extractor.add(PictureImage(picture, frame_index=number, time_seconds=0))
        rows = extractor.finish()
    assert rows[:, MEAN] * 255 == pytest.approx(np.arange(25) * 10, abs=0.5)


def test_what_goes_wrong_in_the_thread_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(luma: np.ndarray) -> np.ndarray:
        raise RuntimeError("no luck")

    monkeypatch.setattr("reelsift.features.quality.quality_of", failing)
    image = PictureImage(np.zeros((36, 64, 3), np.uint8), frame_index=0, time_seconds=0)
    with QualityExtractor(IndexSpec(), threads=1) as extractor:
        extractor.add(image)
        with pytest.raises(RuntimeError, match="no luck"):
            extractor.finish()


def test_a_frame_that_is_the_same_as_the_one_before_has_the_same_numbers() -> None:
    rng = np.random.default_rng(0)
    one, two = (rng.integers(0, 255, (64, 64, 3), dtype=np.uint8) for _ in range(2))
    with QualityExtractor(IndexSpec(), threads=1) as extractor:
        for pixels in (one, one, two, one):
            extractor.add(PictureImage(pixels, frame_index=0, time_seconds=0.0))
        rows = extractor.finish()
    assert (
        np.array_equal(rows[0], rows[1]) and np.array_equal(rows[0], rows[3]) and not np.array_equal(rows[0], rows[2])
    )
