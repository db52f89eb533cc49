"""The bench of models with memory: who is on which side of a fold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from drawn_examples import film
from drawn_sequences import clips, fetching, moving
from reelsift.errors import ModelError
from reelsift.models import bench as bench_module
from reelsift.models.bench import prepare
from reelsift.models.sequence_bench import clips_of, mostly_sequences, sequences_of, with_clips
from reelsift.specs import TrainSpec

SPEC = TrainSpec(model="lstm", folds=2, window=20)


def recording(labelled: np.ndarray[Any, Any], *, count: int = 400) -> Any:
    """One film of `count` samples, of which some are labelled; the class changes every 20."""
    targets = (np.arange(count) // 20 % 2).astype(np.int64)
    looks, names, times = moving(targets), np.full(count, "film"), np.arange(count) * 0.2
    views = {"motion": looks[labelled]}
    examples = film(
        len(labelled), views=views, targets=targets[labelled], source_ids=names[labelled], times_seconds=times[labelled]
    )
    return examples, fetching(looks, names, times)


def test_no_sequence_of_one_film_holds_samples_of_both_sides() -> None:
    examples, fetch = recording(np.arange(0, 400, 2))
    bench = prepare(examples, spec=SPEC, fetch=None, fetch_sequences=fetch)
    found = sequences_of(bench, spec=SPEC, views=("motion",))
    for fold, cut in enumerate(found.cuts(bench.folds)):
        trained, held_out = np.concatenate(cut.trained), np.concatenate(cut.held_out)
        assert not set(trained) & set(held_out)
        labelled = set(found.samples[bench.folds.held_out == fold].tolist())
        assert labelled <= set(held_out.tolist())
        assert not labelled & set(trained.tolist())
        assert set(found.samples[bench.folds.trained[fold]].tolist()) <= set(trained.tolist())
        for sequence in (*cut.trained, *cut.held_out):
            assert (np.diff(sequence) == 1).all()
        assert len(cut.joined) == 1 and sorted(cut.joined[0].tolist()) == sorted(held_out.tolist())


def test_samples_without_labels_are_context_and_all_labels_teach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_module, "LEARNED_FRAMES", 50)
    examples, fetch = recording(np.arange(0, 400, 2))
    bench = prepare(examples, spec=SPEC, fetch=None, fetch_sequences=fetch)
    found = sequences_of(bench, spec=SPEC, views=("motion",))
    assert len(bench.examples) == len(found.samples) == 50
    assert (found.targets != -1).sum() == 200
    assert (found.targets[::2] == (np.arange(400) // 20 % 2)[::2]).all() and (found.targets[1::2] == -1).all()
    taught = np.unique(np.concatenate([np.concatenate(cut.trained) for cut in found.cuts(bench.folds)]))
    assert (found.targets[taught] != -1).sum() > 150


def test_whole_films_stay_on_one_side() -> None:
    examples, fetch = clips()
    bench = prepare(examples, spec=SPEC, fetch=None, fetch_sequences=fetch)
    found = sequences_of(bench, spec=SPEC, views=("motion",))
    for cut in found.cuts(bench.folds):
        films = [set((np.concatenate(side) // 48).tolist()) for side in (cut.trained, cut.held_out)]
        assert not films[0] & films[1] and len(films[0] | films[1]) == 10
        assert {len(sequence) for sequence in (*cut.trained, *cut.held_out)} == {12}


def test_clips_are_sequences_of_one_class() -> None:
    examples, fetch = clips(4)
    bench = prepare(examples, spec=SPEC, fetch=None, fetch_sequences=fetch)
    assert with_clips(bench, spec=SPEC)[1]
    assert with_clips(bench, spec=SPEC)[0].clips is not None
    assert clips_of(sequences_of(bench, spec=SPEC, views=("motion",))).tolist() == np.repeat(np.arange(4), 12).tolist()
    one, fetch_one = recording(np.arange(100))
    mixed = sequences_of(prepare(one, spec=SPEC, fetch=None, fetch_sequences=fetch_one), spec=SPEC, views=("motion",))
    assert (clips_of(mixed) == -1).all() and mostly_sequences(mixed)


def test_single_frames_here_and_there_are_no_sequences() -> None:
    near, fetch_near = recording(np.arange(0, 400, 4))  # 0.8 s apart: looked at, but not in a row
    bench = prepare(near, spec=SPEC, fetch=None, fetch_sequences=fetch_near)
    assert not with_clips(bench, spec=SPEC)[1]
    far, _ = recording(np.arange(0, 400, 10))

    def refuse(*_: Any) -> Any:
        pytest.fail("asked for the samples around frames that are far from each other")

    assert not with_clips(prepare(far, spec=SPEC, fetch=None, fetch_sequences=refuse), spec=SPEC)[1]


def test_random_folds_are_of_stretches() -> None:
    examples, fetch = recording(np.arange(400))
    spec = TrainSpec(model="lstm", folds=2, window=20, split="random")
    found = sequences_of(prepare(examples, spec=spec, fetch=None, fetch_sequences=fetch), spec=spec, views=("motion",))
    held_out = found.bench.folds.held_out
    assert (held_out.reshape(-1, 10) == held_out[::10, None]).all() and set(held_out) == {0, 1}


def test_without_a_way_to_fetch_sequences() -> None:
    examples, fetch = clips(4)
    with pytest.raises(ModelError, match="fetch_sequences"):
        sequences_of(prepare(examples, spec=SPEC, fetch=None), spec=SPEC)

    def one_short(views: Any, names: Any, times: Any) -> Any:
        return fetch(views, names[:-1], times[:-1])

    with pytest.raises(ModelError, match="48 labelled frames, but 47 samples"):
        sequences_of(prepare(examples, spec=SPEC, fetch=None, fetch_sequences=one_short), spec=SPEC)
