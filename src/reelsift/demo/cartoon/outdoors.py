"""Backdrops of the cartoon under the sky: a garden, a wood, a street at night, snow, a beach, the clouds."""

from __future__ import annotations

from collections.abc import Sequence

from reelsift.demo.cartoon.ink import Colour, Shape, blob, box, ellipse, line, mixed, polygon, tube
from reelsift.demo.cartoon.painting import BACKDROP_HEIGHT, BACKDROP_WIDTH, Painting, hue

__all__ = ["beach", "clouds", "garden", "snow", "street", "wood"]

WHITE: Colour = (255, 253, 246)
DARK: Colour = (28, 26, 48)


def garden(paint: Painting, tone: float) -> None:
    """Hills, a cottage, a fence, apple trees and flowers."""
    grass = hue(0.26 + 0.06 * tone, paint.between(0.45, 0.6), paint.between(0.62, 0.76))
    paint.wash(hue(0.56, paint.between(0.35, 0.55), 0.95), hue(0.53, 0.12, 1.0), bottom=320)
    _clouds(paint, 4, top=30, bottom=140)
    _hills(paint, 250, 40, mixed(grass, (150, 190, 220), 0.5))
    _hills(paint, 286, 26, mixed(grass, (160, 200, 200), 0.22))
    _cottage(paint, paint.between(90, 640), 300, roof=hue(paint.between(0.95, 1.08), 0.6, 0.72))
    paint.wash(mixed(grass, WHITE, 0.06), mixed(grass, DARK, 0.22), top=304)
    for x in (paint.between(20, 160), paint.between(560, 840)):
        _tree(paint, x, 330, leaf=mixed(grass, DARK, 0.2), size=paint.between(0.85, 1.15), fruit=hue(0.0, 0.7, 0.85))
    if paint.between(0, 1) < 0.7:
        _fence(paint, 338, mixed(WHITE, hue(tone, 0.4, 0.9), 0.15))
    for _ in range(46):
        x, y = paint.between(0, 880), paint.between(350, 490)
        if paint.between(0, 1) < 0.45:
            _flower(paint, x, y, hue(paint.between(0.75, 1.2), 0.6, 0.95))
        else:
            tuft = mixed(grass, DARK, 0.3)
            paint.put(*(line([(x + lean, y), (x + lean * 2.2, y - 12)], 1.1, tuft) for lean in (-4, 0, 4)))


def wood(paint: Painting, tone: float) -> None:
    """Tall trunks one behind the other, ferns, toadstools, shafts of light."""
    leaf = hue(0.04 + 0.28 * tone, paint.between(0.4, 0.62), paint.between(0.55, 0.72))
    paint.wash(mixed(leaf, WHITE, 0.55), mixed(leaf, WHITE, 0.25), bottom=340)
    for depth, count in ((0.62, 13), (0.35, 9), (0.08, 5)):
        for _ in range(count):
            x, wide = paint.between(-20, 900), 30 * (1 - depth) * paint.between(0.6, 1.2)
            trunk = mixed(hue(0.06, 0.42, 0.36), mixed(leaf, WHITE, 0.4), depth)
            trunk_path = [(x + paint.between(-14, 14), -20), (x, 200), (x, 344 - 40 * depth)]
            paint.put(tube(trunk_path, [wide * 0.6, wide * 0.7, wide], trunk))
        _hills(paint, 330 - 36 * depth, 8, mixed(mixed(leaf, DARK, 0.3), WHITE, depth * 0.6))
    paint.wash(mixed(leaf, DARK, 0.32), mixed(leaf, DARK, 0.52), top=334)
    for x in range(-20, 920, 62):
        paint.put(*_puff(paint, x, 6, 48, mixed(leaf, DARK, paint.between(0.05, 0.35))))
    for _ in range(3):
        x = paint.between(40, 700)
        paint.glow([polygon([(x, -10), (x + 50, -10), (x + 210, 420), (x + 80, 420)], WHITE)], blur=12, strength=0.16)
    for _ in range(5):
        cap, place = hue(paint.between(0.96, 1.1), 0.7, 0.8), (paint.between(0, 880), paint.between(350, 460))
        dome = [(-15, -14), (-9, -27), (0, -31), (9, -27), (15, -14)]
        paint.lined(box(-4, -16, 4, 0, (240, 228, 206)), blob(dome, cap), at=place)
        paint.put(*(ellipse(dot, abs(dot) * 0.4 - 22, 2.2, 1.8, WHITE) for dot in (-7, 0, 7)), at=place)
    for _ in range(26):
        fern, place = mixed(leaf, DARK, paint.between(0.4, 0.65)), (paint.between(0, 880), paint.between(345, 492))
        for lean in (-20, -9, 2, 12, 22):
            paint.put(line([(0, 0), (lean * 0.6, -16), (lean * 1.4, -20 + abs(lean) * 0.3)], 1.6, fern), at=place)


def street(paint: Painting, tone: float) -> None:
    """Houses at night with a light here and there, the moon, a lamp and its cone, wet cobbles."""
    night = hue(0.58 + 0.2 * tone, paint.between(0.5, 0.7), paint.between(0.34, 0.44))
    paint.wash(mixed(night, DARK, 0.5), mixed(night, (255, 190, 160), 0.22), bottom=340)
    paint.put(*(ellipse(paint.between(0, 880), paint.between(0, 200), 1.1, 1.1, (230, 230, 250)) for _ in range(70)))
    moon = paint.between(120, 760), paint.between(60, 120)
    paint.glow([ellipse(*moon, 70, 70, (240, 236, 200))], blur=30, strength=0.4)
    paint.put(ellipse(*moon, 36, 36, (250, 244, 214)), ellipse(moon[0] + 10, moon[1] - 8, 7, 6, (228, 220, 186)))
    for depth in (0.55, 0.0):
        x = -40.0 + 50 * depth
        while x < 900:
            wide, high = paint.between(80, 140), paint.between(110, 215) * (0.7 + 0.6 * depth)
            wall = mixed(mixed(hue(paint.between(0, 1), 0.35, 0.42), night, 0.45), DARK, 0.25 - 0.25 * depth)
            _house(paint, x, 330, wide, high, wall, lit=depth == 0.0)
            x += wide + (paint.between(-6, 30) if depth == 0.0 else 0)
    stones = mixed(night, (150, 140, 150), 0.35)
    paint.wash(mixed(stones, DARK, 0.35), mixed(stones, DARK, 0.12), top=330)
    for row in range(9):
        y, tall = 342 + row * row * 2.2, 4 + row * 1.5
        for x in range(-20, 900, 26 + row * 5):
            stone = mixed(stones, DARK, paint.between(0.0, 0.3))
            paint.put(ellipse(x + (row % 2) * 14, y, 11 + row * 2, tall * 0.7, stone))
    _street_lamp(paint, paint.between(200, 680))


def snow(paint: Painting, tone: float) -> None:
    """Firs under snow, drifts, a snowman, mountains."""
    sky = hue(0.55 + 0.12 * tone, paint.between(0.2, 0.4), paint.between(0.8, 0.95))
    paint.wash(sky, mixed(sky, (255, 226, 214), 0.6), bottom=330)
    for x in (paint.between(0, 200), paint.between(260, 520), paint.between(560, 860)):
        high, wide, stone = paint.between(120, 210), paint.between(150, 230), mixed(hue(0.6, 0.25, 0.65), sky, 0.45)
        foot, edge = 306 - high, wide * 0.34
        paint.put(polygon([(-wide, high), (0, 0), (wide, high)], stone), at=(x, foot))
        melted = [(edge, high * 0.34), (wide * 0.12, high * 0.27), (-wide * 0.06, high * 0.4), (-edge, high * 0.34)]
        paint.put(polygon([(0, 0), *melted], WHITE), at=(x, foot))
    _hills(paint, 290, 20, mixed(sky, WHITE, 0.62))
    for _ in range(9):
        x, y, high = paint.between(0, 880), paint.between(304, 330), paint.between(60, 130)
        _fir(paint, x, y, high, hue(0.42, 0.4, paint.between(0.32, 0.46)))
    paint.wash(mixed(WHITE, sky, 0.22), mixed(WHITE, sky, 0.05), top=324)
    for _ in range(5):
        x, y = paint.between(0, 880), paint.between(340, 470)
        paint.put(ellipse(x, y, paint.between(90, 190), paint.between(8, 18), mixed(WHITE, sky, 0.4)))
        paint.put(ellipse(x, y - 5, paint.between(90, 180), paint.between(8, 14), WHITE))
    _snowman(paint, (paint.between(90, 790), 318), mixed(WHITE, sky, 0.08), scarf=hue(tone + 0.3, 0.6, 0.75))


def beach(paint: Painting, tone: float) -> None:
    """The sea with sails, sand, palms, a parasol, shells."""
    glowing = paint.between(0, 1) * tone
    sky = mixed(hue(0.54, 0.5, 0.95), hue(0.04, 0.5, 0.98), glowing)
    paint.wash(sky, mixed(sky, (255, 236, 200), 0.7), bottom=262)
    sun = paint.between(120, 760)
    paint.glow([ellipse(sun, 120, 60, 60, (255, 240, 190))], blur=24, strength=0.6)
    paint.put(ellipse(sun, 120, 34, 34, (255, 246, 212)))
    _clouds(paint, 3, top=40, bottom=170)
    sea = mixed(hue(0.5, 0.6, 0.75), sky, 0.25)
    paint.wash(sea, mixed(sea, (190, 240, 230), 0.45), top=258, bottom=330)
    for _ in range(40):
        place = paint.between(0, 850), paint.between(264, 322)
        paint.put(line([(0, 0), (16, -2), (34, 0)], 0.9, mixed(sea, WHITE, 0.5)), at=place)
    for _ in range(2):
        hull = polygon([(-20, 0), (22, 0), (14, 10), (-14, 10)], hue(0.03, 0.5, 0.55))
        sail = polygon([(0, -46), (22, -4), (0, -4)], WHITE)
        paint.lined(hull, sail, at=(paint.between(60, 820), paint.between(262, 280)))
    sand = mixed((240, 214, 160), sky, 0.12)
    paint.wash(mixed(sand, WHITE, 0.2), mixed(sand, (200, 150, 100), 0.35), top=324)
    foam = [(-20, 322), (200, 330), (420, 321), (640, 331), (900, 323), (900, 336), (640, 341), (420, 331), (200, 340)]
    paint.put(blob([*foam, (-20, 334)], mixed(WHITE, sea, 0.2)))
    for x, side in ((paint.between(20, 150), 1), (paint.between(720, 860), -1)):
        _palm(paint, x, 360, side)
    shade, place = hue(tone + 0.4, 0.6, 0.85), (paint.between(280, 600), 372.0)
    paint.lined(tube([(0, 0), (16, -122)], [2.6, 2.6], (236, 226, 206)), at=place)
    for number in range(5):
        left = 31.0 * number - 62
        part = [(16, -140), (left, -104), (left + 16, -110), (left + 31, -104)]
        paint.lined(blob(part, WHITE if number % 2 else shade), at=place)
    for _ in range(14):
        shell = hue(paint.between(0.95, 1.1), 0.3, 0.92)
        paint.lined(ellipse(paint.between(0, 880), paint.between(385, 490), 5, 3.6, shell))


def clouds(paint: Painting, tone: float) -> None:
    """High up: towers of cloud, a balloon, hills far below."""
    sky = hue(0.52 + 0.14 * tone, paint.between(0.35, 0.6), paint.between(0.78, 0.95))
    paint.wash(sky, mixed(sky, (255, 230, 220), 0.75))
    _hills(paint, 470, 14, mixed(hue(0.33, 0.35, 0.62), sky, 0.35))
    for depth in (0.6, 0.35, 0.1):
        for _ in range(4):
            x, y, size = paint.between(0, 880), paint.between(60, 470), paint.between(46, 96) * (1 - depth * 0.5)
            paint.put(*_puff(paint, x, y, size, mixed(WHITE, sky, depth)))
    place, silk = (paint.between(120, 760), paint.between(90, 200)), hue(tone + 0.45, 0.6, 0.85)
    skin = [(-44, 0), (-30, -42), (0, -56), (30, -42), (44, 0), (14, 52), (-14, 52)]
    stripe = [(-13, 0), (-9, -46), (0, -55), (9, -46), (13, 0), (5, 51), (-5, 51)]
    paint.lined(blob(skin, silk), box(-11, 66, 11, 82, hue(0.08, 0.5, 0.55)), at=place)
    paint.put(blob(stripe, mixed(silk, WHITE, 0.6)), at=place)
    paint.put(*(line([(side * 12, 50), (side * 10, 67)], 0.7, DARK) for side in (-1, 1)), at=place)


def _hills(paint: Painting, y: float, rise: float, tint: Colour) -> None:
    ridge = [(float(x), y + rise * paint.between(-1, 1)) for x in range(-120, 1100, 120)]
    paint.put(blob([*ridge, (1200, BACKDROP_HEIGHT + 200), (-200, BACKDROP_HEIGHT + 200)], tint))


def _puff(paint: Painting, x: float, y: float, size: float, tint: Colour) -> Sequence[Shape]:
    """A heap of rounds, for clouds and leaves."""
    rounds = [(0.0, 0.0, 1.0), (-0.9, 0.25, 0.7), (0.9, 0.2, 0.75), (-0.45, -0.45, 0.7), (0.5, -0.4, 0.65)]
    return [
        ellipse(x + size * dx, y + size * dy * 0.7, size * r * paint.between(0.85, 1.1), size * r * 0.72, tint)
        for dx, dy, r in rounds
    ]


def _clouds(paint: Painting, count: int, *, top: float, bottom: float) -> None:
    for _ in range(count):
        x, y = paint.between(0, 880), paint.between(top, bottom)
        paint.put(*_puff(paint, x, y, paint.between(20, 44), (252, 252, 252)))


def _cottage(paint: Painting, x: float, y: float, *, roof: Colour) -> None:
    wall, place = (246, 234, 208), (x, y)
    paint.lined(box(0, -66, 110, 12, wall), box(80, -130, 96, -90, (170, 120, 100)), at=place)
    paint.lined(polygon([(-16, -62), (24, -112), (88, -112), (126, -62)], roof), at=place)
    paint.lined(blob([(18, 12), (18, -26), (31, -38), (44, -26), (44, 12)], mixed(roof, DARK, 0.25)), at=place)
    paint.lined(box(64, -40, 94, -14, (180, 220, 240)), at=place)
    paint.put(box(78, -40, 80, -14, wall), box(64, -28, 94, -26, wall), at=place)


def _tree(paint: Painting, x: float, y: float, *, leaf: Colour, size: float, fruit: Colour) -> None:
    bark = hue(0.07, 0.45, 0.45)
    paint.lined(tube([(x, y + 8), (x + 4, y - 60 * size), (x, y - 120 * size)], [17 * size, 11 * size, 8 * size], bark))
    paint.put(*_puff(paint, x, y - 160 * size, 66 * size, mixed(leaf, DARK, 0.18)))
    paint.put(*_puff(paint, x - 8 * size, y - 172 * size, 54 * size, leaf))
    for _ in range(9):
        place = x + paint.between(-80, 70) * size, y - paint.between(130, 210) * size
        paint.lined(ellipse(0, 0, 5 * size, 5 * size, fruit), at=place)


def _fence(paint: Painting, y: float, tint: Colour) -> None:
    for rail in (y - 44, y - 18):
        paint.lined(box(-10, rail, BACKDROP_WIDTH + 10, rail + 7, mixed(tint, DARK, 0.12)))
    for x in range(-6, 900, 27):
        paint.lined(polygon([(x, y + 4), (x, y - 58), (x + 8, y - 68), (x + 16, y - 58), (x + 16, y + 4)], tint))


def _flower(paint: Painting, x: float, y: float, tint: Colour) -> None:
    paint.put(line([(x, y + 10), (x, y)], 1.1, (70, 120, 60)))
    paint.put(*(ellipse(x + dx, y + dy, 3.4, 3.4, tint) for dx, dy in ((-3.4, 0), (3.4, 0), (0, -3.4), (0, 3.4))))
    paint.put(ellipse(x, y, 2.4, 2.4, (250, 220, 110)))


def _house(paint: Painting, x: float, y: float, wide: float, high: float, wall: Colour, *, lit: bool) -> None:
    top = y - high
    roof = [(-8.0, 4.0), (wide / 2, -paint.between(24, 56)), (wide + 8, 4.0)]
    paint.put(box(0, 0, wide, high, wall), polygon(roof, mixed(wall, DARK, 0.4)), at=(x, top))
    for row in range(int(high // 56)):
        for column in range(int(wide // 42)):
            left, upper = x + 14 + column * 40, top + 18 + row * 54
            is_lit = lit and paint.between(0, 1) < 0.4
            paint.put(box(left, upper, left + 20, upper + 28, (255, 220, 130) if is_lit else mixed(wall, DARK, 0.5)))
            paint.put(box(left + 9, upper, left + 11, upper + 28, mixed(wall, DARK, 0.3)))


def _fir(paint: Painting, x: float, y: float, high: float, tint: Colour) -> None:
    paint.put(box(x - 4, y - 6, x + 4, y + 8, hue(0.07, 0.4, 0.4)))
    for level in range(4):
        base, wide = y - high * 0.21 * level, high * (0.36 - 0.065 * level)
        paint.put(polygon([(-wide, 0), (0, -high * 0.4), (wide, 0)], mixed(tint, WHITE, 0.05 * level)), at=(x, base))
        edge, ragged = wide * 0.5, [(wide * 0.2, -high * 0.13), (-wide * 0.15, -high * 0.11)]
        paint.put(polygon([(0, -high * 0.4), (edge, -high * 0.2), *ragged, (-edge, -high * 0.2)], WHITE), at=(x, base))


def _palm(paint: Painting, x: float, y: float, side: int) -> None:
    top = x + side * 46, y - 210
    green = hue(0.34, 0.5, paint.between(0.5, 0.62))
    paint.lined(tube([(x, y), (x + side * 8, y - 100), top], [11, 8, 6], hue(0.08, 0.4, 0.55)))
    for reach, rise in ((-96, 24), (-74, -26), (-30, -58), (34, -56), (80, -24), (98, 28)):
        leaf = tube([(0, 0), (reach * 0.5, rise * 0.9 - 16), (reach, rise + 14)], [4, 9, 1.5], green)
        paint.lined(leaf, at=top)


def _street_lamp(paint: Painting, x: float) -> None:
    """A lamp with its cone of light."""
    shine, glass = (255, 226, 150), (255, 236, 170)
    paint.glow([polygon([(x - 16, 120), (x + 16, 120), (x + 130, 400), (x - 130, 400)], shine)], blur=16, strength=0.3)
    paint.lined(tube([(0, 356), (0, 110)], [5, 3.5], (44, 44, 58)), at=(x, 0))
    paint.lined(polygon([(-14, 112), (14, 112), (9, 84), (-9, 84)], glass), at=(x, 0))
    paint.glow([ellipse(x, 98, 34, 34, glass)], blur=14, strength=0.6)


def _snowman(paint: Painting, place: tuple[float, float], white: Colour, *, scarf: Colour) -> None:
    black = (60, 56, 76)
    for up, size in ((0, 34), (48, 25), (86, 18)):
        paint.lined(ellipse(0, -up, size, size * 0.95, white), at=place)
    paint.put(*(ellipse(eye, -90, 2.4, 3, DARK) for eye in (-6, 6)), at=place)
    paint.put(polygon([(0, -85), (20, -80), (0, -78)], (240, 140, 60)), at=place)
    paint.lined(box(-20, -104, 20, -99, black), box(-13, -126, 13, -103, black), at=place)
    paint.lined(tube([(-18, -68), (0, -62), (18, -68)], [5, 5, 5], scarf), at=place)
