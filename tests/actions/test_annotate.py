"""Annotating films and folders of pictures by timelines made by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from films_to_cut import ORIENTATIONS, draw, indexes_in, picture_of, sound_in, source, stamps_in, timeline_of
from reelsift.actions.annotate import annotate
from reelsift.errors import OutputError, OutputExistsError, SpecError
from reelsift.media.encode import VideoSettings
from reelsift.media.fit import display_matrix
from reelsift.media.pictures import write_picture
from reelsift.media.reader import FilmReader, Frame, Orientation
from reelsift.media.render import Renderer
from reelsift.media.sources import PictureSource
from reelsift.specs import PictureSpec, Size
from reelsift.timeline import Segment, Timeline

FAST = VideoSettings("h264", preset="ultrafast")
HALF = [index >= 20 for index in range(40)]
LARGE = (640, 360)  # the bars that spell the index lie below the panel


def packets_of(path: Path, kind: str) -> list[tuple[float, int, bytes]]:
    with av.open(str(path)) as container:
        stream = next(iter(getattr(container.streams, kind)))
        found = [packet for packet in container.demux(stream) if packet.size]
        return [(float(packet.pts * packet.time_base), packet.stream_index, bytes(packet)) for packet in found]


def frames_of(path: Path) -> list[np.ndarray]:
    renderer = Renderer()
    with FilmReader(path) as reader:
        return [renderer.rgb(frame).astype(int) for frame in reader.frames()]


def test_every_frame_is_there_at_its_time_with_its_sound(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4", size=LARGE, sound=(0, 1.6), options={"crf": "10", "bf": "3", "g": "30"})
    done = annotate(source(film), [timeline_of(film, HALF, every=3)], output=tmp_path / "out.mp4", settings=FAST)
    assert (done.frames, done.tasks, done.notes) == (40, ("t",), ())
    assert indexes_in(tmp_path / "out.mp4") == list(range(40))
    assert stamps_in(tmp_path / "out.mp4") == stamps_in(film)
    assert packets_of(tmp_path / "out.mp4", "audio") == packets_of(film, "audio")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mp4", "out.mp4"]


def test_a_variable_rate_and_a_late_start_stay_to_the_tick(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    stamps = np.cumsum(rng.integers(300, 6000, 40)).tolist()
    film = draw(tmp_path / "film.mp4", size=LARGE, stamps=stamps, time_base=Fraction(1, 90_000))
    done = annotate(source(film), [timeline_of(film, HALF)], output=tmp_path / "out.mp4", settings=FAST)
    assert done.notes == ()
    found, end = stamps_in(tmp_path / "out.mp4")
    assert found == stamps_in(film)[0] and found[0] > 0
    assert end == found[-1] - found[0] + Fraction(1, 25)  # `draw` says that frames are usually shown so long


def test_only_the_panel_and_the_strip_are_drawn_on(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4", size=LARGE)
    settings = VideoSettings("h264", quality=100, preset="ultrafast")
    annotate(source(film), [timeline_of(film, HALF)], output=tmp_path / "out.mp4", settings=settings)
    for before, after in zip(frames_of(film), frames_of(tmp_path / "out.mp4"), strict=True):
        error = np.abs(before - after).max(axis=2)
        assert np.percentile(error[90:320], 99) <= 12  # what is left over is encoding
        assert (error[10:60, 10:100] > 20).mean() > 0.5
        assert (error[-20:] > 20).mean() > 0.5


def test_the_drawing_changes_at_the_frame_where_the_timeline_does(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4", size=LARGE, options={"crf": "4"})
    settings = VideoSettings("h264", quality=95, preset="ultrafast")
    annotate(source(film), [timeline_of(film, HALF)], output=tmp_path / "out.mp4", settings=settings)
    corner = [frame[10:60, 10:200] for frame in frames_of(tmp_path / "out.mp4")]
    steps = [float(np.abs(one - two).mean()) for one, two in pairwise(corner)]
    assert int(np.argmax(steps)) == 19 and sorted(steps)[-2] < max(steps) / 3


@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
@pytest.mark.parametrize("orientation", ORIENTATIONS, ids=str)
def test_turned_films_are_drawn_on_upright(orientation: Orientation, ending: str, tmp_path: Path) -> None:
    stored = LARGE if orientation.quarter_turns % 2 == 0 else LARGE[::-1]
    matrix = display_matrix(orientation, Size(*stored)) if orientation != Orientation() else None
    film = draw(tmp_path / "film.mp4", size=stored, stamps=range(3), matrix=matrix)
    plain = draw(tmp_path / "plain.mp4", size=LARGE, stamps=range(3))
    for path in (film, plain):
        annotate(source(path), [timeline_of(path, HALF)], output=tmp_path / f"{path.stem}-out{ending}", settings=FAST)
    turned, upright = (frames_of(tmp_path / f"{name}-out{ending}")[1] for name in ("film", "plain"))
    assert turned.shape == upright.shape
    for part in (np.s_[10:66, 10:170], np.s_[-20:, :]):  # what shines through differs: it was drawn as it is stored
        assert np.corrcoef(turned[part].ravel(), upright[part].ravel())[0, 1] > 0.9
    if ending == ".mp4":
        with FilmReader(tmp_path / "film-out.mp4") as reader:
            assert reader.film.orientation == orientation


def test_pixels_stay_as_wide_as_they_were(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4", size=LARGE, stamps=range(3), aspect=Fraction(4, 3))
    annotate(source(film), [timeline_of(film, HALF)], output=tmp_path / "out.mp4", settings=FAST)
    with FilmReader(tmp_path / "out.mp4") as reader:
        assert (reader.film.sample_aspect_ratio, reader.film.size) == (Fraction(4, 3), Size(*LARGE))


def test_sound_that_the_file_cannot_take_is_encoded_anew_in_time(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mkv", size=(320, 240), sound=(0, 1.6))
    timeline = timeline_of(film, HALF)
    settings = VideoSettings("av1", preset="9")
    done = annotate(source(film), [timeline], output=tmp_path / "out.webm", settings=settings)
    assert done.notes == ("the sound could not be copied as it is into .webm, and was encoded anew",)
    (ours, rate), (theirs, _) = sound_in(tmp_path / "out.webm"), sound_in(film)
    assert rate == 48_000 and len(ours) == pytest.approx(len(theirs), abs=1000)
    middle = slice(24_000, 48_000)
    assert np.corrcoef(ours[middle], theirs[middle])[0, 1] > 0.95


def test_a_start_before_0_moves_to_0_and_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = draw(tmp_path / "film.mp4", size=LARGE, options={"crf": "10", "bf": "0"})
    frames = FilmReader.frames

    def earlier(reader: FilmReader) -> Iterator[Frame]:
        for frame in frames(reader):
            yield dataclasses.replace(frame, pts=frame.pts - 2560, time_seconds=frame.time_seconds - 0.2)

    timeline = timeline_of(film, HALF)
    monkeypatch.setattr(FilmReader, "frames", earlier)
    done = annotate(source(film), [timeline], output=tmp_path / "out.mp4", settings=FAST)
    monkeypatch.undo()
    assert done.notes == ("the film starts at -0.2 s; annotated, it starts at 0",)
    assert stamps_in(tmp_path / "out.mp4")[0] == [Fraction(number, 25) for number in range(40)]


@pytest.mark.parametrize(("start", "expected"), [(59, 59), (61, 0)])
def test_a_very_late_start_moves_to_0(start: int, expected: int, tmp_path: Path) -> None:
    film = draw(
        tmp_path / "film.mkv", size=LARGE, stamps=range(25 * start, 25 * start + 10), sound=(start, start + 0.4)
    )
    done = annotate(source(film), [timeline_of(film, HALF)], output=tmp_path / "out.mp4", settings=FAST)
    assert [float(stamp) for stamp in stamps_in(tmp_path / "out.mp4")[0]] == pytest.approx(
        expected + np.arange(10) / 25, abs=1e-6
    )
    with av.open(str(tmp_path / "out.mp4")) as container:
        first = next(container.decode(audio=0))
        assert float(first.pts * first.time_base) == pytest.approx(expected, abs=0.03)
    assert any("starts at 0" in note for note in done.notes) == (start > 60)


def test_two_films_joined_by_cat_go_on(tmp_path: Path) -> None:
    one = draw(tmp_path / "one.ts", size=LARGE, options={"crf": "10", "bf": "0", "g": "12"}, sound=(0, 1.6))
    two = tmp_path / "two.ts"
    two.write_bytes(one.read_bytes() * 2)
    with FilmReader(two) as reader:
        count = sum(1 for _ in reader.frames())
    timeline = timeline_of(two, [index >= 40 for index in range(80)])
    done = annotate(source(two), [timeline], output=tmp_path / "out.mp4", settings=FAST)
    assert done.frames == count >= 79
    assert any("did not rise" in note for note in done.notes)
    stamps = stamps_in(tmp_path / "out.mp4")[0]
    assert np.diff([float(stamp) for stamp in stamps]) == pytest.approx(np.full(count - 1, 0.04), abs=0.001)


def test_pictures_in_a_folder_become_a_film(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(6):
        write_picture(folder / f"{index}.png", picture_of(index, width=641, height=361), spec=PictureSpec("png"))
    (folder / "3.png").write_bytes(b"no picture")
    pictures = PictureSource(folder, "pictures", tuple(sorted(folder.iterdir())), Fraction(5))
    timeline = Timeline.from_segments(
        [Segment(0, 0.5, "Ähre"), Segment(0.5, 2, "дом")], times_seconds=np.arange(6) / 5, end_seconds=1.2, task="t"
    )
    done = annotate(pictures, [timeline], output=tmp_path / "out.mp4", settings=FAST)
    assert done.frames == 5 and any("3.png" in note for note in done.notes)
    assert indexes_in(tmp_path / "out.mp4") == [0, 1, 2, 4, 5]
    assert stamps_in(tmp_path / "out.mp4")[0] == [Fraction(number, 5) for number in (0, 1, 2, 4, 5)]


def test_what_cannot_be_written_is_refused_before_any_work(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4", stamps=range(4))
    timeline = timeline_of(film, HALF)
    (tmp_path / "there.mp4").write_bytes(b"mine")
    with pytest.raises(OutputExistsError):
        annotate(source(film), [timeline], output=tmp_path / "there.mp4", settings=FAST)
    with pytest.raises(OutputError, match="source itself"):
        annotate(source(film), [timeline], output=film, settings=FAST, overwrite=True)
    with pytest.raises(SpecError, match="not written as"):
        annotate(source(film), [timeline], output=tmp_path / "out.gif", settings=FAST)
    with pytest.raises(SpecError, match="preset"):
        annotate(source(film), [timeline], output=tmp_path / "out.mp4", settings=VideoSettings("h264", preset="soon"))
    with pytest.raises(SpecError, match="one timeline"):
        annotate(source(film), [], output=tmp_path / "out.mp4", settings=FAST)
    assert (tmp_path / "there.mp4").read_bytes() == b"mine"
    annotate(source(film), [timeline], output=tmp_path / "there.mp4", settings=FAST, overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mp4", "there.mp4"]


def test_when_it_is_broken_off_nothing_is_left(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4", size=LARGE, sound=(0, 1.6))

    def stop(done: int, total: int | None) -> None:
        assert total == 40
        if done == 25:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        annotate(source(film), [timeline_of(film, HALF)], output=tmp_path / "out.mp4", settings=FAST, on_progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_two_tasks_have_a_panel_and_a_band_each(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4", size=LARGE, stamps=range(3))
    timeline = timeline_of(film, HALF)
    both = [timeline, dataclasses.replace(timeline, task="second")]
    done = annotate(source(film), both, output=tmp_path / "out.mp4", settings=FAST)
    annotate(source(film), [timeline], output=tmp_path / "one.mp4", settings=FAST)
    assert done.tasks == ("t", "second")
    before, one, two = (frames_of(tmp_path / name)[1] for name in ("film.mp4", "one.mp4", "out.mp4"))
    drawn = [(np.abs(after - before).max(axis=2) > 20).mean() for after in (one, two)]
    assert drawn[1] > 1.5 * drawn[0]
