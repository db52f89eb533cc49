"""Sound on the clock of the pictures: read by time, joined to the sample, its tempo changed without its pitch.

Positions are computed from the running sum of what the pictures take, never by adding up rounded pieces, so sound and
picture do not drift apart however many pieces there are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from reelsift.media.encode import SoundFormat
from reelsift.media.reader import can_seek, open_container

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.layout import AudioLayout
    from av.audio.resampler import AudioResampler
    from av.audio.stream import AudioStream
    from av.container import InputContainer

__all__ = ["SoundJoiner", "SoundReader", "Tempo", "probe_sound"]

Samples = NDArray[np.float32]

# Matroska and FLV round stamps to milliseconds: sound whose stamps are this near to where it should go on, goes on.
_JITTER_SECONDS = 0.005
# Sound that is skipped is decoded up to this length, and jumped over beyond.
_JUMP_SECONDS = 20
_FADE_SECONDS = 0.002
_BLOCK_SECONDS = 0.5


class SoundReader:
    """The first audio stream of a film in one format, by its place on the film's clock; a context manager.

    Attributes:
        damage: What was wrong with the first packet that could not be decoded; empty if nothing was.
        damaged_packets: How many could not be; there is silence in their place.
    """

    def __init__(self, path: Path, *, sound: SoundFormat) -> None:
        """Opens `path`, which has an audio stream.

        Raises:
            MediaError, SourceNotFoundError: As `open_container`.
        """
        self.damage, self.damaged_packets = "", 0
        self._sound = sound
        self._container = open_container(path)
        self._stream = self._container.streams.audio[0]
        _read_only(self._stream, self._container)
        self._packets = self._container.demux(self._stream)
        self._resampler: AudioResampler | None = None
        self._resampled: tuple[object, ...] = ()
        self._chunks: deque[tuple[int, Samples]] = deque()
        self._next: int | None = None
        self._ended = False

    def __enter__(self) -> SoundReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    @property
    def sound(self) -> SoundFormat:
        """The format it is read in."""
        return self._sound

    @property
    def ended(self) -> bool:
        """Whether all of it was decoded and read."""
        return self._ended and not self._chunks

    def read(self, start: int, count: int) -> Samples:
        """Samples `[start, start + count)` as `(channels, count)`; where the film has no sound they are silent.

        Sample 0 lies at time stamp 0. Reading goes forward: what was read, and what lies before it, is silent later.
        """
        samples = np.zeros((self._sound.channels, count), np.float32)
        if self._next is not None and start - self._next > _JUMP_SECONDS * self._sound.rate:
            self._jump(start)
        while not self._ended and (self._next is None or self._next < start + count):
            self._decode_packet()
            self._forget(start)
        for place, chunk in self._chunks:
            first, last = max(place, start), min(place + chunk.shape[1], start + count)
            if first < last:
                samples[:, first - start : last - start] = chunk[:, first - place : last - place]
        self._forget(start + count)
        return samples

    def _forget(self, before: int) -> None:
        while self._chunks and self._chunks[0][0] + self._chunks[0][1].shape[1] <= before:
            self._chunks.popleft()

    def _jump(self, start: int) -> None:
        import av

        if not can_seek(self._container):
            return
        microseconds = int((start / self._sound.rate - 1) * 1_000_000)  # a second early: coders need to swing in
        try:
            self._container.seek(microseconds, backward=True)
        except (av.error.FFmpegError, OverflowError):
            return
        self._stream.codec_context.flush_buffers()
        self._packets = self._container.demux(self._stream)
        self._chunks.clear()
        self._resampler, self._resampled, self._next = None, (), None

    def _decode_packet(self) -> None:
        import av

        try:
            packet = next(self._packets, None)
        except av.error.FFmpegError as error:
            self._note(error)
            packet = None
        if packet is None:
            self._ended = True
            self._take(None)
            return
        try:
            frames = packet.decode()
        except av.error.FFmpegError as error:
            self.damaged_packets += 1
            self._note(error)
            return
        for frame in frames:
            self._take(frame)

    def _take(self, frame: AudioFrame | None) -> None:
        """Resamples a frame (`None`: what the resampler still holds) and puts it where its stamp says."""
        import av
        from av.audio.resampler import AudioResampler

        try:
            kind = (frame.format.name, frame.layout.name, frame.sample_rate) if frame is not None else self._resampled
            if kind != self._resampled:
                self._resampler = AudioResampler("fltp", self._sound.layout, self._sound.rate)
                self._resampled = kind
            pieces = self._resampler.resample(frame) if self._resampler is not None else []
        except (av.error.FFmpegError, ValueError) as error:
            self.damaged_packets += 1
            self._note(error)
            self._resampler, self._resampled = None, ()
            return
        for piece in pieces:
            self._place(piece)

    def _place(self, piece: AudioFrame) -> None:
        samples: Samples = np.nan_to_num(piece.to_ndarray()).astype(np.float32, copy=False)
        place = self._next or 0
        if piece.pts is not None and piece.time_base:
            stamped = round(piece.pts * piece.time_base * self._sound.rate)
            if self._next is None or abs(stamped - self._next) > _JITTER_SECONDS * self._sound.rate:
                place = stamped
        if self._next is not None and place < self._next:  # overlaps what is there
            samples = samples[:, self._next - place :]
            place = self._next
        if samples.shape[1]:
            self._chunks.append((place, samples))
            self._next = place + samples.shape[1]

    def _note(self, error: Exception) -> None:
        self.damage = self.damage or str(getattr(error, "strerror", "") or error).strip().lower()


class SoundJoiner:
    """Takes stretches of a film's sound and hands them on without gaps; see `keep` and `finish`."""

    def __init__(
        self,
        reader: SoundReader | None,
        *,
        sound: SoundFormat,
        write: Callable[[Samples], None],
        speed: Fraction = Fraction(1),
        start_seconds: Fraction = Fraction(0),
    ) -> None:
        """Joins what `reader` gives (`None`: silence) and hands it to `write` as `(channels, N)`.

        Args:
            speed: How many times faster it plays, at the same pitch.
            start_seconds: Where in the written film this sound begins; it only decides how positions are rounded.
        """
        self._reader, self._sound, self._write, self._speed = reader, sound, write, speed
        self._tempo = Tempo(speed, sound=sound) if speed != 1 else None
        self._fade = round(_FADE_SECONDS * sound.rate)
        self._offset = start_seconds * sound.rate
        self._kept = Fraction(0)  # seconds so far, at the source's own speed
        self._piece_end: Fraction | None = None
        self._piece_start = 0  # first sample of the piece in the source
        self._piece_first = 0  # and in the joined sound
        self._read = 0  # how many joined samples were read
        self._written = 0

    def keep(self, start: Fraction, end: Fraction) -> None:
        """Adds the sound between two moments of the film, in seconds; each call lies behind the one before."""
        if start != self._piece_end:
            self._flush(closing=True)
            self._piece_start = round(start * self._sound.rate)
            self._piece_first = self._read
        self._kept += end - start
        self._piece_end = end
        if self._position(self._kept) - self._read > _BLOCK_SECONDS * self._sound.rate:
            self._flush(closing=False)

    def finish(self) -> None:
        """Hands on the rest; the whole is then exactly as long as what was kept, divided by the speed."""
        self._flush(closing=True)
        if self._tempo is None:
            return
        self._hand_on(self._tempo.finish())
        missing = self._position(self._kept / self._speed) - self._written
        if missing > 0:
            self._write(np.zeros((self._sound.channels, missing), np.float32))

    def _position(self, seconds: Fraction) -> int:
        """Samples from the beginning of this sound to a moment of the joined film."""
        return round(self._offset + seconds * self._sound.rate) - round(self._offset)

    def _flush(self, *, closing: bool) -> None:
        """Reads and hands on what is certain: all of the piece if it is closing, else all but what may fade out."""
        end = self._position(self._kept)
        count = end - self._read - (0 if closing else self._fade)
        if count <= 0:
            return
        start = self._piece_start + self._read - self._piece_first
        if self._reader is None:
            samples = np.zeros((self._sound.channels, count), np.float32)
        else:
            samples = self._reader.read(start, count)
            self._apply_fades(samples, closing=closing)
        self._read += count
        self._hand_on(self._tempo.change(samples) if self._tempo is not None else samples)

    def _apply_fades(self, samples: Samples, *, closing: bool) -> None:
        """Fades a piece in and out over 2 ms, so that a join does not click."""
        place = self._read - self._piece_first + np.arange(samples.shape[1])
        if place[0] < self._fade:
            samples *= np.minimum(1, (place + 0.5) / self._fade).astype(np.float32)
        if closing:
            samples *= np.minimum(1, (place[-1] - place + 0.5) / self._fade).astype(np.float32)

    def _hand_on(self, samples: Samples) -> None:
        if self._tempo is not None:
            # Never more than the pictures will take; at the end the rest is silence.
            samples = samples[:, : max(0, self._position(self._kept / self._speed) - self._written)]
        self._written += samples.shape[1]
        if samples.shape[1]:
            self._write(samples)


class Tempo:
    """Plays sound faster or slower at the same pitch (FFmpeg's `atempo`: waveform-similarity overlap-add)."""

    def __init__(self, speed: Fraction, *, sound: SoundFormat) -> None:
        import av.filter

        self._sound, self._pushed = sound, 0
        graph = av.filter.Graph()
        layout = f"sample_rate={sound.rate}:sample_fmt=fltp:channel_layout={sound.layout}:time_base=1/{sound.rate}"
        nodes = [graph.add("abuffer", layout)]
        nodes += [graph.add("atempo", f"{step:.9f}") for step in _tempo_steps(float(speed))]
        nodes += [graph.add("aformat", f"sample_fmts=fltp:channel_layouts={sound.layout}"), graph.add("abuffersink")]
        graph.link_nodes(*nodes).configure(auto_buffer=False)
        self._graph, self._source, self._sink = graph, nodes[0], nodes[-1]

    def change(self, samples: Samples) -> Samples:
        """Takes `(channels, N)` in and gives what is ready, `(channels, M)`."""
        import av

        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), "fltp", self._sound.layout)
        frame.sample_rate, frame.pts, frame.time_base = self._sound.rate, self._pushed, Fraction(1, self._sound.rate)
        self._pushed += samples.shape[1]
        self._source.push(frame)
        return self._ready()

    def finish(self) -> Samples:
        """What is left once everything went in."""
        self._source.push(None)
        return self._ready()

    def _ready(self) -> Samples:
        import av

        pieces = [np.zeros((self._sound.channels, 0), np.float32)]
        while True:
            try:
                pieces.append(cast("AudioFrame", self._sink.pull()).to_ndarray())  # type: ignore[arg-type]  # fltp
            except (av.error.BlockingIOError, av.error.EOFError):
                return np.concatenate(pieces, axis=1)


def _read_only(stream: AudioStream, container: InputContainer) -> None:
    """Tells the container that nothing but `stream` will be read: pictures are then not even taken from the disk."""
    import av

    for other in container.streams:
        if other.index != stream.index:
            other.discard = av.stream.Discard.all


def probe_sound(path: Path) -> tuple[int, AudioLayout] | None:
    """Samples a second and channels of a film's first audio stream; `None` where it has none that can be decoded."""
    import av

    with open_container(path) as container:
        if not container.streams.audio:
            return None
        stream = container.streams.audio[0]
        try:
            if stream.codec_context is None or not stream.codec_context.sample_rate:
                return None
            return stream.codec_context.sample_rate, stream.codec_context.layout
        except (av.error.FFmpegError, AttributeError, RuntimeError):
            return None


def _tempo_steps(speed: float) -> list[float]:
    """Factors from 1/2 to 2 that multiply to `speed`: beyond 2 the filter drops sound instead of blending it."""
    steps = 1
    while not 0.5 <= speed ** (1 / steps) <= 2:
        steps += 1
    return [speed ** (1 / steps)] * steps
