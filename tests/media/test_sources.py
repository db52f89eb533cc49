"""What a user points at, and knowing it again by its content."""

from __future__ import annotations

import os
import shutil
from fractions import Fraction
from pathlib import Path

import pytest

from reelsift.errors import MediaError, SourceNotFoundError
from reelsift.media.sources import FilmSource, PictureSource, fingerprint_file, picture_id, resolve_sources

MEBI = 1 << 20


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def test_a_file_is_a_film_or_a_picture_by_its_name(tmp_path: Path) -> None:
    touch(tmp_path, "film.MP4", "picture.JPG", "unknown.xyz")
    film, picture, unknown = resolve_sources([tmp_path / name for name in ("film.MP4", "picture.JPG", "unknown.xyz")])
    assert isinstance(film, FilmSource) and isinstance(unknown, FilmSource)
    assert isinstance(picture, PictureSource) and picture.pictures == (tmp_path / "picture.JPG",)
    assert film.name == str(tmp_path / "film.MP4")


def test_a_folder_of_films_is_many_sources_at_any_depth_in_natural_order(tmp_path: Path) -> None:
    touch(tmp_path, "b10.mp4", "b2.mp4", "sub/deep/a.mkv", "cover.jpg", ".hidden.mp4", ".git/x.mp4", "notes.txt")
    names = [source.path.relative_to(tmp_path).as_posix() for source in resolve_sources([tmp_path])]
    assert names == ["b2.mp4", "b10.mp4", "sub/deep/a.mkv"]


def test_a_folder_of_pictures_is_one_source_in_natural_order(tmp_path: Path) -> None:
    touch(tmp_path, "f10.png", "f9.png", "f1.JPG", "manifest.csv", ".f0.png", "sub/f2.png")
    (source,) = resolve_sources([tmp_path], fps=Fraction(24))
    assert isinstance(source, PictureSource)
    assert [picture.name for picture in source.pictures] == ["f1.JPG", "f9.png", "f10.png"]
    assert (source.path, source.fps) == (tmp_path, 24)


def test_each_source_comes_once_in_the_order_given(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "b.mp4")
    found = resolve_sources([tmp_path / "b.mp4", tmp_path, str(tmp_path / "a.mp4")])
    assert [source.path.name for source in found] == ["b.mp4", "a.mp4"]


def test_names_are_as_the_user_gave_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "films/a.mp4")
    (tmp_path / "link").symlink_to("films")
    monkeypatch.chdir(tmp_path)
    assert [source.name for source in resolve_sources(["films", "link/a.mp4"])] == ["films/a.mp4", "link/a.mp4"]


def test_nothing_there_and_nothing_useful_are_errors(tmp_path: Path) -> None:
    touch(tmp_path, "folder/notes.txt")
    with pytest.raises(SourceNotFoundError, match=r"nowhere\.mp4: no such file or folder"):
        resolve_sources([tmp_path / "nowhere.mp4"])
    with pytest.raises(MediaError, match="no films in this folder or below it, and no pictures in it"):
        resolve_sources([tmp_path / "folder"])


def test_a_fingerprint_stays_when_a_file_is_moved_and_copied(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4")
    before = FilmSource(tmp_path / "a.mp4", "a.mp4").source_id
    shutil.copy(tmp_path / "a.mp4", tmp_path / "copy.mp4")
    (tmp_path / "a.mp4").rename(tmp_path / "b.mp4")
    assert fingerprint_file(tmp_path / "b.mp4") == fingerprint_file(tmp_path / "copy.mp4") == before
    assert len(before) == 32


def test_a_changed_file_has_another_fingerprint(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"one")
    before = fingerprint_file(path)
    path.write_bytes(b"two")
    os.utime(path, ns=(1, 1))  # even within one tick of the file system's clock
    assert fingerprint_file(path) != before


@pytest.mark.parametrize("place", [0, 10 * MEBI, 20 * MEBI - 1])
def test_large_files_are_told_apart_from_the_first_byte_to_the_last(place: int, tmp_path: Path) -> None:
    path = tmp_path / "large.mp4"
    path.write_bytes(bytes(20 * MEBI))
    before = fingerprint_file(path)
    with path.open("r+b") as file:
        file.seek(place)
        # Blocks of 256 KiB are looked at, less than 1.4 MiB apart: a change this long meets one wherever it begins.
        file.write(b"x" * min(MEBI * 3 // 2, 20 * MEBI - place))
    os.utime(path, ns=(1, 1))
    assert fingerprint_file(path) != before


def test_large_files_are_told_apart_by_their_size(tmp_path: Path) -> None:
    for mebi in (19, 20):
        (tmp_path / f"{mebi}.mp4").write_bytes(bytes(mebi * MEBI))
    assert fingerprint_file(tmp_path / "19.mp4") != fingerprint_file(tmp_path / "20.mp4")


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError, match="gone"):
        fingerprint_file(tmp_path / "gone.mp4")


def test_same_pictures_under_two_names_are_two_sources(tmp_path: Path) -> None:
    (tmp_path / "end1.png").write_bytes(b"card")
    (tmp_path / "end2.png").write_bytes(b"card")
    assert picture_id(tmp_path / "end1.png") != picture_id(tmp_path / "end2.png")
    (source,) = resolve_sources([tmp_path / "end1.png"])
    assert source.source_id == picture_id(tmp_path / "end1.png")


def test_a_folder_is_known_by_names_contents_order_and_rate(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.png", "a/2.png")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    first = resolve_sources([tmp_path / "a"])[0].source_id
    assert resolve_sources([tmp_path / "b"])[0].source_id == first
    assert resolve_sources([tmp_path / "a"], fps=Fraction(24))[0].source_id != first
    for name in ("3.png", "0.png"):  # the first keeps the order, the second does not
        next((tmp_path / "b").glob("[!1].png")).rename(tmp_path / "b" / name)
        assert resolve_sources([tmp_path / "b"])[0].source_id != first


def test_pictures_are_called_as_the_user_would_find_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "shoot/f1.png", "shoot/f2.png", "other/a.png")
    monkeypatch.chdir(tmp_path)
    folder, single = resolve_sources(["shoot", "other/a.png"])
    assert isinstance(folder, PictureSource) and isinstance(single, PictureSource)
    assert [folder.picture_name(index) for index in range(2)] == ["shoot/f1.png", "shoot/f2.png"]
    assert single.picture_name(0) == "other/a.png"
    listed = PictureSource(Path("list.csv"), "list.csv", (Path("other/a.png"), Path("shoot/f1.png")), is_listed=True)
    assert [listed.picture_name(index) for index in range(2)] == ["other/a.png", "shoot/f1.png"]


def test_pictures_that_stand_apart_are_another_source_than_the_same_in_time(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "b.png")
    pictures = (tmp_path / "a.png", tmp_path / "b.png")
    ids = {
        PictureSource(tmp_path / "list.csv", "list.csv", pictures, fps, is_listed=True, is_apart=apart).source_id
        for fps, apart in ((Fraction(1), False), (Fraction(2), False), (Fraction(1), True), (Fraction(2), True))
    }
    assert len(ids) == 3  # how far apart they would be says nothing of those that are not neighbours
