"""Changes of class move to a cut that is near, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelsift.shot_borders import clear_jump, cuts_among, fit_change_share, jumps_between, moved_to_jumps


def test_jumps_are_cosine_distances() -> None:
    vectors = np.array([[1, 0], [3, 0], [0, 2], [0, -1], [0, 0]], np.float16)
    assert jumps_between(vectors).tolist() == pytest.approx([0, 1, 2, 1])


@pytest.mark.parametrize(
    ("jumps", "found"),
    [
        ([0.02, 0.5, 0.03], 1),
        ([0.4, 0.5, 0.03], None),  # two large ones: something that moves fast
        ([0.01, 0.05, 0.01], None),  # by far the largest, and still within a shot
        ([0.3], 0),
        ([], None),
    ],
)
def test_a_cut_is_by_far_the_largest_step(jumps: list[float], found: int | None) -> None:
    assert clear_jump(jumps) == found


@pytest.mark.parametrize(
    ("labels", "jumps", "expected"),
    [
        ("AAAABB", [0, 0, 0.8, 0.1, 0], "AAABBB"),
        ("AABBBB", [0, 0, 0, 0.8, 0], "AAAABB"),
        ("AAABBB", [0, 0, 0.8, 0, 0], "AAABBB"),
        ("AAAAAABB", [0.8, 0, 0, 0, 0, 0, 0], "AAAAAABB"),  # too far
        ("AABAAA", [0, 0, 0, 0.8, 0], "AABBAA"),  # the first change stays before the second, which moves
        ("AAABB", [0.5, 0.5, 0.1, 0.5], "AAABB"),  # no clear cut
        ("AAAABBBBB", [0, 0.8, 0, 0, 0.5, 0, 0, 0], "AAAAABBBB"),  # the nearest of two
        ("AAAA", [0, 0.8, 0], "AAAA"),  # no change of class
        ("ABBB", [0, 0, 0.8], "AAAB"),
    ],
)
def test_changes_move_to_the_cut(labels: str, jumps: list[float], expected: str) -> None:
    moved = moved_to_jumps([ord(letter) for letter in labels], jumps, times_seconds=np.arange(len(labels)) / 2)
    assert "".join(map(chr, moved)) == expected


@given(
    labels=st.lists(st.integers(0, 2), min_size=1, max_size=30),
    seed=st.integers(0, 1000),
)
def test_the_order_of_classes_stays(labels: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    jumps = np.where(rng.random(len(labels) - 1) < 0.3, 0.9, 0.05)
    moved = moved_to_jumps(labels, jumps, times_seconds=np.arange(len(labels)) / 5)

    def runs(values: list[int]) -> list[int]:
        return [value for place, value in enumerate(values) if place == 0 or values[place - 1] != value]

    assert runs(moved.tolist()) == runs(labels)


def test_cuts_stand_out_from_the_steps_around_them() -> None:
    jumps = np.full(40, 0.04)
    jumps[[3, 8, 13, 18, 23]] = 0.5  # a shot a second
    jumps[34:] = 0.3  # something that moves fast: no step is larger than the others
    assert np.flatnonzero(cuts_among(jumps)).tolist() == [3, 8, 13, 18, 23]
    assert cuts_among([]).tolist() == []


def shots(looks: list[int], samples: int = 5) -> np.ndarray:
    """Vectors of shots, each with a look of its own."""
    return np.repeat(np.eye(max(looks) + 1, dtype=np.float32)[looks], samples, axis=0)


def test_the_share_of_cuts_at_which_the_class_changes_is_learned_from_labels() -> None:
    vectors = shots([0, 1, 2, 3, 4, 5])
    times = np.arange(30) / 5
    shown = fit_change_share(vectors, targets=[0] * 15 + [1] * 15, times_seconds=times, source_ids=["film"] * 30)
    assert shown == pytest.approx((1 + 0.5) / (5 + 1))


def test_ends_of_clips_count_as_cuts_with_a_change() -> None:
    vectors, times = shots([0, 1, 2, 3]), np.tile(np.arange(10) / 5, 2)
    sources = ["one"] * 10 + ["two"] * 10
    shown = fit_change_share(vectors, targets=[0] * 10 + [1] * 10, times_seconds=times, source_ids=sources)
    assert shown == pytest.approx((2 + 0.5) / (2 + 2 + 1))  # a cut inside each, and two ends
    alone = fit_change_share(vectors, targets=[0] * 20, times_seconds=times, source_ids=sources)
    assert alone == pytest.approx(0.5 / 3)


def test_labelled_frames_far_apart_say_nothing_of_cuts() -> None:
    share = fit_change_share(
        shots([0, 1], 2), targets=[0, 0, 1, 1], times_seconds=[0, 2, 4, 6], source_ids=["film"] * 4
    )
    assert share == 0.5
