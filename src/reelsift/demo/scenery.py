"""The parts of the film that are drawn once and stay where they are: the room, the machine, its cover, the vat."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from reelsift.demo.pieces import COVER_TINT, INNER_TINT, Sprite, build_figures, build_plate, part_grid
from reelsift.demo.shapes import DESIGN_WIDTH, Floats, Grid, blurred, colour, over, tone

__all__ = ["FILM_Y", "VAT_BOX", "Scenery", "build_scenery"]

# All in design units of a 1280 x 720 picture.
FILM_Y = 556.0  # the film at the bottom of the vat, where layers harden
VAT_BOX = (392.0, 440.0, 888.0, 588.0)  # left, top, right, bottom of what stands before the plate
COVER_BOX = (262.0, 22.0, 1018.0, 606.0)


@dataclass(frozen=True, eq=False)
class Scenery:
    """What `build_scenery` draws, in display values, as it looks through the cover.

    Attributes:
        day: (H, W, 3) uint8, all that does not move, in light from the window.
        lamp: (H, W, 3) uint8, the same in the light of a lamp.
        glow: (H, W, 3) uint8, what the curing light adds to it.
        front: The front of the vat with the resin, before the plate, at `VAT_BOX`.
        plate: The plate and its arm.
        print: The finished object, in a picture as large as the plate's.
        mask: (H, W) float32, where the cover mirrors the room, 0 to 1.
    """

    day: npt.NDArray[np.uint8]
    lamp: npt.NDArray[np.uint8]
    glow: npt.NDArray[np.uint8]
    front: Sprite
    plate: Sprite
    print: Sprite
    mask: Floats


def build_scenery(width: int, height: int) -> Scenery:
    """Draws the parts for a picture of `width` x `height` pixels."""
    grid = Grid.of_picture(width, height)
    surfaces = _room(grid)
    _inside(grid, surfaces)
    _base(grid, surfaces)
    cover = grid.box(*COVER_BOX, corner=30)
    light_day, light_lamp, light_cure = _lights(grid)
    shades = [_through_cover(grid, surfaces * light, cover) for light in (light_day, light_lamp)]
    cured = _through_cover(grid, surfaces * (light_day + light_cure), cover, haze=light_cure)
    # A lens is never as sharp as a formula.
    day, lamp, both = (blurred(tone(shade), 0.75, pixel=grid.pixel) for shade in (*shades, cured))
    left, top, right, bottom = (COVER_BOX[0] + 26, COVER_BOX[1] + 18, COVER_BOX[2] - 26, COVER_BOX[3] - 16)
    return Scenery(
        day=_bytes(day),
        lamp=_bytes(lamp),
        glow=_bytes(both - day),
        front=_vat_front(width, height),
        plate=build_plate(width, height),
        print=build_figures(width, height),
        mask=0.25 * cover + 0.75 * grid.box(left, top, right, bottom, corner=22, soft=5),
    )


def _bytes(display: Floats) -> npt.NDArray[np.uint8]:
    return np.asarray(np.clip(display * 255 + 0.5, 0, 255), np.uint8)


def _wall(grid: Grid) -> Floats:
    """(H, W, 3) linear: a wall with shelves, out of focus; drawn small, as it has no fine detail."""
    full, grid = grid, Grid.of_picture(max(grid.x.size // 4, 16), max(grid.y.size // 4, 9))
    room = np.empty((grid.y.size, grid.x.size, 3), np.float32)
    room[:] = colour(0.115, 0.12, 0.135)
    random = np.random.default_rng(7)
    for shelf_y in (150.0, 400.0):
        over(room, colour(0.05, 0.036, 0.024), grid.box(-20, shelf_y, 1300, shelf_y + 16))
        x = -30.0
        while x < 1300:
            wide, tall = float(random.uniform(22, 64)), float(random.uniform(50, 135))
            paint = random.uniform(0.015, 0.16) * random.uniform(0.5, 1.2, 3)
            over(room, paint.astype(np.float32), grid.box(x, shelf_y - tall, x + wide, shelf_y, corner=4))
            x += wide + float(random.choice((3.0, 5.0, 48.0)))
    for x, y, size, strength in ((96, 262, 15, 0.9), (170, 300, 10, 0.5), (1180, 236, 17, 0.7), (1112, 318, 9, 0.5)):
        over(room, colour(1.0, 0.62, 0.3) * np.float32(strength), grid.disc(x, y, size))
    return np.asarray(cv2.resize(blurred(room, 11, pixel=grid.pixel), (full.x.size, full.y.size)), np.float32)


def _room(grid: Grid) -> Floats:
    """(H, W, 3) linear: the wall, and the bench the printer stands on."""
    room = _wall(grid)
    bench = grid.coverage(628 - grid.y + 0 * grid.x, soft=5)
    grain = 1 + 0.10 * np.sin(grid.y * 0.9 + 3 * np.sin(grid.x * 0.006)) * np.sin(grid.x * 0.011 + grid.y * 0.2)
    over(room, colour(0.17, 0.115, 0.07) * grain[..., None].astype(np.float32), bench)
    shadow = blurred(grid.box(200, 640, 1090, 704, corner=12), 16, pixel=grid.pixel)
    over(room, colour(0.008, 0.006, 0.005), shadow, opacity=0.85)
    return room


def _inside(grid: Grid, canvas: Floats) -> None:
    """The back wall, the column with its rails and screw, and the back of the vat, drawn on `canvas` in place."""
    cover = grid.box(*COVER_BOX, corner=30)
    wall = (0.085 + 0.10 * np.exp(-(((grid.x - 600) / 260) ** 2)) - 0.0001 * (grid.y - 60))[..., None]
    over(canvas, (wall * colour(0.95, 1.0, 1.05)).astype(np.float32), cover, opacity=0.93)
    over(canvas, colour(0.07, 0.07, 0.08), grid.box(330, 66, 950, 560, corner=12, soft=6), opacity=0.45)
    shade = blurred(grid.box(548, 40, 748, 470), 14, pixel=grid.pixel)
    over(canvas, colour(0.02, 0.02, 0.02), shade, opacity=0.6)
    over(canvas, colour(0.13, 0.13, 0.14), grid.box(556, 44, 724, 470, corner=5))
    for left in (566.0, 688.0):
        rail = 0.5 * np.exp(-(((grid.x - left - 9) / 5) ** 2)) + 0.12
        over(canvas, rail[..., None] * colour(1, 1, 1.05), grid.box(left, 44, left + 24, 470))
    thread = 0.55 + 0.45 * np.sin(grid.y * 0.75 + (grid.x - 640) * 0.18)
    round_ = np.exp(-(((grid.x - 636) / 7) ** 2)) * 0.5 + 0.06
    over(canvas, (thread * round_)[..., None] * colour(1.0, 0.96, 0.86), grid.box(627, 44, 653, 470))
    for y in (62.0, 116.0):
        for x in (600.0, 680.0):
            over(canvas, colour(0.02, 0.02, 0.02), grid.disc(x, y, 5))
            over(canvas, colour(0.4, 0.4, 0.4), grid.disc(x - 1, y - 1.5, 2.2, soft=2))
    over(canvas, colour(0.03, 0.03, 0.033), grid.box(360, 566, 920, 612, corner=5))
    over(canvas, colour(0.10, 0.10, 0.11), grid.slope((448, 420, 860), (476, 398, 882)))
    over(canvas, colour(0.20, 0.19, 0.18), grid.slope((456, 430, 850), (476, 412, 868)))


def _base(grid: Grid, canvas: Floats) -> None:
    """The black housing under the cover, with its edge, its screen and its lamp."""
    body = grid.box(228, 588, 1052, 690, corner=14)
    fall = (0.022 + 0.03 * np.exp(-(((grid.y - 592) / 16) ** 2)) + 0.014 * np.exp(-(((grid.x - 420) / 190) ** 2)))[
        ..., None
    ]
    over(canvas, fall * colour(1, 1, 1.06), body)
    over(canvas, colour(0.36, 0.34, 0.33), grid.box(244, 590, 1036, 592.4, corner=1, soft=2), opacity=0.8)
    over(canvas, colour(0.004, 0.004, 0.004), grid.box(234, 606, 1046, 608.5, soft=2), opacity=0.9)
    over(canvas, colour(0.004, 0.005, 0.006), grid.box(560, 620, 720, 678, corner=5))
    over(canvas, colour(0.03, 0.10, 0.14), grid.box(567, 626, 713, 672, corner=3, soft=2))
    for left, top, right, bottom, light in (
        (574, 632, 612, 666, 0.30),
        (620, 634, 700, 640, 0.55),
        (620, 646, 682, 650, 0.35),
        (620, 657, 706, 664, 0.16),
    ):
        over(canvas, colour(0.25, 0.75, 0.95) * np.float32(light), grid.box(left, top, right, bottom, corner=2, soft=3))
    over(canvas, colour(0.12, 0.12, 0.12), grid.disc(960, 648, 17), opacity=0.8)
    over(canvas, colour(0.02, 0.02, 0.02), grid.disc(960, 648, 14.5))
    over(canvas, colour(0.2, 1.2, 0.5), grid.disc(960, 648, 3.2, soft=4))


def _lights(grid: Grid) -> tuple[Floats, Floats, Floats]:
    """(H, W, 3) light from a window at the left, from a lamp at the right, and from the curing layer."""
    vignette = (1 - 0.40 * ((grid.x / 640 - 1) ** 2 + (grid.y / 360 - 1) ** 2) / 2)[..., None]
    window = (0.30 + 0.75 * np.exp(-(((grid.x - 150) / 520) ** 2) - ((grid.y - 120) / 560) ** 2))[..., None]
    bulb = (0.24 + 0.80 * np.exp(-(((grid.x - 1040) / 430) ** 2) - ((grid.y - 60) / 420) ** 2))[..., None]
    day = vignette * window * colour(0.94, 1.0, 1.1)
    lamp = vignette * bulb * colour(1.25, 0.95, 0.66)
    near = 6.0 * grid.glow(640, FILM_Y - 6, 190, 52) + 1.6 * grid.glow(640, FILM_Y - 60, 250, 130)
    far = 0.30 * grid.glow(640, 500, 420, 260)
    spill = 0.8 * grid.glow(640, 596, 260, 16)
    cure = (near + spill)[..., None] * colour(0.62, 0.30, 4.2) + far[..., None] * colour(0.62, 0.34, 2.2)
    # The housing shades the bench; what leaves through the orange cover for the room is little.
    kept = (0.05 + 0.95 * grid.box(*COVER_BOX, corner=30, soft=8))[..., None]
    housing = (1 - 0.85 * grid.box(200, 600, 1080, 740, soft=24))[..., None]
    return day.astype(np.float32), lamp.astype(np.float32), (cure * kept * housing).astype(np.float32)


def _through_cover(grid: Grid, linear: Floats, cover: Floats, *, haze: Floats | None = None) -> Floats:
    """`linear` (H, W, 3) seen through the orange cover, whose own surface shows a little."""
    left, top, right, bottom = COVER_BOX
    inner = grid.box(left + 34, top + 26, right - 34, bottom - 2, corner=18, soft=7)
    tinted = linear * (COVER_TINT + (INNER_TINT - COVER_TINT) * inner[..., None])
    if haze is not None:
        tinted = tinted + haze * colour(0.02, 0.003, 0.006) * cover[..., None]
    # The sides and the top are seen through two thicknesses: deeper red, and lighter where the plastic bends.
    sides = (cover * (1 - inner))[..., None]
    tinted = tinted * (1 - sides) + sides * (tinted * colour(0.75, 0.42, 0.4) + colour(0.10, 0.014, 0.003))
    body = 0.010 + 0.028 * np.exp(-(((grid.x - 400) / 140) ** 2)) + 0.022 * np.exp(-(((grid.y - 60) / 90) ** 2))
    tinted = tinted + (body * _wear(grid)).astype(np.float32)[..., None] * colour(1.0, 0.23, 0.05)
    result = linear * (1 - cover[..., None]) + tinted * cover[..., None]
    rim = cover * (1 - grid.box(left + 3.5, top + 3.5, right - 3.5, bottom + 30, corner=28, soft=3))
    fold = inner * (1 - grid.box(left + 38, top + 30, right - 38, bottom + 30, corner=16, soft=5))
    edge = rim * 0.32 + fold * 0.10 * (1.4 - grid.x / DESIGN_WIDTH)
    return np.asarray(result + edge[..., None] * colour(1.0, 0.40, 0.16), np.float32)


def _wear(grid: Grid) -> Floats:
    """(H, W) about 1: haze, wiped streaks, specks of dust and a few scratches on the cover."""
    random = np.random.default_rng(11)
    wear = np.ones((grid.y.size, grid.x.size), np.float32)
    for across, down, strength in ((9, 6, 0.25), (26, 15, 0.16), (17, 40, 0.10), (90, 60, 0.06)):
        cloud = cv2.resize(
            random.normal(0, strength, (down, across)).astype(np.float32),
            wear.shape[::-1],
            interpolation=cv2.INTER_CUBIC,
        )
        wear += cloud
    marks = np.zeros_like(wear)
    scale = 1 / grid.pixel
    for x, y, size in zip(
        random.uniform(280, 1000, 70), random.uniform(40, 600, 70), random.uniform(0.5, 1.6, 70), strict=True
    ):
        cv2.circle(
            marks,
            (round(x * scale), round(y * scale)),
            round(size * scale),
            float(random.uniform(1, 5)),
            -1,
            cv2.LINE_AA,
        )
    for x, y, dx, dy in random.uniform((300, 60, -70, -26), (980, 560, 70, 26), (9, 4)):
        ends = (round(x * scale), round(y * scale)), (round((x + dx) * scale), round((y + dy) * scale))
        cv2.line(marks, *ends, float(random.uniform(0.6, 1.6)), 1, cv2.LINE_AA)
    return np.maximum(wear, 0.1) + blurred(marks, 0.7, pixel=grid.pixel)


def _vat_front(width: int, height: int) -> Sprite:
    """The resin and the clear front wall of the vat."""
    grid = part_grid(width, height, VAT_BOX)
    paint = np.zeros((grid.y.size, grid.x.size, 3), np.float32)
    opacity = np.zeros(paint.shape[:2], np.float32)
    resin = grid.slope((474, 408, 872), (560, 412, 868))
    depth = np.clip((grid.y - 474) / 86, 0, 1)[..., None]
    layers: list[tuple[Floats, Floats, float]] = [
        (resin, (colour(0.085, 0.062, 0.055) * (1 - 0.6 * depth)).astype(np.float32), 0.80),
        (grid.slope((558, 400, 880), (586, 400, 880)), colour(0.035, 0.034, 0.036), 1.0),
        (grid.box(398, 474, 412, 586, corner=3), colour(0.16, 0.15, 0.15), 0.85),
        (grid.box(868, 474, 882, 586, corner=3), colour(0.12, 0.11, 0.11), 0.85),
        (grid.box(396, 469, 884, 476, corner=3), colour(0.30, 0.28, 0.27), 0.75),
        (grid.box(400, 469.5, 880, 471.5, soft=2), colour(0.85, 0.8, 0.78), 0.55),
        (grid.box(412, 560, 868, 562, soft=2), colour(0.22, 0.2, 0.2), 0.8),
        (grid.slope((482, 424, 446), (552, 424, 432)), colour(0.9, 0.86, 0.84), 0.10),
    ]
    layers += [(grid.disc(x, 575, 6.5), colour(0.3, 0.29, 0.28), 1.0) for x in (424.0, 532.0, 748.0, 856.0)]
    for cover, shade, strength in layers:
        over(paint, shade, np.maximum(cover, 0), opacity=1.0 if strength > 0.5 else strength)
        opacity += (1 - opacity) * cover * np.float32(strength)
    return Sprite.of_linear(paint, opacity)
