"""One door for labels, whatever they come in as."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reelsift.errors import LabelError, SourceNotFoundError
from reelsift.filenames import is_film, is_picture
from reelsift.labels.folders import read_class_folders
from reelsift.labels.rows import ReadLabels
from reelsift.labels.tables import ColumnNames, read_table

__all__ = ["read_labels"]


def read_labels(
    path: Path,
    *,
    root: Path | None = None,
    names: Mapping[str, str] | None = None,
    columns: ColumnNames | None = None,
    multi: bool = False,
) -> ReadLabels:
    """Read a folder of class folders, or a CSV; see `read_class_folders` and `read_table`.

    Raises:
        SourceNotFoundError: If there is nothing at `path`.
        LabelError: If it is something else, or as a whole cannot be read as labels.
    """
    if path.is_dir():
        if root is not None or columns not in (None, ColumnNames()):
            raise LabelError(f"'{path}' is a folder: a root or names of columns are for tables")
        return read_class_folders(path, names=names)
    if not path.exists():
        raise SourceNotFoundError(f"no such file or folder: '{path}'")
    if is_picture(path) or is_film(path):
        raise LabelError(f"'{path}' is a picture or a film: labels come from a CSV or a folder of class folders")
    return read_table(path, root=root, names=names, columns=columns, multi=multi)
