"""`demo`: the whole road on films it draws itself."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from reelsift.cli import demo_cut, demo_rate, demo_screentime, demo_segment, demo_select
from reelsift.cli.demo_narrator import Narrator
from reelsift.cli.session import Session, command
from reelsift.errors import OutputExistsError

__all__ = ["add_to"]

_MARK = ".reelsift-demo"
_JOBS = {
    "cut": demo_cut,
    "rate": demo_rate,
    "select": demo_select,
    "screentime": demo_screentime,
    "segment": demo_segment,
}


def add_to(app: typer.Typer) -> None:
    app.command()(command(demo))


def demo(
    session: Session,
    out: Annotated[Path, typer.Option("--out", help="Folder for what the demo makes.", metavar="DIR")] = Path(
        "reelsift-demo"
    ),
    job: Annotated[
        Literal["all", "cut", "rate", "select", "screentime", "segment"], typer.Option("--job", help="Only this one.")
    ] = "all",
) -> None:
    """Show what reelsift does, on films it draws itself: nothing to download, nothing to prepare."""
    started = time.perf_counter()
    if out.exists() and any(out.iterdir()):
        if not (out / _MARK).exists():  # it may hold somebody's own project and pictures
            raise OutputExistsError(f"{out}: there is something in this folder already; name another with --out")
        if not session.overwrite:
            raise OutputExistsError(f"{out}: an earlier demo is in this folder; add --overwrite to replace it")
        _clear(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / _MARK).write_text("Made by reelsift demo, which may replace what is in this folder.\n", encoding="utf-8")
    show = Narrator(session.say)
    done: dict[str, Any] = {}
    for name, module in _JOBS.items():
        if job in ("all", name):
            with contextlib.chdir(out):
                done[name] = module.run(show)
    seconds = time.perf_counter() - started
    show.say(f"\nDone in {seconds:.0f} s. Look at:")
    for name in done:
        for file in _JOBS[name].SHOWN:
            show.say(f"  {out / file}")
    values = {"output": str(out), "seconds": seconds, "jobs": done}
    session.result(values, "\n".join(_JOBS[name].summary(each) for name, each in done.items()))


def _clear(out: Path) -> None:
    """Removes what an earlier demo left, and nothing else."""
    import shutil

    for module in _JOBS.values():
        for name in module.FOLDERS:
            shutil.rmtree(out / name, ignore_errors=True)
        for name in module.FILES:
            (out / name).unlink(missing_ok=True)
    shutil.rmtree(out / ".reelsift", ignore_errors=True)
