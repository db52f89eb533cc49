"""The view `changes`: golden values on cells made by hand, and what it says of drawn films."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from films import B_FRAMES, write_film
from quick_specs import ALL, spec_of
from reelsift.errors import IndexIncompleteError
from reelsift.features import extraction
from reelsift.features.changes import CHANGES_WIDTH, ChangesExtractor, changes_of
from reelsift.features.extraction import extract_part, plan_index, settle_index
from reelsift.features.loose import compute_among_neighbours, extract_loose
from reelsift.features.neighbours import derive_in_runs
from reelsift.features.regions import pack_cells, unpack_cells
from reelsift.features.store import FeatureStore, IndexedSource
from reelsift.media.parts import plan_parts
from reelsift.media.reader import open_film
from reelsift.media.render import FrameImage, PictureImage, Renderer
from reelsift.media.sources import FilmSource
from reelsift.specs import IndexSpec

pytestmark = pytest.mark.xdist_group("network")

ROWS, COLUMNS = 6, 8
MOST_BYTES = 8 * 1024


def cells(seed: int = 0, *, rows: int = ROWS, columns: int = COLUMNS) -> np.ndarray:
    """Cells that are all unlike, whose numbers are kept as they are."""
    levels = np.random.default_rng(seed).integers(-6, 6, (rows, columns, CHANGES_WIDTH))
    return (levels * 0.5 + 0.25).astype(np.float32)


def with_change(row: int, column: int, *, number: int, by: float) -> np.ndarray:
    changed = cells()
    changed[row, column, number] = cells()[row, column, number] + by
    return changed


def rows_of(frames: Sequence[np.ndarray], *, times: Sequence[float] | np.ndarray | None = None) -> np.ndarray:
    times_seconds = np.arange(len(frames)) / 5 if times is None else np.asarray(times, np.float64)
    kept = [pack_cells(frame) for frame in frames]
    return changes_of(kept, times_seconds=times_seconds, wanted=np.arange(len(frames)))


# Golden values -------------------------------------------------------------------------------------------------------


def test_where_nothing_changes_all_is_zero() -> None:
    rows = rows_of([cells()] * 5)
    assert (rows.shape, rows.dtype) == ((5, CHANGES_WIDTH), np.float32)
    assert not rows.any()


def test_a_single_picture_has_zeros_and_no_picture_no_rows() -> None:
    assert not rows_of([cells()]).any()
    assert rows_of([]).shape == (0, CHANGES_WIDTH)
    assert not rows_of([cells(0), cells(1)], times=[0.0, 0.0]).any()  # nothing to do with each other


def test_each_number_says_how_much_it_changes_where_it_changes_most() -> None:
    """A cell comes and goes: on both sides of the third frame it changes, of its neighbours on one side only."""
    there = with_change(2, 3, number=5, by=-1.0)
    there[4, 6, 70] = cells()[4, 6, 70] + 0.5
    there[3, 3, 5] = cells()[3, 3, 5] + 0.5  # less than at the other place
    rows = rows_of([cells(), cells(), there, cells(), cells()])
    expected = np.zeros((5, CHANGES_WIDTH))
    expected[2, [5, 70]] = 1.0, 0.5
    assert np.array_equal(rows, expected)


def test_what_goes_on_counts_in_every_frame_up_to_the_ends() -> None:
    rows = rows_of([with_change(2, 3, number=5, by=0.5 * (number % 2)) for number in range(6)])
    assert (rows[:, 5] == 0.5).all() and np.delete(rows, 5, axis=1).max() == 0


def test_a_change_at_the_border_does_not_count() -> None:
    for row, column in ((0, 3), (ROWS - 1, 3), (2, 0), (2, COLUMNS - 1)):
        rows = rows_of([with_change(row, column, number=5, by=1.0 * (number % 2)) for number in range(5)])
        assert not rows.any()


@pytest.mark.parametrize(("down", "right"), [(0, 1), (1, 0), (-1, -1), (1, -1)])
def test_a_camera_that_moves_by_a_cell_changes_nothing(down: int, right: int) -> None:
    land = cells(rows=20, columns=20)
    frames = [land[top : top + ROWS, left : left + COLUMNS] for top, left in _path(down, right)]
    assert not rows_of(frames).any()
    fast = [land[top : top + ROWS, left : left + COLUMNS] for top, left in _path(2 * down, 2 * right)]
    assert (rows_of(fast) > 1).all()


def _path(down: int, right: int) -> list[tuple[int, int]]:
    return [(7 + number * down, 6 + number * right) for number in range(-2, 3)]


@pytest.mark.parametrize("cut", range(1, 7))
def test_a_cut_is_no_change(cut: int) -> None:
    """Wherever it lies, next to an end, too; what changes in both shots stays."""
    frames = [cells(seed=int(number >= cut)) for number in range(7)]
    for frame in frames[::2]:
        frame[2, 2, 9] = 0.25
    for frame in frames[1::2]:
        frame[2, 2, 9] = 0.75
    rows = rows_of(frames)
    assert np.delete(rows, 9, axis=1).max() == 0 and (rows[:, 9] == 0.5).all()


def test_lags_are_seconds() -> None:
    """At 25 frames a second those five frames off count, as they do where every fifth is looked at."""
    frames = [with_change(2, 3, number=5, by=0.5 * (number % 4)) for number in range(40)]
    dense = rows_of(frames, times=np.arange(40) / 25)
    sparse = rows_of(frames[::5])
    assert np.array_equal(dense[10:30:5], sparse[2:6]) and sparse.any()
    assert not rows_of(frames, times=np.arange(40) / 2).any()  # nothing is 0.2 s off


def test_recordings_that_were_joined_are_not_compared() -> None:
    frames, times = [cells(0)] * 3 + [cells(1)] * 3, [0.0, 0.2, 0.4, 0.0, 0.2, 0.4]
    assert not rows_of(frames, times=times).any()


def test_bars_that_come_and_go_move_no_cell_far() -> None:
    """Without its bars the same picture has more rows; each cell is compared with one of those it lies on."""
    narrow = cells(rows=5)
    wide = np.repeat(narrow, 2, axis=0)
    assert not rows_of([narrow, wide, narrow, narrow, wide, wide]).any()
    assert rows_of([narrow, cells(3, rows=10), narrow, wide, cells(4, rows=5)]).any()


def test_damaged_rows_are_named() -> None:
    kept = [pack_cells(cells()), pack_cells(cells())[:-1]]
    with pytest.raises(IndexIncompleteError, match="compute it again with"):
        changes_of(kept, times_seconds=np.array([0.0, 0.2]), wanted=np.arange(2))


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_rows_are_the_same_in_whatever_runs_the_frames_come(data: st.DataObject) -> None:
    steps = data.draw(st.lists(st.sampled_from([0.04, 0.2, 0.3, 0.31, 1.0, -2.0, 0.0]), min_size=1, max_size=30))
    times = np.cumsum(steps)
    kept = [pack_cells(cells(data.draw(st.integers(0, 3)), rows=4 + number % 3, columns=4)) for number in range(30)]
    borders = sorted(data.draw(st.lists(st.integers(0, len(times)), max_size=6)))
    cut = zip([0, *borders], [*borders, len(times)], strict=True)
    runs = [(times[start:stop], kept[start:stop]) for start, stop in cut]
    whole = changes_of(kept[: len(times)], times_seconds=times, wanted=np.arange(len(times)))
    assert np.array_equal(np.concatenate(list(derive_in_runs("changes", runs))), whole)


def test_a_row_waits_for_the_farthest_frame_it_depends_on() -> None:
    """The first frame looks at the step 0.3 s behind it, too: that one is still."""
    times = np.array([0.0, 0.3, 0.36, 0.6])
    kept = [pack_cells(cells(seed)) for seed in (0, 1, 1, 1)]
    runs = [(times[number : number + 1], kept[number : number + 1]) for number in range(4)]
    assert not np.concatenate(list(derive_in_runs("changes", runs)))[0].any()
    assert changes_of(kept[:3], times_seconds=times[:3], wanted=np.arange(1)).all()


# Pictures and films --------------------------------------------------------------------------------------------------


def scenery(width: int, height: int, *, seed: int = 0) -> np.ndarray:
    small = np.random.default_rng(seed).integers(60, 240, (9, 12, 3), np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def kept_of(pictures: Sequence[np.ndarray]) -> list[bytes]:
    with ChangesExtractor(IndexSpec(), threads=1) as extractor:
        for number, pixels in enumerate(pictures):
            extractor.add(PictureImage(pixels, frame_index=number, time_seconds=number / 5))
        return extractor.finish()


@pytest.mark.parametrize("size", [(640, 360), (480, 360), (360, 640), (640, 40), (40, 640), (64, 48)])
def test_what_is_kept_is_small_and_has_an_inside(size: tuple[int, int]) -> None:
    (row,) = kept_of([scenery(*size)])
    assert len(row) <= MOST_BYTES
    assert min(row[0], row[1]) >= 3
    assert unpack_cells([row]).shape == (1, row[0] * row[1], CHANGES_WIDTH)


def test_black_bars_do_not_matter() -> None:
    picture = scenery(640, 272)
    framed = np.pad(picture, ((44, 44), (0, 0), (0, 0)), constant_values=16)
    assert [row[:2] for row in kept_of([framed])] == [row[:2] for row in kept_of([picture])]


def people(number: int, *, strides: float) -> np.ndarray:
    """A scene a camera pans over slowly, and two figures that thrash about."""
    picture = scenery(500, 240)[:, 20 + number : 340 + number].copy()
    swing = strides * np.sin(number * 2.0)
    for x in (120, 190):
        cv2.line(picture, (x, 90), (x, 160), (30, 30, 40), 14)
        cv2.circle(picture, (x, 75), 14, (90, 140, 200), -1)
        cv2.line(picture, (x, 105), (round(x + 50 * swing), round(105 - 40 * swing)), (90, 140, 200), 9)
        cv2.line(picture, (x, 160), (round(x - 40 * swing), 215), (30, 30, 40), 11)
    return picture


def test_figures_that_thrash_about_change_more_than_a_camera_that_pans() -> None:
    def strength(strides: float) -> float:
        kept = kept_of([people(number, strides=strides) for number in range(8)])
        return float(changes_of(kept, times_seconds=np.arange(8) / 5, wanted=np.arange(8)).mean())

    panned, thrashed = strength(0.0), strength(1.0)
    assert thrashed > 1.5 * panned > 0


FRAMES = 60


def drawn(number: int) -> np.ndarray:
    """Figures that move, a cut at frame 40."""
    picture = people(number, strides=1.0 if number < 40 else 0.3)
    return picture if number < 40 else 255 - picture


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> FilmSource:
    path = tmp_path_factory.mktemp("films") / "figures.mp4"
    return FilmSource(write_film(path, map(drawn, range(FRAMES)), options=B_FRAMES), "figures.mp4")


def index(source: FilmSource, features: FeatureStore, spec: IndexSpec) -> IndexedSource:
    plan = plan_index(source, spec, features, views=("changes",))
    for item in plan.items:
        extract_part(item)
    return features.read(settle_index(plan, features))


def test_parts_single_frames_and_samples_give_what_the_whole_gives(
    film: FilmSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = index(film, FeatureStore(tmp_path / "whole"), ALL)
    rows = whole.views["changes"]
    assert rows.shape == (FRAMES, CHANGES_WIDTH) and rows.dtype == np.float32 and rows.any(axis=1).all()
    monkeypatch.setattr(extraction, "plan_parts", partial(plan_parts, part_seconds=1.0))
    in_parts = FeatureStore(tmp_path / "parts")
    assert len(plan_index(film, ALL, in_parts, views=("changes",)).items) >= 2
    assert np.array_equal(index(film, in_parts, ALL).views["changes"], rows)
    sparse = index(film, FeatureStore(tmp_path / "sparse"), spec_of(Fraction(5)))
    assert np.array_equal(sparse.views["changes"][2:-2], rows[::5][2:-2])
    single, wanted = FeatureStore(tmp_path / "single"), [0, 39, 40, 59]
    times = whole.times_seconds[wanted].tolist()
    assert extract_loose([(film, times)], ALL, single, views=("changes",), name="some") == []
    places, found = single.read_loose("changes", ALL)
    assert np.array_equal(found[[places[film.source_id, round(time * 1e6)] for time in times]], rows[wanted])
    with open_film(film.path) as reader:
        renderer = Renderer()
        images = (FrameImage(frame, renderer) for frame in reader.frames() if 36 <= frame.frame_index <= 42)
        between = compute_among_neighbours(images, ("changes",), ALL, source=film)
    assert np.array_equal(between["changes"], rows[36:43])


def test_frames_around_a_cut_are_as_all_others() -> None:
    """Two shots that a camera pans over: the cut stands out nowhere, though every cell is another behind it."""

    def pan(number: int) -> np.ndarray:
        return scenery(330, 180, seed=int(number >= 6))[:, number % 6 : number % 6 + 320]

    kept = kept_of([pan(number) for number in range(12)])
    strength = changes_of(kept, times_seconds=np.arange(12) / 5, wanted=np.arange(12)).mean(axis=1)
    across = changes_of(kept[4:8:2], times_seconds=np.array([0.0, 0.2]), wanted=np.arange(2)).mean()
    assert strength[[5, 6]].max() <= 1.5 * np.delete(strength, [5, 6]).max() < across / 2
