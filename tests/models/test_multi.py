"""Tasks whose classes can be true at once: learned as a question for each class, kept in one folder."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drawn_examples import film
from reelsift.errors import LabelError, ModelError
from reelsift.models import train
from reelsift.models.examples import Examples
from reelsift.models.model import Model, MultiModel, load_any
from reelsift.models.report import summary_of_questions
from reelsift.models.training import MultiTraining, train_multi
from reelsift.specs import TrainSpec


def weather(count: int = 120, *, seed: int = 0, **changes: Any) -> Examples:
    """A film in which it rains and is night independently of each other; it is night more often."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(rng.random((count // 3, 2)) < (0.4, 0.7), 3, axis=0)
    looks = rng.standard_normal((count, 30))
    looks[:, :2] += 8 * truth
    values: dict[str, Any] = {
        "classes": ("rain", "night"), "truth": truth, "views": {"appearance": looks.astype(np.float32)},
        "targets": np.zeros(count, np.int64),
    }  # fmt: skip
    return dataclasses.replace(film(count), **{**values, **changes})


@pytest.fixture(scope="module")
def training() -> MultiTraining:
    spec = TrainSpec(background="neither")
    return train_multi(weather(), spec=spec, task="weather", index_spec={"backbone": "x"}, label_digest="d")


def test_each_class_is_told_whatever_the_other_is(training: MultiTraining) -> None:
    unseen = weather(300, seed=1)
    assert training.model.classes == ("rain", "night")
    for place, name in enumerate(training.model.classes):
        yes = training.model.of(name).probabilities(unseen.views)[:, 1] > 0.5
        for other in (True, False):
            rows = unseen.truth[:, 1 - place] == other
            assert (yes == unseen.truth[:, place])[rows].mean() > 0.95


def test_the_report_is_of_all_classes_and_of_each(training: MultiTraining) -> None:
    summary, each, truth = training.summary, training.by_question, weather().truth
    assert summary["classes"] == {"rain": truth[:, 0].sum(), "night": truth[:, 1].sum()}
    assert summary["accuracy"] == pytest.approx((each["rain"]["accuracy"] + each["night"]["accuracy"]) / 2)
    assert summary["accuracy"] > 0.9
    assert summary["questions"] == each
    assert set(each["rain"]["confusion"]) == {"not rain", "rain"}
    assert {found["class"] for found in summary["candidates"]} == {"rain", "night"}
    assert summary["background"] == each["night"]["background"] == "neither"
    assert training.model.report == summary
    json.dumps(summary, allow_nan=False)


def test_a_mean_of_what_is_not_known_is_not_known(training: MultiTraining) -> None:
    each = training.by_question
    summary = summary_of_questions({"rain": each["rain"], "night": {**each["night"], "accuracy": None}})
    assert summary["accuracy"] is None and summary["balanced_accuracy"] is not None


def test_every_model_keeps_what_it_was_made_of(training: MultiTraining) -> None:
    for model in training.model.models:
        assert (model.task, model.index_spec, model.label_digest) == ("weather", {"backbone": "x"}, "d")
        assert len(model.held_out) == 120
    assert training.model.views == ("appearance",)


def test_only_the_classes_asked_for() -> None:
    truth = np.column_stack((weather().truth, np.arange(120) // 3 % 2 == 0))
    examples = weather(classes=("rain", "night", "wind"), truth=truth)
    assert train_multi(examples, spec=TrainSpec(classes=("wind", "rain")), task="weather").model.classes == (
        "rain",
        "wind",
    )
    with pytest.raises(LabelError, match="no class 'snow'"):
        train_multi(examples, spec=TrainSpec(classes=("rain", "snow")), task="weather")


def test_a_class_that_is_always_true_or_never_is_refused() -> None:
    truth = weather().truth
    for column, words in ((True, "all labelled frames"), (False, "no labelled frame")):
        with pytest.raises(LabelError, match=f"'night' is true of {words}"):
            train_multi(
                weather(truth=np.column_stack((truth[:, 0], np.full(120, column)))), spec=TrainSpec(), task="weather"
            )


@pytest.mark.parametrize("name", ["none", "rain|snow"])
def test_a_class_that_timelines_could_not_tell_is_refused(name: str) -> None:
    with pytest.raises(LabelError, match="cannot name one"):
        train_multi(weather(classes=("night", name)), spec=TrainSpec(), task="weather")


def test_round_trip(training: MultiTraining, tmp_path: Path) -> None:
    training.model.save(tmp_path / "weather")
    back, views = load_any(tmp_path / "weather"), weather(30, seed=2).views
    assert isinstance(back, MultiModel)
    assert back.classes == training.model.classes
    for one, two in zip(back.models, training.model.models, strict=True):
        assert np.array_equal(one.probabilities(views), two.probabilities(views))
        for name in ("probabilities", "targets", "weights", "groups"):
            assert np.array_equal(getattr(one.held_out, name), getattr(two.held_out, name))
    assert back.report == json.loads(json.dumps(training.summary))
    with pytest.raises(ModelError, match="can be true at once"):
        Model.load(tmp_path / "weather")


def test_one_kind_of_model_replaces_the_other(training: MultiTraining, tmp_path: Path) -> None:
    training.model.save(tmp_path / "m")
    train(film(30), spec=TrainSpec(), task="keep").model.save(tmp_path / "m")
    assert isinstance(load_any(tmp_path / "m"), Model)
    assert len(list((tmp_path / "m").iterdir())) == 2


def test_what_does_not_fit_is_refused(training: MultiTraining) -> None:
    with pytest.raises(ModelError, match="at least one class"):
        MultiModel(())
    with pytest.raises(ModelError, match="asks after one class"):
        MultiModel((train(film(30), spec=TrainSpec(), task="weather").model,))
    with pytest.raises(ModelError, match="no class 'snow': the model knows rain, night"):
        training.model.of("snow")
