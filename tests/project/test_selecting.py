"""How a number is divided among classes, and what counts as a near copy."""

from __future__ import annotations

import numpy as np
import pytest

from reelsift.project import selecting
from reelsift.project.pool import NEAR_COPY


@pytest.mark.parametrize(
    ("sizes", "n", "shares"),
    [
        ([2, 50, 50], 10, [2, 4, 4]),
        ([0, 5, 5], 4, [0, 2, 2]),
        ([3, 3], 6, [3, 3]),
        ([9], 4, [4]),
        ([4, 4, 4], 4, [2, 1, 1]),
    ],
)
def test_classes_get_equally_many_as_far_as_there_are_enough(sizes: list[int], n: int, shares: list[int]) -> None:
    assert selecting._shares(sizes, n) == shares


def test_near_copies_of_picks_and_of_what_exists_are_left_out() -> None:
    angles = np.array([0, 0.5, 1, 1 + NEAR_COPY / 2, 1 + 2 * NEAR_COPY])
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    picks = np.array([2, 3, 4, 1, 0])
    assert selecting._without_near_copies(rows, picks, None).tolist() == [2, 4, 1, 0]
    there = rows[1:2] @ np.array([[1, 0.01], [-0.01, 1]], np.float32)
    assert selecting._without_near_copies(rows, picks, there).tolist() == [2, 4, 0]
