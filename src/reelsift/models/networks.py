"""Heads that are learned by gradients, as PyTorch modules: K nets at once, which begin at different random weights.

The nets of a module see the same batches, but each drops other columns. What they learn leaves as plain arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from reelsift.models.linear import ViewSpace
from reelsift.models.mlp_head import MlpHead
from reelsift.models.region_head import RegionsHead

__all__ = ["CellSpace", "MlpNetwork", "RegionsNetwork", "fit_cell_space"]

SAMPLED_CELLS = 100_000  # more would say the same of a covariance of 72 columns
LEAST_VARIANCE = 1e-3  # of the mean: directions in which cells hardly differ are not blown up beyond that


class CellSpace:
    """The cells of examples, turned and scaled so that all directions vary alike; no labels are used.

    Gradient steps then take all directions at the same pace: without it the same head needs ten times the steps.

    Attributes:
        mean: (D,).
        basis: (D, D); whitened cells are `(cells - mean) @ basis`.
        cells: (N, P, D) whitened; 0 where a frame has fewer than P cells.
        shares: (N, P) logarithm of what each cell counts in the mean over the cells of its frame.
    """

    def __init__(self, mean: NDArray[np.float64], basis: NDArray[np.float64], cells: Tensor, shares: Tensor) -> None:
        self.mean, self.basis, self.cells, self.shares = mean, basis, cells, shares


def fit_cell_space(cells: NDArray[np.float32]) -> CellSpace:
    """The space of the cells `(N, P, D)` of examples, NaN where a frame has fewer than P."""
    real = np.isfinite(cells[..., 0])
    known = cells[real]
    known = known[:: 1 + len(known) // SAMPLED_CELLS].astype(np.float64)
    mean = known.mean(axis=0)
    variances, vectors = np.linalg.eigh(np.cov(known, rowvar=False))
    basis = vectors / np.sqrt(np.maximum(variances, LEAST_VARIANCE * variances.mean()))
    whitened = (cells - mean.astype(np.float32)) @ basis.astype(np.float32)
    whitened[~real] = 0
    with np.errstate(divide="ignore"):
        shares = np.log(real / real.sum(axis=1, keepdims=True)).astype(np.float32)
    return CellSpace(mean, basis, torch.from_numpy(whitened), torch.from_numpy(shares))


class RegionsNetwork(nn.Module):
    """Judges each cell by a weighted sum and pools the cells of a frame by log-sum-exp; see `region_head.py`.

    Args:
        space: The cells.
        class_count: C.
        backgrounds: (K,) the background of each net.
        dropout: Share of the columns that a net does not see in a step.
        generator: Draws all that is random.
    """

    def __init__(
        self,
        space: CellSpace,
        *,
        class_count: int,
        backgrounds: Sequence[int],
        dropout: float,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self._space, self._dropout, self._generator = space, dropout, generator
        self._class_count, self._backgrounds = class_count, tuple(backgrounds)
        others = [[c for c in range(class_count) if c != background] for background in backgrounds]
        self._places = torch.tensor(others)[None]  # (1, K, M)
        width, nets = space.cells.shape[2], len(backgrounds)
        self.weights = nn.Parameter(torch.randn(width, nets, class_count - 1, generator=generator) * 0.05)
        self.bias = nn.Parameter(torch.zeros(nets, class_count - 1))

    def forward(self, rows: Tensor) -> Tensor:
        """(n,) rows of the examples to logits (n, K, C)."""
        weights: Tensor = self.weights
        if self.training:
            kept = torch.rand(*weights.shape[:2], 1, generator=self._generator) >= self._dropout
            weights = weights * kept / (1 - self._dropout)
        width, nets, classes = weights.shape
        scores = self._space.cells[rows] @ weights.reshape(width, -1) + self._space.shares[rows][..., None]
        votes = torch.logsumexp(scores, 1).reshape(-1, nets, classes) + self.bias
        logits = torch.zeros(len(votes), nets, self._class_count)
        return logits.scatter(2, self._places.expand(len(votes), -1, -1), votes)

    def head(self) -> RegionsHead:
        """What it has learned, for cells as they are stored."""
        basis, mean = self._space.basis, self._space.mean
        weights = np.einsum("dr,rkm->kmd", basis, self.weights.detach().double().numpy())
        bias = self.bias.detach().double().numpy() - weights @ mean
        return RegionsHead(weights.astype(np.float32), bias.astype(np.float32), self._backgrounds[0])


class MlpNetwork(nn.Module):
    """Dense layers with rectified sums and dropout between them, over the principal components of views.

    Args:
        spaces: The views, in order, with their names.
        class_count: C.
        hidden: Width of each hidden layer.
        dropout: Share of a hidden layer that a step does not see (Srivastava et al. 2014).
        nets: K.
        generator: Draws all that is random.
    """

    def __init__(
        self,
        spaces: dict[str, ViewSpace],
        *,
        class_count: int,
        hidden: Sequence[int],
        dropout: float,
        nets: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self._spaces, self._dropout, self._generator = spaces, dropout, generator
        inputs = np.concatenate([space.coordinates for space in spaces.values()], axis=1)
        # A mean square of 1 over all components together: the large ones stay large.
        self._scale = 1 / max(float(np.sqrt((inputs**2).mean())), 1e-12)
        self._inputs = torch.from_numpy((inputs * self._scale).astype(np.float32))
        widths = [inputs.shape[1], *hidden, class_count]
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for before, behind in pairwise(widths):
            scale = float(np.sqrt(2 / before))  # He et al. 2015
            self.weights.append(nn.Parameter(torch.randn(nets, before, behind, generator=generator) * scale))
            self.biases.append(nn.Parameter(torch.zeros(nets, 1, behind)))

    def forward(self, rows: Tensor) -> Tensor:
        """(n,) rows of the examples to logits (n, K, C)."""
        values = torch.baddbmm(self.biases[0], self._inputs[rows].expand(len(self.weights[0]), -1, -1), self.weights[0])
        for weights, bias in zip(list(self.weights)[1:], list(self.biases)[1:], strict=True):
            values = torch.relu(values)
            if self.training:
                kept = torch.rand(values.shape, generator=self._generator) >= self._dropout
                values = values * kept / (1 - self._dropout)
            values = torch.baddbmm(bias, values, weights)
        return values.transpose(0, 1)

    def head(self) -> MlpHead:
        """What it has learned, for views as they are stored."""
        arrays = [parameter.detach().double().numpy() for parameter in self.weights]
        biases = [parameter.detach().double().numpy()[:, 0] for parameter in self.biases]
        first, offset, row = [], biases[0], 0
        for space in self._spaces.values():
            width = space.components.shape[1]
            turned = self._scale * space.components @ arrays[0][:, row : row + width]
            first.append(turned / space.scale[:, None])
            offset = offset - (space.mean / space.scale) @ turned
            row += width
        weights: list[NDArray[Any]] = [np.concatenate(first, axis=1), *arrays[1:]]
        return MlpHead(
            widths=tuple((name, len(space.mean)) for name, space in self._spaces.items()),
            weights=tuple(values.astype(np.float32) for values in weights),
            biases=tuple(values.astype(np.float32) for values in (offset, *biases[1:])),
        )
