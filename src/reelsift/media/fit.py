"""Fitting frames to the one shape a film is written in: cropped, turned, scaled, in one pixel format.

Where nothing has to change, frames pass as they are. A crop and a turn are done on the planes as they were decoded,
without a way over RGB.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reelsift.media.codecs import ENCODERS, nearest_pixel_format
from reelsift.media.reader import Frame, Orientation
from reelsift.specs import Crop, Size

if TYPE_CHECKING:
    from av.filter.context import FilterContext
    from av.filter.graph import Graph
    from av.video.frame import VideoFrame

__all__ = ["FrameFitter", "Shape", "display_matrix", "plane_pixels", "shape_for", "shape_notes", "stored_crop"]

UPRIGHT = Orientation()
_UNSPECIFIED, _BT709, _LIMITED = 2, 1, 1  # as ISO/IEC 23091-2 and FFmpeg number them


@dataclass(frozen=True)
class Shape:
    """What every frame of a written film looks like.

    Attributes:
        content: Size of the picture as stored.
        size: Size as encoded: one more column or row where the chroma needs it, a copy of the last.
        pixel_format: As FFmpeg names it.
        orientation: What a player does to turn the stored picture upright.
        sample_aspect_ratio: Width over height of one stored pixel.
        colour: Primaries, transfer, matrix and range by their numbers in ISO/IEC 23091-2 (range: 1 limited, 2 full).
    """

    content: Size
    size: Size
    pixel_format: str
    orientation: Orientation
    sample_aspect_ratio: Fraction
    colour: tuple[int, int, int, int]


def shape_for(
    first: Frame,
    *,
    codec: str,
    crop: Crop | None,
    sample_aspect_ratio: Fraction,
    keep_orientation: bool,
    square_pixels: bool = False,
) -> Shape:
    """The shape in which a film that starts with `first` is written.

    4:2:0 pictures of odd width or height get one more column or row, a copy of the last: x264 and x265 refuse them
    otherwise, and 4:4:4 instead is refused by most players.

    Args:
        first: Its first frame.
        codec: `h264`, `h265` or `av1`.
        crop: Part of the upright picture.
        sample_aspect_ratio: Width over height of one upright pixel.
        keep_orientation: Whether pictures stay stored as they are, and are turned by the player.
        square_pixels: Whether pictures are stretched, because the file cannot say that a player should.

    Raises:
        SpecError: If the crop reaches outside.
    """
    import av

    picture = first.picture
    stored = Size(picture.width, picture.height)
    upright = first.orientation.upright_size(stored)
    if crop is not None:
        crop.check_within(upright)
        upright = Size(crop.width, crop.height)
    if square_pixels:
        upright, sample_aspect_ratio = _stretched(upright, sample_aspect_ratio), Fraction(1)
    orientation = first.orientation if keep_orientation else UPRIGHT
    content = orientation.upright_size(upright)  # a quarter turn swaps the sides, whichever way it goes
    name = nearest_pixel_format(picture.format.name, codec=codec)
    across = down = 1
    if ENCODERS[codec].even_sizes:
        form = av.VideoFormat(name)
        across, down = 64 // form.chroma_width(64), 64 // form.chroma_height(64)
    return Shape(
        content=content,
        size=Size(-(-content.width // across) * across, -(-content.height // down) * down),
        pixel_format=name,
        orientation=orientation,
        sample_aspect_ratio=1 / sample_aspect_ratio if orientation.quarter_turns % 2 else sample_aspect_ratio,
        colour=_colour(picture),
    )


def _stretched(size: Size, sample_aspect_ratio: Fraction) -> Size:
    """The size in square pixels that loses nothing: the short side of a pixel grows."""
    if sample_aspect_ratio >= 1:
        return Size(round(size.width * sample_aspect_ratio), size.height)
    return Size(size.width, round(size.height / sample_aspect_ratio))


def shape_notes(first: Frame, shape: Shape, *, is_pictures: bool) -> list[str]:
    """What a user should know about the shape in which a film that starts with `first` is written."""
    notes, source = [], first.picture.format.name
    same = shape.pixel_format.replace("j", "") == source.replace("j", "").replace("nv12", "yuv420p")
    if not same and not is_pictures:  # nobody expects the RGB of pictures in a film
        notes.append(f"pixel format {source} is written as {shape.pixel_format}")
    if shape.size != shape.content:
        notes.append(f"pictures of {shape.content} are stored as {shape.size}: their last column or row is doubled")
    return notes


class FrameFitter:
    """Brings frames of any kind to one shape."""

    def __init__(self, shape: Shape, *, crop: Crop | None = None, sample_aspect_ratio: Fraction = Fraction(1)) -> None:
        """For a source with upright pixels of `sample_aspect_ratio`, cropped to `crop`."""
        self.shape = shape
        self.rescaled = False
        self._crop, self._aspect = crop, sample_aspect_ratio
        self._key: tuple[object, ...] = ()
        # The graph is held, too: PyAV's filters point into it without keeping it alive.
        self._filters: tuple[Graph, FilterContext, FilterContext] | None = None

    def fit(self, frame: Frame) -> VideoFrame:
        """The frame in the shape, with time stamp and picture type left to whoever encodes it.

        A frame of another size than the shape is scaled, whole and in proportion, with black beside it.
        """
        picture = frame.picture
        key = (
            picture.width,
            picture.height,
            picture.format.name,
            picture.colorspace,
            picture.color_range,
            frame.orientation,
        )
        if key != self._key:
            self._key, self._filters = key, self._build(frame)
        if self._filters is not None:
            self._filters[1].push(picture)
            picture = self._filters[2].pull()  # type: ignore[assignment]  # video goes in, video comes out
        return _placed(picture, self.shape)

    def _build(self, frame: Frame) -> tuple[Graph, FilterContext, FilterContext] | None:
        """The filters that a frame like this one needs with both their ends; `None` where it needs none."""
        import av.filter

        picture, shape = frame.picture, self.shape
        filters = self._steps(frame)
        if not filters and picture.format.name == shape.pixel_format:
            return None
        graph = av.filter.Graph()
        source = graph.add(
            "buffer",
            f"video_size={picture.width}x{picture.height}:pix_fmt={picture.format.name}:time_base=1/1"
            f":colorspace={_matrix_of(picture)}:range={_range_of(picture)}",
        )
        nodes = [source, *(graph.add(name, args) for name, args in filters)]
        nodes += [graph.add("format", shape.pixel_format), graph.add("buffersink")]
        graph.link_nodes(*nodes).configure(auto_buffer=False)
        return graph, nodes[0], nodes[-1]

    def _steps(self, frame: Frame) -> list[tuple[str, str]]:
        picture, shape = frame.picture, self.shape
        stored = Size(picture.width, picture.height)
        filters: list[tuple[str, str]] = []
        if self._crop is not None:
            self._crop.check_within(frame.orientation.upright_size(stored))
            part = stored_crop(self._crop, size=stored, orientation=frame.orientation)
            full = _full_chroma(picture.format.name, part)
            filters += [("format", full)] if full else []
            filters += [("crop", f"w={part.width}:h={part.height}:x={part.x}:y={part.y}:exact=1")]
            stored = Size(part.width, part.height)
        if frame.orientation != shape.orientation:
            filters += _turns(frame.orientation, inverse=False) + _turns(shape.orientation, inverse=True)
            stored = shape.orientation.upright_size(frame.orientation.upright_size(stored))
        target = self._target(frame, stored)
        if target != stored or picture.format.name != shape.pixel_format:
            self.rescaled = self.rescaled or target != stored
            matrix, colour_range = shape.colour[2], shape.colour[3]
            words = f"w={target.width}:h={target.height}:flags=bicubic+accurate_rnd+full_chroma_int"
            words += f":out_color_matrix={_MATRIX_WORDS[matrix]}" if matrix in _MATRIX_WORDS else ""
            filters.append(("scale", words + (":out_range=pc" if colour_range == 2 else ":out_range=tv")))
        return filters

    def _target(self, frame: Frame, stored: Size) -> Size:
        """The largest size inside the shape that keeps the picture's proportions on the screen."""
        shape = self.shape
        aspect = 1 / self._aspect if shape.orientation.quarter_turns % 2 else self._aspect
        if stored == shape.content and aspect == shape.sample_aspect_ratio:
            return stored
        wide = stored.width * aspect / shape.sample_aspect_ratio
        factor = min(shape.content.width / wide, Fraction(shape.content.height, stored.height))
        # Even, so that black beside it meets whole chroma samples; but full where it fills the shape.
        width, height = (max(2, round(side * factor / 2) * 2) for side in (wide, Fraction(stored.height)))
        content = shape.content
        return Size(
            content.width if width >= content.width - 1 else width,
            content.height if height >= content.height - 1 else height,
        )


def display_matrix(orientation: Orientation, size: Size) -> tuple[int, ...]:
    """The nine fixed-point numbers (ISO 14496-12, 6.2.2) that turn a stored picture of `size` as `orientation` does."""
    # (x, y) goes to (a x + c y, b x + d y), y pointing down: a quarter turn counter-clockwise takes (1, 0) to (0, -1).
    a, b, c, d = ((1, 0, 0, 1), (0, -1, 1, 0), (-1, 0, 0, -1), (0, 1, -1, 0))[orientation.quarter_turns]
    if orientation.mirrored:
        a, c = -a, -c
    # Moved back to where both coordinates start at 0.
    x = -min(0, a * size.width) - min(0, c * size.height)
    y = -min(0, b * size.width) - min(0, d * size.height)
    one = 1 << 16
    return (a * one, b * one, 0, c * one, d * one, 0, x * one, y * one, 1 << 30)


def stored_crop(crop: Crop, *, size: Size, orientation: Orientation) -> Crop:
    """The part of a stored picture of `size` that is `crop` once it stands upright."""
    upright = orientation.upright_size(size)
    x, y, width, height = crop.x, crop.y, crop.width, crop.height
    if orientation.mirrored:
        x = upright.width - x - width
    for _ in range(orientation.quarter_turns):
        # Undoing one turn counter-clockwise: what is at the top now was at the right before.
        upright = Size(upright.height, upright.width)
        x, y, width, height = upright.width - y - height, x, height, width
    return Crop(x, y, width, height)


def _turns(orientation: Orientation, *, inverse: bool) -> list[tuple[str, str]]:
    # Half a turn as two quarters: the filter that flips upside down gives pictures that are stored bottom up.
    turns: dict[int, list[tuple[str, str]]] = {
        0: [],
        1: [("transpose", "cclock")],
        2: [("transpose", "clock")] * 2,
        3: [("transpose", "clock")],
    }
    mirror = [("hflip", "")] if orientation.mirrored else []
    if inverse:
        return mirror + turns[-orientation.quarter_turns % 4]
    return turns[orientation.quarter_turns] + mirror


def _full_chroma(name: str, part: Crop) -> str:
    """The 4:4:4 sibling of a format in which a crop would start between two chroma samples; empty where it does not."""
    import av

    form = av.VideoFormat(name)
    across, down = 64 // form.chroma_width(64), 64 // form.chroma_height(64)
    if part.x % across == 0 and part.y % down == 0:
        return ""
    if name in ("nv12", "nv21"):
        return "yuv444p"
    depth = max(component.bits for component in form.components)
    return "yuv444p" if depth <= 8 else "yuv444p10le" if depth <= 10 else "yuv444p12le"


def _placed(picture: VideoFrame, shape: Shape) -> VideoFrame:
    """The picture on the encoded size: its last column and row repeated where one is missing, black where more are."""
    import av

    size = shape.size
    if (picture.width, picture.height) == (size.width, size.height):
        return picture
    placed = av.VideoFrame(size.width, size.height, shape.pixel_format)
    placed.colorspace, placed.color_range = picture.colorspace, picture.color_range
    left = (shape.content.width - picture.width) // 4 * 2
    top = (shape.content.height - picture.height) // 4 * 2
    for number in range(len(placed.planes)):
        source, target = plane_pixels(picture, number), plane_pixels(placed, number)
        x, y = left * target.shape[1] // size.width, top * target.shape[0] // size.height
        height, width = source.shape
        grows = (target.shape[0] - height, target.shape[1] - width)
        if max(grows) <= 1:
            target[:] = np.pad(source, ((0, grows[0]), (0, grows[1])), mode="edge")
        else:
            target[:] = _black(number, shape)
            target[y : y + height, x : x + width] = source
    return placed


def plane_pixels(picture: VideoFrame, number: int) -> NDArray[Any]:
    """A plane of a planar picture as an array `(H, W)` over its own memory."""
    plane = picture.planes[number]
    wide = picture.format.components[0].bits > 8
    rows = np.frombuffer(memoryview(plane), np.uint16 if wide else np.uint8).reshape(plane.height, -1)
    return rows[:, : plane.width]


def _black(number: int, shape: Shape) -> int:
    import av

    bits = av.VideoFormat(shape.pixel_format).components[0].bits
    if number:
        return int(1 << (bits - 1))
    return 0 if shape.colour[3] == 2 else int(16 << (bits - 8))


def _colour(picture: VideoFrame) -> tuple[int, int, int, int]:
    if picture.format.is_rgb or picture.format.has_palette:
        return _BT709, _BT709, _BT709, _LIMITED
    return int(picture.color_primaries), int(picture.color_trc), int(picture.colorspace), _range_of(picture)


def _range_of(picture: VideoFrame) -> int:
    """0 unknown, 1 limited, 2 full; where grey does not say, FFmpeg takes it for full."""
    full = picture.format.name.startswith("yuvj") or (len(picture.format.components) < 3 and not picture.color_range)
    return 2 if full else int(picture.color_range)


def _matrix_of(picture: VideoFrame) -> int:
    """How the picture keeps its colours; for RGB there is only one way."""
    is_rgb = picture.format.is_rgb or picture.format.has_palette
    return 0 if is_rgb else _UNSPECIFIED if picture.colorspace == 0 else int(picture.colorspace)


_MATRIX_WORDS = {1: "bt709", 4: "fcc", 5: "bt470", 6: "smpte170m", 7: "smpte240m", 9: "bt2020nc", 10: "bt2020c"}
