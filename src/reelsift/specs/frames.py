"""Which frames, which part of them, what is computed of them, and how they are written as pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from reelsift.errors import SpecError

__all__ = [
    "DEFAULT_BACKBONE",
    "DEFAULT_VIEWS",
    "Crop",
    "FrameSpec",
    "IndexSpec",
    "PictureSpec",
    "Sampling",
    "Size",
    "check_crop",
]

DEFAULT_VIEWS = ("appearance", "quality")
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


def check_crop(crop: Crop | None, *, size: Size, name: str) -> None:
    """Raises:
    SpecError: If a crop reaches outside a picture of `size`; with the name of the source.
    """
    if crop is not None:
        try:
            crop.check_within(size)
        except SpecError as error:
            raise SpecError(f"{name}: {error}") from None
