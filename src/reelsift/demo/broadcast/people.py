"""People of the broadcast: footballers who run, fans who cheer, faces from near."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from reelsift.demo.cartoon.ink import INK, Colour, Shape, Sketch, blob, ellipse, line, mixed, move, polygon, tube

__all__ = ["STEPS", "Kit", "fan", "footballer", "portrait", "some_kit"]

Point = tuple[float, float]

STEPS = 12  # pictures of two steps
WHITE: Colour = (250, 248, 240)
BOOT: Colour = (30, 28, 34)
SKINS: tuple[Colour, ...] = ((246, 208, 176), (226, 176, 136), (176, 120, 84), (112, 74, 54))
HAIRS: tuple[Colour, ...] = ((44, 32, 30), (96, 62, 38), (190, 140, 70), (28, 26, 32))
SHIRTS: tuple[Colour, ...] = (
    (214, 48, 52), (40, 92, 190), (250, 248, 240), (248, 196, 48), (30, 132, 96), (98, 44, 130), (36, 38, 48),
    (240, 120, 40), (110, 190, 232), (150, 28, 60),
)  # fmt: skip


@dataclass(frozen=True)
class Kit:
    """What somebody wears, and how that person looks."""

    shirt: Colour
    trim: Colour
    shorts: Colour
    socks: Colour
    skin: Colour = SKINS[1]
    hair: Colour = HAIRS[0]
    striped: bool = False

    def worn_by(self, number: int) -> Kit:
        """The same kit on another person of the team."""
        skin, hair = SKINS[number % len(SKINS)], HAIRS[(number * 5 + number // 4) % len(HAIRS)]
        return Kit(self.shirt, self.trim, self.shorts, self.socks, skin, hair, self.striped)


def some_kit(random: np.random.Generator, *, unlike: Kit | None = None) -> Kit:
    """A kit whose shirt differs from that of `unlike`."""
    shirts = [paint for paint in SHIRTS if unlike is None or _differs(paint, unlike.shirt)]
    shirt = shirts[int(random.integers(len(shirts)))]
    trims = [paint for paint in SHIRTS if _differs(paint, shirt)]
    trim = trims[int(random.integers(len(trims)))]
    shorts = (WHITE, shirt, (36, 38, 48), trim)[int(random.integers(4))]
    return Kit(shirt, trim, shorts, shirt, striped=bool(random.uniform() < 0.4)).worn_by(int(random.integers(16)))


def _differs(one: Colour, other: Colour) -> bool:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) > 190


@functools.lru_cache(1024)
def footballer(kit: Kit, step: int | None, ink: float = 0.0) -> Sketch:
    """A footballer who looks to the right, 1 high, feet at the origin.

    Args:
        kit: What he wears.
        step: Which of `STEPS` pictures of a double step, or None if he stands.
        ink: Width of the line around him; none if 0.
    """
    figure = Sketch()
    turn = 0.0 if step is None else 2 * np.pi * step / STEPS
    runs = step is not None
    lean = 0.09 if runs else 0.01
    rise = 0.02 + 0.025 * float(np.cos(2 * turn)) if runs else 0.0
    hips, chest = (0.0, -0.47 - rise), (lean, -0.80 - rise)
    for phase, shade in ((np.pi, 0.22), (0.0, 0.0)):
        _arm(figure, kit, chest, -float(np.sin(turn + phase)) if runs else (0.25 if shade else -0.2), runs, shade, ink)
        _leg(figure, kit, hips, turn + phase, runs, shade, ink)
        if shade:
            _torso(figure, kit, hips, chest, ink)
    head = (chest[0] + 0.025, chest[1] - 0.105)
    _line(figure, ink, tube([(chest[0], chest[1]), head], [0.032, 0.03], kit.skin))
    _line(figure, ink, ellipse(*head, 0.062, 0.075, kit.skin))
    cap = [(0.052, -0.035), (0.03, -0.078), (-0.03, -0.085), (-0.07, -0.04), (-0.062, 0.03), (-0.02, -0.02)]
    figure.add(blob([(head[0] + x, head[1] + y) for x, y in cap], kit.hair))
    if ink:
        figure.add(ellipse(head[0] + 0.034, head[1] + 0.002, 0.007, 0.011, INK))
        figure.add(line([(head[0] + 0.022, head[1] + 0.04), (head[0] + 0.05, head[1] + 0.036)], 0.004))
    return figure


def _leg(figure: Sketch, kit: Kit, hips: Point, turn: float, runs: bool, shade: float, ink: float) -> None:
    swing, lifted = (float(np.sin(turn)), max(float(np.cos(turn)), 0.0)) if runs else (0.25 - 0.5 * bool(shade), 0.0)
    foot = (hips[0] + 0.30 * swing - 0.10 * lifted, -0.035 - 0.20 * lifted)
    knee = (hips[0] + 0.17 * swing + 0.13 * lifted + 0.03, (hips[1] + foot[1]) / 2 - 0.03)
    skin, sock, shorts = (mixed(paint, INK, shade) for paint in (kit.skin, kit.socks, kit.shorts))
    calf = ((knee[0] + foot[0]) / 2, (knee[1] + foot[1]) / 2 + 0.005)
    _line(figure, ink, tube([hips, knee, foot], [0.075, 0.05, 0.03], skin))
    figure.add(tube([(knee[0] * 0.8 + foot[0] * 0.2, knee[1] * 0.8 + foot[1] * 0.2), calf, foot], [0.05, 0.046, 0.033],
                    sock))  # fmt: skip
    _line(figure, ink, ellipse(foot[0] + 0.035, foot[1] + 0.012, 0.062, 0.028, BOOT, turn=30 * lifted))
    middle = (hips[0] * 0.4 + knee[0] * 0.6, hips[1] * 0.4 + knee[1] * 0.6)
    _line(figure, ink, tube([(hips[0], hips[1] - 0.02), middle], [0.085, 0.08], shorts))


def _arm(figure: Sketch, kit: Kit, chest: Point, swing: float, runs: bool, shade: float, ink: float) -> None:
    shoulder = (chest[0] - 0.01, chest[1] + 0.035)
    elbow = (shoulder[0] + 0.13 * swing, shoulder[1] + 0.15)
    hand = (elbow[0] + (0.11 + 0.05 * swing if runs else 0.02), elbow[1] + (0.04 - 0.1 * swing if runs else 0.14))
    shirt, skin = mixed(kit.shirt, INK, shade), mixed(kit.skin, INK, shade)
    half = ((shoulder[0] + elbow[0]) / 2, (shoulder[1] + elbow[1]) / 2 + 0.01)
    _line(figure, ink, tube([shoulder, elbow, hand], [0.04, 0.034, 0.026], skin))
    _line(figure, ink, tube([shoulder, half], [0.052, 0.05], shirt))


def _torso(figure: Sketch, kit: Kit, hips: Point, chest: Point, ink: float) -> None:
    _line(figure, ink, tube([hips, chest], [0.088, 0.105], kit.shirt))
    if kit.striped:
        for aside in (-0.055, 0.03):
            figure.add(tube([(hips[0] + aside, hips[1]), (chest[0] + aside, chest[1])], [0.017, 0.019], kit.trim))
    else:
        figure.add(tube([(chest[0] - 0.08, chest[1] + 0.07), (chest[0] + 0.09, chest[1] + 0.07)], [0.02] * 2, kit.trim))


def _line(figure: Sketch, ink: float, *shapes: Shape) -> None:
    """Adds shapes with ink around them, if there is any."""
    if ink:
        figure.inked(*shapes, width=ink)
    else:
        figure.add(*shapes)


@functools.lru_cache(1024)
def fan(kit: Kit, step: int, joy: float) -> Sketch:
    """A fan from the front, 1 high, the hips at the origin.

    Args:
        kit: What the fan wears.
        step: Which of `STEPS` pictures of a wave with both arms.
        joy: 0 sits still, 1 arms up.
    """
    figure, wave = Sketch(), float(np.sin(2 * np.pi * step / STEPS))
    body = [(-0.24, 0.1), (-0.27, -0.3), (-0.2, -0.52), (0, -0.56), (0.2, -0.52), (0.27, -0.3), (0.24, 0.1)]
    for side in (-1, 1):
        raised = (side * (0.36 + 0.06 * wave), -0.86 - 0.1 * joy)
        lowered = (side * 0.16, -0.1)
        hand = tuple(low + (up - low) * joy for low, up in zip(lowered, raised, strict=True))
        elbow = (side * 0.4, -0.26 - 0.3 * joy)
        figure.add(tube([(side * 0.2, -0.46), elbow], [0.08, 0.07], kit.shirt))
        figure.add(tube([elbow, (hand[0], hand[1])], [0.06, 0.055], kit.skin))
    figure.add(blob(body, kit.shirt))
    figure.add(tube([(-0.16, -0.5), (0, -0.44), (0.16, -0.5)], [0.06] * 3, kit.trim))
    figure.add(ellipse(0, -0.74, 0.145, 0.18, kit.skin))
    figure.add(blob([(-0.15, -0.72), (-0.15, -0.88), (0, -0.97), (0.15, -0.88), (0.15, -0.72), (0, -0.84)], kit.hair))
    figure.add(*(ellipse(side * 0.055, -0.74, 0.018, 0.026, INK) for side in (-1, 1)))
    figure.add(ellipse(0, -0.64, 0.05, 0.012 + 0.035 * joy * (0.6 + 0.4 * wave), (126, 40, 48)))
    return figure


def portrait(kit: Kit, seconds: float, *, mood: float) -> Sketch:
    """Head and shoulders from the front, 1 from the chin to the hair, the middle of the face at the origin.

    Args:
        kit: What the person wears.
        seconds: Time: the head turns, blinks, breathes.
        mood: -1 downcast, 1 shouts.
    """
    figure, ink = Sketch(), 0.012
    turn, breath = 0.09 * float(np.sin(seconds * 1.7)), 0.012 * float(np.sin(seconds * 4.2))
    _shoulders(figure, kit, breath, ink)
    head, tilt = Sketch(), 5 * float(np.sin(seconds * 1.3)) - 4 * mood
    shadow = mixed(kit.skin, INK, 0.22)
    head.inked(*(ellipse(side * 0.36 - turn * 0.5, 0.04, 0.055, 0.1, shadow) for side in (-1, 1)), width=ink)
    jaw = [(-0.35, -0.12), (-0.34, 0.16), (-0.2, 0.42), (0, 0.5), (0.2, 0.42), (0.34, 0.16), (0.35, -0.12),
           (0.26, -0.42), (0, -0.5), (-0.26, -0.42)]  # fmt: skip
    head.inked(blob(jaw, kit.skin), width=ink)
    hair = [(-0.36, 0.0), (-0.38, -0.3), (-0.22, -0.54), (0.02, -0.58), (0.24, -0.53), (0.38, -0.28), (0.36, 0.0),
            (0.3, -0.2), (0.16 + turn, -0.34), (-0.1 + turn, -0.3), (-0.28, -0.2)]  # fmt: skip
    head.inked(blob(hair, kit.hair), width=ink)
    _face(head, kit, turn, shadow, mood, is_open=(seconds + 0.5) % 1.7 > 0.12)
    figure.extend(head, move(turn * 0.4, breath, turn=tilt))
    return figure


def _shoulders(figure: Sketch, kit: Kit, breath: float, ink: float) -> None:
    figure.inked(tube([(0, 0.3), (0, 0.75)], [0.19, 0.22], mixed(kit.skin, INK, 0.22)), width=ink)
    top = 0.66 + breath
    body = [(-0.9, 2.4), (-0.86, top + 0.3), (-0.66, top + 0.12), (-0.26, top), (0, top + 0.12), (0.26, top),
            (0.66, top + 0.12), (0.86, top + 0.3), (0.9, 2.4)]  # fmt: skip
    figure.inked(blob(body, kit.shirt), width=ink)
    if kit.striped:
        figure.add(*(polygon([(x, top + 0.2), (x + 0.17, top + 0.2), (x + 0.17, 2.4), (x, 2.4)], kit.trim)
                     for x in (-0.62, -0.26, 0.1, 0.46)))  # fmt: skip
    figure.add(tube([(-0.24, top), (0, top + 0.14), (0.24, top)], [0.05] * 3, kit.trim))


def _face(head: Sketch, kit: Kit, turn: float, shadow: Colour, mood: float, *, is_open: bool) -> None:
    for side in (-1, 1):
        x = side * 0.145 + turn
        if is_open:
            head.add(ellipse(x, -0.02, 0.062, 0.042, WHITE), ellipse(x + turn * 0.25, -0.02, 0.03, 0.034, INK))
        else:
            head.add(line([(x - 0.05, -0.01), (x + 0.05, -0.01)], 0.01))
        brow = -0.115 - 0.02 * mood
        head.add(line([(x - side * 0.07, brow + 0.03 * mood), (x + side * 0.07, brow)], 0.017, kit.hair))
    head.add(tube([(turn * 1.25, -0.01), (turn * 1.5 + 0.01, 0.13), (turn * 1.3 - 0.02, 0.15)], [0.016, 0.032, 0.02],
                  shadow))  # fmt: skip
    if mood > 0.2:
        open_to = 0.24 + 0.14 * mood
        head.add(blob([(turn - 0.13, 0.25), (turn, 0.235), (turn + 0.13, 0.25), (turn, open_to + 0.04)], (122, 36, 44)))
        head.add(blob([(turn - 0.1, 0.25), (turn, 0.24), (turn + 0.1, 0.25), (turn, 0.275)], WHITE))
    else:
        bend = 0.03 * mood
        head.add(
            line([(turn - 0.1, 0.29 - bend), (turn, 0.29 + bend), (turn + 0.1, 0.29 - bend)], 0.014, (122, 50, 50))
        )
