"""The built-in task `blur` on drawn pictures: what is blurred, and what a simple measure would take for it."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from reelsift.features.quality import QUALITY_COLUMNS, quality_of
from reelsift.features.views import view_named
from reelsift.models.builtin_tasks import builtin_folder, builtin_model

Picture = np.ndarray


def drawn(*, width: int = 960, height: int = 540, seed: int = 0) -> Picture:
    """Shapes with hard edges in all directions."""
    rng = np.random.default_rng(seed)
    picture = np.full((height, width), 90, np.uint8)
    for x, y, size, angle, grey in rng.random((200, 5)):
        box = ((x * width, y * height), (15 + 90 * size, 15 + 70 * size), 180 * angle)
        cv2.fillPoly(picture, [cv2.boxPoints(box).astype(np.int32)], 30 + 190 * float(grey), cv2.LINE_AA)
    return picture


def defocused(picture: Picture, radius: int = 7) -> Picture:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)).astype(np.float32)
    return cv2.filter2D(picture, -1, disc / disc.sum(), borderType=cv2.BORDER_REFLECT_101)


def moved(picture: Picture, length: int = 25) -> Picture:
    return cv2.blur(picture, (length, 1), borderType=cv2.BORDER_REFLECT_101)


def noisy(picture: Picture, deviation: float = 6.0) -> Picture:
    noise = np.random.default_rng(0).normal(0, deviation, picture.shape)
    return np.clip(picture + noise + 0.5, 0, 255).astype(np.uint8)


def stored(picture: Picture, quality: int = 45) -> Picture:
    encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE))


def shallow(picture: Picture) -> Picture:
    """Sharp in the middle third, far out of focus around it."""
    found = defocused(picture, 9)
    found[:, 320:640] = picture[:, 320:640]
    return found


def night(picture: Picture) -> Picture:
    return noisy((picture * 0.35).astype(np.uint8), 3)


def fog(picture: Picture) -> Picture:
    return (picture * 0.35 + 130).astype(np.uint8)


def sky(picture: Picture) -> Picture:
    height, width = picture.shape
    return np.tile(np.linspace(140, 200, height).astype(np.uint8)[:, None], (1, width))


def blurred(picture: Picture) -> float:
    model = builtin_model("blur")
    return float(model.probabilities({"quality": quality_of(picture)[None]})[0, model.classes.index("blurred")])


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("change", [np.asarray, noisy, stored, shallow, night, fog, sky])
def test_what_is_sharp(change: Callable[[Picture], Picture], seed: int) -> None:
    assert blurred(change(drawn(seed=seed))) < 0.5


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("change", [np.asarray, noisy, stored, night, fog])
@pytest.mark.parametrize("blur", [defocused, moved])
def test_what_is_blurred(blur: Callable[[Picture], Picture], change: Callable[[Picture], Picture], seed: int) -> None:
    assert blurred(change(blur(drawn(seed=seed)))) > 0.75


def test_a_small_film_scaled_up_a_little_is_sharp() -> None:
    small = cv2.resize(drawn(), (640, 360), interpolation=cv2.INTER_AREA)
    assert blurred(stored(small, 60)) < 0.5
    assert blurred(cv2.resize(small, (960, 540), interpolation=cv2.INTER_LINEAR)) < 0.5


def test_the_model_looks_at_sharpness_alone_and_is_small() -> None:
    model = builtin_model("blur")
    weights = model.head.arrays()["weights"]
    elsewhere = np.ones(weights.shape[1], bool)
    elsewhere[QUALITY_COLUMNS["sharpness"]] = False
    assert model.classes == ("sharp", "blurred") and not weights[:, elsewhere].any()
    assert model.index_spec["view_versions"] == {"quality": view_named("quality").version}
    assert sum(path.stat().st_size for path in builtin_folder("blur").iterdir()) < 32_000
