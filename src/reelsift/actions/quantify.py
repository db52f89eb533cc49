"""How much of a film is of each class: estimated from probabilities, with an interval from honest errors.

Counting the likeliest classes of frames is biased as soon as a film has another mix of classes than the labels: where
37 % of the labelled frames show neither cat nor mouse and 14 % of the film do, a model that was taught to say "neither"
when in doubt says it too often. Two steps put that right:

1. **The mix.** Expectation maximisation (Saerens, Latinne and Decaestecker 2002, "Adjusting the outputs of a
   classifier to new a priori probabilities") moves the class mix in the calibrated probabilities from the taught one to
   that of the film; calibration is what makes it work (Alexandari, Kundaje and Shrikumar 2020, "Maximum likelihood with
   bias-corrected calibration is hard-to-beat at label shift adaptation"). It takes every systematic error for a
   shift of the mix, so it is held back by a Dirichlet prior around the taught mix, the more so the thinner the
   evidence: with little, the result is the plain sum of probabilities; with much, plain expectation maximisation.
2. **The interval.** Held-out frames, drawn by group with random weights (the Bayesian bootstrap, Rubin 1981) and
   weighted to a known mix, make trial films. How far the same estimate is off there, is how far it may be off here.

Evidence is counted in stretches, not in frames: neighbouring frames are near copies of each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import SpecError
from reelsift.held_out import HeldOut

__all__ = ["CONFIDENCE", "METHOD", "Quantity", "pooled_quantity", "quantify"]

FloatArray = NDArray[np.float64]

CONFIDENCE = 0.9
TRIAL_FILMS = 200
# The mix of a film is believed to be like the taught one as if so many stretches had shown it. Such a Dirichlet prior
# has a standard deviation of 0.21 for three equally common classes: films differ a lot.
PRIOR_STRETCHES = 4.0
SHOT_SECONDS = 4.0  # samples nearer to each other than this mostly show the same shot, hence make the same error
# However long, a film is worth no more stretches than this share of the held-out groups: its stretches are alike, and
# groups from a few films do not show how films differ.
FILM_SHARE = 1 / 3
SPREAD = 3.0  # mixes of trial films scatter about the estimate like those of so many samples a stretch
TINY = 1e-6
FILM_STEPS, TRIAL_STEPS = 200, 40

METHOD = (
    "sum of calibrated probabilities, their class mix moved from the taught one to the film's by expectation "
    "maximisation (Saerens, Latinne, Decaestecker 2002; Alexandari, Kundaje, Shrikumar 2020) as far as the evidence "
    f"reaches; {CONFIDENCE:.0%} intervals from trial films made of labelled frames the model had not seen "
    "(Bayesian bootstrap over groups, Rubin 1981)"
)


@dataclass(frozen=True, eq=False)
class Quantity:
    """Shares of classes in a film, or in several together.

    Attributes:
        shares: (C,) sum to 1.
        low: (C,) lower ends of the intervals; NaN where nothing is known of the model's errors on a class.
        high: (C,) upper ends.
        stretches: How many stretches of film, as long as those held out together, the samples are worth.
        hold: Weight of the taught mix against that of the film; 0 trusts the film alone, infinity ignores it.
    """

    shares: FloatArray
    low: FloatArray
    high: FloatArray
    stretches: float
    hold: float


def quantify(probabilities: FloatArray, *, durations_seconds: FloatArray, held_out: HeldOut, seed: int = 0) -> Quantity:
    """Shares of the classes in one film, corrected for its mix of classes, with intervals; see the module.

    Without two held-out groups nothing is known of the model's errors: then the shares are the plain sums of the
    probabilities, and all intervals are unknown. So is that of a class that was held out in fewer than two groups.

    Args:
        probabilities: (T, C) calibrated, not smoothed, each row sums to 1.
        durations_seconds: (T,) for how long each sample speaks, 0 or more.
        held_out: Honest probabilities of labelled frames, by the same kind of model.
        seed: The trial films follow from it.

    Raises:
        SpecError: If there is no sample, the arrays do not fit, or `held_out` is about other classes.
    """
    _check(probabilities, durations_seconds, held_out)
    weights = _weights(durations_seconds)
    stretches = _stretches(probabilities, seconds=float(durations_seconds.sum()), held_out=held_out)
    if _group_count(held_out) < 2:
        shares = weights @ probabilities / (weights @ probabilities).sum()
        unknown = np.full(len(shares), np.nan)
        return Quantity(shares, low=unknown, high=unknown, stretches=stretches, hold=np.inf)
    taught = _taught_mix(held_out)
    hold = PRIOR_STRETCHES / _evidence(stretches, held_out)
    rows = _kept_from_zero(probabilities)
    shares = _shifted(rows, weights=weights[None], taught=taught, hold=hold, steps=FILM_STEPS)[0]
    return _with_interval(shares, stretches=stretches, hold=hold, held_out=held_out, seed=seed)


def pooled_quantity(
    parts: Sequence[Quantity], *, durations_seconds: FloatArray, held_out: HeldOut, seed: int = 0
) -> Quantity:
    """Shares of the classes in several films together, with intervals as of one film that has all their stretches.

    That is less than the sum of their intervals, as errors of different films in part cancel out; but however many
    there are, they share the errors that the held-out frames cannot rule out.

    Args:
        parts: The films, from `quantify`.
        durations_seconds: (F,) their durations.
        held_out: What they were estimated with.
        seed: The trial films follow from it.
    """
    weights = _weights(durations_seconds)
    shares = weights @ np.array([part.shares for part in parts])
    stretches = sum(part.stretches for part in parts)
    hold = float(weights @ [part.hold for part in parts])
    if _group_count(held_out) < 2:
        unknown = np.full(len(shares), np.nan)
        return Quantity(shares, low=unknown, high=unknown, stretches=stretches, hold=hold)
    return _with_interval(shares, stretches=stretches, hold=hold, held_out=held_out, seed=seed)


def _with_interval(shares: FloatArray, *, stretches: float, hold: float, held_out: HeldOut, seed: int) -> Quantity:
    """The shares, with the size that 90 % of the errors in trial films do not exceed on either side.

    Symmetric, as the direction of errors is what another film is least likely to share with the trial films.
    """
    errors = _trial_errors(shares, stretches=stretches, hold=hold, held_out=held_out, seed=seed)
    reach = np.quantile(np.abs(errors), CONFIDENCE, axis=0)
    pairs = np.unique(np.column_stack((held_out.targets, held_out.groups)), axis=0)
    reach[np.bincount(pairs[:, 0], minlength=len(shares)) < 2] = np.nan
    low, high = np.clip(shares - reach, 0, 1), np.clip(shares + reach, 0, 1)
    return Quantity(shares, low=low, high=high, stretches=stretches, hold=hold)


def _trial_errors(shares: FloatArray, *, stretches: float, hold: float, held_out: HeldOut, seed: int) -> FloatArray:
    """(B, C) estimate minus truth in trial films whose mixes scatter about `shares`.

    To the held-out frames comes one of each class that the model takes for another, with a random weight of
    about 1: of n frames, all told apart, the error is still up to 3 / n (Hanley and Lippman-Hand 1983, "If nothing
    goes wrong, is everything all right?").
    """
    rng = np.random.default_rng(seed)
    taught, classes = _taught_mix(held_out), len(shares)
    others = np.where(np.eye(classes, dtype=bool), 0.0, taught)
    rows = _kept_from_zero(np.vstack((held_out.probabilities, others / others.sum(axis=1, keepdims=True))))
    targets = np.append(held_out.targets, np.arange(classes))
    groups = np.unique(held_out.groups, return_inverse=True)[1].ravel()
    evidence = _evidence(stretches, held_out)
    # Gamma weights of shape a on G groups leave as much to chance as drawing a G of them: Rubin's bootstrap has a = 1.
    draws = rng.gamma(evidence / (groups.max() + 1), size=(TRIAL_FILMS, groups.max() + 1)) + TINY**2
    weights = draws[:, groups] * held_out.weights
    own = weights @ np.eye(classes)[held_out.targets]
    frames = np.bincount(held_out.targets, minlength=classes)
    missed = np.where(frames > 0, own * rng.exponential(size=own.shape) / np.maximum(frames, 1), 1.0)
    weights = np.hstack((weights, missed))
    # Gamma variables over their sum are Dirichlet.
    mixes = rng.gamma(SPREAD * evidence * shares, size=(TRIAL_FILMS, classes)) + TINY
    mixes /= mixes.sum(axis=1, keepdims=True)
    weights *= (mixes / (own + missed))[:, targets]
    return _shifted(rows, weights=weights, taught=taught, hold=hold, steps=TRIAL_STEPS) - mixes


def _shifted(rows: FloatArray, *, weights: FloatArray, taught: FloatArray, hold: float, steps: int) -> FloatArray:
    """(B, C) weighted means of probabilities whose prior was moved from `taught` to the mix of the samples.

    Args:
        rows: (T, C) probabilities above 0.
        weights: (B, T) of the samples in each of B films; rows sum to 1.
        taught: (C,) the prior in the probabilities.
        hold: Weight of `taught` in the new prior, against 1 for the samples.
        steps: Of expectation maximisation, at most.
    """
    ratios = rows / taught
    prior = np.tile(taught, (len(weights), 1))
    for _ in range(steps):
        mix = prior * ((weights / (prior @ ratios.T)) @ ratios)
        moved = (mix + hold * taught) / (1 + hold)
        step, prior = np.abs(moved - prior).max(), moved
        if step < TINY:
            break
    mix = prior * ((weights / (prior @ ratios.T)) @ ratios)
    return np.asarray(mix / mix.sum(axis=1, keepdims=True))


def _taught_mix(held_out: HeldOut) -> FloatArray:
    """(C,) the mix of classes that calibration put into the probabilities: that of held-out frames, and one of each."""
    counts = np.bincount(held_out.targets, weights=held_out.weights, minlength=held_out.probabilities.shape[1]) + 1.0
    return np.asarray(counts / counts.sum())


def _evidence(stretches: float, held_out: HeldOut) -> float:
    """How many stretches speak for the estimate: those of the film and the held-out ones, as resistors in parallel.

    The variance of an error in the film is about `v / stretches`, what the held-out frames say of it is uncertain by
    `v / groups`, and both add up.
    """
    groups = _group_count(held_out)
    return 1 / (1 / groups + 1 / min(stretches, max(FILM_SHARE * groups, 1.0)))


def _stretches(probabilities: FloatArray, *, seconds: float, held_out: HeldOut) -> float:
    """How many held-out groups the samples of a film are worth; above 0.

    No more than it has shots, and where a held-out group is worth several independent samples, fewer accordingly.
    """
    own = min(_independent(probabilities), max(seconds / SHOT_SECONDS, 1.0))
    return own / max(_independent(held_out.probabilities) / max(_group_count(held_out), 1), 1.0)


def _independent(rows: FloatArray) -> float:
    """How many of (T, C) consecutive samples count as independent, from 1 to T: T over their autocorrelation time.

    Autocorrelations are summed in pairs until a pair is negative (Geyer 1992, "Practical Markov chain Monte Carlo").
    """
    count = len(rows)
    if count < 3:
        return float(max(count, 1))
    spread = rows - rows.mean(axis=0)
    size = 1 << (2 * count - 1).bit_length()  # room enough for the transform not to wrap around
    spectrum = np.fft.rfft(spread, size, axis=0)
    products = np.fft.irfft(np.abs(spectrum) ** 2, size, axis=0)[: count // 2].sum(axis=1)
    if products[0] <= count * TINY**2:
        return 1.0  # all alike: as good as one
    lags = np.arange(len(products))
    correlations = products / products[0] * count / (count - lags)
    pairs = correlations[: len(lags) // 2 * 2].reshape(-1, 2).sum(axis=1)
    last = int(np.argmax(pairs <= 0)) if (pairs <= 0).any() else len(pairs)
    return float(np.clip(count / max(2 * pairs[:last].sum() - 1, 1.0), 1.0, count))


def _group_count(held_out: HeldOut) -> int:
    return len(np.unique(held_out.groups))


def _weights(durations_seconds: FloatArray) -> FloatArray:
    """(T,) sum to 1; all the same where nothing lasts."""
    total = durations_seconds.sum()
    if total <= 0:
        return np.full(len(durations_seconds), 1 / len(durations_seconds))
    return np.asarray(durations_seconds / total)


def _kept_from_zero(rows: FloatArray) -> FloatArray:
    clipped = np.maximum(rows, TINY)
    return np.asarray(clipped / clipped.sum(axis=1, keepdims=True))


def _check(probabilities: FloatArray, durations_seconds: FloatArray, held_out: HeldOut) -> None:
    if probabilities.ndim != 2 or not len(probabilities):
        raise SpecError(f"screen time needs probabilities of the shape (T, C), T at least 1, not {probabilities.shape}")
    if durations_seconds.shape != probabilities.shape[:1] or not (durations_seconds >= 0).all():
        raise SpecError(f"screen time needs a duration of 0 or more for each of {len(probabilities)} samples")
    if held_out.probabilities.shape[1] != probabilities.shape[1]:
        raise SpecError(
            f"held-out frames of {held_out.probabilities.shape[1]} classes say nothing of a film with "
            f"{probabilities.shape[1]}: take those of the model that made the timeline"
        )
