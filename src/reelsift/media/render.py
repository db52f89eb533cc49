"""Turning decoded frames into arrays: upright, cropped, scaled."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from reelsift.media.reader import Frame, Orientation
from reelsift.specs import Crop, Size

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.reformatter import VideoReformatter

__all__ = ["FrameImage", "Image", "PictureImage", "Renderer", "luma_of"]

_EIGHT_BIT_LUMA_FIRST = ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "nv21", "gray")


class Renderer:
    """Draws frames as arrays, keeping one scaler for each kind of result.

    A kept `VideoReformatter` keeps its context: six times faster than asking the frame, which makes one anew.
    """

    def __init__(self, *, crop: Crop | None = None) -> None:
        self.crop = crop
        self._reformatters: dict[tuple[Any, ...], VideoReformatter] = {}

    def rgb(self, frame: Frame, *, size: Size | None = None) -> NDArray[np.uint8]:
        """The frame as `frame.to_ndarray(format="rgb24")` gives it, upright, cropped, and scaled to `size` if given.

        Returns:
            `(H, W, 3)` uint8.
        """
        stored = _stored_size(size, frame.orientation)
        if self.crop is None and stored is not None:
            return frame.orientation.apply(self._convert(frame.picture, "rgb24", stored))
        full = self._convert(frame.picture, "rgb24", None)
        return scaled(cropped(frame.orientation.apply(full), self.crop), size)

    def luma(self, frame: Frame, *, longest: int) -> NDArray[np.uint8]:
        """Brightness over the full range 0 to 255, upright, cropped; made smaller if a side is longer than `longest`.

        Returns:
            `(H, W)` uint8.
        """
        picture = frame.picture
        if self.crop is None and picture.format.name in _EIGHT_BIT_LUMA_FIRST:
            small = shrunk(_first_plane(picture), longest)
            if picture.color_range != 2 and "yuvj" not in picture.format.name and picture.format.name != "gray":
                small = _full_range(small)
            return frame.orientation.apply(small)
        gray = frame.orientation.apply(self._convert(picture, "gray", None))
        return shrunk(cropped(gray, self.crop), longest)

    def _convert(self, picture: VideoFrame, pixel_format: str, size: Size | None) -> NDArray[np.uint8]:
        from av.video.reformatter import Interpolation, VideoReformatter

        target = size or Size(picture.width, picture.height)
        key = (pixel_format, target, picture.width, picture.height, picture.format.name)
        reformatter = self._reformatters.get(key)
        if reformatter is None:
            reformatter = self._reformatters[key] = VideoReformatter()
        if size is None:
            # No scaling: the default filter, so that values are those of `to_ndarray`.
            converted = reformatter.reformat(picture, format=pixel_format)
        else:
            converted = reformatter.reformat(
                picture, width=size.width, height=size.height, format=pixel_format, interpolation=Interpolation.AREA
            )
        return converted.to_ndarray()  # type: ignore[return-value]  # 8 bit formats only


class FrameImage:
    """A frame of a film, drawn when asked.

    Attributes:
        size: Upright, cropped, and with square pixels: the shape people see.
    """

    def __init__(self, frame: Frame, renderer: Renderer, *, sample_aspect_ratio: Fraction = Fraction(1)) -> None:
        self._frame, self._renderer = frame, renderer
        self.frame_index, self.time_seconds = frame.frame_index, frame.time_seconds
        crop, stored = renderer.crop, Size(frame.picture.width, frame.picture.height)
        seen = Size(crop.width, crop.height) if crop else frame.orientation.upright_size(stored)
        self.size = Size(max(1, round(seen.width * sample_aspect_ratio)), seen.height)
        self._drawn: NDArray[np.uint8] | None = None
        self._lumas: dict[int, NDArray[np.uint8]] = {}  # several views look at the same

    def rgb(self, size: Size | None = None) -> NDArray[np.uint8]:
        self._drawn = self._renderer.rgb(self._frame, size=size)
        return self._drawn

    def preview(self, size: Size) -> NDArray[np.uint8]:
        """As `rgb`, but made from what was drawn last if that is large enough: for people, not for measuring."""
        drawn = self._drawn
        if drawn is None or drawn.shape[0] < size.height or drawn.shape[1] < size.width:
            return self.rgb(size)
        if drawn.shape[0] >= 2 * size.height:
            return scaled(drawn, size)
        # A little smaller: nobody sees the difference, and it takes a fifth of the time.
        return cv2.resize(drawn, (size.width, size.height), interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]

    def luma(self, longest: int) -> NDArray[np.uint8]:
        if longest not in self._lumas:
            self._lumas[longest] = self._renderer.luma(self._frame, longest=longest)
        return self._lumas[longest]


class PictureImage:
    """A picture that was read from a file, cropped and drawn when asked; `size` as in `FrameImage`."""

    def __init__(
        self, pixels: NDArray[np.uint8], *, frame_index: int, time_seconds: float, crop: Crop | None = None
    ) -> None:
        self._pixels = cropped(pixels, crop)
        self.size = Size(self._pixels.shape[1], self._pixels.shape[0])
        self.frame_index, self.time_seconds = frame_index, time_seconds

    def rgb(self, size: Size | None = None) -> NDArray[np.uint8]:
        return scaled(self._pixels, size)

    def preview(self, size: Size) -> NDArray[np.uint8]:
        return self.rgb(size)

    def luma(self, longest: int) -> NDArray[np.uint8]:
        return luma_of(shrunk(self._pixels, longest))


Image = FrameImage | PictureImage


def luma_of(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Brightness of an RGB picture by ITU-R BT.601, `(H, W)` uint8."""
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)  # type: ignore[return-value]


def cropped(picture: NDArray[np.uint8], crop: Crop | None) -> NDArray[np.uint8]:
    """The part of `(H, W, ...)` inside `crop`.

    Raises:
        SpecError: If the crop reaches outside.
    """
    if crop is None:
        return picture
    crop.check_within(Size(picture.shape[1], picture.shape[0]))
    return picture[crop.y : crop.y + crop.height, crop.x : crop.x + crop.width]


def scaled(picture: NDArray[np.uint8], size: Size | None) -> NDArray[np.uint8]:
    """`(H, W, ...)` brought to `size`: by area averages when it gets smaller, which does not alias."""
    height, width = picture.shape[:2]
    if size is None or (width, height) == (size.width, size.height):
        return np.ascontiguousarray(picture)
    smaller = size.width <= width and size.height <= height
    kind = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return cv2.resize(np.ascontiguousarray(picture), (size.width, size.height), interpolation=kind)  # type: ignore[return-value]


def shrunk(picture: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """`(H, W, ...)` made smaller, in proportion, until no side is longer than `longest`.

    First by a whole factor, averaging areas, then the rest (less than a factor of 2) linearly: several times faster
    than averaging areas that do not fall on whole pixels.
    """
    height, width = picture.shape[:2]
    if (factor := max(height, width) // longest) > 1:
        picture = scaled(picture, Size(max(1, width // factor), max(1, height // factor)))
    if (rest := longest / max(picture.shape[:2])) >= 1:
        return picture
    size = (max(1, round(picture.shape[1] * rest)), max(1, round(picture.shape[0] * rest)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]


def _stored_size(size: Size | None, orientation: Orientation) -> Size | None:
    return orientation.upright_size(size) if size else None


def _first_plane(picture: VideoFrame) -> NDArray[np.uint8]:
    plane = picture.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: picture.height, : picture.width]


def _full_range(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Brightness as BT.601 and BT.709 video keeps it, 16 to 235, brought to 0 to 255; what lies outside is cut off.

    As a table of 256 values would do it, to the last step (no value lies half way), in half the time.
    """
    return cv2.addWeighted(luma, 255 / 219, luma, 0, -16 * 255 / 219)  # type: ignore[return-value]
