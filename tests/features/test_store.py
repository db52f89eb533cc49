"""The store: what is complete, what is damaged, and frame indexes put right when a view is declared complete."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from reelsift.errors import IndexIncompleteError, MediaError
from reelsift.features.store import FeatureStore, IndexRecord, PartFacts, shard_name
from reelsift.features.tables import VALUES, read_facts, write_table
from reelsift.features.views import VIEWS
from reelsift.media.parts import Part
from reelsift.specs import FrameSpec, IndexSpec, Sampling

ALL = IndexSpec(FrameSpec(Sampling(None)))
SOURCE = "0123456789abcdef" * 2


def keep_part(
    store: FeatureStore,
    number: int,
    indexes: list[int],
    *,
    first: int,
    decoded: int,
    undecodable: int = 0,
    view: str = "quality",
) -> Part:
    part = Part(number, number or None, None, first, decoded + undecodable)
    rows = np.array(indexes, np.int64)
    facts = PartFacts(first, decoded, undecodable, "lost" if undecodable else "", float(first), float(first + decoded))
    values = (
        np.stack([rows, rows + 0.5], axis=1).astype(np.float32) if view == "quality" else [b"%d" % n for n in indexes]
    )
    columns = {"frame_index": rows, "time_seconds": rows / 1.0, VALUES: values}
    write_table(store.view_folder(SOURCE, view, ALL, plan="p") / shard_name(part), columns, facts=asdict(facts))
    return part


def settle(store: FeatureStore, *parts: Part, view: str = "quality") -> IndexRecord:
    return store.settle(SOURCE, view, ALL, plan="p", parts=parts)


def test_a_view_is_there_once_it_is_settled(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    part = keep_part(store, 0, [0, 1, 2], first=0, decoded=3)
    assert store.missing(SOURCE, ("quality", "thumbnail"), ALL, plan="p") == ("quality", "thumbnail")
    record = settle(store, part)
    assert store.missing(SOURCE, ("quality", "thumbnail"), ALL, plan="p") == ("thumbnail",)
    assert store.missing(SOURCE, ("quality",), ALL, plan="other") == ("quality",)
    assert list(store.records()) == list(store.records(SOURCE)) == [record]
    assert list(store.records("another")) == []
    assert (record.samples, record.facts.frame_count, record.facts.start_seconds, record.facts.end_seconds) == (
        3,
        3,
        0,
        3,
    )


@pytest.mark.parametrize("view", ["quality", "thumbnail"])
def test_indexes_of_later_parts_are_put_right(view: str, tmp_path: Path) -> None:
    """Part 0 should have had frames 0 to 9, and lost two of them: what part 1 calls 10 is 8."""
    store = FeatureStore(tmp_path)
    first = keep_part(store, 0, [0, 3, 6], first=0, decoded=8, undecodable=2, view=view)
    second = keep_part(store, 1, [10, 13, 16], first=10, decoded=10, view=view)
    record = settle(store, first, second, view=view)
    stored = store.read([record])
    assert stored.frame_indexes.tolist() == [0, 3, 6, 8, 11, 14]
    assert stored.times_seconds.tolist() == [0, 3, 6, 10, 13, 16]
    assert (record.facts.frame_count, record.facts.undecodable, record.facts.damage) == (18, 2, "lost")
    values = stored.views[view]
    assert (values[:, 0].tolist() if view == "quality" else [int(v) for v in values]) == [0, 3, 6, 10, 13, 16]


@pytest.mark.parametrize("view", ["quality", "thumbnail"])
def test_a_frame_chosen_on_both_sides_of_a_border_is_kept_once(view: str, tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    first = keep_part(store, 0, [0, 5, 10], first=0, decoded=10, view=view)
    second = keep_part(store, 1, [10, 15], first=10, decoded=10, view=view)
    record = settle(store, first, second, view=view)
    assert record.samples == 4
    assert store.read([record]).frame_indexes.tolist() == [0, 5, 10, 15]


def test_settling_again_changes_nothing(tmp_path: Path) -> None:
    """A run killed between putting shards right and declaring them complete settles them once more."""
    store = FeatureStore(tmp_path)
    parts = [
        keep_part(store, 0, [0, 5, 9], first=0, decoded=8, undecodable=1),
        keep_part(store, 1, [9, 12], first=9, decoded=6),
        keep_part(store, 2, [15, 18], first=15, decoded=6),
    ]
    before = settle(store, *parts)
    rows = store.read([before])
    (before.folder.parent / "index.json").unlink()
    again = settle(store, *parts)
    assert again == before
    assert store.read([again]).frame_indexes.tolist() == rows.frame_indexes.tolist()


def test_a_part_without_samples_still_counts_its_frames(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    parts = [
        keep_part(store, 0, [0], first=0, decoded=3),
        keep_part(store, 1, [], first=3, decoded=2),
        keep_part(store, 2, [6], first=5, decoded=4),
    ]
    assert store.read([settle(store, *parts)]).frame_indexes.tolist() == [0, 6]


def test_shards_that_are_gone_are_named(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    record = settle(store, keep_part(store, 0, [0], first=0, decoded=1), keep_part(store, 1, [1], first=1, decoded=1))
    (record.folder / "part-00001.parquet").unlink()
    with pytest.raises(
        IndexIncompleteError, match="shards are missing; compute it again with: reelsift index SOURCE --overwrite"
    ):
        store.read([record])
    (record.folder / "part-00000.parquet").unlink()
    with pytest.raises(IndexIncompleteError, match="shards are missing"):
        store.read([record])


def test_damaged_shards_are_an_error_of_one_line(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    part = keep_part(store, 0, [0], first=0, decoded=1)
    record = settle(store, part)
    (record.folder / "part-00000.parquet").write_bytes(b"PAR1 damaged PAR1")
    for broken in (lambda: store.read([record]), lambda: settle(store, part)):
        with pytest.raises(IndexIncompleteError) as caught:
            broken()
        assert "\n" not in str(caught.value)
        assert "damaged" in str(caught.value) and "reelsift index SOURCE --overwrite" in str(caught.value)


def test_indexes_of_other_versions_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FeatureStore(tmp_path)
    record = settle(store, keep_part(store, 0, [0], first=0, decoded=1))
    path = record.folder.parent / "index.json"
    good = json.loads(path.read_text())
    for change in ({"format": 99}, {"view": "gone"}, {"sampling": "5"}, {"samples": None, "facts": 1, "view": None}):
        path.write_text(json.dumps({**good, **change}))
        assert list(store.records()) == []
    path.write_text("{half")
    assert list(store.records()) == []
    path.write_text(json.dumps(good))
    assert list(store.records()) == [record]
    monkeypatch.setitem(VIEWS, "quality", replace(VIEWS["quality"], version=VIEWS["quality"].version + 1))
    assert list(store.records()) == []


def test_nothing_decoded_at_all_is_an_error(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    part = Part(0, None, None, 0, 5)
    columns = {"frame_index": np.empty(0, np.int64), "time_seconds": np.empty(0), VALUES: np.empty((0, 2), np.float32)}
    shard = store.view_folder(SOURCE, "quality", ALL, plan="p") / shard_name(part)
    write_table(shard, columns, facts=asdict(PartFacts(0, 0, 5, "bad", None, None)))
    with pytest.raises(MediaError, match=r"no frame could be decoded \(bad\)"):
        settle(store, part)
    assert not shard.exists()  # it may be mended, and is tried again


def test_removed_views_are_gone(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    record = settle(store, keep_part(store, 0, [0], first=0, decoded=1))
    store.remove(SOURCE, "quality", ALL, plan="p")
    assert list(store.records()) == []
    assert not record.folder.exists()


def test_single_frames_are_found_by_source_and_time(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    assert store.read_loose("quality", ALL) == ({}, None)
    for name, source, time in (("a", "film", 1 / 3), ("b", "x/picture.png", 0.0)):
        columns = {
            "source_id": [source], "frame_index": np.zeros(1, np.int64), "time_seconds": np.array([time]),
            VALUES: np.full((1, 2), len(source), np.float32),
        }  # fmt: skip
        store.add_loose("quality", ALL, name=name, columns=columns)
    sparse = IndexSpec(FrameSpec(Sampling(Fraction(1))))  # the sampling does not matter to frames that were asked for
    places, rows = store.read_loose("quality", sparse)
    assert places == {("film", 333_333): 0, ("x/picture.png", 0): 1}
    assert rows.tolist() == [[4, 4], [13, 13]]


def test_what_a_part_told_is_kept_beside_its_rows(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    part = keep_part(store, 0, [0], first=0, decoded=1, undecodable=1)
    folder = store.view_folder(SOURCE, "quality", ALL, plan="p")
    assert PartFacts(**read_facts(folder / shard_name(part))) == PartFacts(0, 1, 1, "lost", 0.0, 1.0)


@pytest.mark.parametrize("broken", ["", "{half", "[]", "{}"])
def test_a_record_that_cannot_be_read_counts_as_missing(broken: str, tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    record = settle(store, keep_part(store, 0, [0], first=0, decoded=1))
    (record.folder.parent / "index.json").write_text(broken)
    assert store.missing(SOURCE, ("quality",), ALL, plan="p") == ("quality",)
    assert list(store.records()) == []


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"PAR1 damaged PAR1")])
def test_a_view_that_lost_a_shard_counts_as_missing(harm: Callable[[Path], object], tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    record = settle(store, keep_part(store, 0, [0], first=0, decoded=1), keep_part(store, 1, [1], first=1, decoded=1))
    assert store.missing(SOURCE, ("quality",), ALL, plan="p") == ()
    harm(record.folder / "part-00001.parquet")
    assert store.missing(SOURCE, ("quality",), ALL, plan="p") == ("quality",)


def test_damaged_shards_of_single_frames_are_passed_over(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    for name, source in (("a", "one"), ("b", "two")):
        columns = {"source_id": [source], "time_seconds": np.zeros(1), VALUES: np.ones((1, 2), np.float32)}
        store.add_loose("quality", ALL, name=name, columns=columns)
    first, second = sorted(tmp_path.rglob("part-*.parquet"))
    first.write_bytes(b"damaged")
    assert store.read_loose("quality", ALL)[0] == {("two", 0): 0}
    second.write_bytes(b"damaged")
    assert store.read_loose("quality", ALL) == ({}, None)
