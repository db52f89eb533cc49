"""Heads: what turns the views of a frame into logits, and the table of those a model file can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import ModelError
from reelsift.models.linear import LinearHead
from reelsift.models.memory import MemoryHead
from reelsift.models.mlp_head import MlpHead
from reelsift.models.region_head import RegionsHead
from reelsift.models.sequence_head import SequenceHead
from reelsift.models.statistics_head import StatisticsHead

__all__ = [
    "HEADS",
    "BlendHead",
    "Head",
    "below",
    "head_from_parts",
    "head_parts",
    "logits_between",
    "memory_parts",
]

FloatArray = NDArray[np.float64]


class Head(Protocol):
    """Logits of C classes from the views of frames."""

    kind: ClassVar[str]

    @property
    def views(self) -> tuple[str, ...]:
        """Names of the views it looks at."""
        ...

    @property
    def class_count(self) -> int:
        """C."""
        ...

    def logits(self, views: Mapping[str, Any], *, times_seconds: FloatArray | None = None) -> FloatArray:
        """(N, C) logits of N frames; views it does not use are passed over.

        Times (N,) matter to heads with memory alone; `None`: frames that have nothing to do with each other.
        """
        ...

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What the model file keeps as arrays."""
        ...

    def settings(self) -> dict[str, Any]:
        """What the model file keeps as JSON."""
        ...


@dataclass(frozen=True, eq=False)
class BlendHead:
    """The sum of the logits of other heads, each times its scale: a product of experts.

    Attributes:
        parts: The heads.
        scales: What the logits of each are multiplied by.

    Raises:
        ModelError: If the heads are not of the same classes.
    """

    kind: ClassVar[str] = "blend"

    parts: tuple[Head, ...]
    scales: tuple[float, ...]

    def __post_init__(self) -> None:
        if len({part.class_count for part in self.parts}) != 1 or len(self.parts) != len(self.scales):
            raise ModelError("the heads of a blend do not fit each other: train the model again")

    @property
    def views(self) -> tuple[str, ...]:
        """Names of the views its parts look at."""
        return tuple(dict.fromkeys(view for part in self.parts for view in part.views))

    @property
    def class_count(self) -> int:
        """C."""
        return self.parts[0].class_count

    def logits(self, views: Mapping[str, Any], *, times_seconds: FloatArray | None = None) -> FloatArray:
        """(N, C) logits; raises what its parts raise."""
        scaled = [
            scale * part.logits(views, times_seconds=times_seconds)
            for scale, part in zip(self.scales, self.parts, strict=True)
        ]
        return np.asarray(np.sum(scaled, axis=0))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What the model file keeps as arrays."""
        return {f"{n}.{name}": values for n, part in enumerate(self.parts) for name, values in part.arrays().items()}

    def settings(self) -> dict[str, Any]:
        """What the model file keeps as JSON."""
        return {"scales": list(self.scales), "parts": [head_parts(part) for part in self.parts]}

    @classmethod
    def from_parts(cls, settings: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> BlendHead:
        """The head that gave `settings` and `arrays`."""
        parts = []
        for number, part in enumerate(settings["parts"]):
            parts.append(head_from_parts(part, below(f"{number}.", arrays)))
        return cls(tuple(parts), tuple(float(scale) for scale in settings["scales"]))


HEADS: dict[str, Any] = {
    head.kind: head for head in (LinearHead, MlpHead, RegionsHead, StatisticsHead, SequenceHead, BlendHead)
}


def memory_parts(head: Head) -> tuple[MemoryHead, ...]:
    """The head if it has memory, or the parts of a blend that have; none where frames are judged one by one."""
    if isinstance(head, BlendHead):
        return tuple(found for part in head.parts for found in memory_parts(part))
    return (head,) if isinstance(head, MemoryHead) else ()


def logits_between(
    head: Head,
    views: Mapping[str, Any],
    *,
    times_seconds: FloatArray,
    between: Mapping[str, Any],
    between_seconds: FloatArray,
) -> FloatArray:
    """(B, C) logits of frames that lie between samples; as `MemoryHead.logits_between` for heads with memory."""
    if isinstance(head, MemoryHead):
        return head.logits_between(views, times_seconds=times_seconds, between=between, between_seconds=between_seconds)
    if isinstance(head, BlendHead):
        scaled = [
            scale
            * logits_between(part, views, times_seconds=times_seconds, between=between, between_seconds=between_seconds)
            for scale, part in zip(head.scales, head.parts, strict=True)
        ]
        return np.asarray(np.sum(scaled, axis=0))
    return head.logits(between)


def below(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The arrays whose names begin with `prefix`, under the rest of their names."""
    return {name[len(prefix) :]: values for name, values in arrays.items() if name.startswith(prefix)}


def head_parts(head: Head) -> dict[str, Any]:
    """What the model file says of a head, beside its arrays."""
    return {"kind": head.kind, **head.settings()}


def head_from_parts(settings: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Head:
    """The head that `head_parts` and its arrays describe.

    Raises:
        ModelError: If its kind is unknown, or its arrays do not fit.
    """
    if settings["kind"] not in HEADS:
        raise ModelError(f"the model has a head of the kind '{settings['kind']}', of a newer reelsift: train it again")
    head: Head = HEADS[settings["kind"]].from_parts(settings, arrays)
    return head
