"""Models with memory on films that nobody here made: fights by source film, and the shots of a news programme."""

from __future__ import annotations

import csv
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from real_data import DATA, NEEDS_REAL_DATA
from reelsift.demo import write_film
from reelsift.media.picture_reader import read_pictures
from reelsift.project import Project
from reelsift.specs import TrainSpec

pytestmark = NEEDS_REAL_DATA

NEWS, FPS = DATA / "shots_news", 25
CLASSES = ("report", "report", "studio", "studio", "studio", "report")  # of its six shots, as somebody may see them


def shot_starts() -> list[int]:
    with (NEWS / "cuts_derived.csv").open(encoding="utf-8") as table:
        return [0, *(int(row["start_index0"]) for row in csv.DictReader(table))]


def draw_news() -> Path:
    """The programme as a film: its pictures at 25 frames a second."""
    film = Path("news.mp4")
    pictures = read_pictures(sorted((NEWS / "frames").glob("*.jpg")))
    assert write_film(film, (each for each in pictures if isinstance(each, np.ndarray)), fps=FPS) == 700
    return film


@pytest.mark.parametrize("model", ["statistics", "lstm"])
def test_changes_in_a_news_programme_are_found_to_the_frame(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    film, starts = draw_news(), shot_starts()
    with Path("labels.csv").open("w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(("source", "start", "end", "label"))
        for name, start, end in zip(CLASSES, starts, [*starts[1:], 700], strict=True):
            fifth = (end - start) / 5  # the middle of each shot; where it begins and ends nobody says
            writer.writerow((film, (start + fifth) / FPS, (end - fifth) / FPS, name))
    project = Project()
    project.import_labels("labels.csv", task="news")
    project.train("news", spec=TrainSpec(model=model))
    timeline = project.predict("news", film, exact=True)
    names = [timeline.classes[label] for label in timeline.labels.tolist()]
    changes = [timeline.frame_indexes[row] for row in range(1, len(names)) if names[row] != names[row - 1]]
    expected = [start for start, pair in zip(starts[1:], pairwise(CLASSES), strict=True) if len(set(pair)) == 2]
    assert len(changes) == len(expected)
    assert np.abs(np.array(changes) - expected).max() <= 1


def test_fights_are_told_by_what_moves_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    project = Project()
    done = project.import_labels(DATA / "fight" / "groups.csv", task="fight")
    assert done.labels == 145 and not done.problems
    report = project.train("fight", spec=TrainSpec(model="statistics")).report
    assert report.folds.startswith("groups") and set(report.classes) == {"fight", "noFight"}
    # 0.77 to 0.82, as the folds fall; what pictures show gives 0.66, and always naming the commoner class less.
    assert report.clip_accuracy is not None and report.clip_accuracy >= 0.73
    with (DATA / "fight" / "groups.csv").open(encoding="utf-8") as table:
        counts = Counter(row["label"] for row in csv.DictReader(table))
    assert report.clip_accuracy > max(counts.values()) / sum(counts.values()) + 0.15
