"""Indexing: what is stored is used again, wherever the film is; what fails does not stop the rest."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import pytest

from films import break_packets, numbered, write_film, write_slow_film
from reelsift.errors import MediaError, ReelsiftError
from reelsift.labels import Label
from reelsift.media.sources import FilmSource, resolve_sources
from reelsift.project import Project, indexing
from reelsift.project.indexing import IndexResult, fitting_records, index_sources, indexed_views, known_damage
from reelsift.project.learning import training_index
from reelsift.runners import core_count
from reelsift.runners import run as run_items
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


def test_motion_joins_an_index_without_the_other_views_being_computed_again(
    drawn: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout, film = drawn.project.layout, FilmSource(drawn.film, "printer.mp4")
    drawn.project.index("printer.mp4", spec=FIVE)
    asked: list[str] = []
    real = indexing.extract_part

    def noted(item: Any, **settings: Any) -> Any:
        asked.extend(view for view, _ in item.shards)
        return real(item, **settings)

    monkeypatch.setattr(indexing, "extract_part", noted)
    both = dataclasses.replace(FIVE, views=("quality", "motion"))
    assert drawn.project.index("printer.mp4", spec=both)[0].status == "indexed"
    assert asked == ["motion"]
    stored = indexed_views(layout, film, spec=both, views=("quality", "motion"))
    assert stored.views["motion"].shape == (24, 60) and stored.views["motion"].any()
    assert asked == ["motion"]
    assert drawn.project.index("printer.mp4", spec=both)[0].status == "cached"
    assert drawn.project.collect_garbage().removed == ()


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


def short_films(folder: Path, count: int) -> list[FilmSource]:
    folder.mkdir(exist_ok=True)
    films = [write_film(folder / f"{number}.mp4", 10 + number) for number in range(count)]
    return [FilmSource(film, film.name) for film in films]


def test_parts_of_all_sources_are_one_list_of_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short films are worked on at once, share the cores, and a failing one and a copy stop nothing."""
    sources = short_films(tmp_path / "films", 4)
    shutil.copy(sources[0].path, tmp_path / "copy.mp4")
    (tmp_path / "empty.mp4").touch()
    sources[1:1] = [FilmSource(tmp_path / name, name) for name in ("empty.mp4", "copy.mp4")]
    calls: list[list[Any]] = []

    def noting(items: Iterable[Any], **settings: Any) -> Iterator[Any]:
        calls.append([])
        return run_items((calls[-1].append(item) or item for item in items), **settings)

    monkeypatch.setattr(indexing, "run", noting)
    said: list[tuple[str, int, int]] = []
    finished: list[IndexResult] = []
    layout = Project(tmp_path / "project").layout
    results = index_sources(
        layout, sources, spec=ALL, runner="processes", jobs=2, on_result=finished.append,
        on_progress=lambda what, *, done, total: said.append((what, done, total)),
    )  # fmt: skip
    assert [result.source for result in results] == [source.name for source in sources]
    assert [result.status for result in results] == ["indexed", "failed", "cached", "indexed", "indexed", "indexed"]
    assert [result.frames for result in results] == [10, 0, 10, 11, 12, 13]
    assert sorted(finished, key=lambda result: result.source) == sorted(results, key=lambda result: result.source)
    assert [len(items) for items in calls if items] == [4]
    assert {item.threads for item in calls[0]} == {max(1, core_count() // 2)}
    assert ("3.mp4", 0, 13) in said and ("3.mp4", 13, 13) in said


def test_the_only_part_there_is_has_all_threads_and_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    real = indexing.extract_part

    def noting(item: Any, **settings: Any) -> Any:
        seen.append(item.threads)
        return real(item, **settings)

    monkeypatch.setattr(indexing, "extract_part", noting)
    (source,) = short_films(tmp_path, 1)
    layout = Project(tmp_path / "project").layout
    assert index_sources(layout, [source], spec=ALL, runner="processes", jobs=2)[0].status == "indexed"
    assert seen == [0]


def test_a_worker_that_dies_fails_its_own_source_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dying(items: Iterable[Any], *, work: Callable[[Any], Any], **settings: Any) -> Iterator[Any]:
        for item in items:
            if item.source.name == "1.mp4":
                raise ReelsiftError("a worker process died")
            yield item, work(item)

    monkeypatch.setattr(indexing, "run", dying)
    layout = Project(tmp_path / "project").layout
    sources = short_films(tmp_path, 4)
    results = index_sources(layout, sources, spec=ALL, runner="processes", jobs=2)
    assert [result.status for result in results] == ["indexed", "failed", "indexed", "indexed"]
    assert results[1].error == "a worker process died"


@pytest.mark.parametrize("jobs", [1, 2])
def test_overwriting_heals_what_is_damaged(jobs: int, tmp_path: Path) -> None:
    sources = short_films(tmp_path / "films", 2)
    layout = Project(tmp_path / "project").layout
    index_sources(layout, sources, spec=ALL)
    whole = layout.features.read(list(layout.features.records(sources[0].source_id))[:1])
    for shard in layout.features.folder.rglob("part-*.parquet"):
        data = shard.read_bytes()
        shard.write_bytes(data[:4] + b"\xff" * 60 + data[64:])  # its end still tells that all is well
    assert [result.status for result in index_sources(layout, sources, spec=ALL)] == ["cached"] * 2
    results = index_sources(layout, [*sources, sources[0]], spec=ALL, runner="processes", jobs=jobs, overwrite=True)
    assert [result.status for result in results] == ["indexed", "indexed", "cached"]
    healed = layout.features.read(list(layout.features.records(sources[0].source_id))[:1])
    assert (healed.views["quality"] == whole.views["quality"]).all()


def test_overwriting_leaves_alone_what_cannot_be_read_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (source,) = short_films(tmp_path, 1)
    layout = Project(tmp_path / "project").layout
    index_sources(layout, [source], spec=ALL)
    crop = spec_of(None, crop=Crop(0, 0, 9999, 10))
    assert index_sources(layout, [source], spec=crop, overwrite=True)[0].status == "failed"
    assert index_sources(layout, [source], spec=ALL)[0].status == "cached"


def test_a_broken_record_is_written_again(tmp_path: Path) -> None:
    (source,) = short_films(tmp_path, 1)
    layout = Project(tmp_path / "project").layout
    index_sources(layout, [source], spec=ALL)
    for record in layout.features.folder.rglob("index.json"):
        record.write_text("")
    assert index_sources(layout, [source], spec=ALL)[0].status == "indexed"


@pytest.mark.parametrize("views", [("quality", "quality"), ("quality", "thumbnail"), ("thumbnail",)])
def test_a_view_named_twice_is_computed_once(views: tuple[str, ...], tmp_path: Path) -> None:
    (source,) = short_films(tmp_path, 1)
    layout = Project(tmp_path / "project").layout
    (result,) = index_sources(layout, [source], spec=spec_of(None, views=views))
    assert (result.status, result.frames) == ("indexed", 10)


def test_a_damaged_picture_is_named_by_what_needs_its_views(tmp_path: Path) -> None:
    picture = tmp_path / "damaged.png"
    picture.write_text("damaged")
    layout = Project(tmp_path / "project").layout
    (source,) = resolve_sources([picture])
    for _ in range(2):
        with pytest.raises(MediaError, match=r"damaged\.png: no frame could be decoded \(not a picture, or damaged"):
            indexed_views(layout, source, spec=ALL, views=("quality",))


# Bursts --------------------------------------------------------------------------------------------------------------

BURSTS = IndexSpec(FrameSpec(Sampling.parse("bursts")), views=("quality",))


@pytest.fixture
def burst_film(tmp_path: Path) -> FilmSource:
    return FilmSource(write_film(tmp_path / "film.mp4", 300), "film.mp4")


def test_bursts_serve_for_bursts_only_and_all_of_a_film_serves_for_them(burst_film: FilmSource, tmp_path: Path) -> None:
    layout = Project(tmp_path / "project").layout

    def samples(spec: IndexSpec) -> int | None:
        records = fitting_records(layout, burst_film.source_id, spec=spec, views=("quality",))
        return records[0].samples if records is not None else None

    index_sources(layout, [burst_film], spec=spec_of(Fraction(4)))
    assert samples(BURSTS) is None  # less often than bursts look
    (seen,) = index_sources(layout, [burst_film], spec=BURSTS)
    assert (seen.status, seen.duration_seconds) == ("indexed", 12) and 15 < seen.frames < 30
    assert index_sources(layout, [burst_film], spec=BURSTS)[0].status == "cached"
    assert (samples(BURSTS), samples(FIVE), samples(spec_of(Fraction(1, 10)))) == (seen.frames, None, 48)
    index_sources(layout, [burst_film], spec=FIVE)
    assert samples(BURSTS) == samples(FIVE) == 60
    assert len(indexed_views(layout, burst_film, spec=BURSTS, views=("quality",)).frame_indexes) == 60


def test_bursts_say_nothing_of_how_to_look_at_films_to_learn_from_them(burst_film: FilmSource, tmp_path: Path) -> None:
    layout = Project(tmp_path / "project").layout
    labels = [Label(burst_film.source_id, "kind", "A")]
    index_sources(layout, [burst_film], spec=dataclasses.replace(BURSTS, views=("quality", "motion")))
    assert training_index(layout, labels) == IndexSpec()
    index_sources(layout, [burst_film], spec=spec_of(Fraction(1)))
    assert training_index(layout, labels) == dataclasses.replace(IndexSpec(), frames=spec_of(Fraction(1)).frames)


def test_what_no_burst_looked_at_is_not_damaged(burst_film: FilmSource, tmp_path: Path) -> None:
    layout = Project(tmp_path / "project").layout
    assert index_sources(layout, [burst_film], spec=BURSTS)[0].error == ""
    assert known_damage(layout, burst_film.source_id) == ""
    hurt = FilmSource(break_packets(burst_film.path, [3]), "film.mp4")  # in the first burst
    (result,) = index_sources(layout, [hurt], spec=BURSTS)
    assert result.status == "partial" and "1 frame cannot be decoded" in result.error
    assert known_damage(layout, hurt.source_id) == result.error


@pytest.mark.parametrize("runner", ["serial", "processes"])
def test_progress_through_bursts_reaches_the_end_and_never_passes_it(runner: Any, tmp_path: Path) -> None:
    said: list[tuple[int, int]] = []
    films = [FilmSource(write_film(tmp_path / f"{n}.mp4", 300 + 100 * n), f"{n}.mp4") for n in range(2)]
    results = index_sources(
        Project(tmp_path / "project").layout,
        films,
        spec=BURSTS,
        runner=runner,
        jobs=2,
        on_progress=lambda what, *, done, total: said.append((done, total)),
    )
    assert [result.status for result in results] == ["indexed", "indexed"]
    for total in (300, 400):
        reports = [done for done, of in said if of == total]
        assert reports[0] == 0 and 0.9 * total <= reports[-1] <= total and reports == sorted(reports)
