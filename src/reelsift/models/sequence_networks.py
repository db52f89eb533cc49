"""Nets with memory as PyTorch modules, K at once; what they learn leaves as the plain arrays of `sequence_head.py`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from reelsift.models.memory import Projection
from reelsift.models.sequence_head import SequenceHead

__all__ = ["SequenceNetwork"]

CONVOLUTIONS = 4  # layers of taps 1, 2, 4 and 8 samples apart: 15 samples to each side


class SequenceNetwork(nn.Module):
    """K nets over windows; each drops other coordinates, for all samples of a window alike.

    Args:
        memory: `lstm`, `gru` or `tcn`.
        inputs: Numbers that `with_surroundings` gives of a sample.
        enter: E, numbers that enter the memory.
        state: H, numbers that a recurrent net keeps each way.
        class_count: C.
        nets: K.
        input_dropout: Share of the coordinates that a net does not see in a step.
        dropout: Share of what enters and leaves the memory that a step does not see.
        generator: Draws all that is random.
    """

    def __init__(
        self,
        memory: str,
        *,
        inputs: int,
        enter: int,
        state: int,
        class_count: int,
        nets: int,
        input_dropout: float,
        dropout: float,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self._memory, self._generator = memory, generator
        self._input_dropout, self._dropout = input_dropout, dropout
        recurrent = {"lstm": nn.LSTM, "gru": nn.GRU}.get(memory)
        self.enter = nn.ModuleList(nn.Linear(inputs, enter) for _ in range(nets))
        self.core = nn.ModuleList(
            nn.ModuleList(_Convolution(enter, apart=2**layer) for layer in range(CONVOLUTIONS))
            if recurrent is None
            else recurrent(enter, state, bidirectional=True, batch_first=True)
            for _ in range(nets)
        )
        self.leave = nn.ModuleList(
            nn.Linear(enter if recurrent is None else 2 * state, class_count) for _ in range(nets)
        )
        self._begin()

    @torch.no_grad()
    def _begin(self) -> None:
        """Random weights from our own generator: threads share PyTorch's."""
        for name, values in self.named_parameters():
            if "bias" in name:
                values.zero_()
            else:
                fan = values.shape[1] * (values.shape[2] if values.ndim == 3 else 1)
                reach = math.sqrt((6 if "enter" in name or values.ndim == 3 else 3) / fan)
                values.copy_((2 * torch.rand(values.shape, generator=self._generator) - 1) * reach)

    def forward(self, windows: Tensor) -> Tensor:
        """(n, T, I) to logits (n, T, K, C)."""
        found = []
        for enter, core, leave in zip(self.enter, self.core, self.leave, strict=True):
            values = self._dropped(windows, self._input_dropout)
            values = self._dropped(torch.relu(enter(values)), self._dropout)
            if self._memory == "tcn":
                for layer in core:  # type: ignore[attr-defined]
                    values = layer(values)
            else:
                values = core(values)[0]
            found.append(leave(self._dropped(values, self._dropout)))
        return torch.stack(found, 2)

    def _dropped(self, values: Tensor, share: float) -> Tensor:
        """Without a share of the columns, the same for all samples of a window."""
        if not self.training or share == 0:
            return values
        kept = torch.rand(len(values), 1, values.shape[2], generator=self._generator) >= share
        return values * kept / (1 - share)

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """What it has learned, as `SequenceHead` takes it."""
        found: dict[str, list[Tensor]] = {}
        enter: Any
        core: Any
        leave: Any
        for enter, core, leave in zip(self.enter, self.core, self.leave, strict=True):
            own = {"enter": enter.weight.T, "enter_bias": enter.bias[None]}
            own |= {"leave": leave.weight.T, "leave_bias": leave.bias[None]}
            if self._memory == "tcn":
                for number, layer in enumerate(core):
                    own |= {f"{name.format(number)}": values for name, values in layer.weights().items()}
            else:
                for way, suffix in (("forwards", ""), ("backwards", "_reverse")):
                    for name, short in (("input", "ih"), ("state", "hh")):
                        own[f"{way}_{name}"] = getattr(core, f"weight_{short}_l0{suffix}").T
                        own[f"{way}_{name}_bias"] = getattr(core, f"bias_{short}_l0{suffix}")[None]
            for name, values in own.items():
                found.setdefault(name, []).append(values)
        return {name: torch.stack(each).detach().numpy().copy() for name, each in found.items()}

    def head(self, projection: Projection, *, window: int, step_seconds: float | None) -> SequenceHead:
        """The head that says the same."""
        return SequenceHead(self._memory, projection, window, step_seconds, self.weights())


class _Convolution(nn.Module):
    """A residual layer: three taps so many samples apart, rectified, mixed."""

    def __init__(self, width: int, *, apart: int) -> None:
        super().__init__()
        self._apart = apart
        self.taps = nn.Conv1d(width, width, 3, dilation=apart, padding=apart)
        self.mix = nn.Linear(width, width)

    def forward(self, values: Tensor) -> Tensor:
        """(n, T, E) to (n, T, E)."""
        found = functional.relu(self.taps(values.transpose(1, 2))).transpose(1, 2)
        mixed: Tensor = self.mix(found)
        return values + mixed

    def weights(self) -> dict[str, Tensor]:
        """By name with a place for the number of the layer."""
        taps = self.taps.weight.permute(2, 1, 0).reshape(-1, self.taps.weight.shape[0])  # (3 in, out)
        return {
            "taps_{}": taps,
            "taps_{}_bias": self.taps.bias[None],  # type: ignore[index]
            "mix_{}": self.mix.weight.T,
            "mix_{}_bias": self.mix.bias[None],
        }
