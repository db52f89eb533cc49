"""Single steps of sorting files: telling whether one is still the same, giving it a name that is free, copying it."""

from __future__ import annotations

import ctypes
import errno
import functools
import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from reelsift.errors import OutputError

__all__ = [
    "ABSENT",
    "discard",
    "duplicate",
    "free_names",
    "identity",
    "link_text",
    "rename_to_free",
    "same_file",
    "sync_folder",
]

ABSENT = "absent"

_AT_FDCWD = -100
_RENAME_NOREPLACE = 1
_CHUNK_BYTES = 4 << 20
_NAME_BYTES = 255
# What systems say that cannot rename without replacing, or know no hard links.
_UNSUPPORTED = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EPERM, errno.EMLINK, errno.EACCES}


def identity(path: Path, *, follow: bool = False) -> str:
    """What tells whether something was changed: kind, size and time of the last change; where a link points.

    Renaming does not change it. That of a folder counts everything in it.

    Args:
        path: Anything; it need not be there.
        follow: Whether of a link that is told which it points to.
    """
    try:
        status = path.stat() if follow else path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    if stat.S_ISLNK(status.st_mode):
        return f"link {link_text(path)}"
    if not stat.S_ISDIR(status.st_mode):
        return f"file {status.st_size} {status.st_mtime_ns}"
    digest = hashlib.sha256()
    entries = 0
    for folder, folders, files in os.walk(path):
        folders.sort()
        for name in sorted([*files, *folders]):
            entry = Path(folder, name)
            told = "folder" if name in folders and not entry.is_symlink() else identity(entry)
            digest.update(os.fsencode(f"{entry.relative_to(path)}\0{told}\0"))
            entries += 1
    return f"folder {entries} {digest.hexdigest()}"


def link_text(path: Path) -> str:
    """What a link says, to the letter."""
    return os.readlink(path)  # noqa: PTH115 - a Path writes `./a` as `a`


def same_file(first: Path, second: Path) -> bool:
    """Whether both are names of one and the same file; links are not followed."""
    try:
        return os.path.samestat(first.lstat(), second.lstat())
    except (FileNotFoundError, NotADirectoryError):
        return False


def free_names(name: str, *, first: int = 1) -> Iterator[tuple[int, str]]:
    """`clip.mp4`, `clip-2.mp4`, `clip-3.mp4`, ..., each with its number and as long as names may be.

    Args:
        name: That of the source.
        first: Number to begin with.
    """
    stem, suffix = Path(name).stem, Path(name).suffix
    number = first
    while True:
        ending = f"-{number}{suffix}" if number > 1 else suffix
        kept = stem
        while len(os.fsencode(kept + ending)) > _NAME_BYTES and kept:
            kept = kept[:-1]
        yield number, kept + ending
        number += 1


def rename_to_free(old: Path, new: Path) -> None:
    """Renames, but never replaces anything.

    Where the system offers no such rename, a file has both names for a moment, and a folder takes the place of an empty
    one.

    Raises:
        FileExistsError: If the new name is taken.
        OSError: With `errno.EXDEV` if the new name is on another disk; or whatever else the system says.
    """
    rename = _system_rename()
    if rename is not None:
        code = rename(os.fsencode(old), os.fsencode(new))
        if code == 0:
            return
        if code not in _UNSUPPORTED:
            raise OSError(code, os.strerror(code), os.fspath(old), None, os.fspath(new))
    if old.is_dir() and not old.is_symlink():
        new.mkdir()
        try:
            old.rename(new)
        except OSError:
            new.rmdir()
            raise
        return
    try:
        os.link(old, new, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        # A disk without hard links (FAT): what is left is to look first.
        if os.path.lexists(new):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fspath(new)) from None
        old.rename(new)
        return
    old.unlink()


@functools.cache
def _system_rename() -> Callable[[bytes, bytes], int] | None:
    """Linux's renameat2(2) with RENAME_NOREPLACE, which gives 0 or what went wrong; `None` where there is none."""
    try:
        library = ctypes.CDLL(None, use_errno=True)
        call = library.renameat2
    except (OSError, AttributeError, TypeError):
        return None

    def rename(old: bytes, new: bytes) -> int:
        return 0 if call(_AT_FDCWD, old, _AT_FDCWD, new, _RENAME_NOREPLACE) == 0 else ctypes.get_errno()

    return rename


def duplicate(source: Path, copy: Path, *, text: str | None = None, compare: bool = False) -> None:
    """Makes a copy with its time of change and rights, and has it written to the disk before it returns.

    Args:
        source: A file, a link or a folder.
        copy: A name that is free.
        text: Of a link: that a link is made, and what it says; else what it points to is copied.
        compare: Whether what was written is read again and compared with what was read; of files.

    Raises:
        OutputError: If they differ.
        OSError: Whatever the system says.
    """
    if text is not None:
        copy.symlink_to(text)
    elif source.is_dir():
        _copy_folder(source, copy)
    else:
        digest = _copy_file(source, copy)
        if compare and _digest(copy) != digest:
            raise OutputError(f"{copy.parent}: what was written there is not what was read from {source}")
    sync_folder(copy.parent)


def _copy_folder(source: Path, copy: Path) -> None:
    """Copies a folder with all in it, links as links."""
    copy.mkdir()
    for entry in sorted(source.iterdir()):
        if entry.is_symlink():
            (copy / entry.name).symlink_to(link_text(entry))
        elif entry.is_dir():
            _copy_folder(entry, copy / entry.name)
        elif entry.is_file():
            _copy_file(entry, copy / entry.name)
        else:
            raise OutputError(f"{entry}: is neither a file nor a folder, so the folder cannot be copied")
    shutil.copystat(source, copy)
    sync_folder(copy)


def _copy_file(source: Path, copy: Path) -> bytes:
    """Copies a file; gives the digest of what was read."""
    digest = hashlib.blake2b()
    with source.open("rb") as reading:
        target = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            while chunk := reading.read(_CHUNK_BYTES):
                digest.update(chunk)
                rest = memoryview(chunk)
                while rest:
                    rest = rest[os.write(target, rest) :]
            shutil.copystat(source, copy)
            os.fsync(target)
        finally:
            os.close(target)
    return digest.digest()


def _digest(path: Path) -> bytes:
    digest = hashlib.blake2b()
    with path.open("rb") as reading:
        if hasattr(os, "posix_fadvise"):
            # From the disk, not from what memory remembers of it.
            os.posix_fadvise(reading.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while chunk := reading.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.digest()


def discard(path: Path) -> None:
    """Removes a file, a link or a folder with all in it, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Has the names in a folder written to the disk, where the system can."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
