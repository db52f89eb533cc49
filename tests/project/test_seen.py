"""What a model was trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reelsift.labels import Label, LabelStore, SourceRecord
from reelsift.project.seen import SeenLabels, rows_by_source, spoken_of

FILM = SourceRecord("film", "film", "film.mp4")
PICTURE = SourceRecord("abc/1.jpg", "picture", "1.jpg")
SOURCES = {record.source_id: record for record in (FILM, PICTURE)}


def label(source_id: str, name: str, *place: float | int | None) -> Label:
    return Label(source_id, "keep", name, *place)  # type: ignore[arg-type]


LABELS = (
    label("film", "OK", 1.0, 1.04, 25),
    label("film", "OK", 4.0, 6.0),
    label("film", "KO", 6.0, 8.0),
    label("film", "maybe", 10.0, 12.0),
    label("abc/1.jpg", "OK"),
)


def seen(folder: Path, *, digest: str | None = None, task: str = "keep") -> SeenLabels:
    with LabelStore(folder / "labels.sqlite") as store:
        store.add(LABELS, task="keep", kind="single", sources=SOURCES.values(), what="import")
        digest = digest or store.label_digest("keep")
        return SeenLabels.of(store, task, label_digest=digest, classes=("OK", "KO"))


def test_frames_that_labels_speak_of_are_seen(tmp_path: Path) -> None:
    times = np.array([0.96, 1.0, 1.04, 3.96, 4.0, 5.99, 6.0, 7.99, 8.0, 11.0])
    found = seen(tmp_path).frames(np.full(len(times), "film"), times_seconds=times)
    # The model knows no class 'maybe': of those labels it has learned nothing.
    assert found.tolist() == [False, True, False, False, True, True, True, True, False, False]


def test_a_copy_of_a_picture_is_seen_under_any_name(tmp_path: Path) -> None:
    ids = np.array(["abc/1.jpg", "abc/copy of 1.jpg", "abd/1.jpg", "other film"])
    assert seen(tmp_path).frames(ids, times_seconds=np.zeros(4)).tolist() == [True, True, False, False]


def test_what_is_uncertain_is_said(tmp_path: Path) -> None:
    assert seen(tmp_path).notes == ()
    assert "labels have changed" in seen(tmp_path, digest="another").notes[0]
    unknown = seen(tmp_path, task="other")
    assert "no labels of task 'other'" in unknown.notes[0]
    assert not unknown.frames(np.array(["film"]), times_seconds=np.array([1.0])).any()


def test_frames_of_a_film_of_which_others_were_seen_are_told(tmp_path: Path) -> None:
    found = seen(tmp_path)
    other = SourceRecord("other", "film", "other.mp4")
    sources = {**SOURCES, "other": other}
    assert found.films(np.array(["film", "other", "film"]), sources=sources)[0].startswith("2 of these frames")
    assert found.films(np.array(["film"]), sources=sources)[0].startswith("all of these frames")
    assert found.films(np.array(["other", "abc/1.jpg"]), sources=sources) == ()


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(1, 10)), max_size=6),
    st.lists(st.integers(-2, 32), min_size=1, max_size=10),
)
def test_intervals_hold_what_each_of_them_holds(intervals: list[tuple[int, int]], times: list[int]) -> None:
    labels = [label("film", "OK", float(start), float(start + length)) for start, length in intervals]
    expected = [any(start <= time < start + length for start, length in intervals) for time in times]
    assert spoken_of(np.array(times, np.float64), labels=labels).tolist() == expected


def test_rows_are_found_by_their_source() -> None:
    found = rows_by_source(np.array(["b", "a", "b", "c", "a"]))
    assert {name: rows.tolist() for name, rows in found.items()} == {"a": [1, 4], "b": [0, 2], "c": [3]}
    assert rows_by_source(np.array([], dtype=np.str_)) == {}
