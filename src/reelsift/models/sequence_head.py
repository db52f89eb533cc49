"""The sequence head: recurrent or convolutional nets over the samples around a frame, to both sides.

Three kinds: `lstm` (Hochreiter and Schmidhuber 1997, Long short-term memory), `gru` (Cho et al. 2014, Learning phrase
representations) and `tcn` (Lea et al. 2017, Temporal convolutional networks for action segmentation; with dilated
residual layers as in Abu Farha and Gall 2019, MS-TCN). The recurrent ones read each window forwards and backwards.
They are learned with PyTorch (`sequence_networks.py`); predicting needs numpy alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import ModelError
from reelsift.models.memory import MemoryHead, Projection
from reelsift.models.sequences import look_through
from reelsift.models.shots import jumps_and_cuts, means_of, stretches_around

__all__ = ["SequenceHead", "with_surroundings"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Table = NDArray[np.float32]
Weights = Mapping[str, Table]

GATES = {"lstm": 4, "gru": 3}
AROUND = 15  # samples on each side, as far as the shot goes


@dataclass(frozen=True, eq=False)
class SequenceHead(MemoryHead):
    """Logits from K nets that began at different random weights: their mean.

    Attributes:
        memory: Kind of net.
        projection: From the views to P coordinates, and to those that cuts are seen by.
        window: Samples it looks at together, at most.
        step_seconds: Usual time between the samples it was taught on.
        weights: By name, (K, ..) float32, with E numbers that enter, H of state and C classes: `enter` (K, 2 P + 4, E),
            `enter_bias` (K, 1, E), `leave` (K, 2 H or E, C), `leave_bias` (K, 1, C). Of recurrent nets
            `forwards_input` (K, E, G H) for G gates in PyTorch's order, `forwards_state` (K, H, G H),
            `forwards_input_bias` and `forwards_state_bias` (K, 1, G H); likewise `backwards`. Of convolutions for each
            layer `taps_n` (K, 3 E, E), `taps_n_bias` (K, 1, E), `mix_n` (K, E, E), `mix_n_bias` (K, 1, E).

    Raises:
        ModelError: If the arrays do not fit each other.
    """

    kind: ClassVar[str] = "sequence"

    memory: str
    projection: Projection
    window: int
    step_seconds: float | None
    weights: Weights

    def __post_init__(self) -> None:
        if self.memory not in GATES | {"tcn": 0} or self.window < 1:
            raise ModelError(f"the model has a memory of the kind '{self.memory}', of a newer reelsift: train it again")
        shapes = {name: values.shape for name, values in self.weights.items()}
        if shapes != self._expected_shapes():
            raise ModelError("the arrays of a model with memory do not fit each other: train the model again")
        if not all(np.isfinite(values).all() for values in self.weights.values()):
            raise ModelError("the weights of a model with memory are finite numbers: train the model again")

    def _expected_shapes(self) -> dict[str, tuple[int, ...]]:
        nets, _, enter = self.weights["enter"].shape
        classes = self.weights["leave"].shape[-1]
        shapes: dict[str, tuple[int, ...]] = {"enter": (nets, 2 * self.projection.count + 4, enter)}
        shapes |= {"enter_bias": (nets, 1, enter), "leave_bias": (nets, 1, classes)}
        if self.memory == "tcn":
            for layer in range(self._layers):
                shapes |= {f"taps_{layer}": (nets, 3 * enter, enter), f"taps_{layer}_bias": (nets, 1, enter)}
                shapes |= {f"mix_{layer}": (nets, enter, enter), f"mix_{layer}_bias": (nets, 1, enter)}
            return shapes | {"leave": (nets, enter, classes)}
        state = self.weights["forwards_state"].shape[1]
        gates = GATES[self.memory] * state
        for way in ("forwards", "backwards"):
            shapes |= {f"{way}_input": (nets, enter, gates), f"{way}_state": (nets, state, gates)}
            shapes |= {f"{way}_input_bias": (nets, 1, gates), f"{way}_state_bias": (nets, 1, gates)}
        return shapes | {"leave": (nets, 2 * state, classes)}

    @property
    def _layers(self) -> int:
        return sum(name.startswith("mix_") and name.endswith("_bias") for name in self.weights)

    @property
    def class_count(self) -> int:
        """C."""
        return int(self.weights["leave"].shape[-1])

    def judge(self, windows: Table) -> Table:
        """(W, T, P + Q) coordinates of windows to (W, T, C) logits of each of their samples."""
        nets = len(self.weights["enter"])
        inputs = with_surroundings(windows, seen=self.projection.seen)
        total = np.zeros((*windows.shape[:2], self.class_count), np.float32)
        for net in range(nets):
            own = {name: values[net] for name, values in self.weights.items()}
            values = np.maximum(inputs @ own["enter"] + own["enter_bias"], 0)
            if self.memory == "tcn":
                values = _convolved(values, own, layers=self._layers)
            else:
                step = _lstm_step if self.memory == "lstm" else _gru_step
                there, back = _recurrent(values, own, "forwards", step), _recurrent(values, own, "backwards", step)
                values = np.concatenate([there, back], axis=2)
            total += values @ own["leave"] + own["leave_bias"]
        return np.asarray(total / nets, np.float32)

    def judge_sequences(self, coordinates: Table, sequences: Sequence[IntArray]) -> FloatArray:
        """(N, C) logits of N samples with coordinates (N, P + Q) that lie in sequences, by overlapping windows."""
        return look_through(
            sequences,
            lambda samples: self.judge(coordinates[samples]),
            window=self.window,
            count=len(coordinates),
            class_count=self.class_count,
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What the model file keeps as arrays."""
        return {**self.weights, **self.projection.arrays()}

    def settings(self) -> dict[str, Any]:
        """What the model file keeps as JSON."""
        own = {"memory": self.memory, "window": self.window, "step_seconds": self.step_seconds}
        return {**own, **self.projection.settings()}

    @classmethod
    def from_parts(cls, settings: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> SequenceHead:
        """The head that gave `settings` and `arrays`."""
        projection = Projection.from_parts(settings, arrays)
        weights = {name: values for name, values in arrays.items() if name not in projection.arrays()}
        step = settings["step_seconds"]
        window = int(settings["window"])
        return cls(str(settings["memory"]), projection, window, None if step is None else float(step), weights)


def with_surroundings(windows: Table, *, seen: int, around: int = AROUND) -> Table:
    """(W, T, P + Q) to (W, T, 2 P + 4): with what surrounds each sample, so that little has to be learned of it.

    Whether there is a cut before it, and one behind; how large these steps are (0 at the ends of a window). So a memory
    learns when to forget. Then the mean of the samples around it and itself, as far as its shot goes.

    Args:
        windows: Coordinates; the last Q are those that cuts are seen by.
        seen: Q.
        around: How many samples on each side.
    """
    own = windows.shape[2] - seen
    jumps, cuts = jumps_and_cuts(windows[..., own:])
    steps = np.stack([cuts, np.sqrt(np.maximum(jumps, 0))], axis=2)
    before, behind = np.pad(steps, ((0, 0), (1, 0), (0, 0))), np.pad(steps, ((0, 0), (0, 1), (0, 0)))
    values = windows[..., :own]
    mean = means_of(values, *stretches_around(values.shape[1], around, cuts=cuts))
    return np.concatenate([values, before, behind, mean], axis=2, dtype=np.float32)


def _recurrent(values: Table, weights: Weights, way: str, step: Callable[..., tuple[Table, Table]]) -> Table:
    """(W, T, E) to the states (W, T, H) of one net that reads one way."""
    inputs = values @ weights[f"{way}_input"] + weights[f"{way}_input_bias"]
    state_weights, state_bias = weights[f"{way}_state"], weights[f"{way}_state_bias"]
    count, length = values.shape[:2]
    state = memory = np.zeros((count, len(state_weights)), np.float32)
    states = np.empty((count, length, len(state_weights)), np.float32)
    for place in range(length) if way == "forwards" else range(length - 1, -1, -1):
        state, memory = step(inputs[:, place], state @ state_weights + state_bias, state, memory)
        states[:, place] = state
    return states


def _lstm_step(given: Table, recalled: Table, _: Table, memory: Table) -> tuple[Table, Table]:
    """The next state and memory (W, H) from what comes from the sample and from the state before, (W, 4 H) each."""
    enter, keep, new, leave = np.split(given + recalled, 4, axis=1)
    memory = _sigmoid(keep) * memory + _sigmoid(enter) * np.tanh(new)
    return _sigmoid(leave) * np.tanh(memory), memory


def _gru_step(given: Table, recalled: Table, state: Table, memory: Table) -> tuple[Table, Table]:
    """As `_lstm_step`, with (W, 3 H) each; a GRU's state is its memory."""
    reset_given, keep_given, new_given = np.split(given, 3, axis=1)
    reset_recalled, keep_recalled, new_recalled = np.split(recalled, 3, axis=1)
    keep = _sigmoid(keep_given + keep_recalled)
    new = np.tanh(new_given + _sigmoid(reset_given + reset_recalled) * new_recalled)
    return (1 - keep) * new + keep * state, memory


def _convolved(values: Table, weights: Weights, *, layers: int) -> Table:
    """(W, T, E) to (W, T, E): residual layers with taps 1, 2, 4 .. samples apart; outside a window lies nothing."""
    for layer in range(layers):
        apart = min(2**layer, values.shape[1])
        padded = np.pad(values, ((0, 0), (apart, apart), (0, 0)))
        length = values.shape[1]
        taps = np.concatenate([padded[:, n * apart : n * apart + length] for n in range(3)], axis=2)
        found = np.maximum(taps @ weights[f"taps_{layer}"] + weights[f"taps_{layer}_bias"], 0)
        values = values + found @ weights[f"mix_{layer}"] + weights[f"mix_{layer}_bias"]
    return values


def _sigmoid(values: Table) -> Table:
    return np.asarray(0.5 * np.tanh(0.5 * values) + 0.5, values.dtype)
