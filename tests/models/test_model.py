"""The model file: what comes back is what went in, and what is broken says so."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest

from drawn_examples import film
from reelsift.errors import ModelError, OutputError
from reelsift.models import Model, train
from reelsift.specs import TrainSpec


@pytest.fixture(scope="module")
def model() -> Model:
    return train(film(30), spec=TrainSpec(), task="keep", index_spec={"backbone": "x"}, label_digest="d").model


def test_round_trip(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path / "keep")
    back = Model.load(tmp_path / "keep")
    views = film(20, seed=5).views
    assert np.array_equal(back.probabilities(views), model.probabilities(views))
    for name in ("task", "classes", "views", "switch_rate_per_second", "index_spec", "label_digest"):
        assert getattr(back, name) == getattr(model, name)
    assert back.priors.tolist() == model.priors.tolist()
    assert back.report == json.loads(json.dumps(model.report))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["keep"]


def test_infinite_switch_rate_survives_json(model: Model, tmp_path: Path) -> None:
    dataclasses.replace(model, switch_rate_per_second=math.inf).save(tmp_path / "m")
    json.loads((tmp_path / "m" / "model.json").read_text(), parse_constant=lambda word: pytest.fail(word))
    assert Model.load(tmp_path / "m").switch_rate_per_second == math.inf


def test_saving_again_replaces(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path / "m")
    dataclasses.replace(model, task="other").save(tmp_path / "m")
    assert Model.load(tmp_path / "m").task == "other"
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_a_save_that_fails_leaves_the_old_one(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model.save(tmp_path / "m")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OutputError, match="the disk is full"):
        dataclasses.replace(model, task="other").save(tmp_path / "m")
    assert Model.load(tmp_path / "m").task == "keep"
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no model in .*: train it first"):
        Model.load(tmp_path / "none")


def spoil(folder: Path, how: str) -> None:
    settings, arrays = folder / "model.json", next(folder.glob("arrays-*.safetensors"))
    values = json.loads(settings.read_text())
    match how:
        case "not json":
            settings.write_text("{")
        case "not utf-8":
            settings.write_bytes(b"\xff\xfe\x00")
        case "foreign":
            settings.write_text('{"hello": 1}')
        case "a list":
            settings.write_text("[]")
        case "newer":
            settings.write_text(json.dumps({**values, "version": 99}))
        case "key gone":
            del values["models"][0]["classes"]
            settings.write_text(json.dumps(values))
        case "cut short":
            arrays.write_bytes(arrays.read_bytes()[:-40])
        case "empty arrays":
            arrays.write_bytes(b"")
        case "arrays gone":
            arrays.unlink()
        case "wrong width":
            values["models"][0]["head"]["views"] = [["appearance", 3]]
            settings.write_text(json.dumps(values))
        case "classes":
            values["models"][0]["classes"] = ["a", "b", "c"]
            settings.write_text(json.dumps(values))


@pytest.mark.parametrize(
    "how",
    ["not json", "not utf-8", "foreign", "a list", "newer", "key gone", "cut short", "empty arrays", "arrays gone",
     "wrong width", "classes"],
)  # fmt: skip
def test_broken_files_are_named(model: Model, tmp_path: Path, how: str) -> None:
    model.save(tmp_path / "keep")
    spoil(tmp_path / "keep", how)
    with pytest.raises(ModelError, match="keep") as caught:
        Model.load(tmp_path / "keep")
    assert "\n" not in str(caught.value)


def test_a_view_of_another_backbone_is_refused(model: Model) -> None:
    with pytest.raises(ModelError, match="columns"):
        model.probabilities({name: values[:, :-1] for name, values in film(5).views.items()})


def test_two_who_save_the_same_model_do_not_destroy_it(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of them finishes while the other is about to tidy up."""
    folder = tmp_path / "m"
    other = dataclasses.replace(model, priors=model.priors[::-1].copy(), task="other")
    glob = Path.glob

    def other_is_quicker(self: Path, pattern: str) -> object:
        monkeypatch.undo()
        other.save(folder)
        return glob(self, pattern)

    monkeypatch.setattr(Path, "glob", other_is_quicker)
    model.save(folder)
    assert Model.load(folder).task == "other"
