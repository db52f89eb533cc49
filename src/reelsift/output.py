"""Writing beside, then renaming: an output is there whole, or not at all."""

from __future__ import annotations

import errno
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from reelsift.errors import OutputError, OutputExistsError

__all__ = [
    "check_file",
    "check_folder",
    "hidden_beside",
    "left_behind",
    "writing_file",
    "writing_folder",
    "writing_problem",
]

_HIDDEN = re.compile(r"\.(?P<stem>.*)\.(?P<process>\d+)-[0-9a-f]{8}(?P<suffix>(\.[^.]*)?)")


def check_file(output: Path, *, overwrite: bool, source: Path | None = None) -> None:
    """Makes sure, before any work, that a file can be written; removes what killed runs left beside it.

    Args:
        output: Where it will be.
        overwrite: Whether it may be there already.
        source: What is read meanwhile, which it must not be.

    Raises:
        OutputExistsError: If it is there and may not be replaced.
        OutputError: If its folder is missing or cannot be written to, or if it is the source.
    """
    if source is not None and source.exists() and output.exists() and output.samefile(source):
        raise OutputError(f"{output}: this is the source itself; give the result another name")
    if output.is_dir():
        raise OutputError(f"{output}: this is a folder; give the name of a file")
    if output.exists() and not overwrite:
        raise OutputExistsError(f"{output}: exists already; add --overwrite to replace it")
    _check_writable(output.parent, output)
    _sweep(output)


def check_folder(folder: Path, *, overwrite: bool) -> None:
    """Makes sure, before any work, that files can be written into a folder, which need not be there yet.

    Removes what killed runs left beside it.

    Raises:
        OutputExistsError: If there is something in it and it may not be replaced.
        OutputError: If it is no folder, or cannot be made or written to.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: this is a file; give the name of a folder")
    _check_writable(folder.parent, folder)
    _sweep(folder)
    if not folder.exists():
        return
    _check_writable(folder, folder)
    if not overwrite and any(not entry.name.startswith(".") for entry in folder.iterdir()):
        raise OutputExistsError(f"{folder}: this folder is not empty; add --overwrite to write into it")


@contextmanager
def writing_file(output: Path, *, make_folder: bool = False) -> Iterator[Path]:
    """A hidden name beside `output`, with the same ending; renamed when the block ends well, removed when it does not.

    Raises:
        OutputError: If the system says no.
    """
    beside = hidden_beside(output)
    try:
        with writing_problem(output):
            if make_folder:
                output.parent.mkdir(parents=True, exist_ok=True)
            yield beside
            os.replace(beside, output)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


@contextmanager
def writing_folder(folder: Path, *, replaces: Callable[[str], bool] | None = None) -> Iterator[Path]:
    """A hidden folder beside `folder`, whose files move there when the block ends well; else as `writing_file`.

    Args:
        folder: Where the files will be; need not be there yet.
        replaces: Says by their names which files of an earlier run those of this one replace: they are removed, once
            the new ones are in place. `None`: only files of the same names.
    """
    beside = hidden_beside(folder)
    try:
        with writing_problem(folder):
            beside.mkdir()
            yield beside
            if folder.exists():
                written: set[tuple[int, int]] = set()
                for entry in sorted(beside.iterdir()):
                    os.replace(entry, folder / entry.name)
                    written.add(_identity(folder / entry.name))
                for entry in sorted(folder.iterdir()):
                    if replaces is None or not replaces(entry.name) or not entry.is_file():
                        continue
                    if _identity(entry) not in written:
                        entry.unlink()
            else:
                os.replace(beside, folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _identity(path: Path) -> tuple[int, int]:
    """Tells a file whatever the case its name is written in, which some systems do not tell apart."""
    status = path.stat()
    return status.st_dev, status.st_ino


@contextmanager
def writing_problem(output: Path) -> Iterator[None]:
    """Turns what the system says about writing into one line about `output`."""
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        if error.errno is None:
            raise
        raise OutputError(f"{output}: {_reason(error)}") from None


def hidden_beside(output: Path) -> Path:
    """A name to write to until it may be called `output`, which says whose it is.

    `.film.1234-9f86d081.mp4` is written by process 1234, to become `film.mp4`.
    """
    return output.absolute().with_name(f".{output.stem[:100]}.{os.getpid()}-{uuid.uuid4().hex[:8]}{output.suffix}")


def left_behind(folder: Path) -> Iterator[Path]:
    """What processes that are no more left half-written in a folder and below it."""
    for entry in sorted(folder.rglob(".*")):
        match = _HIDDEN.fullmatch(entry.name)
        if match and not _is_running(int(match["process"])):
            yield entry


def _sweep(output: Path) -> None:
    """Removes what processes that are no more left beside `output`."""
    for entry in output.absolute().parent.iterdir():
        match = _HIDDEN.fullmatch(entry.name)
        if match is None or (match["stem"], match["suffix"]) != (output.stem[:100], output.suffix):
            continue
        if not _is_running(int(match["process"])):
            with suppress(OSError):
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def _is_running(process: int) -> bool:
    if os.name == "nt":
        return True  # asking would end it there
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True


def _check_writable(folder: Path, output: Path) -> None:
    if not folder.exists():
        raise OutputError(f"{output}: there is no folder {folder}; make it first")
    if not folder.is_dir():
        raise OutputError(f"{output}: {folder} is not a folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{output}: no permission to write into {folder}")


def _reason(error: OSError) -> str:
    reasons = {
        errno.ENOSPC: "the disk is full",
        errno.EDQUOT: "the disk quota is used up",
        errno.EACCES: "no permission to write here",
        errno.EROFS: "the disk is read-only",
        errno.EFBIG: "the file grew larger than the system allows",
    }
    return reasons.get(error.errno or 0, f"could not be written ({(error.strerror or str(error)).lower()})")
