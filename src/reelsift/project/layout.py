"""Where a project keeps things, and what the steps of a project share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reelsift.errors import SourceNotFoundError, SpecError
from reelsift.features.store import FeatureStore
from reelsift.labels import LabelStore, SourceRecord
from reelsift.media.sources import FilmSource, PictureSource, Source, resolve_sources

__all__ = ["Layout", "record_of"]

_TASK_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,63}")


@dataclass(frozen=True)
class Layout:
    """The files of a project below its folder."""

    folder: Path

    @property
    def features(self) -> FeatureStore:
        return FeatureStore(self.folder / "index")

    @contextmanager
    def labels(self) -> Iterator[LabelStore]:
        with LabelStore(self.folder / "labels.sqlite") as store:
            yield store

    def model_folder(self, task: str) -> Path:
        return self.folder / "models" / checked_task(task)

    def timeline_path(self, task: str, source_id: str, *, suffix: str = "") -> Path:
        return self.folder / "timelines" / checked_task(task) / f"{source_id.replace('/', '-')[:32]}{suffix}.parquet"

    def open(self, record: SourceRecord) -> Source:
        """The source behind a record, where it was last seen: from the current folder, or from beside the project.

        Raises:
            SourceNotFoundError: If it is in neither place.
        """
        for path in (Path(record.path), self.folder.absolute().parent / record.path):
            if path.exists():
                if record.kind == "film":
                    return FilmSource(path, record.path)
                if record.kind == "picture":
                    return PictureSource(path, record.path, (path,))
                return resolve_sources([path], fps=record.fps)[0]
        raise SourceNotFoundError(
            f"{record.path}: no longer there; if it was moved, run reelsift index on its new place"
        )


def checked_task(task: str) -> str:
    """Raises:
    SpecError: If a task's name could not be the name of a folder on every system.
    """
    if not _TASK_NAME.fullmatch(task) or task.endswith((".", " ")):
        raise SpecError(f"'{task}' cannot name a task: use letters, digits, spaces and . _ + - (64 at most)")
    return task


def record_of(source: Source, source_id: str) -> SourceRecord:
    """The record by which labels know a source."""
    if isinstance(source, FilmSource):
        return SourceRecord(source_id, "film", source.name)
    if source.pictures == (source.path,):
        return SourceRecord(source_id, "picture", source.name)
    return SourceRecord(source_id, "folder", source.name, source.fps)
