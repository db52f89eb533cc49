"""Cutting films and folders of pictures by timelines made by hand."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from films_to_cut import (
    EVERY_THIRD,
    KEPT,
    ORIENTATIONS,
    draw,
    index_in,
    indexes_in,
    moment_of,
    picture_of,
    sound_in,
    source,
    spec,
    stamps_in,
    timeline_of,
)
from reelsift.actions.cut import CutTarget, count_kept, cut, plan_cut, write_cut
from reelsift.actions.preview import preview_sheet
from reelsift.errors import OutputExistsError
from reelsift.media.fit import display_matrix
from reelsift.media.pictures import write_picture
from reelsift.media.reader import FilmReader
from reelsift.media.render import Renderer
from reelsift.media.sources import PictureSource
from reelsift.specs import Crop, PictureSpec, Size
from reelsift.timeline import Segment, Timeline


def test_keeps_exactly_the_frames_asked_for_with_b_frames(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4", options={"crf": "10", "bf": "3", "g": "30"})
    result = cut(
        timeline_of(film, EVERY_THIRD), source=source(film), spec=spec(), target=CutTarget(film=tmp_path / "out.mp4")
    )
    assert indexes_in(tmp_path / "out.mp4") == KEPT
    assert (result.kept_frames, result.total_frames, result.notes) == (len(KEPT), 40, ())
    assert result.kept_seconds == pytest.approx(len(KEPT) / 25)
    assert [(s.start_seconds, s.end_seconds) for s in result.segments] == [(0.16, 0.32), (0.64, 0.8), (1.12, 1.28)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mp4", "out.mp4"]


@pytest.mark.parametrize("speed", [Fraction(1), Fraction(4), Fraction(2, 3)])
def test_a_variable_rate_stays_variable_to_the_tick(tmp_path: Path, speed: Fraction) -> None:
    rng = np.random.default_rng(3)
    stamps = np.cumsum(rng.integers(300, 3000, 40)).tolist()  # 90,000 ticks a second, a late start
    film = draw(tmp_path / "film.mp4", stamps=stamps, time_base=Fraction(1, 90_000))
    cut(
        timeline_of(film, EVERY_THIRD),
        source=source(film),
        spec=spec(speed=speed),
        target=CutTarget(film=tmp_path / "o.mp4"),
    )
    steps = [Fraction(stamps[index + 1] - stamps[index], 90_000) / speed for index in KEPT]
    expected = [sum(steps[:number], Fraction(0)) for number in range(len(steps))]
    found, end = stamps_in(tmp_path / "o.mp4")
    assert found == expected
    assert end == sum(steps)


def test_a_sparse_timeline_decides_by_the_nearest_sample(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4")
    kept = [index == 18 for index in range(40)]
    timeline = timeline_of(film, kept, every=9)  # samples 0, 9, 18, 27, 36: what is nearest to 18 stays
    result = cut(timeline, source=source(film), spec=spec(), target=CutTarget(film=tmp_path / "out.mp4"))
    assert indexes_in(tmp_path / "out.mp4") == list(range(14, 23))
    plan = plan_cut(timeline, spec=spec())
    assert count_kept(source(film), plan=plan) == result.kept_frames == 9
    assert plan.kept_seconds == pytest.approx(0.36)


def test_pad_makes_stretches_longer_and_min_seconds_takes_short_ones_away(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4")
    timeline = timeline_of(film, [index in (5, *range(20, 30)) for index in range(40)])
    cut(timeline, source=source(film), spec=spec(min_seconds=0.1), target=CutTarget(film=tmp_path / "a.mp4"))
    assert indexes_in(tmp_path / "a.mp4") == list(range(20, 30))
    cut(timeline, source=source(film), spec=spec(pad_seconds=0.08), target=CutTarget(film=tmp_path / "b.mp4"))
    assert indexes_in(tmp_path / "b.mp4") == [*range(3, 8), *range(18, 32)]


def test_long_gaps_are_jumped_over_without_losing_the_count(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4", stamps=range(200), options={"crf": "20", "g": "10", "bf": "2"}, size=(160, 64))
    kept = [index in range(70, 76) or index in range(150, 153) for index in range(200)]
    seen: list[int] = []
    plan = plan_cut(timeline_of(film, kept), spec=spec())
    result = write_cut(
        source(film), plan=plan, spec=spec(), target=CutTarget(film=tmp_path / "out.mp4"),
        on_progress=lambda done, total: seen.append(done),
    )  # fmt: skip
    assert indexes_in(tmp_path / "out.mp4") == [*range(70, 76), *range(150, 153)]
    assert result.kept_frames == 9
    assert len(seen) < 40  # of 200 frames
    assert seen[-1] == 200


@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
@pytest.mark.parametrize("orientation", ORIENTATIONS, ids=str)
def test_pictures_stand_upright_whole_or_cropped(tmp_path: Path, orientation: object, ending: str) -> None:
    film = draw(tmp_path / "film.mp4", matrix=display_matrix(orientation, Size(160, 96)), stamps=range(3))
    timeline = timeline_of(film, [True] * 3)
    with FilmReader(film) as reader:
        assert reader.film.orientation == orientation
        upright = Renderer().rgb(next(reader.frames()))
    crop = Crop(10, 6, 60, 44)
    for part, name in ((None, "whole"), (crop, "part")):
        out = tmp_path / f"{name}{ending}"
        cut(timeline, source=source(film), spec=spec(crop=part, quality=95), target=CutTarget(film=out))
        with FilmReader(out) as reader:
            found = Renderer().rgb(next(reader.frames()))
            assert reader.film.orientation == (orientation if ending == ".mp4" else type(orientation)())
        wanted = upright if part is None else upright[6:50, 10:70]
        assert found.shape == wanted.shape
        assert difference(found, wanted) < 3


@pytest.mark.parametrize(
    ("pixel_format", "size", "codec"),
    [
        ("yuv420p", (160, 96), "h264"),
        ("yuv420p10le", (160, 96), "h264"),
        ("yuv422p", (160, 97), "h264"),
        ("yuv444p", (161, 97), "h264"),
        ("yuv420p10le", (160, 96), "h265"),
        ("yuv420p10le", (160, 96), "av1"),
    ],
)
def test_the_pixel_format_is_carried_over(tmp_path: Path, pixel_format: str, size: tuple[int, int], codec: str) -> None:
    film = draw(tmp_path / "film.mkv", pixel_format=pixel_format, size=size, stamps=range(4))
    preset = "9" if codec == "av1" else "ultrafast"
    out = tmp_path / "out.mp4"
    result = cut(
        timeline_of(film, [True] * 4), source=source(film), spec=spec(codec=codec, preset=preset),
        target=CutTarget(film=out),
    )  # fmt: skip
    assert result.notes == ()
    with FilmReader(out) as reader:
        assert reader.film.pixel_format == pixel_format
        assert reader.film.size == Size(*size)
    assert indexes_in(out) == [0, 1, 2, 3]


def test_colour_and_pixel_shape_are_carried_over(tmp_path: Path) -> None:
    options = {"crf": "10", "x264-params": "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:fullrange=on"}
    film = draw(tmp_path / "film.mp4", options=options, aspect=Fraction(4, 3), stamps=range(3))
    for name, codec in (("o.mp4", "h264"), ("o.mkv", "h265")):
        cut(
            timeline_of(film, [True] * 3),
            source=source(film),
            spec=spec(codec=codec),
            target=CutTarget(film=tmp_path / name),
        )
        with FilmReader(tmp_path / name) as reader:
            picture = next(reader.frames()).picture
            assert (picture.color_primaries, picture.color_trc, picture.colorspace, picture.color_range) == (
                9,
                16,
                9,
                2,
            )
            assert reader.film.sample_aspect_ratio == Fraction(4, 3)


@pytest.mark.parametrize("codec", ["ffv1", "rawvideo"])
def test_odd_sizes_get_one_more_column_and_row(tmp_path: Path, codec: str) -> None:
    film = draw(tmp_path / "film.mkv", size=(161, 97), codec=codec, options={}, stamps=range(4))
    result = cut(
        timeline_of(film, [True] * 4), source=source(film), spec=spec(), target=CutTarget(film=tmp_path / "o.mp4")
    )
    with FilmReader(tmp_path / "o.mp4") as reader, FilmReader(film) as original:
        frame, first = next(reader.frames()), next(original.frames())
        assert reader.film.size == Size(162, 98)
        luma = Renderer().luma(frame, longest=999).astype(int)
        wanted = Renderer().luma(first, longest=999).astype(int)
    assert abs(luma[:97, :161] - wanted).mean() < 2
    assert abs(luma[:97, 161] - wanted[:, 160]).mean() < 4
    assert "161x97" in result.notes[-1]


@pytest.mark.parametrize("crop", [Crop(11, 7, 60, 40), Crop(10, 6, 61, 41), Crop(0, 0, 160, 95)], ids=str)
def test_odd_crops_give_the_right_rectangle(tmp_path: Path, crop: Crop) -> None:
    film = draw(tmp_path / "film.mp4", stamps=range(3))
    out = tmp_path / "out.mp4"
    cut(
        timeline_of(film, [True] * 3), source=source(film), spec=spec(crop=crop, quality=95), target=CutTarget(film=out)
    )
    with FilmReader(out) as reader, FilmReader(film) as original:
        found = Renderer().rgb(next(reader.frames()))
        wanted = Renderer(crop=crop).rgb(next(original.frames()))
    assert found.shape[:2] == (crop.height + crop.height % 2, crop.width + crop.width % 2)
    assert difference(found[: crop.height, : crop.width], wanted) < 3


def test_gif_and_grey_films_can_be_cut(tmp_path: Path) -> None:
    gif = draw(
        tmp_path / "film.gif", codec="gif", pixel_format="rgb8", options={}, stamps=range(8), time_base=Fraction(1, 10)
    )
    grey = draw(tmp_path / "grey.mkv", codec="ffv1", pixel_format="gray", options={}, stamps=range(8))
    for film in (gif, grey):
        out = tmp_path / f"{film.stem}.out.mp4"
        cut(timeline_of(film, EVERY_THIRD), source=source(film), spec=spec(), target=CutTarget(film=out))
        assert indexes_in(out) == [4, 5, 6, 7]
        with FilmReader(out) as reader, FilmReader(film) as original:
            found, wanted = (Renderer().rgb(next(r.frames(first_index=4))) for r in (reader, original))
        assert abs(float(found.mean()) - float(wanted.mean())) < 6  # brightness is neither squeezed nor stretched


@pytest.mark.parametrize(("ending", "codec"), [(".mp4", "h264"), (".mkv", "h264"), (".webm", "av1")])
def test_sound_stays_with_its_pictures_over_many_cuts(tmp_path: Path, ending: str, codec: str) -> None:
    # 30000/1001 frames a second do not fall on whole samples; 40 cuts would add up to a lot if pieces were rounded.
    film = draw(tmp_path / "film.mov", stamps=range(160), time_base=Fraction(1001, 30_000), sound=(0, 5.4))
    kept = [index % 4 < 3 for index in range(160)]
    out = tmp_path / f"out{ending}"
    preset = "9" if codec == "av1" else "ultrafast"
    cut(timeline_of(film, kept), source=source(film), spec=spec(codec=codec, preset=preset), target=CutTarget(film=out))
    samples, rate = sound_in(out)
    stamps, _ = stamps_in(out)
    assert len(samples) / rate == pytest.approx(120 * 1001 / 30_000, abs=0.03)
    step = 1001 / 30_000
    for number in range(0, 120, 3):
        middle = float(stamps[number]) + 1.5 * step
        piece = samples[round((middle - step) * rate) : round((middle + step) * rate)]
        source_moment = (number // 3 * 4 + 1.5) * step
        assert moment_of(piece, rate=rate) == pytest.approx(source_moment, abs=0.006)


def test_sound_that_starts_late_or_ends_early_is_silent_there(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mkv", stamps=range(50), sound=(0.8, 1.4))
    out = tmp_path / "out.mp4"
    cut(timeline_of(film, [True] * 50), source=source(film), spec=spec(), target=CutTarget(film=out))
    samples, rate = sound_in(out)
    loud = [abs(samples[round(at * rate) : round((at + 0.1) * rate)]).max() for at in (0.1, 0.6, 0.9, 1.2, 1.5, 1.8)]
    assert [value > 0.1 for value in loud] == [False, False, True, True, False, False]
    assert len(samples) / rate == pytest.approx(2.0, abs=0.03)


def test_speed_changes_the_tempo_and_not_the_pitch(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mov", stamps=range(150), sound=(0, 6.0))
    out = tmp_path / "out.mp4"
    cut(timeline_of(film, [True] * 150), source=source(film), spec=spec(speed=Fraction(3)), target=CutTarget(film=out))
    samples, rate = sound_in(out)
    assert len(samples) / rate == pytest.approx(2.0, abs=0.03)
    assert stamps_in(out)[1] == 2
    for moment in (0.5, 1.0, 1.5):
        piece = samples[round((moment - 0.03) * rate) : round((moment + 0.03) * rate)]
        assert moment_of(piece, rate=rate) == pytest.approx(3 * moment, abs=0.12)


def test_sound_can_be_left_out(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mov", sound=(0, 1.6))
    cut(
        timeline_of(film, EVERY_THIRD),
        source=source(film),
        spec=spec(audio=False),
        target=CutTarget(film=tmp_path / "o.mp4"),
    )
    with av.open(str(tmp_path / "o.mp4")) as container:
        assert [stream.type for stream in container.streams] == ["video"]


@pytest.mark.parametrize("main_has_sound", [True, False])
def test_a_clip_is_appended_as_it_is(tmp_path: Path, main_has_sound: bool) -> None:
    film = draw(tmp_path / "film.mp4", sound=(0, 1.6) if main_has_sound else None)
    clip = draw(tmp_path / "end.mov", stamps=range(0, 30 * 1001, 1001), time_base=Fraction(1, 30_000), size=(96, 96),
                sound=(0, 1.0))  # fmt: skip
    out = tmp_path / "out.mp4"
    result = cut(
        timeline_of(film, EVERY_THIRD), source=source(film), spec=spec(speed=Fraction(2)),
        target=CutTarget(film=out, append=clip),
    )  # fmt: skip
    assert (result.kept_frames, result.appended_frames) == (12, 30)
    stamps, _ = stamps_in(out)
    assert stamps[12:] == [Fraction(12, 50) + Fraction(1001, 30_000) * number for number in range(30)]
    with FilmReader(out) as reader:
        picture = Renderer().rgb(list(reader.frames())[17])
    assert picture[:, :30].max() < 8  # black beside a square clip in a wide film
    assert picture[:, 130:].max() < 8
    assert index_in(picture[:, 32:128]) == 5
    samples, rate = sound_in(out)
    piece = samples[round(0.7 * rate) : round(0.76 * rate)]
    assert moment_of(piece, rate=rate) == pytest.approx(0.73 - 0.24, abs=0.006)


def test_a_folder_of_pictures_becomes_a_film(tmp_path: Path) -> None:
    folder = tmp_path / "früh"
    folder.mkdir()
    for index in range(12):
        write_picture(folder / f"p{index}.png", picture_of(index, width=160, height=96), spec=PictureSpec("png"))
    (folder / "p5.png").write_bytes(b"no picture")
    write_picture(folder / "p6.png", picture_of(6, width=320, height=192), spec=PictureSpec("png"))
    pictures = tuple(folder / f"p{index}.png" for index in range(12))
    given = PictureSource(folder, str(folder), pictures, Fraction(24))
    timeline = by_hand([4 <= index < 8 for index in range(12)], fps=24)
    target = CutTarget(film=tmp_path / "out.mp4", frames_dir=tmp_path / "kept")
    result = cut(timeline, source=given, spec=spec(), target=target)
    assert indexes_in(tmp_path / "out.mp4") == [4, 6, 7]
    assert stamps_in(tmp_path / "out.mp4")[0] == [Fraction(number, 24) for number in range(3)]
    assert (result.kept_frames, result.total_frames) == (3, 12)
    assert any("p5.png" in note for note in result.notes)
    assert any("scaled to 160x96" in note for note in result.notes)
    assert (tmp_path / "kept" / "p7.png").read_bytes() == (folder / "p7.png").read_bytes()
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == ["p4.png", "p6.png", "p7.png"]


def test_frames_are_written_under_their_index_or_without_gaps(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4")
    timeline = timeline_of(film, EVERY_THIRD)
    result = cut(timeline, source=source(film), spec=spec(), target=CutTarget(frames_dir=tmp_path / "a"))
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == [f"film_{index:06d}.jpg" for index in KEPT]
    assert result.output == tmp_path / "a"
    target = CutTarget(frames_dir=tmp_path / "b", renumber=True, pictures=PictureSpec("webp", 80))
    cut(timeline, source=source(film), spec=spec(), target=target)
    assert sorted(p.name for p in (tmp_path / "b").iterdir()) == [
        f"film_{number:06d}.webp" for number in range(len(KEPT))
    ]
    with pytest.raises(OutputExistsError, match="--overwrite"):
        cut(timeline, source=source(film), spec=spec(), target=CutTarget(frames_dir=tmp_path / "a"))


def test_the_preview_shows_what_stays_and_what_goes(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4")
    plan = plan_cut(timeline_of(film, EVERY_THIRD), spec=spec())
    assert [stretch.kept for stretch in plan.stretches] == [False, True, False, True, False, True, False]
    sheet = preview_sheet(source(film), plan=plan, columns=4, tile_width=160)
    assert sheet.shape[1] > 4 * 160
    # The second tile is from the middle of the second stretch: frames 4 to 7.
    tile = sheet[10 : 10 + 96, 10 + 174 : 10 + 174 + 160]
    assert index_in(tile) in (5, 6)
    small = preview_sheet(source(film), plan=plan, tiles=2, columns=4, tile_width=160)
    assert small.shape[1] < sheet.shape[1]


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.floats(0, 0.5))
@settings(deadline=None)
def test_stretches_tile_the_source_and_agree_with_the_frames(kept: list[bool], pad_seconds: float) -> None:
    timeline = by_hand(kept, fps=25)
    plan = plan_cut(timeline, spec=spec(pad_seconds=pad_seconds))
    borders = [(stretch.start_seconds, stretch.end_seconds) for stretch in plan.stretches]
    assert borders[0][0] == timeline.start_seconds
    assert borders[-1][1] == timeline.end_seconds
    assert all(before[1] == after[0] for before, after in pairwise(borders))
    assert all(a.kept != b.kept for a, b in pairwise(plan.stretches))
    frames = plan.keeps(timeline.frame_indexes, times_seconds=timeline.times_seconds)
    assert (frames >= np.array(kept)).all()
    if pad_seconds == 0:
        assert frames.tolist() == kept
    for index, time in enumerate(timeline.times_seconds.tolist()):
        inside = any(stretch.start_seconds <= time < stretch.end_seconds for stretch in plan.segments)
        assert frames[index] == inside


def by_hand(kept: list[bool], *, fps: int) -> Timeline:
    segments = [
        Segment((index - 0.5) / fps, (index + 0.5) / fps, "OK" if keep else "KO") for index, keep in enumerate(kept)
    ]
    times = np.arange(len(kept)) / fps
    return Timeline.from_segments(segments, times_seconds=times, classes=("KO", "OK"), end_seconds=len(kept) / fps)


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Mean absolute difference in levels of 255."""
    return float(np.abs(one.astype(int) - other.astype(int)).mean())
