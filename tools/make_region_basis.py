"""Makes `src/reelsift/features/region_basis.npz`: the 72 numbers that are kept of each cell of the view `regions`.

    pip install scikit-image scikit-learn && python tools/make_region_basis.py

The basis is the principal components of the network's maps over pictures that no user brought: the photos that
scikit-image and scikit-learn install, and flat drawings of random shapes, which count three times as much. Photos alone
miss what tells drawn things apart: on a set of cartoons they cost six points of accuracy. Each component is divided by
its standard deviation, so that all are kept with the same precision. Deterministic; changing it means a new version of
the view.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import torch
from photos import photos

from reelsift.features.efficientnet_lite import load_efficientnet_lite0
from reelsift.features.region_network import BASIS_PATH, MAP_WIDTH, mid_level_maps
from reelsift.features.regions import REGION_WIDTH

WIDTH, HEIGHT = 448, 256
DRAWINGS = 160
SHARES = (0.25, 0.75)  # of photos, and of drawings
PHOTOS = {  # and how many pieces of each are looked at: scenes more often than textures and text
    **dict.fromkeys(("astronaut.png", "chelsea.png", "coffee.png", "color.png", "hubble_deep_field.jpg"), 9),
    **dict.fromkeys(("motorcycle_left.png", "rocket.jpg"), 9),
    **dict.fromkeys(("ihc.png", "retina.jpg", "grass.png", "gravel.png", "brick.png", "camera.png"), 3),
    **dict.fromkeys(("coins.png", "page.png", "logo.png"), 3),
    **dict.fromkeys(("china.jpg", "flower.jpg"), 9),
}

Picture = np.ndarray
Color = tuple[int, int, int]


def pieces(rng: np.random.Generator) -> Iterator[Picture]:
    """Pieces of photos at several scales, mirrored, with other contrast and tint."""
    for name, photo in photos(PHOTOS, colors="rgb").items():
        for _ in range(PHOTOS[name]):
            yield _piece(photo, rng)


def _piece(photo: Picture, rng: np.random.Generator) -> Picture:
    height, width = photo.shape[:2]
    part_width = int(width * rng.uniform(0.35, 1))
    part_height = min(height, int(part_width * HEIGHT / WIDTH))
    part_width = min(part_width, int(part_height * WIDTH / HEIGHT))
    top, left = rng.integers(0, height - part_height + 1), rng.integers(0, width - part_width + 1)
    part = photo[top : top + part_height, left : left + part_width]
    part = part[:, ::-1] if rng.random() < 0.5 else part
    kind = cv2.INTER_AREA if part_width > WIDTH else cv2.INTER_LINEAR
    scaled = cv2.resize(np.ascontiguousarray(part), (WIDTH, HEIGHT), interpolation=kind).astype(np.float32)
    tint = rng.uniform(0.5, 1.3, 3 if rng.random() < 0.5 else 1)
    return np.clip(((scaled - 127) * rng.uniform(0.7, 1.2) + 127) * tint, 0, 255).astype(np.uint8)


def drawings(rng: np.random.Generator) -> Iterator[Picture]:
    """Flat shapes, most with an outline, on a plain or shaded ground."""
    for _ in range(DRAWINGS):
        canvas = _ground(rng)
        for _ in range(rng.integers(3, 40)):
            _shape(canvas, rng)
        if rng.random() < 0.3:
            canvas = cv2.GaussianBlur(canvas, (0, 0), float(rng.uniform(0.5, 3)))
        yield cv2.resize(canvas, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)


def _ground(rng: np.random.Generator) -> Picture:
    canvas = np.zeros((HEIGHT * 2, WIDTH * 2, 3), np.uint8)
    first, second = np.array(_color(rng)), np.array(_color(rng))
    if rng.random() < 0.4:
        second = first
    down = rng.random() < 0.6
    slope = np.linspace(0, 1, HEIGHT * 2)[:, None, None] if down else np.linspace(0, 1, WIDTH * 2)[None, :, None]
    canvas[:] = (first * (1 - slope) + second * slope).astype(np.uint8)
    return canvas


def _shape(canvas: Picture, rng: np.random.Generator) -> None:
    color = _color(rng)
    outline = tuple(int(value * 0.3) for value in color) if rng.random() < 0.7 else None
    x, y = int(rng.integers(0, WIDTH * 2)), int(rng.integers(0, HEIGHT * 2))
    radius, line = float(np.exp(rng.uniform(np.log(6), np.log(200)))), int(rng.integers(2, 6))
    kind = rng.integers(0, 4)
    if kind == 0:
        points = cv2.ellipse2Poly((x, y), (int(radius), int(radius * rng.uniform(0.3, 1))), int(rng.integers(180)),
                                  0, 360, 5)  # fmt: skip
    elif kind == 1:
        count = rng.integers(3, 9)
        angles, lengths = np.sort(rng.uniform(0, 2 * np.pi, count)), radius * rng.uniform(0.4, 1, count)
        points = np.column_stack((x + lengths * np.cos(angles), y + lengths * np.sin(angles))).astype(np.int32)
    elif kind == 2:
        right, bottom = int(x + radius * rng.uniform(0.3, 2)), int(y + radius * rng.uniform(0.2, 2))
        points = np.array([(x, y), (right, y), (right, bottom), (x, bottom)], np.int32)
    else:
        steps = rng.normal(0, radius / 2, (int(rng.integers(2, 7)), 2))
        path = (np.array([x, y]) + np.cumsum(steps, axis=0)).astype(np.int32)
        cv2.polylines(canvas, [path], False, color, int(rng.integers(2, 14)), cv2.LINE_AA)
        return
    cv2.fillPoly(canvas, [points], color, cv2.LINE_AA)
    if outline:
        cv2.polylines(canvas, [points], True, outline, line, cv2.LINE_AA)


def _color(rng: np.random.Generator) -> Color:
    hsv = np.uint8([[[rng.integers(0, 180), 255 * rng.beta(1.5, 1.5), 255 * rng.beta(3, 1.5)]]])
    red, green, blue = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0].tolist()
    return red, green, blue


def moments(pictures: Iterator[Picture]) -> tuple[np.ndarray, np.ndarray]:
    """Mean (232,) and mean of squares (232, 232) of the cells of pictures."""
    network = load_efficientnet_lite0()
    total, squares, count = np.zeros(MAP_WIDTH), np.zeros((MAP_WIDTH, MAP_WIDTH)), 0
    with torch.inference_mode():
        for picture in pictures:
            maps = mid_level_maps(network, torch.from_numpy(np.ascontiguousarray(picture)[None]))
            cells = maps[0].permute(1, 2, 0).reshape(-1, MAP_WIDTH).double().numpy()
            total += cells.sum(axis=0)
            squares += cells.T @ cells
            count += len(cells)
    return total / count, squares / count


def main() -> None:
    """Computes the basis and writes it."""
    kinds = [moments(pieces(np.random.default_rng(0))), moments(drawings(np.random.default_rng(1)))]
    mean = np.average([kind[0] for kind in kinds], axis=0, weights=SHARES)
    covariance = np.average([kind[1] for kind in kinds], axis=0, weights=SHARES) - np.outer(mean, mean)
    scale = np.sqrt(np.diag(covariance))
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    values, vectors = values[::-1][:REGION_WIDTH], vectors[:, ::-1][:, :REGION_WIDTH]
    vectors *= np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(REGION_WIDTH)])  # signs are arbitrary: fixed
    basis = vectors / np.sqrt(values) / scale[:, None]
    np.savez(BASIS_PATH, mean=mean.astype(np.float32), basis=basis.astype(np.float32))
    print(f"{BASIS_PATH}: {REGION_WIDTH} components with {values.sum() / MAP_WIDTH:.0%} of the variance")


if __name__ == "__main__":
    main()
