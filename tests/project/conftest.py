"""One small film, drawn, sorted (by the truth it was drawn from), indexed and learned from, once for all tests."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from reelsift.demo import PrinterFilm, write_film
from reelsift.media.sources import FilmSource
from reelsift.project import Project
from reelsift.specs import FrameSpec, IndexSpec, Sampling
from reelsift.timeline import Timeline

FILM = PrinterFilm(frames=120, width=320, height=180, seed=5)
EVERY = IndexSpec(FrameSpec(Sampling(None)))


@dataclass(frozen=True)
class Road:
    """A folder with a film, pictures of it sorted into `training/OK` and `training/KO`, and a project."""

    folder: Path
    truth: np.ndarray

    @property
    def film(self) -> Path:
        return self.folder / "printer.mp4"

    @property
    def training(self) -> Path:
        return self.folder / "training"

    @property
    def project(self) -> Project:
        return Project(self.folder / ".reelsift")

    @property
    def source(self) -> FilmSource:
        """The film, under the name the user gives it."""
        return FilmSource(self.film, "printer.mp4")

    def frame_index(self, picture: Path) -> int:
        return int(picture.stem.rpartition("_")[2])


def draw(folder: Path) -> Road:
    """The film, and pictures of it sorted; nothing indexed or imported yet."""
    road = Road(folder, FILM.truth)
    write_film(road.film, FILM.draw(), fps=25)
    with contextlib.chdir(folder):  # so that the project knows the film by a path that is right in every copy
        Project(".reelsift").frames("printer.mp4", "training", frames=FrameSpec(Sampling(Fraction(5))))
    for name in ("OK", "KO"):
        (road.training / name).mkdir()
    for picture in road.training.glob("*.jpg"):
        picture.rename(road.training / ("OK" if road.truth[road.frame_index(picture)] else "KO") / picture.name)
    return road


@pytest.fixture(scope="session")
def drawn_once(tmp_path_factory: pytest.TempPathFactory) -> Road:
    return draw(tmp_path_factory.mktemp("drawn"))


@pytest.fixture(scope="session")
def learned_once(drawn_once: Road, tmp_path_factory: pytest.TempPathFactory) -> Road:
    folder = tmp_path_factory.mktemp("learned") / "road"
    shutil.copytree(drawn_once.folder, folder)
    road = Road(folder, drawn_once.truth)
    with contextlib.chdir(folder):
        project = Project(".reelsift")
        (result,) = project.index("printer.mp4", spec=EVERY)
        assert result.status == "indexed", result.error
        project.import_labels("training", task="keep")
        project.train("keep")
    return road


def copied(road: Road, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Road:
    shutil.copytree(road.folder, folder, dirs_exist_ok=True)
    monkeypatch.chdir(folder)
    return Road(folder, road.truth)


@pytest.fixture
def drawn(drawn_once: Road, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Road:
    """A copy of the film and its sorted pictures for one test, which runs in that folder."""
    return copied(drawn_once, tmp_path, monkeypatch)


@pytest.fixture
def learned(learned_once: Road, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Road:
    """The same with every frame indexed, the labels imported, and a model."""
    return copied(learned_once, tmp_path, monkeypatch)


@pytest.fixture
def sparse(drawn: Road) -> Road:
    """Indexed at 5 frames a second only, and trained."""
    drawn.project.index("printer.mp4", spec=IndexSpec())
    drawn.project.import_labels("training", task="keep")
    drawn.project.train("keep")
    return drawn


@pytest.fixture
def is_ok() -> Callable[[Timeline], np.ndarray]:
    """Tells for each sample of a timeline whether it is OK."""
    return lambda timeline: np.array([timeline.classes[label] == "OK" for label in timeline.labels])
