"""Smoothing: against brute force, its limits, and the properties that cut relies on."""

from __future__ import annotations

import itertools
import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from reelsift.errors import LabelError, SpecError
from reelsift.smoothing import apply_thresholds, fit_switch_rate, merge_short, smooth

FloatArray = NDArray[np.float64]


@st.composite
def probabilities(draw: st.DrawFn, *, most: int = 30) -> FloatArray:
    count, classes, seed = draw(st.integers(1, most)), draw(st.integers(2, 4)), draw(st.integers(0, 10_000))
    return np.random.default_rng(seed).dirichlet(np.full(classes, draw(st.sampled_from([0.2, 1.0, 5.0]))), count)


def path_score(path: tuple[int, ...], scores: FloatArray, times: FloatArray, priors: FloatArray, rate: float) -> float:
    """Log probability by the definition of the process, emission p / prior."""
    total = math.log(priors[path[0]]) + math.log(scores[0, path[0]] / priors[path[0]])
    for step in range(1, len(path)):
        decay = math.exp(-rate * (times[step] - times[step - 1]))
        here, before = path[step], path[step - 1]
        chance = priors[here] * (1 - decay) + (decay if here == before else 0)
        total += math.log(chance) + math.log(scores[step, here] / priors[here])
    return total


@given(probabilities(most=6), st.sampled_from([0.01, 0.3, 2.0, 20.0]), st.integers(0, 1000))
def test_smooth_finds_what_trying_all_paths_finds(scores: FloatArray, rate: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.uniform(0.05, 1.0, len(scores)))
    priors = rng.dirichlet(np.full(scores.shape[1], 3.0))
    found = smooth(scores, times_seconds=times, priors=priors, switch_rate_per_second=rate)
    paths = itertools.product(range(scores.shape[1]), repeat=len(scores))
    best = max(path_score(path, scores, times, priors, rate) for path in paths)
    assert path_score(tuple(found.tolist()), scores, times, priors, rate) == pytest.approx(best, abs=1e-9)


@given(probabilities(), st.sampled_from([math.inf, 1e6]))
def test_infinite_rate_is_argmax(scores: FloatArray, rate: float) -> None:
    found = smooth(
        scores, times_seconds=np.arange(len(scores)), priors=scores.mean(axis=0), switch_rate_per_second=rate
    )
    assert found.tolist() == scores.argmax(axis=1).tolist()


@given(probabilities())
def test_no_switching_gives_one_class(scores: FloatArray) -> None:
    priors = np.full(scores.shape[1], 1 / scores.shape[1])
    found = smooth(scores, times_seconds=np.arange(len(scores)), priors=priors, switch_rate_per_second=0.0)
    assert len(set(found.tolist())) == 1


def test_smooth_removes_a_flicker_but_not_a_scene_of_four_frames() -> None:
    certain = np.array([0] * 10 + [1] * 4 + [0] * 10)
    scores = np.where(np.eye(2, dtype=bool)[certain], 0.97, 0.03)
    scores[4] = [0.4, 0.6]
    found = smooth(scores, times_seconds=np.arange(24) / 25, priors=[0.7, 0.3], switch_rate_per_second=2.0)
    assert found.tolist() == certain.tolist()


def test_smooth_knows_how_much_time_lies_between() -> None:
    scores = [[0.9, 0.1], [0.3, 0.7], [0.9, 0.1]]
    arguments = {"priors": [0.5, 0.5], "switch_rate_per_second": 1.0}
    assert smooth(scores, times_seconds=[0, 0.04, 0.08], **arguments).tolist() == [0, 0, 0]
    assert smooth(scores, times_seconds=[0, 10, 20], **arguments).tolist() == [0, 1, 0]


def test_smooth_survives_zeros_and_standing_time() -> None:
    scores = [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]]
    found = smooth(scores, times_seconds=[0, 0, -1, 5], priors=[1.0, 0.0], switch_rate_per_second=5.0)
    assert set(found.tolist()) <= {0, 1}
    with pytest.raises(SpecError, match="0 or more"):
        smooth(scores, times_seconds=[0, 1, 2, 3], priors=[0.5, 0.5], switch_rate_per_second=-1)


def test_smooth_is_fast() -> None:
    scores = np.random.default_rng(0).dirichlet(np.ones(3), 20_000)
    started = time.process_time()
    smooth(scores, times_seconds=np.arange(20_000) / 25, priors=np.full(3, 1 / 3), switch_rate_per_second=1.0)
    assert time.process_time() - started < 1.0  # about 0.05 s; loose, for slow machines


def draw_labels(rate: float, *, count: int, step: float, seed: int) -> NDArray[np.int64]:
    rng = np.random.default_rng(seed)
    jumps, fresh = rng.random(count) < 1 - math.exp(-rate * step), rng.integers(0, 2, count)
    labels = [0]
    for jumped, new in zip(jumps[1:], fresh[1:], strict=True):
        labels.append(int(new) if jumped else labels[-1])
    return np.array(labels)


@pytest.mark.parametrize("rate", [0.1, 1.0, 5.0])
def test_switch_rate_is_recovered(rate: float) -> None:
    labels = draw_labels(rate, count=6000, step=0.2, seed=1)
    found = fit_switch_rate(
        labels, times_seconds=np.arange(6000) * 0.2, source_ids=np.full(6000, "f"), priors=[0.5, 0.5]
    )
    assert found == pytest.approx(rate, rel=0.2)


def test_switch_rate_golden_value_for_two_equal_steps() -> None:
    # One change in ten steps of 1 s: chance of a change = (1 - q) / 2; with half a pseudo-switch q is a little lower.
    labels = [0] * 5 + [1] * 6
    found = fit_switch_rate(labels, times_seconds=np.arange(11), source_ids=["f"] * 11, priors=[0.5, 0.5])
    assert -math.log(1 - 2 * 1 / 10) < found < -math.log(1 - 2 * 1.5 / 10)


def test_switch_rate_ignores_the_order_of_rows() -> None:
    labels, times = draw_labels(1.0, count=200, step=0.2, seed=2), np.arange(200) * 0.2
    shuffled = np.random.default_rng(0).permutation(200)
    ids = np.full(200, "f")
    one = fit_switch_rate(labels, times_seconds=times, source_ids=ids, priors=[0.5, 0.5])
    two = fit_switch_rate(labels[shuffled], times_seconds=times[shuffled], source_ids=ids, priors=[0.5, 0.5])
    assert one == two


def test_labels_that_switch_by_chance_give_no_smoothing() -> None:
    labels = np.random.default_rng(0).integers(0, 2, 3000)
    assert fit_switch_rate(
        labels, times_seconds=np.arange(3000), source_ids=np.full(3000, "f"), priors=[0.5, 0.5]
    ) == math.inf  # fmt: skip


def test_one_label_a_film_gives_no_smoothing() -> None:
    assert fit_switch_rate([0, 1], times_seconds=[0, 0], source_ids=["a", "b"], priors=[0.5, 0.5]) == math.inf


def test_labels_that_never_switch_still_allow_a_switch() -> None:
    found = fit_switch_rate([0] * 30, times_seconds=np.arange(30), source_ids=["f"] * 30, priors=[0.5, 0.5])
    assert 0 < found < 0.1


def test_clips_of_one_class_each_say_that_scenes_last_as_long_as_they_do() -> None:
    # Twenty clips of 3 s, 5 samples a second: their samples span 2.8 s each.
    clips = np.repeat(np.arange(20), 15)
    times = np.tile(np.arange(15) / 5, 20)
    found = fit_switch_rate(clips % 2, times_seconds=times, source_ids=clips, priors=[0.5, 0.5])
    assert found == pytest.approx(1 / 2.8)


@given(probabilities(), st.floats(0.01, 0.99))
def test_a_class_wins_exactly_from_its_threshold(scores: FloatArray, threshold: float) -> None:
    names = [f"c{index}" for index in range(scores.shape[1])]
    bent = apply_thresholds(scores, classes=names, thresholds={"c1": threshold})
    assert ((bent.argmax(axis=1) == 1) == (scores[:, 1] >= threshold)).all()
    assert np.allclose(bent.sum(axis=1), 1)


@pytest.mark.parametrize("name", ["a", "b"])
def test_a_tie_with_the_threshold_wins(name: str) -> None:
    bent = apply_thresholds([[0.5, 0.5]], classes=["a", "b"], thresholds={name: 0.5})
    assert "ab"[int(bent.argmax())] == name


def test_two_thresholds_that_neither_reaches_leave_the_third() -> None:
    bent = apply_thresholds([[0.85, 0.14, 0.01]], classes=["a", "b", "c"], thresholds={"a": 0.9, "b": 0.9})
    assert bent.argmax() == 2


def test_unknown_class_in_thresholds() -> None:
    with pytest.raises(LabelError, match=r"no class 'no' .* OK, KO"):
        apply_thresholds([[0.5, 0.5]], classes=["OK", "KO"], thresholds={"no": 0.5})


def merge(text: str, lengths: list[float], min_seconds: float) -> str:
    labels = ["abc".index(letter) for letter in text]
    edges = np.concatenate(([0.0], np.cumsum(lengths)))
    return "".join("abc"[label] for label in merge_short(labels, boundaries_seconds=edges, min_seconds=min_seconds))


def test_merge_short_golden() -> None:
    assert merge("aabaa", [1, 1, 0.5, 1, 1], 1.0) == "aaaaa"
    assert merge("abbc", [3, 0.4, 0.4, 2], 1.0) == "aaac"  # joins the longer neighbour
    assert merge("abc", [2, 0.5, 2], 1.0) == "aac"  # equally long: the earlier
    assert merge("abc", [0.2, 0.3, 0.9], 1.0) == "ccc"  # a joins b, both are still short and join c
    assert merge("ab", [0.1, 0.1], 0.0) == "ab"
    assert merge("a", [0.1], 1.0) == "a"


@given(
    st.lists(st.tuples(st.integers(0, 2), st.floats(0.01, 2)), min_size=1, max_size=40),
    st.floats(0, 3),
)
def test_after_merge_no_segment_is_short_but_a_single_one(pairs: list[tuple[int, float]], min_seconds: float) -> None:
    labels, lengths = np.array([label for label, _ in pairs]), np.array([length for _, length in pairs])
    edges = np.concatenate(([0.0], np.cumsum(lengths)))
    merged = merge_short(labels, boundaries_seconds=edges, min_seconds=min_seconds)
    starts = np.flatnonzero(np.diff(merged, prepend=-1))
    runs = np.add.reduceat(lengths, starts)
    assert len(merged) == len(labels)
    assert set(merged.tolist()) <= set(labels.tolist())
    assert len(runs) == 1 or runs.min() >= min_seconds - 1e-9


def test_where_the_picture_cuts_the_class_may_change_at_less_cost() -> None:
    scores = np.array([[0.9, 0.1]] * 4 + [[0.4, 0.6]] * 4)
    settings = {"times_seconds": np.arange(8) / 5, "priors": [0.5, 0.5], "switch_rate_per_second": 0.01}
    cuts = np.zeros(7)
    assert smooth(scores, **settings).tolist() == [0] * 8
    assert smooth(scores, **settings, forgets=cuts).tolist() == [0] * 8
    cuts[3] = 0.9
    assert smooth(scores, **settings, forgets=cuts).tolist() == [0] * 4 + [1] * 4
    cuts[3], cuts[1] = 0, 0.9
    assert smooth(scores, **settings, forgets=cuts).tolist() == [0] * 8  # a cut elsewhere is no reason
