"""`train` and `predict`."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from reelsift.cli.media_commands import (
    CropOption,
    FpsOption,
    SourcesArgument,
    each_source,
    frame_spec,
    parse_rate,
    sentence,
)
from reelsift.cli.session import Session, command, counted, listed, parsed
from reelsift.errors import ReelsiftError
from reelsift.specs import TrainSpec, parse_thresholds

if TYPE_CHECKING:
    from reelsift.media.sources import Source
    from reelsift.timeline import Timeline

__all__ = ["TaskArgument", "ThresholdOption", "add_to"]

TaskArgument = Annotated[str, typer.Argument(help="Name of the task.", metavar="TASK")]
ThresholdOption = Annotated[
    list[str] | None,
    typer.Option("--threshold", help="Probability from which a frame counts as a class.", metavar="CLASS=P"),
]


def add_to(app: typer.Typer) -> None:
    app.command()(command(train))
    app.command()(command(predict))


def train(
    session: Session,
    task: TaskArgument,
    model: Annotated[
        Literal["auto", "linear"], typer.Option("--model", help="Kind of model; auto picks the best.")
    ] = "auto",
    classes: Annotated[str | None, typer.Option("--classes", help="Only these classes.", metavar="A,B")] = None,
    split: Annotated[
        Literal["groups", "random"], typer.Option("--split", help="random leaks: neighbouring frames are near copies.")
    ] = "groups",
    folds: Annotated[int, typer.Option("--folds", help="Folds for the honest scores.", min=2, max=50)] = 5,
    seed: Annotated[int, typer.Option("--seed", help="Everything random follows from it.")] = 0,
    fps: FpsOption = None,
    crop: CropOption = None,
) -> None:
    """Learn a model from the labels of a task, and say what it is worth on frames it has not seen."""
    from reelsift.project.learning import train_task

    with parsed("--classes"):
        spec = TrainSpec(model, listed([classes]) if classes else None, split, folds, seed)
    frames = frame_spec(fps, crop)
    training, problems = train_task(
        session.project.layout,
        task,
        spec=spec,
        sampling=frames.sampling if fps else None,
        crop=frames.crop,
        on_progress=session.progress,
    )
    for problem in problems:
        session.warn(f"reelsift: left out: {problem}")
    report = training.report.to_dict()
    session.result({"task": task, **report, "problems": list(problems)}, _training_text(task, report))
    session.partly(failed=len(problems), of=len(problems) + 1)


def predict(
    session: Session,
    task: TaskArgument,
    sources: SourcesArgument,
    min_seconds: Annotated[
        float, typer.Option("--min-seconds", help="Shorter stretches join their neighbours.", min=0)
    ] = 0.0,
    threshold: ThresholdOption = None,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="A row for each sampled frame, with all probabilities.", metavar="FILE")
    ] = None,
    fps: Annotated[str | None, typer.Option("--fps", help="Pictures a second, for folders of pictures.")] = None,
) -> None:
    """Say what each frame shows, and join frames into segments; indexes the source where that is missing."""
    from reelsift.output import check_file
    from reelsift.project.indexing import known_damage
    from reelsift.project.predicting import Decision, check_decision, predict_source

    with parsed("--threshold"):
        decision = Decision(parse_thresholds(threshold or []), min_seconds)
    with parsed("--fps"):
        rate = parse_rate(fps) if fps else None
    layout = session.project.layout
    if csv_file is not None:
        check_file(csv_file, overwrite=session.overwrite)
    check_decision(layout, task, decision=decision)
    done: list[tuple[Source, Timeline]] = []
    rows: list[dict[str, Any]] = []
    for name, source in each_source(session, sources, fps=rate):
        try:
            if isinstance(source, ReelsiftError):
                raise source
            timeline = predict_source(layout, task, source, decision=decision, on_progress=session.progress)
            done.append((source, timeline))
            rows.append(_timeline_row(timeline, damage=known_damage(layout, source.source_id)))
        except ReelsiftError as error:
            row = {"source": name, "frames": 0, "seconds": {}, "segments": [], "status": "failed", "error": str(error)}
            rows.append(row)
        if rows[-1]["error"]:
            session.warn(sentence(rows[-1]))
    if csv_file is not None and done:
        _write_csv(csv_file, done)
    texts = [_timeline_text(row) for row in rows if row["status"] != "failed"]
    texts += [f"scores in {csv_file}"] if csv_file is not None and done else []
    session.result({"sources": rows}, "\n\n".join(texts))
    session.partly_done(rows)


def _training_text(task: str, report: dict[str, Any]) -> str:
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
    counts = ", ".join(f"{count} {name}" for name, count in report["classes"].items())
    lines += [
        "",
        f"task {task}: learned from {counted(report['frames'], 'frame')} ({counts}) in {report['seconds']:.2f} s",
        *_scores_text(report),
        *(f"note: {note}" for note in report["notes"]),
    ]
    return "\n".join(lines)


def _scores_text(report: dict[str, Any]) -> list[str]:
    majority = f"always saying the commonest class gets {_percent(report['majority_accuracy'])}"
    if report["accuracy"] is None:
        return [f"what it is worth on frames it has not seen is not known; {majority}"]
    leaky = report["leaky_accuracy"]
    return [
        f"on frames it has not seen, expect {_percent(report['accuracy'])} right"
        f" ({_percent(report['balanced_accuracy'])} balanced over classes)",
        f"folds: {report['folds']}; "
        + (f"a random split would have said {_percent(leaky)}; " if leaky is not None else "")
        + majority,
    ]


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f} %"


def _timeline_row(timeline: Timeline, *, damage: str) -> dict[str, Any]:
    return {
        "source": timeline.source,
        "frames": len(timeline),
        "seconds": timeline.seconds_by_class(),
        "segments": [
            {"start_seconds": s.start_seconds, "end_seconds": s.end_seconds, "label": s.label, "score": s.score}
            for s in timeline.segments
        ],
        "status": "partial" if damage else "predicted",
        "error": damage,
    }


def _timeline_text(row: dict[str, Any]) -> str:
    total = sum(row["seconds"].values()) or 1.0
    shares = ", ".join(
        f"{name} {seconds:.2f} s ({seconds / total * 100:.1f} %)" for name, seconds in row["seconds"].items()
    )
    counts = f"{counted(row['frames'], 'frame')}, {counted(len(row['segments']), 'segment')}"
    lines = [f"{row['source']}: {counts}", f"  {shares}"]
    shown = row["segments"][:20]
    lines += [
        f"  {s['start_seconds']:10.3f} s to {s['end_seconds']:10.3f} s  {s['label']} ({s['score']:.2f})" for s in shown
    ]
    if len(shown) < len(row["segments"]):
        lines.append(f"  ... and {len(row['segments']) - len(shown)} more: --json lists them all")
    return "\n".join(lines)


def _write_csv(path: Path, done: list[tuple[Source, Timeline]]) -> None:
    from reelsift.media.sources import PictureSource
    from reelsift.output import check_file, writing_file

    check_file(path, overwrite=True)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for number, (source, timeline) in enumerate(done):
        if number == 0:
            writer.writerow(["source", "frame_index", "time_seconds", "label", *timeline.classes])
        for index, time, label, row in zip(
            timeline.frame_indexes.tolist(),
            timeline.times_seconds.tolist(),
            timeline.labels.tolist(),
            timeline.probabilities.tolist(),
            strict=True,
        ):
            name = _picture_name(source, index) if isinstance(source, PictureSource) else source.name
            # 9 digits after the point: less than any clock tick, and 1001/30000 reads as what it is.
            writer.writerow([name, index, f"{time:.9f}", timeline.classes[label], *(f"{p:.6f}" for p in row)])
    with writing_file(path) as beside:
        beside.write_text(text.getvalue(), encoding="utf-8")


def _picture_name(source: Any, index: int) -> str:
    return source.name if source.path.is_file() else str(Path(source.name, source.pictures[index].name))
