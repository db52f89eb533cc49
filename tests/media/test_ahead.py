"""Working ahead: in order, not too far, and stopping cleanly when either side fails."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from reelsift.media.ahead import worked_ahead


def test_results_come_in_order_and_no_further_ahead_than_allowed() -> None:
    begun: list[int] = []

    def items() -> Iterator[int]:
        for number in range(20):
            begun.append(number)
            yield number

    results = worked_ahead(lambda n: n * n, items(), workers=2, ahead=3)
    assert next(results) == 0 and max(begun) <= 3
    assert list(results) == [n * n for n in range(1, 20)]


def test_what_work_and_items_raise_reaches_the_caller() -> None:
    with pytest.raises(ZeroDivisionError):
        list(worked_ahead(lambda n: 1 // n, [1, 0, 1], workers=2, ahead=1))

    def failing() -> Iterator[int]:
        yield 1
        raise KeyError("source")

    with pytest.raises(KeyError):
        list(worked_ahead(lambda n: n, failing(), workers=1, ahead=4))


def test_closing_stops_the_threads() -> None:
    before = threading.active_count()
    results = worked_ahead(lambda n: n, iter(range(100)), workers=2, ahead=4)
    next(results)
    results.close()
    assert threading.active_count() == before
