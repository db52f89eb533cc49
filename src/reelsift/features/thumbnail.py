"""The view `thumbnail`: a small JPEG of each frame, for preview sheets and pages."""

from __future__ import annotations

from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray

from reelsift.errors import MediaError
from reelsift.features.tables import COMPUTE_AGAIN
from reelsift.media.render import Image
from reelsift.specs import IndexSpec, Size

__all__ = ["ThumbnailExtractor", "decode_thumbnail"]

_LONGEST = 192
_JPEG_QUALITY = 80


class ThumbnailExtractor:
    """Encodes each image as a JPEG whose longer side has at most 192 pixels."""

    def __init__(self, spec: IndexSpec, *, threads: int) -> None:
        self._rows: list[bytes] = []

    def __enter__(self) -> ThumbnailExtractor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def add(self, image: Image) -> None:
        size = image.size
        factor = min(1.0, _LONGEST / max(size.width, size.height))
        small = Size(max(1, round(size.width * factor)), max(1, round(size.height * factor)))
        pixels = cv2.cvtColor(image.preview(small), cv2.COLOR_RGB2BGR)
        _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        self._rows.append(data.tobytes())

    def finish(self) -> list[bytes]:
        return self._rows


def decode_thumbnail(data: bytes) -> NDArray[np.uint8]:
    """The picture `(H, W, 3)` RGB uint8 of a stored thumbnail."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    if pixels is None:
        raise MediaError(f"a stored thumbnail is damaged; {COMPUTE_AGAIN}")
    return pixels  # type: ignore[return-value]
