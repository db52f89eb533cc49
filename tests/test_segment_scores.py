"""Segment scores: golden values worked out by hand, and against the definition written out plainly."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from reelsift.errors import LabelError, SpecError
from reelsift.segment_scores import segment_scores

IntArray = NDArray[np.int64]


def letters(text: str) -> list[int]:
    return [-1 if letter == "." else ord(letter) - ord("A") for letter in text]


def test_the_same_labels_are_perfect() -> None:
    scores = segment_scores([(letters("AABBA"), letters("AABBA"))])
    assert scores.f1 == {10: 1.0, 25: 1.0, 50: 1.0}
    assert scores.edit == 1.0
    assert (scores.true_segments, scores.predicted_segments) == (3, 3)


def test_a_scene_in_pieces_is_found_once() -> None:
    # Overlaps of A, B, A, B in the prediction: 3/4, 2/5, none, 1/4.
    scores = segment_scores([(letters("AAAABBBB"), letters("AAABBBAB"))])
    assert scores.f1 == pytest.approx({10: 4 / 6, 25: 4 / 6, 50: 2 / 6})
    assert scores.edit == pytest.approx(0.5)


def test_an_overlap_just_reached_counts() -> None:
    # A overlaps by 5 of 10, B by 10 of 15.
    pair = (letters("A" * 10 + "B" * 10), letters("A" * 5 + "B" * 15))
    assert segment_scores([pair]).f1[50] == 1.0
    scores = segment_scores([pair], overlaps_percent=(51, 66, 67))
    assert scores.f1 == {51: 0.5, 66: 0.5, 67: 0.0}


def test_edit_score_is_about_order_and_not_about_lengths() -> None:
    assert segment_scores([(letters("AAAAAAAB"), letters("ABBBBBBB"))]).edit == 1.0
    # KITTEN to SITTING, run lengths of one (TT is one segment): K I T E N to S I T I N G takes 3 edits of 6.
    assert segment_scores([(letters("KKITEEN"), letters("SSITING"))]).edit == pytest.approx(1 - 3 / 6)


def test_weights_say_how_long_a_sample_lasts() -> None:
    pair = (letters("AAB"), letters("ABB"))
    # Without: A 1/2, B 1/2. With 1, 9, 9 seconds: A 1/10, B 9/18.
    assert segment_scores([pair], overlaps_percent=(50,)).f1[50] == 1.0
    weighted = segment_scores([pair], weights=[[1, 9, 9]], overlaps_percent=(10, 11, 50, 51))
    assert weighted.f1 == {10: 1.0, 11: 0.5, 50: 0.5, 51: 0.0}


def test_samples_without_label_are_left_out_of_both() -> None:
    with_holes = segment_scores([(letters("..AA.AABB.."), letters("CCAACAABBCC"))])
    assert with_holes == segment_scores([(letters("AAAABB"), letters("AAAABB"))])
    assert with_holes.true_segments == 2


def test_segments_of_all_sources_count_together_and_never_run_across_sources() -> None:
    long = (letters("ABABABAB"), letters("ABABABAB"))  # 8 of 8 found
    short = (letters("BBBB"), letters("AAAA"))  # none of 1
    empty = (letters("...."), letters("AAAA"))
    scores = segment_scores([long, short, empty])
    assert scores.f1[50] == pytest.approx(16 / 18)
    assert scores.edit == pytest.approx(0.5)  # the mean of 1 and 0: a source without labels says nothing
    assert (scores.true_segments, scores.predicted_segments) == (9, 9)


@pytest.mark.parametrize(
    ("pairs", "options", "error"),
    [
        ([], {}, LabelError),
        ([([-1, -1], [0, 0])], {}, LabelError),
        ([([0, 1], [0])], {}, SpecError),
        ([([[0, 1]], [[0, 1]])], {}, SpecError),
        ([([0, 1], [0, 1])], {"weights": [[1, 0]]}, SpecError),
        ([([0, 1], [0, 1])], {"weights": [[1, 1], [1]]}, SpecError),
        ([([0, 1], [0, 1])], {"overlaps_percent": (0,)}, SpecError),
    ],
)
def test_what_cannot_be_scored_is_refused(pairs, options, error) -> None:
    with pytest.raises(error):
        segment_scores(pairs, **options)


def runs(classes: IntArray) -> list[tuple[int, int, int]]:
    """(class, first, end) of each run."""
    found = [(int(classes[0]), 0, 0)]
    for number, kind in enumerate(classes):
        if kind != found[-1][0]:
            found.append((int(kind), number, number))
        found[-1] = (found[-1][0], found[-1][1], number + 1)
    return found


def f1_by_definition(truth: IntArray, predicted: IntArray, overlap: float) -> float:
    """As the published evaluation does it: predicted segments one by one, each against all true ones."""
    true_runs, hit, positives, negatives = runs(truth), set(), 0, 0
    for kind, first, end in runs(predicted):
        shares = [
            max(0, min(end, stop) - max(first, start)) / (max(end, stop) - min(first, start)) * (kind == other)
            for other, start, stop in true_runs
        ]
        best = int(np.argmax(shares))
        if shares[best] >= overlap and best not in hit:
            positives += 1
            hit.add(best)
        else:
            negatives += 1
    return 2 * positives / (2 * positives + negatives + len(true_runs) - len(hit))


def edit_by_definition(truth: IntArray, predicted: IntArray) -> float:
    one, other = [run[0] for run in runs(truth)], [run[0] for run in runs(predicted)]
    table = np.zeros((len(one) + 1, len(other) + 1))
    table[:, 0], table[0] = np.arange(len(one) + 1), np.arange(len(other) + 1)
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            replaced = table[i - 1, j - 1] + (one[i - 1] != other[j - 1])
            table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, replaced)
    return 1 - table[-1, -1] / max(len(one), len(other))


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=60))
def test_equals_the_definition(samples: list[tuple[int, int]]) -> None:
    truth, predicted = np.array(samples, dtype=np.int64).T
    scores = segment_scores([(truth, predicted)])
    for overlap, f1 in scores.f1.items():
        assert f1 == pytest.approx(f1_by_definition(truth, predicted, overlap / 100))
    assert scores.edit == pytest.approx(edit_by_definition(truth, predicted))


def test_an_hour_of_noise_takes_no_time() -> None:
    generator = np.random.default_rng(0)
    truth = np.repeat(generator.integers(0, 3, 180), 100)
    started = time.process_time()
    scores = segment_scores([(truth, generator.integers(0, 3, len(truth)))])
    assert time.process_time() - started < 5
    assert scores.f1[10] < 0.05
