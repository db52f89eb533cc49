"""Changes of class move to a cut that is near, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelsift.shot_borders import clear_jump, jumps_between, moved_to_jumps


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
    moved = moved_to_jumps([ord(letter) for letter in labels], jumps)
    assert "".join(map(chr, moved)) == expected


@given(
    labels=st.lists(st.integers(0, 2), min_size=1, max_size=30),
    seed=st.integers(0, 1000),
)
def test_the_order_of_classes_stays(labels: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    jumps = np.where(rng.random(len(labels) - 1) < 0.3, 0.9, 0.05)
    moved = moved_to_jumps(labels, jumps)

    def runs(values: list[int]) -> list[int]:
        return [value for place, value in enumerate(values) if place == 0 or values[place - 1] != value]

    assert runs(moved.tolist()) == runs(labels)
