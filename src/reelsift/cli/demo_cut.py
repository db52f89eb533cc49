"""The demo's job "cut": the film of a printer without the half in which nothing is printed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from reelsift.cli.demo_narrator import Narrator
from reelsift.cli.demo_strip import draw_strip, read_labels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["FILES", "FOLDERS", "SHOWN", "run", "summary"]

_FILM, _CUT, _STRIP, _TABLE = "printer.mp4", "printer-cut.mp4", "printer.png", "frames.csv"
SHOWN = (_FILM, _CUT, _STRIP)
FILES = (*SHOWN, _TABLE)
FOLDERS = ("frames", "training")
_NAMES = {True: "OK", False: "KO"}  # the light is on, or off
_COLOURS = {"OK": (64, 200, 96), "KO": (232, 72, 64)}
_SORTED_FRAMES = 60
_FRAMES, _WIDTH, _HEIGHT = 1600, 960, 540


def run(show: Narrator) -> dict[str, Any]:
    """A time lapse of a resin printer that spends half its frames mixing: keep those where the laser is on."""
    from reelsift.demo import PrinterFilm, write_film

    show.say("A resin printer was filmed. Half of the frames show it mixing resin: they shall go.")
    film = PrinterFilm(frames=_FRAMES, width=_WIDTH, height=_HEIGHT)
    with show.timed(f"drawing {_FRAMES} frames of {_WIDTH}x{_HEIGHT} into {_FILM}"):
        write_film(Path(_FILM), film.draw(), fps=film.fps)
    show.run("index", _FILM, "--fps", "all")
    show.run("frames", _FILM, "-o", "frames", "--fps", f"{_SORTED_FRAMES * film.fps}/{_FRAMES}")
    labelled = _sort_by_hand(film.truth)
    show.say(f"  sorted into training/OK and training/KO, as a person would: {len(labelled)} pictures")
    show.run("labels", "import", "training", "--task", "keep")
    show.run("train", "keep")
    show.run("predict", "keep", _FILM, "--csv", _TABLE)
    # The demo is in a hurry: the usual preset takes three times as long for a fifth less of bytes.
    done = show.run("cut", _FILM, "--task", "keep", "--keep", "OK", "-o", _CUT, "--preset", "veryfast")
    decided, truth = read_labels(_TABLE), {index: _NAMES[bool(on)] for index, on in enumerate(film.truth)}
    unseen = truth.keys() - set(labelled)
    accuracy = sum(decided[index] == truth[index] for index in unseen) / len(unseen)
    show.say(
        f"  against the truth the film was drawn from: {accuracy * 100:.2f} % right, of the frames not shown as labels"
    )
    draw_strip(_FILM, _STRIP, decided=decided, truth=truth, colours=_COLOURS)
    return {"accuracy": accuracy, "kept_frames": done["kept_frames"], "total_frames": done["total_frames"]}


def summary(job: dict[str, Any]) -> str:
    """What came out, in a line."""
    right = f"{job['accuracy'] * 100:.2f} % of the frames decided rightly"
    return f"cut: {job['kept_frames']} of {job['total_frames']} frames kept, {right}"


def _sort_by_hand(truth: NDArray[np.bool_]) -> list[int]:
    """Moves the pictures into class folders as somebody who looks at them would."""
    labelled: list[int] = []
    for picture in sorted(Path("frames").glob("*.jpg")):
        index = int(picture.stem.rpartition("_")[2])
        folder = Path("training", _NAMES[bool(truth[index])])
        folder.mkdir(parents=True, exist_ok=True)
        picture.rename(folder / picture.name)
        labelled.append(index)
    return labelled
