"""What a user can choose, as frozen values: the one home of every default.

The command line, the Python API and the model files build and store these same objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal, get_args

from reelsift.errors import SpecError

__all__ = [
    "Crop",
    "CutSpec",
    "FrameSpec",
    "IndexSpec",
    "PictureSpec",
    "RateSpec",
    "Sampling",
    "SelectSpec",
    "Size",
    "TrainSpec",
]

DEFAULT_VIEWS = ("appearance", "quality")
# The built-in tasks, and the class of each that makes a frame fit for use.
USABLE_CLASS = {"exposure": "good", "blur": "sharp", "shake": "steady"}
DEFAULT_BACKBONE = "efficientnet_lite0"


@dataclass(frozen=True)
class Sampling:
    """Which frames of a film are looked at.

    Attributes:
        fps: Samples a second, as an exact fraction; `None` means every frame.
        bursts: Whether only short bursts of the film are looked at, one every few seconds (`media/bursts.py`); within a
            burst `fps` frames a second are samples.
    """

    fps: Fraction | None = Fraction(5)
    bursts: bool = False

    def __post_init__(self) -> None:
        if self.fps is not None and not 0 < self.fps <= 1000:
            raise SpecError(f"a sampling rate lies between 0 and 1000 frames a second, not {self.fps}: try 5, or all")
        if self.bursts and self.fps != 5:
            raise SpecError(f"bursts are sampled at 5 frames a second, not {self.fps or 'all'}")

    @classmethod
    def parse(cls, text: str) -> Sampling:
        """`all`, `bursts`, a number (`5`, `0.5`, `29.97`) or a fraction (`30000/1001`)."""
        word = text.strip().lower()
        if word in ("all", "bursts"):
            return cls(None) if word == "all" else cls(bursts=True)
        try:
            return cls(Fraction(word))
        except (ValueError, ZeroDivisionError):
            raise SpecError(f"'{text}' is not a sampling rate: give a number of frames a second, or 'all'") from None

    def __str__(self) -> str:
        if self.bursts:
            return "bursts"
        if self.fps is None:
            return "all"
        return str(self.fps.numerator) if self.fps.denominator == 1 else f"{self.fps.numerator}/{self.fps.denominator}"


@dataclass(frozen=True)
class Size:
    """A picture's width and height in pixels."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise SpecError(f"a size needs a width and a height of at least 1 pixel, not {self}")

    @classmethod
    def parse(cls, text: str) -> Size:
        """`WxH`, for example `320x192`."""
        try:
            width, height = (int(part) for part in text.lower().split("x"))
        except ValueError:
            raise SpecError(f"'{text}' is not a size: give WIDTHxHEIGHT in pixels, for example 320x192") from None
        return cls(width, height)

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True)
class Crop:
    """A rectangle in pixels of the upright picture; `(x, y)` is its top left corner."""

    x: int
    y: int
    width: int
    height: int

    def __post_init__(self) -> None:
        if self.x < 0 or self.y < 0 or self.width < 1 or self.height < 1:
            raise SpecError(f"a crop needs X,Y of 0 or more and W,H of 1 or more, not {self}")

    @classmethod
    def parse(cls, text: str) -> Crop:
        """`X,Y,W,H`, for example `400,100,770,330`."""
        try:
            x, y, width, height = (int(part) for part in text.split(","))
        except ValueError:
            example = "give X,Y,WIDTH,HEIGHT in whole pixels, for example 400,100,770,330"
            raise SpecError(f"'{text}' is not a crop: {example}") from None
        return cls(x, y, width, height)

    def check_within(self, size: Size) -> None:
        """Raises:
        SpecError: If the rectangle reaches beyond a picture of `size`.
        """
        if self.x + self.width > size.width or self.y + self.height > size.height:
            raise SpecError(
                f"the crop {self} reaches outside the picture, which is {size}: "
                f"X+W can be {size.width} at most, Y+H {size.height}"
            )

    def __str__(self) -> str:
        return f"{self.x},{self.y},{self.width},{self.height}"


@dataclass(frozen=True)
class FrameSpec:
    """Which frames of a source, and which part of them."""

    sampling: Sampling = Sampling()
    crop: Crop | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"sampling": str(self.sampling), "crop": str(self.crop) if self.crop else None}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> FrameSpec:
        crop = values.get("crop")
        return cls(Sampling.parse(values["sampling"]), Crop.parse(crop) if crop else None)


@dataclass(frozen=True)
class IndexSpec:
    """What is computed from the frames of a source, and how.

    Attributes:
        frames: Which frames, and which part of them.
        views: Names of the views to store.
        backbone: Name of the network behind the `appearance` view.
        input_size: Size the network sees; `None` keeps the picture's shape at about 60,000 pixels.
    """

    frames: FrameSpec = FrameSpec()
    views: tuple[str, ...] = DEFAULT_VIEWS
    backbone: str = DEFAULT_BACKBONE
    input_size: Size | None = None

    def to_dict(self) -> dict[str, Any]:
        size = str(self.input_size) if self.input_size else None
        return {**self.frames.to_dict(), "views": list(self.views), "backbone": self.backbone, "input_size": size}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> IndexSpec:
        size = values.get("input_size")
        return cls(
            frames=FrameSpec.from_dict(values),
            views=tuple(values["views"]),
            backbone=values["backbone"],
            input_size=Size.parse(size) if size else None,
        )


@dataclass(frozen=True)
class PictureSpec:
    """How pictures are written: `quality` 0 to 100 matters for jpg and webp only."""

    format: Literal["jpg", "png", "webp"] = "jpg"
    quality: int = 92
    size: Size | None = None

    def __post_init__(self) -> None:
        if self.format not in ("jpg", "png", "webp"):
            raise SpecError(f"'{self.format}' is not a picture format: use jpg, png or webp")
        if not 0 <= self.quality <= 100:
            raise SpecError(f"picture quality goes from 0 to 100, not {self.quality}")


@dataclass(frozen=True)
class TrainSpec:
    """How a model is learned.

    Attributes:
        model: Kind of head; `auto` tries those that fit and keeps the best in honest folds.
        classes: Only these classes; `None` means all that have labels.
        split: `groups` keeps what belongs together on one side of a fold; `random` leaks, and is there to compare.
        folds: Number of folds for the honest scores.
        seed: Everything that is random follows from it.
        background: The class of frames that show none of the others; `None` lets honest folds find it.
        hidden: Width of each hidden layer of the dense head.
        dropout: Share of a hidden layer that a training step does not see.
        budget_seconds: Once training has taken this long, no further head is tried.
    """

    model: Literal["auto", "linear", "mlp", "regions"] = "auto"
    classes: tuple[str, ...] | None = None
    split: Literal["groups", "random"] = "groups"
    folds: int = 5
    seed: int = 0
    background: str | None = None
    hidden: tuple[int, ...] = (256,)
    dropout: float = 0.5
    budget_seconds: float = 300.0

    def __post_init__(self) -> None:
        if self.model not in ("auto", "linear", "mlp", "regions"):
            raise SpecError(f"'{self.model}' is not a model: use auto, linear, mlp or regions")
        if self.split not in ("groups", "random"):
            raise SpecError(f"'{self.split}' is not a split: use groups or random")
        if not 2 <= self.folds <= 50:
            raise SpecError(f"the number of folds goes from 2 to 50, not {self.folds}")
        if self.classes is not None and len(set(self.classes)) < 2:
            raise SpecError("a model tells classes apart: --classes needs at least two different names")
        if not all(1 <= width <= 8192 for width in self.hidden):
            raise SpecError(f"hidden layers are 1 to 8192 wide, not {','.join(map(str, self.hidden))}")
        if not 0 <= self.dropout < 1:
            raise SpecError(f"dropout goes from 0 to less than 1, not {self.dropout:g}")
        if not self.budget_seconds >= 0:
            raise SpecError(f"the time for training is 0 seconds or more, not {self.budget_seconds:g}")


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


def check_crop(crop: Crop | None, *, size: Size, name: str) -> None:
    """Raises:
    SpecError: If a crop reaches outside a picture of `size`; with the name of the source.
    """
    if crop is not None:
        try:
            crop.check_within(size)
        except SpecError as error:
            raise SpecError(f"{name}: {error}") from None


def check_thresholds(thresholds: Mapping[str, float]) -> None:
    """Raises:
    SpecError: If a threshold is not a probability strictly between 0 and 1.
    """
    for name, value in thresholds.items():
        if not 0 < value < 1:
            raise SpecError(f"the threshold of '{name}' lies between 0 and 1, not {value:g}")


def parse_thresholds(texts: tuple[str, ...] | list[str]) -> dict[str, float]:
    """`CLASS=P` items, for example `OK=0.5`."""
    thresholds: dict[str, float] = {}
    for text in texts:
        name, separator, value = text.rpartition("=")
        try:
            thresholds[name] = float(value)
        except ValueError:
            separator = ""
        if not separator or not name:
            raise SpecError(f"'{text}' is not a threshold: give CLASS=PROBABILITY, for example OK=0.5")
    check_thresholds(thresholds)
    return thresholds
