"""A film to try reelsift on: the time lapse of a resin printer, drawn frame by frame, with the truth known.

In scenes of 4 to 15 frames the printer either cures a layer (OK: plate down, light on) or lifts the plate to mix the
resin (KO: light off), while reflections wander over the cover, the room's light changes, and the sensor adds its noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from reelsift.demo.lens import NOISE_MARGIN, mirrors, sensor_noise
from reelsift.demo.pieces import PIECES, PRINT_LENGTH, SPRITE_PLATE_Y, SPRITE_SIZE, Sprite
from reelsift.demo.scenery import FILM_Y, VAT_BOX, Scenery, build_scenery
from reelsift.demo.screenplay import Screenplay, write_screenplay
from reelsift.demo.shapes import DESIGN_HEIGHT, DESIGN_WIDTH, Floats, Grid, colour
from reelsift.errors import SpecError

__all__ = ["PrinterFilm"]

Picture = npt.NDArray[np.uint8]

SOFT = 4  # glows and reflections have no fine detail: they are drawn at a quarter of the size
UPLIGHT = 6.0  # the brightest the curing layer lights what is above it, times the plain picture
UV = colour(205, 90, 255)
UV_CORE = colour(250, 205, 255)


@dataclass(frozen=True)
class PrinterFilm:
    """The time lapse of a resin printer; the same values draw the same frames.

    Attributes:
        frames: Number of frames, 8 or more.
        width: Width of a frame in pixels.
        height: Height of a frame in pixels.
        seed: Everything that is random follows from it.
        fps: Frames a second to show it at; the drawing does not depend on it.
    """

    frames: int = 1600
    width: int = 1280
    height: int = 720
    seed: int = 0
    fps: int = 25

    def __post_init__(self) -> None:
        if self.frames < 8:
            raise SpecError(
                f"the printer film has at least 8 frames, room for one scene of each kind, not {self.frames}"
            )
        if min(self.width, self.height) < 32 or self.width % 2 or self.height % 2:
            raise SpecError(f"the printer film is drawn at even sizes from 32x32 up, not {self.width}x{self.height}")
        if self.fps < 1:
            raise SpecError(f"the printer film needs 1 frame a second or more, not {self.fps}")

    @cached_property
    def screenplay(self) -> Screenplay:
        """What happens in each frame."""
        return write_screenplay(self.frames, seed=self.seed)

    @property
    def truth(self) -> npt.NDArray[np.bool_]:
        """(N,) whether the light is on (OK)."""
        return self.screenplay.light_on.copy()

    def draw(self) -> Iterator[Picture]:
        """Draws the frames in order.

        Yields:
            (H, W, 3) uint8 red, green, blue; each frame is its own array.
        """
        stage = _Stage(self.width, self.height, self.seed)
        for index in range(self.frames):
            yield stage.frame(self.screenplay, index)


class _Stage:
    """All that is prepared once to draw the frames of one film.

    Pictures stay uint8 and go through OpenCV, which is several times faster here than NumPy on floats.
    """

    def __init__(self, width: int, height: int, seed: int) -> None:
        self.width, self.height = width, height
        self.scale_x, self.scale_y = width / DESIGN_WIDTH, height / DESIGN_HEIGHT
        self.scenery: Scenery = build_scenery(width, height)
        self.soft = Grid.of_picture(max(width // SOFT, 8), max(height // SOFT, 8))
        mask = cv2.resize(self.scenery.mask, (self.soft.x.size, self.soft.y.size), interpolation=cv2.INTER_AREA)
        self.mask = mask.astype(np.float32)
        self.mirrors, self.tints = mirrors(self.soft)
        self.bloom = self.soft.glow(DESIGN_WIDTH / 2, FILM_Y - 10, 215, 58) * np.float32(0.30)
        self.noise = sensor_noise(width, height, seed=seed)
        self.sprite, self.grown_rows = self.scenery.plate, -1
        self.uplight = _uplight(self.sprite.picture.shape, self.scale_y)

    def frame(self, play: Screenplay, index: int) -> Picture:
        """(H, W, 3) uint8: frame `index`."""
        scenery, power = self.scenery, float(play.power[index])
        picture = cast(
            Picture, cv2.addWeighted(scenery.day, float(play.day[index]), scenery.lamp, float(play.lamp[index]), 0)
        )
        if power > 0:
            cv2.scaleAdd(scenery.glow, power, picture, picture)
        self._draw_plate(picture, play, index)
        self._draw_vat(picture, play, index)
        cv2.add(picture, self._soft_light(picture, play, index), picture)
        across, down, which = (int(value) for value in play.noise[index])
        noise = self.noise[which % len(self.noise)][down % NOISE_MARGIN :, across % NOISE_MARGIN :]
        cv2.addWeighted(picture, float(play.exposure[index]), noise[: self.height, : self.width], 1.0, -128.0, picture)
        return picture

    def _draw_plate(self, picture: Picture, play: Screenplay, index: int) -> None:
        """The plate and the layers so far, at the height and the shift of this frame."""
        rows = round((SPRITE_PLATE_Y + float(play.length[index])) * self.scale_y)
        if rows != self.grown_rows:
            self.sprite, self.grown_rows = _joined(self.scenery.plate, self.scenery.print, rows=rows), rows
        ambient = 0.95 * (float(play.day[index]) + float(play.lamp[index]))
        paint = cv2.convertScaleAbs(self.sprite.picture[:rows], alpha=ambient)
        if play.power[index] > 0:
            light = self.uplight[self.uplight.shape[0] - rows :]
            lit = cv2.multiply(self.sprite.picture[:rows], light, scale=UPLIGHT / 255 * float(play.power[index]))
            cv2.add(paint, lit, paint)
        plate_x = DESIGN_WIDTH / 2 - SPRITE_SIZE[0] / 2 + float(play.shift[index])
        plate_y = FILM_Y - float(play.length[index]) - float(play.lift[index]) - SPRITE_PLATE_Y
        _paste(
            picture,
            cast(Picture, paint),
            self.sprite.opacity[:rows],
            x=plate_x * self.scale_x,
            y=plate_y * self.scale_y,
        )

    def _draw_vat(self, picture: Picture, play: Screenplay, index: int) -> None:
        """The resin and the front of the vat, before the plate, and in it the wiper and the light of the layer."""
        left, top = round(VAT_BOX[0] * self.scale_x), round(VAT_BOX[1] * self.scale_y)
        front = self.scenery.front
        height, width = front.opacity.shape
        part = picture[top : top + height, left : left + width]
        paint = cv2.convertScaleAbs(front.picture, alpha=float(play.day[index]) + float(play.lamp[index]))
        part[:] = cv2.blendLinear(np.ascontiguousarray(part), paint, 1 - front.opacity, front.opacity)
        x = (np.arange(width, dtype=np.float32) + left) / np.float32(self.scale_x)
        y = (np.arange(height, dtype=np.float32) + top) / np.float32(self.scale_y)
        wiper = float(play.wiper[index])
        columns = np.flatnonzero(np.abs(x - wiper) < 18)
        shade = np.exp(-(((x[columns] - wiper) / 9) ** 4)) * np.exp(-(((y[:, None] - 516) / 44) ** 8))
        part[:, columns] = (part[:, columns] * (1 - 0.45 * shade[..., None])).astype(np.uint8)
        rows = np.flatnonzero(np.abs(y - 466) < 12)
        waves = (
            (1 + np.sin(x * 0.055 + wiper)) * np.exp(-(((y[rows, None] - 466) / 5) ** 2)) * float(play.ripple[index])
        )
        part[rows] = np.minimum(part[rows] + waves[..., None] * colour(24, 9, 4), 255).astype(np.uint8)
        if play.power[index] > 0:
            part[:] = cv2.add(np.ascontiguousarray(part), self._layer_light(x, y, play, index))

    def _layer_light(self, x: Floats, y: Floats, play: Screenplay, index: int) -> Picture:
        """(h, w, 3) the lit cross-section of each piece on the film, brightest at the beam, and the resin's glow."""
        length, power = float(play.length[index]), float(play.power[index])
        thin, wide = np.zeros_like(x), np.zeros_like(x)
        for piece in PIECES:
            radius = float(piece.radius(min(length, PRINT_LENGTH - 2)))
            if radius == 0 and length < 40:
                radius = 34.0  # supports: many small dots, which run together at this distance
            if radius < 1:
                continue
            centre = np.float32(DESIGN_WIDTH / 2 + piece.x)
            thin += np.clip((radius + 6 - np.abs(x - centre)) / 8, 0, 1)
            wide += np.exp(-(((x - centre) / (radius + 34)) ** 2))
        across = np.stack(
            [thin * (0.55 + 0.9 * np.exp(-(((x - float(play.beam[index])) / 30) ** 2))), np.minimum(wide, 1.3)]
        )
        core = 1.25 * np.exp(-(((y - FILM_Y + 3) / 5.5) ** 2))
        halo = 0.45 * np.exp(-(((y - FILM_Y + 4) / 26) ** 2)) + 0.16 * np.exp(-(((y - FILM_Y) / 70) ** 2))
        tinted = (across[..., None] * np.stack([UV_CORE, UV])[:, None] * power).reshape(2, -1)
        light = np.stack([core, halo], axis=1) @ tinted.astype(np.float32)
        return cast(Picture, cv2.convertScaleAbs(light.astype(np.float32).reshape(y.size, x.size, 3)))

    def _soft_light(self, picture: Picture, play: Screenplay, index: int) -> Picture:
        """(H, W, 3) uint8 what the cover mirrors, and the bloom of the light around the layer."""
        size = (self.soft.x.size, self.soft.y.size)
        layers, tints = [self.bloom], [UV * np.float32(play.power[index])]
        for number, mirror in enumerate(self.mirrors):
            move = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), float(play.mirror_turn[index, number]), 1.0)
            move[0, 2] += float(play.mirror_x[index, number]) / self.soft.pixel
            move[1, 2] += float(play.mirror_y[index, number]) / self.soft.pixel
            layers.append(cv2.warpAffine(mirror, move, size, flags=cv2.INTER_LINEAR) * self.mask)
            tints.append(self.tints[number] * np.float32(play.mirror_strength[index, number]))
        planes = np.stack(tints, axis=1) @ np.stack(layers).reshape(len(layers), -1)
        light = cv2.convertScaleAbs(cv2.merge([*planes.reshape(3, size[1], size[0])]))
        # As on film, light added to what is bright already counts for less: by 255 - 0.75 of what is there.
        room = cv2.convertScaleAbs(cv2.resize(picture, size, interpolation=cv2.INTER_NEAREST), alpha=-0.75, beta=255)
        soft = cv2.multiply(light, room, scale=1 / 255)
        return cast(Picture, cv2.resize(soft, (self.width, self.height), interpolation=cv2.INTER_LINEAR))


def _joined(plate: Sprite, below: Sprite, *, rows: int) -> Sprite:
    """The plate with the first `rows` rows of the finished object behind and below it."""
    upper, lower = plate.opacity[:rows], below.opacity[:rows]
    opacity = np.maximum(upper, lower)
    paint = cv2.blendLinear(plate.picture[:rows], below.picture[:rows], upper + 1e-4, lower * (1 - upper))
    return Sprite(cast(Picture, paint), opacity)


def _uplight(shape: tuple[int, ...], scale: float) -> Picture:
    """(h, w, 3) uint8, 255 for `UPLIGHT`: what the curing layer lights above it; the layer is the bottom row."""
    above = (shape[0] - 1 - np.arange(shape[0], dtype=np.float32)) / np.float32(scale)
    reach = 1.3 * np.exp(-above / 34) + 0.45 * np.exp(-above / 120)
    light = np.minimum(reach[:, None, None] * colour(0.75, 0.6, 3.4) * (255 / UPLIGHT), 255)
    return np.broadcast_to(light, (shape[0], shape[1], 3)).astype(np.uint8)


def _paste(picture: Picture, paint: Picture, opacity: Floats, *, x: float, y: float) -> None:
    """Lays `paint` on `picture` in place, its corner at (`x`, `y`) to a fraction of a pixel."""
    column, row = int(np.floor(x)), int(np.floor(y))
    move = np.array([[1, 0, x - column], [0, 1, y - row]], np.float32)
    size = (paint.shape[1] + 1, paint.shape[0] + 1)
    paint = cast(Picture, cv2.warpAffine(paint, move, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
    opacity = cast(Floats, cv2.warpAffine(opacity, move, size, flags=cv2.INTER_LINEAR))
    part = picture[max(row, 0) : row + size[1], max(column, 0) : column + size[0]]
    rows = slice(max(-row, 0), max(-row, 0) + part.shape[0])
    columns = slice(max(-column, 0), max(-column, 0) + part.shape[1])
    cover = np.ascontiguousarray(opacity[rows, columns])
    paint = np.ascontiguousarray(paint[rows, columns])
    part[:] = cv2.blendLinear(np.ascontiguousarray(part), paint, 1 - cover, cover)
