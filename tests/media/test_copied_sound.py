"""Sound that is handed on packet by packet."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest

from films_to_cut import draw
from reelsift.media.codecs import CONTAINERS
from reelsift.media.copied_sound import CopiedSound, copyable_streams

STAMPS = tuple(range(12))


def packets(path: Path, index: int) -> list[tuple[Fraction, bytes]]:
    with av.open(str(path)) as container:
        stream = container.streams[index]
        return [(packet.pts * packet.time_base, bytes(packet)) for packet in container.demux(stream) if packet.size]


@pytest.mark.parametrize("ending", [".mp4", ".mov", ".mkv"])
def test_a_kind_of_file_that_takes_the_sound_is_told(ending: str, tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4", stamps=STAMPS, sound=(0, 0.5))
    assert copyable_streams(film, container=CONTAINERS[ending]) == (1,)


def test_one_that_does_not_is_told_too(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4", stamps=STAMPS, sound=(0, 0.5))
    assert copyable_streams(film, container=CONTAINERS[".webm"]) == ()
    assert copyable_streams(draw(tmp_path / "mute.mp4", stamps=STAMPS), container=CONTAINERS[".mp4"]) == ()


def test_packets_come_in_time_and_unchanged(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4", stamps=STAMPS, sound=(0, 0.5))
    expected = packets(film, 1)
    taken: list[tuple[Fraction, bytes]] = []
    with CopiedSound(film, indexes=(1,), shift_seconds=Fraction(0), drop_early=False) as sound:
        sound.hand_on(lambda packet, place: taken.append((packet.pts * packet.time_base, bytes(packet))),
                      until=Fraction(1, 4))  # fmt: skip
        assert taken == [each for each in expected if each[0] < Fraction(1, 4)]
        sound.hand_on(lambda packet, place: taken.append((packet.pts * packet.time_base, bytes(packet))))
    assert taken == expected


def test_all_move_together_and_what_is_over_before_0_can_be_dropped(tmp_path: Path) -> None:
    film = draw(tmp_path / "film.mp4", stamps=STAMPS, sound=(0, 0.5))
    expected = packets(film, 1)
    assert expected[0][0] < 0  # what AAC swings in with
    taken: list[Fraction] = []
    with CopiedSound(film, indexes=(1,), shift_seconds=Fraction(1, 10), drop_early=True) as sound:
        sound.hand_on(lambda packet, place: taken.append(packet.pts * packet.time_base))
    assert taken == [moment + Fraction(1, 10) for moment, _ in expected]
    taken.clear()
    with CopiedSound(film, indexes=(1,), shift_seconds=Fraction(0), drop_early=True) as sound:
        sound.hand_on(lambda packet, place: taken.append(packet.pts * packet.time_base))
    assert taken == [moment for moment, _ in expected if moment >= 0]


def test_two_films_joined_by_cat_cannot_be_copied(tmp_path: Path) -> None:
    one = draw(tmp_path / "one.ts", stamps=STAMPS, sound=(0, 0.5))
    (tmp_path / "two.ts").write_bytes(one.read_bytes() * 2)
    assert copyable_streams(one, container=CONTAINERS[".mp4"]) == (1,)
    assert copyable_streams(tmp_path / "two.ts", container=CONTAINERS[".mp4"]) == ()
