"""Rating clips: for what share of its time each is of each class of some tasks, and whether that makes it unusable."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reelsift.actions.stretches import Stretch
from reelsift.expressions import Expression
from reelsift.output import writing_file
from reelsift.specs import USABLE_CLASS
from reelsift.timeline import Segment, Timeline

__all__ = [
    "FACTS",
    "SHARES",
    "TRUTHS",
    "ClipRating",
    "TaskBand",
    "judged",
    "known_names",
    "shares_of",
    "worst_first",
    "write_ratings",
]

# Samples that are further apart than this, and than most are, belong to different bursts.
_BURST_GAP_SECONDS = 0.45
_USUAL_GAPS = 1.5


@dataclass(frozen=True, eq=False)
class TaskBand:
    """What a task says of a clip.

    Attributes:
        task: Name of the task.
        shares: Share of the clip's time that each class takes, in the order of the classes; they add up to 1 where the
            classes exclude each other.
        segments: The same over time; those of classes that can be true at once overlap.
    """

    task: str
    shares: Mapping[str, float]
    segments: tuple[Segment, ...]


@dataclass(frozen=True, eq=False)
class ClipRating:
    """A clip, what it is like, and the verdict.

    Attributes:
        source: As the user gave it.
        path: Where it is.
        source_id: What it is by content.
        start_seconds: Time stamp of its first frame, on the clock on which segments and stretches are.
        duration_seconds: From there to the end of the last frame.
        frames: Frames in it.
        looked_at: Frames that were looked at.
        width, height: Upright, in pixels.
        fps: Average frames a second; of a folder of pictures, its rate.
        has_sound: Whether there is a sound track.
        bands: What each task says.
        stretches: Black, frozen and silent stretches.
        duplicate_of: The clip before it in the list that has the same content; empty if none.
        near_duplicate_of: The one that shows the same in another encoding; empty if none.
        rejected: Whether it cannot be used.
        reasons: Why, in words: `blur.blurred > 75% (it is 82.0 %)`.
        folders: For each reason, the name it is sorted by: `blur.blurred`.
        worst_seconds, best_seconds: When it is at its worst and at its best, on the film's clock; `None` where the
            tasks do not tell good from bad.
        damage: What could not be read; empty if everything could.
    """

    source: str
    path: Path
    source_id: str
    start_seconds: float
    duration_seconds: float
    frames: int
    looked_at: int
    width: int
    height: int
    fps: float
    has_sound: bool
    bands: tuple[TaskBand, ...]
    stretches: tuple[Stretch, ...] = ()
    duplicate_of: str = ""
    near_duplicate_of: str = ""
    rejected: bool = False
    reasons: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    worst_seconds: float | None = None
    best_seconds: float | None = None
    damage: str = ""

    @property
    def values(self) -> dict[str, float | bool]:
        """What an expression can name: `task.class`, shares of its time; and the facts that `FACTS` lists."""
        shares: dict[str, float | bool] = {
            f"{band.task}.{name}": share for band in self.bands for name, share in band.shares.items()
        }
        taken = dict.fromkeys(SHARES, 0.0)
        for stretch in self.stretches:
            taken[stretch.kind] += stretch.end_seconds - stretch.start_seconds
        length = max(self.duration_seconds, 1e-9)
        return {
            **shares,
            "duration": self.duration_seconds,
            "width": float(self.width),
            "height": float(self.height),
            "fps": self.fps,
            "frames": float(self.frames),
            **{kind: min(1.0, seconds / length) for kind, seconds in taken.items()},
            "sound": self.has_sound,
            "duplicate": bool(self.duplicate_of),
            "near_duplicate": bool(self.near_duplicate_of),
            "damaged": bool(self.damage),
        }


SHARES = ("black", "frozen", "silent")
TRUTHS = ("sound", "duplicate", "near_duplicate", "damaged")
FACTS = ("duration", "width", "height", "fps", "frames", *SHARES, *TRUTHS)


def known_names(classes: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """All that an expression about clips can name.

    Args:
        classes: Of each task that is rated.
    """
    return (*(f"{task}.{name}" for task, names in classes.items() for name in names), *FACTS)


def judged(clip: ClipRating, reject: Expression) -> ClipRating:
    """The clip with its verdict: rejected where the expression is true of it.

    Raises:
        SpecError: If the expression names something nobody knows.
    """
    values = clip.values
    if not reject.evaluate(values):
        return replace(clip, rejected=False, reasons=(), folders=())
    reasons = reject.reasons(values)
    words = tuple(_in_words(clip, reason.text, reason.name, reason.value) for reason in reasons)
    # `not sound` is sorted by what it says, a comparison by what it compares.
    named = (reason.text if reason.name in TRUTHS else reason.name or "rejected" for reason in reasons)
    folders = tuple(dict.fromkeys(named)) or ("rejected",)
    return replace(clip, rejected=True, reasons=words or (reject.text,), folders=folders)


def shares_of(timeline: Timeline) -> dict[str, float]:
    """For what share of its time a clip is of each class, by the smoothed labels of its samples.

    The samples of a burst speak for the same time, from the middle of the gap before it to the middle of the gap behind
    it, each for its part: else the first and the last of each burst would decide alone.

    Args:
        timeline: Of samples in bursts or of evenly spread ones, which are one burst.
    """
    weights = _weights(timeline.times_seconds, timeline.start_seconds, timeline.end_seconds)
    taken = np.bincount(timeline.labels, weights=weights, minlength=len(timeline.classes))
    # Half of the samples are 0.5, whatever sums of thirds make of it: people compare with such numbers.
    return dict(zip(timeline.classes, np.round(taken, 9).tolist(), strict=True))


def _weights(times: NDArray[np.float64], start_seconds: float, end_seconds: float) -> NDArray[np.float64]:
    """(T,) the part of the whole that each sample speaks for; they add up to 1."""
    times = np.maximum.accumulate(times)
    gaps = np.diff(times)
    apart = max(_BURST_GAP_SECONDS, _USUAL_GAPS * float(np.median(gaps)) if len(gaps) else 0.0)
    firsts = np.concatenate(([0], np.flatnonzero(gaps > apart) + 1))
    sizes = np.diff(firsts, append=len(times))
    middles = (times[firsts[1:] - 1] + times[firsts[1:]]) / 2
    borders = np.concatenate(([min(start_seconds, times[0])], middles, [max(end_seconds, times[-1])]))
    lengths = np.diff(borders)
    if lengths.sum() <= 0:
        return np.full(len(times), 1 / len(times))
    return np.asarray(np.repeat(lengths / sizes, sizes) / lengths.sum())


def _in_words(clip: ClipRating, text: str, name: str, value: float) -> str:
    if text == "duplicate":
        return f"duplicate of {clip.duplicate_of}"
    if text == "near_duplicate":
        return f"near duplicate of {clip.near_duplicate_of}"
    if name == "" or name in TRUTHS:
        return text
    return (
        f"{text} (it is {value:.4g})" if name in FACTS and name not in SHARES else f"{text} (it is {value * 100:.1f} %)"
    )


def worst_first(clips: Sequence[ClipRating]) -> list[ClipRating]:
    """Rejected clips first; among both kinds those that have most of what speaks against them."""
    return sorted(clips, key=lambda clip: (not clip.rejected, -_unusable(clip), clip.source))


def _unusable(clip: ClipRating) -> float:
    """The shares of the classes of built-in tasks that are not fit for use, added up."""
    return sum(1 - band.shares.get(USABLE_CLASS[band.task], 1.0) for band in clip.bands if band.task in USABLE_CLASS)


def write_ratings(path: Path, clips: Sequence[ClipRating], *, failures: Sequence[tuple[str, str]] = ()) -> None:
    """Writes a table for spreadsheets: a row for each clip.

    Args:
        clips: What was rated.
        failures: What could not be: names, and why.

    Raises:
        OutputError: If it cannot be written.
    """
    shares = list(dict.fromkeys(name for clip in clips for name in clip.values if name not in FACTS))
    facts = [name for name in FACTS if name not in TRUTHS]
    ends = ("duplicate_of", "near_duplicate_of", "damage")
    with writing_file(path) as beside, beside.open("w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(["source", "verdict", "reasons", *shares, *facts, *ends])
        for clip in clips:
            values = clip.values
            numbers = [f"{values[name]:.4f}" if name in values else "" for name in shares]
            known = [f"{values[name]:.6g}" for name in facts]
            verdict = "rejected" if clip.rejected else "usable"
            row = [clip.source, verdict, "; ".join(clip.reasons), *numbers, *known]
            writer.writerow([*row, *(getattr(clip, name) for name in ends)])
        for name, error in failures:
            writer.writerow([name, "not rated", error, *[""] * (len(shares) + len(facts) + len(ends))])
