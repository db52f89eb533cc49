"""The regions head: its formula on numbers small enough to check by hand, and what learns it."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch

from reelsift.errors import IndexIncompleteError, ModelError
from reelsift.features.regions import REGION_WIDTH, pack_cells, unpack_cells
from reelsift.models.heads import head_from_parts, head_parts
from reelsift.models.networks import RegionsNetwork, fit_cell_space
from reelsift.models.region_head import CHUNK_ROWS, RegionsHead


def row(*values: float) -> bytes:
    """One row of cells, in which only the first number of each cell is not the same in all."""
    cells = np.full((1, len(values), REGION_WIDTH), 0.25, np.float32)
    cells[0, :, 0] = values
    return pack_cells(cells)


def head(*, nets: int = 1, background: int = 0) -> RegionsHead:
    """Two classes beside the background: one that likes the first number, one that does not."""
    weights = np.zeros((nets, 2, REGION_WIDTH), np.float32)
    weights[:, 0, 0], weights[:, 1, 0] = 2, -1
    bias = np.tile(np.array([0.5, -0.5], np.float32), (nets, 1)) + np.arange(nets, dtype=np.float32)[:, None]
    return RegionsHead(weights, bias, background)


def test_the_formula() -> None:
    logits = head().logits({"regions": [row(0.25, 1.75)], "quality": None})
    first = math.log((math.exp(0.5) + math.exp(3.5)) / 2) + 0.5
    second = math.log((math.exp(-0.25) + math.exp(-1.75)) / 2) - 0.5
    assert logits[0] == pytest.approx([0, first, second], abs=1e-5)


def test_the_background_has_the_logit_0_and_the_others_stay_in_order() -> None:
    at_the_front = head().logits({"regions": [row(0.25, 1.75)]})[0]
    for background in (1, 2):
        logits = head(background=background).logits({"regions": [row(0.25, 1.75)]})[0]
        assert logits[background] == 0
        assert np.delete(logits, background) == pytest.approx(at_the_front[1:])


def test_nets_are_averaged() -> None:
    one, three = head().logits({"regions": [row(1.25)]}), head(nets=3).logits({"regions": [row(1.25)]})
    assert three[0, 1:] == pytest.approx(one[0, 1:] + 1)  # biases 0, 1 and 2 higher


def test_frames_of_different_shape_and_many_of_them_do_not_disturb_each_other() -> None:
    rows = [row(*np.linspace(-3, 3, 1 + n % 4)) for n in range(CHUNK_ROWS + 5)]
    alone = np.concatenate([head().logits({"regions": [each]}) for each in rows])
    assert head().logits({"regions": rows}) == pytest.approx(alone, abs=1e-5)
    assert head().logits({"regions": []}).shape == (0, 3)


def test_large_scores_do_not_overflow() -> None:
    large = RegionsHead(np.full((1, 1, REGION_WIDTH), 50, np.float32), np.zeros((1, 1), np.float32), 0)
    cells = np.full((1, 1, REGION_WIDTH), 3.75, np.float32)
    assert large.logits({"regions": [pack_cells(cells)]})[0, 1] == pytest.approx(50 * 3.75 * REGION_WIDTH, rel=1e-5)


def test_one_cell_decides_where_a_mean_would_drown_it() -> None:
    many = [-0.25] * 60
    quiet, loud = head().logits({"regions": [row(*many), row(*many[1:], 3.75)]})[:, 1]
    assert loud - quiet > 3


def test_round_trip() -> None:
    one = head(nets=2, background=1)
    back = head_from_parts(json.loads(json.dumps(head_parts(one))), one.arrays())
    views = {"regions": [row(0.25, 1.75), row(-1.25)]}
    assert isinstance(back, RegionsHead)
    assert (back.views, back.class_count) == (("regions",), 3)
    assert np.array_equal(back.logits(views), one.logits(views))


def test_what_does_not_fit_is_refused() -> None:
    weights, bias = np.zeros((1, 2, REGION_WIDTH), np.float32), np.zeros((1, 2), np.float32)
    for wrong in ((weights[..., :-1], bias, 0), (weights, bias[:, :1], 0), (weights, bias, 3), (weights, bias, -1)):
        with pytest.raises(ModelError, match="do not fit"):
            RegionsHead(*wrong)
    with pytest.raises(ModelError, match="finite"):
        RegionsHead(weights * np.nan, bias, 0)
    with pytest.raises(ModelError, match="'regions', which is not among quality"):
        head().logits({"quality": []})
    with pytest.raises(IndexIncompleteError):
        head().logits({"regions": [row(1.0)[:-1]]})


@pytest.mark.parametrize("background", [0, 1, 2])
def test_it_says_what_the_network_says_that_learned_it(background: int) -> None:
    rng = np.random.default_rng(0)
    rows = [
        pack_cells((1 + 2 * rng.standard_normal((2, columns, REGION_WIDTH))).astype(np.float32))
        for columns in rng.integers(1, 5, 90)
    ]
    network = RegionsNetwork(
        fit_cell_space(unpack_cells(rows)),
        class_count=3,
        backgrounds=[background] * 2,
        dropout=0.3,
        generator=torch.Generator().manual_seed(0),
    ).eval()
    with torch.no_grad():
        network.bias += torch.tensor([[0.5, -1.0], [2.0, 0.0]])
        expected = network(torch.arange(90)).mean(1).numpy()
    assert network.head().logits({"regions": rows}) == pytest.approx(expected, abs=1e-3)
