"""Which encoders write a cut, with which settings, into which files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from reelsift.errors import SpecError

__all__ = ["CONTAINERS", "ENCODERS", "Container", "Encoder", "container_for", "encoder_options", "nearest_pixel_format"]

# What `quality=None` means. The scales below put each encoder's usual setting for archiving here.
DEFAULT_QUALITY = 80

_X26X_PRESETS = (
    "ultrafast",
    "superfast",
    "veryfast",
    "faster",
    "fast",
    "medium",
    "slow",
    "slower",
    "veryslow",
    "placebo",
)

_ALL = ("h264", "h265", "av1")

# A lookahead of 40 pictures of 7680x4320 alone takes 2 GB; above this size it is shortened.
_HUGE_PIXELS = 9_000_000


@dataclass(frozen=True)
class Encoder:
    """A video encoder.

    Attributes:
        name: As FFmpeg knows it.
        crf_at_0: Its constant rate factor at quality 0; between 0 and 100 the factor falls evenly.
        crf_at_100: Its constant rate factor at quality 100.
        presets: Words it knows for its speed.
        default_preset: The one taken where none is given.
        even_sizes: Whether chroma must cover the picture exactly (a 4:2:0 picture of odd width is refused).
        tag: Four letters that QuickTime wants to see in MP4 and MOV; empty where FFmpeg's own are right.
    """

    name: str
    crf_at_0: float
    crf_at_100: float
    presets: tuple[str, ...]
    default_preset: str
    even_sizes: bool = True
    tag: str = ""


@dataclass(frozen=True)
class Container:
    """A kind of file.

    Attributes:
        format: As FFmpeg knows it.
        audio_encoder: What sound is written with.
        codecs: Video codecs it can hold, in the words of `CutSpec.codec`.
        display_matrix: Whether players turn and mirror pictures as its header says.
        pixel_shape: Codecs whose pixels need not be square in it. Elsewhere it has to be in the header of the file, and
            PyAV writes that for MP4 and MOV only.
    """

    format: str
    audio_encoder: str
    codecs: tuple[str, ...] = _ALL
    display_matrix: bool = False
    pixel_shape: tuple[str, ...] = ("h264", "h265")


# SVT-AV1 knows presets up to 13, but from 10 on it passes over changes: pictures came out as copies of the one before
# (tried with version 4 on bars that move). A cut that is exact to the frame cannot have that.
# 80 gives crf 18, 20 and 24, where a cut is hard to tell from its source.
ENCODERS = {
    "h264": Encoder("libx264", 42, 12, _X26X_PRESETS, "medium"),
    "h265": Encoder("libx265", 44, 14, _X26X_PRESETS, "medium", tag="hvc1"),
    "av1": Encoder("libsvtav1", 60, 15, tuple(str(n) for n in range(10)), "8", even_sizes=False),
}

# Matroska can say how a picture is turned, but few players listen: there, pictures are turned themselves.
CONTAINERS = {
    ".mp4": Container("mp4", "aac", display_matrix=True, pixel_shape=_ALL),
    ".m4v": Container("mp4", "aac", display_matrix=True, pixel_shape=_ALL),
    ".mov": Container("mov", "aac", display_matrix=True, pixel_shape=_ALL),
    ".mkv": Container("matroska", "aac"),
    ".webm": Container("webm", "libopus", codecs=("av1",)),
}


def container_for(output: Path, *, codec: str) -> Container:
    """The kind of file that the name of `output` asks for.

    Raises:
        SpecError: If the name ends in none of those known, or that kind cannot hold the codec.
    """
    container = CONTAINERS.get(output.suffix.lower())
    if container is None:
        ending = f"'{output.suffix}'" if output.suffix else "a name without an ending"
        raise SpecError(f"{output}: films are not written as {ending}: use .mp4, .mov, .mkv or .webm")
    if codec not in container.codecs:
        raise SpecError(f"{output}: a {output.suffix} file cannot hold {codec}: add --codec av1, or write .mp4 or .mkv")
    return container


def encoder_options(codec: str, *, quality: int | None, preset: str | None, pixels: int = 0) -> dict[str, str]:
    """The settings of an encoder.

    Args:
        codec: `h264`, `h265` or `av1`.
        quality: 0 to 100; `None` for the usual.
        preset: In the words of the encoder; `None` for the usual.
        pixels: Width times height, which bounds how many pictures the encoder holds.

    Raises:
        SpecError: If the encoder does not know the preset.
    """
    encoder = ENCODERS[codec]
    if preset is not None and preset not in encoder.presets:
        known = "a number from 0 (slow) to 9 (fast)" if codec == "av1" else "one of " + ", ".join(encoder.presets)
        raise SpecError(f"'{preset}' is not a preset of {codec}: use {known}")
    share = (DEFAULT_QUALITY if quality is None else quality) / 100
    crf = encoder.crf_at_0 + (encoder.crf_at_100 - encoder.crf_at_0) * share
    options = {"crf": str(round(crf)), "preset": preset or encoder.default_preset}
    if codec == "h265":
        options["x265-params"] = "log-level=error" + (":rc-lookahead=8" if pixels > _HUGE_PIXELS else "")
    elif codec == "h264" and pixels > _HUGE_PIXELS:
        options["rc-lookahead"] = "8"
    elif codec == "av1":
        # SVT-AV1 writes to stderr by itself, past FFmpeg's log, and listens only to this.
        os.environ.setdefault("SVT_LOG", "1")
    return options


def nearest_pixel_format(source: str, *, codec: str) -> str:
    """The pixel format an encoder writes that loses least of `source`.

    The same where the encoder has it. Otherwise with as much chroma and as many bits as it has, and RGB as 4:2:0, which
    is what players show. Transparency goes.
    """
    import av
    from av.codec import Codec

    known = [known.name for known in Codec(ENCODERS[codec].name, "w").video_formats or ()]
    known = [name for name in known if name.startswith(("yuv4", "yuvj4", "gray"))]
    if source in known:
        return source
    form = av.VideoFormat(source)
    depth = max(component.bits for component in form.components)
    if form.is_rgb or form.has_palette or form.name == "pal8":
        layouts: tuple[str, ...] = ("yuv420p",)
    elif len(form.components) < 3:
        layouts = ("gray", "yuv420p")
    else:
        # 64 pixels of a row share as many chroma samples: 64, 32, 16.
        across, down = form.chroma_width(64), form.chroma_height(64)
        layouts = (
            ("yuv420p",)
            if down < 64 and across < 64
            else ("yuv422p", "yuv420p")
            if across < 64
            else ("yuv444p", "yuv420p")
        )
    for layout in layouts:
        for suffix in _depths(depth):
            if layout + suffix in known:
                return layout + suffix
    return "yuv420p"


def _depths(depth: int) -> tuple[str, ...]:
    """Endings of pixel format names, the best for `depth` bits first."""
    if depth <= 8:
        return ("", "10le")
    return ("10le", "12le", "") if depth <= 10 else ("12le", "10le", "")
