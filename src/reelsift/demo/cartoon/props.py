"""Things and small animals of the cartoon that are neither Moggy nor Pip, some of them in the same colours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from reelsift.demo.cartoon.ink import INK, Colour, Sketch, blob, ellipse, line, mixed, polygon, tube

__all__ = ["PROPS", "bird", "hedgehog"]

Prop = Callable[[Colour, float], Sketch]


def _cheese(paint: Colour, ink: float) -> Sketch:
    thing = Sketch()
    thing.inked(polygon([(-0.62, 0), (0.62, 0), (0.62, -0.5), (-0.62, -0.34)], (246, 200, 84)),
                polygon([(-0.62, -0.34), (0.1, -0.86), (0.62, -0.5)], (252, 222, 130)), width=ink)  # fmt: skip
    thing.add(
        *(
            ellipse(x, y, r, r * 0.9, (214, 158, 56))
            for x, y, r in ((-0.3, -0.14, 0.09), (0.1, -0.24, 0.12), (0.42, -0.1, 0.07), (0.14, -0.62, 0.06))
        )
    )
    return thing


def _ball(paint: Colour, ink: float) -> Sketch:
    thing = Sketch()
    thing.inked(ellipse(0, -0.5, 0.5, 0.5, paint), width=ink)
    thing.add(tube([(-0.44, -0.6), (0, -0.42), (0.44, -0.6)], [0.06, 0.1, 0.06], mixed(paint, (255, 250, 240), 0.75)))
    thing.add(ellipse(-0.18, -0.74, 0.12, 0.08, mixed(paint, (255, 255, 255), 0.6), turn=-30))
    return thing


def _hat(paint: Colour, ink: float) -> Sketch:
    thing = Sketch()
    thing.inked(blob([(-0.34, -0.08), (-0.36, -0.5), (-0.3, -0.86), (0.3, -0.86), (0.36, -0.5), (0.34, -0.08)], paint),
                ellipse(0, -0.08, 0.66, 0.1, paint), width=ink)  # fmt: skip
    thing.add(tube([(-0.34, -0.24), (0, -0.19), (0.34, -0.24)], [0.07, 0.07, 0.07], (196, 60, 60)))
    return thing


def _barrel(paint: Colour, ink: float) -> Sketch:
    thing = Sketch()
    thing.inked(
        blob(
            [(-0.36, 0), (-0.46, -0.45), (-0.36, -0.96), (0, -1), (0.36, -0.96), (0.46, -0.45), (0.36, 0), (0, 0.05)],
            paint,
        ),
        width=ink,
    )
    dark = mixed(paint, INK, 0.45)
    thing.add(*(line([(x * 0.8, 0.0), (x, -0.45), (x * 0.8, -0.95)], ink * 0.4, dark) for x in (-0.22, 0.0, 0.22)))
    thing.add(*(tube([(-0.41, y), (0, y + 0.05), (0.41, y)], [0.045] * 3, (120, 124, 134)) for y in (-0.2, -0.76)))
    return thing


def _crate(paint: Colour, ink: float) -> Sketch:
    thing, dark = Sketch(), mixed(paint, INK, 0.3)
    thing.inked(polygon([(-0.5, 0), (0.5, 0), (0.5, -0.9), (-0.5, -0.9)], paint), width=ink)
    thing.add(polygon([(-0.38, -0.12), (0.38, -0.12), (0.38, -0.78), (-0.38, -0.78)], dark))
    thing.add(tube([(-0.4, -0.13), (0.4, -0.77)], [0.06, 0.06], paint))
    return thing


def _pot(paint: Colour, ink: float) -> Sketch:
    """A plant in a pot."""
    thing, leaf = Sketch(), (92, 150, 84)
    for x, y in ((-0.34, -0.78), (-0.16, -0.98), (0.08, -1.02), (0.26, -0.9), (0.38, -0.7)):
        thing.inked(blob([(0, -0.4), (x * 0.4 - 0.1, y * 0.75), (x, y), (x * 0.5 + 0.1, y * 0.65)], leaf), width=ink)
    thing.inked(polygon([(-0.24, 0), (0.24, 0), (0.32, -0.44), (-0.32, -0.44)], paint), width=ink)
    thing.inked(
        polygon([(-0.37, -0.4), (0.37, -0.4), (0.37, -0.52), (-0.37, -0.52)], mixed(paint, (255, 240, 220), 0.2)),
        width=ink,
    )
    return thing


def _bush(paint: Colour, ink: float) -> Sketch:
    thing, green = Sketch(), mixed((84, 140, 78), paint, 0.18)
    rounds = (
        (-0.52, -0.22, 0.3),
        (-0.3, -0.5, 0.32),
        (0.06, -0.62, 0.36),
        (0.4, -0.46, 0.32),
        (0.58, -0.2, 0.28),
        (0, -0.2, 0.4),
    )
    thing.inked(*(ellipse(x, y, r, r, green) for x, y, r in rounds), width=ink)
    thing.add(
        *(
            ellipse(x - r * 0.2, y - r * 0.3, r * 0.5, r * 0.35, mixed(green, (230, 240, 150), 0.22))
            for x, y, r in rounds[:5]
        )
    )
    return thing


def _kettle(paint: Colour, ink: float) -> Sketch:
    thing = Sketch()
    thing.inked(tube([(0.3, -0.3), (0.56, -0.42), (0.66, -0.72)], [0.1, 0.07, 0.06], paint), width=ink)
    thing.inked(tube([(-0.3, -0.62), (0, -1.04), (0.3, -0.62)], [0.045, 0.05, 0.045], INK), width=ink * 0.3)
    thing.inked(
        blob([(-0.46, 0), (-0.5, -0.3), (-0.3, -0.64), (0, -0.7), (0.3, -0.64), (0.5, -0.3), (0.46, 0)], paint),
        width=ink,
    )
    thing.inked(ellipse(0, -0.72, 0.07, 0.07, (196, 60, 60)), width=ink)
    thing.add(ellipse(-0.22, -0.42, 0.07, 0.14, mixed(paint, (255, 255, 255), 0.55), turn=25))
    return thing


def _boot(paint: Colour, ink: float) -> Sketch:
    thing = Sketch()
    thing.inked(
        blob([(-0.38, -0.05), (-0.36, -0.9), (0.02, -0.94), (0.08, -0.42), (0.46, -0.34), (0.56, -0.06)], paint),
        width=ink,
    )
    thing.inked(polygon([(-0.42, 0.02), (0.6, 0.02), (0.6, -0.08), (-0.42, -0.08)], mixed(paint, INK, 0.6)), width=ink)
    thing.inked(tube([(-0.38, -0.88), (0.03, -0.92)], [0.07, 0.07], mixed(paint, (255, 250, 240), 0.7)), width=ink)
    return thing


def _umbrella(paint: Colour, ink: float) -> Sketch:
    thing = Sketch()
    thing.inked(tube([(0, -0.75), (0, -0.05), (0.1, 0.0), (0.14, -0.08)], [0.025] * 4, (120, 84, 56)), width=ink)
    thing.inked(
        blob(
            [
                (-0.62, -0.62),
                (-0.4, -0.92),
                (0, -1.02),
                (0.4, -0.92),
                (0.62, -0.62),
                (0.3, -0.68),
                (0, -0.6),
                (-0.3, -0.68),
            ],
            paint,
        ),
        width=ink,
    )
    thing.add(
        blob(
            [(-0.18, -0.66), (-0.16, -0.9), (0, -1.0), (0.16, -0.9), (0.18, -0.66), (0, -0.6)],
            mixed(paint, (255, 250, 240), 0.7),
        )
    )
    return thing


def bird(seconds: float, paint: Colour, *, ink: float) -> Sketch:
    """A bird in flight to the right, about 1 long."""
    thing, flap = Sketch(), float(np.sin(seconds * 17))
    thing.inked(blob([(-0.62, -0.16), (-0.3, -0.12), (-0.3, 0.1), (-0.66, 0.06)], mixed(paint, INK, 0.25)), width=ink)
    thing.inked(ellipse(0, 0, 0.36, 0.22, paint), ellipse(0.32, -0.15, 0.19, 0.18, paint), width=ink)
    thing.add(ellipse(0.04, 0.1, 0.24, 0.1, mixed(paint, (255, 250, 240), 0.7)))
    thing.inked(polygon([(0.47, -0.2), (0.7, -0.12), (0.47, -0.06)], (240, 160, 60)), width=ink)
    thing.add(ellipse(0.38, -0.2, 0.045, 0.06, INK))
    thing.inked(
        blob(
            [(-0.16, -0.08), (0.16, -0.06), (0.06, -0.1 - 0.42 * flap), (-0.24, -0.1 - 0.62 * flap)],
            mixed(paint, INK, 0.15),
        ),
        width=ink,
    )
    return thing


def hedgehog(seconds: float, paint: Colour, *, ink: float) -> Sketch:
    """A hedgehog that trots to the right, about 1 long."""
    thing, step = Sketch(), float(np.sin(seconds * 9)) * 0.07
    for x, shift in ((-0.24, step), (-0.06, -step), (0.16, step), (0.3, -step)):
        thing.inked(ellipse(x + shift, -0.05, 0.075, 0.055, (220, 180, 140)), width=ink)
    spikes: list[tuple[float, float]] = []
    for angle in np.linspace(np.pi * 1.02, np.pi * 2.06, 21):
        reach = 1.0 if len(spikes) % 2 else 1.2
        spikes.append((0.42 * reach * float(np.cos(angle)) - 0.04, 0.44 * reach * float(np.sin(angle)) - 0.1))
    thing.inked(
        blob([(0.2, -0.3), (0.38, -0.28), (0.58, -0.13), (0.4, -0.04), (0.15, -0.04)], (232, 196, 156)), width=ink
    )
    thing.inked(polygon([*spikes, (0.2, -0.05), (-0.4, -0.05)], paint), width=ink)
    thing.add(ellipse(0.36, -0.19, 0.03, 0.045, INK), ellipse(0.58, -0.13, 0.045, 0.04, INK))
    return thing


PROPS: Mapping[str, Prop] = MappingProxyType(
    {
        "cheese": _cheese,
        "ball": _ball,
        "hat": _hat,
        "barrel": _barrel,
        "crate": _crate,
        "pot": _pot,
        "bush": _bush,
        "kettle": _kettle,
        "boot": _boot,
        "umbrella": _umbrella,
    }
)
"""Things about 1 high that stand on y = 0, from their paint and the width of the ink."""
