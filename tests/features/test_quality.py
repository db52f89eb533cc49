"""The quality numbers: what each of them says, on pictures where the answer is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelsift.features.exposure import EXPOSURE_COLUMNS, exposure_numbers
from reelsift.features.quality import QUALITY_COLUMNS, QUALITY_WIDTH, QualityExtractor, quality_of
from reelsift.features.sharpness import SHARPNESS_COLUMNS, sharpness_numbers
from reelsift.media.render import PictureImage
from reelsift.specs import IndexSpec

MEAN = EXPOSURE_COLUMNS["levels"].start
WIDTHS = slice(
    QUALITY_COLUMNS["sharpness"].start + SHARPNESS_COLUMNS["widths"].start,
    QUALITY_COLUMNS["sharpness"].start + SHARPNESS_COLUMNS["widths"].stop,
)
NOISE = QUALITY_COLUMNS["noise"].start


def scene(*, width: int = 640, height: int = 360, seed: int = 0) -> np.ndarray:
    """Shapes with hard edges, the same at any size."""
    rng = np.random.default_rng(seed)
    picture = np.full((height, width), 90, np.uint8)
    for x, y, w, h, grey in rng.random((60, 5)) * (0.9, 0.9, 0.2, 0.2, 1):
        corner = (round(x * width), round(y * height))
        opposite = (round((x + w) * width), round((y + h) * height))
        cv2.rectangle(picture, corner, opposite, 30 + 190 * float(grey), -1)
    return picture


def test_a_row_is_exposure_sharpness_and_noise_side_by_side() -> None:
    luma = scene()
    row = quality_of(luma)
    assert (row.shape, row.dtype) == ((QUALITY_WIDTH,), np.float32)
    assert np.array_equal(row[QUALITY_COLUMNS["exposure"]], exposure_numbers(luma))
    assert np.array_equal(row[QUALITY_COLUMNS["sharpness"]], sharpness_numbers(luma))
    assert row[NOISE] < 0.2 and NOISE == QUALITY_WIDTH - 1


def test_blur_changes_sharpness_and_hardly_the_exposure() -> None:
    sharp, soft = quality_of(scene()), quality_of(cv2.GaussianBlur(scene(), (0, 0), 5))
    assert sharp[WIDTHS].mean() > soft[WIDTHS].mean() + 0.8
    assert sharp[MEAN] == pytest.approx(soft[MEAN], abs=0.02)


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
    near = max(np.abs(small - medium)[WIDTHS].mean(), np.abs(large - medium)[WIDTHS].mean())
    assert np.abs(medium - blurred)[WIDTHS].mean() > 5 * near


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


def test_a_frame_that_differs_in_one_pixel_is_measured_anew() -> None:
    one = np.full((130, 64, 3), 100, np.uint8)
    other = one.copy()
    other[37:39, 20] = 255
    with QualityExtractor(IndexSpec(), threads=1) as extractor:
        for pixels in (one, other):
            extractor.add(PictureImage(pixels, frame_index=0, time_seconds=0.0))
        rows = extractor.finish()
    assert not np.array_equal(rows[0], rows[1])


def test_black_bars_are_left_out_of_all_numbers() -> None:
    barred = cv2.copyMakeBorder(scene(), 60, 60, 0, 0, cv2.BORDER_CONSTANT, value=0)
    # A line more than the bar is left out, for it is a mixture of both in a film.
    assert np.array_equal(quality_of(barred), quality_of(scene()[1:-1]))
