"""Training models with memory."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drawn_examples import film
from drawn_sequences import STEP, clips, fetching_views, moving, shots
from reelsift.models import sequence_candidates
from reelsift.models.model import Model
from reelsift.models.statistics_head import StatisticsHead
from reelsift.models.training import train, train_multi
from reelsift.specs import TrainSpec


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequence_candidates, "NETS", 1)
    monkeypatch.setattr(sequence_candidates, "MOST_STEPS", 120)


def spec(kind: Any, **changes: Any) -> TrainSpec:
    return TrainSpec(model=kind, folds=2, window=30, **changes)


@pytest.mark.parametrize("kind", ["lstm", "gru", "tcn", "statistics"])
def test_memory_tells_what_no_single_frame_tells(kind: str, tmp_path: Path) -> None:
    examples, fetch = clips()
    training = train(examples, spec=spec(kind), task="sport", fetch_sequences=fetch)
    report, model = training.report, training.model
    assert report.model == kind and report.chosen == "the only candidate"
    assert report.clip_accuracy is not None and report.clip_accuracy > 0.9
    assert report.accuracy is not None and report.accuracy > 0.85
    assert report.candidates[0].joined_accuracy is not None and report.candidates[0].joined_accuracy > 0.75
    assert (report.candidates[0].curve is not None) == (kind != "statistics")
    assert model.remembers and model.step_seconds == pytest.approx(STEP)
    assert report.window is not None and 5 <= report.window <= 30
    assert report.window_seconds == pytest.approx(report.window * STEP)
    json.dumps(report.to_dict(), allow_nan=False)

    # A recording that nobody cut.
    targets = (np.arange(240) // 40 % 2).astype(np.int64)
    views = {name: moving(targets, seed=99) for name in model.views}
    times = np.arange(240) * STEP
    said = model.probabilities(views, times_seconds=times)
    assert (said.argmax(axis=1) == targets).mean() > 0.85
    assert (model.probabilities(views).argmax(axis=1) == targets).mean() < 0.75
    between = model.probabilities_between(views, times_seconds=times, between=views, between_seconds=times)
    assert (between.argmax(axis=1) == targets).mean() > 0.85

    model.save(tmp_path / "m")
    again = Model.load(tmp_path / "m")
    assert np.array_equal(again.probabilities(views, times_seconds=times), said)


def of_shots(targets: Any, *, sequence: int, length: int, told: float) -> Any:
    """Drawn shots in sequences of so many samples, four to a film, and what fetches them."""
    views, _ = shots(targets, length=length, told=told, seed=1)
    count = len(targets) // sequence
    times = np.tile(np.arange(sequence) * STEP, count)
    names = np.array([f"source-{n}" for n in np.repeat(np.arange(count), sequence)])
    groups = np.array([f"film-{n // 4}" for n in np.repeat(np.arange(count), sequence)])
    examples = film(len(targets), views=views, targets=targets, source_ids=names, times_seconds=times, groups=groups)
    return examples, fetching_views(views, times, np.arange(count + 1) * sequence)


def test_statistics_stop_at_cuts_where_shots_have_nothing_to_do_with_each_other() -> None:
    examples, fetch = of_shots(np.repeat(np.arange(48) % 2, 8), sequence=8, length=8, told=1.0)
    training = train(examples, spec=spec("statistics"), task="fight", fetch_sequences=fetch)
    assert "within shots" in training.report.candidates[0].settings
    assert "appearance" in training.model.views
    # A recording that changes at each cut.
    targets = np.repeat(np.arange(40) % 2, 8)
    views, times = shots(targets, length=8, told=1.0, seed=2)
    head = training.model.head
    assert isinstance(head, StatisticsHead)
    found = head.logits(views, times_seconds=times).argmax(axis=1)
    mixed = replace(head, within_shots=False).logits(views, times_seconds=times).argmax(axis=1)
    assert (found == targets).mean() > 0.97
    assert (mixed == targets).mean() < 0.8


def test_statistics_look_across_cuts_where_that_tells_more() -> None:
    # Of the shots of a match few show the match.
    targets = np.repeat(np.arange(16) % 2, 40)
    examples, fetch = of_shots(targets, sequence=80, length=4, told=0.4)
    training = train(examples, spec=spec("statistics"), task="match", fetch_sequences=fetch)
    assert "within shots" not in training.report.candidates[0].settings


def test_nets_learn_to_forget_at_cuts() -> None:
    examples, fetch = of_shots(np.repeat(np.arange(48) % 2, 8), sequence=8, length=8, told=1.0)
    training = train(examples, spec=spec("gru"), task="fight", fetch_sequences=fetch)
    targets = np.repeat(np.arange(40) % 2, 8)
    views, times = shots(targets, length=8, told=1.0, seed=2)
    seen = training.model.probabilities(views, times_seconds=times).argmax(axis=1)
    blind = {**views, "appearance": np.ones_like(views["appearance"])}
    unseen = training.model.probabilities(blind, times_seconds=times).argmax(axis=1)
    assert (seen == targets).mean() > max(0.93, (unseen == targets).mean() + 0.06)


def test_same_seed_same_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequence_candidates, "MOST_STEPS", 20)
    examples, fetch = clips(12)
    one, two = (train(examples, spec=spec("gru"), task="sport", fetch_sequences=fetch).model for _ in range(2))
    for name, values in one.arrays().items():
        assert np.array_equal(values, two.arrays()[name]), name


@pytest.mark.usefixtures("all_heads")
def test_auto_finds_out_that_memory_helps() -> None:
    examples, fetch = clips()
    report = train(examples, spec=spec("auto"), task="sport", fetch_sequences=fetch).report
    scores = {found.model: found for found in report.candidates}
    assert set(scores) >= {"linear", "statistics", "gru", "lstm", "tcn"}
    assert report.model in ("statistics", "gru", "lstm", "tcn", "blend")
    assert scores["linear"].clip_accuracy is not None and scores["linear"].joined_accuracy is None
    assert (scores["linear"].accuracy or 1) < 0.75 < 0.85 < (report.accuracy or 0)
    assert report.window is not None


@pytest.mark.usefixtures("all_heads")
def test_auto_without_time_tries_no_memory() -> None:
    examples, fetch = clips(12)
    report = train(examples, spec=spec("auto", budget_seconds=0), task="sport", fetch_sequences=fetch).report
    assert {found.model for found in report.candidates} == {"linear"}
    assert report.window is None and report.clip_accuracy is not None


@pytest.mark.parametrize("changes", [{"split": "random"}, {"window": 2}, {"classes": ("KO", "OK")}])
def test_other_ways_to_train(changes: dict[str, Any]) -> None:
    examples, fetch = clips(12)
    values = {"folds": 2, "window": 30, **changes}
    report = train(examples, spec=TrainSpec(model="lstm", **values), task="sport", fetch_sequences=fetch).report
    assert report.accuracy is not None


def test_clips_of_one_film_that_cannot_be_held_out() -> None:
    examples, fetch = clips(2, groups=np.full(24, "one"))
    report = train(examples, spec=spec("lstm"), task="sport", fetch_sequences=fetch).report
    assert report.accuracy is None and report.clip_accuracy is None
    json.dumps(report.to_dict(), allow_nan=False)


def test_several_classes_at_once_remember_too() -> None:
    examples, fetch = clips(12)
    truth = np.column_stack((examples.targets == 0, examples.targets == 1))
    both = clips(12, truth=truth)[0]
    training = train_multi(both, spec=spec("statistics"), task="sport", fetch_sequences=fetch)
    assert training.model.remembers
    assert training.summary["clip_accuracy"] > 0.8 and training.summary["window_seconds"] > 0
