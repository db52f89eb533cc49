"""Where a project keeps things, and what the steps of a project share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from reelsift.errors import LabelError, MediaError, OutputError, ReelsiftError, SourceNotFoundError, SpecError
from reelsift.features.store import FeatureStore
from reelsift.filenames import is_table
from reelsift.labels import LabelStore, SourceRecord
from reelsift.media.sources import FilmSource, PictureSource, Source, resolve_sources
from reelsift.project.listing import Listing, read_listing

__all__ = ["Layout", "check_not_a_source", "checked_task", "record_of"]

_TASK_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,63}")


@dataclass(frozen=True)
class Layout:
    """The files of a project below its folder."""

    folder: Path

    @property
    def features(self) -> FeatureStore:
        return FeatureStore(self.folder / "index")

    @contextmanager
    def labels(self, *, make: bool = True) -> Iterator[LabelStore]:
        """The labels.

        Args:
            make: Whether a project is made where there is none; only reading one does not.

        Raises:
            SpecError: If the project's folder is a file.
            LabelError: If there is no project and none is to be made.
        """
        self.check()
        path = self.folder / "labels.sqlite"
        if not make and not path.exists():
            raise LabelError(
                f"there is no project in {self.folder}: name another with --project, or import labels first"
            )
        with LabelStore(path) as store:
            yield store

    def exists(self) -> bool:
        """Whether there is a project.

        Raises:
            SpecError: If its folder is a file.
        """
        self.check()
        return (self.folder / "labels.sqlite").exists()

    def check(self) -> None:
        """Raises:
        SpecError: If the project's folder is a file.
        """
        if self.folder.exists() and not self.folder.is_dir():
            raise SpecError(f"{self.folder}: this is a file, not the folder of a project; name another with --project")

    def model_folder(self, task: str) -> Path:
        return self.folder / "models" / checked_task(task)

    def timeline_path(self, task: str, source_id: str, *, suffix: str = "") -> Path:
        return self.folder / "timelines" / checked_task(task) / f"{source_id.replace('/', '-')[:32]}{suffix}.parquet"

    def open(self, record: SourceRecord) -> Source:
        """The source behind a record, where it was last seen: from the current folder, or from beside the project.

        Raises:
            SourceNotFoundError: If it is in neither place, or something else is there now.
        """
        places = [path for path in (Path(record.path), self._beside / record.path) if path.exists()]
        for path in places:
            source = _source_at(path, record)
            if source is not None:
                return source
        what = "has changed since the project met it" if places else "no longer there"
        raise SourceNotFoundError(
            f"{record.path}: {what}; if the old one was moved, run reelsift index on its new place"
        )

    def find(self, record: SourceRecord) -> Path | None:
        """Where the source behind a record is, by its content; `None` if it is gone."""
        try:
            return self.open(record).path
        except ReelsiftError:
            return None

    def one_source(self, path: str | Path, *, fps: Fraction | None = None) -> Source:
        """The one source behind a path, as `sources`.

        Raises:
            MediaError: If it is a folder of several films, or a table that lists several.
        """
        found = self.sources([path], fps=fps)
        if len(found) > 1:
            raise MediaError(f"{path}: {len(found)} films in it; name one of them")
        return found[0]

    def settled(self, record: SourceRecord) -> SourceRecord:
        """The record with a path that leads to its source from any current folder.

        A path as the user gave it does where it counts from beside the project, too; else it is made absolute.
        """
        path, beside = Path(record.path), self._beside / record.path
        if not path.exists() or (beside.exists() and beside.samefile(path)):
            return record
        return replace(record, path=str(path.absolute()))

    def sources(self, paths: Iterable[str | Path], *, fps: Fraction | None = None) -> list[Source]:
        """The sources behind paths, as `resolve_sources`; folders of pictures keep the rate they were indexed with.

        Args:
            paths: Films, folders of films, folders of pictures, tables that list any of these.
            fps: Pictures a second, where that is said anew.

        Raises:
            LabelError: If a table has a line that is wrong.
        """
        found: dict[Path, Source] = {}
        for path in paths:
            for source in self.listing(path, fps=fps, strict=True).sources:
                found.setdefault(source.path.absolute(), source)
        return list(found.values())

    def listing(
        self, path: str | Path, *, root: Path | None = None, fps: Fraction | None = None, strict: bool = False
    ) -> Listing:
        """The sources behind one path, and the lines that are wrong, should it be a table.

        Args:
            path: A film, a folder of films or of pictures, a table.
            root: Where paths in a table count from; its own folder if not given.
            fps: Pictures a second, where that is said anew.
            strict: Whether a line that is wrong is an error.

        Raises:
            ReelsiftError: If there is nothing there, or the table cannot be read.
        """
        if not is_table(Path(path)) or Path(path).is_dir():
            found = resolve_sources([path], fps=fps)
            return Listing(tuple(self._at_known_rate(source) if not fps else source for source in found), ())
        listed = read_listing(Path(path), name=str(path), root=root, fps=fps)
        if strict and listed.problems:
            more = f" (and {len(listed.problems) - 1} more)" if len(listed.problems) > 1 else ""
            raise LabelError(f"{listed.problems[0]}{more}")
        return listed

    def _at_known_rate(self, source: Source) -> Source:
        if not isinstance(source, PictureSource) or source.pictures == (source.path,):
            return source
        if not (self.folder / "labels.sqlite").exists():
            return source
        with self.labels() as store:
            records = [record for record in store.sources().values() if record.kind == "folder"]
        for record in records:
            known = replace(source, fps=record.fps or source.fps)
            if known.fps != source.fps and known.source_id == record.source_id:
                return known
        return source

    @property
    def _beside(self) -> Path:
        return self.folder.absolute().parent


def _source_at(path: Path, record: SourceRecord) -> Source | None:
    """The source at a path, if it is the one a record means."""
    if record.kind == "film":
        source: Source = FilmSource(path, record.path)
    elif record.kind == "picture":
        source = PictureSource(path, record.path, (path,))
    else:
        source = resolve_sources([path], fps=record.fps)[0]
    return source if source.source_id == record.source_id else None


def checked_task(task: str) -> str:
    """Raises:
    SpecError: If a task's name could not be the name of a folder on every system.
    """
    if not _TASK_NAME.fullmatch(task) or task.endswith((".", " ")):
        raise SpecError(f"'{task}' cannot name a task: use letters, digits, spaces and . _ + - (64 at most)")
    return task


def check_not_a_source(output: Path, sources: Iterable[Source]) -> None:
    """Raises:
    OutputError: If what is to be written would replace what is read.
    """
    if not output.exists():
        return
    for source in sources:
        files = source.pictures if isinstance(source, PictureSource) else ()
        if any(path.exists() and output.samefile(path) for path in (source.path, *files)):
            raise OutputError(f"{output}: this is one of the sources; give the result another name")


def record_of(source: Source, source_id: str) -> SourceRecord:
    """The record by which labels know a source."""
    if isinstance(source, FilmSource):
        return SourceRecord(source_id, "film", source.name)
    if source.pictures == (source.path,):
        return SourceRecord(source_id, "picture", source.name)
    return SourceRecord(source_id, "folder", source.name, source.fps)
