"""Cutting by a task: from what the model says to a film that holds just those frames."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from reelsift.errors import LabelError, ModelError, OutputExistsError, SpecError
from reelsift.media.sources import FilmSource
from reelsift.project.cutting import classes_kept, preview_cut
from reelsift.specs import CutSpec, IndexSpec

if TYPE_CHECKING:
    from conftest import Road

pytestmark = pytest.mark.xdist_group("cutting")

OK = CutSpec(keep=("OK",))


def decoded(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_the_cut_holds_the_frames_of_the_class_and_no_others(learned: Road) -> None:
    timeline = learned.project.predict("keep", "printer.mp4")
    kept = np.flatnonzero(timeline.labels == timeline.classes.index("OK"))
    result = learned.project.cut("printer.mp4", "out.mp4", task="keep", spec=OK)
    assert (result.kept_frames, result.total_frames) == (len(kept), 120)
    assert (kept.size == learned.truth.sum()) or abs(kept.size - learned.truth.sum()) <= 3
    originals, frames = decoded(learned.film), decoded(Path("out.mp4"))
    assert len(frames) == len(kept)
    for frame, index in zip(frames, kept.tolist(), strict=True):
        errors = [np.abs(frame.astype(int) - original).mean() for original in originals[max(0, index - 2) : index + 3]]
        assert int(np.argmin(errors)) + max(0, index - 2) == index


def test_a_sparse_index_is_enough_to_cut_at_the_frame(drawn: Road) -> None:
    project = drawn.project
    project.index("printer.mp4", spec=IndexSpec())
    project.import_labels("training", task="keep")
    project.train("keep")
    result = project.cut("printer.mp4", "out.mp4", task="keep", spec=OK)
    borders = np.flatnonzero(np.diff(drawn.truth.astype(int))) + 1
    edges = [round(edge * 25) for s in result.segments for edge in (s.start_seconds, s.end_seconds)]
    inner = [edge for edge in edges if 0 < edge < 120]
    assert np.mean([edge in borders for edge in inner]) > 0.9
    assert len(decoded(Path("out.mp4"))) == result.kept_frames


def test_several_classes_at_once_cut_as_exactly(drawn: Road) -> None:
    project = drawn.project
    project.index("printer.mp4", spec=IndexSpec())
    project.import_labels("training", task="many", kind="multi")
    project.train("many")
    kept = project.cut("printer.mp4", "kept.mp4", task="many", spec=OK)
    borders = np.flatnonzero(np.diff(drawn.truth.astype(int))) + 1
    inner = [round(edge * 25) for s in kept.segments for edge in (s.start_seconds, s.end_seconds)]
    inner = [edge for edge in inner if 0 < edge < 120]
    assert inner and np.mean([edge in borders for edge in inner]) > 0.9
    layout = project.layout
    assert classes_kept(layout, "many", keep=("OK",)) == ("OK",)
    dropped = classes_kept(layout, "many", drop=("KO",))
    rest = project.cut("printer.mp4", "rest.mp4", task="many", spec=CutSpec(keep=dropped))
    assert abs(rest.kept_frames - kept.kept_frames) <= 2
    either = project.cut("printer.mp4", "all.mp4", task="many", spec=CutSpec(keep=("KO", "OK")))
    assert either.kept_frames >= max(rest.kept_frames, kept.kept_frames, 115)
    with pytest.raises(LabelError, match="not both"):
        project.cut("printer.mp4", "no.mp4", task="many", spec=CutSpec(keep=("OK", "not KO")))


def test_an_output_that_exists_is_refused_before_any_work(drawn: Road) -> None:
    Path("out.mp4").write_text("mine")
    with pytest.raises(OutputExistsError, match=r"out\.mp4"):
        drawn.project.cut("printer.mp4", "out.mp4", task="keep", spec=OK)  # there is no model, even
    assert Path("out.mp4").read_text() == "mine"
    with pytest.raises(ModelError, match="no model"):
        drawn.project.cut("printer.mp4", "out.mp4", task="keep", spec=OK, overwrite=True)
    assert Path("out.mp4").read_text() == "mine"


def test_overwriting_replaces_what_was_there(learned: Road) -> None:
    Path("out.mp4").write_text("mine")
    learned.project.cut("printer.mp4", "out.mp4", task="keep", spec=OK, overwrite=True)
    assert len(decoded(Path("out.mp4"))) > 10
    assert not [path for path in learned.folder.iterdir() if path.name.startswith(".") and path.name != ".reelsift"]


def test_a_preview_draws_and_writes_no_film(learned: Road) -> None:
    film = FilmSource(learned.film, "printer.mp4")
    preview = preview_cut(learned.project.layout, "keep", film, spec=OK, sheet=Path("sheet.jpg"))
    result = learned.project.cut("printer.mp4", "out.mp4", task="keep", spec=OK)
    assert preview.kept_frames == result.kept_frames
    assert Path("sheet.jpg").stat().st_size > 1000
    with pytest.raises(OutputExistsError):
        preview_cut(learned.project.layout, "keep", film, spec=OK, sheet=Path("sheet.jpg"))


def test_keep_and_drop_name_the_same_frames(learned: Road) -> None:
    layout = learned.project.layout
    assert classes_kept(layout, "keep", keep=("OK",)) == classes_kept(layout, "keep", drop=("KO",)) == ("OK",)


def test_classes_that_do_not_exist_or_leave_nothing_are_named(learned: Road) -> None:
    layout = learned.project.layout
    with pytest.raises(LabelError, match=r"maybe.*KO, OK"):
        classes_kept(layout, "keep", keep=("maybe",))
    with pytest.raises(LabelError):
        classes_kept(layout, "keep", drop=("KO", "OK"))
    with pytest.raises((LabelError, SpecError), match="maybe"):
        learned.project.cut("printer.mp4", "out.mp4", task="keep", spec=CutSpec(keep=("maybe",)))
    assert not Path("out.mp4").exists()
