"""The picture of screen time: what is in it, in which format, and that nothing in a name or a length breaks it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reelsift.actions import screentime_plot
from reelsift.actions.screentime import screen_time, total_screen_time
from reelsift.actions.screentime_plot import FilmBand, check_plot, clock, plot_screen_times
from reelsift.errors import OutputError, OutputExistsError, SpecError
from reelsift.held_out import HeldOut
from reelsift.multi_timeline import MultiTimeline
from reelsift.timeline import Timeline
from timelines import film, honest, multi, nothing_known

STARTS = {".png": b"\x89PNG\r\n", ".pdf": b"%PDF-", ".svg": b"<?xml"}


def bands(timelines: list[Timeline] | list[MultiTimeline], known: list[HeldOut]) -> tuple[list[FilmBand], Any]:
    films = [FilmBand(screen_time(each, held_out=known), each) for each in timelines]
    return films, total_screen_time([each.time for each in films], held_out=known)


def drawn(timelines: list[Timeline] | list[MultiTimeline], known: list[HeldOut]) -> Any:
    films, total = bands(timelines, known)
    return screentime_plot._drawn(films, total)


def words(figure: Any) -> list[str]:
    return [text.get_text() for text in figure.texts]


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg", ".PNG"])
def test_the_ending_of_the_name_says_the_format_and_the_picture_is_always_the_same(suffix: str, tmp_path: Path) -> None:
    films, total = bands([film()], [honest()])
    for name in ("one", "two"):
        plot_screen_times(tmp_path / f"{name}{suffix}", films, total=total)
    one, two = ((tmp_path / f"{name}{suffix}").read_bytes() for name in ("one", "two"))
    assert one.startswith(STARTS[suffix.lower()])
    assert one == two
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"one{suffix}", f"two{suffix}"]


def test_another_ending_an_existing_file_or_no_folder_is_refused_before_any_work(tmp_path: Path) -> None:
    for name in ("time.gif", "time"):
        with pytest.raises(SpecError, match=r"PNG, PDF or SVG"):
            check_plot(tmp_path / name, overwrite=True)
    (tmp_path / "time.png").write_bytes(b"mine")
    with pytest.raises(OutputExistsError, match="--overwrite"):
        check_plot(tmp_path / "time.png", overwrite=False)
    with pytest.raises(OutputError, match="no folder"):
        check_plot(tmp_path / "nowhere" / "time.png", overwrite=False)
    check_plot(tmp_path / "time.png", overwrite=True)
    assert (tmp_path / "time.png").read_bytes() == b"mine"


def test_a_film_has_a_band_and_its_seconds_in_words() -> None:
    timeline = film("films/cartoon.mp4", seconds=186)
    time = screen_time(timeline, held_out=[honest()])
    figure = drawn([timeline], [honest()])
    said = words(figure)
    assert "cartoon.mp4" in said and "3:06 long" in said
    for each in time.classes:
        assert each.name in said and each.interval_seconds is not None
        assert any(text.startswith(f"{each.seconds:.1f} s") and f"{each.share * 100:.1f} %" in text for text in said)
        assert any(text.endswith(" s") and text.split(" to ")[0] == f"{each.interval_seconds[0]:.1f}" for text in said)
    band, bars = figure.axes
    assert [tick.get_text() for tick in band.get_xticklabels()] == [clock(t) for t in range(0, 187, 30)]
    assert band.get_xlim() == (0, pytest.approx(186))
    assert [bar.get_width() for bar in bars.patches] == pytest.approx([each.seconds for each in time.classes])
    whiskers = [
        tuple(line.get_xdata()) for line in bars.lines if len(line.get_xdata()) == 2 and line.get_marker() == "|"
    ]
    assert whiskers == [each.interval_seconds for each in time.classes]


def test_the_bars_of_a_band_are_the_segments_from_the_beginning_of_the_film() -> None:
    timeline = film(seconds=30, start_seconds=95443.2)
    band = drawn([timeline], [honest()]).axes[0]
    shown = []
    for collection in band.collections:
        boxes = [path.get_extents() for path in collection.get_paths()]
        shown += [(box.x0, box.x1) for box in boxes if box.height == pytest.approx(0.4)]
    wanted = [(s.start_seconds - 95443.2, s.end_seconds - 95443.2) for s in timeline.segments]
    assert np.sort(np.array(shown), axis=0) == pytest.approx(np.array(wanted), abs=1e-6)


def test_an_unknown_interval_is_said_and_not_drawn() -> None:
    figure = drawn([multi()], [honest(2), nothing_known(2)])
    assert words(figure).count("interval unknown") == 1
    assert sum(line.get_marker() == "|" for line in figure.axes[1].lines) == 1


def test_several_films_stand_below_each_other_and_their_total_last() -> None:
    lengths = (20, 30, 60)
    figure = drawn([film(f"{n}.mp4", seconds=n, seed=n) for n in lengths], [honest()])
    assert len(figure.axes) == 2 * 3 + 1
    said = words(figure)
    assert {"20.mp4", "30.mp4", "60.mp4", "3 films together", "1:50 long"} <= set(said)
    assert [axes.get_xlim()[1] for axes in figure.axes[0:6:2]] == pytest.approx([60, 60, 60])
    assert len({axes.get_xlim()[1] for axes in figure.axes[1:6:2]}) == 1


def test_films_of_one_name_are_told_apart_by_their_folders() -> None:
    said = words(drawn([film(name, seconds=10) for name in ("a/1.mp4", "b/1.mp4", "b/2.mp4")], [honest()]))
    assert {"a/1.mp4", "b/1.mp4", "2.mp4"} <= set(said)


def test_films_of_very_different_length_have_their_own_scales() -> None:
    figure = drawn([film("short.mp4", seconds=10), film("long.mp4", seconds=600)], [honest()])
    assert [axes.get_xlim()[1] for axes in figure.axes[0:4:2]] == pytest.approx([10, 600])
    assert figure.axes[1].get_xlim()[1] < figure.axes[3].get_xlim()[1]


def test_films_for_which_there_is_no_room_are_in_the_total_which_says_so() -> None:
    figure = drawn([film(f"{n}.mp4", seconds=4, seed=n) for n in range(20)], [honest()])
    assert len(figure.axes) == 2 * 16 + 1
    assert "20 films together, 4 of them not drawn" in words(figure)
    assert "15.mp4" in words(figure) and "16.mp4" not in words(figure)


@pytest.mark.parametrize("count", [1, 2, 7, 12])
def test_any_number_of_classes_each_with_its_name(count: int) -> None:
    names = tuple(f"class {number}" for number in range(count))
    figure = drawn([multi(names=names)], [honest(2)]) if count == 1 else drawn([film(classes=names)], [honest(count)])
    assert set(names) <= set(words(figure))
    assert figure.axes[0].get_ylim() == (0, count)
    colours = [patch.get_facecolor() for patch in figure.axes[1].patches]
    assert len(set(colours)) == min(count, len(screentime_plot.COLOURS))


@pytest.mark.parametrize(
    "name", ["$x_1$ of $.mp4", "日本語.mp4", "a" * 300 + ".mp4", "under_score^.mp4", "\\frac.mp4"], ids=range(5)
)
def test_no_name_breaks_the_picture(name: str, tmp_path: Path) -> None:
    films, total = bands([film(name, seconds=10, classes=(name, "Tom"))], [honest(2)])
    for suffix in STARTS:
        plot_screen_times(tmp_path / f"time{suffix}", films, total=total)
    shown = words(screentime_plot._drawn(films, total))
    if len(name) > 100:
        assert not any(len(text) > 150 for text in shown)
        assert any(text.startswith("aaa") and "…" in text and text.endswith("a.mp4") for text in shown)
    else:
        assert name in shown


@pytest.mark.parametrize("seconds, fps", [(0.2, 5), (1.5, 5), (10, 5), (3 * 3600, 2), (30 * 3600, 0.05)])
def test_films_of_any_length_have_few_and_round_ticks(seconds: float, fps: float) -> None:
    figure = drawn([film(seconds=seconds, fps=fps, scene_seconds=seconds / 4)], [honest()])
    for axes in figure.axes:
        labels = [tick.get_text() for tick in axes.get_xticklabels()]
        assert 2 <= len(labels) <= 10 and len(set(labels)) == len(labels)


def test_thinning_keeps_what_is_below_the_hills() -> None:
    rng = np.random.default_rng(0)
    edges = np.concatenate(([0.0], rng.random(20_000).cumsum()))
    values = rng.random(20_000)
    coarse, heights = screentime_plot._thinned(edges, values)
    assert len(heights) == len(coarse) - 1 == screentime_plot.POINTS_ACROSS
    assert heights @ np.diff(coarse) == pytest.approx(values @ np.diff(edges))
    assert heights[:200].mean() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    "seconds, text",
    [(0, "0:00"), (59.6, "1:00"), (83, "1:23"), (3599.5, "1:00:00"), (3723, "1:02:03"), (360_000, "100:00:00")],
)
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_clock_with_parts_of_seconds() -> None:
    assert [clock(s, parts_of_seconds=True) for s in (0.25, 1.5, 59.96)] == ["0:00.2", "0:01.5", "1:00.0"]


def test_a_band_needs_the_timeline_it_was_measured_on() -> None:
    with pytest.raises(SpecError, match="classes differ"):
        FilmBand(screen_time(film(), held_out=[honest()]), film(classes=("a", "b", "c")))


def test_nothing_of_matplotlib_is_loaded_before_there_is_something_to_draw_and_pyplot_never(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from reelsift.actions.screentime_plot import FilmBand, plot_screen_times
assert "matplotlib" not in sys.modules
from reelsift.actions.screentime import screen_time
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from timelines import film, honest
time = screen_time(film(), held_out=[honest()])
plot_screen_times(Path({str(tmp_path / "time.png")!r}), [FilmBand(time, film())], total=time)
assert "matplotlib" in sys.modules and "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
