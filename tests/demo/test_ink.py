"""Flat shapes with ink: their areas are what geometry says, wherever and however large they are laid down."""

from __future__ import annotations

import numpy as np
import pytest

from reelsift.demo.cartoon.ink import INK, Shape, Sketch, blob, box, ellipse, joined, line, mixed, move, polygon, tube

RED = (200, 30, 40)


def area(points: np.ndarray) -> float:
    """Of a polygon, by the shoelace formula."""
    x, y = points[:, 0].astype(float), points[:, 1].astype(float)
    return abs(float(x @ np.roll(y, -1) - np.roll(x, -1) @ y)) / 2


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (ellipse(0, 0, 0.5, 0.25, RED), np.pi * 0.125),
        (ellipse(0.3, 0.1, 0.5, 0.25, RED, turn=30), np.pi * 0.125),
        (box(-0.5, -0.2, 0.5, 0.2, RED), 0.4),
        (box(-0.5, -0.2, 0.5, 0.2, RED, corner=0.1), 0.39),
        (polygon([(0, 0), (0.5, 0), (0, 0.5)], RED), 0.125),
        (tube([(-0.4, 0), (0.4, 0)], [0.1, 0.1], RED), 0.16 + np.pi * 0.01),
        (tube([(-0.4, 0), (0.4, 0)], [0.2, 0.1], RED), 0.24 + np.pi * 0.025),
        (line([(-0.4, 0), (0, 0), (0.4, 0)], 0.1), 0.16 + np.pi * 0.01),
        (blob([(np.cos(turn), np.sin(turn)) for turn in np.arange(8) * np.pi / 4], RED), np.pi),
    ],
)
def test_shapes_cover_the_area_they_should(shape: Shape, expected: float) -> None:
    assert area(shape.points) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(
    "place",
    [move(60, 60, scale=50), move(60.3, 59.7, scale=50, turn=40), move(60, 60, scale=50, turn=-10, mirrored=True)],
)
def test_a_sketch_covers_its_shapes_at_their_place(place: np.ndarray) -> None:
    sketch, picture = Sketch(), np.zeros((120, 120, 3), np.uint8)
    sketch.add(ellipse(0.3, 0.1, 0.6, 0.3, (255, 255, 255)))
    sketch.lay(picture, place)
    weight = picture[..., 0] / 255.0
    # OpenCV widens what it fills by half a pixel and more.
    assert np.pi * 0.18 * 2500 - 20 < weight.sum() < np.pi * 0.18 * 2500 + 0.8 * 145
    middle = place[:, :2] @ [0.3, 0.1] + place[:, 2] - 0.5
    assert (weight.sum(axis=0) @ np.arange(120)) / weight.sum() == pytest.approx(middle[0], abs=0.15)
    assert (weight.sum(axis=1) @ np.arange(120)) / weight.sum() == pytest.approx(middle[1], abs=0.15)


@pytest.mark.parametrize("points", [[(0, 0), (0.5, 0), (0.5, 0.5), (0, 0.5)], [(0, 0), (0, 0.5), (0.5, 0.5), (0.5, 0)]])
def test_ink_lies_around_a_shape_whichever_way_it_turns(points: list[tuple[float, float]]) -> None:
    grown = polygon(points, RED).grown(0.05, INK)
    assert grown.paint == INK
    assert np.allclose(grown.points.min(axis=0), -0.05 / np.sqrt(2)) and np.allclose(
        grown.points.max(axis=0), 0.5 + 0.05 / np.sqrt(2)
    )


def test_shapes_inked_together_have_no_line_between_them() -> None:
    sketch, picture = Sketch(), np.full((60, 60, 3), 255, np.uint8)
    sketch.inked(box(10, 10, 32, 50, RED), box(28, 10, 50, 50, RED), width=6)
    sketch.lay(picture, move())
    assert (picture[30, 12:48] == RED).all()
    assert (picture[30, 7] == INK).all() and (picture[30, 52] == INK).all() and (picture[30, 2] == 255).all()


def test_light_tints_the_paint_and_stops_at_white() -> None:
    sketch, picture = Sketch(), np.zeros((8, 8, 3), np.uint8)
    sketch.add(box(-1, -1, 9, 9, RED))
    sketch.lay(picture, move(), light=(2.0, 1.0, 0.5))
    assert picture[4, 4].tolist() == [255, 30, 20]


def test_cover_marks_where_shapes_lie() -> None:
    sketch, mask = Sketch(), np.zeros((20, 20), np.uint8)
    sketch.add(box(5, 5, 15, 15, RED))
    sketch.cover(mask, move(), value=7)
    assert mask[10, 10] == 7 and mask[2, 2] == 0 and 100 <= (mask == 7).sum() <= 121
    Sketch().cover(mask, move(), value=9)
    assert (mask != 9).all()


def test_sketches_can_be_put_into_others() -> None:
    """Placed by one matrix within another, and by both at once, is the same."""
    inner, outer = move(0.3, -0.2, scale=0.5, turn=20), move(50, 60, scale=40, mirrored=True)
    one, two = np.zeros((100, 100, 3), np.uint8), np.zeros((100, 100, 3), np.uint8)
    part, whole = Sketch(), Sketch()
    part.inked(ellipse(0.1, 0.2, 0.8, 0.5, RED), width=0.1)
    whole.extend(part, inner)
    whole.lay(one, outer)
    part.lay(two, joined(outer, inner))
    assert one.any() and np.abs(one.astype(int) - two).max() < 40
    assert (one != two).any(axis=2).mean() < 0.02


def test_mixed_goes_from_one_colour_to_the_other() -> None:
    assert mixed((0, 100, 200), (100, 0, 200), 0.0) == (0, 100, 200)
    assert mixed((0, 100, 200), (100, 0, 200), 0.25) == (25, 75, 200)
    assert mixed((0, 100, 200), (100, 0, 200), 1.0) == (100, 0, 200)
