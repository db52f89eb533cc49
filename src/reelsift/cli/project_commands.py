"""`status` and `gc`: the project itself."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from reelsift.cli.session import Session, command, counted

if TYPE_CHECKING:
    from reelsift.project.housekeeping import SourceStatus, TaskStatus

__all__ = ["add_to"]

_SHOWN = 20


def add_to(app: typer.Typer) -> None:
    app.command()(command(status))
    app.command("gc")(command(collect_garbage))


def status(session: Session) -> None:
    """Say what is in the project: films, labels, models, what is stale, how much it takes."""
    found = session.project.status()
    lines = [f"project {found.project}: {_size(found.bytes)}"]
    lines += [f"  task {task.task}: {_task_text(task)}" for task in found.tasks]
    lines += [line for source in found.sources[:_SHOWN] for line in _source_lines(source)]
    if len(found.sources) > _SHOWN:
        lines.append(f"  ... and {len(found.sources) - _SHOWN} more: --json lists them all")
    session.result(asdict(found), "\n".join(lines) if len(lines) > 1 else f"{lines[0]}; nothing in it yet")


def _source_lines(source: SourceStatus) -> list[str]:
    """A line for the source; where it was looked at in several ways, one for each of them too."""
    rate = f" ({source.fps} a second)" if source.fps else ""
    gone = "" if source.is_there else " (not there any more)"
    if source.kind == "pictures":
        return [f"  {source.source}{', some not there any more' if gone else ''}"]
    views: dict[str, list[str]] = {}
    for index in source.indexes:
        view, _, sampling = index.partition(" (")
        if view != "thumbnail":  # comes with every index
            views.setdefault(sampling.removesuffix(")"), []).append(view)
    ways = [f"    {sampling}: {', '.join(names)}" for sampling, names in views.items()]
    name = f"  {source.source}{rate}{gone}"
    return [name, *ways] if len(ways) > 1 else [f"{name}: {(ways or ['not indexed'])[0].strip()}"]


def _task_text(task: TaskStatus) -> str:
    if not task.labels:
        return "no labels" + (", but a model: import labels, or clear it away with gc" if task.model != "none" else "")
    counts = ", ".join(f"{count} {name}" for name, count in task.labels.items())
    score = f", balanced accuracy {task.balanced_accuracy * 100:.1f} %" if task.balanced_accuracy is not None else ""
    model = {
        "none": "no model yet",
        "stale": f"the labels have changed since its model was trained: train it again{score}",
    }.get(task.model, f"trained{score}")
    timelines = f"; {counted(task.timelines, 'timeline')}" if task.timelines else ""
    return f"{counts}; {model}{timelines}"


def collect_garbage(
    session: Session,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed; remove nothing.")] = False,
) -> None:
    """Remove what nothing refers to: left-overs of killed runs, indexes of films that are gone."""
    done = session.project.collect_garbage(dry_run=dry_run)
    verb = "would be removed" if dry_run else "removed"
    lines = [*done.removed, f"{counted(len(done.removed), 'thing')} {verb}, {_size(done.bytes)}"]
    session.result({"removed": list(done.removed), "bytes": done.bytes, "dry_run": dry_run}, "\n".join(lines))


def _size(count: float) -> str:
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1024
    raise AssertionError
