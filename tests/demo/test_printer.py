"""The drawn film: the same for the same seed, and different where the truth says it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelsift.demo.printer import PrinterFilm
from reelsift.demo.screenplay import LONGEST_SCENE, SHORTEST_SCENE, scene_lengths, write_screenplay
from reelsift.errors import SpecError

SMALL = PrinterFilm(frames=60, width=160, height=90, seed=3)


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    return np.stack(list(SMALL.draw()))


def runs(truth: np.ndarray) -> list[int]:
    """Lengths of the runs of equal values."""
    borders = np.flatnonzero(np.diff(truth.astype(int))) + 1
    return np.diff(np.concatenate([[0], borders, [truth.size]])).tolist()


def test_frames_have_the_size_and_number_asked_for(frames: np.ndarray) -> None:
    assert frames.shape == (60, 90, 160, 3)
    assert frames.dtype == np.uint8


def test_same_seed_draws_the_same_film(frames: np.ndarray) -> None:
    again = np.stack(list(PrinterFilm(frames=60, width=160, height=90, seed=3).draw()))
    assert np.array_equal(frames, again)


def test_other_seed_draws_another_film(frames: np.ndarray) -> None:
    other = PrinterFilm(frames=60, width=160, height=90, seed=4)
    assert not np.array_equal(other.truth, SMALL.truth)
    assert not np.array_equal(next(other.draw()), frames[0])


def test_frames_do_not_share_memory() -> None:
    film = PrinterFilm(frames=8, width=64, height=36).draw()
    first = next(film)
    kept = first.copy()
    next(film)
    assert np.array_equal(first, kept)


@given(frames=st.integers(8, 400), seed=st.integers(0, 2**31))
def test_scenes_last_4_to_15_frames_and_fill_the_film(frames: int, seed: int) -> None:
    lengths = scene_lengths(frames, random=np.random.default_rng(seed))
    assert sum(lengths) == frames
    assert len(lengths) >= 2
    assert all(SHORTEST_SCENE <= n <= LONGEST_SCENE for n in lengths)


@given(seed=st.integers(0, 2**31))
def test_truth_alternates_in_scenes(seed: int) -> None:
    truth = PrinterFilm(frames=200, width=64, height=36, seed=seed).truth
    assert truth.dtype == np.bool_
    assert truth[0]
    assert all(SHORTEST_SCENE <= n <= LONGEST_SCENE for n in runs(truth))


def test_truth_of_the_full_film_shows_all_scene_lengths() -> None:
    truth = PrinterFilm().truth
    assert truth.shape == (1600,)
    assert set(runs(truth)) == set(range(4, 16))
    assert 0.35 < truth.mean() < 0.65


def test_changing_the_truth_does_not_change_the_film() -> None:
    film = PrinterFilm(frames=20, width=64, height=36)
    film.truth[:] = False
    assert film.truth.any()


@given(seed=st.integers(0, 2**31))
def test_plate_is_down_exactly_while_the_light_is_on(seed: int) -> None:
    play = write_screenplay(150, seed=seed)
    assert (play.lift[play.light_on] == 0).all()
    assert (play.shift[play.light_on] == 0).all()
    assert (play.lift[~play.light_on] > 0).all()
    assert (play.power[play.light_on] > 0.5).all()
    assert (play.power[~play.light_on] == 0).all()
    assert (np.diff(play.length) >= 0).all()


def test_light_glows_violet_over_the_film_in_ok_frames_only(frames: np.ndarray) -> None:
    layer = frames[:, 64:74, 60:100].astype(float)
    violet = (layer[..., 2] - layer[..., 1]).mean(axis=(1, 2))
    assert violet[SMALL.truth].min() > violet[~SMALL.truth].max() + 20


def test_neighbours_differ_even_while_curing(frames: np.ndarray) -> None:
    """Noise and flicker: no two frames of a scene are alike."""
    change = np.abs(np.diff(frames.astype(int), axis=0)).mean(axis=(1, 2, 3))
    assert change.min() > 0.5


def test_object_grows() -> None:
    """The print is longer at the end: below the lifted plate there is more that was not there at the start."""
    play = write_screenplay(300, seed=0)
    assert play.length[-1] > 250 > 50 > play.length[20]


def test_sprites_reach_beyond_no_edge_at_odd_shapes() -> None:
    for width, height in ((32, 32), (320, 180), (90, 160)):
        film = PrinterFilm(frames=12, width=width, height=height, seed=1)
        assert all(frame.shape == (height, width, 3) for frame in film.draw())


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"frames": 7}, "not 7"), ({"width": 63}, "63x720"), ({"height": 0}, "1280x0"), ({"fps": 0}, "not 0")],
)
def test_sizes_that_cannot_be_are_named(wrong: dict[str, int], named: str) -> None:
    with pytest.raises(SpecError, match=named):
        PrinterFilm(**wrong)
