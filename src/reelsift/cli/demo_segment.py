"""The demo's job "segment": when a broadcast shows football and when commercials, which no single frame can tell."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reelsift.cli.demo_narrator import Narrator
from reelsift.cli.demo_strip import draw_strip, read_labels

if TYPE_CHECKING:
    from reelsift.demo import BroadcastFilm

__all__ = ["FILES", "FOLDERS", "SHOWN", "run", "summary"]

_TASK, _MODEL, _TRAINING, _CLIPS = "sport", "lstm", "sport/train", "clips"
_FILM, _ANNOTATED, _STRIP = "broadcast.mp4", "broadcast-annotated.mp4", "broadcast.png"
_ANSWERS, _FRAMES = "broadcast-truth.csv", "broadcast-frames.csv"
_CLIP_SECONDS = "3"
_LEAST = ("--min-seconds", "3")  # no break is shorter
_FPS = 10
# Seconds of match and commercials in turn. What is taught, and another match with other commercials.
_TAUGHT = ((7.0, 15.0, 8.0), (9.0, 14.0, 7.0), (8.0, 16.0, 6.0))
_MEASURED = (11.5, 9.2, 12.1, 8.4, 10.9, 7.9)
_NAMES = tuple(f"match-{number}.mp4" for number in range(1, len(_TAUGHT) + 1))
_COLOURS = {"commercial": (56, 148, 208), "football": (226, 112, 36)}
SHOWN = (_ANNOTATED, _STRIP)
FILES = (*SHOWN, *_NAMES, _FILM, _ANSWERS, _FRAMES)
FOLDERS = (_TASK, _CLIPS)


def run(show: Narrator) -> dict[str, Any]:
    """Clips of some broadcasts are sorted by hand; in another one each change is found, and drawn on the film."""
    show.say(
        "\nA match is interrupted by commercials, and these show footballers, too. Single frames mislead; what comes "
        "before and after them tells. Clips of three matches are sorted by hand, a fourth is told apart."
    )
    *taught, film = _draw(show)
    Path(_CLIPS).mkdir(exist_ok=True)
    sorted_clips = [_split(show, name, each) for name, each in zip(_NAMES, taught, strict=True)]
    kept, mixed = (sum(counts) for counts in zip(*sorted_clips, strict=True))
    show.say(f"  sorted into {_TRAINING}/, as a person would: {kept} clips; {mixed} that show both were left out")
    show.run("labels", "import", _TRAINING, "--task", _TASK)
    trained = show.run("train", _TASK, "--model", _MODEL, "--folds", str(len(_TAUGHT)))
    done = show.run("predict", _TASK, _FILM, "--csv", _FRAMES, *_LEAST)
    _write_answers(film)
    scored = show.run("evaluate", _TASK, "--labels", _ANSWERS)
    # The demo is in a hurry: the usual preset takes three times as long for a fifth less of bytes.
    show.run("annotate", _FILM, "--task", _TASK, "-o", _ANNOTATED, "--preset", "veryfast", *_LEAST)
    changes = _changes(film)
    exact = _exact(changes, done["sources"][0]["segments"], frame_seconds=1 / film.fps)
    show.say(f"  {exact} of {len(changes)} changes were found within one frame")
    truth = {index: str(label) for index, label in enumerate(film.truth)}
    draw_strip(_FILM, _STRIP, decided=read_labels(_FRAMES), truth=truth, colours=_COLOURS)
    return {
        "seconds": sum(_MEASURED),
        "clips": kept,
        "accuracy": scored["accuracy"],
        "timeline_accuracy": scored["timeline_accuracy"],
        "segment_f1": scored["segment_f1"],
        "changes": len(changes),
        "exact_changes": exact,
        "training": {score: trained[score] for score in ("accuracy", "balanced_accuracy", "leaky_accuracy")},
    }


def summary(job: dict[str, Any]) -> str:
    """What came out, in a line."""
    found = f"{job['exact_changes']} of {job['changes']} changes within one frame"
    right = f"{job['timeline_accuracy'] * 100:.1f} % of the frames told rightly"
    return f"segment: {found}, {right}, segment F1@50 {job['segment_f1']['50'] * 100:.1f} %"


def _draw(show: Narrator) -> list[BroadcastFilm]:
    """The films to teach, and last the one that is told apart."""
    from reelsift.demo import BroadcastFilm, write_film

    films = [BroadcastFilm(lengths, seed=seed, fps=_FPS) for seed, lengths in enumerate((*_TAUGHT, _MEASURED))]
    seconds = sum(map(sum, (*_TAUGHT, _MEASURED)))
    with show.timed(f"drawing {seconds:.0f} s of {films[0].width}x{films[0].height} into {_NAMES[0]} to {_FILM}"):
        for name, film in zip((*_NAMES, _FILM), films, strict=True):
            write_film(Path(name), film.draw(), fps=film.fps)
    return films


def _split(show: Narrator, name: str, film: BroadcastFilm) -> tuple[int, int]:
    """Splits a film and sorts its clips as somebody who looks at them would; returns how many, and how many not."""
    folder = Path(_CLIPS, Path(name).stem)
    done = show.run("split", name, "--seconds", _CLIP_SECONDS, "-o", str(folder), "--preset", "ultrafast")
    mixed = 0
    for clip in done["clips"]:
        shown = set(film.truth[clip["first_frame"] : clip["end_frame"]].tolist())
        if len(shown) > 1:
            mixed += 1
            continue
        place = Path(_TRAINING, *shown, clip["file"])
        place.parent.mkdir(parents=True, exist_ok=True)
        (folder / clip["file"]).rename(place)
    return len(done["clips"]) - mixed, mixed


def _changes(film: BroadcastFilm) -> list[float]:
    """Seconds at which match and commercials take turns."""
    truth = film.truth
    return [index / film.fps for index in range(1, len(truth)) if truth[index] != truth[index - 1]]


def _write_answers(film: BroadcastFilm) -> None:
    """What the film shows from when to when: what it was drawn from."""
    borders = [0.0, *_changes(film), len(film.truth) / film.fps]
    with Path(_ANSWERS).open("w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(("source", "start", "end", "label"))
        for start, end in itertools.pairwise(borders):
            writer.writerow((_FILM, start, end, film.truth[round(start * film.fps)]))


def _exact(changes: list[float], segments: list[dict[str, Any]], *, frame_seconds: float) -> int:
    """How many changes have the start of a segment within one frame."""
    found = [segment["start_seconds"] for segment in segments[1:]]
    return sum(any(abs(change - start) <= frame_seconds + 1e-6 for start in found) for change in changes)
