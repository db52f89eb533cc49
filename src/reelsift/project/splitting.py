"""Splitting a film into clips that remember where they come from; goes on where an earlier run was stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reelsift.actions.split import FilmSplitter
from reelsift.errors import OutputExistsError
from reelsift.labels import CLIPS_NAME, ClipEntry, ExportedFrame, is_clip_table
from reelsift.media.codecs import encoder_options
from reelsift.media.sources import FilmSource
from reelsift.output import check_file, check_folder
from reelsift.project.indexing import Progress, silent
from reelsift.project.layout import Layout, record_of
from reelsift.project.split_journal import ClipNames, SplitJournal
from reelsift.specs import SplitSpec

__all__ = ["SplitResult", "split_source"]

_FEWEST_DIGITS = 4


@dataclass(frozen=True)
class SplitResult:
    """What was written.

    Attributes:
        source: The film, as the user gave it.
        output: The folder of the clips.
        table: The table beside them: which clip is which stretch of the film.
        clips: All clips of the film, in order, also those of the earlier run that this one went on from.
        resumed: How many of them were there already.
        notes: What a user should know about them.
        problems: What could not be read; empty if nothing.
    """

    source: str
    output: Path
    table: Path
    clips: tuple[ClipEntry, ...]
    resumed: int
    notes: tuple[str, ...]
    problems: str


def split_source(
    layout: Layout,
    source: FilmSource,
    output: Path,
    *,
    spec: SplitSpec,
    overwrite: bool = False,
    on_progress: Progress = silent,
) -> SplitResult:
    """Writes a film as equal clips `<film>_0001.mp4`, ..., and `clips.csv` beside them.

    A run that was stopped leaves its whole clips, and the same call goes on behind them. Clips of several films may
    share a folder. The project remembers the clips by their content, so that they are known again when they were sorted
    into other folders.

    Raises:
        OutputExistsError: If the folder holds clips of this film, or of another of the same name.
        OutputError: If something cannot be written.
        MediaError: If no frame can be decoded.
    """
    encoder_options(spec.codec, quality=spec.quality, preset=spec.preset)
    check_folder(output, overwrite=True)
    _check_table(output / CLIPS_NAME, overwrite=overwrite)
    splitter = FilmSplitter(source, spec=spec)
    digits = max(_FEWEST_DIGITS, len(str(splitter.clip_count)))
    names = ClipNames.of(source, folder=output, digits=digits)
    journal = SplitJournal.opened(source, names, spec=spec, overwrite=overwrite)
    resumed = len(journal.entries)
    if output.exists():
        check_file(names(resumed), overwrite=True)  # sweeps away what a killed run left half-written

    def report(done: int, total: int) -> None:
        on_progress(f"{source.name}: splitting", done=done, total=total)

    for clip in splitter.clips(names, first=resumed, place=journal.place, on_frame=report):
        journal.add(clip, notes=splitter.notes)
    clips = journal.finish()
    _remember(layout, source, clips)
    notes = dict.fromkeys((*journal.notes, *splitter.notes))
    problems = splitter.damage or journal.problems
    return SplitResult(source.name, output, output / CLIPS_NAME, clips, resumed, tuple(notes), problems)


def _check_table(table: Path, *, overwrite: bool) -> None:
    """Raises:
    OutputExistsError: If somebody else's table would be replaced.
    """
    if table.exists() and not overwrite and not is_clip_table(table):
        raise OutputExistsError(f"{table}: exists already, and is no table of clips; name another folder")


def _remember(layout: Layout, source: FilmSource, clips: Sequence[ClipEntry]) -> None:
    known = [
        ExportedFrame(clip.file, clip.clip_id, clip.first_frame, clip.start_seconds, clip.end_seconds, clip.source_id)
        for clip in clips
        if clip.source_id
    ]
    if known:
        with layout.labels() as store:
            store.remember_frames(layout.settled(record_of(source, source.source_id)), known)
