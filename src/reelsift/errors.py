"""Every error reelsift raises on purpose.

Each class also inherits the builtin a Python programmer would expect, so ``except FileNotFoundError`` works too.
A message is one line: what is wrong, with which value, and what to do.
"""

from __future__ import annotations

__all__ = [
    "IndexIncompleteError",
    "LabelError",
    "MediaError",
    "ModelError",
    "OutputError",
    "OutputExistsError",
    "ReelsiftError",
    "SourceNotFoundError",
    "SpecError",
]


class ReelsiftError(Exception):
    """The base of all errors raised on purpose; its text is fit to be shown to a user as it is."""


class SpecError(ReelsiftError, ValueError):
    """A setting that cannot mean anything: a negative rate, a crop without area, an unknown word."""


class SourceNotFoundError(ReelsiftError, FileNotFoundError):
    """A film, a folder or a table that is not where it was said to be."""


class MediaError(ReelsiftError, ValueError):
    """A file that cannot be read as a film or a picture, or not as far as was asked."""


class LabelError(ReelsiftError, ValueError):
    """Labels that are missing, contradict each other or cannot be read."""


class ModelError(ReelsiftError, ValueError):
    """A model that does not exist, cannot be read or does not fit what it is applied to."""


class OutputError(ReelsiftError, OSError):
    """Something that could not be written: no permission, no space, no such folder."""


class OutputExistsError(ReelsiftError, FileExistsError):
    """An output that exists already and may not be replaced."""


class IndexIncompleteError(ReelsiftError, RuntimeError):
    """An index that was asked for but is not there, or was left half-way."""
