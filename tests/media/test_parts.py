"""Parts of a film: joined they are the whole."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from films import B_FRAMES, FRAMES, KINDS, number_of, write_film
from reelsift.media.parts import PacketScan, plan_parts, scan_packets
from reelsift.media.reader import open_film
from reelsift.media.render import Renderer
from reelsift.media.sampling import Grid, sample

pytestmark = pytest.mark.xdist_group("parts")


@pytest.fixture(scope="module", params=KINDS)
def drawn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    return request.param, KINDS[request.param].write(tmp_path_factory.mktemp("films"), request.param)


def test_parts_joined_equal_the_whole(drawn: tuple[str, Path]) -> None:
    name, path = drawn
    scan = scan_packets(path)
    parts = plan_parts(scan, part_seconds=0.15)
    assert (len(parts) > 1) == KINDS[name].has_parts
    renderer = Renderer()
    with open_film(path) as reader:
        whole = [(frame.frame_index, frame.pts, renderer.rgb(frame).tobytes()) for frame in reader.frames()]
    joined: list[tuple[int, int, bytes]] = []
    for part in parts:
        with open_film(path) as reader:  # another process would have a reader of its own
            frames = sample(
                reader.frames(start_pts=part.start_pts, first_index=part.first_index), grid=None, stop_pts=part.stop_pts
            )
            found = [(frame.frame_index, frame.pts, renderer.rgb(frame).tobytes()) for frame in frames]
        assert len(found) == part.frame_count
        joined += found
    assert joined == whole


@pytest.mark.parametrize("fps", [Fraction(5), Fraction(12), Fraction(100, 7)])
def test_parts_sampled_joined_equal_the_whole_sampled(drawn: tuple[str, Path], fps: Fraction) -> None:
    _, path = drawn
    scan = scan_packets(path)
    with open_film(path) as reader:
        grid = Grid.of(fps, origin_pts=scan.pts[0], time_base=scan.time_base)
        whole = [frame.frame_index for frame in sample(reader.frames(), grid=grid)]
        joined: list[int] = []
        for part in plan_parts(scan, part_seconds=0.15):
            frames = reader.frames(start_pts=part.start_pts, first_index=part.first_index)
            joined += [frame.frame_index for frame in sample(frames, grid=grid, stop_pts=part.stop_pts)]
    assert sorted(set(joined)) == whole
    assert len(joined) - len(whole) < len(plan_parts(scan, part_seconds=0.15))  # one a border at most comes out twice


def test_scan_counts_what_decoding_gives(drawn: tuple[str, Path]) -> None:
    scan = scan_packets(drawn[1])
    with open_film(drawn[1]) as reader:
        stamps = [frame.pts for frame in reader.frames()]
    assert scan.frame_count == scan.packets == FRAMES
    if KINDS[drawn[0]].has_parts:
        assert list(scan.pts) == stamps


def test_pictures_an_edit_list_leaves_out_are_not_counted(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4", stamps=range(-5, FRAMES - 5), options=B_FRAMES)
    scan = scan_packets(path)
    assert (scan.frame_count, scan.packets) == (FRAMES - 5, FRAMES)
    with open_film(path) as reader:
        numbers = [number_of(frame.picture.to_ndarray(format="rgb24")) for frame in reader.frames()]
    assert numbers == list(range(5, FRAMES))


def test_a_short_film_is_one_part(tmp_path: Path) -> None:
    parts = plan_parts(scan_packets(write_film(tmp_path / "film.mp4")))
    assert [(part.start_pts, part.stop_pts, part.first_index, part.frame_count) for part in parts] == [
        (None, None, 0, FRAMES)
    ]


@given(
    gaps=st.lists(st.integers(1, 50), max_size=120),
    keys=st.integers(1, 20),
    start=st.integers(-1000, 1000),
    seconds=st.floats(0.05, 3.0),
)
def test_planned_parts_tile_the_film_and_begin_at_key_frames(
    gaps: list[int], keys: int, start: int, seconds: float
) -> None:
    pts = [start]
    for gap in gaps:
        pts.append(pts[-1] + gap)
    scan = PacketScan(tuple(pts), tuple(pts[::keys]), Fraction(1, 100), len(pts), pts[-1] + 1)
    parts = plan_parts(scan, part_seconds=seconds)
    assert parts[0].start_pts is None and parts[-1].stop_pts is None
    for before, after in itertools.pairwise(parts):
        assert before.stop_pts == after.start_pts
        assert after.start_pts in scan.key_pts
        assert after.first_index == before.first_index + before.frame_count
        assert pts[after.first_index] == after.start_pts
        assert pts[after.first_index] - pts[before.first_index] >= seconds * 100
    assert [part.number for part in parts] == list(range(len(parts)))
    assert sum(part.frame_count for part in parts) == len(pts)


@pytest.mark.parametrize("pts", [(), (5,)])
def test_films_of_no_or_one_picture_are_one_part(pts: tuple[int, ...]) -> None:
    parts = plan_parts(PacketScan(pts, pts, Fraction(1, 25), len(pts), 6))
    assert [part.frame_count for part in parts] == [len(pts)]


def test_the_last_picture_lasts_as_long_as_it_says_or_as_most_do(drawn: tuple[str, Path], tmp_path: Path) -> None:
    expected = 0.04 if drawn[0] != "gif" else 0.1
    scan = scan_packets(drawn[1])
    last = float(KINDS[drawn[0]].times_seconds[-1] - KINDS[drawn[0]].times_seconds[-2])
    assert scan.last_length_seconds == pytest.approx(expected, abs=0.002) or scan.last_length_seconds <= last + 0.002
    assert scan.last_length_seconds > 0
