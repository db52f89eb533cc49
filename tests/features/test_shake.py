"""How much a camera trembles, on scenes where the answer is known: steady or shaky, and by how much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from reelsift.features import camera_steps
from reelsift.features.camera_steps import STEP, StepTracker
from reelsift.features.shake import SHAKE_COLUMNS, ShakeExtractor, shake_of
from reelsift.features.views import VIEWS
from reelsift.specs import IndexSpec
from shaken import (
    HEIGHT,
    LAND,
    OTHER_LAND,
    SHAKY,
    STEADY,
    WIDTH,
    Camera,
    begun,
    column,
    gathering,
    knocked,
    panning,
    panning_on_foot,
    rest,
    rolling,
    seen,
    swaying,
    vibrating,
    walking,
    zooming,
)


@dataclass
class Drawn:
    """A frame as an extractor sees it; already as small as it wants it."""

    picture: np.ndarray
    time_seconds: float

    def luma(self, longest: int) -> np.ndarray:
        scale = longest / max(self.picture.shape)
        size = (round(self.picture.shape[1] * scale), round(self.picture.shape[0] * scale))
        return cv2.resize(self.picture, size, interpolation=cv2.INTER_AREA)


def kept_of(
    pictures: list[np.ndarray], times: np.ndarray, *, samples_a_second: float = 5
) -> tuple[list[bytes], np.ndarray]:
    due, chosen = -1, []
    with ShakeExtractor(IndexSpec(), threads=1) as extractor:
        for picture, time in zip(pictures, times.tolist(), strict=True):
            number = int(time * samples_a_second + 1e-6)
            image = Drawn(picture, time)
            if number > due:
                extractor.add(image)  # type: ignore[arg-type]
                chosen.append(time)
                due = number
            else:
                extractor.passed(image)  # type: ignore[arg-type]
        return extractor.finish(), np.array(chosen)


def rows_of(draw: Camera | Callable[[float], np.ndarray], *, fps: float = 30, seconds: float = 0.8) -> np.ndarray:
    """The rows of the samples, five a second, of what a camera sees or a function draws."""
    times = np.arange(round(seconds * fps) + 1) / fps
    drawn = [draw(time) for time in times.tolist()]
    pictures = [
        found if isinstance(found, np.ndarray) else seen(draw, time)
        for found, time in zip(drawn, times.tolist(), strict=True)
    ]  # type: ignore[arg-type]
    kept, chosen = kept_of(pictures, times)
    return shake_of(kept, times_seconds=chosen, wanted=np.arange(len(chosen)))


# Steady and shaky ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fps", [8, 10, 15, 24, 29.97, 60, 120])
@pytest.mark.parametrize("camera", [rest, panning, gathering, begun, zooming, swaying])
def test_what_people_choose_is_steady_at_any_frame_rate(camera: Camera, fps: float) -> None:
    rows = rows_of(camera, fps=fps)
    assert column(rows, "shake").max() < STEADY
    assert column(rows, "sure").min() > 0.8


@pytest.mark.parametrize("fps", [8, 10, 15, 24, 29.97, 60, 120])
@pytest.mark.parametrize("camera", [walking, panning_on_foot, knocked, rolling])
def test_what_nobody_chooses_is_shaky_at_any_frame_rate(camera: Camera, fps: float) -> None:
    assert column(rows_of(camera, fps=fps), "shake").min() > SHAKY


def test_vibration_is_shaky() -> None:
    rows = rows_of(vibrating)
    assert column(rows, "shake") == pytest.approx(np.hypot(0.003, 0.006) / np.sqrt(2), rel=0.1)
    assert column(rows, "across") == pytest.approx(0.003 / np.sqrt(2), rel=0.15)
    assert column(rows, "down") == pytest.approx(0.006 / np.sqrt(2), rel=0.15)
    assert column(rows, "bend").max() < 0.0003
    assert column(rows, "hurry").min() > 0.1


def test_a_trembling_hand_is_measured_to_a_ten_thousandth_of_the_width() -> None:
    def tremor(seconds: float) -> tuple[float, float, float, float]:
        return 0.0008 * np.sin(2 * np.pi * 5 * seconds), 0, 0, 0

    assert column(rows_of(tremor), "shake") == pytest.approx(0.0008 / np.sqrt(2), abs=0.0001)


def test_speed_is_that_of_the_smooth_path() -> None:
    rows = rows_of(panning)
    assert column(rows, "speed") == pytest.approx(np.hypot(0.4, 0.1), rel=0.02)


def test_a_picture_held_upright_counts_as_one_held_level() -> None:
    times = np.arange(25) / 30
    for size in ((320, 180), (180, 320)):
        kept, chosen = kept_of([seen(walking, time, size=size) for time in times.tolist()], times)
        rows = shake_of(kept, times_seconds=chosen, wanted=np.arange(len(chosen)))
        assert column(rows, "shake") == pytest.approx(0.0055, abs=0.0015)


# What is no camera ---------------------------------------------------------------------------------------------------


def with_subject(picture: np.ndarray, seconds: float, *, radius: int = 60) -> np.ndarray:
    """Somebody large who walks by."""
    canvas, mask = picture.copy(), np.zeros_like(picture)
    middle = (int(WIDTH * (0.3 + 0.4 * seconds)), int(HEIGHT * (0.6 + 0.06 * np.sin(2 * np.pi * 2 * seconds))))
    cv2.circle(mask, middle, radius, 255, -1)
    shifted = np.roll(OTHER_LAND[:HEIGHT, :WIDTH].astype(np.uint8), (middle[1], middle[0]), (0, 1))
    canvas[mask > 0] = shifted[mask > 0]
    return canvas


def test_a_subject_that_walks_by_is_steady() -> None:
    rows = rows_of(lambda seconds: with_subject(seen(rest, seconds), seconds))
    assert column(rows, "shake").max() < STEADY
    assert column(rows, "still").min() > 1


def test_a_subject_that_fills_more_than_half_of_the_picture_is_steady_before_a_camera_at_rest() -> None:
    rows = rows_of(lambda seconds: with_subject(seen(rest, seconds), seconds, radius=100))
    assert column(rows, "shake").max() < STEADY


def test_a_shaken_camera_is_told_behind_a_subject_and_captions() -> None:
    def draw(seconds: float) -> np.ndarray:
        picture = with_subject(seen(walking, seconds), seconds, radius=40)
        return cv2.putText(picture, "BREAKING NEWS FROM HERE", (10, HEIGHT - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 255, 2)

    assert column(rows_of(draw), "shake").min() > SHAKY


def test_light_that_fades_and_flashes_is_steady() -> None:
    def draw(seconds: float) -> np.ndarray:
        flash = 1.5 if round(seconds * 30) == 11 else 1
        return (seen(panning, seconds) * (0.4 + 0.4 * seconds) * flash).clip(0, 255).astype(np.uint8)

    assert column(rows_of(draw), "shake").max() < STEADY


def test_a_cut_is_steady() -> None:
    def draw(seconds: float) -> np.ndarray:
        return seen(panning, seconds, land=LAND if seconds < 0.62 else OTHER_LAND)

    rows = rows_of(draw, seconds=1.2)
    assert column(rows, "shake").max() < STEADY
    assert column(rows, "seconds").min() > 0.5
    assert column(rows, "seconds").max() < 0.7  # never across the cut


def test_noise_and_compression_before_a_tripod_are_steady() -> None:
    rng = np.random.default_rng(0)

    def draw(seconds: float) -> np.ndarray:
        noisy = (seen(rest, 0) + rng.normal(0, 6, (HEIGHT, WIDTH))).clip(0, 255).astype(np.uint8)
        return cv2.imdecode(cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_GRAYSCALE)

    assert column(rows_of(draw), "shake").max() < STEADY / 4


@pytest.mark.parametrize("pattern", [(0, 1, 2, 3, 3), (0, 0, 2, 2, 4, 4)], ids=["24 in 30", "15 in 30"])
def test_a_pan_whose_frames_are_shown_twice_is_steady(pattern: tuple[int, ...]) -> None:
    def draw(seconds: float) -> np.ndarray:
        number = round(seconds * 30)
        whole, part = divmod(number, len(pattern))
        taken = (whole * 4 + pattern[part]) * 1.25 if len(pattern) == 5 else whole * 6 + pattern[part]
        return seen(panning, taken / 30)

    assert column(rows_of(draw), "shake").max() < STEADY


def test_a_picture_without_anything_to_see_is_steady() -> None:
    rows = rows_of(lambda seconds: np.full((HEIGHT, WIDTH), 90, np.uint8))
    assert not column(rows, "shake").any()


# What a row says besides ---------------------------------------------------------------------------------------------


def test_a_frozen_picture_is_still() -> None:
    rows = rows_of(lambda seconds: seen(rest, 0))
    assert rows.shape == (5, len(SHAKE_COLUMNS))
    assert rows.dtype == np.float32
    assert not column(rows, "still").any()
    assert not column(rows, "shake").any()
    assert column(rows, "seconds") == pytest.approx(0.8, abs=0.02)


def test_still_looks_four_tenths_of_a_second_to_each_side() -> None:
    def draw(seconds: float) -> np.ndarray:
        return (seen(rest, 0) // (1 if seconds < 0.99 else 2)).astype(np.uint8)

    still = column(rows_of(draw, seconds=2), "still")
    assert (still[:3] == 0).all()
    assert (still[4:7] > 20).all()
    assert (still[8:] == 0).all()


def test_a_single_picture_knows_nothing() -> None:
    rows = rows_of(rest, seconds=0)
    assert rows.shape == (1, len(SHAKE_COLUMNS))
    assert not rows.any()


@pytest.mark.parametrize("size", [(1, 1), (8, 5), (20, 40), (31, 400)])
def test_pictures_of_any_size_have_finite_rows(size: tuple[int, int]) -> None:
    times = np.arange(12) / 12
    pictures = [cv2.resize(seen(walking, time), size) for time in times.tolist()]
    kept, chosen = kept_of(pictures, times)
    rows = shake_of(kept, times_seconds=chosen, wanted=np.arange(len(chosen)))
    assert np.isfinite(rows).all()


def test_no_frames_give_no_rows() -> None:
    with ShakeExtractor(IndexSpec(), threads=1) as extractor:
        assert extractor.finish() == []
    assert shake_of([], times_seconds=np.empty(0), wanted=np.arange(0)).shape == (0, len(SHAKE_COLUMNS))


# Bursts, runs, parts -------------------------------------------------------------------------------------------------


def test_a_gap_parts_two_bursts() -> None:
    burst = np.arange(25) / 30
    times = np.concatenate([burst, burst + 3])
    pictures = [seen(rest, time) if time < 2 else seen(walking, time, land=OTHER_LAND) for time in times.tolist()]
    kept, chosen = kept_of(pictures, times)
    rows = shake_of(kept, times_seconds=chosen, wanted=np.arange(len(chosen)))
    assert len(rows) == 10
    assert column(rows, "shake")[:5].max() < STEADY
    assert column(rows, "shake")[5:].min() > SHAKY
    assert column(rows, "seconds") == pytest.approx(0.8, abs=0.02)
    assert (column(rows, "still")[:5] == 0).all()


def test_only_frames_within_reach_matter() -> None:
    """What a film says of a frame must not depend on how much of it was read around."""
    times = np.arange(91) / 30
    pictures = [seen(panning_on_foot, time) for time in times.tolist()]
    kept, chosen = kept_of(pictures, times)
    whole = shake_of(kept, times_seconds=chosen, wanted=np.array([7]))
    near = np.abs(times - chosen[7]) <= VIEWS["shake"].reach_seconds
    kept, chosen_near = kept_of([p for p, n in zip(pictures, near, strict=True) if n], times[near], samples_a_second=30)
    row = int(np.abs(chosen_near - chosen[7]).argmin())
    alone = shake_of(kept, times_seconds=chosen_near, wanted=np.array([row]))
    assert alone == pytest.approx(whole, abs=1e-4)


def test_some_rows_are_those_of_all() -> None:
    times = np.arange(60) / 30
    kept, chosen = kept_of([seen(walking, time) for time in times.tolist()], times)
    every = shake_of(kept, times_seconds=chosen, wanted=np.arange(len(chosen)))
    some = shake_of(kept, times_seconds=chosen, wanted=np.array([6, 2]))
    assert np.array_equal(some, every[[6, 2]])


@pytest.mark.parametrize("overlap", [0, 1], ids=["parts", "runs"])
def test_a_border_between_extractors_is_no_gap(overlap: int) -> None:
    times = np.arange(60) / 30
    pictures = [seen(panning_on_foot, time) for time in times.tolist()]
    whole, chosen = kept_of(pictures, times)
    expected = shake_of(whole, times_seconds=chosen, wanted=np.arange(len(chosen)))
    first, _ = kept_of(pictures[:30], times[:30])
    with ShakeExtractor(IndexSpec(), threads=1) as extractor:
        for place in range(30 - overlap, 60):
            take = extractor.add if place >= 30 and place % 6 == 0 else extractor.passed
            take(Drawn(pictures[place], float(times[place])))  # type: ignore[arg-type]
        second = extractor.finish()
    rows = shake_of([*first, *second], times_seconds=chosen, wanted=np.arange(len(chosen)))
    assert column(rows, "seconds") == pytest.approx(column(expected, "seconds"), abs=1e-3)
    assert column(rows, "shake") == pytest.approx(column(expected, "shake"), abs=1e-5 if overlap else 1e-3)


# Steps ---------------------------------------------------------------------------------------------------------------


def test_a_step_is_told_to_a_fiftieth_of_a_pixel() -> None:
    tracker = StepTracker()
    for number in range(8):
        tracker.add(Drawn(seen(lambda n: (0.004 * n, -0.0023 * n, 0.003 * n, 0.002 * n), number), number / 30))  # type: ignore[arg-type]
    steps = tracker.finish()
    assert steps.dtype == STEP
    assert len(steps) == 8
    assert steps["seconds"][0] == 0
    # What is seen goes the other way than the camera.
    assert np.median(steps["moving"][1:], axis=0) == pytest.approx([-0.004, 0.0023, 0.003, -0.002], abs=0.02 / 160)
    assert steps["moving_share"][1:].min() > 0.95


def test_more_than_thirty_three_frames_a_second_are_thinned_out() -> None:
    for fps, looked_at in ((30, 30), (60, 33), (120, 33)):
        tracker = StepTracker()
        for number in range(fps):
            tracker.add(Drawn(np.zeros((90, 160), np.uint8), number / fps))  # type: ignore[arg-type]
        assert tracker.count == looked_at


def test_many_frames_are_fitted_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [Drawn(seen(walking, number / 30), number / 30) for number in range(10)]

    def steps() -> np.ndarray:
        tracker = StepTracker()
        for picture in pictures:
            tracker.add(picture)  # type: ignore[arg-type]
        assert tracker.count == 10
        return tracker.finish()

    whole = steps()
    monkeypatch.setattr(camera_steps, "_AT_ONCE", 3)
    assert np.array_equal(steps(), whole)
