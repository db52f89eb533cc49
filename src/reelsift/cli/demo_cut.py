"""The demo's job "cut": the film of a printer without the half in which nothing is printed."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reelsift.cli.demo_narrator import Narrator

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["FILES", "FOLDERS", "SHOWN", "run", "summary"]

_FILM, _CUT, _STRIP, _TABLE = "printer.mp4", "printer-cut.mp4", "printer.png", "frames.csv"
SHOWN = (_FILM, _CUT, _STRIP)
FILES = (*SHOWN, _TABLE)
FOLDERS = ("frames", "training")
_SORTED_FRAMES = 60
_FRAMES, _WIDTH, _HEIGHT = 1600, 1280, 720


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
    accuracy = _accuracy(film.truth, labelled)
    show.say(
        f"  against the truth the film was drawn from: {accuracy * 100:.2f} % right, of the frames not shown as labels"
    )
    _draw_strip(film.truth)
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
        folder = Path("training", "OK" if truth[index] else "KO")
        folder.mkdir(parents=True, exist_ok=True)
        picture.rename(folder / picture.name)
        labelled.append(index)
    return labelled


def _decided() -> list[bool]:
    """What `predict` wrote for each frame: whether it is OK."""
    with Path(_TABLE).open(encoding="utf-8", newline="") as table:
        return [row["label"] == "OK" for row in csv.DictReader(table)]


def _accuracy(truth: NDArray[np.bool_], labelled: list[int]) -> float:
    import numpy as np

    unseen = np.setdiff1d(np.arange(len(truth)), labelled)
    return float((np.array(_decided())[unseen] == truth[unseen]).mean())


def _draw_strip(truth: NDArray[np.bool_]) -> None:
    from reelsift.demo.strip import sample_indexes, strip
    from reelsift.media.pictures import write_picture
    from reelsift.media.reader import open_film
    from reelsift.media.render import Renderer
    from reelsift.specs import PictureSpec, Size

    decided = _decided()
    wanted = set(sample_indexes(len(truth), count=40))
    renderer = Renderer()
    with open_film(Path(_FILM)) as reader:
        chosen = {
            f.frame_index: renderer.rgb(f, size=Size(320, 180)) for f in reader.frames() if f.frame_index in wanted
        }
    names = ["OK" if decided[index] else "KO" for index in chosen]
    truths = ["OK" if truth[index] else "KO" for index in chosen]
    picture = strip(list(chosen.values()), names, indexes=list(chosen), truth=truths)
    write_picture(Path(_STRIP), picture, spec=PictureSpec("png"))
