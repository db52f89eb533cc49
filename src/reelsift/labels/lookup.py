"""Finding the file a table means, also where it leaves the extension out."""

from __future__ import annotations

import os
from pathlib import Path

from reelsift.errors import LabelError
from reelsift.filenames import FILM_SUFFIXES, PICTURE_SUFFIXES

__all__ = ["MediaLookup"]

_SUFFIXES = frozenset(PICTURE_SUFFIXES + FILM_SUFFIXES)


class MediaLookup:
    """Finds files by the names a table gives, relative to one folder.

    Each folder is listed once at most, so that a table of 100,000 names without extension costs no more than one with.

    Args:
        root: The folder that relative names start from.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._by_stem: dict[Path, dict[str, list[str]]] = {}

    def find(self, name: str) -> Path:
        """The file or folder called `name`, or the only picture or film whose name is `name` and an extension.

        Raises:
            LabelError: If there is none, or more than one.
        """
        if not name:
            raise LabelError("the file name is empty")
        path = self._root / name
        # A table written on Windows divides folders by backslashes, which are part of a name elsewhere.
        for candidate in (path, self._root / name.replace("\\", "/")):
            if os.path.exists(candidate):  # noqa: PTH110 - Path.exists raises on names no file system allows
                return candidate
            matches = self._with_suffix(candidate)
            if len(matches) == 1:
                return candidate.with_name(matches[0])
            if matches:
                raise LabelError(f"'{name}' could be any of {', '.join(sorted(matches))}: give the extension too")
        raise LabelError(f"no file '{name}' in '{self._root}': if it is elsewhere, name the folder with --root")

    def _with_suffix(self, path: Path) -> list[str]:
        if path.suffix.lower() in _SUFFIXES or not path.name:
            return []
        if path.parent not in self._by_stem:
            self._by_stem[path.parent] = _names_by_stem(path.parent)
        return self._by_stem[path.parent].get(path.name, [])


def _names_by_stem(folder: Path) -> dict[str, list[str]]:
    """The pictures and films of a folder by their names without extension; nothing where there is no such folder."""
    names: dict[str, list[str]] = {}
    try:
        found = os.listdir(folder)  # noqa: PTH208 - names are all that is needed, and there may be very many
    except (OSError, ValueError):
        return {}
    for name in found:
        stem, suffix = os.path.splitext(name)  # noqa: PTH122 - the same
        if suffix.lower() in _SUFFIXES:
            names.setdefault(stem, []).append(name)
    return names
