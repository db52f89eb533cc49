"""Copies: found in another size, codec, frame rate and a little shorter; not merely the same scene."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from films import write_film
from reelsift.actions.copies import Clip, Copies, candidate_pairs, find_copies, show_the_same, signature_of
from reelsift.errors import SpecError
from reelsift.media.glimpses import Glimpses
from reelsift.media.parts import scan_packets
from reelsift.media.reader import open_film
from reelsift.media.render import Renderer
from reelsift.media.sources import fingerprint_file
from reelsift.specs import Size

Picture = NDArray[np.uint8]
WIDTH, HEIGHT = 256, 144


def room(moment: float, *, take: int = 0, grain: int = 0) -> Picture:
    """A scene at a moment, in seconds: a room in which a ball flies about and a lamp flickers; each take is another."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    walls = 90 + 40 * np.sin(columns / 23) + 30 * np.cos(rows / 17)
    random = np.random.default_rng(take)
    speeds, phases = random.uniform(1.5, 4, 4), random.uniform(0, 6, 4)
    x = WIDTH * (0.5 + 0.3 * np.sin(speeds[0] * moment + phases[0]) + 0.1 * np.sin(speeds[1] * moment + phases[1]))
    y = HEIGHT * (0.5 + 0.35 * np.sin(speeds[2] * moment + phases[2]))
    walls = walls + 6 * np.sin(speeds[3] * moment + phases[3]) * (columns > WIDTH * 0.7)
    walls = walls + np.random.default_rng(grain + round(moment * 1000)).normal(0, 2, walls.shape)
    picture = np.repeat(np.clip(walls, 0, 255)[:, :, None], 3, axis=2).astype(np.uint8)
    cv2.circle(picture, (round(x), round(y)), 14, (230, 220, 60), -1)
    return picture


def film(
    path: Path,
    start: float = 0.0,
    end: float = 6.0,
    *,
    rate: int = 25,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    draw: Callable[..., Picture] = room,
    **settings: Any,
) -> Path:
    """Films from `start` to `end`; other settings are those of `write_film`, and `take`."""
    take = settings.pop("take", 0)
    pictures = (
        cv2.resize(draw(number / rate, take=take), size, interpolation=cv2.INTER_AREA)
        for number in range(round(start * rate), round(end * rate))
    )
    options = settings.pop("options", {"crf": "20", "g": "50", "preset": "veryfast"})
    return write_film(
        path,
        pictures,  # type: ignore[arg-type]
        width=size[0],
        height=size[1],
        time_base=Fraction(1, rate),
        options=options,
        **settings,
    )


def clip(path: Path) -> Clip:
    """What rating knows of a film: here from five samples of the first second."""
    scan = scan_packets(path)
    times, thumbnails = [], []
    with open_film(path, threads=1) as reader:
        renderer = Renderer()
        for frame in reader.frames():
            if len(times) == 5:
                break
            if not times or frame.time_seconds - times[0] >= 0.2 * len(times) - 1e-6:
                times.append(frame.time_seconds)
                thumbnails.append(renderer.rgb(frame, size=Size(192, 108)))
    seconds = float((scan.end_pts - scan.pts[0]) * scan.time_base)
    return Clip(path, fingerprint_file(path), seconds, signature_of(times, np.stack(thumbnails)))


def copies_of(paths: Iterable[Path]) -> Copies:
    return find_copies([clip(path) for path in paths])


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("original") / "a.mp4")


COPIES: dict[str, dict[str, Any]] = {
    "poorer": {"options": {"crf": "32", "preset": "veryfast"}},
    "smaller": {"size": (128, 72), "options": {"crf": "26", "preset": "veryfast"}},
    "another codec": {"name": "b.avi", "codec": "mpeg4", "options": {"b": "300k"}},
    "another frame rate": {"rate": 15},
    "later start": {"start": 0.92},
    "earlier end": {"end": 5.08},
    "both ends": {"start": 0.6, "end": 5.6, "size": (192, 108), "options": {"crf": "28", "preset": "veryfast"}},
}


@pytest.mark.parametrize("change", COPIES)
def test_another_encoding_is_a_near_copy(original: Path, tmp_path: Path, change: str) -> None:
    settings = dict(COPIES[change])
    copy = film(tmp_path / settings.pop("name", "b.mp4"), **settings)
    assert copies_of([original, copy]) == Copies((None, None), (None, 0))
    assert copies_of([copy, original]) == Copies((None, None), (None, 0))


OTHERS: dict[str, dict[str, Any]] = {
    "another take": {"take": 1},
    "what follows": {"start": 6.0, "end": 12.0},
    "trimmed by two seconds": {"start": 2.0, "end": 8.0},
}


@pytest.mark.parametrize("change", OTHERS)
def test_the_same_scene_is_no_copy(original: Path, tmp_path: Path, change: str) -> None:
    clips = [clip(original), clip(film(tmp_path / "b.mp4", **OTHERS[change]))]
    assert candidate_pairs(clips) == [(0, 1)]  # it looks alike
    assert find_copies(clips) == Copies((None, None), (None, None))


def empty(moment: float, *, take: int = 0) -> Picture:
    """A room in which nothing moves but grain."""
    return room(0.0, take=0) if take < 0 else room_without_ball(moment, take)


def room_without_ball(moment: float, take: int) -> Picture:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    walls = 90 + 40 * np.sin(columns / 23) + 30 * np.cos(rows / 17)
    walls = walls + np.random.default_rng(take * 100_000 + round(moment * 1000)).normal(0, 3, walls.shape)
    return np.repeat(np.clip(walls, 0, 255)[:, :, None], 3, axis=2).astype(np.uint8)


def test_two_films_of_an_empty_room_are_no_copies(tmp_path: Path) -> None:
    first = film(tmp_path / "a.mp4", draw=empty, take=1)
    second = film(tmp_path / "b.mp4", draw=empty, take=2)
    assert copies_of([first, second]).near == (None, None)


def test_a_slide_encoded_anew_is_a_copy(tmp_path: Path) -> None:
    def slide(_: float, *, take: int = 0) -> Picture:
        return room(0.0)

    first = film(tmp_path / "a.mp4", draw=slide)
    second = film(tmp_path / "b.mp4", draw=slide, size=(128, 72))
    assert copies_of([first, second]).near == (None, 0)


def test_exact_copies_are_named_after_the_first_and_not_looked_at(original: Path, tmp_path: Path) -> None:
    near = film(tmp_path / "near.mp4", options={"crf": "28", "preset": "veryfast"})
    known, other = clip(original), clip(near)
    moved = Clip(tmp_path / "gone.mp4", known.source_id, known.duration_seconds, known.signature)
    again = Clip(tmp_path / "gone-2.mp4", other.source_id, other.duration_seconds, other.signature)
    assert find_copies([known, moved, other, again]) == Copies((None, 0, None, 2), (None, None, 0, None))


def test_all_copies_of_a_film_are_named_after_the_first(original: Path, tmp_path: Path) -> None:
    first = film(tmp_path / "b.mp4", options={"crf": "30", "preset": "veryfast"})
    second = film(tmp_path / "c.mp4", start=0.5)
    checked: list[tuple[int, int]] = []
    clips = [clip(path) for path in (original, first, second)]
    assert find_copies(clips, on_checked=lambda *at: checked.append(at)).near == (None, 0, 0)
    assert checked == [(1, 3), (2, 3), (3, 3)]


def test_a_clip_that_cannot_be_read_again_is_no_copy(original: Path, tmp_path: Path) -> None:
    known = clip(original)
    gone = Clip(tmp_path / "gone.mp4", "another", known.duration_seconds, known.signature)
    assert candidate_pairs([known, gone]) == [(0, 1)]
    assert find_copies([known, gone]) == Copies((None, None), (None, None))
    assert find_copies([]) == Copies((), ())
    assert find_copies([known]) == Copies((None,), (None,))


def drawn(generator: np.random.Generator, seconds: float, *, like: Clip | None = None) -> Clip:
    signature = like.signature + generator.normal(0, 3, (3, 192)) if like else generator.uniform(0, 255, (3, 192))
    return Clip(Path("x"), str(generator.integers(1 << 60)), seconds, signature.astype(np.float32))


def test_candidates_are_alike_in_length_and_beginning() -> None:
    generator = np.random.default_rng(0)
    first = drawn(generator, 10.0)
    others = [drawn(generator, seconds, like=first) for seconds in (10.0, 8.9, 11.1, 7.7, 12.3)]
    clips = [first, *others, drawn(generator, 10.0)]
    pairs = candidate_pairs(clips)
    assert {(0, place) for place in (1, 2, 3)} <= set(pairs)
    assert not {(0, 4), (0, 5)} & set(pairs) and not any(6 in pair for pair in pairs)
    assert all(earlier < later for earlier, later in pairs)
    assert [later for _, later in pairs] == sorted(later for _, later in pairs)


def test_candidates_among_thousands_take_seconds() -> None:
    generator = np.random.default_rng(0)
    clips = [drawn(generator, 10.0) for _ in range(3000)]
    clips += [drawn(generator, 10.2, like=clips[place]) for place in range(0, 3000, 100)]
    started = time.process_time()
    pairs = candidate_pairs(clips)
    assert time.process_time() - started < 10  # about one
    assert pairs == [(100 * place, 3000 + place) for place in range(30)]


def test_a_scene_filmed_a_hundred_times_does_not_make_all_pairs_candidates() -> None:
    generator = np.random.default_rng(0)
    first = drawn(generator, 10.0)
    clips = [first, *(drawn(generator, 10.0, like=first) for _ in range(100))]
    assert len(candidate_pairs(clips)) <= 12 * 100


def test_a_signature_needs_a_sample_and_takes_the_first_second() -> None:
    with pytest.raises(SpecError, match="no signature"):
        signature_of([], np.zeros((0, 4, 4, 3), np.uint8))
    shades = np.arange(10, dtype=np.uint8)[:, None, None, None] * np.ones((1, 16, 16, 3), np.uint8)
    times = np.arange(10) * 0.25
    assert signature_of(times, shades).mean(axis=1).tolist() == [0, 1, 3]
    np.testing.assert_array_equal(signature_of(times, shades), signature_of(times[:4], shades[:4]))
    assert signature_of([7.0], shades[5:6]).mean(axis=1).tolist() == [5, 5, 5]


def test_nothing_to_compare_is_no_copy() -> None:
    nothing = Glimpses(np.zeros(0), np.zeros((0, 16, 16), np.float32))
    short = Glimpses(np.arange(5) / 25, np.zeros((5, 16, 16), np.float32))
    assert not show_the_same(nothing, nothing)
    assert not show_the_same(short, short)  # a fifth of a second says too little
