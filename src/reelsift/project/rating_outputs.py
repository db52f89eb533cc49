"""What becomes of ratings: a report, a table, clips sorted into folders."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np

from reelsift.actions.rate import ClipRating, write_ratings
from reelsift.actions.rate_report import ReportClip, ReportPicture, write_report
from reelsift.actions.sort import SortItem, SortResult, folder_name, sort_clips
from reelsift.errors import OutputError
from reelsift.output import check_file
from reelsift.project.indexing import THUMBNAIL, for_source, indexed_views
from reelsift.project.layout import Layout
from reelsift.project.rating import BURSTS, Ratings
from reelsift.specs import FrameSpec, IndexSpec

__all__ = ["check_outputs", "folder_of", "sort_ratings", "write_outputs"]

_STRIP = 10


def check_outputs(*, html: Path | None, table: Path | None, overwrite: bool) -> None:
    """Makes sure, before any work, that what is asked for can be written.

    Raises:
        OutputError: If one cannot be written, or both are the same file.
        OutputExistsError: If one is there and may not be replaced.
    """
    for path in (html, table):
        if path is not None:
            check_file(path, overwrite=overwrite)
    if html is not None and table is not None and html.absolute() == table.absolute():
        raise OutputError(f"{html}: this is the table; give the report another name")


def write_outputs(layout: Layout, ratings: Ratings, *, html: Path | None, table: Path | None, overwrite: bool) -> None:
    """Writes the report and the table, where there are names for them.

    Raises:
        OutputError: If one cannot be written.
    """
    if table is not None:
        write_ratings(table, ratings.clips)
    if html is not None:
        write_report(
            html, _ReportClips(layout, ratings), reject=ratings.reject, overwrite=overwrite, title=_title(ratings)
        )


def _title(ratings: Ratings) -> str:
    """The folder that all clips are in."""
    folders = {clip.path.absolute().parent for clip in ratings.clips}
    return Path(os.path.commonpath(folders)).name or "Clips" if folders else "Clips"


def sort_ratings(ratings: Ratings, into: Path, *, by: Literal["link", "copy", "move"]) -> SortResult:
    """Sorts clips into `usable/` and `rejected/<reason>/`, by the first reason of several.

    Raises:
        OutputError: If the folder cannot be written to.
    """
    return sort_clips([SortItem(clip.path, folder_of(clip)) for clip in ratings.clips], into, by=by)


def folder_of(clip: ClipRating) -> str:
    """Where a clip is sorted to, below the folder: `usable`, `rejected/blur.blurred`."""
    if not clip.rejected:
        return "usable"
    return f"rejected/{folder_name(clip.folders[0])}"


class _ReportClips(Sequence[ReportClip]):
    """The clips of a report, whose pictures are read when asked for: thousands of them need not be in memory."""

    def __init__(self, layout: Layout, ratings: Ratings) -> None:
        self._layout, self._ratings = layout, ratings

    def __len__(self) -> int:
        return len(self._ratings.clips)

    def __iter__(self) -> Iterator[ReportClip]:
        return (self[number] for number in range(len(self)))

    @overload
    def __getitem__(self, number: int) -> ReportClip: ...

    @overload
    def __getitem__(self, number: slice) -> Sequence[ReportClip]: ...

    def __getitem__(self, number: int | slice) -> Any:
        if isinstance(number, slice):
            return [self[each] for each in range(*number.indices(len(self)))]
        clip, source = self._ratings.clips[number], self._ratings.sources[number]
        spec = for_source(IndexSpec(FrameSpec(BURSTS)), source)
        index = indexed_views(self._layout, source, spec=spec, views=(THUMBNAIL,))
        times = index.times_seconds
        spread = np.unique(np.linspace(0, len(times) - 1, min(_STRIP, len(times))).round().astype(int)).tolist()
        moments = [clip.worst_seconds, clip.best_seconds]
        special = [None if moment is None else int(np.abs(times - moment).argmin()) for moment in moments]
        pictures = {
            row: ReportPicture(float(times[row]), index.views[THUMBNAIL][row])
            for row in (*spread, *special)
            if row is not None
        }
        worst, best = (None if row is None else pictures[row] for row in special)
        return ReportClip(clip, tuple(pictures[row] for row in spread), worst, best)
