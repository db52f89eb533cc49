"""Annotating films that nobody here made: every frame, at its time, with its sound, and drawn on where it should be."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from films_to_cut import timeline_of
from real_data import DATA, NEEDS_REAL_DATA
from reelsift.actions.annotate import annotate
from reelsift.media.encode import VideoSettings
from reelsift.media.reader import open_film
from reelsift.media.render import Renderer
from reelsift.media.sources import FilmSource
from reelsift.specs import Size

pytestmark = NEEDS_REAL_DATA

FAST = VideoSettings("h264", preset="ultrafast")
FILMS = (
    "odd/autoeditor__SAR-2by3.mp4", "odd/decord__video_90.mov", "odd/media3__avi_sample.avi",
    "odd/media3__flv_sample.flv", "odd/media3__hls_cea608_sd-hls0000000000.ts", "odd/media3__mkv_sample_av1.mkv",
    "odd/media3__mkv_sample_last_cluster.mkv", "odd/media3__mp4_dolbyVision-hdr.MOV",
    "odd/media3__mp4_sample_shorter_audio.mp4", "odd/media3__mp4_sample_with_invalid_nalu.mp4",
    "odd/media3__ts_sample_scte35.ts", "odd/media3__vp9_bear-vp9-odd-dimensions.webm",
    "odd/torchcodec__animated.gif", "odd/torchcodec__sine_stereo_mp2.mpg", "odd/torchcodec__test_non_zero_start.mp4",
    "odd/torchcodec__testsrc2_12bit_hdr.mp4", "odd/torchcodec__testsrc2_odd_height_and_width_444_10bit.mp4",
    "clips/nasa_13013.mp4", "clips/decord_flipping_a_pancake.mkv", "clips/mmaction2_handwork_4.mp4",
)  # fmt: skip


def _frames(path: Path) -> tuple[list[float], list[np.ndarray], object]:
    """Times and small upright pictures, and what must stay of their shape."""
    renderer = Renderer()
    with open_film(path) as reader:
        found = [(frame.time_seconds, renderer.rgb(frame, size=Size(64, 64))) for frame in reader.frames()]
        shape = (reader.film.orientation, reader.film.sample_aspect_ratio)
    return [time for time, _ in found], [picture.astype(int) for _, picture in found], shape


def _sound(path: Path) -> list[tuple[int, float, bytes]]:
    with av.open(str(path)) as container:
        places = {stream.index: place for place, stream in enumerate(container.streams.audio)}
        packets = container.demux(list(container.streams.audio)) if places else []
        return sorted(
            (places[packet.stream_index], float(packet.pts * packet.time_base), bytes(packet))
            for packet in packets
            if packet.size
        )


@pytest.mark.parametrize("name", FILMS)
def test_the_annotated_film_is_the_film(name: str, tmp_path: Path) -> None:
    path, output = DATA / name, tmp_path / "out.mp4"
    times, pictures, shape = _frames(path)
    halves = [place * 2 >= len(times) for place in range(len(times))]
    done = annotate(FilmSource(path, name), [timeline_of(path, halves)], output=output, settings=FAST)
    found, drawn, same = _frames(output)
    with open_film(path) as reader:
        size = reader.film.size
    assert done.frames == len(times) == len(found) and same == shape
    assert found == pytest.approx(times, abs=1e-4)
    for before, after in zip(pictures, drawn, strict=True):
        middle = np.s_[28:48, 34:62]  # right of the panel, above the strip, where the picture is not tiny
        assert min(size.width, size.height) < 180 or np.abs(before[middle] - after[middle]).mean() < 6
        assert np.abs(before[-3:] - after[-3:]).mean() > 6
    theirs, ours = _sound(path), _sound(output)
    assert [(place, len(data)) for place, _, data in ours] == [(place, len(data)) for place, _, data in theirs] or (
        ".ts" in name  # AAC of transport streams has headers of its own in each packet
    )
    assert [time for _, time, _ in ours] == pytest.approx([time for _, time, _ in theirs], abs=0.0015)


def test_no_room_for_panels_is_said(tmp_path: Path) -> None:
    path = DATA / "odd" / "torchcodec__testsrc2_mpeg4.mp4"
    with open_film(path) as reader:
        tiny = min(reader.film.size.width, reader.film.size.height) <= 64
    done = annotate(FilmSource(path, "tiny"), [timeline_of(path, [True])], output=tmp_path / "out.mp4", settings=FAST)
    assert tiny and done.frames == 1
    assert done.notes == ("the pictures have no room for a panel of t",)
