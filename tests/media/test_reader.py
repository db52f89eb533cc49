"""Reading films: one contract for all containers and codecs; damage and errors."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import av.filter
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from films import (
    B_FRAMES,
    FRAMES,
    KINDS,
    MATRICES,
    break_packets,
    cut_short,
    display_matrix,
    number_of,
    numbered,
    packets_of,
    write_film,
    write_sound,
)
from reelsift.errors import MediaError, SourceNotFoundError
from reelsift.media.reader import Frame, Orientation, open_film
from reelsift.specs import Size

pytestmark = pytest.mark.xdist_group("reader")


def rgb(frame: Frame) -> np.ndarray:
    return frame.orientation.apply(frame.picture.to_ndarray(format="rgb24"))


@pytest.fixture(scope="module", params=KINDS)
def drawn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    return request.param, KINDS[request.param].write(tmp_path_factory.mktemp("films"), request.param)


def test_every_frame_comes_once_in_display_order(drawn: tuple[str, Path]) -> None:
    with open_film(drawn[1]) as reader:
        frames = [(frame.frame_index, number_of(rgb(frame))) for frame in reader.frames()]
        assert (reader.undecodable, reader.damage) == (0, "")
    assert frames == [(number, number) for number in range(FRAMES)]


def test_time_stamps_are_those_the_film_was_given(drawn: tuple[str, Path]) -> None:
    name, path = drawn
    kind = KINDS[name]
    with open_film(path) as reader:
        frames = [(frame.pts, frame.time_seconds) for frame in reader.frames()]
        time_base = reader.film.time_base
    start = frames[0][0] * time_base if kind.start_seconds is None else kind.start_seconds
    for (pts, time_seconds), expected in zip(frames, kind.times_seconds, strict=True):
        assert abs(pts * time_base - start - expected) <= time_base / 2  # the container's own rounding, and no more
        assert time_seconds == float(pts * time_base)


def test_seeking_to_any_frame_gives_what_reading_from_the_start_gives(drawn: tuple[str, Path]) -> None:
    with open_film(drawn[1]) as reader:
        whole = [(frame.frame_index, frame.pts, rgb(frame)) for frame in reader.frames()]
        order = np.random.default_rng(0).permutation(FRAMES).tolist()
        for number in order:
            frames = reader.frames(start_pts=whole[number][1], first_index=number)
            for frame, (index, pts, pixels) in zip(islice(frames, 2), whole[number : number + 2], strict=True):
                assert (frame.frame_index, frame.pts) == (index, pts)
                assert np.array_equal(rgb(frame), pixels)


def test_seeking_between_two_frames_gives_the_later_one(drawn: tuple[str, Path]) -> None:
    with open_film(drawn[1]) as reader:
        stamps = [frame.pts for frame in reader.frames()]
        for number in (1, 13, FRAMES - 1):
            if stamps[number] - stamps[number - 1] > 1:
                assert next(reader.frames(start_pts=stamps[number] - 1)).pts == stamps[number]
        assert list(reader.frames(start_pts=stamps[-1] + 1)) == []
        assert next(reader.frames(start_pts=stamps[0] - 1000)).pts == stamps[0]


def test_reading_can_be_given_up_and_begun_again(drawn: tuple[str, Path]) -> None:
    with open_film(drawn[1], threads=1) as reader:
        assert [number_of(rgb(frame)) for frame in islice(reader.frames(), 7)] == list(range(7))
        assert [number_of(rgb(frame)) for frame in reader.frames()] == list(range(FRAMES))


def test_header_is_described(tmp_path: Path) -> None:
    path = write_film(
        tmp_path / "film.mp4",
        10,
        matrix="clockwise",
        sample_aspect_ratio=Fraction(4, 3),
        options=B_FRAMES,
        audio_seconds=0.4,
    )
    with open_film(path) as reader:
        film = reader.film
    assert (film.codec, film.pixel_format, film.header_frames, film.audio_streams) == ("h264", "yuv420p", 10, 1)
    assert film.size == Size(48, 64)  # upright
    assert film.sample_aspect_ratio == Fraction(3, 4)  # pixels are turned with the picture
    assert film.average_rate == 25
    assert film.duration_seconds == pytest.approx(0.4)
    assert film.streams == ("video:h264", "audio:aac")


def test_cover_art_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as container:
        cover = container.add_stream("png")
        cover.width, cover.height, cover.pix_fmt = 32, 32, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.mux(cover.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")))
        for number in range(5):
            frame = av.VideoFrame.from_ndarray(numbered(number), format="rgb24").reformat(format="yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with open_film(path) as reader:
        assert (reader.film.codec, reader.film.size) == ("h264", Size(64, 48))
        assert [number_of(rgb(frame)) for frame in reader.frames()] == list(range(5))


# Orientation ---------------------------------------------------------------------------------------------------------


def autorotated(picture: np.ndarray, matrix: tuple[int, ...]) -> np.ndarray:
    """What FFmpeg's own tools make of a picture (`configure_input_video_filter` in fftools/ffmpeg_filter.c)."""
    theta = round(np.degrees(np.arctan2(matrix[1], matrix[0]))) % 360
    filters: list[tuple[str, str]] = []
    if theta == 90:
        filters.append(("transpose", "cclock_flip" if matrix[3] > 0 else "clock"))
    elif theta == 180:
        filters += [("hflip", "")] if matrix[0] < 0 else []
        filters += [("vflip", "")] if matrix[4] < 0 else []
    elif theta == 270:
        filters.append(("transpose", "clock_flip" if matrix[3] < 0 else "cclock"))
    elif matrix[4] < 0:
        filters.append(("vflip", ""))
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
    graph = av.filter.Graph()
    nodes = [graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 25))]
    nodes += [graph.add(name, argument) for name, argument in filters]
    nodes.append(graph.add("buffersink"))
    graph.link_nodes(*nodes).configure()
    graph.push(frame)
    return graph.pull().to_ndarray(format="rgb24")


@pytest.mark.parametrize("name", MATRICES)
def test_orientation_is_that_of_ffmpeg(name: str, tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4", 3, matrix=name)
    with open_film(path) as reader:
        assert reader.film.size == Orientation.upright_size(reader.film.orientation, Size(64, 48))
        for frame in reader.frames():
            stored = frame.picture.to_ndarray(format="rgb24")
            assert np.array_equal(rgb(frame), autorotated(stored, display_matrix(name, width=64, height=48)))


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("clockwise", lambda upright: np.rot90(upright, 1)),
        ("half", lambda upright: upright[::-1, ::-1]),
        ("counter-clockwise", lambda upright: np.rot90(upright, -1)),
        ("mirrored", lambda upright: upright[:, ::-1]),
        ("upside-down", lambda upright: upright[::-1]),
        ("transposed", lambda upright: upright.transpose(1, 0, 2)),
        ("transversed", lambda upright: upright[::-1, ::-1].transpose(1, 0, 2)),
    ],
)
def test_pictures_stored_any_way_stand_upright(name: str, stored: object, tmp_path: Path) -> None:
    pictures = [np.ascontiguousarray(stored(numbered(n))) for n in range(4)]  # type: ignore[operator]
    height, width = pictures[0].shape[:2]
    path = write_film(tmp_path / "film.mov", pictures, width=width, height=height, matrix=name)
    with open_film(path) as reader:
        assert [number_of(rgb(frame)) for frame in reader.frames()] == [0, 1, 2, 3]


@given(turns=st.integers(0, 3), mirrored=st.booleans(), height=st.integers(1, 5), width=st.integers(1, 5))
def test_upright_size_is_that_of_the_upright_picture(turns: int, mirrored: bool, height: int, width: int) -> None:
    orientation = Orientation(turns, mirrored)
    upright = orientation.apply(np.arange(height * width, dtype=np.uint8).reshape(height, width))
    assert orientation.upright_size(Size(width, height)) == Size(upright.shape[1], upright.shape[0])
    assert upright.flags.c_contiguous


# Damage --------------------------------------------------------------------------------------------------------------


def test_damaged_packets_are_counted_and_reading_goes_on(tmp_path: Path) -> None:
    path = break_packets(write_film(tmp_path / "film.mp4"), [5, 20])
    with open_film(path, threads=1) as reader:
        frames = list(reader.frames())
        assert reader.undecodable == 2
        assert "0.200 s" in reader.damage
    assert [frame.frame_index for frame in frames] == list(range(FRAMES - 2))
    # Those behind keep their own time stamps, and pictures behind the next key frame are whole again.
    assert [round(frame.time_seconds * 25) for frame in frames] == [n for n in range(FRAMES) if n not in (5, 20)]
    assert number_of(rgb(frames[-1])) == FRAMES - 1


def test_damage_is_counted_anew_each_time(tmp_path: Path) -> None:
    path = break_packets(write_film(tmp_path / "film.mp4"), [5])
    with open_film(path) as reader:
        for _ in range(2):
            assert len(list(reader.frames())) == FRAMES - 1
            assert reader.undecodable == 1


@pytest.mark.parametrize("name", ["film.mp4", "film.mkv", "film.ts", "film.avi"])
def test_a_film_cut_short_gives_what_is_there(name: str, tmp_path: Path) -> None:
    options = {"movflags": "faststart"} if name == "film.mp4" else None
    path = cut_short(write_film(tmp_path / name, format_options=options), 0.6)
    with open_film(path) as reader:
        numbers = [number_of(rgb(frame)) for frame in reader.frames()]
    assert 10 < len(numbers) < 25
    assert numbers[:-1] == list(range(len(numbers) - 1))  # the last may be what the decoder made of half a picture


def test_a_film_without_its_index_says_so(tmp_path: Path) -> None:
    path = cut_short(write_film(tmp_path / "film.mp4"), 0.6)  # mp4 keeps its index at the end
    with pytest.raises(MediaError, match=r"film\.mp4: not a film, or damaged beyond reading"):
        open_film(path)


def test_nothing_decodable_is_an_error(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4")
    break_packets(path, range(len(packets_of(path))))
    with pytest.raises(MediaError, match="no frame could be decoded"):
        open_film(path)


# Errors --------------------------------------------------------------------------------------------------------------


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError, match=r"nowhere\.mp4: no such file"):
        open_film(tmp_path / "nowhere.mp4")


def test_empty_text_sound_and_folder_are_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("not a film\n" * 100)
    (tmp_path / "folder.mp4").mkdir()
    write_sound(tmp_path / "sound.mp4")
    wanted = {
        "empty.mp4": "the file is empty",
        "text.mp4": "not a film",
        "folder.mp4": "a folder, not a film",
        "sound.mp4": "no video stream in it, only audio",
    }
    for name, words in wanted.items():
        with pytest.raises(MediaError, match=words) as caught:
            open_film(tmp_path / name)
        assert str(tmp_path / name) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_reading_a_closed_file_again_is_possible_after_an_error(tmp_path: Path) -> None:
    """A reader that could not be made leaves no file open behind (a warning would be an error here)."""
    write_sound(tmp_path / "sound.mp4")
    for _ in range(3):
        with pytest.raises(MediaError):
            open_film(tmp_path / "sound.mp4")
