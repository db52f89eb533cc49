"""The report of a rating: one HTML file that needs nothing beside it and opens from disk.

It holds the ratings as JSON, one script that makes cards of those in view, and after it the pictures of each clip in a
script element of their own, which nothing decodes before the clip comes near the view. So the list is there before the
pictures have been read, and thousands of clips cost little more than one.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

from reelsift.actions.rate import ClipRating
from reelsift.actions.report_data import (
    ReportClip,
    ReportPicture,
    clip_values,
    identities,
    task_values,
)
from reelsift.actions.report_pictures import fitted_pictures
from reelsift.output import check_file, writing_file

__all__ = ["ReportClip", "ReportPicture", "write_report"]

_PAGE = resources.files("reelsift.actions") / "report_page"
_SCRIPTS = ("words.js", "card.js", "list.js", "window.js", "page.js")
_PLACE = re.compile(r"\{\{(\w+)\}\}")
# In JSON, these may be written as escapes anywhere they may stand; so nothing in it can end the element it stands in.
_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def write_report(path: Path, clips: Sequence[ReportClip], *, reject: str, overwrite: bool, title: str) -> None:
    """Writes the report, in pieces.

    Args:
        path: Where it goes.
        clips: In the order they are listed in; gone through twice, so a sequence may read pictures when asked for them.
        reject: The expression that rejects clips, as the user wrote it.
        overwrite: Whether the file may be there already.
        title: At the head of the page.

    Raises:
        OutputExistsError: If it is there and may not be replaced.
        OutputError: If it cannot be written.
    """
    check_file(path, overwrite=overwrite)
    with writing_file(path) as beside, beside.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        file.writelines(_pieces(clips, reject=reject, title=title))


def _pieces(clips: Sequence[ReportClip], *, reject: str, title: str) -> Iterator[str]:
    style, script = _text("page.css"), "".join(map(_text, _SCRIPTS))
    told = [_without_pictures(clip) for clip in clips]
    simple = {
        "title": html.escape(title),
        # What else a name might smuggle in, the browser neither runs nor fetches.
        "policy": f"default-src 'none'; img-src data:; style-src '{_digest(style)}'; script-src '{_digest(script)}'",
        "style": style,
        "script": script,
    }
    for place, piece in enumerate(_PLACE.split(_text("page.html"))):
        if place % 2 == 0:
            yield piece
        elif piece == "data":
            yield from _data(told, reject=reject, title=title)
        elif piece == "rows":
            yield from _rows([clip.rating for clip in told])
        elif piece == "pictures":
            yield from _pictures(clips)
        else:
            yield simple[piece]


def _without_pictures(clip: ReportClip) -> ReportClip:
    """The same, but for what takes memory."""
    strip, worst, best = clip.strip, clip.worst, clip.best
    return ReportClip(
        clip.rating,
        tuple(replace(picture, jpeg=b"") for picture in strip),
        None if worst is None else replace(worst, jpeg=b""),
        None if best is None else replace(best, jpeg=b""),
    )


def _data(told: Sequence[ReportClip], *, reject: str, title: str) -> Iterator[str]:
    """The ratings as one JSON object, a clip to a line."""
    ratings = [clip.rating for clip in told]
    tasks, names = task_values(ratings), identities(ratings)
    yield f'{{"title":{_json(title)},"reject":{_json(reject)},"tasks":{_json(tasks)},"clips":['
    for place, clip in enumerate(told):
        yield ",\n" if place else "\n"
        yield _json(clip_values(clip, tasks=tasks, identity=names[place]))
    yield "\n]}"


def _rows(ratings: Sequence[ClipRating]) -> Iterator[str]:
    """A plain table of verdicts, for viewers that run no scripts: those of mail programs, say."""
    for rating in ratings:
        words = (rating.source, "rejected" if rating.rejected else "usable", "; ".join(rating.reasons))
        yield "<tr>" + "".join(f"<td><bdi>{html.escape(each)}</bdi></td>" for each in words) + "</tr>\n"


def _pictures(clips: Sequence[ReportClip]) -> Iterator[str]:
    for place, pictures in enumerate(fitted_pictures(clips)):
        yield f'<script type="application/json" id="pictures-{place}">{_json(pictures)}</script>\n'


def _json(values: Any) -> str:
    return json.dumps(values, separators=(",", ":"), allow_nan=False).translate(_ESCAPES)


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _text(name: str) -> str:
    return (_PAGE / name).read_text(encoding="utf-8")
