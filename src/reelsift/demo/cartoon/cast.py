"""Who plays in the cartoon: Moggy, a tall cat, and Pip, a small mouse."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType

from reelsift.demo.cartoon.ink import INK, Colour, Sketch, blob, ellipse, line, mixed, polygon, tube
from reelsift.demo.cartoon.puppet import Build, Look

__all__ = ["CAST"]

WHITE: Colour = (252, 250, 244)
CAT: Colour = (112, 134, 164)
CAT_DARK: Colour = (76, 94, 128)
CREAM: Colour = (240, 230, 214)
MOUSE: Colour = (172, 118, 74)
SAND: Colour = (236, 204, 160)
PINK: Colour = (240, 158, 160)
MOUTH: Colour = (132, 40, 52)


@functools.lru_cache(64)
def _cat_head(look: Look, ink: float) -> Sketch:
    """The head of Moggy around its middle, 0.37 wide."""
    head = Sketch()
    ears = [
        blob([(-0.165, -0.045), (-0.172, -0.15), (-0.158, -0.222), (-0.095, -0.18), (-0.03, -0.12)], CAT),
        blob([(0.04, -0.12), (0.085, -0.18), (0.14, -0.225), (0.16, -0.15), (0.155, -0.045)], CAT),
    ]
    skull = blob(
        [
            (0.0, -0.142), (0.1, -0.118), (0.158, -0.045), (0.196, 0.052), (0.15, 0.078), (0.16, 0.112), (0.085, 0.126),
            (0.0, 0.136), (-0.085, 0.126), (-0.16, 0.112), (-0.15, 0.078), (-0.196, 0.052), (-0.158, -0.045),
            (-0.1, -0.118),
        ],
        CAT,
    )  # fmt: skip
    head.inked(*ears, skull, width=ink)
    if look.away:
        head.add(*(tube([(x * 0.9, -0.125), (x, -0.05)], [0.012, 0.004], CAT_DARK) for x in (-0.05, 0.0, 0.05)))
        return head
    head.add(
        polygon([(-0.148, -0.085), (-0.148, -0.185), (-0.075, -0.125)], PINK),
        polygon([(0.075, -0.125), (0.132, -0.188), (0.142, -0.085)], PINK),
        *(tube([(0.02 + x, -0.132), (0.02 + x * 0.9, -0.09)], [0.011, 0.004], CAT_DARK) for x in (-0.045, 0.0, 0.045)),
    )
    _draw_eyes(head, look, ink, ((-0.045, -0.022), (0.078, -0.022)), (0.044, 0.058), (0.02, 0.036), (250, 232, 130))
    head.add(ellipse(0.03, 0.073, 0.07, 0.05, CREAM), ellipse(0.098, 0.073, 0.066, 0.05, CREAM))
    if look.mouth > 0.05:
        open_to = 0.088 + 0.075 * look.mouth
        head.inked(blob([(0.02, 0.085), (0.068, 0.098), (0.112, 0.085), (0.066, open_to)], MOUTH), width=ink * 0.6)
        head.add(ellipse(0.066, open_to - 0.012, 0.022, 0.012 * look.mouth, PINK))
    else:
        head.add(line([(0.012, 0.086), (0.04, 0.1), (0.066, 0.084), (0.094, 0.1), (0.118, 0.086)], ink * 0.45))
    head.add(blob([(0.04, 0.03), (0.066, 0.026), (0.092, 0.03), (0.066, 0.062)], (214, 92, 110)))
    for side in (-1, 1):
        for rise in (-0.018, 0.016):
            head.add(
                line([(0.066 + side * 0.062, 0.07 + rise * 0.4), (0.066 + side * 0.185, 0.058 + rise)], ink * 0.25)
            )
    return head


@functools.lru_cache(64)
def _mouse_head(look: Look, ink: float) -> Sketch:
    """The head of Pip around its middle, 0.5 wide."""
    head = Sketch()
    far, near = ellipse(0.15, -0.235, 0.145, 0.155, MOUSE), ellipse(-0.2, -0.215, 0.165, 0.172, MOUSE)
    head.inked(far, width=ink)
    if not look.away:
        head.add(ellipse(0.155, -0.225, 0.1, 0.11, PINK))
    skull = blob(
        [(-0.02, -0.215), (0.13, -0.17), (0.215, -0.04), (0.2, 0.1), (0.09, 0.185), (-0.09, 0.185), (-0.215, 0.1),
         (-0.235, -0.04), (-0.16, -0.17)],
        MOUSE,
    )  # fmt: skip
    head.inked(near, width=ink)
    if not look.away:
        head.add(ellipse(-0.195, -0.205, 0.115, 0.122, PINK))
    head.inked(skull, width=ink)
    tuft = tube([(-0.03, -0.2), (0.0, -0.27), (0.05, -0.285)], [0.028, 0.02, 0.006], MOUSE)
    if look.away:
        head.add(tuft)
        return head
    head.inked(tuft, width=ink * 0.8)
    head.add(ellipse(-0.03, -0.18, 0.05, 0.03, MOUSE))
    head.inked(blob([(0.02, 0.06), (0.1, 0.015), (0.24, 0.035), (0.275, 0.075), (0.2, 0.14), (0.07, 0.16)], SAND),
               width=ink * 0.5, ink=mixed(MOUSE, INK, 0.35))  # fmt: skip
    head.add(ellipse(-0.08, 0.09, 0.06, 0.042, mixed(MOUSE, PINK, 0.75)))
    _draw_eyes(head, look, ink, ((-0.01, -0.045), (0.135, -0.05)), (0.058, 0.085), (0.034, 0.054), WHITE)
    if look.mouth > 0.05:
        open_to = 0.125 + 0.1 * look.mouth
        head.inked(blob([(0.07, 0.115), (0.15, 0.122), (0.2, 0.1), (0.14, open_to)], MOUTH), width=ink * 0.6)
        head.add(ellipse(0.135, open_to - 0.014, 0.034, 0.018 * look.mouth, PINK))
    else:
        head.add(line([(0.06, 0.1), (0.12, 0.135), (0.19, 0.112)], ink * 0.45))
    head.add(polygon([(0.125, 0.118), (0.158, 0.114), (0.156, 0.15), (0.13, 0.152)], WHITE))
    head.inked(ellipse(0.268, 0.045, 0.044, 0.038, (196, 78, 92)), width=ink * 0.6)
    head.add(ellipse(0.258, 0.033, 0.012, 0.009, WHITE))
    return head


def _draw_eyes(
    head: Sketch,
    look: Look,
    ink: float,
    places: tuple[tuple[float, float], tuple[float, float]],
    size: tuple[float, float],
    pupil: tuple[float, float],
    white: Colour,
) -> None:
    """Two eyes with their brows; closed ones are arcs."""
    for number, (x, y) in enumerate(places):
        tall = size[1] * look.eyes
        if look.eyes < 0.25:
            head.add(line([(x - size[0], y), (x, y + size[1] * 0.4), (x + size[0], y)], ink * 0.6))
        else:
            head.inked(ellipse(x, y, size[0], tall, white), width=ink * 0.7)
            across, down = look.gaze[0] * (size[0] - pupil[0]) * 0.9, look.gaze[1] * max(tall - pupil[1], 0.0) * 0.9
            head.add(ellipse(x + across, y + down, pupil[0], min(pupil[1], tall * 0.9), INK))
            head.add(
                ellipse(x + across + pupil[0] * 0.3, y + down - pupil[1] * 0.4, pupil[0] * 0.4, pupil[0] * 0.4, WHITE)
            )
        nose = size[0] * (-1 if number else 1)  # from an eye towards the nose
        top = y - size[1] * 1.3
        ends = (x - nose * 0.9, top + 0.012 - look.brow * 0.014), (x + nose * 0.7, top + 0.006 + look.brow * 0.028)
        head.add(line([ends[0], (x, top - 0.008), ends[1]], ink * 0.55))


CAST: Mapping[str, Build] = MappingProxyType(
    {
        "Moggy": Build(
            head=_cat_head,
            neck=(0.035, 0.15),
            hips=0.37,
            back=0.25,
            waist=0.115,
            chest=0.072,
            arm=0.27,
            limb=0.032,
            foot=(0.085, 0.042),
            hand=0.045,
            tail=0.62,
            tail_widths=(0.034, 0.032, 0.031, 0.031, 0.032, 0.03),
            fur=CAT,
            belly=CREAM,
            paw=WHITE,
            tail_fur=CAT,
            tail_tip=CREAM,
            collar=(206, 58, 58),
        ),
        "Pip": Build(
            head=_mouse_head,
            neck=(0.05, 0.185),
            hips=0.26,
            back=0.19,
            waist=0.135,
            chest=0.095,
            arm=0.26,
            limb=0.036,
            foot=(0.1, 0.045),
            hand=0.048,
            tail=0.72,
            tail_widths=(0.026, 0.022, 0.019, 0.016, 0.013, 0.009),
            fur=MOUSE,
            belly=SAND,
            paw=SAND,
            tail_fur=(222, 150, 140),
            tail_tip=(222, 150, 140),
            collar=(88, 168, 96),
        ),
    }
)
