"""Sound that stays as it is: the packets of a film's audio streams, handed on without decoding."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from reelsift.media.codecs import Container
from reelsift.media.reader import open_container

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.packet import Packet

__all__ = ["CopiedSound", "copyable_streams"]


class CopiedSound:
    """Audio streams of a film, packet by packet; a context manager.

    Attributes:
        streams: The streams, to be named to the writer.
        damage: What could not be read, in words; empty if nothing so far.
    """

    def __init__(self, path: Path, *, indexes: tuple[int, ...], shift_seconds: Fraction, drop_early: bool) -> None:
        """Opens `path` to copy the streams of these indexes.

        Args:
            shift_seconds: Added to all time stamps.
            drop_early: Leave out what is over before 0: some kinds of file would move everything for it.
        """
        self.damage = ""
        self._container = open_container(path)
        self.streams: list[AudioStream] = [self._container.streams[index] for index in indexes]  # type: ignore[misc]
        self._shift, self._drop_early = shift_seconds, drop_early
        self._packets = self._shifted()
        self._next = next(self._packets, None)

    def __enter__(self) -> CopiedSound:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    def hand_on(self, write: Callable[[Packet[AudioStream], int], None], *, until: Fraction | None = None) -> None:
        """Gives `write` the packets that start before `until` (seconds; `None`: all), each with its stream's place."""
        while self._next is not None and (until is None or self._next[0] < until):
            _, place, packet = self._next
            write(packet, place)
            self._next = next(self._packets, None)

    def _shifted(self) -> Iterator[tuple[Fraction, int, Packet[Any]]]:
        import av

        places = {stream.index: place for place, stream in enumerate(self.streams)}
        try:
            for packet in self._container.demux(self.streams):
                if packet.size == 0 or packet.pts is None or packet.time_base is None:
                    continue
                ticks = round(self._shift / packet.time_base)
                packet.pts += ticks
                packet.dts = packet.pts  # sound is not reordered
                if self._drop_early and packet.pts < 0 and not self._is_announced(packet):
                    continue
                yield packet.pts * packet.time_base, places[packet.stream_index], packet
        except av.error.FFmpegError as error:  # what came before is copied
            self.damage = error.strerror or str(error)

    def _is_announced(self, packet: Packet[Any]) -> bool:
        """Whether the header says how much of a packet before 0 is not played, as that of Opus does."""
        is_opus = packet.stream.codec_context.name in ("opus", "libopus")
        return is_opus and packet.pts is not None and packet.pts + (packet.duration or 0) > 0


def copyable_streams(path: Path, *, container: Container) -> tuple[int, ...]:
    """The indexes of a film's audio streams; none where a file of this kind cannot take the first as it is.

    Nor where time stamps are missing or do not rise, as in two films joined by `cat`.
    """
    import av

    with open_container(path) as source:
        # Asked for while the file is open: later they lie in memory that is no more.
        fitting = {stream.index: stream for stream in source.streams.audio if _fits(stream, container)}
        if not fitting or min(fitting) != source.streams.audio[0].index:
            return ()
        last: dict[int, int] = {}
        try:
            for packet in source.demux(list(fitting.values())):
                if packet.size == 0:
                    continue
                if packet.pts is None or packet.pts <= last.get(packet.stream_index, packet.pts - 1):
                    return ()
                last[packet.stream_index] = packet.pts
        except av.error.FFmpegError:
            pass  # cut short, and copied as far as it goes
    return tuple(index for index in fitting if index in last) if min(fitting) in last else ()


def _fits(stream: AudioStream, container: Container) -> bool:
    """Whether the header of such a file can be written for the stream."""
    import av

    try:
        with av.open(io.BytesIO(), "w", format=container.format) as trial:
            trial.add_stream_from_template(stream)
            trial.start_encoding()
    except (av.error.FFmpegError, ValueError, RuntimeError, AttributeError):
        return False
    return True
