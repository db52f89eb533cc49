"""Writing frames of a film as pictures that remember where they come from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from reelsift.errors import MediaError, OutputError, OutputExistsError
from reelsift.labels import MANIFEST_NAME, ExportedFrame, ManifestEntry, read_manifest, write_manifest
from reelsift.media.ahead import worked_ahead
from reelsift.media.pictures import write_picture
from reelsift.media.probe import missing_end
from reelsift.media.reader import FilmReader, Frame, open_film
from reelsift.media.render import Renderer
from reelsift.media.sampling import Grid, sample
from reelsift.media.sources import FilmSource, fingerprint_file
from reelsift.output import check_folder, writing_folder
from reelsift.project.indexing import Progress, silent
from reelsift.project.layout import Layout, record_of
from reelsift.specs import FrameSpec, PictureSpec, check_crop

__all__ = ["FramesResult", "export_frames"]

_WAITING = 8


@dataclass(frozen=True)
class FramesResult:
    """What was written.

    Attributes:
        pictures: Number of pictures.
        manifest: The table beside them: which picture is which frame.
        problems: What could not be read; empty if nothing.
    """

    source: str
    output: Path
    pictures: int
    manifest: Path
    problems: str


def export_frames(
    layout: Layout,
    source: FilmSource,
    output: Path,
    *,
    frames: FrameSpec,
    pictures: PictureSpec,
    overwrite: bool = False,
    on_progress: Progress = silent,
) -> FramesResult:
    """Writes the sampled frames of a film as `<film>_<frame index>.<format>`, and a manifest.

    The project remembers the pictures by their content too, so that they are known again when they were sorted into
    other folders.

    Raises:
        OutputExistsError: If a picture of the same name exists.
        OutputError: If something cannot be written.
        SpecError: If the crop reaches outside the picture.
    """
    # Pictures of several films may share a folder: only pictures of the same film are in the way.
    if not overwrite and output.is_dir() and any(output.glob(f"{_escaped(source.path.stem)}_[0-9]*.*")):
        raise OutputExistsError(
            f"{output}: holds frames of {source.path.name} already; add --overwrite to replace them"
        )
    check_folder(output, overwrite=True)
    with open_film(source.path) as reader, writing_folder(output) as beside:
        check_crop(frames.crop, size=reader.film.size, name=source.name)
        ends = _Ends()
        chosen = _timed(reader.frames(), frames.sampling.fps, reader.film.time_base, ends)
        try:
            written = list(_write(chosen, beside, source, Renderer(crop=frames.crop), pictures, on_progress))
        except OutputError as error:
            # The hidden folder will be gone when this is read.
            raise OutputError(str(error).replace(str(beside), str(output))) from None
        if not written:
            raise MediaError(f"{source.name}: no frame could be decoded")
        _write_manifest(beside, output, source, written)
        problems = _problems(reader, ends)
    with layout.labels() as store:
        store.remember_frames(layout.settled(record_of(source, source.source_id)), written)
    return FramesResult(source.name, output, len(written), output / MANIFEST_NAME, problems)


def _problems(reader: FilmReader, ends: _Ends) -> str:
    """What of a film that was read to its end could not be read, in words; empty if everything could."""
    cut_off = missing_end(reader.film.duration_seconds, there_seconds=ends.end_seconds - ends.start_seconds)
    if not reader.damage:
        return cut_off
    frames = "1 frame" if reader.undecodable == 1 else f"{reader.undecodable} frames"
    return "; ".join(part for part in (f"{frames} cannot be decoded", cut_off or reader.damage) if part)


def _timed(
    frames: Iterator[Frame], fps: Fraction | None, time_base: Fraction, ends: _Ends
) -> Iterator[tuple[Frame, float]]:
    """The sampled frames, each with the moment it ends."""
    first = next(frames, None)
    if first is None:
        return
    grid = Grid.of(fps, origin_pts=first.pts, time_base=time_base) if fps else None
    for frame in sample(ends.watch(first, frames, float(time_base)), grid=grid):
        yield frame, ends.known[frame.frame_index]


class _Ends:
    """Notes where frames end before it passes them on: where the next one starts; of the last, as it says itself."""

    def __init__(self) -> None:
        self.known: dict[int, float] = {}
        self.start_seconds = self.end_seconds = 0.0

    def watch(self, first: Frame, rest: Iterator[Frame], tick: float) -> Iterator[Frame]:
        self.start_seconds = self.end_seconds = first.time_seconds
        last, gap = first, first.duration
        for frame in rest:
            self._note(last, max(frame.time_seconds, last.time_seconds))
            yield last
            last, gap = frame, max(frame.pts - last.pts, 0)
        self._note(last, last.time_seconds + (last.duration or gap) * tick)
        yield last

    def _note(self, frame: Frame, end: float) -> None:
        self.known[frame.frame_index] = end
        self.end_seconds = max(self.end_seconds, end)
        self.known.pop(frame.frame_index - 2, None)  # sampling chooses between a frame and the one before it


def _write(
    chosen: Iterator[tuple[Frame, float]],
    folder: Path,
    source: FilmSource,
    renderer: Renderer,
    pictures: PictureSpec,
    on_progress: Progress,
) -> Iterator[ExportedFrame]:
    """Writes pictures in a thread beside the decoder; a few frames are in flight at most."""
    source_id = source.source_id

    def save(timed: tuple[Frame, float]) -> ExportedFrame:
        frame, end = timed
        path = folder / f"{source.path.stem}_{frame.frame_index:06d}.{pictures.format}"
        write_picture(path, renderer.rgb(frame), spec=pictures)
        digest = fingerprint_file(path)
        return ExportedFrame(path.name, digest, frame.frame_index, frame.time_seconds, end, source_id)

    for done, written in enumerate(worked_ahead(save, chosen, workers=1, ahead=_WAITING), start=1):
        on_progress(f"{source.name}: frames", done=done, total=0)
        yield written


def _write_manifest(beside: Path, output: Path, source: FilmSource, written: list[ExportedFrame]) -> None:
    """The manifest of the pictures in `output`: those that are there already, and those that join them."""
    there = output / MANIFEST_NAME
    entries = {entry.file: entry for entry in (read_manifest(there) if there.exists() else ())}
    name = os.path.relpath(source.path.absolute(), output.absolute())
    for frame in written:
        entries[frame.name] = ManifestEntry(
            frame.name, name, frame.source_id, frame.frame_index, frame.time_seconds, frame.end_seconds
        )
    write_manifest(beside / MANIFEST_NAME, entries.values())


def _escaped(text: str) -> str:
    return "".join(f"[{letter}]" if letter in "[]*?" else letter for letter in text)
