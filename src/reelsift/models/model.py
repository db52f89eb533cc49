"""A trained model: plain arrays that turn views into probabilities, and the folder it is kept in."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import ModelError
from reelsift.models.calibration import Calibration
from reelsift.models.linear import LinearHead
from reelsift.output import writing_file

__all__ = ["Model"]

FORMAT = "reelsift-model"
FORMAT_VERSION = 1
SETTINGS_NAME = "model.json"


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
        index_spec: How the views were computed, as `IndexSpec.to_dict` gives it.
        label_digest: Digest of the labels it was learned from.
        report: What training found out, as `TrainReport.to_dict` gives it.
    """

    task: str
    classes: tuple[str, ...]
    head: LinearHead
    calibration: Calibration
    priors: NDArray[np.float64]
    switch_rate_per_second: float
    index_spec: Mapping[str, Any] = field(default_factory=dict)
    label_digest: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.classes)
        lengths = {"head": len(self.head.bias), "calibration": len(self.calibration.bias), "priors": len(self.priors)}
        for name, length in lengths.items():
            if length != count:
                raise ModelError(f"the {name} of a model of {count} classes is made for {length}")
        if not self.switch_rate_per_second >= 0:
            raise ModelError(f"the switch rate of a model is 0 or more, not {self.switch_rate_per_second:g}")

    @property
    def views(self) -> tuple[str, ...]:
        """Names of the views it looks at."""
        return tuple(name for name, _ in self.head.widths)

    def probabilities(self, views: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """(N, C) calibrated probabilities of N frames.

        Args:
            views: By name, (N, D) of any float type; more views than needed do no harm.

        Raises:
            ModelError: If a view is missing, has another width, or holds values that are not finite.
        """
        return self.calibration.probabilities(self.head.logits(views))

    def save(self, folder: Path | str) -> None:
        """Writes the model into a folder; one that is there already is replaced in a single step.

        The arrays go first, under a name of their own; the model is the new one from the moment its JSON names them.

        Raises:
            OutputError: If it cannot be written.
        """
        from safetensors.numpy import save

        target = Path(folder)
        data = save({name: np.ascontiguousarray(values) for name, values in self._arrays().items()})
        arrays = f"arrays-{hashlib.sha256(data).hexdigest()[:16]}.safetensors"
        with writing_file(target / arrays, make_folder=True) as beside:
            beside.write_bytes(data)
        settings = json.dumps({**self._settings(), "arrays": arrays}, indent=1, ensure_ascii=False)
        with writing_file(target / SETTINGS_NAME) as beside:
            beside.write_text(settings, encoding="utf-8")
        # Whoever trains the same task beside us may have been quicker: what the JSON names now is in use.
        in_use = json.loads((target / SETTINGS_NAME).read_text(encoding="utf-8"))["arrays"]
        for old in target.glob("arrays-*.safetensors"):
            if old.name not in (arrays, in_use):
                old.unlink(missing_ok=True)

    @classmethod
    def load(cls, folder: Path | str) -> Model:
        """Reads a model; nothing in its files is ever executed, so one from a stranger is safe to open.

        Raises:
            ModelError: If there is none, or its files are broken, foreign or of a newer reelsift.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        source = Path(folder)
        try:
            settings = json.loads((source / SETTINGS_NAME).read_text(encoding="utf-8"))
            if not isinstance(settings, dict) or settings.get("format") != FORMAT:
                raise ModelError(f"{source / SETTINGS_NAME} is not a model of reelsift")
            if settings["version"] != FORMAT_VERSION or settings["head"] != "linear":
                raise ModelError(f"the model in {source} was written by another version of reelsift: train it again")
            return cls._from_parts(settings, load_file(source / Path(settings["arrays"]).name))
        except FileNotFoundError as error:
            raise ModelError(f"there is no model in {source}: train it first") from error
        except ModelError as error:
            raise ModelError(f"{error} (read from {source})" if str(source) not in str(error) else str(error)) from None
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            raise ModelError(f"the model in {source} cannot be read ({error}): train it again") from error

    def _arrays(self) -> dict[str, NDArray[Any]]:
        head = {name: getattr(self.head, name) for name in ("weights", "bias", "mean", "scale")}
        return {**head, "calibration_bias": self.calibration.bias, "priors": self.priors}

    def _settings(self) -> dict[str, Any]:
        rate = self.switch_rate_per_second
        return {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "task": self.task,
            "classes": list(self.classes),
            "head": "linear",
            "views": [[name, width] for name, width in self.head.widths],
            "calibration_slope": self.calibration.slope,
            "switch_rate_per_second": None if math.isinf(rate) else rate,  # JSON knows no infinity
            "index_spec": dict(self.index_spec),
            "label_digest": self.label_digest,
            "report": dict(self.report),
        }

    @classmethod
    def _from_parts(cls, settings: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Model:
        rate = settings["switch_rate_per_second"]
        return cls(
            task=str(settings["task"]),
            classes=tuple(settings["classes"]),
            head=LinearHead(
                widths=tuple((str(name), int(width)) for name, width in settings["views"]),
                weights=arrays["weights"],
                bias=arrays["bias"],
                mean=arrays["mean"],
                scale=arrays["scale"],
            ),
            calibration=Calibration(slope=float(settings["calibration_slope"]), bias=arrays["calibration_bias"]),
            priors=arrays["priors"],
            switch_rate_per_second=math.inf if rate is None else float(rate),
            index_spec=settings["index_spec"],
            label_digest=str(settings["label_digest"]),
            report=settings["report"],
        )
