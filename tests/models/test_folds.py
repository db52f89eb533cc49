"""Folds: what belongs together stays together, and every class is learned in every fold."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from drawn_examples import film, pictures
from reelsift.models.folds import group, grouped_folds, random_folds


def test_groups_of_the_labels_come_first() -> None:
    examples = film(40, groups=np.array([f"g{index % 8}" for index in range(40)]))
    grouping = group(examples, folds=4)
    folds = grouped_folds(examples, grouping=grouping, folds=4, seed=0)
    assert folds.kind == "groups of the labels"
    for name in np.unique(examples.groups):
        assert len(np.unique(folds.held_out[examples.groups == name])) == 1


def test_films_are_groups_where_classes_occur_in_several() -> None:
    examples = film(60, source_ids=np.repeat([f"film{index}" for index in range(6)], 10))
    folds = grouped_folds(examples, grouping=group(examples, folds=3), folds=3, seed=0)
    assert folds.kind == "films"
    for fold, trained in enumerate(folds.trained):
        own = folds.held_out == fold
        assert not set(examples.source_ids[own]) & set(examples.source_ids[trained])


def test_one_class_a_film_falls_back_on_blocks_of_time() -> None:
    examples = film(60, source_ids=np.repeat(["a", "b"], 30), targets=np.repeat([0, 1], 30))
    folds = grouped_folds(examples, grouping=group(examples, folds=5), folds=5, seed=0)
    assert folds.kind == "blocks of time"
    assert folds.scored.all()


def test_blocks_of_time_are_contiguous_with_a_gap() -> None:
    times = np.sort(np.random.default_rng(0).uniform(0, 600, 300))
    examples = film(300, times_seconds=times)
    grouping = group(examples, folds=5)
    assert (np.diff(grouping.ids) >= 0).all()
    assert len(np.unique(grouping.ids)) == 20
    folds = grouped_folds(examples, grouping=grouping, folds=5, seed=0)
    for fold, trained in enumerate(folds.trained):
        held = times[folds.held_out == fold]
        assert np.abs(times[trained][:, None] - held[None, :]).min() >= 2.0


def test_pictures_of_one_scene_stay_together() -> None:
    stems = [f"scene{index:02d}" for index in range(12)] * 3
    examples = pictures(stems, [index // 12 for index in range(36)])
    folds = grouped_folds(examples, grouping=group(examples, folds=4), folds=4, seed=0)
    assert folds.kind == "scenes (file stems)"
    for stem in set(stems):
        assert len(np.unique(folds.held_out[examples.stems == stem])) == 1


def test_class_folders_are_never_groups_and_blocks_run_across_them() -> None:
    # Frames 0..59 sorted into two folders by class: the blocks follow the numbers, not the folders.
    stems = [f"frame{index:03d}" for index in range(60)]
    examples = pictures(stems, [index // 3 % 2 for index in range(60)])
    grouping = group(examples, folds=5)
    folds = grouped_folds(examples, grouping=grouping, folds=5, seed=0)
    assert folds.kind == "blocks of pictures"
    for trained in folds.trained:
        assert len(np.unique(examples.targets[trained])) == 2
    for number in np.unique(grouping.ids):
        assert np.ptp(examples.order[grouping.ids == number]) == 2


def test_near_duplicates_become_one_group() -> None:
    examples = pictures([f"frame{index:03d}" for index in range(60)], [index // 3 % 2 for index in range(60)])
    duplicates = np.arange(60)
    duplicates[[3, 30, 57]] = 3
    grouping = group(examples, folds=5, duplicates=duplicates)
    assert len(np.unique(grouping.ids[[3, 30, 57]])) == 1
    assert grouping.ids[3] != grouping.ids[4]


def test_a_class_in_one_group_is_learned_but_not_scored() -> None:
    targets = np.array([0, 1] * 20 + [2] * 5)
    groups = np.array([f"g{index // 4}" for index in range(40)] + ["only"] * 5)
    examples = film(45, classes=3, targets=targets, groups=groups)
    folds = grouped_folds(examples, grouping=group(examples, folds=5), folds=5, seed=0)
    assert folds.trained[:, targets == 2].all()
    assert not folds.scored[targets == 2].any()
    assert folds.scored[targets < 2].all()
    assert any("'neither'" in note for note in folds.notes)


def test_two_labels_cannot_be_held_out() -> None:
    examples = film(2, targets=np.array([0, 1]))
    folds = grouped_folds(examples, grouping=group(examples, folds=5), folds=5, seed=0)
    assert not folds.scored.any()


def test_random_folds_are_stratified() -> None:
    examples = film(100, targets=np.array([0] * 80 + [1] * 20))
    folds = random_folds(examples, folds=5, seed=0)
    for fold in range(5):
        assert np.bincount(examples.targets[folds.held_out == fold]).tolist() == [16, 4]


@settings(deadline=None, max_examples=80)
@given(st.integers(0, 100_000), st.integers(2, 60), st.integers(2, 3), st.integers(2, 7), st.integers(1, 4))
def test_folds_never_leak_and_always_know_every_class(
    seed: int, count: int, classes: int, wanted: int, films: int
) -> None:
    rng = np.random.default_rng(seed)
    examples = film(
        count,
        classes=classes,
        targets=rng.integers(0, classes, count),
        source_ids=np.array([f"f{index}" for index in rng.integers(0, films, count)]),
        times_seconds=rng.uniform(0, 30, count).round(1),
    )
    grouping = group(examples, folds=wanted)
    folds = grouped_folds(examples, grouping=grouping, folds=wanted, seed=seed)
    again = grouped_folds(examples, grouping=grouping, folds=wanted, seed=seed)
    assert np.array_equal(folds.held_out, again.held_out)
    present = set(examples.targets.tolist())
    for fold, trained in enumerate(folds.trained):
        own = folds.held_out == fold
        assert not (own & trained).any()
        assert set(examples.targets[trained].tolist()) == present
    assert folds.trained[:, ~folds.scored].all()
