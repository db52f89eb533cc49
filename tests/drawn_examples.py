"""Examples drawn on the fly: films and pictures whose classes differ in known ways."""

from __future__ import annotations

from typing import Any

import numpy as np

from reelsift.features.regions import REGION_WIDTH, VARIANTS, pack_cells
from reelsift.models.bench import Fetch
from reelsift.models.examples import Examples


def film(
    count: int = 60, *, classes: int = 2, apart: float = 3.0, columns: int = 40, seed: int = 0, **changes: Any
) -> Examples:
    """One film, a labelled frame a second; each class is `apart` standard deviations out in a direction of its own."""
    rng = np.random.default_rng(seed)
    targets = np.arange(count) // 3 % classes
    looks = rng.standard_normal((count, columns))
    looks[np.arange(count), targets] += apart
    blank = np.full(count, "")
    values: dict[str, Any] = {
        "views": {
            "appearance": looks.astype(np.float16),
            "quality": rng.standard_normal((count, 6)).astype(np.float32),
        },
        "targets": targets.astype(np.int64),
        "classes": ("OK", "KO", "neither")[:classes],
        "source_ids": np.full(count, "film"),
        "times_seconds": np.arange(count, dtype=np.float64),
        "groups": blank,
        "stems": blank,
        "order": np.zeros(count, dtype=np.int64),
    }
    return Examples(**{**values, **changes})


def pictures(stems: list[str], targets: list[int], *, columns: int = 8, seed: int = 0) -> Examples:
    """Loose pictures, in the natural order of `stems`."""
    count = len(stems)
    order = np.unique(np.array(stems), return_inverse=True)[1].astype(np.int64)
    return film(
        count,
        classes=max(targets) + 1,
        columns=columns,
        seed=seed,
        targets=np.array(targets, dtype=np.int64),
        source_ids=np.array([f"picture-{index}" for index in range(count)]),
        times_seconds=np.zeros(count),
        stems=np.array(stems),
        order=order,
    )


def things(count: int = 60, *, seed: int = 0) -> tuple[Examples, Fetch, list[str]]:
    """A film in which a small thing in one cell of twelve decides the class; the mean over the cells says nothing.

    Returns:
        The examples, what fetches the views `regions` and `regions_varied`, and the names of those it was asked for.
    """
    rng = np.random.default_rng(seed)
    targets = (np.arange(count) // 3 % 2).astype(np.int64)
    cells = 0.25 * rng.standard_normal((count, 12, REGION_WIDTH))
    for own, target in zip(cells, targets, strict=True):
        if target == 0:
            own[rng.integers(12), :6] += 3
        else:
            own[:, :6] += 3 / 12  # as much, but nowhere in particular
    rows = [pack_cells(own.reshape(3, 4, REGION_WIDTH).astype(np.float32)) for own in cells]
    asked: list[str] = []

    def fetch(view: str, source_ids: Any, times_seconds: Any) -> Any:
        asked.append(view)
        return [rows[int(moment)] * (VARIANTS if view == "regions_varied" else 1) for moment in times_seconds]

    views = {"appearance": cells.mean(axis=1).astype(np.float32)}
    return film(count, views=views, targets=targets), fetch, asked
