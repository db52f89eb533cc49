"""The demo's job "select": the most different frames of an episode, and figures that prove it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reelsift.cli.demo_narrator import Narrator

__all__ = ["FILES", "FOLDERS", "SHOWN", "run", "summary"]

_FILM, _CHOSEN = "pilot.mp4", "chosen"
SHOWN = (f"{_CHOSEN}/sheet.jpg", f"{_CHOSEN}/map.png")
FILES = (_FILM,)
FOLDERS = (_CHOSEN,)
_SECONDS, _WIDTH, _HEIGHT = 40.0, 640, 360
_FRAMES = 24


def run(show: Narrator) -> dict[str, Any]:
    """Somebody must label frames of an episode, and no two that look alike."""
    from reelsift.demo import CartoonFilm, write_film

    show.say(f"\nSomebody needs {_FRAMES} frames of an episode to label, and no two that look alike.")
    film = CartoonFilm(2, seconds=_SECONDS, width=_WIDTH, height=_HEIGHT, seed=1)
    with show.timed(f"drawing {_SECONDS:.0f} s of {_WIDTH}x{_HEIGHT} into {_FILM}"):
        write_film(Path(_FILM), film.draw(), fps=film.fps)
    done = show.run("select", _FILM, "-n", str(_FRAMES), "-o", _CHOSEN, "--compare")
    least = {name: values["min"] for name, values in done["statistics"].items() if name != "original"}
    show.say("  the two most alike: " + ", ".join(f"{name} {value:.2f}" for name, value in least.items()) + " apart")
    return {"frames": len(done["selected"]), "least_distance": least}


def summary(job: dict[str, Any]) -> str:
    """What came out, in a line."""
    least = job["least_distance"]
    others = " and ".join(
        f"{least[name]:.2f} {words}" for name, words in (("uniform", "evenly"), ("random", "at random"))
    )
    return f"select: {job['frames']} frames, the two most alike {least['coreset']:.2f} apart, chosen {others}"
