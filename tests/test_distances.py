"""Statistics of distances between all pairs, or between a sample of them."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from reelsift import distances
from reelsift.distances import distance_statistics
from reelsift.errors import SpecError


def unit(count: int, columns: int = 6, *, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((count, columns))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def pairs(rows: np.ndarray) -> np.ndarray:
    return np.array([np.linalg.norm(a - b) for a, b in itertools.combinations(rows.astype(np.float64), 2)])


def test_all_pairs_of_few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = unit(90)
    expected = pairs(rows)
    for block in (512, 7):
        monkeypatch.setattr(distances, "_BLOCK_ROWS", block)
        found = distance_statistics(rows)
        assert (found.n, found.pairs, found.error, found.min_exact) == (90, 90 * 89 // 2, 0.0, True)
        assert found.mean == pytest.approx(expected.mean(), rel=1e-6)
        assert (found.min, found.max) == pytest.approx((expected.min(), expected.max()), rel=1e-6)
        assert (found.p10, found.p90) == pytest.approx(np.percentile(expected, [10, 90]), rel=1e-5)


def test_of_many_rows_a_sample_whose_error_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distances, "_ALL_PAIRS", 50)
    monkeypatch.setattr(distances, "_PAIRS", 2000)
    rows = unit(400)
    rows[17] = rows[250] + np.float32(1e-3)  # a pair that the sample does not have
    expected = pairs(rows)
    off = []
    for seed in range(20):
        found = distance_statistics(rows, seed=seed)
        assert found.pairs == 2000 and found.min_exact
        assert found.min == pytest.approx(expected.min(), rel=1e-5)
        assert found.error == pytest.approx(expected.std() / math.sqrt(2000), rel=0.1)
        off.append(abs(found.mean - expected.mean()) / found.error)
    assert max(off) < 4 and np.mean(off) == pytest.approx(math.sqrt(2 / math.pi), abs=0.5)
    assert distance_statistics(rows, seed=3) == distance_statistics(rows, seed=3)


def test_of_very_many_rows_the_smallest_distance_is_that_of_copies_and_neighbours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(distances, "_ALL_PAIRS", 50)
    monkeypatch.setattr(distances, "_EXACT_LEAST", 60)
    monkeypatch.setattr(distances, "_PAIRS", 20)
    rows = unit(400)
    rows[100] = rows[101] + np.float32(1e-3)
    found = distance_statistics(rows)
    assert not found.min_exact and found.min == pytest.approx(math.sqrt(6) * 1e-3, rel=1e-3)
    rows[3] = rows[300]
    assert distance_statistics(rows).min == 0


def test_distances_too_small_for_float32_products() -> None:
    rows = np.ones((3, 1000), np.float32)
    rows[1, 0] += 1e-6
    rows[2, 0] += 1
    assert distance_statistics(rows).min == pytest.approx(float(rows[1, 0]) - 1, rel=1e-6)
    assert distance_statistics(np.ones((40, 7), np.float16)).max == 0


def test_one_row_has_no_pair() -> None:
    found = distance_statistics(unit(1))
    assert found.n == 1 and found.pairs == 0 and math.isnan(found.mean) and math.isnan(found.min)


def test_what_is_no_matrix_is_refused() -> None:
    with pytest.raises(SpecError, match=r"an array \(N, D\)"):
        distance_statistics(np.zeros(4))
