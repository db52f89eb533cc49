"""What views that come from a network share: pictures are drawn at once, and worked on in the background."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reelsift.features.backbones import Network, open_queue
from reelsift.media.render import Image
from reelsift.specs import Size

if TYPE_CHECKING:
    import openvino

__all__ = ["NetworkRows"]

# Images go to the network in bursts: one by one, each would find the caches full of what was decoded since the last.
# Measured: 5 % less processor time; the results are the same.
_BURST = 16


class NetworkRows:
    """Rows that a network gives, one for each image; a context manager.

    One image a request, so that its row depends on nothing but the image, whatever came before it.

    Args:
        network: What looks at the pictures.
        draw: Gives the pixels `(H, W, 3)` the network is to see of an image.
        keep: Makes a row of the network's output for one picture.
        threads: Threads to use; 0 for all cores.
    """

    def __init__(
        self,
        network: Network,
        *,
        draw: Callable[[Image], NDArray[np.uint8]],
        keep: Callable[[NDArray[np.float32]], Any],
        threads: int,
    ) -> None:
        self._network, self._draw, self._keep, self._threads = network, draw, keep, threads
        self._rows: list[Any] = []
        self._queues: dict[Size, openvino.AsyncInferQueue] = {}
        self._drawn: list[NDArray[np.uint8]] = []
        self._latest: NDArray[np.uint8] | None = None
        self._computed = 0
        self._places: list[int] = []

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wait()

    def add(self, image: Image) -> None:
        self.add_pixels(self._draw(image))

    def add_pixels(self, pixels: NDArray[np.uint8]) -> None:
        """Takes a picture as the network is to see it, `(H, W, 3)`."""
        # Where nothing moves, frames are often the same to the last bit: then so are their rows.
        if self._latest is None or not np.array_equal(pixels, self._latest):
            self._drawn.append(pixels)
            self._latest = pixels
            self._computed += 1
        self._places.append(self._computed - 1)
        if len(self._drawn) == _BURST:
            self._start()

    def rows(self) -> list[Any]:
        """The rows of all images added, in order."""
        self._start()
        self._wait()
        return [self._rows[place] for place in self._places]

    def _start(self) -> None:
        for pixels in self._drawn:
            size = Size(pixels.shape[1], pixels.shape[0])
            if size not in self._queues:
                self._queues[size] = open_queue(
                    self._network, size=size, done=self._done, waiting=_BURST, threads=self._threads
                )
            self._rows.append(None)
            # Waits while too many requests are under way, which bounds what is held in memory.
            self._queues[size].start_async({0: pixels[None]}, len(self._rows) - 1)
        self._drawn.clear()

    def _done(self, number: int, output: NDArray[np.float32]) -> None:
        self._rows[number] = self._keep(output)

    def _wait(self) -> None:
        for queue in self._queues.values():
            queue.wait_all()
