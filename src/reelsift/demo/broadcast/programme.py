"""The running order of a broadcast: which shots of the match and of commercials follow each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from reelsift.demo.broadcast.shots import Look, some_look

__all__ = ["CLASSES", "Item", "write_programme"]

Kind = Literal["football", "commercial"]

CLASSES: tuple[Kind, Kind] = ("football", "commercial")
# How often each shot is taken, and for how long, seconds: a match is watched, a commercial is cut. Some are in both.
_FOOTBALL = {"wide": 0.40, "duel": 0.20, "face": 0.14, "runner": 0.08, "boots": 0.06, "fans": 0.12}
_FOOTBALL_SECONDS = {"wide": (2.5, 6.0), "duel": (2.2, 4.0)}
_COMMERCIAL = {
    "duel": 0.16, "face": 0.13, "runner": 0.11, "boots": 0.09, "fans": 0.13, "display": 0.20, "outside": 0.18,
}  # fmt: skip
_OPENING = {"display": 0.5, "outside": 0.5}
_SHORT, _CUT, _CARD = (2.0, 3.0), (0.5, 0.9), (0.8, 1.2)
_SPOT = (3.5, 6.0)  # seconds of a commercial
_PLACES = ("street", "beach", "snow", "kitchen")


@dataclass(frozen=True)
class Item:
    """A shot of a broadcast.

    Attributes:
        kind: What it belongs to.
        shot: One of `SHOTS`.
        look: Of its match or commercial.
        first_frame: Its first frame.
        frames: How many frames it has.
        seed: Everything that is random in it follows from it.
    """

    kind: Kind
    shot: str
    look: Look
    first_frame: int
    frames: int
    seed: int


def write_programme(lengths: Sequence[float], *, starts_with: Kind, fps: int, seed: int) -> tuple[Item, ...]:
    """Match and commercials in turn.

    Args:
        lengths: Seconds of each stretch.
        starts_with: What the first stretch shows.
        fps: Frames a second.
        seed: Everything that is random follows from it.
    """
    random = np.random.default_rng((20, seed))
    match = some_look(random, places=_PLACES)
    items: list[Item] = []
    start = 0.0
    for number, length in enumerate(lengths):
        kind = CLASSES[(CLASSES.index(starts_with) + number) % 2]
        drawn = _match_shots(random, length) if kind == "football" else _commercial_shots(random, length)
        borders = start + np.cumsum([0.0, *(seconds for _, seconds, _ in drawn)])
        frames = np.round(borders * fps).astype(int)
        for (shot, _, look), first, end in zip(drawn, frames, frames[1:], strict=False):
            if end > first:
                items.append(Item(kind, shot, look or match, int(first), int(end - first), int(random.integers(2**31))))
        start += length
    return tuple(items)


def _match_shots(random: np.random.Generator, length: float) -> list[tuple[str, float, Look | None]]:
    """From the play and back to it: nobody goes to the commercials from a face."""
    drawn: list[tuple[str, float, Look | None]] = []
    left, before = length, ""
    while left > 0:
        shot = "wide" if not drawn else _pick(random, _FOOTBALL, unlike=before)
        seconds = float(random.uniform(*_FOOTBALL_SECONDS.get(shot, _SHORT)))
        if left - seconds < 1.5:
            shot, seconds = "wide" if before != "wide" else "duel", left
        drawn.append((shot, seconds, None))
        left, before = left - seconds, shot
    return drawn


def _commercial_shots(random: np.random.Generator, length: float) -> list[tuple[str, float, Look | None]]:
    """One commercial after the other: each begins with what it sells, and ends on a card."""
    drawn: list[tuple[str, float, Look | None]] = []
    left = length
    while left > 0:
        look, spot, before = some_look(random, places=_PLACES), float(random.uniform(*_SPOT)), ""
        if left - spot < _SPOT[0] / 2:
            spot = left
        card = min(float(random.uniform(*_CARD)), spot)
        left -= spot
        spot -= card
        while spot > 0:
            shot = _pick(random, _COMMERCIAL if before else _OPENING, unlike=before)
            seconds = float(random.uniform(*_CUT))
            if spot - seconds < _CUT[0]:
                seconds = spot
            drawn.append((shot, seconds, look))
            spot, before = spot - seconds, shot
        drawn.append(("card", card, look))
    return drawn


def _pick(random: np.random.Generator, shares: dict[str, float], *, unlike: str) -> str:
    names = [name for name in shares if name != unlike]
    weights = np.array([shares[name] for name in names])
    return names[int(random.choice(len(names), p=weights / weights.sum()))]
