"""Shares of classes: nearer to the truth than counting where the mix shifts, with intervals that cover it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reelsift.actions.quantify import Quantity, _independent, pooled_quantity, quantify
from reelsift.errors import SpecError
from reelsift.held_out import HeldOut

SECONDS = 1.0


def drawn(
    rng: np.random.Generator, mix: np.ndarray, *, frames: int, scene: int = 1, apart: float = 2.0, alike: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """(T,) classes in scenes of the same one, and (T, C) what each frame looks like; frames of a scene are `alike`."""
    scenes = -(-frames // scene)
    targets = np.repeat(rng.choice(len(mix), size=scenes, p=mix), scene)[:frames]
    shared = np.repeat(rng.normal(size=(scenes, len(mix))), scene, axis=0)[:frames]
    looks = apart * np.eye(len(mix))[targets] + rng.normal(size=(frames, len(mix))) + alike * shared
    return targets, looks


def posterior(looks: np.ndarray, mix: np.ndarray, *, apart: float = 2.0, alike: float = 0.0) -> np.ndarray:
    """(T, C) the true probabilities of the classes, where they come in such a mix."""
    logits = apart * looks / (1 + alike**2) + np.log(mix)
    chances = np.exp(logits - logits.max(axis=1, keepdims=True))
    return chances / chances.sum(axis=1, keepdims=True)


def evidence(rng: np.random.Generator, mix: np.ndarray, *, groups: int = 20, size: int = 15, **looks: float) -> HeldOut:
    targets, seen = drawn(rng, mix, frames=groups * size, scene=5, **looks)  # type: ignore[arg-type]
    chances = posterior(seen, mix, **looks)
    return HeldOut(chances, targets, np.ones(len(targets)), np.arange(len(targets)) // size)


def shares_of(targets: np.ndarray, classes: int) -> np.ndarray:
    return np.bincount(targets, minlength=classes) / len(targets)


def measured(chances: np.ndarray, held_out: HeldOut, **options: int) -> Quantity:
    return quantify(chances, durations_seconds=np.full(len(chances), SECONDS), held_out=held_out, **options)


TAUGHT = np.array([0.37, 0.23, 0.40])
SHIFTED = np.array([0.14, 0.36, 0.50])


def test_much_evidence_finds_a_shifted_mix_where_the_sum_of_probabilities_does_not() -> None:
    rng = np.random.default_rng(0)
    held_out = evidence(rng, TAUGHT, groups=1000, apart=1.5)
    targets, looks = drawn(rng, SHIFTED, frames=20_000, apart=1.5)
    chances = posterior(looks, TAUGHT, apart=1.5)
    truth = shares_of(targets, 3)
    found = measured(chances, held_out)
    assert np.abs(chances.mean(axis=0) - truth).max() > 0.08
    assert np.abs(found.shares - truth).max() < 0.025
    assert ((found.low <= truth) & (truth <= found.high)).all()
    assert (found.high - found.low).max() < 0.15


def test_little_evidence_leaves_the_sum_of_probabilities_nearly_as_it_is() -> None:
    rng = np.random.default_rng(1)
    targets, looks = drawn(rng, SHIFTED, frames=400, scene=10)
    chances = posterior(looks, TAUGHT)
    plain, truth = chances.mean(axis=0), shares_of(targets, 3)
    little = measured(chances, evidence(rng, TAUGHT, groups=3))
    much = measured(chances, evidence(rng, TAUGHT, groups=300))
    assert np.abs(little.shares - plain).max() < np.abs(much.shares - plain).max()
    assert little.hold > 5 * much.hold
    assert np.abs(much.shares - truth).sum() < np.abs(plain - truth).sum()


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    """Frames of a scene err together, and every film has a mix of its own."""
    rng = np.random.default_rng(2)
    covered: list[bool] = []
    widths: list[float] = []
    for classes, film, groups in ((2, 200, 20), (3, 60, 8), (3, 200, 20), (3, 1000, 20), (5, 300, 20)) * 25:
        taught, mix = rng.dirichlet(np.full(classes, 20.0)), rng.dirichlet(np.full(classes, 6.0))
        held_out = evidence(rng, taught, groups=groups, alike=0.7)
        targets, looks = drawn(rng, mix, frames=film, scene=5, alike=0.7)
        found = measured(posterior(looks, taught, alike=0.7), held_out)
        truth = shares_of(targets, classes)
        known = np.isfinite(found.low)
        covered += ((found.low <= truth) & (truth <= found.high))[known].tolist()
        widths += (found.high - found.low)[known].tolist()
    assert 0.86 <= np.mean(covered) <= 0.98
    assert np.mean(widths) < 0.25


def test_more_held_out_groups_and_a_longer_film_make_narrower_intervals() -> None:
    rng = np.random.default_rng(3)
    few, many = (evidence(rng, TAUGHT, groups=groups) for groups in (8, 80))
    _, looks = drawn(rng, SHIFTED, frames=2000, scene=5)
    chances = posterior(looks, TAUGHT)

    def width(found: Quantity) -> float:
        return float((found.high - found.low).mean())

    assert width(measured(chances, many)) < 0.7 * width(measured(chances, few))
    assert width(measured(chances, many)) < 0.7 * width(measured(chances[:60], many))


def test_the_same_seed_gives_the_same_and_another_seed_nearly() -> None:
    rng = np.random.default_rng(4)
    held_out = evidence(rng, TAUGHT)
    chances = posterior(drawn(rng, SHIFTED, frames=200, scene=5)[1], TAUGHT)
    one, again, other = (measured(chances, held_out, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(one.low, again.low) and np.array_equal(one.high, again.high)
    assert np.array_equal(one.shares, other.shares)
    assert not np.array_equal(one.low, other.low)
    assert one.high - one.low == pytest.approx(other.high - other.low, rel=0.35)


def test_the_order_of_classes_does_not_matter() -> None:
    rng = np.random.default_rng(5)
    held_out = evidence(rng, TAUGHT)
    chances = posterior(drawn(rng, SHIFTED, frames=200)[1], TAUGHT)
    order = np.array([2, 0, 1])
    turned = replace(
        held_out, probabilities=held_out.probabilities[:, order], targets=np.argsort(order)[held_out.targets]
    )
    assert measured(chances[:, order], turned).shares == pytest.approx(measured(chances, held_out).shares[order])


def test_a_sample_counts_for_as_long_as_it_is_shown() -> None:
    held_out = evidence(np.random.default_rng(6), TAUGHT)
    rows = np.array([[0.98, 0.01, 0.01], [0.01, 0.01, 0.98]] * 20)
    found = quantify(rows, durations_seconds=np.tile([9.0, 1.0], 20), held_out=held_out)
    assert found.shares[0] == pytest.approx(0.9, abs=0.02)
    frozen = quantify(rows, durations_seconds=np.zeros(40), held_out=held_out)
    assert frozen.shares[0] == pytest.approx(0.5, abs=0.02)


def perfect(per_class: int, *, classes: int = 2, groups: int = 10) -> HeldOut:
    targets = np.arange(per_class * classes) % classes
    rows = np.where(np.eye(classes, dtype=bool)[targets], 1 - 1e-9, 1e-9 / (classes - 1))
    return HeldOut(rows, targets, np.ones(len(targets)), np.arange(len(targets)) * groups // len(targets))


def test_a_model_that_never_erred_is_not_known_never_to_err() -> None:
    film = np.tile([[1.0, 0.0], [0.0, 1.0]], (500, 1))
    widths = []
    for frames in (20, 200):
        found = measured(film, perfect(frames))
        assert found.shares == pytest.approx([0.5, 0.5], abs=1e-3)
        widths.append(float(found.high[0] - found.low[0]))
    # Of n frames, all told apart, up to 3 / n of all may be mistaken; half of the film is of the class.
    assert 1 / 20 < widths[0] < 6 / 20
    assert 1 / 200 < widths[1] < 6 / 200


@pytest.mark.parametrize("shown", [0, 1, 2])
def test_a_film_of_one_class_and_classes_that_never_show(shown: int) -> None:
    rng = np.random.default_rng(7)
    held_out = evidence(rng, TAUGHT, apart=4.0)
    targets, looks = drawn(rng, np.eye(3)[shown], frames=300, scene=5, apart=4.0)
    found = measured(posterior(looks, TAUGHT, apart=4.0), held_out)
    assert (targets == shown).all()
    assert found.shares[shown] > 0.97
    assert found.high[shown] == 1 and (found.low[[c for c in range(3) if c != shown]] == 0).all()
    assert (found.high > found.low).all()


def test_a_class_the_model_never_says_may_still_be_there() -> None:
    held_out = evidence(np.random.default_rng(8), TAUGHT)
    found = measured(np.tile([0.5, 0.5, 0.0], (100, 1)), held_out)
    assert found.shares[2] < 1e-3
    assert found.low[2] == 0 and found.high[2] > 0.01
    assert np.isfinite(found.shares).all() and found.shares.sum() == pytest.approx(1)


@pytest.mark.parametrize("frames, groups", [(0, 0), (40, 1)])
def test_without_honest_frames_intervals_are_unknown_and_nothing_is_corrected(frames: int, groups: int) -> None:
    rng = np.random.default_rng(9)
    held_out = evidence(rng, TAUGHT, groups=groups or 1, size=40)
    if not frames:
        held_out = HeldOut(np.zeros((0, 3)), np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64))
    chances = posterior(drawn(rng, SHIFTED, frames=100)[1], TAUGHT)
    found = measured(chances, held_out)
    assert found.shares == pytest.approx(chances.mean(axis=0))
    assert np.isnan(found.low).all() and np.isnan(found.high).all()
    pooled = pooled_quantity([found, found], durations_seconds=np.array([1.0, 2.0]), held_out=held_out)
    assert pooled.shares == pytest.approx(found.shares) and np.isnan(pooled.low).all()


def test_a_class_held_out_in_one_group_only_has_no_interval_but_the_others_have() -> None:
    rng = np.random.default_rng(10)
    held_out = evidence(rng, TAUGHT)
    kept = (held_out.targets != 1) | (held_out.groups == held_out.groups[held_out.targets == 1][0])
    thin = HeldOut(*(getattr(held_out, name)[kept] for name in ("probabilities", "targets", "weights", "groups")))
    found = measured(posterior(drawn(rng, TAUGHT, frames=100)[1], TAUGHT), thin)
    assert np.isnan(found.low).tolist() == np.isnan(found.high).tolist() == [False, True, False]


def test_tiny_held_out_sets_and_films_give_wide_intervals_and_no_warnings() -> None:
    held_out = HeldOut(
        np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]]),
        np.array([0, 1, 0, 1]),
        np.ones(4),
        np.array([0, 0, 1, 1]),
    )
    found = measured(np.array([[0.8, 0.2]]), held_out)
    assert found.shares.sum() == pytest.approx(1)
    assert ((found.high - found.low) > 0.2).all()


def test_weights_of_held_out_frames_are_the_mix_that_was_taught() -> None:
    rng = np.random.default_rng(11)
    even = np.full(3, 1 / 3)
    held_out = evidence(rng, even, groups=60)
    heavy = replace(held_out, weights=np.where(held_out.targets == 0, 8.0, 1.0))
    chances = posterior(drawn(rng, even, frames=3000)[1], np.array([0.8, 0.1, 0.1]))  # calibrated to the weighted mix
    taken_up, ignored = (np.abs(measured(chances, known).shares - 1 / 3).max() for known in (heavy, held_out))
    assert taken_up < 0.1 and 2 * taken_up < ignored


def test_errors_on_frames_that_stand_for_many_count_for_many() -> None:
    rng = np.random.default_rng(16)
    held_out = evidence(rng, TAUGHT, apart=3.0)
    wrong = held_out.probabilities.argmax(axis=1) != held_out.targets
    assert 0.01 < wrong.mean() < 0.2
    chances = posterior(drawn(rng, TAUGHT, frames=300, scene=5, apart=3.0)[1], TAUGHT, apart=3.0)
    widths = []
    for stands_for in (1.0, 10.0):
        found = measured(chances, replace(held_out, weights=np.where(wrong, stands_for, 1.0)))
        widths.append((found.high - found.low).mean())
    assert widths[1] > 1.5 * widths[0]


def test_groups_of_many_independent_frames_say_more_than_groups_of_copies() -> None:
    rng = np.random.default_rng(17)
    chances = posterior(drawn(rng, TAUGHT, frames=80)[1], TAUGHT)
    varied = evidence(rng, TAUGHT, groups=20, size=12)
    copies = HeldOut(
        *(
            np.repeat(getattr(varied, name)[::12], 12, axis=0)
            for name in ("probabilities", "targets", "weights", "groups")
        )
    )
    # A film is worth as many groups as it has stretches like theirs: fewer, where each of them has many.
    assert measured(chances, varied).stretches < 0.7 * measured(chances, copies).stretches


def test_however_long_a_film_the_held_out_groups_bound_what_is_known() -> None:
    rng = np.random.default_rng(18)
    held_out = evidence(rng, TAUGHT, groups=10)
    looks = drawn(rng, SHIFTED, frames=20_000)[1]
    long, longer = (measured(posterior(looks[:frames], TAUGHT), held_out) for frames in (2000, 20_000))
    assert longer.stretches > 5 * long.stretches
    assert longer.hold == long.hold
    assert longer.high - longer.low == pytest.approx(long.high - long.low, rel=0.3)


def test_several_films_share_errors_but_not_all() -> None:
    rng = np.random.default_rng(12)
    held_out = evidence(rng, TAUGHT)
    films = [measured(posterior(drawn(rng, SHIFTED, frames=40, scene=5)[1], TAUGHT), held_out) for _ in range(6)]
    durations = np.array([40.0, 40, 40, 40, 40, 80])
    pooled = pooled_quantity(films, durations_seconds=durations, held_out=held_out)
    weights = durations / durations.sum()
    assert pooled.shares == pytest.approx(weights @ [film.shares for film in films])
    widths = weights @ [film.high - film.low for film in films]
    assert ((pooled.high - pooled.low) < widths).all()
    assert ((pooled.high - pooled.low) > widths / 6).all()


def test_one_film_alone_is_its_own_total() -> None:
    rng = np.random.default_rng(13)
    held_out = evidence(rng, TAUGHT)
    film = measured(posterior(drawn(rng, SHIFTED, frames=200, scene=5)[1], TAUGHT), held_out)
    total = pooled_quantity([film], durations_seconds=np.array([200.0]), held_out=held_out)
    for name in ("shares", "low", "high"):
        assert getattr(total, name) == pytest.approx(getattr(film, name))


def test_neighbouring_samples_that_are_alike_count_once() -> None:
    rng = np.random.default_rng(14)
    rows = rng.dirichlet(np.ones(3), size=500)
    assert 300 < _independent(rows) <= 500
    assert 30 < _independent(np.repeat(rows[:50], 10, axis=0)) < 90
    assert _independent(np.tile(rows[:1], (500, 1))) == 1
    assert [_independent(rows[:count]) for count in (0, 1, 2)] == [1, 1, 2]


def test_what_does_not_fit_is_refused() -> None:
    held_out = evidence(np.random.default_rng(15), TAUGHT)
    rows = np.full((4, 3), 1 / 3)
    for chances, durations, word in (
        (np.zeros((0, 3)), np.zeros(0), "T at least 1"),
        (rows, np.ones(3), "duration"),
        (rows, np.array([1.0, 1, 1, -1]), "duration"),
        (np.full((4, 2), 0.5), np.ones(4), "held-out frames of 3 classes"),
    ):
        with pytest.raises(SpecError, match=word):
            quantify(chances, durations_seconds=durations, held_out=held_out)
