"""Small films for the tests of cutting: each frame carries its index as bars, each moment of the sound its time."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from reelsift.media.reader import FilmReader, Orientation
from reelsift.media.render import Renderer
from reelsift.media.sources import FilmSource
from reelsift.specs import CutSpec
from reelsift.timeline import Timeline

BITS = 8
RATE = 48_000
LOW, RISE = 400.0, 400.0  # the pitch at time 0, and by how much it rises in a second


def picture_of(index: int, *, width: int, height: int) -> NDArray[np.uint8]:
    """(H, W, 3) RGB: bars that spell the index, over a slope of brightness that tells the corners apart."""
    slope = np.linspace(40, 90, height)[:, None] + np.linspace(0, 40, width)[None, :]
    picture = np.repeat(slope[:, :, None], 3, axis=2)
    for bit in range(BITS):
        left, right = (width * (bit + 1)) // (BITS + 2), (width * (bit + 2)) // (BITS + 2)
        picture[height // 4 : height // 2, left:right] = 225 if index >> bit & 1 else 15
    return picture.astype(np.uint8)


def index_in(picture: NDArray[np.uint8]) -> int:
    """The index that `picture_of` drew."""
    height, width = picture.shape[:2]
    row = picture[height * 3 // 8].mean(axis=1)
    centres = [width * (2 * bit + 3) // (2 * (BITS + 2)) for bit in range(BITS)]
    return sum(int(row[centre] > 128) << bit for bit, centre in enumerate(centres))


def draw(
    path: Path,
    *,
    stamps: Sequence[int] = tuple(range(40)),
    time_base: Fraction = Fraction(1, 25),
    size: tuple[int, int] = (160, 96),
    pixel_format: str = "yuv420p",
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    matrix: tuple[int, ...] | None = None,
    sound: tuple[float, float] | None = None,
    aspect: Fraction | None = None,
) -> Path:
    """Writes a film whose frames have the given stamps, with a rising tone over the seconds that `sound` spans."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options or {"crf": "10", "g": "12", "bf": "2"})
        stream.width, stream.height, stream.pix_fmt = *size, pixel_format
        stream.codec_context.time_base = stream.time_base = time_base
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if matrix is not None:
            stream.set_display_matrix(matrix)
        voice = None
        if sound is not None:
            voice = container.add_stream("pcm_s16le" if path.suffix in (".mkv", ".mov") else "aac", rate=RATE)
            voice.layout = "mono"
        for index, stamp in enumerate(stamps):
            frame = av.VideoFrame.from_ndarray(picture_of(index, width=size[0], height=size[1]), "rgb24")
            frame.pts, frame.time_base = stamp, time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if voice is not None and sound is not None:
            frame = av.AudioFrame.from_ndarray((tone(*sound) * 20_000).astype(np.int16)[None], "s16", "mono")
            frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), round(sound[0] * RATE)
            container.mux(voice.encode(frame))
            container.mux(voice.encode(None))
    return path


def tone(start: float, end: float) -> NDArray[np.float64]:
    """(N,) samples of the tone between two moments: its pitch at t is LOW + RISE t."""
    times = np.arange(round(start * RATE), round(end * RATE)) / RATE
    return np.asarray(np.sin(2 * np.pi * (LOW * times + RISE * times**2 / 2)))


def moment_of(samples: NDArray[np.float64], *, rate: int = RATE) -> float:
    """The moment whose pitch a short piece has in its middle, from how fast its phase turns."""
    spectrum = np.fft.fft(samples * np.hanning(len(samples)))
    spectrum[len(samples) // 2 :] = 0
    phase = np.unwrap(np.angle(np.fft.ifft(spectrum)))[len(samples) // 4 : -len(samples) // 4]
    slope = np.polyfit(np.arange(len(phase)) / rate, phase, 1)[0]
    return float((slope / (2 * np.pi) - LOW) / RISE)


def indexes_in(path: Path) -> list[int]:
    """What the frames of a film say their indexes are, in order, each turned upright."""
    renderer = Renderer()
    with FilmReader(path) as reader:
        return [index_in(renderer.rgb(frame)) for frame in reader.frames()]


def stamps_in(path: Path) -> tuple[list[Fraction], Fraction]:
    """Time stamps of all frames in seconds, and the end of the last by the container."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        packets = sorted((packet.pts, packet.duration) for packet in container.demux(stream) if packet.size)
        base = stream.time_base
    end = packets[-1][0] * base + (stream.duration * base - packets[-1][0] * base if stream.duration else 0)
    return [pts * base for pts, _ in packets], end


def sound_in(path: Path) -> tuple[NDArray[np.float64], int]:
    """(N,) the first channel of all the sound, from time 0, and its rate."""
    pieces, rate = [], RATE
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            rate = frame.sample_rate
            start = round(frame.pts * frame.time_base * rate)
            if not pieces and start > 0:
                pieces.append(np.zeros(start))
            samples = frame.to_ndarray()
            scale = 32768.0 if samples.dtype == np.int16 else 1.0
            pieces.append(samples[0].astype(np.float64) / scale)
    return np.concatenate(pieces), rate


def timeline_of(path: Path, kept: Sequence[bool], *, every: int = 1) -> Timeline:
    """A timeline made by hand with a sample of every n-th frame: `OK` where `kept`, `KO` elsewhere."""
    with FilmReader(path) as reader:
        frames = [(frame.time_seconds, frame.duration * reader.film.time_base) for frame in reader.frames()]
    times = np.array([time for time, _ in frames])
    labels = np.array(kept, dtype=np.int64)[: len(times)]
    chosen = np.arange(0, len(times), every)
    return Timeline(
        source=str(path), task="t", classes=("KO", "OK"), frame_indexes=chosen, times_seconds=times[chosen],
        probabilities=np.eye(2)[labels[chosen]], labels=labels[chosen], start_seconds=float(times.min()),
        end_seconds=float(times.max() + float(frames[-1][1])), frame_count=len(times),
    )  # fmt: skip


ORIENTATIONS = [Orientation(turns, mirrored) for turns in range(4) for mirrored in (False, True)]


EVERY_THIRD = [index // 4 % 3 == 1 for index in range(200)]
KEPT = [index for index in range(40) if EVERY_THIRD[index]]


def spec(**changes: object) -> CutSpec:
    return CutSpec(**{"keep": ("OK",), "preset": "ultrafast", **changes})  # type: ignore[arg-type]


def source(path: Path) -> FilmSource:
    return FilmSource(path, str(path))
