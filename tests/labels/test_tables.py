from __future__ import annotations

from pathlib import Path

import pytest

from reelsift.errors import LabelError, SourceNotFoundError
from reelsift.labels import ColumnNames, ReadLabels, read_table


def table(folder: Path, text: str | bytes, *, name: str = "labels.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def classes(read: ReadLabels) -> dict[str, str | None]:
    return {row.path.name: row.class_name for row in read.rows}


def problems(read: ReadLabels) -> list[str]:
    return [str(problem) for problem in read.problems]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    touch(tmp_path, "a.jpg", "b.jpg", "film.mp4")
    return tmp_path


@pytest.mark.parametrize(
    "text",
    [
        "Image_ID,Class\na.jpg,1\nb.jpg,2\n",
        "CLASS,image_id\n1,a.jpg\n2,b.jpg",
        "file;label\r\na.jpg;1\r\nb.jpg;2\r\n",
        "kind\timage\tlabel\nx\ta.jpg\t1\ny\tb.jpg\t2\n",
        b"\xef\xbb\xbffile,label\na.jpg,1\nb.jpg,2\n",
        "\n\nfile,label\n\na.jpg,1\n,,\n\nb.jpg,2\n\n",
        'file, label, note\n"a.jpg", 1 ,"x, y"\nb.jpg,2,"two\nlines"\n',
        "file,label\na.jpg,1,,\nb.jpg,2,\n",
        "file,label\na,1\nb,2\n",
        "clip,label,source\na,1,film A\nb,2,film B\n",
    ],
)
def test_every_shape_of_a_table_says_the_same(folder: Path, text: str | bytes) -> None:
    read = read_table(table(folder, text))
    assert classes(read) == {"a.jpg": "1", "b.jpg": "2"}
    assert read.problems == ()


def test_other_headers_are_named_by_options(folder: Path) -> None:
    path = table(folder, "Bild,Klasse,Dreh,class\na.jpg,OK,7,x\n")
    columns = ColumnNames(file="bild", class_name="Klasse", group="Dreh")
    (row,) = read_table(path, columns=columns).rows
    assert (row.class_name, row.group, row.kind) == ("OK", "7", "picture")


def test_intervals_in_seconds_or_clock_times(folder: Path) -> None:
    path = table(folder, "start,source,end,label,group\n1.5,film.mp4,00:01:00.25,OK,g\n2,film,3,KO,\n,film,,OK,\n")
    first, second, whole = read_table(path).rows
    assert (first.kind, first.start_seconds, first.end_seconds, first.group) == ("interval", 1.5, 60.25, "g")
    assert (second.path, second.end_seconds) == (folder / "film.mp4", 3.0)
    assert (whole.kind, whole.start_seconds, whole.end_seconds) == ("clip", None, None)


def test_every_bad_line_is_named_and_good_lines_are_kept(folder: Path) -> None:
    path = table(
        folder,
        "source,start,end,label\n"
        "film.mp4,0,1,OK\n"
        "nowhere.mp4,0,1,OK\n"
        "film.mp4,1,2,\n"
        "film.mp4,3,3,OK\n"
        "film.mp4,soon,4,OK\n"
        "\n"
        "film.mp4,4,5\n"
        "film.mp4,5,,OK\n"
        "film.mp4,5,6,OK,extra\n"
        '"film.mp4,6,7,OK\n'
        "film.mp4,7,8,OK\n"
        ",8,9,OK\n",
    )
    read = read_table(path)
    assert [row.where for row in read.rows] == ["labels.csv line 2", "labels.csv line 12"]
    found = {problem.where.rpartition(" ")[2]: problem.what for problem in read.problems}
    assert list(found) == ["3", "4", "5", "6", "8", "9", "10", "11", "13"]
    assert "nowhere.mp4" in found["3"] and "--root" in found["3"]
    assert found["4"] == "the class is empty"
    assert "not after its start" in found["5"]
    assert "'soon' is not a time" in found["6"]
    assert found["8"] == "has 3 columns where the first line names 4"
    assert found["9"] == "the interval has no end"
    assert found["10"] == "has 5 columns where the first line names 4"
    assert "quotation marks" in found["11"]
    assert "file name is empty" in found["13"]


def test_good_lines_between_two_open_quotation_marks_are_kept(folder: Path) -> None:
    read = read_table(table(folder, 'file,label\n"a.jpg,1\na.jpg,1\nb.jpg,2\n"b.jpg,2\n'))
    assert classes(read) == {"a.jpg": "1", "b.jpg": "2"}
    assert [problem.where for problem in read.problems] == ["labels.csv line 2", "labels.csv line 5"]


def test_the_line_after_a_quoted_line_break_keeps_its_number(folder: Path) -> None:
    read = read_table(table(folder, 'file,label,note\na.jpg,1,"two\nlines"\nc.jpg,2,\n'))
    assert [problem.where for problem in read.problems] == ["labels.csv line 4"]


def test_root_says_where_files_are(tmp_path: Path) -> None:
    touch(tmp_path, "frames/a.jpg", "tables/b.jpg")
    path = table(tmp_path / "tables", "file,label\na.jpg,1\nb.jpg,2\n")
    assert classes(read_table(path, root=tmp_path / "frames")) == {"a.jpg": "1"}
    assert classes(read_table(path)) == {"b.jpg": "2"}


def test_paths_stay_as_given(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table(folder, "file,label\na,1\n")
    monkeypatch.chdir(folder)
    assert read_table(Path("labels.csv")).rows[0].path == Path("a.jpg")


def test_a_name_without_extension_must_mean_one_file(folder: Path) -> None:
    touch(folder, "a.png", "scene.1.jpg", "UP.JPG")
    read = read_table(table(folder, "file,label\na,1\nscene.1,2\nUP,3\nfilm,4\n"))
    assert classes(read) == {"scene.1.jpg": "2", "UP.JPG": "3", "film.mp4": "4"}
    assert [row.kind for row in read.rows] == ["picture", "picture", "clip"]
    (problem,) = problems(read)
    assert problem.startswith("labels.csv line 2: 'a' could be any of a.jpg, a.png")


def test_backslashes_of_windows_divide_folders(tmp_path: Path) -> None:
    touch(tmp_path, "OK/a.jpg")
    read = read_table(table(tmp_path, "file,label\nOK\\a.jpg,1\nOK\\a,1\n"))
    assert [row.path for row in read.rows] == [tmp_path / "OK" / "a.jpg"] * 2


def test_names_rename_classes(folder: Path) -> None:
    read = read_table(table(folder, "file,label\na.jpg,0\nb.jpg,5\n"), names={"0": "neither"})
    assert classes(read) == {"a.jpg": "neither", "b.jpg": "5"}


def test_classes_can_be_left_out_only_where_that_is_allowed(folder: Path) -> None:
    path = table(folder, "file\na.jpg\nb.jpg\n")
    assert classes(read_table(path, require_classes=False)) == {"a.jpg": None, "b.jpg": None}
    with pytest.raises(LabelError, match=r"no column for a class .* 'file'.*--class-column"):
        read_table(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"file,label\n", "no lines below"),
        (b"a.jpg,1\nb.jpg,2\n", r"no column for a file .*'a.jpg', '1'"),
        (b"file,label,class\na.jpg,1,1\n", "label and class.*--class-column"),
        (b"source,start,label\nfilm,1,OK\n", "no column for the end"),
        (b"\xff\xfef\x00i\x00l\x00e\x00", "UTF-8"),
        ("file,label\na.jpg,\xfcber\n".encode("latin-1"), "UTF-8"),
        (b"\x00\x01", "UTF-8"),
        (b'"file,label\na.jpg,1\n', "no first line|no column"),
    ],
)
def test_a_table_that_cannot_be_read_at_all(folder: Path, content: bytes, message: str) -> None:
    with pytest.raises(LabelError, match=message):
        read_table(table(folder, content))


def test_a_column_that_was_asked_for_must_be_there(folder: Path) -> None:
    with pytest.raises(LabelError, match=r"no column 'klass'; its columns are 'file', 'label'"):
        read_table(table(folder, "file,label\na.jpg,1\n"), columns=ColumnNames(class_name="klass"))


def test_a_missing_table_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError, match="no such table"):
        read_table(tmp_path / "none.csv")
