"""Refining: changes that are exact to the frame."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from films import KINDS, number_of, write_film
from reelsift.media.reader import FilmReader, open_film
from reelsift.media.render import Renderer
from reelsift.project import refining
from reelsift.project.predicting import Decision, predict_source
from reelsift.project.refining import refine
from reelsift.specs import IndexSpec
from reelsift.timeline import Timeline

if TYPE_CHECKING:
    from conftest import Road

pytestmark = pytest.mark.xdist_group("refining")


def test_refining_makes_changes_exact_to_the_frame(sparse: Road, is_ok: Callable[[Timeline], np.ndarray]) -> None:
    layout = sparse.project.layout
    timeline = predict_source(layout, "keep", sparse.source)
    refined = refine(layout, timeline, sparse.source, decision=Decision())
    gaps = np.flatnonzero(np.diff(timeline.labels))
    assert gaps.size >= 4
    looked_at = {5 * gap + step for gap in gaps.tolist() for step in range(1, 5)}
    assert set(refined.frame_indexes.tolist()) == looked_at | set(range(0, 120, 5))
    assert np.array_equal(refined.times_seconds, refined.frame_indexes / 25)
    # Where two samples disagree the truth changes once between them (scenes last 4 frames or more): found exactly.
    by_frame = dict(zip(refined.frame_indexes.tolist(), is_ok(refined).tolist(), strict=True))
    exact = [
        all(by_frame[5 * gap + step] == sparse.truth[5 * gap + step] for step in range(6)) for gap in gaps.tolist()
    ]
    assert np.mean(exact) > 0.9
    # Samples keep the labels they had.
    sampled = np.isin(refined.frame_indexes, timeline.frame_indexes)
    assert np.array_equal(refined.labels[sampled], timeline.labels)


def test_refined_frames_have_the_probabilities_of_a_full_index(sparse: Road) -> None:
    """Seeking to a gap and reading from the start must show the network the same pictures."""
    layout = sparse.project.layout
    refined = refine(layout, predict_source(layout, "keep", sparse.source), sparse.source, decision=Decision())
    sparse.project.index("printer.mp4", spec=IndexSpec.from_dict({**IndexSpec().to_dict(), "sampling": "all"}))
    full = predict_source(layout, "keep", sparse.source)
    assert np.allclose(refined.probabilities, full.probabilities[refined.frame_indexes], atol=1e-9)


def test_refining_again_reads_what_is_kept(sparse: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = sparse.project.layout
    timeline = predict_source(layout, "keep", sparse.source)
    first = refine(layout, timeline, sparse.source, decision=Decision())
    monkeypatch.setattr(refining, "open_film", None)
    again = refine(layout, timeline, sparse.source, decision=Decision())
    assert np.array_equal(first.labels, again.labels)


def test_dense_timelines_and_pictures_need_no_refining(learned: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = learned.project.layout
    monkeypatch.setattr(refining, "open_film", None)
    timeline = predict_source(layout, "keep", learned.source)
    assert refine(layout, timeline, learned.source, decision=Decision()) is timeline


def films_by_counting(folder: Path) -> dict[str, Path]:
    """Films of 140 frames whose time stamps nobody can go by."""
    first, second = (write_film(folder / f"{name}.ts", 70) for name in "ab")
    joined = folder / "joined.ts"
    joined.write_bytes(first.read_bytes() + second.read_bytes())  # its time stamps start again
    return {"joined": joined, "avi": KINDS["mpeg4-avi"].write(folder, "film", 140)}


@pytest.mark.parametrize("kind", ["joined", "avi"])
def test_where_stamps_say_nothing_a_film_is_read_straight_through(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = films_by_counting(tmp_path)[kind]
    with open_film(path) as reader:
        times = np.array([frame.time_seconds for frame in reader.frames()])
    chosen = np.arange(0, 140, 6)
    timeline = Timeline(
        source="film", task="t", classes=("KO", "OK"), frame_indexes=chosen, times_seconds=times[chosen],
        probabilities=np.full((len(chosen), 2), 0.5), labels=np.zeros(len(chosen), np.int64),
        start_seconds=float(times.min()), end_seconds=float(times.max()), frame_count=140,
    )  # fmt: skip
    rewinds: list[int] = []
    real = FilmReader._rewound
    monkeypatch.setattr(FilmReader, "_rewound", lambda reader: rewinds.append(1) or real(reader))
    with open_film(path) as reader:
        found = [
            (image.frame_index, number_of(Renderer().rgb(image._frame)))
            for image in refining._between(reader, timeline, [0, 12, 21], IndexSpec())
        ]
    wanted = [*range(1, 6), *range(73, 78), *range(127, 132)]
    assert found == [(index, index - 70 if kind == "joined" and index >= 70 else index) for index in wanted]
    assert len(rewinds) == 1
