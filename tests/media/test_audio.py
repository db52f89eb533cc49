"""Sound by time: sample for sample where nothing is coded, within a few ms where it is."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from films_to_cut import RATE, draw, moment_of, tone
from reelsift.media.audio import SoundJoiner, SoundReader, Tempo, probe_sound
from reelsift.media.encode import SoundFormat

MONO = SoundFormat(RATE, "mono", 1)


def ramp(path: Path, *, start: int = 0, count: int = RATE, holes: tuple[int, ...] = ()) -> Path:
    """A file whose sample n has the value n modulo 20,000, without those packets of 1,000 that `holes` names."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE)
        stream.layout = "mono"
        for packet in range(count // 1000):
            if packet in holes:
                continue
            place = start + packet * 1000
            samples = (np.arange(place, place + 1000) % 20_000).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(samples[None], "s16", "mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE, place, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def numbers(samples: NDArray[np.float32]) -> NDArray[np.int64]:
    return np.rint(samples[0] * 32768).astype(np.int64)


def test_samples_are_found_by_their_place(tmp_path: Path) -> None:
    with SoundReader(ramp(tmp_path / "a.mov"), sound=MONO) as reader:
        assert numbers(reader.read(10, 5)).tolist() == [10, 11, 12, 13, 14]
        np.testing.assert_array_equal(numbers(reader.read(15_500, 2500)), np.arange(15_500, 18_000))
        assert numbers(reader.read(-3 + RATE, 5)).tolist() == [7997, 7998, 7999, 0, 0]  # 48,000 samples, then silence


def test_holes_and_late_starts_are_silent(tmp_path: Path) -> None:
    path = ramp(tmp_path / "a.mkv", start=9600, count=20_000, holes=(5,))  # 0.2 s late
    with SoundReader(path, sound=MONO) as reader:
        found = numbers(reader.read(9000, 10_000))
    wanted = np.arange(9000, 19_000)
    wanted[:600] = 0
    wanted[14_600 - 9000 : 15_600 - 9000] = 0
    # Matroska has milliseconds: what comes behind a hole may be half of one off.
    np.testing.assert_array_equal(found[:5600], wanted[:5600])
    assert (found[5700:6500] == 0).all()
    assert abs(found[6700:] - wanted[6700:]).max() <= 24


def test_long_gaps_are_jumped_over(tmp_path: Path) -> None:
    path = ramp(tmp_path / "a.mov", count=RATE * 60)
    with SoundReader(path, sound=MONO) as reader:
        reader.read(0, 100)
        start = 50 * RATE + 17
        np.testing.assert_array_equal(numbers(reader.read(start, 3000)), np.arange(start, start + 3000) % 20_000)


def joined(
    path: Path, pieces: list[tuple[Fraction, Fraction]], *, speed: Fraction = Fraction(1)
) -> NDArray[np.float32]:
    blocks: list[NDArray[np.float32]] = [np.zeros((1, 0), np.float32)]
    with SoundReader(path, sound=MONO) as reader:
        joiner = SoundJoiner(reader, sound=MONO, write=blocks.append, speed=speed)
        for start, end in pieces:
            joiner.keep(start, end)
        joiner.finish()
    return np.concatenate(blocks, axis=1)


def test_pieces_are_joined_to_the_sample_and_faded(tmp_path: Path) -> None:
    path = ramp(tmp_path / "a.mov", count=RATE * 3)
    step = Fraction(1001, 30_000)  # 1601.6 samples
    kept = [index for index in range(80) if index % 5 < 3]
    samples = joined(path, [(index * step, (index + 1) * step) for index in kept])
    assert samples.shape[1] == round(len(kept) * step * RATE)
    found = numbers(samples)
    fade = 96  # 2 ms
    for piece in range(len(kept) // 3):
        first, stop = round(piece * 3 * step * RATE), round((piece + 1) * 3 * step * RATE)
        start = round(piece * 5 * step * RATE)
        inner = found[first + fade : stop - fade]
        np.testing.assert_array_equal(inner, (np.arange(len(inner)) + start + fade) % 20_000)
        assert abs(found[first]) <= 200
        assert abs(found[stop - 1]) <= 200


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(1, 3000)), min_size=1, max_size=30))
def test_the_length_is_that_of_the_pictures_however_many_cuts(steps: list[tuple[int, int]]) -> None:
    written = [0]

    def count(samples: NDArray[np.float32]) -> None:
        written[0] += samples.shape[1]

    joiner = SoundJoiner(None, sound=SoundFormat(44_100, "stereo", 2), write=count)
    place, total = 0, 0
    for gap, length in steps:
        joiner.keep(Fraction(place + gap, 90_000), Fraction(place + gap + length, 90_000))
        place, total = place + gap + length, total + length
    joiner.finish()
    assert written[0] == round(Fraction(total, 90_000) * 44_100)


@pytest.mark.parametrize("speed", [Fraction(1, 2), Fraction(3, 2), Fraction(4), Fraction(40)])
def test_tempo_keeps_the_pitch(speed: Fraction) -> None:
    tempo = Tempo(speed, sound=MONO)
    steady = np.sin(2 * np.pi * 600 * np.arange(RATE * 8) / RATE).astype(np.float32)[None]
    out = np.concatenate(
        [tempo.change(steady[:, at : at + 5000]) for at in range(0, RATE * 8, 5000)] + [tempo.finish()], 1
    )
    assert out.shape[1] / RATE == pytest.approx(8 / float(speed), abs=0.1)
    middle = out[0, out.shape[1] // 2 - 2000 : out.shape[1] // 2 + 2000].astype(np.float64)
    peak = np.argmax(np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 1 << 17))) * RATE / (1 << 17)
    assert peak == pytest.approx(600, abs=8)


def test_sped_up_sound_is_as_long_as_its_pictures(tmp_path: Path) -> None:
    path = ramp(tmp_path / "a.mov", count=RATE * 3)
    pieces = [(Fraction(index, 10), Fraction(index + 1, 10)) for index in range(0, 30, 2)]
    assert joined(path, pieces, speed=Fraction(3)).shape[1] == RATE // 2


def test_damaged_sound_is_noted_and_silent(tmp_path: Path) -> None:
    path = draw(tmp_path / "a.mp4", sound=(0, 1.6))
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(audio=0) if packet.size]
        spans = [(packet.pos, packet.size) for packet in packets[20:40]]
    for place, size in spans:
        data[place : place + size] = b"\xff" * size
    path.write_bytes(data)
    with SoundReader(path, sound=MONO) as reader:
        samples = reader.read(0, round(1.6 * RATE))
    assert reader.damage
    assert reader.damaged_packets > 0
    at = round(1.3 * RATE)
    assert moment_of(samples[0, at - 1500 : at + 1500].astype(np.float64)) == pytest.approx(1.3, abs=0.006)
    assert np.abs(tone(0, 0.01)).max() <= 1


def test_a_film_without_sound_has_none(tmp_path: Path) -> None:
    assert probe_sound(draw(tmp_path / "a.mp4", stamps=range(3))) is None
