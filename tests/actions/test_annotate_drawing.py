"""Where everything is drawn, in pictures of all sizes."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from reelsift.actions.annotate_drawing import Drawing, _placed_panels
from reelsift.actions.annotate_ink import Page, class_colour
from reelsift.actions.annotate_scores import Scores
from reelsift.actions.annotate_strip import Strip
from reelsift.media.fit import Shape, plane_pixels
from reelsift.media.reader import Orientation
from reelsift.specs import Size
from reelsift.timeline import Segment, Timeline
from timelines import film


def shape_of(width: int, height: int, *, aspect: Fraction = Fraction(1)) -> Shape:
    return Shape(Size(width, height), Size(width, height), "yuv444p", Orientation(), aspect, (1, 1, 1, 1))


def drawn(drawing: Drawing, shape: Shape, *, frame_index: int, time_seconds: float, ground: int = 128) -> NDArray:
    picture = av.VideoFrame(shape.size.width, shape.size.height, "yuv444p")
    picture.colorspace, picture.color_range = 1, 1
    for number in range(3):
        plane_pixels(picture, number)[:] = 128 if number else ground
    drawing.draw(picture, frame_index=frame_index, time_seconds=time_seconds)
    return picture.to_ndarray(format="rgb24").astype(int)


def rgb(colour: str) -> list[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def near(picture: NDArray, colour: str) -> NDArray:
    return np.abs(picture - rgb(colour)).max(axis=-1) <= 6


HALVES = Timeline.from_segments(
    [Segment(0, 5, "football", 0.9), Segment(5, 10, "commercial", 0.6)], times_seconds=np.arange(250) / 25,
    end_seconds=10.0, task="sport", classes=("football", "commercial"),
)  # fmt: skip


@pytest.mark.parametrize("size", [(640, 360), (1920, 1080), (3840, 2160), (1080, 1920), (360, 640)])
def test_the_band_has_the_colours_of_the_timeline_and_the_mark_moves_along(size: tuple[int, int]) -> None:
    shape = shape_of(*size)
    page = Page.of(shape)
    drawing = Drawing(shape, [Scores.of(HALVES)])
    strip = Strip(page, [Scores.of(HALVES)])
    row = strip.top + strip.height // 2
    marks = []
    for moment in (0.0, 2.5, 5.0, 9.96):
        picture = drawn(drawing, shape, frame_index=round(moment * 25), time_seconds=moment)
        first, second = (np.flatnonzero(near(picture[row], class_colour(place))) for place in (0, 1))
        white = np.flatnonzero(near(picture[row], "#FFFFFF"))
        marks.append(white[white <= strip._left + strip._band_width + page.across(0.1)].mean())  # no clock
        assert first.max() < second.min()
        assert (second.max() + first.min()) / 2 == pytest.approx(second.min(), abs=max(size) / 60)
    start, end = first.min(), second.max()
    shares = (np.array(marks) - start) / (end - start)
    assert shares == pytest.approx(np.array([0, 0.25, 0.5, 0.996]), abs=0.02)


@pytest.mark.parametrize("ground", [16, 235])
def test_bars_are_as_long_as_probabilities_on_light_and_dark(ground: int) -> None:
    shape = shape_of(1280, 720)
    drawing = Drawing(shape, [Scores.of(HALVES)])
    (placed,) = drawing._panels
    for frame, probability in ((10, 0.9), (200, 0.4)):
        picture = drawn(drawing, shape, frame_index=frame, time_seconds=frame / 25, ground=ground)
        panel = picture[placed.y : placed.y + placed.panel.height, placed.x : placed.x + placed.panel.width]
        bar = near(panel, class_colour(0)).sum(axis=1).max() - placed.panel._page.across(0.62)
        assert bar == pytest.approx(probability * placed.panel._bar_width, abs=2)
        # Words that stand 4.5 : 1 against their ground can be read (WCAG 2.1).
        light, dark = (((value / 255 + 0.055) / 1.055) ** 2.4 for value in (panel.max(), np.median(panel)))
        assert (light + 0.05) / (dark + 0.05) > 4.5


def test_the_class_that_holds_is_brighter() -> None:
    shape = shape_of(1280, 720)
    drawing = Drawing(shape, [Scores.of(HALVES)])
    (placed,) = drawing._panels
    pictures = [drawn(drawing, shape, frame_index=frame, time_seconds=frame / 25, ground=16) for frame in (10, 200)]
    page = placed.panel._page
    name = slice(placed.x + page.across(1.7), placed.x + page.across(1.7) + placed.panel._names_width)
    rows = [slice(placed.y + page.down(2.2 + 1.5 * row), placed.y + page.down(3.6 + 1.5 * row)) for row in (0, 1)]
    light = [[picture[row, name].sum() for row in rows] for picture in pictures]
    assert light[0][0] > 1.2 * light[1][0] and light[1][1] > 1.2 * light[0][1]


sizes = st.tuples(st.integers(16, 900), st.integers(16, 900))
aspects = st.sampled_from([Fraction(1), Fraction(2, 3), Fraction(64, 45), Fraction(2)])


@given(sizes, aspects, st.integers(1, 4), st.integers(2, 30))
def test_nothing_overlaps_or_leaves_the_picture(
    size: tuple[int, int], aspect: Fraction, tasks: int, classes: int
) -> None:
    shape = shape_of(*size, aspect=aspect)
    page = Page.of(shape)
    timelines = [film(seconds=4, classes=tuple(f"class {n}" for n in range(classes)), seed=s) for s in range(tasks)]
    scores = [Scores.of(dataclasses.replace(timeline, task=f"task {n}")) for n, timeline in enumerate(timelines)]
    strip = Strip(page, scores)
    covered = np.zeros((page.height, page.width), int)
    for placed in _placed_panels(page, scores, bottom=strip.top):
        assert placed.x >= 0 and placed.y >= 0 and placed.x + placed.panel.width <= page.width
        assert placed.y + placed.panel.height <= strip.top
        covered[placed.y : placed.y + placed.panel.height, placed.x : placed.x + placed.panel.width] += 1
        assert placed.panel.drawn(0).pixels.shape == (placed.panel.height, placed.panel.width, 4)
    assert covered.max() <= 1
    drawing = Drawing(shape, scores)
    picture = av.VideoFrame(shape.size.width, shape.size.height, "yuv444p")
    drawing.draw(picture, frame_index=3, time_seconds=0.6)


@pytest.mark.parametrize("size", [(320, 180), (640, 360), (1280, 720), (3840, 2160), (360, 640), (2160, 3840)])
def test_usual_sizes_have_room_for_two_tasks(size: tuple[int, int]) -> None:
    drawing = Drawing(shape_of(*size), [Scores.of(film(seconds=4)), Scores.of(HALVES)])
    assert drawing.without_panel == ()


def test_many_classes_share_a_row_that_names_the_one_that_holds() -> None:
    names = tuple(f"c{number}" for number in range(20))
    segments = [Segment(0, 9, "c3"), Segment(9, 10, "c17")]
    timeline = Timeline.from_segments(segments, times_seconds=np.arange(250) / 25, end_seconds=10.0, classes=names)
    # Others show longer, or are as long away and come before it.
    drawing = Drawing(shape_of(1280, 720), [Scores.of(timeline)])
    (placed,) = drawing._panels
    assert len(placed.panel._shown) == 7 and 3 in placed.panel._shown and len(placed.panel._hidden) == 13
    before, there = placed.panel.drawn(10).pixels, placed.panel.drawn(240).pixels
    assert not np.array_equal(before, there)


@pytest.mark.parametrize("height", [360, 540, 720, 1080, 1440, 2160])
def test_the_clock_has_room_for_each_second(height: int) -> None:
    strip = Strip(Page.of(shape_of(height * 16 // 9 // 2 * 2, height)), [Scores.of(HALVES)])
    widest = max(strip._clock_mask(float(second)).shape[1] for second in range(10))
    assert widest <= strip._clock_width
    inks = [float(np.abs(strip._clock_mask(float(second))).sum()) for second in range(10)]
    assert min(inks) > 0.5 * max(inks)
