"""What is asked of clips, and which frames are chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from reelsift.errors import SpecError
from reelsift.specs.thresholds import check_thresholds

__all__ = ["USABLE_CLASS", "Method", "RateSpec", "SelectSpec"]

# The built-in tasks, and the class of each that makes a frame fit for use.
USABLE_CLASS = {"exposure": "good", "blur": "sharp", "shake": "steady"}


@dataclass(frozen=True)
class RateSpec:
    """What is asked of clips, and which cannot be used.

    Attributes:
        tasks: Built-in tasks, or trained ones.
        reject: The condition under which a clip is rejected, as `reelsift.expressions` reads it; `None` takes the usual
            one for these tasks.
        thresholds: For each task the probability from which a frame counts as a class, where it is not simply the
            likeliest.
    """

    tasks: tuple[str, ...] = tuple(USABLE_CLASS)
    reject: str | None = None
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.tasks or len(set(self.tasks)) < len(self.tasks):
            raise SpecError(f"clips are rated by one task or several, each named once, not {', '.join(self.tasks)}")
        for task, thresholds in self.thresholds.items():
            if task not in self.tasks:
                raise SpecError(f"the threshold of '{task}.{next(iter(thresholds), '')}': clips are rated by "
                                f"{', '.join(self.tasks)}; add --task {task}")  # fmt: skip
            check_thresholds(thresholds)


Method = Literal["coreset", "random", "uniform", "typical", "outliers"]


@dataclass(frozen=True)
class SelectSpec:
    """Which frames are chosen of one film or of many.

    Attributes:
        n: How many frames, or stretches; `None` where `min_distance` says when it is enough.
        min_distance: Frames are chosen until none is farther than this from all of them (0 to 2).
        method: `coreset` takes the most different ones, `uniform` every Nth, `random` any, `typical` those that stand
            for most others, `outliers` those unlike all others.
        balance: A task whose classes get equally many frames each, as far as there are enough.
        reject: The condition under which a frame is left out: probabilities such as `blur.blurred > 0.5`.
        sequence_seconds: Stretches of this length are chosen instead of single frames.
        seed: Of what is random: the first pick, `random`.
    """

    n: int | None = None
    min_distance: float | None = None
    method: Method = "coreset"
    balance: str | None = None
    reject: str | None = None
    sequence_seconds: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if (self.n is None) == (self.min_distance is None):
            raise SpecError("say how many frames to choose with -n, or how different with --min-distance; one of them")
        if self.n is not None and self.n < 1:
            raise SpecError(f"at least 1 frame is chosen, not {self.n}")
        if self.min_distance is not None and not 0 < self.min_distance < 2:
            raise SpecError(f"vectors of length 1 are 0 to 2 apart: a distance lies between, not {self.min_distance:g}")
        if self.method not in get_args(Method):
            raise SpecError(f"'{self.method}' is not a method: use {', '.join(get_args(Method))}")
        if self.min_distance is not None and (self.method != "coreset" or self.balance):
            raise SpecError("--min-distance goes with the method coreset, and without --balance")
        if self.sequence_seconds is not None and not self.sequence_seconds > 0:
            raise SpecError(f"stretches are longer than 0 seconds, not {self.sequence_seconds:g}")
