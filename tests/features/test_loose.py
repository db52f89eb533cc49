"""Single frames and pictures: those asked for, whatever the container; what cannot be read leaves the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from films import KINDS, number_of, numbered, write_film
from quick_specs import ALL, VIEWS, spec_of
from reelsift.features import loose
from reelsift.features.extraction import compute_views
from reelsift.features.loose import extract_loose
from reelsift.features.store import FeatureStore
from reelsift.features.thumbnail import decode_thumbnail
from reelsift.media.reader import FilmReader, open_film
from reelsift.media.render import FrameImage, Renderer
from reelsift.media.sources import FilmSource, Source, resolve_sources
from reelsift.specs import Crop, IndexSpec

pytestmark = pytest.mark.xdist_group("extraction")


def read_whole(source: FilmSource, spec: IndexSpec, *, views: tuple[str, ...] = VIEWS) -> dict[str, Any]:
    """The views of every frame, read in one go."""
    renderer = Renderer(crop=spec.frames.crop)
    with open_film(source.path) as reader:
        return compute_views((FrameImage(frame, renderer) for frame in reader.frames()), views, spec)


def loose_rows(store: FeatureStore, source: Source, times: list[float]) -> np.ndarray:
    places, rows = store.read_loose("quality", ALL)
    return rows[[places[source.source_id, round(time * 1e6)] for time in times]]


def test_single_frames_are_those_of_the_film(slow: FilmSource, tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    times = [236.0, 0.0, 4.0, 150.5, 152.0]  # 150.5 s is within the frame that starts at 148 s
    assert extract_loose([(slow, times)], ALL, store, views=("quality",), name="some") == []
    whole = read_whole(slow, ALL)["quality"]
    assert np.array_equal(loose_rows(store, slow, times), whole[[59, 0, 1, 37, 38]])


@pytest.mark.parametrize("kind", KINDS)
def test_a_time_stamp_finds_its_frame_in_every_container(kind: str, tmp_path: Path) -> None:
    source, store = FilmSource(KINDS[kind].write(tmp_path, "film"), "film"), FeatureStore(tmp_path / "index")
    whole = read_whole(source, ALL, views=("quality",))
    wanted = [0, 3, 4, 11, 28, 29]
    times = whole[""]["time_seconds"][wanted].tolist()
    assert extract_loose([(source, times)], ALL, store, views=("quality",), name="some") == []
    assert np.array_equal(loose_rows(store, source, times), whole["quality"][wanted])


@pytest.fixture
def rewinds(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The films that were read from their start, once for each time."""
    seen: list[Path] = []
    real = FilmReader._rewound

    def counted(reader: FilmReader) -> Any:
        seen.append(reader.film.path)
        return real(reader)

    monkeypatch.setattr(FilmReader, "_rewound", counted)
    return seen


@pytest.mark.parametrize("kind", ["mpeg4-avi", "mpeg2-mpg", "mpeg4-wmv", "gif"])
def test_films_that_cannot_be_entered_are_read_once(kind: str, tmp_path: Path, rewinds: list[Path]) -> None:
    source, store = FilmSource(KINDS[kind].write(tmp_path, "film", 140), "film"), FeatureStore(tmp_path / "index")
    whole = read_whole(source, ALL, views=("quality",))
    times = whole[""]["time_seconds"][[0, 65, 138]].tolist()  # more than 2 s apart
    rewinds.clear()
    assert extract_loose([(source, times)], ALL, store, views=("quality",), name="some") == []
    assert len(rewinds) == 1
    assert np.array_equal(loose_rows(store, source, times), whole["quality"][[0, 65, 138]])


def test_a_crop_that_reaches_outside_one_source_leaves_the_others(slow: FilmSource, tmp_path: Path) -> None:
    wide = FilmSource(write_film(tmp_path / "wide.mp4", 4, width=128), "wide.mp4")
    (tmp_path / "a.png").write_bytes(cv2.imencode(".png", numbered(3)[..., ::-1])[1].tobytes())
    (small,) = resolve_sources([tmp_path / "a.png"])
    store, spec = FeatureStore(tmp_path / "index"), spec_of(None, crop=Crop(64, 0, 64, 48))
    problems = extract_loose([(slow, [0.0]), (small, [0.0]), (wide, [0.04])], spec, store, views=VIEWS, name="some")
    assert [problem.split(": the crop 64,0,64,48 reaches")[0] for problem in problems] == ["slow.mp4", small.name]
    places, _ = store.read_loose("quality", spec)
    assert list(places) == [(wide.source_id, 40_000)]


def test_a_film_that_takes_the_place_of_another_is_looked_at_anew(tmp_path: Path) -> None:
    path, store = tmp_path / "film.mp4", FeatureStore(tmp_path / "index")
    write_film(path, 5)
    assert extract_loose([(FilmSource(path, "film"), [0.16])], ALL, store, views=("quality",), name="one") == []
    write_film(path, 30)
    source = FilmSource(path, "film")
    assert extract_loose([(source, [1.0])], ALL, store, views=("quality",), name="two") == []
    assert np.array_equal(loose_rows(store, source, [1.0]), read_whole(source, ALL)["quality"][[25]])


def test_a_killed_run_keeps_the_single_frames_it_has_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loose, "_ROWS_AT_ONCE", 5)
    source, store = FilmSource(write_film(tmp_path / "film.mp4"), "film"), FeatureStore(tmp_path / "index")
    times = [n / 25 for n in range(25)]
    real, runs = store.add_loose, []

    def killed(*settings: Any, **columns: Any) -> None:
        runs.append(1)
        if len(runs) == 5:
            raise KeyboardInterrupt
        real(*settings, **columns)

    with monkeypatch.context() as patch:
        patch.setattr(store, "add_loose", killed)
        with pytest.raises(KeyboardInterrupt):
            extract_loose([(source, times)], ALL, store, views=VIEWS, name="some")
    assert len(store.read_loose("quality", ALL)[0]) == len(store.read_loose("thumbnail", ALL)[0]) == 10
    extract_loose([(source, times[10:])], ALL, store, views=VIEWS, name="rest")
    assert np.array_equal(loose_rows(store, source, times), read_whole(source, ALL)["quality"][:25])
    places, thumbnails = store.read_loose("thumbnail", ALL)
    shown = [number_of(decode_thumbnail(thumbnails[places[source.source_id, round(time * 1e6)]])) for time in times]
    assert shown == list(range(25))


def test_pictures_and_what_cannot_be_read_are_kept_apart(slow: FilmSource, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for number, path in enumerate(paths):
        path.write_bytes(cv2.imencode(".png", numbered(number)[..., ::-1])[1].tobytes())
    paths[1].write_text("damaged")
    (good, bad, other) = resolve_sources(paths)
    store = FeatureStore(tmp_path / "index")
    wanted = [(good, [0.0]), (bad, [0.0]), (slow, [8.0]), (other, [0.0])]
    problems = extract_loose(wanted, ALL, store, views=VIEWS, name="some")
    assert len(problems) == 1 and "1.png: not a picture, or damaged" in problems[0]
    places, thumbnails = store.read_loose("thumbnail", ALL)
    shown = {key: number_of(decode_thumbnail(thumbnails[row])) for key, row in places.items()}
    assert shown == {(good.source_id, 0): 0, (slow.source_id, 8_000_000): 2, (other.source_id, 0): 2}
