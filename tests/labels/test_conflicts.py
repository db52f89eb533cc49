from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from reelsift.labels import Label, Problem, resolve_conflicts

DT = 0.5


def interval(start: float, end: float, class_name: str, where: str = "", source: str = "film") -> Label:
    return Label(source, "t", class_name, start_seconds=start, end_seconds=end, where=where)


def frame(index: int, class_name: str, where: str = "", source: str = "film") -> Label:
    start = index * DT
    return Label(source, "t", class_name, start_seconds=start, end_seconds=start + DT, frame_index=index, where=where)


def whole(class_name: str, where: str = "", source: str = "film") -> Label:
    return Label(source, "t", class_name, where=where)


def test_a_repeated_row_is_kept_once_and_named() -> None:
    labels = [frame(1, "a", "l2"), frame(1, "a", "l3"), frame(2, "a", "l4")]
    good, problems = resolve_conflicts(labels, kind="single")
    assert good == (labels[0], labels[2])
    assert problems == (Problem("l3", "says the same as l2: counted once"),)


def test_two_classes_for_one_frame_are_both_left_out_and_named() -> None:
    labels = [frame(1, "a", "l2"), frame(2, "b", "l3"), frame(1, "b", "l4")]
    good, problems = resolve_conflicts(labels, kind="single")
    assert good == (labels[1],)
    assert [str(problem) for problem in problems] == [
        "l2: says 'a' where l4 says 'b': both left out",
        "l4: says 'b' where l2 says 'a': both left out",
    ]


def test_all_rows_of_a_contradiction_are_left_out() -> None:
    labels = [frame(1, "a"), frame(1, "b"), frame(1, "a"), frame(1, "c")]
    good, problems = resolve_conflicts(labels, kind="single")
    assert good == () and len(problems) == 4


def test_overlapping_intervals_contradict_and_touching_ones_do_not() -> None:
    good, problems = resolve_conflicts(
        [interval(0, 2, "a", "l2"), interval(2, 4, "b", "l3"), interval(3.9, 5, "a", "l4"), interval(6, 7, "b", "l5")],
        kind="single",
    )
    assert [label.where for label in good] == ["l2", "l5"]
    assert [problem.where for problem in problems] == ["l3", "l4"]


def test_one_long_interval_contradicts_everything_in_it() -> None:
    inside = [interval(i, i + 0.5, "b") for i in range(5)]
    good, _ = resolve_conflicts([interval(0, 100, "a"), *inside, interval(200, 201, "b")], kind="single")
    assert good == (interval(200, 201, "b"),)


def test_a_frame_is_where_it_starts() -> None:
    """Frame 2 starts at 1.0: an interval from 1.2 on does not speak of it, one to 1.0 neither, one to 1.01 does."""
    for other, contradicts in (
        (interval(1.2, 3, "b"), False),
        (interval(0, 1, "b"), False),
        (interval(0, 1.01, "b"), True),
    ):
        good, _ = resolve_conflicts([frame(2, "a"), other], kind="single")
        assert (good == ()) is contradicts


def test_frames_that_share_a_time_stamp_are_still_two_frames() -> None:
    labels = [
        Label("film", "t", class_name, start_seconds=1.0, end_seconds=1.0, frame_index=index)
        for index, class_name in ((7, "a"), (8, "b"))
    ]
    assert resolve_conflicts(labels, kind="single")[0] == tuple(labels)


def test_other_sources_and_multi_tasks_do_not_contradict() -> None:
    labels = [whole("a"), whole("b", source="other")]
    assert resolve_conflicts(labels, kind="single") == (tuple(labels), ())
    both = [whole("a"), whole("b"), frame(1, "c")]
    assert resolve_conflicts(both, kind="multi") == (tuple(both), ())
    assert len(resolve_conflicts([*both, whole("a")], kind="multi")[1]) == 1


def test_a_stored_label_of_the_same_place_gives_way() -> None:
    assert resolve_conflicts([frame(1, "b")], kind="single", existing=[frame(1, "a")]) == ((frame(1, "b"),), ())


def test_a_stored_label_that_is_contradicted_in_part_stays() -> None:
    good, problems = resolve_conflicts(
        [frame(1, "b", "new")], kind="single", existing=[frame(1, "a", "old"), interval(0, 5, "a", "older")]
    )
    assert good == ()
    assert str(problems[0]) == "new: says 'b' where older says 'a' since an earlier import: left out"


def test_what_a_rejected_label_would_have_replaced_still_counts() -> None:
    existing = [interval(0, 10, "a")]
    labels = [interval(0, 10, "b"), interval(0, 3, "c"), interval(5, 6, "b")]
    assert resolve_conflicts(labels, kind="single", existing=existing)[0] == ()


# Starts and ends from a coarse grid, so that touching, equal and nested ones are all common.
LABELS = st.lists(
    st.one_of(
        st.builds(
            lambda start, length, name: interval(start / 4, (start + length) / 4, name),
            st.integers(0, 12),
            st.integers(1, 6),
            st.sampled_from("abc"),
        ),
        st.builds(frame, st.integers(0, 6), st.sampled_from("abc")),
        st.builds(whole, st.sampled_from("abc")) | st.nothing(),
    ),
    max_size=9,
)


def contradict(one: Label, other: Label) -> bool:
    """The rule itself, for one pair."""
    if one.class_name == other.class_name:
        return False
    if one.is_frame and other.is_frame:
        return one.frame_index == other.frame_index
    if one.start_seconds is None or other.start_seconds is None:
        return True
    assert one.end_seconds is not None and other.end_seconds is not None
    if one.is_frame or other.is_frame:
        point, span = (one, other) if one.is_frame else (other, one)
        assert point.start_seconds is not None and span.start_seconds is not None and span.end_seconds is not None
        return span.start_seconds <= point.start_seconds < span.end_seconds
    return one.start_seconds < other.end_seconds and other.start_seconds < one.end_seconds


@settings(max_examples=400, deadline=None)
@given(LABELS)
def test_the_sweep_finds_what_comparing_all_pairs_finds(labels: list[Label]) -> None:
    good, problems = resolve_conflicts(labels, kind="single")
    unique = list(dict.fromkeys(labels))
    assert list(good) == [x for x in unique if not any(contradict(x, other) for other in labels)]
    assert len(good) + len(problems) == len(labels)


@settings(max_examples=400, deadline=None)
@given(LABELS, LABELS)
def test_what_is_stored_afterwards_never_contradicts_itself(first: list[Label], second: list[Label]) -> None:
    stored, _ = resolve_conflicts(first, kind="single")
    good, problems = resolve_conflicts(second, kind="single", existing=stored)
    replaced = {label.place for label in good}
    after = [label for label in stored if label.place not in replaced] + list(good)
    assert not any(contradict(one, other) for one in after for other in after)
    assert len(good) + len(problems) == len(second)


def test_a_hundred_thousand_labels_take_seconds_at_most() -> None:
    labels = [interval(i * 0.04, i * 0.04 + 0.05, "ab"[i % 1000 == 0]) for i in range(100_000)]
    start = time.perf_counter()
    good, _ = resolve_conflicts(labels, kind="single")
    assert time.perf_counter() - start < 10
    assert len(good) == 100_000 - 299
