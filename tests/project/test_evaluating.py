"""Evaluating: scores on labels that are read for this alone, of frames the model has not seen."""

from __future__ import annotations

import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from reelsift.demo import write_film
from reelsift.errors import LabelError, ModelError, SourceNotFoundError
from reelsift.models.model import MultiModel
from reelsift.project import Project
from reelsift.specs import FrameSpec, IndexSpec, Sampling

if TYPE_CHECKING:
    from conftest import Road

pytestmark = pytest.mark.xdist_group("evaluating")


def write_intervals(road: Road, path: str = "testing.csv") -> Path:
    """The truth of the whole film as intervals, in the order of time."""
    edges = [0, *(np.flatnonzero(np.diff(road.truth)) + 1).tolist(), len(road.truth)]
    names = ["OK" if road.truth[first] else "KO" for first in edges[:-1]]
    rows = (f"printer.mp4,{a / 25},{b / 25},{name}" for a, b, name in zip(edges[:-1], edges[1:], names, strict=True))
    Path(path).write_text("\n".join(["source,start,end,label", *rows]) + "\n")
    return Path(path)


def write_pictures(folder: Path, *, levels: range, seed: int) -> None:
    """Pictures of noise into `dark` and `light`: those of the folder's level, and 100 above it."""
    random = np.random.default_rng(seed)
    for name, lift in (("dark", 0), ("light", 100)):
        (folder / name).mkdir(parents=True)
        for level in levels:
            noise = random.integers(0, 40, (48, 64, 3)) + level + lift
            (folder / name / f"{seed}-{level}.png").write_bytes(cv2.imencode(".png", noise.astype(np.uint8))[1])


@pytest.fixture(scope="module")
def light_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that tells dark pictures from light ones, and other pictures to test it on."""
    folder = tmp_path_factory.mktemp("light")
    write_pictures(folder / "training", levels=range(20, 80, 5), seed=1)
    write_pictures(folder / "testing", levels=range(21, 61, 8), seed=2)
    project = Project(folder / ".reelsift")
    project.import_labels(folder / "training", task="light")
    project.train("light")
    return folder


@pytest.fixture
def light(light_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    shutil.copytree(light_once, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return Project(".reelsift")


def test_frames_of_a_film_are_judged_but_for_those_that_were_learned_from(learned: Road) -> None:
    project, before = learned.project, learned.project.labels("keep")
    done = project.evaluate("keep", write_intervals(learned))
    timeline = project.predict("keep", "printer.mp4")
    fresh = np.arange(120) % 5 != 0  # every fifth frame was sorted by hand
    truth = learned.truth.astype(np.int64)  # 'OK' is the second of the classes
    assert (done.frames, done.seen_frames) == (96, 24)
    assert done.accuracy == pytest.approx((timeline.raw_labels == truth)[fresh].mean())
    assert done.timeline_accuracy == pytest.approx((timeline.labels == truth)[fresh].mean())
    assert done.majority_accuracy == pytest.approx(max(truth[fresh].mean(), 1 - truth[fresh].mean()))
    assert done.log_loss == pytest.approx(-np.log(timeline.probabilities[np.arange(120), truth])[fresh].mean())
    assert {name: scores.frames for name, scores in done.per_class.items()} == {
        "KO": int((1 - truth)[fresh].sum()),
        "OK": int(truth[fresh].sum()),
    }
    assert sum(sum(row.values()) for row in done.confusion.values()) == 96
    assert (done.clips, done.clip_accuracy, done.exact_accuracy, done.problems) == (0, None, None, ())
    assert any("all of these frames are of films that the model was taught on" in note for note in done.notes)
    assert project.labels("keep") == before


def test_the_promise_of_training_stands_beside(light: Project) -> None:
    done = light.evaluate("light", "testing")
    report = light.train("light").report
    assert (done.honest_accuracy, done.honest_balanced_accuracy) == (report.accuracy, report.balanced_accuracy)
    assert done.frames == 10 and done.accuracy > 0.8
    assert done.timeline_accuracy is None  # pictures of no film have no timeline
    assert done.notes == () and done.seen_frames == 0


def test_single_frames_of_a_film_that_is_not_indexed_are_looked_at_alone(drawn: Road) -> None:
    project = drawn.project
    project.import_labels("training", task="keep")
    project.train("keep")
    project.frames("printer.mp4", "more", frames=FrameSpec(Sampling(Fraction(25, 4))))
    for picture in Path("more").glob("*.jpg"):
        name = "OK" if drawn.truth[drawn.frame_index(picture)] else "KO"
        Path("testing", name).mkdir(parents=True, exist_ok=True)
        picture.rename(Path("testing", name, picture.name))
    done = project.evaluate("keep", "testing")
    indexes = {drawn.frame_index(picture) for picture in Path("testing").glob("*/*.jpg")}
    assert (done.frames, done.seen_frames) == (sum(i % 5 != 0 for i in indexes), sum(i % 5 == 0 for i in indexes))
    assert done.timeline_accuracy is None  # nobody asked for the rest of the film
    assert not list(project.layout.features.records())


def test_whole_clips_are_scored_as_such_too(light: Project) -> None:
    rows = ["clip,label"]
    for name, level in (("night", 40), ("day", 160), ("dusk", 60)):
        write_film(Path(f"{name}.mp4"), [np.full((48, 64, 3), level, np.uint8)] * 30, fps=10)
        rows.append(f"{name}.mp4,{'dark' if name == 'night' else 'light'}")
    Path("clips.csv").write_text("\n".join(rows))
    done = light.evaluate("light", "clips.csv")
    assert (done.frames, done.clips) == (45, 3)  # 3 s at the usual 5 frames a second, each
    by_hand = [light.predict("light", f"{name}.mp4") for name in ("night", "day", "dusk")]
    right = [t.classes[t.probabilities.mean(axis=0).argmax()] for t in by_hand] == np.array(["dark", "light", "light"])
    assert done.clip_accuracy == pytest.approx(right.mean())
    assert done.timeline_accuracy is not None
    assert done.to_dict()["clip_accuracy"] == done.clip_accuracy and "exact_accuracy" not in done.to_dict()


def test_copies_of_what_was_learned_from_are_left_out_under_any_name(light: Project) -> None:
    shutil.copy("training/dark/1-20.png", "testing/dark/new name.png")
    done = light.evaluate("light", "testing")
    assert (done.frames, done.seen_frames) == (10, 1)


def test_where_all_was_learned_from_there_is_no_score(light: Project) -> None:
    with pytest.raises(LabelError, match=r"training: the model of task 'light' was trained on all of the 24 frames"):
        light.evaluate("light", "training")


def test_labels_that_changed_since_training_are_told(light: Project) -> None:
    light.clear_labels("light")
    done = light.evaluate("light", "training")
    assert done.frames == 24 and "labels have changed" in done.notes[0]


def test_classes_under_other_names_are_renamed(light: Project) -> None:
    for old, new in (("dark", "0"), ("light", "1")):
        Path("testing", old).rename(Path("testing", new))
    with pytest.raises(LabelError, match=r"testing is about 0, 1, but the model of task 'light' knows dark, light: "
                       r"say which is which with --rename 0=CLASS,1=CLASS"):  # fmt: skip
        light.evaluate("light", "testing")
    with pytest.raises(LabelError, match=r"--rename 1=bright: there is no class 'bright'; the model knows dark, light"):
        light.evaluate("light", "testing", rename={"1": "bright"})
    assert light.evaluate("light", "testing", rename={"0": "dark", "1": "light"}).accuracy > 0.8


def test_one_class_that_the_model_does_not_know_is_left_out_and_named(light: Project) -> None:
    Path("testing/light").rename("testing/Light")
    done = light.evaluate("light", "testing")
    assert done.frames == 5
    (problem,) = done.problems
    assert "'Light' (5 labels) is left out" in problem and "--rename Light=light" in problem
    assert done.notes == ("no frame here shows light: how the model tells that is not known",)


def test_lines_that_are_wrong_are_named_and_the_others_count(light: Project) -> None:
    Path("testing/dark/broken.png").write_bytes(b"no picture")
    Path("testing.csv").write_text(
        "file,label\ndark/2-21.png,dark\ndark/gone.png,dark\nlight/2-21.png,light\nlight/2-21.png,dark\n"
        "dark/broken.png,dark\nlight/2-29,light\n"
    )
    done = light.evaluate("light", "testing.csv", root="testing")
    assert done.frames == 2
    assert [problem.partition(":")[0] for problem in done.problems] == [
        "testing.csv line 3",
        "testing.csv line 4",
        "testing.csv line 5",
        "testing.csv line 6",
    ]
    assert done.problems[-1].endswith("broken.png: not a picture, or damaged")


def test_what_cannot_be_is_said_in_one_line(light: Project) -> None:
    with pytest.raises(ModelError, match="task 'other' has no model"):
        light.evaluate("other", "testing")
    with pytest.raises(SourceNotFoundError, match="nowhere"):
        light.evaluate("light", "nowhere")
    Path("testing.csv").write_text("file,label\ngone.png,dark\ngone too.png,dark\n")
    with pytest.raises(
        LabelError, match=r"no label in it that can be used: 2 are wrong, the first: testing.csv line 2"
    ):
        light.evaluate("light", "testing.csv")


def test_a_model_without_its_labels_says_so(learned: Road) -> None:
    fresh = Project("fresh")
    shutil.copytree(".reelsift/models", "fresh/models")
    fresh.index("printer.mp4", spec=IndexSpec(FrameSpec(Sampling(None)), views=("quality", "appearance")))
    done = fresh.evaluate("keep", write_intervals(learned))
    assert (done.frames, done.seen_frames) == (120, 0)
    assert "no labels of task 'keep'" in done.notes[0]


@pytest.fixture
def several(light: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose model asks whether a picture is light, and whether it is tall: the same, for all it knows."""
    model = light.train("light").model
    report = {"accuracy": 0.7, "background": "nobody"}
    asked = [replace(model, classes=(f"not {name}", name), report=report) for name in ("light", "tall")]
    questions = MultiModel((asked[0], replace(asked[1], report={**report, "accuracy": 0.8})))
    monkeypatch.setattr("reelsift.project.evaluating.load_model", lambda layout, task: (questions, "digest"))
    return light


def test_where_several_classes_can_be_true_each_is_a_question(several: Project) -> None:
    names = [path.relative_to("testing").as_posix() for path in sorted(Path("testing").glob("*/*.png"))]
    said = np.array([several.predict("light", Path("testing", name)).labels[0] for name in names])
    truth = np.column_stack((["light" in name for name in names], [n % 3 == 0 for n in range(len(names))])).astype(int)
    rows = (f"{name},{light},{tall}" for name, (light, tall) in zip(names, truth.tolist(), strict=True))
    Path("testing.csv").write_text("\n".join(["file,light,tall", *rows]))
    done = several.evaluate("light", "testing.csv", root="testing")
    right = truth == said[:, None]
    assert (done.frames, done.honest_accuracy) == (10, pytest.approx(0.75))
    assert done.accuracy == pytest.approx(right.mean())
    assert done.exact_accuracy == pytest.approx(right.all(axis=1).mean())
    recalls = [[right[truth[:, k] == value, k].mean() for value in (0, 1)] for k in range(2)]
    assert done.balanced_accuracy == pytest.approx(np.mean(recalls))
    assert done.majority_accuracy == pytest.approx((0.5 + 0.6) / 2)
    assert set(done.confusion) == set(done.per_class) == {"light", "tall"}
    both = int(((truth[:, 1] == 1) & (said == 1)).sum())
    assert done.confusion["tall"]["tall"]["tall"] == both and done.per_class["tall"].frames == 4
    assert done.confusion["tall"]["not tall"]["tall"] == int(said.sum()) - both


def test_what_no_label_says_of_a_frame_is_not_true_of_it(several: Project) -> None:
    """One line a class, and lines of the class that stands for none of them; unknown classes are named."""
    Path("testing.csv").write_text(
        "file,label\nlight/2-21,light\nlight/2-21,tall\nlight/2-29,light\ndark/2-21,nobody\ndark/2-29,Spike\n"
    )
    done = several.evaluate("light", "testing.csv", root="testing")
    assert done.frames == 3
    assert {name: scores.frames for name, scores in done.per_class.items()} == {"light": 2, "tall": 1}
    assert len(done.problems) == 1 and "'Spike' (1 label) is left out" in done.problems[0]
