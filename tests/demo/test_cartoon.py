"""The drawn cartoon: the same for the same seed, and what it is said to show is what there is to see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reelsift.demo import CartoonFilm
from reelsift.demo.cartoon.film import PLACES
from reelsift.demo.cartoon.staging import camera_at
from reelsift.demo.cartoon.story import EPISODES, LONGEST_SCENE, SHORTEST_SCENE, write_story
from reelsift.errors import SpecError

LAST = len(EPISODES) - 1
SMALL = CartoonFilm(LAST, seconds=24, width=320, height=180, seed=3)
LEAST_PIXELS = 30  # of 320 x 180


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    return np.stack(list(SMALL.draw()))


def test_frames_have_the_size_and_number_asked_for(frames: np.ndarray) -> None:
    assert frames.shape == (24 * 12, 180, 320, 3)
    assert frames.dtype == np.uint8


def test_same_values_draw_the_same_film(frames: np.ndarray) -> None:
    assert np.array_equal(frames, np.stack(list(replace(SMALL).draw())))


@pytest.mark.parametrize("other", [replace(SMALL, seed=4), replace(SMALL, episode=0)])
def test_another_seed_or_episode_is_another_film(frames: np.ndarray, other: CartoonFilm) -> None:
    drawn = np.stack(list(other.draw()))
    assert (frames[40:] != drawn[40:]).mean() > 0.5
    assert any(not np.array_equal(other.truth[name], SMALL.truth[name]) for name in SMALL.truth)


def test_frames_do_not_share_memory() -> None:
    film = replace(SMALL, width=64, height=36).draw()
    pictures = [(picture, picture.copy()) for picture, _ in zip(film, range(60), strict=False)]
    assert all(np.array_equal(picture, kept) for picture, kept in pictures)


@pytest.mark.parametrize("name", ["Moggy", "Pip"])
def test_without_a_figure_exactly_the_frames_change_that_are_said_to_show_it(frames: np.ndarray, name: str) -> None:
    others = tuple(other for other in SMALL.truth if other != name)
    without = np.stack(list(replace(SMALL, cast=others).draw()))
    changed = (frames != without).any(axis=3).sum(axis=(1, 2))
    shown = SMALL.truth[name]
    assert 0 < shown.sum() < shown.size
    assert changed[~shown].max() == 0
    assert changed[shown].min() >= LEAST_PIXELS


def test_who_is_seen_does_not_depend_on_the_size_of_the_picture() -> None:
    small, large = replace(SMALL, width=64, height=36).truth, replace(SMALL, width=1280, height=720).truth
    assert all(np.array_equal(small[name], large[name]) for name in small)


def test_changing_the_truth_does_not_change_the_film() -> None:
    film = replace(SMALL)
    film.truth["Pip"][:] = False
    assert film.truth["Pip"].any()


@pytest.mark.parametrize("episode", range(len(EPISODES)))
def test_an_episode_shows_neither_and_each(episode: int) -> None:
    truth = CartoonFilm(episode, seconds=30 if episode < LAST else 60).truth
    shown = {(bool(moggy), bool(pip)) for moggy, pip in zip(truth["Moggy"], truth["Pip"], strict=True)}
    assert shown >= {(False, False), (True, False), (False, True)}
    assert episode < LAST or (True, True) in shown  # both at once where it is measured; not in every short episode
    assert all(0.15 < there.mean() < 0.85 for there in truth.values())


def test_the_last_episode_plays_where_no_other_does() -> None:
    elsewhere = {place for episode in EPISODES[:-1] for place in episode.places}
    assert not elsewhere & set(EPISODES[-1].places)
    assert elsewhere | set(EPISODES[-1].places) == set(PLACES)


def test_cards_are_the_same_in_every_episode_and_show_nobody(frames: np.ndarray) -> None:
    other = np.stack(list(CartoonFilm(0, seconds=8, width=320, height=180).draw()))
    assert np.array_equal(frames[:18], other[:18]) and np.array_equal(frames[-15:], other[-15:])
    assert not any(there[:18].any() or there[-15:].any() for there in SMALL.truth.values())


@settings(max_examples=30)
@given(episode=st.integers(0, LAST), seconds=st.floats(8, 90), seed=st.integers(0, 2**31))
def test_scenes_follow_each_other_and_the_camera_stays_on_the_backdrop(episode: int, seconds: float, seed: int) -> None:
    scenes = write_story(episode, seconds=seconds, fps=12, seed=seed)
    assert (scenes[0].place, scenes[-1].place) == ("title", "end")
    first = 0
    for scene in scenes:
        assert scene.first_frame == first
        first += scene.frames
        for time in (0.0, scene.seconds / 2, scene.seconds):
            camera = camera_at(scene, time)
            assert camera.x - 320 / camera.zoom >= 0 and camera.x + 320 / camera.zoom <= 880
            assert camera.y - 180 / camera.zoom >= 0 and camera.y + 180 / camera.zoom <= 495
    assert first == round(seconds * 12)
    assert all(SHORTEST_SCENE - 0.05 <= scene.seconds <= LONGEST_SCENE + 0.05 for scene in scenes[1:-1])


def test_cuts_follow_the_story(frames: np.ndarray) -> None:
    """Between two scenes the picture changes at once, far more than from frame to frame within one."""
    change = np.abs(np.diff(frames[:, ::4, ::4].astype(int), axis=0)).mean(axis=(1, 2, 3))
    cuts = [scene.first_frame for scene in SMALL.story[1:]]
    within = np.setdiff1d(np.arange(1, len(frames)), cuts)
    assert change[np.array(cuts) - 1].min() > 3 * np.median(change[within - 1])
    assert change[np.array(cuts) - 1].min() > 12


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"episode": -1}, "not -1"), ({"episode": 9}, "0 to 6, not 9"), ({"seconds": 7}, "not 7"),
        ({"seconds": float("nan")}, "not nan"), ({"width": 63}, "63x360"), ({"height": 0}, "640x0"),
        ({"fps": 0}, "not 0"), ({"cast": ("Felix",)}, "Felix"),
    ],
)  # fmt: skip
def test_values_that_cannot_be_are_named(wrong: dict[str, object], named: str) -> None:
    with pytest.raises(SpecError, match=named):
        CartoonFilm(**wrong)
