"""What becomes of ratings: a report, a table, clips sorted into folders."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np

from reelsift.actions.rate import ClipRating, write_ratings
from reelsift.actions.rate_report import ReportClip, ReportPicture, write_report
from reelsift.actions.sort import (
    SortItem,
    SortResult,
    UndoResult,
    Unplaced,
    check_sort,
    doubled,
    folder_name,
    sort_clips,
    undo_sort,
)
from reelsift.errors import OutputError
from reelsift.media.sources import FilmSource, PictureSource, Source
from reelsift.output import check_file
from reelsift.project.indexing import THUMBNAIL, for_source, indexed_views
from reelsift.project.layout import Layout, check_not_a_source
from reelsift.project.rating import BURSTS, Ratings
from reelsift.specs import FrameSpec, IndexSpec

__all__ = [
    "check_outputs",
    "check_sorting",
    "folder_of",
    "in_order",
    "sort_ratings",
    "undo_sorting",
    "write_outputs",
]

_STRIP = 10


def check_outputs(sources: Sequence[Source], *, html: Path | None, table: Path | None, overwrite: bool) -> None:
    """Makes sure, before any work, that what is asked for can be written.

    Args:
        sources: What is rated, none of which an output may be.

    Raises:
        OutputError: If one cannot be written, both are the same file, or one is a source.
        OutputExistsError: If one is there and may not be replaced.
    """
    for path in (html, table):
        if path is not None:
            check_not_a_source(path, sources)
            check_file(path, overwrite=overwrite)
    if html is not None and table is not None and html.absolute() == table.absolute():
        raise OutputError(f"{html}: this is the table; give the report another name")


def write_outputs(layout: Layout, ratings: Ratings, *, html: Path | None, table: Path | None, overwrite: bool) -> None:
    """Writes the report and the table, where there are names for them.

    Raises:
        OutputError: If one cannot be written.
    """
    if table is not None:
        write_ratings(table, ratings.clips, failures=[(each.source, each.error) for each in ratings.failures])
    if html is not None and ratings.clips:
        write_report(
            html, _ReportClips(layout, ratings), reject=ratings.reject, overwrite=overwrite, title=_title(ratings)
        )


def _title(ratings: Ratings) -> str:
    """The folder that all clips are in."""
    folders = {clip.path.absolute().parent for clip in ratings.clips}
    return Path(os.path.commonpath(folders)).name or "Clips" if folders else "Clips"


def check_sorting(layout: Layout, into: Path, *, by: Literal["link", "copy", "move"]) -> None:
    """Makes sure, before any work, that clips can be sorted into a folder.

    Raises:
        OutputError: If they cannot, or it lies in the folder of the project.
    """
    if into.resolve().is_relative_to(layout.folder.resolve()):
        raise OutputError(f"{into}: this is in the folder of the project, which is no place for clips; name another")
    check_sort(into, by=by)


def in_order(sources: Sequence[Source], *, into: Path | None) -> list[Source]:
    """The sources that are clips of their own, those first that count as the originals of others.

    Links and copies that sorting made are left out, and so are links to others of the sources. What was rejected before
    comes last, so that of two of the same content the same one stays usable.
    """
    ours = doubled(source.path for source in sources)
    files = {source.path.resolve() for source in sources if not source.path.is_symlink()}
    kept: dict[Path, Source] = {}
    for source in sources:
        linked = source.path.is_symlink() and source.path.resolve() in files
        if source.path not in ours and not linked:
            kept.setdefault(source.path if not source.path.is_symlink() else source.path.resolve(), source)
    rejected = into.resolve() / "rejected" if into is not None else None
    return sorted(kept.values(), key=lambda source: rejected in source.path.absolute().parents)


def sort_ratings(layout: Layout, ratings: Ratings, into: Path, *, by: Literal["link", "copy", "move"]) -> SortResult:
    """Sorts clips into `usable/` and `rejected/<reason>/`, by the first reason of several; the project knows where
    those are that were moved.

    Raises:
        OutputError: If the folder cannot be written to.
    """
    pairs = list(zip(ratings.clips, ratings.sources, strict=True))
    listed = [clip for clip, source in pairs if isinstance(source, PictureSource) and source.is_listed]
    items = [SortItem(clip.path, folder_of(clip)) for clip in ratings.clips if clip not in listed]
    done = sort_clips(items, into, by=by)
    refused = [Unplaced(clip.path, "a list of pictures is no clip, and stays where it is") for clip in listed]
    if by == "move":
        ids = {clip.path: clip.source_id for clip in ratings.clips}
        _remember(layout, {each.place: ids[each.path] for each in done.placed})
    return replace(done, failed=(*done.failed, *refused))


def undo_sorting(layout: Layout, into: Path) -> UndoResult:
    """Puts everything back that was sorted into a folder; the project knows where it is then.

    Raises:
        SourceNotFoundError, OutputError: As `undo_sort`.
    """
    done = undo_sort(into)
    if layout.exists():
        places = [each.place for each in done.restored if each.place.is_file()]
        _remember(layout, {place: FilmSource(place, str(place)).source_id for place in places})
    return done


def _remember(layout: Layout, places: Mapping[Path, str]) -> None:
    with layout.labels() as labels:
        known = labels.sources()
        for place, source_id in places.items():
            if source_id in known:
                labels.remember_source(layout.settled(replace(known[source_id], path=str(place))))


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
