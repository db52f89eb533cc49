"""What commercials sell: a drink, a car, a shoe, a telephone, a burger; and the cards that tell the price."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np
import numpy.typing as npt

from reelsift.demo.cartoon.ink import INK, Colour, Sketch, blob, box, ellipse, line, mixed, move, polygon, tube

__all__ = ["PRODUCTS", "burst", "rays", "write"]

Picture = npt.NDArray[np.uint8]
Product = Callable[[Colour, Colour, float], Sketch]

WHITE: Colour = (252, 250, 244)
_INK = 0.012


def _drink(paint: Colour, trim: Colour, seconds: float) -> Sketch:
    """A can with drops on it."""
    thing, steel = Sketch(), (206, 212, 220)
    thing.inked(polygon([(-0.24, -0.42), (-0.2, -0.5), (0.2, -0.5), (0.24, -0.42)], steel), width=_INK)
    thing.inked(box(-0.24, -0.42, 0.24, 0.42, paint), ellipse(0, 0.42, 0.24, 0.05, paint), width=_INK)
    thing.add(ellipse(0, -0.5, 0.2, 0.035, mixed(steel, INK, 0.3)), ellipse(0.03, -0.5, 0.07, 0.014, steel))
    thing.add(blob([(-0.24, 0.1), (-0.1, -0.1), (0.1, 0.0), (0.24, -0.2), (0.24, 0.05), (0.1, 0.2), (-0.1, 0.1),
                    (-0.24, 0.28)], trim))  # fmt: skip
    thing.add(ellipse(0, -0.12, 0.13, 0.13, WHITE), ellipse(0, -0.12, 0.09, 0.09, paint))
    thing.add(
        box(-0.2, -0.4, -0.15, 0.4, mixed(paint, WHITE, 0.45)), box(0.17, -0.4, 0.24, 0.42, mixed(paint, INK, 0.25))
    )
    for number in range(9):
        x, y = 0.4 * ((number * 0.37) % 1) - 0.2, (number * 0.61 + seconds * 0.25 * (1 + number % 3)) % 0.8 - 0.4
        thing.add(ellipse(x, y, 0.014, 0.022, mixed(paint, WHITE, 0.7)))
    return thing


def _car(paint: Colour, trim: Colour, seconds: float) -> Sketch:
    thing, glass = Sketch(), (170, 214, 232)
    body = [(-0.72, 0.18), (-0.74, -0.02), (-0.5, -0.08), (-0.3, -0.32), (0.16, -0.33), (0.42, -0.08), (0.7, 0.0),
            (0.74, 0.18)]  # fmt: skip
    thing.inked(polygon(body, paint), width=_INK)
    thing.add(polygon([(-0.42, -0.09), (-0.27, -0.27), (-0.08, -0.28), (-0.08, -0.09)], glass))
    thing.add(polygon([(-0.04, -0.09), (-0.04, -0.28), (0.14, -0.28), (0.33, -0.09)], glass))
    thing.add(polygon([(-0.73, 0.03), (0.72, 0.05), (0.73, 0.09), (-0.73, 0.08)], trim))
    thing.add(ellipse(0.69, 0.04, 0.04, 0.035, (255, 244, 180)), ellipse(-0.71, 0.02, 0.02, 0.04, (230, 60, 50)))
    for x in (-0.43, 0.43):
        thing.add(ellipse(x, 0.19, 0.155, 0.155, INK), ellipse(x, 0.19, 0.09, 0.09, (200, 204, 210)))
        for spoke in range(3):
            angle = seconds * 9 + spoke * np.pi / 3
            dx, dy = 0.085 * float(np.cos(angle)), 0.085 * float(np.sin(angle))
            thing.add(line([(x - dx, 0.19 - dy), (x + dx, 0.19 + dy)], 0.012, (96, 100, 110)))
    return thing


def _shoe(paint: Colour, trim: Colour, seconds: float) -> Sketch:
    thing = Sketch()
    thing.inked(blob([(-0.5, 0.14), (-0.52, -0.28), (-0.34, -0.36), (-0.12, -0.24), (0.12, -0.12), (0.42, -0.02),
                      (0.56, 0.1), (0.5, 0.2), (0, 0.19)], paint), width=_INK)  # fmt: skip
    thing.inked(
        blob([(-0.52, 0.14), (0, 0.17), (0.57, 0.14), (0.55, 0.26), (0, 0.27), (-0.5, 0.26)], WHITE), width=_INK
    )
    thing.add(tube([(-0.42, 0.06), (-0.1, 0.1), (0.3, -0.02)], [0.02, 0.05, 0.012], trim))
    thing.add(ellipse(-0.37, -0.3, 0.13, 0.05, mixed(paint, INK, 0.6), turn=14))
    for number in range(4):
        x = -0.16 + number * 0.085
        thing.add(line([(x - 0.05, -0.12 + number * 0.04), (x + 0.06, -0.22 + number * 0.045)], 0.014, WHITE))
    for x in (-0.4, -0.25, 0.1, 0.25, 0.4):
        thing.add(polygon([(x - 0.04, 0.26), (x + 0.04, 0.26), (x + 0.02, 0.33), (x - 0.02, 0.33)], trim))
    return thing


def _telephone(paint: Colour, trim: Colour, seconds: float) -> Sketch:
    thing = Sketch()
    thing.inked(box(-0.27, -0.5, 0.27, 0.5, (36, 38, 46), corner=0.04), width=_INK)
    thing.add(box(-0.24, -0.44, 0.24, 0.42, mixed(paint, WHITE, 0.75)))
    for number in range(12):
        x, y = -0.18 + (number % 3) * 0.13, -0.38 + (number // 3) * 0.19
        grown = min(max(seconds * 9 - number, 0.0), 1.0)
        tile = (paint, trim, mixed(paint, INK, 0.3), mixed(trim, WHITE, 0.4))[(number * 7) % 4]
        half = 0.05 * grown
        thing.add(box(x + 0.05 - half, y + 0.05 - half, x + 0.05 + half, y + 0.05 + half, tile))
    thing.add(ellipse(0, 0.46, 0.025, 0.02, (120, 124, 134)))
    return thing


def _burger(paint: Colour, trim: Colour, seconds: float) -> Sketch:
    """Its parts fall on each other."""
    thing, bun = Sketch(), (226, 160, 84)
    parts = (
        [blob([(-0.5, 0.2), (0.5, 0.2), (0.48, 0.36), (0, 0.4), (-0.48, 0.36)], bun)],
        [box(-0.5, 0.08, 0.5, 0.21, (112, 62, 40), corner=0.05)],
        [polygon([(-0.52, 0.02), (0.52, 0.02), (0.56, 0.09), (0.3, 0.06), (0.16, 0.19), (0, 0.07), (-0.56, 0.09)],
                 (252, 204, 72))],
        [tube([(-0.5, 0.0), (-0.25, -0.04), (0, 0.01), (0.25, -0.04), (0.5, 0.0)], [0.05] * 5, (112, 180, 72))],
        [box(-0.44, -0.12, 0.44, -0.04, (214, 62, 48), corner=0.03)],
        [blob([(-0.5, -0.1), (-0.46, -0.3), (-0.2, -0.45), (0.2, -0.45), (0.46, -0.3), (0.5, -0.1)], bun)],
    )  # fmt: skip
    for number, shapes in enumerate(parts):
        fall = 1.4 * max(1.0 - max(seconds * 4 - number * 0.3, 0.0), 0.0) ** 2
        layer = Sketch()
        layer.inked(*shapes, width=_INK)
        if number == len(parts) - 1:
            layer.add(*(ellipse(x, -0.33 - 0.06 * (n % 2), 0.022, 0.013, (252, 236, 200))
                        for n, x in enumerate((-0.3, -0.18, -0.06, 0.07, 0.19, 0.31))))  # fmt: skip
        thing.extend(layer, move(0, -fall))
    return thing


PRODUCTS: Mapping[str, Product] = MappingProxyType(
    {"drink": _drink, "car": _car, "shoe": _shoe, "telephone": _telephone, "burger": _burger}
)
"""Things about 1 high around the origin, from two colours of a brand and the seconds since they are seen."""


def rays(paint: Colour, trim: Colour, seconds: float) -> Sketch:
    """A backdrop of 640 x 360: rays that turn around its middle."""
    card = Sketch()
    card.add(polygon([(0, 0), (640, 0), (640, 360), (0, 360)], paint))
    for ray in range(14):
        start = ray * 2 * np.pi / 14 + seconds * 0.35
        far = [(320 + 420 * float(np.cos(start + d)), 180 + 420 * float(np.sin(start + d))) for d in (0, np.pi / 14)]
        card.add(polygon([(320, 180), *far], mixed(paint, trim, 0.3)))
    card.add(ellipse(320, 180, 150, 150, mixed(paint, WHITE, 0.3)))
    return card


def burst(paint: Colour, trim: Colour, seconds: float) -> Sketch:
    """A star with many points around the origin, 1 high, that swells."""
    card, swell = Sketch(), min(seconds * 5, 1.0) * (1 + 0.04 * float(np.sin(seconds * 8)))
    points = []
    for number in range(32):
        reach = 0.5 * swell * (1.0 if number % 2 else 0.84)
        angle = number * np.pi / 16 + seconds * 0.2
        points.append((reach * 1.5 * float(np.cos(angle)), reach * float(np.sin(angle))))
    card.inked(polygon(points, trim), width=0.02 * swell, ink=mixed(paint, INK, 0.5))
    return card


def write(picture: Picture, text: str, centre: tuple[float, float], height: float, paint: Colour) -> None:
    """Fat letters in place, `height` pixels high, around a place; ASCII only."""
    fat = max(round(height * 0.2), 1)
    (width, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, 1.0, 1)
    scale = height / high
    place = round(centre[0] - width * scale / 2), round(centre[1] + height / 2)
    for thick, shade in ((fat + max(round(height * 0.12), 2), INK), (fat, paint)):
        cv2.putText(picture, text, place, cv2.FONT_HERSHEY_DUPLEX, scale, shade, thick, cv2.LINE_AA)
