"""Reading pictures from files."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from reelsift.errors import MediaError, ReelsiftError, SourceNotFoundError

__all__ = ["read_picture", "read_pictures"]

_AHEAD = 4


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Reads a picture upright (Exif orientation applied), as 8 bit RGB without transparency.

    Returns:
        `(H, W, 3)` uint8.

    Raises:
        SourceNotFoundError: If there is no such file.
        MediaError: If it is not a picture that can be read.
    """
    try:
        data = np.fromfile(path, np.uint8)  # cv2.imread cannot open every name on every system
    except FileNotFoundError:
        raise SourceNotFoundError(f"{path}: no such picture") from None
    except OSError as error:
        raise MediaError(f"{path}: cannot be read ({error.strerror})") from None
    pixels = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB) if data.size else None
    if pixels is None:
        raise MediaError(f"{path}: not a picture, or damaged")
    return pixels  # type: ignore[return-value]


def read_pictures(paths: Iterable[Path]) -> Iterator[NDArray[np.uint8] | ReelsiftError]:
    """Reads pictures in order, a few ahead of the caller; one that cannot be read comes as its error, and the rest goes on."""
    with ThreadPoolExecutor(max_workers=2, thread_name_prefix="pictures") as pool:
        waiting: deque[Future[NDArray[np.uint8] | ReelsiftError]] = deque()
        try:
            for path in paths:
                waiting.append(pool.submit(_read_or_error, path))
                if len(waiting) > _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _read_or_error(path: Path) -> NDArray[np.uint8] | ReelsiftError:
    try:
        return read_picture(path)
    except ReelsiftError as error:
        return error
