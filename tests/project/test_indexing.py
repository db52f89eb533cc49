"""Indexing: what is stored is used again, wherever the film is; what fails does not stop the rest."""

from __future__ import annotations

import dataclasses
import shutil
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import pytest

from films import break_packets, numbered, write_film, write_slow_film
from reelsift.media.sources import FilmSource, resolve_sources
from reelsift.project import Project, indexing
from reelsift.project.indexing import fitting_records, indexed_views
from reelsift.specs import Crop, FrameSpec, IndexSpec, Sampling

if TYPE_CHECKING:
    from conftest import Road

pytestmark = pytest.mark.xdist_group("indexing")


def spec_of(fps: Fraction | None, *, crop: Crop | None = None, views: tuple[str, ...] = ("quality",)) -> IndexSpec:
    return IndexSpec(FrameSpec(Sampling(fps), crop), views=views)


ALL, FIVE = spec_of(None), spec_of(Fraction(5))


def test_indexed_once_then_cached_and_cached_where_it_was_moved_to(drawn: Road) -> None:
    project = drawn.project
    (first,) = project.index("printer.mp4", spec=ALL)
    assert (first.status, first.frames, first.duration_seconds, first.error) == ("indexed", 120, pytest.approx(4.8), "")
    assert first.source == "printer.mp4"
    assert project.index("printer.mp4", spec=ALL)[0].status == "cached"
    shutil.move("printer.mp4", "moved.mp4")
    (moved,) = project.index("moved.mp4", spec=ALL)
    assert (moved.status, moved.source_id, moved.source) == ("cached", first.source_id, "moved.mp4")
    assert [source.source for source in project.status().sources] == ["moved.mp4"]


def test_a_source_that_fails_does_not_stop_the_others(drawn: Road) -> None:
    Path("empty.mp4").touch()
    break_packets(write_film(Path("damaged.mp4")), [5])
    results = drawn.project.index(["empty.mp4", "damaged.mp4", "printer.mp4"], spec=ALL)
    assert [result.status for result in results] == ["failed", "partial", "indexed"]
    assert "empty.mp4: the file is empty" in results[0].error
    assert results[1].frames == 29 and "cannot be decoded" in results[1].error
    assert drawn.project.index("damaged.mp4", spec=ALL)[0].status == "partial"  # said each time


def test_a_crop_outside_the_picture_fails_before_anything_is_stored(drawn: Road) -> None:
    (result,) = drawn.project.index("printer.mp4", spec=spec_of(None, crop=Crop(0, 0, 321, 10)))
    assert result.status == "failed" and "printer.mp4: the crop 0,0,321,10" in result.error
    assert list(drawn.project.layout.features.records()) == []


def test_a_thumbnail_is_stored_for_each_frame(drawn: Road) -> None:
    drawn.project.index("printer.mp4", spec=FIVE)
    assert {record.view: record.samples for record in drawn.project.layout.features.records()} == {
        "quality": 24,
        "thumbnail": 24,
    }


def test_the_densest_index_that_fits_is_used(drawn: Road) -> None:
    layout, film = drawn.project.layout, FilmSource(drawn.film, "printer.mp4")
    drawn.project.index("printer.mp4", spec=FIVE)
    assert fitting_records(layout, film.source_id, spec=ALL, views=("quality",)) is None
    assert len(indexed_views(layout, film, spec=FIVE, views=("quality",)).frame_indexes) == 24
    drawn.project.index("printer.mp4", spec=ALL)
    assert len(indexed_views(layout, film, spec=FIVE, views=("quality",)).frame_indexes) == 120
    # Another crop is another picture, and a view that only the sparse index has is no reason to be sparse.
    other = spec_of(Fraction(5), crop=Crop(0, 0, 100, 100))
    assert fitting_records(layout, film.source_id, spec=other, views=("quality",)) is None
    drawn.project.index("printer.mp4", spec=dataclasses.replace(FIVE, views=("appearance",)))
    records = fitting_records(layout, film.source_id, spec=FIVE, views=("quality", "appearance"))
    assert records is not None and {record.samples for record in records} == {24}


def test_stored_views_are_not_computed_again(drawn: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    layout, film = drawn.project.layout, FilmSource(drawn.film, "printer.mp4")
    drawn.project.index("printer.mp4", spec=FIVE)

    def forbidden(*args: object, **settings: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(indexing, "extract_part", forbidden)
    assert len(indexed_views(layout, film, spec=FIVE, views=("quality",)).frame_indexes) == 24


def test_progress_reaches_the_end(drawn: Road) -> None:
    said: list[tuple[str, int, int]] = []
    project = Project("watched", on_progress=lambda what, *, done, total: said.append((what, done, total)))
    project.index("printer.mp4", spec=ALL)
    assert said[0] == ("printer.mp4", 0, 120) and said[-1] == ("printer.mp4", 120, 120)
    said.clear()
    project.index("printer.mp4", spec=FIVE)
    assert said[-1] == ("printer.mp4", 120, 120)


def test_processes_store_what_one_process_stores(tmp_path: Path) -> None:
    film = write_slow_film(tmp_path / "slow.mp4")
    one, many = Project(tmp_path / "one"), Project(tmp_path / "many")
    one.index(film, spec=ALL)
    (result,) = many.index(film, spec=ALL, runner="processes", jobs=2)
    assert (result.status, result.frames) == ("indexed", 60)
    shards = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.parquet"))
    assert len(shards) >= 6
    for shard in shards:
        assert (tmp_path / "one" / shard).read_bytes() == (tmp_path / "many" / shard).read_bytes()


def test_a_folder_of_pictures_is_looked_at_whole(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(8):
        (folder / f"{number}.png").write_bytes(cv2.imencode(".png", numbered(number))[1])
    project = Project(tmp_path / "project")
    (result,) = project.index(folder, spec=FIVE)
    assert (result.status, result.frames, result.duration_seconds) == ("indexed", 8, 8)
    assert project.index(folder, spec=ALL)[0].status == "cached"
    (faster,) = project.index(folder, spec=ALL, fps=Fraction(4))
    assert faster.duration_seconds == 2
    (source,) = resolve_sources([folder])
    assert len(indexed_views(project.layout, source, spec=ALL, views=("quality",)).frame_indexes) == 8
