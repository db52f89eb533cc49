"""The demo's job "screentime": for how long the two characters of a cartoon are seen in an episode."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reelsift.cli.demo_narrator import Narrator
from reelsift.cli.demo_strip import draw_strip, read_labels

if TYPE_CHECKING:
    from reelsift.demo import CartoonFilm

__all__ = ["FILES", "FOLDERS", "SHOWN", "run", "summary"]

_LABELS, _ANSWERS, _TABLE, _PLOT = "cartoon.csv", "answers.csv", "screentime.csv", "screentime.png"
_FRAMES, _STRIP = "cartoon-decided.csv", "cartoon.png"
_PICTURES, _TASK, _NEITHER = "cartoon-frames", "who", "neither"
_LABELLED_SECONDS, _MEASURED_SECONDS = 30.0, 60.0
_WIDTH, _HEIGHT = 640, 360
_COLOURS = {"Moggy": (112, 152, 216), "Pip": (224, 150, 84), "both": (96, 192, 112)}
# The first learns the places as much as who is in them, which only folds of whole episodes tell; the second is kept.
_MODELS = ("linear", "regions")
_FOLDS = 3  # two episodes in each: as good as more, and the demo is in a hurry
_EPISODES = 7
_NAMES = tuple(f"episode-{number}.mp4" for number in range(1, _EPISODES + 1))
SHOWN = (_NAMES[-1], _PLOT, _STRIP)
FILES = (*_NAMES, _LABELS, _ANSWERS, _TABLE, _PLOT, _FRAMES, _STRIP)
FOLDERS = (_PICTURES,)


def run(show: Narrator) -> dict[str, Any]:
    """Some episodes are labelled, a picture a second; another one, which plays elsewhere, is measured."""
    show.say(
        "\nA cartoon has a cat, Moggy, and a mouse, Pip. For how long is each on screen? Pictures of "
        f"{_EPISODES - 1} episodes are labelled; the last episode plays in other places, and no model has seen it."
    )
    films = _draw(show)
    *labelled, (name, film) = zip(_NAMES, films, strict=True)
    for episode, _ in labelled:
        show.run("frames", episode, "-o", _PICTURES, "--fps", "1")
    shown = _write_labels([episode for _, episode in labelled])
    show.say(f"  looked at, and written into {_LABELS} who is on them, as a person would: {shown} pictures")
    show.run("labels", "import", _LABELS, "--root", _PICTURES, "--task", _TASK, "--multi")
    learning = ("train", _TASK, "--background", _NEITHER, "--folds", str(_FOLDS), "--model")
    trained = {model: show.run(*learning, model) for model in _MODELS}
    done = show.run("screentime", _TASK, name, "--csv", _TABLE, "--plot", _PLOT)
    classes = _compared(done["sources"][0], film)
    for character, row in classes.items():
        show.say(f"  {_sentence(character, row)}")
    _write_answers(name, film)
    scored = show.run("evaluate", _TASK, "--labels", _ANSWERS)
    show.run("predict", _TASK, name, "--csv", _FRAMES)
    _draw_strip(name, film)
    scores = ("accuracy", "balanced_accuracy", "leaky_accuracy")
    honest = {model: {score: values[score] for score in scores} for model, values in trained.items()}
    return {"seconds": _MEASURED_SECONDS, "classes": classes, "accuracy": scored["accuracy"], "training": honest}


def summary(job: dict[str, Any]) -> str:
    """What came out, in a line."""
    shown = "; ".join(_sentence(character, row) for character, row in job["classes"].items())
    return f"screentime: {shown}"


def _draw(show: Narrator) -> list[CartoonFilm]:
    from reelsift.demo import CartoonFilm, write_film

    lengths = [*[_LABELLED_SECONDS] * (_EPISODES - 1), _MEASURED_SECONDS]
    films = [CartoonFilm(n, seconds=length, width=_WIDTH, height=_HEIGHT) for n, length in enumerate(lengths)]
    with show.timed(f"drawing {sum(lengths):.0f} s of {_WIDTH}x{_HEIGHT} into {_NAMES[0]} to {_NAMES[-1]}"):
        for name, film in zip(_NAMES, films, strict=True):
            write_film(Path(name), film.draw(), fps=film.fps)
    return films


def _draw_strip(name: str, film: CartoonFilm) -> None:
    words = {"Moggy|Pip": "both", "none": _NEITHER}
    decided = {index: words.get(label, label) for index, label in read_labels(_FRAMES).items()}
    shown = zip(*film.truth.values(), strict=True)
    joined = ["|".join(itertools.compress(film.truth, there)) or "none" for there in shown]
    truth = {index: words.get(label, label) for index, label in enumerate(joined)}
    draw_strip(name, _STRIP, decided=decided, truth=truth, colours=_COLOURS)


def _write_labels(films: Sequence[CartoonFilm]) -> int:
    """A line for each character on a picture, or one that says neither; returns how many pictures there are."""
    rows = []
    pictures = sorted(Path(_PICTURES).glob("*.jpg"))
    for picture in pictures:
        episode, _, index = picture.stem.removeprefix("episode-").partition("_")
        shown = [name for name, there in films[int(episode) - 1].truth.items() if there[int(index)]]
        rows += [(picture.name, name) for name in shown or [_NEITHER]]
    _write_table(_LABELS, ("file", "label"), rows)
    return len(pictures)


def _write_answers(name: str, film: CartoonFilm) -> None:
    """Who is seen in the episode that was measured, from when to when: what it was drawn from."""
    import numpy as np

    truth = film.truth
    asked = {**truth, _NEITHER: ~np.any(list(truth.values()), axis=0)}
    rows = []
    for label, there in asked.items():
        borders = [0, *(np.flatnonzero(np.diff(there)) + 1).tolist(), there.size]
        for start, end in itertools.pairwise(borders):
            if there[start]:
                rows.append((name, start / film.fps, end / film.fps, label))
    _write_table(_ANSWERS, ("source", "start", "end", "label"), rows)


def _write_table(name: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with Path(name).open("w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _compared(row: dict[str, Any], film: CartoonFilm) -> dict[str, dict[str, float | None]]:
    """For each character, the seconds that were measured, from and to where they may lie, and the truth."""
    compared: dict[str, dict[str, float | None]] = {}
    for name, there in film.truth.items():
        low, high = row["interval"][name] or (None, None)
        truth = float(there.sum() / film.fps)
        compared[name] = {"measured": row["seconds"][name], "low": low, "high": high, "truth": truth}
    return compared


def _sentence(character: str, row: dict[str, float | None]) -> str:
    interval = "" if row["low"] is None else f" ({row['low']:.1f} to {row['high']:.1f})"
    return f"{character} is seen for {row['measured']:.1f} s{interval}, in truth {row['truth']:.1f} s"
