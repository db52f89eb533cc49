"""Makes `src/reelsift/models/builtin/exposure/`: the built-in task of under-, well and over-exposed frames.

    pip install scikit-image scikit-learn && python tools/make_exposure_task.py

Learned from photos that no user brought, those that scikit-image and scikit-learn install, and from what a camera would
have made of them: a photo is taken back to light (IEC 61966-2-1), lit anew (a sky or a window several stops brighter, a
lamp, a slope of light), and taken with the right exposure or stops off it, through a tone curve, with noise, clipped,
at 8 bits, as JPEG. Good pictures are also those whose range was brought into a frame (several exposures fused after
Mertens, Kautz and Van Reeth, 2007), and those that a rule of thumb takes for wrong: a night with lamps, snow, fog,
silhouettes, a subject before black or white, drawings in flat colours, black bars.

The head is a logistic regression on the exposure columns of the view `quality`, all others weigh nothing. Its scores
are from folds that hold out photos. Deterministic.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from photos import photos

from reelsift.features.exposure import EXPOSURE_WIDTH, exposure_numbers, without_bars
from reelsift.features.quality import QUALITY_WIDTH
from reelsift.features.views import view_named
from reelsift.held_out import HeldOut
from reelsift.models import Model
from reelsift.models.calibration import cross_calibrated, fit_calibration
from reelsift.models.linear import LinearHead, fit_space
from reelsift.models.logistic import fit_logistic
from reelsift.specs import FrameSpec, IndexSpec

FOLDER = Path(__file__).parent.parent / "src/reelsift/models/builtin/exposure"
CLASSES = ("under", "good", "over")
PHOTOS = (  # scenes only: of a texture nobody can tell how it should be exposed
    *("astronaut.png", "camera.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "rocket.jpg"),
    *("china.jpg", "flower.jpg"),
)
PICTURES = 40  # of each photo and class
MIDDLE_GREY = 0.18
SEED = 0
STRENGTH = 1.0  # of the labels against the penalty; ten times more gains two points on these photos, and clings to them
HELD_OUT_EVERY = 4  # of the held-out pictures, this share is kept in the model

Picture = np.ndarray
FloatArray = np.ndarray
IntArray = np.ndarray
Generator = np.random.Generator


# --- scenes: light, linear, without bound -----------------------------------------------------------------------------


def photos_as_light() -> dict[str, Picture]:
    """The photos as light: linear RGB, 1.0 is white of the photo; by name without suffix."""
    return {Path(name).stem: to_light(levels / 255) for name, levels in photos(PHOTOS, colors="rgb").items()}


def to_light(levels: Picture) -> Picture:
    """Levels of sRGB to linear light, both from 0 to 1."""
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4).astype(np.float32)


def to_levels(light: Picture) -> Picture:
    """Linear light to levels of sRGB, both from 0 to 1."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055).astype(np.float32)


def piece(photo: Picture, rng: Generator) -> Picture:
    """A part of a photo, perhaps mirrored, at the size of a film's frame."""
    height, width = photo.shape[:2]
    shape = float(rng.choice([16 / 9, 4 / 3, 3 / 2, 1, 3 / 4]))
    part_width = int(min(width, height * shape) * rng.uniform(0.55, 1))
    part_height = int(part_width / shape)
    top, left = rng.integers(0, height - part_height + 1), rng.integers(0, width - part_width + 1)
    part = photo[top : top + part_height, left : left + part_width]
    part = part[:, ::-1] if rng.random() < 0.5 else part
    longest = int(rng.integers(340, 801))
    scale = longest / max(part_width, part_height)
    size = (max(64, round(part_width * scale)), max(64, round(part_height * scale)))
    return cv2.resize(np.ascontiguousarray(part), size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)


def relit(light: Picture, other: Picture, rng: Generator) -> Picture:
    """The scene in other light: what range a camera has to do with is the light's more than the things'."""
    kind = rng.choice(["as it is", "sky", "window", "lamp", "slope"], p=[0.35, 0.17, 0.2, 0.13, 0.15])
    if kind == "as it is":
        return light
    height, width = light.shape[:2]
    stops = np.zeros((height, width), np.float32)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / (height, width)[0]
    if kind == "sky":
        horizon = rng.uniform(0.2, 0.6) + rng.uniform(-0.2, 0.2) * (x - 0.5)
        ridge = cv2.resize(
            rng.uniform(-0.06, 0.06, (1, 24)).astype(np.float32), (width, 1), interpolation=cv2.INTER_CUBIC
        )
        above = y < horizon + ridge
        light = np.where(above[..., None], other_at(other, light.shape), light)
        stops = above * rng.uniform(1, 4)
    elif kind == "window":
        for _ in range(rng.integers(1, 4)):
            high, wide = rng.uniform(0.15, 0.6), rng.uniform(0.08, 0.4)
            top, left = rng.uniform(0, 1 - high), rng.uniform(0, 1 - wide)
            rows, columns = (
                slice(int(top * height), int((top + high) * height)),
                slice(int(left * width), int((left + wide) * width)),
            )
            light = light.copy()
            light[rows, columns] = other_at(other, light[rows, columns].shape)
            stops[rows, columns] = rng.uniform(2, 5.5)
    elif kind == "lamp":
        for _ in range(rng.integers(1, 4)):
            distance = np.hypot(y - rng.uniform(0, 1), x - rng.uniform(0, width / height))
            stops = np.maximum(stops, rng.uniform(2, 6) * np.exp(-((distance / rng.uniform(0.08, 0.5)) ** 2)))
            light = light + (distance < rng.uniform(0.01, 0.06))[..., None] * 1.0
    elif kind == "slope":
        angle = rng.uniform(0, 2 * np.pi)
        stops = rng.uniform(1, 5) * (np.cos(angle) * x + np.sin(angle) * y)
    return (light * 2.0 ** stops[..., None]).astype(np.float32)


def other_at(other: Picture, shape: tuple[int, ...]) -> Picture:
    """Another scene stretched to `shape`."""
    return cv2.resize(other, (max(1, shape[1]), max(1, shape[0])), interpolation=cv2.INTER_AREA)


# --- the camera -------------------------------------------------------------------------------------------------------


def right_stops(scene: Picture, photo: Picture) -> float:
    """By how many stops a scene is rightly exposed: half-way between middle grey and how bright its photo was meant."""
    middle, meant = (math.log2(goal / mean_light(scene)) for goal in (MIDDLE_GREY, mean_light(photo)))
    return (middle + meant) / 2 if scene is not photo else 0.0


def mean_light(light: Picture) -> float:
    """The geometric mean, which a few lamps do not move."""
    return float(np.exp(np.log(light.mean(axis=2) + 1e-3).mean()))


def highlight_stops(light: Picture) -> float:
    """By how many stops its highlights are brought just below white."""
    return math.log2(0.9 / max(float(np.percentile(light.max(axis=2), 98)), 1e-3))


def taken(light: Picture, stops: float, rng: Generator) -> Picture:
    """What a camera makes of the scene, levels from 0 to 1."""
    exposed = light * 2.0**stops
    iso = rng.uniform(0, 0.02)
    exposed = exposed + rng.standard_normal(exposed.shape, np.float32) * iso * np.sqrt(np.clip(exposed, 0.0005, 1))
    levels = to_levels(exposed)
    if rng.random() < 0.6:  # an S-shaped curve, as most cameras have
        strength = rng.uniform(0, 0.6)
        levels = (1 - strength) * levels + strength * levels**2 * (3 - 2 * levels)
    return levels


def fused(light: Picture, photo: Picture, rng: Generator) -> Picture:
    """Several exposures of the scene, fused: all of its range is in the frame."""
    low, right = highlight_stops(light), right_stops(light, photo)
    top = max(right, low + 1) + rng.uniform(0.5, 2)
    exposures = [(taken(light, stops, rng) * 255).astype(np.uint8) for stops in np.linspace(low, top, 4)]
    contrast, saturation = (rng.uniform(0.5, 1) for _ in range(2))
    return np.clip(cv2.createMergeMertens(contrast, saturation, 1.0).process(exposures), 0, 1)


def finished(levels: Picture, rng: Generator) -> Picture:
    """Brightness as the view sees it: 8 bits, as JPEG, now and then with lifted black, dulled white or black bars."""
    if rng.random() < 0.2:
        black, white = rng.uniform(0, 0.05), rng.uniform(0.92, 1)
        levels = black + levels * (white - black)
    picture = np.clip(levels * 255 + 0.5, 0, 255).astype(np.uint8)
    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 98))])[1]
    luma = cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_RGB2GRAY)
    if rng.random() < 0.1:
        bar = int(luma.shape[0] * rng.uniform(0.05, 0.15))
        luma = cv2.copyMakeBorder(luma, bar, bar, 0, 0, cv2.BORDER_CONSTANT, value=0)
    return luma


def under(light: Picture, other: Picture, rng: Generator) -> Picture:
    """Too dark: stops below the right exposure, and dark in the middle of the scale."""
    scene = relit(light, other, rng)
    stops = right_stops(scene, light) - rng.uniform(1.3, 5.5)
    levels = taken(scene, stops, rng)
    while np.median(levels) > 0.27:
        stops -= 0.5
        levels = taken(scene, stops, rng)
    return levels


def over(light: Picture, other: Picture, rng: Generator) -> Picture:
    """Too bright: stops above the right exposure, and a part of the picture is clipped."""
    scene = relit(light, other, rng)
    stops = right_stops(scene, light) + rng.uniform(1.0, 4.0)
    levels = taken(scene, stops, rng)
    while (levels.mean(axis=2) > 0.97).mean() < 0.1:
        stops += 0.5
        levels = taken(scene, stops, rng)
    return levels


def good(light: Picture, other: Picture, rng: Generator) -> Picture:
    """As somebody meant it to look; half of them are what a rule of thumb takes for wrong."""
    kinds = {"photo": 0.15, "fused": 0.22, "balanced": 0.11, "night": 0.08, "bright": 0.16, "fog": 0.05,
             "silhouette": 0.04, "ground": 0.09, "drawing": 0.1}  # fmt: skip
    kind = rng.choice(list(kinds), p=list(kinds.values()))
    if kind == "photo":
        return taken(light, rng.uniform(-0.5, 0.4), rng)
    if kind == "fused":
        return fused(relit(light, other, rng), light, rng)
    if kind == "balanced":
        return balanced(light, other, rng)
    if kind == "night":
        return night(light, rng)
    levels = to_levels(light)
    if kind == "bright":  # snow, a light floor: most of it light, all but nothing of it lost
        return bright(levels, rng)
    if kind == "fog":
        return rng.uniform(0.4, 0.68) + (levels - levels.mean()) * rng.uniform(0.25, 0.5)
    if kind == "silhouette":
        return silhouette(light, rng)
    if kind == "ground":
        return on_plain_ground(levels, rng)
    return drawing(levels, rng)


def balanced(light: Picture, other: Picture, rng: Generator) -> Picture:
    """The best single exposure of a scene whose range a camera can still hold, or nearly."""
    for _ in range(20):
        scene = relit(light, other, rng)
        low, right = highlight_stops(scene), right_stops(scene, light)
        if right - low < 1.8:
            return taken(scene, min(right, (low + right) / 2 + 0.3) + rng.uniform(-0.4, 0.4), rng)
    return taken(light, 0.0, rng)


def bright(levels: Picture, rng: Generator) -> Picture:
    """Light on the whole, all but nothing of it clipped, perhaps with dark things on it."""
    light = rng.uniform(0.9, 1.0) - (1 - levels) * rng.uniform(0.25, 0.6)
    things = (levels.mean(axis=2, keepdims=True) < np.percentile(levels, rng.uniform(0, 25))).astype(np.float32)
    return light * (1 - things) + levels * things


def night(light: Picture, rng: Generator) -> Picture:
    """A dark scene with lamps that light up what is near: dark on the whole, but with all of the range."""
    height, width = light.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / height
    scene = light * 2.0 ** (math.log2(MIDDLE_GREY / mean_light(light)) - rng.uniform(1.6, 2.8))
    for _ in range(rng.integers(3, 20)):
        distance = np.hypot(y - rng.uniform(0.1, 0.9), x - rng.uniform(0, width / height))
        size = rng.uniform(0.004, 0.02)
        near = np.exp(-((distance / (size * rng.uniform(4, 14))) ** 2))[..., None]
        lit = np.minimum(light * rng.uniform(0.5, 2), 1.0)
        scene = np.maximum(scene, lit * near) + (distance < size)[..., None] * 2.0 + 0.04 * near
    return taken(scene, 0.0, rng)


def silhouette(light: Picture, rng: Generator) -> Picture:
    """Well exposed, but for a dark thing before it."""
    height, width = light.shape[:2]
    levels = taken(light, rng.uniform(-0.2, 0.4), rng)
    mask = np.zeros((height, width), np.uint8)
    if rng.random() < 0.5:  # a ridge, a row of houses
        tops = cv2.resize(rng.uniform(0.6, 0.9, (1, int(rng.integers(3, 20)))), (width, 1)).ravel()
        mask[:] = np.arange(height)[:, None] > tops * height
    for _ in range(rng.integers(1, 4)):
        centre = (int(rng.uniform(0, width)), int(rng.uniform(0.3, 1) * height))
        axes = (int(width * rng.uniform(0.04, 0.15)), int(height * rng.uniform(0.1, 0.4)))
        cv2.ellipse(mask, centre, axes, float(rng.uniform(-30, 30)), 0, 360, 1, -1)
    return np.where(mask[..., None] > 0, levels * rng.uniform(0.02, 0.2), levels)


def on_plain_ground(levels: Picture, rng: Generator) -> Picture:
    """A subject, or pictures as on a screen, before black or light ground."""
    height, width = levels.shape[:2]
    mask = np.zeros((height, width), np.float32)
    if rng.random() < 0.5:
        centre = (int(width * rng.uniform(0.3, 0.7)), int(height * rng.uniform(0.4, 0.6)))
        axes = (int(width * rng.uniform(0.25, 0.45)), int(height * rng.uniform(0.3, 0.55)))
        cv2.ellipse(mask, centre, axes, 0, 0, 360, 1, -1)
        mask = cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(1, 12)))
    else:
        across, down, gap = rng.integers(1, 7), rng.integers(1, 5), rng.uniform(0.05, 0.4)
        x, y = np.arange(width) / width * across % 1, np.arange(height)[:, None] / height * down % 1
        mask[:] = (x > gap) & (y > gap)
    ground = rng.uniform(0, 0.1) if rng.random() < 0.6 else rng.uniform(0.85, 0.97)
    mask = mask[..., None]
    return np.clip(levels * rng.uniform(1, 1.2), 0, 1) * mask + ground * (1 - mask)


def drawing(levels: Picture, rng: Generator) -> Picture:
    """Flat colours with dark outlines."""
    small = cv2.GaussianBlur(levels, (0, 0), 3)
    steps = rng.integers(3, 7)
    low = rng.uniform(0, 0.45)  # a drawing of snow is light all over
    flat = low + np.round(small * steps) / steps * (rng.uniform(0.85, 0.97) - low)
    lines = cv2.morphologyEx(flat.mean(axis=2), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0.05
    return np.where(lines[..., None], flat * 0.2, flat)


MAKERS = {"under": under, "good": good, "over": over}


def examples() -> Iterator[tuple[str, str, Picture]]:
    """Photo, class and brightness of each picture that is learned from."""
    rng = np.random.default_rng(SEED)
    for name, photo in photos_as_light().items():
        for class_name in CLASSES:
            for _ in range(PICTURES):
                # Sky and windows show the same photo: no other may be in what a fold has held out.
                light, other = piece(photo, rng), piece(photo, rng)
                yield name, class_name, finished(MAKERS[class_name](light, other, rng), rng)


# --- learning ---------------------------------------------------------------------------------------------------------


def learned(rows: FloatArray, targets: IntArray) -> LinearHead:
    """The head on the exposure columns of the view `quality`; all others weigh nothing."""
    space = fit_space(rows)
    fit = fit_logistic(
        space.coordinates,
        targets=targets,
        class_count=len(CLASSES),
        sample_weights=np.ones(len(targets)),
        strength=STRENGTH,
    )
    head = LinearHead.from_fit(fit, spaces={"quality": space}, views=("quality",))
    others = QUALITY_WIDTH - EXPOSURE_WIDTH
    return LinearHead(
        widths=(("quality", QUALITY_WIDTH),),
        weights=np.pad(head.weights, ((0, 0), (0, others))),
        bias=head.bias,
        mean=np.pad(head.mean, (0, others)),
        scale=np.pad(head.scale, (0, others), constant_values=1.0),
    )


def held_out_logits(rows: FloatArray, targets: IntArray, groups: IntArray) -> FloatArray:
    """(N, C) what heads say that have not learned from the same photo."""
    logits = np.zeros((len(rows), len(CLASSES)))
    padded = np.pad(rows, ((0, 0), (0, QUALITY_WIDTH - EXPOSURE_WIDTH)))
    for group in np.unique(groups):
        own = groups == group
        logits[own] = learned(rows[~own], targets[~own]).logits({"quality": padded[own]})
    return logits


def main() -> None:
    """Draws the pictures, learns the head and saves the model."""
    drawn = [(name, kind, exposure_numbers(without_bars(luma))) for name, kind, luma in examples()]
    names, class_names, pictures = zip(*drawn, strict=True)
    rows = np.array(pictures, np.float64)
    targets = np.array([CLASSES.index(name) for name in class_names])
    groups = np.unique(names, return_inverse=True)[1].astype(np.int64)
    logits, weights = held_out_logits(rows, targets, groups), np.ones(len(rows))
    chances = cross_calibrated(logits, targets=targets, sample_weights=weights, held_out=groups)
    for group, name in enumerate(np.unique(names)):
        print(f"{name}: {(chances.argmax(axis=1) == targets)[groups == group].mean():.2f}")
    print(f"in folds by photo {(chances.argmax(axis=1) == targets).mean():.3f} of {len(rows)}")
    spec = IndexSpec(FrameSpec(), views=("quality",))
    kept = slice(None, None, HELD_OUT_EVERY)
    Model(
        task="exposure",
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
