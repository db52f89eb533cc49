"""How long the pictures of a film last, as its header has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import av
    import av.container

__all__ = ["announced_seconds"]


def announced_seconds(container: av.container.InputContainer, stream: av.VideoStream) -> float | None:
    """From the first picture to the end of the last; `None` where the header does not say.

    A container's own duration is that of its longest stream: 30 s of pictures beside 50 s of sound last 30 s.
    """
    start = float((stream.start_time or 0) * stream.time_base) if stream.time_base else 0.0
    if container.format.name == "matroska,webm":
        # Counted from 0, not from the first picture. The tag is of this stream alone.
        end = _seconds_of(stream.metadata.get("DURATION", ""))
        end = _alone(container) if end is None else end
        return max(0.0, end - max(0.0, start)) if end else None
    # FFmpeg gives the streams of an ASF file the duration of the container.
    if stream.duration and stream.time_base and container.format.name != "asf":
        return float(stream.duration * stream.time_base)
    return _alone(container)


def _alone(container: av.container.InputContainer) -> float | None:
    """The duration of a container with nothing but pictures in it."""
    return container.duration / 1_000_000 if container.duration and not container.streams.audio else None


def _seconds_of(tag: str) -> float | None:
    """`00:01:30.500000000` is 90.5; anything else is nothing."""
    try:
        hours, minutes, seconds = tag.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return None
