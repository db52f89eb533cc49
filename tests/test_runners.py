"""Runners: every item once; failures handed back, raised, or stopped; no worker left behind."""

from __future__ import annotations

import functools
import multiprocessing
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reelsift.errors import MediaError, ReelsiftError
from reelsift.runners import run

pytestmark = pytest.mark.xdist_group("runners")


def double(number: int) -> int:
    return 2 * number


def fail_at_three(number: int) -> int:
    if number == 3:
        raise MediaError("3 is damaged")
    return 2 * number


def break_at_three(number: int) -> int:
    if number == 3:
        raise KeyError("a mistake in the program")
    return number


def die_at_three(number: int) -> int:
    if number == 3:
        os._exit(9)
    return number


def note_and_wait(folder: Path, number: int) -> int:
    (folder / f"{number}-{os.getpid()}").touch()
    time.sleep(0.0 if number == 0 else 30.0)
    return number


@pytest.fixture(params=["serial", "processes"])
def runner(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_item_once_with_its_own_result(runner: str) -> None:
    done = list(run(range(12), work=double, runner=runner, jobs=2))  # type: ignore[arg-type]
    assert sorted(done) == [(number, 2 * number) for number in range(12)]
    if runner == "serial":
        assert [item for item, _ in done] == list(range(12))


def test_an_item_that_fails_is_handed_back_and_the_others_run(runner: str) -> None:
    done = dict(run(range(8), work=fail_at_three, runner=runner, jobs=2))  # type: ignore[arg-type]
    error = done.pop(3)
    assert isinstance(error, MediaError) and str(error) == "3 is damaged"
    assert done == {number: 2 * number for number in range(8) if number != 3}


def test_a_mistake_in_the_program_is_raised_and_stops_everything(runner: str) -> None:
    with pytest.raises(KeyError, match="a mistake"):
        list(run(range(8), work=break_at_three, runner=runner, jobs=2))  # type: ignore[arg-type]
    assert multiprocessing.active_children() == []


def test_nothing_to_do_is_done_at_once(runner: str) -> None:
    assert list(run([], work=double, runner=runner, jobs=2)) == []  # type: ignore[arg-type]


def test_serial_work_waits_for_its_consumer() -> None:
    done: list[int] = []

    def noting(number: int) -> int:
        done.append(number)
        return number

    results = run(range(5), work=noting)
    next(results)
    assert done == [0]


def test_a_worker_that_dies_is_named() -> None:
    with pytest.raises(ReelsiftError, match="a worker process died"):
        list(run(range(8), work=die_at_three, runner="processes", jobs=2))
    assert multiprocessing.active_children() == []


def test_closing_stops_workers_in_the_middle_of_their_work(tmp_path: Path) -> None:
    """A consumer that fails closes the iterator: workers that would sleep for 30 s are gone at once."""
    results = run(range(6), work=functools.partial(note_and_wait, tmp_path), runner="processes", jobs=2)
    assert next(results) == (0, 0)
    started = time.perf_counter()
    results.close()  # type: ignore[attr-defined]
    assert time.perf_counter() - started < 10
    assert multiprocessing.active_children() == []
    begun = sorted(int(path.name.partition("-")[0]) for path in tmp_path.iterdir())
    assert begun[-1] < 5  # what was waiting was never begun


def test_an_exception_in_the_consumer_stops_the_workers(tmp_path: Path) -> None:
    def consume() -> None:
        for _ in run(range(6), work=functools.partial(note_and_wait, tmp_path), runner="processes", jobs=2):
            raise RuntimeError("the consumer failed")

    started = time.perf_counter()
    with pytest.raises(RuntimeError, match="the consumer failed"):
        consume()
    while multiprocessing.active_children() and time.perf_counter() - started < 10:
        time.sleep(0.05)
    assert multiprocessing.active_children() == []


def test_items_are_found_while_others_are_worked_on(runner: str) -> None:
    found: list[int] = []

    def finding() -> Iterator[int]:
        for number in range(20):
            found.append(number)
            yield number

    results = run(finding(), work=double, runner=runner, jobs=2)  # type: ignore[arg-type]
    next(results)
    assert len(found) < 10
    assert len(list(results)) == 19
