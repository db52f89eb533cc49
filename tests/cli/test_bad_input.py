"""Bad input: one clear line that names the file, the right exit status, nothing lost, nothing half-written."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import films

if TYPE_CHECKING:
    from conftest import Run

pytestmark = pytest.mark.xdist_group("cli")


def no_such_file(folder: Path) -> str:
    return "missing.mp4"


def no_films(folder: Path) -> str:
    (folder / "notes").mkdir()
    (folder / "notes" / "readme.txt").write_text("nothing to see")
    return "notes"


def empty_file(folder: Path) -> str:
    (folder / "empty.mp4").touch()
    return "empty.mp4"


def text(folder: Path) -> str:
    (folder / "text.mp4").write_text("this is no film\n" * 100)
    return "text.mp4"


def sound(folder: Path) -> str:
    return films.write_sound(folder / "sound.mp4").name


SOURCES: dict[str, tuple[Callable[[Path], str], str]] = {
    "no such file": (no_such_file, "no such file"),
    "a folder without films": (no_films, "no films"),
    "an empty file": (empty_file, "empty"),
    "text named .mp4": (text, "not a film"),
    "an audio file": (sound, "no video stream"),
}
COMMANDS = (
    "probe {}",
    "index {}",
    "frames {} -o out",
    "predict keep {} --csv out.csv",
    "cut {} --task keep --keep OK -o out.mp4",
)


def listing(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.iterdir()}


@pytest.mark.parametrize("line", COMMANDS, ids=lambda line: line.split()[0])
@pytest.mark.parametrize("source", SOURCES)
def test_a_source_that_is_none(source: str, line: str, road: Path, run: Run) -> None:
    make, words = SOURCES[source]
    name = make(road)
    before = listing(road)
    done = run(*line.format(name).split())
    assert done.status == 1 and done.out == ""
    assert name in done.problem and words in done.problem
    assert listing(road) == before


@pytest.mark.parametrize("line", COMMANDS, ids=lambda line: line.split()[0])
def test_a_film_cut_off_in_the_middle_is_read_as_far_as_it_goes(line: str, road: Path, run: Run) -> None:
    films.write_film(road / "torn.mkv", 150)
    films.cut_short(road / "torn.mkv", 0.5)
    before = listing(road)
    done = run(*line.format("torn.mkv").replace("--keep OK", "--keep OK,KO").split(), "--quiet")
    assert done.status == 3
    assert "torn.mkv" in done.problem and "cut off" in done.problem
    assert done.out
    assert listing(road) - before <= {"out", "out.csv", "out.mp4"}


@pytest.mark.parametrize(
    "line", ["index film.mp4", "frames film.mp4 -o out", "cut film.mp4 --task keep --keep OK -o out.mp4"]
)
def test_a_crop_outside_the_picture(line: str, road: Path, run: Run) -> None:
    before = listing(road)
    done = run(*line.split(), "--crop", "0,0,321,180")
    assert done.status == 1
    assert "film.mp4" in done.problem and "0,0,321,180" in done.problem and "320x180" in done.problem
    assert listing(road) == before


@pytest.mark.parametrize(
    "line", ["index film.mp4", "frames film.mp4 -o out", "cut film.mp4 --task keep --keep OK", "train keep"]
)
def test_a_crop_that_is_none_is_wrong_usage(line: str, road: Path, run: Run) -> None:
    done = run(*line.split(), "--crop", "0,0,9")
    assert done.status == 2
    assert "Invalid value for --crop: '0,0,9'" in done.problem


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("index film.mp4 --fps 0", "--fps"),
        ("index film.mp4 --views nothing", "--views"),
        ("index film.mp4 --backbone nothing", "--backbone"),
        ("index film.mp4 --input-size 9", "--input-size"),
        ("index film.mp4 --jobs 0", "--jobs"),
        ("frames film.mp4 -o out --size 9", "--size"),
        ("frames film.mp4 -o out --format tiff", "--format"),
        ("frames film.mp4 -o out --quality 101", "--quality"),
        ("labels import training --task keep --names x", "--names"),
        ("labels import training --task keep --fps x", "--fps"),
        ("train keep --folds 1", "--folds"),
        ("train keep --classes OK", "--classes"),
        ("predict keep film.mp4 --threshold OK", "--threshold"),
        ("predict keep film.mp4 --threshold OK=2", "--threshold"),
        ("predict keep film.mp4 --min-seconds -1", "--min-seconds"),
        ("cut film.mp4 --task keep --keep OK --speed 0", "--speed"),
        ("cut film.mp4 --task keep --keep OK --speed fast", "--speed"),
        ("cut film.mp4 --task keep --keep OK --fps x", "--fps"),
        ("cut film.mp4 --task keep --keep OK --codec divx", "--codec"),
        ("cut film.mp4 --task keep --keep OK --drop KO", "--keep or --drop"),
        ("cut film.mp4 --task keep", "--keep or --drop"),
    ],
)
def test_a_value_that_means_nothing_is_wrong_usage_and_names_its_option(
    line: str, word: str, road: Path, run: Run
) -> None:
    before = listing(road)
    done = run(*line.split())
    assert done.status == 2 and done.out == ""
    assert word in done.problem
    assert listing(road) == before


def test_a_task_without_labels(road: Path, run: Run) -> None:
    assert "'other'" in run("train", "other").problem
    run("labels", "clear", "--task", "keep")
    done = run("train", "keep")
    assert done.status == 1 and "labels import" in done.problem


def test_no_project_is_made_by_only_asking(empty: Path, run: Run) -> None:
    lines = (
        "labels list --task a",
        "labels undo --task a",
        "train a",
        "predict a b.mp4",
        "status",
        "gc",
        "index b.mp4",
    )
    for line in lines:
        run(*line.split())
    assert listing(empty) == set()


def test_a_task_with_one_class(road: Path, run: Run) -> None:
    (road / "one").mkdir()
    (road / "training" / "OK").rename(road / "one" / "OK")
    run("labels", "import", "one", "--task", "one")
    done = run("train", "one")
    assert done.status == 1 and "one class only, 'OK'" in done.problem


@pytest.mark.parametrize(
    "line",
    [
        "cut film.mp4 --task keep --keep NO -o out.mp4",
        "cut film.mp4 --task keep --drop NO -o out.mp4",
        "predict keep film.mp4 --threshold NO=0.5",
        "train keep --classes OK,NO",
    ],
)
def test_a_class_that_does_not_exist(line: str, road: Path, run: Run) -> None:
    done = run(*line.split())
    assert done.status == 1
    assert "NO" in done.problem and "KO, OK" in done.problem


WRITING = {
    "frames": "frames film.mp4 -o {} --fps 2",
    "export": "labels export --task keep -o {}",
    "predict": "predict keep film.mp4 --csv {}",
    "cut": "cut film.mp4 --task keep --keep OK -o {} --preset ultrafast",
    "dry run": "cut film.mp4 --task keep --keep OK --dry-run --sheet {}",
}
NAMES = {"frames": "out", "export": "out.csv", "predict": "out.csv", "cut": "out.mp4", "dry run": "out.png"}


@pytest.mark.parametrize("name", WRITING)
def test_an_output_that_exists_is_refused_without_overwrite(name: str, road: Path, run: Run) -> None:
    line, out = WRITING[name], road / NAMES[name]
    assert run(*line.format(out.name).split()).status == 0
    there = out if out.is_file() else next(out.glob("*.jpg"))
    there.write_bytes(b"precious")
    done = run(*line.format(out.name).split())
    assert done.status == 1
    assert out.name in done.problem and "--overwrite" in done.problem
    assert there.read_bytes() == b"precious"
    assert run(*line.format(out.name).split(), "--overwrite").status == 0
    assert there.read_bytes() != b"precious"


@pytest.mark.parametrize("name", WRITING)
def test_an_output_below_a_file_or_a_missing_folder(name: str, road: Path, run: Run) -> None:
    for folder in ("film.mp4", "nowhere"):
        before = listing(road)
        done = run(*WRITING[name].format(f"{folder}/{NAMES[name]}").split())
        assert done.status == 1
        assert f"{folder}/{NAMES[name]}" in done.problem
        assert listing(road) == before


@pytest.mark.parametrize("name", WRITING)
def test_an_output_folder_that_cannot_be_written(
    name: str, road: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (road / "locked").mkdir()
    # Asked of the system, because nothing is forbidden to root.
    monkeypatch.setattr("reelsift.output.os.access", lambda path, mode, **_: not mode & os.W_OK)
    done = run(*WRITING[name].format(f"locked/{NAMES[name]}").split())
    assert done.status == 1
    assert f"locked/{NAMES[name]}" in done.problem and "no permission" in done.problem
    assert not list((road / "locked").iterdir())


def disk_full(*arguments: Any, **options: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_no_half_written_frames(road: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reelsift.media.pictures.Path.write_bytes", disk_full, raising=False)
    before = listing(road)
    done = run("frames", "film.mp4", "-o", "out")
    assert done.status == 1 and "out" in done.problem
    assert ".out." not in done.problem  # the hidden folder it was written to is gone
    assert listing(road) == before


def test_a_full_disk_while_indexing_loses_nothing(road: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("reelsift.features.tables.pq.ParquetWriter", disk_full)
        broken.setattr("reelsift.features.tables.pq.write_table", disk_full)
        done = run("index", "film.mp4", "--fps", "3")
    assert done.status == 1 and "film.mp4" in done.problem
    assert not list((road / ".reelsift" / "index").rglob(".*"))
    assert run("index", "film.mp4", "--fps", "3").status == 0


def test_a_full_disk_while_cutting_leaves_nothing(road: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reelsift.actions.cut_film.CutFilm.add", disk_full)
    before = listing(road)
    done = run("cut", "film.mp4", "--task", "keep", "--keep", "OK", "-o", "out.mp4")
    assert done.status == 1 and done.problem == "out.mp4: the disk is full"
    assert listing(road) == before


def test_standard_output_that_cannot_be_written(road: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.print", _failing_on_stdout(print))
    done = run("status")
    assert done.status == 1 and "standard output" in done.problem


def _failing_on_stdout(real: Callable[..., None]) -> Callable[..., None]:
    def printing(*arguments: Any, **options: Any) -> None:
        if options.get("file") is None:
            disk_full()
        real(*arguments, **options)

    return printing


def test_a_source_that_may_not_be_read_does_not_stop_the_others(
    road: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (road / "locked.mp4").write_bytes((road / "film.mp4").read_bytes()[:-1])
    real = Path.open

    def forbidden(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name == "locked.mp4":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return real(path, *arguments, **options)

    monkeypatch.setattr("pathlib.Path.open", forbidden)
    monkeypatch.setattr("os.access", lambda path, mode, **_: Path(path).name != "locked.mp4")
    done = run("index", "locked.mp4", "film.mp4", "--fps", "all", "--json")
    assert done.status == 3
    assert [row["status"] for row in done.values["sources"]] == ["failed", "cached"]
    assert "locked.mp4" in done.problem


def test_the_source_is_never_overwritten(road: Path, run: Run) -> None:
    content = (road / "film.mp4").read_bytes()
    done = run("cut", "film.mp4", "--task", "keep", "--keep", "OK", "-o", "./film.mp4", "--overwrite")
    assert done.status == 1 and "source itself" in done.problem
    assert (road / "film.mp4").read_bytes() == content


def test_good_lines_of_a_bad_table_are_imported_and_each_bad_one_is_named(road: Path, run: Run) -> None:
    (road / "labels.csv").write_text(
        "source,start,end,label\n"
        "film.mp4,0,0.4,a\n"
        "film.mp4,00:00:00.5,1,b\n"
        "film.mp4,2,2,b\n"
        "missing.mp4,0,1,a\n"
        "film.mp4,soon,1,a\n"
    )
    done = run("labels", "import", "labels.csv", "--task", "new", "--json")
    assert done.status == 3
    assert (done.values["labels"], done.values["classes"]) == (2, {"a": 1, "b": 1})
    assert [problem["where"] for problem in done.values["problems"]] == [f"labels.csv line {n}" for n in (4, 5, 6)]
    assert [line.split(":")[1].strip() for line in done.err.splitlines()] == [f"labels.csv line {n}" for n in (4, 5, 6)]


def test_the_project_cannot_be_a_file(road: Path, run: Run) -> None:
    for line in ("index film.mp4", "status", "gc", "train keep", "labels list --task keep"):
        done = run(*line.split(), "--project", "film.mp4")
        assert done.status == 1 and "film.mp4: this is a file" in done.problem


def test_a_runner_that_cannot_do_several_jobs_is_not_told_to(empty: Path, run: Run) -> None:
    done = run("index", "x.mp4", "--runner", "serial", "--jobs", "3")
    assert done.status == 2 and "--jobs" in done.problem
