"""Tables with a column for each class."""

from __future__ import annotations

from pathlib import Path

import pytest

from reelsift.errors import LabelError
from reelsift.labels import ReadLabels, read_table


def read(folder: Path, text: str, **options: object) -> ReadLabels:
    for name in "abcd":
        (folder / f"{name}.jpg").touch()
    (folder / "labels.csv").write_text(text)
    return read_table(folder / "labels.csv", multi=True, **options)  # type: ignore[arg-type]


def said(found: ReadLabels) -> dict[str, list[str]]:
    classes: dict[str, list[str]] = {}
    for row in found.rows:
        classes.setdefault(row.path.stem, []).append(str(row.class_name))
    return classes


def test_each_1_is_a_label_and_a_line_without_is_none(tmp_path: Path) -> None:
    found = read(tmp_path, "file,Tom,Jerry\na,1,0\nb,1,1\nc,0,0\nd,0,1\n")
    assert said(found) == {"a": ["Tom"], "b": ["Tom", "Jerry"], "c": ["none"], "d": ["Jerry"]}
    assert [row.where for row in found.rows] == [f"labels.csv line {line}" for line in (2, 3, 3, 4, 5)]
    assert found.problems == ()


@pytest.mark.parametrize(("yes", "no"), [("1.0", "0.0"), ("True", "False"), ("yes", "NO")])
def test_other_ways_to_say_yes_and_no(tmp_path: Path, yes: str, no: str) -> None:
    assert said(read(tmp_path, f"file,Tom\na,{yes}\nb,{no}\n")) == {"a": ["Tom"], "b": ["none"]}


def test_notes_numbers_groups_and_times_are_no_classes(tmp_path: Path) -> None:
    text = "number,Tom,file,group,start,end,note\n0,1,a,1,0,1,\n1,0,a,1,1,2,dark\n2,1,a,0,2,3,\n3,1,b,1,0,1,\n"
    found = read(tmp_path, text)
    assert said(found) == {"a": ["Tom", "none", "Tom"], "b": ["Tom"]}
    assert [(row.start_seconds, row.group) for row in found.rows] == [(0, "1"), (1, "1"), (2, "0"), (0, "1")]


def test_a_cell_that_says_neither_is_named_by_its_line(tmp_path: Path) -> None:
    found = read(tmp_path, "file,Tom,Jerry\na,1,0\nb,2,0\nc,0,\nd,0,1\n")
    assert said(found) == {"a": ["Tom"], "d": ["Jerry"]}
    assert [str(problem) for problem in found.problems] == [
        "labels.csv line 3: 'Tom' is '2': give 1 where it is to be seen, and 0 where it is not",
        "labels.csv line 4: 'Jerry' is '': give 1 where it is to be seen, and 0 where it is not",
    ]


def test_classes_are_renamed_and_two_of_one_name_are_one(tmp_path: Path) -> None:
    found = read(tmp_path, "file,x,y\na,1,1\nb,0,0\n", names={"x": "Tom", "y": "Tom", "none": "nobody"})
    assert said(found) == {"a": ["Tom"], "b": ["nobody"]}


def test_a_class_column_goes_first(tmp_path: Path) -> None:
    found = read(tmp_path, "file,class,Tom\na,Jerry,1\na,Tom,0\n")
    assert said(found) == {"a": ["Jerry", "Tom"]}


def test_where_nothing_says_a_class_the_message_says_what_could(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match=r"no column for a class .*, nor one of 0 and 1 for each class: .*'note'"):
        read(tmp_path, "file,note\na,dark\n")
    with pytest.raises(LabelError, match=r"no column for a class \(label or class\): its first line"):
        read_table(tmp_path / "labels.csv")
