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
