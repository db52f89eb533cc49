"""Reading a film: exact time stamps in display order, from the start or from anywhere inside.

This module and its neighbours in `media/` are the only place that knows PyAV.
"""

from __future__ import annotations

import heapq
import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np

from reelsift.errors import MediaError, SourceNotFoundError
from reelsift.media.announced import announced_seconds
from reelsift.specs import Size

if TYPE_CHECKING:
    import av
    import av.container
    import av.video.frame
    from numpy.typing import NDArray

__all__ = ["Film", "FilmReader", "Frame", "Orientation", "open_film"]

# A seek may land on a key frame whose first picture comes after the one asked for (its decoding time stamp lies before,
# its presentation time stamp behind). Then the seek is tried again this much earlier, and at last from the start.
_SEEK_BACK_SECONDS = (0, 2, 10, 60)

# Containers in which each picture carries its own time stamp, as FFmpeg names them.
_STAMPED = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "mpegts", "flv")

# H.264 and H.265 let a picture overtake 16 others at most.
_MAX_REORDER = 16


@dataclass(frozen=True)
class Orientation:
    """How a stored picture must be turned to stand upright: first counter-clockwise, then mirrored left to right.

    Attributes:
        quarter_turns: Counter-clockwise quarter turns, 0 to 3, as `numpy.rot90` counts them.
        mirrored: Whether left and right are swapped after turning.
    """

    quarter_turns: int = 0
    mirrored: bool = False

    @classmethod
    def from_display_matrix(cls, matrix: tuple[int, ...]) -> Orientation:
        """The nearest of the eight orientations to a display matrix (ISO 14496-12, 6.2.2: nine fixed-point numbers)."""
        a, b, _, c, d = matrix[:5]
        mirrored = a * d - b * c < 0
        # (1, 0) in the stored picture lands on (a, b) on the screen, whose y axis points down: b > 0 is a turn by 90
        # degrees clockwise, three counter-clockwise quarter turns. A mirrored picture with a > 0 is one upside down:
        # half a turn, and left and right swapped.
        if abs(a) >= abs(b):
            return cls(0 if (a > 0) != mirrored else 2, mirrored)
        return cls(3 if b > 0 else 1, mirrored)

    def upright_size(self, size: Size) -> Size:
        """The size of a stored picture of `size` once it stands upright."""
        return Size(size.height, size.width) if self.quarter_turns % 2 else size

    def apply(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Turns a stored picture `(H, W, ...)` upright; the result is contiguous."""
        upright = np.rot90(picture, self.quarter_turns) if self.quarter_turns else picture
        return np.ascontiguousarray(upright[:, ::-1] if self.mirrored else upright)


@dataclass(frozen=True, eq=False)
class Frame:
    """One decoded frame.

    Attributes:
        frame_index: Position in display order; counts from 0 at the start of the film, or from the caller's own base.
        pts: Presentation time stamp in units of the stream's time base.
        duration: How long the frame says it lasts, in the same unit; 0 where it does not say.
        time_seconds: `pts` times the time base, not shifted.
        picture: The frame as PyAV has it, not yet turned upright.
        orientation: What turns it upright.
    """

    frame_index: int
    pts: int
    duration: int
    time_seconds: float
    picture: av.video.frame.VideoFrame
    orientation: Orientation


@dataclass(frozen=True)
class Film:
    """What the header of a film says, and what its first frame shows.

    Attributes:
        size: Upright size in pixels, as stored (not stretched by `sample_aspect_ratio`).
        sample_aspect_ratio: Width over height of one upright pixel.
        average_rate: Frames a second as the header has it; unreliable for variable rates.
        header_frames: Number of frames the header announces; 0 where it does not.
        duration_seconds: As the header has it; `None` where it does not.
    """

    path: Path
    container: str
    codec: str
    pixel_format: str
    size: Size
    orientation: Orientation
    sample_aspect_ratio: Fraction
    time_base: Fraction
    average_rate: Fraction | None
    header_frames: int
    duration_seconds: float | None
    stream_index: int
    streams: tuple[str, ...]
    audio_streams: int


class FilmReader:
    """An open film; a context manager.

    Attributes:
        film: What is known of it.
        undecodable: Packets that could not be decoded so far; reading goes on behind them.
        damage: What was wrong with the first of them, or with the end of the file; empty if nothing was.
    """

    def __init__(self, path: Path, *, threads: int = 0) -> None:
        """Opens `path` with `threads` decoding threads (0: as many as there are cores).

        Raises:
            SourceNotFoundError: If there is no such file.
            MediaError: If it is not a film, or has no picture that can be decoded.
        """
        self._threads = threads
        self._path = path
        self.undecodable = 0
        self.damage = ""
        self._container = open_container(path)
        try:
            self._stream = video_stream(self._container, path)
            self._configure()
            self.film = self._describe()
        except BaseException:
            self._container.close()
            raise

    def __enter__(self) -> FilmReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    @property
    def can_seek(self) -> bool:
        """Whether it can be entered in the middle; else `frames` reads from the start to get anywhere."""
        return can_seek(self._container)

    def frames(self, *, start_pts: int | None = None, first_index: int = 0) -> Iterator[Frame]:
        """Decodes in display order, from the first frame on or from the first whose time stamp is `start_pts` or later.

        Args:
            start_pts: Where to begin; the reader seeks to a key frame at or before it.
            first_index: The `frame_index` of the first frame that comes out.
        """
        if start_pts is None:
            yield from self._number(self._rewound(), first_index)
            return
        for pictures in self._sought(start_pts) if self.can_seek else ():
            first = next(pictures, None)
            while first is not None and first[0] < start_pts:
                # Frames before the one asked for: decoded because others refer to them.
                following = next(pictures, None)
                if following is not None and following[0] >= start_pts:
                    yield from self._number(_chain(following, pictures), first_index)
                    return
                first = following
            if first is not None and first[0] == start_pts:
                yield from self._number(_chain(first, pictures), first_index)
                return
        pictures = ((pts, picture) for pts, picture in self._rewound() if pts >= start_pts)
        yield from self._number(pictures, first_index)

    def _sought(self, start_pts: int) -> Iterator[Iterator[tuple[int, av.video.frame.VideoFrame]]]:
        import av

        for seconds_back in _SEEK_BACK_SECONDS:
            target = start_pts - int(seconds_back / self.film.time_base)
            try:
                self._container.seek(target, stream=self._stream, backward=True)
            except (av.error.FFmpegError, OverflowError):
                continue
            self._stream.codec_context.flush_buffers()
            # A transport stream is entered anywhere, and some decoders draw grey where they miss what came before.
            yield self._decoded(wait_for_key=True)

    def _rewound(self) -> Iterator[tuple[int, av.video.frame.VideoFrame]]:
        """All frames from the very start; a fresh container, because not every format can seek back."""
        self._container.close()
        self._container = open_container(self._path)
        self._stream = video_stream(self._container, self._path)
        self._configure()
        self.undecodable, self.damage = 0, ""
        return _restamped(self._decoded()) if self._container.format.name == "avi" else self._decoded()

    def _decoded(self, *, wait_for_key: bool = False) -> Iterator[tuple[int, av.video.frame.VideoFrame]]:
        """Time stamp and picture of each frame the decoder gives, behind whatever damage there is."""
        import av

        next_pts = 0
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except av.error.FFmpegError as error:
                self.damage = self.damage or f"reading stopped: {reason_of(error)}"
                packet = None
                packets = iter(())
                yield from self._flushed(next_pts)
            if packet is None:
                return
            if wait_for_key and packet.size:
                if not packet.is_keyframe:
                    continue
                wait_for_key = False
            try:
                pictures = packet.decode()
            except av.error.FFmpegError as error:
                self.undecodable += 1
                self.damage = self.damage or f"{reason_of(error)} near {moment_of(packet, self._stream)}"
                continue
            for picture in pictures:
                pts = picture.pts if picture.pts is not None else picture.dts if picture.dts is not None else next_pts
                next_pts = pts + (picture.duration or 1)
                yield pts, picture

    def _flushed(self, next_pts: int) -> Iterator[tuple[int, av.video.frame.VideoFrame]]:
        import av

        try:
            pictures = self._stream.codec_context.decode(None)
        except av.error.FFmpegError:
            return
        for picture in pictures:
            yield picture.pts if picture.pts is not None else next_pts, picture

    def _number(self, pictures: Iterator[tuple[int, av.video.frame.VideoFrame]], first_index: int) -> Iterator[Frame]:
        time_base, orientation = self.film.time_base, self.film.orientation
        for frame_index, (pts, picture) in enumerate(pictures, start=first_index):
            # An exact integer product before the one division: 1001 / 30000 times n is rounded once, not twice.
            time_seconds = pts * time_base.numerator / time_base.denominator
            yield Frame(frame_index, pts, picture.duration or 0, time_seconds, picture, orientation)

    def _configure(self) -> None:
        self._stream.codec_context.thread_type = "AUTO"
        self._stream.codec_context.thread_count = self._threads

    def _describe(self) -> Film:
        first = next(self._decoded(), None)
        if first is None:
            raise MediaError(f"{self._path}: no frame could be decoded ({self.damage or 'the video stream is empty'})")
        return _describe(self._path, self._container, self._stream, first[1])


def open_film(path: Path | str, *, threads: int = 0) -> FilmReader:
    """Opens a film for reading; see `FilmReader`."""
    return FilmReader(Path(path), threads=threads)


def _restamped(
    pictures: Iterator[tuple[int, av.video.frame.VideoFrame]],
) -> Iterator[tuple[int, av.video.frame.VideoFrame]]:
    """Gives pictures in display order their time stamps in rising order.

    AVI stamps packets in the order they are stored. With B-frames 0 1 2 3 are stored as 0 2 1 3, come out of the
    decoder in display order again, and carry the stamps 0 2 1 3: sorted, they are right.
    """
    waiting: deque[av.video.frame.VideoFrame] = deque()
    stamps: list[int] = []
    for pts, picture in pictures:
        waiting.append(picture)
        heapq.heappush(stamps, pts)
        if len(waiting) > _MAX_REORDER:
            yield heapq.heappop(stamps), waiting.popleft()
    while waiting:
        yield heapq.heappop(stamps), waiting.popleft()


def can_seek(container: av.container.InputContainer) -> bool:
    """Whether pictures keep their time stamps when the file is entered in the middle.

    Only where each picture carries its own. AVI has none, and pictures are counted. MPEG program streams stamp a block
    of pictures, and behind a seek those of a block entered in its middle are guessed. In ASF durations are guessed.
    """
    return container.format.name in _STAMPED


def _chain(
    first: tuple[int, av.video.frame.VideoFrame], rest: Iterator[tuple[int, av.video.frame.VideoFrame]]
) -> Iterator[tuple[int, av.video.frame.VideoFrame]]:
    yield first
    yield from rest


def open_container(path: Path) -> av.container.InputContainer:
    """Opens `path` for demuxing; the errors are those of `FilmReader`."""
    import av

    if path.is_dir():
        raise MediaError(f"{path} is a folder, not a film")
    try:
        return av.open(str(path), metadata_errors="replace")
    except FileNotFoundError:
        raise SourceNotFoundError(f"{path}: no such file") from None
    except PermissionError:
        raise MediaError(f"{path}: no permission to read it") from None
    except (av.error.FFmpegError, OSError, ValueError) as error:
        if path.exists() and path.stat().st_size == 0:
            raise MediaError(f"{path}: the file is empty") from None
        raise MediaError(f"{path}: not a film, or damaged beyond reading ({reason_of(error)})") from None


def video_stream(container: av.container.InputContainer, path: Path) -> av.VideoStream:
    """The first video stream that is not cover art."""
    import av

    streams = [s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
    if not streams:
        kinds: list[str] = sorted({stream.type for stream in container.streams})
        raise MediaError(f"{path}: no video stream in it, only {', '.join(kinds) or 'nothing'}")
    try:
        streams[0].codec_context  # noqa: B018  # raises, or is None, where no decoder is known
    except (av.error.FFmpegError, RuntimeError):
        raise MediaError(f"{path}: no decoder for its video stream") from None
    if streams[0].codec_context is None:
        raise MediaError(f"{path}: no decoder for its video stream")
    return streams[0]


def _describe(
    path: Path, container: av.container.InputContainer, stream: av.VideoStream, first: av.video.frame.VideoFrame
) -> Film:
    orientation = _orientation(first)
    aspect = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio or Fraction(1)
    aspect = aspect if aspect > 0 else Fraction(1)
    assert stream.time_base is not None  # every video stream that FFmpeg demuxes has one
    return Film(
        path=path,
        container=container.format.name,
        codec=stream.codec_context.name,
        pixel_format=first.format.name,
        size=orientation.upright_size(Size(first.width, first.height)),
        orientation=orientation,
        sample_aspect_ratio=1 / aspect if orientation.quarter_turns % 2 else aspect,
        time_base=stream.time_base,
        average_rate=stream.average_rate or stream.guessed_rate,
        header_frames=stream.frames,
        duration_seconds=announced_seconds(container, stream),
        stream_index=stream.index,
        streams=tuple(_stream_name(s) for s in container.streams),
        audio_streams=len(container.streams.audio),
    )


def _stream_name(stream: av.stream.Stream) -> str:
    try:
        return f"{stream.type}:{stream.codec_context.name}"
    except (AttributeError, RuntimeError):
        return f"{stream.type}:?"


def _orientation(frame: av.video.frame.VideoFrame) -> Orientation:
    try:
        matrix = frame.side_data.get("DISPLAYMATRIX")
    except ValueError:  # PyAV 18 does not know every kind of side data and then gives none; it still gives the angle
        return Orientation(round(frame.rotation / 90) % 4)
    if not matrix:
        return Orientation()
    return Orientation.from_display_matrix(struct.unpack("<9i", bytes(memoryview(matrix))[:36]))  # type: ignore[arg-type]


def reason_of(error: BaseException) -> str:
    return str(getattr(error, "strerror", "") or error).strip().rstrip(".").lower() or type(error).__name__


def moment_of(packet: av.Packet[av.VideoStream], stream: av.VideoStream) -> str:
    stamp = packet.pts if packet.pts is not None else packet.dts
    return f"{float(stamp * stream.time_base):.3f} s" if stamp is not None and stream.time_base else "the end"
