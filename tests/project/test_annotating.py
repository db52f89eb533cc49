"""Annotating by tasks: predicted, exact to the frame, and drawn."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from reelsift.errors import LabelError, ModelError, OutputExistsError, SpecError
from reelsift.media.encode import VideoSettings
from reelsift.media.reader import FilmReader
from reelsift.media.sources import FilmSource
from reelsift.multi_timeline import MultiTimeline
from reelsift.project import annotating
from reelsift.project.annotating import annotate_source
from reelsift.project.predicting import Decision, predict_source
from reelsift.project.refining import refine
from reelsift.specs import AnnotateSpec
from reelsift.timeline import Timeline

if TYPE_CHECKING:
    from conftest import Road

pytestmark = pytest.mark.xdist_group("cutting")

FAST = VideoSettings("h264", preset="ultrafast")
FILM = FilmSource(Path("printer.mp4"), "printer.mp4")


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[Timeline | MultiTimeline]:
    """The timelines that were drawn."""
    seen: list[Timeline | MultiTimeline] = []
    drawn = annotating.annotate

    def remembered(source: object, timelines: list[Timeline], **options: object) -> object:
        seen.extend(timelines)
        return drawn(source, timelines, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(annotating, "annotate", remembered)
    return seen


def test_every_frame_is_drawn_with_what_the_task_says_exactly(
    learned: Road, given: list[Timeline | MultiTimeline]
) -> None:
    layout = learned.project.layout
    done = annotate_source(layout, FILM, AnnotateSpec(("keep",)), output=Path("out.mp4"), settings=FAST)
    assert (done.frames, done.tasks, done.source) == (120, ("keep",), "printer.mp4")
    with FilmReader(Path("out.mp4")) as reader:
        assert sum(1 for _ in reader.frames()) == 120
    decision = Decision()
    exact = refine(layout, predict_source(layout, "keep", FILM, decision=decision), FILM, decision=decision)
    assert len(given) == 1 and np.array_equal(given[0].label_names, exact.label_names)


def test_several_tasks_and_built_in_ones_are_drawn_together(
    learned: Road, given: list[Timeline | MultiTimeline]
) -> None:
    learned.project.import_labels("training", task="many", kind="multi")
    learned.project.train("many")
    tasks = ("keep", "many", "exposure")
    done = annotate_source(learned.project.layout, FILM, AnnotateSpec(tasks), output=Path("out.mp4"), settings=FAST)
    assert done.tasks == tasks and [timeline.task for timeline in given] == list(tasks)
    assert isinstance(given[1], MultiTimeline)


def test_thresholds_and_the_shortest_stretch_decide(learned: Road, given: list[Timeline | MultiTimeline]) -> None:
    layout = learned.project.layout
    sure = AnnotateSpec(("keep",), {"keep.OK": 0.999})
    calm = dataclasses.replace(sure, thresholds={}, min_seconds=100)
    for number, annotation in enumerate((AnnotateSpec(("keep",)), sure, calm)):
        annotate_source(layout, FILM, annotation, output=Path(f"{number}.mp4"), settings=FAST)
    usual, rare, one = (timeline.seconds_by_class()["OK"] for timeline in given)
    assert rare <= usual and len(given[2].segments) == 1 and one in (0.0, pytest.approx(4.8))


def test_a_threshold_goes_to_the_tasks_that_have_the_class() -> None:
    annotation = AnnotateSpec(("a", "b"), {"x": 0.7, "b.y": 0.9})
    decisions = annotating._decisions(annotation, {"a": ("x", "y"), "b": ("x", "y")})
    assert decisions["a"].thresholds == {"x": 0.7} and decisions["b"].thresholds == {"x": 0.7, "y": 0.9}
    with pytest.raises(LabelError, match=r"a\.z"):
        annotating._decisions(AnnotateSpec(("a",), {"a.z": 0.5}), {"a": ("x", "y")})


def test_what_cannot_be_is_said_before_any_work(learned: Road) -> None:
    layout = learned.project.layout
    Path("there.mp4").write_bytes(b"mine")
    with pytest.raises(OutputExistsError):
        annotate_source(layout, FILM, AnnotateSpec(("keep",)), output=Path("there.mp4"))
    with pytest.raises(ModelError):
        annotate_source(layout, FILM, AnnotateSpec(("keep", "nothing")), output=Path("out.mp4"))
    with pytest.raises(LabelError, match="no such class"):
        annotate_source(layout, FILM, AnnotateSpec(("keep",), {"maybe": 0.5}), output=Path("out.mp4"))
    with pytest.raises(SpecError, match="once"):
        AnnotateSpec(("keep", "keep"))
    assert not Path("out.mp4").exists() and Path("there.mp4").read_bytes() == b"mine"
