"""Choosing the most different rows: the plain algorithm's picks, its guarantees, and swaps that never harm."""

from __future__ import annotations

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from reelsift import farthest, swapping
from reelsift.errors import SpecError
from reelsift.select import coreset, far_apart

FloatArray = NDArray[np.float32]

SMALL = arrays(np.float32, st.tuples(st.integers(2, 9), st.integers(1, 3)), elements=st.integers(-5, 5).map(float))


def clustered(count: int, columns: int = 48, *, clusters: int = 20, seed: int = 0) -> FloatArray:
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((clusters, columns))
    rows = centres[rng.integers(0, clusters, count)] + 0.1 * rng.standard_normal((count, columns))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def plain(values: FloatArray, n: int, *, first: int | None, existing: FloatArray | None = None) -> list[int]:
    """The algorithm as textbooks have it, in float64."""
    rows = values.astype(np.float64)
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


@pytest.fixture(params=[4, 32, 4096])
def pool(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pools so small that rows must wait, also where the sets are small."""
    monkeypatch.setattr(farthest, "_POOL_ROWS", (request.param, request.param))
    monkeypatch.setattr(farthest, "_CHUNK_ROWS", (3, 16))
    monkeypatch.setattr(farthest, "_CENTRES", 8)


@pytest.mark.usefixtures("pool")
def test_picks_are_those_of_the_plain_algorithm() -> None:
    rows = clustered(400)
    picks = coreset(rows, 150)
    assert picks.dtype == np.int64 and picks.tolist() == plain(rows, 150, first=int(picks[0]))


@pytest.mark.usefixtures("pool")
def test_also_where_rows_differ_by_less_than_products_in_float32_tell() -> None:
    rng = np.random.default_rng(0)
    rows = np.asarray(
        1 + 1e-4 * rng.standard_normal((300, 16)), np.float32
    )  # squares of differences: 1e-8 of the lengths
    picks = coreset(rows, 120)
    assert picks.tolist() == plain(rows, 120, first=int(picks[0]))


@pytest.mark.usefixtures("pool")
def test_also_of_rows_equally_far() -> None:
    rows = np.asarray(list(itertools.product((0, 1), repeat=8)), np.float32)
    picks = coreset(rows, 256, seed=2)
    assert picks.tolist() == plain(rows, 256, first=int(picks[0]))


@pytest.mark.usefixtures("pool")
def test_also_with_what_exists() -> None:
    rows, there = clustered(300), clustered(37, seed=1)
    assert coreset(rows, 60, existing=there).tolist() == plain(rows, 60, first=None, existing=there)
    same = coreset(rows, 300, existing=rows[::3])
    assert same.tolist() == plain(rows, 300, first=None, existing=rows[::3])
    assert set(same[200:]) == set(range(0, 300, 3)), "what exists already comes last"


@pytest.mark.usefixtures("pool")
def test_also_of_many_equal_rows() -> None:
    copies = np.repeat(clustered(12), 30, axis=0)
    copies[7] = -copies[7] * 0  # a zero of the other sign is the same
    copies[8] = 0
    for seed in range(3):
        picks = coreset(copies, 50, seed=seed)
        assert picks.tolist() == plain(copies, 50, first=int(picks[0]))
        assert len({copies[pick].tobytes() for pick in picks[:13]}) == 13


def test_thousands_of_equal_rows_take_no_time() -> None:
    same = np.full((20_000, 8), 0.5, np.float32)
    same[19_000] = 1
    assert coreset(same, 5, seed=1)[1] == 19_000
    assert len(set(coreset(same, 2_000, swaps=True).tolist())) == 2_000


def test_one_row() -> None:
    one = np.ones((1, 3), np.float32)
    assert coreset(one, 1, swaps=True).tolist() == far_apart(one, 0).tolist() == [0]
    assert coreset(one, 1, existing=one).tolist() == [0] and far_apart(one, 0, existing=one).tolist() == []


def test_stored_halves_are_read_as_they_are_and_not_copied() -> None:
    rows = clustered(20_000, 256).astype(np.float16)
    tracemalloc.start()
    picks = coreset(rows, 40)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert picks.tolist() == coreset(rows.astype(np.float32), 40).tolist()
    assert peak < 2 * rows.nbytes, "less than a copy as float32 would take"


@settings(max_examples=200, deadline=None)
@given(SMALL, st.data())
def test_greedy_is_at_most_twice_as_far_as_the_best_and_at_least_half_as_wide(
    rows: FloatArray, data: st.DataObject
) -> None:
    n = data.draw(st.integers(1, len(rows)))
    picks = coreset(rows, n, seed=data.draw(st.integers(0, 3))).tolist()
    assert picks == plain(rows, n, first=picks[0])
    subsets = [list(subset) for subset in itertools.combinations(range(len(rows)), n)]
    assert radius(rows, picks) <= 2 * min(radius(rows, subset) for subset in subsets) + 1e-4
    assert least(rows[picks]) >= max(least(rows[subset]) for subset in subsets) / 2 - 1e-4 or n == 1


@settings(max_examples=100, deadline=None)
@given(SMALL, st.data())
def test_swaps_never_bring_picks_nearer_and_keep_the_guarantee(rows: FloatArray, data: st.DataObject) -> None:
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


def test_swaps_help(monkeypatch: pytest.MonkeyPatch) -> None:
    for all_rows in (3000, 40):  # all may be exchanged, or only the next picks of the greedy algorithm
        monkeypatch.setattr(swapping, "_ALL_ROWS", all_rows)
        monkeypatch.setattr(swapping, "_SOME_ROWS", all_rows)
        gains = []
        for seed in range(8):
            rows = np.random.default_rng(seed).random((80, 4), np.float32)
            greedy, swapped = coreset(rows, 16), coreset(rows, 16, swaps=True)
            gains.append(least(rows[swapped]) / least(rows[greedy]))
        assert min(gains) >= 1 and np.mean(gains) > 1.02


def test_of_too_many_picks_none_is_exchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swapping, "_MOST_ROWS", 31)
    monkeypatch.setattr(swapping, "_ALL_ROWS", 10)
    rows = np.random.default_rng(1).random((80, 4), np.float32)
    assert coreset(rows, 16, swaps=True).tolist() == coreset(rows, 16).tolist()


def test_what_is_chosen_depends_on_the_seed_and_on_nothing_else() -> None:
    rows = clustered(500)
    assert coreset(rows, 20, seed=3).tolist() == coreset(rows.astype(np.float64), 20, seed=3).tolist()
    assert coreset(rows, 20, seed=3).tolist() != coreset(rows, 20, seed=4).tolist()
    assert coreset(rows, 30, swaps=True).tolist() == coreset(rows, 30, swaps=True).tolist()
    assert sorted(coreset(rows, 500, swaps=True).tolist()) == list(range(500))


def test_far_apart_leaves_no_row_farther_than_asked() -> None:
    rows, there = clustered(300), clustered(9, seed=4)
    for existing in (None, there):
        picks = far_apart(rows, 0.5, existing=existing)
        assert picks.tolist() == coreset(rows, len(picks), existing=existing).tolist()
        known = rows[picks] if existing is None else np.concatenate([rows[picks], existing])
        apart = np.linalg.norm(rows[:, None] - known, axis=2)
        assert apart.min(axis=1).max() <= 0.5 < least(rows[picks])
        assert existing is None or np.linalg.norm(rows[picks][:, None] - existing, axis=2).min() > 0.5


def test_far_apart_stops_exactly_at_the_distance() -> None:
    line = np.arange(9, dtype=np.float32)[:, None]
    assert sorted(far_apart(line, 3.999, existing=line[:1]).tolist()) == [4, 8]
    assert sorted(far_apart(line, 4, existing=line[:1]).tolist()) == [8]
    assert far_apart(line, 8, existing=line[:1]).tolist() == []
    assert len(far_apart(np.repeat(line, 3, axis=0), 0)) == 9, "of equal rows one"
    with pytest.raises(SpecError, match="0 or more, not -1"):
        far_apart(line, -1)


@pytest.mark.parametrize(
    ("rows", "n", "existing", "problem"),
    [
        (np.zeros((3, 2)), 4, None, "1 to 3 can be chosen, not 4"),
        (np.zeros((3, 2)), 0, None, "not 0"),
        (np.zeros((0, 2)), 1, None, "at least one row"),
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
