"""Sequences for models with memory: all samples around labelled frames, as dense as the model is taught."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest

from reelsift.features.store import IndexedSource, SourceFacts
from reelsift.project.indexing import silent
from reelsift.project.sequencing import _around, sequence_fetcher
from reelsift.specs import FrameSpec, IndexSpec, Sampling

if TYPE_CHECKING:
    from conftest import Road

FIVE = Sampling(Fraction(5))


def index(times: np.ndarray) -> IndexedSource:
    """An index whose rows say where they are."""
    count = len(times)
    facts = SourceFacts(count, 0, "", float(times[0]), float(times[-1]))
    return IndexedSource(facts, np.arange(count), times, {"place": np.arange(count, dtype=np.float32)[:, None]})


def test_no_more_is_taken_than_a_window_around_labelled_frames_reaches() -> None:
    times = np.arange(1000) / 5
    piece = _around(index(times), np.array([20.0, 21.0, 100.02]), sampling=FIVE, window=10)
    places = piece.views["place"][:, 0].astype(int).tolist()
    assert places == [*range(90, 116), *range(490, 511)]
    assert piece.times_seconds.tolist() == times[places].tolist()
    assert [places[row] for row in piece.labelled] == [100, 105, 500]


def test_at_the_ends_of_a_film_the_window_ends_with_it() -> None:
    piece = _around(index(np.arange(8) / 5), np.array([0.0, 1.4]), sampling=FIVE, window=100)
    assert len(piece.times_seconds) == 8 and piece.labelled.tolist() == [0, 7]


@pytest.mark.parametrize(("fps", "every"), [(5, 5), (25, 1)])
def test_a_denser_index_is_thinned_to_what_the_model_is_taught(fps: int, every: int) -> None:
    times = 3 + np.arange(100) / 25
    piece = _around(index(times), np.array([3.0, 5.01]), sampling=Sampling(Fraction(fps)), window=1000)
    assert piece.views["place"][:, 0].tolist() == list(range(0, 100, every))
    assert piece.labelled.tolist() == [0, 50 // every]


def test_sequences_are_the_samples_of_labelled_films(drawn: Road) -> None:
    drawn.project.index("printer.mp4", spec=IndexSpec())
    drawn.project.import_labels("training", task="keep")  # pictures written by `frames`: labels on the film
    layout = drawn.project.layout
    with layout.labels() as store:
        labels, sources = store.labels("keep"), store.sources()
    fetch = sequence_fetcher(layout, sources, spec=IndexSpec(FrameSpec(FIVE)), window=1000, on_progress=silent)
    ids = np.array([label.source_id for label in labels])
    seconds = np.array([label.start_seconds or 0.0 for label in labels])
    found = fetch(("appearance",), ids, seconds)
    assert found.views["appearance"].shape[0] == len(found.times_seconds) == 24  # 4.8 s at 5 a second
    assert np.abs(found.times_seconds[found.rows] - seconds).max() <= 0.1 + 1e-9
