"""Predicting: timelines that follow the model."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from reelsift.errors import LabelError, ModelError, SpecError
from reelsift.project import Project, predicting
from reelsift.project.learning import load_model
from reelsift.project.predicting import Decision
from reelsift.specs import IndexSpec
from reelsift.timeline import Timeline

if TYPE_CHECKING:
    from conftest import Road

pytestmark = pytest.mark.xdist_group("predicting")


def test_every_frame_is_decided_nearly_always_rightly(learned: Road, is_ok: Callable[[Timeline], np.ndarray]) -> None:
    timeline = learned.project.predict("keep", "printer.mp4")
    assert timeline.frame_indexes.tolist() == list(range(120))
    assert (is_ok(timeline) == learned.truth).mean() > 0.95
    assert timeline.probabilities.sum(axis=1) == pytest.approx(1)
    assert (timeline.source, timeline.task, timeline.classes, timeline.frame_count) == (
        "printer.mp4",
        "keep",
        ("KO", "OK"),
        120,
    )
    assert (timeline.start_seconds, timeline.end_seconds) == (0, pytest.approx(4.8))
    assert sum(timeline.seconds_by_class().values()) == pytest.approx(4.8)


def test_a_stored_timeline_is_read_again_and_says_the_same(learned: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    first = learned.project.predict("keep", "printer.mp4")
    monkeypatch.setattr(predicting, "_timeline", None)  # not needed any more
    again = learned.project.predict("keep", "printer.mp4")
    for name in ("frame_indexes", "times_seconds", "probabilities", "labels"):
        assert np.array_equal(getattr(first, name), getattr(again, name))
    for name in ("source", "task", "classes", "start_seconds", "end_seconds", "frame_count"):
        assert getattr(first, name) == getattr(again, name)


def test_a_timeline_follows_its_model(learned: Road, is_ok: Callable[[Timeline], np.ndarray]) -> None:
    project = learned.project
    before = project.predict("keep", "printer.mp4")
    for old, new in (("OK", "away"), ("KO", "OK"), ("away", "KO")):  # everything the other way round
        (learned.training / old).rename(learned.training / new)
    project.import_labels("training", task="keep")
    assert (is_ok(project.predict("keep", "printer.mp4")) == is_ok(before)).all()  # the model is the old one yet
    project.train("keep")
    after = project.predict("keep", "printer.mp4")
    assert (is_ok(after) != is_ok(before)).mean() > 0.9


def test_a_denser_index_makes_a_denser_timeline(sparse: Road) -> None:
    project = sparse.project
    assert project.predict("keep", "printer.mp4").frame_indexes.tolist() == list(range(0, 120, 5))
    project.index("printer.mp4", spec=IndexSpec.from_dict({**IndexSpec().to_dict(), "sampling": "all"}))
    assert len(project.predict("keep", "printer.mp4")) == 120


def test_a_film_never_seen_is_indexed_first_and_a_moved_one_is_not(
    learned: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = Project("fresh")
    shutil.copytree(learned.folder / ".reelsift" / "models", "fresh/models")
    assert len(fresh.predict("keep", "printer.mp4")) == 120
    shutil.move("printer.mp4", "moved.mp4")
    monkeypatch.setattr("reelsift.project.indexing.complete", None)
    moved = learned.project.predict("keep", "moved.mp4")
    assert (moved.source, len(moved)) == ("moved.mp4", 120)


def test_thresholds_and_minimum_lengths_change_labels_and_not_probabilities(
    learned: Road, is_ok: Callable[[Timeline], np.ndarray]
) -> None:
    project = learned.project
    plain = project.predict("keep", "printer.mp4")
    never = project.predict("keep", "printer.mp4", thresholds={"OK": 1 - 1e-12})
    always = project.predict("keep", "printer.mp4", thresholds={"OK": 1e-12})
    assert is_ok(never).mean() < is_ok(plain).mean() < is_ok(always).mean()
    long = project.predict("keep", "printer.mp4", min_seconds=1.0)
    assert len(long.segments) < len(plain.segments)
    assert all(s.end_seconds - s.start_seconds >= 1.0 - 1e-9 for s in long.segments) or len(long.segments) == 1
    for other in (never, always, long):
        assert np.array_equal(other.probabilities, plain.probabilities)
    assert np.array_equal(project.predict("keep", "printer.mp4").labels, plain.labels)  # not what was asked for last


def test_classes_and_thresholds_that_cannot_be_are_named(learned: Road) -> None:
    with pytest.raises(LabelError, match="--threshold maybe: there is no such class; the model knows KO, OK"):
        learned.project.predict("keep", "printer.mp4", thresholds={"maybe": 0.5})
    with pytest.raises(SpecError, match="the threshold of 'OK' lies between 0 and 1"):
        learned.project.predict("keep", "printer.mp4", thresholds={"OK": 1.5})
    with pytest.raises(ModelError, match="task 'other' has no model"):
        learned.project.predict("other", "printer.mp4")


def test_a_damaged_timeline_is_made_again(learned: Road) -> None:
    first = learned.project.predict("keep", "printer.mp4")
    (path,) = (learned.folder / ".reelsift" / "timelines").rglob("*.parquet")
    path.write_bytes(b"damaged")
    assert np.array_equal(learned.project.predict("keep", "printer.mp4").labels, first.labels)


def test_folders_of_pictures_have_timelines_too(learned: Road) -> None:
    pictures = sorted(learned.training.glob("*/*.jpg"), key=learned.frame_index)
    Path("pictures").mkdir()
    for picture in pictures:
        shutil.copy(picture, Path("pictures", picture.name))
    timeline = learned.project.predict("keep", "pictures")
    assert timeline.times_seconds.tolist() == [float(n) for n in range(24)]
    assert (timeline.raw_labels == [timeline.classes.index(picture.parent.name) for picture in pictures]).mean() > 0.9
    (single,) = [pictures[0]]
    assert len(learned.project.predict("keep", single)) == 1


def test_pictures_that_stand_apart_are_not_smoothed(learned: Road) -> None:
    model = replace(load_model(learned.project.layout, "keep")[0], switch_rate_per_second=0.1)
    yes = np.array([0.9, 0.9, 0.4, 0.9, 0.9, 0.55])
    timeline = Timeline(
        source="list.csv", task="keep", classes=model.classes, frame_indexes=np.arange(6), times_seconds=np.arange(6.0),
        probabilities=np.column_stack((1 - yes, yes)), labels=np.zeros(6, np.int64),
        start_seconds=0.0, end_seconds=6.0, frame_count=6,
    )  # fmt: skip
    decision = Decision(thresholds={"OK": 0.6}, min_seconds=2.0)
    assert decision.labels(timeline, model).tolist() == [1, 1, 1, 1, 1, 1]
    assert decision.labels(timeline, model, apart=True).tolist() == [1, 1, 0, 1, 1, 0]


def test_listed_pictures_are_smoothed_only_where_a_rate_is_given(
    learned: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    real = Decision.labels
    monkeypatch.setattr(
        Decision, "labels", lambda *values, apart=False, jumps=None: asked.append(apart) or real(*values, apart=apart)
    )
    pictures = sorted(path.relative_to(learned.folder).as_posix() for path in learned.training.glob("*/*.jpg"))
    Path("list.csv").write_text("\n".join(["file", *pictures]))
    apart = learned.project.predict("keep", "list.csv")
    in_time = learned.project.predict("keep", "list.csv", fps=Fraction(2))
    assert asked == [True, False]
    assert len(apart) == len(in_time) == 24 and in_time.times_seconds.tolist() == [n / 2 for n in range(24)]
    assert np.array_equal(apart.probabilities, in_time.probabilities)
    assert (apart.source, apart.end_seconds) == ("list.csv", 24.0)


def test_timelines_lie_as_tables_for_others_to_read(learned: Road) -> None:
    timeline = learned.project.predict("keep", "printer.mp4")
    (path,) = (learned.folder / ".reelsift" / "timelines" / "keep").glob("*.parquet")
    import pyarrow.parquet as pq

    table: Any = pq.read_table(path)
    assert table.column_names == ["frame_index", "time_seconds", "label", "raw_label", "p_KO", "p_OK"]
    assert table.column("label").to_pylist() == [timeline.classes[label] for label in timeline.labels]


def test_films_that_cannot_be_read_are_named(learned: Road) -> None:
    Path("empty.mp4").touch()
    with pytest.raises(Exception, match=r"empty\.mp4: the file is empty"):
        learned.project.predict("keep", "empty.mp4")
    picture = cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
    Path("picture.png").write_bytes(picture)
    assert len(learned.project.predict("keep", "picture.png")) == 1
