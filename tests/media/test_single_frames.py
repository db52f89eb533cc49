"""Some frames of a film: each the one a full decode gives, whatever the film is like."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from films import (
    B_FRAMES,
    FRAMES,
    KINDS,
    OPEN_GOP,
    X264,
    Picture,
    break_packets,
    cut_short,
    number_of,
    packets_of,
    write_film,
)
from reelsift.errors import MediaError, SourceNotFoundError
from reelsift.media import single_frames as module
from reelsift.media.parts import scan_packets
from reelsift.media.reader import Frame, open_film
from reelsift.media.single_frames import WantedFrame, read_single_frames


def rgb(frame: Frame) -> Picture:
    return frame.orientation.apply(frame.picture.to_ndarray(format="rgb24"))  # type: ignore[arg-type]


def all_frames(path: Path) -> list[tuple[WantedFrame, Picture]]:
    # Several threads cover damage up now in this way, now in that.
    with open_film(path, threads=1) as reader:
        return [(WantedFrame(frame.frame_index, frame.time_seconds), rgb(frame)) for frame in reader.frames()]


def assert_all_are_found(path: Path, *, step: int = 1) -> None:
    """Asks for frames in disorder, and holds each against that of a full decode."""
    whole = all_frames(path)
    order = np.random.default_rng(0).permutation(len(whole))[::step].tolist()
    wanted = [whole[place][0] for place in order]
    seen: list[int] = []
    for number, frame in read_single_frames(path, wanted):
        assert isinstance(frame, Frame), frame
        index, pixels = order[number], whole[order[number]][1]
        assert (frame.frame_index, frame.time_seconds) == (index, whole[index][0].time_seconds)
        assert np.array_equal(rgb(frame), pixels)
        seen.append(number)
    assert sorted(seen) == list(range(len(wanted)))


@pytest.mark.parametrize("step", [1, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_frames_are_those_of_a_full_decode(kind: str, step: int, tmp_path: Path) -> None:
    assert_all_are_found(KINDS[kind].write(tmp_path, "film"), step=step)


def test_films_that_can_be_entered_are_not_read_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "open_film", lambda *_, **__: pytest.fail("read from the start"))
    for kind in ("b-frames-mp4", "open-gop-ts-with-sound", "variable-rate-mp4", "vp9-webm-with-sound"):
        path = KINDS[kind].write(tmp_path, kind)
        with open_film(path) as reader:
            wanted = [WantedFrame(frame.frame_index, frame.time_seconds) for frame in reader.frames()][3::7]
        assert all(isinstance(frame, Frame) for _, frame in read_single_frames(path, wanted))


def test_of_frames_with_the_same_time_stamp_the_index_tells(tmp_path: Path) -> None:
    # Matroska counts milliseconds: two frames in each.
    path = write_film(
        tmp_path / "film.mkv", stamps=[number * 5 for number in range(FRAMES)], time_base=Fraction(1, 10_000)
    )
    scan = scan_packets(path)
    assert len(set(scan.pts)) < FRAMES == len(scan.pts)
    assert_all_are_found(path)


def test_times_in_milliseconds_are_understood(tmp_path: Path) -> None:
    path = KINDS["ntsc-mov"].write(tmp_path, "film")
    wanted = [WantedFrame(index, round(index * 1001 / 30000, 3)) for index in range(FRAMES)]
    found = dict(read_single_frames(path, wanted))
    assert [number_of(rgb(frame)) for _, frame in sorted(found.items()) if isinstance(frame, Frame)] == list(
        range(FRAMES)
    )


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi"])
def test_damaged_films_give_what_a_full_decode_gives(suffix: str, tmp_path: Path) -> None:
    path = break_packets(write_film(tmp_path / f"film{suffix}", options=OPEN_GOP), [5, 20])
    assert_all_are_found(path)
    assert len(all_frames(path)) < FRAMES


@pytest.mark.parametrize("seed", range(1, 7))
@pytest.mark.parametrize("options", [X264, B_FRAMES, OPEN_GOP], ids=["plain", "b-frames", "open-gop"])
def test_behind_single_wrong_bits_frames_are_those_of_a_full_decode(
    seed: int, options: dict[str, str], tmp_path: Path
) -> None:
    """The decoder covers these up with what it has decoded before, and says nothing of it."""
    path = tmp_path / f"film{('.mp4', '.mkv', '.ts')[seed % 3]}"
    write_film(path, 60, width=160, height=128, options=options)
    data, rng = bytearray(path.read_bytes()), np.random.default_rng(seed)
    for position, size, _, _ in packets_of(path):
        if rng.random() < 0.08 and size > 40:
            for place in rng.integers(20, size, 3).tolist():
                data[position + place] ^= 1 << int(rng.integers(8))
    path.write_bytes(data)
    assert_all_are_found(path, step=3)


def test_a_frame_that_is_lost_is_named_and_comes_last(tmp_path: Path) -> None:
    path = break_packets(write_film(tmp_path / "film.mp4"), [5])
    lost = set(range(FRAMES)) - {number_of(pixels) for _, pixels in all_frames(path)}
    assert lost
    wanted = [WantedFrame(index, index / 25) for index in (min(lost), 29, 0)]
    found = list(read_single_frames(path, wanted))
    assert [number for number, _ in found] == [2, 1, 0]
    _, problem = found[-1]
    assert isinstance(problem, MediaError)
    assert str(path) in str(problem) and f"{min(lost) / 25:.3f} s" in str(problem)


@pytest.mark.parametrize("kind", ["b-frames-mp4", "h264-avi"])
def test_a_time_that_no_frame_has_is_named(kind: str, tmp_path: Path) -> None:
    path = KINDS[kind].write(tmp_path, "film")
    ((_, before), (_, between), (_, behind)) = sorted(
        read_single_frames(path, [WantedFrame(0, -3.0), WantedFrame(3, 0.14), WantedFrame(99, 99.0)])
    )
    assert all(isinstance(one, MediaError) for one in (before, between, behind))


def test_an_index_counted_otherwise_gives_way_to_the_time(tmp_path: Path) -> None:
    path = KINDS["h264-avi"].write(tmp_path, "film")
    wanted, pixels = all_frames(path)[7]
    ((_, frame),) = read_single_frames(path, [WantedFrame(4, wanted.time_seconds)])
    assert isinstance(frame, Frame)
    assert frame.frame_index == 4 and np.array_equal(rgb(frame), pixels)


def test_a_film_cut_short_gives_what_is_there(tmp_path: Path) -> None:
    path = cut_short(KINDS["open-gop-ts-with-sound"].write(tmp_path, "film"), 0.6)
    assert_all_are_found(path)


def test_the_same_frame_twice(tmp_path: Path) -> None:
    for kind in ("b-frames-mp4", "gif"):
        path = KINDS[kind].write(tmp_path, kind)
        one = all_frames(path)[5][0]
        assert sorted(number for number, _ in read_single_frames(path, [one, one])) == [0, 1]


def test_nothing_wanted_opens_nothing(tmp_path: Path) -> None:
    assert list(read_single_frames(tmp_path / "missing.mp4", [])) == []
    with pytest.raises(SourceNotFoundError):
        list(read_single_frames(tmp_path / "missing.mp4", [WantedFrame(0, 0.0)]))
