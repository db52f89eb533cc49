"""What every command shares: the options that follow it, how it talks, and how it ends."""

from __future__ import annotations

import functools
import inspect
import json
import logging
import os
import platform
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reelsift import __version__
from reelsift.errors import OutputError, ReelsiftError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reelsift.project import Project

__all__ = ["DONE", "FAILED", "PARTLY", "USAGE", "Session", "command", "counted", "drop_output", "listed", "parsed"]

DONE, FAILED, USAGE, PARTLY = 0, 1, 2, 3

_PATIENCE_SECONDS = 1.0  # what takes less draws no bar

_log = logging.getLogger("reelsift")

_ProjectOption = Annotated[
    Path, typer.Option("--project", help="Folder of the project; made when missing.", metavar="DIR")
]
_JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, and nothing else there.")]
_QuietOption = Annotated[bool, typer.Option("--quiet", help="Say nothing but results and errors.")]
_VerboseOption = Annotated[bool, typer.Option("--verbose", help="Log every step on stderr, for a bug report.")]
_OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace outputs that exist.")]


@dataclass
class Session:
    """One run of one command."""

    project_folder: Path
    as_json: bool
    quiet: bool
    verbose: bool
    overwrite: bool
    status: int = DONE
    _bar: Any = field(default=None, repr=False)
    _step: str = field(default="", repr=False)
    _latest: tuple[str, int, int] | None = field(default=None, repr=False)
    _later: threading.Timer | None = field(default=None, repr=False)
    _drawing: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _started: float = field(default_factory=time.perf_counter, repr=False)

    @functools.cached_property
    def project(self) -> Project:
        """The project, whose steps draw a progress bar."""
        from reelsift.project import Project

        _log.info("project %s", self.project_folder.absolute())
        return Project(self.project_folder, on_progress=self.progress)

    def say(self, text: str) -> None:
        """A message, on stderr."""
        if not self.quiet:
            self._end_bar()
            print(text, file=sys.stderr)

    def warn(self, text: str) -> None:
        """Something that went wrong without ending the command, on stderr; shown even with `--quiet`."""
        self._end_bar()
        print(text, file=sys.stderr)

    def result(self, values: dict[str, Any], text: str) -> None:
        """What came out: `values` with `--json`, else `text`, on stdout."""
        self._end_bar()
        if not self.as_json and not text:
            return
        try:
            print(
                json.dumps(values, ensure_ascii=False, default=str, allow_nan=False) if self.as_json else text,
                flush=True,
            )
        except BrokenPipeError:
            raise
        except OSError as error:
            drop_output()
            raise OutputError(f"standard output: cannot be written to ({error.strerror or error})") from None

    def partly(self, *, failed: int, of: int) -> None:
        """Notes that some things failed: exit status 3, or 1 if all did."""
        if failed:
            self.status = FAILED if failed == of else PARTLY

    def partly_done(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """The same, of rows with a `status` and an `error`: 3 also if all went, but with damage."""
        failed = sum(row.get("status") == "failed" for row in rows)
        damaged = any(row.get("error") for row in rows)
        self.partly(failed=failed or int(damaged), of=len(rows) + (not failed))

    def progress(self, what: str, *, done: int, total: int) -> None:
        """Draws how far a step is, once the command has taken a second, on a terminal; logs each new step."""
        if what != self._step:
            self._step = what
            _log.info("%s%s", what, f" ({total})" if total else "")
        if self.quiet or self.verbose or not sys.stderr.isatty():
            return
        self._latest = (what, done, total)
        early = _PATIENCE_SECONDS - (time.perf_counter() - self._started)
        if early <= 0:
            self._draw()
        elif self._later is None:  # a step that says nothing more, like training, is shown all the same
            self._later = threading.Timer(early, self._draw)
            self._later.daemon = True
            self._later.start()

    def _draw(self) -> None:
        from reelsift.cli.progress import Bar

        with self._drawing:
            if self._latest is None:
                return
            if self._bar is None:
                self._bar = Bar()
            what, done, total = self._latest
            self._bar.show(what, done=done, total=total)

    def _end_bar(self) -> None:
        with self._drawing:
            self._latest = None
            if self._later is not None:
                self._later.cancel()
                self._later = None
            if self._bar is not None:
                self._bar.close()
                self._bar = None


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the shared options; its first parameter is the session made of them."""
    signature = inspect.signature(function, eval_str=True)
    _, *own = signature.parameters.values()
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, annotation, default in (
            ("project", _ProjectOption, Path(".reelsift")),
            ("as_json", _JsonOption, False),
            ("quiet", _QuietOption, False),
            ("verbose", _VerboseOption, False),
            ("overwrite", _OverwriteOption, False),
        )
    ]

    @functools.wraps(function)
    def with_session(**values: Any) -> None:
        session = Session(
            values.pop("project"),
            values.pop("as_json"),
            values.pop("quiet"),
            values.pop("verbose"),
            values.pop("overwrite"),
        )
        with _logging(session, f"{function.__name__} {values}"):
            try:
                function(session, **values)
            finally:
                session._end_bar()
        if session.status:
            raise typer.Exit(session.status)

    for parameter in (*own, *shared):
        for info in getattr(parameter.annotation, "__metadata__", ()):
            info.readable = False  # a source that cannot be read is no wrong usage: the others of a batch go on
    own_keyword = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    with_session.__signature__ = signature.replace(parameters=[*own_keyword, *shared])  # type: ignore[attr-defined]
    return with_session


@contextmanager
def parsed(option: str) -> Iterator[None]:
    """Turns a value that cannot mean anything into a usage error that names the option."""
    try:
        yield
    except ReelsiftError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def listed(values: Iterable[str] | None) -> tuple[str, ...]:
    """Names given by repeating an option, or separated by commas."""
    return tuple(name.strip() for value in values or () for name in value.split(",") if name.strip())


def counted(count: int, noun: str) -> str:
    """`1 frame`, `2 frames`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def drop_output() -> None:
    """Sends what is still to be printed nowhere, so that nothing complains about it at the end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _logging(session: Session, what: str) -> Iterator[None]:
    """With `--verbose`, a log on stderr: what runs where, every step, and where an error came from."""
    if not session.verbose:
        yield
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s"))
    _log.addHandler(handler)
    _log.setLevel(logging.INFO)
    try:
        _log_surroundings(what)
        yield
        _log.info("done in %.2f s", time.perf_counter() - session._started)
    except typer.Exit:
        raise
    except BaseException as error:
        _log.info("ended after %.2f s", time.perf_counter() - session._started, exc_info=error)
        raise
    finally:
        _log.removeHandler(handler)


def _log_surroundings(what: str) -> None:
    from importlib.metadata import PackageNotFoundError, version

    from reelsift.runners import core_count

    _log.info("%s", what)
    _log.info("reelsift %s, Python %s, %s", __version__, platform.python_version(), platform.platform())
    _log.info("%s in %s", counted(core_count(), "core"), Path.cwd())
    for name in ("av", "openvino", "numpy", "pyarrow", "opencv-python-headless", "torch", "scikit-learn"):
        try:
            _log.info("%s %s", name, version(name))
        except PackageNotFoundError:
            _log.info("%s is not installed", name)
