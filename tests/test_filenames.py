from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from reelsift.filenames import is_film, is_picture, is_table, natural_key


def test_kind_is_told_by_the_suffix_in_any_case() -> None:
    assert is_picture(Path("a/DSC05405.JPG")) and not is_film(Path("a/DSC05405.JPG"))
    assert is_film(Path("clip.Mp4")) and not is_picture(Path("clip.Mp4"))
    assert is_table(Path("a/list.CSV")) and not is_film(Path("a/list.CSV")) and not is_picture(Path("a/list.CSV"))
    assert not is_picture(Path("jpg")) and not is_film(Path("notes.txt")) and not is_table(Path("notes.txt"))


def test_numbers_in_names_count_as_numbers() -> None:
    names = ["frame10.jpg", "frame2.jpg", "Frame1.jpg", "10.jpg", "9.jpg", "a.jpg", "frame2b.jpg"]
    expected = ["9.jpg", "10.jpg", "a.jpg", "Frame1.jpg", "frame2.jpg", "frame2b.jpg", "frame10.jpg"]
    assert sorted(names, key=natural_key) == expected


@given(st.lists(st.text(alphabet="aB01²٣é.", max_size=6), unique=True))
def test_the_order_is_total(names: list[str]) -> None:
    backwards = names[::-1]
    assert sorted(names, key=natural_key) == sorted(backwards, key=natural_key)
