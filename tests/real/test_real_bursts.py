"""Films that nobody here made, seen in bursts: each frame is the one a full decode gives, at its place and time."""

from __future__ import annotations

import zlib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from real_data import DATA, FILMS, NEEDS_REAL_DATA
from reelsift.errors import MediaError
from reelsift.features.extraction import extract_part, plan_index, settle_index
from reelsift.features.store import FeatureStore, IndexedSource
from reelsift.media import bursts as module
from reelsift.media.bursts import open_bursts, plan_bursts
from reelsift.media.parts import scan_packets
from reelsift.media.reader import Frame, open_film
from reelsift.media.sampling import Grid, marked, sample
from reelsift.media.sources import FilmSource
from reelsift.specs import FrameSpec, IndexSpec, Sampling

pytestmark = NEEDS_REAL_DATA


@pytest.fixture
def short_bursts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bursts of a third of a second, so that films of a second have some, too."""
    lengths = {"BURST_SECONDS": 0.3, "_CLOSEST_SECONDS": 0.6, "_WIDEST_SECONDS": 0.6, "_WHOLE_SECONDS": 0.0}
    for name, seconds in lengths.items():
        monkeypatch.setattr(module, name, seconds)
    monkeypatch.setattr(module, "_WHOLE_FRAMES", 0)


def drawn(frame: Frame) -> tuple[int, float, int]:
    plane = frame.picture.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height]
    return frame.frame_index, frame.time_seconds, zlib.crc32(np.ascontiguousarray(rows[:, : plane.width]))


def frames_are_those_of_the_whole(path: Path) -> int:
    """Checks each frame of the bursts of a film; gives how many bursts there are, 0 if it is to be read whole."""
    try:
        with open_film(path) as reader:
            first = next(reader.frames())
            scan = scan_packets(path)
            found = plan_bursts(scan)
            if found is None:
                return 0
            whole = {frame.pts: drawn(frame) for frame in reader.frames()}
            grid = Grid.of(Fraction(5), origin_pts=first.pts, time_base=scan.time_base)
            samples = {frame.pts for frame in sample(reader.frames(), grid=grid)}
    except MediaError:
        return 0
    seen: list[int] = []
    with open_bursts(path) as opened:
        for burst, frames in opened.bursts(found):
            for frame, is_sample in marked(frames, grid=grid, speaks_on=burst.is_last):
                seen.append(frame.pts)
                assert drawn(frame) == whole[frame.pts]
                assert frame.pts in samples or not is_sample
        assert opened.missing == sum(pts not in whole for burst in found for pts in burst.frame_pts)
    assert seen == [pts for burst in found for pts in burst.frame_pts if pts in whole]
    return len(found)


@pytest.mark.parametrize("name", FILMS)
def test_frames_of_bursts_are_those_of_the_whole(name: str) -> None:
    frames_are_those_of_the_whole(DATA / name)


@pytest.mark.usefixtures("short_bursts")
@pytest.mark.parametrize("name", FILMS)
def test_frames_of_short_bursts_are_those_of_the_whole(name: str) -> None:
    frames_are_those_of_the_whole(DATA / name)


@pytest.mark.usefixtures("short_bursts")
def test_most_films_can_be_seen_in_bursts() -> None:
    """Fails where the tests above would check nothing."""
    can = 0
    for name in FILMS:
        try:
            can += plan_bursts(scan_packets(DATA / name)) is not None
        except MediaError:
            continue
    assert can > 60


def indexed(path: Path, folder: Path, sampling: Sampling) -> IndexedSource | str:
    store = FeatureStore(folder)
    try:
        plan = plan_index(FilmSource(path, path.name), IndexSpec(FrameSpec(sampling)), store, views=("thumbnail",))
        for item in plan.items:
            extract_part(item)
        return store.read(settle_index(plan, store))
    except MediaError as error:
        return str(error)


@pytest.mark.parametrize("name", FILMS)
def test_bursts_are_never_worse_than_ordinary_sampling(name: str, tmp_path: Path) -> None:
    seen = indexed(DATA / name, tmp_path / "bursts", Sampling.parse("bursts"))
    ordinary = indexed(DATA / name, tmp_path / "five", Sampling())
    if isinstance(seen, str) or isinstance(ordinary, str):
        assert seen == ordinary
        return
    assert set(zip(seen.frame_indexes.tolist(), seen.times_seconds.tolist(), strict=True)) <= set(
        zip(ordinary.frame_indexes.tolist(), ordinary.times_seconds.tolist(), strict=True)
    )
    assert seen.facts.undecodable <= ordinary.facts.undecodable
    assert not seen.facts.damage or ordinary.facts.damage
    assert seen.facts.start_seconds == pytest.approx(ordinary.facts.start_seconds, abs=1e-6)
    assert seen.facts.end_seconds == pytest.approx(ordinary.facts.end_seconds, abs=0.1)
