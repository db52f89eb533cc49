"""Codecs, shapes and the written file."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelsift.errors import OutputError, SpecError
from reelsift.media.codecs import container_for, encoder_options, nearest_pixel_format
from reelsift.media.encode import FilmWriter, VideoSettings, check_film, sound_format, time_base_for
from reelsift.media.fit import Shape, display_matrix, stored_crop
from reelsift.media.reader import Orientation
from reelsift.specs import Crop, Size

ORIENTATIONS = [Orientation(turns, mirrored) for turns in range(4) for mirrored in (False, True)]


def test_quality_falls_evenly_onto_the_rate_factor() -> None:
    factors = [int(encoder_options("h264", quality=quality, preset=None)["crf"]) for quality in (0, 50, 80, 100)]
    assert factors == [42, 27, 18, 12]
    assert encoder_options("h264", quality=None, preset=None) == {"crf": "18", "preset": "medium"}
    for codec in ("h265", "av1"):
        low, high = (int(encoder_options(codec, quality=quality, preset=None)["crf"]) for quality in (0, 100))
        assert low > high


@pytest.mark.parametrize(("codec", "words"), [("h264", "ultrafast, .*placebo"), ("av1", "0 .* to 9")])
def test_unknown_presets_are_named_with_those_there_are(codec: str, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        encoder_options(codec, quality=None, preset="best")


@pytest.mark.parametrize(
    ("source", "codec", "written"),
    [
        ("yuv420p", "h264", "yuv420p"),
        ("yuvj420p", "h264", "yuvj420p"),
        ("yuv422p10le", "h264", "yuv422p10le"),
        ("yuv420p12le", "h264", "yuv420p10le"),
        ("yuv444p16le", "h264", "yuv444p10le"),
        ("yuv444p12le", "h265", "yuv444p12le"),
        ("yuv444p10le", "av1", "yuv420p10le"),
        ("yuvj444p", "av1", "yuv420p"),
        ("yuv411p", "h264", "yuv422p"),
        ("yuva420p", "h264", "yuv420p"),
        ("bgra", "h264", "yuv420p"),
        ("pal8", "h264", "yuv420p"),
        ("gray", "h264", "gray"),
        ("gray12le", "h264", "gray10le"),
        ("gray", "av1", "yuv420p"),
        ("p010le", "h264", "yuv420p10le"),
    ],
)
def test_the_nearest_pixel_format(source: str, codec: str, written: str) -> None:
    assert nearest_pixel_format(source, codec=codec) == written


def test_containers_by_name() -> None:
    assert container_for(Path("a.MKV"), codec="h264").format == "matroska"
    with pytest.raises(SpecError, match="cannot hold h265"):
        container_for(Path("a.webm"), codec="h265")


@pytest.mark.parametrize("orientation", ORIENTATIONS, ids=str)
def test_display_matrices_say_what_the_reader_reads(orientation: Orientation) -> None:
    matrix = display_matrix(orientation, Size(30, 20))
    assert Orientation.from_display_matrix(matrix) == orientation
    # The stored corners land on those of the upright picture.
    a, b, _, c, d, _, x, y, _ = (value / 65536 for value in matrix)
    corners = [(a * u + c * v + x, b * u + d * v + y) for u in (0, 30) for v in (0, 20)]
    upright = orientation.upright_size(Size(30, 20))
    assert sorted(corners) == sorted((u, v) for u in (0, upright.width) for v in (0, upright.height))


@given(st.sampled_from(ORIENTATIONS), st.data())
def test_a_crop_of_the_upright_picture_is_found_in_the_stored_one(
    orientation: Orientation, data: st.DataObject
) -> None:
    stored = np.arange(9 * 14, dtype=np.uint8).reshape(9, 14)
    upright = orientation.apply(stored)
    height, width = upright.shape
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    crop = Crop(x, y, data.draw(st.integers(1, width - x)), data.draw(st.integers(1, height - y)))
    part = stored_crop(crop, size=Size(14, 9), orientation=orientation)
    found = orientation.apply(stored[part.y : part.y + part.height, part.x : part.x + part.width])
    np.testing.assert_array_equal(found, upright[y : y + crop.height, x : x + crop.width])


@given(st.lists(st.fractions(Fraction(1, 90_000), 1, max_denominator=90_000), min_size=1, max_size=2))
def test_a_common_time_base_holds_the_first_exactly(bases: list[Fraction]) -> None:
    unit = time_base_for(*bases)
    assert (bases[0] / unit).denominator == 1
    assert unit.denominator < 1 << 31
    if len(bases) > 1:
        assert (bases[1] / unit).denominator == 1 or unit < Fraction(1, 50_000)


def test_sound_is_written_at_a_rate_the_encoder_knows() -> None:
    layout = av.AudioLayout("mono")
    assert sound_format(44_100, layout, output=Path("a.mp4"), codec="h264").rate == 44_100
    assert sound_format(44_100, layout, output=Path("a.webm"), codec="av1").rate == 48_000
    assert sound_format(11_025, layout, output=Path("a.mp4"), codec="h264").rate == 44_100
    assert sound_format(192_000, layout, output=Path("a.mp4"), codec="h264").rate == 48_000
    assert sound_format(48_000, av.AudioLayout("5.1(side)"), output=Path("a.mp4"), codec="h264").channels == 6
    assert sound_format(48_000, av.AudioLayout("octagonal"), output=Path("a.mp4"), codec="h264").layout == "stereo"


def shape(width: int = 64, height: int = 48) -> Shape:
    size = Size(width, height)
    return Shape(size, size, "yuv420p", Orientation(), Fraction(1), (2, 2, 2, 0))


def test_the_last_frame_keeps_its_duration(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    settings = VideoSettings("h264", preset="ultrafast")
    with FilmWriter(path, shape=shape(), settings=settings, time_base=Fraction(1, 15_360)) as writer:
        for pts, duration in ((0, 512), (512, 100), (612, 4000)):
            writer.write(av.VideoFrame(64, 48, "yuv420p"), pts=pts, duration=duration)
        writer.finish()
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.duration * stream.time_base == Fraction(4612, 15_360)
    check_film(path, frame_count=3, output=path)
    with pytest.raises(OutputError, match="4 frames were written, but 3 came back"):
        check_film(path, frame_count=4, output=path)


def test_pictures_no_encoder_takes_are_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="h265 encoder would not take"):
        FilmWriter(tmp_path / "film.mp4", shape=shape(4, 4), settings=VideoSettings("h265"), time_base=Fraction(1, 25))
