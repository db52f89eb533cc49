"""`rate`: which clips can be used, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from reelsift.cli.media_commands import each_source, parse_rate, sentence
from reelsift.cli.session import PARTLY, Session, command, counted, listed, parsed
from reelsift.errors import ReelsiftError
from reelsift.specs import USABLE_CLASS, RateSpec

if TYPE_CHECKING:
    from reelsift.actions.rate import ClipRating
    from reelsift.actions.sort import SortResult
    from reelsift.project.layout import Layout

__all__ = ["add_to"]

_NAME_WIDTH = 36


def add_to(app: typer.Typer) -> None:
    app.command()(command(rate))


def rate(
    session: Session,
    sources: Annotated[
        list[Path] | None, typer.Argument(help="Clips, folders of clips or of pictures.", metavar="SOURCE")
    ] = None,
    task: Annotated[
        list[str] | None,
        typer.Option("--task", help=f"What to ask. Default: {', '.join(USABLE_CLASS)}, which need no labels."),
    ] = None,
    reject: Annotated[
        str | None,
        typer.Option("--reject", help="Condition under which a clip is rejected; see above.", metavar="EXPRESSION"),
    ] = None,
    threshold: Annotated[
        list[str] | None,
        typer.Option("--threshold", help="Probability from which a frame counts as a class.", metavar="TASK.CLASS=P"),
    ] = None,
    sort_into: Annotated[
        Path | None,
        typer.Option("--sort-into", help="Sort the clips into usable/ and rejected/REASON/ here.", metavar="DIR"),
    ] = None,
    by: Annotated[Literal["link", "copy", "move"], typer.Option("--by", help="How clips get there.")] = "link",
    undo: Annotated[
        Path | None, typer.Option("--undo", help="Put back what was sorted into this folder.", metavar="DIR")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="A report: one page, to open anywhere.", metavar="FILE")
    ] = None,
    csv_file: Annotated[Path | None, typer.Option("--csv", help="A row for each clip.", metavar="FILE")] = None,
    fps: Annotated[str | None, typer.Option("--fps", help="Pictures a second, for folders of pictures.")] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", help="Films looked at at once. Default: as many as there are cores.", min=0)
    ] = 0,
) -> None:
    """Say of each clip what share of it is well exposed, sharp and steady, and reject those that cannot be used.

    The default tasks need no labels: exposure (under, good, over), blur
    (sharp, blurred), shake (steady, shaky). A clip is looked at in short
    bursts, not whole.

    --reject takes shares of a clip (task.class) and facts: duration, width,
    height, fps, frames; black, frozen, silent (shares of its time); sound,
    duplicate, near_duplicate, damaged. For example:
    'blur.blurred > 75% or exposure.good < 50% or duration < 2'.
    """
    if undo is not None:
        if sources or sort_into or html or csv_file:
            raise typer.BadParameter("it takes no sources and no outputs: it only puts back", param_hint="--undo")
        _undo(session, undo)
        return
    if not sources:
        raise typer.BadParameter("name at least one clip or folder", param_hint="SOURCE")
    spec = _spec(task, reject, threshold)
    _rate(session, sources, spec, by, jobs, fps, sort_into=sort_into, html=html, table=csv_file)


def _spec(task: list[str] | None, reject: str | None, threshold: list[str] | None) -> RateSpec:
    from reelsift.project.rating import thresholds_by_task

    with parsed("--task"):
        tasks = RateSpec(listed(task) or RateSpec().tasks).tasks
    with parsed("--threshold"):
        return RateSpec(tasks, reject, thresholds_by_task(threshold or [], tasks=tasks))


def _rate(
    session: Session,
    paths: Sequence[Path],
    spec: RateSpec,
    by: Literal["link", "copy", "move"],
    jobs: int,
    fps: str | None,
    *,
    sort_into: Path | None,
    html: Path | None,
    table: Path | None,
) -> None:
    from reelsift.actions.rate import worst_first
    from reelsift.project.rating import Failure, rate_sources
    from reelsift.project.rating_outputs import check_outputs, check_sorting, in_order, sort_ratings, write_outputs

    with parsed("--fps"):
        rate = parse_rate(fps) if fps else None
    layout = session.project.layout
    _check(layout, spec)
    if sort_into is not None:
        check_sorting(layout, sort_into, by=by)
    found = each_source(session, paths, fps=rate)
    readable = [source for _, source in found if not isinstance(source, ReelsiftError)]
    check_outputs(readable, html=html, table=table, overwrite=session.overwrite)
    ratings = rate_sources(
        layout, in_order(readable, into=sort_into), spec=spec, jobs=jobs, on_progress=session.progress
    )
    missing = tuple(Failure(name, str(error)) for name, error in found if isinstance(error, ReelsiftError))
    ratings = replace(ratings, failures=(*missing, *ratings.failures))
    failed = [(failure.source, failure.error) for failure in ratings.failures]
    if ratings.clips:
        write_outputs(layout, ratings, html=html, table=table, overwrite=session.overwrite)
    sorted_clips = sort_ratings(layout, ratings, sort_into, by=by) if sort_into is not None else None
    rows = [_values(clip) for clip in ratings.clips] + [_failed(name, error) for name, error in failed]
    for row in rows:
        if row["error"]:
            session.warn(sentence(row))
    written = [str(path) for path in (html, table) if path is not None and ratings.clips]
    values: dict[str, Any] = {"clips": rows, "reject": ratings.reject, "outputs": written}
    text = _text(worst_first(ratings.clips), ratings.reject)
    if sorted_clips is not None and sort_into is not None:
        values["sorted"] = _sort_values(sorted_clips, sort_into)
        text += f"\n{_sort_text(session, sorted_clips, sort_into)}"
    session.result(values, text + (f"\nwritten: {', '.join(written)}" if written else ""))
    session.partly_done(rows)
    if sorted_clips is not None and sorted_clips.failed:
        session.status = session.status or PARTLY


def _check(layout: Layout, spec: RateSpec) -> None:
    """Turns what cannot be meant into usage errors that name the option."""
    from reelsift.errors import LabelError, SpecError
    from reelsift.project.learning import load_model
    from reelsift.project.rating import check_rating

    for task in spec.tasks:
        try:
            load_model(layout, task)
        except SpecError as error:
            raise typer.BadParameter(str(error), param_hint="--task") from None
    try:
        check_rating(layout, spec)
    except LabelError as error:
        raise typer.BadParameter(str(error), param_hint="--threshold") from None
    except SpecError as error:
        raise typer.BadParameter(str(error), param_hint="--reject") from None


def _values(clip: ClipRating) -> dict[str, Any]:
    return {
        "source": clip.source,
        "scores": {band.task: dict(band.shares) for band in clip.bands},
        "rejected": clip.rejected,
        "reasons": list(clip.reasons),
        "duration_seconds": clip.duration_seconds,
        "frames": clip.frames,
        "looked_at": clip.looked_at,
        "width": clip.width,
        "height": clip.height,
        "fps": clip.fps,
        "sound": clip.has_sound,
        "stretches": [
            {"kind": each.kind, "start_seconds": each.start_seconds, "end_seconds": each.end_seconds}
            for each in clip.stretches
        ],
        "duplicate_of": clip.duplicate_of,
        "near_duplicate_of": clip.near_duplicate_of,
        "worst_seconds": clip.worst_seconds,
        "best_seconds": clip.best_seconds,
        "status": "partial" if clip.damage else "rated",
        "error": clip.damage,
    }


def _failed(name: str, error: str) -> dict[str, Any]:
    return {"source": name, "scores": {}, "rejected": False, "reasons": [], "status": "failed", "error": error}


def _text(clips: Sequence[ClipRating], reject: str) -> str:
    """A table, worst first: a line for each clip, and one more where there is something to say of it."""
    if not clips:
        return ""
    width = min(_NAME_WIDTH, max(len(clip.source) for clip in clips))
    classes = [(band.task, name) for band in clips[0].bands for name in band.shares]
    tasks = dict.fromkeys(task for task, _ in classes)
    cells = {(task, name): max(len(name), 7) for task, name in classes}
    spans = [sum(cells[key] + 1 for key in classes if key[0] == task) for task in tasks]
    heads = "".join(f" {task:<{span}}" for task, span in zip(tasks, spans, strict=True))
    names = "".join(
        ("  " if place and classes[place - 1][0] != key[0] else " ") + f"{key[1]:>{cells[key]}}"
        for place, key in enumerate(classes)
    )
    lines = [f"{'':{width}} {'':>7} {heads}".rstrip(), f"{'clip':{width}} {'length':>7}{names}"]
    for clip in clips:
        lines += _clip_lines(clip, classes, cells, width)
    rejected = sum(clip.rejected for clip in clips)
    return "\n".join([*lines, "", f"{counted(len(clips), 'clip')}, {rejected} rejected: {reject}"])


def _clip_lines(
    clip: ClipRating, classes: Sequence[tuple[str, str]], cells: dict[tuple[str, str], int], width: int
) -> list[str]:
    from reelsift.actions.screentime_plot import clock

    shares = {(band.task, name): share for band in clip.bands for name, share in band.shares.items()}
    numbers = "".join(
        ("  " if place and classes[place - 1][0] != key[0] else " ") + f"{_percent(shares.get(key)):>{cells[key]}}"
        for place, key in enumerate(classes)
    )
    name = clip.source if len(clip.source) <= width else f"…{clip.source[1 - width :]}"
    verdict = "rejected" if clip.rejected else "usable"
    lines = [f"{name:{width}} {clock(clip.duration_seconds):>7}{numbers}  {verdict}"]
    if clip.rejected:
        lines.append(f"  because {'; '.join(clip.reasons)}")
    notes = [
        f"{each.kind} from {clock(each.start_seconds - clip.start_seconds, parts_of_seconds=True)}"
        f" to {clock(each.end_seconds - clip.start_seconds, parts_of_seconds=True)}"
        for each in clip.stretches
    ]
    notes += [f"near duplicate of {clip.near_duplicate_of}"] if clip.near_duplicate_of else []
    notes += [f"same content as {clip.duplicate_of}"] if clip.duplicate_of else []
    return [*lines, f"  {'; '.join(notes)}"] if notes else lines


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f} %"


def _sort_values(done: SortResult, into: Path) -> dict[str, Any]:
    return {
        "folder": str(into),
        "placed": [{"source": str(each.path), "place": str(each.place)} for each in done.placed],
        "kept": [{"source": str(each.path), "place": str(each.place)} for each in done.kept],
        "failed": [{"source": str(each.path), "error": each.reason} for each in done.failed],
    }


def _sort_text(session: Session, done: SortResult, into: Path) -> str:
    for each in done.failed:
        session.warn(f"reelsift: {each.path}: not sorted: {each.reason}")
    there = f", {counted(len(done.kept), 'clip')} there already" if done.kept else ""
    return f"sorted into {into}: {counted(len(done.placed), 'clip')}{there}; reelsift rate --undo {into} puts all back"


def _undo(session: Session, folder: Path) -> None:
    from reelsift.project.rating_outputs import undo_sorting

    done = undo_sorting(session.project.layout, folder)
    for each in done.left:
        session.warn(f"reelsift: {each.path}: left alone: {each.reason}")
    values = {
        "clips": [],
        "restored": [{"place": str(each.path), "source": str(each.place)} for each in done.restored],
        "left": [{"place": str(each.path), "error": each.reason} for each in done.left],
    }
    session.result(values, f"{folder}: {counted(len(done.restored), 'clip')} put back")
    session.partly(failed=len(done.left), of=len(done.left) + len(done.restored))
