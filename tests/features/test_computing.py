"""Frames that were passed: the views that want them see all, in order, once; the others see samples only."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from films import B_FRAMES, write_film
from quick_specs import spec_of
from reelsift.features import computing, extraction
from reelsift.features.computing import Passed, compute_views, in_runs
from reelsift.features.extraction import extract_part, plan_index, settle_index
from reelsift.features.store import FeatureStore
from reelsift.media.parts import plan_parts
from reelsift.media.sources import FilmSource

pytestmark = pytest.mark.xdist_group("extraction")


class Recorder:
    """An extractor whose rows name their frame, and that writes down all it sees."""

    def __init__(self, seen: list[tuple[str, int]]) -> None:
        self.seen, self.rows = seen, 0
        seen.append(("opened", -1))

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def add(self, image: Any) -> None:
        self.rows += 1
        self.seen.append(("sample", image.frame_index))

    def finish(self) -> Any:
        return np.zeros((self.rows, 1), np.float32)


class Watcher(Recorder):
    def passed(self, image: Any) -> None:
        self.seen.append(("passed", image.frame_index))


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[tuple[str, int]]]:
    """What the extractors of `quality`, which wants frames that were passed, and `thumbnail`, which does not, saw."""
    notes: dict[str, list[tuple[str, int]]] = {"quality": [], "thumbnail": []}
    kinds = {"quality": Watcher, "thumbnail": Recorder}
    monkeypatch.setattr(computing, "open_extractor", lambda view, **_: kinds[view](notes[view]))
    return notes


def image(number: int) -> Any:
    return SimpleNamespace(frame_index=number, time_seconds=number / 25)


def test_only_who_wants_them_sees_frames_that_were_passed(seen: dict[str, list[tuple[str, int]]]) -> None:
    images = [image(0), Passed(image(1)), Passed(image(2)), image(3), Passed(image(4))]
    rows = compute_views(images, ("quality", "thumbnail"), spec_of(None))
    kinds = ["sample", "passed", "passed", "sample", "passed"]
    assert seen["quality"][1:] == list(zip(kinds, range(5), strict=True))
    assert seen["thumbnail"][1:] == [("sample", 0), ("sample", 3)]
    assert rows[""]["frame_index"].tolist() == [0, 3] and len(rows["quality"]) == 2


@given(samples=st.lists(st.booleans(), max_size=40), rows=st.integers(1, 5))
def test_runs_joined_are_the_whole_and_lose_no_step(samples: list[bool], rows: int) -> None:
    images = [image(number) if is_sample else Passed(image(number)) for number, is_sample in enumerate(samples)]
    runs = [list(run) for run in in_runs(iter(images), rows=rows)]
    assert runs
    for before, after in itertools.pairwise(runs):
        last = before[-1]
        carried = after.pop(0)  # a run begins with the last frame of the one before
        assert isinstance(carried, Passed)
        assert carried.image is (last.image if isinstance(last, Passed) else last)
        assert not isinstance(after[0], Passed)
    assert [found for run in runs for found in run] == images
    counts = [sum(not isinstance(found, Passed) for found in run) for run in runs]
    assert all(count == rows for count in counts[:-1]) and counts[-1] <= rows


def steps(seen: list[tuple[str, int]]) -> list[tuple[int, int]]:
    """From which frame to which each extractor could tell a step, in order."""
    found: list[tuple[int, int]] = []
    for (_, before), (_, after) in itertools.pairwise(seen):
        if before >= 0 and after >= 0:
            found.append((before, after))
    return found


@pytest.mark.parametrize("rows_at_once", [3, 1024])
@pytest.mark.parametrize("part_seconds", [0.3, 60.0])
@pytest.mark.parametrize("fps", [Fraction(5), Fraction(4), None])
def test_each_step_from_frame_to_frame_is_seen_once_whatever_the_parts_and_runs(
    rows_at_once: int,
    part_seconds: float,
    fps: Fraction | None,
    seen: dict[str, list[tuple[str, int]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(extraction, "_ROWS_AT_ONCE", rows_at_once)
    monkeypatch.setattr(extraction, "plan_parts", lambda scan: plan_parts(scan, part_seconds=part_seconds))
    source = FilmSource(write_film(tmp_path / "film.mp4", 50, options=B_FRAMES), "film.mp4")
    plan = plan_index(source, spec_of(fps), store := FeatureStore(tmp_path / "index"), views=("quality", "thumbnail"))
    assert (len(plan.items) > 1) == (part_seconds < 1)
    for item in plan.items:
        extract_part(item)
    (record, _) = settle_index(plan, store)
    assert steps(seen["quality"]) == list(itertools.pairwise(range(50)))
    stored = store.read([record]).frame_indexes.tolist()
    every = {Fraction(5): list(range(0, 50, 5)), Fraction(4): None, None: list(range(50))}[fps]
    assert every is None or stored == every
    assert sorted({number for kind, number in seen["quality"] if kind == "sample"}) == stored
