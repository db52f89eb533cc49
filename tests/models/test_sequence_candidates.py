"""Training models with memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drawn_sequences import STEP, clips, moving
from reelsift.models import sequence_candidates
from reelsift.models.model import Model
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
