"""Makes `src/reelsift/models/builtin/blur/`: the built-in task that tells sharp from blurred frames.

    pip install scikit-image scikit-learn && python tools/make_blur_task.py

Learned from photos that no user brought, those that scikit-image and scikit-learn install, and from what a camera would
have made of them: out of focus (a disc), moved along a line or a curved path, rolled, zoomed and shifted, or blurred by
a Gaussian. Then come the tone of a night, fog or harsh light, sharpening in the camera, noise and JPEG. Sharp are also
pictures with a shallow depth of field, those a little soft, those scaled up a little, those in which hardly anything
has detail. How much blur is too much grows with the root of the picture's width: small films are forgiven more.

The photos are small. So that pictures of a film's size can be sharp, a photo is made smaller and continued by its
mirror image. The head is a logistic regression on the widths of edges in the view `quality`; all other columns weigh
nothing, noise among them: clean drawings have none, and are not blurred. Its scores are from folds that hold out
photos. Deterministic.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from photos import photos

from reelsift.features.exposure import without_bars
from reelsift.features.quality import QUALITY_COLUMNS, QUALITY_WIDTH
from reelsift.features.sharpness import SHARPNESS_COLUMNS, sharpness_numbers
from reelsift.features.views import view_named
from reelsift.held_out import HeldOut
from reelsift.models import Model
from reelsift.models.calibration import cross_calibrated, fit_calibration
from reelsift.models.linear import LinearHead, fit_space
from reelsift.models.logistic import fit_logistic
from reelsift.specs import FrameSpec, IndexSpec

FOLDER = Path(__file__).parent.parent / "src/reelsift/models/builtin/blur"
CLASSES = ("sharp", "blurred")
PHOTOS = (
    *("astronaut.png", "camera.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png"),
    *("brick.png", "grass.png", "gravel.png", "page.png", "hubble_deep_field.jpg", "ihc.png", "coins.png"),
    *("china.jpg", "flower.jpg"),
)
PICTURES = 120  # of each photo, half of them blurred
SIZES = {  # width and height, and how often
    (960, 540): 0.25,
    (960, 640): 0.13,
    (640, 360): 0.12,
    (960, 720): 0.1,
    (580, 420): 0.1,
    (720, 960): 0.07,
    (854, 480): 0.07,
    (720, 404): 0.06,
    (480, 360): 0.05,
    (540, 960): 0.05,
}
LONGEST = 960
STRENGTH = 5.0  # of the labels against the penalty
HELD_OUT_EVERY = 5  # of the held-out pictures, this share is kept in the model
MIRRORED = cv2.BORDER_REFLECT_101

Picture = np.ndarray
Rows = np.ndarray
Generator = np.random.Generator


# --- scenes -----------------------------------------------------------------------------------------------------------


def scene(photo: Picture, rng: Generator, width: int, height: int) -> Picture:
    """A picture of what is on a photo: perhaps two views of it, perhaps with areas that have no detail."""
    picture = filled(photo, rng, width, height)
    if rng.random() < 0.3:
        other = filled(photo, rng, width, height)
        picture = np.where(waves(rng, width, height) > rng.normal(0, 0.5), picture, other)
    if rng.random() < 0.3:
        plain = areas(rng, width, height, share=rng.uniform(0.3, 0.97), softness=float(rng.choice([0.01, 0.3])))
        picture = plain * slope(rng, width, height) + (1 - plain) * picture
    return picture.astype(np.float32)


def filled(photo: Picture, rng: Generator, width: int, height: int) -> Picture:
    """A part of a photo, mostly made smaller so that it is sharp, and continued by its mirror image."""
    photo = photo[:, ::-1] if rng.random() < 0.5 else photo
    part_height, part_width = (int(side * rng.uniform(0.6, 1)) for side in photo.shape)
    top, left = rng.integers(0, photo.shape[0] - part_height + 1), rng.integers(0, photo.shape[1] - part_width + 1)
    part = np.ascontiguousarray(photo[top : top + part_height, left : left + part_width])
    scale = math.exp(rng.uniform(math.log(0.45), 0)) if rng.random() < 0.75 else rng.uniform(1, 1.3)
    scale = min(scale, max(height / part_height, width / part_width))
    size = (max(16, round(part_width * scale)), max(16, round(part_height * scale)))
    part = cv2.resize(part, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    while part.shape[0] < height or part.shape[1] < width:
        down, right = (
            min(max(0, wanted - side), side - 1) for wanted, side in zip((height, width), part.shape, strict=True)
        )
        part = cv2.copyMakeBorder(part, down // 2, down - down // 2, right // 2, right - right // 2, MIRRORED)
    top, left = (part.shape[0] - height) // 2, (part.shape[1] - width) // 2
    return part[top : top + height, left : left + width].astype(np.float32)


def waves(rng: Generator, width: int, height: int) -> Picture:
    """Smooth hills and valleys."""
    heights = rng.normal(size=(6, 8)).astype(np.float32)
    return cv2.resize(heights, (width, height), interpolation=cv2.INTER_CUBIC)


def areas(rng: Generator, width: int, height: int, *, share: float, softness: float) -> Picture:
    """Areas that take a share of the picture: 1 inside, 0 outside, and between over a border."""
    hills = waves(rng, width, height)
    return np.clip((np.quantile(hills[::8, ::8], share) - hills) / softness + 0.5, 0, 1)


def slope(rng: Generator, width: int, height: int) -> Picture:
    """A sky or a wall: hardly any change."""
    levels = rng.uniform(20, 235, (2, 3)).astype(np.float32)
    levels = levels.mean() + (levels - levels.mean()) * rng.uniform(0.05, 0.6)
    return cv2.resize(levels.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)


# --- blur -------------------------------------------------------------------------------------------------------------


def disc(radius: float) -> Picture:
    """What a point becomes out of focus."""
    places = np.arange(-math.ceil(radius), math.ceil(radius) + 1)
    inside = np.clip(radius + 0.5 - np.hypot(*np.meshgrid(places, places)), 0, 1)
    return (inside / inside.sum()).astype(np.float32)


def path(points: np.ndarray) -> Picture:
    """What a point becomes that takes a path `(N, 2)` of steps of equal time."""
    reach = math.ceil(np.abs(points).max()) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    lower = np.floor(points).astype(int)
    rest = points - lower
    for x, y in ((0, 0), (1, 0), (0, 1), (1, 1)):
        weights = np.abs(1 - x - rest[:, 0]) * np.abs(1 - y - rest[:, 1])
        np.add.at(kernel, (reach + lower[:, 1] + y, reach + lower[:, 0] + x), weights)
    return kernel / kernel.sum()


def line(length: float, angle: float) -> Picture:
    """Moved evenly."""
    along = np.linspace(-length / 2, length / 2, max(3, int(length * 4)))
    return path(np.stack([along * math.cos(angle), along * math.sin(angle)], axis=1))


def curve(length: float, rng: Generator) -> Picture:
    """Moved by an unsteady hand, now faster, now slower."""
    count = 60
    angles = np.cumsum(rng.normal(0, 0.18, count)) + rng.uniform(0, 2 * math.pi)
    speeds = np.linspace(rng.uniform(0.4, 1.6), rng.uniform(0.4, 1.6), count)
    points = np.cumsum(np.stack([np.cos(angles), np.sin(angles)], axis=1) * speeds[:, None], axis=0)
    points = (points - points.mean(axis=0)) * length / np.linalg.norm(np.ptp(points, axis=0))
    often = np.linspace(0, count - 1, 4 * count)
    return path(np.stack([np.interp(often, np.arange(count), points[:, axis]) for axis in (0, 1)], axis=1))


def turned(picture: Picture, length: float, rng: Generator) -> Picture:
    """Taken with a camera that rolls, zooms and shifts; `length` is how far a pixel moves on average."""
    height, width = picture.shape
    center = (width * rng.uniform(0.1, 0.9), height * rng.uniform(0.1, 0.9))
    roll, zoom = rng.normal(), rng.normal() * (rng.random() < 0.4)
    shift = rng.normal(0, 0.15, 2) * math.hypot(height, width)
    y, x = np.mgrid[0:height:32, 0:width:32]
    y, x = y - center[1], x - center[0]
    scale = length / np.hypot(zoom * x - roll * y + shift[0], roll * x + zoom * y + shift[1]).mean()
    total = np.zeros_like(picture)
    moments = np.linspace(-0.5, 0.5, int(np.clip(length * 2.2, 8, 64))) * scale
    for moment in moments:
        moved = cv2.getRotationMatrix2D(center, math.degrees(roll * moment), 1 + zoom * moment)
        moved[:, 2] += shift * moment
        total += cv2.warpAffine(picture, moved, (width, height), flags=cv2.INTER_LINEAR, borderMode=MIRRORED)
    return total / len(moments)


def blurred(picture: Picture, rng: Generator, unit: float) -> Picture:
    """The picture blurred so that nobody would take it for sharp."""

    def size(low: float, high: float) -> float:
        return math.exp(rng.uniform(math.log(low), math.log(high))) * unit

    kind = rng.choice(["defocus", "line", "curve", "turn", "gaussian"], p=[0.22, 0.28, 0.2, 0.15, 0.15])
    if kind == "turn":
        found = turned(picture, size(8, 40), rng)
    elif kind == "gaussian":
        found = cv2.GaussianBlur(picture, (0, 0), size(2.2, 9))
    else:
        if kind == "defocus":
            kernel = disc(size(3.2, 14))
        elif kind == "line":
            kernel = line(size(8, 50), rng.uniform(0, math.pi))
        else:
            kernel = curve(size(10, 50), rng)
        found = cv2.filter2D(picture, -1, kernel, borderType=MIRRORED)
    return cv2.GaussianBlur(found, (0, 0), rng.uniform(0.4, 1.0)) if rng.random() < 0.3 else found


def sharp(picture: Picture, rng: Generator, unit: float) -> Picture:
    """The picture as it may still be called sharp."""
    kind = rng.choice(["as it is", "shallow", "soft", "larger", "moved"], p=[0.2, 0.25, 0.35, 0.12, 0.08])
    height, width = picture.shape
    if kind == "shallow":
        return shallow(picture, math.exp(rng.uniform(math.log(2.5), math.log(14))) * unit, rng)
    if kind == "soft":
        return cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.25) * unit)
    if kind == "larger":
        factor = 1 + rng.uniform(0.3, 1.4) * unit
        small = cv2.resize(picture, (round(width / factor), round(height / factor)), interpolation=cv2.INTER_AREA)
        filter_ = cv2.INTER_CUBIC if rng.random() < 0.5 else cv2.INTER_LINEAR
        return cv2.resize(small, (width, height), interpolation=filter_)
    if kind == "moved":
        kernel = line(rng.uniform(1.5, 3.5) * unit, rng.uniform(0, math.pi))
        return cv2.filter2D(picture, -1, kernel, borderType=MIRRORED)
    return picture


def shallow(picture: Picture, radius: float, rng: Generator) -> Picture:
    """Part of the picture in focus, the rest the more out of focus the further away."""
    height, width = picture.shape
    hills = waves(rng, width, height)
    above = (hills - np.quantile(hills[::8, ::8], 1 - rng.uniform(0.12, 0.6))) / 0.25
    in_focus, near = np.clip(above + 0.5, 0, 1), np.clip(above + 1.5, 0, 1)
    middle, far = (
        cv2.filter2D(picture, -1, disc(each), borderType=MIRRORED) for each in (max(0.6, radius / 3), radius)
    )
    return (in_focus * picture + (1 - in_focus) * (near * middle + (1 - near) * far)).astype(np.float32)


# --- the camera -------------------------------------------------------------------------------------------------------


def taken(picture: Picture, rng: Generator) -> Picture:
    """The picture as a camera stores it: tone, sharpening, noise, 8 bits and JPEG."""
    tone = rng.choice(["as it is", "night", "fog", "harsh"], p=[0.55, 0.15, 0.15, 0.15])
    if tone == "night":
        picture = 255 * (np.clip(picture, 0, 255) / 255) ** rng.uniform(1.3, 2.6) * rng.uniform(0.35, 1)
    elif tone == "fog":
        picture = (picture - picture.mean()) * rng.uniform(0.3, 0.7) + rng.uniform(60, 190)
    elif tone == "harsh":
        picture = (picture - 128) * rng.uniform(1.1, 1.6) + 128 + rng.uniform(-30, 30)
    if rng.random() < 0.3:
        soft = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.8, 1.6))
        picture = picture + rng.uniform(0.3, 1.2) * (picture - soft)
    if rng.random() < 0.5:
        noise = rng.normal(0, rng.uniform(0.5, 7) if rng.random() < 0.8 else rng.uniform(6, 14), picture.shape)
        if rng.random() < 0.4:  # as a camera leaves it that interpolates colours: neighbours are alike
            noise = cv2.GaussianBlur(noise, (0, 0), 0.7) * 1.8
        picture = picture + noise
    stored = np.clip(picture + 0.5, 0, 255).astype(np.uint8)
    if rng.random() < 0.8:
        encoded = cv2.imencode(".jpg", stored, [cv2.IMWRITE_JPEG_QUALITY, int(rng.uniform(35, 96))])[1]
        stored = cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE)
    return stored


def examples() -> Iterator[tuple[int, int, Picture]]:
    """Number of the photo, class, and brightness of each picture."""
    sizes, shares = list(SIZES), np.array(list(SIZES.values()))
    for number, photo in enumerate(photos(PHOTOS, colors="grey").values()):
        rng = np.random.default_rng(number)
        for count in range(PICTURES):
            target = count % len(CLASSES)
            width, height = sizes[rng.choice(len(sizes), p=shares)]
            picture = scene(photo, rng, width, height)
            made = (sharp, blurred)[target](picture, rng, math.sqrt(max(width, height) / LONGEST))
            yield number, target, taken(made, rng)


# --- the model --------------------------------------------------------------------------------------------------------


def learned(rows: Rows, targets: np.ndarray) -> LinearHead:
    """A head of the view `quality` that looks at the widths of edges alone, `rows`."""
    space = fit_space(rows)
    fit = fit_logistic(
        space.coordinates,
        targets=targets,
        class_count=len(CLASSES),
        sample_weights=np.ones(len(targets)),
        strength=STRENGTH,
    )
    head = LinearHead.from_fit(fit, spaces={"quality": space}, views=("quality",))
    before = QUALITY_COLUMNS["sharpness"].start + SHARPNESS_COLUMNS["widths"].start
    around = (before, QUALITY_WIDTH - before - rows.shape[1])
    return LinearHead(
        widths=(("quality", QUALITY_WIDTH),),
        weights=np.pad(head.weights, ((0, 0), around)),
        bias=head.bias,
        mean=np.pad(head.mean, around),
        scale=np.pad(head.scale, around, constant_values=1.0),
    )


def logits_of(head: LinearHead, rows: Rows) -> np.ndarray:
    """(N, C) of widths of edges."""
    before = QUALITY_COLUMNS["sharpness"].start + SHARPNESS_COLUMNS["widths"].start
    padded = np.pad(rows, ((0, 0), (before, QUALITY_WIDTH - before - rows.shape[1])))
    return head.logits({"quality": padded})


def main() -> None:
    """Draws the pictures, learns the head and saves the model."""
    made = [(group, target, sharpness_numbers(without_bars(luma))) for group, target, luma in examples()]
    groups, targets = (np.array([row[column] for row in made], np.int64) for column in (0, 1))
    rows = np.array([row[2] for row in made], np.float64)[:, SHARPNESS_COLUMNS["widths"]]
    logits, weights = np.zeros((len(rows), len(CLASSES))), np.ones(len(rows))
    for group in np.unique(groups):
        own = groups == group
        logits[own] = logits_of(learned(rows[~own], targets[~own]), rows[own])
    chances = cross_calibrated(logits, targets=targets, sample_weights=weights, held_out=groups)
    right = chances.argmax(axis=1) == targets
    for group, name in enumerate(PHOTOS):
        print(f"{Path(name).stem}: {right[groups == group].mean():.2f}")
    print(f"in folds by photo {right.mean():.3f} of {len(rows)}")
    spec = IndexSpec(FrameSpec(), views=("quality",))
    kept = slice(None, None, HELD_OUT_EVERY)
    Model(
        task="blur",
        classes=CLASSES,
        head=learned(rows, targets),
        calibration=fit_calibration(logits, targets=targets, sample_weights=weights),
        priors=np.full(len(CLASSES), 1 / len(CLASSES)),
        switch_rate_per_second=math.inf,
        held_out=HeldOut(np.round(chances[kept], 4), targets[kept], weights[kept], groups[kept]),
        index_spec={**spec.to_dict(), "view_versions": {"quality": view_named("quality").version}},
    ).save(FOLDER)


if __name__ == "__main__":
    main()
