"""Doing the steps of a sort journal, and telling of those that were broken off how far they came."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from reelsift.actions.sort_files import (
    ABSENT,
    discard,
    duplicate,
    identity,
    link_text,
    rename_to_free,
    same_file,
    sync_folder,
)
from reelsift.actions.sort_journal import Journal, Step
from reelsift.errors import OutputError
from reelsift.output import writing_problem

__all__ = ["perform", "settle"]


def perform(journal: Journal, step: Step) -> Path:
    """Does a step, in the journal first.

    Returns:
        Where the clip is now.

    Raises:
        OutputError: If it could not be done; then all is as it was.
    """
    step = journal.begin(step)
    try:
        with writing_problem(step.new if step.kind != "remove" else step.old):
            _do(journal, step)
    except OutputError as error:
        if not settle(journal, step, reason=str(error)):
            raise
        return step.new
    journal.end(step, identity=identity(step.new))
    return step.new


def _do(journal: Journal, step: Step) -> None:
    if step.kind == "link":
        step.new.symlink_to(step.link_text or step.old)
    elif step.kind == "copy":
        _give_copy(journal, step, compare=False)
    elif step.kind == "move":
        _move(journal, step)
    elif step.old.is_dir() and not step.old.is_symlink():
        # At once out of sight: of a folder that is half removed nobody could tell whether the user changed it.
        rename_to_free(step.old, step.beside)
        discard(step.beside)
    else:
        step.old.unlink()


def _move(journal: Journal, step: Step) -> None:
    if not os.access(step.old.parent, os.W_OK | os.X_OK):
        raise OutputError(f"{step.old}: no permission to take it out of its folder")
    if step.link_text is None:
        try:
            rename_to_free(step.old, step.new)
            return
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
        if step.old.is_dir() and not step.old.is_symlink():
            raise OutputError(f"{step.new}: a folder is not moved to another disk; copy or link it instead")
    _give_copy(journal, step, compare=True)
    sync_folder(step.new.parent)
    step.old.unlink()


def _give_copy(journal: Journal, step: Step, *, compare: bool) -> None:
    """Puts a complete copy at the new place, at once."""
    text = step.link_text
    if text is None and step.kind == "move" and step.old.is_symlink():
        text = link_text(step.old)
    duplicate(step.old, step.beside, text=text, compare=compare)
    if identity(step.old, follow=step.kind == "copy") != step.identity:
        raise OutputError(f"{step.old}: was changed while it was copied; try again")
    journal.ready(step, identity(step.beside))
    rename_to_free(step.beside, step.new)


def settle(journal: Journal, step: Step, *, reason: str = "the run was broken off") -> bool:
    """Finds out how far a step came, and takes it back if it is neither done nor undone.

    Args:
        journal: It is pending there.
        step: Which.
        reason: Why it was broken off.

    Returns:
        Whether it is done.

    Raises:
        OutputError: If that cannot be told or taken back now; the step stays pending.
    """
    step = journal.pending[step.number]
    with writing_problem(step.new):
        done = {"link": _is_linked, "copy": _is_copied, "move": _is_moved, "remove": _is_removed}[step.kind](step)
    # What is left of a copy harms nobody, and its name says whose it was.
    with suppress(OSError):
        discard(step.beside)
    journal.end(step, identity=identity(step.new) if done else None, reason=reason)
    return done


def _is_linked(step: Step) -> bool:
    return identity(step.new) == f"link {step.link_text}"


def _is_copied(step: Step) -> bool:
    if step.ready is not None and identity(step.new) == step.ready:
        return True
    _remove_empty(step.beside, step.new)
    return False


def _is_moved(step: Step) -> bool:
    new = identity(step.new)
    if step.ready is not None and new == step.ready:
        if identity(step.old) != step.identity:
            return True  # it is gone from there, or the user changed it meanwhile and wants to keep that, too
        step.new.unlink()
        return False
    if same_file(step.old, step.new):
        step.new.unlink()  # a file that has both names for a moment
        return False
    _remove_empty(step.old, step.new)
    return new == step.identity and identity(step.old) == ABSENT


def _is_removed(step: Step) -> bool:
    return identity(step.old) == ABSENT


def _remove_empty(old: Path, new: Path) -> None:
    """Removes the empty folder whose place a folder was about to take."""
    if old.is_dir() and not old.is_symlink():
        with suppress(OSError):
            new.rmdir()
