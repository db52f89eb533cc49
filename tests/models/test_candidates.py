"""Candidates one by one: what they fetch, how they blend, and what their heads are made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from drawn_examples import film, things
from reelsift.errors import ModelError
from reelsift.models import candidates
from reelsift.models.bench import prepare
from reelsift.models.candidates import try_blend, try_linear, try_mlp, try_regions
from reelsift.models.heads import BlendHead
from reelsift.models.region_head import RegionsHead
from reelsift.specs import TrainSpec

SPEC = TrainSpec(folds=2, hidden=(4,), background="KO")


def test_a_blend_is_the_sum_of_its_parts_each_as_sure_as_it_should_be() -> None:
    examples = film(80, apart=1.5)
    bench = prepare(examples, spec=SPEC, fetch=None)
    parts = (try_linear(bench, ("quality",)), try_linear(bench, ("appearance",)))
    blend = try_blend(bench, parts)
    scales = [bench.calibration(part.logits).slope for part in parts]
    assert blend.logits == pytest.approx(scales[0] * parts[0].logits + scales[1] * parts[1].logits)
    assert blend.candidate.views == ("quality", "appearance")
    assert blend.candidate.settings == "linear + linear"
    assert blend.candidate.seconds > sum(part.candidate.seconds for part in parts)
    head = blend.learn()
    assert isinstance(head, BlendHead) and head.scales == pytest.approx(scales)
    heads = [part.learn().logits(examples.views) for part in parts]
    assert head.logits(examples.views) == pytest.approx(scales[0] * heads[0] + scales[1] * heads[1])


def test_a_named_background_is_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "VARIED_ROWS", 0)
    monkeypatch.setattr(candidates, "_best_background", lambda *_, **__: pytest.fail("looked for"))
    examples, fetch, _ = things(30)
    trial = try_regions(prepare(examples, spec=SPEC, fetch=fetch), spec=SPEC)
    assert trial.candidate.settings == "background KO"
    head = trial.learn()
    assert isinstance(head, RegionsHead) and head.background == 1
    assert trial.logits.shape == trial.leaky_logits.shape == (30, 2)
    assert not trial.logits[:, 1].any() and trial.logits[:, 0].any()
    assert not np.array_equal(trial.logits, trial.leaky_logits)


def test_variants_are_fetched_only_where_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    examples, fetch, asked = things(30)
    bench = prepare(examples, spec=SPEC, fetch=fetch)
    for room, copies in ((29, 0), (30, 1), (61, 2), (10_000, 3)):
        monkeypatch.setattr(candidates, "VARIED_ROWS", room)
        assert [len(rows) for rows in candidates._variants(bench)] == [30] * copies
        assert asked == (["regions_varied"] if copies else [])  # once


def test_rows_that_are_missing_or_cannot_be_fetched() -> None:
    examples, fetch, _ = things(30)

    def one_short(*arguments: Any) -> Any:
        return fetch(*arguments)[:-1]

    with pytest.raises(ModelError, match="'regions' of the labelled frames is not there"):
        try_regions(prepare(examples, spec=SPEC, fetch=None), spec=SPEC)
    with pytest.raises(ModelError, match="30 labelled frames, but 29 rows of the view 'regions'"):
        try_regions(prepare(examples, spec=SPEC, fetch=one_short), spec=SPEC)


def test_dense_layers_learn_what_no_line_can_tell() -> None:
    looks = np.random.default_rng(0).uniform(-1, 1, (200, 2)).astype(np.float32)
    targets = (looks[:, 0] * looks[:, 1] > 0).astype(np.int64)
    bench = prepare(film(200, views={"quality": looks}, targets=targets), spec=SPEC, fetch=None)
    dense = try_mlp(bench, ("quality",), spec=TrainSpec(folds=2, hidden=(128,), dropout=0.0)).candidate
    line = try_linear(bench, ("quality",)).candidate
    assert dense.balanced_accuracy is not None and line.balanced_accuracy is not None
    assert dense.balanced_accuracy > 0.85 > 0.7 > line.balanced_accuracy
    assert dense.curve is not None and dense.curve.steps[-1] >= 20
