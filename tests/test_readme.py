"""What the README says is true: its commands run, its Python runs, its options exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer

from reelsift import FrameSpec, Project, Sampling
from reelsift.cli.main import app, main
from reelsift.demo import PrinterFilm, write_film

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def sort_by_hand(film: PrinterFilm, path: str) -> None:
    """Every third frame of the film, in the folder a person would put it into."""
    Project("scratch").frames(path, "all", frames=FrameSpec(Sampling(None)))
    for picture in sorted(Path("all").glob("*.jpg"))[::3]:
        folder = Path("training", "OK" if film.truth[int(picture.stem[-6:])] else "KO")
        folder.mkdir(parents=True, exist_ok=True)
        picture.rename(folder / picture.name)


def test_the_commands_of_the_readme_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    film = PrinterFilm(frames=60)
    write_film(Path("film.mp4"), film.draw(), fps=25)
    sort_by_hand(film, "film.mp4")
    block = next(block for block in blocks("sh") if "film.mp4" in block)
    commands = [shlex.split(line, comments=True)[1:] for line in block.splitlines()]
    assert [command[0] for command in commands] == ["frames", "index", "labels", "train", "cut", "cut"]
    for command in commands:
        assert main(command) == 0
    assert Path("out.mp4").stat().st_size and Path("film-cut.png").stat().st_size


def test_the_python_of_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    film = PrinterFilm(frames=90, width=320, height=180)
    write_film(Path("printer.mp4"), film.draw(), fps=25)
    sort_by_hand(film, "printer.mp4")
    assert main(["labels", "import", "training", "--task", "keep", "--quiet"]) == 0
    capsys.readouterr()
    (code,) = blocks("python")
    exec(compile(code, "README.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    shown = blocks("text")[0].splitlines()
    # The film of the demo is longer; what is printed has the same shape.
    assert [re.sub(r"[\d.]+", "0", line) for line in printed] == [re.sub(r"[\d.]+", "0", line) for line in shown]


def test_every_option_the_readme_names_exists() -> None:
    known = {"--help", "--show-completion", "--install-completion", "--version"}
    groups = [typer.main.get_command(app)]
    while groups:
        group = groups.pop()
        known |= {option for parameter in group.params for option in parameter.opts}
        groups += getattr(group, "commands", {}).values()
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README)) <= known


def test_the_first_screen_shows_install_and_demo() -> None:
    first_screen = "\n".join(README.splitlines()[:20])
    assert "pip install -c constraints.txt . && reelsift demo" in first_screen
    assert "pip install -c constraints.txt '.[test]' && pytest" in first_screen
    assert re.search(r"!\[.+\]\(docs/strip\.jpg\)", first_screen)
