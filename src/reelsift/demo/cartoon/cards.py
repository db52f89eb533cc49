"""The cards at the start and the end of each episode: rays that turn slowly, and letters like balloons."""

from __future__ import annotations

import numpy as np

from reelsift.demo.cartoon.ink import Colour, Shape, Sketch, ellipse, mixed, move, polygon, tube
from reelsift.demo.cartoon.props import PROPS

__all__ = ["draw_card"]

_Strokes = tuple[tuple[tuple[float, float], ...], ...]

CREAM: Colour = (255, 244, 214)
PAINTS: tuple[Colour, ...] = ((250, 206, 86), (238, 110, 92), (132, 196, 196), (244, 160, 90))

# Strokes through points in a box of 1 x 1, y down: two points make a straight stroke, more a curve.
_LETTERS: dict[str, _Strokes] = {
    "M": (((0, 1), (0.08, 0)), ((0.08, 0), (0.5, 0.6)), ((0.5, 0.6), (0.92, 0)), ((0.92, 0), (1, 1))),
    "O": (((0.5, 0), (0.93, 0.25), (0.93, 0.75), (0.5, 1), (0.07, 0.75), (0.07, 0.25), (0.5, 0)),),
    "G": (
        ((0.86, 0.16), (0.5, 0), (0.08, 0.25), (0.08, 0.75), (0.5, 1), (0.88, 0.84)),
        ((0.88, 0.84), (0.88, 0.56)), ((0.88, 0.56), (0.58, 0.56)),
    ),
    "Y": (((0.05, 0), (0.5, 0.5)), ((0.95, 0), (0.5, 0.5)), ((0.5, 0.5), (0.5, 1))),
    "&": (
        ((0.95, 1), (0.3, 0.35), (0.28, 0.08), (0.52, 0.0), (0.66, 0.16), (0.45, 0.42), (0.1, 0.68), (0.22, 0.98),
         (0.6, 0.94), (0.9, 0.58)),
    ),
    "P": (((0.1, 0), (0.1, 1)), ((0.1, 0.02), (0.7, 0.02), (0.86, 0.3), (0.66, 0.56), (0.12, 0.56))),
    "I": (((0.5, 0), (0.5, 1)),),
    "T": (((0, 0), (1, 0)), ((0.5, 0), (0.5, 1))),
    "H": (((0.08, 0), (0.08, 1)), ((0.92, 0), (0.92, 1)), ((0.08, 0.5), (0.92, 0.5))),
    "E": (((0.12, 0), (0.12, 1)), ((0.12, 0), (0.85, 0)), ((0.12, 0.5), (0.72, 0.5)), ((0.12, 1), (0.85, 1))),
    "N": (((0.08, 1), (0.08, 0)), ((0.08, 0), (0.92, 1)), ((0.92, 1), (0.92, 0))),
    "D": (((0.1, 0), (0.1, 1)), ((0.1, 0.02), (0.55, 0.02), (0.9, 0.32), (0.9, 0.68), (0.55, 0.98), (0.1, 0.98))),
}  # fmt: skip


def draw_card(kind: str, seconds: float) -> Sketch:
    """A card as large as a picture, 640 x 360: "title" or "end"."""
    card, is_title = Sketch(), kind == "title"
    dark, bright = ((52, 70, 110), (70, 96, 140)) if is_title else ((92, 44, 60), (128, 60, 72))
    card.add(polygon([(0, 0), (640, 0), (640, 360), (0, 360)], dark))
    for ray in range(12):
        angles = np.deg2rad([ray * 30 + seconds * 7, ray * 30 + 15 + seconds * 7])
        far = [(320 + 480 * float(np.cos(a)), 185 + 480 * float(np.sin(a))) for a in angles]
        card.add(polygon([(320, 185), *far], bright))
    card.add(ellipse(320, 182, 262, 132, mixed(bright, CREAM, 0.16)))
    if is_title:
        _write(card, "MOGGY", 128, 78, size=66, seconds=seconds)
        _write(card, "&", 292, 168, size=44, seconds=seconds)
        _write(card, "PIP", 238, 226, size=60, seconds=seconds)
        card.extend(PROPS["cheese"](CREAM, 0.03), move(474, 282, scale=62, turn=8))
        card.extend(PROPS["ball"]((206, 92, 110), 0.03), move(166, 286, scale=62, turn=-12))
    else:
        _write(card, "THE", 206, 84, size=62, seconds=seconds)
        _write(card, "END", 206, 188, size=62, seconds=seconds)
    return card


def _write(card: Sketch, text: str, x: float, y: float, *, size: float, seconds: float) -> None:
    """Letters from left to right, each with a tilt of its own, that bob a little."""
    for number, letter in enumerate(text):
        bob = 2.5 * float(np.sin(seconds * 2.4 + number * 1.1))
        drawn = Sketch()
        strokes = [_stroke(points, PAINTS[(number + len(text)) % len(PAINTS)]) for points in _LETTERS[letter]]
        drawn.inked(*strokes, width=0.09)
        drawn.inked(*strokes, width=0.045, ink=CREAM)
        card.extend(drawn, move(x + number * size * 1.22, y + bob, scale=size, turn=(-7, 5, -3, 6, -5)[number % 5]))


def _stroke(points: tuple[tuple[float, float], ...], paint: Colour) -> Shape:
    return tube(points, [0.115] * len(points), paint)
