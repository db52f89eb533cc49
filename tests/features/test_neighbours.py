"""Who is whose neighbour in time, and rows that are the same in whatever runs the frames come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelsift.features import neighbours
from reelsift.features.neighbours import derive_in_runs, nearest_rows, steps_around
from reelsift.features.views import VIEWS


def test_the_nearest_frame_at_most_half_the_lag_off() -> None:
    times = np.array([0.0, 0.208, 0.417, 0.583, 1.0])
    assert nearest_rows(times, lag_seconds=0.2).tolist() == [1, 2, 3, -1, -1]
    assert nearest_rows(times, lag_seconds=-0.2).tolist() == [-1, 0, 1, 2, -1]
    assert nearest_rows(times, lag_seconds=0.4).tolist() == [2, 3, 4, 4, -1]
    assert nearest_rows(times, lag_seconds=-0.4).tolist() == [-1, 0, 0, 1, 3]


def test_of_two_frames_as_near_the_earlier() -> None:
    assert nearest_rows(np.array([0.0, 0.25, 0.75]), lag_seconds=0.5).tolist() == [1, 2, -1]


def test_half_the_lag_counts_in_binary_too() -> None:
    times = np.arange(20) * 0.3
    assert nearest_rows(times, lag_seconds=0.2).tolist() == [*range(1, 20), -1]


def test_no_frame_is_its_own_neighbour() -> None:
    for lag in (0.2, -0.2):
        found = nearest_rows(np.arange(50) / 1000, lag_seconds=lag)
        assert (found == -1).all()
    assert nearest_rows(np.array([1.0]), lag_seconds=0.2).tolist() == [-1]
    assert nearest_rows(np.empty(0), lag_seconds=0.2).tolist() == []


def test_time_stamps_that_start_again_part_a_film() -> None:
    times = np.array([0.0, 0.2, 0.4, 0.0, 0.2, 0.2, 0.4])
    assert nearest_rows(times, lag_seconds=0.2).tolist() == [1, 2, -1, 4, -1, 6, -1]
    assert nearest_rows(times, lag_seconds=-0.2).tolist() == [-1, 0, 1, -1, 3, -1, 5]


def test_steps_around_a_frame_are_numbers_of_pairs() -> None:
    times = np.array([0.0, 0.2, 0.4, 0.6, 3.0])
    pairs, steps = steps_around(times, np.array([1, 3, 4]), lag_seconds=0.2, count=2)
    assert pairs.tolist() == [[0, 1], [1, 2], [2, 3]]
    assert steps.tolist() == [[-1, 0, 1, 2], [1, 2, -1, -1], [-1, -1, -1, -1]]
    none, steps = steps_around(np.empty(0), np.empty(0, np.int64), lag_seconds=0.2, count=1)
    assert none.shape == (0, 2) and steps.shape == (0, 2)


def sums_around(kept: Sequence[bytes], *, times_seconds: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """A view that is quick: what is kept of a frame, of the one before it and of the one after it."""
    own = np.frombuffer(b"".join(kept), np.uint8)[:, None]
    rows = [own]
    for lag in (-0.8, 0.8):
        near = nearest_rows(times_seconds, lag_seconds=lag)
        rows.append(np.where(near[:, None] >= 0, own[near], 0))
    return np.concatenate(rows, axis=1)[wanted].astype(np.float32)


@pytest.fixture(scope="module", autouse=True)
def sums() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "_sums_around", sums_around, raising=False)
        view = replace(VIEWS["motion"], name="sums", derive="reelsift.features.neighbours:_sums_around")
        patch.setitem(VIEWS, "sums", view)
        yield


@given(st.data())
def test_rows_are_the_same_in_whatever_runs_the_frames_come(data: st.DataObject) -> None:
    steps = data.draw(st.lists(st.sampled_from([0.04, 0.3, 0.8, 1.2, 5.0, -2.0, 0.0]), min_size=1, max_size=40))
    times = np.cumsum(steps)
    kept = [bytes([number + 1]) for number in range(len(times))]
    borders = sorted(data.draw(st.lists(st.integers(0, len(times)), max_size=6)))
    parts = pairwise([0, *borders, len(times)])
    runs = [(times[start:stop], kept[start:stop]) for start, stop in parts]
    whole = sums_around(kept, times_seconds=times, wanted=np.arange(len(times)))
    assert np.array_equal(np.concatenate(list(derive_in_runs("sums", runs))), whole)


def test_little_is_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a long film only the frames within reach are kept beside the run that is worked on."""
    held: list[int] = []

    def watched(kept: Sequence[bytes], *, times_seconds: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        held.append(len(kept))
        return sums_around(kept, times_seconds=times_seconds, wanted=wanted)

    monkeypatch.setattr(neighbours, "_sums_around", watched)
    times = np.arange(5000) / 10
    runs = [(times[start : start + 50], [b"x"] * 50) for start in range(0, 5000, 50)]
    assert sum(len(rows) for rows in derive_in_runs("sums", runs)) == 5000
    assert max(held) <= 50 + 2 * 13 + 2


def test_no_frames_no_rows() -> None:
    assert list(derive_in_runs("sums", [])) == []
