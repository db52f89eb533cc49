"""The map of a selection: what is in it, in which format, and that neither names nor numbers of frames break it."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reelsift.actions import selection_map
from reelsift.actions.screentime_plot import COLOURS
from reelsift.actions.selection_map import MapFrames, draw_map, film_names
from reelsift.errors import OutputError, SpecError

STARTS = {".png": b"\x89PNG\r\n", ".pdf": b"%PDF-", ".svg": b"<?xml"}
RED = np.full((90, 160, 3), (255, 0, 0), np.uint8)


def frames(count: int, *, films: int = 1, names: list[str] | None = None) -> MapFrames:
    rows = np.random.default_rng(0).standard_normal((count, 6)).astype(np.float32)
    number = np.arange(count) * films // count
    return MapFrames(rows, names or [f"film{film}.mp4" for film in range(films)], number, np.arange(count) / 5)


def drawn(all_of_them: MapFrames, chosen: np.ndarray, pictures: dict[int, Any] | None = None) -> Any:
    places = all_of_them.embeddings[:, :2].astype(np.float64)
    return selection_map._drawn(places, all_of_them, chosen, pictures=pictures or {})


def words(figure: Any) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def dots(figure: Any, *, level: int) -> np.ndarray:
    """(N, 2) places of all marks of one level: 2 all frames, 3 the chosen ones."""
    return np.concatenate([np.asarray(each.get_offsets()) for each in figure.axes[0].collections
                           if each.get_zorder() == level])  # fmt: skip


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg", ".PNG"])
def test_the_ending_of_the_name_says_the_format_and_the_picture_is_always_the_same(suffix: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        draw_map(tmp_path / f"{name}{suffix}", frames(50, films=2), np.array([3, 40]), pictures={3: RED})
    one, two = ((tmp_path / f"{name}{suffix}").read_bytes() for name in ("one", "two"))
    assert one.startswith(STARTS[suffix.lower()])
    assert one == two
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"one{suffix}", f"two{suffix}"]


def test_all_frames_are_dots_and_the_chosen_ones_marked_where_they_are() -> None:
    figure = drawn(frames(80, films=3), np.array([70, 5, 33]))
    everyone, marked = dots(figure, level=2), dots(figure, level=3)
    assert len(everyone) == 80  # in the order of the films, which is that of the rows here
    assert {tuple(place) for place in marked} == {tuple(everyone[row]) for row in (70, 5, 33)}
    said = words(figure)
    assert "3 of 80 frames chosen" in said and "from 3 films" in said
    assert [text for text in said if text.startswith("film")] == [
        "film0.mp4  1 of 27", "film1.mp4  1 of 27", "film2.mp4  1 of 26"
    ]  # fmt: skip


def test_one_film_is_coloured_by_time() -> None:
    only = frames(60, names=["films/a $x$.mp4"])
    figure = drawn(only, np.array([0]))
    said = words(figure)
    assert {"from a $x$.mp4", "0:00", "0:06", "0:12", "time"} <= set(said)
    colours = selection_map._looks(only)[0].colours
    assert len(np.unique(colours, axis=0)) == 60


def test_films_keep_their_colours_and_shapes_apart_and_many_are_grey() -> None:
    looks = selection_map._looks(frames(210, films=21))
    assert len({(tuple(look.colours[0]), look.shape) for look in looks}) == 21
    many = frames(300, films=30)
    looks = selection_map._looks(many)
    assert len(looks) == 21 and looks[-1].name == "10 others" and len(looks[-1].rows) == 100
    assert sorted(np.concatenate([look.rows for look in looks]).tolist()) == list(range(300))
    assert "from 30 films" in words(drawn(many, np.array([0])))
    assert len(COLOURS) * 3 == 21
    assert "from 2 sources" in words(drawn(frames(10, films=2, names=["a.mp4", "photos"]), np.array([0])))


def test_pictures_stand_around_the_map_in_their_shape_each_with_a_line_to_its_frame() -> None:
    everyone, tall = frames(200), np.zeros((200, 100, 3), np.uint8)
    pictures = {row: tall if row % 2 else RED for row in range(0, 200, 5)}
    figure = drawn(everyone, np.array(list(pictures)), pictures)
    axes, places = figure.axes[0], dots(drawn(everyone, np.array([0]), {0: RED}), level=2)
    boxes = [image.get_extent() for image in axes.images if image.get_zorder() == 4]
    assert len(boxes) == len(axes.lines) == len(axes.patches) == 24
    for left, right, bottom, top in boxes:
        assert 0 < left < right < selection_map.WIDTH and 0 < top < bottom < selection_map.HEIGHT + 1e-6
        ratio = (right - left) / (bottom - top)
        assert ratio == pytest.approx(160 / 90) or ratio == pytest.approx(0.5)
        inside = (places > [left, top]).all(axis=1) & (places < [right, bottom]).all(axis=1)
        assert not inside.any()
    ends = {tuple(np.round([line.get_xdata()[1], line.get_ydata()[1]], 6)) for line in axes.lines}
    assert ends <= {tuple(np.round(place, 6)) for place in places[list(pictures)]} and len(ends) == 24


def test_no_two_lines_cross() -> None:
    places = np.random.default_rng(4).uniform([2, 2], [9, 6], (20, 2))
    slots = selection_map._slots()
    ends = slots[selection_map._assigned(places, slots)]
    assert len({tuple(end) for end in ends}) == 20

    def side(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> float:
        return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))

    for (a, b), (c, d) in combinations(list(zip(places, ends, strict=True)), 2):
        assert not (side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0)


def test_those_shown_are_spread_over_the_map() -> None:
    crowd = np.concatenate([np.random.default_rng(0).normal(0, 0.01, (50, 2)), [[5, 5], [-5, 5], [0, -5]]])
    assert set(selection_map._spread(crowd, 4)) > {50, 51, 52}
    assert len(selection_map._spread(crowd[:3], 4)) == 3


@pytest.mark.parametrize("count", [1, 2, 3])
def test_very_few_frames_can_be_drawn(count: int, tmp_path: Path) -> None:
    draw_map(tmp_path / "map.png", frames(count), np.arange(count), pictures=dict.fromkeys(range(count), RED))
    assert (tmp_path / "map.png").stat().st_size > 1000


def test_frames_that_are_all_alike_stand_in_the_middle(tmp_path: Path) -> None:
    alike = MapFrames(np.ones((70, 4), np.float32), ["映画.mp4"], np.zeros(70, np.int64), np.zeros(70))
    draw_map(tmp_path / "map.png", alike, np.array([4]))
    figure = drawn(alike, np.array([4]))
    assert np.ptp(dots(figure, level=2), axis=0).max() == 0
    assert dots(figure, level=3)[0][0] == pytest.approx(selection_map.WIDTH / 2)


def test_films_of_one_name_are_told_apart_by_their_folders() -> None:
    assert film_names(["a/x.mp4", "b/x.mp4", "b/y.mp4"]) == ["a/x.mp4", "b/x.mp4", "y.mp4"]


def test_what_cannot_be_drawn_is_refused(tmp_path: Path) -> None:
    for rows in ([], [50], [-1]):
        with pytest.raises(SpecError, match="50 frames"):
            draw_map(tmp_path / "map.png", frames(50), np.array(rows, np.int64))
    with pytest.raises(SpecError, match="PNG, PDF or SVG"):
        draw_map(tmp_path / "map.gif", frames(50), np.array([1]))
    with pytest.raises(OutputError, match="no folder"):
        draw_map(tmp_path / "nowhere" / "map.png", frames(50), np.array([1]))
    one = np.ones((4, 3), np.float32)
    with pytest.raises(SpecError, match="rows and columns"):
        MapFrames(one[0], ["a"], np.zeros(3, np.int64), np.zeros(3))
    with pytest.raises(SpecError, match="a film and a time"):
        MapFrames(one, ["a"], np.zeros(3, np.int64), np.zeros(4))
    with pytest.raises(SpecError, match="one of its 1 films"):
        MapFrames(one, ["a"], np.ones(4, np.int64), np.zeros(4))
