"""The picture that each job of the demo leaves: some frames of a film, with what was decided of them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

__all__ = ["draw_strip", "read_labels"]

_FRAMES = 40


def read_labels(table: str) -> dict[int, str]:
    """What `predict --csv` wrote for each frame, by its index."""
    with Path(table).open(encoding="utf-8", newline="") as rows:
        return {int(row["frame_index"]): row["label"] for row in csv.DictReader(rows)}


def draw_strip(
    film: str,
    picture: str,
    *,
    decided: Mapping[int, str],
    truth: Mapping[int, str],
    colours: Mapping[str, tuple[int, int, int]],
) -> None:
    """Draws frames that are spread over those decided, each in the colour of its label; wrong ones say so."""
    from reelsift.demo.strip import sample_indexes, strip
    from reelsift.media.pictures import write_picture
    from reelsift.media.reader import open_film
    from reelsift.media.render import Renderer
    from reelsift.specs import PictureSpec, Size

    known = sorted(decided)
    wanted = {known[place] for place in sample_indexes(len(known), count=_FRAMES)}
    renderer = Renderer()
    with open_film(Path(film)) as reader:
        chosen = {
            frame.frame_index: renderer.rgb(frame, size=Size(320, 180))
            for frame in reader.frames()
            if frame.frame_index in wanted
        }
    labels, real = [decided[index] for index in chosen], [truth[index] for index in chosen]
    drawn = strip(list(chosen.values()), labels, indexes=list(chosen), truth=real, colours=colours)
    write_picture(Path(picture), drawn, spec=PictureSpec("png"))
