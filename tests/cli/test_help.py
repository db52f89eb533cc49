"""Help: of every command, with every option the design has for it, and quick."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Run

SHARED = "--project --json --quiet --verbose --overwrite"
OPTIONS = {
    "demo": "--out",
    "probe": "",
    "index": "--fps --crop --input-size --backbone --views --jobs --runner --dry-run",
    "frames": "-o --fps --crop --size --format --quality",
    "split": "-o --seconds --no-audio --codec --quality --preset",
    "labels import": "--task --multi --root --fps --names --file-column --class-column",
    "labels list": "--task",
    "labels export": "--task",
    "labels undo": "--task",
    "labels clear": "--task",
    "train": "--model --classes --background --hidden --dropout --budget --split --folds --seed",
    "predict": "--min-seconds --threshold --csv --fps --root",
    "evaluate": "--labels --rename --root --fps --file-column --class-column",
    "screentime": "--csv --plot --fps --root",
    "rate": "--task --reject --threshold --sort-into --by --undo --html --csv --fps --jobs",
    "select": "-o -n --min-distance --method --compare --existing --balance --reject --sequences --fps --crop --format"
    " --quality --seed",
    "cut": "--task --keep --drop -o --crop --speed --frames --renumber --pad --min-seconds --threshold --dry-run"
    " --append --no-audio --codec --quality --preset --fps",
    "annotate": "--task -o --min-seconds --threshold --codec --quality --preset --fps",
    "status": "",
    "gc": "",
}


@pytest.mark.parametrize("command", OPTIONS)
def test_help_names_every_option(command: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = run(*command.split(), "--help")
    assert done.status == 0 and done.err == ""
    shown = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", done.out))
    assert set(f"{OPTIONS[command]} {SHARED} --help".split()) <= shown
    assert max(map(len, done.out.splitlines())) <= 80


def test_help_names_every_command(run: Run) -> None:
    shown = run("--help").out
    assert all(command.split()[0] in shown for command in OPTIONS)


@pytest.mark.parametrize("line", ["--help", "cut --help", "--version"])
def test_help_loads_nothing_heavy(line: str) -> None:
    code = (
        "import sys; from reelsift.cli.main import main; main(sys.argv[1:]);"
        "heavy = {'torch', 'openvino', 'av', 'cv2', 'pyarrow', 'scipy', 'sklearn', 'matplotlib'} & set(sys.modules);"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, *line.split()], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_completion_offers_commands(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.setenv("_REELSIFT_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "reelsift ind")
    monkeypatch.setenv("COMP_CWORD", "1")
    done = run()
    assert (done.status, done.out) == (0, "index\n")


def test_completion_can_be_shown(run: Run) -> None:
    done = run("--show-completion", "bash")
    assert done.status == 0 and "_REELSIFT_COMPLETE=complete_bash" in done.out
