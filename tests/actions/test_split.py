"""Splitting films into clips that tile them: every frame once, in its own time, with its own sound."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from films import break_packets
from films_to_cut import ORIENTATIONS, RATE, draw, index_in, indexes_in, moment_of, sound_in, source, stamps_in
from reelsift.actions.split import FilmSplitter, Place, SplitClip
from reelsift.errors import MediaError, SpecError
from reelsift.media.fit import display_matrix
from reelsift.media.reader import FilmReader
from reelsift.media.render import Renderer
from reelsift.specs import Size, SplitSpec


def spec(seconds: float | Fraction, **changes: object) -> SplitSpec:
    return SplitSpec(**{"seconds": Fraction(seconds), "preset": "ultrafast", **changes})  # type: ignore[arg-type]


def split(film: Path, wanted: SplitSpec, **more: object) -> list[SplitClip]:
    folder = film.parent / "clips"
    splitter = FilmSplitter(source(film), spec=wanted)
    return list(splitter.clips(lambda number: folder / f"{number:02d}.mp4", **more))  # type: ignore[arg-type]


def spans(clips: list[SplitClip]) -> list[tuple[int, int]]:
    return [(clip.first_frame, clip.end_frame) for clip in clips]


def test_clips_are_equal_and_the_last_has_the_rest(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4", options={"crf": "10", "bf": "3", "g": "30"})
    clips = split(film, spec(Fraction("0.48")))
    assert spans(clips) == [(0, 12), (12, 24), (24, 36), (36, 40)]
    times = [(clip.start_seconds, clip.end_seconds) for clip in clips]
    assert times == [(0, 0.48), (0.48, 0.96), (0.96, 1.44), (1.44, 1.6)]
    for clip in clips:
        assert indexes_in(clip.path) == list(range(clip.first_frame, clip.end_frame))
        stamps, end = stamps_in(clip.path)
        assert stamps == [Fraction(number, 25) for number in range(len(stamps))]
        assert float(end) == pytest.approx(clip.end_seconds - clip.start_seconds)
    assert sorted(path.name for path in (tmp_path / "clips").iterdir()) == ["00.mp4", "01.mp4", "02.mp4", "03.mp4"]


def test_each_clip_plays_by_itself(tmp_path: Path) -> None:
    for clip in split(draw(tmp_path / "film.mp4", options={"crf": "10", "g": "250"}), spec(Fraction("0.28"))):
        with av.open(str(clip.path)) as container:
            first = next(packet for packet in container.demux(video=0) if packet.size)
            assert first.is_keyframe and first.pts == 0


def test_a_variable_rate_and_a_late_start_keep_their_times(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    stamps = (np.cumsum(rng.integers(300, 9000, 40)) + 450_000).tolist()  # 90,000 ticks a second, from 5 s on
    film = draw(tmp_path / "film.mkv", stamps=[stamp // 90 for stamp in stamps], time_base=Fraction(1, 1000))
    with FilmReader(film) as reader:
        times = [frame.pts * reader.film.time_base for frame in reader.frames()]
    clips = split(film, spec(Fraction("0.5")))
    assert clips[0].start_seconds == float(times[0]) > 5
    assert all(one.end_frame == other.first_frame for one, other in pairwise(clips))
    for clip in clips:
        own = times[clip.first_frame : clip.end_frame]
        numbers = {(time - times[0]) // Fraction("0.5") for time in own}
        assert len(numbers) == 1
        assert stamps_in(clip.path)[0] == [time - own[0] for time in own]


def test_a_frame_shown_for_longer_than_a_clip_leaves_no_empty_one(tmp_path: Path) -> None:
    stamps = [*range(5), *range(100, 105)]
    clips = split(draw(tmp_path / "film.mp4", stamps=stamps), spec(1))
    assert spans(clips) == [(0, 5), (5, 10)]
    assert clips[0].end_seconds == clips[1].start_seconds == 4.0


@pytest.mark.parametrize("orientation", ORIENTATIONS, ids=str)
def test_clips_stand_as_the_film_does(tmp_path: Path, orientation: object) -> None:
    film = draw(tmp_path / "film.mp4", matrix=display_matrix(orientation, Size(160, 96)), stamps=range(4))
    with FilmReader(film) as reader:
        upright = [Renderer().rgb(frame) for frame in reader.frames()]
    found = []
    for clip in split(film, spec(Fraction("0.08"), quality=95)):
        with FilmReader(clip.path) as reader:
            found += [Renderer().rgb(frame) for frame in reader.frames()]
    assert len(found) == 4
    for one, other in zip(upright, found, strict=True):
        assert one.shape == other.shape
        assert np.abs(one.astype(int) - other).mean() < 3


def test_pixels_that_are_not_square_stay_so(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4", aspect=Fraction(4, 3), stamps=range(4))
    (clip,) = split(film, spec(1))
    with FilmReader(clip.path) as reader:
        assert reader.film.sample_aspect_ratio == Fraction(4, 3)


@pytest.mark.parametrize(("name", "late"), [("film.mkv", 0.0), ("film.mp4", 0.0), ("late.mkv", 3.0)])
def test_sound_is_that_of_the_same_moments(tmp_path: Path, name: str, late: float) -> None:
    stamps = [round(late * 25) + number for number in range(50)]
    film = draw(tmp_path / name, stamps=stamps, sound=(late, late + 2))
    clips = split(film, spec(Fraction("0.6")))
    assert len(clips) == 4
    for clip in clips:
        samples, rate = sound_in(clip.path)
        assert rate == RATE
        middle = round(rate * (clip.end_seconds - clip.start_seconds) / 2)
        heard = moment_of(samples[middle - 2000 : middle + 2000])
        assert heard == pytest.approx((clip.start_seconds + clip.end_seconds) / 2, abs=0.005)
        assert len(samples) / rate == pytest.approx(clip.end_seconds - clip.start_seconds, abs=0.05)


def test_sound_can_be_left_out(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mkv", sound=(0, 1.6))
    (clip,) = split(film, spec(5, audio=False))
    with av.open(str(clip.path)) as container:
        assert not container.streams.audio


def test_going_on_gives_the_clips_of_a_run_that_was_never_stopped(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mkv", stamps=range(90), sound=(0, 3.6))
    whole = split(film, spec(Fraction("0.5")))
    before = [clip.path.read_bytes() for clip in whole]
    for first in range(1, len(whole)):
        rest = split(film, spec(Fraction("0.5")), first=first, place=whole[first - 1].end)
        assert rest == whole[first:]
        assert [clip.path.read_bytes() for clip in rest] == before[first:]
    assert split(film, spec(Fraction("0.5")), first=len(whole), place=whole[-1].end) == []


def test_a_film_that_cannot_be_entered_is_gone_through_from_its_start(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.avi", codec="mpeg4", options={"bf": "0"})
    whole = split(film, spec(Fraction("0.5")))
    assert spans(whole) == [(0, 13), (13, 25), (25, 38), (38, 40)]
    rest = split(film, spec(Fraction("0.5")), first=2, place=whole[1].end)
    assert rest == whole[2:]
    assert indexes_in(rest[0].path) == list(range(25, 38))


def test_time_stamps_that_run_backwards_are_told(tmp_path: Path) -> None:
    def twice(path: Path) -> Path:
        one = draw(tmp_path / "one.ts", stamps=range(20), options={"bf": "0", "crf": "10"})
        path.write_bytes(one.read_bytes() * 2)
        return path

    clips = split(twice(tmp_path / "twice.ts"), spec(Fraction("0.4")))
    assert sum(clip.end_frame - clip.first_frame for clip in clips) == 40
    assert [number for clip in clips for number in indexes_in(clip.path)] == [*range(20), *range(20)]
    in_turn = [one.end_seconds <= other.start_seconds for one, other in pairwise(clips)]
    assert not (all(clip.rises for clip in clips) and all(in_turn))


def test_frames_that_cannot_be_decoded_are_told_and_the_rest_is_written(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4", options={"crf": "10", "g": "1", "bf": "0"})
    break_packets(film, [14, 15])
    splitter = FilmSplitter(source(film), spec=spec(Fraction("0.4")))
    clips = list(splitter.clips(lambda number: tmp_path / "clips" / f"{number}.mp4"))
    assert "2 frames could not be decoded" in splitter.damage
    assert clips[0].damage == "" and clips[-1].damage == splitter.damage
    assert [number for clip in clips for number in indexes_in(clip.path)] == [*range(14), *range(16, 40)]
    assert [clip.end_frame - clip.first_frame for clip in clips] == [10, 8, 10, 10]


def test_clips_come_as_a_stream(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4")
    seen: list[tuple[int, int]] = []
    clips = FilmSplitter(source(film), spec=spec(Fraction("0.4"))).clips(
        lambda number: tmp_path / f"{number}.mp4", on_frame=lambda done, total: seen.append((done, total))
    )
    next(clips)
    assert seen[-1][0] <= 13  # a stream: nothing of the next clips but what the decoder looks ahead
    list(clips)
    assert seen[-1] == (40, 40)


def test_what_cannot_be_split_is_refused(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_text("this is no film")
    with pytest.raises(MediaError):
        split(tmp_path / "film.mp4", spec(1))
    for seconds in (0, -1, 100_000):
        with pytest.raises(SpecError, match="longer than 0"):
            spec(seconds)
    with pytest.raises(SpecError, match="codec"):
        spec(1, codec="xvid")


def test_an_empty_place_is_the_start(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4", stamps=range(3))
    (clip,) = split(film, spec(1), place=Place())
    with FilmReader(clip.path) as reader:
        assert index_in(Renderer().rgb(next(reader.frames()))) == 0
