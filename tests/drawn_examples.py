"""Examples drawn on the fly: films and pictures whose classes differ in known ways."""

from __future__ import annotations

from typing import Any

import numpy as np

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
