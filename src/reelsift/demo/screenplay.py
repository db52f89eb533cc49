"""What happens in each frame of the demo film: numbers only, no pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reelsift.demo.pieces import PIECES, PRINT_LENGTH
from reelsift.demo.scenery import FILM_Y

__all__ = ["LONGEST_SCENE", "MIRRORS", "SHORTEST_SCENE", "Screenplay", "scene_lengths", "write_screenplay"]

Doubles = npt.NDArray[np.float64]

SHORTEST_SCENE = 4
LONGEST_SCENE = 15
MIRRORS = 4
TOP_Y = 232.0  # the plate's underside never rises above this


@dataclass(frozen=True, eq=False)
class Screenplay:
    """One value for each of N frames; lengths in design units (see shapes.py).

    Attributes:
        light_on: (N,) bool, whether the layer is being cured.
        power: (N,) brightness of the curing light, 0 where it is off.
        length: (N,) length of the print so far.
        lift: (N,) how far the plate is above the film, 0 while curing.
        shift: (N,) how far the plate is right of the middle.
        wiper: (N,) x of the bar that mixes the resin.
        ripple: (N,) strength of the waves on the resin.
        beam: (N,) x of the beam within the layer.
        day: (N,) strength of the light from the window.
        lamp: (N,) strength of the light from the lamp.
        exposure: (N,) gain of the camera.
        mirror_x: (N, M) where each reflection is, right of the picture's middle.
        mirror_y: (N, M) the same, below it.
        mirror_turn: (N, M) its turn in degrees.
        mirror_strength: (N, M) its brightness, 0 for none.
        noise: (N, 3) int64, which part of which noise picture.
    """

    light_on: npt.NDArray[np.bool_]
    power: Doubles
    length: Doubles
    lift: Doubles
    shift: Doubles
    wiper: Doubles
    ripple: Doubles
    beam: Doubles
    day: Doubles
    lamp: Doubles
    exposure: Doubles
    mirror_x: Doubles
    mirror_y: Doubles
    mirror_turn: Doubles
    mirror_strength: Doubles
    noise: npt.NDArray[np.int64]


def scene_lengths(frames: int, *, random: np.random.Generator) -> list[int]:
    """Lengths of scenes that fill `frames` (4 or more) exactly: 4 to 15 frames each, drawn evenly from what fits."""
    lengths: list[int] = []
    left = frames
    while left:
        fitting = [n for n in range(SHORTEST_SCENE, LONGEST_SCENE + 1) if left == n or left - n >= SHORTEST_SCENE]
        if not lengths and frames >= 2 * SHORTEST_SCENE:
            fitting = [n for n in fitting if n < frames]  # a film shows both kinds of scene
        lengths.append(int(random.choice(fitting)))
        left -= lengths[-1]
    return lengths


def write_screenplay(frames: int, *, seed: int) -> Screenplay:
    """Plans a film of `frames` frames; curing scenes (light on) and mixing scenes take turns, curing first."""
    random = np.random.default_rng((seed, 1))
    time = np.arange(frames, dtype=np.float64)
    lengths = scene_lengths(frames, random=random)
    scene = np.repeat(np.arange(len(lengths)), lengths)
    light_on = scene % 2 == 0
    grown = np.cumsum(light_on) / max(int(light_on.sum()), 1)
    length = 3 + (PRINT_LENGTH - 6) * grown
    lift, shift, wiper = _moves(lengths, length, random=random)
    far = 420 + 210 * _drift(time, (1 / 170, 1 / 97), random=random, count=MIRRORS)
    return Screenplay(
        light_on=light_on,
        power=np.where(light_on, np.clip(random.normal(0.86, 0.09, frames), 0.6, 1.1), 0.0),
        length=length,
        lift=lift,
        shift=shift,
        wiper=wiper,
        ripple=np.where(light_on, 0.25, 1.0) * random.uniform(0.5, 1.5, frames),
        beam=_beam(length, random=random),
        noise=random.integers(0, 2**16, (frames, 3)),
        **_room_light(time, random=random),
        mirror_x=far - 420 + np.array([-60.0, 120.0, 40.0, -20.0]),
        mirror_y=np.array([110.0, 90.0, 60.0, 150.0]) * _drift(time, (1 / 143, 1 / 61), random=random, count=MIRRORS)
        + np.array([10.0, 0.0, 110.0, 30.0]),
        mirror_turn=np.array([7.0, 16.0, 20.0, 5.0]) * _drift(time, (1 / 230,), random=random, count=MIRRORS),
        mirror_strength=_mirror_strength(time, random=random),
    )


def _moves(lengths: list[int], grown: Doubles, *, random: np.random.Generator) -> tuple[Doubles, Doubles, Doubles]:
    """(N,) lift and shift of the plate, and x of the wiper: still while curing, on the way in each mixing frame."""
    lift, shift = np.zeros(grown.size), np.zeros(grown.size)
    wiper = np.full(grown.size, 446.0)
    start = 0
    for number, count in enumerate(lengths):
        part = slice(start, start + count)
        start += count
        if number % 2 == 0:
            continue
        highest = np.maximum(FILM_Y - grown[part] - TOP_Y, 24.0)
        share = np.sin(np.pi * (np.arange(count) + random.uniform(0.3, 0.7)) / count) ** 0.7
        height = random.uniform(46, 175) * np.clip(share * random.uniform(0.85, 1.15, count), 0.16, 1.0)
        lift[part] = np.minimum(height, highest)
        reach = random.uniform(8, 40) * random.choice((-1.0, 1.0))
        shift[part] = reach * np.sin(np.linspace(0.4, random.uniform(2.6, 6.5), count))
        wiper[part] = 640 + 196 * np.sin(random.uniform(0, 6.28) + np.arange(count) * random.uniform(0.5, 1.3))
    return lift, shift, wiper


def _beam(length: Doubles, *, random: np.random.Generator) -> Doubles:
    """(N,) x of the beam: each frame of a time lapse catches it anywhere in one of the pieces that still grow."""
    growing = np.stack([np.where(length < piece.lengths[-1], 1.0, 0.0) for piece in PIECES], axis=1)
    pick = np.argmax(growing * random.uniform(0.1, 1.0, growing.shape), axis=1)
    centres = np.array([piece.x for piece in PIECES])[pick]
    return np.asarray(640 + centres + random.uniform(-30, 30, length.size))


def _room_light(time: Doubles, *, random: np.random.Generator) -> dict[str, Doubles]:
    """Daylight that comes and goes, a lamp that is switched, mains flicker, and a camera that follows late."""
    day = 0.52 + 0.16 * _drift(time, (1 / 610, 1 / 233), random=random)
    switched = _drift(time, (1 / 390, 1 / 151), random=random) > -0.1
    lamp = np.where(switched, 0.46, 0.20) * (1 + 0.035 * random.standard_normal(time.size))
    passing = np.ones(time.size)
    for start in random.integers(0, time.size, max(time.size // 160, 1)):
        passing[start : start + int(random.integers(2, 7))] *= random.uniform(0.72, 0.9)
    day = day * passing * (1 + 0.02 * random.standard_normal(time.size))
    exposure = 1 + 0.045 * _drift(time, (1 / 310, 1 / 67), random=random) + 0.008 * random.standard_normal(time.size)
    return {"day": day, "lamp": lamp, "exposure": exposure}


def _mirror_strength(time: Doubles, *, random: np.random.Generator) -> Doubles:
    """(N, M) each reflection comes and goes; there is some reflection nearly all the time."""
    come = 0.5 + 0.5 * _drift(time, (1 / 260, 1 / 113), random=random, count=MIRRORS)
    shimmer = 1 + 0.05 * random.standard_normal(come.shape)
    return np.asarray(np.clip(come, 0, 1) ** 1.5 * shimmer * np.array([0.62, 0.5, 0.5, 0.6]))


def _drift(time: Doubles, rates: tuple[float, ...], *, random: np.random.Generator, count: int = 0) -> Doubles:
    """(N,) or (N, count) slow wandering between -1 and 1: a sum of waves with `rates` (cycles a frame)."""
    waves = np.zeros((time.size, max(count, 1)))
    for number, rate in enumerate(rates):
        turns = time[:, None] * rate * random.uniform(0.8, 1.25, waves.shape[1]) + random.uniform(0, 1, waves.shape[1])
        waves += np.sin(2 * np.pi * turns) * 0.5**number
    waves /= sum(0.5**number for number in range(len(rates)))
    return waves if count else waves[:, 0]
