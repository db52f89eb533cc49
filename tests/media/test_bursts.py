"""Bursts: where they lie, and that their frames are those of a full decode."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from films import B_FRAMES, KINDS, OPEN_GOP, break_packets, packets_of, write_film
from reelsift.media import bursts as module
from reelsift.media.bursts import Burst, burst_parts, open_bursts, plan_bursts
from reelsift.media.parts import PacketScan, plan_parts, scan_packets
from reelsift.media.reader import open_film
from reelsift.media.render import Renderer
from reelsift.media.sampling import Grid, marked, sample

pytestmark = pytest.mark.xdist_group("parts")


def scan_of(seconds: float, *, keys_every: float, fps: int = 25, start: int = 0) -> PacketScan:
    """Packets of an imaginary film, in thousandths of a second."""
    pts = tuple(start + number * 1000 // fps for number in range(round(seconds * fps)))
    keys = pts[:: round(keys_every * fps)]
    return PacketScan(pts, keys, Fraction(1, 1000), len(pts), pts[-1] + 1000 // fps)


def starts_of(scan: PacketScan) -> list[float]:
    return [(burst.start_pts - scan.pts[0]) / 1000 for burst in plan_bursts(scan) or ()]


def read_share(scan: PacketScan) -> float:
    """How much of a film lies between the key frame of a run of bursts and its end."""
    read = 0
    for entry, run in itertools.groupby(plan_bursts(scan) or (), key=lambda burst: burst.entry_pts):
        last = list(run)[-1]
        read += last.stop_pts - (scan.pts[0] if entry is None else entry)
    return read / (scan.end_pts - scan.pts[0])


# Where ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keys_every", [0.04, 0.5, 1, 5])
def test_a_burst_begins_at_a_key_frame_about_every_five_seconds(keys_every: float) -> None:
    scan = scan_of(120, keys_every=keys_every)
    found = plan_bursts(scan)
    assert found is not None
    assert starts_of(scan)[:5] == pytest.approx([0, 5, 10, 15, 20], abs=0.9)
    assert all(burst.entry_pts == burst.start_pts for burst in found[1:]) and found[0].entry_pts is None
    assert {len(burst.frame_pts) for burst in found} <= {20, 21}  # 0.8 s from the first to the last
    assert read_share(scan) < 0.18


def test_key_frames_far_apart_are_read_on_from() -> None:
    scan = scan_of(60, keys_every=10)
    assert starts_of(scan)[:5] == [0, 2.72, 10, 12.72, 20]
    assert [burst.entry_pts for burst in (plan_bursts(scan) or ())[:5]] == [None, None, 10_000, 10_000, 20_000]
    assert 0.15 < read_share(scan) < 0.25
    assert 0.15 < read_share(scan_of(600, keys_every=10)) < 0.25


def test_a_film_with_one_key_frame_is_seen_to_its_end() -> None:
    starts = starts_of(scan_of(60, keys_every=60))
    assert starts[-1] == pytest.approx(59.2) and max(b - a for a, b in itertools.pairwise(starts)) < 5.5


def test_short_films_have_their_bursts_closer() -> None:
    assert starts_of(scan_of(10, keys_every=0.5, fps=24)) == [0, 2.5, 5, 7.5, 9]
    assert starts_of(scan_of(8, keys_every=8)) == pytest.approx([0, 2.12, 4.2])


@pytest.mark.parametrize(
    "scan",
    [
        scan_of(4.9, keys_every=1),
        scan_of(59, keys_every=1, fps=1),  # sixty pictures, one a second
        PacketScan(tuple(range(100_000)), (), Fraction(1, 1000), 100_000, 100_001),  # cannot be entered
        PacketScan((), (), Fraction(1), 0, 0),
    ],
    ids=["short", "few frames", "cannot be entered", "empty"],
)
def test_what_is_read_whole(scan: PacketScan) -> None:
    assert plan_bursts(scan) is None


@st.composite
def scans(draw: st.DrawFn) -> PacketScan:
    """Films with frames at odd times, and key frames anywhere."""
    pts = [draw(st.integers(-3000, 3000))]
    for gap, times in draw(st.lists(st.tuples(st.integers(1, 400), st.integers(1, 300)), min_size=1, max_size=12)):
        pts += [pts[-1] + gap * number for number in range(1, times + 1)]
    keys = draw(st.sets(st.sampled_from(pts), max_size=40)) | {pts[0]}
    pause = draw(st.integers(0, 20_000))  # a hole in the middle
    half = pts[len(pts) // 2]
    moved = {stamp: stamp + (pause if stamp > half else 0) for stamp in pts}
    stamps = tuple(moved.values())
    return PacketScan(stamps, tuple(sorted(moved[key] for key in keys)), Fraction(1, 1000), len(pts), stamps[-1] + 40)


@given(scan=scans())
def test_bursts_follow_each_other_from_key_frames_that_lead_to_them(scan: PacketScan) -> None:
    found = plan_bursts(scan)
    if found is None:
        assert len(scan.pts) <= 60 or scan.end_pts - scan.pts[0] <= 5000
        return
    assert found[0].start_pts == scan.pts[0] and found[0].entry_pts is None
    for burst in found:
        stop = burst.first_index + len(burst.frame_pts)
        assert burst.frame_pts == scan.pts[burst.first_index : stop]
        assert burst.stop_pts - burst.start_pts <= 801
        assert burst.is_last == (stop == len(scan.pts))
        assert burst.entry_pts is None or (burst.entry_pts in scan.key_pts and burst.entry_pts <= burst.start_pts)
    for before, after in itertools.pairwise(found):
        assert before.first_index + len(before.frame_pts) <= after.first_index
        assert after.entry_pts == before.entry_pts or before.stop_pts <= (after.entry_pts or 0)
        # No stretch with frames longer than this goes unseen.
        frames = [pts for pts in scan.pts if before.stop_pts <= pts < after.start_pts]
        assert not frames or frames[-1] - frames[0] <= 10_000
    parts = plan_parts(scan, part_seconds=8)
    divided = burst_parts(found, parts, scan)
    assert tuple(itertools.chain.from_iterable(part.bursts for part in divided)) == found
    assert all(a.end_seconds == b.start_seconds for a, b in itertools.pairwise(divided))
    assert divided[0].start_seconds == scan.pts[0] / 1000 and divided[-1].end_seconds == scan.end_pts / 1000


# Reading -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def short_bursts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bursts of a fifth of a second in films of one or two."""
    for name, seconds in {
        "BURST_SECONDS": 0.2, "_CLOSEST_SECONDS": 0.45, "_WIDEST_SECONDS": 0.45, "_WHOLE_SECONDS": 0.0,
        "_LEAST_UNSEEN_SECONDS": 0.8, "_MOST_UNSEEN_SECONDS": 0.8,
    }.items():  # fmt: skip
        monkeypatch.setattr(module, name, seconds)
    monkeypatch.setattr(module, "_WHOLE_FRAMES", 0)


Pictures = list[tuple[int, int, float, bytes]]


def drawn_of(path: Path, found: tuple[Burst, ...], *, threads: int = 0) -> Pictures:
    pictures, missing, damage = read_damaged(path, found, threads=threads)
    assert (missing, damage) == (0, "")
    return pictures


def drawn_whole(path: Path) -> Pictures:
    renderer = Renderer()
    with open_film(path) as reader:
        return [
            (frame.frame_index, frame.pts, frame.time_seconds, renderer.rgb(frame).tobytes())
            for frame in reader.frames()
        ]


@pytest.mark.usefixtures("short_bursts")
@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.has_parts])
@pytest.mark.parametrize("threads", [0, 1])
def test_frames_of_bursts_are_those_of_the_whole(kind: str, threads: int, tmp_path: Path) -> None:
    path = KINDS[kind].write(tmp_path, "film")
    found = plan_bursts(scan_packets(path))
    assert found is not None and len(found) >= 2
    wanted = {pts for burst in found for pts in burst.frame_pts}
    assert 0 < len(wanted) < 30
    whole = drawn_whole(path)
    assert drawn_of(path, found, threads=threads) == [picture for picture in whole if picture[1] in wanted]
    # Any of them by itself, as another process may have to do.
    for burst in found:
        alone = drawn_of(path, (burst,), threads=threads)
        assert alone == [picture for picture in whole if picture[1] in burst.frame_pts]


@pytest.mark.usefixtures("short_bursts")
@pytest.mark.parametrize("options", [B_FRAMES, OPEN_GOP])
def test_pictures_passed_over_change_nothing_in_those_behind_them(options: dict[str, str], tmp_path: Path) -> None:
    """One key frame in three seconds: most pictures lie between bursts, and many of them are never decoded."""
    path = write_film(tmp_path / "film.mp4", 75, options={**options, "g": "75"})
    found = plan_bursts(scan_packets(path))
    assert found is not None and [burst.entry_pts for burst in found] == [None] * len(found) and len(found) > 4
    wanted = {pts for burst in found for pts in burst.frame_pts}
    assert drawn_of(path, found) == [picture for picture in drawn_whole(path) if picture[1] in wanted]


@pytest.mark.parametrize("suffix", [".ts", ".mkv"])
def test_key_frames_that_are_no_fresh_start_are_read_from_farther_back(suffix: str, tmp_path: Path) -> None:
    """Pictures renewed a stripe at a time: behind such a key frame the decoder gives nothing for a second."""
    options = {"preset": "veryfast", "crf": "18", "g": "25", "x264-params": "intra-refresh=1:scenecut=0"}
    path = write_film(tmp_path / f"film{suffix}", 240, options=options)
    found = plan_bursts(scan_packets(path))
    assert found is not None and found[1].entry_pts == found[1].start_pts
    wanted = {pts for burst in found for pts in burst.frame_pts}
    assert drawn_of(path, found) == [picture for picture in drawn_whole(path) if picture[1] in wanted]


@pytest.mark.usefixtures("short_bursts")
@pytest.mark.parametrize("fps", [Fraction(5), Fraction(12), Fraction(100, 7)])
@pytest.mark.parametrize("kind", ["plain-mp4", "open-gop-mkv", "negative-start-ts"])
def test_samples_of_bursts_are_samples_of_the_whole(kind: str, fps: Fraction, tmp_path: Path) -> None:
    path = KINDS[kind].write(tmp_path, "film")
    scan = scan_packets(path)
    found = plan_bursts(scan) or ()
    grid = Grid.of(fps, origin_pts=scan.pts[0], time_base=scan.time_base)
    with open_film(path) as reader:
        whole = {frame.pts for frame in sample(reader.frames(), grid=grid)}
    taken: list[int] = []
    with open_bursts(path) as opened:
        for burst, frames in opened.bursts(found):
            all_of_burst = list(marked(frames, grid=grid, speaks_on=burst.is_last))
            assert [frame.pts for frame, _ in all_of_burst] == list(burst.frame_pts)
            taken += [frame.pts for frame, is_sample in all_of_burst if is_sample]
    assert taken and set(taken) <= whole


# Damage --------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("short_bursts")
@pytest.mark.parametrize("threads", [0, 1])
@pytest.mark.parametrize("options", [None, B_FRAMES], ids=["no B-frames", "B-frames"])
def test_damage_outside_bursts_is_not_met_and_damage_inside_is(
    threads: int, options: dict[str, str] | None, tmp_path: Path
) -> None:
    path = write_film(tmp_path / "film.mp4", 60, options=options)
    scan = scan_packets(path)
    found = plan_bursts(scan) or ()
    inside = [pts for burst in found for pts in burst.frame_pts]
    places = {pts: number for number, (_, _, pts, _) in enumerate(packets_of(path))}
    behind = scan.pts[scan.pts.index(found[0].frame_pts[-1]) + 6]
    assert behind not in inside
    break_packets(path, [places[behind]])
    assert [picture[1] for picture in drawn_of(path, found, threads=threads)] == inside
    hit = found[2].frame_pts[-3]
    break_packets(path, [places[hit]])
    whole = {picture[1]: picture[2:] for picture in drawn_whole(path)}
    pictures, missing, damage = read_damaged(path, found, threads=threads)
    # Its time is told by the packets: a frame that is lost does not move those behind it.
    assert [picture[1] for picture in pictures] == [pts for pts in inside if pts in whole]
    assert [scan.pts[picture[0]] for picture in pictures] == [picture[1] for picture in pictures]
    assert all(picture[2:] == whole[picture[1]] for picture in pictures)
    assert missing == 1 and "near" in damage


@pytest.mark.usefixtures("short_bursts")
def test_a_key_frame_that_is_broken_leaves_the_other_bursts(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4", 60)
    found = plan_bursts(scan_packets(path)) or ()
    places = {pts: number for number, (_, _, pts, _) in enumerate(packets_of(path))}
    break_packets(path, [places[found[1].start_pts]])
    whole = {picture[1] for picture in drawn_whole(path)}
    pictures, missing, damage = read_damaged(path, found)
    inside = [pts for burst in found for pts in burst.frame_pts]
    assert [picture[1] for picture in pictures] == [pts for pts in inside if pts in whole]
    assert missing == len(inside) - len(pictures) > 0 and damage


def read_damaged(path: Path, found: tuple[Burst, ...], *, threads: int = 0) -> tuple[Pictures, int, str]:
    """The frames of bursts, how many are missing, and why."""
    renderer = Renderer()
    with open_bursts(path, threads=threads) as reader:
        every = (frame for _, frames in reader.bursts(found) for frame in frames)
        pictures = [(f.frame_index, f.pts, f.time_seconds, renderer.rgb(f).tobytes()) for f in every]
        return pictures, reader.missing, reader.damage
