"""Heads with memory: one suite for all kinds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from reelsift.errors import ModelError
from reelsift.models import memory as memory_module
from reelsift.models.heads import BlendHead, head_from_parts, head_parts, logits_between, memory_parts
from reelsift.models.linear import LinearHead
from reelsift.models.memory import MemoryHead, Projection, fit_projection
from reelsift.models.sequence_head import SequenceHead, with_surroundings
from reelsift.models.sequence_networks import SequenceNetwork
from reelsift.models.statistics_head import StatisticsHead, statistics

RNG = np.random.default_rng(0)
CUTS = np.sort(RNG.choice(np.arange(3, 297), 25, replace=False))  # the first samples of shots
SHOTS = np.searchsorted(CUTS, np.arange(300), side="right")
VIEWS = {
    "appearance": (
        (RNG.standard_normal((26, 20)) @ RNG.standard_normal((20, 200)))[SHOTS] + 0.3 * RNG.standard_normal((300, 200))
    ).astype(np.float16),
    "motion": RNG.standard_normal((300, 6)).astype(np.float32),
}
TIMES = np.arange(300) * 0.2
KINDS = ("lstm", "gru", "tcn", "statistics", "shots")


def projection() -> Projection:
    return fit_projection(VIEWS, rows=np.arange(300), components=8, seed=0, appearance=VIEWS["appearance"])


def network(kind: str) -> SequenceNetwork:
    generator = torch.Generator().manual_seed(0)
    return SequenceNetwork(
        kind, inputs=32, enter=5, state=7, class_count=3, nets=2, input_dropout=0.5, dropout=0.5, generator=generator
    ).eval()


def head(kind: str, *, window: int = 20) -> MemoryHead:
    if kind in ("statistics", "shots"):
        rng = np.random.default_rng(1)
        weights = rng.standard_normal((42, 3)).astype(np.float32)
        bias = np.array([1, 2, 3], np.float32)
        return StatisticsHead(projection(), window, 0.2, weights, bias, within_shots=kind == "shots")
    return network(kind).head(projection(), window=window, step_seconds=0.2)


def part(first: int, end: int, step: int = 1) -> dict[str, Any]:
    return {name: values[first:end:step] for name, values in VIEWS.items()}


@pytest.mark.parametrize("kind", ["lstm", "gru", "tcn"])
@pytest.mark.parametrize("length", [1, 2, 20])
def test_plain_arrays_say_what_the_network_said(kind: str, length: int) -> None:
    own = head(kind)
    windows = own.projection.coordinates(VIEWS)[np.arange(4 * length).reshape(4, length)]
    with torch.no_grad():
        said = network(kind)(torch.from_numpy(with_surroundings(windows, seen=128))).mean(2).numpy()
    assert own.judge(windows) == pytest.approx(said, abs=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_round_trip(kind: str) -> None:
    own = head(kind)
    back = head_from_parts(json.loads(json.dumps(head_parts(own))), own.arrays())
    assert np.array_equal(back.logits(VIEWS, times_seconds=TIMES), own.logits(VIEWS, times_seconds=TIMES))
    assert back.views == ("appearance", "motion") and back.class_count == 3
    assert head_parts(back) == head_parts(own)


@pytest.mark.parametrize("kind", KINDS)
def test_neighbours_matter_where_there_are_times_and_only_then(kind: str) -> None:
    own = head(kind)
    alone, together = own.logits(part(0, 9)), own.logits(part(0, 9), times_seconds=TIMES[:9])
    assert np.abs(alone - together).max() > 0.01
    for row in range(9):
        assert own.logits(part(row, row + 1), times_seconds=TIMES[:1]) == pytest.approx(alone[row : row + 1], abs=1e-5)
    assert own.logits(part(0, 0), times_seconds=TIMES[:0]).shape == (0, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_carried_over_a_break(kind: str) -> None:
    own, times = head(kind), TIMES[:30].copy()
    times[12:] += 60
    whole = own.logits(part(0, 30), times_seconds=times)
    assert whole[:12] == pytest.approx(own.logits(part(0, 12), times_seconds=TIMES[:12]), abs=1e-5)
    assert whole[12:] == pytest.approx(own.logits(part(12, 30), times_seconds=TIMES[:18]), abs=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_an_index_of_all_frames_is_looked_at_with_the_step_that_was_taught(kind: str) -> None:
    own = head(kind)
    dense = own.logits(VIEWS, times_seconds=np.arange(300) * 0.04)
    for first in (0, 3):
        thin = own.logits(part(first, 300, 5), times_seconds=np.arange(60) * 0.2)
        assert dense[first::5] == pytest.approx(thin, abs=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_that_is_a_sample_is_told_between_samples_as_the_sample_is(kind: str) -> None:
    own = head(kind, window=300)  # so that one window holds all
    whole = own.logits(VIEWS, times_seconds=TIMES)
    rows = [0, 7, 150, 299]
    between = {name: values[rows] for name, values in VIEWS.items()}
    found = own.logits_between(VIEWS, times_seconds=TIMES, between=between, between_seconds=TIMES[rows] + 0.05)
    assert found == pytest.approx(whole[rows], abs=1e-4)
    other = {name: values[[200]] for name, values in VIEWS.items()}
    assert np.abs(
        own.logits_between(VIEWS, times_seconds=TIMES, between=other, between_seconds=TIMES[[7]]) - whole[7]
    ).max() > 0.01  # fmt: skip
    nothing = {name: values[:0] for name, values in VIEWS.items()}
    assert own.logits_between(VIEWS, times_seconds=TIMES, between=nothing, between_seconds=TIMES[:0]).shape == (0, 3)


class Table:
    """A table that is longer than memory: it has a length, and gives slices."""

    def __init__(self, values: np.ndarray[Any, Any]) -> None:
        self.values, self.longest = values, 0

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: slice) -> np.ndarray[Any, Any]:
        assert isinstance(rows, slice)
        self.longest = max(self.longest, len(self.values[rows]))
        return self.values[rows]


@pytest.mark.parametrize("kind", KINDS)
def test_views_are_read_a_slice_at_a_time(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_module, "CHUNK_ROWS", 64)
    own, tables = head(kind), {name: Table(values) for name, values in VIEWS.items()}
    assert own.logits(tables, times_seconds=TIMES) == pytest.approx(own.logits(VIEWS, times_seconds=TIMES))
    assert {table.longest for table in tables.values()} == {64}


@pytest.mark.parametrize("kind", KINDS)
def test_views_that_do_not_fit(kind: str) -> None:
    own = head(kind)
    with pytest.raises(ModelError, match="looks at the view 'motion'"):
        own.logits({"appearance": VIEWS["appearance"]})
    with pytest.raises(ModelError, match="'motion' with 6 columns"):
        own.logits({**VIEWS, "motion": VIEWS["motion"][:, :5]})
    with pytest.raises(ModelError, match="different numbers of frames"):
        own.logits({**VIEWS, "motion": VIEWS["motion"][:7]})
    broken = VIEWS["motion"].copy()
    broken[4, 2] = np.nan
    with pytest.raises(ModelError, match="sampled frame 4 are not finite"):
        own.logits({**VIEWS, "motion": broken})


@pytest.mark.parametrize("kind", KINDS)
def test_files_that_are_broken_are_refused(kind: str) -> None:
    own = head(kind)
    settings, arrays = head_parts(own), own.arrays()
    for name, values in arrays.items():
        with pytest.raises(ModelError, match="train the model again"):
            head_from_parts(settings, {**arrays, name: np.full_like(values, np.nan)})
        with pytest.raises(ModelError, match="train the model again"):
            head_from_parts(settings, {**arrays, name: values[..., :-1]})
    for seen in (-1, 142):
        with pytest.raises(ModelError, match="train the model again"):
            head_from_parts({**settings, "seen": seen}, arrays)
    if kind not in ("statistics", "shots"):
        with pytest.raises(ModelError, match="'transformer', of a newer reelsift"):
            head_from_parts({**settings, "memory": "transformer"}, arrays)


def test_statistics_are_what_they_say() -> None:
    values = RNG.standard_normal((2, 17, 3)).astype(np.float32)
    found = statistics(values, window=6)
    for place in range(17):
        around = values[:, max(place - 3, 0) : place + 4]
        expected = np.concatenate([around.mean(1), around.std(1), around.max(1)], axis=1)
        assert found[:, place] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("window", [2, 7, 60])
def test_statistics_within_shots_know_nothing_of_other_shots(window: int) -> None:
    table = projection().coordinates(VIEWS)
    found = statistics(table[None], window=window, seen=128, within_shots=True)[0]
    for place in range(300):
        around = np.arange(max(place - window // 2, 0), min(place + window // 2 + 1, 300))
        around = table[around[SHOTS[around] == SHOTS[place]], :14]
        assert found[place, :14] == pytest.approx(around.mean(0), abs=1e-4), place
        assert found[place, 14:28] == pytest.approx(around.std(0), abs=1e-3), place
        assert found[place, 28:] == pytest.approx(around.max(0)), place


@pytest.mark.parametrize("window", [2, 7, 20])
def test_between_samples_statistics_see_the_same_cuts_as_in_the_film(window: int) -> None:
    own = head("shots", window=window)
    whole = own.logits(VIEWS, times_seconds=TIMES)
    found = own.logits_between(VIEWS, times_seconds=TIMES, between=VIEWS, between_seconds=TIMES)
    assert found == pytest.approx(whole, abs=1e-3)


def test_a_memory_is_told_where_the_picture_cuts() -> None:
    windows = projection().coordinates(VIEWS)[None, 50:125]
    told = with_surroundings(windows, seen=128)[0]
    is_cut = np.append(0, np.diff(SHOTS[50:125]))
    assert np.array_equal(told[:, 14], is_cut) and np.array_equal(told[:-1, 16], is_cut[1:])
    assert told[is_cut == 1, 15].min() > 2 * told[is_cut == 0, 15].max()
    for place in (30, 31, 55):
        around = np.arange(place - 15, place + 16)
        around = around[SHOTS[50 + around] == SHOTS[50 + place]]
        assert told[place, 18:] == pytest.approx(windows[0, around, :14].mean(0), abs=1e-4)
    blind = with_surroundings(windows[..., :14], seen=0)[0]
    assert blind.shape == told.shape and not blind[:, 14:18].any()


def test_cuts_are_seen_by_a_view_that_is_not_learned_from() -> None:
    motion = {"motion": VIEWS["motion"]}
    both = projection()
    own = fit_projection(motion, rows=np.arange(300), components=8, seed=0, appearance=VIEWS["appearance"])
    assert own.views == ("motion", "appearance") and own.count == 6
    table = own.coordinates(VIEWS)
    assert table[:, 6:] == pytest.approx(both.coordinates(VIEWS)[:, 14:], abs=1e-4)
    assert table[:, :6] == pytest.approx(both.coordinates(VIEWS)[:, 8:14], abs=1e-4)
    assert fit_projection(motion, rows=np.arange(300), components=8, seed=0).views == ("motion",)


@pytest.mark.parametrize("kind", ["statistics", "shots"])
def test_statistics_of_a_long_film_do_not_depend_on_blocks(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    own = head(kind)
    whole = own.logits(VIEWS, times_seconds=TIMES)
    monkeypatch.setattr("reelsift.models.statistics_head.CHUNK_ROWS", 50)
    assert own.logits(VIEWS, times_seconds=TIMES) == pytest.approx(whole, abs=1e-4)


def test_a_projection_evens_out_how_wide_views_are() -> None:
    coordinates = projection().coordinates(VIEWS)
    assert coordinates.shape == (300, 14 + 128)
    assert (coordinates[:, :8] ** 2).mean() == pytest.approx(1, rel=0.05)
    assert (coordinates[:, 8:14] ** 2).mean() == pytest.approx(1, rel=0.05)
    assert np.abs(coordinates[:, :14].mean(axis=0)).max() < 0.01


def test_blends_remember_if_a_part_does() -> None:
    line = LinearHead(
        (("motion", 6),), np.ones((3, 6), np.float32), np.zeros(3, np.float32), np.zeros(6, np.float32),
        np.ones(6, np.float32),
    )  # fmt: skip
    own = head("gru")
    blend = BlendHead((line, own), (1.0, 2.0))
    expected = line.logits(VIEWS) + 2 * own.logits(VIEWS, times_seconds=TIMES)
    assert blend.logits(VIEWS, times_seconds=TIMES) == pytest.approx(expected)
    assert memory_parts(blend) == (own,) and memory_parts(line) == ()
    settings: dict[str, Any] = {"times_seconds": TIMES, "between": part(3, 5), "between_seconds": TIMES[3:5]}
    told: Callable[..., Any] = logits_between
    assert told(blend, VIEWS, **settings) == pytest.approx(
        told(line, VIEWS, **settings) + 2 * told(own, VIEWS, **settings)
    )
    assert told(line, VIEWS, **settings) == pytest.approx(line.logits(part(3, 5)))


def test_a_head_of_another_window_is_another_head() -> None:
    own = head("lstm")
    assert isinstance(own, SequenceHead)
    short = replace(own, window=4)
    difference = np.abs(own.logits(VIEWS, times_seconds=TIMES) - short.logits(VIEWS, times_seconds=TIMES))
    assert difference.max() > 1e-3
