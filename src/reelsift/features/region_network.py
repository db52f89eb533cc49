"""The network behind the view `regions`: the mid-level maps of a backbone, brought to a few numbers a cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from reelsift.features.efficientnet_lite import EfficientNetLite0, load_efficientnet_lite0

__all__ = ["BASIS_PATH", "MAP_WIDTH", "load_efficientnet_lite0_regions", "mid_level_maps"]

BASIS_PATH = Path(__file__).with_name("region_basis.npz")
MAP_WIDTH = 80 + 112 + 40

# The last blocks of the stages with strides 8, 16 and 16; what lies behind them is not computed.
_STRIDE_8, _STRIDE_16, _LAST = 4, 7, 10


def mid_level_maps(network: EfficientNetLite0, pixels: Tensor) -> Tensor:
    """`(N, H, W, 3)` RGB to `(N, 232, H / 16, W / 16)`: two maps of stride 16, and one of stride 8, averaged by 2x2."""
    x = functional.relu6(network.stem((pixels.permute(0, 3, 1, 2).float() - 127.0) / 128.0))
    maps = {}
    for number, block in enumerate(list(network.blocks)[: _LAST + 1]):
        x = maps[number] = block(x)
    return torch.cat((maps[_STRIDE_16], maps[_LAST], functional.avg_pool2d(maps[_STRIDE_8], 2)), 1)


class RegionNetwork(nn.Module):
    """Takes `(N, H, W, 3)` RGB pixels 0 to 255, H and W multiples of 32; gives `(N, H / 16, W / 16, 72)`.

    The numbers have a standard deviation of about 1 on pictures of all kinds.
    """

    def __init__(self, network: EfficientNetLite0) -> None:
        super().__init__()
        self.network = network
        with np.load(BASIS_PATH) as stored:
            self.mean = nn.Parameter(torch.from_numpy(stored["mean"]), requires_grad=False)
            self.basis = nn.Parameter(torch.from_numpy(stored["basis"]), requires_grad=False)

    def forward(self, pixels: Tensor) -> Tensor:
        cells = mid_level_maps(self.network, pixels).permute(0, 2, 3, 1)
        projected: Tensor = (cells - self.mean) @ self.basis
        return projected


def load_efficientnet_lite0_regions() -> RegionNetwork:
    """The network with its ImageNet weights, ready to infer.

    Raises:
        ModelError: If the weights are not the file this was written for.
    """
    return RegionNetwork(load_efficientnet_lite0()).eval()
