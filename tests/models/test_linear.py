"""The linear head and the space it is fitted in."""

from __future__ import annotations

import numpy as np
import pytest

from reelsift.errors import ModelError
from reelsift.models.linear import LinearHead, fit_space
from reelsift.models.logistic import LogisticFit


def test_space_keeps_all_distances_of_small_problems() -> None:
    values = np.random.default_rng(0).standard_normal((30, 100)) * 5 + 2
    space = fit_space(values)
    scaled = (values - space.mean) / space.scale
    assert (scaled**2).sum(axis=1).mean() == pytest.approx(1)
    assert np.allclose(space.coordinates @ space.coordinates.T, scaled @ scaled.T)
    assert np.allclose(space.components.T @ space.components, np.eye(space.components.shape[1]))


def test_space_of_large_problems_keeps_the_main_directions() -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((700, 20)) @ rng.standard_normal((20, 600)) + 0.01 * rng.standard_normal((700, 600))
    space = fit_space(values)
    scaled = (values - space.mean) / space.scale
    assert space.components.shape[1] == 256
    assert np.allclose(space.coordinates @ space.coordinates.T, scaled @ scaled.T, atol=1e-3)


def test_a_column_that_never_moved_does_not_explode() -> None:
    values = np.random.default_rng(0).standard_normal((20, 10))
    values[:, 3] = 7.0
    values[:, 4] = 7.0 + 1e-7 * np.arange(20)
    space = fit_space(values)
    new = values[:1].copy()
    new[0, 3:5] += 0.1
    assert np.abs((new - space.mean) / space.scale).max() < 5


def test_space_of_equal_rows() -> None:
    assert np.isfinite(fit_space(np.ones((5, 4))).coordinates).all()


def make_head() -> tuple[LinearHead, dict[str, np.ndarray]]:
    rng = np.random.default_rng(1)
    views = {"appearance": rng.standard_normal((9, 12)).astype(np.float16), "quality": rng.standard_normal((9, 5))}
    spaces = {name: fit_space(values) for name, values in views.items()}
    width = sum(space.components.shape[1] for space in spaces.values())
    fit = LogisticFit(weights=rng.standard_normal((3, width)), bias=rng.standard_normal(3))
    coordinates = np.concatenate([space.coordinates for space in spaces.values()], axis=1)
    return LinearHead.from_fit(fit, spaces=spaces, views=tuple(spaces)), {**views, "expected": fit.logits(coordinates)}


def test_weights_on_columns_say_what_weights_on_components_say() -> None:
    head, views = make_head()
    assert head.widths == (("appearance", 12), ("quality", 5))
    assert np.allclose(head.logits(views), views["expected"], atol=1e-3)


def test_rows_in_parts_equal_rows_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    head, views = make_head()
    whole = head.logits(views)
    monkeypatch.setattr("reelsift.models.linear.CHUNK_ROWS", 2)
    assert np.allclose(head.logits(views), whole, atol=1e-6)


def test_views_that_do_not_fit() -> None:
    head, views = make_head()
    with pytest.raises(ModelError, match="'quality'"):
        head.logits({"appearance": views["appearance"]})
    with pytest.raises(ModelError, match="12 columns"):
        head.logits({**views, "appearance": views["appearance"][:, :7]})
    with pytest.raises(ModelError, match="different numbers of frames"):
        head.logits({**views, "quality": views["quality"][:4]})
    broken = views["quality"].copy()
    broken[6, 2] = np.nan
    with pytest.raises(ModelError, match="frame 6"):
        head.logits({**views, "quality": broken})


def test_no_frames_give_no_logits() -> None:
    head, views = make_head()
    assert head.logits({name: values[:0] for name, values in views.items()}).shape == (0, 3)
