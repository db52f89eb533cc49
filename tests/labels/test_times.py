from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelsift.errors import LabelError
from reelsift.labels import parse_time


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12.5", 12.5),
        (" 7 ", 7.0),
        ("-0.04", -0.04),
        (".5", 0.5),
        ("1e-05", 1e-05),
        ("12,5", 12.5),
        ("90", 90.0),
        ("1:30", 90.0),
        ("75:00.25", 4500.25),
        ("01:02:03.5", 3723.5),
        ("00:00:01,500", 1.5),
        ("-00:00:02", -2.0),
    ],
)
def test_reads_times_as_people_write_them(text: str, seconds: float) -> None:
    assert parse_time(text) == pytest.approx(seconds, abs=1e-9)


@pytest.mark.parametrize(
    "text", ["", "soon", "nan", "inf", "1:60", "1:60:00", "1:2:3:4", "1_000", "12.5s", "0x10", "1:-2", "--1", "9" * 400]
)
def test_refuses_what_is_not_a_time_and_says_what_was_written(text: str) -> None:
    with pytest.raises(LabelError, match="not a time") as error:
        parse_time(text)
    assert text in str(error.value)


@given(st.floats(min_value=-1e9, max_value=1e9))
def test_a_float_written_in_full_is_read_back_exactly(seconds: float) -> None:
    assert parse_time(repr(seconds)) == seconds


@given(st.integers(0, 999), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_a_clock_time_is_its_seconds(hours: int, minutes: int, seconds: int, milliseconds: int) -> None:
    text = f"{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}"
    assert parse_time(text) == pytest.approx(3600 * hours + 60 * minutes + seconds + milliseconds / 1000)
