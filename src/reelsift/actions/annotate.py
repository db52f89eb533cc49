"""Annotating: a film with what tasks say of it drawn over each frame, and otherwise as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from reelsift.actions.annotate_drawing import Drawing
from reelsift.actions.annotate_scores import Scores
from reelsift.actions.annotate_sound import KeptSound
from reelsift.actions.cut_film import Origin
from reelsift.errors import MediaError, ReelsiftError, SpecError
from reelsift.media.ahead import worked_ahead
from reelsift.media.codecs import container_for, encoder_options
from reelsift.media.encode import FilmWriter, VideoSettings, check_film
from reelsift.media.fit import FrameFitter, shape_for, shape_notes
from reelsift.media.overlay import own_picture
from reelsift.media.picture_reader import read_pictures
from reelsift.media.reader import FilmReader, Frame, Orientation
from reelsift.media.sources import FilmSource, PictureSource, Source
from reelsift.multi_timeline import MultiTimeline
from reelsift.output import check_file, writing_file
from reelsift.timeline import Timeline

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

__all__ = ["AnnotateResult", "annotate", "check_annotate"]

USUAL = VideoSettings("h264")

# Transport streams recorded from air start hours late: players of other files would wait for that.
LATEST_START_SECONDS = 60
AHEAD = 3  # frames that are drawn before they are encoded
# Time stamps that step back by more belong to another film, joined on by `cat`.
GLITCH_SECONDS = 1

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class AnnotateResult:
    """What was written.

    Attributes:
        source: Path of the source as the user gave it.
        output: The film.
        frames: Frames in it: all that could be decoded.
        tasks: Names of the tasks that are drawn.
        notes: What a user should know: what is damaged, what could not be carried over.
    """

    source: str
    output: Path
    frames: int
    tasks: tuple[str, ...]
    notes: tuple[str, ...] = ()


def check_annotate(source: Source, *, output: Path, settings: VideoSettings = USUAL, overwrite: bool = False) -> None:
    """Makes sure, before any work (a prediction, say), that an annotated film can be written.

    Raises:
        SpecError: If a setting means nothing, or the name of the film says nothing known.
        OutputExistsError: If the output exists.
        OutputError: If it cannot be written, or is the source.
    """
    container_for(output, codec=settings.codec)
    encoder_options(settings.codec, quality=settings.quality, preset=settings.preset)
    check_file(output, overwrite=overwrite, source=source.path)


def annotate(
    source: Source,
    timelines: Sequence[Timeline | MultiTimeline],
    *,
    output: Path,
    settings: VideoSettings = USUAL,
    overwrite: bool = False,
    on_progress: Progress | None = None,
    threads: int = 0,
) -> AnnotateResult:
    """Writes a film with timelines drawn over it: a panel for each in a corner, and a band for each at the bottom.

    A panel has the classes of a task, those that hold (by the smoothed labels) bright and bold, each with its
    probability as a bar. A band has the colours of the whole timeline; a mark on it moves along. All of it is sized for
    the picture.

    Frames, their number, time stamps and durations, rotation, the shape of pixels and sound are those of the source;
    sound is copied without encoding where the kind of file takes it. Time stamps that do not rise are put right; films
    that start before 0, or more than a minute late, start at 0, which a note says. The written film is read again
    before it gets its name. On any error, and when interrupted, nothing is left behind.

    Args:
        source: A film, or pictures with their rate.
        timelines: Of that source, one for each task; those of `Timeline.from_segments` as well.
        output: Where to; its ending says which kind: mp4, m4v, mov, mkv or webm.
        on_progress: Called with the frames gone through and their number.
        threads: Decoding threads; 0 takes as many as there are cores.

    Raises:
        SpecError: If there is no timeline, or a setting means nothing.
        MediaError, SourceNotFoundError: If the source cannot be read.
        OutputExistsError: If the output exists and `overwrite` is not set.
        OutputError: If it cannot be written, or came out with another number of frames.
    """
    if not timelines:
        raise SpecError("there is nothing to draw: give one timeline at least")
    check_annotate(source, output=output, settings=settings, overwrite=overwrite)
    tasks = [Scores.of(timeline) for timeline in timelines]
    total = timelines[0].parts[0].frame_count if isinstance(timelines[0], MultiTimeline) else timelines[0].frame_count
    with ExitStack() as stack:
        stream = _Stream(source, threads=threads, stack=stack)
        beside = stack.enter_context(writing_file(output))
        film = _Film(beside, output=output, stream=stream, tasks=tasks, settings=settings, stack=stack)
        # Drawn in a thread of its own: the encoder takes most of the time, and leaves the interpreter to it.
        drawn = stack.enter_context(closing(worked_ahead(film.draw, stream.frames(), workers=1, ahead=AHEAD)))
        for count, each in enumerate(drawn, start=1):
            film.add(each)
            if on_progress is not None:
                on_progress(min(count, total), total)
        frames = film.finish()
        check_film(beside, frame_count=frames, output=output)
    notes = tuple(dict.fromkeys([*stream.notes(), *film.notes]))
    return AnnotateResult(source.name, output, frames, tuple(scores.task for scores in tasks), notes)


class _Stream:
    """The frames of a source, and what else there is to know of it."""

    def __init__(self, source: Source, *, threads: int, stack: ExitStack) -> None:
        self._source, self._problems = source, list[str]()
        self._reader: FilmReader | None = None
        if isinstance(source, FilmSource):
            self._reader = stack.enter_context(FilmReader(source.path, threads=threads))
            film = self._reader.film
            sound = film.path if film.audio_streams else None
            self.origin = Origin(film.time_base, film.sample_aspect_ratio, film.average_rate, sound)
        else:
            self.origin = Origin(1 / source.fps, rate=source.fps, is_pictures=True)

    def frames(self) -> Iterator[Frame]:
        if self._reader is not None:
            return self._reader.frames()
        assert isinstance(self._source, PictureSource)
        return self._pictures(self._source)

    def notes(self) -> list[str]:
        reader = self._reader
        if reader is None or not (reader.undecodable or reader.damage):
            return self._problems
        return [f"{self._source.name}: {reader.undecodable or 'some'} frames could not be decoded ({reader.damage})"]

    def _pictures(self, source: PictureSource) -> Iterator[Frame]:
        import av

        for index, pixels in enumerate(read_pictures(source.pictures)):
            if isinstance(pixels, ReelsiftError):
                self._problems.append(f"left out: {pixels}")
                continue
            picture = av.VideoFrame.from_ndarray(pixels, "rgb24")
            yield Frame(index, index, 1, float(index / source.fps), picture, Orientation())


class _Film:
    """The film that is written; opened with its first frame, which says what it looks like.

    Attributes:
        notes: What a user should know about it.
    """

    def __init__(
        self, path: Path, *, output: Path, stream: _Stream, tasks: Sequence[Scores], settings: VideoSettings,
        stack: ExitStack,
    ) -> None:  # fmt: skip
        self.notes: list[str] = []
        self._path, self._output, self._origin, self._tasks = path, output, stream.origin, tasks
        self._settings, self._stack = settings, stack
        self._clock = _Clock(stream.origin.time_base)
        self._open: _Open | None = None
        self._held: _Drawn | None = None

    def draw(self, frame: Frame) -> _Drawn:
        """Draws on the next frame; all frames in their order."""
        pts = self._clock.stamp(frame)
        if self._open is None:
            self._open = self._opened(frame)
        picture = self._open.fitter.fit(frame)
        if picture is frame.picture:
            picture = own_picture(picture)
        self._open.drawing.draw(picture, frame_index=frame.frame_index, time_seconds=frame.time_seconds)
        return _Drawn(picture, pts, frame.duration)

    def add(self, drawn: _Drawn) -> None:
        """Takes the next frame; it is written when the one after it says how long it is shown."""
        if self._held is not None:
            self._write(self._held, duration=drawn.pts - self._held.pts)
        self._held = drawn

    def finish(self) -> int:
        """Completes the file; returns how many frames are in it.

        Raises:
            MediaError: If there was no frame.
        """
        if self._held is None:
            raise MediaError(f"{self._tasks[0].task}: no picture could be read, so nothing was written")
        self._write(self._held, duration=self._held.duration or self._clock.usual)
        assert self._open is not None
        self._open.sound.finish()
        if self._open.fitter.rescaled:
            self.notes.append(f"pictures of another size were scaled to {self._open.fitter.shape.content}")
        self._open.writer.finish()
        self.notes += [*self._open.sound.notes, *self._clock.notes()]
        return self._open.writer.frame_count

    def _write(self, drawn: _Drawn, *, duration: int) -> None:
        assert self._open is not None
        self._open.writer.write(drawn.picture, pts=drawn.pts, duration=duration)
        self._open.sound.until((drawn.pts + duration) * self._origin.time_base)

    def _opened(self, first: Frame) -> _Open:
        settings, origin, enter = self._settings, self._origin, self._stack.enter_context
        container = container_for(self._output, codec=settings.codec)
        shape = shape_for(
            first,
            codec=settings.codec,
            crop=None,
            sample_aspect_ratio=origin.sample_aspect_ratio,
            keep_orientation=container.display_matrix,
            square_pixels=settings.codec not in container.pixel_shape,
        )
        self.notes += shape_notes(first, shape, is_pictures=origin.is_pictures)
        drawing = Drawing(shape, self._tasks)
        self.notes += [f"the pictures have no room for a panel of {task}" for task in drawing.without_panel]
        sound = enter(
            KeptSound(
                origin.sound, output=self._output, container=container, settings=settings,
                shift_seconds=self._clock.shift * origin.time_base,
            )
        )  # fmt: skip
        writer = enter(
            FilmWriter(
                self._path, shape=shape, settings=settings, time_base=origin.time_base, rate=origin.rate,
                sound=sound.encoded, copied=sound.copied.streams if sound.copied else (),
            )
        )  # fmt: skip
        sound.begin(writer)
        return _Open(FrameFitter(shape, sample_aspect_ratio=origin.sample_aspect_ratio), drawing, sound, writer)


@dataclass(frozen=True, eq=False)
class _Drawn:
    """A picture that is drawn on, its time stamp in the written film, and how long the source says it is shown."""

    picture: VideoFrame
    pts: int
    duration: int


@dataclass(frozen=True)
class _Open:
    """What takes part in writing a frame."""

    fitter: FrameFitter
    drawing: Drawing
    sound: KeptSound
    writer: FilmWriter


class _Clock:
    """Time stamps of the written film: those of the source, but rising, and from 0 where they would start elsewhere.

    Attributes:
        shift: What is added to those of the source, in its units.
        usual: The last step between two of them.
    """

    def __init__(self, time_base: Fraction) -> None:
        self.shift, self.usual = 0, 1
        self._time_base = time_base
        self._first: int | None = None
        self._last = 0
        self._mended = 0

    def stamp(self, frame: Frame) -> int:
        """The time stamp of the next frame."""
        if self._first is None:
            self._first = frame.pts
            if frame.pts < 0 or frame.pts * self._time_base > LATEST_START_SECONDS:
                self.shift = -frame.pts
            self._offset = self.shift
            self._last = frame.pts + self._offset
            return self._last
        pts = frame.pts + self._offset
        if pts <= self._last:
            self._mended += 1
            if (self._last - pts) * self._time_base > GLITCH_SECONDS:
                self._offset += self._last + self.usual - pts
                pts = self._last + self.usual
            else:
                pts = self._last + 1  # as early as can be, so that those behind it keep their time
        else:
            self.usual = pts - self._last
        self._last = pts
        return pts

    def notes(self) -> list[str]:
        notes = []
        if self.shift and self._first is not None:
            notes.append(f"the film starts at {float(self._first * self._time_base):g} s; annotated, it starts at 0")
        if self._mended:
            notes.append(f"time stamps that did not rise were put right at {self._mended} frames")
        return notes
