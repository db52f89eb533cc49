"""`screentime`: for how many seconds films show each class."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reelsift.cli.media_commands import SourcesArgument, each_source, parse_rate, sentence
from reelsift.cli.predict_command import TaskArgument
from reelsift.cli.session import Session, command, counted, parsed
from reelsift.errors import ReelsiftError, SpecError

if TYPE_CHECKING:
    from reelsift.actions.screentime import ScreenTime
    from reelsift.actions.screentime_plot import FilmBand
    from reelsift.media.sources import Source

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    app.command()(command(screentime))


def screentime(
    session: Session,
    task: TaskArgument,
    sources: SourcesArgument,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="A row for each film and class, then the totals.", metavar="FILE")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", help="A picture: a band over time for each class. PNG, PDF or SVG.", metavar="FILE"),
    ] = None,
    fps: Annotated[
        str | None, typer.Option("--fps", help="Pictures a second, for folders and CSVs of pictures.")
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option("--root", help="Where paths in a CSV of pictures count from. Default: its folder.", metavar="DIR"),
    ] = None,
) -> None:
    """Say for how many seconds films show each class, each number with a 90 % interval.

    Frames count for as long as they are shown. Seconds are sums of calibrated
    probabilities, whose mix of classes is moved from that of the labels to that
    of the film, as far as the evidence reaches (expectation maximisation:
    Saerens, Latinne, Decaestecker 2002; Alexandari, Kundaje, Shrikumar 2020).
    Intervals come from the model's own errors on labelled frames it had not
    seen, put together to trial films (bootstrap over groups: Rubin 1981).
    """
    from reelsift.project.layout import check_not_a_source
    from reelsift.project.learning import load_model
    from reelsift.project.screentime import check_outputs, total_of, write_outputs

    with parsed("--fps"):
        rate = parse_rate(fps) if fps else None
    try:
        check_outputs(table=csv_file, plot=plot, overwrite=session.overwrite)
    except SpecError as error:
        raise typer.BadParameter(str(error), param_hint="--plot") from None
    layout = session.project.layout
    load_model(layout, task)  # without one, nothing is worth looking at
    found = each_source(session, sources, fps=rate, root=root)
    for path in (csv_file, plot):
        if path is not None:
            check_not_a_source(path, [source for _, source in found if not isinstance(source, ReelsiftError)])
    films, rows = _measured(session, task, found)
    total = total_of(layout, task, films) if films else None
    if total is not None:
        write_outputs(films, total=total, table=csv_file, plot=plot)
    written = [str(path) for path in (csv_file, plot) if path is not None and films]
    session.result(_values(task, rows, total, written), _text([film.time for film in films], total, written))
    session.partly_done(rows)


def _measured(
    session: Session, task: str, found: list[tuple[str, Source | ReelsiftError]]
) -> tuple[list[FilmBand], list[dict[str, Any]]]:
    """The films that could be measured, and a row for each, also for those that could not."""
    from reelsift.project.screentime import measure_source

    films: list[FilmBand] = []
    rows: list[dict[str, Any]] = []
    for name, source in found:
        try:
            if isinstance(source, ReelsiftError):
                raise source
            films.append(measure_source(session.project.layout, task, source, on_progress=session.progress))
            rows.append(_film_row(session, films[-1].time, source_id=source.source_id))
        except ReelsiftError as error:
            rows.append({"source": name, **_NOTHING, "status": "failed", "error": str(error)})
        if rows[-1]["error"]:
            session.warn(sentence(rows[-1]))
    return films, rows


_TEXT_WIDTH = 100
_NOTHING: dict[str, Any] = {
    "frames": 0, "duration_seconds": 0.0, "seconds": {}, "interval": {}, "share": {}, "counted_seconds": {},
}  # fmt: skip


def _film_row(session: Session, time: ScreenTime, *, source_id: str) -> dict[str, Any]:
    from reelsift.project.indexing import known_damage

    damage = known_damage(session.project.layout, source_id)
    return {"source": time.source, **_time_values(time), "status": "partial" if damage else "measured", "error": damage}


def _time_values(time: ScreenTime) -> dict[str, Any]:
    return {
        "frames": time.frames,
        "duration_seconds": time.duration_seconds,
        "seconds": {each.name: each.seconds for each in time.classes},
        "interval": {
            each.name: None if each.interval_seconds is None else list(each.interval_seconds) for each in time.classes
        },
        "share": {each.name: each.share for each in time.classes},
        "counted_seconds": {each.name: each.counted_seconds for each in time.classes},
    }


def _values(task: str, rows: list[dict[str, Any]], total: ScreenTime | None, written: list[str]) -> dict[str, Any]:
    """The JSON: `total` has the seconds alone, what else is known of all films together has `total_` in front."""
    from reelsift.actions.quantify import CONFIDENCE, METHOD

    whole = _time_values(total) if total is not None else _NOTHING
    return {
        "task": task,
        "sources": rows,
        "total": whole["seconds"],
        **{f"total_{key}": value for key, value in whole.items() if key != "seconds"},
        "confidence": CONFIDENCE,
        "method": METHOD,
        "outputs": written,
    }


def _text(films: list[ScreenTime], total: ScreenTime | None, written: list[str]) -> str:
    from reelsift.actions.quantify import METHOD

    if total is None:
        return ""
    blocks = [_time_text(time, time.source) for time in films]
    if len(films) > 1:
        blocks.append(_time_text(total, f"all {len(films)} together"))
    blocks.append(textwrap.fill(f"method: {METHOD}; counted: smoothed labels, not corrected", _TEXT_WIDTH))
    if any(each.interval_seconds is None for film in films for each in film.classes):
        blocks.append(
            "no interval: too few labelled frames were held out to know the model's errors; label more, in more places"
        )
    return "\n\n".join(blocks + ([f"written: {', '.join(written)}"] if written else []))


def _time_text(time: ScreenTime, name: str) -> str:
    from reelsift.actions.quantify import CONFIDENCE
    from reelsift.actions.screentime_plot import clock

    width = max(len("class"), *(len(each.name) for each in time.classes))
    heads = ("seconds", f"{CONFIDENCE * 100:.0f} % interval", "share", "counted")
    lines = [
        f"{name}: {clock(time.duration_seconds)}, {counted(time.frames, 'frame')} looked at",
        "  {:{}} {:>9} {:>19} {:>7} {:>9}".format("class", width, *heads),
    ]
    for each in time.classes:
        interval = "-" if each.interval_seconds is None else "{:.1f} to {:.1f}".format(*each.interval_seconds)
        share, uncorrected = f"{each.share * 100:.1f} %", each.counted_seconds
        lines.append(f"  {each.name:{width}} {each.seconds:9.1f} {interval:>19} {share:>7} {uncorrected:9.1f}")
    return "\n".join(lines)
