"""`status` and `gc`: the project itself."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from reelsift.cli.session import Session, command

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    app.command()(command(status))
    app.command("gc")(command(collect_garbage))


def status(session: Session) -> None:
    """Say what is in the project: films, labels, models, what is stale, how much it takes."""
    found = session.project.status()
    lines = [f"project {found.project}: {_size(found.bytes)}"]
    for source in found.sources:
        gone = "" if source.is_there else "  (not there any more)"
        lines.append(f"  {source.source}{gone}: {', '.join(source.indexes) or 'not indexed'}")
    for task in found.tasks:
        counts = ", ".join(f"{count} {name}" for name, count in task.labels.items()) or "no labels"
        score = (
            f", balanced accuracy {task.balanced_accuracy * 100:.1f} %" if task.balanced_accuracy is not None else ""
        )
        stale = ": labels have changed, train it again" if task.model == "stale" else ""
        lines.append(f"  task {task.task}: {counts}; model {task.model}{score}{stale}; {task.timelines} timelines")
    session.result(
        asdict(found), "\n".join(lines) if found.sources or found.tasks else f"{lines[0]}; nothing in it yet"
    )


def collect_garbage(
    session: Session,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed; remove nothing.")] = False,
) -> None:
    """Remove what nothing refers to: left-overs of killed runs, indexes of films that are gone, tasks without labels."""
    done = session.project.collect_garbage(dry_run=dry_run)
    verb = "would be removed" if dry_run else "removed"
    lines = [*done.removed, f"{len(done.removed)} things {verb}, {_size(done.bytes)}"]
    session.result({"removed": list(done.removed), "bytes": done.bytes, "dry_run": dry_run}, "\n".join(lines))


def _size(count: float) -> str:
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1024
    raise AssertionError
