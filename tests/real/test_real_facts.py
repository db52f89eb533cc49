"""Facts of clips on films that nobody here made: sound of odd files, and copies among pieces of the same film."""

from __future__ import annotations

import itertools
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from real_data import DATA, FILMS, NEEDS_REAL_DATA
from reelsift.actions.copies import Clip, find_copies, signature_of
from reelsift.actions.stretches import silent_stretches
from reelsift.errors import MediaError
from reelsift.media.loudness import sound_levels
from reelsift.media.parts import scan_packets
from reelsift.media.reader import open_film
from reelsift.media.render import Renderer
from reelsift.media.sources import fingerprint_file
from reelsift.specs import Size

pytestmark = NEEDS_REAL_DATA


@pytest.mark.parametrize("name", FILMS)
def test_sound_of_any_film_is_measured_or_refused_in_one_line(name: str) -> None:
    path = DATA / name
    started = time.process_time()
    try:
        levels = sound_levels(path, end_seconds=30.0)
    except MediaError as error:
        assert str(error).startswith(str(path)) and "\n" not in str(error)
        return
    assert time.process_time() - started < 5
    if levels is not None:
        assert len(levels.decibels) == 300
        assert not np.isnan(levels.decibels).any() and levels.decibels.max() < 6
        assert silent_stretches(levels, end_seconds=30.0)  # none of them is as long


def test_a_sound_track_of_digital_silence_is_silent() -> None:
    levels = sound_levels(DATA / "clips" / "supervision_walking.mp4", end_seconds=13.6)
    assert levels is not None
    assert [stretch.seconds for stretch in silent_stretches(levels, end_seconds=13.6)] == [pytest.approx(13.6)]


def encode(source: Path, target: Path, *, start: float, end: float, longest: int, quality: int, rate: int) -> Path:
    """A piece of a film in another size, quality and frame rate."""
    with open_film(source) as reader, av.open(str(target), "w") as container:
        renderer, stream, count = Renderer(), None, 0
        for frame in reader.frames():
            if not start <= frame.time_seconds < end or (frame.time_seconds - start) * rate < count - 1e-6:
                continue
            pixels = renderer.rgb(frame)
            if stream is None:
                share = longest / max(pixels.shape[:2])
                size = Size(round(pixels.shape[1] * share / 2) * 2, round(pixels.shape[0] * share / 2) * 2)
                options = {"crf": str(quality), "preset": "veryfast"}
                stream = container.add_stream("libx264", rate=rate, options=options)
                stream.width, stream.height, stream.pix_fmt = size.width, size.height, "yuv420p"
            picture = av.VideoFrame.from_ndarray(renderer.rgb(frame, size=size), format="rgb24")
            picture.pts, picture.time_base = count, Fraction(1, rate)
            container.mux(stream.encode(picture))
            count += 1
        assert stream is not None
        container.mux(stream.encode(None))
    return target


def clip(path: Path) -> Clip:
    scan = scan_packets(path)
    times, thumbnails = [], []
    with open_film(path, threads=1) as reader:
        renderer = Renderer()
        for frame in itertools.islice(reader.frames(), 0, 25, 5):
            times.append(frame.time_seconds)
            thumbnails.append(renderer.rgb(frame, size=Size(192, 108)))
    seconds = float((scan.end_pts - scan.pts[0]) * scan.time_base)
    return Clip(path, fingerprint_file(path), seconds, signature_of(times, np.stack(thumbnails)))


@pytest.mark.parametrize(
    ("name", "rate"),
    [
        ("clips/supervision_walking.mp4", 25),
        ("clips/nasa_13013.mp4", 25),
        ("clips/mmaction2_tests_data_test.mp4", 30),
        ("printer/timelapse_3dprint_hand.mp4", 25),
    ],
)
def test_encodings_of_a_piece_are_copies_and_other_pieces_are_not(tmp_path: Path, name: str, rate: int) -> None:
    source = DATA / name
    pieces = [
        encode(source, tmp_path / f"{start}.mp4", start=start, end=start + 4, longest=480, quality=20, rate=rate)
        for start in (0, 4)
    ]
    copies = [
        encode(
            source, tmp_path / f"{start}-b.mp4", start=start + 0.6, end=start + 4, longest=320, quality=28, rate=rate
        )
        for start in (0, 4)
    ]
    found = find_copies([clip(path) for path in (*pieces, *copies)])
    assert found.near == (None, None, 0, 1)
