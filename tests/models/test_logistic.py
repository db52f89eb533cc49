"""The solver: held to scikit-learn's optimum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reelsift.models.logistic import balanced_weights, fit_logistic, softmax


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("strength", [0.1, 10.0, 300.0])
def test_same_probabilities_as_scikit_learn(classes: int, strength: float) -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(classes)
    features = rng.standard_normal((150, 20)) * np.exp(-np.arange(20) / 6)
    targets = (features @ rng.standard_normal((20, classes)) + rng.standard_normal((150, classes))).argmax(axis=1)
    weights = balanced_weights(targets, class_count=classes)
    fit = fit_logistic(features, targets=targets, class_count=classes, sample_weights=weights, strength=strength)
    # With two classes scikit-learn penalises the difference w of our +w/2 and -w/2: |w|^2 where ours is |w|^2 / 2.
    theirs = linear_model.LogisticRegression(
        C=strength * (2 if classes == 2 else 1), class_weight="balanced", tol=1e-8, max_iter=5000
    ).fit(features, targets)
    assert np.abs(softmax(fit.logits(features)) - theirs.predict_proba(features)).max() < 2e-3


def test_warm_start_ends_at_the_same_place() -> None:
    rng = np.random.default_rng(0)
    features, targets = rng.standard_normal((80, 10)), rng.integers(0, 3, 80)
    arguments = {"targets": targets, "class_count": 3, "sample_weights": np.ones(80)}
    cold = fit_logistic(features, **arguments, strength=10)
    warm = fit_logistic(features, **arguments, strength=10, start=fit_logistic(features, **arguments, strength=1))
    assert np.abs(softmax(cold.logits(features)) - softmax(warm.logits(features))).max() < 2e-3


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 1000))
def test_rotating_the_features_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    features, targets = rng.standard_normal((40, 6)), rng.integers(0, 2, 40)
    turn = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    arguments = {"targets": targets, "class_count": 2, "sample_weights": np.ones(40), "strength": 5.0}
    plain, turned = fit_logistic(features, **arguments), fit_logistic(features @ turn, **arguments)
    assert np.abs(plain.logits(features) - turned.logits(features @ turn)).max() < 0.02


def test_balanced_weights_make_classes_equal() -> None:
    targets = np.array([0] * 9 + [2] * 3)
    weights = balanced_weights(targets, class_count=3)
    assert weights[:9].sum() == pytest.approx(weights[9:].sum())
    assert weights.sum() == pytest.approx(12)
