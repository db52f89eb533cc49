"""Screen time: for how many seconds a film shows each class, with an interval from the model's own honest errors.

Takes timelines, and what the model said of labelled frames it had not seen (`HeldOut`); knows no model. The method is
that of `quantify.py`. Where several classes can be true at once, each is a yes-or-no question of its own, and the
seconds of different classes overlap.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reelsift.actions.quantify import Quantity, pooled_quantity, quantify
from reelsift.errors import SpecError
from reelsift.held_out import HeldOut
from reelsift.multi_timeline import MultiTimeline
from reelsift.output import check_file, writing_file
from reelsift.timeline import Timeline

__all__ = ["TOTAL", "ClassTime", "ScreenTime", "screen_time", "total_screen_time", "write_screen_times"]

TOTAL = "total"
CSV_COLUMNS = ("source", "class", "seconds", "low_seconds", "high_seconds", "share", "counted_seconds")


@dataclass(frozen=True)
class ClassTime:
    """For how long one class is seen.

    Attributes:
        name: Name of the class.
        seconds: The estimate, corrected for the film's mix of classes.
        interval_seconds: From and to where the truth lies as far as in 90 % of trial films (see `quantify.py`); `None`
            where nothing is known of the model's errors. How much a film differs from all labelled ones, nobody knows.
        share: The estimate over the duration, 0 to 1.
        counted_seconds: Not corrected: the seconds whose smoothed label is the class.
    """

    name: str
    seconds: float
    interval_seconds: tuple[float, float] | None
    share: float
    counted_seconds: float


@dataclass(frozen=True, eq=False)
class ScreenTime:
    """For how long each class is seen in a film, or in several together.

    Attributes:
        source: Path of the film as the user gave it; `total` for several.
        frames: How many of its frames were looked at.
        duration_seconds: How long it lasts.
        classes: One for each class of the task. Where exactly one class is true at a time, their seconds together are
            the duration.
        quantities: What they were made from: one for the whole task, or one for each yes-or-no question.
    """

    source: str
    frames: int
    duration_seconds: float
    classes: tuple[ClassTime, ...]
    quantities: tuple[Quantity, ...]

    def __getitem__(self, name: str) -> ClassTime:
        """The time of one class.

        Raises:
            KeyError: If there is no such class.
        """
        for each in self.classes:
            if each.name == name:
                return each
        raise KeyError(name)


def screen_time(timeline: Timeline | MultiTimeline, *, held_out: Sequence[HeldOut], seed: int = 0) -> ScreenTime:
    """Measures the screen time of each class in one film.

    Args:
        timeline: Its samples; each speaks for the time up to the midpoints to its neighbours.
        held_out: Honest probabilities of the model that made the timeline: one for a task in which exactly one class
            is true at a time, else one for each class, in their order.
        seed: What is random in the intervals follows from it.

    Raises:
        SpecError: If the held-out frames do not fit the timeline.
    """
    parts = timeline.parts if isinstance(timeline, MultiTimeline) else (timeline,)
    if len(held_out) != len(parts):
        raise SpecError(f"{len(parts)} questions need as many sets of held-out frames, not {len(held_out)}")
    durations = parts[0].durations_seconds
    quantities = tuple(
        quantify(part.probabilities, durations_seconds=durations, held_out=known, seed=seed)
        for part, known in zip(parts, held_out, strict=True)
    )
    return ScreenTime(
        source=timeline.source,
        frames=len(timeline),
        duration_seconds=float(durations.sum()),
        classes=_class_times(timeline.seconds_by_class(), quantities, duration=float(durations.sum())),
        quantities=quantities,
    )


def total_screen_time(films: Sequence[ScreenTime], *, held_out: Sequence[HeldOut], seed: int = 0) -> ScreenTime:
    """The screen time of each class in several films of one task together.

    The seconds are the sums of those of the films. The intervals are those of one film made of all of them.

    Args:
        films: One or more, from `screen_time`.
        held_out: What they were measured with.
        seed: What is random in the intervals follows from it.

    Raises:
        SpecError: If there is no film, or they are not about the same classes.
    """
    if not films or len({tuple(each.name for each in film.classes) for film in films}) > 1:
        raise SpecError("a total needs one film at least, and films of the same classes")
    durations = np.array([film.duration_seconds for film in films])
    quantities = tuple(
        pooled_quantity(
            [film.quantities[number] for film in films], durations_seconds=durations, held_out=known, seed=seed
        )
        for number, known in enumerate(held_out)
    )
    counted = {each.name: sum(film[each.name].counted_seconds for film in films) for each in films[0].classes}
    return ScreenTime(
        source=TOTAL,
        frames=sum(film.frames for film in films),
        duration_seconds=float(durations.sum()),
        classes=_class_times(counted, quantities, duration=float(durations.sum())),
        quantities=quantities,
    )


def write_screen_times(path: Path, films: Sequence[ScreenTime], *, total: ScreenTime) -> None:
    """Writes a CSV: a row for each film and class, then one for each class of the total; unknown ends stay empty.

    Raises:
        OutputError: If it cannot be written.
    """
    check_file(path, overwrite=True)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for film in (*films, total):
        for each in film.classes:
            low, high = ("", "") if each.interval_seconds is None else (f"{end:.3f}" for end in each.interval_seconds)
            writer.writerow([film.source, each.name, f"{each.seconds:.3f}", low, high, f"{each.share:.6f}",
                             f"{each.counted_seconds:.3f}"])  # fmt: skip
    with writing_file(path) as beside:
        beside.write_text(text.getvalue(), encoding="utf-8")


def _class_times(
    counted: dict[str, float], quantities: Sequence[Quantity], *, duration: float
) -> tuple[ClassTime, ...]:
    """One for each class: all of the only question, or the yes of each."""
    single = len(quantities) == 1 and len(quantities[0].shares) == len(counted)
    places = [(quantities[0], place) if single else (quantities[place], 1) for place in range(len(counted))]
    times = []
    for (name, seconds), (quantity, place) in zip(counted.items(), places, strict=True):
        share, low, high = (float(values[place]) for values in (quantity.shares, quantity.low, quantity.high))
        interval = None if np.isnan(low) else (low * duration, high * duration)
        times.append(ClassTime(name, share * duration, interval, share, seconds))
    return tuple(times)
