"""The drawn broadcast: the same for the same seed, the truth as drawn, and single frames that cannot tell it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reelsift.demo import BroadcastFilm
from reelsift.demo.broadcast.game import Game, Match
from reelsift.demo.broadcast.people import some_kit
from reelsift.demo.broadcast.products import PRODUCTS
from reelsift.demo.broadcast.programme import write_programme
from reelsift.demo.broadcast.shots import SHOTS
from reelsift.demo.broadcast.stadium import LENGTH, WIDTH, Lens, Stadium
from reelsift.errors import SpecError

SMALL = BroadcastFilm((9.0, 8.0, 5.0), width=320, height=180, fps=10, seed=3)


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    return np.stack(list(SMALL.draw()))


def test_frames_have_the_size_and_number_asked_for(frames: np.ndarray) -> None:
    assert frames.shape == (220, 180, 320, 3)
    assert frames.dtype == np.uint8


def test_same_values_draw_the_same_film(frames: np.ndarray) -> None:
    assert np.array_equal(frames, np.stack(list(replace(SMALL).draw())))


def test_another_seed_is_another_match_with_other_commercials(frames: np.ndarray) -> None:
    drawn = np.stack(list(replace(SMALL, seed=4).draw()))
    assert (frames != drawn).any(axis=3).mean() > 0.8


def test_frames_do_not_share_memory() -> None:
    film = replace(SMALL, width=64, height=36).draw()
    pictures = [(picture, picture.copy()) for picture in film]
    assert all(np.array_equal(picture, kept) for picture, kept in pictures)


def test_the_truth_follows_the_lengths() -> None:
    truth = SMALL.truth
    assert truth.tolist() == ["football"] * 90 + ["commercial"] * 80 + ["football"] * 50
    truth[:] = "commercial"
    assert (SMALL.truth == "football").sum() == 140
    assert replace(SMALL, starts_with="commercial").truth[0] == "commercial"


def test_pictures_cut_where_the_programme_says(frames: np.ndarray) -> None:
    """Between two shots the picture changes at once, more than from frame to frame within most."""
    change = np.abs(np.diff(frames[:, ::4, ::4].astype(int), axis=0)).mean(axis=(1, 2, 3))
    cuts = [item.first_frame - 1 for item in SMALL.programme[1:]]
    within = np.setdiff1d(np.arange(len(change)), cuts)
    assert np.median(change[cuts]) > 3 * np.median(change[within])
    assert change[cuts].min() > 0


@settings(max_examples=40, deadline=None)
@given(lengths=st.lists(st.floats(1, 40), min_size=1, max_size=6), seed=st.integers(0, 2**31))
def test_shots_follow_each_other_and_fill_each_stretch(lengths: list[float], seed: int) -> None:
    items = write_programme(lengths, starts_with="football", fps=10, seed=seed)
    assert items[0].first_frame == 0
    for one, other in itertools.pairwise(items):
        assert one.frames > 0 and other.first_frame == one.first_frame + one.frames
    stretches = [sum(item.frames for item in group) for _, group in itertools.groupby(items, lambda item: item.kind)]
    borders = np.round(np.cumsum([0.0, *lengths]) * 10)
    assert stretches == pytest.approx(np.diff(borders), abs=1)  # halves are rounded either way
    assert sum(stretches) == pytest.approx(borders[-1], abs=1)


def test_a_match_and_commercials_share_shots_and_differ_in_pace() -> None:
    items = write_programme([60.0] * 10, starts_with="football", fps=10, seed=1)
    shots, lengths = {}, {}
    for kind in ("football", "commercial"):
        own = [item for item in items if item.kind == kind]
        shots[kind], lengths[kind] = {item.shot for item in own}, np.median([item.frames for item in own])
    assert shots["football"] & shots["commercial"] == {"duel", "face", "runner", "boots", "fans"}
    assert shots["football"] | shots["commercial"] == set(SHOTS)
    assert lengths["football"] > 1.8 * lengths["commercial"]
    frames = {kind: sum(item.frames for item in items if item.kind == kind) for kind in shots}
    for kind in shots:  # what single frames cannot tell
        both = sum(item.frames for item in items if item.kind == kind and item.shot in shots["football"] - {"wide"})
        assert 0.3 < both / frames[kind] < 0.8


def test_a_match_shows_one_match_and_each_commercial_another() -> None:
    items = write_programme([20.0, 30.0, 20.0], starts_with="football", fps=10, seed=2)
    assert len({item.look.seed for item in items if item.kind == "football"}) == 1
    assert len({item.look.seed for item in items if item.kind == "commercial"}) >= 3


@pytest.mark.parametrize("shot", SHOTS)
@pytest.mark.parametrize("product", PRODUCTS)
def test_every_shot_can_be_drawn_and_moves(shot: str, product: str) -> None:
    look = replace(SMALL.programme[-10].look, product=product)
    drawn = SHOTS[shot](look, (160, 90), np.random.default_rng(0))
    pictures = [drawn.frame(seconds) for seconds in (0.0, 0.5, 5.0)]
    assert {picture.shape for picture in pictures} == {(90, 160, 3)}
    assert np.array_equal(pictures[0], drawn.frame(0.0))
    assert all((one != other).any() for one, other in itertools.combinations(pictures, 2))


def test_a_camera_sees_the_pitch_where_it_is() -> None:
    """What the matrix says of a place is where its lines are drawn: the middle spot is white in a green circle."""
    lens = Lens((LENGTH / 2, -30.0, 18.0), (LENGTH / 2, WIDTH / 2, 0.0), 3.0)
    kit = some_kit(np.random.default_rng(0))
    picture = Stadium(0, colours=(kit.shirt, kit.trim)).view(lens, (320, 180))
    assert picture[90, 160].min() > 150
    column = picture[60:120, 140].astype(int)
    assert (column[:, 1] > column[:, 0]).all() and (column[:, 1] > column[:, 2]).all()
    spot = lens.matrix((320, 180)) @ [LENGTH / 2, WIDTH / 2, 0.0, 1.0]
    assert spot[:2] / spot[2] == pytest.approx((160, 90), abs=1e-3)


def test_somebody_is_at_each_touch_of_the_ball_and_nobody_leaps() -> None:
    random = np.random.default_rng(5)
    game = Game(Match.of(random), random, seconds=20)
    times = np.arange(0, 20, 0.1)
    places = np.stack([game.players(float(time)) for time in times])
    ball = game.ball(times)
    assert ball.shape == (200, 2) and ball.min() > 0 and (ball < (LENGTH, WIDTH)).all()
    nearest = np.hypot(*(places - ball[:, None]).transpose(2, 0, 1)).min(axis=1)
    assert np.mean(nearest < 3) > 0.5
    speed = np.hypot(*np.diff(places, axis=0).transpose(2, 0, 1)) / 0.1
    assert np.quantile(speed, 0.99) < 16  # metres a second: a cartoon's footballers are quick


def test_two_teams_can_be_told_apart() -> None:
    for seed in range(20):
        match = Match.of(np.random.default_rng(seed))
        assert sum(abs(a - b) for a, b in zip(match.home.shirt, match.guest.shirt, strict=True)) > 190
        assert len(match.kits()) == 23


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"lengths": ()}, r"not \(\)"), ({"lengths": (0.5,)}, "0.5"), ({"lengths": (float("nan"),)}, "nan"),
        ({"starts_with": "news"}, "news"), ({"width": 63}, "63x360"), ({"height": 0}, "640x0"), ({"fps": 1}, "not 1"),
    ],
)  # fmt: skip
def test_values_that_cannot_be_are_named(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(SpecError, match=named):
        BroadcastFilm(**wrong)
