from __future__ import annotations

import numpy as np

from reelsift.models.duplicates import conflicting_pairs, near_duplicates


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


def test_conflicts_are_equal_looks_of_different_classes_and_sources_the_most_alike_first() -> None:
    features = np.random.default_rng(0).standard_normal((20, 30))
    features[12], features[5], features[17] = features[3] + 1e-2, features[8] + 1e-3, features[2]
    features[15] = features[14]
    targets, sources = np.zeros(20, dtype=np.int64), np.array([f"source{n}" for n in range(20)])
    targets[[12, 5, 15]] = 1
    sources[15] = sources[14]  # where a scene ends
    assert conflicting_pairs(features, targets=targets, source_ids=sources) == [(5, 8), (3, 12)]
