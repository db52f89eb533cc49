"""Blends of heads, and the table of heads a model file can hold."""

from __future__ import annotations

import json

import numpy as np
import pytest

from reelsift.errors import ModelError
from reelsift.models.heads import HEADS, BlendHead, Head, below, head_from_parts, head_parts
from reelsift.models.linear import LinearHead


def linear(view: str, *weights: list[float]) -> LinearHead:
    rows = np.array(weights, np.float32)
    columns = rows.shape[1]
    return LinearHead(
        ((view, columns),), rows, np.zeros(len(rows), np.float32), np.zeros(columns, np.float32),
        np.ones(columns, np.float32),
    )  # fmt: skip


def many() -> BlendHead:
    """Eleven and one parts, so that `1.` and `11.` begin alike; a blend among them."""
    parts: list[Head] = [linear("a", [float(n)], [0.0]) for n in range(11)]
    return BlendHead((*parts, BlendHead((linear("b", [1.0], [2.0]), parts[3]), (1.0, 2.0))), tuple(range(12)))


def test_logits_are_the_scaled_sum() -> None:
    views = {"a": np.array([[1.0], [2.0]]), "b": np.array([[3.0], [-1.0]]), "c": np.zeros((1, 1))}
    blend = BlendHead((linear("a", [1.0], [-1.0]), linear("b", [0.0], [4.0])), (2.0, 0.5))
    assert blend.logits(views).tolist() == [[2, 4], [4, -6]]
    assert blend.views == ("a", "b")
    assert blend.class_count == 2


def test_round_trip() -> None:
    views = {"a": np.array([[1.0], [2.0]]), "b": np.array([[3.0], [-1.0]])}
    blend = many()
    back = head_from_parts(json.loads(json.dumps(head_parts(blend))), blend.arrays())
    assert np.array_equal(back.logits(views), blend.logits(views))
    assert back.views == ("a", "b")
    assert head_parts(back) == head_parts(blend)


def test_heads_of_different_classes_do_not_blend() -> None:
    two, three = linear("a", [1.0], [2.0]), linear("a", [1.0], [2.0], [3.0])
    for parts, scales in (((two, three), (1.0, 1.0)), ((two, two), (1.0,)), ((), ())):
        with pytest.raises(ModelError, match="do not fit"):
            BlendHead(parts, scales)


def test_a_kind_of_tomorrow_is_refused_and_all_of_today_are_known() -> None:
    with pytest.raises(ModelError, match="'forest', of a newer reelsift"):
        head_from_parts({"kind": "forest"}, {})
    assert set(HEADS) == {"linear", "mlp", "regions", "statistics", "sequence", "blend"}


def test_below_takes_the_prefix_off() -> None:
    one, two = np.ones(1), np.ones(2)
    assert below("1.", {"1.a": one, "11.a": two, "1.b.1.c": two}) == {"a": one, "b.1.c": two}
