"""Reading pictures from files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from reelsift.errors import MediaError, ReelsiftError, SourceNotFoundError
from reelsift.media.ahead import worked_ahead

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
    """Reads pictures in order, a few ahead of the caller; one that cannot be read comes as its error."""
    return worked_ahead(_read_or_error, paths, workers=2, ahead=_AHEAD)


def _read_or_error(path: Path) -> NDArray[np.uint8] | ReelsiftError:
    try:
        return read_picture(path)
    except ReelsiftError as error:
        return error
