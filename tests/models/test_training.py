"""Training end to end, on drawn frames whose truth is known."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import numpy as np
import pytest

from drawn_examples import film, pictures, things
from reelsift.errors import LabelError, ModelError
from reelsift.models import candidates, train
from reelsift.models.bench import spread_rows
from reelsift.models.heads import BlendHead
from reelsift.models.logistic import softmax
from reelsift.models.region_head import RegionsHead
from reelsift.specs import TrainSpec


def test_learns_from_forty_labels_and_says_how_well() -> None:
    training = train(film(40, apart=6), spec=TrainSpec(), task="keep", index_spec={"sampling": "5"}, label_digest="abc")
    unseen = film(400, apart=6, seed=1)
    chances = training.model.probabilities(unseen.views)
    report = training.report
    assert (chances.argmax(axis=1) == unseen.targets).mean() > 0.95
    assert report.balanced_accuracy is not None and report.balanced_accuracy > 0.9
    assert "appearance" in report.views
    assert report.classes == {"OK": 21, "KO": 19}
    assert report.majority_accuracy == pytest.approx(21 / 40)
    assert report.folds == "blocks of time"
    assert sum(n for row in report.confusion.values() for n in row.values()) == 40
    assert (training.model.label_digest, training.model.index_spec["sampling"]) == ("abc", "5")
    assert training.model.report == report.to_dict()


def test_candidates_are_each_view_and_all_together_best_first() -> None:
    report = train(film(40), spec=TrainSpec(), task="keep").report
    assert {item.views for item in report.candidates} == {("appearance",), ("quality",), ("appearance", "quality")}
    scores = [item.balanced_accuracy for item in report.candidates]
    assert scores == sorted(scores, reverse=True)
    assert report.views == report.candidates[0].views
    assert report.candidates[0].leaky_accuracy == report.leaky_accuracy
    json.dumps(report.to_dict(), allow_nan=False)


def test_looks_without_meaning_score_no_better_than_guessing() -> None:
    report = train(film(200, apart=0.0), spec=TrainSpec(), task="keep").report
    assert report.balanced_accuracy is not None and report.balanced_accuracy < 0.65


def test_random_folds_flatter_where_neighbours_are_copies() -> None:
    # 30 scenes of 10 near copies; a scene's class is a coin toss, so nothing can be known of a scene never seen.
    rng = np.random.default_rng(0)
    scenes = np.repeat(np.arange(30), 10)
    looks = rng.standard_normal((30, 50))[scenes] + 0.05 * rng.standard_normal((300, 50))
    targets = rng.permutation(np.arange(30) % 2)[scenes]
    views = {"appearance": looks.astype(np.float32)}
    arguments = {"views": views, "targets": targets, "groups": np.array([f"scene{n}" for n in scenes])}
    honest = train(film(300, **arguments), spec=TrainSpec(), task="keep").report
    leaky = train(film(300, **arguments), spec=TrainSpec(split="random"), task="keep").report
    assert honest.leaky_accuracy is not None and honest.leaky_accuracy > 0.95
    assert honest.accuracy is not None and honest.accuracy < 0.75
    assert leaky.accuracy == leaky.leaky_accuracy
    assert any("leak" in note for note in leaky.notes)


def test_classes_weigh_the_same_until_calibration_brings_the_mix_back() -> None:
    targets = (np.arange(200) % 10 == 0).astype(np.int64)
    examples = film(200, apart=0.0, targets=targets, views={"quality": np.random.default_rng(0).random((200, 3))})
    model = train(examples, spec=TrainSpec(), task="keep").model
    assert softmax(model.head.logits(examples.views))[:, 1].mean() == pytest.approx(0.5, abs=0.1)
    assert model.probabilities(examples.views)[:, 1].mean() == pytest.approx(0.1, abs=0.03)


def test_same_seed_same_model() -> None:
    one, two = (train(film(50), spec=TrainSpec(seed=3), task="keep").model for _ in range(2))
    assert np.array_equal(one.head.weights, two.head.weights)
    assert one.calibration.slope == two.calibration.slope


def test_one_label_a_class_trains_without_scores() -> None:
    training = train(film(2, targets=np.array([0, 1]), apart=9), spec=TrainSpec(), task="keep")
    assert training.report.balanced_accuracy is None
    assert training.report.leaky_accuracy is None
    assert any("nothing could be held out" in note for note in training.report.notes)
    assert np.isfinite(training.model.probabilities(film(5).views)).all()
    json.dumps(training.report.to_dict(), allow_nan=False)


def test_one_class_is_refused() -> None:
    with pytest.raises(LabelError, match="at least two"):
        train(film(9, targets=np.zeros(9, dtype=np.int64)), spec=TrainSpec(), task="keep")


def test_features_that_are_not_numbers_are_refused() -> None:
    views = {"appearance": np.full((60, 4), np.nan, dtype=np.float32)}
    with pytest.raises(ModelError, match=r"'appearance' .* not finite"):
        train(film(60, views=views), spec=TrainSpec(), task="keep")


def test_only_the_classes_asked_for() -> None:
    training = train(film(63, classes=3), spec=TrainSpec(classes=("KO", "neither")), task="keep")
    assert training.model.classes == ("KO", "neither")
    assert training.model.priors.tolist() == pytest.approx([0.5, 0.5])


def test_switch_rate_comes_from_all_labels() -> None:
    # Dense labels, a change every 3 s: 1/3 a second leave, which is half of all jumps; 1 - q = 2/3.
    dense = train(film(300), spec=TrainSpec(), task="keep").model
    assert dense.switch_rate_per_second == pytest.approx(-math.log(1 - 2 / 3), rel=0.05)
    loose = train(pictures([f"p{n:02d}" for n in range(30)], [n % 2 for n in range(30)]), spec=TrainSpec(), task="keep")
    assert loose.model.switch_rate_per_second == math.inf


def test_many_rows_are_thinned_evenly_and_rare_classes_kept() -> None:
    targets = np.zeros(10_000, dtype=np.int64)
    targets[5000:5100] = 1
    examples = film(10_000, targets=targets, views={"quality": np.zeros((10_000, 1), dtype=np.float32)})
    rows, weights = spread_rows(examples, most=1000)
    assert len(rows) == len(np.unique(rows)) == 1000
    assert (targets[rows] == 1).sum() == 100
    assert weights.sum() == pytest.approx(10_000)
    common = rows[targets[rows] == 0]
    assert np.diff(common).max() <= 120
    few, ones = spread_rows(film(30), most=1000)
    assert few.tolist() == list(range(30))
    assert (ones == 1).all()


def test_thousands_of_labels_keep_their_mix() -> None:
    rng = np.random.default_rng(0)
    targets = (np.arange(6000) // 20 % 10 == 0).astype(np.int64)
    looks = rng.standard_normal((6000, 8)).astype(np.float32)
    looks[:, 0] += targets
    training = train(film(6000, targets=targets, views={"quality": looks}), spec=TrainSpec(), task="keep")
    assert training.report.learned_frames == 1200
    assert training.model.probabilities({"quality": looks})[:, 1].mean() == pytest.approx(targets.mean(), abs=0.03)


QUICK = TrainSpec(folds=2, hidden=(4,))


@pytest.mark.usefixtures("all_heads")
def test_a_small_thing_in_a_corner_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "SEARCH_STEPS", 100)
    monkeypatch.setattr(candidates, "VARIED_ROWS", 60)  # one variant of each
    examples, fetch, asked = things()
    training = train(examples, spec=QUICK, task="thing", fetch=fetch)
    report, scores = training.report, {item.model: item.balanced_accuracy for item in training.report.candidates}
    assert set(scores) == {"linear", "regions", "blend"}  # far ahead, so dense layers are not tried
    assert scores["linear"] is not None and scores["linear"] < 0.65
    assert scores["regions"] is not None and scores["regions"] > 0.75
    assert report.model in ("regions", "blend")
    assert isinstance(training.model.head, RegionsHead | BlendHead)
    # The background was not named: that nothing is there is what honest folds make of it.
    assert [item.settings for item in report.candidates if item.model == "regions"] == ["background KO"]
    assert sorted(asked) == ["regions", "regions_varied"]
    curves = {item.model: item.curve for item in report.candidates}
    assert curves["regions"] is not None and curves["linear"] is None
    unseen, fetch_unseen, _ = things(seed=1)
    rows = {"regions": fetch_unseen("regions", unseen.source_ids, unseen.times_seconds), **unseen.views}
    assert (training.model.probabilities(rows).argmax(axis=1) == unseen.targets).mean() > 0.8
    json.dumps(report.to_dict(), allow_nan=False)


@pytest.mark.usefixtures("all_heads")
def test_without_time_only_the_quick_heads_are_tried() -> None:
    examples, fetch, asked = things()
    report = train(examples, spec=TrainSpec(budget_seconds=0), task="thing", fetch=fetch).report
    assert {item.model for item in report.candidates} == {"linear"}
    assert asked == []
    assert "the time for training, 0 s, was over before all heads were tried" in report.notes


@pytest.mark.usefixtures("all_heads")
def test_nothing_slow_is_tried_where_it_cannot_win() -> None:
    _, fetch, asked = things()
    report = train(film(60, apart=30), spec=TrainSpec(), task="keep", fetch=fetch).report
    assert {item.model for item in report.candidates} == {"linear"}
    assert asked == [] and not any("time for training" in note for note in report.notes)


@pytest.mark.usefixtures("all_heads")
def test_without_a_way_to_fetch_views_there_are_dense_layers_all_the_same() -> None:
    report = train(film(40, apart=0.5), spec=QUICK, task="keep").report
    assert {item.model for item in report.candidates} == {"linear", "mlp"}
    assert next(item for item in report.candidates if item.model == "mlp").settings == "hidden 4"


@pytest.mark.parametrize("kind", ["mlp", "regions"])
def test_heads_learned_step_by_step_need_no_held_out_frames(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "VARIED_ROWS", 0)
    examples, fetch, _ = things(6)
    two = examples.take(np.array([0, 3]))
    spec = TrainSpec(model=kind, hidden=(4,), background="KO")  # type: ignore[arg-type]
    report = train(two, spec=spec, task="thing", fetch=fetch).report
    assert report.balanced_accuracy is None
    json.dumps(report.to_dict(), allow_nan=False)


@pytest.mark.parametrize("kind", ["linear", "mlp", "regions"])
def test_only_the_head_that_was_asked_for(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "VARIED_ROWS", 0)
    examples, fetch, asked = things(30)
    spec = TrainSpec(model=kind, folds=2, hidden=(4,), background="KO")  # type: ignore[arg-type]
    training = train(examples, spec=spec, task="thing", fetch=fetch)
    assert {item.model for item in training.report.candidates} == {training.model.head.kind} == {kind}
    assert training.report.background == "KO"
    assert ("regions" in asked) == (kind == "regions")


def test_a_background_that_is_no_class_is_refused() -> None:
    with pytest.raises(LabelError, match="no class 'nobody'"):
        train(film(30), spec=TrainSpec(background="nobody"), task="keep")


def test_a_flipped_label_is_the_first_suspect() -> None:
    targets = np.arange(80) // 4 % 2
    looks = np.random.default_rng(0).standard_normal((80, 10)).astype(np.float32)
    looks[:, 0] += 8 * targets
    said = targets.copy()
    said[33] = 1 - said[33]
    report = train(film(80, targets=said, views={"appearance": looks}), spec=TrainSpec(), task="keep").report
    suspect = report.suspects[0]
    assert (suspect.source_id, suspect.time_seconds) == ("film", 33)
    assert (suspect.label, suspect.predicted) == (("OK", "KO")[said[33]], ("OK", "KO")[targets[33]])
    assert suspect.probability > 0.5 > suspect.label_probability
    assert len(report.suspects) < 5


def test_labels_that_are_right_are_not_suspected() -> None:
    assert train(film(60, apart=30), spec=TrainSpec(), task="keep").report.suspects == ()


def test_equal_pictures_of_different_classes_are_conflicts() -> None:
    examples = pictures([f"p{n:02d}" for n in range(40)], [n % 2 for n in range(40)])
    for values in examples.views.values():
        values[21] = values[6]
        values[30] = values[4]  # of the same class
    report = train(examples, spec=TrainSpec(), task="keep").report
    assert [(found.source_ids, found.labels) for found in report.conflicts] == [
        (("picture-6", "picture-21"), ("OK", "KO"))
    ]


def test_importing_models_is_light() -> None:
    code = "import reelsift.models.training, sys; print([m for m in ('torch', 'sklearn', 'scipy', 'openvino', 'av') if m in sys.modules])"  # noqa: E501
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
