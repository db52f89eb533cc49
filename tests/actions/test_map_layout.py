"""Places in a plane: alike rows stand together, copies on one spot, and the same rows always the same way."""

from __future__ import annotations

import numpy as np
import pytest

from reelsift.actions import map_layout
from reelsift.actions.map_layout import places_in_plane

NONE = np.arange(0)


def groups(
    count: int, *, of: int, width: float = 0.2, columns: int = 48, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """(count * of, columns) unit rows in groups that lie as far from each other as columns allow; and their groups."""
    chance = np.random.default_rng(seed)
    middles, _ = np.linalg.qr(chance.standard_normal((columns, count)))
    group = np.repeat(np.arange(count), of)
    rows = middles.T[group] + width / np.sqrt(columns) * chance.standard_normal((count * of, columns))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), group


def nearest(rows: np.ndarray) -> np.ndarray:
    apart = np.square(rows[:, None] - rows[None]).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    return apart.argmin(axis=1)


@pytest.mark.parametrize("landmarks", [1000, 120])
def test_groups_that_overlap_in_two_components_stand_apart(landmarks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_layout, "MOST_LANDMARKS", landmarks)
    rows, group = groups(24, of=25, width=0.5)
    places = places_in_plane(rows, anchors=NONE)
    assert places.shape == (600, 2) and places.dtype == np.float32
    assert (group[nearest(places)] == group).mean() > 0.9
    centred = rows - rows.mean(axis=0)
    flat = centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T
    assert (group[nearest(flat)] == group).mean() < 0.7


@pytest.mark.parametrize("landmarks", [1000, 60])
def test_the_same_rows_have_the_same_places_and_copies_one(landmarks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_layout, "MOST_LANDMARKS", landmarks)
    rows, _ = groups(4, of=30)
    rows[40:100] = rows[7]
    places = places_in_plane(rows, anchors=np.array([7, 50, 110]))
    assert np.array_equal(places, places_in_plane(rows.copy(), anchors=np.array([7, 50, 110])))
    assert np.ptp(places[40:100], axis=0).max() < 1e-3
    assert np.abs(places[7] - places[40]).max() < 1e-3
    assert len(np.unique(places.round(3), axis=0)) > 50


def test_the_chosen_are_laid_out_themselves_unless_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_layout, "MOST_LANDMARKS", 20)
    few = map_layout._landmarks(1000, np.array([3, 999, 3, 500]), seed=0)
    assert len(few) == 20 and {3, 500, 999} <= set(few.tolist()) and (np.diff(few) > 0).all()
    many = map_layout._landmarks(1000, np.arange(0, 1000, 2), seed=0)
    assert len(many) == 20 and (np.diff(many) > 0).all() and (many % 2 == 0).sum() >= 10
    assert np.array_equal(map_layout._landmarks(20, NONE, seed=0), np.arange(20))


@pytest.mark.parametrize(("count", "columns"), [(1, 5), (2, 5), (3, 1), (50, 1), (50, 2), (39, 60), (41, 60)])
def test_few_rows_and_few_columns_have_places_too(count: int, columns: int) -> None:
    rows = np.random.default_rng(1).standard_normal((count, columns)).astype(np.float32)
    places = places_in_plane(rows, anchors=NONE)
    assert places.shape == (count, 2) and np.isfinite(places).all()
    if count > 1:
        assert np.ptp(places, axis=0)[0] > 0


@pytest.mark.parametrize(("count", "landmarks"), [(60, 1000), (300, 100)])
def test_rows_that_are_all_the_same_stand_on_one_spot(
    count: int, landmarks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_layout, "MOST_LANDMARKS", landmarks)
    for value in (0.0, 0.3):
        places = places_in_plane(np.full((count, 8), value, np.float32), anchors=NONE)
        assert np.isfinite(places).all() and np.ptp(places, axis=0).max() < 1e-5


def test_of_few_rows_the_one_unlike_all_others_stands_apart() -> None:
    rows, _ = groups(2, of=10, width=0.3)
    rows[:] = rows[0] * 0.9 + rows * 0.1
    rows[4] = -rows[0]
    places = places_in_plane(rows, anchors=NONE)
    apart = np.linalg.norm(places - np.median(places, axis=0), axis=1)
    assert apart.argmax() == 4 and apart[4] > 5 * np.median(apart)


def test_half_precision_is_enough() -> None:
    rows, group = groups(6, of=30)
    places = places_in_plane(rows.astype(np.float16), anchors=NONE)
    assert (group[nearest(places)] == group).mean() > 0.98


def test_each_row_has_as_many_neighbours_as_asked_for() -> None:
    rows, _ = groups(5, of=20, width=0.5)
    pull = map_layout._affinities(rows, neighbours=8)
    assert pull.sum() == pytest.approx(1, abs=1e-4)
    assert np.allclose(pull, pull.T) and (np.diag(pull) == 0).all()
    shares = pull / pull.sum(axis=1, keepdims=True)
    effective = np.exp(-(shares * np.log(np.maximum(shares, 1e-30))).sum(axis=1))
    assert 7 < np.median(effective) < 13  # made symmetric, they have some more


def test_the_slope_is_the_derivative_of_the_divergence() -> None:
    chance = np.random.default_rng(3)
    pull = chance.random((7, 7)).astype(np.float32)
    pull += pull.T
    np.fill_diagonal(pull, 0)
    pull /= pull.sum()
    places = chance.standard_normal((7, 2)).astype(np.float32)

    def divergence(at: np.ndarray) -> float:
        near = 1 / (1 + np.square(at[:, None] - at[None]).sum(axis=2))
        np.fill_diagonal(near, 0)
        other = ~np.eye(7, dtype=bool)
        return float((pull[other] * np.log(pull[other] / (near / near.sum())[other])).sum())

    slope = map_layout._slope(places, pull)
    for row, column in [(0, 0), (3, 1), (6, 0)]:
        step = np.zeros((7, 2))
        step[row, column] = 1e-5
        numeric = (divergence(places + step) - divergence(places - step)) / 2e-5
        assert slope[row, column] == pytest.approx(numeric, rel=1e-3, abs=1e-5)
