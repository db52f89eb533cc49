"""Drawing frames: the values of `to_ndarray`, upright, cropped, scaled; brightness over the full range."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from films import MATRICES, numbered, write_film
from reelsift.errors import SpecError
from reelsift.media.reader import Frame, open_film
from reelsift.media.render import FrameImage, PictureImage, Renderer, _full_range, cropped, luma_of, scaled, shrunk
from reelsift.specs import Crop, Size

LOSSLESS = {"preset": "ultrafast", "qp": "0"}


def first_frame(path: Path) -> Frame:
    with open_film(path) as reader:
        return next(reader.frames())


def grey_film(path: Path, values: list[int], *, pixel_format: str = "yuv420p", full_range: bool = False) -> Path:
    picture = np.repeat(np.repeat(np.array([values], np.uint8), 32, axis=0), 64 // len(values), axis=1)
    rgb = np.stack([picture] * 3, axis=2)
    return write_film(
        path, [rgb], width=64, height=32, options=LOSSLESS, pixel_format=pixel_format, full_range=full_range
    )


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p", "yuv420p10le", "yuv422p"])
@pytest.mark.parametrize("matrix", MATRICES)
def test_rgb_is_to_ndarray_turned_upright(matrix: str, pixel_format: str, tmp_path: Path) -> None:
    frame = first_frame(write_film(tmp_path / "film.mp4", 1, matrix=matrix, pixel_format=pixel_format))
    expected = frame.orientation.apply(frame.picture.to_ndarray(format="rgb24"))
    renderer = Renderer()
    assert np.array_equal(renderer.rgb(frame), expected)
    assert np.array_equal(renderer.rgb(frame), expected)  # the scaler kept from the first time does the same


def test_one_renderer_draws_frames_of_several_shapes(tmp_path: Path) -> None:
    frames = [
        first_frame(write_film(tmp_path / f"{width}.mp4", 1, width=width, pixel_format=pixel_format))
        for width, pixel_format in ((64, "yuv420p"), (96, "yuv420p"), (64, "yuv444p"))
    ]
    renderer = Renderer()
    for frame in [*frames, *frames]:
        assert np.array_equal(renderer.rgb(frame), frame.picture.to_ndarray(format="rgb24"))


@pytest.mark.parametrize("matrix", ["upright", "clockwise", "mirrored"])
def test_crop_counts_on_the_upright_picture(matrix: str, tmp_path: Path) -> None:
    frame = first_frame(write_film(tmp_path / "film.mp4", 1, matrix=matrix))
    whole = Renderer().rgb(frame)
    part = Renderer(crop=Crop(5, 7, 20, 11)).rgb(frame)
    assert np.array_equal(part, whole[7:18, 5:25])


def test_crop_outside_the_picture_is_named(tmp_path: Path) -> None:
    frame = first_frame(write_film(tmp_path / "film.mp4", 1, matrix="clockwise"))  # 48x64 upright
    assert Renderer(crop=Crop(0, 0, 48, 64)).rgb(frame).shape == (64, 48, 3)
    with pytest.raises(SpecError, match="0,0,49,64 reaches outside the picture, which is 48x64"):
        Renderer(crop=Crop(0, 0, 49, 64)).rgb(frame)


@pytest.mark.parametrize("matrix", ["upright", "clockwise"])
@pytest.mark.parametrize("crop", [None, Crop(4, 4, 40, 40)])
def test_scaled_frames_show_the_same_picture(matrix: str, crop: Crop | None, tmp_path: Path) -> None:
    frame = first_frame(write_film(tmp_path / "film.mp4", 1, matrix=matrix))
    renderer = Renderer(crop=crop)
    small = renderer.rgb(frame, size=Size(16, 12))
    assert small.shape == (12, 16, 3)
    expected = cv2.resize(renderer.rgb(frame), (16, 12), interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - expected).mean() < 6


@pytest.mark.parametrize("crop", [None, Crop(0, 0, 64, 32)])
@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p", "yuv420p10le"])
def test_luma_spans_black_to_white(crop: Crop | None, full_range: bool, pixel_format: str, tmp_path: Path) -> None:
    values = [0, 64, 128, 255]
    frame = first_frame(grey_film(tmp_path / "film.mp4", values, pixel_format=pixel_format, full_range=full_range))
    luma = Renderer(crop=crop).luma(frame, longest=960)
    assert luma.shape == (32, 64)
    assert np.abs(luma[16, 8::16].astype(int) - values).max() <= 2


def test_each_level_of_limited_range_is_brought_to_the_nearest_of_the_full_one() -> None:
    levels = np.arange(256, dtype=np.uint8)
    nearest = np.clip(np.rint((np.arange(256) - 16) * 255 / 219), 0, 255)
    assert np.array_equal(_full_range(levels[None]).ravel(), nearest)
    odd = np.repeat(levels, 3)[None, ::3]  # not one after the other in memory
    assert np.array_equal(_full_range(odd).ravel(), nearest)


@pytest.mark.parametrize("matrix", ["upright", "counter-clockwise", "mirrored"])
def test_luma_is_upright_and_near_the_brightness_of_rgb(matrix: str, tmp_path: Path) -> None:
    frame = first_frame(write_film(tmp_path / "film.mp4", 1, matrix=matrix))
    renderer = Renderer()
    expected = luma_of(renderer.rgb(frame)).astype(int)
    assert np.abs(renderer.luma(frame, longest=960) - expected).mean() < 4
    assert np.abs(Renderer(crop=Crop(8, 0, 16, 30)).luma(frame, longest=960) - expected[:30, 8:24]).mean() < 4


def test_luma_is_made_smaller_only_where_it_is_larger(tmp_path: Path) -> None:
    frame = first_frame(write_film(tmp_path / "film.mp4", 1))
    assert Renderer().luma(frame, longest=32).shape == (24, 32)
    assert Renderer().luma(frame, longest=64).shape == (48, 64)


def test_a_frame_image_draws_the_same_brightness_once(tmp_path: Path) -> None:
    frame = first_frame(write_film(tmp_path / "film.mp4", 1))
    image = FrameImage(frame, Renderer())
    assert image.luma(64) is image.luma(64)
    assert image.luma(32).shape == (24, 32) and image.luma(64).shape == (48, 64)
    assert np.array_equal(image.luma(64), Renderer().luma(frame, longest=64))


def test_frame_image_has_the_shape_people_see(tmp_path: Path) -> None:
    frame = first_frame(write_film(tmp_path / "film.mp4", 1, matrix="clockwise"))
    assert FrameImage(frame, Renderer()).size == Size(48, 64)
    assert FrameImage(frame, Renderer(), sample_aspect_ratio=Fraction(3, 2)).size == Size(72, 64)
    assert FrameImage(frame, Renderer(crop=Crop(0, 0, 20, 10))).size == Size(20, 10)


def test_preview_is_made_from_what_was_drawn(tmp_path: Path) -> None:
    image = FrameImage(first_frame(write_film(tmp_path / "film.mp4", 1)), Renderer())
    drawn = image.rgb(Size(32, 24))
    assert np.array_equal(image.preview(Size(16, 12)), scaled(drawn, Size(16, 12)))
    assert image.preview(Size(64, 48)).shape == (48, 64, 3)  # larger than what was drawn: drawn again


def test_picture_image_draws_like_a_frame() -> None:
    pixels = numbered(5)
    image = PictureImage(pixels, frame_index=3, time_seconds=1.5, crop=Crop(4, 2, 30, 20))
    assert (image.frame_index, image.time_seconds, image.size) == (3, 1.5, Size(30, 20))
    assert np.array_equal(image.rgb(), pixels[2:22, 4:34])
    assert np.array_equal(image.luma(960), luma_of(pixels[2:22, 4:34]))
    assert image.preview(Size(10, 8)).shape == (8, 10, 3)


@given(height=st.integers(1, 300), width=st.integers(1, 300), longest=st.integers(1, 200))
def test_shrunk_never_exceeds_and_never_enlarges(height: int, width: int, longest: int) -> None:
    small = shrunk(np.zeros((height, width), np.uint8), longest)
    assert max(small.shape) <= max(longest, 1)
    assert small.shape[0] <= height and small.shape[1] <= width
    if max(height, width) <= longest:
        assert small.shape == (height, width)
    elif min(height, width) * longest / max(height, width) > 20:
        assert small.shape[1] / small.shape[0] == pytest.approx(width / height, rel=0.1)


def test_crop_and_scale_leave_the_picture_alone() -> None:
    picture = numbered(1)
    before = picture.copy()
    scaled(cropped(picture, Crop(0, 0, 10, 10)), Size(5, 5))[:] = 0
    assert np.array_equal(picture, before)
