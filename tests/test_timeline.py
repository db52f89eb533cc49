"""The timeline: midpoint rule, segments, merging, and what it refuses."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelsift.errors import LabelError, SpecError
from reelsift.timeline import Segment, Timeline, nearest_samples


def make(**changes: Any) -> Timeline:
    values: dict[str, Any] = {
        "source": "film.mp4",
        "task": "keep",
        "classes": ("OK", "KO"),
        "frame_indexes": [0, 10, 40],
        "times_seconds": [0.0, 1.0, 4.0],
        "probabilities": [[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]],
        "labels": [0, 0, 1],
        "start_seconds": 0.0,
        "end_seconds": 5.0,
        "frame_count": 50,
    }
    return Timeline(**{**values, **changes})


def test_samples_speak_from_midpoint_to_midpoint() -> None:
    timeline = make()
    assert timeline.boundaries_seconds.tolist() == [0.0, 0.5, 2.5, 5.0]
    assert timeline.durations_seconds.tolist() == [0.5, 2.0, 2.5]
    assert timeline.seconds_by_class() == {"OK": 2.5, "KO": 2.5}


def test_segments_carry_mean_probability_of_their_class() -> None:
    first, second = make().segments
    assert (first.start_seconds, first.end_seconds, first.label) == (0.0, 2.5, "OK")
    assert first.score == pytest.approx(0.75)
    assert second == Segment(2.5, 5.0, "KO", 0.8)


def test_raw_labels_ignore_smoothing() -> None:
    assert make(labels=[1, 1, 1]).raw_labels.tolist() == [0, 0, 1]


def test_each_sample_has_the_name_and_the_probability_of_its_smoothed_label() -> None:
    timeline = make(labels=[0, 1, 1])
    assert timeline.label_names == ["OK", "KO", "KO"]
    assert timeline.label_scores.tolist() == [0.9, 0.4, 0.8]


def test_labels_at_is_half_open_at_midpoints_and_clamped_outside() -> None:
    assert make().labels_at([-3, 0, 2.4999, 2.5, 99]).tolist() == [0, 0, 0, 1, 1]


def test_time_that_runs_backwards_is_held() -> None:
    timeline = make(times_seconds=[2.0, 1.0, 4.0], start_seconds=2.0)
    assert timeline.boundaries_seconds.tolist() == [2.0, 2.0, 3.0, 5.0]


def test_negative_start() -> None:
    timeline = make(times_seconds=[-1.0, 0.0, 1.0], start_seconds=-1.0, end_seconds=2.0)
    assert timeline.durations_seconds.sum() == 3.0


def test_merged_takes_the_union_and_prefers_the_other() -> None:
    fine = make(frame_indexes=[10, 20], times_seconds=[1.0, 2.0], probabilities=[[0.0, 1.0], [0.3, 0.7]], labels=[1, 1])
    merged = make().merged(fine)
    assert merged.frame_indexes.tolist() == [0, 10, 20, 40]
    assert merged.labels.tolist() == [0, 1, 1, 1]
    assert merged.probabilities[1].tolist() == [0.0, 1.0]
    assert merged.times_seconds.tolist() == [0.0, 1.0, 2.0, 4.0]


def test_merged_refuses_another_task() -> None:
    with pytest.raises(SpecError, match="share their task"):
        make().merged(make(task="other"))


def test_with_labels_leaves_the_original() -> None:
    timeline = make()
    assert timeline.with_labels([1, 1, 1]).seconds_by_class() == {"OK": 0.0, "KO": 5.0}
    assert timeline.labels.tolist() == [0, 0, 1]


def test_arrays_are_copies_and_read_only() -> None:
    times = np.array([0.0, 1.0, 4.0])
    timeline = make(times_seconds=times)
    times[0] = 99
    assert timeline.times_seconds[0] == 0
    with pytest.raises(ValueError, match="read-only"):
        timeline.labels[0] = 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"frame_indexes": [0, 0, 1]}, "increase strictly"),
        ({"frame_indexes": [0, 1, 50]}, "below the 50 frames"),
        ({"frame_indexes": [], "times_seconds": [], "probabilities": np.zeros((0, 2)), "labels": []}, "at least one"),
        ({"times_seconds": [0.0, 1.0]}, r"times_seconds .* shape \(3,\)"),
        ({"times_seconds": [0.0, 1.0, np.nan]}, "finite"),
        ({"probabilities": [[0.9, 0.2], [0.5, 0.5], [0.5, 0.5]]}, "sums to 1"),
        ({"probabilities": [[1.5, -0.5], [0.5, 0.5], [0.5, 0.5]]}, "0 or more"),
        ({"probabilities": [[np.nan, 0.5], [0.5, 0.5], [0.5, 0.5]]}, "sums to 1"),
        ({"labels": [0, 0, 2]}, "from 0 to 1"),
        ({"classes": ("OK", "OK")}, "different names"),
        ({"end_seconds": -1.0}, "cannot go from"),
    ],
)
def test_refuses_what_does_not_fit(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        make(**changes)


def test_segment_checks_itself() -> None:
    with pytest.raises(SpecError, match="cannot end"):
        Segment(2.0, 1.0, "OK")
    with pytest.raises(SpecError, match="from 0 to 1"):
        Segment(0.0, 1.0, "OK", 1.5)


def test_from_segments_by_hand() -> None:
    timeline = Timeline.from_segments(
        [Segment(0.0, 1.0, "OK"), Segment(1.0, 2.0, "KO", 0.7)], times_seconds=np.arange(8) / 4, source="a.mp4"
    )
    assert timeline.classes == ("OK", "KO")
    assert timeline.labels.tolist() == [0] * 4 + [1] * 4
    assert timeline.raw_labels.tolist() == timeline.labels.tolist()
    assert timeline.end_seconds == 2.0
    assert timeline.segments[1].score == pytest.approx(0.7)


def test_from_segments_needs_every_frame_covered_or_filled() -> None:
    segments = [Segment(0.0, 0.4, "OK")]
    with pytest.raises(LabelError, match=r"frame at 0\.5 s"):
        Timeline.from_segments(segments, times_seconds=[0.0, 0.5])
    filled = Timeline.from_segments(segments, times_seconds=[0.0, 0.5], fill="KO")
    assert [segment.label for segment in filled.segments] == ["OK", "KO"]
    with pytest.raises(LabelError, match="no class 'OK': the classes are A, B"):
        Timeline.from_segments(segments, times_seconds=[0.0], classes=("A", "B"))


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    count = draw(st.integers(1, 30))
    steps = draw(st.lists(st.floats(-0.5, 3), min_size=count, max_size=count))
    labels = draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))
    times = np.cumsum(steps)
    return Timeline(
        source="s", task="t", classes=("a", "b", "c"), frame_indexes=np.arange(count) * 3, times_seconds=times,
        probabilities=np.full((count, 3), 1 / 3), labels=np.array(labels), start_seconds=float(times[0]),
        end_seconds=float(times.max() + 0.1), frame_count=3 * count,
    )  # fmt: skip


@given(timelines())
def test_segments_tile_the_film(timeline: Timeline) -> None:
    segments = timeline.segments
    assert segments[0].start_seconds == timeline.start_seconds
    assert segments[-1].end_seconds == timeline.end_seconds
    for left, right in itertools.pairwise(segments):
        assert left.end_seconds == right.start_seconds
        assert left.label != right.label


@given(timelines())
def test_seconds_add_up_to_the_film(timeline: Timeline) -> None:
    duration = timeline.end_seconds - timeline.start_seconds
    assert sum(timeline.seconds_by_class().values()) == pytest.approx(duration)
    assert (timeline.durations_seconds >= 0).all()


@given(timelines(), st.integers(0, 5))
def test_split_and_merged_equals_whole(timeline: Timeline, seed: int) -> None:
    chosen = np.random.default_rng(seed).random(len(timeline)) < 0.5
    if chosen.all() or not chosen.any():
        return
    names = ("frame_indexes", "times_seconds", "probabilities", "labels")
    halves = [
        dataclasses.replace(timeline, **{name: getattr(timeline, name)[rows] for name in names})
        for rows in (chosen, ~chosen)
    ]
    merged = halves[0].merged(halves[1])
    assert merged.segments == timeline.segments


def test_the_nearest_sample_is_found_before_and_after() -> None:
    assert nearest_samples([0.0, 1.0, 4.0], [-1.0, 0.4, 0.5, 0.6, 2.6, 9.0]).tolist() == [0, 0, 0, 1, 2, 2]
    assert nearest_samples([3.0], [0.0, 9.0]).tolist() == [0, 0]
    assert nearest_samples([0.0, 2.0, 1.0, 3.0], [2.9]).tolist() == [3]


def test_between_neighbouring_frames_a_change_is_shown_at_the_time_stamp_of_the_later_one() -> None:
    timeline = Timeline(
        source="film.mp4", task="t", classes=("a", "b"), frame_indexes=np.array([0, 5, 6, 10]),
        times_seconds=np.array([0.0, 0.2, 0.24, 0.4]), probabilities=np.full((4, 2), 0.5),
        labels=np.array([0, 0, 1, 0]), start_seconds=0.0, end_seconds=0.44, frame_count=11,
    )  # fmt: skip
    assert [segment.start_seconds for segment in timeline.segments] == pytest.approx([0, 0.22, 0.32])
    shown = timeline.shown_segments
    assert [segment.start_seconds for segment in shown] == pytest.approx([0, 0.24, 0.32])
    assert [segment.end_seconds for segment in shown] == pytest.approx([0.24, 0.32, 0.44])
    assert [segment.label for segment in shown] == ["a", "b", "a"]
