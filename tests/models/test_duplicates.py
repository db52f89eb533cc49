from __future__ import annotations

import numpy as np

from reelsift.models.duplicates import near_duplicates


def test_copies_share_a_number_unless_their_class_differs() -> None:
    features = np.random.default_rng(0).standard_normal((20, 30))
    features[[4, 9, 15]] = features[4] + 1e-3 * np.arange(3)[:, None]
    targets = np.zeros(20, dtype=np.int64)
    targets[15] = 1
    numbers = near_duplicates(features, targets=targets, largest=5)
    assert numbers[4] == numbers[9] != numbers[15]
    assert len(np.unique(numbers)) == 19


def test_a_camera_that_stands_still_is_not_a_copy() -> None:
    features = np.concatenate((np.zeros((15, 4)), np.eye(4) * 10))
    numbers = near_duplicates(features, targets=np.zeros(19, dtype=np.int64), largest=5)
    assert len(np.unique(numbers)) == 19
