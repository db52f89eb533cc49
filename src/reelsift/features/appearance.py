"""The view `appearance`: one vector for each frame, from a pretrained backbone."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import SpecError
from reelsift.features.backbones import backbone_named, input_size_for, open_queue
from reelsift.media.render import Image
from reelsift.specs import IndexSpec, Size

if TYPE_CHECKING:
    import openvino

__all__ = ["AppearanceExtractor"]

_MULTIPLE = 32

# Images go to the network in bursts: one by one, each would find the caches full of what was decoded since the last.
# Measured: 5 % less processor time; the vectors are the same.
_BURST = 16


class AppearanceExtractor:
    """Gives `(N, D)` float16; images are worked on in the background.

    One image a request, so that its vector depends on nothing but the image, whatever came before it.
    """

    def __init__(self, spec: IndexSpec, *, threads: int) -> None:
        size = spec.input_size
        if size and (size.width % _MULTIPLE or size.height % _MULTIPLE):
            raise SpecError(f"--input-size {size}: width and height must be multiples of {_MULTIPLE}")
        self._backbone = backbone_named(spec.backbone)
        self._input_size, self._threads = size, threads
        self._rows: list[NDArray[np.float16] | None] = []
        self._queues: dict[Size, openvino.AsyncInferQueue] = {}
        self._drawn: list[tuple[Size, NDArray[np.uint8]]] = []
        self._latest: NDArray[np.uint8] | None = None
        self._computed = 0
        self._places: list[int] = []

    def __enter__(self) -> AppearanceExtractor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wait()

    def add(self, image: Image) -> None:
        size = self._input_size or input_size_for(image.size)
        pixels = image.rgb(size)
        # Where nothing moves, frames are often the same to the last bit: then so are their vectors.
        if self._latest is None or not np.array_equal(pixels, self._latest):
            self._drawn.append((size, pixels))
            self._latest = pixels
            self._computed += 1
        self._places.append(self._computed - 1)
        if len(self._drawn) == _BURST:
            self._start()

    def finish(self) -> NDArray[np.float16]:
        self._start()
        self._wait()
        rows = [row for row in self._rows if row is not None]
        return np.stack(rows)[self._places] if rows else np.empty((0, self._backbone.width), np.float16)

    def _start(self) -> None:
        for size, pixels in self._drawn:
            if size not in self._queues:
                self._queues[size] = open_queue(
                    self._backbone, size=size, rows=self._rows, waiting=_BURST, threads=self._threads
                )
            self._rows.append(None)
            # Waits while too many requests are under way, which bounds what is held in memory.
            self._queues[size].start_async({0: pixels[None]}, len(self._rows) - 1)
        self._drawn.clear()

    def _wait(self) -> None:
        for queue in self._queues.values():
            queue.wait_all()
