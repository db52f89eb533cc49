"""`predict`: what each frame shows."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reelsift.cli.media_commands import (
    SourcesArgument,
    each_source,
    parse_rate,
    sentence,
)
from reelsift.cli.session import Session, command, counted, parsed
from reelsift.errors import ReelsiftError
from reelsift.specs import parse_thresholds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reelsift.media.sources import Source
    from reelsift.multi_timeline import MultiTimeline
    from reelsift.project.predicting import Decision
    from reelsift.timeline import Timeline

    AnyTimeline = Timeline | MultiTimeline

__all__ = ["TaskArgument", "ThresholdOption", "add_to"]

TaskArgument = Annotated[str, typer.Argument(help="Name of the task.", metavar="TASK")]
_NAMED = 10

ThresholdOption = Annotated[
    list[str] | None,
    typer.Option("--threshold", help="Probability from which a frame counts as a class.", metavar="CLASS=P"),
]


def add_to(app: typer.Typer) -> None:
    app.command()(command(predict))


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
    fps: Annotated[
        str | None,
        typer.Option(
            "--fps", help="Pictures a second; of a CSV that lists pictures: says that they follow each other."
        ),
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option("--root", help="Where paths in such a CSV count from. Default: its folder.", metavar="DIR"),
    ] = None,
) -> None:
    """Say what each frame shows, and join frames into segments; indexes the source where that is missing."""
    from reelsift.output import check_file
    from reelsift.project.layout import check_not_a_source
    from reelsift.project.predicting import Decision, check_decision

    with parsed("--threshold"):
        decision = Decision(parse_thresholds(threshold or []), min_seconds)
    with parsed("--fps"):
        rate = parse_rate(fps) if fps else None
    if csv_file is not None:
        check_file(csv_file, overwrite=session.overwrite)
    check_decision(session.project.layout, task, decision=decision)
    found = each_source(session, sources, fps=rate, root=root)
    if csv_file is not None:
        check_not_a_source(csv_file, [source for _, source in found if not isinstance(source, ReelsiftError)])
    rows, done = _predicted(session, task, found, decision=decision)
    if csv_file is not None and done:
        _write_csv(csv_file, done)
    texts = [_timeline_text(row) for row in rows if row["status"] != "failed"]
    texts += [f"scores in {csv_file}"] if csv_file is not None and done else []
    session.result({"sources": rows}, "\n\n".join(texts))
    session.partly_done(rows)


def _predicted(
    session: Session, task: str, found: Iterable[tuple[str, Source | ReelsiftError]], *, decision: Decision
) -> tuple[list[dict[str, Any]], list[tuple[Source, AnyTimeline]]]:
    """What is told of each source, and the samples of those that could be read; the others do not stop these."""
    from reelsift.project.indexing import known_damage
    from reelsift.project.refining import predict_exactly

    layout = session.project.layout
    rows: list[dict[str, Any]] = []
    done: list[tuple[Source, AnyTimeline]] = []
    for name, source in found:
        try:
            if isinstance(source, ReelsiftError):
                raise source
            timeline, exact = predict_exactly(layout, task, source, decision=decision, on_progress=session.progress)
            done.append((source, timeline))
            damage = _unread(timeline, source) or known_damage(layout, source.source_id)
            rows.append(_timeline_row(timeline, exact, source, damage=damage))
        except ReelsiftError as error:
            row = {"source": name, "frames": 0, "seconds": {}, "segments": [], "status": "failed", "error": str(error)}
            rows.append(row)
        if rows[-1]["error"]:
            session.warn(sentence(rows[-1]))
    return rows, done


def _timeline_row(timeline: AnyTimeline, exact: AnyTimeline, source: Source, *, damage: str) -> dict[str, Any]:
    """What is told of a source: its samples, and seconds and segments as exact as they are known."""
    pictures = {"pictures": _pictures(timeline, source)} if getattr(source, "is_apart", False) else {}
    return {
        "source": timeline.source,
        **pictures,
        "frames": len(timeline),
        "seconds": exact.seconds_by_class() if exact is timeline else _seconds(exact),
        "duration_seconds": timeline.end_seconds - timeline.start_seconds,
        "segments": [
            {"start_seconds": s.start_seconds, "end_seconds": s.end_seconds, "label": s.label, "score": s.score}
            for s in (exact.segments if exact is timeline else exact.shown_segments)
        ],
        "status": "partial" if damage else "predicted",
        "error": damage,
    }


def _seconds(exact: AnyTimeline) -> dict[str, float]:
    seconds = dict.fromkeys(exact.classes, 0.0)
    for segment in exact.shown_segments:
        seconds[segment.label] += segment.end_seconds - segment.start_seconds
    return seconds


def _unread(timeline: AnyTimeline, source: Any) -> str:
    """The pictures that could not be read, by name; empty if there are none."""
    missing = sorted(set(range(len(getattr(source, "pictures", ())))) - set(timeline.frame_indexes.tolist()))
    names = ", ".join(source.picture_name(index) for index in missing[:_NAMED])
    more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
    return f"cannot be read: {names}{more}" if missing else ""


def _pictures(timeline: AnyTimeline, source: Any) -> list[dict[str, Any]]:
    """What each picture of a list shows, where they do not follow each other."""
    rows = zip(timeline.frame_indexes.tolist(), timeline.label_names, timeline.label_scores.tolist(), strict=True)
    return [{"source": source.picture_name(index), "label": label, "score": score} for index, label, score in rows]


def _timeline_text(row: dict[str, Any]) -> str:
    if "pictures" in row:
        return _pictures_text(row)
    total = row["duration_seconds"] or 1.0
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


def _pictures_text(row: dict[str, Any]) -> str:
    counts = Counter(picture["label"] for picture in row["pictures"])
    shares = ", ".join(f"{count} {name} ({count / row['frames'] * 100:.1f} %)" for name, count in counts.most_common())
    lines = [f"{row['source']}: {counted(row['frames'], 'picture')}, each by itself", f"  {shares}"]
    shown = row["pictures"][:20]
    lines += [f"  {picture['source']}  {picture['label']} ({picture['score']:.2f})" for picture in shown]
    if len(shown) < row["frames"]:
        lines.append(f"  ... and {row['frames'] - len(shown)} more: --csv FILE names them all")
    return "\n".join(lines)


def _write_csv(path: Path, done: list[tuple[Source, AnyTimeline]]) -> None:
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
            timeline.label_names,
            timeline.probabilities.tolist(),
            strict=True,
        ):
            name = source.picture_name(index) if isinstance(source, PictureSource) else source.name
            # 9 digits after the point: less than any clock tick, and 1001/30000 reads as what it is.
            writer.writerow([name, index, f"{time:.9f}", label, *(f"{p:.6f}" for p in row)])
    with writing_file(path) as beside:
        beside.write_text(text.getvalue(), encoding="utf-8")
