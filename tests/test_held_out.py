"""Held-out frames check themselves."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from reelsift.errors import ModelError
from reelsift.held_out import HeldOut
from timelines import honest, nothing_known


def test_as_long_as_there_are_frames() -> None:
    assert len(honest(frames=7)) == 7
    assert len(nothing_known()) == 0


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"probabilities": np.ones(5)}, "shape"),
        ({"probabilities": np.ones((5, 1))}, "shape"),
        ({"probabilities": np.full((5, 3), np.nan)}, "finite"),
        ({"targets": np.zeros(4, np.int64)}, "5 held-out frames, but targets"),
        ({"weights": np.ones((5, 1))}, "but weights"),
        ({"groups": np.zeros(6, np.int64)}, "but groups"),
        ({"targets": np.array([0, 1, 2, 3, 0])}, "indexes into 3 classes"),
        ({"targets": np.array([0, 1, 2, -1, 0])}, "indexes into 3 classes"),
        ({"weights": np.array([1.0, 1, 0, 1, 1])}, "above 0"),
        ({"weights": np.array([1.0, 1, np.nan, 1, 1])}, "above 0"),
    ],
)
def test_what_does_not_fit_is_refused(changed: dict[str, Any], words: str) -> None:
    known = honest(frames=5)
    assert isinstance(dataclasses.replace(known), HeldOut)
    with pytest.raises(ModelError, match=words):
        dataclasses.replace(known, **changed)
