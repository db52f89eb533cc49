"""Sorting clips into folders by a verdict, and putting everything back.

Nothing is ever replaced and nothing is ever lost: each step is in a journal before it is done, copies are complete
before they get their name, and what a killed run left half-done is put right by the next run, or by undoing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from reelsift.actions.sort_files import ABSENT, free_names, identity, link_text
from reelsift.actions.sort_journal import JOURNAL, Clip, Journal, Kind, Step, open_journal, read_journal
from reelsift.actions.sort_steps import perform, settle
from reelsift.errors import OutputError, SourceNotFoundError, SpecError
from reelsift.output import check_file, check_folder, hidden_beside, writing_problem

__all__ = [
    "Placed",
    "SortItem",
    "SortResult",
    "UndoResult",
    "Unplaced",
    "check_sort",
    "doubled",
    "folder_name",
    "sort_clips",
    "undo_sort",
]

_NAME_BYTES = 200


@dataclass(frozen=True)
class SortItem:
    """A clip and where it belongs.

    Attributes:
        path: A film, a folder of pictures or a link to one.
        folder: Relative to where it is sorted into, with forward slashes: `usable`, `rejected/blur.blurred`.
    """

    path: Path
    folder: str

    def __post_init__(self) -> None:
        parts = self.folder.split("/")
        if any(part in ("", ".", "..") or "\0" in part for part in parts):
            raise SpecError(f"'{self.folder}' is not a folder to sort into: give names with slashes between them")


@dataclass(frozen=True)
class Placed:
    """A clip, as it was given, and where it is now."""

    path: Path
    place: Path


@dataclass(frozen=True)
class Unplaced:
    """A clip that stayed where it was, and why, without its name."""

    path: Path
    reason: str


@dataclass(frozen=True)
class SortResult:
    """What became of each clip.

    Attributes:
        placed: Linked, copied or moved now.
        kept: In the right folder already.
        failed: Left where they are.
    """

    placed: tuple[Placed, ...]
    kept: tuple[Placed, ...]
    failed: tuple[Unplaced, ...]


@dataclass(frozen=True)
class UndoResult:
    """What became of each clip.

    Attributes:
        restored: Moved back to `place`; of links and copies, which were removed, where the source is.
        left: Left alone, by where they are or were, because the user changed something since. Those that are still
            there can be undone later.
    """

    restored: tuple[Placed, ...]
    left: tuple[Unplaced, ...]


def folder_name(text: str) -> str:
    """A name for a folder that any text can have: `Tom_Jerry` for `Tom/Jerry`."""
    name = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in text).strip(" ")
    name = f"_{name[1:]}" if name.startswith(".") else name
    while len(os.fsencode(name)) > _NAME_BYTES:
        name = name[:-1]
    return name.rstrip(" .") or "_"


def sort_clips(items: Sequence[SortItem], into: Path, *, by: Literal["link", "copy", "move"]) -> SortResult:
    """Sorts clips into folders; goes on with what was sorted there before.

    A clip that is there already, by its source or its place, stays or goes to the folder it now belongs to. Of clips
    with the same name the later ones get a number.

    Args:
        items: The clips. A symbolic link among them is linked to, copied as what it points to, or moved itself.
        into: Folder to sort into; made if it is not there. May lie in the folder the clips are in.
        by: `link` makes symbolic links with absolute paths.

    Returns:
        What became of each; nothing that goes wrong with one stops the others.

    Raises:
        OutputError: If nothing can be written into `into`, another run sorts into it right now, or it was sorted in
            another way before.
    """
    check_sort(into, by=by)
    made = not into.exists()
    if made:
        with writing_problem(into):
            into.mkdir()
    with open_journal(into.resolve(), make=True) as journal:
        journal.start(made=made)
        for step in list(journal.pending.values()):
            settle(journal, step)
        _check_way(journal, by)
        run = _Run(journal, by)
        for item in items:
            run.sort(item)
        _closed(journal)  # empty folders, and a journal that says nothing, do no harm
    return SortResult(tuple(run.placed), tuple(run.kept), tuple(run.failed))


def check_sort(into: Path, *, by: Literal["link", "copy", "move"]) -> None:
    """Makes sure, before any work, that clips can be sorted into a folder.

    Raises:
        OutputError: As `sort_clips`.
    """
    if not into.exists() or not into.is_dir():
        check_folder(into, overwrite=True)
        return
    check_file(into / JOURNAL, overwrite=True)
    if (into / JOURNAL).exists():
        with open_journal(into.resolve(), make=False) as journal:
            _check_way(journal, by)


def _check_way(journal: Journal, by: Kind) -> None:
    for clip in journal.clips.values():
        if clip.by != by and identity(clip.place) != ABSENT:
            raise OutputError(
                f"{journal.into}: was sorted by {clip.by} before; sort by {clip.by} again, or undo that first "
                f"(reelsift rate --undo {journal.into})"
            )


@dataclass
class _Run:
    """One run of sorting, as far as it has come."""

    journal: Journal
    by: Kind
    placed: list[Placed] = field(default_factory=list)
    kept: list[Placed] = field(default_factory=list)
    failed: list[Unplaced] = field(default_factory=list)
    # Names that are taken need not be tried again for every clip of the same name.
    _numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    _folders: dict[Path, str] = field(default_factory=dict)
    _places: dict[Path, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_place = {clip.place: clip for clip in self.journal.clips.values()}
        self._by_source: dict[Path, list[Clip]] = {}
        for clip in self.journal.clips.values():
            self._by_source.setdefault(clip.source, []).append(clip)

    def sort(self, item: SortItem) -> None:
        try:
            with writing_problem(item.path):
                path = _located(item.path)
                clip = self._known(path)
                place = self._check(item, path, clip)
                if place is not None:
                    self.kept.append(Placed(item.path, place))
                    return
                step = self._moved_on(item, clip) if clip else self._brought(item, path)
                self._places[clip.source if clip else path] = perform(self.journal, step)
                self.placed.append(Placed(item.path, step.new))
        except OutputError as error:
            self.failed.append(_unplaced(item.path, error))

    def _known(self, path: Path) -> Clip | None:
        """The clip that was sorted here before and is meant."""
        if path in self._by_place:
            return self._by_place[path]
        return next((clip for clip in reversed(self._by_source.get(path, [])) if _stands(clip)), None)

    def _check(self, item: SortItem, path: Path, clip: Clip | None) -> Path | None:
        """Where it is already, if it is where it belongs; `None` if it must go there."""
        folder = self.journal.into / item.folder
        source = clip.source if clip else path
        before = self._folders.setdefault(source, item.folder)
        if before != item.folder:
            raise OutputError(f"{item.path}: is in the list twice, for {before} and for {item.folder}")
        if source in self._places:
            return self._places[source]
        place = clip.place if clip else path
        if not os.path.lexists(place):
            raise OutputError(f"{item.path}: is not there any more")
        if not place.is_symlink() and not place.is_file() and not place.is_dir():
            raise OutputError(f"{item.path}: is neither a file nor a folder")
        if clip is None and self.journal.into.is_relative_to(path):
            raise OutputError(f"{item.path}: the folder to sort into lies in it")
        if place.parent == folder or (folder.is_dir() and folder.samefile(place.parent)):
            return place
        return None

    def _moved_on(self, item: SortItem, clip: Clip) -> Step:
        new = self._free(item.folder, clip.source.name)
        return Step(0, "move", clip.number, clip.place, new, _beside(new), identity(clip.place))

    def _brought(self, item: SortItem, path: Path) -> Step:
        text = None
        if self.by == "link":
            text = os.fspath(item.path.absolute() if ".." not in item.path.parts else path)
        elif self.by == "move" and path.is_symlink() and not link_text(path).startswith("/"):
            # Elsewhere it would point elsewhere.
            text = f"{path.parent}/{link_text(path)}"
        elif self.by == "copy" and not path.exists():
            raise OutputError(f"{item.path}: is a link to something that is not there")
        new = self._free(item.folder, path.name)
        return Step(0, self.by, 0, path, new, _beside(new), identity(path, follow=self.by == "copy"), text)

    def _free(self, folder: str, name: str) -> Path:
        """A name that nobody has, in a folder that is made if needed."""
        self.journal.make_folder(str(PurePosixPath(folder)))
        for number, free in free_names(name, first=self._numbers.get((folder, name), 1)):
            place = self.journal.into / folder / free
            if not os.path.lexists(place):
                self._numbers[folder, name] = number
                return place
        raise AssertionError("numbers do not end")


def _unplaced(path: Path, error: OutputError) -> Unplaced:
    return Unplaced(path, str(error).removeprefix(f"{path}: "))


def _located(path: Path) -> Path:
    """The path without links, but for the last part."""
    return path.parent.resolve() / path.name if path.name not in ("", "..") else path.resolve()


def _beside(place: Path) -> Path:
    return hidden_beside(place.with_name("sort"))


def _stands(clip: Clip) -> bool:
    """Whether a clip that was sorted before stands for its source still."""
    if clip.by == "move":
        return os.path.lexists(clip.place) and not os.path.lexists(clip.source)
    if identity(clip.place) != clip.place_identity:
        return False
    return clip.by == "link" or identity(clip.source, follow=True) == clip.source_identity


def doubled(paths: Iterable[Path]) -> set[Path]:
    """Those of some clips that sorting made of others among them: their links and copies.

    Who looks through a folder of clips finds those, too, if they were sorted into a folder within it.

    Raises:
        OutputError: If the journal of such a folder cannot be read.
    """
    located = {path: _located(path) for path in paths}
    sources = set(located.values())
    made: dict[Path, Path] = {}
    for into in {parent for path in sources for parent in path.parents}:
        if (into / JOURNAL).is_file():
            made.update((clip.place, clip.source) for clip in read_journal(into).clips.values() if clip.by != "move")
    return {path for path, place in located.items() if made.get(place) in sources}


def undo_sort(into: Path) -> UndoResult:
    """Puts everything back that was sorted into a folder, also after a run that was killed.

    Moved clips go back, links and copies are removed, and so are the folders that were made, if they are empty. What
    the user changed since is left alone: a copy also if its source is not the same any more.

    Args:
        into: Where it was sorted into.

    Raises:
        SourceNotFoundError: If nothing was.
        OutputError: If the journal cannot be read, or another run sorts into it right now.
    """
    if not into.is_dir():
        raise SourceNotFoundError(f"{into}: there is no such folder")
    restored: list[Placed] = []
    left: list[Unplaced] = []
    with open_journal(into.resolve(), make=False) as journal:
        blocked: set[int] = set()
        for step in list(journal.pending.values()):
            try:
                settle(journal, step)
            except OutputError as error:
                blocked.add(step.clip)
                left.append(_unplaced(step.new, error))
        for clip in sorted(journal.clips.values(), key=lambda clip: -clip.number):
            if clip.number in blocked:
                continue
            try:
                with writing_problem(clip.place):
                    _put_back(journal, clip)
                restored.append(Placed(clip.place, clip.source))
            except OutputError as error:
                left.append(_unplaced(clip.place, error))
        left += _closed(journal)
    return UndoResult(tuple(restored), tuple(left))


def _closed(journal: Journal) -> list[Unplaced]:
    """Removes what nothing needs any more; gives what could not be removed."""
    left = [_unplaced(folder, error) for folder, error in journal.remove_folders().items()]
    if not left and not journal.clips and not journal.pending:
        try:
            journal.close_for_good()
        except OutputError as error:
            left.append(_unplaced(journal.into, error))
    return left


def _put_back(journal: Journal, clip: Clip) -> None:
    """Undoes what was done with a clip.

    Raises:
        OutputError: If it is left alone.
    """
    now = identity(clip.place)
    source = identity(clip.source, follow=clip.by == "copy")
    if now == ABSENT:
        journal.forget(clip)
        if clip.by == "move" and source != clip.source_identity:
            raise OutputError(f"{clip.place}: is not there any more; it came from {clip.source}")
        return
    if now != clip.place_identity:
        raise OutputError(f"{clip.place}: was changed since it was sorted")
    if clip.by != "move":
        if clip.by == "copy" and source != clip.source_identity:
            raise OutputError(
                f"{clip.place}: {clip.source} is not any more what was copied, so this may be the only copy"
            )
        perform(journal, Step(0, "remove", clip.number, clip.place, _beside(clip.place), _beside(clip.place), now))
        return
    if source != ABSENT:
        raise OutputError(f"{clip.place}: something else is at {clip.source} now")
    clip.source.parent.mkdir(parents=True, exist_ok=True)
    text = clip.source_identity.removeprefix("link ") if clip.source_identity.startswith("link ") else None
    text = None if now == clip.source_identity else text
    perform(journal, Step(0, "move", clip.number, clip.place, clip.source, _beside(clip.source), now, text))
