"""Drawing over frames, on their planes as they are encoded: no way over RGB, and only the pixels that are covered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from reelsift.media.fit import Shape, plane_pixels, stored_crop
from reelsift.specs import Crop

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

__all__ = ["Patch", "Print", "draw_print", "make_print", "own_picture", "signal_colour"]

FloatArray = NDArray[np.float32]

_PQ, _HLG = 16, 18  # transfers, as ISO/IEC 23091-2 numbers them
# Weights of red and blue in luma, by the number of the matrix there.
_LUMA_WEIGHTS = {
    1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087),
    9: (0.2627, 0.0593), 10: (0.2627, 0.0593),
}  # fmt: skip
_HIGH_DEFINITION = 720  # where a film does not say its matrix, players take BT.709 from this height on
_ALPHA_BITS = 8


@dataclass(frozen=True, eq=False)
class Patch:
    """Something to draw, as people see it: upright.

    Attributes:
        x: Left edge in upright pixels; what lies outside of the picture is left out.
        y: Top edge.
        pixels: (H, W, 4) float32 from 0 to 1: red, green, blue multiplied by alpha, and alpha.
    """

    x: int
    y: int
    pixels: FloatArray


@dataclass(frozen=True, eq=False)
class _PlanePart:
    """What is done to a rectangle of a plane: `pixel * keep + add`, in 256ths."""

    plane: int
    rows: slice
    columns: slice
    keep: NDArray[Any]
    add: NDArray[Any]


@dataclass(frozen=True)
class Print:
    """A patch made ready for the planes of pictures of one shape; `draw_print` puts it there."""

    parts: tuple[_PlanePart, ...]


def signal_colour(colour: str, shape: Shape) -> FloatArray:
    """(3,) red, green, blue from 0 to 1 as the film keeps them, of an sRGB colour like `#0072B2`.

    Films of high dynamic range show full values as bright as the sun in the picture. There, white is written as
    58 % (PQ) or 75 % (HLG), where ITU-R BT.2408 has the white of graphics. Primaries stay as they are.
    """
    values = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    transfer = shape.colour[1]
    if transfer not in (_PQ, _HLG):
        return values.astype(np.float32)
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return (_pq(linear) if transfer == _PQ else _hlg(linear)).astype(np.float32)


def make_print(patch: Patch, shape: Shape) -> Print:
    """Turns a patch as the pictures of `shape` are stored, and into their colours and bits."""
    crop, pixels = _stored(patch, shape)
    if crop is None:
        return Print(())
    import av

    form = av.VideoFormat(shape.pixel_format)
    depth = form.components[0].bits
    across, down = (64 // form.chroma_width(64), 64 // form.chroma_height(64)) if len(form.components) > 2 else (1, 1)
    crop, pixels = _aligned(crop, pixels, across=across, down=down)
    values = _to_luma_chroma(pixels, shape, depth=depth)
    parts = []
    for plane in range(min(len(form.components), 3)):
        steps = (across, down) if plane else (1, 1)
        size = (pixels.shape[1] // steps[0], pixels.shape[0] // steps[1])
        value, alpha = values[plane], pixels[..., 3]
        if steps != (1, 1):
            value, alpha = (
                np.asarray(cv2.resize(each, size, interpolation=cv2.INTER_AREA), np.float32) for each in (value, alpha)
            )
        parts.append(_plane_part(plane, crop, steps, value, alpha, depth=depth, shape=shape))
    return Print(tuple(parts))


def draw_print(picture: VideoFrame, drawn: Print) -> None:
    """Draws on a picture of the shape that the print was made for, in place; see `own_picture`."""
    for part in drawn.parts:
        pixels = plane_pixels(picture, part.plane)[part.rows, part.columns]
        mixed = np.multiply(pixels, part.keep, dtype=part.keep.dtype)
        mixed += part.add
        mixed >>= _ALPHA_BITS
        pixels[:] = mixed


def own_picture(picture: VideoFrame) -> VideoFrame:
    """The picture in memory that no decoder looks at any more: drawing on it changes no later frame."""
    import av

    before = plane_pixels(picture, 0).ctypes.data
    picture.make_writable()
    if plane_pixels(picture, 0).ctypes.data != before:
        return picture
    # Some decoders (dav1d) refer to pictures without FFmpeg knowing, which then takes them for free.
    own = av.VideoFrame(picture.width, picture.height, picture.format.name)
    own.colorspace, own.color_range = picture.colorspace, picture.color_range
    for number in range(len(own.planes)):
        plane_pixels(own, number)[:] = plane_pixels(picture, number)
    return own


def _stored(patch: Patch, shape: Shape) -> tuple[Crop | None, FloatArray]:
    """Where the patch lies in the stored picture, and its pixels turned to it; what is outside is left out."""
    size = shape.orientation.upright_size(shape.size)
    height, width = patch.pixels.shape[:2]
    left, top = max(patch.x, 0), max(patch.y, 0)
    right, bottom = min(patch.x + width, size.width), min(patch.y + height, size.height)
    if left >= right or top >= bottom:
        return None, patch.pixels
    inside = patch.pixels[top - patch.y : bottom - patch.y, left - patch.x : right - patch.x]
    place = stored_crop(Crop(left, top, right - left, bottom - top), size=shape.size, orientation=shape.orientation)
    turned = inside[:, ::-1] if shape.orientation.mirrored else inside
    return place, np.rot90(turned, -shape.orientation.quarter_turns)


def _aligned(crop: Crop, pixels: FloatArray, *, across: int, down: int) -> tuple[Crop, FloatArray]:
    """Made larger by transparent pixels, until it covers whole chroma samples."""
    left, top = crop.x % across, crop.y % down
    right, bottom = -(crop.x + crop.width) % across, -(crop.y + crop.height) % down
    grown = Crop(crop.x - left, crop.y - top, crop.width + left + right, crop.height + top + bottom)
    return grown, np.pad(pixels, ((top, bottom), (left, right), (0, 0)))


def _to_luma_chroma(pixels: FloatArray, shape: Shape, *, depth: int) -> FloatArray:
    """(3, H, W) luma and both chromas, multiplied by alpha, in steps of a plane of `depth` bits."""
    matrix = shape.colour[2]
    if matrix not in _LUMA_WEIGHTS:
        upright = shape.orientation.upright_size(shape.size)
        matrix = 1 if min(upright.width, upright.height) >= _HIGH_DEFINITION else 6
    red, blue = _LUMA_WEIGHTS[matrix]
    luma = np.array([red, 1 - red - blue, blue])
    of_blue = (np.array([0, 0, 1]) - luma) / (2 * (1 - blue))
    of_red = (np.array([1, 0, 0]) - luma) / (2 * (1 - red))
    one = 1 << (depth - 8)
    full = shape.colour[3] == 2
    most = (1 << depth) - 1
    scales = (most, most, most) if full else (219 * one, 224 * one, 224 * one)
    offsets = (0 if full else 16 * one, 128 * one, 128 * one)
    weights = (np.stack([luma, of_blue, of_red]) * np.array(scales)[:, None]).astype(np.float32)
    values = np.moveaxis(pixels[..., :3] @ weights.T, -1, 0)
    values += np.array(offsets, np.float32)[:, None, None] * pixels[..., 3]
    return np.ascontiguousarray(values)


def _plane_part(
    plane: int, crop: Crop, steps: tuple[int, int], value: FloatArray, alpha: FloatArray, *, depth: int, shape: Shape
) -> _PlanePart:
    # 8 bits times 256ths and the rounding stay below 65,536: the sum of both weights is 256.
    dtype = np.uint16 if depth == 8 else np.uint32
    unit = 1 << _ALPHA_BITS
    keep = np.rint((1 - np.clip(alpha, 0, 1)) * unit)
    most = (unit - keep) * ((1 << depth) - 1)
    add = np.clip(np.rint(value * unit), 0, most) + unit // 2
    left, top = crop.x // steps[0], crop.y // steps[1]
    # A picture of odd size ends within a chroma sample, and the patch with it.
    width = min(value.shape[1], -(-shape.size.width // steps[0]) - left)
    height = min(value.shape[0], -(-shape.size.height // steps[1]) - top)
    return _PlanePart(
        plane,
        slice(top, top + height),
        slice(left, left + width),
        keep[:height, :width].astype(dtype),
        add[:height, :width].astype(dtype),
    )


def _pq(linear: NDArray[np.float64], *, white_nits: float = 203) -> NDArray[np.float64]:
    """SMPTE ST 2084, of light where 1 is the white of graphics."""
    power = (linear * white_nits / 10_000) ** 0.1593017578125
    return np.asarray(((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375)


def _hlg(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """ITU-R BT.2100 hybrid log-gamma, of light where 1 is the white of graphics, at a signal of 0.75."""
    light = linear * 0.26496  # what the curve takes to 0.75
    high = 0.17883277 * np.log(np.maximum(12 * light - 0.28466892, 1e-9)) + 0.55991073
    return np.where(light <= 1 / 12, np.sqrt(3 * light), high)
