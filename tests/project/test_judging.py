"""What is judged: clips among the frames, and the segments of timelines."""

from __future__ import annotations

import numpy as np
import pytest

from drawn_examples import film
from reelsift.labels import Label, SourceRecord
from reelsift.models.scoring import Answers
from reelsift.project.judging import clip_numbers, scores_of_segments

SOURCES = {"film": SourceRecord("film", "film", "film.mp4"), "clip": SourceRecord("clip", "film", "clip.mp4")}
LABELS = (
    Label("film", "sport", "OK", 0.0, 3.0),
    Label("film", "sport", "KO", 3.0, 6.0),
    Label("clip", "sport", "OK"),
)


def test_clips_are_sources_labelled_whole_and_stretches_that_split_wrote() -> None:
    judged = film(10, source_ids=np.array(["film"] * 6 + ["clip"] * 4), times_seconds=np.array([*range(6), *range(4)]))
    whole = clip_numbers(judged, LABELS, SOURCES, stretches=False)
    assert whole.tolist() == [-1] * 6 + [2] * 4
    assert clip_numbers(judged, LABELS, SOURCES, stretches=True).tolist() == [0] * 3 + [1] * 3 + [2] * 4


def test_segments_are_scored_film_by_film_in_order_of_time() -> None:
    times = np.array([5.0, 4, 3, 2, 1, 0, 0, 1, 2, 3])
    judged = film(10, source_ids=np.array(["film"] * 6 + ["clip"] * 4), times_seconds=times)
    truth = np.array([1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
    told = Answers(("OK", "KO"), truth, np.full((10, 2), 0.5), np.full(10, -1), smoothed=truth)
    (found,) = scores_of_segments(judged, [told])
    assert (found.true_segments, found.f1[50], found.edit) == (3, 1.0, pytest.approx(1))
    untold = Answers(("OK", "KO"), truth, np.full((10, 2), 0.5), np.full(10, -1))
    assert scores_of_segments(judged, [untold]) == ()
