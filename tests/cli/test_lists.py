"""Tables that list pictures and films, where a command takes sources."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Run

pytestmark = pytest.mark.xdist_group("cli")


@pytest.fixture
def pictures(road: Path) -> list[str]:
    """Names of pictures of the road, relative to `training`, not in the order of time; and `list.csv` of them."""
    names = sorted(path.relative_to("training").as_posix() for path in Path("training").glob("*/*.jpg"))[::-1]
    Path("list.csv").write_text("\n".join(["Image_ID", *names]) + "\n")
    return names


def rows(path: str) -> list[dict[str, str]]:
    with Path(path).open(newline="") as table:
        return list(csv.DictReader(table))


def test_each_listed_picture_is_predicted_by_itself(pictures: list[str], run: Run) -> None:
    done = run("predict", "keep", "list.csv", "--root", "training", "--csv", "out.csv", "--json")
    assert done.status == 0, done.err
    found = rows("out.csv")
    assert [row["source"] for row in found] == [f"training/{name}" for name in pictures]
    assert [row["label"] for row in found] == [max(("KO", "OK"), key=lambda name: float(row[name])) for row in found]
    assert sum(row["label"] == Path(row["source"]).parent.name for row in found) > 0.9 * len(found)
    (source,) = done.values["sources"]
    assert (source["source"], source["frames"]) == ("list.csv", len(pictures))
    assert [(each["source"], each["label"]) for each in source["pictures"]] == [
        (row["source"], row["label"]) for row in found
    ]


def test_a_rate_makes_a_film_of_them(pictures: list[str], run: Run) -> None:
    done = run("predict", "keep", "list.csv", "--root", "training", "--fps", "10", "--csv", "out.csv", "--json")
    assert done.status == 0, done.err
    assert [float(row["time_seconds"]) for row in rows("out.csv")] == pytest.approx(
        [number / 10 for number in range(len(pictures))]
    )
    (source,) = done.values["sources"]
    assert sum(source["seconds"].values()) == pytest.approx(len(pictures) / 10)
    assert "pictures" not in source
    # Pictures sorted by class make two long stretches, which smoothing leaves whole.
    assert len(source["segments"]) == 2


def test_text_names_the_first_of_many(pictures: list[str], run: Run) -> None:
    done = run("predict", "keep", "list.csv", "--root", "training")
    lines = done.out.splitlines()
    assert lines[0] == f"list.csv: {len(pictures)} pictures, each by itself"
    assert lines[2].startswith(f"  training/{pictures[0]}  ")
    assert lines[-1] == f"  ... and {len(pictures) - 20} more: --csv FILE names them all"


def test_lines_that_are_wrong_are_named_and_the_others_predicted(pictures: list[str], run: Run) -> None:
    Path("training/broken.jpg").write_bytes(b"no picture")
    Path("list.csv").write_text(
        f"file,label\n{pictures[0]},x\ngone.jpg,\nbroken.jpg,\n{pictures[0]},\n{pictures[1]},\n"
    )
    done = run("predict", "keep", "list.csv", "--root", "training", "--csv", "out.csv", "--json")
    assert done.status == 3
    assert [row["source"] for row in rows("out.csv")] == [f"training/{name}" for name in pictures[:2]]
    assert [row["frame_index"] for row in rows("out.csv")] == ["0", "2"]
    said = done.err.splitlines()
    assert said[0] == "reelsift: list.csv: cannot be read: training/broken.jpg"
    assert said[1].startswith("reelsift: list.csv line 3: no file 'gone.jpg' in 'training'")
    assert said[2] == f"reelsift: list.csv line 5: training/{pictures[0]} is in list.csv line 2 already: counted once"
    assert [row["status"] for row in done.values["sources"]] == ["partial", "failed", "failed"]


def test_a_list_of_nothing_that_is_there_fails(road: Path, run: Run) -> None:
    Path("list.csv").write_text("file\ngone.jpg\n")
    done = run("predict", "keep", "list.csv", "--csv", "out.csv")
    assert done.status == 1 and done.out == "" and "list.csv line 2" in done.problem
    assert not Path("out.csv").exists()


def test_listed_films_are_predicted_each(road: Path, run: Run) -> None:
    Path("list.csv").write_text("clip\nfilm\ntraining\n")
    done = run("predict", "keep", "list.csv", "--json")
    assert done.values["sources"][0]["source"] == "film.mp4" and done.values["sources"][0]["frames"] == 80
    assert done.status == 3 and "line 3" in done.problem  # pictures lie one folder deeper


def test_other_commands_take_them_and_nothing_remembers_them(pictures: list[str], run: Run) -> None:
    Path("training/list.csv").write_text(Path("list.csv").read_text())
    before = run("status", "--json").values["sources"]
    (row,) = run("index", "training/list.csv", "--fps", "10", "--json").values["sources"]
    assert (row["frames"], row["status"]) == (len(pictures), "indexed")
    assert run("index", "training/list.csv", "--fps", "10", "--json").values["sources"][0]["status"] == "cached"
    done = run(
        "cut", "training/list.csv", "--fps", "10", "--task", "keep", "--keep", "OK", "--frames", "kept", "--json"
    )
    assert done.status == 0 and done.values["kept_frames"] == len(list(Path("kept").iterdir())) > 10
    # A list may say something else tomorrow: it is no film of the project, and what was computed for it goes with gc.
    assert run("status", "--json").values["sources"] == before
    assert len(run("gc", "--json").values["removed"]) == 1
