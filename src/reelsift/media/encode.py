"""Writing a film: frames in their own time stamps, sound beside them, and a look at the result before it counts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import MediaError, OutputError
from reelsift.media.codecs import ENCODERS, container_for, encoder_options
from reelsift.media.fit import Shape, display_matrix
from reelsift.media.parts import scan_packets

if TYPE_CHECKING:
    import av
    import av.container
    from av.audio.layout import AudioLayout
    from av.audio.stream import AudioStream
    from av.packet import Packet
    from av.video.frame import VideoFrame

__all__ = ["FilmWriter", "SoundFormat", "VideoSettings", "check_film", "sound_format", "time_base_for"]

# Finer than any film needs (transport streams have 90,000 ticks a second), and still far from what a header can hold.
_MAX_TICKS = 10_000_000


@dataclass(frozen=True)
class VideoSettings:
    """How pictures are encoded; the words are those of `CutSpec`."""

    codec: str
    quality: int | None = None
    preset: str | None = None


@dataclass(frozen=True)
class SoundFormat:
    """How sound is stored: `rate` samples a second, in the channels of `layout`."""

    rate: int
    layout: str
    channels: int


class FilmWriter:
    """A film that is being written; a context manager. It is complete once `finish` has returned.

    Attributes:
        frame_count: Frames written so far.
    """

    def __init__(
        self,
        path: Path,
        *,
        shape: Shape,
        settings: VideoSettings,
        time_base: Fraction,
        rate: Fraction | None = None,
        sound: SoundFormat | None = None,
        copied: Sequence[AudioStream] = (),
    ) -> None:
        """Opens `path`, whose ending says which kind of file it becomes.

        Args:
            shape: What every frame given to `write` looks like.
            time_base: Unit of all time stamps, in seconds.
            rate: About how many frames a second there will be, a hint for the encoder.
            sound: Format of the sound; `None` writes none.
            copied: Audio streams of another file whose packets `copy_packet` takes, in this order.

        Raises:
            OutputError: If the file or its encoder cannot be opened.
            SpecError: If the settings mean nothing to the encoder.
        """
        import av

        self.frame_count = 0
        self._path, self._shape, self._time_base = path, shape, time_base
        self._durations: dict[int, int] = {}
        self._samples = 0
        self._sound_format = sound
        kind = container_for(path, codec=settings.codec)
        # Absolute, so that a colon in a name is not taken for a protocol.
        # When a film starts late, the header says so in this unit; the usual one is a millisecond.
        ticks = time_base.denominator * math.ceil(1000 / time_base.denominator)
        options = {"movflags": "+faststart", "movie_timescale": str(ticks)} if kind.display_matrix else {}
        self._container = av.open(str(path.absolute()), "w", format=kind.format, options=options)
        try:
            self._video = _add_video(self._container, shape, settings, time_base, rate)
            if kind.display_matrix:
                self._video.codec_context.codec_tag = (
                    ENCODERS[settings.codec].tag or self._video.codec_context.codec_tag
                )
                if shape.orientation.quarter_turns or shape.orientation.mirrored:
                    self._video.set_display_matrix(display_matrix(shape.orientation, shape.size))
            self._sound = _add_sound(self._container, kind.audio_encoder, sound) if sound else None
            self._copied = [self._container.add_stream_from_template(stream) for stream in copied]
            _start(self._container, settings.codec, shape)
        except BaseException:
            self._abandon()
            raise

    def __enter__(self) -> FilmWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._abandon()

    def write(self, picture: VideoFrame, *, pts: int, duration: int) -> None:
        """Appends a picture in the writer's shape, shown from `pts` for `duration` units of the time base."""
        picture.pts, picture.time_base = pts, self._time_base
        picture.pict_type = 0  # else the encoder would place its key frames where the source had them
        self._durations[pts] = duration
        with _encoding():
            self._mux_video(self._video.encode(picture))
        self.frame_count += 1

    def write_sound(self, samples: NDArray[np.float32]) -> None:
        """Appends sound `(channels, N)`, values from -1 to 1."""
        import av

        if self._sound is None or self._sound_format is None or samples.shape[1] == 0:
            return
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), "fltp", self._sound_format.layout)
        frame.sample_rate = self._sound_format.rate
        frame.pts, frame.time_base = self._samples, Fraction(1, self._sound_format.rate)
        self._samples += samples.shape[1]
        with _encoding():
            self._container.mux(self._sound.encode(frame))

    def copy_packet(self, packet: Packet[AudioStream], stream: int) -> None:
        """Appends a packet of sound as it is to the stream of that place among those copied."""
        packet.stream = self._copied[stream]
        with _encoding("copying the sound failed"):
            self._container.mux(packet)

    def finish(self) -> None:
        """Writes what the encoders still hold, and the index of the file.

        Raises:
            OutputError: If the disk would not take it.
        """
        with _encoding():
            self._mux_video(self._video.encode(None))
            if self._sound is not None and self._samples:
                self._container.mux(self._sound.encode(None))
            self._container.close()

    def _mux_video(self, packets: list[av.Packet[av.VideoStream]]) -> None:
        for packet in packets:
            # Encoders drop durations; the last of them is what the end of the film is known by.
            duration = self._durations.pop(packet.pts, None) if packet.pts is not None else None
            if duration is not None and packet.time_base == self._time_base:
                packet.duration = duration
            self._container.mux(packet)

    def _abandon(self) -> None:
        import av

        # Whatever goes wrong now, the file is thrown away in any case.
        with suppress(av.error.FFmpegError, OSError, ValueError):
            self._container.close()


@contextmanager
def _encoding(what: str = "encoding failed") -> Iterator[None]:
    """Lets what the system says about writing through, and turns what an encoder says into one line."""
    import av

    try:
        yield
    except av.error.FFmpegError as error:
        if isinstance(error, OSError):
            raise
        reason = (error.strerror or "unknown reason").lower()
        raise OutputError(f"{what} ({reason}); try another --codec or --preset") from None


def check_film(path: Path, *, frame_count: int, output: Path) -> None:
    """Reads a written film again, and counts its frames.

    Raises:
        OutputError: If it holds another number of frames than were written.
    """
    try:
        found = scan_packets(path).frame_count
    except MediaError:
        found = 0
    if found != frame_count:
        raise OutputError(
            f"{output}: {frame_count} frames were written, but {found} came back when it was read again; "
            "nothing was kept, try another --codec or another kind of file"
        )


def time_base_for(*bases: Fraction) -> Fraction:
    """The coarsest unit in which all stamps of all `bases` are whole numbers.

    Where that would be finer than a file can say, the first keeps whole numbers, and the others are rounded to far
    below a millisecond.
    """
    unit = bases[0]
    for base in bases[1:]:
        common = Fraction(math.gcd(unit.numerator * base.denominator, base.numerator * unit.denominator),
                          unit.denominator * base.denominator)  # fmt: skip
        fine = Fraction(1, unit.denominator * math.ceil(90_000 / unit.denominator))  # divides `unit`
        unit = common if common.denominator <= _MAX_TICKS * common.numerator else fine
    return unit if unit.denominator < 1 << 31 else unit.limit_denominator((1 << 31) - 1)


def sound_format(rate: int, layout: AudioLayout | None, *, output: Path, codec: str) -> SoundFormat:
    """The format nearest to a source's that the encoder for `output` takes."""
    from av.codec import Codec

    # Coders work in frames of about 1,000 samples, and films end with a whole one: low rates would end late.
    rate = rate if rate >= 32_000 else 44_100 if rate % 11_025 == 0 else 48_000
    rates = Codec(container_for(output, codec=codec).audio_encoder, "w").audio_rates or [rate]
    if rate not in rates:
        rate = 48_000
    known = {"mono": 1, "stereo": 2, "5.1": 6, "7.1": 8}
    name = layout.name if layout is not None else "stereo"
    if name not in known:
        channels = layout.nb_channels if layout is not None else 2
        name = "mono" if channels == 1 else "5.1" if name.startswith("5.1") else "stereo"
    return SoundFormat(rate, name, known[name])


def _add_video(
    container: av.container.OutputContainer,
    shape: Shape,
    settings: VideoSettings,
    time_base: Fraction,
    rate: Fraction | None,
) -> av.VideoStream:
    pixels = shape.size.width * shape.size.height
    options = encoder_options(settings.codec, quality=settings.quality, preset=settings.preset, pixels=pixels)
    # SVT-AV1 refuses more than 240 frames a second, which some headers claim and high speeds give; stamps rule anyway.
    hint = min(rate or Fraction(25), Fraction(240)).limit_denominator(1001)
    encoder = ENCODERS[settings.codec].name
    stream: av.VideoStream = container.add_stream(encoder, rate=hint or Fraction(1), options=options)  # type: ignore[assignment]
    stream.width, stream.height, stream.pix_fmt = shape.size.width, shape.size.height, shape.pixel_format
    context = stream.codec_context
    context.time_base = stream.time_base = time_base
    context.color_primaries, context.color_trc, context.colorspace, context.color_range = shape.colour
    if shape.sample_aspect_ratio != 1:
        context.sample_aspect_ratio = shape.sample_aspect_ratio.limit_denominator(65_535)
    return stream


def _add_sound(container: av.container.OutputContainer, encoder: str, sound: SoundFormat) -> av.AudioStream:
    stream: av.AudioStream = container.add_stream(encoder, rate=sound.rate)  # type: ignore[assignment]
    stream.layout = sound.layout
    stream.bit_rate = (96_000 if encoder == "aac" else 64_000) * sound.channels
    stream.codec_context.time_base = Fraction(1, sound.rate)
    return stream


def _start(container: av.container.OutputContainer, codec: str, shape: Shape) -> None:
    with _encoding(f"the {codec} encoder would not take {shape.pixel_format} pictures of {shape.size}"):
        container.start_encoding()
