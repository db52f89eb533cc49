"""How the demo speaks: it says each command as a user would type it, runs it, and says what came out."""

from __future__ import annotations

import contextlib
import io
import json
import shlex
import time
from collections.abc import Callable, Iterator
from typing import Any

from reelsift.errors import ReelsiftError

__all__ = ["Narrator"]


class Narrator:
    """Says what the demo does, and runs its commands."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say

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
        self.say(f"  {_OUTCOMES[arguments[0]](values)} ({time.perf_counter() - started:.1f} s)")
        return values

    @contextlib.contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Says that `what` was done, and how long it took."""
        started = time.perf_counter()
        yield
        self.say(f"  {what} ({time.perf_counter() - started:.1f} s)")


def _indexed(values: dict[str, Any]) -> str:
    row = values["sources"][0]
    return f"{row['frames']} frames, {row['frames'] / max(row['wall_seconds'], 1e-6):.0f} a second"


def _trained(values: dict[str, Any]) -> str:
    honest, leaky = values["accuracy"] * 100, values["leaky_accuracy"] * 100
    model = f"{values['model']} on {' + '.join(values['views'])}"
    return f"{model}: {honest:.1f} % in honest folds, {leaky:.1f} % in random ones"


def _predicted(values: dict[str, Any]) -> str:
    row = values["sources"][0]
    shown = ", ".join(f"{label} {seconds:.1f} s" for label, seconds in row["seconds"].items())
    return f"{len(row['segments'])} segments: {shown}"


def _evaluated(values: dict[str, Any]) -> str:
    right = f"{values['accuracy'] * 100:.1f} % of {values['frames']} frames told rightly"
    if not values.get("segment_f1"):
        return right
    f1 = ", ".join(f"{value * 100:.1f} % at overlap {percent} %" for percent, value in values["segment_f1"].items())
    return f"{right}; segments found (F1): {f1}"


def _measured(values: dict[str, Any]) -> str:
    row = values["sources"][0]
    shown = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in row["seconds"].items())
    return f"of {row['duration_seconds']:.0f} s: {shown}"


def _rated(values: dict[str, Any]) -> str:
    return f"{len(values['clips'])} clips, {sum(clip['rejected'] for clip in values['clips'])} rejected"


def _cut(values: dict[str, Any]) -> str:
    return f"{values['kept_frames']} of {values['total_frames']} frames kept, {values['kept_seconds']:.1f} s"


_OUTCOMES: dict[str, Callable[[dict[str, Any]], str]] = {
    "index": _indexed,
    "frames": lambda values: f"{values['frames']} pictures",
    "split": lambda values: f"{len(values['clips'])} clips",
    "labels": lambda values: ", ".join(f"{count} {label}" for label, count in values["classes"].items()),
    "train": _trained,
    "predict": _predicted,
    "evaluate": _evaluated,
    "screentime": _measured,
    "rate": _rated,
    "select": lambda values: f"{len(values['selected'])} of {values['frames']} frames",
    "cut": _cut,
    "annotate": lambda values: f"{values['frames']} frames",
}
