"""What lies between the printer and the picture: what the cover mirrors, and the noise of the sensor."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from reelsift.demo.shapes import Floats, Grid, blurred, colour

__all__ = ["NOISE_MARGIN", "mirrors", "sensor_noise"]

NOISE_MARGIN = 64  # the noise picture is this much larger than a frame, so that it can be moved about
NOISE_PICTURES = 3


def mirrors(grid: Grid) -> tuple[list[Floats], list[Floats]]:
    """What the cover can mirror, each in the middle of the picture: a window, a strip light, a pale shirt, a lamp.

    Returns:
        (H, W) strengths 0 to 1, and (3,) colours 0 to 255.
    """
    panes = np.zeros((grid.y.size, grid.x.size), np.float32)
    for left in (568.0, 646.0):
        for top in (248.0, 364.0):
            panes += grid.box(left, top, left + 66, top + 104, corner=4)
    curtain = np.float32(0.8) + np.float32(0.2) * np.sin(grid.x * np.float32(0.21))
    window = blurred(panes * curtain, 7, pixel=grid.pixel)
    strip = blurred(grid.box(624, -300, 652, 1000, corner=8), 6, pixel=grid.pixel)
    shirt = grid.glow(640, 360, 105, 150)
    lamp = grid.glow(640, 360, 24, 20) + np.float32(0.3) * grid.glow(640, 360, 90, 62)
    tints = [colour(135, 150, 172), colour(140, 130, 120), colour(112, 98, 92), colour(225, 190, 150)]
    return [window, strip, shirt, lamp], tints


def sensor_noise(width: int, height: int, *, seed: int) -> list[npt.NDArray[np.uint8]]:
    """Pictures of noise around 128, larger than a frame by `NOISE_MARGIN`: grain a pixel wide, a little coloured."""
    random = np.random.default_rng((seed, 2))
    rows, columns = height + NOISE_MARGIN, width + NOISE_MARGIN
    pictures = []
    for _ in range(NOISE_PICTURES):
        grain = random.standard_normal((rows, columns), np.float32)[..., None] * np.float32(2.6)
        coarse = random.standard_normal((rows // 2, columns // 2, 3), np.float32)
        speck = np.asarray(cv2.resize(coarse, (columns, rows)), np.float32) * np.float32(2.0)
        noise = cv2.GaussianBlur(grain + speck, (0, 0), 0.55)
        pictures.append(np.clip(noise + 128.5, 0, 255).astype(np.uint8))
    return pictures
