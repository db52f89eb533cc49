"""Evenly, at random, typical, strange: what each way chooses, of small sets against brute force."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from reelsift import choosing
from reelsift.choosing import outliers, random, typical, uniform
from reelsift.errors import SpecError

FloatArray = NDArray[np.float32]


def clusters(sizes: list[int], *, columns: int = 16, spread: float = 0.02, seed: int = 0) -> FloatArray:
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((len(sizes), columns))
    rows = np.repeat(centres / np.linalg.norm(centres, axis=1, keepdims=True), sizes, axis=0)
    return np.asarray(rows + spread * rng.standard_normal(rows.shape), np.float32)


def test_uniform_takes_the_middles_of_equal_stretches() -> None:
    assert uniform([np.arange(10) / 5], 1).tolist() == [5]
    assert uniform([np.arange(10) / 5], 5).tolist() == [1, 3, 5, 7, 9]
    assert uniform([np.arange(10) / 5], 10).tolist() == list(range(10))


def test_uniform_goes_by_time_not_by_samples() -> None:
    dense, sparse = np.arange(0, 10, 0.1), np.arange(0, 10, 1.0)
    chosen = uniform([dense, sparse], 10)
    assert (chosen < 100).sum() == 5, "ten seconds each, so five of each, however many samples"
    uneven = np.concatenate([np.arange(0, 1, 0.01), np.arange(1, 10, 0.5)])
    assert np.diff(uneven[uniform([uneven], 9)]) == pytest.approx(np.ones(8), abs=0.51)


@given(st.lists(st.lists(st.floats(0, 1e4), max_size=12).map(sorted), min_size=1, max_size=5), st.data())
@settings(max_examples=200, deadline=None)
def test_uniform_always_gives_as_many_as_asked(films: list[list[float]], data: st.DataObject) -> None:
    count = sum(map(len, films))
    if not count:
        return
    n = data.draw(st.integers(1, count))
    chosen = uniform(films, n)
    assert chosen.dtype == np.int64 and len(chosen) == n
    assert (np.diff(chosen) > 0).all() and chosen[0] >= 0 and chosen[-1] < count


def test_random_takes_each_once_and_all_alike() -> None:
    assert sorted(random(7, 7).tolist()) == list(range(7))
    assert random(50, 9, seed=1).tolist() == random(50, 9, seed=1).tolist() != random(50, 9, seed=2).tolist()
    taken = np.bincount(np.concatenate([random(10, 3, seed=seed) for seed in range(1000)]), minlength=10)
    assert taken.min() > 240 and taken.max() < 360


def test_typical_takes_the_large_clusters_first() -> None:
    rows = clusters([40, 100, 5, 60])
    picks = typical(rows, 4).tolist()
    assert sorted(np.searchsorted([40, 140, 145, 205], picks, side="right").tolist()) == [0, 1, 2, 3]
    assert 40 <= picks[0] < 140 and 140 <= picks[3] < 145


def gain(rows: FloatArray, picks: list[int]) -> float:
    squares = ((rows[:, None].astype(np.float64) - rows[None]) ** 2).sum(axis=2)
    return float((squares.max(axis=0) - squares[picks].min(axis=0)).sum())


def test_typical_is_greedy_and_near_the_best() -> None:
    for seed in range(5):
        rows = np.random.default_rng(seed).standard_normal((60, 3)).astype(np.float32)
        picks = typical(rows, 3).tolist()
        for place in range(3):
            known = picks[:place]
            assert picks[place] == max(range(60), key=lambda row: gain(rows, [*known, row]))
        small = rows[:9]
        best = max(gain(small, list(subset)) for subset in itertools.combinations(range(9), 3))
        assert gain(small, typical(small, 3).tolist()) >= (1 - 1 / np.e) * best


def test_typical_of_many_goes_by_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "_SAMPLE", 60)
    monkeypatch.setattr(choosing, "_CANDIDATES", 80)
    rows = clusters([200, 300, 250, 250])
    picks = typical(rows, 4)
    assert sorted(np.searchsorted([200, 500, 750, 1000], picks, side="right").tolist()) == [0, 1, 2, 3]


def test_typical_leaves_out_what_exists_stands_for() -> None:
    rows = clusters([40, 100, 60])
    assert 40 <= typical(rows, 1)[0] < 140
    assert typical(rows, 1, existing=rows[50:51])[0] >= 140


def test_outliers_are_those_far_from_all_others() -> None:
    rows = clusters([50, 50, 1, 50, 1])
    assert sorted(outliers(rows, 2).tolist()) == [100, 151]


def test_a_strange_scene_is_chosen_once() -> None:
    rows = clusters([60, 3, 60, 1], spread=0.01)
    rows = np.concatenate([rows, rows[-1:], rows[-1:]])  # copies of the strangest, which hide nothing
    picks = outliers(rows, 2).tolist()
    assert any(60 <= pick < 63 for pick in picks) and 123 in picks
    known = outliers(rows, 1, existing=rows[123:124]).tolist()
    assert 60 <= known[0] < 63


def test_outliers_of_many_go_by_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "_SAMPLE", 100)
    assert sorted(outliers(clusters([500, 500, 1, 500, 1]), 2).tolist()) == [1000, 1501]


@pytest.mark.parametrize("choose", [typical, outliers])
def test_all_can_be_chosen_also_of_equal_rows(choose: Callable[..., NDArray[np.int64]]) -> None:
    rows = np.repeat(clusters([3, 2]), 4, axis=0)
    for n in (1, 5, 20):
        picks = choose(rows, n)
        assert picks.dtype == np.int64 and len(set(picks.tolist())) == n
        assert picks.tolist() == choose(rows, n).tolist()
    assert choose(np.ones((1, 2), np.float16), 1).tolist() == [0]
    same = choose(np.ones((50, 2), np.float32), 7, existing=np.ones((1, 2), np.float32))
    assert len(set(same.tolist())) == 7


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (lambda: uniform([[0.0, 1.0]], 3), "1 to 2 can be chosen, not 3"),
        (lambda: uniform([[1.0, 0.0]], 1), "rising"),
        (lambda: random(4, 0), "not 0"),
        (lambda: typical(np.zeros((4, 2)), 5), "not 5"),
        (lambda: outliers(np.zeros((4, 2)), 5), "not 5"),
        (lambda: outliers(np.zeros((4, 2)), 1, neighbours=0), "not 0"),
        (lambda: typical(np.zeros((4, 2)), 1, existing=np.zeros((1, 3))), "3 columns"),
    ],
)
def test_what_cannot_be_chosen_is_refused(call: Callable[[], object], problem: str) -> None:
    with pytest.raises(SpecError, match=problem):
        call()
