"""`train`: a model from labels, and what it is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from reelsift.cli.media_commands import CropOption, FpsOption, frame_spec
from reelsift.cli.predict_command import TaskArgument
from reelsift.cli.session import Session, command, counted, listed, parsed
from reelsift.errors import SpecError
from reelsift.specs import ModelName, TrainSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["add_to"]

_LISTED = 5  # conflicts and suspects; --json has more


def add_to(app: typer.Typer) -> None:
    app.command()(command(train))


def train(
    session: Session,
    task: TaskArgument,
    model: Annotated[
        ModelName,
        typer.Option("--model", help="Kind of model; auto picks the best. The last four have memory."),
    ] = TrainSpec.model,
    window: Annotated[
        int | None,
        typer.Option(
            "--window", help=f"Sampled frames a memory sees together. Default: {TrainSpec.window}", min=2, max=1000
        ),
    ] = None,
    classes: Annotated[str | None, typer.Option("--classes", help="Only these classes.", metavar="A,B")] = None,
    background: Annotated[
        str | None,
        typer.Option(
            "--background",
            help="Class of frames that show none of the others. Default: found by folds.",
            metavar="CLASS",
        ),
    ] = None,
    hidden: Annotated[
        str, typer.Option("--hidden", help="Widths of the dense layers of mlp: 1024,512,256", metavar="N,N")
    ] = ",".join(map(str, TrainSpec.hidden)),
    dropout: Annotated[
        float, typer.Option("--dropout", help="Share of a dense layer that a step does not see.")
    ] = TrainSpec.dropout,
    budget: Annotated[
        float, typer.Option("--budget", help="After so many seconds, auto tries nothing more.", metavar="SECONDS")
    ] = TrainSpec.budget_seconds,
    split: Annotated[
        Literal["groups", "random"], typer.Option("--split", help="random leaks: neighbouring frames are near copies.")
    ] = TrainSpec.split,
    folds: Annotated[
        int, typer.Option("--folds", help="Folds for the honest scores.", min=2, max=50)
    ] = TrainSpec.folds,
    seed: Annotated[int, typer.Option("--seed", help="Everything random follows from it.")] = TrainSpec.seed,
    fps: FpsOption = None,
    crop: CropOption = None,
) -> None:
    """Learn a model from the labels of a task, and say what it is worth on frames it has not seen."""
    # Long because Typer wants each option as a parameter.
    from reelsift.project.learning import train_task

    with parsed("--hidden"):
        widths = _widths(hidden)
    with parsed("--model, --window, --classes, --dropout or --budget"):
        spec = TrainSpec(
            model,
            listed([classes]) if classes else None,
            split,
            folds,
            seed,
            background=background,
            hidden=widths,
            dropout=dropout,
            budget_seconds=budget,
            window=window or TrainSpec.window,
        )
    if window is not None and not (spec.remembers or model == "auto"):
        raise typer.BadParameter(f"{model} looks at single frames", param_hint="--window")
    frames = frame_spec(fps, crop)
    done = train_task(
        session.project.layout,
        task,
        spec=spec,
        sampling=frames.sampling if fps else None,
        crop=frames.crop,
        on_progress=session.progress,
    )
    for problem in done.problems:
        session.warn(f"reelsift: left out: {problem}")
    report = done.training.summary
    values = {"task": task, **report, "picture": str(done.picture), "problems": list(done.problems)}
    session.result(values, _text(task, report, picture=str(done.picture)))
    session.partly(failed=len(done.problems), of=len(done.problems) + 1)


def _widths(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise SpecError(
            f"'{text}' does not name widths of layers: give whole numbers, for example 1024,512,256"
        ) from None


def _text(task: str, report: Mapping[str, Any], *, picture: str) -> str:
    questions = report.get("questions", {})
    counts = ", ".join(f"{count} {name}" for name, count in report["classes"].items())
    lines = [line for name, own in questions.items() for line in (f"{name}, or not:", *_candidates(own), "")]
    lines = lines or [*_candidates(report), ""]
    lines += [
        f"task {task}: learned from {counted(report['frames'], 'frame')} ({counts}) in {report['seconds']:.2f} s",
        *(f"chosen for {name}: {_choice(own)}" for name, own in questions.items()),
        *([] if questions else [f"chosen: {_choice(report)}"]),
        *_scores(report),
        *_classes(questions, report),
        *(line for own in (questions.values() or [report]) for line in _doubts(own)),
        *(f"note: {note}" for note in report["notes"]),
        f"curves and confusions: {picture}",
    ]
    return "\n".join(lines)


def _candidates(report: Mapping[str, Any]) -> list[str]:
    names = [f"{candidate['model']} on {' + '.join(candidate['views'])}" for candidate in report["candidates"]]
    width = max(map(len, names), default=0)
    lines = [f"  {'candidate':{width}} {'honest':>7} {'balanced':>8} {'log loss':>8} {'leaky':>7} {'seconds':>7}"]
    for number, (name, candidate) in enumerate(zip(names, report["candidates"], strict=True)):
        honest, balanced, leaky = (
            _percent(candidate[key]) for key in ("accuracy", "balanced_accuracy", "leaky_accuracy")
        )
        loss = "-" if candidate["log_loss"] is None else f"{candidate['log_loss']:.3f}"
        lines.append(
            f"{'  ' if number else '> '}{name:{width}} {honest:>7} {balanced:>8} {loss:>8} {leaky:>7}"
            f" {candidate['seconds']:>7.2f}"
        )
    return lines


def _choice(report: Mapping[str, Any]) -> str:
    best = report["candidates"][0]
    seconds = report.get("window_seconds")
    lasts = f" = {seconds:.1f} s" if seconds is not None and "window" in best["settings"] else ""
    return f"{best['model']} ({best['settings']}{lasts}): {report['chosen']}"


def _scores(report: Mapping[str, Any]) -> list[str]:
    majority = f"always saying the commonest answer gets {_percent(report['majority_accuracy'])}"
    if report["accuracy"] is None:
        return [f"what it is worth on frames it has not seen is not known; {majority}"]
    leaky = report["leaky_accuracy"]
    what = "of its answers right, one a class and frame" if "questions" in report else "right"
    return [
        f"on frames it has not seen, expect {_percent(report['accuracy'])} {what}"
        f" ({_percent(report['balanced_accuracy'])} balanced over classes)",
        f"folds: {report['folds']}; "
        + (f"a random split would have said {_percent(leaky)}; " if leaky is not None else "")
        + majority,
    ]


def _classes(questions: Mapping[str, Any], report: Mapping[str, Any]) -> list[str]:
    """How each class fares: how much of it is found, and how much of what is taken for it is it."""
    found = {name: own["class_scores"][name] for name, own in questions.items()} or report["class_scores"]
    return [
        f"  {name}: {_percent(scores['recall'])} of {counted(scores['frames'], 'frame')} found;"
        f" of those taken for it, {_percent(scores['precision'])} are"
        for name, scores in found.items()
        if scores["frames"]
    ]


def _doubts(report: Mapping[str, Any]) -> list[str]:
    conflicts = [
        f"  {_frame(each['sources'][0], each['times_seconds'][0])} is {each['labels'][0]},"
        f" {_frame(each['sources'][1], each['times_seconds'][1])} is {each['labels'][1]}"
        for each in report["conflicts"]
    ]
    suspects = [
        f"  {_frame(each['source'], each['time_seconds'])} is labelled {each['label']}, and looks like"
        f" {each['predicted']} ({each['probability']:.2f})"
        for each in report["suspects"]
    ]
    return [
        *_shortened("pairs that look the same and are labelled differently:", conflicts),
        *_shortened("labels that may be wrong, the likeliest first:", suspects),
    ]


def _shortened(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    more = [f"  ... and {len(lines) - _LISTED} more: --json lists them"] if len(lines) > _LISTED else []
    return [title, *lines[:_LISTED], *more]


def _frame(source: str, time_seconds: float) -> str:
    return f"{source} at {time_seconds:.3f} s" if time_seconds else source


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f} %"
