"""The one training loop of the heads that are learned by gradients, with early stopping on honest log loss.

All folds are trained side by side, a stretch of steps at a time. After each stretch the frames that were held out are
scored; where their calibrated log loss has not fallen for some stretches, training ends, and the best number of steps
is what the final head is trained for (Prechelt 1998, Early stopping - but when?). What is scored and kept are moving
averages of the weights (Polyak and Juditsky 1992), which makes a schedule of falling rates needless.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from reelsift.models.report import Curve

__all__ = [
    "FoldFit",
    "MakeNetwork",
    "Problem",
    "Recipe",
    "Run",
    "balanced_class_weights",
    "finish",
    "fit_everything",
    "fit_folds",
    "fit_runs",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
MakeNetwork = Callable[[torch.Generator], nn.Module]
ScoreLogits = Callable[[FloatArray], float]

AVERAGED = 0.98  # of a moving average stays in a step: about the last 50 steps count
SCORED_ROWS = 128  # scored at a time


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes:
        rate: Learning rate of AdamW (Loshchilov and Hutter 2019).
        decay: Its weight decay.
        most_steps: Training ends here at the latest.
        stretch: Steps between two looks at the held-out frames.
        patience: Stretches without a better log loss after which training ends.
        batch: Examples in a step.
    """

    rate: float
    decay: float = 0.01
    most_steps: int = 800
    stretch: int = 50
    patience: int = 4
    batch: int = 32


@dataclass(frozen=True, eq=False)
class FoldFit:
    """What training in folds gave: out-of-fold logits (N, C) at the best step, which step that was, and the curve."""

    logits: FloatArray
    best_steps: int
    curve: Curve


@dataclass(frozen=True, eq=False)
class Problem:
    """What is learned: (N,) targets, class indexes, of C classes."""

    targets: IntArray
    class_count: int


def fit_folds(
    make: MakeNetwork,
    problem: Problem,
    *,
    trained: NDArray[np.bool_],
    held_out: IntArray,
    honest_loss: ScoreLogits,
    recipe: Recipe,
    seed: int,
    steps: int | None = None,
) -> FoldFit:
    """Trains a network in each fold.

    Args:
        make: Makes the network; what is random in it comes from the generator.
        problem: The targets.
        trained: (F, N) whether an example is trained on in a fold.
        held_out: (H,) fold in which an example is held out, -1 in none; of the first H examples only.
        honest_loss: Log loss of the out-of-fold logits (H, C).
        recipe: How to train.
        seed: Everything random follows from it.
        steps: Train for just so many; `None` finds out when to stop.
    """
    runs = [
        _ExampleRun(make, problem, np.flatnonzero(rows), recipe, seed=seed + fold) for fold, rows in enumerate(trained)
    ]
    return fit_runs(
        runs,
        held_out=held_out,
        class_count=problem.class_count,
        honest_loss=honest_loss,
        recipe=recipe,
        steps=steps,
    )


def fit_everything(make: MakeNetwork, problem: Problem, *, recipe: Recipe, seed: int, steps: int) -> nn.Module:
    """The network trained on all examples for so many steps; its weights are the moving average."""
    return finish(_ExampleRun(make, problem, np.arange(len(problem.targets)), recipe, seed=seed), steps=steps)


def fit_runs(
    runs: Sequence[Run],
    *,
    held_out: IntArray,
    class_count: int,
    honest_loss: ScoreLogits,
    recipe: Recipe,
    steps: int | None = None,
) -> FoldFit:
    """Trains the runs of all folds side by side; as `fit_folds`."""
    held = [np.flatnonzero(held_out == fold) for fold in range(len(runs))]
    logits = np.zeros((len(held_out), class_count))
    best, best_loss, best_steps = logits, np.inf, 0
    done: list[int] = []
    losses: list[float] = []
    honest: list[float] = []
    most = steps or recipe.most_steps
    with _one_thread_each() as pool:
        while runs and (not done or done[-1] < most):
            stretch = min(recipe.stretch, most - (done[-1] if done else 0))
            losses.append(float(np.mean(list(pool.map(Run.advance, runs, [stretch] * len(runs))))))
            logits = np.zeros_like(logits)
            for rows, table in zip(held, pool.map(lambda run, own: run.logits(own), runs, held), strict=True):
                logits[rows] = table
            done.append(stretch + (done[-1] if done else 0))
            honest.append(honest_loss(logits) if steps is None else np.nan)
            if honest[-1] < best_loss or steps is not None:
                best, best_loss, best_steps = logits, honest[-1], done[-1]
            elif done[-1] - best_steps >= recipe.patience * recipe.stretch:
                break
    known = tuple(loss if np.isfinite(loss) else None for loss in honest)
    return FoldFit(best, best_steps or recipe.most_steps, Curve(tuple(done), tuple(losses), known))


def finish(run: Run, *, steps: int) -> nn.Module:
    """The network of a run after so many steps; its weights are the moving average."""
    with _one_thread_each() as pool:
        pool.submit(run.advance, steps).result()
    return run.averaged_network()


class Run(ABC):
    """One network in training on some of the examples."""

    def __init__(self, network: nn.Module, recipe: Recipe) -> None:
        self._network = network
        self._averages = {name: value.detach().clone() for name, value in network.named_parameters()}
        self._optimizer = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=recipe.decay)

    @abstractmethod
    def loss(self) -> tuple[Tensor, int]:
        """Mean loss over the nets on the next batch, and how many nets there are."""

    @abstractmethod
    def logits(self, rows: IntArray) -> FloatArray:
        """(n, C) mean over the nets, by the averaged weights."""

    def advance(self, steps: int) -> float:
        """Trains on; gives the mean loss of these steps."""
        self._network.train()
        total = 0.0
        for _ in range(steps):
            loss, nets = self.loss()
            self._optimizer.zero_grad()
            # Each net has its own weights, so that the sum of their losses trains each as if it were alone.
            (nets * loss).backward()  # type: ignore[no-untyped-call]
            self._optimizer.step()
            for name, value in self._network.named_parameters():
                self._averages[name].lerp_(value.detach(), 1 - AVERAGED)
            total += loss.item()
        return total / steps

    @torch.no_grad()
    def say(self, batch: Tensor) -> Tensor:
        """What the network says of a batch, by the averaged weights: (.., K, C)."""
        self._network.eval()
        said: Tensor = functional_call(self._network, self._averages, (batch,))
        return said

    @torch.no_grad()
    def averaged_network(self) -> nn.Module:
        """The network with the averages of its weights."""
        for name, value in self._network.named_parameters():
            value.copy_(self._averages[name])
        return self._network.eval()


def balanced_class_weights(targets: IntArray, *, class_count: int) -> Tensor:
    """(C,) weights under which all classes that occur count alike."""
    counts = np.bincount(targets, minlength=class_count)
    return torch.tensor(len(targets) / class_count / np.maximum(counts, 1), dtype=torch.float32)


class _ExampleRun(Run):
    """A run on examples one by one."""

    def __init__(self, make: MakeNetwork, problem: Problem, rows: IntArray, recipe: Recipe, *, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)
        super().__init__(make(self._generator), recipe)
        self._rows, self._batch = torch.from_numpy(rows), recipe.batch
        self._targets = torch.from_numpy(problem.targets)
        self._weights = balanced_class_weights(problem.targets[rows], class_count=problem.class_count)

    def loss(self) -> tuple[Tensor, int]:
        rows = self._rows[torch.randperm(len(self._rows), generator=self._generator)[: self._batch]]
        logits: Tensor = self._network(rows)  # (n, K, C)
        nets = logits.shape[1]
        targets = self._targets[rows][:, None].expand(-1, nets)
        return functional.cross_entropy(logits.transpose(1, 2), targets, weight=self._weights), nets

    def logits(self, rows: IntArray) -> FloatArray:
        tables = [self.say(part).mean(1) for part in torch.split(torch.from_numpy(rows), SCORED_ROWS)]
        return torch.cat(tables).double().numpy()


class _one_thread_each:  # noqa: N801  # reads as what it is: a context
    """A pool of threads whose operations use one core each: faster on small ones, and the same bits on any machine."""

    def __enter__(self) -> ThreadPoolExecutor:
        self._before = torch.get_num_threads()
        torch.set_num_threads(1)
        self._pool = ThreadPoolExecutor(len(os.sched_getaffinity(0)))
        return self._pool

    def __exit__(self, *failure: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        torch.set_num_threads(self._before)
