"""Backdrops of the cartoon inside a house: a parlour, a kitchen, an attic."""

from __future__ import annotations

import itertools

from reelsift.demo.cartoon.ink import Colour, blob, box, ellipse, line, mixed, polygon, tube
from reelsift.demo.cartoon.painting import BACKDROP_HEIGHT, BACKDROP_WIDTH, Painting, hue

__all__ = ["attic", "kitchen", "parlour"]

LIGHT: Colour = (255, 246, 220)
DARK: Colour = (34, 26, 40)


def parlour(paint: Painting, tone: float) -> None:
    """Striped wallpaper, a window with curtains, an armchair, a lamp, pictures, a rug, and a hole in the skirting."""
    wall, wood = hue(tone, paint.between(0.16, 0.36), 0.84), hue(0.07, 0.5, paint.between(0.42, 0.62))
    paint.wash(mixed(wall, DARK, 0.12), wall)
    for x in range(-20, 900, 44):
        paint.put(box(x, 0, x + 18, 330, mixed(wall, LIGHT, 0.28)))
        paint.put(*(ellipse(x + 31, y + (x % 3) * 14, 3.5, 5, mixed(wall, DARK, 0.2)) for y in range(30, 300, 56)))
    _boards(paint, wood, top=318)
    _skirting(paint, mixed(wood, LIGHT, 0.45), y=318)
    places = [110.0, 300.0, 490.0, 690.0]
    paint.random.shuffle(places)
    _window(paint, places[0], 120, curtain=hue(tone + paint.between(0.3, 0.7), 0.5, 0.72))
    _lamp(paint, places[1] + 60, 322, shade=hue(tone + 0.5, 0.35, 0.95))
    _armchair(paint, places[2], 336, hue(tone + paint.between(0.25, 0.75), 0.45, paint.between(0.5, 0.75)))
    _frames(paint, places[3], 130)
    _frames(paint, places[2] - 8, 110)
    rug = hue(tone + paint.between(0.4, 0.6), 0.5, 0.66)
    middle = paint.between(300, 560)
    for share in (1.0, 0.86, 0.62):
        tint = rug if share == 1.0 else mixed(rug, LIGHT, 0.35 if share > 0.7 else 0.12)
        paint.put(ellipse(middle, 424, 260 * share, 44 * share, tint))
    hole = places[3] + 30
    paint.put(blob([(hole - 17, 319), (hole - 16, 296), (hole, 282), (hole + 16, 296), (hole + 17, 319)], DARK))


def kitchen(paint: Painting, tone: float) -> None:
    """Tiles, a counter with a stove, shelves with jars, a table, a floor like a chess board."""
    wall, front = hue(tone, paint.between(0.1, 0.25), 0.92), hue(tone + paint.between(0.35, 0.65), 0.32, 0.8)
    paint.wash(mixed(wall, DARK, 0.08), wall)
    for y in range(150, 270, 30):
        for x in range(0, 900, 30):
            shade = mixed(wall, LIGHT, 0.5) if (x + y) // 30 % 2 else mixed(wall, front, 0.3)
            paint.put(box(x + 1, y + 1, x + 29, y + 29, shade))
    _checks(paint, mixed(front, LIGHT, 0.6), mixed(front, DARK, 0.45), top=326)
    left = paint.between(20, 120)
    for number in range(6):
        place = left + number * 96, 236.0
        paint.lined(box(0, 0, 96, 94, front), box(9, 12, 87, 82, mixed(front, LIGHT, 0.25)), at=place)
        paint.put(ellipse(76, 48, 4, 4, mixed(front, DARK, 0.6)), at=place)
    paint.lined(box(left - 8, 224, left + 584, 240, mixed(hue(0.08, 0.5, 0.6), LIGHT, 0.2)))
    stove = left + 192
    paint.lined(box(stove, 222, stove + 96, 332, (206, 206, 212)), box(stove + 12, 262, stove + 84, 312, (70, 66, 78)))
    paint.put(*(ellipse(stove + 16 + 21 * knob, 248, 5, 5, (60, 56, 66)) for knob in range(4)))
    paint.lined(
        box(stove + 22, 192, stove + 74, 222, hue(tone + 0.5, 0.6, 0.7)),
        box(stove + 18, 188, stove + 78, 195, hue(tone + 0.5, 0.6, 0.55)),
    )
    _shelf(paint, left + 330, 120, wood=hue(0.08, 0.5, 0.55))
    _window(paint, left + 40, 92, curtain=hue(tone + 0.15, 0.45, 0.9), width=120, height=108)
    fridge = left + 600
    paint.lined(
        box(fridge, 90, fridge + 120, 338, mixed(wall, LIGHT, 0.6), corner=8),
        line([(fridge + 3, 180), (fridge + 117, 180)], 1.5, mixed(wall, DARK, 0.5)),
    )
    paint.put(
        box(fridge + 12, 130, fridge + 18, 168, (150, 150, 160)),
        box(fridge + 12, 194, fridge + 18, 240, (150, 150, 160)),
    )


def attic(paint: Painting, tone: float) -> None:
    """Beams under a roof, a round window with a shaft of light, boxes, a trunk, cobwebs."""
    wood = hue(0.07 + 0.05 * tone, paint.between(0.4, 0.6), paint.between(0.4, 0.52))
    paint.wash(mixed(wood, DARK, 0.66), mixed(wood, DARK, 0.42))
    for x in range(-10, 900, 52):
        paint.put(line([(x, 40), (x, 330)], 1.2, mixed(wood, DARK, 0.7)))
    _boards(paint, mixed(wood, DARK, 0.18), top=322)
    peak = paint.between(360, 520)
    for off, wide in ((-470, 15), (-230, 11), (230, 11), (470, 15)):
        paint.lined(tube([(off * 0.12, -10), (off, 330)], [wide, wide], mixed(wood, DARK, 0.12)), at=(peak, 0))
    paint.lined(box(-10, 60, 900, 84, mixed(wood, DARK, 0.05)))
    paint.lined(ellipse(peak, 170, 68, 68, wood), ellipse(peak, 170, 54, 54, hue(0.13, 0.3, 0.98)), width=1.6)
    paint.put(box(peak - 4, 116, peak + 4, 224, wood), box(peak - 54, 166, peak + 54, 174, wood))
    for side in (-1, 1):
        stack = peak + side * paint.between(200, 290)
        for level in range(int(paint.between(1, 3.99))):
            wide, tint = 52 - 8 * level, mixed(hue(0.08, 0.45, 0.66), DARK, 0.25 + 0.1 * level)
            tape = box(-9, -62, 9, 0, mixed(tint, LIGHT, 0.2))
            paint.lined(box(-wide, -62, wide, 0, tint), tape, at=(stack, 336 - 62 * level))
    lid = [(0.0, -56.0), (8.0, -78.0), (55.0, -84.0), (102.0, -78.0), (110.0, -56.0)]
    trunk = peak + paint.between(-110, 60), 340.0
    paint.lined(box(0, -58, 110, 0, hue(0.02, 0.5, 0.4)), blob(lid, hue(0.02, 0.5, 0.46)), at=trunk)
    paint.put(box(48, -64, 62, -42, (208, 170, 80)), at=trunk)
    shaft = polygon([(peak - 50, 150), (peak + 50, 190), (peak + 250, 495), (peak - 30, 495)], hue(0.13, 0.3, 1.0))
    paint.glow([shaft], blur=14, strength=0.28)
    web = mixed(wood, LIGHT, 0.5)
    paint.put(*(line([(0, 84), (30 + 26 * n, 84 + (4 - n) * 24)], 0.6, web) for n in range(5)))
    paint.put(*(line([(0, 84 + 30 * n), (18 * n, 84 + 19 * n), (32 * n, 84)], 0.6, web) for n in range(1, 5)))


def _boards(paint: Painting, wood: Colour, *, top: float) -> None:
    """A floor of boards that run away from the eye."""
    paint.wash(mixed(wood, DARK, 0.2), mixed(wood, LIGHT, 0.12), top=top)
    for x in range(-1400, 2400, 90):
        far = 440 + (x - 440) * 0.45
        paint.put(tube([(far, top), (x, BACKDROP_HEIGHT + 4)], [0.8, 2.0], mixed(wood, DARK, 0.4)))


def _skirting(paint: Painting, tint: Colour, *, y: float) -> None:
    paint.lined(box(-10, y - 26, BACKDROP_WIDTH + 10, y + 2, tint))
    paint.put(line([(-10, y - 20), (BACKDROP_WIDTH + 10, y - 20)], 0.8, mixed(tint, DARK, 0.3)))


def _checks(paint: Painting, one: Colour, other: Colour, *, top: float) -> None:
    """A floor of squares in perspective."""
    paint.wash(mixed(one, DARK, 0.15), one, top=top)
    rows = [top + (BACKDROP_HEIGHT - top) * share for share in (0.0, 0.09, 0.21, 0.38, 0.62, 1.0)]
    for number, (upper, lower) in enumerate(itertools.pairwise(rows)):
        for column in range(-12, 13, 2):
            left, right = column + number % 2, column + number % 2 + 1
            near, far = 60 + 90 * (lower - top) / 169, 60 + 90 * (upper - top) / 169
            corners = [(left * far, upper), (right * far, upper), (right * near, lower), (left * near, lower)]
            paint.put(polygon(corners, other), at=(440, 0))


def _window(paint: Painting, x: float, y: float, *, curtain: Colour, width: float = 130, height: float = 150) -> None:
    sky, frame = hue(0.56, paint.between(0.2, 0.45), 0.97), (248, 244, 236)
    paint.lined(box(x - 8, y - 8, x + width + 8, y + height + 8, frame), box(x, y, x + width, y + height, sky))
    hill = height * paint.between(0.6, 0.75)
    slope = [(0, hill + 8), (width * 0.4, hill - 10), (width, hill + 4), (width, height), (0, height)]
    paint.put(polygon(slope, hue(0.3, 0.35, 0.72)), at=(x, y))
    paint.put(
        box(x + width / 2 - 4, y, x + width / 2 + 4, y + height, frame),
        box(x, y + height * 0.42, x + width, y + height * 0.42 + 7, frame),
    )
    for side in (-1, 1):
        edge, waist, inner = side * (width / 2 + 22), side * (width / 2 + 2), side * width * 0.18
        upper = [(edge, -16), (inner, -16), (inner + side * 6, height * 0.3), (waist, height * 0.62)]
        lower = [(waist - side * 10, height + 22), (edge + side * 4, height + 22)]
        paint.lined(blob(upper + lower, curtain), at=(x + width / 2, y))
    paint.lined(tube([(x - 40, y - 18), (x + width + 40, y - 18)], [5, 5], hue(0.09, 0.5, 0.55)))


def _lamp(paint: Painting, x: float, y: float, *, shade: Colour) -> None:
    paint.lined(ellipse(x, y + 4, 26, 6, (90, 72, 64)), box(x - 3, y - 150, x + 3, y + 4, (110, 88, 76)))
    paint.lined(polygon([(x - 22, y - 206), (x + 22, y - 206), (x + 42, y - 146), (x - 42, y - 146)], shade))
    paint.glow([ellipse(x, y - 160, 90, 76, LIGHT)], blur=34, strength=0.3)


def _armchair(paint: Painting, x: float, y: float, tint: Colour) -> None:
    paint.glow([ellipse(x + 60, y + 2, 92, 12, DARK)], blur=8, strength=0.35)
    paint.lined(
        box(x - 4, y - 132, x + 124, y - 20, tint, corner=8),
        box(x + 8, y - 62, x + 112, y - 20, mixed(tint, LIGHT, 0.18), corner=8),
    )
    for side in (x - 22, x + 106):
        arm = [(0, -8), (-3, -66), (18, -84), (39, -66), (36, -8)]
        paint.lined(blob(arm, mixed(tint, DARK, 0.1)), at=(side, y))
    paint.lined(box(x, y - 22, x + 120, y - 4, mixed(tint, DARK, 0.18)))


def _frames(paint: Painting, x: float, y: float) -> None:
    """A picture or two on the wall."""
    for number in range(int(paint.between(1, 2.99))):
        left, top = x + number * 92 + paint.between(-6, 6), y + paint.between(-16, 26)
        wide, high = paint.between(52, 74), paint.between(46, 70)
        paint.lined(box(left - 7, top - 7, left + wide + 7, top + high + 7, hue(0.11, 0.6, paint.between(0.55, 0.8))))
        sky = hue(paint.between(0, 1), 0.25, 0.9)
        hill = [(0, high), (wide * 0.4, high * 0.45), (wide, high)]
        paint.put(box(0, 0, wide, high, sky), ellipse(wide * 0.7, high * 0.3, 6, 6, LIGHT), at=(left, top))
        paint.put(polygon(hill, mixed(sky, DARK, 0.4)), at=(left, top))


def _shelf(paint: Painting, x: float, y: float, *, wood: Colour) -> None:
    paint.lined(box(x, y, x + 190, y + 9, wood))
    for number in range(6):
        left, high = x + 10 + number * 30, paint.between(22, 40)
        jar = hue(paint.between(0, 1), 0.45, 0.82)
        paint.lined(
            box(left, y - high, left + 22, y, jar, corner=6),
            box(left + 3, y - high - 6, left + 19, y - high, mixed(jar, DARK, 0.4)),
        )
