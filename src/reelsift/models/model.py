"""A trained model: plain arrays that turn views into probabilities, and the folder it is kept in."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import ModelError
from reelsift.held_out import HeldOut
from reelsift.models.calibration import Calibration
from reelsift.models.heads import Head, below, head_from_parts, head_parts, logits_between, memory_parts
from reelsift.models.report import summary_of_questions
from reelsift.multi_timeline import yes_or_no
from reelsift.output import writing_file

__all__ = ["Model", "MultiModel", "load_any", "save_parts"]

FORMAT = "reelsift-model"
FORMAT_VERSION = 2
SETTINGS_NAME = "model.json"
_HELD_OUT = ("probabilities", "targets", "weights", "groups")


@dataclass(frozen=True, eq=False)
class Model:
    """What was learned for a task.

    Attributes:
        task: Name of the task.
        classes: (C,) names of the classes.
        head: From views to logits.
        calibration: From logits to probabilities.
        priors: (C,) share of each class among the labels.
        switch_rate_per_second: How often the labels change, for `reelsift.smoothing.smooth`; may be infinite.
        held_out: What honest folds said of labelled frames.
        change_share: Share of the cuts of the picture at which the class changes, for models with memory; see
            `reelsift.shot_borders`.
        index_spec: How the views were computed, as `IndexSpec.to_dict` gives it.
        label_digest: Digest of the labels it was learned from.
        report: What training found out, as `TrainReport.to_dict` gives it.
    """

    task: str
    classes: tuple[str, ...]
    head: Head
    calibration: Calibration
    priors: NDArray[np.float64]
    switch_rate_per_second: float
    held_out: HeldOut
    change_share: float = 0.0
    index_spec: Mapping[str, Any] = field(default_factory=dict)
    label_digest: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.classes)
        lengths = {"head": self.head.class_count, "calibration": len(self.calibration.bias), "priors": len(self.priors)}
        lengths["held-out frames"] = self.held_out.probabilities.shape[1]
        for name, length in lengths.items():
            if length != count:
                raise ModelError(f"the {name} of a model of {count} classes is made for {length}")
        if not self.switch_rate_per_second >= 0:
            raise ModelError(f"the switch rate of a model is 0 or more, not {self.switch_rate_per_second:g}")

    @property
    def views(self) -> tuple[str, ...]:
        """Names of the views it looks at."""
        return self.head.views

    @property
    def remembers(self) -> bool:
        """Whether it looks at the samples around a frame, too."""
        return bool(memory_parts(self.head))

    @property
    def step_seconds(self) -> float | None:
        """Usual time between the samples that its memory was taught on; `None` without memory."""
        return next((part.step_seconds for part in memory_parts(self.head)), None)

    def probabilities(
        self, views: Mapping[str, Any], *, times_seconds: NDArray[np.float64] | None = None
    ) -> NDArray[np.float64]:
        """(N, C) calibrated probabilities of N frames.

        Args:
            views: By name, N rows each, as the store gives them; more views than needed do no harm.
            times_seconds: (N,) time stamps of samples in the order of the film, for models with memory; `None`: frames
                that have nothing to do with each other.

        Raises:
            ModelError: If a view is missing, has another width, or holds values that are not finite.
        """
        return self.calibration.probabilities(self.head.logits(views, times_seconds=times_seconds))

    def probabilities_between(
        self,
        views: Mapping[str, Any],
        *,
        times_seconds: NDArray[np.float64],
        between: Mapping[str, Any],
        between_seconds: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """(B, C) calibrated probabilities of frames that lie between N samples.

        A model with memory looks at each as if it were the sample nearest to it; others judge it by itself.

        Args:
            views: Of the samples, as for `probabilities`.
            times_seconds: (N,) of the samples.
            between: By name, B rows each, of the frames.
            between_seconds: (B,) of the frames.

        Raises:
            ModelError: As `probabilities`.
        """
        found = logits_between(
            self.head, views, times_seconds=times_seconds, between=between, between_seconds=between_seconds
        )
        return self.calibration.probabilities(found)

    def save(self, folder: Path | str) -> None:
        """Writes the model into a folder; one that is there already is replaced in a single step.

        Raises:
            OutputError: If it cannot be written.
        """
        save_parts([self], Path(folder), kind="single")

    @classmethod
    def load(cls, folder: Path | str) -> Model:
        """As `load_any`, of a task whose classes exclude each other.

        Raises:
            ModelError: As `load_any`, or if the classes of the task can be true at once.
        """
        model = load_any(folder)
        if not isinstance(model, Model):
            raise ModelError(f"the classes of the model in {folder} can be true at once: read it with load_any")
        return model

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What its file keeps as arrays."""
        held_out = {f"held_out.{name}": getattr(self.held_out, name) for name in _HELD_OUT}
        head = {f"head.{name}": values for name, values in self.head.arrays().items()}
        return {**head, **held_out, "calibration_bias": self.calibration.bias, "priors": self.priors}

    def settings(self) -> dict[str, Any]:
        """What its file keeps as JSON."""
        rate = self.switch_rate_per_second
        return {
            "task": self.task,
            "classes": list(self.classes),
            "head": head_parts(self.head),
            "calibration_slope": self.calibration.slope,
            "change_share": self.change_share,
            "switch_rate_per_second": None if math.isinf(rate) else rate,  # JSON knows no infinity
            "index_spec": dict(self.index_spec),
            "label_digest": self.label_digest,
            "report": dict(self.report),
        }

    @classmethod
    def from_parts(cls, settings: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Model:
        """The model that gave `settings` and `arrays`."""
        rate = settings["switch_rate_per_second"]
        return cls(
            task=str(settings["task"]),
            classes=tuple(settings["classes"]),
            head=head_from_parts(settings["head"], below("head.", arrays)),
            calibration=Calibration(slope=float(settings["calibration_slope"]), bias=arrays["calibration_bias"]),
            priors=arrays["priors"],
            switch_rate_per_second=math.inf if rate is None else float(rate),
            held_out=HeldOut(**below("held_out.", arrays)),
            change_share=float(settings.get("change_share", 0.0)),
            index_spec=settings["index_spec"],
            label_digest=str(settings["label_digest"]),
            report=settings["report"],
        )


@dataclass(frozen=True, eq=False)
class MultiModel:
    """What was learned for a task whose classes can be true at once: a yes-or-no model for each class.

    Attributes:
        models: One for each class, of the classes `("not X", "X")`.

    Raises:
        ModelError: If a model is not of such classes, or they are not of one task.
    """

    models: tuple[Model, ...]

    def __post_init__(self) -> None:
        if not self.models:
            raise ModelError("a model of a task needs at least one class")
        for model in self.models:
            if model.classes != yes_or_no(model.classes[-1]) or model.task != self.models[0].task:
                raise ModelError(f"each part of a model asks after one class: ('not X', 'X'), not {model.classes}")

    @property
    def task(self) -> str:
        """Name of the task."""
        return self.models[0].task

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return tuple(model.classes[1] for model in self.models)

    @property
    def views(self) -> tuple[str, ...]:
        """Names of the views that any of its models looks at."""
        return tuple(dict.fromkeys(view for model in self.models for view in model.views))

    @property
    def remembers(self) -> bool:
        """Whether any of its models looks at the samples around a frame, too."""
        return any(model.remembers for model in self.models)

    @property
    def index_spec(self) -> Mapping[str, Any]:
        """How the views were computed; the same for all."""
        return self.models[0].index_spec

    @property
    def label_digest(self) -> str:
        """Digest of the labels it was learned from."""
        return self.models[0].label_digest

    @property
    def report(self) -> Mapping[str, Any]:
        """What training found out, as `summary_of_questions` gives it."""
        return summary_of_questions({name: part.report for name, part in zip(self.classes, self.models, strict=True)})

    def of(self, name: str) -> Model:
        """The yes-or-no model of one class.

        Raises:
            ModelError: If there is no such class.
        """
        if name not in self.classes:
            raise ModelError(f"there is no class '{name}': the model knows {', '.join(self.classes)}")
        return self.models[self.classes.index(name)]

    def save(self, folder: Path | str) -> None:
        """As `Model.save`."""
        save_parts(self.models, Path(folder), kind="multi")


def save_parts(models: Sequence[Model], folder: Path, *, kind: str) -> None:
    """Writes models into one folder; what is there already is replaced in a single step.

    The arrays go first, under a name of their own; the model is the new one from the moment its JSON names them.

    Raises:
        OutputError: If it cannot be written.
    """
    from safetensors.numpy import save

    named = [(f"{n}.{name}", values) for n, model in enumerate(models) for name, values in model.arrays().items()]
    data = save({name: np.ascontiguousarray(values) for name, values in named})
    arrays = f"arrays-{hashlib.sha256(data).hexdigest()[:16]}.safetensors"
    with writing_file(folder / arrays, make_folder=True) as beside:
        beside.write_bytes(data)
    identity = {"format": FORMAT, "version": FORMAT_VERSION, "kind": kind, "arrays": arrays}
    settings = json.dumps({**identity, "models": [model.settings() for model in models]}, indent=1, ensure_ascii=False)
    with writing_file(folder / SETTINGS_NAME) as beside:
        beside.write_text(settings, encoding="utf-8")
    # Whoever trains the same task beside us may have been quicker: what the JSON names now is in use.
    in_use = json.loads((folder / SETTINGS_NAME).read_text(encoding="utf-8"))["arrays"]
    for old in folder.glob("arrays-*.safetensors"):
        if old.name not in (arrays, in_use):
            old.unlink(missing_ok=True)


def load_any(folder: Path | str) -> Model | MultiModel:
    """Reads a model; nothing in its files is ever executed, so one from a stranger is safe to open.

    Raises:
        ModelError: If there is none, or its files are broken, foreign or of another version of reelsift.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    source = Path(folder)
    try:
        settings = json.loads((source / SETTINGS_NAME).read_text(encoding="utf-8"))
        if not isinstance(settings, dict) or settings.get("format") != FORMAT:
            raise ModelError(f"{source / SETTINGS_NAME} is not a model of reelsift")
        if settings["version"] != FORMAT_VERSION or settings["kind"] not in ("single", "multi"):
            raise ModelError(f"the model in {source} was written by another version of reelsift: train it again")
        arrays = load_file(source / Path(settings["arrays"]).name)
        parts = tuple(Model.from_parts(each, below(f"{n}.", arrays)) for n, each in enumerate(settings["models"]))
        return MultiModel(parts) if settings["kind"] == "multi" else parts[0]
    except FileNotFoundError as error:
        raise ModelError(f"there is no model in {source}: train it first") from error
    except ModelError as error:
        raise ModelError(f"{error} (read from {source})" if str(source) not in str(error) else str(error)) from None
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, IndexError) as error:
        raise ModelError(f"the model in {source} cannot be read ({error}): train it again") from error
