"""Where everything of a scene is at a time, and who of it can be seen; what `film` then draws."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import numpy.typing as npt

from reelsift.demo.cartoon.acting import ACTS, GAITS
from reelsift.demo.cartoon.cast import CAST
from reelsift.demo.cartoon.ink import Colour, Floats, Sketch, joined, move
from reelsift.demo.cartoon.props import PROPS, bird, hedgehog
from reelsift.demo.cartoon.puppet import draw_puppet, stance
from reelsift.demo.cartoon.story import ACROSS, DOWN, Camera, Extra, Role, Scene, Thing

__all__ = ["animal_of", "camera_at", "figure_of", "ground_of", "seen", "thing_of", "view_of"]

Placed = tuple[Sketch, Floats]

MASK_WIDTH, MASK_HEIGHT = 160, 90  # how much of a figure shows is counted on a coarse grid, whatever the picture's size
# A figure of which less shows is not drawn: what the truth says is then what there is to see. The second is about a
# sixth of a figure: nobody would name a tail's end or the tip of a nose.
SEEN_CELLS, SEEN_SHARE = 20, 0.05
HELD: Colour = (214, 92, 90)


def camera_at(scene: Scene, seconds: float) -> Camera:
    """Where the camera looks; it starts and stops softly, and moves in whole pixels, as it does over painted cels."""
    begin, end = scene.pan
    share = min(seconds / scene.seconds, 1.0)
    soft = share * share * (3 - 2 * share)
    x, y, zoom = (float(a + (b - a) * soft) for a, b in zip(astuple(begin), astuple(end), strict=True))
    return Camera(round(x * zoom) / zoom, round(y * zoom) / zoom, zoom)


def view_of(camera: Camera, *, scale: float) -> Floats:
    """(2, 3) from the backdrop to a picture of 640 x 360 times `scale`."""
    size = camera.zoom * scale
    return move(ACROSS / 2 * scale - camera.x * size, DOWN / 2 * scale - camera.y * size, scale=size)


def ground_of(role: Role, seconds: float) -> tuple[float, float, bool, float]:
    """Where a role is on the backdrop, whether it looks to the left, and how far it has moved; 0 while it stands."""
    stops = role.stops
    after = next((number for number, stop in enumerate(stops) if stop.seconds > seconds), len(stops))
    if after in (0, len(stops)):
        stop = stops[0 if after == 0 else -1]
        return stop.x, stop.y, role.faces_left, 0.0
    one, other = stops[after - 1], stops[after]
    share = (seconds - one.seconds) / (other.seconds - one.seconds)
    across, down = other.x - one.x, other.y - one.y
    faces_left = across < 0 if across and role.gait else role.faces_left
    return one.x + across * share, one.y + down * share, faces_left, abs(across) * share


def figure_of(role: Role, seconds: float, camera: Camera) -> list[Placed]:
    """What a figure holds, if anything, and then itself; each with (2, 3) where it is on the backdrop."""
    x, y, faces_left, moved = ground_of(role, seconds)
    steps = bool(role.gait) and moved > 0
    turns = moved / (GAITS[role.gait] * role.size) if steps else 0.0
    pose, build = ACTS[role.gait if steps else role.act](turns, seconds + role.beat), CAST[role.name]
    ink = round(max(0.0105, 0.75 / (role.size * camera.zoom)), 3)  # few widths, as heads are drawn once and kept
    place = move(x, y, scale=role.size, mirrored=faces_left)
    itself = draw_puppet(build, pose, ink=ink), joined(place, stance(build, pose))
    if not role.holding or steps:
        return [itself]
    hand = move(0.4, 0.02, scale=0.24)
    if role.holding == "umbrella":
        hand = move(0.36, -0.5 - pose.lift, scale=0.75, turn=8)
    return [(PROPS[role.holding](HELD, 0.03), joined(place, hand)), itself]


def thing_of(thing: Thing) -> Placed:
    """A prop, and (2, 3) where it is on the backdrop."""
    place = move(thing.x, thing.y, scale=thing.size, mirrored=thing.mirrored)
    return PROPS[thing.name](thing.paint, max(0.02, 0.8 / thing.size)), place


def animal_of(extra: Extra, seconds: float) -> Placed:
    """A bird or a hedgehog on its way, and (2, 3) where it is on the backdrop."""
    share = seconds / extra.end.seconds
    x = extra.start.x + (extra.end.x - extra.start.x) * share
    y = extra.start.y + (extra.end.y - extra.start.y) * share
    drawn = (bird if extra.kind == "bird" else hedgehog)(seconds, extra.paint, ink=max(0.02, 0.8 / extra.size))
    return drawn, move(x, y, scale=extra.size, mirrored=extra.end.x < extra.start.x)


def seen(scene: Scene, seconds: float) -> frozenset[str]:
    """Who shows enough of itself: counted on a coarse grid, what stands in front taken off."""
    if not scene.roles:
        return frozenset()
    camera = camera_at(scene, seconds)
    view = view_of(camera, scale=MASK_WIDTH / ACROSS)
    mask: npt.NDArray[np.uint8] = np.zeros((MASK_HEIGHT, MASK_WIDTH), np.uint8)
    for number, role in enumerate(scene.roles, 1):
        figure, place = figure_of(role, seconds, camera)[-1]
        figure.cover(mask, joined(view, place), value=number)
    for thing in scene.things:
        if thing.in_front:
            cover, place = thing_of(thing)
            cover.cover(mask, joined(view, place), value=0)
    cells = np.bincount(mask.ravel(), minlength=len(scene.roles) + 1)
    scale = float(view[0, 0])
    return frozenset(
        role.name
        for number, role in enumerate(scene.roles, 1)
        if cells[number] >= max(SEEN_CELLS, SEEN_SHARE * (role.size * scale) ** 2)
    )
