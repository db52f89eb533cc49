"""What a file's name tells before it is opened: picture, film or table, and its place in natural order."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["FILM_SUFFIXES", "PICTURE_SUFFIXES", "TABLE_SUFFIXES", "is_film", "is_picture", "is_table", "natural_key"]

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
FILM_SUFFIXES = (
    *(".mp4", ".mov", ".mkv", ".avi", ".webm", ".m4v", ".mpg", ".mpeg", ".ts", ".3gp", ".flv", ".gif"),
    *(".wmv", ".mts", ".m2ts", ".m2v", ".vob", ".ogv", ".mxf", ".3g2", ".f4v", ".asf", ".dv", ".y4m"),
)
TABLE_SUFFIXES = (".csv", ".tsv")

_DIGITS = re.compile(r"([0-9]+)")


def is_picture(path: Path) -> bool:
    """Whether the name ends as a picture's does, in any case."""
    return path.suffix.lower() in PICTURE_SUFFIXES


def is_film(path: Path) -> bool:
    """Whether the name ends as a film's does, in any case."""
    return path.suffix.lower() in FILM_SUFFIXES


def is_table(path: Path) -> bool:
    """Whether the name ends as a table's does, in any case."""
    return path.suffix.lower() in TABLE_SUFFIXES


def natural_key(name: str) -> tuple[tuple[str | int, ...], str]:
    """A sort key under which numbers count as numbers: `frame2.jpg` comes before `frame10.jpg`.

    Case does not matter; the name itself breaks ties (`01` and `1`), so that the order is total.
    """
    # Splitting at digits gives text, number, text, number, ...: like always meets like when keys are compared.
    parts = _DIGITS.split(name.casefold())
    return tuple(int(part) if i % 2 else part for i, part in enumerate(parts)), name
