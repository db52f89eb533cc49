"""Cutting: the kept frames of a film or a folder of pictures, from the original, at full size, exact to the frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from reelsift.actions.cut_film import CutFilm, Origin
from reelsift.actions.cut_pictures import PictureWriter, pictures_of
from reelsift.actions.cut_plan import CutPlan, Stretch, plan_cut
from reelsift.actions.kept_frames import Kept, kept_from_film, kept_from_pictures
from reelsift.errors import OutputError, SpecError
from reelsift.media.codecs import container_for, encoder_options
from reelsift.media.encode import check_film
from reelsift.media.parts import scan_packets
from reelsift.media.reader import FilmReader
from reelsift.media.sources import FilmSource, PictureSource, Source
from reelsift.output import check_file, check_folder, writing_file, writing_folder
from reelsift.specs import CutSpec, PictureSpec
from reelsift.timeline import Timeline

__all__ = ["CutPlan", "CutResult", "CutTarget", "Stretch", "check_cut", "count_kept", "cut", "plan_cut", "write_cut"]

_PICTURES = PictureSpec()

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class CutTarget:
    """Where a cut is written to: a film, a folder of pictures, or both.

    Attributes:
        film: The film; its ending says which kind: mp4, m4v, mov, mkv or webm.
        frames_dir: Folder for the kept frames as pictures; made when missing.
        pictures: How those are written.
        renumber: Whether they are numbered without gaps; else they keep their names: `<stem>_<frame_index>` for frames
            of a film, their own for pictures of a folder, which are copied.
        append: A clip that follows as it is: at its own speed, with its own sound.
        overwrite: Whether what exists is replaced.
    """

    film: Path | None = None
    frames_dir: Path | None = None
    pictures: PictureSpec = _PICTURES
    renumber: bool = False
    append: Path | None = None
    overwrite: bool = False

    def __post_init__(self) -> None:
        if self.film is None and self.frames_dir is None:
            raise SpecError("a cut needs somewhere to go: name a film with -o, or a folder for frames with --frames")


@dataclass(frozen=True)
class CutResult:
    """What was written.

    Attributes:
        source: Path of the source as the user gave it.
        output: The film, or the folder of pictures where no film was asked for.
        frames_dir: The folder of pictures.
        kept_frames: Frames of the source that stayed.
        total_frames: Frames of the source.
        kept_seconds: How long the kept frames are shown in the source.
        segments: The stretches that stayed, on the source's clock, from the first frame to the end of the last.
        appended_frames: Frames of the clip that follows.
        notes: What a user should know: what is damaged, what could not be carried over.
    """

    source: str
    output: Path
    frames_dir: Path | None
    kept_frames: int
    total_frames: int
    kept_seconds: float
    segments: tuple[Stretch, ...]
    appended_frames: int = 0
    notes: tuple[str, ...] = ()


def cut(
    timeline: Timeline,
    *,
    source: Source,
    spec: CutSpec,
    target: CutTarget,
    on_progress: Progress | None = None,
    threads: int = 0,
) -> CutResult:
    """Plans and writes a cut; see `plan_cut` and `write_cut`."""
    return write_cut(
        source, plan=plan_cut(timeline, spec=spec), spec=spec, target=target, on_progress=on_progress, threads=threads
    )


def check_cut(source: Source, *, spec: CutSpec, target: CutTarget) -> None:
    """Makes sure, before any work (a prediction, say), that a cut can be written.

    Raises:
        SpecError: If a setting means nothing, or the name of the film says nothing known.
        OutputExistsError: If an output exists.
        OutputError: If an output cannot be written, or is the source.
    """
    if target.film is not None:
        container_for(target.film, codec=spec.codec)
        encoder_options(spec.codec, quality=spec.quality, preset=spec.preset)
        check_file(target.film, overwrite=target.overwrite, source=source.path)
        if target.append is not None:
            check_file(target.film, overwrite=target.overwrite, source=target.append)
    elif target.append is not None:
        raise SpecError("--append needs a film to follow: name one with -o")
    if target.frames_dir is not None:
        check_folder(target.frames_dir, overwrite=target.overwrite)
        own = {picture.parent for picture in source.pictures} if isinstance(source, PictureSource) else set()
        if target.frames_dir.exists() and any(target.frames_dir.samefile(folder) for folder in own):
            raise OutputError(f"{target.frames_dir}: this is where the pictures come from; name another folder")


def write_cut(
    source: Source,
    *,
    plan: CutPlan,
    spec: CutSpec,
    target: CutTarget,
    on_progress: Progress | None = None,
    threads: int = 0,
) -> CutResult:
    """Writes the frames that `plan` keeps, as a stream: memory does not grow with the length of the film.

    Every frame is shown for as long as in the source (divided by `spec.speed`), in whole units of the source's time
    base: stamps are the running sum of the kept durations and start at 0. Sound goes with its picture to the sample.
    The written film is read again before it gets its name: its number of frames is the number kept. On any error, and
    when interrupted, nothing is left behind.

    Args:
        source: A film, or pictures with their rate.
        plan: From `plan_cut`.
        spec: How the result is written.
        target: Where to.
        on_progress: Called with the frames of the source gone through and their number.
        threads: Decoding threads; 0 takes as many as there are cores.

    Raises:
        SpecError: If a setting means nothing, the crop reaches outside, or no frame is kept.
        MediaError, SourceNotFoundError: If the source or the clip to append cannot be read.
        OutputExistsError: If an output exists.
        OutputError: If it cannot be written, or came out with another number of frames.
    """
    check_cut(source, spec=spec, target=target)
    if not plan.segments and not plan.sample_kept.any():
        raise _nothing(plan)
    with ExitStack() as stack:
        append = stack.enter_context(FilmReader(target.append, threads=threads)) if target.append else None
        stream = stack.enter_context(_open(source, plan=plan, spec=spec, on_progress=on_progress, threads=threads))
        folder = stack.enter_context(_writing_pictures(source, target)) if target.frames_dir else None
        film_path = stack.enter_context(writing_file(target.film)) if target.film else None
        film = CutFilm(film_path, origin=stream.origin, spec=spec, append=append) if film_path else None
        pictures = _picture_writer(folder, source=source, spec=spec, target=target) if folder else None
        tally = _Tally(stream.origin.time_base)
        with film if film is not None else ExitStack():
            for kept in stream.frames():
                tally.add(kept, writers=[writer for writer in (pictures, film) if writer is not None])
            if tally.count == 0:
                raise _nothing(plan)
            appended = film.finish() if film is not None else 0
        if film_path is not None and target.film is not None:
            check_film(film_path, frame_count=tally.count + appended, output=target.film)
        if on_progress is not None:
            on_progress(stream.total_frames, stream.total_frames)
        notes = (*stream.notes(), *(film.notes if film is not None else ()))
    result = tally.result(source, target=target, total_frames=stream.total_frames)
    return replace(result, appended_frames=appended, notes=notes)


def count_kept(source: Source, *, plan: CutPlan) -> int:
    """How many frames stay, without decoding; of damaged films, as their packets have it."""
    if isinstance(source, PictureSource):
        indexes = np.arange(len(source.pictures))
        return int(plan.keeps(indexes, times_seconds=indexes / float(source.fps)).sum())
    if len(plan.frame_indexes) == plan.frame_count:
        return plan.kept_frames
    scan = scan_packets(source.path)
    times = np.array(scan.pts, dtype=np.float64) * float(scan.time_base)
    return int(plan.keeps(np.arange(len(times)), times_seconds=times).sum()) if len(times) else plan.kept_frames


class _Stream:
    """The kept frames of an open source; a context manager."""

    def __init__(self, source: Source, *, plan: CutPlan, on_frame: Callable[[int], None] | None, threads: int) -> None:
        self._source, self._plan, self._on_frame = source, plan, on_frame
        self._problems: list[str] = []
        self._reader = FilmReader(source.path, threads=threads) if isinstance(source, FilmSource) else None
        if self._reader is not None:
            film = self._reader.film
            self.total_frames = plan.frame_count
            sound = film.path if film.audio_streams else None
            self.origin = Origin(film.time_base, film.sample_aspect_ratio, film.average_rate, sound)
        else:
            assert isinstance(source, PictureSource)
            self.total_frames = len(source.pictures)
            self.origin = Origin(1 / source.fps, rate=source.fps, is_pictures=True)

    def __enter__(self) -> _Stream:
        return self

    def __exit__(self, *error: object) -> None:
        if self._reader is not None:
            self._reader.__exit__(None, None, None)

    def check(self, spec: CutSpec) -> None:
        if self._reader is not None and spec.crop is not None:
            spec.crop.check_within(self._reader.film.size)

    def frames(self) -> Iterator[Kept]:
        if self._reader is not None:
            return kept_from_film(self._reader, plan=self._plan, on_frame=self._on_frame)
        assert isinstance(self._source, PictureSource)
        return kept_from_pictures(
            self._source.pictures, fps=self._source.fps, plan=self._plan, on_problem=self._problems.append,
            on_frame=self._on_frame,
        )  # fmt: skip

    def notes(self) -> list[str]:
        reader = self._reader
        if reader is None or not (reader.undecodable or reader.damage):
            return self._problems
        return [f"{self._source.name}: {reader.undecodable or 'some'} frames could not be decoded ({reader.damage})"]


class _Tally:
    """Hands kept frames to those who write them, counts them and joins them to stretches."""

    def __init__(self, time_base: Fraction) -> None:
        self.time_base, self.count, self.units = time_base, 0, 0
        self._spans: list[list[int]] = []

    def add(self, kept: Kept, *, writers: Sequence[CutFilm | PictureWriter]) -> None:
        for writer in writers:
            writer.add(kept)
        start, end = kept.frame.pts, kept.frame.pts + kept.duration
        if self._spans and self._spans[-1][1] == start:
            self._spans[-1][1] = end
        else:
            self._spans.append([start, end])
        self.count += 1
        self.units += kept.duration

    def result(self, source: Source, *, target: CutTarget, total_frames: int) -> CutResult:
        base = self.time_base
        return CutResult(
            source=source.name,
            output=target.film or target.frames_dir or Path(),
            frames_dir=target.frames_dir,
            kept_frames=self.count,
            total_frames=total_frames,
            kept_seconds=float(self.units * base),
            segments=tuple(Stretch(float(start * base), float(end * base)) for start, end in self._spans),
        )


def _open(source: Source, *, plan: CutPlan, spec: CutSpec, on_progress: Progress | None, threads: int) -> _Stream:
    total = len(source.pictures) if isinstance(source, PictureSource) else plan.frame_count

    def on_frame(index: int) -> None:
        if on_progress is not None:
            on_progress(min(index + 1, total), total)

    stream = _Stream(source, plan=plan, on_frame=on_frame, threads=threads)
    try:
        stream.check(spec)
    except BaseException:
        stream.__exit__()
        raise
    return stream


def _writing_pictures(source: Source, target: CutTarget) -> AbstractContextManager[Path]:
    assert target.frames_dir is not None
    replaces = pictures_of(_stem(source), originals=_originals(source)) if target.overwrite else None
    return writing_folder(target.frames_dir, replaces=replaces)


def _picture_writer(folder: Path, *, source: Source, spec: CutSpec, target: CutTarget) -> PictureWriter:
    return PictureWriter(
        folder,
        output=target.frames_dir or folder,
        stem=_stem(source),
        spec=target.pictures,
        crop=spec.crop,
        renumber=target.renumber,
        originals=_originals(source),
    )


def _stem(source: Source) -> str:
    return source.path.stem if source.path.is_file() else source.path.absolute().name


def _originals(source: Source) -> tuple[Path, ...] | None:
    return source.pictures if isinstance(source, PictureSource) else None


def _nothing(plan: CutPlan) -> SpecError:
    kept, known = " or ".join(plan.keep), ", ".join(plan.classes)
    return SpecError(
        f"{plan.source}: no frame is {kept}, so nothing was written; the classes are {known}: "
        "keep another, or set --threshold lower"
    )
