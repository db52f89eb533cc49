"""The command line, run in this process, on one small film that is drawn, sorted, indexed and learned from once."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reelsift.cli.main import main
from reelsift.demo import PrinterFilm, write_film

FILM = PrinterFilm(frames=80, width=320, height=180, seed=3)


@dataclass(frozen=True)
class Ran:
    """What one command line did."""

    status: int
    out: str
    err: str

    @property
    def values(self) -> dict[str, Any]:
        """The one JSON object on stdout; fails if there is anything else."""
        assert self.out.count("\n") == 1 and self.out.endswith("\n"), f"more than one line: {self.out!r}"
        values = json.loads(self.out)
        assert isinstance(values, dict)
        return values

    @property
    def problem(self) -> str:
        """The one line on stderr, said by reelsift."""
        lines = self.err.splitlines()
        assert len(lines) == 1 and lines[0].startswith("reelsift: "), f"not one line: {self.err!r}"
        return lines[0].removeprefix("reelsift: ")


Run = Callable[..., Ran]


def _quietly(*arguments: object) -> None:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as errors:
        status = main([str(argument) for argument in arguments])
    assert status == 0, errors.getvalue()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command line and gives its exit status and what it printed."""

    def run_here(*arguments: object) -> Ran:
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        return Ran(status, *capsys.readouterr())

    return run_here


@pytest.fixture(scope="session")
def road_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `film.mp4`, `training/OK` and `training/KO`, and a project that learned the task `keep`."""
    folder = tmp_path_factory.mktemp("cli") / "road"
    folder.mkdir()
    write_film(folder / "film.mp4", FILM.draw(), fps=25)
    with contextlib.chdir(folder):
        _quietly("index", "film.mp4", "--fps", "all")
        _quietly("frames", "film.mp4", "-o", "frames", "--fps", "10")
        for name in ("OK", "KO"):
            Path("training", name).mkdir(parents=True)
        for picture in Path("frames").glob("*.jpg"):
            frame_index = int(picture.stem.rpartition("_")[2])
            picture.rename(Path("training", "OK" if FILM.truth[frame_index] else "KO", picture.name))
        shutil.rmtree("frames")
        _quietly("labels", "import", "training", "--task", "keep")
        _quietly("train", "keep")
        _quietly("predict", "keep", "film.mp4")
    return folder


@pytest.fixture
def road(road_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it for one test, which runs in that folder."""
    folder = tmp_path / "road"
    shutil.copytree(road_once, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A test that runs in an empty folder."""
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    yield folder
