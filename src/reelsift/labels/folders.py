"""Labels from folders: one folder a class, holding pictures or clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from reelsift.errors import LabelError, SourceNotFoundError
from reelsift.filenames import is_film, is_picture, natural_key
from reelsift.labels.rows import LabelRow, Problem, ReadLabels, rename

__all__ = ["held_out_folders", "read_class_folders"]

_TRAIN = ("train", "training")
_HELD_OUT = ("test", "testing", "val", "valid", "validation")
_NO_CLASS = "__MACOSX"  # what unpacking an archive from a Mac leaves behind


def read_class_folders(path: Path, *, names: Mapping[str, str] | None = None) -> ReadLabels:
    """Read labels from a folder that holds one folder a class, with pictures or clips directly in them.

    With `train/` and `test/` above the class folders (any case; `training/` and `testing/` too), only `train/` is read:
    what is held out must be named to be read. Everything comes in natural order; hidden files, and files that are
    neither pictures nor films, are passed over, and so are pictures that lie beside the class folders, not yet sorted.

    Args:
        path: The folder above the class folders.
        names: Classes to rename, old name to new.

    Returns:
        A row for each picture or clip, and a problem for each class folder that holds none.

    Raises:
        SourceNotFoundError: If there is no such folder.
        LabelError: If nothing in it is labelled; the message says what was expected.
    """
    if not path.is_dir():
        raise SourceNotFoundError(f"no such folder: '{path}'")
    base = _training_folder(path)
    rows: list[LabelRow] = []
    problems: list[Problem] = []
    for folder in _subfolders(base):
        media = _media(folder)
        if not media:
            problems.append(Problem(str(folder), "holds neither pictures nor films directly, so it labels nothing"))
        rows += (
            LabelRow(
                path=file,
                class_name=rename(folder.name, names),
                kind="picture" if is_picture(file) else "clip",
                where=str(file),
            )
            for file in media
        )
    if not rows:
        raise LabelError(_nothing_found(base, problems))
    return ReadLabels(tuple(rows), tuple(problems))


def held_out_folders(path: Path) -> tuple[Path, ...]:
    """The folders beside the training one that `read_folders` passes over."""
    if not path.is_dir() or _training_folder(path) == path:
        return ()
    return tuple(folder for folder in _subfolders(path) if _is_split(folder) and folder != _training_folder(path))


def _training_folder(path: Path) -> Path:
    """The folder that holds the class folders: `path`, or the training part below it."""
    parts = [folder for folder in _subfolders(path) if _is_split(folder)]
    train = [folder for folder in parts if folder.name.casefold() in _TRAIN]
    if len(train) > 1:
        raise LabelError(f"'{path}' holds {' and '.join(f.name for f in train)}: name the one to read")
    if not train and parts and not any(_media(folder) for folder in _subfolders(path)):
        raise LabelError(f"'{path}' holds {parts[0].name}/ but no train/: to read it all the same, name '{parts[0]}'")
    return train[0] if train else path


def _is_split(folder: Path) -> bool:
    """Whether this is a `train` or `test` above class folders, and not a class that happens to be called so."""
    if folder.name.casefold() not in _TRAIN + _HELD_OUT:
        return False
    return any(_media(inner) for inner in _subfolders(folder))


def _subfolders(path: Path) -> list[Path]:
    return [entry for entry in _entries(path) if entry.is_dir() and entry.name != _NO_CLASS]


def _media(folder: Path) -> list[Path]:
    """The pictures and films directly in a folder, in natural order."""
    return [entry for entry in _entries(folder) if (is_picture(entry) or is_film(entry)) and entry.is_file()]


def _entries(folder: Path) -> list[Path]:
    """All that is not hidden, in natural order; links are followed but keep their own names."""
    try:
        entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    except OSError as error:
        raise LabelError(f"cannot read the folder '{folder}': {error.strerror}") from None
    return sorted(entries, key=lambda entry: natural_key(entry.name))


def _nothing_found(base: Path, problems: Sequence[Problem]) -> str:
    expected = "one folder for each class, with pictures or clips in it (for example OK/ and KO/)"
    if problems:
        return f"'{base}' has no labels: none of its folders holds pictures or films directly; expected {expected}"
    if _media(base):
        return f"the files in '{base}' are not sorted into classes: expected {expected}, or a CSV"
    return f"'{base}' has no labels: expected {expected}"
