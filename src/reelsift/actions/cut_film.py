"""Writing the film of a cut: kept frames end to end, their sound beside them, and perhaps a last clip."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType

from reelsift.actions.kept_frames import Kept, timed
from reelsift.media.audio import SoundJoiner, SoundReader, probe_sound
from reelsift.media.codecs import container_for
from reelsift.media.encode import FilmWriter, SoundFormat, VideoSettings, sound_format, time_base_for
from reelsift.media.fit import FrameFitter, shape_for, shape_notes
from reelsift.media.reader import FilmReader, Frame
from reelsift.specs import CutSpec

__all__ = ["CutFilm", "Origin"]


@dataclass(frozen=True)
class Origin:
    """What a cut has to know of its source beside the frames.

    Attributes:
        time_base: Unit of time stamps and durations of its frames, in seconds.
        sample_aspect_ratio: Width over height of one upright pixel.
        rate: About how many frames a second it has.
        sound: File with its sound; `None` where there is none.
        is_pictures: Whether it is a folder of pictures, whose RGB nobody expects in a film.
    """

    time_base: Fraction
    sample_aspect_ratio: Fraction = Fraction(1)
    rate: Fraction | None = None
    sound: Path | None = None
    is_pictures: bool = False


class CutFilm:
    """A film that is cut together; a context manager. `add` every frame, perhaps `append`, then `finish`.

    Attributes:
        notes: What a user should know about the result.
        frame_count: Frames in it so far.
    """

    def __init__(
        self,
        path: Path,
        *,
        origin: Origin,
        spec: CutSpec,
        append: FilmReader | None = None,
        sound: SoundReader | None = None,
    ) -> None:
        """Prepares to write to `path`; the file is opened with the first frame, which says what it looks like.

        Args:
            origin: Where the frames come from.
            spec: How they are written.
            append: A clip that follows.
            sound: The origin's sound, already open: of several films that follow each other, each reads on where the
                one before ended. Else the film opens it by itself.
        """
        self.notes: list[str] = []
        self._path, self._origin, self._spec, self._append = path, origin, spec, append
        self._shared = sound
        self._stack = ExitStack()
        bases = [origin.time_base / spec.speed] + ([append.film.time_base] if append else [])
        self._time_base = time_base_for(*bases)
        self._units = 0  # kept so far, in units of the source's time base
        self._sound = self._sound_format()
        self._writer: FilmWriter | None = None
        self._fitter: FrameFitter | None = None
        self._joiner: SoundJoiner | None = None
        self._reader: SoundReader | None = None

    def __enter__(self) -> CutFilm:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    @property
    def frame_count(self) -> int:
        return self._writer.frame_count if self._writer else 0

    @property
    def duration_seconds(self) -> Fraction:
        """How long what was added so far plays."""
        return self._units * self._origin.time_base / self._spec.speed

    def add(self, kept: Kept) -> None:
        """Puts a frame of the source behind the last one, with its sound."""
        if self._writer is None:
            self._open(kept.frame)
        assert self._writer is not None and self._fitter is not None
        begin, tick = self.duration_seconds, self._time_base
        self._units += kept.duration
        # Whole numbers already, but where an appended clip has a time base that fits none (see `time_base_for`).
        pts, end = round(begin / tick), round(self.duration_seconds / tick)
        self._writer.write(self._fitter.fit(kept.frame), pts=pts, duration=end - pts)
        if self._joiner is not None:
            start, base = kept.frame.pts, self._origin.time_base
            self._joiner.keep(start * base, (start + kept.duration) * base)

    def finish(self) -> int:
        """Appends the last clip, if there is one, and completes the file.

        Returns:
            Number of frames of the last clip.
        """
        assert self._writer is not None
        self._finish_sound(self._joiner, self._reader)
        appended = self._add_clip(self._append) if self._append else 0
        if self._fitter is not None and self._fitter.rescaled:
            self.notes.append(f"pictures of another size were scaled to {self._fitter.shape.content}")
        self._writer.finish()
        return appended

    def _open(self, first: Frame) -> None:
        spec, origin = self._spec, self._origin
        container = container_for(self._path, codec=spec.codec)
        shape = shape_for(
            first,
            codec=spec.codec,
            crop=spec.crop,
            sample_aspect_ratio=origin.sample_aspect_ratio,
            # A clip that stands upright cannot follow pictures that a player turns.
            keep_orientation=container.display_matrix and self._append is None,
            square_pixels=spec.codec not in container.pixel_shape,
        )
        self.notes += shape_notes(first, shape, is_pictures=origin.is_pictures)
        self._fitter = FrameFitter(shape, crop=spec.crop, sample_aspect_ratio=origin.sample_aspect_ratio)
        self._writer = self._stack.enter_context(
            FilmWriter(
                self._path,
                shape=shape,
                settings=VideoSettings(spec.codec, spec.quality, spec.preset),
                time_base=self._time_base,
                rate=origin.rate * spec.speed if origin.rate else None,
                sound=self._sound,
            )
        )
        if self._sound is not None:
            self._reader = self._shared or self._open_sound(origin.sound)
            self._joiner = SoundJoiner(
                self._reader, sound=self._sound, write=self._writer.write_sound, speed=spec.speed
            )

    def _add_clip(self, clip: FilmReader) -> int:
        assert self._writer is not None and self._fitter is not None
        film, begin = clip.film, self.duration_seconds
        fitter = FrameFitter(self._fitter.shape, sample_aspect_ratio=film.sample_aspect_ratio)
        joiner, reader = None, None
        if self._sound is not None:
            reader = self._open_sound(film.path if film.audio_streams else None)
            joiner = SoundJoiner(reader, sound=self._sound, write=self._writer.write_sound, start_seconds=begin)
        units, count = 0, 0
        for kept in timed(clip.frames(), keeps=lambda frame: True):
            pts = round((begin + units * film.time_base) / self._time_base)
            units += kept.duration
            end = round((begin + units * film.time_base) / self._time_base)
            self._writer.write(fitter.fit(kept.frame), pts=pts, duration=end - pts)
            if joiner is not None:
                joiner.keep(kept.frame.pts * film.time_base, (kept.frame.pts + kept.duration) * film.time_base)
            count += 1
        self._finish_sound(joiner, reader)
        if fitter.rescaled:
            self.notes.append(f"{film.path} was scaled to {fitter.shape.content}")
        return count

    def _sound_format(self) -> SoundFormat | None:
        """That of the source, else that of the last clip."""
        if not self._spec.audio:
            return None
        if self._shared is not None:
            return self._shared.sound
        files = [
            self._origin.sound,
            self._append.film.path if self._append and self._append.film.audio_streams else None,
        ]
        for path in files:
            found = probe_sound(path) if path is not None else None
            if found is not None:
                return sound_format(found[0], found[1], output=self._path, codec=self._spec.codec)
            if path is not None:
                self.notes.append(f"{path}: its sound cannot be decoded and is left out")
        return None

    def _open_sound(self, path: Path | None) -> SoundReader | None:
        if path is None or self._sound is None or probe_sound(path) is None:
            return None
        return self._stack.enter_context(SoundReader(path, sound=self._sound))

    def _finish_sound(self, joiner: SoundJoiner | None, reader: SoundReader | None) -> None:
        if joiner is not None:
            joiner.finish()
        if reader is not None and reader.damage and reader is not self._shared:
            self.notes.append(f"sound: {reader.damaged_packets or 'some'} damaged packets are silent ({reader.damage})")
