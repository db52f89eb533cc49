"""`evaluate`: what a model is worth on labels it has not seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reelsift.cli.media_commands import parse_rate
from reelsift.cli.predict_command import TaskArgument
from reelsift.cli.session import Session, command, counted, parsed

if TYPE_CHECKING:
    from reelsift.project.evaluating import Evaluation

__all__ = ["add_to"]

_MATRIX_CLASSES = 8  # more columns do not fit beside each other
_CONFUSIONS = 10


def add_to(app: typer.Typer) -> None:
    app.command()(command(evaluate))


def evaluate(
    session: Session,
    task: TaskArgument,
    labels: Annotated[
        Path, typer.Option("--labels", help="A folder with one folder a class, or a CSV.", metavar="PATH")
    ],
    rename: Annotated[
        list[str] | None,
        typer.Option("--rename", help="Classes of the model by their names in PATH: 1=Jerry", metavar="OLD=NEW"),
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option("--root", help="Where paths in the CSV count from. Default: its folder.", metavar="DIR"),
    ] = None,
    fps: Annotated[
        str | None, typer.Option("--fps", help="Pictures a second, where a folder of pictures is labelled in seconds.")
    ] = None,
    file_column: Annotated[str | None, typer.Option("--file-column", help="Header of the files in the CSV.")] = None,
    class_column: Annotated[str | None, typer.Option("--class-column", help="Header of the classes.")] = None,
    start_column: Annotated[str | None, typer.Option("--start-column", help="Header of the starts.")] = None,
    end_column: Annotated[str | None, typer.Option("--end-column", help="Header of the ends.")] = None,
) -> None:
    """Score a trained task on labels it has not seen; they are read for this alone and not kept."""
    from reelsift.labels import ColumnNames, parse_names

    with parsed("--rename"):
        renamed = parse_names(",".join(rename)) if rename else None
    with parsed("--fps"):
        rate = parse_rate(fps) if fps else None
    columns = ColumnNames(file_column, class_column, start_column, end_column)
    done = session.project.evaluate(task, labels, rename=renamed, root=root, columns=columns, fps=rate)
    for problem in done.problems:
        session.warn(f"reelsift: {problem}")
    session.result(done.to_dict(), "\n".join(_text(done)))
    session.partly(failed=len(done.problems), of=len(done.problems) + 1)


def _text(done: Evaluation) -> Iterable[str]:
    frames, several = counted(done.frames, "frame"), done.exact_accuracy is not None
    judged = f"answers for {frames}, one for each class," if several else frames
    yield (
        f"task {done.task} on {done.labels}: {_percent(done.accuracy)} of {judged} right"
        f" ({_percent(done.balanced_accuracy)} balanced over classes)"
    )
    yield f"  training promised {_promise(done)}"
    always = "giving the commoner answer" if several else "saying the commonest class here"
    yield f"  always {always} gets {_percent(done.majority_accuracy)}"
    if several:
        yield f"  frames of which all classes are right: {_percent(done.exact_accuracy)}"
    if done.clip_accuracy is not None:
        yield f"  clips by the mean of their frames: {_percent(done.clip_accuracy)} of {done.clips} right"
    if done.timeline_accuracy is not None:
        yield f"  frames smoothed over time, as cut goes by them: {_percent(done.timeline_accuracy)} right"
    if done.segment_f1 is not None:
        f1 = ", ".join(f"{100 * value:.1f} % at overlap {percent} %" for percent, value in done.segment_f1.items())
        yield f"  segments found (F1): {f1}; edit score {_percent(done.edit_score)}"
    if done.seen_frames:
        yield f"  {counted(done.seen_frames, 'more frame')} left out: the model was trained on them"
    yield ""
    yield from _aligned(_classes_table(done))
    yield from _mistakes(done)
    yield from (f"note: {note}" for note in done.notes)


def _promise(done: Evaluation) -> str:
    if done.honest_accuracy is None:
        return "nothing, as nothing could be held out there"
    points = (done.accuracy - done.honest_accuracy) * 100
    kept = f"{abs(points):.1f} points {'more' if points > 0 else 'less'}" if abs(points) >= 0.05 else "just that"
    return f"{_percent(done.honest_accuracy)} ({_percent(done.honest_balanced_accuracy)} balanced): it is {kept}"


def _classes_table(done: Evaluation) -> list[list[str]]:
    """A line for each class: what its frames were said to show where that fits, and how it fared."""
    several = done.exact_accuracy is not None
    shown = () if several else _columns(done)
    head = ["class"] if several else ["true \\ said"]
    rows = [[*head, *shown, "frames", "said", "recall", "precision", "F1"]]
    for name, scores in done.per_class.items():
        told = [str(done.confusion[name][other]) for other in shown]
        f1 = "-" if scores.f1 is None else f"{scores.f1:.2f}"
        counts = [str(scores.frames), str(scores.predicted)]
        rows.append([name, *told, *counts, _percent(scores.recall), _percent(scores.precision), f1])
    return rows


def _columns(done: Evaluation) -> tuple[str, ...]:
    """The classes that stand beside each other in the table: all, or none where they are too many."""
    return tuple(done.per_class) if len(done.per_class) <= _MATRIX_CLASSES else ()


def _mistakes(done: Evaluation) -> Iterable[str]:
    """The commonest mistakes, where the table does not show them."""
    if done.exact_accuracy is not None or _columns(done):
        return
    mistakes = [
        (count, true, said)
        for true, row in done.confusion.items()
        for said, count in row.items()
        if true != said and count
    ]
    for count, true, said in sorted(mistakes, key=lambda mistake: -mistake[0])[:_CONFUSIONS]:
        yield f"  {counted(count, 'frame')} of {true} taken for {said}"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *rest in rows:
        cells = (cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))
        yield f"  {first:{widths[0]}}  {'  '.join(cells)}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f} %"
