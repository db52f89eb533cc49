"""Sequences drawn on the fly: clips and recordings whose classes no single frame tells."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from drawn_examples import film
from reelsift.models.examples import Examples
from reelsift.models.sequences import FetchSequences, Sequences

FloatArray = NDArray[np.float64]

STEP = 0.2


def moving(targets: NDArray[np.int64], *, seed: int = 0, columns: int = 6) -> NDArray[np.float32]:
    """(n, D) samples: of class 0 they keep still, of class 1 a column jumps up and down from sample to sample.

    Single samples look alike; so do their means. `columns` of noise are beside it.
    """
    rng = np.random.default_rng(seed)
    table = rng.standard_normal((len(targets), columns + 1)) * 0.3
    signs = np.where(np.arange(len(targets)) % 2, 1.5, -1.5)
    table[:, 0] += np.where(targets == 1, signs, rng.choice([-1.5, 1.5]))
    starts = np.flatnonzero(np.diff(targets, prepend=-1))
    for first, end in zip(starts, [*starts[1:], len(targets)], strict=True):
        if targets[first] == 0:
            table[first:end, 0] += rng.choice([-1.5, 1.5]) - table[first:end, 0].mean()
    return table.astype(np.float32)


def clips(count: int = 40, *, length: int = 12, seed: int = 0, **changes: Any) -> tuple[Examples, FetchSequences]:
    """Clips of one class each, every sample labelled; four clips to a film (its name is their group)."""
    targets = np.repeat(np.arange(count) % 2, length)
    looks = np.concatenate([moving(np.full(length, n % 2), seed=1000 * seed + n) for n in range(count)])
    names = np.repeat([f"clip-{n:02d}" for n in range(count)], length)
    times = np.tile(np.arange(length) * STEP, count)
    groups = np.repeat([f"film-{n // 4}" for n in range(count)], length)
    values = {
        "views": {"motion": looks},
        "targets": targets,
        "source_ids": names,
        "times_seconds": times,
        "groups": groups,
    }
    return film(count * length, **{**values, **changes}), fetching(looks, names, times)


def shots(
    targets: NDArray[np.int64], *, length: int, told: float, seed: int
) -> tuple[dict[str, NDArray[np.float32]], FloatArray]:
    """The views `appearance` and `motion` of samples with a cut after each `length`, and their time stamps.

    What a shot looks like says nothing of its class; that much of the shots show by their motion, on the mean over
    noise, what class it is.
    """
    rng = np.random.default_rng(seed)
    number = np.arange(len(targets)) // length
    looks = rng.standard_normal((number[-1] + 1, 40))[number] + 0.1 * rng.standard_normal((len(targets), 40))
    shows = (rng.random(number[-1] + 1) < told)[number]
    motion = rng.standard_normal((len(targets), 4)) + np.where(shows, np.where(targets, 0.5, -0.5), 0.0)[:, None]
    views = {"appearance": looks.astype(np.float32), "motion": motion.astype(np.float32)}
    return views, np.arange(len(targets)) * STEP


def fetching_views(
    views: dict[str, NDArray[np.float32]], times: FloatArray, starts: NDArray[np.int64]
) -> FetchSequences:
    """What gives sequences of these samples, of which all are labelled."""

    def fetch(names: tuple[str, ...], _: NDArray[Any], __: FloatArray) -> Sequences:
        return Sequences({name: views[name] for name in names if name in views}, times, starts, np.arange(len(times)))

    return fetch


def fetching(looks: NDArray[np.float32], names: NDArray[Any], times: NDArray[np.float64]) -> FetchSequences:
    """What gives sequences of these samples; any view that is asked for is the same table."""
    starts = np.append(np.flatnonzero(np.append(True, names[1:] != names[:-1])), len(names)).astype(np.int64)
    places = {(str(name), round(float(at), 6)): row for row, (name, at) in enumerate(zip(names, times, strict=True))}

    def fetch(views: tuple[str, ...], source_ids: NDArray[Any], times_seconds: NDArray[np.float64]) -> Sequences:
        rows = [places[str(name), round(float(at), 6)] for name, at in zip(source_ids, times_seconds, strict=True)]
        return Sequences(dict.fromkeys(views, looks), times, starts, np.array(rows, np.int64))

    return fetch
