"""Sequences, and windows on them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelsift.errors import ModelError
from reelsift.models.sequences import (
    BATCH_SAMPLES,
    Sequences,
    broken_starts,
    look_through,
    nearest,
    plan_windows,
    strands,
    usual_step,
)


def test_sequences_break_where_time_does_not_go_on_or_jumps() -> None:
    times = np.array([0, 0.2, 0.4, 0.6, 5.0, 5.2, 5.4, 5.1, 5.3, 0.0, 1.0, 2.0, 3.0, 3.0])
    # The second source has steps of its own: a second apart is usual there.
    assert broken_starts(times, np.array([0, 9, 14])).tolist() == [0, 4, 7, 9, 13, 14]
    assert broken_starts(np.zeros(0), np.array([0, 0])).tolist() == [0]
    assert usual_step(times, np.array([0, 9, 14])) == pytest.approx(0.2)
    assert usual_step(np.array([1.0])) is None


def test_denser_samples_are_strands_beside_each_other() -> None:
    times = np.arange(12) * 0.04
    found = strands(times, count=12, step_seconds=0.2)
    assert [line.tolist() for line in found] == [[0, 5, 10], [1, 6, 11], [2, 7], [3, 8], [4, 9]]
    assert [line.tolist() for line in strands(times, count=12, step_seconds=0.04)] == [list(range(12))]
    assert [line.tolist() for line in strands(times * 25, count=12, step_seconds=0.2)] == [list(range(12))]
    assert [line.tolist() for line in strands(None, count=3, step_seconds=0.2)] == [[0], [1], [2]]
    assert [line.tolist() for line in strands(np.zeros(1), count=1, step_seconds=0.2)] == [[0]]
    # Two strands of one burst, then the next burst begins.
    bursts = np.concatenate([np.arange(4) * 0.1, 9 + np.arange(4) * 0.1])
    assert [line.tolist() for line in strands(bursts, count=8, step_seconds=0.2)] == [[0, 2], [1, 3], [4, 6], [5, 7]]


def test_windows_overlap_by_half_and_are_never_longer_than_their_sequence() -> None:
    lines = [np.arange(100, 117), np.arange(3), np.arange(10), np.zeros(0, np.int64)]
    found = {windows.samples.shape: windows for windows in plan_windows(lines, window=8)}
    assert set(found) == {(1, 3), (6, 8)}
    assert found[1, 3].weights.tolist() == [1, 2, 1]
    assert found[6, 8].samples[:, 0].tolist() == [100, 104, 108, 109, 0, 2]
    assert found[6, 8].weights.tolist() == [1, 2, 3, 4, 4, 3, 2, 1]
    many = list(plan_windows([np.arange(1)] * (BATCH_SAMPLES + 1), window=8))
    assert [len(windows.samples) for windows in many] == [BATCH_SAMPLES, 1]


@given(st.lists(st.integers(0, 40), min_size=1, max_size=5), st.integers(1, 20))
def test_what_windows_agree_on_is_what_comes_out(lengths: list[int], window: int) -> None:
    total = sum(lengths)
    rng = np.random.default_rng(total)
    order, truth = rng.permutation(total), rng.standard_normal((total, 2))
    lines = np.split(order, np.cumsum(lengths)[:-1])
    found = look_through(lines, lambda samples: truth[samples], window=window, count=total, class_count=2)
    assert found == pytest.approx(truth)


def test_middles_of_windows_count_more_than_their_ends() -> None:
    first = {"seen": 0}

    def judge(samples: Any) -> Any:
        first["seen"] = len(samples)
        return np.broadcast_to((samples[:, :1] / 4)[..., None], (*samples.shape, 1))  # the number of the window

    found = look_through([np.arange(12)], judge, window=8, count=12, class_count=1)[:, 0]
    assert first["seen"] == 2  # windows from 0 and from 4
    assert found == pytest.approx([0, 0, 0, 0, 1 / 5, 2 / 5, 3 / 5, 4 / 5, 1, 1, 1, 1])


def test_the_nearest_sample_the_earlier_of_two() -> None:
    times = np.array([0.0, 0.25, 0.5, 5.0])
    assert nearest(times, np.array([-1, 0.125, 0.13, 2.75, 2.8, 9])).tolist() == [0, 0, 1, 2, 3, 3]
    assert nearest(np.array([3.0]), np.array([0.0, 9.0])).tolist() == [0, 0]
    assert nearest(np.array([5.0, 0.0]), np.array([0.1, 4.0])).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"views": {"a": np.zeros((3, 1))}}, "different numbers of samples"),
        ({"starts": np.array([0, 3])}, "0 to the 4 samples"),
        ({"starts": np.array([0, 3, 2, 4])}, "0 to the 4 samples"),
        ({"rows": np.array([4])}, "among the 4 samples"),
    ],
)
def test_sequences_that_do_not_fit(changes: dict[str, Any], words: str) -> None:
    values: dict[str, Any] = {
        "views": {"a": np.zeros((4, 1))},
        "times_seconds": np.arange(4.0),
        "starts": np.array([0, 4]),
        "rows": np.array([1]),
    }
    with pytest.raises(ModelError, match=words):
        Sequences(**{**values, **changes})
