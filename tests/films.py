"""Tiny films drawn on the fly. Every picture tells its own number, and which side of it is up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

FRAMES = 30
ONE = 1 << 16
# The eight orientations of a display matrix, by (a, b, c, d): where the x axis and the y axis of the stored picture go.
MATRICES = {
    "upright": (1, 0, 0, 1),
    "clockwise": (0, 1, -1, 0),
    "half": (-1, 0, 0, -1),
    "counter-clockwise": (0, -1, 1, 0),
    "mirrored": (-1, 0, 0, 1),
    "upside-down": (1, 0, 0, -1),
    "transposed": (0, 1, 1, 0),
    "transversed": (0, -1, -1, 0),
}
X264 = {"preset": "ultrafast", "crf": "12", "bf": "0", "g": "12", "sc_threshold": "0"}
B_FRAMES = {"preset": "veryfast", "crf": "12", "bf": "3", "g": "12", "x264-params": "b-adapt=0:scenecut=0:open-gop=0"}
OPEN_GOP = {**B_FRAMES, "x264-params": "b-adapt=0:scenecut=0:open-gop=1"}

_BITS = 8


def numbered(number: int, *, width: int = 64, height: int = 48) -> Picture:
    """A picture `(H, W, 3)` with `number` written in 8 black and white fields over its upper half.

    Below it is red on the left and blue on the right, with a speckle that is different in each picture.
    """
    picture = np.empty((height, width, 3), np.uint8)
    half, middle = height // 2, width // 2
    edges = [width * bit // _BITS for bit in range(_BITS + 1)]
    for bit in range(_BITS):
        picture[:half, edges[bit] : edges[bit + 1]] = 235 if number >> bit & 1 else 20
    picture[half:, :middle], picture[half:, middle:] = (200, 50, 60), (50, 60, 200)
    speckle = np.random.default_rng(number).integers(0, 24, (height - half, width, 1), np.uint8)
    picture[half:] += speckle
    return picture


def number_of(picture: Picture) -> int:
    """The number written in an upright picture; nonsense, or an assertion, where it is not upright."""
    height, width = picture.shape[:2]
    bottom = picture[height * 5 // 8 : height * 7 // 8]
    left, right = bottom[:, : width * 3 // 8].mean((0, 1)), bottom[:, width * 5 // 8 :].mean((0, 1))
    assert left[0] > left[2] + 60 and right[2] > right[0] + 60, "the picture does not stand upright"
    fields = picture[height // 8 : height * 3 // 8, :, 1].mean(axis=0)
    middles = [(width * bit // _BITS + width * (bit + 1) // _BITS) // 2 for bit in range(_BITS)]
    return sum(int(fields[middle] > 128) << bit for bit, middle in enumerate(middles))


def write_film(
    path: Path,
    pictures: int | Iterable[Picture] = FRAMES,
    *,
    width: int = 64,
    height: int = 48,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    stamps: Sequence[int] | None = None,
    time_base: Fraction = Fraction(1, 25),
    options: dict[str, str] | None = None,
    audio_seconds: float = 0.0,
    sample_aspect_ratio: Fraction | None = None,
    matrix: str | None = None,
    full_range: bool = False,
    format_options: dict[str, str] | None = None,
) -> Path:
    """Encodes pictures, or as many numbered ones as asked for, with the time stamps given (0, 1, 2, ... if none)."""
    drawn = (
        (numbered(n, width=width, height=height) for n in range(pictures)) if isinstance(pictures, int) else pictures
    )
    with av.open(str(path), "w", options=format_options or {}) as container:
        rate = Fraction(25) if stamps else 1 / time_base
        stream = container.add_stream(codec, rate=rate, options=X264 if options is None else options)
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        stream.codec_context.time_base = stream.time_base = time_base
        stream.codec_context.thread_count = 1
        if full_range:
            stream.codec_context.color_range = 2
        if sample_aspect_ratio:
            stream.codec_context.sample_aspect_ratio = sample_aspect_ratio
        if matrix:
            stream.set_display_matrix(display_matrix(matrix, width=width, height=height))
        sound = _add_sound(container) if audio_seconds else None
        for number, picture in enumerate(drawn):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            target = frame.reformat(format=pixel_format, dst_color_range=2 if full_range else 1)
            target.pts, target.time_base = stamps[number] if stamps else number, time_base
            container.mux(stream.encode(target))
        container.mux(stream.encode(None))
        if sound is not None:
            _write_sound(container, sound, audio_seconds)
    return path


def write_sound(path: Path, *, seconds: float = 0.5) -> Path:
    """A file with sound and nothing else."""
    with av.open(str(path), "w") as container:
        _write_sound(container, _add_sound(container), seconds)
    return path


def display_matrix(name: str, *, width: int, height: int) -> tuple[int, ...]:
    """The nine numbers of a display matrix (ISO 14496-12, 6.2.2)."""
    a, b, c, d = MATRICES[name]
    x, y = -min(0, a * width) - min(0, c * height), -min(0, b * width) - min(0, d * height)
    return (a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, x * ONE, y * ONE, 1 << 30)


def packets_of(path: Path) -> list[tuple[int, int, int, bool]]:
    """Position in the file, size, time stamp and whether it is a key frame, of each packet with a picture."""
    with av.open(str(path)) as container:
        return [
            (packet.pos, packet.size, packet.pts, packet.is_keyframe)
            for packet in container.demux(video=0)
            if packet.size and packet.pos is not None and packet.pts is not None
        ]


def break_packets(path: Path, numbers: Iterable[int]) -> Path:
    """Overwrites packets (numbers in the order they are stored) with bytes no decoder takes."""
    places = packets_of(path)
    data = bytearray(path.read_bytes())
    for number in numbers:
        position, size, _, _ = places[number]
        data[position : position + size] = b"\xff" * size
    path.write_bytes(data)
    return path


def cut_short(path: Path, share: float) -> Path:
    """Keeps only the first `share` of the bytes of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def _add_sound(container: av.container.OutputContainer) -> av.AudioStream:
    codec = "libopus" if "webm" in container.format.name else "aac"
    sound: av.AudioStream = container.add_stream(codec, rate=48_000)
    sound.layout = "mono"
    return sound


def _write_sound(container: av.container.OutputContainer, sound: av.AudioStream, seconds: float) -> None:
    tone = np.sin(np.arange(int(seconds * 48_000)) * 0.05).astype(np.float32) * 0.1
    frame = av.AudioFrame.from_ndarray(tone[None], "fltp", "mono")
    frame.sample_rate, frame.pts, frame.time_base = 48_000, 0, Fraction(1, 48_000)
    resampler = av.AudioResampler(
        "fltp" if sound.codec_context.name == "aac" else "flt", "mono", 48_000, frame_size=960
    )
    for piece in [*resampler.resample(frame), *resampler.resample(None)]:
        container.mux(sound.encode(piece))
    container.mux(sound.encode(None))


@dataclass(frozen=True)
class Kind:
    """A kind of film: the ending of its name, and what `write_film` is told."""

    suffix: str
    settings: dict[str, Any]
    start_seconds: Fraction | None = Fraction(0)
    has_parts: bool = True

    def write(self, folder: Path, name: str, pictures: int = FRAMES) -> Path:
        return write_film(folder / f"{name}{self.suffix}", pictures, **self.settings)

    @property
    def times_seconds(self) -> list[Fraction]:
        """When each frame is shown, counted from the first."""
        stamps = self.settings.get("stamps") or range(FRAMES)
        time_base = self.settings.get("time_base", Fraction(1, 25))
        return [(stamp - stamps[0]) * time_base for stamp in stamps]


_VP9 = {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8", "g": "10", "crf": "20", "b": "0"}}
_X265 = {"preset": "ultrafast", "x265-params": "log-level=error:keyint=12:min-keyint=12:bframes=3:open-gop=1"}
_MPEG = {"bf": "2", "g": "10", "qscale": "2"}

KINDS = {
    "plain-mp4": Kind(".mp4", {}),
    "b-frames-mp4": Kind(".mp4", {"options": B_FRAMES}),
    "open-gop-mp4": Kind(".mp4", {"options": OPEN_GOP}),
    "open-gop-mkv": Kind(".mkv", {"options": OPEN_GOP}),
    "open-gop-ts-with-sound": Kind(".ts", {"options": OPEN_GOP, "audio_seconds": 1.2}, None),
    "variable-rate-mp4": Kind(
        ".mp4", {"options": B_FRAMES, "stamps": [n * n + 40 * n for n in range(FRAMES)], "time_base": Fraction(1, 1000)}
    ),
    "ntsc-mov": Kind(".mov", {"options": B_FRAMES, "time_base": Fraction(1001, 30000)}),
    "late-start-mp4": Kind(".mp4", {"options": B_FRAMES, "stamps": range(50, 50 + FRAMES)}, Fraction(2)),
    "negative-start-ts": Kind(
        ".ts", {"stamps": range(-5, FRAMES - 5), "format_options": {"avoid_negative_ts": "disabled"}}, Fraction(-1, 5)
    ),
    "h264-avi": Kind(".avi", {"options": B_FRAMES}, None, has_parts=False),
    "mpeg4-avi": Kind(".avi", {"codec": "mpeg4", "options": _MPEG}, None, has_parts=False),
    "mpeg2-mpg": Kind(
        ".mpg", {"codec": "mpeg2video", "options": _MPEG, "width": 66, "height": 50}, None, has_parts=False
    ),
    "b-frames-flv": Kind(".flv", {"options": B_FRAMES}, None),
    "mpeg4-wmv": Kind(".wmv", {"codec": "msmpeg4", "options": {"g": "10", "qscale": "2"}}, None, has_parts=False),
    "vp9-webm-with-sound": Kind(".webm", {**_VP9, "audio_seconds": 1.2}),
    "hevc-10-bit-mp4": Kind(".mp4", {"codec": "libx265", "options": _X265, "pixel_format": "yuv420p10le"}),
    "odd-444-mp4": Kind(".mp4", {"options": B_FRAMES, "pixel_format": "yuv444p", "width": 65, "height": 49}),
    "intra-only-mkv": Kind(".mkv", {"codec": "ffv1", "options": {}, "pixel_format": "yuv422p"}),
    "fragmented-mp4": Kind(
        ".mp4", {"options": B_FRAMES, "format_options": {"movflags": "frag_keyframe+empty_moov"}}, None
    ),
    "gif": Kind(
        ".gif", {"codec": "gif", "options": {}, "pixel_format": "rgb8", "time_base": Fraction(1, 10)}, has_parts=False
    ),
}


def write_slow_film(path: Path, pictures: int = 60, **settings: Any) -> Path:
    """A film that shows each picture for 4 seconds, a key frame every 5: few pictures, yet parts of a minute each."""
    stamps = [number * 400 for number in range(pictures)]
    options = {**B_FRAMES, "g": "5"}
    return write_film(
        path, pictures, **{"stamps": stamps, "time_base": Fraction(1, 100), "options": options, **settings}
    )
