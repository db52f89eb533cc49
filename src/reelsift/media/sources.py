"""What a user points at: films, folders of films, folders of pictures; and how each is known again by its content."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from reelsift.errors import MediaError, SourceNotFoundError
from reelsift.filenames import is_film, is_picture, natural_key

__all__ = ["FilmSource", "PictureSource", "Source", "fingerprint_file", "picture_id", "resolve_sources"]

_SAMPLED_BLOCK_BYTES = 256 * 1024
_SAMPLED_BLOCKS = 16


@dataclass(frozen=True)
class FilmSource:
    """A film.

    Attributes:
        path: Where it is; opens from the current folder.
        name: How it is called towards the user: the path as they gave it.
    """

    path: Path
    name: str

    @property
    def source_id(self) -> str:
        return fingerprint_file(self.path)


@dataclass(frozen=True)
class PictureSource:
    """A folder of pictures, each a frame, in natural order; or one picture; or those that a table lists, in its order.

    Attributes:
        path: The folder, the picture itself, or the table.
        name: How it is called towards the user.
        pictures: Paths of the pictures in order.
        fps: Pictures a second, which gives each its time: index / fps.
        is_listed: Whether a table lists the pictures, wherever they lie.
        is_apart: Whether nothing says that the pictures follow each other in time: none of them tells of the next.
    """

    path: Path
    name: str
    pictures: tuple[Path, ...]
    fps: Fraction = Fraction(1)
    is_listed: bool = False
    is_apart: bool = False

    @property
    def source_id(self) -> str:
        """Follows from the names and contents of the pictures, in order, and from `fps`; `picture_id` for one alone."""
        if self.pictures == (self.path,):
            return picture_id(self.path)
        digest = hashlib.sha256(b"apart" if self.is_apart else str(self.fps).encode())
        for picture in self.pictures:
            digest.update(f"\n{picture.name}\t{fingerprint_file(picture)}".encode())
        return digest.hexdigest()[:32]

    def picture_name(self, index: int) -> str:
        """How the picture at `index` is called towards the user: its path as they gave it."""
        if self.is_listed:
            return str(self.pictures[index])
        return self.name if self.pictures == (self.path,) else str(Path(self.name, self.pictures[index].name))


Source = FilmSource | PictureSource


def resolve_sources(paths: Iterable[str | Path], *, fps: Fraction | None = None) -> list[Source]:
    """Finds the sources behind paths.

    A file is a film, or a picture if its name says so; a folder is all films in it at any depth, else the pictures that
    lie in it. Each source comes once, in the order given, folders in natural order; hidden files are passed over.

    Args:
        paths: Files and folders.
        fps: Pictures a second for folders of pictures; 1 if not given.

    Raises:
        SourceNotFoundError: If a path does not exist.
        MediaError: If a folder holds neither films nor pictures.
    """
    found: dict[Path, Source] = {}
    for given in paths:
        for source in _sources_at(Path(given), str(given), fps or Fraction(1)):
            found.setdefault(source.path.absolute(), source)
    return list(found.values())


def _sources_at(path: Path, name: str, fps: Fraction) -> Iterator[Source]:
    if not path.exists():
        raise SourceNotFoundError(f"{name}: no such file or folder")
    if path.is_file():
        if is_picture(path):
            yield PictureSource(path, name, (path,), fps)
        else:
            yield FilmSource(path, name)
        return
    films = sorted(_walk(path, is_film), key=lambda film: natural_key(str(film)))
    if films:
        yield from (FilmSource(film, str(film)) for film in films)
        return
    pictures = [entry for entry in path.iterdir() if _is_wanted(entry, is_picture)]
    if not pictures:
        raise MediaError(f"{name}: no films in this folder or below it, and no pictures in it")
    yield PictureSource(path, name, tuple(sorted(pictures, key=lambda entry: natural_key(entry.name))), fps)


def _walk(folder: Path, wanted: Callable[[Path], bool]) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (entry for name in files if _is_wanted(entry := Path(parent, name), wanted))


def _is_wanted(entry: Path, wanted: Callable[[Path], bool]) -> bool:
    return wanted(entry) and not entry.name.startswith(".") and entry.is_file()


def fingerprint_file(path: Path) -> str:
    """A name for the content of a file: 32 hex digits that stay when it is moved or renamed.

    SHA-256 over the size and the bytes; of files over 4 MiB only over 16 blocks spread evenly from the first byte to
    the last, so that a film of many gigabytes takes milliseconds.

    Raises:
        SourceNotFoundError: If there is no such file.
        MediaError: If it cannot be read.
    """
    try:
        status = path.stat()
        return _fingerprint(str(path.absolute()), status.st_size, status.st_mtime_ns)
    except FileNotFoundError:
        raise SourceNotFoundError(f"{path}: no such file") from None
    except OSError as error:
        raise MediaError(f"{path}: cannot be read ({error.strerror})") from None


def picture_id(path: Path) -> str:
    """A name for a picture that is a source of its own: content and file name.

    Content alone would make one source of all the pictures of an end card, each of which was labelled.
    """
    return f"{fingerprint_file(path)}/{path.name}"


@lru_cache(maxsize=65536)
def _fingerprint(path: str, size: int, changed_ns: int) -> str:
    digest = hashlib.sha256(str(size).encode())
    with Path(path).open("rb") as file:
        if size <= _SAMPLED_BLOCKS * _SAMPLED_BLOCK_BYTES:
            digest.update(file.read())
        else:
            for block in range(_SAMPLED_BLOCKS):
                file.seek((size - _SAMPLED_BLOCK_BYTES) * block // (_SAMPLED_BLOCKS - 1))
                digest.update(file.read(_SAMPLED_BLOCK_BYTES))
    return digest.hexdigest()[:32]
