"""Training: labelled frames find their features, in an index or by themselves."""

from __future__ import annotations

import dataclasses
import shutil
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from reelsift.errors import LabelError, ModelError
from reelsift.features.quality import QUALITY_WIDTH
from reelsift.media.sources import FilmSource
from reelsift.models import MultiModel, MultiTraining, network_training
from reelsift.project import Project, gathering, learning
from reelsift.project.gathering import gather_examples
from reelsift.project.learning import load_model, training_index
from reelsift.specs import Crop, FrameSpec, IndexSpec, Sampling, TrainSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conftest import Road
    from reelsift.models import Examples

pytestmark = pytest.mark.xdist_group("learning")

FIVE, ALL = IndexSpec(), IndexSpec(FrameSpec(Sampling(None)))


def gathered(project: Project, spec: IndexSpec, task: str = "keep") -> tuple[Examples, tuple[str, ...]]:
    with project.layout.labels() as store:
        labels, sources = store.labels(task), store.sources()
    classes = sorted({label.class_name for label in labels})
    return gather_examples(project.layout, labels, sources, spec=spec, classes=classes)


def test_labels_may_come_before_any_index(drawn: Road) -> None:
    """Only the labelled frames are looked at, and that once."""
    project = drawn.project
    project.import_labels("training", task="keep")
    training = project.train("keep")
    assert training.report.frames == 24
    assert training.report.balanced_accuracy > 0.9
    assert list(project.layout.features.records()) == []


def test_frames_looked_at_alone_are_those_of_the_index(drawn: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    project = drawn.project
    project.import_labels("training", task="keep")
    alone, _ = gathered(project, ALL)
    project.index("printer.mp4", spec=ALL)
    monkeypatch.setattr(gathering, "extract_loose", None)  # not needed any more
    indexed, problems = gathered(project, ALL)
    assert problems == ()
    for examples in (alone, indexed):
        assert [examples.classes[target] == "OK" for target in examples.targets] == [
            bool(drawn.truth[round(time * 25)]) for time in examples.times_seconds
        ]
    a, b = np.argsort(alone.times_seconds), np.argsort(indexed.times_seconds)
    assert np.array_equal(alone.times_seconds[a], indexed.times_seconds[b])
    for view in ("appearance", "quality"):
        assert np.array_equal(alone.views[view][a], indexed.views[view][b])


def test_what_was_looked_at_once_is_kept(drawn: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    project = drawn.project
    project.import_labels("training", task="keep")
    project.train("keep")
    asked: list[int] = []
    real = gathering.extract_loose

    def counted(wanted: Any, *args: Any, **settings: Any) -> list[str]:
        asked.append(sum(len(times) for _, times in wanted))
        return real(wanted, *args, **settings)

    monkeypatch.setattr(gathering, "extract_loose", counted)
    project.train("keep")
    assert asked == []
    Path("more.csv").write_text("source,start,end,label\nprinter.mp4,0.04,0.05,OK\n")
    # A stretch needs an index: it is made, and the single frames come from it or from what is kept.
    project.import_labels("more.csv", task="keep")
    project.train("keep")
    assert sum(asked) <= 1


def test_intervals_speak_for_the_frames_inside_them(drawn: Road) -> None:
    project = drawn.project
    Path("labels.csv").write_text("source,start,end,label\nprinter.mp4,0.4,1.0,OK\nprinter.mp4,2,2.2,KO\n")
    project.import_labels("labels.csv", task="keep")
    examples, _ = gathered(project, ALL)
    frames = sorted(round(time * 25) for time in examples.times_seconds)
    assert frames == [*range(10, 25), *range(50, 55)]
    assert [examples.classes[t] for t in examples.targets[np.argsort(examples.times_seconds)]] == ["OK"] * 15 + [
        "KO"
    ] * 5


def test_an_interval_between_two_samples_is_looked_at_in_its_middle(drawn: Road) -> None:
    project = drawn.project
    project.index("printer.mp4", spec=FIVE)
    Path("labels.csv").write_text("source,start,end,label\nprinter.mp4,0.44,0.56,OK\nprinter.mp4,2,2.2,KO\n")
    project.import_labels("labels.csv", task="keep")
    examples, _ = gathered(project, FIVE)
    assert sorted(examples.times_seconds.tolist()) == pytest.approx([0.5, 2.0])


def test_pictures_are_ordered_by_name_and_know_their_stem(drawn: Road) -> None:
    for name, grey in (("dark", 20), ("light", 220)):
        folder = Path("loose", name)
        folder.mkdir(parents=True)
        for number in (1, 2, 10):
            picture = np.full((64, 64, 3), grey + number, np.uint8)
            (folder / f"scene{number}.png").write_bytes(cv2.imencode(".png", picture)[1])
    drawn.project.import_labels("loose", task="light")
    examples, _ = gathered(drawn.project, FIVE, "light")
    in_order = np.argsort(examples.order)
    assert examples.stems[in_order].tolist() == ["scene1", "scene1", "scene2", "scene2", "scene10", "scene10"]
    assert examples.views["quality"].shape == (6, QUALITY_WIDTH)
    report = drawn.project.train("light").report
    assert report.classes == {"dark": 3, "light": 3}


def test_the_way_most_labelled_sources_were_indexed_is_taken(drawn: Road) -> None:
    project, cropped = drawn.project, IndexSpec(FrameSpec(crop=Crop(0, 0, 200, 100)))
    project.import_labels("training", task="keep")
    labels = project.labels("keep")
    assert training_index(project.layout, labels) == IndexSpec()
    project.index("printer.mp4", spec=cropped)
    assert training_index(project.layout, labels) == cropped
    project.index("printer.mp4", spec=ALL)
    assert training_index(project.layout, labels) == ALL
    project.train("keep")
    model, _ = load_model(project.layout, "keep")
    assert IndexSpec.from_dict(model.index_spec) == ALL


def test_sources_that_are_gone_are_named(drawn: Road) -> None:
    project = drawn.project
    project.import_labels("training", task="keep")
    shutil.move("printer.mp4", "moved.mp4")
    with pytest.raises(LabelError, match=r"none of the labelled sources can be read: .*printer\.mp4: no longer there"):
        project.train("keep")
    project.index("moved.mp4", spec=FIVE)  # tells the project where it is now
    assert project.train("keep").report.frames == 24


def test_one_picture_that_is_gone_does_not_stop_the_rest(drawn: Road) -> None:
    for name, grey in (("dark", 20), ("light", 220)):
        Path("loose", name).mkdir(parents=True)
        for number in range(4):
            picture = np.full((64, 64, 3), grey + number, np.uint8)
            Path("loose", name, f"{number}.png").write_bytes(cv2.imencode(".png", picture)[1])
    drawn.project.import_labels("loose", task="light")
    Path("loose/dark/2.png").unlink()
    examples, problems = gathered(drawn.project, FIVE, "light")
    assert len(examples.targets) == 7
    assert len(problems) == 1 and "2.png" in problems[0]


def test_too_few_labels_and_no_model_say_what_to_do(drawn: Road) -> None:
    project = drawn.project
    with pytest.raises(LabelError, match="keep"):
        project.train("keep")
    with pytest.raises(ModelError, match="task 'keep' has no model: train it with reelsift train keep"):
        load_model(project.layout, "keep")
    Path("labels.csv").write_text("source,start,end,label\nprinter.mp4,0,1,OK\n")
    project.import_labels("labels.csv", task="keep")
    with pytest.raises(LabelError, match="labels of one class only, 'OK'"):
        project.train("keep")
    project.clear_labels("keep")
    with pytest.raises(LabelError, match="has no labels: import some"):
        project.train("keep")


def test_training_again_on_the_same_labels_gives_the_same_model(learned: Road) -> None:
    first, _ = load_model(learned.project.layout, "keep")
    learned.project.train("keep", spec=TrainSpec())
    again, _ = load_model(learned.project.layout, "keep")
    index = learned.project.layout.features
    records = [record for record in index.records() if record.view in first.views]
    views = index.read(records).views
    assert first.views == again.views and first.label_digest == again.label_digest
    assert np.array_equal(first.probabilities(views), again.probabilities(views))


def test_the_sampling_of_an_index_can_be_asked_for(drawn: Road) -> None:
    project = drawn.project
    project.import_labels("training", task="keep")
    wanted = IndexSpec(FrameSpec(Sampling(Fraction(10))))
    project.train("keep", index=wanted)
    model, _ = load_model(project.layout, "keep")
    assert IndexSpec.from_dict(model.index_spec) == wanted
    assert isinstance(project.layout.open(next(iter(_sources(project)))), FilmSource)


def _sources(project: Project) -> list[Any]:
    with project.layout.labels() as store:
        return list(store.sources().values())


def test_a_source_that_was_replaced_is_not_learned_from(drawn: Road) -> None:
    """Labels are of a content, not of a path."""
    for picture in ("a.png", "b.png"):
        folder = Path("loose", "dark" if picture == "a.png" else "light")
        folder.mkdir(parents=True)
        cv2.imwrite(str(folder / picture), np.full((64, 64, 3), 20 if picture == "a.png" else 200, np.uint8))
    drawn.project.import_labels("loose", task="light")
    cv2.imwrite("loose/dark/a.png", np.full((64, 64, 3), 240, np.uint8))
    with drawn.project.layout.labels() as store:
        labels, sources = store.labels("light"), store.sources()
    examples, problems = gather_examples(drawn.project.layout, labels, sources, spec=FIVE, classes=["dark", "light"])
    assert len(examples) == 1 and "a.png: has changed" in problems[0]


def test_a_model_of_another_version_of_the_features_is_not_used(learned: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    from reelsift.features.views import VIEWS

    view = load_model(learned.project.layout, "keep")[0].views[0]
    monkeypatch.setitem(VIEWS, view, dataclasses.replace(VIEWS[view], version=99))
    with pytest.raises(ModelError, match="another version: train it again"):
        learned.project.predict("keep", "printer.mp4")
    assert learned.project.status().tasks[0].model == "stale"


def test_where_several_classes_can_be_true_each_is_a_question(drawn: Road) -> None:
    drawn.project.import_labels("training", task="many", kind="multi")
    training = drawn.project.train("many")
    assert isinstance(training, MultiTraining)
    assert training.model.classes == ("KO", "OK")
    assert all(report.frames == 24 and report.accuracy > 0.9 for report in training.reports.values())
    model, _ = load_model(drawn.project.layout, "many")
    assert isinstance(model, MultiModel) and model.classes == ("KO", "OK")
    assert set(training.summary["questions"]) == {"KO", "OK"}


def test_labels_of_the_background_say_that_nothing_else_is_true(drawn: Road) -> None:
    drawn.project.import_labels("training", task="many", kind="multi")
    training = drawn.project.train("many", spec=TrainSpec(background="KO"))
    assert training.model.classes == ("OK",)
    assert training.reports["OK"].classes == {
        "not OK": len(list(drawn.training.glob("KO/*.jpg"))),
        "OK": len(list(drawn.training.glob("OK/*.jpg"))),
    }
    with pytest.raises(LabelError, match="--background nothing: the labels are of KO, OK"):
        drawn.project.train("many", spec=TrainSpec(background="nothing"))


@pytest.mark.usefixtures("all_heads")
def test_regions_are_looked_at_frame_by_frame_and_kept(drawn: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    project = drawn.project
    project.index("printer.mp4", spec=ALL)
    project.import_labels("training", task="keep")
    views: list[Sequence[str]] = []
    real = gathering.extract_loose

    def spy(*arguments: Any, **named: Any) -> Any:
        views.append(named["views"])
        return real(*arguments, **named)

    monkeypatch.setattr(gathering, "extract_loose", spy)
    monkeypatch.setattr(network_training, "Recipe", partial(network_training.Recipe, most_steps=100))
    spec = TrainSpec(model="regions", background="KO")
    one = project.train("keep", spec=spec)
    assert one.report.views == ("regions",) and one.report.background == "KO"
    assert views == [("regions",), ("regions_varied",)]  # the film itself has neither
    views.clear()
    two = project.train("keep", spec=spec)
    assert views == []
    assert np.array_equal(one.model.head.weights, two.model.head.weights)
    timeline = project.predict("keep", "printer.mp4")
    assert (timeline.labels == drawn.truth[timeline.frame_indexes]).mean() > 0.9
    assert (project.layout.model_folder("keep") / "training.png").read_bytes().startswith(b"\x89PNG")


def test_another_sampling_keeps_the_crop(drawn: Road) -> None:
    crop = Crop(20, 20, 200, 120)
    drawn.project.index("printer.mp4", spec=IndexSpec(FrameSpec(Sampling(None), crop)))
    drawn.project.import_labels("training", task="keep")
    sampling = Sampling(Fraction(10))
    learning.train_task(drawn.project.layout, "keep", spec=TrainSpec(), sampling=sampling)
    spec = IndexSpec.from_dict(load_model(drawn.project.layout, "keep")[0].index_spec)
    assert spec.frames == FrameSpec(sampling, crop)


def test_what_could_not_be_read_is_in_the_report(drawn: Road) -> None:
    drawn.project.import_labels("training", task="keep")
    shutil.copytree("training", "loose")  # pictures of no film once they are changed
    for number, picture in enumerate(sorted(Path("loose").rglob("*.jpg"))):
        pixels = cv2.imread(str(picture))
        picture.unlink()
        cv2.imwrite(str(picture.with_name(f"photo{number}.png")), pixels)
    drawn.project.import_labels("loose", task="photos")
    gone = next(Path("loose").rglob("*.png"))
    gone.unlink()
    assert [
        note
        for note in drawn.project.train("photos").report.notes
        if note.startswith("left out: ") and gone.name in note
    ]
