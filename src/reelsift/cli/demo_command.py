"""`demo`: the whole road on a film it draws itself."""

from __future__ import annotations

import contextlib
import io
import json
import shlex
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reelsift.cli.session import Session, command
from reelsift.errors import OutputExistsError, ReelsiftError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["add_to"]

_FILM, _CUT, _STRIP = "printer.mp4", "printer-cut.mp4", "printer.png"
_MARK = ".reelsift-demo"
_SORTED_FRAMES = 60
_FRAMES, _WIDTH, _HEIGHT = 1600, 1280, 720


def add_to(app: typer.Typer) -> None:
    app.command()(command(demo))


def demo(
    session: Session,
    out: Annotated[Path, typer.Option("--out", help="Folder for what the demo makes.", metavar="DIR")] = Path(
        "reelsift-demo"
    ),
) -> None:
    """Show what reelsift does, on a film it draws itself: nothing to download, nothing to prepare."""
    started = time.perf_counter()
    if out.exists() and any(out.iterdir()):
        if not (out / _MARK).exists():  # it may hold somebody's own project and pictures
            raise OutputExistsError(f"{out}: there is something in this folder already; name another with --out")
        if not session.overwrite:
            raise OutputExistsError(f"{out}: an earlier demo is in this folder; add --overwrite to replace it")
        _clear(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / _MARK).write_text("Made by reelsift demo, which may replace what is in this folder.\n", encoding="utf-8")
    show = _Narrator(session)
    with contextlib.chdir(out):
        job = _cut_job(show)
    seconds = time.perf_counter() - started
    show.say(f"\nDone in {seconds:.0f} s. Look at:")
    for name in (_FILM, _CUT, _STRIP):
        show.say(f"  {out / name}")
    values = {"output": str(out), "seconds": seconds, "jobs": {"cut": job}}
    right = f"{job['accuracy'] * 100:.2f} % of the frames decided rightly"
    session.result(values, f"cut: {job['kept_frames']} of {job['total_frames']} frames kept, {right}")


class _Narrator:
    """Says what the demo does, and runs its commands."""

    def __init__(self, session: Session) -> None:
        self.say = session.say

    def run(self, *arguments: str) -> dict[str, Any]:
        """Runs a command as a user would type it, and says what came out.

        Returns:
            What the same command gives with `--json`.
        """
        from reelsift.cli.main import main

        self.say(f"\n$ reelsift {shlex.join(arguments)}")
        printed = io.StringIO()
        started = time.perf_counter()
        with contextlib.redirect_stdout(printed):
            status = main([*arguments, "--json", "--quiet"])
        if status:
            raise ReelsiftError(f"the demo's command 'reelsift {shlex.join(arguments)}' ended with status {status}")
        values: dict[str, Any] = json.loads(printed.getvalue())
        self.say(f"  {_outcome(arguments[0], values)} ({time.perf_counter() - started:.1f} s)")
        return values


def _cut_job(show: _Narrator) -> dict[str, Any]:
    """A time lapse of a resin printer that spends half its frames mixing: keep those where the laser is on."""
    from reelsift.demo import PrinterFilm, write_film

    show.say("A resin printer was filmed. Half of the frames show it mixing resin: they shall go.")
    film = PrinterFilm(frames=_FRAMES, width=_WIDTH, height=_HEIGHT)
    with _timed(show, f"drawing {_FRAMES} frames of {_WIDTH}x{_HEIGHT} into {_FILM}"):
        write_film(Path(_FILM), film.draw(), fps=film.fps)
    show.run("index", _FILM, "--fps", "all")
    show.run("frames", _FILM, "-o", "frames", "--fps", f"{_SORTED_FRAMES * film.fps}/{_FRAMES}")
    labelled = _sort_by_hand(film.truth)
    show.say(f"  sorted into training/OK and training/KO, as a person would: {len(labelled)} pictures")
    show.run("labels", "import", "training", "--task", "keep")
    show.run("train", "keep")
    show.run("predict", "keep", _FILM, "--csv", "frames.csv")
    done = show.run("cut", _FILM, "--task", "keep", "--keep", "OK", "-o", _CUT)
    accuracy = _accuracy(film.truth, labelled)
    show.say(
        f"  against the truth the film was drawn from: {accuracy * 100:.2f} % right, of the frames not shown as labels"
    )
    _draw_strip(film.truth)
    return {"accuracy": accuracy, "kept_frames": done["kept_frames"], "total_frames": done["total_frames"]}


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
    import csv

    with Path("frames.csv").open(encoding="utf-8", newline="") as table:
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


def _outcome(name: str, values: dict[str, Any]) -> str:
    if name == "index":
        row = values["sources"][0]
        return f"{row['frames']} frames, {row['frames'] / max(row['wall_seconds'], 1e-6):.0f} a second"
    if name == "frames":
        return f"{values['frames']} pictures"
    if name == "labels":
        return ", ".join(f"{count} {label}" for label, count in values["classes"].items())
    if name == "train":
        honest, leaky = values["accuracy"] * 100, values["leaky_accuracy"] * 100
        model = f"{values['model']} on {' + '.join(values['views'])}"
        return f"{model}: {honest:.1f} % in honest folds, {leaky:.1f} % in random ones"
    if name == "predict":
        row = values["sources"][0]
        shown = ", ".join(f"{label} {seconds:.1f} s" for label, seconds in row["seconds"].items())
        return f"{len(row['segments'])} segments: {shown}"
    return f"{values['kept_frames']} of {values['total_frames']} frames kept, {values['kept_seconds']:.1f} s"


def _clear(out: Path) -> None:
    """Removes what an earlier demo left, and nothing else."""
    import shutil

    for name in (".reelsift", "frames", "training"):
        shutil.rmtree(out / name, ignore_errors=True)
    for name in (_FILM, _CUT, _STRIP, "frames.csv"):
        (out / name).unlink(missing_ok=True)


@contextlib.contextmanager
def _timed(show: _Narrator, what: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    show.say(f"  {what} ({time.perf_counter() - started:.1f} s)")
