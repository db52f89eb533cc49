from __future__ import annotations

from pathlib import Path

import pytest

from reelsift.errors import LabelError
from reelsift.labels import LabelRow, parse_names


def test_names_are_pairs() -> None:
    assert parse_names("0=neither, 1 = Jerry") == {"0": "neither", "1": "Jerry"}


@pytest.mark.parametrize("text", ["", "0", "=x", "0=", "0=a,,1=b"])
def test_what_is_no_pair_is_refused(text: str) -> None:
    with pytest.raises(LabelError, match="OLD=NEW"):
        parse_names(text)


def test_a_class_renamed_twice_is_refused() -> None:
    with pytest.raises(LabelError, match="renamed twice"):
        parse_names("0=a,0=b")


def test_rows_check_themselves() -> None:
    film = Path("film.mp4")
    LabelRow(film, "OK", "interval", 0.0, 1.0)
    with pytest.raises(LabelError, match="not after its start"):
        LabelRow(film, "OK", "interval", 1.0, 1.0)
    with pytest.raises(LabelError, match="start and an end"):
        LabelRow(film, "OK", "interval", 1.0)
    with pytest.raises(LabelError, match="labelled whole"):
        LabelRow(film, "OK", "clip", 1.0, 2.0)
    with pytest.raises(LabelError, match="class is empty"):
        LabelRow(film, " ", "clip")
