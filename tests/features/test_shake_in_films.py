"""The view `shake` through the store: samples, every frame, parts, bursts and single frames say the same."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from films import write_film
from reelsift.features import extraction
from reelsift.features.extraction import extract_part, plan_index, settle_index
from reelsift.features.loose import compute_among_neighbours
from reelsift.features.store import FeatureStore, IndexedSource
from reelsift.media.parts import plan_parts
from reelsift.media.reader import open_film
from reelsift.media.render import FrameImage, Renderer
from reelsift.media.sources import FilmSource
from reelsift.specs import FrameSpec, IndexSpec, Sampling
from shaken import OTHER_LAND, SHAKY, STEADY, column, panning, seen, walking

pytestmark = pytest.mark.xdist_group("extraction")

FPS, SECONDS, CUT_SECONDS = 25, 8, 4


def scene(number: int) -> np.ndarray:
    """A steady pan, and from the cut on a walk."""
    time = number / FPS
    grey = seen(panning, time % 2) if time < CUT_SECONDS else seen(walking, time, land=OTHER_LAND)
    return np.repeat(grey[..., None], 3, axis=2)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> FilmSource:
    path = tmp_path_factory.mktemp("films") / "walk.mp4"
    options = {"preset": "veryfast", "crf": "26", "g": "50", "bf": "2"}
    pictures = map(scene, range(FPS * SECONDS))
    return FilmSource(write_film(path, pictures, width=320, height=180, options=options), "walk.mp4")


def indexed(film: FilmSource, folder: Path, sampling: Sampling) -> IndexedSource:
    store, spec = FeatureStore(folder), IndexSpec(FrameSpec(sampling), views=("shake",))
    plan = plan_index(film, spec, store, views=("shake",))
    for item in plan.items:
        extract_part(item)
    return store.read(settle_index(plan, store))


def shake_by_time(found: IndexedSource) -> dict[float, np.ndarray]:
    return dict(zip(np.round(found.times_seconds, 3).tolist(), np.asarray(found.views["shake"]), strict=True))


def test_samples_know_of_all_frames_between_them(film: FilmSource, tmp_path: Path) -> None:
    some = shake_by_time(indexed(film, tmp_path / "some", Sampling(Fraction(5))))
    every = shake_by_time(indexed(film, tmp_path / "every", Sampling(None)))
    assert len(some) == 5 * SECONDS
    for time, row in some.items():
        assert row == pytest.approx(every[time], abs=1e-5)


def test_the_walk_is_shaky_and_the_pan_is_not(film: FilmSource, tmp_path: Path) -> None:
    found = indexed(film, tmp_path, Sampling(Fraction(5)))
    shake, walked = column(np.asarray(found.views["shake"]), "shake"), found.times_seconds >= CUT_SECONDS
    # The pan jumps back once, and pauses for nothing: what is near that is left out.
    even = ~walked & (np.abs(found.times_seconds - 2) > 0.5)
    assert shake[even].max() < STEADY
    assert shake[walked].min() > SHAKY


def test_bursts_say_what_the_whole_says(film: FilmSource, tmp_path: Path) -> None:
    bursts = indexed(film, tmp_path / "bursts", Sampling(bursts=True))
    shake, walked = column(np.asarray(bursts.views["shake"]), "shake"), bursts.times_seconds >= CUT_SECONDS
    assert 0 < len(bursts.times_seconds) < 5 * SECONDS
    assert shake[walked].min() > SHAKY / 2
    assert (column(np.asarray(bursts.views["shake"]), "seconds") > 0.35).all()


def test_parts_and_runs_hardly_change_a_row(film: FilmSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = shake_by_time(indexed(film, tmp_path / "whole", Sampling(Fraction(5))))
    monkeypatch.setattr(extraction, "plan_parts", partial(plan_parts, part_seconds=1.0))
    monkeypatch.setattr(extraction, "_ROWS_AT_ONCE", 3)
    divided = shake_by_time(indexed(film, tmp_path / "divided", Sampling(Fraction(5))))
    assert divided.keys() == whole.keys()
    walked = [time for time in whole if time >= CUT_SECONDS]
    rows, expected = (np.array([found[time] for time in walked]) for found in (divided, whole))
    assert column(rows, "shake").min() > SHAKY
    assert column(rows, "seconds") == pytest.approx(column(expected, "seconds"), abs=0.01)


def test_single_frames_have_the_rows_of_an_index(film: FilmSource, tmp_path: Path) -> None:
    every = shake_by_time(indexed(film, tmp_path, Sampling(None)))
    spec = IndexSpec(FrameSpec(Sampling(None)), views=("shake",))
    wanted = {1.0, 5.2, 7.0}
    renderer = Renderer()
    with open_film(film.path) as reader:
        images = [FrameImage(frame, renderer) for frame in reader.frames() if round(frame.time_seconds, 3) in wanted]
        rows = compute_among_neighbours(images, ["shake"], spec, source=film)
    for time, row in zip(sorted(wanted), rows["shake"], strict=True):
        assert row == pytest.approx(every[time], abs=1e-4)
