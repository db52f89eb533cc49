"""Training nets with memory: windows drawn from sequences, filled up with further ones.

Clips that were cut by hand know nothing of changes. So a window is filled up with parts of other clips: the memory
learns where to forget. All windows of a step are equally long, now the window itself, now as long as one of the
sequences, so nothing is padded, and a memory learns to start and to end anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from reelsift.models.memory import Table
from reelsift.models.network_training import Recipe, Run, balanced_class_weights
from reelsift.models.sequence_bench import UNLABELLED
from reelsift.models.sequence_head import AROUND, with_surroundings
from reelsift.models.sequence_networks import SequenceNetwork
from reelsift.models.sequences import look_through

__all__ = ["Drawn", "SequenceRun"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SURROUNDINGS = (1, 3, 7, AROUND)
JOINED = 0.5  # of the steps look at windows that are filled up


@dataclass(frozen=True, eq=False)
class Drawn:
    """What windows are drawn from.

    Attributes:
        coordinates: (M, P + Q) of all samples.
        targets: (M,) class indexes, -1 of unlabelled samples.
        class_count: C.
        seen: How many of the coordinates, the last ones, are those that cuts are seen by.
        window: Samples in a window, at most.
        batch_samples: In all windows of a step.
    """

    coordinates: Table
    targets: IntArray
    class_count: int
    seen: int
    window: int
    batch_samples: int


class SequenceRun(Run):
    """A run of nets with memory on sequences.

    Args:
        make: Makes the nets; what is random in them comes from the generator.
        drawn: What windows are drawn from.
        trained: Samples of each sequence to learn from.
        held_out: Samples of each sequence to score.
        joined: The same joined to a recording.
        samples: (N,) the sample of each frame that `logits` may be asked for: by rows 0 to N as it is held out, by rows
            N to 2 N in the recording.
        recipe: How to train.
        seed: Everything random follows from it.
    """

    def __init__(
        self,
        make: Callable[[torch.Generator], SequenceNetwork],
        drawn: Drawn,
        *,
        trained: list[IntArray],
        held_out: list[IntArray],
        joined: list[IntArray],
        samples: IntArray,
        recipe: Recipe,
        seed: int,
    ) -> None:
        super().__init__(make(torch.Generator().manual_seed(seed)), recipe)
        self._drawn, self._trained, self._samples = drawn, trained, samples
        self._held_out, self._joined = held_out, joined
        self._random = np.random.default_rng(seed)
        lengths = np.array([len(own) for own in trained])
        self._lengths = np.minimum(lengths, drawn.window)
        share = np.ceil(lengths / drawn.window)  # a long sequence is drawn from as often as it holds windows
        self._shares = np.cumsum(share / share.sum())
        labels = drawn.targets[np.concatenate(trained)]
        self._weights = balanced_class_weights(labels[labels != UNLABELLED], class_count=drawn.class_count)

    def loss(self) -> tuple[Tensor, int]:
        rows = self._windows()
        # Means over fewer samples are noisier: at the ends of shots and of films that is all there is.
        logits: Tensor = self._network(self._inputs(rows, around=int(self._random.choice(SURROUNDINGS))))
        nets = logits.shape[2]
        targets = torch.from_numpy(self._drawn.targets[rows])[..., None].expand(-1, -1, nets)
        return (
            functional.cross_entropy(logits.movedim(3, 1), targets, weight=self._weights, ignore_index=UNLABELLED),
            nets,
        )

    def logits(self, rows: IntArray) -> FloatArray:
        count, found = len(self._samples), np.zeros((len(rows), self._drawn.class_count))
        for sequences, own in ((self._held_out, rows < count), (self._joined, rows >= count)):
            table = look_through(
                sequences,
                self._judge,
                window=self._drawn.window,
                count=len(self._drawn.targets),
                class_count=self._drawn.class_count,
            )
            found[own] = table[self._samples[rows[own] % count]]
        return found

    def _judge(self, samples: IntArray) -> NDArray[np.float32]:
        said: NDArray[np.float32] = self.say(self._inputs(samples)).mean(2).numpy()
        return said

    def _inputs(self, samples: IntArray, *, around: int = AROUND) -> Tensor:
        """(W, T, I) of the samples (W, T) of windows: cuts between clips that were joined are seen like all others."""
        windows = self._drawn.coordinates[samples]
        return torch.from_numpy(with_surroundings(windows, seen=self._drawn.seen, around=around))

    def _windows(self) -> IntArray:
        """(n, T) samples of the windows of the next step."""
        joined = self._random.random() < JOINED
        length = self._drawn.window if joined else int(self._lengths[self._draw()])
        count = max(self._drawn.batch_samples // length, 1)
        rows = np.empty((count, length), np.int64)
        for window in rows:
            filled = 0
            while filled < length:
                part = self._part(length - filled)
                window[filled : filled + len(part)] = part
                filled += len(part)
        return rows

    def _part(self, most: int) -> IntArray:
        """A random sequence, or so much of it, from anywhere in it."""
        own = self._trained[self._draw()]
        length = min(len(own), most)
        first = int(self._random.integers(len(own) - length + 1))
        return own[first : first + length]

    def _draw(self) -> int:
        return int(np.searchsorted(self._shares, self._random.random()).clip(max=len(self._trained) - 1))
