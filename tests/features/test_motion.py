"""The motion numbers: what each of them says, on scenes where the answer is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelsift.features.motion import MOTION_PICTURE, MOTION_WIDTH, MotionExtractor, motion_of
from reelsift.features.movement import movement_between
from reelsift.media.render import PictureImage
from reelsift.specs import IndexSpec

SPEED, TURN, DIVERGENCE, ROTATION = (slice(start, start + 5) for start in (0, 5, 10, 15))
DIRECTIONS, BLOCKS, CHANGE = slice(20, 28), slice(28, 37), slice(37, 46)
RIGHT, DOWN, ZOOM, ROLL, CAMERA_SPEED = range(46, 51)
SHAKE, FAR_CAMERA, BRIGHTER, LIGHT, BEFORE, AFTER = 51, slice(54, 56), 56, 57, 58, 59
OWN_MOVEMENT = slice(0, 37)

WIDTH, HEIGHT = 480, 288  # the pictures that are drawn
FRAMES = 13

Draw = Callable[[int], np.ndarray]


def scenery() -> np.ndarray:
    """A wide land of soft spots, brightness 20 to 220."""
    noise = np.random.default_rng(1).normal(size=(3 * HEIGHT, 3 * WIDTH)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 16)
    return np.asarray(20 + 200 * (soft - soft.min()) / (soft.max() - soft.min()), np.float32)


LAND = scenery()


def camera(right: float = 0, down: float = 0, *, larger: float = 1, clockwise: float = 0) -> np.ndarray:
    """What is seen of the land: moved to the right and down (shares of a side), grown, turned (radians)."""
    turn = cv2.getRotationMatrix2D((1.5 * WIDTH, 1.5 * HEIGHT), -np.degrees(clockwise), larger)
    turn[:, 2] += (right * WIDTH - WIDTH, down * HEIGHT - HEIGHT)
    return np.asarray(cv2.warpAffine(LAND, turn, (WIDTH, HEIGHT)))


def with_thing(scene: np.ndarray, x: float, y: float) -> np.ndarray:
    """A bright square, its middle at shares of the sides."""
    at, half = (round(x * WIDTH), round(y * HEIGHT)), 24
    corner, opposite = (at[0] - half, at[1] - half), (at[0] + half, at[1] + half)
    return np.asarray(cv2.rectangle(scene.copy(), corner, opposite, 250, -1))


def kept_of(pictures: Sequence[np.ndarray]) -> list[bytes]:
    with MotionExtractor(IndexSpec(), threads=1) as extractor:
        for number, picture in enumerate(pictures):
            grey = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
            extractor.add(PictureImage(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), frame_index=number, time_seconds=number))
        return extractor.finish()


def rows_of(draw: Draw, *, fps: float = 5, frames: int = FRAMES) -> np.ndarray:
    kept = kept_of([draw(number) for number in range(frames)])
    return motion_of(kept, times_seconds=np.arange(frames) / fps, wanted=np.arange(frames))


def logarithm(speed: float) -> float:
    return float(np.log1p(speed / 0.02))


# Cameras -------------------------------------------------------------------------------------------------------------


def test_a_still_film_gives_zeros() -> None:
    rows = rows_of(lambda number: camera())
    assert (rows.shape, rows.dtype) == ((FRAMES, MOTION_WIDTH), np.float32)
    assert not rows.any()


def test_a_single_picture_gives_zeros() -> None:
    row = motion_of(kept_of([camera()]), times_seconds=np.zeros(1), wanted=np.arange(1))
    assert row.shape == (1, MOTION_WIDTH) and not row.any()
    none = motion_of(kept_of([camera()])[:0], times_seconds=np.zeros(0), wanted=np.arange(0))
    assert none.shape == (0, MOTION_WIDTH)


@pytest.mark.parametrize("step", [0.01, 0.05, -0.15], ids=["slow", "usual", "fast and back"])
def test_a_pan_moves_the_camera_and_little_else(step: float) -> None:
    rows = rows_of(lambda number: camera(step * (number - 6)))
    assert rows[:, RIGHT] == pytest.approx(np.sign(step) * logarithm(abs(step) / 0.2), rel=0.03)
    assert np.abs(rows[:, DOWN]).max() < 0.15
    assert rows[:, CAMERA_SPEED] == pytest.approx(np.abs(rows[:, RIGHT]), rel=0.01)
    assert rows[:, SPEED][:, 0].max() < logarithm(0.03 * abs(step) / 0.2) + 0.05
    assert rows[:, SHAKE].max() < 0.3
    if abs(step) < 0.1:  # of a fast one nothing is seen 0.8 s later that was seen before
        assert rows[6, FAR_CAMERA] == pytest.approx(logarithm(abs(step) / 0.2), rel=0.25)


def test_a_tilt_moves_the_camera_down() -> None:
    rows = rows_of(lambda number: camera(down=0.04 * (number - 6)))
    assert rows[:, DOWN] == pytest.approx(logarithm(0.2), rel=0.03)
    assert np.abs(rows[:, RIGHT]).max() < 0.15


def test_a_zoom_and_a_roll_are_told_from_a_pan() -> None:
    zoomed = rows_of(lambda number: camera(larger=1.02**number))
    rolled = rows_of(lambda number: camera(clockwise=0.02 * number))
    assert zoomed[6, ZOOM] == pytest.approx(logarithm(0.1), rel=0.05) and abs(zoomed[6, ROLL]) < 0.15
    assert rolled[6, ROLL] == pytest.approx(logarithm(0.1), rel=0.05) and abs(rolled[6, ZOOM]) < 0.15
    for rows in (zoomed, rolled):
        assert rows[6, CAMERA_SPEED] < 0.2 and rows[6, SPEED][0] < 0.2


def test_a_shaken_camera_is_not_a_pan() -> None:
    places = np.random.default_rng(2).normal(size=(FRAMES, 2)) * 0.03
    shaken = rows_of(lambda number: camera(*places[number]))
    panned = rows_of(lambda number: camera(0.03 * number - 0.2))
    both = rows_of(lambda number: camera(*(places[number] + (0.03 * number - 0.2, 0))))
    inner = slice(2, -2)
    assert min(shaken[inner, SHAKE].min(), both[inner, SHAKE].min()) > 1.5 > 0.2 > panned[inner, SHAKE].max()
    assert (shaken[4:-4, FAR_CAMERA][:, 1] < shaken[4:-4, CAMERA_SPEED]).mean() > 0.5
    assert shaken[:, SPEED][:, 0].max() < 0.3


# Things --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("row", "column"), [(0, 0), (0, 2), (1, 1), (2, 0), (2, 2)])
def test_what_moves_in_a_block_counts_there(row: int, column: int) -> None:
    x, y = (column + 0.5) / 3, (row + 0.5) / 3
    rows = rows_of(lambda number: with_thing(camera(), x + 0.008 * (number - 6), y))
    blocks = rows[2:-2, BLOCKS].reshape(-1, 3, 3)
    there = blocks[:, row, column].copy()
    assert there.min() > 0.5
    blocks[:, row, column] = 0
    assert (blocks.max(axis=(1, 2)) < there / 3).all()  # flow is smooth, and goes on a little beyond the border
    assert np.abs(rows[:, RIGHT]).max() < 0.15  # it is not the camera that moves
    # The greater part of what moves goes one way.
    assert (rows[2:-2, DIRECTIONS][:, 0] > 2 * rows[2:-2, DIRECTIONS][:, 2]).all()


def test_what_moves_counts_as_much_before_a_moving_camera() -> None:
    still = rows_of(lambda number: with_thing(camera(), 0.3 + 0.02 * number, 0.5))
    panned = rows_of(lambda number: with_thing(camera(0.04 * number - 0.2), 0.3 + 0.02 * number, 0.5))
    assert still[6, RIGHT] == pytest.approx(0, abs=0.15) and panned[6, RIGHT] > 2
    assert panned[6, SPEED][-1] > 0.7 * still[6, SPEED][-1] > 1


def test_what_turns_about_changes_more_than_what_goes_on() -> None:
    straight = rows_of(lambda number: with_thing(camera(), 0.2 + 0.03 * number, 0.5))
    about = rows_of(lambda number: with_thing(camera(), 0.5 + 0.03 * (number % 2), 0.5))
    assert about[6, SPEED][-1] == pytest.approx(straight[6, SPEED][-1], rel=0.3)
    # In place: where it stood still has it. Along the way it leaves where it was, and comes to where it was not.
    assert np.expm1(about[6, TURN][-1]) > 1.5 * np.expm1(straight[6, TURN][-1])


def test_light_that_changes_is_no_movement() -> None:
    rows = rows_of(lambda number: 0.8 * camera() + (15 if number % 2 else 0))
    assert rows[:, LIGHT] == pytest.approx(np.log1p(15), rel=0.02)
    assert rows[:, SPEED][:, 0].max() < 0.1 and rows[:, [BEFORE, AFTER]].max() < 0.02
    brighter = rows_of(lambda number: 0.5 * camera() + 3 * number)
    assert brighter[:, BRIGHTER] == pytest.approx(np.log1p(3), rel=0.1)
    darker = rows_of(lambda number: 0.5 * camera() - 3 * number + 40)
    assert darker[:, BRIGHTER] == pytest.approx(-np.log1p(3), rel=0.1)


def test_noise_is_hardly_movement() -> None:
    rng = np.random.default_rng(3)
    rows = rows_of(lambda number: camera() + 10 * rng.normal(size=(HEIGHT, WIDTH)))
    assert rows[:, SPEED][:, 0].max() < 0.3 and rows[:, CAMERA_SPEED].max() < 0.15
    flat = rows_of(lambda number: 60 + 3 * rng.normal(size=(HEIGHT, WIDTH)))
    assert flat[:, OWN_MOVEMENT].max() < 0.2 and flat[:, [BEFORE, AFTER]].max() < 0.1


# Time ----------------------------------------------------------------------------------------------------------------


def moving(seconds: float) -> np.ndarray:
    """A thing that goes round before a camera that shakes."""
    x, y = 0.5 + 0.25 * np.cos(2 * seconds), 0.5 + 0.2 * np.sin(2 * seconds)
    return with_thing(camera(0.02 * np.sin(9 * seconds), 0.02 * np.sin(13 * seconds)), x, y)


@pytest.mark.parametrize("fps", [10, 25, 30])
def test_rows_mean_the_same_however_densely_a_film_is_sampled(fps: int) -> None:
    """At 25 and 30 frames a second every 5th and 6th is 0.2 s on: the rows of those are equal to the last bit."""
    sparse = rows_of(lambda number: moving(number / 5))
    dense = rows_of(lambda number: moving(number / fps), fps=fps, frames=12 * fps // 5 + 1)
    assert np.array_equal(dense[:: fps // 5], sparse)


def test_odd_rates_give_nearly_the_same() -> None:
    """At 24 frames a second 0.2 s after a frame there is none; the nearest is 0.208 s after it."""
    sparse = rows_of(lambda number: moving(number / 5))
    dense = rows_of(lambda number: moving(number / 24), fps=24, frames=60)
    common = dense[[0, 24, 48]] - sparse[[0, 5, 10]]
    assert np.abs(common[:, [*range(5), RIGHT, DOWN, CAMERA_SPEED]]).max() < 0.5


def test_the_ends_of_a_film_go_by_the_side_there_is() -> None:
    rows = rows_of(lambda number: with_thing(camera(0.03 * number - 0.2), 0.3 + 0.01 * number, 0.5))
    for end, absent in ((0, BEFORE), (-1, AFTER)):
        assert rows[end, RIGHT] == pytest.approx(rows[6, RIGHT], rel=0.05)
        assert rows[end, SPEED][-1] == pytest.approx(rows[6, SPEED][-1], rel=0.4)
        assert rows[end, absent] == 0
    assert rows[0, AFTER] > 0 and rows[-1, BEFORE] > 0


def test_at_the_ends_changes_are_those_beside_them() -> None:
    shaken = rows_of(lambda number: camera(0.02 * (number % 2)))
    assert shaken[[0, -1], SHAKE] == pytest.approx(shaken[6, SHAKE], rel=0.1) and shaken[6, SHAKE] > 2
    about = rows_of(lambda number: with_thing(camera(), 0.5 + 0.03 * (number % 2), 0.5))
    assert about[[0, -1], TURN.stop - 1] == pytest.approx(about[6, TURN.stop - 1], rel=0.2) and about[6, TURN][-1] > 1


def test_speeds_are_a_second_whatever_the_step() -> None:
    """At 4 frames a second the nearest frame is 0.25 s on."""
    fast, slow = (
        rows_of(lambda number, fps=fps: with_thing(camera(0.1 * number / fps), 0.3 + 0.15 * number / fps, 0.5), fps=fps)
        for fps in (5, 4)
    )
    assert slow[6, RIGHT] == pytest.approx(fast[6, RIGHT], rel=0.02)
    assert slow[6, SPEED][-1] == pytest.approx(fast[6, SPEED][-1], rel=0.1)


def test_a_gap_in_time_has_no_neighbours_across_it() -> None:
    def draw(number: int) -> np.ndarray:
        return camera(0.02 * number, 0.3 * (number > 5))

    kept = kept_of([draw(number) for number in range(12)])
    times = np.arange(12) / 5 + 60 * (np.arange(12) > 5)
    rows = motion_of(kept, times_seconds=times, wanted=np.arange(12))
    halves = [
        motion_of(kept[part], times_seconds=times[part], wanted=np.arange(6)) for part in (slice(0, 6), slice(6, 12))
    ]
    assert np.array_equal(rows, np.concatenate(halves))
    assert rows[5, RIGHT] == pytest.approx(rows[3, RIGHT], rel=0.05)


def test_a_cut_is_told_and_is_no_movement() -> None:
    rows = rows_of(lambda number: camera(0.02 * number) if number < 7 else 240 - camera(0.02 * number - 0.8, 0.7))
    assert rows[6, AFTER] > 0.6 and rows[7, BEFORE] > 0.6 and rows[6, BEFORE] < 0.05 and rows[7, AFTER] < 0.05
    without = rows_of(lambda number: camera(0.02 * number))
    for row in (6, 7):
        assert np.abs(rows[row, OWN_MOVEMENT] - without[row, OWN_MOVEMENT]).max() < 0.8
        assert rows[row, RIGHT] == pytest.approx(without[row, RIGHT], rel=0.1)


def test_what_moves_wildly_is_not_taken_for_cuts() -> None:
    rng = np.random.default_rng(4)
    pictures = [camera(*rng.uniform(-0.9, 0.9, 2)) for _ in range(FRAMES)]
    rows = rows_of(lambda number: pictures[number])
    assert np.median(rows[:, [BEFORE, AFTER]]) > 0.5
    assert np.median(rows[:, CHANGE][:, 0]) > 2  # and not 0, as where nothing is known


@given(st.data())
def test_rows_depend_on_the_frames_around_and_on_nothing_else(data: st.DataObject) -> None:
    """In whatever runs they are asked for, and whatever lies beyond their reach."""
    count = 24
    noise = np.random.default_rng(5).integers(0, 256, (count // 3, 2160), np.uint8).repeat(3, axis=0)
    noise[::2, ::7] //= 2
    pictures = [picture.tobytes() for picture in noise]
    times = np.cumsum(data.draw(st.lists(st.sampled_from([0.04, 0.1, 0.2, 0.9]), min_size=count, max_size=count)))
    whole = motion_of(pictures, times_seconds=times, wanted=np.arange(count))
    row = data.draw(st.integers(0, count - 1))
    near = np.flatnonzero(np.abs(times - times[row]) <= 1.2 + 1e-6)
    alone = motion_of([pictures[n] for n in near], times_seconds=times[near], wanted=np.flatnonzero(near == row))
    assert np.array_equal(alone[0], whole[row])
    assert np.isfinite(whole).all()


# Movement ------------------------------------------------------------------------------------------------------------


def small_pictures(pictures: Sequence[np.ndarray]) -> np.ndarray:
    joined = bytearray(b"".join(kept_of(pictures)))
    return np.frombuffer(joined, np.uint8).reshape(-1, MOTION_PICTURE.height, MOTION_PICTURE.width)


def test_shifts_are_found_to_a_tenth_of_a_pixel() -> None:
    width, height = MOTION_PICTURE.width, MOTION_PICTURE.height
    shifts = np.array([[0, 0], [0.5, 0], [-1.2, 0.8], [6, -4], [-11, 5]])
    pictures = small_pictures([camera(x / width, y / height) for x, y in shifts])
    found = movement_between(pictures, np.array([[0, number] for number in range(len(shifts))]), flow=True)
    assert found.shift == pytest.approx(shifts, abs=0.1)
    assert found.zoom == pytest.approx(0, abs=0.005) and found.roll == pytest.approx(0, abs=0.005)
    assert np.abs(found.rest).mean(axis=(1, 2, 3)).max() < 0.2


def test_pictures_are_left_as_they_are() -> None:
    pictures = small_pictures([camera(), camera(0.1)])
    before = pictures.copy()
    movement_between(pictures, np.array([[0, 1]]), flow=True)
    assert np.array_equal(pictures, before)


# Extraction ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("height", "width"), [(720, 1280), (1280, 720), (36, 60), (20, 30), (1, 500)])
def test_any_shape_is_kept_small(height: int, width: int) -> None:
    across = np.linspace(0, 255, width).astype(np.uint8)[None, :, None].repeat(height, axis=0).repeat(3, axis=2)
    with MotionExtractor(IndexSpec(), threads=1) as extractor:
        extractor.add(PictureImage(across, frame_index=0, time_seconds=0))
        (row,) = extractor.finish()
    small = np.frombuffer(row, np.uint8).reshape(MOTION_PICTURE.height, MOTION_PICTURE.width).astype(int)
    assert np.abs(small - np.linspace(2, 253, MOTION_PICTURE.width)).max() < 6
