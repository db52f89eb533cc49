"""What becomes of a selection: pictures with their tables, a contact sheet, a map, and figures."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reelsift.actions.selection import ChosenFrame, Written
from reelsift.actions.selection_map import MapFrames, draw_map
from reelsift.actions.selection_sheet import selection_sheet
from reelsift.actions.write_selection import all_frames_bytes, write_selection
from reelsift.distances import DistanceStatistics
from reelsift.errors import MediaError
from reelsift.media.pictures import write_picture
from reelsift.media.sources import PictureSource
from reelsift.output import check_folder
from reelsift.project.indexing import Progress, silent
from reelsift.project.selecting import Selection
from reelsift.specs import PictureSpec

__all__ = ["MAP", "SHEET", "STATISTICS", "SelectionFiles", "check_output", "plain_values", "write_files"]

SHEET, MAP, STATISTICS = "sheet.jpg", "map.png", "statistics.json"
_ON_SHEET = 200

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class SelectionFiles:
    """What was written.

    Attributes:
        rows: For each chosen frame its source, index, time and file.
        storage: Bytes of the films, of all their frames as pictures (`None`: not measured), of the chosen.
        outputs: The files, by their paths from the current folder.
        problems: Frames that could not be read again, a line each.
    """

    rows: list[dict[str, Any]]
    storage: dict[str, Any]
    outputs: list[str]
    problems: tuple[str, ...]


def check_output(output: Path, *, overwrite: bool) -> None:
    """Makes sure, before any work, that pictures can be written into a folder.

    Raises:
        OutputExistsError: If there is something in it and it may not be replaced.
        OutputError: If it cannot be written to.
    """
    check_folder(output, overwrite=overwrite)


def write_files(
    selection: Selection,
    output: Path,
    *,
    pictures: PictureSpec,
    compare: bool = False,
    overwrite: bool = False,
    on_progress: Progress = silent,
) -> SelectionFiles:
    """Writes the chosen frames into a folder, which is there whole or not at all.

    Args:
        compare: Whether it is measured what all frames would take as pictures.

    Raises:
        OutputExistsError: If there is something in the folder and it may not be replaced.
        OutputError: If something cannot be written.
        MediaError: If not a single frame can be read.
    """
    frames = selection.frames
    shown: dict[ChosenFrame, Picture] = {}
    storage: dict[str, Any] = {}

    def keep(frame: ChosenFrame, picture: Picture) -> None:
        if len(shown) < _ON_SHEET or frame in first:
            shown[frame] = picture

    def also(folder: Path, written: Sequence[Written]) -> None:
        there = [frame for frame in frames if frame in shown][:_ON_SHEET]
        films = [source.name for source in selection.pool.sources]
        sheet = selection_sheet(there, [shown[frame] for frame in there], films=films, total=len(frames))
        write_picture(folder / SHEET, sheet, spec=PictureSpec("jpg", 88))
        rows = dict(zip(frames, selection.rows.tolist(), strict=True))
        by_row = {rows[frame]: shown[frame] for frame in there}
        draw_map(folder / MAP, _map_frames(selection), selection.rows, pictures=by_row)
        storage.update(_storage(selection, written, compare=compare))
        figures = {"statistics": {name: plain_values(each) for name, each in selection.statistics.items()}}
        text = json.dumps({**figures, "storage": storage, "left_out": selection.pool.left_out}, indent=1)
        (folder / STATISTICS).write_text(text + "\n", encoding="utf-8")

    first = set(frames[:_ON_SHEET])
    written = write_selection(
        frames, output, pictures=pictures, overwrite=overwrite, on_picture=keep, also=also,
        on_progress=lambda done, total: on_progress("writing frames", done=done, total=total),
    )  # fmt: skip
    rows = [_row(each, output, int(stretch)) for each, stretch in zip(written, selection.stretches, strict=True)]
    others = ("selection.csv", "coco.json", SHEET, MAP, STATISTICS)
    return SelectionFiles(
        [row for row in rows if row["file"]],
        storage,
        [str(output / name) for name in others],
        tuple(each.problem for each in written if each.problem),
    )


def plain_values(statistics: DistanceStatistics) -> dict[str, Any]:
    """Statistics as JSON can hold them: what is not known, because there is no pair, is `None`."""
    values = asdict(statistics)
    return {name: None if isinstance(each, float) and math.isnan(each) else each for name, each in values.items()}


def _map_frames(selection: Selection) -> MapFrames:
    pool = selection.pool
    times = pool.times_seconds - pool.start_seconds[pool.source_numbers]
    return MapFrames(pool.embeddings, [source.name for source in pool.sources], pool.source_numbers, times)


def _row(written: Written, output: Path, stretch: int) -> dict[str, Any]:
    frame = written.frame
    return {
        "source": frame.source,
        "frame_index": frame.frame_index,
        "time_seconds": frame.time_seconds,
        "file": str(output / written.file) if written.file else "",
        "stretch": stretch,
    }


def _storage(selection: Selection, written: Sequence[Written], *, compare: bool) -> dict[str, int | None]:
    pool = selection.pool
    films = sum(sum(path.stat().st_size for path in _files(source)) for source in pool.sources)
    storage: dict[str, int | None] = {
        "video_bytes": films,
        "all_frames_png_bytes": None,
        "all_frames_jpg_bytes": None,
        "selected_bytes": sum(each.bytes for each in written),
        "measured_frames": 0,
    }
    if not compare:
        return storage
    png = jpg = measured = 0
    for source, count in zip(pool.sources, pool.frame_counts.tolist(), strict=True):
        try:
            pictures = source.pictures if isinstance(source, PictureSource) else None
            found = all_frames_bytes(source.path, count, pictures=pictures)
        except MediaError:
            continue  # what cannot be read now takes nothing
        png, jpg, measured = png + found.png, jpg + found.jpg, measured + found.sampled
    return {**storage, "all_frames_png_bytes": png, "all_frames_jpg_bytes": jpg, "measured_frames": measured}


def _files(source: Any) -> Sequence[Path]:
    return source.pictures if isinstance(source, PictureSource) else (source.path,)
