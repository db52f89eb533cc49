"""Writing chosen frames: bit for bit those of a full decode, under names and in tables that others can open."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from films import FRAMES, KINDS, MATRICES, Picture, break_packets, number_of, numbered, write_film
from reelsift.actions import write_selection as module
from reelsift.actions.selection import ChosenFrame, Written
from reelsift.actions.write_selection import all_frames_bytes, write_selection
from reelsift.errors import MediaError, OutputError, OutputExistsError, SourceNotFoundError, SpecError
from reelsift.media.picture_reader import read_picture
from reelsift.media.pictures import encode_picture, write_picture
from reelsift.media.reader import open_film
from reelsift.output import left_behind
from reelsift.specs import PictureSpec, Size

PNG = PictureSpec("png")


def decoded(path: Path) -> list[tuple[ChosenFrame, Picture]]:
    """All frames of a film with their pictures."""
    with open_film(path) as reader:
        return [
            (
                ChosenFrame(path.name, path, "id", frame.frame_index, frame.time_seconds),
                frame.orientation.apply(frame.picture.to_ndarray(format="rgb24")),  # type: ignore[arg-type]
            )
            for frame in reader.frames()
        ]


def frame_of(path: Path, index: int, time_seconds: float | None = None) -> ChosenFrame:
    return ChosenFrame(path.name, path, "id", index, index / 25 if time_seconds is None else time_seconds)


def picture_of(path: Path, index: int = 0) -> ChosenFrame:
    return ChosenFrame(path.parent.name, path, "id", index, float(index), is_picture=True)


def pictures_in(folder: Path, names: Sequence[str]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / name for name in names]
    for number, path in enumerate(paths):
        form = {"jpeg": "jpg"}.get(path.suffix.lower()[1:], path.suffix.lower()[1:])
        write_picture(path, numbered(number), spec=PictureSpec(form))  # type: ignore[arg-type]
    return paths


def table_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "selection.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# Pixels --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_are_those_of_a_full_decode(kind: str, tmp_path: Path) -> None:
    whole = decoded(KINDS[kind].write(tmp_path, "film"))
    chosen = [whole[place] for place in np.random.default_rng(1).permutation(len(whole))[:11].tolist()]
    results = write_selection([frame for frame, _ in chosen], tmp_path / "out", pictures=PNG)
    assert [result.frame for result in results] == [frame for frame, _ in chosen]
    for result, (_, pixels) in zip(results, chosen, strict=True):
        path = tmp_path / "out" / result.file
        assert np.array_equal(read_picture(path), pixels)
        assert (result.height, result.width) == pixels.shape[:2]
        assert (result.bytes, result.problem) == (path.stat().st_size, "")


@pytest.mark.parametrize("matrix", MATRICES)
def test_pictures_stand_upright(matrix: str, tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mov", width=96, height=64, matrix=matrix)
    whole = decoded(path)
    (result,) = write_selection([whole[9][0]], tmp_path / "out", pictures=PNG)
    assert np.array_equal(read_picture(tmp_path / "out" / result.file), whole[9][1])


@pytest.mark.parametrize("form", ["jpg", "webp"])
def test_other_formats_hold_the_same_pixels(form: str, tmp_path: Path) -> None:
    whole = decoded(write_film(tmp_path / "film.mp4"))
    spec = PictureSpec(form, quality=80)  # type: ignore[arg-type]
    (result,) = write_selection([whole[9][0]], tmp_path / "out", pictures=spec)
    assert result.file == f"film_000009_0.360.{form}"
    assert (tmp_path / "out" / result.file).read_bytes() == encode_picture(whole[9][1], spec=spec)


def test_a_size_is_what_files_and_tables_have(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4")
    (result,) = write_selection([frame_of(path, 3)], tmp_path / "out", pictures=PictureSpec("png", size=Size(32, 20)))
    assert (result.width, result.height) == (32, 20)
    assert read_picture(tmp_path / "out" / result.file).shape == (20, 32, 3)


def test_pictures_of_the_format_asked_for_are_copied(tmp_path: Path) -> None:
    paths = pictures_in(tmp_path / "in", ["a.png", "B.JPEG", "c.webp"])
    results = write_selection([picture_of(path) for path in paths], tmp_path / "out", pictures=PictureSpec("jpg"))
    assert [result.file for result in results] == ["a.jpg", "B.JPEG", "c.jpg"]
    assert (tmp_path / "out" / "B.JPEG").read_bytes() == paths[1].read_bytes()
    assert [number_of(read_picture(tmp_path / "out" / result.file)) for result in results] == [0, 1, 2]
    assert all((result.width, result.height) == (64, 48) for result in results)


# What cannot be read -------------------------------------------------------------------------------------------------


def test_frames_that_cannot_be_read_are_named_and_others_written(tmp_path: Path) -> None:
    film = break_packets(write_film(tmp_path / "film.mp4"), [5])
    damaged = tmp_path / "in" / "damaged.png"
    pictures_in(tmp_path / "in", ["fine.png", "damaged.png"])
    damaged.write_bytes(b"no picture")
    gone = tmp_path / "gone.mp4"
    frames = [
        *(frame_of(film, index) for index in (5, 20)),
        picture_of(damaged),
        picture_of(tmp_path / "in" / "fine.png"),
        frame_of(gone, 1),
    ]
    results = write_selection(frames, tmp_path / "out", pictures=PNG)
    assert [bool(result.file) for result in results] == [False, True, False, True, False]
    assert [bool(result.problem) for result in results] == [True, False, True, False, True]
    assert "film.mp4" in results[0].problem and "0.200 s" in results[0].problem
    assert "damaged.png" in results[2].problem and "gone.mp4" in results[4].problem
    files = {result.file for result in results if result.file}
    assert {entry.name for entry in (tmp_path / "out").iterdir()} == {*files, "selection.csv", "coco.json"}
    assert [row["file"] for row in table_of(tmp_path / "out")] == [results[1].file, results[3].file]
    assert number_of(read_picture(tmp_path / "out" / results[1].file)) == 20


def test_not_one_frame_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"gone\.mp4"):
        write_selection([frame_of(tmp_path / "gone.mp4", 1)], tmp_path / "out", pictures=PNG)
    assert list(tmp_path.iterdir()) == []


def test_a_picture_too_large_for_the_format_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "long.png"
    write_picture(path, np.zeros((2, 20_000, 3), np.uint8), spec=PNG)
    with pytest.raises(OutputError, match="webp"):
        write_selection([picture_of(path)], tmp_path / "out", pictures=PictureSpec("webp"))
    assert not (tmp_path / "out").exists() and list(left_behind(tmp_path)) == []
    assert [entry.name for entry in tmp_path.iterdir()] == ["in"]


# Names ---------------------------------------------------------------------------------------------------------------


def test_names_tell_film_index_and_time(tmp_path: Path) -> None:
    path = KINDS["late-start-mp4"].write(tmp_path, "drive")
    (result,) = write_selection([frame_of(path, 7, 2.28)], tmp_path / "out", pictures=PNG)
    assert result.file == "drive_000007_2.280.png"


def test_films_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("mon/a/Cam.mp4", "tue/a/cam.mp4", "tue/b/cam.mp4", "drive.mp4")]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_film(path, 4)
    results = write_selection([frame_of(path, 2) for path in paths], tmp_path / "out", pictures=PNG)
    assert [result.file.removesuffix("_000002_0.080.png") for result in results] == [
        "mon_a_Cam", "tue_a_cam", "tue_b_cam", "drive",
    ]  # fmt: skip


def test_films_of_one_name_in_one_folder_are_told_apart_by_their_endings(tmp_path: Path) -> None:
    paths = [write_film(tmp_path / name, 4) for name in ("cam.mp4", "cam.mkv")]
    results = write_selection([frame_of(path, 2) for path in paths], tmp_path / "out", pictures=PNG)
    assert [result.file for result in results] == ["cam_mp4_000002_0.080.png", "cam_mkv_000002_0.080.png"]


def test_pictures_of_one_name_are_numbered(tmp_path: Path) -> None:
    paths = [*pictures_in(tmp_path / "a", ["x.png", "x.jpg"]), *pictures_in(tmp_path / "b", ["X.png", "x-2.png"])]
    results = write_selection([picture_of(path) for path in paths], tmp_path / "out", pictures=PNG)
    names = [result.file for result in results]
    assert names[0] == "x.png" and len({name.casefold() for name in names}) == 4
    assert [number_of(read_picture(tmp_path / "out" / name)) for name in names] == [0, 1, 0, 1]


def test_long_names_are_cut(tmp_path: Path) -> None:
    path = write_film(tmp_path / ("\u00e9" * 120 + ".mp4"), 4)
    (result,) = write_selection([frame_of(path, 2)], tmp_path / "out", pictures=PNG)
    assert result.file.endswith("\u00e9_000002_0.080.png") and len(os.fsencode(result.file)) < 240


def test_the_same_frame_twice_is_two_files(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4")
    results = write_selection([frame_of(path, 2)] * 2, tmp_path / "out", pictures=PNG)
    assert [result.file for result in results] == ["film_000002_0.080.png", "film_000002_0.080-2.png"]


# Tables --------------------------------------------------------------------------------------------------------------


def test_tables_name_each_frame(tmp_path: Path) -> None:
    path = KINDS["ntsc-mov"].write(tmp_path, "film")
    whole = decoded(path)
    picture = picture_of(pictures_in(tmp_path / "in", ["p.png"])[0], 3)
    write_selection([whole[21][0], picture, whole[4][0]], tmp_path / "out", pictures=PNG)
    rows = table_of(tmp_path / "out")
    assert [tuple(row.values()) for row in rows] == [
        ("film_000021_0.701.png", "film.mov", "21", "0.700700"),
        ("p.png", "in", "3", "3.000000"),
        ("film_000004_0.133.png", "film.mov", "4", "0.133467"),
    ]
    coco = json.loads((tmp_path / "out" / "coco.json").read_text(encoding="utf-8"))
    assert (coco["annotations"], coco["categories"]) == ([], [])
    assert [image["id"] for image in coco["images"]] == [1, 2, 3]
    for image, row in zip(coco["images"], rows, strict=True):
        assert image["file_name"] == row["file"]
        assert read_picture(tmp_path / "out" / row["file"]).shape == (image["height"], image["width"], 3)
        assert {"id": image["video_id"], "name": row["source"]} in coco["videos"]
        assert (str(image["frame_id"]), f"{image['time_seconds']:.6f}") == (row["frame_index"], row["time_seconds"])


def test_names_that_are_no_text_are_spelled_out(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"f\xff.mp4")
    path.write_bytes(write_film(tmp_path / "film.mp4").read_bytes())
    (result,) = write_selection([frame_of(path, 2)], tmp_path / "out", pictures=PNG)
    assert result.file == "f_000002_0.080.png"
    assert table_of(tmp_path / "out")[0]["source"] == "f\\udcff.mp4"
    json.loads((tmp_path / "out" / "coco.json").read_text(encoding="utf-8"))


# Folders -------------------------------------------------------------------------------------------------------------


def test_writing_again_leaves_nothing_of_the_earlier_selection(tmp_path: Path) -> None:
    path, out = write_film(tmp_path / "film.mp4"), tmp_path / "out"
    write_selection([frame_of(path, index) for index in (1, 2, 3)], out, pictures=PNG)
    (out / "notes.txt").write_text("mine")
    (out / "film_000009_0.360.png").write_text("mine, too")
    with pytest.raises(OutputExistsError):
        write_selection([frame_of(path, 2)], out, pictures=PNG)
    write_selection([frame_of(path, index) for index in (2, 4)], out, pictures=PNG, overwrite=True)
    assert {entry.name for entry in out.iterdir()} == {
        "film_000002_0.080.png", "film_000004_0.160.png", "selection.csv", "coco.json",
        "notes.txt", "film_000009_0.360.png",
    }  # fmt: skip
    assert (out / "film_000009_0.360.png").read_text() == "mine, too"


@pytest.mark.parametrize("table", [b"", b"file,class\nnotes.txt,a\n", b"\xff\xfe", b'file,"\n'])
def test_a_table_that_is_not_ours_names_nothing_to_remove(table: bytes, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    (out / "selection.csv").write_bytes(table)
    write_selection([frame_of(write_film(tmp_path / "film.mp4"), 2)], out, pictures=PNG, overwrite=True)
    assert (out / "notes.txt").read_text() == "mine"


def test_pictures_are_not_written_among_those_chosen_from(tmp_path: Path) -> None:
    (path,) = pictures_in(tmp_path / "in", ["a.png"])
    with pytest.raises(OutputError, match="another"):
        write_selection([picture_of(path)], tmp_path / "in", pictures=PNG, overwrite=True)
    assert [entry.name for entry in (tmp_path / "in").iterdir()] == ["a.png"]


def test_no_frames_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError):
        write_selection([], tmp_path / "out", pictures=PNG)


# What callers are told -----------------------------------------------------------------------------------------------


def test_progress_pictures_and_what_goes_into_the_folder_too(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4", width=640, height=480)
    frames = [frame_of(path, index) for index in (7, 3, 200)]
    done: list[tuple[int, int]] = []
    shown: list[tuple[int, int, tuple[int, ...]]] = []

    def also(folder: Path, written: Sequence[Written]) -> None:
        assert not (tmp_path / "out").exists() and (folder / "selection.csv").exists()
        (folder / "sheet.txt").write_text(" ".join(one.file for one in written))

    write_selection(
        frames,
        tmp_path / "out",
        pictures=PNG,
        on_progress=lambda count, total: done.append((count, total)),
        on_picture=lambda frame, small: shown.append((frame.frame_index, number_of(small), small.shape)),
        also=also,
    )
    assert done == [(1, 3), (2, 3), (3, 3)]
    assert shown == [(3, 3, (240, 320, 3)), (7, 7, (240, 320, 3))]
    assert (tmp_path / "out" / "sheet.txt").read_text() == "film_000007_0.280.png film_000003_0.120.png "


def test_what_fails_there_leaves_nothing(tmp_path: Path) -> None:
    def also(folder: Path, written: Sequence[Written]) -> None:
        raise OSError(28, "full")

    path = write_film(tmp_path / "film.mp4")
    with pytest.raises(OutputError, match="disk is full"):
        write_selection([frame_of(path, 3)], tmp_path / "out", pictures=PNG, also=also)
    assert [entry.name for entry in tmp_path.iterdir()] == ["film.mp4"]


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_film(tmp_path / "film.mp4")

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="disk is full"):
        write_selection([frame_of(path, index) for index in range(9)], tmp_path / "out", pictures=PNG)
    assert [entry.name for entry in tmp_path.iterdir()] == ["film.mp4"]


# What all frames would take ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["b-frames-mp4", "h264-avi", "gif"])
def test_what_all_frames_would_take_is_near_what_they_take(kind: str, tmp_path: Path) -> None:
    path = KINDS[kind].write(tmp_path, "film")
    png, jpg = (
        sum(len(encode_picture(pixels, spec=PictureSpec(form))) for _, pixels in decoded(path))
        for form in ("png", "jpg")
    )
    estimate = all_frames_bytes(path, FRAMES)
    assert estimate.sampled == 12
    assert estimate.png == pytest.approx(png, rel=0.05)
    assert estimate.jpg == pytest.approx(jpg, rel=0.05)
    exact = all_frames_bytes(path, FRAMES, sample=99)
    assert (exact.png, exact.jpg, exact.sampled) == (png, jpg, FRAMES)


def test_what_all_pictures_would_take(tmp_path: Path) -> None:
    paths = pictures_in(tmp_path / "in", [f"{number}.png" for number in range(5)])
    paths[1].write_bytes(b"damaged")
    png = [len(encode_picture(numbered(number), spec=PNG)) for number in (0, 2, 3, 4)]
    estimate = all_frames_bytes(tmp_path / "in", 5, pictures=paths)
    assert estimate.png == round(5 * sum(png) / 4) and estimate.sampled == 4


def test_what_nothing_would_take(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError):
        all_frames_bytes(tmp_path / "gone.mp4", 5)
    with pytest.raises(MediaError):
        all_frames_bytes(tmp_path, 1, pictures=[tmp_path / "gone.png"])


@pytest.mark.parametrize(("count", "sample"), [(1, 12), (12, 12), (13, 12), (1000, 12), (99, 1)])
def test_a_sample_is_spread_evenly(count: int, sample: int) -> None:
    places = module._spread(count, sample)
    assert len(set(places)) == min(count, sample) and min(places) >= 0 and max(places) < count
    assert np.mean(places) == pytest.approx((count - 1) / 2, abs=0.5)
