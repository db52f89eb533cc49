"""Views that tell a frame from those around it, through the store: parts, processes, single frames, pictures."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from films import B_FRAMES, KINDS, break_packets, write_film
from quick_specs import ALL, spec_of
from reelsift.errors import IndexIncompleteError, MediaError, ReelsiftError
from reelsift.features import computing, extraction, store
from reelsift.features.extraction import compute_views, extract_part, plan_index, settle_index
from reelsift.features.loose import compute_among_neighbours, extract_loose
from reelsift.features.motion import MOTION_WIDTH, motion_of
from reelsift.features.quality import QUALITY_WIDTH
from reelsift.features.store import FeatureStore, IndexedSource
from reelsift.media.parts import plan_parts
from reelsift.media.reader import open_film
from reelsift.media.render import FrameImage, Renderer
from reelsift.media.sources import FilmSource, PictureSource, Source, resolve_sources
from reelsift.runners import run
from reelsift.specs import Crop, IndexSpec

pytestmark = pytest.mark.xdist_group("extraction")

FRAMES = 160


def scene(number: int, *, width: int = 64, height: int = 48) -> np.ndarray:
    """A coarse pattern that a shaken camera pans over, and a square that goes its own way; a cut at frame 100."""
    shake = np.random.default_rng(number).integers(-2, 3, 2)
    across, down = np.meshgrid(np.arange(width) + number + shake[0], np.arange(height) + shake[1])
    grey = 120 + 50 * np.sin(across / 5 + (number >= 100)) + 50 * np.cos(down / (4 if number < 100 else 7))
    x, y = 5 + number % 40, 10 + 20 * (number >= 60)
    grey[y : y + 10, x : x + 10] = 240
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> FilmSource:
    path = tmp_path_factory.mktemp("films") / "moving.mp4"
    return FilmSource(write_film(path, map(scene, range(FRAMES)), options=B_FRAMES), "moving.mp4")


@pytest.fixture
def short_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extraction, "plan_parts", partial(plan_parts, part_seconds=1.0))


def index(
    source: Source, features: FeatureStore, spec: IndexSpec = ALL, *, views: tuple[str, ...] = ("motion",)
) -> IndexedSource:
    plan = plan_index(source, spec, features, views=views)
    for item in plan.items:
        extract_part(item)
    settle_index(plan, features)
    by_view = {record.view: record for record in features.records(plan.source_id) if record.spec.frames == spec.frames}
    return features.read([by_view[view] for view in views])


def read_whole(source: FilmSource, spec: IndexSpec = ALL) -> tuple[np.ndarray, np.ndarray]:
    """Times and motion of every frame, the film read in one go."""
    renderer = Renderer(crop=spec.frames.crop)
    with open_film(source.path) as reader:
        rows = compute_views((FrameImage(frame, renderer) for frame in reader.frames()), ["motion"], spec)
    times = rows[""]["time_seconds"]
    return times, motion_of(rows["motion"], times_seconds=times, wanted=np.arange(len(times)))


@pytest.mark.usefixtures("short_parts")
@pytest.mark.parametrize("rows_at_once", [1, 7, 1024])
def test_parts_joined_equal_the_whole(
    film: FilmSource, rows_at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extraction, "_ROWS_AT_ONCE", rows_at_once)
    features = FeatureStore(tmp_path)
    assert len(plan_index(film, ALL, features, views=("motion",)).items) >= 5
    joined, (times, whole) = index(film, features), read_whole(film)
    assert np.array_equal(joined.frame_indexes, np.arange(FRAMES))
    assert np.array_equal(joined.times_seconds, times)
    assert joined.views["motion"].dtype == np.float32 and np.array_equal(joined.views["motion"], whole)
    assert (joined.views["motion"].std(axis=0) > 0).all()


@pytest.mark.usefixtures("short_parts")
def test_processes_and_runs_that_were_killed_give_what_one_run_gives(film: FilmSource, tmp_path: Path) -> None:
    many, killed = FeatureStore(tmp_path / "many"), FeatureStore(tmp_path / "killed")
    plan = plan_index(film, ALL, many, views=("motion",), threads=1)
    done = list(run(plan.items, work=extract_part, runner="processes", jobs=2))
    assert not [result for _, result in done if isinstance(result, ReelsiftError)]
    parallel = many.read(settle_index(plan, many)).views["motion"]
    for item in plan_index(film, ALL, killed, views=("motion",)).items[1::2]:
        extract_part(item)
    assert np.array_equal(index(film, killed).views["motion"], parallel)
    assert np.array_equal(parallel, read_whole(film)[1])


@pytest.mark.usefixtures("short_parts")
def test_a_run_killed_while_rows_are_made_goes_on(
    film: FilmSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    features = FeatureStore(tmp_path)

    def killed(*args: Any) -> Iterator[np.ndarray]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store, "derive_in_runs", killed)
        with pytest.raises(KeyboardInterrupt):
            index(film, features)
    assert list(features.records()) == [] and not list(tmp_path.rglob("motion/part-*"))
    plan = plan_index(film, ALL, features, views=("motion",))
    assert plan.views == ("motion",) and plan.items == ()  # nothing is decoded again
    assert np.array_equal(index(film, features).views["motion"], read_whole(film)[1])


def test_rows_that_are_damaged_are_made_again_without_the_film_being_read(film: FilmSource, tmp_path: Path) -> None:
    features = FeatureStore(tmp_path)
    whole = index(film, features)
    (shard,) = tmp_path.rglob("motion/part-*.parquet")
    shard.write_bytes(b"PAR1 damaged PAR1")
    plan = plan_index(film, ALL, features, views=("motion",))
    assert (plan.views, plan.items) == (("motion",), ())
    assert np.array_equal(index(film, features).views["motion"], whole.views["motion"])
    for raw in tmp_path.rglob("raw/part-*.parquet"):
        raw.write_bytes(raw.read_bytes()[:100].ljust(3000, b"x") + raw.read_bytes()[-3000:])
    shard.unlink()
    with pytest.raises(IndexIncompleteError, match="compute it again with"):
        index(film, features)


def test_the_view_joins_others_without_these_being_computed_again(
    film: FilmSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    features = FeatureStore(tmp_path)
    index(film, features, views=("quality", "thumbnail"))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("part-*")}
    opened: list[str] = []
    real = computing.open_extractor
    monkeypatch.setattr(computing, "open_extractor", lambda view, **more: opened.append(view) or real(view, **more))
    both = index(film, features, views=("quality", "motion"))
    assert set(opened) == {"motion"}
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert both.views["motion"].shape == (FRAMES, MOTION_WIDTH) and len(both.views["quality"]) == FRAMES
    stored = sum(path.stat().st_size for path in tmp_path.rglob("motion*/*/part-*"))
    assert stored < FRAMES * (36 * 60 + 4 * MOTION_WIDTH + 100)  # a picture and its numbers, little beside


@pytest.mark.usefixtures("short_parts")
def test_samples_say_what_every_frame_says(film: FilmSource, tmp_path: Path) -> None:
    """Every 5th of 25 frames a second: those 0.2, 0.4 and 0.8 s off are samples themselves."""
    sparse = index(film, FeatureStore(tmp_path), spec_of(Fraction(5)))
    assert sparse.frame_indexes.tolist() == list(range(0, FRAMES, 5))
    _, whole = read_whole(film)
    ends = slice(4, -4)  # whoever samples does not see what is behind the last sample
    assert np.array_equal(sparse.views["motion"][ends], whole[::5][ends])


def test_frames_that_were_lost_leave_a_hole_and_no_more(tmp_path: Path) -> None:
    path = write_film(
        tmp_path / "film.mp4", map(scene, range(60)), options={"preset": "ultrafast", "bf": "0", "g": "1"}
    )
    whole = read_whole(FilmSource(path, "film.mp4"))[1]
    source = FilmSource(break_packets(path, [30]), "film.mp4")
    stored = index(source, FeatureStore(tmp_path / "index"))
    assert stored.frame_indexes.tolist() == list(range(59))
    rows = np.delete(whole, 30, axis=0)
    same = (stored.views["motion"] == rows).all(axis=1)
    near = [30 + sign * lag for lag in (5, 10, 20) for sign in (-1, 1)]  # who looks at the frame that is not there
    assert set(np.flatnonzero(~same)) <= {place - (place > 30) for place in near}
    times = stored.times_seconds[20:40].tolist()  # a frame by itself sees the same hole
    assert extract_loose([(source, times)], ALL, FeatureStore(tmp_path / "loose"), views=("motion",), name="some") == []
    assert np.array_equal(loose_rows(FeatureStore(tmp_path / "loose"), source, times), stored.views["motion"][20:40])


# Single frames -------------------------------------------------------------------------------------------------------


def loose_rows(features: FeatureStore, source: Source, times: list[float]) -> np.ndarray:
    places, rows = features.read_loose("motion", ALL)
    return rows[[places[source.source_id, round(time * 1e6)] for time in times]]


def test_single_frames_are_told_from_their_neighbours_in_the_film(film: FilmSource, tmp_path: Path) -> None:
    features = FeatureStore(tmp_path)
    wanted = [0, 1, 29, 30, 99, 100, 158, 159]
    times, whole = read_whole(film)
    asked = times[wanted].tolist()
    assert extract_loose([(film, asked[::-1])], ALL, features, views=("motion", "quality"), name="some") == []
    assert np.array_equal(loose_rows(features, film, asked), whole[wanted])
    places, _ = features.read_loose("quality", ALL)
    assert set(places) == set(features.read_loose("motion", ALL)[0])
    shard = next(tmp_path.rglob("motion/part-*.parquet"))
    assert sorted(store.read_rows([shard], columns=["frame_index"])["frame_index"].tolist()) == wanted


@pytest.mark.parametrize("kind", KINDS)
def test_single_frames_of_every_container(kind: str, tmp_path: Path) -> None:
    source, features = FilmSource(KINDS[kind].write(tmp_path, "film"), "film"), FeatureStore(tmp_path / "index")
    times, whole = read_whole(source)
    wanted = [0, 3, 4, 11, 28, 29]
    assert extract_loose([(source, times[wanted].tolist())], ALL, features, views=("motion",), name="some") == []
    assert np.array_equal(loose_rows(features, source, times[wanted].tolist()), whole[wanted])


def test_many_single_frames_are_looked_at_in_runs(
    film: FilmSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reelsift.features.loose._ROWS_AT_ONCE", 5)
    features = FeatureStore(tmp_path / "index")
    other = FilmSource(write_film(tmp_path / "other.mp4", map(scene, range(40))), "other.mp4")
    times, whole = read_whole(film)
    wanted = [(film, times[:13].tolist()), (other, [0.4, 0.8])]
    assert extract_loose(wanted, ALL, features, views=("motion",), name="some") == []
    assert len(list(tmp_path.rglob("index/loose/*/motion/part-*.parquet"))) == 3
    assert np.array_equal(loose_rows(features, film, times[:13].tolist()), whole[:13])
    assert np.array_equal(loose_rows(features, other, [0.4, 0.8]), read_whole(other)[1][[10, 20]])


def test_single_pictures_have_no_neighbours(film: FilmSource, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(4)]
    for number, path in enumerate(paths):
        path.write_bytes(cv2.imencode(".png", scene(number))[1].tobytes())
    paths[2].write_text("damaged")
    sources = resolve_sources(paths)
    features = FeatureStore(tmp_path / "index")
    wanted: list[tuple[Source, list[float]]] = [(source, [0.0]) for source in sources]
    problems = extract_loose([*wanted, (film, [0.4])], ALL, features, views=("quality", "motion"), name="some")
    assert len(problems) == 1 and "2.png: not a picture, or damaged" in problems[0]  # said once, not for each view
    places, rows = features.read_loose("motion", ALL)
    assert len(places) == 4 and rows.shape == (4, MOTION_WIDTH)
    for source in (sources[0], sources[1], sources[3]):
        assert not loose_rows(features, source, [0.0]).any()
    assert loose_rows(features, film, [0.4]).any()
    assert len(list(tmp_path.rglob("index/loose/*/motion/part-*.parquet"))) == 1


def test_what_cannot_be_read_among_films_leaves_the_others(film: FilmSource, tmp_path: Path) -> None:
    features = FeatureStore(tmp_path / "index")
    spec = spec_of(None, crop=Crop(0, 0, 64, 48))
    narrow = FilmSource(write_film(tmp_path / "narrow.mp4", 4, width=32), "narrow.mp4")
    gone = FilmSource(tmp_path / "gone.mp4", "gone.mp4")
    gone.path.write_bytes(b"nothing")
    problems = extract_loose(
        [(narrow, [0.0]), (gone, [0.0]), (film, [0.4])], spec, features, views=("motion",), name="a"
    )
    assert [Path(problem.split(":")[0]).name for problem in problems] == ["narrow.mp4", "gone.mp4"]
    assert list(features.read_loose("motion", spec)[0]) == [(film.source_id, 400_000)]


def test_frames_between_samples_are_those_of_an_index_of_all(film: FilmSource) -> None:
    """What `refine` asks for: the frames between two samples, with the rows they have where all are indexed."""
    renderer = Renderer()
    with open_film(film.path) as reader:
        images = (FrameImage(frame, renderer) for frame in reader.frames() if 96 <= frame.frame_index <= 104)
        rows = compute_among_neighbours(images, ("motion", "quality"), ALL, source=film)
    assert rows[""]["frame_index"].tolist() == list(range(96, 105))
    assert np.array_equal(rows["motion"], read_whole(film)[1][96:105])
    assert rows["quality"].shape == (9, QUALITY_WIDTH)
    none = compute_among_neighbours(iter(()), ("motion",), ALL, source=film)
    assert none["motion"].shape == (0, MOTION_WIDTH)


def test_a_time_behind_the_end_is_named(film: FilmSource, tmp_path: Path) -> None:
    path = write_film(
        tmp_path / "film.mp4", map(scene, range(30)), options={"preset": "ultrafast", "bf": "0", "g": "1"}
    )
    source = FilmSource(break_packets(path, [28, 29]), "film.mp4")
    problems = extract_loose([(source, [1.16])], ALL, FeatureStore(tmp_path / "index"), views=("motion",), name="some")
    assert problems == ["film.mp4: no frame at 1.160 s or later"]
    with pytest.raises(MediaError, match=r"no frame at 1\.160 s"), open_film(source.path):
        image = _Stub(28, 1.16)
        compute_among_neighbours([image], ("motion",), ALL, source=source)  # type: ignore[list-item]


class _Stub:
    """An image nobody looks at."""

    def __init__(self, frame_index: int, time_seconds: float) -> None:
        self.frame_index, self.time_seconds = frame_index, time_seconds


# Pictures ------------------------------------------------------------------------------------------------------------


def pictures_in(folder: Path, count: int) -> tuple[Path, ...]:
    folder.mkdir()
    paths = tuple(folder / f"{number:03d}.png" for number in range(count))
    for number, path in enumerate(paths):
        path.write_bytes(cv2.imencode(".png", scene(number))[1].tobytes())
    return paths


def test_pictures_of_a_folder_follow_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extraction, "_PICTURES_A_PART", 7)
    pictures_in(tmp_path / "pictures", 25)
    (source,) = resolve_sources([tmp_path / "pictures"], fps=Fraction(25))
    rows = index(source, FeatureStore(tmp_path / "index")).views["motion"]
    assert rows.any(axis=1).all()


def test_pictures_that_a_table_lists_have_nothing_to_do_with_each_other(tmp_path: Path) -> None:
    paths = pictures_in(tmp_path / "pictures", 9)
    source = PictureSource(tmp_path / "list.csv", "list.csv", paths, Fraction(25), is_listed=True, is_apart=True)
    rows = index(source, FeatureStore(tmp_path / "index")).views["motion"]
    assert rows.shape == (9, MOTION_WIDTH) and not rows.any()
    film = dataclasses.replace(source, is_apart=False)  # a table that says how many there are a second
    assert index(film, FeatureStore(tmp_path / "index")).views["motion"].any(axis=1).all()
