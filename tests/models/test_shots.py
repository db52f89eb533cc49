"""Where windows are cut."""

from __future__ import annotations

import numpy as np
import pytest

from reelsift.models.shots import jumps_and_cuts, means_of, stretches_around

RNG = np.random.default_rng(0)


def test_cuts_of_windows() -> None:
    looks = np.repeat(RNG.standard_normal((6, 50)), 7, axis=0) + 0.1 * RNG.standard_normal((42, 50))
    windows = np.stack([looks[:30], looks[5:35], looks[12:42]]).astype(np.float32)
    jumps, cuts = jumps_and_cuts(windows)
    assert cuts.shape == jumps.shape == (3, 29)
    for row, first in enumerate((0, 5, 12)):
        assert np.flatnonzero(cuts[row]).tolist() == [
            c for c in (place - first for place in range(6, 42, 7)) if 0 <= c < 29
        ]
        assert jumps[row] == pytest.approx(jumps_and_cuts(windows[row : row + 1])[0][0])


@pytest.mark.parametrize("length", [0, 1, 2])
def test_short_windows_have_no_cuts_that_could_be_told(length: int) -> None:
    jumps, cuts = jumps_and_cuts(np.ones((2, length, 8), np.float32))
    assert jumps.shape == cuts.shape == (2, max(length - 1, 0)) and not cuts.any()


def test_without_looks_there_are_no_cuts() -> None:
    jumps, cuts = jumps_and_cuts(np.zeros((2, 5, 0), np.float32))
    assert jumps.shape == (2, 4) and not jumps.any() and not cuts.any()


def test_stretches_stop_at_cuts() -> None:
    cuts = np.array([[0, 0, 1, 0, 0, 0], [1, 1, 0, 0, 0, 0]], bool)
    first, end = stretches_around(7, 2, cuts=cuts)
    assert first.tolist() == [[0, 0, 0, 3, 3, 3, 4], [0, 1, 2, 2, 2, 3, 4]]
    assert end.tolist() == [[3, 3, 3, 6, 7, 7, 7], [1, 2, 5, 6, 7, 7, 7]]
    first, end = stretches_around(4, 1)
    assert first.tolist() == [[0, 0, 1, 2]] and end.tolist() == [[2, 3, 4, 4]]


def test_means_of_stretches() -> None:
    values = RNG.standard_normal((2, 9, 3)).astype(np.float32)
    first, end = stretches_around(9, 3, cuts=RNG.random((2, 8)) < 0.3)
    found = means_of(values, first, end)
    for window in range(2):
        for place in range(9):
            own = values[window, first[window, place] : end[window, place]]
            assert found[window, place] == pytest.approx(own.mean(0), abs=1e-6)
    together = means_of(values, *stretches_around(9, 3))
    assert together[1, 4] == pytest.approx(values[1, 1:8].mean(0), abs=1e-6)
