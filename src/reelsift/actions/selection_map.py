"""A map of all frames in a plane, alike ones together, with those that were chosen marked, and pictures of some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reelsift.actions.map_layout import places_in_plane
from reelsift.actions.screentime_plot import (
    COLOURS,
    INK,
    PALE_INK,
    check_plot,
    clock,
    save_plot,
    shortened,
)
from reelsift.errors import SpecError
from reelsift.filenames import is_film

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["MapFrames", "draw_map", "film_names"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Picture = NDArray[np.uint8]

# Inches, from the top left corner. Pictures stand in a ring around the map, so that they hide none of it.
WIDTH, HEIGHT, MARGIN = 11.0, 7.4, 0.15
TITLE_HEIGHT, LEGEND_GAP, LEGEND_LINE, FOOT_HEIGHT = 0.5, 0.1, 0.22, 0.32
PICTURE_WIDTH, PICTURE_HEIGHT, GAP = 1.38, 0.78, 0.16
RING_COLUMNS, RING_ROWS = 7, 7  # the corners belong to both
PADDING = 0.04  # of the map, so that no dot stands on its edge
SHAPES = ("o", "s", "^")  # further films have the same colours again in another shape
MOST_FILMS = len(COLOURS) * len(SHAPES)
OTHERS = "#B8B8B8"
TIME_COLOURS, LAST_SHADE, TIME_STEPS, TIME_WIDTH = "viridis", 0.92, 64, 4.0
NAME_LETTERS, LEGEND_COLUMNS = 26, 4
MANY_DOTS = 5000  # pixels also in a PDF or SVG, which would not open otherwise


@dataclass(frozen=True, eq=False)
class MapFrames:
    """All frames that were to choose from.

    Attributes:
        embeddings: (N, D) finite; alike frames have near rows.
        films: Names of the films, or of folders of pictures.
        film_numbers: (N,) which film each frame is from.
        times_seconds: (N,) since the beginning of its film.
    """

    embeddings: NDArray[np.floating]
    films: Sequence[str]
    film_numbers: IntArray
    times_seconds: FloatArray

    def __post_init__(self) -> None:
        count = len(self.embeddings)
        if self.embeddings.ndim != 2 or not self.embeddings.size:
            raise SpecError(f"a map needs rows and columns of numbers, not an array of {self.embeddings.shape}")
        if not len(self.film_numbers) == len(self.times_seconds) == count:
            raise SpecError(f"a map of {count} frames needs a film and a time for each of them")
        if self.film_numbers.min() < 0 or self.film_numbers.max() >= len(self.films):
            raise SpecError(f"a frame on the map is from one of its {len(self.films)} films")


def draw_map(
    path: Path,
    frames: MapFrames,
    chosen: IntArray,
    *,
    pictures: Mapping[int, Picture] | None = None,
    seed: int = 0,
) -> None:
    """Draws where all frames stand among each other, and marks the chosen ones.

    A single film is coloured by time, several by film.

    Args:
        path: Where it goes; its ending says whether it is a PNG, PDF or SVG.
        frames: All of them; see `places_in_plane` for how their places are found, and what they mean.
        chosen: (n,) rows of the chosen ones, at least one.
        pictures: `(H, W, 3)` uint8 pictures by their rows, of any of the chosen; up to 24 of them, spread over the
            map, are drawn around it.
        seed: Of the places, where there are many frames.

    Raises:
        SpecError: If nothing is chosen, a row is not one of the frames, or the path has another ending.
        OutputError: If it cannot be written.
    """
    check_plot(path, overwrite=True)
    if not len(chosen) or chosen.min() < 0 or chosen.max() >= len(frames.embeddings):
        raise SpecError(f"a map marks one or more of its {len(frames.embeddings)} frames; these rows are none of them")
    places = places_in_plane(frames.embeddings, anchors=chosen, seed=seed).astype(np.float64)
    save_plot(path, _drawn(places, frames, chosen, pictures=pictures or {}))


@dataclass(frozen=True, eq=False)
class _Look:
    """How the frames of one film are drawn: their rows, a colour for each, (n, 4) from 0 to 1, a shape, and a name."""

    rows: IntArray
    colours: FloatArray
    shape: str
    name: str


def _drawn(places: FloatArray, frames: MapFrames, chosen: IntArray, *, pictures: Mapping[int, Picture]) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    looks = _looks(frames)
    foot = LEGEND_GAP + LEGEND_LINE * (2 if len(looks) == 1 else -(-len(looks) // LEGEND_COLUMNS)) + FOOT_HEIGHT
    figure = Figure(figsize=(WIDTH, HEIGHT + foot), facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, WIDTH), ylim=(HEIGHT + foot, 0), autoscale_on=False)
    inches = _in_inches(places, ring=bool(pictures))
    if pictures:
        colours = np.empty((len(places), 4))
        for look in looks:
            colours[look.rows] = look.colours
        _draw_ring(axes, inches, colours, pictures)
    _draw_dots(axes, inches, looks, chosen)
    present = np.unique(frames.film_numbers).tolist()
    noun = "films" if all(is_film(Path(frames.films[film])) for film in present) else "sources"
    kind = f"from {len(present):,} {noun}" if len(present) > 1 else f"from {shortened(looks[0].name, 60)}"
    title = f"{len(np.unique(chosen)):,} of {len(places):,} frames chosen"
    axes.text(MARGIN, TITLE_HEIGHT * 0.5, title, fontsize=11, color=INK, fontweight="bold", va="center")
    axes.text(WIDTH - MARGIN, TITLE_HEIGHT * 0.5, kind, fontsize=9, color=PALE_INK, va="center", ha="right",
              parse_math=False)  # fmt: skip
    if len(looks) == 1:
        _draw_clock(axes, frames.times_seconds, looks[0])
    else:
        _draw_legend(axes, looks, chosen)
    axes.text(MARGIN, HEIGHT + foot - FOOT_HEIGHT * 0.5, _FOOT, fontsize=8, color=PALE_INK, va="center")
    return figure


_FOOT = (
    "Each dot is a frame; those with a rim were chosen. Frames that look alike stand together; how far apart "
    "groups stand, and how large they are, means little."
)


def _in_inches(places: FloatArray, *, ring: bool) -> FloatArray:
    """(N, 2) places on the figure; they fill the map in both directions, as neither axis has a meaning of its own."""
    corner = np.array([MARGIN, TITLE_HEIGHT])
    if ring:
        corner += [PICTURE_WIDTH + 2 * GAP, PICTURE_HEIGHT + 2 * GAP]
    size = np.array([WIDTH - corner[0], HEIGHT - (corner[1] - TITLE_HEIGHT)]) - corner
    low, high = places.min(axis=0), places.max(axis=0)
    inside = 0.5 + (places - (low + high) / 2) / np.maximum(high - low, 1e-9) * (1 - 2 * PADDING)
    return np.asarray(corner + inside * size)


def _looks(frames: MapFrames) -> list[_Look]:
    """One film by time, several each in its colour and shape; what has neither left is grey."""
    from matplotlib.colors import to_rgba

    names = film_names(frames.films)
    present, counts = np.unique(frames.film_numbers, return_counts=True)
    if len(present) == 1:
        times = frames.times_seconds - frames.times_seconds.min()
        shades = _shades(times / max(float(times.max()), 1e-9))
        return [_Look(np.arange(len(times)), shades, SHAPES[0], names[present[0]])]
    own = present
    if len(present) > MOST_FILMS:
        own = np.sort(present[np.argsort(-counts, kind="stable")[: MOST_FILMS - 1]])
    looks = []
    for place, film in enumerate(own.tolist()):
        rows = np.flatnonzero(frames.film_numbers == film)
        colour, shape = COLOURS[place % len(COLOURS)], SHAPES[place // len(COLOURS)]
        looks.append(_Look(rows, np.tile(to_rgba(colour), (len(rows), 1)), shape, names[film]))
    if len(own) < len(present):
        rows = np.flatnonzero(~np.isin(frames.film_numbers, own))
        name = f"{len(present) - len(own)} others"
        looks.append(_Look(rows, np.tile(to_rgba(OTHERS), (len(rows), 1)), SHAPES[0], name))
    return looks


def _shades(shares: FloatArray) -> FloatArray:
    """(T, 4) colours of times, from 0 to 1; without the yellow end, which is hard to see on white."""
    from matplotlib import colormaps

    return np.asarray(colormaps[TIME_COLOURS](shares * LAST_SHADE))


def film_names(films: Sequence[str]) -> list[str]:
    """The names of files, or their whole paths where two have the same name."""
    names = [Path(film).name or film for film in films]
    return [film if names.count(name) > 1 else name for name, film in zip(names, films, strict=True)]


def _draw_dots(axes: Axes, inches: FloatArray, looks: Sequence[_Look], chosen: IntArray) -> None:
    """All frames small and pale, and above them the chosen ones, larger and with a rim."""
    marked = np.zeros(len(inches), bool)
    marked[chosen] = True
    # A hundred thousand dots are finer than a hundred.
    crowd = float(np.clip(30 / np.sqrt(len(inches)), 0.15, 2))
    few = float(np.clip(14 / np.sqrt(len(chosen)), 0.4, 1.6))
    for look in looks:
        at = inches[look.rows]
        axes.scatter(
            at[:, 0], at[:, 1], s=22 * crowd, c=look.colours, alpha=0.45, marker=look.shape, linewidths=0,
            rasterized=len(inches) > MANY_DOTS, zorder=2,
        )  # fmt: skip
    for look in looks:
        mine = marked[look.rows]
        at = inches[look.rows[mine]]
        axes.scatter(
            at[:, 0], at[:, 1], s=62 * few, c=look.colours[mine], marker=look.shape, linewidths=1.2 * min(few, 1),
            edgecolors=INK, zorder=3,
        )  # fmt: skip


def _draw_legend(axes: Axes, looks: Sequence[_Look], chosen: IntArray) -> None:
    """A line for each film, in columns: its mark, its name, how many frames of it were chosen."""
    lines = -(-len(looks) // LEGEND_COLUMNS)
    column = (WIDTH - 2 * MARGIN) / LEGEND_COLUMNS
    for place, look in enumerate(looks):
        x, y = MARGIN + place // lines * column, HEIGHT + LEGEND_GAP + LEGEND_LINE * (place % lines + 0.5)
        picked = int(np.isin(np.unique(chosen), look.rows).sum())
        axes.scatter([x + 0.06], [y], s=36, c=look.colours[:1], marker=look.shape, linewidths=0)
        words = f"{shortened(look.name, NAME_LETTERS)}  {picked:,} of {len(look.rows):,}"
        axes.text(x + 0.18, y, words, fontsize=8.5, color=INK, va="center", parse_math=False)


def _draw_clock(axes: Axes, times_seconds: FloatArray, look: _Look) -> None:
    """Which colour is which time of the film."""
    first, last = float(times_seconds.min()), float(times_seconds.max())
    top, left = HEIGHT + LEGEND_GAP + LEGEND_LINE * 0.4, MARGIN
    shades = _shades(np.linspace(0, 1, TIME_STEPS))[None]
    axes.imshow(shades, extent=(left, left + TIME_WIDTH, top + 0.12, top), aspect="auto", interpolation="nearest")
    short = last - first < 10
    for share, side in ((0.0, "left"), (0.5, "center"), (1.0, "right")):
        words = clock(first + share * (last - first), parts_of_seconds=short)
        axes.text(left + share * TIME_WIDTH, top + 0.22, words, fontsize=8.5, color=PALE_INK, ha=side, va="center")
    axes.text(left + TIME_WIDTH + 0.12, top + 0.06, "time", fontsize=8.5, color=PALE_INK, va="center")


def _draw_ring(axes: Axes, inches: FloatArray, colours: FloatArray, pictures: Mapping[int, Picture]) -> None:
    """Pictures around the map, each with a line to its frame, which it has the colour of."""
    from matplotlib.patches import Rectangle

    slots, rows = _slots(), np.array(sorted(pictures))
    shown = rows[_spread(inches[rows], len(slots))]
    for row, slot in zip(shown.tolist(), slots[_assigned(inches[shown], slots)], strict=True):
        picture, (x, y) = pictures[row], slot
        scale = min(PICTURE_WIDTH / picture.shape[1], PICTURE_HEIGHT / picture.shape[0])
        width, height = picture.shape[1] * scale, picture.shape[0] * scale
        left, top = x - width / 2, y - height / 2
        axes.plot([x, inches[row, 0]], [y, inches[row, 1]], color=PALE_INK, linewidth=0.6, alpha=0.7, zorder=1)
        axes.imshow(picture, extent=(left, left + width, top + height, top), aspect="auto", zorder=4)
        axes.add_patch(
            Rectangle((left, top), width, height, facecolor="none", edgecolor=colours[row], linewidth=2, zorder=5)
        )


def _slots() -> FloatArray:
    """(24, 2) middles of the places for pictures, in a ring around the map."""
    first = np.array([MARGIN + PICTURE_WIDTH / 2, TITLE_HEIGHT + PICTURE_HEIGHT / 2])
    last = np.array([WIDTH, HEIGHT + TITLE_HEIGHT]) - first
    columns, rows = np.linspace(first[0], last[0], RING_COLUMNS), np.linspace(first[1], last[1], RING_ROWS)
    around = [(x, y) for x in (first[0], last[0]) for y in rows[1:-1]]
    return np.array([*((x, y) for y in (first[1], last[1]) for x in columns), *around])


def _spread(places: FloatArray, most: int) -> IntArray:
    """Up to `most` of the places, far from each other, beginning with the one that is farthest from the middle."""
    apart = np.square(places - places.mean(axis=0)).sum(axis=1)
    picked: list[int] = []
    for _ in range(min(most, len(places))):
        picked.append(int(apart.argmax()))
        mine = np.square(places - places[picked[-1]]).sum(axis=1)
        apart = mine if len(picked) == 1 else np.minimum(apart, mine)
        apart[picked] = -1
    return np.array(picked, np.int64)


def _assigned(places: FloatArray, slots: FloatArray) -> IntArray:
    """For each place its slot, so that no exchange of two makes the lines shorter: then none of them cross."""
    lengths = np.zeros((len(slots), len(slots)))  # those beyond the places stay empty
    lengths[: len(places)] = np.sqrt(np.square(places[:, None] - slots[None]).sum(axis=2))
    slot_of = np.arange(len(slots))
    improved = True
    while improved:
        improved = False
        for one in range(len(slots)):
            now = lengths[np.arange(len(slots)), slot_of] + lengths[one, slot_of[one]]
            then = lengths[one, slot_of] + lengths[np.arange(len(slots)), slot_of[one]]
            then[one] = now[one]
            other = int((then - now).argmin())
            if then[other] < now[other] - 1e-9:
                slot_of[[one, other]] = slot_of[[other, one]]
                improved = True
    return slot_of[: len(places)].astype(np.int64)
