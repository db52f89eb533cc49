"""Borders of black and frozen stretches at the very frame."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from films import write_film
from reelsift.actions.stretch_borders import with_exact_borders
from reelsift.actions.stretches import Stretch

Picture = NDArray[np.uint8]
# Bursts at 0, 3, 6, 9 s.
TIMES = np.concatenate([start + np.arange(5) * 0.2 for start in (0, 3, 6, 9)])


def picture(number: int) -> Picture:
    """Waves that move."""
    rows, columns = np.mgrid[0:90, 0:160]
    waves = 128 + 60 * np.sin((columns + 3 * number) / 9) * np.cos(rows / 13)
    return np.repeat(waves[:, :, None], 3, axis=2).astype(np.uint8)


def film(path: Path, *, kind: str, first: int, last: int, offset: int = 0) -> Path:
    """10 s at 25 frames a second, of which frames `first` to `last` are black or frozen."""

    def drawn(number: int) -> Picture:
        if not first <= number <= last:
            return picture(number)
        return np.zeros((90, 160, 3), np.uint8) if kind == "black" else picture(first)

    return write_film(
        path,
        (drawn(number) for number in range(250)),
        width=160,
        height=90,
        stamps=range(offset, 250 + offset),
        options={"crf": "24", "g": "60", "bf": "2"},
    )


@pytest.mark.parametrize("kind", ["black", "frozen"])
@pytest.mark.parametrize("name", ["a.mp4", "a.avi"])
def test_borders_are_found_to_the_frame(tmp_path: Path, kind: str, name: str) -> None:
    path = film(tmp_path / name, kind=kind, first=40, last=211)  # 1.6 to 8.48 s
    rough = Stretch(kind, 1.9, 7.9)  # type: ignore[arg-type]
    (exact,) = with_exact_borders(path, [rough], TIMES, start_seconds=0.0)
    assert exact.kind == kind
    assert exact.start_seconds == pytest.approx(1.6, abs=0.041) and exact.end_seconds == pytest.approx(8.48, abs=0.041)


def test_borders_are_on_the_clock_of_the_film(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", kind="black", first=40, last=211, offset=500)
    rough = Stretch("black", 21.9, 27.9)
    (exact,) = with_exact_borders(path, [rough], TIMES + 20, start_seconds=20.0)
    assert exact.start_seconds == pytest.approx(21.6, abs=0.041) and exact.end_seconds == pytest.approx(
        28.48, abs=0.041
    )


def test_borders_at_the_ends_and_within_bursts_stay(tmp_path: Path) -> None:
    gone = tmp_path / "gone.mp4"  # nothing is read
    stretches = [Stretch("black", 0.0, 3.3), Stretch("frozen", 6.5, 10.0), Stretch("silent", 1.9, 7.9)]
    assert with_exact_borders(gone, stretches, TIMES, start_seconds=0.0) == tuple(stretches)


def test_borders_at_samples_stay(tmp_path: Path) -> None:
    """A frame that is shown until the next one tells its end by itself."""
    stretch = Stretch("frozen", 1.0, 7.0)
    times = [0.0, 1.0, 7.0, 8.0]
    assert with_exact_borders(tmp_path / "gone.mp4", [stretch], times, start_seconds=0.0) == (stretch,)


def test_what_cannot_be_read_stays(tmp_path: Path) -> None:
    stretch = Stretch("black", 1.9, 7.9)
    assert with_exact_borders(tmp_path / "gone.mp4", [stretch], TIMES, start_seconds=0.0) == (stretch,)


def test_a_flash_that_a_burst_met_is_left_out(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", kind="black", first=74, last=76)  # a sample at 3 s is black
    assert with_exact_borders(path, [Stretch("black", 1.9, 3.1)], TIMES, start_seconds=0.0) == ()


def test_slides_meet_at_the_frame_that_changes(tmp_path: Path) -> None:
    path = write_film(
        tmp_path / "a.mp4",
        (picture(0 if number < 108 else 20) for number in range(250)),
        width=160,
        height=90,
        stamps=range(250),
        time_base=Fraction(1, 25),
    )
    rough = [Stretch("frozen", 0.0, 4.9), Stretch("frozen", 4.9, 10.0)]
    first, second = with_exact_borders(path, rough, TIMES, start_seconds=0.0)
    assert first.end_seconds == second.start_seconds == pytest.approx(4.32)
