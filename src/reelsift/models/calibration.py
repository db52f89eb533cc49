"""From logits to probabilities that mean what they say.

Out-of-fold logits, of frames the model had not seen, are scaled and shifted: one slope (the inverse of the temperature
of Guo et al. 2017, "On calibration of modern neural networks") and one bias a class. The bias also brings back the mix
of the labels, which training with balanced class weights takes out. Smoothed targets (Platt 1999) keep probabilities
away from 0 and 1: of 20 labels, all told apart, none is worth more than 21/22.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reelsift.models.logistic import log_softmax, softmax

__all__ = ["Calibration", "cross_calibrated", "fit_calibration"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

BIAS_PENALTY = 1.0  # a bias strays from the mix of the labels by about 1, unless the labels insist
SLOPE_PENALTY = 0.01
MAX_STEPS = 50
SMALLEST_MOVE = 1e-5  # in the logarithm of odds: far below what any frame would notice


@dataclass(frozen=True, eq=False)
class Calibration:
    """Probabilities are `softmax(slope * logits + bias)`.

    Attributes:
        slope: 0 or more; 0 means that the logits say nothing, and the mix of the labels is all there is.
        bias: (C,).
    """

    slope: float
    bias: FloatArray

    def probabilities(self, logits: FloatArray) -> FloatArray:
        """(N, C) logits to (N, C) probabilities."""
        return softmax(self.slope * logits + self.bias)


def fit_calibration(logits: FloatArray, *, targets: IntArray, sample_weights: FloatArray) -> Calibration:
    """The slope and biases under which held-out frames are likeliest; convex, by Newton's method.

    Args:
        logits: (N, C) of frames that the model was not trained on; N may be 0.
        targets: (N,) class indexes.
        sample_weights: (N,) how many labelled frames each stands for.
    """
    count = logits.shape[1]
    seen = np.bincount(targets, minlength=count)
    mix = np.bincount(targets, weights=sample_weights, minlength=count) + 1.0
    prior = np.log(mix / mix.sum())
    if len(logits) == 0:
        return Calibration(slope=1.0, bias=prior)
    logits = logits - logits.mean(axis=1, keepdims=True)
    unit = float(np.sqrt((logits**2).mean())) or 1.0
    scores = logits / unit
    # Platt's targets: (n + 1) / (n + 2) for the true of two classes, 1 / (n + 2) for the other.
    truth = (np.eye(count)[targets] * seen[targets, None] + 1) / (seen[targets, None] + count)
    weights = sample_weights * len(targets) / sample_weights.sum()
    point = np.append(1.0, prior)
    value, gradient, hessian = _objective(point, scores, truth, weights, prior)
    for _ in range(MAX_STEPS):
        move = np.linalg.solve(hessian, gradient)
        while True:
            found = _objective(point - move, scores, truth, weights, prior)
            if found[0] <= value or np.abs(move).max() < SMALLEST_MOVE:
                break
            move = move / 2
        point, (value, gradient, hessian) = point - move, found
        if np.abs(move).max() < SMALLEST_MOVE:
            break
    if point[0] <= 0:  # the logits mislead on frames the model has not seen: better to say nothing
        return Calibration(slope=0.0, bias=prior)
    return Calibration(slope=float(point[0]) / unit, bias=point[1:])


def cross_calibrated(
    logits: FloatArray, *, targets: IntArray, sample_weights: FloatArray, held_out: IntArray
) -> FloatArray:
    """(N, C) probabilities for scoring: each fold is calibrated on the other folds alone.

    Args:
        logits: (N, C) out of fold.
        targets: (N,) class indexes.
        sample_weights: (N,) how many labelled frames each stands for.
        held_out: (N,) fold of each, 0 or more.
    """
    result = np.empty_like(logits)
    for fold in np.unique(held_out):
        own, rest = held_out == fold, held_out != fold
        fitted = fit_calibration(logits[rest], targets=targets[rest], sample_weights=sample_weights[rest])
        result[own] = fitted.probabilities(logits[own])
    return result


def _objective(
    point: FloatArray, scores: FloatArray, truth: FloatArray, weights: FloatArray, prior: FloatArray
) -> tuple[float, FloatArray, FloatArray]:
    """Value, gradient and Hessian at `(slope, bias_1 .. bias_C)`."""
    slope, bias = point[0], point[1:]
    logs = log_softmax(slope * scores + bias)
    chances = np.exp(logs)
    penalties = np.append(SLOPE_PENALTY, np.full(len(bias), BIAS_PENALTY))
    shift = np.append(slope, bias - prior)
    value = -float((weights[:, None] * truth * logs).sum()) + 0.5 * float((penalties * shift**2).sum())
    error = weights[:, None] * (chances - truth)
    gradient = np.append((error * scores).sum(), error.sum(axis=0)) + penalties * shift
    weighted = weights[:, None] * chances
    mean = (chances * scores).sum(axis=1, keepdims=True)
    hessian = np.diag(penalties)
    hessian[0, 0] += (weighted * (scores - mean) ** 2).sum()
    hessian[0, 1:] += (weighted * (scores - mean)).sum(axis=0)
    hessian[1:, 0] = hessian[0, 1:]
    hessian[1:, 1:] += np.diag(weighted.sum(axis=0)) - weighted.T @ chances
    return value, gradient, hessian
