"""Writes drawn frames as an H.264 film."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import av.container
import cv2
import numpy as np
import numpy.typing as npt

from reelsift.errors import SpecError
from reelsift.output import writing_file

__all__ = ["write_film"]

# The fastest preset, as noise makes the slower ones very slow, with what it leaves out and a film usually has put back:
# B-frames, CABAC, 8x8 transforms, deblocking; a key frame every 5 seconds at 25 frames a second, closed groups.
X264 = {
    "preset": "ultrafast",
    "crf": "22",
    "bf": "3",
    "g": "125",
    "x264-params": "cabac=1:8x8dct=1:no-deblock=0:scenecut=0:open-gop=0",
}
BT709, BT601, LIMITED = 1, 6, 1  # as ITU-T H.273 numbers them

Picture = npt.NDArray[np.uint8]


def write_film(path: Path, frames: Iterable[Picture], *, fps: int) -> int:
    """Encodes frames as an H.264 film, written beside `path` and then renamed.

    Args:
        path: The film to write; its ending says the container. An existing file is replaced.
        frames: (H, W, 3) uint8 red, green, blue, all of one size, even width and height.
        fps: Frames a second.

    Returns:
        The number of frames written.

    Raises:
        OutputError: If the film cannot be written.
        SpecError: If there are no frames.
    """
    with writing_file(Path(path)) as beside, av.open(str(beside), "w") as container:
        return _encode(container, frames, fps=fps)


def _encode(container: av.container.OutputContainer, frames: Iterable[Picture], *, fps: int) -> int:
    """Encodes `frames` into an open container; returns how many there were."""
    count, stream = 0, None
    for picture in frames:
        if stream is None:
            stream = _add_stream(container, height=picture.shape[0], width=picture.shape[1], fps=fps)
        # OpenCV converts with the matrix of BT.601, limited range, five times faster than swscale with that of BT.709.
        planes = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420), np.uint8)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.colorspace, frame.color_range = BT601, LIMITED
        frame.pts, frame.time_base = count, Fraction(1, fps)
        container.mux(stream.encode(frame))
        count += 1
    if stream is None:
        raise SpecError("a film needs at least one frame")
    container.mux(stream.encode(None))
    return count


def _add_stream(container: av.container.OutputContainer, *, height: int, width: int, fps: int) -> av.VideoStream:
    stream = container.add_stream("libx264", rate=Fraction(fps), options=X264)
    stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
    context = stream.codec_context
    context.thread_type = "FRAME"  # PyAV's default makes x264 split each frame, and the drawing wait for it
    context.color_primaries = context.color_trc = BT709
    context.colorspace, context.color_range = BT601, LIMITED
    return stream
