"""Sampling: the frames nearest to an even grid."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelsift.errors import SpecError
from reelsift.media.reader import Frame, Orientation
from reelsift.media.sampling import Grid, marked, sample
from reelsift.specs import FrameSpec, Sampling

UPRIGHT = Orientation()


def frames_at(stamps: list[int], *, first_index: int = 0, duration: int = 1) -> list[Frame]:
    return [
        Frame(number, pts, duration, pts / 1000, None, UPRIGHT)  # type: ignore[arg-type]
        for number, pts in enumerate(stamps, start=first_index)
    ]


def chosen(
    stamps: list[int], fps: Fraction | None, *, duration: int = 1, time_base: Fraction = Fraction(1, 1000)
) -> list[int]:
    grid = Grid.of(fps, origin_pts=stamps[0], time_base=time_base) if fps else None
    return [frame.frame_index for frame in sample(frames_at(stamps, duration=duration), grid=grid)]


def test_the_worked_case() -> None:
    """25 frames a second at 10: 0.08 s is as near to 0.1 s as 0.12 s, and earlier."""
    stamps = list(range(0, 400, 40))
    taken = [stamps[index] for index in chosen(stamps, Fraction(10), duration=40)]
    assert taken == [0, 80, 200, 280]


def test_all_gives_every_frame() -> None:
    assert chosen([0, 5, 7, 900], None) == [0, 1, 2, 3]


def test_a_rate_above_the_films_gives_each_frame_once() -> None:
    assert chosen(list(range(0, 400, 40)), Fraction(100), duration=40) == list(range(10))


def test_the_grid_counts_from_the_first_frame() -> None:
    assert chosen([1013, 1053, 1093, 1133, 1173, 1213], Fraction(5)) == [0, 5]


def test_ntsc_does_not_drift() -> None:
    """An hour of 29.97 frames a second at a rate of 29.97 / 6: every sixth frame, to the end."""
    stamps = [number * 1001 for number in range(107_892)]
    taken = chosen(stamps, Fraction(30000, 1001) / 6, duration=1001, time_base=Fraction(1, 30000))
    assert taken == list(range(0, 107_892, 6))


def test_the_last_frame_also_speaks_while_it_is_shown() -> None:
    assert chosen([0, 100, 210], Fraction(2), duration=100) == [0]
    assert chosen([0, 100, 210], Fraction(2), duration=300) == [0, 2]  # the point at 0.5 s lies within its 0.3 s


def test_a_hole_in_the_film_is_bridged_by_its_edges() -> None:
    assert chosen([0, 100, 5000, 5100], Fraction(10)) == [0, 1, 2, 3]


@st.composite
def rising(draw: st.DrawFn) -> list[int]:
    gaps = draw(st.lists(st.integers(1, 400), min_size=0, max_size=60))
    stamps = [draw(st.integers(-5000, 5000))]
    for gap in gaps:
        stamps.append(stamps[-1] + gap)
    return stamps


rates = st.fractions(Fraction(1, 3), Fraction(60), max_denominator=1001)


def nearest_by_search(stamps: list[int], grid: Grid, duration: int) -> list[int]:
    """For each point the nearest frame, the earlier of two: by looking at all of them."""
    taken: set[int] = set()
    k = 0
    while (point := grid.point(k)) <= stamps[-1] or point < stamps[-1] + duration:
        taken.add(min(range(len(stamps)), key=lambda index: (abs(stamps[index] - point), index)))
        k += 1
    return sorted(taken)


@given(stamps=rising(), fps=rates, duration=st.integers(1, 500))
def test_for_each_point_the_nearest_frame_and_none_twice(stamps: list[int], fps: Fraction, duration: int) -> None:
    grid = Grid.of(fps, origin_pts=stamps[0], time_base=Fraction(1, 1000))
    frames = frames_at(stamps, duration=duration)
    assert [frame.frame_index for frame in sample(frames, grid=grid)] == nearest_by_search(stamps, grid, duration)


@given(stamps=rising(), fps=st.none() | rates, duration=st.integers(1, 500), data=st.data())
def test_a_split_run_equals_a_whole_run(
    stamps: list[int], fps: Fraction | None, duration: int, data: st.DataObject
) -> None:
    grid = Grid.of(fps, origin_pts=stamps[0], time_base=Fraction(1, 1000)) if fps else None
    frames = frames_at(stamps, duration=duration)
    whole = [frame.frame_index for frame in sample(frames, grid=grid)]
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(stamps) - 1)), max_size=4)))
    borders = [0, *(cut for cut in cuts if cut < len(stamps)), len(stamps)]
    joined: list[int] = []
    for start, stop in itertools.pairwise(borders):
        stop_pts = stamps[stop] if stop < len(stamps) else None
        part = [frame.frame_index for frame in sample(frames[start:], grid=grid, stop_pts=stop_pts)]
        assert all(start <= index <= stop for index in part)
        joined += part[1:] if joined and part and part[0] == joined[-1] else part
    assert joined == whole


@given(stamps=st.lists(st.integers(0, 2000), min_size=1, max_size=40), fps=rates)
def test_time_stamps_that_run_backwards_do_no_harm(stamps: list[int], fps: Fraction) -> None:
    taken = chosen(stamps, fps)
    assert taken[0] == 0
    assert all(a < b for a, b in itertools.pairwise(taken))


def test_nothing_is_read_behind_the_end_of_a_part() -> None:
    read: list[int] = []

    def watched() -> Iterator[Frame]:
        for frame in frames_at(list(range(0, 400, 40))):
            read.append(frame.frame_index)
            yield frame

    for grid in (None, Grid.of(Fraction(10), origin_pts=0, time_base=Fraction(1, 1000))):
        read.clear()
        list(sample(watched(), grid=grid, stop_pts=120))
        assert read == [0, 1, 2, 3]


# Every frame, and whether it is a sample -----------------------------------------------------------------------------


@given(stamps=rising(), fps=st.none() | rates, duration=st.integers(1, 500), stop=st.none() | st.integers(-5000, 9000))
def test_marked_gives_every_frame_once_and_marks_the_samples(
    stamps: list[int], fps: Fraction | None, duration: int, stop: int | None
) -> None:
    grid = Grid.of(fps, origin_pts=stamps[0], time_base=Fraction(1, 1000)) if fps else None
    frames = frames_at(stamps, duration=duration)
    found = list(marked(frames, grid=grid, stop_pts=stop))
    # As far as the end, with the frame that is the first of the next part.
    inside = [pts for pts in stamps if stop is None or pts < stop]
    assert [frame.pts for frame, _ in found] == stamps[: len(inside) + 1]
    samples = [frame.frame_index for frame, is_sample in found if is_sample]
    assert samples == [frame.frame_index for frame in sample(frames, grid=grid, stop_pts=stop)]


@given(stamps=rising(), fps=rates, data=st.data())
def test_samples_of_a_stretch_are_samples_of_the_whole(stamps: list[int], fps: Fraction, data: st.DataObject) -> None:
    """Whatever follows the stretch, and however near to a point of the grid that is."""
    grid = Grid.of(fps, origin_pts=stamps[0], time_base=Fraction(1, 1000))
    frames = frames_at(stamps, duration=400)
    start = data.draw(st.integers(0, len(frames) - 1))
    stop = data.draw(st.integers(start, len(frames) - 1))
    whole = {frame.frame_index for frame in sample(frames, grid=grid)}
    stretch = marked(frames[start:stop], grid=grid, speaks_on=False)
    assert {frame.frame_index for frame, is_sample in stretch if is_sample} <= whole


# In words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["all", "bursts", "5", "1/2", "30000/1001"])
def test_a_sampling_is_read_as_it_is_written(text: str) -> None:
    assert str(Sampling.parse(text)) == text
    assert FrameSpec.from_dict(FrameSpec(Sampling.parse(text)).to_dict()).sampling == Sampling.parse(text)


def test_bursts_are_samples_of_five_a_second() -> None:
    assert Sampling.parse(" Bursts ") == Sampling(Fraction(5), bursts=True) != Sampling()
    for fps in (None, Fraction(7)):
        with pytest.raises(SpecError, match="bursts are sampled at 5 frames a second, not"):
            Sampling(fps, bursts=True)
