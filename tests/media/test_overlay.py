"""Drawing on the planes of frames: the right pixels, in the right colours, and no others."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from films import write_film
from films_to_cut import ORIENTATIONS
from reelsift.media.fit import Shape, plane_pixels
from reelsift.media.overlay import Patch, draw_print, make_print, own_picture, signal_colour
from reelsift.media.reader import FilmReader, Orientation
from reelsift.specs import Size

SIZE, UPRIGHT = Size(64, 48), Orientation()
BT709 = (1, 1, 1, 1)
FORMATS = ("yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv444p12le")


def shape_of(
    *,
    size: Size = SIZE,
    pixel_format: str = "yuv420p",
    orientation: Orientation = UPRIGHT,
    colour: tuple[int, int, int, int] = BT709,
) -> Shape:
    return Shape(size, size, pixel_format, orientation, Fraction(1), colour)


def grey(shape: Shape) -> av.VideoFrame:
    """A picture whose every sample is in the middle of what it can be."""
    picture = av.VideoFrame(shape.size.width, shape.size.height, shape.pixel_format)
    picture.colorspace, picture.color_range = shape.colour[2], shape.colour[3]
    for number in range(len(picture.planes)):
        plane_pixels(picture, number)[:] = 1 << (picture.format.components[number].bits - 1)
    return picture


def patch_of(shape: Shape, colour: str, *, x: int, y: int, width: int, height: int, alpha: float = 1.0) -> Patch:
    pixels = np.empty((height, width, 4), np.float32)
    pixels[..., :3], pixels[..., 3] = signal_colour(colour, shape) * alpha, alpha
    return Patch(x, y, pixels)


@pytest.mark.parametrize("colour_range", [1, 2])
@pytest.mark.parametrize("matrix", [1, 5, 9])
@pytest.mark.parametrize("pixel_format", FORMATS)
@pytest.mark.parametrize("colour", ["#D55E00", "#FFFFFF", "#000000"])
def test_a_colour_comes_out_as_ffmpeg_reads_it(pixel_format: str, matrix: int, colour_range: int, colour: str) -> None:
    shape = shape_of(pixel_format=pixel_format, colour=(1, 1, matrix, colour_range))
    picture = grey(shape)
    draw_print(picture, make_print(patch_of(shape, colour, x=8, y=8, width=16, height=12), shape))
    seen = picture.to_ndarray(format="rgb24")[10:18, 10:22].reshape(-1, 3)
    expected = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    assert np.abs(seen.astype(int) - expected).max() <= 3


def test_grey_pictures_take_the_brightness() -> None:
    shape = shape_of(pixel_format="gray", colour=(1, 1, 2, 2))
    picture = grey(shape)
    draw_print(picture, make_print(patch_of(shape, "#FFFFFF", x=0, y=0, width=9, height=7), shape))
    assert (plane_pixels(picture, 0)[:7, :9] == 255).all() and (plane_pixels(picture, 0)[7:] == 128).all()


@pytest.mark.parametrize("pixel_format", FORMATS)
def test_what_is_half_transparent_lets_half_through(pixel_format: str) -> None:
    shape = shape_of(pixel_format=pixel_format, colour=(1, 1, 1, 2))
    picture = grey(shape)
    draw_print(picture, make_print(patch_of(shape, "#FFFFFF", x=0, y=0, width=64, height=48, alpha=0.5), shape))
    most = (1 << picture.format.components[0].bits) - 1
    assert plane_pixels(picture, 0) / most == pytest.approx(np.full((48, 64), 0.75), abs=0.005)


@pytest.mark.parametrize("orientation", ORIENTATIONS, ids=str)
def test_a_patch_lies_where_people_see_it(orientation: Orientation) -> None:
    shape = shape_of(pixel_format="yuv444p", orientation=orientation, colour=(1, 1, 1, 2))
    picture = grey(shape)
    patch = patch_of(shape, "#FFFFFF", x=5, y=3, width=11, height=7)
    patch.pixels[:3, :2, :3] = 0  # its top left corner is black
    draw_print(picture, make_print(patch, shape))
    expected = np.full(orientation.apply(plane_pixels(grey(shape), 0)).shape, 128)
    expected[3:10, 5:16] = 255
    expected[3:6, 5:7] = 0
    assert np.array_equal(orientation.apply(plane_pixels(picture, 0)), expected)


@pytest.mark.parametrize("place", [(-4, -3), (60, 45), (59, 1), (-100, 5)])
def test_what_lies_outside_is_left_out(place: tuple[int, int]) -> None:
    shape = shape_of(size=Size(65, 47), colour=(1, 1, 1, 2))
    picture = grey(shape)
    draw_print(picture, make_print(patch_of(shape, "#FFFFFF", x=place[0], y=place[1], width=10, height=8), shape))
    expected = np.full((47, 65), 128)
    expected[max(place[1], 0) : max(place[1] + 8, 0), max(place[0], 0) : max(place[0] + 10, 0)] = 255
    assert np.array_equal(plane_pixels(picture, 0), expected)


@pytest.mark.parametrize(("transfer", "share"), [(1, 1.0), (16, 0.58), (18, 0.75)])
def test_white_is_as_bright_as_graphics_should_be(transfer: int, share: float) -> None:
    shape = shape_of(pixel_format="yuv420p10le", colour=(9, transfer, 9, 1))
    assert signal_colour("#FFFFFF", shape) == pytest.approx(np.full(3, share), abs=0.005)
    assert signal_colour("#000000", shape) == pytest.approx(np.zeros(3), abs=1e-5)


@pytest.mark.parametrize("codec", ["libx264", "libsvtav1"])
def test_drawing_changes_no_frame_that_is_decoded_later(codec: str, tmp_path: Path) -> None:
    options = {"preset": "8"} if codec == "libsvtav1" else None
    film = write_film(tmp_path / "film.mkv", codec=codec, options=options)
    with FilmReader(film) as reader:
        as_it_is = [frame.picture.to_ndarray() for frame in reader.frames()]
    with FilmReader(film) as reader:
        for frame, expected in zip(reader.frames(), as_it_is, strict=True):
            assert np.array_equal(frame.picture.to_ndarray(), expected)
            own = own_picture(frame.picture)
            assert np.array_equal(own.to_ndarray(), expected)
            plane_pixels(own, 0)[:] = 77
