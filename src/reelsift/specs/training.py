"""How a model is learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from reelsift.errors import SpecError

__all__ = ["MEMORIES", "SEQUENCE_VIEWS", "ModelName", "TrainSpec"]

# What a model with memory looks at: what a frame shows, and what moves and changes where.
SEQUENCE_VIEWS = ("appearance", "motion", "changes")
# Kinds of model that look at the samples around a frame, too.
MEMORIES = ("lstm", "gru", "tcn", "statistics")

ModelName = Literal["auto", "linear", "mlp", "regions", "statistics", "lstm", "gru", "tcn"]


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
        window: How many samples a model with memory looks at together.
    """

    model: ModelName = "auto"
    classes: tuple[str, ...] | None = None
    split: Literal["groups", "random"] = "groups"
    folds: int = 5
    seed: int = 0
    background: str | None = None
    hidden: tuple[int, ...] = (256,)
    dropout: float = 0.5
    budget_seconds: float = 300.0
    window: int = 75

    def __post_init__(self) -> None:
        if self.model not in get_args(ModelName):
            raise SpecError(f"'{self.model}' is not a model: use {', '.join(get_args(ModelName))}")
        if not 2 <= self.window <= 1000:
            raise SpecError(f"a window is 2 to 1000 samples long, not {self.window}")
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

    @property
    def remembers(self) -> bool:
        """Whether a model with memory is asked for by name."""
        return self.model in MEMORIES
