"""`labels`: what people said of frames."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from reelsift.cli.media_commands import parse_rate
from reelsift.cli.session import Session, command, counted, parsed

__all__ = ["TaskOption", "app"]

app = typer.Typer(no_args_is_help=True, help="Import, list, export and take back labels.")

TaskOption = Annotated[str, typer.Option("--task", help="Name of the task: the question the labels answer.")]


def import_labels(
    session: Session,
    path: Annotated[Path, typer.Argument(help="A folder with one folder a class, or a CSV.", metavar="PATH")],
    task: TaskOption,
    multi: Annotated[bool, typer.Option("--multi", help="Several classes can be true at once.")] = False,
    root: Annotated[
        Path | None,
        typer.Option("--root", help="Where paths in the CSV count from. Default: its folder.", metavar="DIR"),
    ] = None,
    fps: Annotated[
        str | None,
        typer.Option(
            "--fps", help="Pictures a second: of a folder labelled in seconds, or of frames labelled one by one."
        ),
    ] = None,
    names: Annotated[
        str | None, typer.Option("--names", help="New names: 0=neither,1=Jerry", metavar="OLD=NEW,...")
    ] = None,
    file_column: Annotated[str | None, typer.Option("--file-column", help="Header of the files in the CSV.")] = None,
    class_column: Annotated[str | None, typer.Option("--class-column", help="Header of the classes.")] = None,
    start_column: Annotated[str | None, typer.Option("--start-column", help="Header of the starts.")] = None,
    end_column: Annotated[str | None, typer.Option("--end-column", help="Header of the ends.")] = None,
    group_column: Annotated[str | None, typer.Option("--group-column", help="Header of the groups.")] = None,
) -> None:
    """Import labels; what is wrong is named line by line, what is good is kept."""
    from reelsift.labels import ColumnNames, parse_names

    with parsed("--names"):
        renamed = parse_names(names) if names else None
    with parsed("--fps"):
        rate = parse_rate(fps) if fps else None
    columns = ColumnNames(file_column, class_column, start_column, end_column, group_column)
    done = session.project.import_labels(
        path, task=task, kind="multi" if multi else "single", root=root, names=renamed, columns=columns, fps=rate
    )
    for problem in done.problems:
        session.warn(f"reelsift: {problem}")
    values = {
        "task": done.task,
        "added": done.added,
        "labels": done.labels,
        "classes": done.classes,
        "problems": [{"where": problem.where, "what": problem.what} for problem in done.problems],
        "notes": list(done.notes),
    }
    counts = ", ".join(f"{count} {name}" for name, count in done.classes.items()) or "none"
    new = {0: "nothing new", done.labels: "all new"}.get(done.added, f"{done.added} new or changed")
    left_out = f"; {len(done.problems)} left out or counted once" if done.problems else ""
    text = f"task {task}: {counted(done.labels, 'label')} ({counts}), {new}{left_out}"
    session.result(values, "\n".join((text, *(f"note: {note}" for note in done.notes))))
    session.partly(failed=len(done.problems), of=len(done.problems) + (1 if done.labels else 0))


def list_labels(session: Session, task: TaskOption) -> None:
    """List the labels of a task."""
    with session.project.layout.labels(make=False) as store:
        labels, sources = store.labels(task), store.sources()
    rows = [
        {
            "source": sources[label.source_id].path,
            "start_seconds": label.start_seconds,
            "end_seconds": label.end_seconds,
            "frame_index": label.frame_index,
            "label": label.class_name,
            "group": label.group,
        }
        for label in labels
    ]
    lines = [f"{row['source']}\t{label.place}\t{row['label']}" for row, label in zip(rows, labels, strict=True)]
    session.result({"task": task, "labels": rows}, "\n".join(lines) or f"task {task} has no labels now")


def export_labels(
    session: Session,
    task: TaskOption,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The CSV. Default: standard output.", metavar="FILE")
    ] = None,
) -> None:
    """Write the labels of a task as a CSV that can be imported again."""
    from reelsift.labels import format_labels, write_labels
    from reelsift.output import check_file

    layout = session.project.layout
    if output is not None:
        check_file(output, overwrite=session.overwrite)
    with layout.labels(make=False) as store:
        labels, sources = store.labels(task), store.sources()
    if output is None:
        text = format_labels(labels, sources=sources).rstrip("\n")
    else:
        there = {key: replace(record, path=str(layout.find(record) or record.path)) for key, record in sources.items()}
        write_labels(output, labels, sources=there)
        text = f"{counted(len(labels), 'label')} in {output}"
    session.result({"task": task, "labels": len(labels), "output": str(output) if output else None}, text)


def undo_labels(session: Session, task: TaskOption) -> None:
    """Take back the last import or clearing of a task's labels."""
    undone = session.project.undo_labels(task)
    session.result({"task": task, "undone": undone}, f"task {task}: undid {undone}")


def clear_labels(session: Session, task: TaskOption) -> None:
    """Remove all labels of a task; can be undone."""
    count = session.project.clear_labels(task)
    session.result(
        {"task": task, "removed": count}, f"task {task}: {counted(count, 'label')} removed (labels undo brings back)"
    )


for _name, _function in (
    ("import", import_labels),
    ("list", list_labels),
    ("export", export_labels),
    ("undo", undo_labels),
    ("clear", clear_labels),
):
    app.command(_name)(command(_function))
