"""Black, frozen and silent stretches: where they begin and end, and what is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from films import write_film
from reelsift.actions.stretches import Stretch, black_stretches, frozen_stretches, silent_stretches
from reelsift.errors import SpecError
from reelsift.features.shake import SHAKE_COLUMNS, ShakeExtractor, shake_of
from reelsift.features.thumbnail import ThumbnailExtractor, decode_thumbnail
from reelsift.media.loudness import SoundLevels
from reelsift.media.reader import open_film
from reelsift.media.render import FrameImage, Renderer
from reelsift.specs import FrameSpec, IndexSpec

Picture = NDArray[np.uint8]

BURST = np.arange(5) * 0.2
# Bursts at 0, 3, 6, 9 s of a film of 12 s.
TIMES = np.concatenate([start + BURST for start in (0, 3, 6, 9)])


def spans(stretches: tuple[Stretch, ...]) -> list[tuple[float, float]]:
    return [(round(stretch.start_seconds, 6), round(stretch.end_seconds, 6)) for stretch in stretches]


def bursts(*values: object) -> NDArray[np.generic]:
    """The same value for all samples of a burst."""
    return np.repeat(np.array(values), 5)


def test_stretches_check_themselves() -> None:
    assert Stretch("black", 1.0, 3.5).seconds == 2.5
    with pytest.raises(SpecError, match="black, frozen, silent, not 'dark'"):
        Stretch("dark", 0.0, 1.0)  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="at or before its start"):
        Stretch("black", 2.0, 2.0)
    with pytest.raises(SpecError, match="finite"):
        Stretch("silent", 0.0, float("nan"))


# Black ---------------------------------------------------------------------------------------------------------------


def black(flags: object) -> list[tuple[float, float]]:
    return spans(black_stretches(TIMES, flags, start_seconds=0, end_seconds=12))  # type: ignore[arg-type]


def test_black_reaches_to_the_middle_between_bursts() -> None:
    assert black(bursts(False, True, True, False)) == [(1.9, 7.9)]
    assert black(bursts(True, False, False, True)) == [(0.0, 1.9), (7.9, 12.0)]
    assert black(bursts(True, True, True, True)) == [(0.0, 12.0)]
    assert black(bursts(False, False, False, False)) == []


def test_a_border_within_a_burst_lies_between_its_samples() -> None:
    flags = bursts(False, True, True, False)
    flags[5:7] = False
    assert black(flags) == [(3.3, 7.9)]


def test_a_black_flash_is_left_out() -> None:
    flags = np.zeros(20, bool)
    flags[12] = True
    assert black(flags) == []
    shortest = black_stretches(TIMES, flags, start_seconds=0, end_seconds=12, shortest_seconds=0.1)
    assert spans(shortest) == [(6.3, 6.5)]


def test_films_of_no_and_of_one_sample() -> None:
    assert black_stretches([], [], start_seconds=0, end_seconds=0) == ()
    assert spans(black_stretches([5.0], [True], start_seconds=5, end_seconds=6)) == [(5.0, 6.0)]
    assert frozen_stretches([], [], np.zeros((0, 4, 4, 3), np.uint8), start_seconds=0, end_seconds=0) == ()


# Frozen --------------------------------------------------------------------------------------------------------------


def pictures(*seeds: int) -> Picture:
    """(5 N, 108, 192, 3) a picture for each of N bursts; the same seed draws the same one."""
    drawn = []
    for seed in seeds:
        coarse = np.random.default_rng(seed).integers(0, 256, (9, 16, 3), np.uint8)
        drawn += [coarse.repeat(12, 0).repeat(12, 1)] * 5
    return np.stack(drawn)


def frozen(still: object, thumbnails: Picture, **others: object) -> list[tuple[float, float]]:
    found = frozen_stretches(TIMES, still, thumbnails, start_seconds=0, end_seconds=12, **others)  # type: ignore[arg-type]
    return spans(found)


def test_bursts_that_show_the_same_are_frozen_between() -> None:
    assert frozen(bursts(1.0, 0.0, 0.0, 1.0), pictures(1, 2, 2, 3)) == [(1.9, 7.9)]
    assert frozen(bursts(0.0, 0.0, 0.0, 0.0), pictures(1, 1, 1, 1)) == [(0.0, 12.0)]


def test_slides_are_frozen_each_for_itself() -> None:
    assert frozen(bursts(0.0, 0.0, 0.0, 0.0), pictures(1, 1, 2, 2)) == [(0.0, 4.9), (4.9, 12.0)]


def test_what_moves_or_is_grainy_is_not_frozen() -> None:
    assert frozen(bursts(0.3, 0.2, 0.25, 0.3), pictures(1, 1, 1, 1)) == []
    assert frozen(bursts(0.0, 0.0, 0.0, 0.0), pictures(1, 2, 3, 4)) == []  # a pose held for a burst is not frozen


def test_a_pointer_that_moves_is_seen() -> None:
    thumbnails = pictures(1, 1, 1, 1)
    for place in range(20):
        thumbnails[place, 50:54, 4 * place : 4 * place + 3] = 0
    assert frozen(np.full(20, 0.01), thumbnails) == []


def test_slow_changes_are_seen() -> None:
    thumbnails = pictures(1, 1, 1, 1)
    fading = (thumbnails * (1 - 0.03 * TIMES)[:, None, None, None]).astype(np.uint8)
    assert frozen(np.full(20, 0.02), fading) == []


def test_a_key_frame_in_a_burst_does_not_thaw_it() -> None:
    still = bursts(0.0, 0.0, 0.0, 0.0)
    still[[0, 1, 2, 5, 6, 7]] = 1.5
    assert frozen(still, pictures(1, 1, 1, 1)) == [(0.0, 12.0)]


def test_black_is_not_called_frozen_too() -> None:
    assert frozen(np.zeros(20), pictures(1, 1, 1, 1), black=bursts(True, True, False, False)) == [(4.9, 12.0)]


def test_a_frame_that_is_shown_for_long_is_frozen() -> None:
    """Screens are recorded with a frame only where something changes: at 0, 1, 7 and 8 s."""
    times, thumbnails = [0.0, 1.0, 7.0, 8.0], pictures(1, 2, 3, 4)[::5]
    whole = {"start_seconds": 0.0, "end_seconds": 9.0}
    found = frozen_stretches(times, np.zeros(4), thumbnails, **whole, frame_indexes=[0, 1, 2, 3])  # type: ignore[arg-type]
    assert spans(found) == [(1.0, 7.0)]
    apart = frozen_stretches(times, np.zeros(4), thumbnails, **whole, frame_indexes=[0, 30, 200, 230])  # type: ignore[arg-type]
    assert apart == ()


def sampled(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float32], Picture, NDArray[np.int64]]:
    """Times, stillness, thumbnails and places of the samples of a film in bursts, by the real extractors."""
    spec, indexes = IndexSpec(FrameSpec()), []
    with (
        open_film(path, threads=1) as reader,
        ThumbnailExtractor(spec, threads=1) as thumbnails,
        ShakeExtractor(spec, threads=1) as shake,
    ):
        renderer, times = Renderer(), []
        for frame in reader.frames():
            image = FrameImage(frame, renderer)
            if frame.time_seconds % 3 > 0.81:
                continue
            if frame.frame_index % 5 == 0:
                thumbnails.add(image)
                shake.add(image)
                times.append(frame.time_seconds)
                indexes.append(frame.frame_index)
            else:
                shake.passed(image)
        rows = shake_of(shake.finish(), times_seconds=np.array(times), wanted=np.arange(len(times)))
    small = np.stack([decode_thumbnail(data) for data in thumbnails.finish()])
    return np.array(times), rows[:, SHAKE_COLUMNS.index("still")], small, np.array(indexes)


def scene(shift: int = 0) -> NDArray[np.float32]:
    """A picture (180, 320, 3) with plain and with busy parts."""
    rows, columns = np.mgrid[0:180, 0:320].astype(np.float32)
    waves = 128 + 50 * np.sin((columns + shift) / 7) * np.sin(rows / 11) + 40 * np.sin(columns * rows / 4000)
    return np.repeat(waves[:, :, None], 3, axis=2).astype(np.float32)


def grainy(number: int) -> Picture:
    grain = np.random.default_rng(number).normal(0, 3, (180, 320, 1))
    return np.clip(scene() + grain, 0, 255).astype(np.uint8)


def still_scene(_: int) -> Picture:
    return scene().astype(np.uint8)


def moving(number: int) -> Picture:
    return scene(number * 2).astype(np.uint8)


ENCODERS = {
    "good": ("libx264", {"crf": "18", "g": "250"}),
    "usual": ("libx264", {"crf": "23", "g": "50", "bf": "3"}),
    "poor": ("libx264", {"crf": "33", "g": "75", "preset": "veryfast"}),
    "vp9": ("libvpx-vp9", {"crf": "35", "b": "0", "cpu-used": "8", "deadline": "realtime"}),
}


def encoded(folder: Path, encoder: str, draw: Callable[[int], Picture], count: int = 230) -> Path:
    codec, options = ENCODERS[encoder]
    return write_film(
        folder / "a.mkv", (draw(n) for n in range(count)), width=320, height=180, codec=codec, options=options
    )


@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_frozen_film_is_frozen_however_it_is_encoded(tmp_path: Path, encoder: str) -> None:
    times, still, thumbnails, indexes = sampled(encoded(tmp_path, encoder, still_scene))
    found = frozen_stretches(times, still, thumbnails, start_seconds=0, end_seconds=9.2, frame_indexes=indexes)
    assert spans(found) == [(0.0, 9.2)]


@pytest.mark.parametrize("encoder", ["good", "usual"])
def test_a_tripod_in_an_empty_room_is_not_frozen(tmp_path: Path, encoder: str) -> None:
    times, still, thumbnails, indexes = sampled(encoded(tmp_path, encoder, grainy))
    assert frozen_stretches(times, still, thumbnails, start_seconds=0, end_seconds=9.2, frame_indexes=indexes) == ()


def test_a_film_that_freezes_on_the_way(tmp_path: Path) -> None:
    path = encoded(tmp_path, "usual", lambda number: moving(min(number, 60)))
    times, still, thumbnails, indexes = sampled(path)
    found = frozen_stretches(times, still, thumbnails, start_seconds=0, end_seconds=9.2, frame_indexes=indexes)
    assert spans(found) == [(1.9, 9.2)]  # it froze at 2.4 s, between the bursts at 0 and at 3 s


# Silent --------------------------------------------------------------------------------------------------------------


def silent(decibels: object, *, start: float = 0.0, end: float) -> list[tuple[float, float]]:
    levels = SoundLevels(start, np.array(decibels, np.float32))
    return spans(silent_stretches(levels, end_seconds=end))


def test_silence_is_below_minus_60_for_two_seconds() -> None:
    room, hush, nothing = [-55.0] * 20, [-65.0] * 20, [-np.inf] * 20
    assert silent([*room, *hush, *nothing, *room], end=8.0) == [(2.0, 6.0)]
    assert silent([*room, *hush[:19], *room], end=5.9) == []
    assert silent(room, end=2.0) == []


def test_sound_that_begins_late_or_ends_early_is_silent_there() -> None:
    assert silent([*[-np.inf] * 25, *[-20.0] * 20], end=10.0) == [(0.0, 2.5), (4.5, 10.0)]
    assert silent([], end=3.0) == [(0.0, 3.0)]
    assert silent([], end=0.0) == []


def test_silence_lies_on_the_clock_of_the_film() -> None:
    assert silent([*[-20.0] * 10, *[-80.0] * 30], start=5.0, end=8.85) == [(6.0, 8.85)]


def test_levels_behind_the_end_do_not_count() -> None:
    assert silent([*[-20.0] * 10, *[-80.0] * 100], end=2.5) == []
