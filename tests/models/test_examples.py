from __future__ import annotations

import numpy as np
import pytest

from drawn_examples import film
from reelsift.errors import LabelError, ModelError


def test_with_classes_renumbers_and_drops_the_empty() -> None:
    examples = film(9, classes=3, targets=np.array([2, 0, 2, 0, 2, 0, 2, 0, 2]))
    kept = examples.with_classes(None)
    assert kept.classes == ("OK", "neither")
    assert kept.targets.tolist() == [1, 0, 1, 0, 1, 0, 1, 0, 1]
    chosen = film(9, classes=3).with_classes(("KO", "neither"))
    assert chosen.classes == ("KO", "neither")
    assert len(chosen) == 6
    assert chosen.times_seconds.tolist() == [3, 4, 5, 6, 7, 8]


def test_what_cannot_be_learned_from() -> None:
    with pytest.raises(LabelError, match="'maybe': the labels are of OK, KO"):
        film().with_classes(("OK", "maybe"))
    with pytest.raises(LabelError, match="only 'OK' has any"):
        film(5, targets=np.zeros(5, dtype=np.int64)).with_classes(None)
    with pytest.raises(LabelError, match="no labelled frames"):
        film(0)
    with pytest.raises(ModelError, match="60 targets, but 59 rows of groups"):
        film(60, groups=np.full(59, ""))
    with pytest.raises(ModelError, match="2 classes"):
        film(3, targets=np.array([0, 1, 2]))


def test_a_question_asks_after_one_class_of_all_frames() -> None:
    truth = np.array([[True, False, True], [False, False, True], [True, True, True], [False, False, True]])
    examples = film(4, classes=3, targets=np.zeros(4, dtype=np.int64), truth=truth)
    asked = examples.question("OK")
    assert asked.classes == ("not OK", "OK")
    assert asked.targets.tolist() == [1, 0, 1, 0]
    assert asked.truth is None and np.array_equal(asked.views["quality"], examples.views["quality"])
    assert examples.question("KO").targets.tolist() == [0, 0, 1, 0]
    with pytest.raises(LabelError, match="'neither' is true of all labelled frames"):
        examples.question("neither")
    with pytest.raises(LabelError, match=r"'KO' is true of no labelled frame: .*--background"):
        examples.take(np.array([0, 1])).question("KO")


def test_truth_fits_frames_and_classes_and_is_taken_with_them() -> None:
    truth = np.arange(6).reshape(3, 2) % 3 == 0
    assert film(3, truth=truth).take(np.array([2, 0])).truth.tolist() == truth[[2, 0]].tolist()
    with pytest.raises(ModelError, match=r"truth has the shape \(3, 3\), not \(3, 2\)"):
        film(3, truth=np.ones((3, 3), dtype=bool))
