"""Importing: sorted pictures are labels on their film wherever they lie; what is wrong is named, the rest kept."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from reelsift.errors import LabelError, SourceNotFoundError, SpecError
from reelsift.media.picture_reader import read_picture
from reelsift.media.sources import fingerprint_file, picture_id
from reelsift.project import Project
from reelsift.project.importing import ImportResult

if TYPE_CHECKING:
    from conftest import Road

pytestmark = pytest.mark.xdist_group("importing")


def check(road: Road, project: Project, result: ImportResult) -> None:
    """All 24 pictures became labels of single frames of the film, and rightly."""
    assert (result.labels, result.films, result.problems) == (24, 24, ())
    labels = project.labels("keep")
    assert {label.source_id for label in labels} == {fingerprint_file(road.film)}
    assert sorted(label.frame_index or 0 for label in labels) == list(range(0, 120, 5))
    for label in labels:
        assert label.frame_index is not None
        assert label.class_name == ("OK" if road.truth[label.frame_index] else "KO")
        assert label.start_seconds == pytest.approx(label.frame_index / 25)
        assert label.end_seconds == pytest.approx((label.frame_index + 1) / 25)


def test_sorted_pictures_are_labels_on_the_film(drawn: Road) -> None:
    result = drawn.project.import_labels("training", task="keep")
    assert result.added == 24
    assert result.classes == {name: len(list((drawn.training / name).iterdir())) for name in ("KO", "OK")}
    check(drawn, drawn.project, result)


def test_wherever_the_folders_were_moved_to_without_their_manifest(
    drawn: Road, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "sorted"
    for name in ("OK", "KO"):
        shutil.move(drawn.training / name, elsewhere / name)
    check(drawn, drawn.project, drawn.project.import_labels(elsewhere, task="keep"))


def test_by_another_project_through_the_manifest(drawn: Road) -> None:
    other = Project("other")
    check(drawn, other, other.import_labels("training", task="keep"))
    other.train("keep")  # the film is found from the manifest


def test_by_a_project_that_was_renamed(drawn: Road) -> None:
    (drawn.folder / ".reelsift").rename(drawn.folder / "renamed")
    (drawn.training / "manifest.csv").unlink()
    project = Project("renamed")
    check(drawn, project, project.import_labels("training", task="keep"))


def test_pictures_saved_anew_are_known_by_their_names(drawn: Road) -> None:
    (drawn.training / "manifest.csv").unlink()
    for picture in drawn.training.glob("*/*.jpg"):
        picture.write_bytes(cv2.imencode(".jpg", read_picture(picture)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 50])[1])
    check(drawn, drawn.project, drawn.project.import_labels("training", task="keep"))


def test_renamed_pictures_are_known_by_their_content(drawn: Road) -> None:
    for number, picture in enumerate(drawn.training.glob("*/*.jpg")):
        picture.rename(picture.with_name(f"mine {number}.jpg"))
    check(drawn, drawn.project, drawn.project.import_labels("training", task="keep"))


def test_importing_again_adds_nothing_and_can_be_undone(drawn: Road) -> None:
    project = drawn.project
    project.import_labels("training", task="keep")
    assert project.import_labels("training", task="keep").added == 0
    assert len(project.labels("keep")) == 24
    assert "training" in project.undo_labels("keep")
    assert project.labels("keep") == ()


def test_labels_that_were_cleared_come_back_by_undo(drawn: Road) -> None:
    project = drawn.project
    project.import_labels("training", task="keep")
    assert project.clear_labels("keep") == 24
    assert project.labels("keep") == ()
    project.undo_labels("keep")
    assert len(project.labels("keep")) == 24


def test_pictures_that_come_from_no_film_are_sources_of_their_own(drawn: Road, tmp_path: Path) -> None:
    for name, grey in (("dark", 20), ("light", 220)):
        (tmp_path / "loose" / name).mkdir(parents=True)
        for number in range(3):
            picture = np.full((8, 8, 3), grey + number, np.uint8)
            (tmp_path / "loose" / name / f"{number}.png").write_bytes(cv2.imencode(".png", picture)[1])
    result = drawn.project.import_labels("loose", task="light")
    assert (result.labels, result.films, result.classes) == (6, 0, {"dark": 3, "light": 3})
    labels = drawn.project.labels("light")
    assert {label.source_id for label in labels} == {picture_id(path) for path in (tmp_path / "loose").glob("*/*.png")}
    assert all(label.start_seconds is None and not label.is_frame for label in labels)


def test_a_table_of_intervals_labels_stretches_of_the_film(drawn: Road) -> None:
    Path("tables").mkdir()
    Path("tables/labels.csv").write_text(
        "source,start,end,label\nprinter.mp4,0,1.2,OK\nprinter.mp4,00:00:02.5,00:00:03,KO\n"
    )
    result = drawn.project.import_labels("tables/labels.csv", task="keep", root=".")
    assert (result.added, result.films, result.problems) == (2, 2, ())
    labels = sorted(drawn.project.labels("keep"), key=lambda label: label.start_seconds or 0)
    assert [(label.start_seconds, label.end_seconds, label.class_name) for label in labels] == [
        (0, 1.2, "OK"),
        (2.5, 3, "KO"),
    ]
    assert {label.source_id for label in labels} == {fingerprint_file(drawn.film)}


def test_what_is_wrong_is_named_by_its_line_and_the_rest_is_kept(drawn: Road) -> None:
    pictures = sorted(drawn.training.glob("OK/*.jpg"))[:4]
    names = [picture.relative_to(drawn.folder).as_posix() for picture in pictures]
    rows = [
        "image,Class",
        f"{names[0]},OK",
        "gone.jpg,OK",
        f"{names[1]},OK",
        f"{names[1]},KO",  # line 5 contradicts line 4
        f"{names[2]},",
        f"{names[3]},OK",
        f"{names[3]},OK",  # line 8 repeats line 7
        "damaged.mp4,OK",
    ]
    Path("labels.csv").write_text("\n".join(rows) + "\n")
    Path("damaged.mp4").touch()
    result = drawn.project.import_labels("labels.csv", task="keep")
    named = {problem.where.rpartition(" ")[2] for problem in result.problems}
    assert {"3", "5", "6", "8"} <= named
    assert {label.frame_index for label in drawn.project.labels("keep") if label.is_frame} == {
        drawn.frame_index(pictures[0]),
        drawn.frame_index(pictures[3]),
    }


def test_a_frame_sorted_anew_changes_its_class(drawn: Road) -> None:
    project = drawn.project
    project.import_labels("training", task="keep")
    picture = next(drawn.training.glob("OK/*.jpg"))
    picture.rename(drawn.training / "KO" / picture.name)
    result = project.import_labels("training", task="keep")
    assert (result.added, result.problems) == (1, ())
    by_frame = {label.frame_index: label.class_name for label in project.labels("keep")}
    assert len(by_frame) == 24 and by_frame[drawn.frame_index(picture)] == "KO"
    project.undo_labels("keep")
    assert {label.frame_index: label.class_name for label in project.labels("keep")}[drawn.frame_index(picture)] == "OK"


def test_an_interval_that_contradicts_an_earlier_import_is_named(drawn: Road) -> None:
    drawn.project.import_labels("training", task="keep")
    Path("labels.csv").write_text("source,start,end,label\nprinter.mp4,0,4,OK\n")
    result = drawn.project.import_labels("labels.csv", task="keep")
    assert result.added == 0 and len(result.problems) == 1
    assert "line 2" in result.problems[0].where
    assert len(drawn.project.labels("keep")) == 24


def test_classes_can_be_given_new_names(drawn: Road) -> None:
    result = drawn.project.import_labels("training", task="keep", names={"OK": "curing", "KO": "moving"})
    assert set(result.classes) == {"curing", "moving"}


def test_nothing_there_nothing_labelled_and_bad_names_are_errors(drawn: Road) -> None:
    with pytest.raises(SourceNotFoundError, match="nowhere"):
        drawn.project.import_labels("nowhere", task="keep")
    Path("empty").mkdir()
    with pytest.raises(LabelError):
        drawn.project.import_labels("empty", task="keep")
    for name in ("", "../up", "a/b", "x" * 65, "dot."):
        with pytest.raises(SpecError, match="cannot name a task"):
            drawn.project.import_labels("training", task=name)


def test_a_picture_forgotten_among_labelled_ones_is_told(drawn: Road) -> None:
    names = sorted(path.relative_to(drawn.training).as_posix() for path in drawn.training.glob("OK/*.jpg"))
    (drawn.training / "OK" / names[0][3:]).with_name("frame10.jpg").write_bytes(b"unlabelled")
    assert len(names) >= 10
    rows = "\n".join(f"{name},OK" for name in names)
    Path("labels.csv").write_text(f"file,label\n{rows}\n")
    result = drawn.project.import_labels("labels.csv", task="keep", root="training")
    assert result.notes == ("training/OK: no label for frame10.jpg",)
    # Of a folder of which a part is labelled, none was forgotten.
    Path("labels.csv").write_text("file,label\n" + "\n".join(f"{name},OK" for name in names[:5]))
    assert drawn.project.import_labels("labels.csv", task="part", root="training").notes == ()


def test_a_column_for_each_class_where_several_can_be_true(drawn: Road) -> None:
    names = [path.relative_to(drawn.folder).as_posix() for path in sorted(drawn.training.glob("*/*.jpg"))[:3]]
    Path("labels.csv").write_text(f"file,Tom,Jerry\n{names[0]},1,1\n{names[1]},0,1\n{names[2]},0,0\n")
    result = drawn.project.import_labels("labels.csv", task="who", kind="multi", names={"Tom": "cat"})
    assert (result.classes, result.problems) == ({"Jerry": 2, "cat": 1, "none": 1}, ())
    assert result.notes == ("'none' is what shows none of the classes: train takes it as the background",)
    with pytest.raises(LabelError, match="no column for a class"):
        drawn.project.import_labels("labels.csv", task="one")


def test_a_row_cannot_label_a_table(drawn: Road) -> None:
    Path("list.csv").write_text("file\nprinter.mp4\n")
    Path("labels.csv").write_text("file,label\nlist.csv,OK\nprinter.mp4,OK\n")
    result = drawn.project.import_labels("labels.csv", task="keep")
    assert result.labels == 1
    assert str(result.problems[0]).startswith("labels.csv line 2: list.csv is a table")


def test_the_rate_of_labelled_frames_is_kept_with_them(drawn: Road) -> None:
    Path("loose").mkdir()
    for number in range(2):
        picture = np.full((8, 8, 3), number, np.uint8)
        Path("loose", f"frame{number}.png").write_bytes(cv2.imencode(".png", picture)[1])
    Path("labels.csv").write_text("Image_ID,Class\nframe0,a\nframe1,b\n")

    def rates() -> list[Fraction | None]:
        with drawn.project.layout.labels() as store:
            return [record.fps for record in store.sources().values() if record.kind == "picture"]

    drawn.project.import_labels("labels.csv", task="light", root="loose", fps=Fraction(5, 2))
    assert rates() == [Fraction(5, 2)] * 2
    drawn.project.import_labels("labels.csv", task="again", root="loose")
    assert rates() == [Fraction(5, 2)] * 2  # what is not said again stays
    drawn.project.import_labels("labels.csv", task="light", root="loose", fps=Fraction(1))
    assert rates() == [Fraction(1)] * 2
