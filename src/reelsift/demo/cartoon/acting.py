"""How the figures of the cartoon move: a pose for each moment of what they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from reelsift.demo.cartoon.puppet import Look, Pose

__all__ = ["ACTS", "GAITS"]

Act = Callable[[float, float], Pose]

GAITS: Mapping[str, float] = MappingProxyType({"walk": 0.62, "sneak": 0.5, "run": 1.15})
"""What moves a figure along the ground: the length of two steps in heights of a figure."""


def _wave(turns: float) -> float:
    return float(np.sin(2 * np.pi * turns))


def _walk(turns: float, seconds: float) -> Pose:
    return _steps(turns, stride=0.45, rise=0.16, arms=0.6, lean=6, look=_idle(seconds))


def _run(turns: float, seconds: float) -> Pose:
    pose = _steps(turns, stride=0.85, rise=0.5, arms=0.95, lean=26, look=Look((0.9, 0.1), 1.0, 0.5, -0.6))
    return replace(pose, lift=0.035 + 0.035 * _wave(2 * turns), nod=-8, tail=50 + 14 * _wave(turns), sway=0.35)


def _sneak(turns: float, seconds: float) -> Pose:
    pose = _steps(turns, stride=0.55, rise=0.34, arms=0.2, lean=24, look=Look((0.9, 0.2), 0.75, 0.0, 0.8))
    hands = ((0.62, 0.42 + 0.1 * _wave(turns)), (0.66, 0.42 - 0.1 * _wave(turns)))
    return replace(pose, squash=0.14, hands=hands, tail=-2, sway=0.3 * _wave(turns / 2))


def _steps(turns: float, *, stride: float, rise: float, arms: float, lean: float, look: Look) -> Pose:
    """Legs and arms that swing against each other; `turns` counts double steps."""
    feet, hands = [], []
    for offset in (0.5, 0.0):
        forwards, upwards = _wave(turns + offset), max(float(np.cos(2 * np.pi * (turns + offset))), 0.0)
        feet.append((stride * forwards, 1.0 - rise * upwards))
        hands.append((-arms * forwards, 0.84 - 0.3 * abs(arms * forwards)))
    bob = 0.025 + 0.03 * _wave(2 * turns + 0.4)
    sway = 0.45 + 0.25 * _wave(turns)
    return Pose(squash=bob, lean=lean, feet=(feet[0], feet[1]), hands=(hands[0], hands[1]), sway=sway, look=look)


def _stand(turns: float, seconds: float) -> Pose:
    breath = _wave(seconds / 2.2)
    hands = ((-0.2, 0.86 + 0.02 * breath), (0.34, 0.84 - 0.02 * breath))
    return Pose(
        squash=0.02 + 0.012 * breath,
        nod=4 * _wave(seconds / 3.1),
        hands=hands,
        sway=0.5 + 0.3 * _wave(seconds / 2.7),
        look=_idle(seconds),
    )


def _away(turns: float, seconds: float) -> Pose:
    return replace(
        _stand(turns, seconds), look=Look(away=True), hands=((-0.5, 0.75), (0.5, 0.75)), sway=0.6 * _wave(seconds / 1.8)
    )


def _wave_hand(turns: float, seconds: float) -> Pose:
    hand = (1.05 + 0.2 * _wave(seconds * 1.6), -0.75)
    return replace(_stand(turns, seconds), hands=((-0.5, 0.5), hand), look=Look((0.6, 0.0), 1.0, 0.7, -0.3))


def _point(turns: float, seconds: float) -> Pose:
    look = Look((1.0, 0.1), 1.0, _talk(seconds), 0.9)
    return Pose(
        lean=9,
        feet=((-0.3, 1.0), (0.3, 1.0)),
        hands=((-0.45, 0.35), (0.95, -0.05 + 0.05 * _wave(seconds * 3))),
        tail=40,
        sway=0.7,
        look=look,
    )


def _cheer(turns: float, seconds: float) -> Pose:
    hop = abs(_wave(seconds * 1.1))
    hands = ((-0.95, -0.85 + 0.1 * hop), (1.0, -0.9 - 0.1 * hop))
    feet = ((-0.2 - 0.1 * hop, 1.0 - 0.1 * hop), (0.2 + 0.1 * hop, 1.0 - 0.1 * hop))
    return Pose(
        lift=0.13 * hop,
        squash=0.1 * (1 - hop),
        nod=-8,
        feet=feet,
        hands=hands,
        tail=50,
        sway=hop,
        look=Look((0.3, -0.5), 1.0, 1.0, -0.5),
    )


def _tremble(turns: float, seconds: float) -> Pose:
    shake = _wave(seconds * 5)
    hands = ((0.4 + 0.04 * shake, -0.05), (0.5 - 0.04 * shake, 0.0))
    return Pose(
        squash=0.2,
        lean=-12 + shake,
        feet=((-0.05, 1.0), (0.12, 1.0)),
        hands=hands,
        tail=70,
        sway=0.15 * shake,
        look=Look((0.8 if shake > 0 else -0.8, 0.0), 1.0, 0.35, -1.0),
    )


def _sit(turns: float, seconds: float) -> Pose:
    pose = replace(_stand(turns, seconds), squash=0.62, lean=-10, feet=((0.75, 1.0), (0.95, 0.98)))
    return replace(pose, hands=((0.5, 0.45), (0.62, 0.4 + 0.12 * max(_wave(seconds * 0.9), 0.0))), tail=62, sway=0.4)


def _sleep(turns: float, seconds: float) -> Pose:
    breath = _wave(seconds / 2.6)
    return Pose(
        lean=2 * breath,
        nod=-4,
        feet=((0.1, 0.93), (-0.1, 1.0)),
        hands=((0.4, 0.75), (0.62, 0.4 + 0.03 * breath)),
        drop=1.0,
        tail=60,
        sway=0.3 + 0.1 * breath,
        turn=-86,
        look=Look(eyes=0.0, mouth=0.35 if breath > 0 else 0.1),
    )


def _jump(turns: float, seconds: float) -> Pose:
    """Leaps over and over, a second and a bit each."""
    share = (seconds / 1.25) % 1.0
    flight = max((share - 0.2) / 0.8, 0.0)
    if share < 0.2:
        return Pose(
            squash=0.32 * _wave(share * 2.5), lean=18, hands=((-0.7, 0.4), (-0.6, 0.5)), tail=10, look=Look((0.6, -0.6))
        )
    height = 0.5 * 4 * flight * (1 - flight)
    feet = ((-0.55 * (1 - flight), 0.8), (0.1 + 0.4 * flight, 0.75))
    return Pose(
        lift=height,
        lean=14 - 24 * flight,
        feet=feet,
        hands=((0.8, -0.3), (1.1, -0.3)),
        tail=20 - 60 * (flight - 0.5),
        sway=0.4,
        look=Look((0.7, 0.5 if flight > 0.5 else 0.0), 1.0, 0.8, -0.4),
    )


def _fall(turns: float, seconds: float) -> Pose:
    flap = _wave(seconds * 2.2)
    hands = ((-1.1, -0.4 + 0.3 * flap), (1.25, -0.4 - 0.2 * flap))
    feet = ((-0.35, 0.8 + 0.12 * flap), (0.4, 0.8 - 0.12 * flap))
    return Pose(
        lift=0.03 * flap,
        lean=10 * _wave(seconds / 1.7),
        feet=feet,
        hands=hands,
        tail=80,
        sway=0.5 * flap,
        turn=9 * _wave(seconds / 2.3),
        look=Look((0.2, 0.9), 1.0, 0.9, -1.0),
    )


def _talk(seconds: float) -> float:
    """How far the mouth is open; few steps, as faces are drawn once and kept."""
    return (0.0, 0.7, 0.35, 0.7, 0.15)[int(seconds * 7) % 5]


def _idle(seconds: float) -> Look:
    """Looks ahead, up and back now and then, and blinks."""
    gaze = ((0.7, 0.0), (0.7, 0.0), (0.2, -0.5), (-0.7, 0.1))[int(seconds / 1.3) % 4]
    return Look(gaze, 0.0 if (seconds + 0.4) % 1.9 < 0.13 else 1.0)


ACTS: Mapping[str, Act] = MappingProxyType(
    {
        "walk": _walk,
        "run": _run,
        "sneak": _sneak,
        "stand": _stand,
        "away": _away,
        "wave": _wave_hand,
        "point": _point,
        "cheer": _cheer,
        "tremble": _tremble,
        "sit": _sit,
        "sleep": _sleep,
        "jump": _jump,
        "fall": _fall,
    }
)
"""What a figure does: its pose from how far it has walked (in double steps) and from the seconds it does so."""
