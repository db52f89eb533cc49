"""Films that are written: cut, split, annotated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from reelsift.errors import SpecError
from reelsift.specs.frames import Crop
from reelsift.specs.thresholds import check_thresholds

__all__ = ["AnnotateSpec", "CutSpec", "SplitSpec"]


@dataclass(frozen=True)
class CutSpec:
    """What is kept of a film, and how the result is written.

    Attributes:
        keep: Classes whose frames stay.
        crop: Part of the upright picture to keep; `None` keeps it whole.
        speed: The result plays this many times faster.
        pad_seconds: Every kept stretch is made longer by this much on both sides.
        min_seconds: Stretches of the timeline shorter than this join their neighbours; 0 keeps them all.
        thresholds: Probability from which a frame counts as a class, where it is not simply the likeliest.
        audio: Whether sound is kept.
        codec: Video codec of the result.
        quality: 0 (small) to 100 (visually the same); `None` takes the codec's usual setting.
        preset: Speed of the encoder, in the codec's own words; `None` takes its usual setting.
    """

    keep: tuple[str, ...]
    crop: Crop | None = None
    speed: Fraction = Fraction(1)
    pad_seconds: float = 0.0
    min_seconds: float = 0.0
    thresholds: Mapping[str, float] = field(default_factory=dict)
    audio: bool = True
    codec: Literal["h264", "h265", "av1"] = "h264"
    quality: int | None = None
    preset: str | None = None

    def __post_init__(self) -> None:
        if not self.keep:
            raise SpecError("a cut needs at least one class to keep: name it with --keep, or those that go with --drop")
        if not Fraction(1, 100) <= self.speed <= 1000:
            raise SpecError(f"speed goes from 0.01 to 1000, not {float(self.speed):g}")
        if self.pad_seconds < 0 or self.min_seconds < 0:
            raise SpecError("--pad and --min-seconds are 0 or more")
        if self.codec not in ("h264", "h265", "av1"):
            raise SpecError(f"'{self.codec}' is not a codec: use h264, h265 or av1")
        if self.quality is not None and not 0 <= self.quality <= 100:
            raise SpecError(f"quality goes from 0 to 100, not {self.quality}")
        check_thresholds(self.thresholds)


@dataclass(frozen=True)
class SplitSpec:
    """How a film is split into clips.

    Attributes:
        seconds: Length of each clip; the last is as long as what is left.
        audio: Whether sound is kept.
        codec: Video codec of the clips.
        quality: 0 (small) to 100 (visually the same); `None` takes the codec's usual setting.
        preset: Speed of the encoder, in the codec's own words; `None` takes its usual setting.
    """

    seconds: Fraction = Fraction(3)
    audio: bool = True
    codec: Literal["h264", "h265", "av1"] = "h264"
    quality: int | None = None
    preset: str | None = None

    def __post_init__(self) -> None:
        if not 0 < self.seconds <= 86_400:
            raise SpecError(f"clips are longer than 0 seconds and at most a day, not {float(self.seconds):g}")
        self.encoding  # noqa: B018  # checks the rest

    @property
    def encoding(self) -> CutSpec:
        """The same as a cut says it."""
        return CutSpec(("all",), audio=self.audio, codec=self.codec, quality=self.quality, preset=self.preset)


@dataclass(frozen=True)
class AnnotateSpec:
    """What is drawn over a film.

    Attributes:
        tasks: Names of the tasks, each once; from top to bottom.
        thresholds: Probability from which a frame counts as a class, where it is not simply the likeliest: by
            `CLASS`, of all tasks that have it, or by `TASK.CLASS`.
        min_seconds: Stretches shorter than this join their neighbours.
    """

    tasks: tuple[str, ...]
    thresholds: Mapping[str, float] = field(default_factory=dict)
    min_seconds: float = 0.0

    def __post_init__(self) -> None:
        if not self.tasks or len(set(self.tasks)) < len(self.tasks):
            raise SpecError(f"a film is annotated by one task or several, each named once, not {', '.join(self.tasks)}")
        if self.min_seconds < 0:
            raise SpecError(f"--min-seconds is 0 or more, not {self.min_seconds:g}")
        check_thresholds(self.thresholds)
