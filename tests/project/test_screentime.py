"""Screen time through a project: a film that was drawn, a model that learned it, and what is written."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reelsift.errors import ModelError, OutputError, OutputExistsError, SourceNotFoundError, SpecError
from reelsift.project import Project, screentime

if TYPE_CHECKING:
    from conftest import Road

pytestmark = pytest.mark.xdist_group("screentime")


def test_seconds_of_each_class_with_intervals_that_hold_the_truth(learned: Road) -> None:
    found = learned.project.screentime("keep", "printer.mp4")
    (film,) = found.films
    assert (film.source, film.frames, film.duration_seconds) == ("printer.mp4", 120, pytest.approx(4.8))
    truth = {"OK": float(learned.truth.mean() * 4.8), "KO": float((1 - learned.truth.mean()) * 4.8)}
    assert {each.name for each in film.classes} == set(truth)
    for each in film.classes:
        assert each.seconds == pytest.approx(truth[each.name], abs=0.5)
        assert each.interval_seconds is not None
        low, high = each.interval_seconds
        assert low <= truth[each.name] <= high and low < high
    assert [(t.name, t.seconds) for t in found.total.classes] == [
        (t.name, pytest.approx(t.seconds)) for t in film.classes
    ]


def test_a_film_never_seen_is_predicted_first_and_the_next_time_nothing_is(
    learned: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(learned.folder / ".reelsift" / "models", "fresh/models")
    first = Project("fresh").screentime("keep", "printer.mp4")
    monkeypatch.setattr("reelsift.project.predicting._timeline", None)  # not needed any more
    again = Project("fresh").screentime("keep", "printer.mp4")
    assert first.films[0].classes == again.films[0].classes


def test_the_table_and_the_picture_are_of_all_films(learned: Road) -> None:
    shutil.copy("printer.mp4", "other.mp4")
    Path("other.mp4").write_bytes(Path("other.mp4").read_bytes() + b"\0")  # another film, of the same frames
    found = learned.project.screentime("keep", ["printer.mp4", "other.mp4"], csv="time.csv", plot="time.svg")
    with Path("time.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert [row["source"] for row in rows] == ["printer.mp4"] * 2 + ["other.mp4"] * 2 + ["total"] * 2
    total = {row["class"]: float(row["seconds"]) for row in rows if row["source"] == "total"}
    assert total == pytest.approx({each.name: each.seconds for each in found.total.classes}, abs=1e-3)
    assert Path("time.svg").read_text(encoding="utf-8").startswith("<?xml")


@pytest.mark.parametrize("option", ["csv", "plot"])
def test_an_existing_output_is_refused_before_any_work(
    option: str, learned: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = Path(f"time.{'csv' if option == 'csv' else 'png'}")
    output.write_bytes(b"mine")
    with monkeypatch.context() as patched:
        patched.setattr(screentime, "predict_source", None)
        with pytest.raises(OutputExistsError):
            learned.project.screentime("keep", "printer.mp4", **{option: output})  # type: ignore[arg-type]
    assert output.read_bytes() == b"mine"
    learned.project.screentime("keep", "printer.mp4", **{option: output}, overwrite=True)  # type: ignore[arg-type]
    assert output.read_bytes() != b"mine"


def test_outputs_that_cannot_be_are_refused(learned: Road) -> None:
    with pytest.raises(SpecError, match="PNG, PDF or SVG"):
        learned.project.screentime("keep", "printer.mp4", plot="time.jpg")
    with pytest.raises(OutputError, match="another name"):
        learned.project.screentime("keep", "printer.mp4", csv="time.png", plot="time.png")
    with pytest.raises(OutputError, match="no folder"):
        learned.project.screentime("keep", "printer.mp4", csv="nowhere/time.csv")


def test_without_a_model_or_a_film_there_is_nothing_to_measure(learned: Road) -> None:
    with pytest.raises(ModelError):
        learned.project.screentime("nothing", "printer.mp4")
    with pytest.raises(SourceNotFoundError):
        learned.project.screentime("keep", "nothing.mp4")


def test_where_several_classes_can_be_true_each_has_seconds_of_its_own(learned: Road) -> None:
    project = learned.project
    project.import_labels("training", task="both", kind="multi")
    project.train("both")
    (film,) = project.screentime("both", "printer.mp4", plot="time.png").films
    assert {each.name for each in film.classes} == {"OK", "KO"} and len(film.quantities) == 2
    for each in film.classes:
        share = learned.truth.mean() if each.name == "OK" else 1 - learned.truth.mean()
        assert each.share == pytest.approx(share, abs=0.1)
        assert each.interval_seconds is not None
        assert each.interval_seconds[0] <= share * 4.8 <= each.interval_seconds[1]
