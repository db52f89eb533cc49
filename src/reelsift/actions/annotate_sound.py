"""The sound of an annotated film: packets as they are, where its kind of file takes them; else encoded anew."""

from __future__ import annotations

from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType

from reelsift.media.audio import SoundJoiner, SoundReader, probe_sound
from reelsift.media.codecs import Container
from reelsift.media.copied_sound import CopiedSound, copyable_streams
from reelsift.media.encode import FilmWriter, SoundFormat, VideoSettings, sound_format

__all__ = ["KeptSound"]


class KeptSound:
    """The sound of a film, or none; a context manager. `begin` once the writer is there, then `until`, then `finish`.

    Attributes:
        encoded: Format to encode it in, for the writer; `None` where it is copied or there is none.
        copied: The streams to copy, for the writer; `None` where there are none.
        notes: What a user should know about it.
    """

    def __init__(
        self, path: Path | None, *, output: Path, container: Container, settings: VideoSettings, shift_seconds: Fraction
    ) -> None:
        """Decides between the two ways, for a film whose time stamps are moved by `shift_seconds`."""
        self.notes: list[str] = []
        self.encoded: SoundFormat | None = None
        self.copied: CopiedSound | None = None
        self._stack, self._path, self._shift = ExitStack(), path, shift_seconds
        self._place = -shift_seconds  # in the source: where the written film has its 0
        self._reader: SoundReader | None = None
        self._joiner: SoundJoiner | None = None
        self._writer: FilmWriter | None = None
        if path is None:
            return
        indexes = copyable_streams(path, container=container)
        if indexes:
            # Matroska moves all streams until nothing is before 0; MP4 says in its header what is not played.
            copied = CopiedSound(
                path, indexes=indexes, shift_seconds=shift_seconds, drop_early=not container.display_matrix
            )
            self.copied = self._stack.enter_context(copied)
            return
        found = probe_sound(path)
        if found is None:
            self.notes.append(f"{path}: its sound cannot be decoded and is left out")
            return
        self.encoded = sound_format(found[0], found[1], output=output, codec=settings.codec)
        self.notes.append(f"the sound could not be copied as it is into {output.suffix}, and was encoded anew")

    def __enter__(self) -> KeptSound:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def begin(self, writer: FilmWriter) -> None:
        """Names the writer, which was opened for `encoded` and `copied`."""
        self._writer = writer
        if self.encoded is not None and self._path is not None:
            self._reader = self._stack.enter_context(SoundReader(self._path, sound=self.encoded))
            self._joiner = SoundJoiner(self._reader, sound=self.encoded, write=writer.write_sound)

    def until(self, end: Fraction) -> None:
        """Writes the sound up to a moment of the written film, in seconds."""
        assert self._writer is not None
        if self.copied is not None:
            self.copied.hand_on(self._writer.copy_packet, until=end)
        if self._joiner is not None and end - self._shift > self._place:
            self._joiner.keep(self._place, end - self._shift)
            self._place = end - self._shift

    def finish(self) -> None:
        """Writes what is left."""
        assert self._writer is not None
        if self.copied is not None:
            self.copied.hand_on(self._writer.copy_packet)
            if self.copied.damage:
                self.notes.append(f"sound: it ends where it cannot be read any more ({self.copied.damage})")
        if self._joiner is not None:
            self._joiner.finish()
        if self._reader is not None and self._reader.damage:
            self.notes.append(
                f"sound: {self._reader.damaged_packets or 'some'} damaged packets are silent ({self._reader.damage})"
            )
