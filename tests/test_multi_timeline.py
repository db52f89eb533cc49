"""Timelines of classes that can be true at once."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from reelsift.errors import LabelError, SpecError
from reelsift.multi_timeline import MultiTimeline, no_of, yes_or_no
from reelsift.timeline import Timeline


def part(name: str, yes: list[float], labels: list[int] | None = None) -> Timeline:
    """Four samples, a second each; labels differ from the likelier answer where smoothing says so."""
    chances = np.array(yes)
    return Timeline(
        source="film.mp4",
        task="who",
        classes=yes_or_no(name),
        frame_indexes=np.arange(4) * 5,
        times_seconds=np.arange(4) + 0.5,
        probabilities=np.column_stack((1 - chances, chances)),
        labels=(chances > 0.5).astype(int) if labels is None else np.array(labels),
        start_seconds=0.0,
        end_seconds=4.0,
        frame_count=20,
    )


TOM = part("Tom", [0.9, 0.8, 0.2, 0.4], [1, 1, 0, 0])
JERRY = part("Jerry", [0.1, 0.7, 0.9, 0.1], [0, 1, 1, 0])
BOTH = MultiTimeline((TOM, JERRY))


def test_it_is_about_the_samples_of_its_parts() -> None:
    assert (len(BOTH), BOTH.source, BOTH.task, BOTH.classes) == (4, "film.mp4", "who", ("Tom", "Jerry"))
    assert BOTH.frame_indexes.tolist() == [0, 5, 10, 15]
    assert BOTH.times_seconds.tolist() == [0.5, 1.5, 2.5, 3.5]
    assert (BOTH.start_seconds, BOTH.end_seconds) == (0, 4)
    expected = [[0.9, 0.1], [0.8, 0.7], [0.2, 0.9], [0.4, 0.1]]
    assert np.allclose(BOTH.probabilities, expected)


def test_segments_of_different_classes_overlap_and_no_is_none() -> None:
    found = [(each.label, each.start_seconds, each.end_seconds) for each in BOTH.segments]
    assert found == [("Tom", 0, 2), ("Jerry", 1, 3)]
    assert [each.score for each in BOTH.segments] == pytest.approx([0.85, 0.8])
    assert [each.label for each in MultiTimeline((JERRY, TOM)).segments] == ["Tom", "Jerry"]
    assert BOTH.seconds_by_class() == {"Tom": 2, "Jerry": 2}


def test_each_sample_names_all_that_is_true_and_how_sure_the_least_certain_answer_is() -> None:
    assert BOTH.label_names == ["Tom", "Tom|Jerry", "Jerry", "none"]
    assert BOTH.label_scores == pytest.approx([0.9, 0.7, 0.8, 0.6])


def test_names_follow_the_smoothed_labels() -> None:
    smoothed = MultiTimeline((TOM.with_labels([0, 1, 1, 0]), JERRY))
    assert smoothed.label_names == ["none", "Tom|Jerry", "Tom|Jerry", "none"]
    assert smoothed.label_scores == pytest.approx([0.1, 0.7, 0.2, 0.6])


def test_parts_by_name() -> None:
    assert BOTH.of("Jerry") is JERRY
    assert BOTH.only(["Jerry", "Tom"]).classes == ("Jerry", "Tom")
    assert BOTH.only(["Jerry"]).label_names == ["none", "Jerry", "Jerry", "none"]
    for ask in (BOTH.of, lambda name: BOTH.only(["Tom", name]), lambda name: BOTH.any_of(["Tom", name])):
        with pytest.raises(LabelError, match="no class 'Spike': the classes are Tom, Jerry"):
            ask("Spike")


def test_any_of_is_true_where_one_is() -> None:
    either = BOTH.any_of(["Tom", "Jerry"])
    assert either.classes == ("not Tom or Jerry", "Tom or Jerry")
    assert either.labels.tolist() == [1, 1, 1, 0]
    assert either.probabilities[:, 1] == pytest.approx([0.91, 0.94, 0.92, 0.46])
    assert [(each.label, each.end_seconds) for each in either.segments] == [
        ("Tom or Jerry", 3),
        (no_of("Tom or Jerry"), 4),
    ]
    assert (either.frame_count, either.source) == (20, "film.mp4")
    alone = BOTH.any_of(["Tom"])
    assert alone.classes == TOM.classes and np.array_equal(alone.labels, TOM.labels)
    assert alone.probabilities == pytest.approx(TOM.probabilities)


def test_what_does_not_fit_is_refused() -> None:
    other = dataclasses.replace(JERRY, source="other.mp4")
    shifted = dataclasses.replace(JERRY, frame_indexes=np.arange(4))
    task = dataclasses.replace(JERRY, task="what")
    for wrong in (other, shifted, task):
        with pytest.raises(SpecError, match="the same samples"):
            MultiTimeline((TOM, wrong))
    with pytest.raises(SpecError, match="asks after one class"):
        MultiTimeline((dataclasses.replace(TOM, classes=("Jerry", "Tom")),))
    with pytest.raises(SpecError, match="at least one"):
        MultiTimeline(())
    with pytest.raises(SpecError, match="different classes, not Tom, Tom"):
        MultiTimeline((TOM, TOM))
    with pytest.raises(LabelError, match="name at least one class: the classes are Tom, Jerry"):
        BOTH.any_of([])
