"""The command `annotate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Run

pytestmark = pytest.mark.xdist_group("cli")


def test_it_writes_a_film_of_all_frames_beside_and_says_so(road: Path, run: Run) -> None:
    done = run("annotate", "film.mp4", "--task", "keep", "--preset", "ultrafast")
    assert (done.status, done.err) == (0, "")
    assert done.out == "film-annotated.mp4: 80 frames with keep\n"
    probed = run("probe", "film-annotated.mp4", "--json").values["sources"][0]
    original = run("probe", "film.mp4", "--json").values["sources"][0]
    assert [probed[key] for key in ("frames", "width", "height", "duration_seconds")] == [
        original[key] for key in ("frames", "width", "height", "duration_seconds")
    ]


def test_json_names_the_tasks_in_order(road: Path, run: Run) -> None:
    values = run(
        "annotate", "film.mp4", "--task", "keep", "--task", "exposure,shake", "-o", "out.mkv", "--preset", "ultrafast",
        "--threshold", "keep.OK=0.6", "--threshold", "shaky=0.7", "--json",
    ).values  # fmt: skip
    assert values == {
        "source": "film.mp4", "output": "out.mkv", "frames": 80, "tasks": ["keep", "exposure", "shake"],
        "notes": [], "error": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    "options",
    ["--threshold OK=2", "--threshold OK", "--preset soon", "--codec vp8", "--quality 101", "--task keep --task keep"],
)
def test_what_means_nothing_is_wrong_usage(options: str, road: Path, run: Run) -> None:
    done = run("annotate", "film.mp4", "--task", "keep", *options.split())
    assert done.status == 2 and options.split()[0] in done.problem
    assert not (road / "film-annotated.mp4").exists()


def test_an_output_that_exists_stays(road: Path, run: Run) -> None:
    (road / "out.mp4").write_bytes(b"mine")
    done = run("annotate", "film.mp4", "--task", "keep", "-o", "out.mp4")
    assert done.status == 1 and "--overwrite" in done.problem
    assert (road / "out.mp4").read_bytes() == b"mine"
