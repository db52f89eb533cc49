"""Naming clips that are copies of each other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reelsift.actions.copies import Clip, find_copies
from reelsift.actions.rate import ClipRating
from reelsift.features.tables import write_json
from reelsift.media.sources import FilmSource, Source
from reelsift.project.clip_facts import ClipFacts
from reelsift.project.indexing import Progress
from reelsift.project.layout import Layout

__all__ = ["Rated", "name_copies"]

_FORMAT = 1


@dataclass(frozen=True, eq=False)
class Rated:
    """A clip as far as it can be told without the others."""

    clip: ClipRating
    source: Source
    facts: ClipFacts


def name_copies(layout: Layout, rated: Sequence[Rated], *, on_progress: Progress) -> list[ClipRating]:
    """The clips, each that is a copy with the name of the one that comes first. Which films were compared is kept."""
    films = [each for each in rated if isinstance(each.source, FilmSource)]
    clips = [
        Clip(each.source.path, each.clip.source_id, each.clip.duration_seconds, each.facts.signature) for each in films
    ]
    path = layout.features.folder / "copies.json"
    known = _kept(path)
    before = len(known)

    def checked(done: int, total: int) -> None:
        on_progress("comparing clips", done=done, total=total)

    copies = find_copies(clips, known=known, on_checked=checked)
    if len(known) > before:
        write_json(path, {"format": _FORMAT, "same": [[*pair, same] for pair, same in sorted(known.items())]})
    named = {id(each): each.clip for each in rated}
    for each, exact, near in zip(films, copies.exact, copies.near, strict=True):
        named[id(each)] = replace(
            each.clip,
            duplicate_of=films[exact].clip.source if exact is not None else "",
            near_duplicate_of=films[near].clip.source if near is not None else "",
        )
    return [named[id(each)] for each in rated]


def _kept(path: Path) -> dict[tuple[str, str], bool]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return {(one, other): bool(same) for one, other, same in values["same"]} if values["format"] == _FORMAT else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
