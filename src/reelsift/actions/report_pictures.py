"""Small pictures for a report: smaller the more clips there are, so that the file stays one that can be sent."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

from reelsift.actions.report_data import ReportClip

__all__ = ["fitted_pictures"]

# For all pictures of a report together, as it is written (base64: four letters for three bytes). With 2,000 clips that
# is 24 KB a clip; beyond some 5,000 clips the smallest pictures need more than their part.
MOST_BYTES = 48_000_000
WORKERS = 2
CLIPS_AT_ONCE = 32  # bounds what is encoded and not yet written


@dataclass(frozen=True)
class _Fit:
    """One way of making the pictures of a clip smaller.

    Attributes:
        strip_pixels: Longer side of the frames in the strip.
        strip_quality: WebP's, 0 to 100.
        large_pixels: Longer side of the worst and the best frame.
        large_quality: WebP's.
        expected: Bytes that come of it, over the bytes of JPEGs of 192 pixels and quality 80 (measured on frames of 17
            films; single pictures vary by a third).
    """

    strip_pixels: int
    strip_quality: int
    large_pixels: int
    large_quality: int
    expected: float


_FITS = (
    _Fit(192, 75, 192, 75, expected=0.53),
    _Fit(160, 65, 192, 75, expected=0.37),
    _Fit(128, 60, 192, 70, expected=0.29),
    _Fit(112, 50, 160, 60, expected=0.21),
    _Fit(96, 40, 144, 50, expected=0.16),
    _Fit(80, 30, 128, 40, expected=0.11),
)


def fitted_pictures(clips: Sequence[ReportClip]) -> Iterator[list[str]]:
    """The pictures of each clip as WebP in base64, in as many pixels as there is room for.

    Args:
        clips: Asked for one after the other, some at a time, and not kept.

    Yields:
        For each clip its strip, worst and best frame, where there are any; an empty text where one cannot be decoded.
    """
    room = MOST_BYTES * 3 // 4 // max(len(clips), 1)
    # OpenCV lets go of the interpreter while it encodes, so threads are enough.
    with ThreadPoolExecutor(WORKERS) as pool:
        for first in range(0, len(clips), CLIPS_AT_ONCE):
            some = [clips[place] for place in range(first, min(first + CLIPS_AT_ONCE, len(clips)))]
            yield from pool.map(lambda clip: _fitted(clip, room), some)


def _fitted(clip: ReportClip, room: int) -> list[str]:
    """The pictures of one clip in at most `room` bytes; if even the smallest need more, those."""
    strip = [picture.jpeg for picture in clip.strip]
    large = [picture.jpeg for picture in (clip.worst, clip.best) if picture is not None]
    size = sum(map(len, strip)) + sum(map(len, large))
    # A little optimistic, because one step too far cannot be seen from here and one too few is put right below.
    hopeful = [fit for fit in _FITS if fit.expected * size <= 1.15 * room] or _FITS[-1:]
    pictures: list[bytes] = []
    for fit in hopeful:
        pictures = [_smaller(jpeg, fit.strip_pixels, fit.strip_quality) for jpeg in strip]
        pictures += [_smaller(jpeg, fit.large_pixels, fit.large_quality) for jpeg in large]
        if sum(map(len, pictures)) <= room:
            break
    return [base64.b64encode(picture).decode("ascii") for picture in pictures]


def _smaller(jpeg: bytes, pixels: int, quality: int) -> bytes:
    """The picture as WebP with at most so many pixels at its longer side; nothing if it cannot be decoded."""
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    if picture is None:
        return b""
    height, width = picture.shape[:2]
    factor = pixels / max(height, width)
    if factor < 1:
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    encoded, data = cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, quality])
    return data.tobytes() if encoded else b""
