"""Extraction: parts, processes and the whole give the same; a killed run goes on; damage is counted."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from films import (
    B_FRAMES,
    KINDS,
    break_packets,
    cut_short,
    number_of,
    numbered,
    packets_of,
    write_film,
    write_slow_film,
)
from quick_specs import ALL, VIEWS, spec_of
from reelsift.errors import MediaError, ReelsiftError, SourceNotFoundError, SpecError
from reelsift.features import computing, extraction
from reelsift.features.extraction import IndexPlan, compute_views, extract_part, plan_index, settle_index
from reelsift.features.store import FeatureStore, IndexedSource
from reelsift.features.thumbnail import decode_thumbnail
from reelsift.media.probe import probe_film
from reelsift.media.reader import open_film
from reelsift.media.render import FrameImage, Renderer
from reelsift.media.sources import FilmSource, PictureSource, Source, resolve_sources
from reelsift.runners import run
from reelsift.specs import Crop, IndexSpec

pytestmark = pytest.mark.xdist_group("extraction")


def index(
    source: Source, store: FeatureStore, spec: IndexSpec = ALL, *, views: tuple[str, ...] = VIEWS
) -> IndexedSource:
    plan = plan_index(source, spec, store, views=views)
    for item in plan.items:
        extract_part(item)
    settle_index(plan, store)
    by_view = {record.view: record for record in store.records(plan.source_id) if record.spec.frames == spec.frames}
    return store.read([by_view[view] for view in views])


def read_whole(source: FilmSource, spec: IndexSpec, *, views: tuple[str, ...] = VIEWS) -> dict[str, Any]:
    """The views of every frame, read in one go."""
    renderer = Renderer(crop=spec.frames.crop)
    with open_film(source.path) as reader:
        return compute_views((FrameImage(frame, renderer) for frame in reader.frames()), views, spec)


def test_parts_joined_equal_the_whole(slow: FilmSource, tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    assert len(plan_index(slow, ALL, store, views=VIEWS).items) >= 3
    joined, whole = index(slow, store), read_whole(slow, ALL)
    assert np.array_equal(joined.frame_indexes, whole[""]["frame_index"])
    assert np.array_equal(joined.times_seconds, whole[""]["time_seconds"])
    assert np.array_equal(joined.views["quality"], whole["quality"])
    assert joined.views["thumbnail"] == whole["thumbnail"]
    assert (joined.facts.frame_count, joined.facts.undecodable, joined.facts.damage) == (60, 0, "")
    assert (joined.facts.start_seconds, joined.facts.end_seconds) == (0, 240)


@pytest.mark.parametrize("fps", [Fraction(1, 10), Fraction(1, 7), Fraction(1, 3)])
def test_samples_of_parts_joined_are_those_of_the_whole(slow: FilmSource, fps: Fraction, tmp_path: Path) -> None:
    joined, whole = index(slow, FeatureStore(tmp_path), spec_of(fps)), read_whole(slow, ALL)
    points = np.arange(0, 240, float(1 / fps))
    nearest = np.unique([int(np.argmin(np.abs(np.arange(60) * 4 - point))) for point in points])
    assert joined.frame_indexes.tolist() == nearest.tolist()
    assert np.array_equal(joined.views["quality"], whole["quality"][nearest])


@pytest.mark.parametrize("rows", [1, 4, 5, 7])
def test_rows_written_in_runs_are_those_written_at_once(
    rows: int, slow: FilmSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extraction, "_ROWS_AT_ONCE", rows)
    joined, whole = index(slow, FeatureStore(tmp_path)), read_whole(slow, ALL)
    assert np.array_equal(joined.frame_indexes, whole[""]["frame_index"])
    assert np.array_equal(joined.views["quality"], whole["quality"])
    assert joined.views["thumbnail"] == whole["thumbnail"]


def test_processes_give_what_one_process_gives(slow: FilmSource, tmp_path: Path) -> None:
    one, many = FeatureStore(tmp_path / "one"), FeatureStore(tmp_path / "many")
    views = ("appearance", *VIEWS)
    plan = plan_index(slow, ALL, many, views=views, threads=1)
    done = list(run(plan.items, work=extract_part, runner="processes", jobs=2))
    assert not [result for _, result in done if isinstance(result, ReelsiftError)]
    records = settle_index(plan, many)
    serial, parallel = index(slow, one, views=views), many.read(records)
    assert np.array_equal(serial.frame_indexes, parallel.frame_indexes)
    for view in views:
        same = serial.views[view] == parallel.views[view]
        assert same if isinstance(same, bool) else same.all()


def test_thumbnails_show_their_frames(slow: FilmSource, tmp_path: Path) -> None:
    stored = index(slow, FeatureStore(tmp_path), spec_of(Fraction(1, 10)))
    shown = [number_of(decode_thumbnail(data)) for data in stored.views["thumbnail"]]
    assert shown == stored.frame_indexes.tolist()


@pytest.mark.parametrize(
    "kind", ["h264-avi", "mpeg4-avi", "mpeg2-mpg", "negative-start-ts", "open-gop-ts-with-sound", "late-start-mp4"]
)
def test_every_container_gives_all_its_frames(kind: str, tmp_path: Path) -> None:
    source = FilmSource(KINDS[kind].write(tmp_path, "film"), "film")
    stored, whole = index(source, FeatureStore(tmp_path / "index")), read_whole(source, ALL)
    assert stored.frame_indexes.tolist() == list(range(30))
    assert np.array_equal(stored.times_seconds, whole[""]["time_seconds"])
    assert (stored.facts.undecodable, stored.facts.damage) == (0, "")
    assert stored.facts.end_seconds - stored.facts.start_seconds == pytest.approx(1.2, abs=0.002)
    sparse = index(source, FeatureStore(tmp_path / "sparse"), spec_of(Fraction(5)))
    assert sparse.frame_indexes.tolist() == [0, 5, 10, 15, 20, 25]


def test_crop_and_orientation_go_into_the_numbers(tmp_path: Path) -> None:
    source = FilmSource(write_film(tmp_path / "film.mp4", 4, matrix="clockwise"), "film")
    spec = spec_of(None, crop=Crop(0, 32, 48, 32))
    stored, whole = index(source, FeatureStore(tmp_path / "index"), spec), read_whole(source, spec)
    assert np.array_equal(stored.views["quality"], whole["quality"])
    assert not np.array_equal(stored.views["quality"], read_whole(source, ALL)["quality"])


def test_a_crop_outside_the_picture_names_the_film(slow: FilmSource, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"slow\.mp4: the crop 0,0,65,48 reaches outside the picture, which is 64x48"):
        plan_index(slow, spec_of(None, crop=Crop(0, 0, 65, 48)), FeatureStore(tmp_path), views=VIEWS)


# Going on ------------------------------------------------------------------------------------------------------------


def numbers(plan: IndexPlan) -> list[int]:
    return [item.part.number for item in plan.items]


def test_a_killed_run_goes_on_where_it_was(slow: FilmSource, tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    plan = plan_index(slow, ALL, store, views=VIEWS)
    extract_part(plan.items[0])
    seen: list[int] = []

    def killed() -> None:
        seen.append(1)
        if len(seen) == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        extract_part(plan.items[1], on_frame=killed)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in files} == {"part-00000.parquet"}  # nothing half-written
    assert list(store.records()) == []
    assert numbers(plan_index(slow, ALL, store, views=VIEWS)) == numbers(plan)[1:]
    assert np.array_equal(index(slow, store).views["quality"], read_whole(slow, ALL)["quality"])


def test_only_the_part_that_is_gone_is_computed_again(slow: FilmSource, tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    plan = plan_index(slow, ALL, store, views=VIEWS)
    for item in plan.items:
        extract_part(item)
    gone = dict(plan.items[1].shards)["quality"]
    gone.unlink()
    (again,) = plan_index(slow, ALL, store, views=VIEWS).items
    assert again.part.number == 1
    assert [view for view, _ in again.shards] == ["quality"]  # its thumbnails are there
    frames: list[int] = []
    extract_part(again, on_frame=lambda: frames.append(1))
    assert len(frames) == again.part.frame_count < 60


def test_a_damaged_shard_is_computed_again(slow: FilmSource, tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    whole = index(slow, store)
    for shard in sorted(tmp_path.rglob("quality/part-*.parquet"))[:1]:
        shard.write_bytes(b"PAR1 damaged PAR1")
    plan = plan_index(slow, ALL, store, views=VIEWS)
    assert plan.views == ("quality",) and numbers(plan) == [0]
    assert np.array_equal(index(slow, store).views["quality"], whole.views["quality"])


def test_a_film_that_vanishes_is_named_and_not_the_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, store = FilmSource(write_film(tmp_path / "film.mp4"), "film.mp4"), FeatureStore(tmp_path / "index")
    (item,) = plan_index(source, ALL, store, views=VIEWS).items
    real = extraction.open_film

    def vanishing(path: Path, **settings: Any) -> Any:
        reader = real(path, **settings)
        path.unlink()  # a disk that is pulled out, say
        return reader

    monkeypatch.setattr(extraction, "open_film", vanishing)
    with pytest.raises(SourceNotFoundError, match=r"film\.mp4: no such file"):
        extract_part(item)
    assert not [path for path in (tmp_path / "index").rglob("*") if path.is_file()]


def test_nothing_is_left_to_do_when_all_is_there(slow: FilmSource, tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    index(slow, store)
    plan = plan_index(slow, ALL, store, views=VIEWS)
    assert (plan.views, plan.items) == ((), ())


def test_views_join_later_without_the_stored_ones_being_computed_again(
    slow: FilmSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FeatureStore(tmp_path)
    index(slow, store, views=("quality",))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("part-*")}
    opened: list[str] = []
    real = computing.open_extractor

    def counted(view: str, **settings: Any) -> Any:
        opened.append(view)
        return real(view, **settings)

    monkeypatch.setattr(computing, "open_extractor", counted)
    both = index(slow, store, views=VIEWS)
    assert set(opened) == {"thumbnail"}
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(both.views["thumbnail"]) == len(both.views["quality"]) == 60


# Damage --------------------------------------------------------------------------------------------------------------


def test_later_parts_count_on_behind_frames_that_were_lost(tmp_path: Path) -> None:
    path = write_slow_film(tmp_path / "slow.mp4", options={"preset": "ultrafast", "bf": "0", "g": "5"})
    source = FilmSource(break_packets(path, [3, 17]), "slow.mp4")
    store = FeatureStore(tmp_path / "index")
    assert len(plan_index(source, ALL, store, views=VIEWS).items) >= 3
    stored = index(source, store)
    assert stored.frame_indexes.tolist() == list(range(58))
    assert stored.times_seconds.tolist() == [4.0 * n for n in range(60) if n not in (3, 17)]
    assert (stored.facts.frame_count, stored.facts.undecodable) == (58, 2)
    assert "invalid data" in stored.facts.damage
    whole = read_whole(source, ALL)
    assert np.array_equal(stored.frame_indexes, whole[""]["frame_index"])
    assert np.array_equal(stored.views["quality"], whole["quality"])


def test_a_film_that_is_cut_off_is_named(tmp_path: Path) -> None:
    path = write_slow_film(tmp_path / "slow.mp4", format_options={"movflags": "faststart"})
    source = FilmSource(cut_short(path, 0.5), "slow.mp4")
    stored = index(source, FeatureStore(tmp_path / "index"))
    assert 20 < stored.facts.frame_count < 40
    # Of the pictures that are there, those that lack what they refer to are lost without the decoder saying so.
    expected = plan_index(source, ALL, FeatureStore(tmp_path / "none"), views=VIEWS).expected_frames
    assert stored.facts.frame_count + stored.facts.undecodable == expected > stored.facts.frame_count
    assert "the file is cut off: it holds" in stored.facts.damage
    assert "s of 2" in stored.facts.damage


def test_a_whole_film_is_not_called_cut_off(tmp_path: Path) -> None:
    sound = FilmSource(write_film(tmp_path / "film.mp4", options=B_FRAMES, audio_seconds=3), "film.mp4")
    assert plan_index(sound, ALL, FeatureStore(tmp_path), views=VIEWS).damage == ""


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".flv", ".wmv", ".ts"])
@pytest.mark.parametrize(
    "settings",
    [
        {"time_base": Fraction(2)},
        {"stamps": [200 + 4 * n for n in range(10)], "time_base": Fraction(1, 100)},
        {"audio_seconds": 5.0},
    ],
    ids=["slow", "late", "longer sound"],
)
def test_no_whole_film_is_called_cut_off(suffix: str, settings: dict[str, Any], tmp_path: Path) -> None:
    if suffix == ".wmv" and "stamps" in settings:
        pytest.skip("ASF counts from 0, and FFmpeg does not say when its streams begin")
    codec = {".webm": "libvpx-vp9", ".wmv": "msmpeg4"}.get(suffix, "libx264")
    if settings.get("time_base") == Fraction(2):  # 10 pictures of 2 s each: the last one counts, too
        settings = {"stamps": [200 * n for n in range(10)], "time_base": Fraction(1, 100)}
        path = write_film(tmp_path / f"film{suffix}", 10, codec=codec, **settings)
        if suffix == ".mp4":
            path = write_film(tmp_path / "film.mp4", 10, time_base=Fraction(2))
    else:
        path = write_film(tmp_path / f"film{suffix}", 10, codec=codec, options={}, **settings)
    assert plan_index(FilmSource(path, "film"), ALL, FeatureStore(tmp_path), views=VIEWS).damage == ""
    assert probe_film(path).damage == ""


@pytest.mark.parametrize("audio_seconds", [0.0, 240.0])
def test_a_matroska_film_that_is_cut_off_is_named(audio_seconds: float, tmp_path: Path) -> None:
    path = write_slow_film(tmp_path / "slow.mkv")
    if audio_seconds:
        path = write_film(tmp_path / "slow.mkv", 240, time_base=Fraction(1, 5), audio_seconds=audio_seconds)
    damage = plan_index(
        FilmSource(cut_short(path, 0.3 if not audio_seconds else 0.03), "slow.mkv"),
        ALL,
        FeatureStore(tmp_path),
        views=VIEWS,
    ).damage
    assert "the file is cut off: it holds" in damage


def test_a_film_without_a_frame_fails(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4")
    break_packets(path, range(len(packets_of(path))))
    with pytest.raises(MediaError, match="no frame could be decoded"):
        plan_index(FilmSource(path, "film.mp4"), ALL, FeatureStore(tmp_path), views=VIEWS)


# Pictures ------------------------------------------------------------------------------------------------------------


def pictures_in(folder: Path, count: int, *, fps: Fraction | None = None) -> PictureSource:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number}.png").write_bytes(cv2.imencode(".png", numbered(number)[..., ::-1])[1].tobytes())
    (source,) = resolve_sources([folder], fps=fps)
    assert isinstance(source, PictureSource)
    return source


def test_pictures_are_frames_at_their_rate(tmp_path: Path) -> None:
    source = pictures_in(tmp_path / "pictures", 12, fps=Fraction(24))
    stored = index(source, FeatureStore(tmp_path / "index"))
    assert stored.frame_indexes.tolist() == list(range(12))
    assert stored.times_seconds.tolist() == [n / 24 for n in range(12)]
    assert [number_of(decode_thumbnail(data)) for data in stored.views["thumbnail"]] == list(range(12))
    assert (stored.facts.start_seconds, stored.facts.end_seconds) == (0, 0.5)


def test_many_pictures_are_several_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extraction, "_PICTURES_A_PART", 5)
    source = pictures_in(tmp_path / "pictures", 12)
    store = FeatureStore(tmp_path / "index")
    assert [item.part.frame_count for item in plan_index(source, ALL, store, views=VIEWS).items] == [5, 5, 2]
    stored = index(source, store)
    assert stored.frame_indexes.tolist() == list(range(12))
    assert stored.times_seconds.tolist() == [float(n) for n in range(12)]


def test_a_damaged_picture_leaves_a_hole_and_is_counted(tmp_path: Path) -> None:
    source = pictures_in(tmp_path / "pictures", 6)
    source.pictures[2].write_text("damaged")
    stored = index(source, FeatureStore(tmp_path / "index"))
    assert stored.frame_indexes.tolist() == [0, 1, 3, 4, 5]
    assert stored.facts.undecodable == 1
    assert "2.png: not a picture, or damaged" in stored.facts.damage


def test_pictures_of_which_none_can_be_read_are_named(tmp_path: Path) -> None:
    source, store = pictures_in(tmp_path / "pictures", 2), FeatureStore(tmp_path / "index")
    for picture in source.pictures:
        picture.write_text("damaged")
    for found in (source, *resolve_sources(source.pictures[:1])):
        with pytest.raises(
            MediaError, match=r"no frame could be decoded \(.*0\.png: not a picture|0\.png: no frame"
        ) as caught:
            index(found, store)
        assert str(caught.value).startswith(found.name)
        assert list(store.records()) == [] and not list((tmp_path / "index").rglob("*.parquet"))


def test_a_crop_outside_a_picture_names_it(tmp_path: Path) -> None:
    source = pictures_in(tmp_path / "pictures", 2)
    with pytest.raises(SpecError, match=r"0\.png: the crop"):
        index(source, FeatureStore(tmp_path / "index"), spec_of(None, crop=Crop(60, 0, 10, 10)))
