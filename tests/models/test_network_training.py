"""The training loop: that it learns, from the right frames, stops in time, and always gives the same bits."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from reelsift.models.network_training import FoldFit, MakeNetwork, Problem, Recipe, fit_everything, fit_folds

COUNT, COLUMNS = 60, 90  # more columns than frames: any labels can be learned by heart
RECIPE = Recipe(rate=0.02, most_steps=100, stretch=20, patience=2, batch=32)


class Sums(nn.Module):
    """Two nets of weighted sums of rows, with noise on what they see while they learn."""

    def __init__(self, inputs: np.ndarray, *, generator: torch.Generator) -> None:
        super().__init__()
        self._inputs, self._generator = torch.from_numpy(inputs.astype(np.float32)), generator
        self.weights = nn.Parameter(torch.randn(inputs.shape[1], 2, 2, generator=generator) * 0.01)

    def forward(self, rows: Tensor) -> Tensor:
        seen = self._inputs[rows]
        if self.training:
            seen = seen + 0.1 * torch.randn(seen.shape, generator=self._generator)
        return torch.einsum("nd,dkc->nkc", seen, self.weights)


def problem(*, apart: float, seed: int = 0) -> tuple[MakeNetwork, Problem]:
    rng = np.random.default_rng(seed)
    targets = rng.permutation(np.arange(COUNT) % 2)
    inputs = rng.standard_normal((COUNT, COLUMNS))
    inputs[:, 0] += apart * (2 * targets - 1)
    return (lambda generator: Sums(inputs, generator=generator)), Problem(targets, 2)


def loss_on(targets: np.ndarray) -> Callable[[np.ndarray], float]:
    def loss(logits: np.ndarray) -> float:
        return float((np.logaddexp.reduce(logits, axis=1) - logits[np.arange(len(logits)), targets]).mean())

    return loss


def folds_of(held_out: np.ndarray) -> np.ndarray:
    return np.stack([held_out != fold for fold in range(held_out.max() + 1)])


def in_folds(
    make: MakeNetwork, asked: Problem, *, seed: int = 0, steps: int | None = None, **changes: object
) -> FoldFit:
    held_out = np.arange(COUNT) % 4
    values: dict[str, object] = {
        "trained": folds_of(held_out), "held_out": held_out, "honest_loss": loss_on(asked.targets), "recipe": RECIPE,
    }  # fmt: skip
    return fit_folds(make, asked, seed=seed, steps=steps, **{**values, **changes})


def right(logits: np.ndarray, asked: Problem) -> float:
    return float((logits.argmax(axis=1) == asked.targets).mean())


def test_it_learns_what_can_be_learned() -> None:
    make, asked = problem(apart=12)
    fit = in_folds(make, asked, recipe=dataclasses.replace(RECIPE, most_steps=40))
    assert right(fit.logits, asked) > 0.9
    assert fit.curve.honest_losses[0] < np.log(2)
    network = fit_everything(make, asked, recipe=RECIPE, seed=0, steps=fit.best_steps)
    with torch.no_grad():
        assert right(network(torch.arange(COUNT)).mean(1).numpy(), asked) > 0.95
    assert not network.training


def test_labels_without_meaning_are_learned_by_heart_but_never_told_of_held_out_frames() -> None:
    make, asked = problem(apart=0)
    fit = in_folds(make, asked, steps=100)
    assert fit.curve.train_losses[-1] < 0.2
    assert right(fit.logits, asked) < 0.65
    assert loss_on(asked.targets)(fit.logits) > np.log(2)


def test_the_labels_of_held_out_frames_change_nothing_in_their_fold() -> None:
    make, asked = problem(apart=1)
    held_out = np.where(np.arange(COUNT) < 15, 0, -1)
    flipped = Problem(np.where(held_out == 0, 1 - asked.targets, asked.targets), 2)
    trained = folds_of(held_out)
    one, two = (in_folds(make, each, held_out=held_out, trained=trained, steps=20) for each in (asked, flipped))
    assert np.array_equal(one.logits, two.logits) and one.logits[:15].any()
    assert not one.logits[15:].any()  # held out in no fold


def test_same_seed_same_bits() -> None:
    make, asked = problem(apart=2)
    one, two, other = (in_folds(make, asked, seed=seed, steps=20) for seed in (3, 3, 4))
    assert np.array_equal(one.logits, two.logits)
    assert not np.array_equal(one.logits, other.logits)
    first, second = (fit_everything(make, asked, recipe=RECIPE, seed=3, steps=20) for _ in range(2))
    assert torch.equal(first.weights, second.weights)


def test_it_stops_when_nothing_gets_better_and_keeps_the_best() -> None:
    make, asked = problem(apart=2)
    told, seen = iter([0.9, 0.5, 0.6, 0.4, 0.7, 0.4, 0.1]), []

    def scripted(logits: np.ndarray) -> float:
        seen.append(logits.copy())
        return next(told)

    recipe = dataclasses.replace(RECIPE, most_steps=200)
    fit = in_folds(make, asked, honest_loss=scripted, recipe=recipe)
    assert fit.best_steps == 4 * 20
    assert fit.curve.steps == (20, 40, 60, 80, 100, 120)
    assert fit.curve.honest_losses == (0.9, 0.5, 0.6, 0.4, 0.7, 0.4)
    assert len(fit.curve.train_losses) == 6
    assert np.array_equal(fit.logits, seen[3]) and not np.array_equal(seen[3], seen[5])
    # As many steps without a look in between give the same.
    assert np.array_equal(in_folds(make, asked, steps=80).logits, seen[3])


def test_it_ends_at_the_most_steps() -> None:
    make, asked = problem(apart=2)
    told = iter(np.linspace(1, 0.5, 9))
    recipe = Recipe(rate=0.02, most_steps=60, stretch=25)
    fit = in_folds(make, asked, honest_loss=lambda _: next(told), recipe=recipe)
    assert fit.curve.steps == (25, 50, 60)
    assert fit.best_steps == 60


def test_copies_are_learned_from_but_only_the_frames_themselves_are_scored() -> None:
    make, asked = problem(apart=2)
    held_out = np.arange(COUNT // 2) % 2
    fit = in_folds(
        make, asked, held_out=held_out, trained=np.tile(folds_of(held_out), (1, 2)),
        honest_loss=loss_on(asked.targets[: COUNT // 2]), steps=10,
    )  # fmt: skip
    assert fit.logits.shape == (COUNT // 2, 2) and fit.logits.any(axis=1).all()


def test_nothing_held_out_trains_without_scores() -> None:
    make, asked = problem(apart=2)
    nothing = in_folds(make, asked, trained=np.zeros((0, COUNT), bool), held_out=np.full(COUNT, -1))
    assert nothing.best_steps == RECIPE.most_steps
    assert not nothing.logits.any() and nothing.curve.steps == ()


def test_a_rare_class_weighs_as_much_as_a_common_one() -> None:
    inputs = np.ones((100, 1))
    targets = (np.arange(100) < 5).astype(np.int64)
    network = fit_everything(
        lambda generator: Sums(inputs, generator=generator), Problem(targets, 2), recipe=RECIPE, seed=0, steps=200
    )
    with torch.no_grad():
        chance = network(torch.arange(1)).mean(1).softmax(-1)[0, 1].item()
    assert chance == pytest.approx(0.5, abs=0.15)


def test_the_weights_are_a_moving_average() -> None:
    make, asked = problem(apart=2)
    begun = make(torch.Generator().manual_seed(0)).weights.detach()
    network = fit_everything(make, asked, recipe=dataclasses.replace(RECIPE, decay=0.0), seed=0, steps=1)
    # The first step of Adam is as long as its rate, in every direction; a fiftieth of it is in the average.
    assert (network.weights.detach() - begun).abs().median().item() == pytest.approx(0.02 * 0.02, rel=0.01)


def test_the_number_of_threads_is_put_back() -> None:
    before = torch.get_num_threads()
    make, asked = problem(apart=2)
    fit_everything(make, asked, recipe=RECIPE, seed=0, steps=1)
    assert torch.get_num_threads() == before
