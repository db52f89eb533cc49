"""The dense head: the formula, that numpy says what PyTorch learned, and round trips."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from reelsift.errors import ModelError
from reelsift.models.heads import head_from_parts, head_parts
from reelsift.models.linear import fit_space
from reelsift.models.mlp_head import MlpHead
from reelsift.models.networks import MlpNetwork

RNG = np.random.default_rng(0)
VIEWS = {
    "appearance": (3 + RNG.standard_normal((60, 20)) * np.linspace(0.1, 5, 20)).astype(np.float16),
    "quality": (100 * RNG.random((60, 5))).astype(np.float32),
}
SPACES = {name: fit_space(values) for name, values in VIEWS.items()}


def tiny() -> MlpHead:
    """Two columns, two hidden units, two classes; two nets of which the second says the double."""
    first = np.array([[1, -1], [0, 2]], np.float32)
    last = np.array([[1, 0], [0, 3]], np.float32)
    return MlpHead(
        widths=(("a", 1), ("b", 1)),
        weights=(np.stack([first, first]), np.stack([last, 2 * last])),
        biases=(np.array([[0, 1], [0, 1]], np.float32), np.array([[5, 0], [5, 0]], np.float32)),
    )


def test_the_formula() -> None:
    views = {"a": np.array([[2.0], [-3.0]]), "b": np.array([[1.0], [-4.0]]), "c": np.zeros((9, 9))}
    # Hidden: (2, -2 + 2 + 1) and (-3, 3 - 8 + 1), rectified (2, 1) and (0, 0).
    assert tiny().logits(views).tolist() == [[2 * 1.5 + 5, 3 * 1.5], [5, 0]]


@pytest.mark.parametrize("hidden", [(), (16,), (16, 8)])
def test_it_says_what_the_network_says_that_learned_it(hidden: tuple[int, ...]) -> None:
    network = MlpNetwork(
        SPACES, class_count=3, nets=2, hidden=hidden, dropout=0.5, generator=torch.Generator().manual_seed(0)
    ).eval()
    with torch.no_grad():
        for bias in network.biases:
            bias += torch.randn(bias.shape, generator=torch.Generator().manual_seed(1))
        expected = network(torch.arange(60)).mean(1).numpy()
    head = network.head()
    assert head.logits(VIEWS) == pytest.approx(expected, abs=1e-3)
    assert (head.views, head.class_count) == (("appearance", "quality"), 3)


def test_round_trip() -> None:
    generator = torch.Generator().manual_seed(0)
    one = MlpNetwork(SPACES, class_count=4, nets=2, hidden=(8, 6), dropout=0, generator=generator).head()
    back = head_from_parts(json.loads(json.dumps(head_parts(one))), one.arrays())
    assert isinstance(back, MlpHead)
    assert np.array_equal(back.logits(VIEWS), one.logits(VIEWS))
    assert back.widths == one.widths


def test_what_does_not_fit_is_refused() -> None:
    one = tiny()
    with pytest.raises(ModelError, match="do not fit"):
        MlpHead((("a", 3),), one.weights, one.biases)
    with pytest.raises(ModelError, match="do not fit"):
        MlpHead(one.widths, one.weights, (one.biases[0], one.biases[1][:1]))
    with pytest.raises(ModelError, match="finite"):
        MlpHead(one.widths, (one.weights[0] * np.nan, one.weights[1]), one.biases)
    with pytest.raises(ModelError, match="'b', which is not among a"):
        one.logits({"a": np.zeros((1, 1))})
    with pytest.raises(ModelError, match="not finite"):
        one.logits({"a": np.full((1, 1), np.nan), "b": np.zeros((1, 1))})
