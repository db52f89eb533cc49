"""Writing frames to be sorted: names that carry the index, a manifest, and nothing half-written."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from films import B_FRAMES, break_packets, number_of, numbered, write_film
from reelsift.errors import MediaError, OutputExistsError, SpecError
from reelsift.media.picture_reader import read_picture
from reelsift.media.sources import fingerprint_file
from reelsift.project import Project
from reelsift.specs import Crop, FrameSpec, PictureSpec, Sampling, Size

pytestmark = pytest.mark.xdist_group("exporting")

ALL = FrameSpec(Sampling(None))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    write_film(Path("film.mp4"), options=B_FRAMES)
    return Project()


def manifest(folder: str = "frames") -> list[dict[str, str]]:
    with Path(folder, "manifest.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_each_picture_is_the_frame_its_name_says(project: Project) -> None:
    result = project.frames("film.mp4", "frames", frames=ALL, pictures=PictureSpec("png"))
    assert (result.pictures, result.problems) == (30, "")
    for number in range(30):
        assert number_of(read_picture(Path(f"frames/film_{number:06d}.png"))) == number


def test_the_manifest_says_where_each_picture_comes_from(project: Project) -> None:
    project.frames("film.mp4", "frames", frames=FrameSpec(Sampling(Fraction(5))))
    rows = manifest()
    assert [row["file"] for row in rows] == [f"film_{n:06d}.jpg" for n in range(0, 30, 5)]
    assert {row["source_id"] for row in rows} == {fingerprint_file(Path("film.mp4"))}
    assert [int(row["frame_index"]) for row in rows] == list(range(0, 30, 5))
    assert [float(row["time_seconds"]) for row in rows] == pytest.approx([n / 25 for n in range(0, 30, 5)])
    assert [float(row["end_seconds"]) for row in rows] == pytest.approx([(n + 1) / 25 for n in range(0, 30, 5)])
    assert (Path("frames") / rows[0]["source"]).exists()  # from the manifest to the film


def test_frames_of_variable_length_end_where_the_next_begins(project: Project) -> None:
    stamps = [0, 40, 300, 310, 900]
    write_film(Path("slides.mp4"), 5, stamps=stamps, time_base=Fraction(1, 1000))
    project.frames("slides.mp4", "frames", frames=ALL)
    ends = [float(row["end_seconds"]) for row in manifest()]
    assert ends[:4] == pytest.approx([0.04, 0.3, 0.31, 0.9])
    assert ends[4] > 0.9


def test_crop_size_format_and_quality(project: Project) -> None:
    spec = PictureSpec("png", size=Size(20, 10))
    project.frames("film.mp4", "small", frames=FrameSpec(Sampling(None), Crop(0, 24, 32, 24)), pictures=spec)
    picture = read_picture(Path("small/film_000000.png"))
    assert picture.shape == (10, 20, 3)
    assert picture[..., 0].mean() > picture[..., 2].mean() + 60  # the red corner
    sizes = []
    for quality in (10, 95):
        project.frames("film.mp4", f"q{quality}", frames=ALL, pictures=PictureSpec("jpg", quality))
        sizes.append(sum(path.stat().st_size for path in Path(f"q{quality}").glob("*.jpg")))
    assert sizes[0] < 0.7 * sizes[1]
    project.frames("film.mp4", "webp", frames=ALL, pictures=PictureSpec("webp"))
    assert Path("webp/film_000029.webp").exists()


def test_pictures_stand_upright(project: Project) -> None:
    pictures = [np.rot90(p, 1).copy() for p in map(numbered, range(3))]
    write_film(Path("phone.mp4"), pictures, width=48, height=64, matrix="clockwise")
    project.frames("phone.mp4", "frames", frames=ALL, pictures=PictureSpec("png"))
    assert [number_of(read_picture(path)) for path in sorted(Path("frames").glob("*.png"))] == [0, 1, 2]


def test_pictures_there_are_refused_or_replaced(project: Project) -> None:
    project.frames("film.mp4", "frames", frames=ALL)
    Path("frames/film_000003.jpg").write_text("mine")
    with pytest.raises(OutputExistsError, match=r"holds frames of film\.mp4 already; add --overwrite"):
        project.frames("film.mp4", "frames", frames=ALL)
    assert Path("frames/film_000003.jpg").read_text() == "mine"
    project.frames("film.mp4", "frames", frames=ALL, overwrite=True)
    assert number_of(read_picture(Path("frames/film_000003.jpg"))) == 3


def test_films_share_a_folder_and_a_manifest(project: Project) -> None:
    write_film(Path("film [2].mp4"), 5)
    project.frames("film.mp4", "frames", frames=ALL)
    project.frames("film [2].mp4", "frames", frames=ALL)
    rows = manifest()
    assert len(rows) == 35 and len({row["source_id"] for row in rows}) == 2
    with pytest.raises(OutputExistsError):
        project.frames("film [2].mp4", "frames", frames=ALL)


def test_damage_is_said_and_the_rest_is_written(project: Project) -> None:
    break_packets(write_film(Path("damaged.mp4")), [5])
    result = project.frames("damaged.mp4", "frames", frames=ALL)
    assert result.pictures == 29
    assert "cannot be decoded" in result.problems


def test_what_cannot_be_done_leaves_nothing_behind(project: Project, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="reaches outside the picture"):
        project.frames("film.mp4", "frames", frames=FrameSpec(crop=Crop(0, 0, 65, 1)))
    Path("folder").mkdir()
    Path("folder/1.png").write_bytes(b"x")
    with pytest.raises(MediaError, match="a folder of pictures has its frames already"):
        project.frames("folder", "frames")
    Path("empty.mp4").touch()
    with pytest.raises(MediaError, match="the file is empty"):
        project.frames("empty.mp4", "frames")
    left = {path.name for path in tmp_path.iterdir()} - {"film.mp4", "folder", "empty.mp4", ".reelsift"}
    assert left in (set(), {"frames"})
    assert not Path("frames").exists() or not list(Path("frames").iterdir())


def test_a_run_that_is_stopped_leaves_no_half_folder(project: Project) -> None:
    def stop(what: str, *, done: int, total: int) -> None:
        if done == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Project(on_progress=stop).frames("film.mp4", "frames", frames=ALL)
    assert not list(Path("frames").glob("*.jpg"))
    project.frames("film.mp4", "frames", frames=ALL)
    assert len(list(Path("frames").glob("*.jpg"))) == 30
