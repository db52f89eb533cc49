"""Loudness over time: windows on the film's clock, in dBFS, whatever the sound track is like."""

from __future__ import annotations

import time
import tracemalloc
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from films import break_packets, cut_short, write_film
from reelsift.errors import MediaError, SourceNotFoundError
from reelsift.media.loudness import WINDOW_SECONDS, sound_levels

RATE = 48_000
Samples = NDArray[np.float32]


def sine(seconds: float, *, level: float = 0.0, hertz: float = 440.0) -> Samples:
    """A tone whose peak is `level` dBFS; its RMS is 3 less."""
    return (10 ** (level / 20) * np.sin(np.arange(round(seconds * RATE)) / RATE * hertz * 2 * np.pi)).astype(np.float32)


def write(path: Path, *channels: Samples, codec: str = "pcm_s16le", start: float = 0.0, rate: int = RATE) -> Path:
    """A sound track that begins at `start` seconds."""
    layout = {1: "mono", 2: "stereo"}[len(channels)]
    samples = np.stack(channels)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.layout = layout
        for place in range(0, samples.shape[1], 4096):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[:, place : place + 4096]), "fltp", layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, place + round(start * rate), Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_levels_are_root_mean_squares_in_decibels_of_full_scale(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mov", np.concatenate([sine(1, level=-20), sine(1, level=-50), sine(1, level=-70)]))
    levels = sound_levels(path)
    assert levels is not None and levels.start_seconds == 0 and levels.damage == ""
    assert len(levels.decibels) == 30 and levels.decibels.dtype == np.float32
    wanted = np.repeat([-23.01, -53.01, -73.01], 10)
    np.testing.assert_allclose(levels.decibels[:20], wanted[:20], atol=0.05)
    np.testing.assert_allclose(levels.decibels[20:], wanted[20:], atol=0.5)  # 16 bits have a grain of their own


def test_digital_silence_is_minus_infinity_and_a_quiet_room_is_not(tmp_path: Path) -> None:
    room = np.random.default_rng(0).normal(0, 10 ** (-55 / 20), RATE).astype(np.float32)
    path = write(tmp_path / "a.mov", np.concatenate([room, np.zeros(RATE, np.float32), room]))
    levels = sound_levels(path)
    assert levels is not None
    assert (levels.decibels[10:20] == -np.inf).all()
    np.testing.assert_allclose(levels.decibels[[*range(10), *range(20, 30)]], -55, atol=0.5)


def test_the_loudest_channel_counts_and_a_constant_offset_does_not(tmp_path: Path) -> None:
    offset = np.full(RATE, 0.25, np.float32)
    one_sided = sound_levels(write(tmp_path / "a.mov", np.zeros(RATE, np.float32), sine(1, level=-30)))
    shifted = sound_levels(write(tmp_path / "b.mov", offset, offset + sine(1, level=-40)))
    assert one_sided is not None and shifted is not None
    np.testing.assert_allclose(one_sided.decibels, -33.01, atol=0.1)
    np.testing.assert_allclose(shifted.decibels, -43.01, atol=0.1)


def test_windows_lie_on_the_clock_of_the_film(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", sine(1, level=-10), start=0.5)
    levels = sound_levels(path, end_seconds=2.25)
    assert levels is not None
    # From 0.5 to 1.5 s; the last window is half a one.
    assert (levels.decibels > -60).tolist() == [False] * 5 + [True] * 10 + [False] * 8
    later = sound_levels(path, start_seconds=1.0, end_seconds=1.5)
    assert later is not None and later.start_seconds == 1.0
    np.testing.assert_allclose(later.decibels, -13.01, atol=0.1)


def test_rates_that_no_window_divides_do_not_drift(tmp_path: Path) -> None:
    rate = 11_025  # a window is 1102.5 samples
    samples = np.zeros(rate * 30, np.float32)
    samples[rate * 20 :] = 0.5 * (-1) ** np.arange(rate * 10)
    levels = sound_levels(write(tmp_path / "a.wav", samples, rate=rate))
    assert levels is not None and len(levels.decibels) == 300
    assert np.flatnonzero(levels.decibels > -60)[0] == 200


@pytest.mark.parametrize(("codec", "name"), [("aac", "a.mp4"), ("libmp3lame", "a.mkv"), ("libopus", "a.webm")])
def test_coded_sound_is_within_a_window(tmp_path: Path, codec: str, name: str) -> None:
    path = write(
        tmp_path / name, np.concatenate([sine(1, level=-10), np.zeros(2 * RATE, np.float32), sine(1)]), codec=codec
    )
    levels = sound_levels(path, end_seconds=4.0)
    assert levels is not None
    loud = levels.decibels > -30
    assert loud[:9].all() and not loud[12:29].any() and loud[32:39].all()


def test_a_film_without_sound_has_no_levels(tmp_path: Path) -> None:
    assert sound_levels(write_film(tmp_path / "a.mp4")) is None


def test_films_that_are_none_say_so(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError):
        sound_levels(tmp_path / "nowhere.mp4")
    (tmp_path / "a.mp4").write_bytes(b"no film")
    with pytest.raises(MediaError, match="not a film"):
        sound_levels(tmp_path / "a.mp4")


def test_damaged_sound_is_silent_where_it_is_damaged_and_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", sine(4, level=-10), codec="aac")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + len(data) // 8] = b"\xff" * (len(data) // 8)
    path.write_bytes(data)
    levels = sound_levels(path, end_seconds=4.0)
    assert levels is not None and len(levels.decibels) == 40
    assert (levels.decibels[1:15] > -20).all() and np.isfinite(levels.decibels[1:15]).all()
    assert not np.isnan(levels.decibels).any()


def test_a_film_cut_short_has_levels_as_far_as_it_goes(tmp_path: Path) -> None:
    path = cut_short(write(tmp_path / "a.mkv", sine(4, level=-10), codec="aac"), 0.5)
    levels = sound_levels(path, end_seconds=4.0)
    assert levels is not None and len(levels.decibels) == 40
    assert (levels.decibels[1:15] > -20).all() and (levels.decibels[25:] == -np.inf).all()


def test_broken_pictures_do_not_matter(tmp_path: Path) -> None:
    path = break_packets(write_film(tmp_path / "a.mp4", 50, audio_seconds=2.0), range(10, 40))
    levels = sound_levels(path)
    assert levels is not None
    np.testing.assert_allclose(levels.decibels[1:19], -23.01, atol=0.5)


def test_long_sound_takes_neither_long_nor_much_memory(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    minute = [generator.normal(0, 0.1, RATE * 60).astype(np.float32) for _ in range(2)]
    path = write(tmp_path / "a.mp4", *minute, codec="aac")
    started = time.process_time()
    levels = sound_levels(path)
    assert time.process_time() - started < 2.0  # 0.14 s on an idle core
    assert levels is not None and abs(len(levels.decibels) - 60 / WINDOW_SECONDS) <= 1
    tracemalloc.start()
    sound_levels(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8e6  # all of it is 46 MB


def test_sound_stamped_hours_away_does_not_hang(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", sine(0.5), start=36_000.0)
    levels = sound_levels(path, end_seconds=3.0)
    assert levels is not None and (levels.decibels == -np.inf).all() and len(levels.decibels) == 30
