"""Measuring screen time: from sources and a trained task to seconds with intervals, a table and a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reelsift.actions.screentime import ScreenTime, screen_time, total_screen_time, write_screen_times
from reelsift.actions.screentime_plot import FilmBand, check_plot, plot_screen_times
from reelsift.errors import OutputError
from reelsift.held_out import HeldOut
from reelsift.media.sources import Source
from reelsift.models.model import MultiModel
from reelsift.output import check_file
from reelsift.project.indexing import Progress, silent
from reelsift.project.layout import Layout
from reelsift.project.learning import load_model
from reelsift.project.predicting import predict_source

__all__ = ["ScreenTimes", "check_outputs", "measure_source", "measure_sources", "total_of", "write_outputs"]


@dataclass(frozen=True)
class ScreenTimes:
    """The screen time of each class in each of several films, and in all of them together."""

    films: tuple[ScreenTime, ...]
    total: ScreenTime


def check_outputs(*, table: Path | None, plot: Path | None, overwrite: bool) -> None:
    """Makes sure, before any work, that what is asked for can be written.

    Raises:
        SpecError: If the plot is of no known format.
        OutputError: If one cannot be written, or both are the same file.
        OutputExistsError: If one is there and may not be replaced.
    """
    if table is not None:
        check_file(table, overwrite=overwrite)
    if plot is not None:
        check_plot(plot, overwrite=overwrite)
    if table is not None and plot is not None and table.absolute() == plot.absolute():
        raise OutputError(f"{plot}: this is the table; give the plot another name")


def measure_source(layout: Layout, task: str, source: Source, *, on_progress: Progress = silent) -> FilmBand:
    """Measures one source; predicts where its timeline is missing or stale.

    Raises:
        ModelError: If the task has no model.
        ReelsiftError: If the source cannot be read.
    """
    held_out = _held_out(layout, task)
    timeline = predict_source(layout, task, source, on_progress=on_progress)
    return FilmBand(screen_time(timeline, held_out=held_out), timeline)


def measure_sources(
    layout: Layout,
    task: str,
    sources: Sequence[Source],
    *,
    table: Path | None = None,
    plot: Path | None = None,
    overwrite: bool = False,
    on_progress: Progress = silent,
) -> ScreenTimes:
    """Measures sources, all of them or none, and writes what is asked for.

    Raises:
        OutputExistsError: If an output exists; found out before any work.
        ReelsiftError: As `check_outputs` and `measure_source`.
    """
    check_outputs(table=table, plot=plot, overwrite=overwrite)
    films = [measure_source(layout, task, source, on_progress=on_progress) for source in sources]
    total = total_of(layout, task, films)
    write_outputs(films, total=total, table=table, plot=plot)
    return ScreenTimes(tuple(film.time for film in films), total)


def total_of(layout: Layout, task: str, films: Sequence[FilmBand]) -> ScreenTime:
    """The screen time in several measured films together.

    Raises:
        SpecError: If there is none.
    """
    return total_screen_time([film.time for film in films], held_out=_held_out(layout, task))


def write_outputs(films: Sequence[FilmBand], *, total: ScreenTime, table: Path | None, plot: Path | None) -> None:
    """Writes the table and draws the plot, where there are names for them.

    Raises:
        OutputError: If one cannot be written.
    """
    if table is not None:
        write_screen_times(table, [film.time for film in films], total=total)
    if plot is not None:
        plot_screen_times(plot, films, total=total)


def _held_out(layout: Layout, task: str) -> tuple[HeldOut, ...]:
    """What the model of a task said of frames it had not seen: for each yes-or-no question it asks, or for the one."""
    model, _ = load_model(layout, task)
    return tuple(each.held_out for each in (model.models if isinstance(model, MultiModel) else (model,)))
