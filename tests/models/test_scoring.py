"""Scores of predictions whose truth is known, by hand and held to scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest

from reelsift.errors import ModelError
from reelsift.models.scoring import Answers, class_scores


def answers(targets: list[int], yes: list[float], clips: list[int] | None = None, **more: object) -> Answers:
    """Two classes, the probability of the second being given."""
    second = np.array(yes)
    return Answers(
        classes=("KO", "OK"),
        targets=np.array(targets),
        probabilities=np.column_stack((1 - second, second)),
        clips=np.array(clips if clips is not None else [-1] * len(targets)),
        **more,  # type: ignore[arg-type]
    )


def test_scores_of_a_table_worked_by_hand() -> None:
    found = class_scores({"a": {"a": 6, "b": 2, "c": 0}, "b": {"a": 3, "b": 1, "c": 0}, "c": {"a": 0, "b": 0, "c": 0}})
    assert (found["a"].frames, found["a"].predicted) == (8, 9)
    assert (found["a"].recall, found["a"].precision) == (6 / 8, 6 / 9)
    assert found["a"].f1 == pytest.approx(2 * (6 / 8) * (6 / 9) / (6 / 8 + 6 / 9))
    assert (found["b"].recall, found["b"].precision) == (1 / 4, 1 / 3)
    assert (found["c"].frames, found["c"].recall, found["c"].precision, found["c"].f1) == (0, None, None, None)


def test_a_class_that_is_said_and_never_there_has_a_precision() -> None:
    found = class_scores({"a": {"a": 1, "b": 3}, "b": {"a": 0, "b": 0}})["b"]
    assert (found.recall, found.precision, found.f1) == (None, 0.0, 0.0)


def test_scores_as_scikit_learn_has_them() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(0)
    probabilities = random.dirichlet((1, 1, 1), 200)
    targets = random.integers(0, 3, 200)
    found = Answers(("a", "b", "c"), targets, probabilities, np.full(200, -1))
    predicted = probabilities.argmax(axis=1)
    assert found.accuracy == pytest.approx(metrics.accuracy_score(targets, predicted))
    assert found.balanced_accuracy == pytest.approx(metrics.balanced_accuracy_score(targets, predicted))
    assert found.log_loss == pytest.approx(metrics.log_loss(targets, probabilities))
    table = metrics.confusion_matrix(targets, predicted)
    assert [list(row.values()) for row in found.confusion.values()] == table.tolist()
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(targets, predicted)
    scores = class_scores(found.confusion).values()
    assert [each.precision for each in scores] == pytest.approx(precision)
    assert [each.recall for each in scores] == pytest.approx(recall)
    assert [each.f1 for each in scores] == pytest.approx(f1)


def test_only_classes_that_occur_are_balanced_over() -> None:
    found = answers([1, 1, 1, 1], [0.9, 0.8, 0.2, 0.7])
    assert found.accuracy == found.balanced_accuracy == 0.75
    assert found.majority_accuracy == 1


def test_one_answer_both_sure_and_wrong_does_not_make_the_loss_infinite() -> None:
    assert 10 < answers([1, 1], [0.0, 1.0]).log_loss < 20


def test_a_clip_is_decided_by_its_mean_and_counts_once() -> None:
    # Clip 7: two frames of three lean to KO, one is sure of OK. Clip 3: one frame. The last is of no clip.
    found = answers([1, 1, 1, 1, 0], [0.4, 0.45, 0.95, 0.3, 0.9], clips=[7, 7, 7, 3, -1])
    assert found.accuracy == 1 / 5
    assert found.clip_accuracy == 1 / 2
    assert answers([1], [0.9]).clip_accuracy is None


def test_smoothed_labels_are_scored_beside() -> None:
    assert answers([1, 1, 0, 0], [0.9, 0.1, 0.9, 0.1], smoothed=np.array([1, 1, 0, 1])).timeline_accuracy == 0.75
    assert answers([1], [0.9]).timeline_accuracy is None


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ModelError, match="no frames to score"):
        answers([], [])
    with pytest.raises(ModelError, match=r"2 targets do not fit probabilities of the shape \(1, 2\)"):
        answers([1, 0], [0.5])
    with pytest.raises(ModelError, match="2 targets do not fit 1 smoothed"):
        answers([1, 0], [0.5, 0.5], smoothed=np.array([1]))
