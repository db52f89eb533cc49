"""The Python API: the whole road, and what it says when it is asked for what cannot be."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import reelsift
from reelsift import CutSpec, FrameSpec, IndexSpec, PictureSpec, Project, Sampling
from reelsift.errors import ReelsiftError, SourceNotFoundError

if TYPE_CHECKING:
    from conftest import Road

pytestmark = pytest.mark.xdist_group("project")


def test_the_whole_road_without_anything_run_first(drawn: Road) -> None:
    """Labels, a model, a timeline and a film: with nothing indexed before."""
    project = Project("fresh")
    imported = project.import_labels("training", task="keep")
    assert imported.problems == ()
    training = project.train("keep")
    assert training.report.balanced_accuracy is not None and training.report.balanced_accuracy > 0.9
    timeline = project.predict("keep", "printer.mp4")
    assert sum(s.end_seconds - s.start_seconds for s in timeline.segments) == pytest.approx(4.8)
    result = project.cut("printer.mp4", "out.mp4", task="keep", spec=CutSpec(keep=("OK",)))
    assert abs(result.kept_frames - int(drawn.truth.sum())) <= 8
    assert project.status().tasks[0].timelines >= 1


def test_a_project_can_be_renamed_and_moved_with_its_films(
    learned: Road, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path.parent / f"{tmp_path.name}-elsewhere"
    shutil.move(tmp_path, elsewhere)
    monkeypatch.chdir("/")
    (elsewhere / ".reelsift").rename(elsewhere / "project")
    project = Project(elsewhere / "project")
    monkeypatch.setattr("reelsift.project.indexing.extract_part", None)  # nothing is computed again
    project.train("keep")
    assert len(project.predict("keep", elsewhere / "printer.mp4")) == 120


def test_frames_of_another_format_lead_back_to_the_film_too(drawn: Road) -> None:
    drawn.project.frames("printer.mp4", "png", frames=FrameSpec(Sampling(Fraction(1))), pictures=PictureSpec("png"))
    for number, picture in enumerate(sorted(Path("png").glob("*.png"))):
        target = Path("sorted", "a" if number % 2 else "b", picture.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        picture.rename(target)
    assert drawn.project.import_labels("sorted", task="other").films == 5


def test_one_film_where_one_is_needed(drawn: Road) -> None:
    shutil.copy("printer.mp4", "second.mp4")
    with pytest.raises(ReelsiftError, match=r"2 films.*name one of them"):
        drawn.project.frames(".", "frames")
    with pytest.raises(SourceNotFoundError, match="nowhere"):
        drawn.project.frames("nowhere.mp4", "frames")


def test_several_sources_in_one_call(drawn: Road) -> None:
    shutil.copy("printer.mp4", "second.mp4")
    results = drawn.project.index(["printer.mp4", Path("second.mp4")], spec=IndexSpec(views=("quality",)))
    assert [result.status for result in results] == ["indexed", "cached"]  # the same content


def test_the_package_shows_its_surface() -> None:
    assert reelsift.Project is Project
    assert isinstance(reelsift.__version__, str)
