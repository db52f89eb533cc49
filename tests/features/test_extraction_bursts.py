"""Films seen in bursts: what is stored is what an index of all frames holds there; parts, resuming, damage."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from films import KINDS, break_packets, packets_of, write_film
from quick_specs import ALL, VIEWS, spec_of
from reelsift.errors import MediaError, ReelsiftError
from reelsift.features import extraction
from reelsift.features.extraction import IndexPlan, extract_part, plan_index, settle_index
from reelsift.features.store import FeatureStore, IndexedSource
from reelsift.features.thumbnail import decode_thumbnail
from reelsift.media.bursts import plan_bursts
from reelsift.media.parts import scan_packets
from reelsift.media.sources import FilmSource
from reelsift.runners import run
from reelsift.specs import FrameSpec, IndexSpec, Sampling

pytestmark = pytest.mark.xdist_group("extraction")

BURSTS = IndexSpec(FrameSpec(Sampling.parse("bursts")), views=VIEWS)
PICTURES = 700


def plan_of(source: FilmSource, store: FeatureStore, spec: IndexSpec = BURSTS) -> IndexPlan:
    return plan_index(source, spec, store, views=VIEWS)


def settled(plan: IndexPlan, store: FeatureStore) -> IndexedSource:
    records = {record.view: record for record in settle_index(plan, store)}
    return store.read([records[view] for view in VIEWS])


def index(source: FilmSource, folder: Path, spec: IndexSpec = BURSTS) -> IndexedSource:
    store = FeatureStore(folder)
    plan = plan_of(source, store, spec)
    for item in plan.items:
        extract_part(item)
    return settled(plan, store)


def same(one: IndexedSource, other: IndexedSource) -> bool:
    return (
        one.facts == other.facts
        and np.array_equal(one.frame_indexes, other.frame_indexes)
        and np.array_equal(one.times_seconds, other.times_seconds)
        and np.array_equal(one.views["quality"], other.views["quality"])
        and list(one.views["thumbnail"]) == list(other.views["thumbnail"])
    )


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> FilmSource:
    """70 s at ten frames a second, a key frame every 1.2 s: two parts of bursts, fourteen or so bursts."""
    path = tmp_path_factory.mktemp("films") / "long.mp4"
    return FilmSource(write_film(path, PICTURES, time_base=Fraction(1, 10)), "long.mp4")


@pytest.fixture(scope="module")
def seen(long: FilmSource, tmp_path_factory: pytest.TempPathFactory) -> IndexedSource:
    return index(long, tmp_path_factory.mktemp("index"))


def test_what_is_stored_is_what_an_index_of_all_frames_holds_there(
    long: FilmSource, seen: IndexedSource, tmp_path: Path
) -> None:
    every = index(long, tmp_path / "all", ALL)
    sparse = index(long, tmp_path / "five", spec_of(Fraction(5)))
    assert np.array_equal(every.times_seconds[seen.frame_indexes], seen.times_seconds)
    assert np.array_equal(every.views["quality"][seen.frame_indexes], seen.views["quality"])
    assert set(seen.frame_indexes.tolist()) < set(sparse.frame_indexes.tolist())
    assert len(seen.frame_indexes) < 0.3 * len(sparse.frame_indexes)
    assert seen.facts == every.facts  # told by the packets alone
    shown = [decode_thumbnail(data).mean() for data in seen.views["thumbnail"]]
    assert len(shown) == len(seen.frame_indexes)


def test_samples_stand_in_bursts_of_a_fifth_of_a_second_all_over_the_film(seen: IndexedSource) -> None:
    gaps = np.diff(seen.times_seconds)
    assert set(np.round(gaps[gaps < 1], 6)) == {0.2}
    breaks = [0, *(np.flatnonzero(gaps > 1) + 1).tolist(), len(seen.times_seconds)]
    assert {stop - start for start, stop in itertools.pairwise(breaks)} <= {4, 5}
    assert gaps.max() < 5.5 and seen.times_seconds[-1] > 64


@pytest.mark.parametrize("part_seconds", [5.0, 1000.0])
def test_parts_joined_equal_the_whole(
    part_seconds: float, long: FilmSource, seen: IndexedSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extraction, "_BURST_PART_SECONDS", part_seconds)
    store = FeatureStore(tmp_path)
    assert (len(plan_of(long, store).items) > 4) == (part_seconds < 30)
    assert same(index(long, tmp_path), seen)


def test_processes_in_any_order_give_what_one_process_gives(
    long: FilmSource, seen: IndexedSource, tmp_path: Path
) -> None:
    store = FeatureStore(tmp_path)
    plan = plan_index(long, BURSTS, store, views=VIEWS, threads=1)
    assert len(plan.items) == 2
    done = list(run(plan.items[::-1], work=extract_part, runner="processes", jobs=2))
    assert not [result for _, result in done if isinstance(result, ReelsiftError)]
    assert same(settled(plan, store), seen)


def test_a_killed_run_goes_on_and_gives_what_a_fresh_one_gives(
    long: FilmSource, seen: IndexedSource, tmp_path: Path
) -> None:
    store = FeatureStore(tmp_path)
    plan = plan_of(long, store)
    extract_part(plan.items[1])
    frames: list[int] = []

    def killed() -> None:
        frames.append(1)
        if len(frames) == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        extract_part(plan.items[0], on_frame=killed)
    assert [item.part.number for item in plan_of(long, store).items] == [0]
    assert same(index(long, tmp_path), seen)
    assert plan_of(long, store).views == ()


def test_how_many_samples_there_will_be_is_known_about(long: FilmSource, seen: IndexedSource, tmp_path: Path) -> None:
    expected = plan_of(long, FeatureStore(tmp_path)).expected_samples
    assert 0.8 * len(seen.frame_indexes) < expected <= len(seen.frame_indexes)


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_short_film_is_read_whole_whatever_its_container(kind: str, tmp_path: Path) -> None:
    source = FilmSource(KINDS[kind].write(tmp_path, "film"), "film")
    assert same(index(source, tmp_path / "bursts"), index(source, tmp_path / "five", spec_of(Fraction(5))))


@pytest.mark.parametrize("kind", ["mpeg4-avi", "h264-avi", "mpeg2-mpg", "mpeg4-wmv", "gif"])
def test_a_film_that_cannot_be_entered_is_read_whole(kind: str, tmp_path: Path) -> None:
    source = FilmSource(KINDS[kind].write(tmp_path, "film", 200), "film")
    assert same(index(source, tmp_path / "bursts"), index(source, tmp_path / "five", spec_of(Fraction(5))))


# Damage --------------------------------------------------------------------------------------------------------------


def test_damage_that_no_burst_meets_is_not_known_of_and_damage_in_a_burst_is(tmp_path: Path) -> None:
    source = FilmSource(write_film(tmp_path / "film.mp4", 300), "film.mp4")
    places = {pts: number for number, (_, _, pts, _) in enumerate(packets_of(source.path))}
    scan = scan_packets(source.path)
    found = plan_bursts(scan) or ()
    between = scan.pts[found[1].first_index - 2]
    break_packets(source.path, [places[between]])
    fresh = index(source, tmp_path / "outside")
    assert (fresh.facts.frame_count, fresh.facts.undecodable, fresh.facts.damage) == (300, 0, "")
    lost = found[1].frame_pts[6]
    break_packets(source.path, [places[lost]])
    hurt = index(FilmSource(source.path, "film.mp4"), tmp_path / "inside")
    assert (hurt.facts.undecodable, hurt.facts.frame_count) == (1, 300) and "near" in hurt.facts.damage
    # What is behind it keeps its place.
    behind = fresh.frame_indexes[fresh.frame_indexes > scan.pts.index(lost) + 10]
    assert set(behind.tolist()) <= set(hurt.frame_indexes.tolist())
    assert np.array_equal(hurt.times_seconds, hurt.frame_indexes / 25)


def test_a_film_of_which_no_burst_can_be_decoded_fails(tmp_path: Path) -> None:
    source = FilmSource(write_film(tmp_path / "film.mp4", 300), "film.mp4")
    break_packets(source.path, range(1, 300))  # its first picture is there, so it is a film
    stored = index(source, tmp_path / "index")
    assert stored.frame_indexes.tolist() == [0] and stored.facts.undecodable > 50
    break_packets(source.path, range(300))
    with pytest.raises(MediaError, match="no frame could be decoded"):
        plan_of(FilmSource(source.path, "film.mp4"), FeatureStore(tmp_path / "other"))
