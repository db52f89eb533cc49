"""Computing the views of images that come one after the other, with the frames passed on the way."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from reelsift.features.views import open_extractor
from reelsift.media.render import Image
from reelsift.specs import IndexSpec

__all__ = ["Passed", "SeesPassed", "compute_views", "in_runs"]


@dataclass(frozen=True, slots=True, eq=False)
class Passed:
    """An image that is no sample, but was decoded on the way: between two samples, or behind the last of a part."""

    image: Image


@runtime_checkable
class SeesPassed(Protocol):
    """What an `Extractor` may have besides, if it looks at how the picture changes from each frame to the next."""

    def passed(self, image: Image) -> None:
        """Takes a frame that gets no row; in order with those that `add` takes, by time."""


def in_runs(images: Iterator[Image | Passed], *, rows: int) -> Iterator[Iterator[Image | Passed]]:
    """The images in runs of so many samples, each with the frames passed behind them; at least one run.

    A run begins with the last frame of the one before, as a frame passed: no step from frame to frame gets lost.
    """
    waiting = next(images, None)
    last: Image | None = None

    def run() -> Iterator[Image | Passed]:
        nonlocal waiting, last
        if last is not None:
            yield Passed(last)
        samples = 0
        while waiting is not None:
            image = waiting
            samples += not isinstance(image, Passed)
            if samples > rows:
                return
            last = image.image if isinstance(image, Passed) else image
            yield image
            waiting = next(images, None)

    yield run()
    while waiting is not None:
        yield run()


def compute_views(
    images: Iterable[Image | Passed],
    views: Sequence[str],
    spec: IndexSpec,
    *,
    threads: int = 0,
    on_frame: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Computes views of images; of views that are derived, what that is done from.

    Images that were passed get no row; the extractors that want them see them.

    Returns:
        The rows of each view, and under `""` the columns `frame_index` and `time_seconds` that name the images.
    """
    indexes: list[int] = []
    times: list[float] = []
    with contextlib.ExitStack() as opened:
        extractors = {view: opened.enter_context(open_extractor(view, spec=spec, threads=threads)) for view in views}
        watching = [extractor for extractor in extractors.values() if isinstance(extractor, SeesPassed)]
        for image in images:
            if isinstance(image, Passed):
                for watcher in watching:
                    watcher.passed(image.image)
                continue
            for extractor in extractors.values():
                extractor.add(image)
            indexes.append(image.frame_index)
            times.append(image.time_seconds)
            if on_frame:
                on_frame()
        rows: dict[str, Any] = {view: extractor.finish() for view, extractor in extractors.items()}
    rows[""] = {"frame_index": np.array(indexes, np.int64), "time_seconds": np.array(times, np.float64)}
    return rows
