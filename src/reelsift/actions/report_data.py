"""What the page of a report is told of each clip, as plain values that JSON can hold."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePath
from typing import Any

from reelsift.actions.rate import ClipRating, TaskBand
from reelsift.specs import USABLE_CLASS
from reelsift.timeline import Segment

__all__ = ["ReportClip", "ReportPicture", "clip_values", "identities", "task_values", "wrong_classes"]

Values = dict[str, Any]

# Built-in classes look the same in all reports; the classes of the user's tasks take turns in further looks.
_LOOKS = {
    ("exposure", "good"): "fine", ("exposure", "under"): "under", ("exposure", "over"): "over",
    ("blur", "sharp"): "fine", ("blur", "blurred"): "blurred",
    ("shake", "steady"): "fine", ("shake", "shaky"): "shaky",
}  # fmt: skip
_FURTHER_LOOKS = 8
_MOST_SEGMENTS = 400  # in a lane; more than this cannot be seen, and would make the file of a long film large


@dataclass(frozen=True)
class ReportPicture:
    """A frame of a clip, small.

    Attributes:
        time_seconds: On the film's clock, as `ClipRating.start_seconds`.
        jpeg: As the view `thumbnail` stores it.
    """

    time_seconds: float
    jpeg: bytes


@dataclass(frozen=True, eq=False)
class ReportClip:
    """A clip and the pictures that show it.

    Attributes:
        rating: What it is like, and the verdict.
        strip: Frames from all over it, in order; about ten.
        worst: The frame that speaks most against it.
        best: The one that speaks most for it.
    """

    rating: ClipRating
    strip: tuple[ReportPicture, ...] = ()
    worst: ReportPicture | None = None
    best: ReportPicture | None = None


def wrong_classes(clips: Sequence[ClipRating]) -> dict[str, frozenset[str]]:
    """For each task the classes that speak against a clip.

    Of the built-in classes they are known; of the user's own, those whose share some clip was rejected for having too
    much of.
    """
    against: dict[str, set[str]] = {}
    for clip in clips:
        for band in clip.bands:
            known = against.setdefault(band.task, set())
            fine = USABLE_CLASS.get(band.task)
            if fine in band.shares:
                known.update(name for name in band.shares if name != fine)
            else:
                known.update(name for name in band.shares if _is_too_much(f"{band.task}.{name}", clip))
    return {task: frozenset(names) for task, names in against.items()}


def _is_too_much(name: str, clip: ClipRating) -> bool:
    return name in clip.folders and any(
        reason.startswith((name, f'{name.split(".")[0]}."')) and ">" in reason for reason in clip.reasons
    )


def task_values(clips: Sequence[ClipRating]) -> list[Values]:
    """The tasks in order of appearance, their classes with the look each has, and which speak against a clip."""
    classes: dict[str, list[str]] = {}
    for clip in clips:
        for band in clip.bands:
            names = classes.setdefault(band.task, [])
            names += [name for name in band.shares if name not in names]
    against = wrong_classes(clips)
    return [
        {
            "name": task,
            "classes": [
                {
                    "name": name,
                    "look": _LOOKS.get((task, name), f"look-{place % _FURTHER_LOOKS}"),
                    "wrong": name in against[task],
                }
                for place, name in enumerate(names)
            ],
        }
        for task, names in classes.items()
    ]


def identities(clips: Sequence[ClipRating]) -> list[str]:
    """A name for each clip that stays the same in every report: from its content, so also where it was moved.

    Clips of the same content are told apart by their order.
    """
    seen: dict[str, int] = {}
    names = []
    for clip in clips:
        name = "clip-" + ("".join(letter for letter in clip.source_id if letter.isalnum())[:16] or "unknown")
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return names


def clip_values(shown: ReportClip, *, tasks: Sequence[Mapping[str, Any]], identity: str) -> Values:
    """What the page shows of a clip, but for the pictures themselves; times count from its first frame.

    Args:
        shown: The clip.
        tasks: From `task_values`.
        identity: From `identities`.
    """
    clip = shown.rating
    places = {task["name"]: place for place, task in enumerate(tasks)}
    return {
        "id": identity,
        **_names(clip),
        "rejected": clip.rejected,
        "reasons": list(clip.reasons),
        "folders": list(clip.folders) if clip.rejected else [],
        "badness": round(_badness(clip, tasks), 4),
        "duration": _seconds(clip.duration_seconds),
        "frames": clip.frames,
        "width": clip.width,
        "height": clip.height,
        "fps": round(clip.fps, 3) if math.isfinite(clip.fps) else 0,
        "sound": clip.has_sound,
        "bands": [_band_values(band, places[band.task], tasks[places[band.task]], clip) for band in clip.bands],
        "stretches": [
            [each.kind, _from_start(each.start_seconds, clip), _from_start(each.end_seconds, clip)]
            for each in clip.stretches
        ],
        "duplicate_of": clip.duplicate_of,
        "near_duplicate_of": clip.near_duplicate_of,
        "damage": clip.damage,
        "strip": [_from_start(each.time_seconds, clip) for each in shown.strip],
        "worst": _moment(shown.worst, clip),
        "best": _moment(shown.best, clip),
    }


def _names(clip: ClipRating) -> Values:
    source = PurePath(clip.source)
    folder = str(source.parent)
    return {
        "source": clip.source,
        "name": source.name or clip.source,
        "folder": "" if folder == "." else folder,
        "path": str(clip.path),
    }


def _from_start(seconds: float, clip: ClipRating) -> float:
    return _seconds(seconds - clip.start_seconds)


def _seconds(value: float) -> float:
    return round(value, 2) if math.isfinite(value) else 0.0


def _share(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 6)


def _moment(picture: ReportPicture | None, clip: ClipRating) -> float | None:
    return None if picture is None else _from_start(picture.time_seconds, clip)


def _badness(clip: ClipRating, tasks: Sequence[Mapping[str, Any]]) -> float:
    """How bad a clip is among all: rejected ones first, then by the shares of what speaks against them."""
    wrong = {(task["name"], each["name"]) for task in tasks for each in task["classes"] if each["wrong"]}
    shares = {(band.task, name): share for band in clip.bands for name, share in band.shares.items()}
    taken = sum(share for name, share in shares.items() if name in wrong and math.isfinite(share))
    flaws = (clip.damage, clip.duplicate_of, clip.near_duplicate_of)
    return 1000.0 * clip.rejected + taken + 0.1 * sum(map(bool, flaws))


def _band_values(band: TaskBand, place: int, task: Mapping[str, Any], clip: ClipRating) -> Values:
    classes = [each["name"] for each in task["classes"]]
    lanes = _lanes(band, clip.start_seconds + max(clip.duration_seconds, 0.0))
    return {
        "task": place,
        "shares": [_share(band.shares.get(name)) for name in classes],
        "lanes": [
            [
                [
                    _from_start(each.start_seconds, clip),
                    _from_start(each.end_seconds, clip),
                    classes.index(each.label),
                ]
                for each in lane
            ]
            for lane in lanes
        ],
    }


def _lanes(band: TaskBand, end_seconds: float) -> list[list[Segment]]:
    """One lane where the classes exclude each other, else one for each class that shows."""
    parts: list[Segment] = []
    for segment in band.segments:
        names = [segment.label] if segment.label in band.shares else segment.label.split("|")
        parts += [Segment(segment.start_seconds, segment.end_seconds, name, segment.score)
                  for name in names if name in band.shares]  # fmt: skip
    overlap = any(after.start_seconds < before.end_seconds - 1e-6 for before, after in pairwise(parts))
    if not overlap:
        return [_thinned(parts, end_seconds)]
    by_class = {name: [each for each in parts if each.label == name] for name in band.shares}
    return [_thinned(lane, end_seconds) for lane in by_class.values() if lane]


def _thinned(segments: Sequence[Segment], end_seconds: float) -> list[Segment]:
    """The same, looked at in the middle of a few hundred steps where there are more segments than can be seen."""
    if len(segments) <= _MOST_SEGMENTS:
        return list(segments)
    starts = [segment.start_seconds for segment in segments]
    step = (max(end_seconds, segments[-1].end_seconds) - starts[0]) / _MOST_SEGMENTS
    runs: list[Segment] = []
    for number in range(_MOST_SEGMENTS):
        start, end = starts[0] + number * step, starts[0] + (number + 1) * step
        found = segments[bisect_right(starts, (start + end) / 2) - 1]
        if found.end_seconds <= (start + end) / 2:
            continue  # a gap
        if runs and runs[-1].label == found.label and runs[-1].end_seconds >= start - step / 2:
            runs[-1] = Segment(runs[-1].start_seconds, end, found.label, max(runs[-1].score, found.score))
        else:
            runs.append(Segment(start, end, found.label, found.score))
    return runs
