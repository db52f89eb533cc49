"""Makes `src/reelsift/models/builtin/shake/`: the built-in task that tells steady from shaky film.

    pip install scikit-image scikit-learn && python tools/make_shake_task.py

Learned from films of a virtual camera over the photos that scikit-image and scikit-learn install
(`virtual_camera.py`). What counts as what, in shares of the longer side of the picture:

* steady: a tripod; pans of up to 0.6 a second, even or gathering speed; zooms that make everything up to 1.6 times as
  large in a second; sway slower than 0.7 a second of up to 0.03; all of it also held by hand, with a tremor of 1 to 8 a
  second of up to 0.0016 (root mean square).
* shaky: walking and running (1.5 to 3 steps a second of 0.006 to 0.03 to each side), jolts (0.015 to 0.06), nervous
  hands (1.5 to 6 a second, 0.004 to 0.015 root mean square), vibration (5 to 15 a second, 0.004 to 0.01).

No standard says how much is too much. These amplitudes are our choice: a quiet hand leaves a few pixels of tremor on a
screen 1920 pixels wide (0.0016 are 3), a step of somebody who walks ten and more (0.006 are 12). Between them no film
lies, and the border between the classes comes out at 0.0022, 4 pixels. Subjects that move (up to half of the picture),
captions, noise, compression, flashes, fades, cuts, frames shown twice, 10 to 60 frames a second and several shapes
occur in both classes.

The head looks at the column `shake` alone; all others weigh nothing. Its scores are from folds that hold out photos.
Deterministic.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from virtual_camera import Film, Path4, Picture, added, at_rest, grounds, jolts, pan, steps, subject, waves, zoom

from reelsift.features.shake import SHAKE_COLUMNS, ShakeExtractor, shake_of
from reelsift.features.views import view_named
from reelsift.held_out import HeldOut
from reelsift.media.render import shrunk
from reelsift.models import Model
from reelsift.models.calibration import cross_calibrated, fit_calibration
from reelsift.models.linear import LinearHead
from reelsift.models.logistic import LogisticFit, fit_logistic
from reelsift.specs import FrameSpec, IndexSpec

FOLDER = Path(__file__).parent.parent / "src/reelsift/models/builtin/shake"
CLASSES = ("steady", "shaky")
FILMS_A_PHOTO = 40
FOLDS = 8
STRENGTH = 1.0
SAMPLES_A_SECOND = 5
RATES = (10, 12, 15, 24, 25, 30, 50, 60)
SIZES = ((320, 180), (320, 180), (320, 240), (180, 320), (240, 240))

Rng = np.random.Generator


# Cameras -------------------------------------------------------------------------------------------------------------


def chosen(rng: Rng, seconds: float) -> Path4:
    """A movement that somebody wanted."""
    kind = rng.choice(["tripod", "pan", "zoom", "sway", "pan and zoom"], p=[0.25, 0.3, 0.15, 0.2, 0.1])
    if kind == "tripod":
        return at_rest()
    if kind == "sway":
        size = rng.uniform(0.003, 0.03)
        return waves(rng, lowest=0.1, highest=0.7, sizes=(size, size / 2, size / 3, size / 3))
    panning = pan(rng, widths_a_second=math.exp(rng.uniform(math.log(0.02), math.log(0.6))), seconds=seconds)
    zooming = zoom(rng, a_second=rng.uniform(0.05, 0.5))
    return panning if kind == "pan" else zooming if kind == "zoom" else added(panning, zooming)


def hands(rng: Rng) -> Path4:
    """The tremor of a camera held still."""
    size = rng.uniform(0.0002, 0.0016) / math.sqrt(2.2)
    return waves(rng, lowest=1, highest=8, sizes=(size, size, size / 3, size))


def unwanted(rng: Rng, seconds: float) -> Path4:
    """A movement that nobody wanted."""
    kind = rng.choice(["walking", "running", "jolts", "nervous", "vibration"], p=[0.35, 0.15, 0.15, 0.2, 0.15])
    if kind == "walking":
        return steps(rng, a_second=rng.uniform(1.5, 2.4), height=math.exp(rng.uniform(math.log(0.006), math.log(0.02))))
    if kind == "running":
        return steps(rng, a_second=rng.uniform(2.4, 3), height=rng.uniform(0.01, 0.03))
    if kind == "jolts":
        return jolts(rng, size=rng.uniform(0.015, 0.06), seconds=seconds)
    low, high, least, most = (1.5, 6, 0.004, 0.015) if kind == "nervous" else (5, 15, 0.004, 0.01)
    size = math.exp(rng.uniform(math.log(least), math.log(most))) / math.sqrt(2.2)
    return waves(rng, lowest=low, highest=high, sizes=(size, size, size / 3, size))


# Films ---------------------------------------------------------------------------------------------------------------


def film(rng: Rng, kind: str, photo: Picture, others: list[Picture]) -> Film:
    """A film of a class, over a photo."""
    seconds = rng.uniform(0.8, 1.6)
    times = np.arange(0, seconds, 1 / rng.choice(RATES)) + 1e-9
    size = SIZES[rng.integers(len(SIZES))]

    def camera() -> Path4:
        if kind == "shaky":
            return added(chosen(rng, seconds), unwanted(rng, seconds))
        return added(chosen(rng, seconds), hands(rng)) if rng.random() < 0.6 else chosen(rng, seconds)

    other = others[rng.integers(len(others))]
    cut = rng.random() < 0.15
    return Film(
        paths=(camera(), camera()) if cut else (camera(),),
        grounds=(photo, other) if cut else (photo,),
        subjects=subjects(rng, others, size),
        captions=int(rng.integers(1, 3)) if rng.random() < 0.15 else 0,
        times=times,
        shown=shown(rng, times),
        noise=float(rng.choice([0, 1, 3, 8])),
        light=light(rng, times),
        quality=int(rng.choice([0, 0, 35, 50, 70])),
        size=size,
        scale=float(rng.uniform(0.7, 1.6)),
        cut_seconds=rng.uniform(0.4, seconds) if cut else np.inf,
    )


def subjects(rng: Rng, others: list[Picture], size: tuple[int, int]) -> tuple[tuple[Picture, Picture, Path4], ...]:
    """None, one that is large, or several small ones, which walk, pass and shake by themselves."""
    kind = rng.choice(["none", "one", "several"], p=[0.45, 0.35, 0.2])
    found = []
    for _ in range({"none": 0, "one": 1, "several": 5}[str(kind)]):
        area = rng.uniform(0.05, 0.5) if kind == "one" else rng.uniform(0.02, 0.06)
        picture, outline = subject(rng, others[rng.integers(len(others))], size, area=area)
        own = steps(rng, a_second=rng.uniform(1, 3), height=rng.uniform(0, 0.04))
        way = pan(rng, widths_a_second=rng.uniform(0, 0.6), seconds=1)
        start = waves(rng, lowest=0, highest=0.01, sizes=(0 if kind == "one" else 0.3, 0.1, 0, 0))
        found.append((picture, outline, added(own, way, start)))
    return tuple(found)


def shown(rng: Rng, times: np.ndarray) -> np.ndarray:
    """When each frame was taken: some films show frames twice."""
    kind = rng.choice(["each once", "every fifth twice", "all twice"], p=[0.8, 0.12, 0.08])
    if kind == "each once" or len(times) < 20:
        return times
    number = np.arange(len(times))
    if kind == "all twice":
        return times[number // 2 * 2]
    taken = number - number // 5 - (number % 5 == 4)  # 24 pictures a second in 30 frames
    return times[0] + taken * 1.25 * (times[1] - times[0])


def light(rng: Rng, times: np.ndarray) -> np.ndarray:
    kind = rng.choice(["even", "fade", "flash", "flicker"], p=[0.75, 0.1, 0.08, 0.07])
    if kind == "fade":
        return np.interp(times, [0, rng.uniform(0.3, 1.5)], [0.05, 1])[:: int(rng.choice([-1, 1]))]
    if kind == "flash":
        return np.where(rng.random(len(times)) < 0.06, 2.5, 1.0)
    return 1 + 0.08 * rng.standard_normal(len(times)) if kind == "flicker" else np.ones(len(times))


class Drawn:
    """A frame as an extractor sees it."""

    def __init__(self, picture: Picture, time_seconds: float) -> None:
        self._picture, self.time_seconds = picture, time_seconds

    def luma(self, longest: int) -> Picture:
        return shrunk(self._picture, longest)


def rows_of(made: Film, rng: Rng) -> np.ndarray:
    """The view `shake` of a film."""
    extractor, times, due = ShakeExtractor(IndexSpec(), threads=1), [], -1
    for picture, time in zip(made.frames(rng), made.times.tolist(), strict=True):
        number = int(time * SAMPLES_A_SECOND)
        take: Callable[[Drawn], None] = extractor.add if number > due else extractor.passed  # type: ignore[assignment]
        take(Drawn(picture, time))
        if number > due:
            times.append(time)
            due = number
    return shake_of(extractor.finish(), times_seconds=np.array(times), wanted=np.arange(len(times)))


# The task ------------------------------------------------------------------------------------------------------------

LOOKED_AT = ("shake",)  # speed and sureness, beside it, add nothing that folds could tell


def fit(rows: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> tuple[LogisticFit, np.ndarray, np.ndarray]:
    columns = rows[:, [SHAKE_COLUMNS.index(name) for name in LOOKED_AT]].astype(np.float64)
    mean, scale = columns.mean(axis=0), columns.std(axis=0)
    settings = {"class_count": len(CLASSES), "sample_weights": weights, "strength": STRENGTH}
    return fit_logistic((columns - mean) / scale, targets=targets, **settings), mean, scale


def head_of(found: tuple[LogisticFit, np.ndarray, np.ndarray]) -> LinearHead:
    fitted, mean, scale = found
    width = len(SHAKE_COLUMNS)
    weights, means, scales = np.zeros((len(CLASSES), width)), np.zeros(width), np.ones(width)
    for place, name in enumerate(LOOKED_AT):
        column = SHAKE_COLUMNS.index(name)
        weights[:, column], means[column], scales[column] = fitted.weights[:, place], mean[place], scale[place]
    rounded = [np.round(values, 4).astype(np.float32) for values in (weights, fitted.bias, means, scales)]
    return LinearHead((("shake", width),), *rounded)


def films() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows of samples, their classes, and numbers of their photos and films."""
    found = grounds()
    rows, targets, groups, numbers = [], [], [], []
    for group, name in enumerate(found):
        rng = np.random.default_rng(group)
        others = [photo for other, photo in found.items() if other != name]
        for number in range(FILMS_A_PHOTO):
            target = number % len(CLASSES)
            made = rows_of(film(rng, CLASSES[target], found[name], others), rng)
            rows.append(made)
            targets += [target] * len(made)
            groups += [group] * len(made)
            numbers += [len(rows) - 1] * len(made)
    return np.concatenate(rows), np.array(targets), np.array(groups), np.array(numbers)


def main() -> None:
    rows, targets, groups, films_of = films()
    told = rows[:, SHAKE_COLUMNS.index("sure")] > 0
    print(f"{len(rows)} samples, of {np.mean(~told):.1%} nothing can be told: they count as steady")
    rows, targets, groups, films_of = rows[told], targets[told], groups[told], films_of[told]
    weights = 1 / np.bincount(films_of)[films_of]  # every film the same
    logits = np.zeros((len(rows), len(CLASSES)))
    folds = groups % FOLDS
    for fold in range(FOLDS):
        rest = folds != fold
        head = head_of(fit(rows[rest], targets[rest], weights[rest]))
        logits[~rest] = head.logits({"shake": rows[~rest]})
    probabilities = cross_calibrated(logits, targets=targets, sample_weights=weights, held_out=folds)
    right = probabilities.argmax(axis=1) == targets
    print(f"right in folds by photo, of the others: {np.average(right, weights=weights):.3f}")
    head = head_of(fit(rows, targets, weights))
    first = np.unique(films_of, return_index=True)[1]  # one sample of each film is enough to go with the model
    spec = IndexSpec(FrameSpec(), views=("shake",))
    model = Model(
        task="shake",
        classes=CLASSES,
        head=head,
        calibration=fit_calibration(logits, targets=targets, sample_weights=weights),
        priors=np.full(len(CLASSES), 1 / len(CLASSES)),
        switch_rate_per_second=math.inf,
        held_out=HeldOut(np.round(probabilities[first], 4), targets[first], np.ones(len(first)), groups[first]),
        index_spec={**spec.to_dict(), "view_versions": {"shake": view_named("shake").version}},
    )
    for share in (0.0005, 0.001, 0.0015, 0.002, 0.0025, 0.003, 0.004, 0.006, 0.01):
        row = np.zeros((1, len(SHAKE_COLUMNS)), np.float32)
        row[0, SHAKE_COLUMNS.index("shake")] = math.log1p(share / 0.001)
        row[0, SHAKE_COLUMNS.index("sure")] = 0.9
        print(f"shake of {share:.2%} of the width: {model.probabilities({'shake': row})[0, 1]:.2f} shaky")
    model.save(FOLDER)


if __name__ == "__main__":
    main()
