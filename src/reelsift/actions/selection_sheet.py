"""A contact sheet of chosen frames: all of them at a glance, each with its film and time."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reelsift.actions.screentime_plot import COLOURS, clock, shortened
from reelsift.actions.selection import ChosenFrame
from reelsift.actions.selection_map import film_names
from reelsift.errors import SpecError
from reelsift.media.sheet import PAPER, fitted

if TYPE_CHECKING:
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.figure import Figure

__all__ = ["MOST_TILES", "selection_sheet"]

Picture = NDArray[np.uint8]

MOST_TILES = 200  # more are too small to tell anything
SHEET_WIDTH = 2400  # pixels, about, of a full sheet
SMALLEST_TILE, LARGEST_TILE = 110, 320
SHEET_SHAPE = 1.5  # width over height, about
FEW = 4  # stand in one row
GAP, EDGE, BAR, TITLE = 12, 20, 4, 56  # pixels: between tiles, around all, of a film's colour, of the line above all
LETTERS = 14  # pixels of a letter's height, with what it has above and below
DOTS_PER_INCH = 100
WHITE, PALE = "#F0F0F0", "#9A9A9E"


def selection_sheet(
    frames: Sequence[ChosenFrame],
    pictures: Sequence[Picture],
    *,
    films: Sequence[str] | None = None,
    total: int | None = None,
) -> Picture:
    """Lays chosen frames out by film and time; of more than 200, 200 spread evenly.

    Below each stand its time from the beginning of the film and its frame index, or, of a picture in a folder, its
    name; where there are several films, also the film, and a bar in its colour.

    Args:
        frames: What was chosen, one or more, in any order.
        pictures: Each frame's picture, `(H, W, 3)` uint8, of any size; 320 pixels wide is enough. Tiles have the
            shape that most of them have; others keep theirs and are centred.
        films: Names of all films in the order of the map, for the same colours; otherwise in the order of `frames`.
        total: How many were chosen, if these are only some of them.

    Returns:
        (H, W, 3) uint8 red, green, blue; about 2,400 pixels wide where there are many frames.

    Raises:
        SpecError: If there is no frame, or not one picture each.
    """
    if not frames or len(frames) != len(pictures):
        raise SpecError(
            f"a sheet needs a picture of each frame, and one at least: {len(frames)} frames, {len(pictures)} pictures"
        )
    names = list(dict.fromkeys([*(films or ()), *(frame.source for frame in frames)]))
    place_of = {name: place for place, name in enumerate(names)}
    order = sorted(range(len(frames)), key=lambda number: (place_of[frames[number].source], frames[number].frame_index))
    if len(order) > MOST_TILES:
        order = [order[round(place)] for place in np.linspace(0, len(order) - 1, MOST_TILES)]
    several = len({frame.source for frame in frames}) > 1
    grid = _Grid.of([pictures[number].shape for number in order], lines=2 if several else 1)
    short = dict(zip(names, film_names(names), strict=True))
    captions = [_Caption.of(frames[number], film=short[frames[number].source] if several else "") for number in order]
    sheet = _with_words(
        grid, captions, title=_title(frames, shown=len(order), total=total or len(frames), film=short[frames[0].source])
    )
    for tile, number in enumerate(order):
        left, top = grid.corner(tile)
        sheet[top : top + grid.height, left : left + grid.width] = fitted(
            pictures[number], width=grid.width, height=grid.height
        )
        if several:
            colour = _colour(place_of[frames[number].source], len(names))
            sheet[top + grid.height : top + grid.height + BAR, left : left + grid.width] = colour
    return sheet


@dataclass(frozen=True)
class _Grid:
    """Where tiles are, in pixels; `width` and `height` are those of a picture, below which are lines of words."""

    count: int
    columns: int
    width: int
    height: int
    lines: int

    @classmethod
    def of(cls, shapes: Sequence[tuple[int, ...]], *, lines: int) -> _Grid:
        ratios = [round(shape[0] / shape[1], 3) for shape in shapes]
        ratio = float(np.clip(max(set(ratios), key=ratios.count), 0.2, 5))
        words = lines * LETTERS * 1.6 / 200
        columns = max(round(np.sqrt(len(shapes) * SHEET_SHAPE * (ratio + words))), min(len(shapes), FEW))
        columns = -(-len(shapes) // -(-len(shapes) // columns))  # as even as that many rows allow
        width = int(np.clip((SHEET_WIDTH - 2 * EDGE) / columns - GAP, SMALLEST_TILE, LARGEST_TILE))
        return cls(len(shapes), columns, width, max(round(width * ratio), 1), lines)

    @property
    def step(self) -> tuple[int, int]:
        return self.width + GAP, self.height + BAR + round(LETTERS * 1.6 * self.lines) + GAP

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the sheet."""
        rows = -(-self.count // self.columns)
        return 2 * EDGE + self.columns * self.step[0] - GAP, TITLE + rows * self.step[1] + EDGE - GAP

    def corner(self, tile: int) -> tuple[int, int]:
        """Left and top of a picture."""
        return EDGE + tile % self.columns * self.step[0], TITLE + tile // self.columns * self.step[1]


@dataclass(frozen=True)
class _Caption:
    """The words below a tile: left and right in the first line, and the second line."""

    left: str
    right: str
    film: str

    @classmethod
    def of(cls, frame: ChosenFrame, *, film: str) -> _Caption:
        if frame.is_picture:
            return cls(frame.path.name, "", film)
        return cls(clock(frame.shown_seconds, parts_of_seconds=True), f"frame {frame.frame_index:,}", film)


def _title(frames: Sequence[ChosenFrame], *, shown: int, total: int, film: str) -> str:
    count = len({frame.source for frame in frames})
    kind = "sources" if any(frame.is_picture for frame in frames) else "films"
    of = f"of {count} {kind}" if count > 1 else f"of {shortened(film, 40)}"
    if total == 1:
        return f"1 frame {of}"
    return f"{shown:,} of {total:,} frames {of}" if shown < total else f"{total:,} frames {of}"


def _colour(place: int, count: int) -> tuple[int, int, int]:
    """That of the film on the map; white where there are more films than colours."""
    text = COLOURS[place % len(COLOURS)] if count <= 3 * len(COLOURS) else WHITE
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def _with_words(grid: _Grid, captions: Sequence[_Caption], *, title: str) -> Picture:
    """(H, W, 3) the sheet without pictures. By matplotlib, whose letters know most scripts; OpenCV knows ASCII."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width, height = grid.size
    figure = Figure(figsize=(width / DOTS_PER_INCH, height / DOTS_PER_INCH), dpi=DOTS_PER_INCH)
    red, green, blue = (value / 255 for value in PAPER)
    figure.set_facecolor((red, green, blue))
    canvas = FigureCanvasAgg(figure)
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    _write(figure, renderer, title, EDGE, TITLE // 2, room=width - 2 * EDGE, colour=WHITE, letters=20)
    for tile, caption in enumerate(captions):
        left, top = grid.corner(tile)
        middle = top + grid.height + BAR + round(LETTERS * 0.8)
        used = _write(figure, renderer, caption.left, left, middle, room=grid.width, colour=WHITE)
        right = left + grid.width
        _write(figure, renderer, caption.right, right, middle, room=grid.width - used - 6, colour=PALE, side="right")
        _write(figure, renderer, caption.film, left, middle + round(LETTERS * 1.5), room=grid.width, colour=PALE)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # drawn as a box
        canvas.draw()  # type: ignore[no-untyped-call]
    drawn = np.asarray(canvas.buffer_rgba())[..., :3]  # type: ignore[no-untyped-call]
    return np.ascontiguousarray(drawn[:height, :width])


def _write(
    figure: Figure, renderer: RendererAgg, words: str, x: int, y: int, *, room: int, colour: str,
    letters: int = LETTERS, side: str = "left",
) -> int:  # fmt: skip
    """Writes one line, without its middle where it needs more than `room` pixels; returns how many it takes."""
    from matplotlib.font_manager import FontProperties

    if not words:
        return 0
    font = FontProperties(size=letters * 0.9 * 72 / DOTS_PER_INCH)  # in points

    def width_of(text: str) -> float:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            return renderer.get_text_width_height_descent(text, font, ismath=False)[0]  # type: ignore[no-untyped-call,no-any-return]

    kept, shown = len(words), words
    while kept > 1 and width_of(shown) > room:
        kept = max(min(kept - 1, int(kept * room / max(width_of(shown), 1)) + 1), 1)
        shown = shortened(words, kept)
    width, height = figure.get_size_inches() * DOTS_PER_INCH
    figure.text(
        x / width, 1 - y / height, shown, fontproperties=font, color=colour, ha=side, va="center", parse_math=False
    )
    return round(width_of(shown))
