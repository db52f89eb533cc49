"""Choosing the most different rows: the plain algorithm's picks, its guarantees, and swaps that never harm."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from reelsift import select
from reelsift.errors import SpecError
from reelsift.select import coreset

FloatArray = NDArray[np.float32]

SMALL = arrays(np.float32, st.tuples(st.integers(2, 9), st.integers(1, 3)), elements=st.integers(-5, 5).map(float))


def clustered(count: int, columns: int = 48, *, clusters: int = 20, seed: int = 0) -> FloatArray:
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((clusters, columns))
    rows = centres[rng.integers(0, clusters, count)] + 0.1 * rng.standard_normal((count, columns))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def plain(rows: FloatArray, n: int, *, first: int | None, existing: FloatArray | None = None) -> list[int]:
    """The algorithm as textbooks have it."""
    squares = np.full(len(rows), np.inf)
    for row in existing if existing is not None else ():
        squares = np.minimum(squares, ((rows - row) ** 2).sum(axis=1))
    picks: list[int] = []
    while len(picks) < n:
        picks.append(int(squares.argmax()) if first is None or picks else first)
        squares = np.minimum(squares, ((rows - rows[picks[-1]]) ** 2).sum(axis=1))
        squares[picks] = -1
    return picks


def least(rows: FloatArray) -> float:
    """Smallest distance between two rows."""
    return min((float(np.linalg.norm(a - b)) for a, b in itertools.combinations(rows, 2)), default=np.inf)


def radius(rows: FloatArray, picks: list[int]) -> float:
    """How far the row is that is farthest from all picks."""
    return float(max(min(np.linalg.norm(row - rows[pick]) for pick in picks) for row in rows))


@pytest.mark.parametrize("pool", [8, 64, 4096])
def test_picks_are_those_of_the_plain_algorithm(pool: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(select, "_POOL_ROWS", pool)
    monkeypatch.setattr(select, "_BLOCK_ROWS", 4)
    monkeypatch.setattr(select, "_CHUNK_ROWS", 32)
    rows = clustered(400)
    picks = coreset(rows, 150)
    assert picks.dtype == np.int64 and picks.tolist() == plain(rows, 150, first=int(picks[0]))


def test_also_with_what_exists_and_of_many_equal_rows() -> None:
    rows, there = clustered(300), clustered(7, seed=1)
    assert coreset(rows, 60, existing=there).tolist() == plain(rows, 60, first=None, existing=there)
    copies = np.repeat(clustered(12), 900, axis=0)
    picks = coreset(copies, 14)
    assert picks.tolist() == plain(copies, 14, first=int(picks[0]))
    assert len({int(pick) // 900 for pick in picks}) == 12


@settings(max_examples=200, deadline=None)
@given(SMALL, st.data())
def test_greedy_is_at_most_twice_as_far_as_the_best_and_at_least_half_as_wide(
    rows: FloatArray, data: st.DataObject
) -> None:
    n = data.draw(st.integers(1, len(rows)))
    picks = coreset(rows, n, seed=data.draw(st.integers(0, 3))).tolist()
    assert len(set(picks)) == n
    subsets = [list(subset) for subset in itertools.combinations(range(len(rows)), n)]
    assert radius(rows, picks) <= 2 * min(radius(rows, subset) for subset in subsets) + 1e-4
    assert least(rows[picks]) >= max(least(rows[subset]) for subset in subsets) / 2 - 1e-4 or n == 1


@settings(max_examples=100, deadline=None)
@given(SMALL, st.data())
def test_swaps_never_bring_picks_nearer_and_reach_the_best_of_small_sets(rows: FloatArray, data: st.DataObject) -> None:
    n = data.draw(st.integers(2, len(rows)))
    existing = rows[:1] + 0.5 if data.draw(st.booleans()) else None
    given_rows = np.empty((0, rows.shape[1]), np.float32) if existing is None else existing

    def width(picks: list[int]) -> float:
        return least(np.concatenate([rows[picks], given_rows]))

    greedy = coreset(rows, n, existing=existing).tolist()
    swapped = coreset(rows, n, existing=existing, swaps=True).tolist()
    assert len(set(swapped)) == n and width(swapped) >= width(greedy) - 1e-5
    best = max(width(list(subset)) for subset in itertools.combinations(range(len(rows)), n))
    assert width(swapped) >= best / 2 - 1e-4


def test_swaps_help() -> None:
    gains = []
    for seed in range(8):
        rows = np.random.default_rng(seed).random((80, 4), np.float32)
        greedy, swapped = coreset(rows, 16), coreset(rows, 16, swaps=True)
        gains.append(least(rows[swapped]) / least(rows[greedy]))
    assert min(gains) >= 1 and np.mean(gains) > 1.02


def test_what_is_chosen_depends_on_the_seed_and_on_nothing_else() -> None:
    rows = clustered(500)
    assert coreset(rows, 20, seed=3).tolist() == coreset(rows.astype(np.float64), 20, seed=3).tolist()
    assert coreset(rows, 20, seed=3).tolist() != coreset(rows, 20, seed=4).tolist()
    assert coreset(rows, 30, swaps=True).tolist() == coreset(rows, 30, swaps=True).tolist()
    assert sorted(coreset(rows, 500, swaps=True).tolist()) == list(range(500))


@pytest.mark.parametrize(
    ("rows", "n", "existing", "problem"),
    [
        (np.zeros((3, 2)), 4, None, "1 to 3 can be chosen, not 4"),
        (np.zeros((3, 2)), 0, None, "not 0"),
        (np.zeros(3), 1, None, r"an array \(N, D\)"),
        (np.zeros((3, 2), np.int64), 1, None, "float"),
        (np.full((3, 2), np.nan), 1, None, "not finite"),
        (np.zeros((3, 2)), 1, np.zeros((1, 3)), "existing rows have 3 columns, and the others 2"),
    ],
)
def test_what_cannot_be_chosen_from_is_refused(
    rows: FloatArray, n: int, existing: FloatArray | None, problem: str
) -> None:
    with pytest.raises(SpecError, match=problem):
        coreset(rows, n, existing=existing)
