"""Running a list of independent work items: one after the other, or in several processes.

A runner maps a function over picklable items and gives the results as they come. An item that fails is given back with
its error, and the others still run.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Literal, TypeVar

from reelsift.errors import ReelsiftError

__all__ = ["core_count", "run"]

Item = TypeVar("Item")
Result = TypeVar("Result")


def core_count() -> int:
    """Processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(
    items: Iterable[Item],
    *,
    work: Callable[[Item], Result],
    runner: Literal["serial", "processes"] = "serial",
    jobs: int = 1,
) -> Iterator[tuple[Item, Result | ReelsiftError]]:
    """Does `work` on each item.

    Args:
        items: Independent of each other; picklable for `processes`. Taken one by one, not long before their turn comes,
            so an iterator may do work of its own to find the next one.
        work: A function that can be pickled by name for `processes`.
        runner: Where.
        jobs: How many at once, for `processes`.

    Yields:
        Each item with its result, or with the `ReelsiftError` it ended in, in the order they finish. Any other error
        stops everything and is raised. Closing the iterator stops the workers.
    """
    if runner == "serial" or jobs == 1:
        for item in items:
            yield item, _attempt(work, item)
        return
    # Spawned, not forked: FFmpeg, OpenVINO and the threads behind both do not survive a fork.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(max_workers=jobs, mp_context=context, initializer=_ignore_interrupt)
    try:
        yield from _gather(pool, items, work, ahead=2 * jobs)
    except BaseException:
        _stop(pool)
        raise
    pool.shutdown()


def _gather(
    pool: ProcessPoolExecutor, items: Iterable[Item], work: Callable[[Item], Result], *, ahead: int
) -> Iterator[tuple[Item, Result | ReelsiftError]]:
    waiting: dict[Future[Result | ReelsiftError], Item] = {}
    remaining = iter(items)
    try:
        while True:
            for item in remaining:
                waiting[pool.submit(_attempt, work, item)] = item
                if len(waiting) >= ahead:
                    break
            if not waiting:
                return
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield waiting.pop(future), future.result()
    except BrokenProcessPool:
        raise ReelsiftError(
            "a worker process died (killed, or out of memory): run again with fewer --jobs; what is done is kept"
        ) from None


def _attempt(work: Callable[[Item], Result], item: Item) -> Result | ReelsiftError:
    try:
        return work(item)
    except ReelsiftError as error:
        return error


def _ignore_interrupt() -> None:
    """Ctrl-C reaches the whole process group; the parent alone decides what happens then."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _stop(pool: ProcessPoolExecutor) -> None:
    """Ends the workers in the middle of what they do; what they had written beside is never renamed."""
    # Before `shutdown`, which forgets them, and would wait for their work to end.
    for process in list((getattr(pool, "_processes", None) or {}).values()):
        with contextlib.suppress(OSError, ValueError):
            process.terminate()
    pool.shutdown(wait=True, cancel_futures=True)
