"""The progress bar: on a terminal only, and only for what takes over a second."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from reelsift.cli.progress import Bar
from reelsift.cli.session import Session


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def session(*, quiet: bool = False, verbose: bool = False, seconds_ago: float = 5) -> Session:
    made = Session(Path("nowhere"), as_json=True, quiet=quiet, verbose=verbose, overwrite=False)
    made._started -= seconds_ago
    return made


def drawn(told: Session, monkeypatch: pytest.MonkeyPatch, stderr: io.StringIO) -> str:
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setenv("TERM", "xterm")
    for done in range(3):
        told.progress("film.mp4", done=done * 10, total=20)
    told.say("done")
    return stderr.getvalue()


def test_a_terminal_shows_how_far_a_step_is(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = drawn(session(), monkeypatch, Terminal())
    assert "film.mp4" in shown and "20/20" in shown


@pytest.mark.parametrize(
    "kind", [{"quiet": True}, {"verbose": True}, {"seconds_ago": 0}], ids=lambda kind: next(iter(kind))
)
def test_no_bar_where_none_is_wanted(kind: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert drawn(session(**kind), monkeypatch, Terminal()) in ("", "done\n")


def test_no_bar_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert drawn(session(), monkeypatch, io.StringIO()) == "done\n"


def test_the_end_of_a_long_path_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = Terminal()
    monkeypatch.setattr(sys, "stderr", stderr)
    bar = Bar()
    bar.show("a/very/long/path/to/a/folder/of/many/films/film-042.mp4", done=0, total=0)
    bar.close()
    assert "film-042.mp4" in stderr.getvalue() and "a/very/long" not in stderr.getvalue()


def test_a_step_that_says_nothing_more_is_shown_after_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    told, stderr = session(seconds_ago=0.9), Terminal()
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setenv("TERM", "xterm")
    told.progress("training", done=0, total=0)
    assert stderr.getvalue() == ""
    until = time.perf_counter() + 5
    while "training" not in stderr.getvalue() and time.perf_counter() < until:
        time.sleep(0.02)
    told.say("done")
    assert "training" in stderr.getvalue() and told._bar is None


def test_what_ends_within_a_second_draws_nothing_later(monkeypatch: pytest.MonkeyPatch) -> None:
    told, stderr = session(seconds_ago=0.9), Terminal()
    monkeypatch.setattr(sys, "stderr", stderr)
    told.progress("training", done=0, total=0)
    told.say("done")
    time.sleep(0.2)
    assert stderr.getvalue() == "done\n" and told._bar is None
