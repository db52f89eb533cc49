"""Probabilities from which a frame counts as a class."""

from __future__ import annotations

from collections.abc import Mapping

from reelsift.errors import SpecError

__all__ = ["check_thresholds", "parse_thresholds"]


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
