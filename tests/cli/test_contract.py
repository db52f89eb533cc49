"""What every command keeps: one JSON object, its fixed keys, the exit statuses, usage errors."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reelsift.cli.main import main

if TYPE_CHECKING:
    from conftest import Run

pytestmark = pytest.mark.xdist_group("cli")

COMMANDS = (
    ("demo",), ("probe",), ("index",), ("frames",), ("split",), ("labels", "import"), ("labels", "list"),
    ("labels", "export"), ("labels", "undo"), ("labels", "clear"), ("train",), ("predict",), ("evaluate",),
    ("screentime",), ("cut",), ("annotate",), ("status",), ("gc",),
)  # fmt: skip

# A line that works in the road's folder, and the keys its JSON must have.
DONE: dict[str, tuple[str, set[str]]] = {
    "probe": ("probe film.mp4", {"sources"}),
    "index": ("index film.mp4 --fps all", {"sources"}),
    "index --dry-run": ("index film.mp4 --fps 2 --dry-run", {"sources"}),
    "frames": ("frames film.mp4 -o pictures --fps 2", {"source", "output", "frames", "manifest"}),
    "split": ("split film.mp4 -o clips --seconds 1 --preset ultrafast", {"source", "output", "clips"}),
    "labels import": ("labels import training --task again", {"task", "added", "labels", "classes", "problems"}),
    "labels list": ("labels list --task keep", {"task", "labels"}),
    "labels export": ("labels export --task keep -o labels.csv", {"task", "labels", "output"}),
    "labels undo": ("labels undo --task keep", {"task", "undone"}),
    "labels clear": ("labels clear --task keep", {"task", "removed"}),
    "train": (
        "train keep",
        {"task", "model", "views", "classes", "frames", "balanced_accuracy", "accuracy", "leaky_accuracy",
         "majority_accuracy", "candidates", "seconds"},
    ),
    "predict": ("predict keep film.mp4 --csv frames.csv", {"sources"}),
    "screentime": (
        "screentime keep film.mp4 --csv time.csv --plot time.png",
        {"sources", "total", "total_interval", "method"},
    ),
    "cut": (
        "cut film.mp4 --task keep --keep OK -o out.mp4 --preset ultrafast",
        {"source", "output", "kept_frames", "total_frames", "kept_seconds", "segments"},
    ),
    "cut --dry-run": (
        "cut film.mp4 --task keep --drop KO --dry-run",
        {"source", "output", "kept_frames", "total_frames", "kept_seconds", "segments"},
    ),
    "annotate": (
        "annotate film.mp4 --task keep -o out.mp4 --preset ultrafast",
        {"source", "output", "frames", "tasks", "notes", "error"},
    ),
    "status": ("status", {"project", "sources", "tasks", "bytes"}),
    "gc": ("gc", {"removed", "bytes"}),
}  # fmt: skip

# A line that cannot work there.
FAILED = (
    "probe nothing.mp4", "index nothing.mp4", "index nothing.mp4 --dry-run", "frames nothing.mp4 -o pictures",
    "split nothing.mp4 -o clips", "split training -o clips", "labels import nothing --task keep",
    "labels list --task nothing", "labels export --task nothing", "labels undo --task nothing",
    "labels clear --task nothing", "train nothing", "predict keep nothing.mp4",
    "predict nothing film.mp4", "evaluate keep --labels nothing", "evaluate nothing --labels training",
    "screentime keep nothing.mp4", "screentime nothing film.mp4",
    "cut nothing.mp4 --task keep --keep OK", "cut film.mp4 --task nothing --keep OK",
    "annotate nothing.mp4 --task keep", "annotate film.mp4 --task nothing", "annotate film.mp4 --task keep -o film.mp4",
    "status --project film.mp4", "gc --project film.mp4", "demo --out training",
)  # fmt: skip


@pytest.mark.parametrize("name", DONE)
def test_json_is_one_object_with_the_fixed_keys(name: str, road: Path, run: Run) -> None:
    line, keys = DONE[name]
    done = run(*line.split(), "--json")
    assert done.status == 0, done.err
    assert keys <= set(done.values)


@pytest.mark.parametrize("line", FAILED)
def test_json_is_one_object_on_failure_and_the_exit_status_says_so(line: str, road: Path, run: Run) -> None:
    done = run(*line.split(), "--json")
    assert done.status == 1
    values = done.values
    told = values.get("error") or values["sources"][0]["error"]
    assert told and "Traceback" not in done.err
    assert told in done.err


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_unknown_option_is_wrong_usage(command: tuple[str, ...], empty: Path, run: Run) -> None:
    done = run(*command, "--no-such-option", "--json")
    assert done.status == 2
    assert "--no-such-option" in done.problem
    assert done.values["exit_status"] == 2
    assert not any(empty.iterdir())


@pytest.mark.parametrize("line", ["nonsense", "labels nonsense", "frames film.mp4", "cut film.mp4", "labels list"])
def test_what_is_missing_or_unknown_is_wrong_usage(line: str, empty: Path, run: Run) -> None:
    done = run(*line.split())
    assert done.status == 2
    assert "--help" in done.problem and done.out == ""


def test_without_a_command_the_help_is_shown(run: Run) -> None:
    done = run()
    assert done.status == 2
    assert "Usage" in done.out and "predict" in done.out


def test_the_version_is_printed(run: Run) -> None:
    done = run("--version")
    assert done.status == 0 and done.out.startswith("reelsift ")


def test_index_says_what_became_of_each_source_in_the_order_given(road: Path, run: Run) -> None:
    (road / "text.mp4").write_text("this is no film")
    done = run("index", "text.mp4", "film.mp4", "nothing.mp4", "--fps", "all", "--json")
    assert done.status == 3
    rows = done.values["sources"]
    assert [row["source"] for row in rows] == ["text.mp4", "film.mp4", "nothing.mp4"]
    assert [row["status"] for row in rows] == ["failed", "cached", "failed"]
    assert all(set(row) >= {"source", "frames", "duration_seconds", "wall_seconds", "status", "error"} for row in rows)
    assert rows[1]["frames"] == 80 and rows[1]["duration_seconds"] == pytest.approx(3.2)
    assert len(done.err.splitlines()) == 2


def test_index_overwrites_what_is_damaged_and_names_views_once(road: Path, run: Run) -> None:
    for shard in (road / ".reelsift" / "index").rglob("quality/part-*.parquet"):
        shard.write_bytes(shard.read_bytes()[:4] + b"\xff" * 60 + shard.read_bytes()[64:])
    line = ("index", "film.mp4", "--fps", "all", "--views", "quality,quality,thumbnail", "--jobs", "2", "--json")
    (row,) = run(*line, "--dry-run", "--overwrite").values["sources"]
    assert (row["status"], row["missing_views"]) == ("missing", ["quality", "thumbnail"])
    assert [run(*line, *more).values["sources"][0]["status"] for more in ((), ("--overwrite",), ())] == [
        "cached",
        "indexed",
        "cached",
    ]


def test_predict_in_json_and_in_the_csv(road: Path, run: Run) -> None:
    done = run("predict", "keep", "film.mp4", "--csv", "frames.csv", "--json")
    (row,) = done.values["sources"]
    assert (row["source"], row["frames"]) == ("film.mp4", 80)
    assert sum(row["seconds"].values()) == pytest.approx(3.2)
    assert set(row["segments"][0]) == {"start_seconds", "end_seconds", "label", "score"}
    with (road / "frames.csv").open(newline="") as table:
        lines = list(csv.DictReader(table))
    assert list(lines[0]) == ["source", "frame_index", "time_seconds", "label", "KO", "OK"]
    assert [int(line["frame_index"]) for line in lines] == list(range(80))
    assert all(float(line["KO"]) + float(line["OK"]) == pytest.approx(1, abs=1e-5) for line in lines)


def test_train_names_its_candidates(road: Path, run: Run) -> None:
    values = run("train", "keep", "--json").values
    assert values["classes"].keys() == {"KO", "OK"}
    assert all({"model", "views", "balanced_accuracy"} <= set(candidate) for candidate in values["candidates"])


def test_a_batch_goes_on_without_the_sources_that_fail(road: Path, run: Run) -> None:
    films = road / "films"
    films.mkdir()
    (films / "a-text.mp4").write_text("this is no film")
    (road / "film.mp4").rename(films / "film.mp4")
    done = run("predict", "keep", "films", "--csv", "frames.csv", "--json")
    assert done.status == 3
    assert [(row["source"], row["frames"]) for row in done.values["sources"]] == [
        ("films/a-text.mp4", 0),
        ("films/film.mp4", 80),
    ]
    assert "a-text.mp4" in done.problem
    assert len((road / "frames.csv").read_text().splitlines()) == 81


def test_nothing_is_written_where_no_source_can_be_predicted(road: Path, run: Run) -> None:
    assert run("predict", "keep", "nothing.mp4", "--csv", "frames.csv").status == 1
    assert not (road / "frames.csv").exists()


def test_cut_writes_the_frames_it_says(road: Path, run: Run) -> None:
    said = run("cut", "film.mp4", "--task", "keep", "--keep", "OK", "--preset", "ultrafast", "--json").values
    assert said["output"] == "film-cut.mp4" and said["total_frames"] == 80
    found = run("probe", "film-cut.mp4", "--json").values["sources"][0]
    assert found["frames"] == said["kept_frames"]
    assert sum(s["end_seconds"] - s["start_seconds"] for s in said["segments"]) == pytest.approx(said["kept_seconds"])


def test_keep_takes_several_classes_in_both_ways(road: Path, run: Run) -> None:
    for options in (["--keep", "OK,KO"], ["--keep", "OK", "--keep", "KO"]):
        line = ["cut", "film.mp4", "--task", "keep", *options, "--dry-run", "--overwrite", "--json"]
        assert run(*line).values["kept_frames"] == 80


def test_a_dry_run_shows_and_writes_no_film(road: Path, run: Run) -> None:
    values = run("cut", "film.mp4", "--task", "keep", "--keep", "OK", "--dry-run", "--json").values
    assert values["output"] is None and (road / values["preview"]).stat().st_size > 0
    assert not (road / "film-cut.mp4").exists()


def test_quiet_says_nothing_but_the_result(road: Path, run: Run) -> None:
    loud, quiet = run("index", "film.mp4", "--fps", "all"), run("index", "film.mp4", "--fps", "all", "--quiet")
    assert loud.err and not quiet.err
    assert loud.out == quiet.out == "80 frames of 1 source in the index\n"


def test_verbose_logs_what_a_bug_report_needs(road: Path, run: Run) -> None:
    done = run("predict", "keep", "film.mp4", "--verbose", "--json")
    assert done.values["sources"]
    for word in ("Python", "openvino", "numpy", "predict", "project", "done in"):
        assert word in done.err
    assert run("status").err == ""  # the log does not outlive its command


def test_verbose_logs_where_an_error_came_from(road: Path, run: Run) -> None:
    done = run("predict", "nothing", "film.mp4", "--verbose", "--json")
    assert done.status == 1 and done.values["error"]
    assert "Traceback" in done.err and "train it with reelsift train nothing; built-in tasks are" in done.err


def test_an_unexpected_error_is_one_line_too(road: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: Any, **options: Any) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("reelsift.project.project.project_status", broken)
    done = run("status", "--json")
    assert done.status == 1
    assert "unexpected ZeroDivisionError: oh" in done.problem and "--verbose" in done.problem
    assert done.values["error"]


@pytest.mark.parametrize("line", ["index film.mp4", "cut film.mp4 --task keep --keep OK -o out.mp4"])
def test_ctrl_c_stops_with_a_word_and_leaves_nothing(
    line: str, road: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("reelsift.features.extraction._Counter.watch", interrupted)
    monkeypatch.setattr("reelsift.actions.cut.kept_from_film", interrupted)
    done = run(*line.split(), "--json")
    assert done.status == 130
    assert "stopped" in done.problem and done.values["exit_status"] == 130
    assert [path.name for path in road.iterdir() if path.name.startswith(".")] == [".reelsift"]
    assert not (road / "out.mp4").exists()
    assert not [path for path in (road / ".reelsift").rglob(".*") if path.name != ".gitignore"]


def test_output_of_one_command_goes_into_the_next(road: Path, run: Run) -> None:
    text = run("labels", "export", "--task", "keep").out
    (road / "labels.csv").write_text(text)
    done = run("labels", "import", "labels.csv", "--task", "copy", "--json")
    assert done.status == 0
    assert done.values["classes"] == run("labels", "import", "training", "--task", "other", "--json").values["classes"]


def test_json_has_no_numbers_that_json_does_not_know(road: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line, _ in DONE.values():
        capsys.readouterr()
        main([*line.split(), "--json", "--overwrite"])

        def refuse(word: str) -> None:
            pytest.fail(f"{word} in JSON")

        json.loads(capsys.readouterr().out, parse_constant=refuse)


def test_status_says_what_there_is_and_what_is_stale(road: Path, run: Run) -> None:
    shown = run("status").out
    assert "  film.mp4: all frames: appearance, quality\n" in shown
    assert "  task keep: " in shown and "trained, balanced accuracy" in shown and "; 1 timeline\n" in shown
    run("index", "film.mp4", "--fps", "3")
    run("labels", "undo", "--task", "keep")
    shown = run("status").out
    assert "    3 a second: appearance, quality\n" in shown
    assert "  task keep: no labels" in shown


def test_status_stays_short_with_many_films(road: Path, run: Run) -> None:
    (road / "clips" / "a").mkdir(parents=True)
    (road / "clips" / "b").mkdir()
    film = (road / "film.mp4").read_bytes()
    for number in range(30):
        (road / "clips" / "ab"[number % 2] / f"clip-{number}.mp4").write_bytes(film + bytes([number]))
    assert run("labels", "import", "clips", "--task", "clips").status == 0
    done = run("status")
    assert len(done.out.splitlines()) < 30 and "... and 11 more" in done.out
    assert len(run("status", "--json").values["sources"]) == 31
