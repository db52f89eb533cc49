"""A figure with limbs that swing: how it is built, how it stands, and how both become a drawing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from reelsift.demo.cartoon.ink import Colour, Floats, Sketch, ellipse, mixed, move, polygon, tube

__all__ = ["Build", "Look", "Pose", "draw_puppet", "stance"]

Point = tuple[float, float]

SHADE: Colour = (30, 26, 48)


@dataclass(frozen=True)
class Look:
    """What a face does.

    Attributes:
        gaze: Where the pupils are, -1 to 1 each: forwards and down.
        eyes: How far the eyes are open, 0 to 1.
        mouth: How far the mouth is open, 0 to 1.
        brow: -1 worried, 1 cross.
        away: The back of the head is shown.
    """

    gaze: Point = (0.5, 0.0)
    eyes: float = 1.0
    mouth: float = 0.0
    brow: float = 0.0
    away: bool = False


@dataclass(frozen=True)
class Pose:
    """How a figure stands. It looks to the right, its feet on y = 0, its standing height is 1, y grows downwards.

    Attributes:
        lift: Height of the ground under it, for jumps.
        squash: How much lower its hips are than when it stands, as a share of its legs.
        lean: Degrees its back leans forwards.
        nod: Degrees its head is turned downwards.
        feet: Where the far and the near foot are from below its hips, in lengths of a leg.
        hands: Where the far and the near hand are from its shoulder, in lengths of an arm.
        drop: How far it lies on the ground, 0 to 1: its hips come down to their own thickness.
        tail: Degrees its tail rises from hanging straight back.
        sway: How the tail bends, -1 to 1.
        turn: Degrees all of it is turned, clockwise, around its hips.
    """

    lift: float = 0.0
    squash: float = 0.0
    lean: float = 0.0
    nod: float = 0.0
    feet: tuple[Point, Point] = ((-0.14, 1.0), (0.14, 1.0))
    hands: tuple[Point, Point] = ((-0.25, 0.8), (0.3, 0.8))
    drop: float = 0.0
    tail: float = 25.0
    sway: float = 0.5
    turn: float = 0.0
    look: Look = field(default_factory=Look)


Head = Callable[[Look, float], Sketch]


@dataclass(frozen=True)
class Build:
    """Proportions, as shares of the standing height, and colours.

    Attributes:
        head: Draws the head around its middle, from what the face does and the width of the ink.
        neck: From the shoulder to the middle of the head: forwards and upwards.
        hips: Height of the hips when standing.
        back: From the hips to the shoulder.
        waist: Radius at the hips.
        chest: Radius at the shoulder.
        arm: Length of an arm.
        limb: Radius of arms and legs.
        foot: Radii of a foot, along and upwards.
        hand: Radius of a hand.
        tail: Length of the tail.
        tail_widths: Its radii, from its root on.
        collar: Colour of what it wears around its neck.
    """

    head: Head
    neck: Point
    hips: float
    back: float
    waist: float
    chest: float
    arm: float
    limb: float
    foot: Point
    hand: float
    tail: float
    tail_widths: tuple[float, ...]
    fur: Colour
    belly: Colour
    paw: Colour
    tail_fur: Colour
    tail_tip: Colour
    collar: Colour


def draw_puppet(build: Build, pose: Pose, *, ink: float) -> Sketch:
    """The figure in units of its height, its feet at the origin; `stance` says how that lies on the ground.

    Args:
        ink: Width of the lines, as a share of its height.
    """
    puppet = _Puppet(build, pose, ink)
    puppet.draw_tail()
    puppet.draw_arm(pose.hands[0], side=-0.3, is_far=True)
    puppet.draw_leg(pose.feet[0], side=-0.35, is_far=True)
    puppet.draw_torso()
    puppet.draw_leg(pose.feet[1], side=0.25)
    if pose.hands[1][1] < 0:  # a raised hand is beside the face, not before it
        puppet.draw_arm(pose.hands[1], side=0.3)
        puppet.draw_head()
    else:
        puppet.draw_head()
        puppet.draw_arm(pose.hands[1], side=0.3)
    return puppet.figure


def stance(build: Build, pose: Pose) -> Floats:
    """(2, 3) from the figure as it is drawn to where it stands, lies or jumps over the origin."""
    sunk = pose.drop * (build.hips - build.waist)
    turned = move(turn=pose.turn)
    about = turned[:, :2] @ np.array([0.0, -build.hips], np.float32)
    return move(-float(about[0]), -build.hips - float(about[1]) - pose.lift + sunk, turn=pose.turn)


class _Puppet:
    """A figure in work: its parts are drawn from behind to the front."""

    def __init__(self, build: Build, pose: Pose, ink: float) -> None:
        self.figure, self.build, self.pose, self.ink = Sketch(), build, pose, ink
        self.forwards, self.upwards = _direction(pose.lean)
        self.hips: Point = (0.0, -build.hips * (1 - pose.squash))
        self.chest: Point = (build.back * self.forwards, self.hips[1] - build.back * self.upwards)

    def draw_tail(self) -> None:
        """A tail that bends more and more towards its end."""
        build, count = self.build, len(self.build.tail_widths)
        angles = np.deg2rad(self.pose.tail + self.pose.sway * 110 * np.sin(np.linspace(-0.9, 1.6, count)))
        steps = build.tail / (count - 1) * np.stack([-np.cos(angles), -np.sin(angles)], axis=1)
        steps[0] = self.hips[0] - build.waist * 0.55, self.hips[1] + build.waist * 0.3
        path = [(float(x), float(y)) for x, y in np.cumsum(steps, axis=0)]
        self.figure.inked(tube(path, build.tail_widths, build.tail_fur), width=self.ink)
        if build.tail_tip != build.tail_fur:
            self.figure.add(tube(path[-2:], build.tail_widths[-2:], build.tail_tip))

    def draw_leg(self, foot: Point, *, side: float, is_far: bool = False) -> None:
        """A leg like a hose from the hips to a foot; knees bend forwards."""
        build, length = self.build, self.build.hips - self.build.foot[1]
        fur, paw = self._paints(is_far)
        start = (self.hips[0] + build.waist * side, self.hips[1] + build.waist * 0.25)
        end = (self.hips[0] + foot[0] * length, -build.hips + foot[1] * length)
        knee = _bend(start, end, length - build.waist * 0.25, forwards=1.0)
        tilt = float(np.clip((1.0 - foot[1]) * 60, -10, 50)) * (1 if foot[0] < 0 else -0.5)
        toes = ellipse(end[0] + build.foot[0] * 0.35, end[1], *build.foot, paw, turn=tilt)
        self.figure.inked(tube([start, knee, end], [build.limb * x for x in (1.3, 1.0, 0.9)], fur), width=self.ink)
        self.figure.inked(toes, width=self.ink)

    def draw_arm(self, hand: Point, *, side: float, is_far: bool = False) -> None:
        """An arm like a hose from the shoulder to a hand; elbows bend backwards."""
        build = self.build
        fur, paw = self._paints(is_far)
        start = (self.chest[0] + build.chest * side, self.chest[1] + build.chest * 0.35)
        end = (start[0] + hand[0] * build.arm, start[1] + hand[1] * build.arm)
        elbow = _bend(start, end, build.arm, forwards=-1.0)
        self.figure.inked(tube([start, elbow, end], [build.limb * x for x in (1.0, 0.85, 0.8)], fur), width=self.ink)
        self.figure.inked(ellipse(*end, build.hand * 1.1, build.hand, paw), width=self.ink)

    def draw_torso(self) -> None:
        """The trunk, and the belly unless it is seen from behind."""
        build, (low, high) = self.build, (self.hips, self.chest)
        middle = ((low[0] + high[0]) / 2, (low[1] + high[1]) / 2)
        self.figure.inked(
            tube([low, middle, high], [build.waist, build.waist * 0.96, build.chest], build.fur), width=self.ink
        )
        if not self.pose.look.away:
            across, down = build.waist * 0.36 * self.upwards, build.waist * 0.36 * self.forwards
            path = [(low[0] + across, low[1] + down), (high[0] + across, high[1] + down)]
            self.figure.add(tube(path, [build.waist * 0.62, build.chest * 0.55], build.belly))

    def draw_head(self) -> None:
        """The head over what is worn around the neck, which follows the back half way."""
        build, (x, y), size = self.build, self.chest, self.build.chest
        forwards, upwards = _direction(self.pose.lean * 0.6)
        neck = (
            build.neck[0] * upwards + build.neck[1] * forwards,
            build.neck[0] * forwards - build.neck[1] * upwards,
        )
        band = (x + 0.12 * neck[0], y + 0.12 * neck[1])
        knot = (band[0] + size * 0.7, band[1] + size * 0.35)
        ends = [
            polygon([knot, (knot[0] + left, knot[1] + size * 0.9), (knot[0] + left + size * 0.5, knot[1] + size * 0.7)],
                    build.collar)
            for left in (-size * 0.5, size * 0.1)
        ]  # fmt: skip
        around = ellipse(*band, size * 1.25, size * 0.5, build.collar, turn=self.pose.lean * 0.8)
        self.figure.inked(around, *ends, width=self.ink)
        place = move(x + neck[0], y + neck[1], turn=self.pose.nod + self.pose.lean * 0.25)
        self.figure.extend(build.head(self.pose.look, self.ink), place)

    def _paints(self, is_far: bool) -> tuple[Colour, Colour]:
        """Fur and paw; darker on the far side."""
        if not is_far:
            return self.build.fur, self.build.paw
        return mixed(self.build.fur, SHADE, 0.2), mixed(self.build.paw, SHADE, 0.16)


def _direction(degrees: float) -> Point:
    """How far forwards and upwards something of length 1 reaches that leans by `degrees`."""
    return float(np.sin(np.deg2rad(degrees))), float(np.cos(np.deg2rad(degrees)))


def _bend(start: Point, end: Point, length: float, *, forwards: float) -> Point:
    """Where the knee or the elbow of a limb of `length` is."""
    across, down = end[0] - start[0], end[1] - start[1]
    reach = float(np.hypot(across, down))
    out = forwards * 0.5 * float(np.sqrt(max(length**2 - reach**2, 0.0))) / max(reach, 1e-6)
    return (start[0] + end[0]) / 2 + down * out, (start[1] + end[1]) / 2 - across * out
