"""What a project holds and what of it is stale; clearing away what nothing refers to, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reelsift.project import Project
from reelsift.project.housekeeping import GarbageResult
from reelsift.specs import IndexSpec

if TYPE_CHECKING:
    from conftest import Road

pytestmark = pytest.mark.xdist_group("housekeeping")


def test_status_of_nothing_makes_nothing(tmp_path: Path) -> None:
    project = Project(tmp_path / "none")
    status = project.status()
    assert (status.sources, status.tasks, status.bytes) == ((), (), 0)
    assert project.collect_garbage().removed == ()
    assert not (tmp_path / "none").exists()


def test_status_says_what_there_is(learned: Road) -> None:
    learned.project.predict("keep", "printer.mp4")
    status = learned.project.status()
    (source,) = status.sources
    assert (source.source, source.kind, source.frames, source.is_there) == ("printer.mp4", "film", 120, True)
    assert {f"{view} (all frames)" for view in ("appearance", "quality")} <= set(source.indexes)
    (task,) = status.tasks
    assert (task.task, task.kind, task.model, task.timelines) == ("keep", "single", "trained", 1)
    assert sum(task.labels.values()) == 24
    assert task.balanced_accuracy is not None and task.balanced_accuracy > 0.9
    on_disk = sum(path.stat().st_size for path in (learned.folder / ".reelsift").rglob("*") if path.is_file())
    assert status.bytes == pytest.approx(on_disk, rel=0.2)


def test_a_model_is_stale_when_its_labels_changed_and_fresh_when_they_are_back(learned: Road) -> None:
    project = learned.project
    picture = next(learned.training.glob("OK/*.jpg"))
    picture.rename(learned.training / "KO" / picture.name)
    project.import_labels("training", task="keep")
    assert project.status().tasks[0].model == "stale"
    project.undo_labels("keep")
    assert project.status().tasks[0].model == "trained"
    shutil.rmtree(learned.folder / ".reelsift" / "models")
    assert project.status().tasks[0].model == "none"


def test_films_that_are_gone_are_said_to_be(learned: Road) -> None:
    shutil.move("printer.mp4", "moved.mp4")
    assert [source.is_there for source in learned.project.status().sources] == [False]


def test_nothing_in_use_is_cleared_away(learned: Road) -> None:
    learned.project.predict("keep", "printer.mp4")
    before = sorted((learned.folder / ".reelsift").rglob("*.*"))
    assert learned.project.collect_garbage() == GarbageResult((), 0)
    assert sorted((learned.folder / ".reelsift").rglob("*.*")) == before


def _ended_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_a_killed_run_left_is_cleared_away(learned: Road) -> None:
    shard = next((learned.folder / ".reelsift" / "index").rglob("part-*.parquet"))
    left = shard.with_name(f".{shard.stem}.{_ended_process()}-0123abcd.parquet")
    left.write_bytes(b"half" * 100)
    at_work = shard.with_name(f".{shard.stem}.{os.getpid()}-0123abcd.parquet")
    at_work.touch()
    dry = learned.project.collect_garbage(dry_run=True)
    assert [Path(name).name for name in dry.removed] == [left.name] and dry.bytes == 400
    assert left.exists()
    assert learned.project.collect_garbage() == dry
    assert not left.exists() and shard.exists() and at_work.exists()


def test_indexes_of_films_that_are_gone_go_unless_they_are_labelled(learned: Road) -> None:
    project = learned.project
    shutil.copy("printer.mp4", "other.mp4")
    with Path("other.mp4").open("ab") as file:
        file.write(b"\0" * 8)  # another content, so another source
    project.index("other.mp4", spec=IndexSpec(views=("quality",)))
    Path("other.mp4").unlink()
    Path("printer.mp4").unlink()
    removed = project.collect_garbage().removed
    assert len(removed) == 1 and removed[0].startswith("index/")
    assert {record.samples for record in project.layout.features.records()} == {120}
    assert project.collect_garbage().removed == ()


def test_models_and_timelines_of_tasks_without_labels_go(learned: Road) -> None:
    project = learned.project
    project.predict("keep", "printer.mp4")
    project.clear_labels("keep")
    assert {Path(name).parts[:2] for name in project.collect_garbage().removed} == {
        ("models", "keep"),
        ("timelines", "keep"),
    }
    project.undo_labels("keep")
    assert project.status().tasks[0].model == "none"
    project.train("keep")  # the index is still there


def test_views_of_another_version_go(learned: Road) -> None:
    index = learned.folder / ".reelsift" / "index"
    (path,) = index.glob("*/quality-*/index.json")
    path.write_text(path.read_text().replace('"format": 1', '"format": 0'))
    removed = learned.project.collect_garbage().removed
    assert removed == (str(path.parent.relative_to(learned.folder / ".reelsift")),)


def test_what_is_not_ours_is_never_cleared_away(tmp_path: Path) -> None:
    """A project may share its folder with something else; a folder that is no project is left as it is."""
    theirs = [tmp_path / "models" / "mine" / "weights.bin", tmp_path / "index" / "site" / "a.html", tmp_path / ".1-a.b"]
    for file in theirs:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("precious")
    project = Project(tmp_path)
    assert project.collect_garbage() == GarbageResult((), 0)
    assert not (tmp_path / "labels.sqlite").exists()
    with project.layout.labels():
        pass  # now it is a project
    assert project.collect_garbage() == GarbageResult((), 0)
    assert all(file.read_text() == "precious" for file in theirs)
