"""The spaces that heads learned by gradients begin in, and that what is random in them follows from the seed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reelsift.features.regions import REGION_WIDTH
from reelsift.models.linear import fit_space
from reelsift.models.networks import MlpNetwork, RegionsNetwork, fit_cell_space


def cells(frames: int = 200) -> np.ndarray:
    rng = np.random.default_rng(0)
    mixed = rng.standard_normal((frames, 4, REGION_WIDTH)) @ rng.standard_normal((REGION_WIDTH, REGION_WIDTH)) + 3
    mixed[::5, 3:] = np.nan  # every fifth frame has three cells
    return mixed.astype(np.float32)


def test_cells_vary_alike_in_all_directions() -> None:
    space = fit_cell_space(cells())
    known = space.cells.numpy()[np.isfinite(space.shares.numpy())]
    assert known.mean(axis=0) == pytest.approx(np.zeros(REGION_WIDTH), abs=1e-3)
    # But for those in which cells hardly differ, which are not blown up.
    variances = np.linalg.eigvalsh(np.cov(known, rowvar=False))
    assert variances.max() == pytest.approx(1, abs=0.01) and np.median(variances) == pytest.approx(1, abs=0.01)


def test_each_cell_counts_the_same_in_its_frame_and_what_is_not_there_nothing() -> None:
    shares = fit_cell_space(cells()).shares.exp().numpy()
    assert shares[0] == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0])
    assert shares[1] == pytest.approx([1 / 4] * 4)


def test_a_direction_in_which_nothing_differs_is_no_trouble() -> None:
    flat = np.zeros((50, 4, REGION_WIDTH), np.float32)
    flat[..., 0] = np.random.default_rng(0).standard_normal((50, 4))
    assert torch.isfinite(fit_cell_space(flat).cells).all()


@pytest.mark.parametrize("kind", ["regions", "mlp"])
def test_dropout_follows_the_seed_and_ends_with_training(kind: str) -> None:
    def network(seed: int) -> torch.nn.Module:
        generator = torch.Generator().manual_seed(seed)
        if kind == "mlp":
            spaces = {"quality": fit_space(np.random.default_rng(0).standard_normal((30, 8)))}
            return MlpNetwork(spaces, class_count=3, nets=2, hidden=(16,), dropout=0.5, generator=generator)
        space = fit_cell_space(cells())
        return RegionsNetwork(space, class_count=3, backgrounds=[0, 0], dropout=0.5, generator=generator)

    one, two, other, rows = network(1), network(1), network(2), torch.arange(30)
    first = one(rows)
    assert torch.equal(first, two(rows))
    assert not torch.allclose(first, one(rows))
    assert not torch.allclose(two.eval()(rows), other.eval()(rows))
    assert torch.equal(two(rows), two(rows))
