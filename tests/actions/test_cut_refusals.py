"""What a cut refuses, and what is left when it fails: nothing."""

from __future__ import annotations

import errno
from pathlib import Path

import av
import pytest

from films_to_cut import (
    EVERY_THIRD,
    KEPT,
    draw,
    indexes_in,
    source,
    spec,
    timeline_of,
)
from reelsift.actions.cut import CutTarget, check_cut, cut
from reelsift.errors import LabelError, MediaError, OutputError, OutputExistsError, SpecError
from reelsift.media.encode import FilmWriter
from reelsift.media.sources import PictureSource
from reelsift.specs import Crop


def test_an_existing_output_is_refused_before_any_work(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4")
    (tmp_path / "out.mp4").write_text("mine")
    timeline = timeline_of(film, EVERY_THIRD)
    with pytest.raises(OutputExistsError, match="--overwrite"):
        cut(timeline, source=source(film), spec=spec(), target=CutTarget(film=tmp_path / "out.mp4"))
    assert (tmp_path / "out.mp4").read_text() == "mine"
    cut(timeline, source=source(film), spec=spec(), target=CutTarget(film=tmp_path / "out.mp4", overwrite=True))
    assert indexes_in(tmp_path / "out.mp4") == KEPT


@pytest.mark.parametrize(
    ("name", "changes", "error", "words"),
    [
        ("out.avi", {}, SpecError, r"\.mp4, \.mov, \.mkv or \.webm"),
        ("out", {}, SpecError, r"\.mp4"),
        ("out.webm", {}, SpecError, "--codec av1"),
        ("out.mp4", {"preset": "quick"}, SpecError, "ultrafast, superfast"),
        ("out.mp4", {"codec": "av1", "preset": "medium"}, SpecError, "0 .* to 9"),
        ("missing/out.mp4", {}, OutputError, "no folder"),
        ("film.mp4", {}, OutputError, "source itself"),
        ("out.mp4", {"crop": Crop(100, 0, 100, 50)}, SpecError, "160x96"),
        ("out.mp4", {"keep": ("ok",)}, LabelError, "KO, OK"),
    ],
)
def test_what_cannot_be_is_said_before_any_work(
    tmp_path: Path, name: str, changes: dict[str, object], error: type[Exception], words: str
) -> None:
    film = draw(tmp_path / "film.mp4", stamps=range(8))
    before = film.read_bytes()
    target = CutTarget(film=tmp_path / name, overwrite=True)
    with pytest.raises(error, match=words):
        cut(timeline_of(film, EVERY_THIRD), source=source(film), spec=spec(**changes), target=target)
    assert film.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_nothing_kept_writes_nothing(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4", stamps=range(8))
    with pytest.raises(SpecError, match="no frame is OK"):
        cut(timeline_of(film, [False] * 8), source=source(film), spec=spec(), target=CutTarget(film=tmp_path / "o.mp4"))
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_append_needs_a_film_and_a_clip_that_exists(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4", stamps=range(8))
    with pytest.raises(SpecError, match="--append"):
        check_cut(source(film), spec=spec(), target=CutTarget(frames_dir=tmp_path / "f", append=film))
    (tmp_path / "text.mp4").write_text("no film")
    for clip in ("text.mp4", "none.mp4"):
        with pytest.raises((MediaError, FileNotFoundError), match=clip):
            cut(
                timeline_of(film, EVERY_THIRD), source=source(film), spec=spec(),
                target=CutTarget(film=tmp_path / "o.mp4", append=tmp_path / clip),
            )  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mp4", "text.mp4"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")], ids=repr)
@pytest.mark.parametrize("method", ["write", "finish"])
def test_nothing_is_left_behind_when_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, method: str
) -> None:
    film = draw(tmp_path / "film.mp4")
    (tmp_path / "out.mp4").write_text("mine")

    def fail(self: FilmWriter, *args: object, **named: object) -> None:
        raise error

    monkeypatch.setattr(FilmWriter, method, fail)
    target = CutTarget(film=tmp_path / "out.mp4", frames_dir=tmp_path / "frames", overwrite=True)
    with pytest.raises(KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else OutputError) as caught:
        cut(timeline_of(film, EVERY_THIRD), source=source(film), spec=spec(), target=target)
    if not isinstance(error, KeyboardInterrupt):
        assert str(caught.value) == f"{tmp_path / 'out.mp4'}: the disk is full"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mp4", "out.mp4"]
    assert (tmp_path / "out.mp4").read_text() == "mine"


def test_a_result_with_another_number_of_frames_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = draw(tmp_path / "film.mp4")
    write = FilmWriter.write

    def forget_some(self: FilmWriter, picture: av.VideoFrame, *, pts: int, duration: int) -> None:
        if pts % 3:
            write(self, picture, pts=pts, duration=duration)

    monkeypatch.setattr(FilmWriter, "write", forget_some)
    with pytest.raises(OutputError, match="12 frames were written"):
        cut(timeline_of(film, EVERY_THIRD), source=source(film), spec=spec(), target=CutTarget(film=tmp_path / "o.mp4"))
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_pictures_are_not_cut_into_the_folder_they_lie_in(tmp_path: Path) -> None:
    for name in ("here/a.png", "there/b.png", "out/c.png"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    listed = PictureSource(
        tmp_path / "list.csv", "list.csv", (tmp_path / "here/a.png", tmp_path / "there/b.png"), is_listed=True
    )
    for folder in ("here", "there"):
        with pytest.raises(OutputError, match="where the pictures come from"):
            check_cut(listed, spec=spec(), target=CutTarget(frames_dir=tmp_path / folder, overwrite=True))
    check_cut(listed, spec=spec(), target=CutTarget(frames_dir=tmp_path / "out", overwrite=True))
