"""Importing labels: from what people sorted or wrote to labels on sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from reelsift.errors import LabelError
from reelsift.filenames import is_picture, natural_key
from reelsift.labels import NO_CLASS, ColumnNames, LabelRow, Problem, TaskKind, held_out_folders, read_labels
from reelsift.project.layout import Layout, checked_task
from reelsift.project.resolving import resolve_labels

__all__ = ["ImportResult", "import_labels"]

_MOST_NAMED = 10  # labelled pictures for each that is not: then it is one that was forgotten
_SHOWN = 3


@dataclass(frozen=True)
class ImportResult:
    """What an import gave.

    Attributes:
        added: Labels that are new, or say something else than before.
        labels: Good labels that were read, those already there included.
        classes: How many of these there are of each class.
        films: How many of them are on films.
        problems: What was left out, and why; a line each.
        notes: What whoever made the labels may want to know.
    """

    task: str
    added: int
    labels: int
    classes: dict[str, int]
    films: int
    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()


def import_labels(
    layout: Layout,
    path: Path,
    *,
    task: str,
    kind: TaskKind = "single",
    root: Path | None = None,
    names: Mapping[str, str] | None = None,
    columns: ColumnNames | None = None,
    fps: Fraction | None = None,
) -> ImportResult:
    """Reads labels from a folder of class folders or a table, and keeps the good ones.

    Args:
        path: The folder or the table.
        task: What the labels answer.
        kind: Whether a frame has exactly one class or any number.
        root: Where the paths in a table count from; the table's folder if not given.
        names: New names of classes by the old.
        columns: Headers of a table that are not the usual ones.
        fps: Pictures a second, where a table labels intervals of a folder of pictures, or where the labelled pictures
            are frames that follow each other: kept with each of them.

    Raises:
        SourceNotFoundError, LabelError: If there is nothing to read, or none of it is good.
    """
    checked_task(task)
    read = read_labels(path, root=root, names=names, columns=columns, multi=kind == "multi")
    with layout.labels() as store:
        known = any(there.name == task for there in store.tasks())
        existing = store.labels(task) if known else ()
        found = resolve_labels(layout, store, read, task=task, kind=kind, existing=existing, fps=fps)
        good = found.labels
        if not good and not found.problems:
            raise LabelError(f"{path}: no labels in it")
        sources = [layout.settled(source) for source in found.sources.values()]
        added = store.add(good, task=task, kind=kind, sources=sources, what=f"import {path}")
    classes: dict[str, int] = {}
    for label in good:
        classes[label.class_name] = classes.get(label.class_name, 0) + 1
    films = sum(found.sources[label.source_id].kind == "film" for label in good)
    about_clips = (*_stretches(found.stretches, found.lost), *_held_out(path))
    notes = (*_unlabelled(read.rows), *_without_class(classes, kind), *about_clips)
    return ImportResult(task, added, len(good), dict(sorted(classes.items())), films, found.problems, notes)


def _unlabelled(rows: Sequence[LabelRow]) -> Iterator[str]:
    """Pictures that lie among the labelled ones and were most likely forgotten: where nearly all the others are named.

    Whoever labels sixty pictures of twenty thousand has forgotten none.
    """
    named: dict[Path, set[str]] = {}
    for row in rows:
        if row.kind == "picture":
            named.setdefault(row.path.parent, set()).add(row.path.name)
    for folder, names in named.items():
        lying = (entry for entry in folder.iterdir() if is_picture(entry) and not entry.name.startswith("."))
        missing = sorted((entry.name for entry in lying if entry.name not in names), key=natural_key)
        if missing and len(missing) * _MOST_NAMED <= len(names):
            more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
            yield f"{folder}: no label for {', '.join(missing[:_SHOWN])}{more}"


def _without_class(classes: Mapping[str, int], kind: TaskKind) -> Iterator[str]:
    if kind == "multi" and NO_CLASS in classes:
        yield f"'{NO_CLASS}' is what shows none of the classes: train takes it as the background"


def _held_out(path: Path) -> Iterator[str]:
    left = ", ".join(f"{folder.name}/" for folder in held_out_folders(path))
    if left:
        yield f"{left} left out: it is for reelsift evaluate; name it to import it all the same"


def _stretches(count: int, lost: Mapping[str, int]) -> Iterator[str]:
    for film, number in lost.items():
        made = "1 clip was" if number == 1 else f"{number} clips were"
        yield f"{made} made by split from {film}, which is not found: taken as loose clips, together in folds"
    if count:
        clips = "1 clip is a stretch" if count == 1 else f"{count} clips are stretches"
        yield f"{clips} of the film that split made them from: the labels are of that"
