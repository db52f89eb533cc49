"""Clips that know where they come from: what is written, going on after a stop, and labels on the film."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import pytest

from films_to_cut import draw, indexes_in
from reelsift.actions.split import FilmSplitter
from reelsift.errors import MediaError, OutputExistsError
from reelsift.media.sources import fingerprint_file
from reelsift.project import Project
from reelsift.project.importing import ImportResult
from reelsift.project.splitting import SplitResult
from reelsift.specs import SplitSpec

QUICK = SplitSpec(Fraction("0.4"), preset="ultrafast")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A film of 44 frames, 25 a second: four clips of ten, and one of four."""
    monkeypatch.chdir(tmp_path)
    draw(Path("film.mkv"), stamps=range(44), sound=(0, 1.76))
    return Project()


def split(project: Project, film: str = "film.mkv", output: str = "clips", **more: bool) -> SplitResult:
    return project.split(film, output, spec=QUICK, **more)


def names_in(folder: str) -> list[str]:
    return sorted(entry.name for entry in Path(folder).iterdir())


def sort_clips(into: Path, *, source: Path = Path("clips"), rename: bool = False) -> None:
    """The first three clips are a goal, the others none."""
    for number, clip in enumerate(sorted(source.glob("*.mp4"))):
        folder = into / ("goal" if number < 3 else "none")
        folder.mkdir(parents=True, exist_ok=True)
        clip.rename(folder / (f"my {number}.mp4" if rename else clip.name))


def check(project: Project, result: ImportResult, *, film: str = "film.mkv") -> None:
    """All five clips are labels of stretches of the film, and tile it."""
    assert (result.labels, result.problems) == (5, ())
    labels = sorted(project.labels("sport"), key=lambda label: label.start_seconds or 0.0)
    assert {label.source_id for label in labels} == {fingerprint_file(Path(film))}
    assert [label.class_name for label in labels] == ["goal", "goal", "goal", "none", "none"]
    assert [label.start_seconds for label in labels] == [0, 0.4, 0.8, 1.2, 1.6]
    assert [label.end_seconds for label in labels] == [0.4, 0.8, 1.2, 1.6, 1.76]
    assert any("5 clips are stretches of the film" in note for note in result.notes)


def test_clips_and_their_table(project: Project) -> None:
    done = split(project)
    assert [clip.file for clip in done.clips] == [f"film_000{number}.mp4" for number in range(1, 6)]
    assert (done.resumed, done.notes, done.problems) == (0, (), "")
    with done.table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["first_frame"]) for row in rows] == [0, 10, 20, 30, 40]
    assert [int(row["end_frame"]) for row in rows] == [10, 20, 30, 40, 44]
    assert {row["source_id"] for row in rows} == {fingerprint_file(Path("film.mkv"))}
    assert (Path("clips") / rows[0]["source"]).samefile("film.mkv")
    assert [row["clip_id"] for row in rows] == [fingerprint_file(Path("clips", row["file"])) for row in rows]
    assert names_in("clips") == ["clips.csv", *(row["file"] for row in rows)]


def test_sorted_clips_are_labels_on_the_film(project: Project) -> None:
    split(project)
    sort_clips(Path("clips/train"))
    check(project, project.import_labels("clips", task="sport"))


def test_wherever_they_were_moved_to_under_whatever_name(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    split(project)
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "sport"
    sort_clips(elsewhere, rename=True)
    check(project, project.import_labels(elsewhere, task="sport"))


@pytest.mark.parametrize("into", ["clips", "clips/train", "sport/train"])
def test_by_another_project_through_the_table(project: Project, into: str) -> None:
    split(project)
    sort_clips(Path(into))
    other = Project("other")
    check(other, other.import_labels(into, task="sport"))
    assert [source.source for source in other.status().sources] == ["film.mkv"]


def test_a_film_that_was_moved_is_found_where_the_project_met_it_last(project: Project) -> None:
    split(project)
    shutil.move("film.mkv", "moved.mkv")
    sort_clips(Path("sport"))
    other = Project("other")
    draw(Path("extra.mkv"), stamps=range(3))
    other.split("moved.mkv", "again", spec=SplitSpec(Fraction(1), preset="ultrafast"))
    check(other, other.import_labels("sport", task="sport"), film="moved.mkv")


def test_without_the_film_they_are_clips(project: Project) -> None:
    split(project)
    sort_clips(Path("sport"))
    Path("film.mkv").unlink()
    result = project.import_labels("sport", task="sport")
    assert (result.labels, result.films, result.problems) == (5, 5, ())
    (note,) = result.notes
    assert note.startswith("5 clips were made by split from film.mkv, which is not found")
    assert len({label.group for label in project.labels("sport")}) == 1  # neighbours stay together in folds
    assert all(label.is_whole for label in project.labels("sport"))
    assert len({label.source_id for label in project.labels("sport")}) == 5


def test_clips_for_evaluation_are_left_out_and_that_is_said(project: Project) -> None:
    split(project)
    sort_clips(Path("sport/train"))
    shutil.copytree("sport/train", "sport/test")
    result = project.import_labels("sport", task="sport")
    assert result.labels == 5 and any(note.startswith("test/ left out") for note in result.notes)


def test_a_clip_that_was_changed_is_a_clip(project: Project) -> None:
    split(project)
    sort_clips(Path("sport"))
    draw(Path("sport/goal/film_0001.mp4"), stamps=range(7))
    result = project.import_labels("sport", task="sport")
    labels = project.labels("sport")
    assert result.labels == 5 and sum(label.is_whole for label in labels) == 1


def test_a_table_that_cannot_be_read_is_named(project: Project) -> None:
    split(project)
    sort_clips(Path("sport"))
    table = Path("clips/clips.csv")
    table.write_text(table.read_text() + "x,y,z,a,b,c,d,e\n")
    result = Project("other").import_labels("sport", task="sport")
    assert result.labels == 0 and "line 7" in str(result.problems[0])


def test_stopped_and_called_again_it_goes_on(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = split(project, output="whole")
    write = FilmSplitter._write

    def stopped(self: FilmSplitter, output: Path, *rest: object, **more: object) -> object:
        if output.name == "film_0003.mp4":
            raise KeyboardInterrupt
        return write(self, output, *rest, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(FilmSplitter, "_write", stopped)
        split(project)
    assert names_in("clips") == [".film.split", "film_0001.mp4", "film_0002.mp4"]
    made = Path("clips/film_0001.mp4").stat().st_mtime_ns
    with pytest.raises(OutputExistsError, match="unfinished run with other settings"):
        project.split("film.mkv", "clips", spec=SplitSpec(Fraction(1)))
    with Path("clips/.film.split").open("a") as journal:
        journal.write('{"entry": {"file": "film_00')  # what a crash leaves of a line
    done = split(project)
    assert done.resumed == 2
    assert done.clips == whole.clips
    assert Path("clips/film_0001.mp4").stat().st_mtime_ns == made
    assert names_in("clips") == names_in("whole")


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_killed_at_any_moment_it_goes_on(project: Project) -> None:
    film = draw(Path("long.mp4"), stamps=range(400))
    command = [sys.executable, "-m", "reelsift", "split", str(film), "-o", "clips", "--seconds", "0.4", "--quiet"]
    for clips in (2, 7, 12):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while len(list(Path("clips").glob("long_*.mp4"))) < clips and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    done = project.split(film, "clips", spec=SplitSpec(Fraction("0.4")))
    assert done.resumed >= 7
    assert [number for clip in done.clips for number in indexes_in(Path("clips", clip.file))] == [
        number % 256 for number in range(400)
    ]
    assert names_in("clips") == ["clips.csv", *(clip.file for clip in done.clips)]


def test_clips_of_several_films_share_a_folder(project: Project) -> None:
    draw(Path("other.mp4"), stamps=range(15))
    one, other = split(project), split(project, "other.mp4")
    with one.table.open(newline="") as file:
        assert [row["file"] for row in csv.DictReader(file)] == [clip.file for clip in (*one.clips, *other.clips)]


def test_what_exists_is_kept_unless_told_otherwise(project: Project) -> None:
    split(project)
    for film in ("film.mkv", "renamed.mkv"):
        if film != "film.mkv":
            shutil.copy("film.mkv", film)
        with pytest.raises(OutputExistsError, match="--overwrite"):
            split(project, film)
    Path("other").mkdir()
    draw(Path("other/film.mp4"), stamps=range(5))
    with pytest.raises(OutputExistsError, match="film_0001"):
        split(project, "other/film.mp4")
    done = project.split("film.mkv", "clips", spec=SplitSpec(Fraction(1), preset="ultrafast"), overwrite=True)
    assert names_in("clips") == ["clips.csv", "film_0001.mp4", "film_0002.mp4"]
    with done.table.open(newline="") as file:
        assert [row["end_frame"] for row in csv.DictReader(file)] == ["25", "44"]
    Path("tables").mkdir()
    Path("tables/clips.csv").write_text("mine\n")
    with pytest.raises(OutputExistsError, match="no table of clips"):
        split(project, output="tables")


def test_a_film_whose_time_stamps_run_backwards_gives_clips_of_their_own(project: Project) -> None:
    one = draw(Path("one.ts"), stamps=range(20), options={"bf": "0", "crf": "10"})
    Path("twice.ts").write_bytes(one.read_bytes() * 2)
    done = split(project, "twice.ts")
    assert {clip.source_id for clip in done.clips} == {""}
    sort_clips(Path("sport"))
    project.import_labels("sport", task="sport")
    assert all(label.is_whole for label in project.labels("sport"))


def test_only_films_are_split(project: Project) -> None:
    Path("pictures").mkdir()
    shutil.copy("film.mkv", "pictures/1.jpg")
    with pytest.raises(MediaError, match="only films"):
        split(project, "pictures")
    Path("text.mp4").write_text("this is no film")
    with pytest.raises(MediaError):
        split(project, "text.mp4", "nothing")
    assert not Path("nothing").exists()
