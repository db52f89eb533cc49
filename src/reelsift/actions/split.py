"""Splitting a film into equal clips, exact to the frame, each a film of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from reelsift.actions.cut_film import CutFilm, Origin
from reelsift.actions.kept_frames import Kept, timed
from reelsift.errors import MediaError
from reelsift.media.audio import SoundReader, probe_sound
from reelsift.media.encode import check_film, sound_format
from reelsift.media.parts import PacketScan, scan_packets
from reelsift.media.reader import FilmReader, Frame
from reelsift.media.sources import FilmSource
from reelsift.output import writing_file
from reelsift.specs import SplitSpec

__all__ = ["FilmSplitter", "Place", "SplitClip"]

OnFrame = Callable[[int, int], None]


@dataclass(frozen=True)
class Place:
    """Where in a film a clip begins: enough to go on from there in another run.

    Attributes:
        frame_index: The frame, 0-based in display order.
        pts: Its time stamp, in units of the film's time base; `None` for the first frame, whatever its stamp is.
        units: How long the frames before it are shown, in the same units.
    """

    frame_index: int = 0
    pts: int | None = None
    units: int = 0


@dataclass(frozen=True)
class SplitClip:
    """A clip that was written.

    Attributes:
        path: Where it is.
        first_frame: The film's frame it begins with.
        end_frame: The film's frame behind its last one.
        start_seconds: Time stamp of its first frame in the film.
        end_seconds: Where its last frame ends in the film.
        end: Where the next clip begins.
        rises: Whether all its time stamps rise, so that a time in the film names one frame.
        damage: What could not be read of the film up to here, in words; empty if nothing.
    """

    path: Path
    first_frame: int
    end_frame: int
    start_seconds: float
    end_seconds: float
    end: Place
    rises: bool
    damage: str = ""


class FilmSplitter:
    """Splits one film; see `clips`.

    A frame belongs to the clip that the time it begins lies in, counted from the first frame: with clips of 3 s the
    second has the frames that begin at 3 s or later and before 6 s. Where a frame is shown for longer than a clip, its
    clip is as long as that, and none is empty.

    Attributes:
        frame_count: Frames in the film, as its packets have it.
        notes: What a user should know about the clips, each thing once.
        damage: What could not be read of the film, in words; empty if nothing.
    """

    def __init__(self, source: FilmSource, *, spec: SplitSpec) -> None:
        """Looks through the film's packets.

        Raises:
            MediaError, SourceNotFoundError: If it cannot be read.
        """
        self.notes: list[str] = []
        self.damage = ""
        self._source, self._spec = source, spec
        self._scan: PacketScan = scan_packets(source.path)

    @property
    def frame_count(self) -> int:
        return self._scan.frame_count

    @property
    def clip_count(self) -> int:
        """About how many clips there will be; never more than that where time stamps rise."""
        scan = self._scan
        seconds = (scan.end_pts - scan.pts[0]) * scan.time_base if scan.pts else 0
        return int(seconds / self._spec.seconds) + 1

    def clips(
        self,
        name: Callable[[int], Path],
        *,
        first: int = 0,
        place: Place | None = None,
        on_frame: OnFrame | None = None,
        threads: int = 0,
    ) -> Iterator[SplitClip]:
        """Writes one clip after the other, and gives each once it is whole; memory does not grow with the film.

        Time stamps of a clip are those of the film, from 0 on; its sound is the film's between the same two moments.
        Each clip is read again before it gets its name: it has the frames that were written.

        Args:
            name: Where the clip of a number (0, 1, 2, ...) goes; what is there is replaced.
            first: Number of the first clip that is written.
            place: Where that begins, as the clip before says; the start of the film if not given.
            on_frame: Called with the frames gone through and the number of all.
            threads: Decoding threads; 0 takes as many as there are cores.

        Raises:
            MediaError: If no frame can be decoded.
            OutputError: If a clip cannot be written, or came out with another number of frames.
        """
        place = place or Place()
        with ExitStack() as stack:
            reader = stack.enter_context(FilmReader(self._source.path, threads=threads))
            film = reader.film
            sound = film.path if film.audio_streams else None
            origin = Origin(film.time_base, film.sample_aspect_ratio, film.average_rate, sound)
            voice = self._open_sound(origin, name(first), stack)
            frames = timed(self._frames(reader, place, on_frame), keeps=lambda frame: True)
            numbered = _numbered(frames, start_units=place.units, length=self._spec.seconds / film.time_base)
            number, units = first, place.units
            for _, own in itertools.groupby(numbered, key=lambda pair: pair[0]):
                clip = self._write(name(number), (kept for _, kept in own), origin, voice, units=units)
                number, units = number + 1, clip.end.units
                self._say_damage(reader, voice)
                yield replace(clip, damage=self.damage)
            if number == 0:
                raise MediaError(f"{self._source.name}: no frame could be decoded")
            self._say_damage(reader, voice)

    def _frames(self, reader: FilmReader, place: Place, on_frame: OnFrame | None) -> Iterator[Frame]:
        if place.pts is None or self._scan.key_pts:
            frames = reader.frames(start_pts=place.pts, first_index=place.frame_index)
        else:  # it cannot be entered safely: read from the start, and count
            frames = itertools.dropwhile(lambda frame: frame.frame_index < place.frame_index, reader.frames())
        for frame in frames:
            if on_frame is not None:
                on_frame(min(frame.frame_index + 1, self.frame_count), self.frame_count)
            yield frame

    def _write(
        self, output: Path, frames: Iterator[Kept], origin: Origin, voice: SoundReader | None, *, units: int
    ) -> SplitClip:
        base = origin.time_base
        first = last = next(frames)
        rises = True
        with writing_file(output, make_folder=True) as beside:
            with CutFilm(beside, origin=origin, spec=self._spec.encoding, sound=voice) as film:
                for kept in itertools.chain([first], frames):
                    rises &= kept is first or kept.frame.pts > last.frame.pts
                    film.add(kept)
                    units += kept.duration
                    last = kept
                film.finish()
            check_film(beside, frame_count=film.frame_count, output=output)
        self._note(*film.notes)
        end_frame, end_pts = last.frame.frame_index + 1, last.frame.pts + last.duration
        return SplitClip(
            output, first.frame.frame_index, end_frame, first.frame.time_seconds,
            end_pts * base.numerator / base.denominator, Place(end_frame, end_pts, units), rises,
        )  # fmt: skip

    def _open_sound(self, origin: Origin, clip: Path, stack: ExitStack) -> SoundReader | None:
        """The sound that all clips share: it is read once, from its start to its end.

        Also where a run goes on: entered in the middle, sound would lie some milliseconds elsewhere, for stamps are
        coarse, and the clips would not be those of a run that was never stopped.
        """
        if origin.sound is None or not self._spec.audio:
            return None
        found = probe_sound(origin.sound)
        if found is None:
            return None  # each clip says so; a note is kept once
        wanted = sound_format(found[0], found[1], output=clip, codec=self._spec.codec)
        return stack.enter_context(SoundReader(origin.sound, sound=wanted))

    def _note(self, *notes: str) -> None:
        self.notes += [note for note in dict.fromkeys(notes) if note not in self.notes]

    def _say_damage(self, reader: FilmReader, voice: SoundReader | None) -> None:
        if reader.undecodable or reader.damage:
            self.damage = f"{reader.undecodable or 'some'} frames could not be decoded ({reader.damage})"
        if voice is not None and voice.damage:
            self._note(f"sound: damaged packets are silent ({voice.damage})")


def _numbered(frames: Iterator[Kept], *, start_units: int, length: Fraction) -> Iterator[tuple[int, Kept]]:
    """Frames with the number of the stretch of `length` units that each begins in.

    Their durations are added up, instead of looking at stamps: these may run backwards, and a number must not.
    """
    units = start_units
    for kept in frames:
        yield int(units // length), kept
        units += kept.duration
