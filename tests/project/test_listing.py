"""Tables that list sources."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from reelsift.errors import LabelError, SourceNotFoundError
from reelsift.media.sources import FilmSource, PictureSource
from reelsift.project.layout import Layout
from reelsift.project.listing import Listing, read_listing


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("shoot/b.jpg", "shoot/a.jpg", "shoot/c.png", "film.mp4", "films/1.mp4", "films/2.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def listed(text: str, **options: object) -> Listing:
    Path("list.csv").write_text(text)
    return read_listing(Path("list.csv"), name="list.csv", **options)  # type: ignore[arg-type]


def test_pictures_are_one_source_in_the_order_of_the_table(folder: Path) -> None:
    (source,) = listed("Image_ID\nb\na.jpg\nc\n", root=Path("shoot")).sources
    assert isinstance(source, PictureSource)
    assert source.pictures == (Path("shoot/b.jpg"), Path("shoot/a.jpg"), Path("shoot/c.png"))
    assert (source.name, source.is_listed, source.is_apart) == ("list.csv", True, True)


def test_a_rate_says_that_they_follow_each_other(folder: Path) -> None:
    (source,) = listed("file\nshoot/b.jpg\nshoot/a.jpg\n", fps=Fraction(25)).sources
    assert isinstance(source, PictureSource) and (source.fps, source.is_apart) == (25, False)


def test_films_and_folders_are_sources_of_their_own(folder: Path) -> None:
    found = listed("file\nfilm.mp4\nshoot/a.jpg\nfilms\n")
    assert [type(source) for source in found.sources] == [PictureSource, FilmSource, FilmSource, FilmSource]
    assert [source.name for source in found.sources] == ["list.csv", "film.mp4", "films/1.mp4", "films/2.mp4"]
    assert found.problems == ()


def test_classes_are_passed_over_however_they_are_written(folder: Path) -> None:
    for header in ("file,label", "file,class", "file,label,class", "file,Tom"):
        line = "shoot/a.jpg" + "," * header.count(",")
        (source,) = listed(f"{header}\n{line}\n").sources
        assert isinstance(source, PictureSource) and source.pictures == (Path("shoot/a.jpg"),)


def test_lines_that_are_wrong_are_named_in_their_order(folder: Path) -> None:
    found = listed("file\nshoot/a.jpg\nshoot/a\ngone.jpg\n\nshoot/b.jpg\nempty\nlist.csv\n./shoot/b.jpg\nx,y\n")
    (source,) = found.sources
    assert isinstance(source, PictureSource) and len(source.pictures) == 2
    assert [str(problem) for problem in found.problems] == [
        "list.csv line 3: shoot/a.jpg is in list.csv line 2 already: counted once",
        "list.csv line 4: no file 'gone.jpg' in '.': if it is elsewhere, name the folder with --root",
        "list.csv line 7: no file 'empty' in '.': if it is elsewhere, name the folder with --root",
        "list.csv line 8: list.csv is a table, which lists no other table",
        "list.csv line 9: shoot/b.jpg is in list.csv line 6 already: counted once",
        "list.csv line 10: has 2 columns where the first line names 1",
    ]


def test_intervals_of_a_film_name_it_once_and_that_is_no_problem(folder: Path) -> None:
    found = listed("source,start,end,label\nfilm.mp4,0,1,OK\nfilm.mp4,1,2,KO\n")
    assert [source.name for source in found.sources] == ["film.mp4"] and found.problems == ()


def test_a_project_takes_tables_where_it_takes_films(folder: Path) -> None:
    layout = Layout(folder / ".reelsift")
    listed("file\nfilm.mp4\nshoot/a.jpg\n")
    assert [source.name for source in layout.sources(["list.csv", "film.mp4"])] == ["list.csv", "film.mp4"]
    listed("file\nfilm.mp4\ngone.jpg\ngone too.jpg\n")
    with pytest.raises(LabelError, match=r"list\.csv line 3: no file 'gone.jpg' .*\(and 1 more\)"):
        layout.sources(["list.csv"])
    with pytest.raises(SourceNotFoundError, match=r"no such table: 'nothing\.csv'"):
        layout.sources(["nothing.csv"])


def test_a_folder_that_is_called_like_a_table_is_a_folder(folder: Path) -> None:
    (folder / "films").rename(folder / "films.csv")
    assert len(Layout(folder / ".reelsift").sources(["films.csv"])) == 2
