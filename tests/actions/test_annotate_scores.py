"""What a timeline says of frames and of stretches, as it is drawn."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelsift.actions.annotate_scores import Scores
from reelsift.multi_timeline import MultiTimeline, yes_or_no
from reelsift.timeline import Segment, Timeline
from timelines import film

FOUR = Timeline.from_segments(
    [Segment(0, 0.75, "a"), Segment(0.75, 1, "b")], times_seconds=[0, 0.25, 0.5, 0.75], end_seconds=1.0
)


def sampled(timeline: Timeline, every: int) -> Timeline:
    return dataclasses.replace(
        timeline,
        frame_indexes=timeline.frame_indexes[::every],
        times_seconds=timeline.times_seconds[::every],
        probabilities=timeline.probabilities[::every],
        labels=timeline.labels[::every],
    )


def test_each_piece_has_the_shares_of_its_classes() -> None:
    scores = Scores.of(FOUR)
    # Samples speak from midpoint to midpoint: `b` from 0.625 s on.
    assert scores.shares(2) == pytest.approx(np.array([[1, 0], [0.25, 0.75]]))
    assert scores.shares(8)[4:6] == pytest.approx(np.array([[1, 0], [0, 1]]))
    assert scores.shares(1) == pytest.approx(np.array([[0.625, 0.375]]))


@given(st.integers(1, 300), st.integers(0, 50))
def test_shares_sum_to_one_and_to_the_seconds_of_the_classes(columns: int, seed: int) -> None:
    timeline = film(seconds=20, seed=seed, start_seconds=3.0)
    shares = Scores.of(timeline).shares(columns)
    assert shares.sum(axis=1) == pytest.approx(np.ones(columns))
    length = timeline.end_seconds - timeline.start_seconds
    assert shares.mean(axis=0) * length == pytest.approx(list(timeline.seconds_by_class().values()))


@given(st.integers(1, 9), st.integers(0, 20))
def test_a_frame_has_the_label_its_moment_has(every: int, seed: int) -> None:
    timeline = film(seconds=10, seed=seed)
    scores = Scores.of(sampled(timeline, every))
    labels = sampled(timeline, every).labels_at(timeline.times_seconds)
    found = [scores.sample_of(index, time) for index, time in enumerate(timeline.times_seconds.tolist())]
    assert np.array_equal(scores.holds[found].argmax(axis=1), labels)


def test_where_time_stamps_start_again_indexes_tell() -> None:
    times = [0.0, 0.4, 0.8, 0.0, 0.4, 0.8]  # of frames 0, 4, 8, 12, 16, 20
    timeline = Timeline(
        source="", task="", classes=("a", "b"), frame_indexes=np.arange(6) * 4, times_seconds=np.array(times),
        probabilities=np.eye(2)[[0, 1, 0, 1, 0, 1]], labels=np.array([0, 1, 0, 1, 0, 1]), start_seconds=0,
        end_seconds=0.9, frame_count=24,
    )  # fmt: skip
    scores = Scores.of(timeline)
    assert [scores.sample_of(index, 0.1 * index) for index in (0, 1, 3, 4)] == [0, 0, 1, 1]
    assert [scores.sample_of(index, time) for index, time in ((9, 0.9), (11, 1.1), (13, 0.1), (23, 1.1))] == [
        2,
        3,
        3,
        5,
    ]


def test_classes_that_can_be_true_at_once_have_shares_of_their_own() -> None:
    parts = [
        Timeline.from_segments([Segment(0, end, yes_or_no(name)[1])], times_seconds=np.arange(10) / 10,
                               end_seconds=1.0, classes=yes_or_no(name), fill=yes_or_no(name)[0])
        for name, end in (("a", 0.45), ("b", 0.85))
    ]  # fmt: skip
    scores = Scores.of(MultiTimeline(tuple(parts)))
    assert scores.is_several and scores.classes == ("a", "b")
    assert scores.shares(2) == pytest.approx(np.array([[0.9, 1], [0, 0.7]]))
    assert scores.most_shown(1) == [1]
