"""Calibration: what probabilities promise, they keep."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reelsift.models.calibration import cross_calibrated, fit_calibration
from reelsift.models.logistic import softmax


def drawn(count: int, *, slope: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits (N, 3) whose true probabilities are `softmax(slope * logits)`, and classes drawn from them."""
    rng = np.random.default_rng(seed)
    logits = rng.standard_normal((count, 3)) * 3
    chances = softmax(slope * logits)
    return logits, (chances.cumsum(axis=1) < rng.random((count, 1))).sum(axis=1)


@pytest.mark.parametrize("slope", [0.3, 1.0, 2.0])
def test_finds_the_slope_of_overconfident_logits(slope: float) -> None:
    logits, targets = drawn(4000, slope=slope)
    found = fit_calibration(logits, targets=targets, sample_weights=np.ones(4000))
    assert found.slope == pytest.approx(slope, rel=0.1)
    assert np.ptp(found.bias) < 0.2


def test_mean_probability_is_the_share_of_the_labels() -> None:
    rng = np.random.default_rng(0)
    targets = (rng.random(2000) < 0.1).astype(np.int64)
    logits = np.column_stack((np.zeros(2000), targets * 2.0 - 1 + rng.standard_normal(2000)))
    found = fit_calibration(logits, targets=targets, sample_weights=np.ones(2000))
    assert found.probabilities(logits).mean(axis=0)[1] == pytest.approx(targets.mean(), abs=0.01)


def test_forty_perfect_labels_are_not_certainty() -> None:
    targets = np.arange(40) % 2
    found = fit_calibration(np.eye(2)[targets] * 50, targets=targets, sample_weights=np.ones(40))
    confidence = found.probabilities(np.eye(2) * 50).max(axis=1)
    assert (confidence > 0.9).all()
    assert (confidence < 22 / 23).all()


def test_logits_that_mislead_are_not_believed() -> None:
    targets = np.array([0] * 30 + [1] * 10)
    found = fit_calibration(np.eye(2)[1 - targets], targets=targets, sample_weights=np.ones(40))
    assert found.slope == 0
    assert found.probabilities(np.array([[0.0, 9.0]]))[0] == pytest.approx([31 / 42, 11 / 42])


def test_weights_bring_the_mix_of_all_labels_back() -> None:
    targets = np.arange(200) % 2
    weights = np.where(targets == 1, 9.0, 1.0)
    found = fit_calibration(np.zeros((200, 2)), targets=targets, sample_weights=weights)
    assert found.probabilities(np.zeros((1, 2)))[0, 1] == pytest.approx(0.9, abs=0.02)


def test_nothing_held_out() -> None:
    found = fit_calibration(np.zeros((0, 3)), targets=np.zeros(0, dtype=np.int64), sample_weights=np.zeros(0))
    assert found.slope == 1
    assert found.probabilities(np.zeros((1, 3)))[0] == pytest.approx([1 / 3] * 3)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(2, 30), st.floats(1e-3, 1e3))
def test_probabilities_are_always_probabilities(seed: int, count: int, size: float) -> None:
    rng = np.random.default_rng(seed)
    logits, targets = rng.standard_normal((count, 3)) * size, rng.integers(0, 3, count)
    chances = fit_calibration(logits, targets=targets, sample_weights=np.ones(count)).probabilities(logits)
    assert np.isfinite(chances).all()
    assert np.allclose(chances.sum(axis=1), 1)


def test_each_fold_is_calibrated_without_its_own_labels() -> None:
    logits, targets = drawn(90, slope=1.0)
    held_out = np.arange(90) % 3
    arguments = {"sample_weights": np.ones(90), "held_out": held_out}
    before = cross_calibrated(logits, targets=targets, **arguments)
    changed = np.where(held_out == 1, (targets + 1) % 3, targets)
    after = cross_calibrated(logits, targets=changed, **arguments)
    assert np.array_equal(before[held_out == 1], after[held_out == 1])
    assert not np.allclose(before[held_out == 0], after[held_out == 0])
