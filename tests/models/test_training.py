"""Training end to end, on drawn frames whose truth is known."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import numpy as np
import pytest

from drawn_examples import film, pictures
from reelsift.errors import LabelError, ModelError
from reelsift.models import train
from reelsift.models.logistic import softmax
from reelsift.models.bench import spread_rows
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


def test_importing_models_is_light() -> None:
    code = "import reelsift.models.training, sys; print([m for m in ('torch', 'sklearn', 'scipy', 'openvino', 'av') if m in sys.modules])"  # noqa: E501
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
