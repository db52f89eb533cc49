"""Cutting again into a folder: pictures of the earlier cut go, and nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest

from films_to_cut import draw, picture_of, source, spec, timeline_of
from reelsift.actions.cut import CutTarget, cut
from reelsift.media.pictures import write_picture
from reelsift.media.sources import PictureSource
from reelsift.specs import PictureSpec
from reelsift.timeline import Segment, Timeline


@pytest.mark.parametrize("renumber", [False, True])
def test_pictures_of_an_earlier_cut_are_replaced_and_nothing_else(tmp_path: Path, renumber: bool) -> None:
    film = draw(tmp_path / "film.mp4", stamps=range(12))
    folder = tmp_path / "kept"
    others = [
        "film.jpg", "film_1.jpg", "film_000001.txt", "film_000001.tif", "film_000001_000002.jpg", "a_film_000001.jpg",
        "filmx000001.jpg", "manifest.csv", ".film_000001.jpg", "other_000001.jpg",
    ]  # fmt: skip
    target = CutTarget(frames_dir=folder, renumber=renumber, overwrite=True)
    cut(timeline_of(film, [True] * 12), source=source(film), spec=spec(), target=target)
    for name in others:
        (folder / name).write_text(name)
    (folder / "film_000077.jpg").mkdir()
    (folder / "film_000003.png").write_text("of a cut in another format")
    cut(timeline_of(film, [4 <= n < 7 for n in range(12)]), source=source(film), spec=spec(), target=target)
    expected = [f"film_{number:06d}.jpg" for number in (range(3) if renumber else range(4, 7))]
    assert sorted(path.name for path in folder.iterdir()) == sorted([*others, *expected, "film_000077.jpg"])
    assert all((folder / name).read_text() == name for name in others)


def test_copied_pictures_of_an_earlier_cut_are_replaced_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    pictures = [tmp_path / "in" / f"{name}.png" for name in "abcd"]
    for number, path in enumerate(pictures):
        write_picture(path, picture_of(number, width=160, height=96), spec=PictureSpec("png"))
    origin = PictureSource(tmp_path / "in", "in", tuple(pictures))
    target = CutTarget(frames_dir=tmp_path / "kept", overwrite=True)
    cut(one_a_second([True] * 4), source=origin, spec=spec(), target=target)
    for name in ("in_000001.png", "e.png", "b.jpg"):
        (tmp_path / "kept" / name).write_text(name)
    cut(one_a_second([False, True, False, True]), source=origin, spec=spec(), target=target)
    names = sorted(path.name for path in (tmp_path / "kept").iterdir())
    assert names == ["b.jpg", "b.png", "d.png", "e.png", "in_000001.png"]
    assert all(path.exists() for path in pictures)


def test_a_cut_that_fails_leaves_the_pictures_of_the_earlier_one(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4", stamps=range(6))
    target = CutTarget(frames_dir=tmp_path / "kept", overwrite=True)
    cut(timeline_of(film, [True] * 6), source=source(film), spec=spec(), target=target)

    def stop(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut(
            timeline_of(film, [True] * 2 + [False] * 4),
            source=source(film),
            spec=spec(),
            target=target,
            on_progress=stop,
        )
    assert len(list((tmp_path / "kept").iterdir())) == 6


def one_a_second(kept: list[bool]) -> Timeline:
    segments = [Segment(float(n), n + 1.0, "OK" if keep else "KO") for n, keep in enumerate(kept)]
    return Timeline.from_segments(segments, times_seconds=range(len(kept)), classes=("KO", "OK"))
