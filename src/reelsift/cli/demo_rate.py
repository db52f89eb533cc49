"""The demo's job "rate": which clips of a shoot cannot be used, and why."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from reelsift.cli.demo_narrator import Narrator

__all__ = ["FILES", "FOLDERS", "SHOWN", "run", "summary"]

_SHOOT, _SORTED, _REPORT, _TABLE = "shoot", "sorted", "shoot.html", "shoot.csv"
SHOWN = (_REPORT, _SORTED)
FILES = (_REPORT, _TABLE)
FOLDERS = (_SHOOT, _SORTED)
_SECONDS = 5.0
# Of which episode each take is, what is wrong with it, and by which name it must be rejected.
_TAKES = (
    (0, "none", ""), (1, "under", "exposure.good"), (1, "none", ""), (3, "blurred", "blur.blurred"),
    (4, "over", "exposure.good"), (5, "shaky", "shake.shaky"), (5, "none", ""), (6, "black", "black"),
)  # fmt: skip


def run(show: Narrator) -> dict[str, Any]:
    """Takes of which some are dark, bright, out of focus, shaken: nothing is taught."""
    show.say("\nA crew comes home with some takes of the cartoon. Which cannot be used? Nobody labels anything.")
    truth = _draw(show)
    done = show.run("rate", _SHOOT, "--html", _REPORT, "--csv", _TABLE, "--sort-into", _SORTED)
    right = 0
    for clip in done["clips"]:
        wanted = truth[Path(clip["source"]).name]
        told = any(reason.startswith(wanted) for reason in clip["reasons"]) if wanted else not clip["rejected"]
        right += told
        verdict = f"rejected: {clip['reasons'][0]}" if clip["rejected"] else "usable"
        truly = "" if told else f" (is {wanted or 'usable'})"
        show.say(f"  {clip['source']}: {verdict}{truly}")
    return {"clips": len(truth), "right": right, "rejected": sum(clip["rejected"] for clip in done["clips"])}


def summary(job: dict[str, Any]) -> str:
    """What came out, in a line."""
    return f"rate: {job['right']} of {job['clips']} clips judged rightly, {job['rejected']} rejected"


def _draw(show: Narrator) -> dict[str, str]:
    """Draws the takes, and copies the first; gives for each the name it must be rejected by, or nothing."""
    from reelsift.demo import Take, write_film

    folder = Path(_SHOOT)
    folder.mkdir(exist_ok=True)
    truth: dict[str, str] = {}
    with show.timed(f"drawing {len(_TAKES)} takes of {_SECONDS:g} s into {_SHOOT}/"):
        for number, (episode, flaw, wanted) in enumerate(_TAKES):
            take = Take(episode, flaw, seconds=_SECONDS, seed=number)
            name = f"take-{number + 1}.mp4"
            write_film(folder / name, take.draw(), fps=take.fps)
            truth[name] = wanted
        shutil.copyfile(folder / "take-1.mp4", folder / "take-9.mp4")
        truth["take-9.mp4"] = "duplicate"
    return truth
