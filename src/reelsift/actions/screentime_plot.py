"""A picture of screen time: a band over time for each class of each film, and beside it the seconds with intervals."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reelsift.actions.quantify import CONFIDENCE
from reelsift.actions.screentime import ClassTime, ScreenTime
from reelsift.errors import SpecError
from reelsift.multi_timeline import MultiTimeline
from reelsift.output import check_file, writing_file
from reelsift.timeline import Timeline

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["FilmBand", "check_plot", "clock", "plot_screen_times", "save_plot", "shortened"]

FloatArray = NDArray[np.float64]

FORMATS = (".png", ".pdf", ".svg")
MOST_LANES = 48  # of all films together; what has no room is in the total
DOTS_PER_INCH = 150
# Okabe and Ito 2008, "Color universal design": told apart with any colour vision. Further classes begin again: each
# has a lane of its own with its name.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#5A5A5A")
INK, PALE_INK, LANE = "#222222", "#6B6B6B", "#F2F2F2"

# Everything is placed in inches, so that it reads the same with one class as with forty.
WIDTH, LANE_HEIGHT, TITLE_HEIGHT, AXIS_HEIGHT, FOOT_HEIGHT = 11.0, 0.46, 0.36, 0.38, 0.50
BARS_WIDTH, TEXT_WIDTH, GUTTER = 1.55, 1.75, 0.36
LETTER_WIDTH = 0.078  # inches, of an average letter at 9.5 points
NAME_LETTERS, TITLE_LETTERS = 24, 90
POINTS_ACROSS = 1500  # more steps of a probability than this cannot be seen
STEPS_SECONDS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
MOST_TICKS = 9


@dataclass(frozen=True, eq=False)
class FilmBand:
    """A film to draw: what was measured of it, and the timeline that was made from."""

    time: ScreenTime
    timeline: Timeline | MultiTimeline

    def __post_init__(self) -> None:
        if tuple(each.name for each in self.time.classes) != self.timeline.classes:
            raise SpecError("a screen time is drawn with the timeline it was measured on: their classes differ")


def check_plot(path: Path, *, overwrite: bool) -> None:
    """Makes sure, before any work, that a plot can be written.

    Raises:
        SpecError: If the ending of its name is none of the formats.
        OutputExistsError: If it is there and may not be replaced.
        OutputError: If its folder is missing or cannot be written to.
    """
    if path.suffix.lower() not in FORMATS:
        raise SpecError(f"{path}: a plot is a PNG, PDF or SVG; end its name in {', '.join(FORMATS)}")
    check_file(path, overwrite=overwrite)


def plot_screen_times(path: Path, films: Sequence[FilmBand], *, total: ScreenTime) -> None:
    """Draws films below each other, and where there are several, the total below them.

    In each lane, the bar is where the smoothed label is the class; the pale hill behind it is the probability of each
    sample. Films of similar length share their scale of time. Films for which there is no room are in the total only.

    Args:
        path: Where the picture goes; its ending says what it is.
        films: One or more, of the same classes.
        total: Of all of them.

    Raises:
        SpecError: If there is no film, or the ending of the path is none of the formats.
        OutputError: If it cannot be written.
    """
    check_plot(path, overwrite=True)
    if not films:
        raise SpecError("a plot of screen time needs one film at least")
    save_plot(path, _drawn(films, total))


def save_plot(path: Path, figure: Figure) -> None:
    """Writes a figure, in the format that the ending of the name says; the same figure gives the same bytes.

    Raises:
        OutputError: If it cannot be written.
    """
    # The day of its making and random names would make two pictures of the same thing differ.
    metadata = {".png": {"Software": None}, ".pdf": {"CreationDate": None}, ".svg": {"Date": None}}[path.suffix.lower()]
    from matplotlib import rc_context

    with writing_file(path) as beside, rc_context({"svg.hashsalt": "reelsift"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # drawn as a box
        figure.savefig(beside, dpi=DOTS_PER_INCH, format=path.suffix[1:].lower(), metadata=metadata)


def clock(seconds: float, *, parts_of_seconds: bool = False) -> str:
    """`1:23`, `1:02:03`, and `0:01.5` where parts of seconds are asked for."""
    tenths = round(seconds * 10) if parts_of_seconds else round(seconds) * 10
    minutes, rest = divmod(tenths, 600)
    tail = f"{rest // 10:02d}" + (f".{rest % 10}" if parts_of_seconds else "")
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{tail}" if hours else f"{minutes}:{tail}"


@dataclass(frozen=True)
class _Place:
    """Puts axes into a figure, by inches from its top left corner."""

    figure: Figure
    height: float

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        box = (left / WIDTH, 1 - (top + height) / self.height, width / WIDTH, height / self.height)
        axes = self.figure.add_axes(box)
        for side in ("top", "right", "left", "bottom"):
            axes.spines[side].set_visible(False)
        axes.tick_params(length=0, labelsize=8.5, labelcolor=PALE_INK, pad=3)
        axes.set_yticks([])
        return axes

    def text(
        self, left: float, top: float, text: str, *, size: float, colour: str = INK, weight: str = "normal"
    ) -> None:
        self.figure.text(
            left / WIDTH, 1 - top / self.height, text, fontsize=size, color=colour, fontweight=weight, va="center",
            parse_math=False,
        )  # fmt: skip


def _drawn(films: Sequence[FilmBand], total: ScreenTime) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = [shortened(each.name, NAME_LETTERS) for each in total.classes]
    shown = films[: max(MOST_LANES // len(names), 1)]
    panel = TITLE_HEIGHT + LANE_HEIGHT * len(names) + AXIS_HEIGHT
    height = panel * (len(shown) + (len(films) > 1)) + FOOT_HEIGHT
    figure = Figure(figsize=(WIDTH, height), facecolor="white")
    FigureCanvasAgg(figure)
    place = _Place(figure, height)
    left = 0.3 + LETTER_WIDTH * max(map(len, names))
    durations = [film.time.duration_seconds for film in shown]
    shared = max(durations) if max(durations) <= 4 * min(durations) else None
    farthest = max(_farthest(film.time) for film in shown)
    titles = _titles([film.time.source for film in shown])
    for number, film in enumerate(shown):
        top = panel * number
        _title(place, top, titles[number], film.time)
        _draw_names(place, names, left=left, top=top + TITLE_HEIGHT)
        _draw_band(place, film, left=left, top=top + TITLE_HEIGHT, span=shared or film.time.duration_seconds)
        _draw_seconds(place, film.time, top=top + TITLE_HEIGHT, reach=farthest if shared else _farthest(film.time))
    if len(films) > 1:
        top = panel * len(shown)
        hidden = f", {len(films) - len(shown)} of them not drawn" if len(shown) < len(films) else ""
        _title(place, top, f"{len(films)} films together{hidden}", total)
        _draw_names(place, names, left=left, top=top + TITLE_HEIGHT)
        _draw_seconds(place, total, top=top + TITLE_HEIGHT, reach=_farthest(total), left=left)
    for line, words in enumerate(_FOOT):
        place.text(0.15, height - FOOT_HEIGHT + 0.13 + 0.16 * line, words, size=8, colour=PALE_INK)
    return figure


_FOOT = (
    "Time in minutes:seconds. In the bands, bars are smoothed labels; what is pale behind them is the probability of "
    "each sample.",
    "Seconds are corrected for the film's mix of classes; whiskers are "
    f"{CONFIDENCE * 100:.0f} % intervals, from the model's errors on labelled frames it had not seen.",
)


def _title(place: _Place, top: float, name: str, time: ScreenTime) -> None:
    place.text(0.15, top + TITLE_HEIGHT * 0.6, shortened(name, TITLE_LETTERS), size=11, weight="bold")
    words = clock(time.duration_seconds, parts_of_seconds=time.duration_seconds < 10)
    place.text(WIDTH - TEXT_WIDTH, top + TITLE_HEIGHT * 0.6, f"{words} long", size=9, colour=PALE_INK)


def _titles(sources: Sequence[str]) -> list[str]:
    """The names of files, or their whole paths where two have the same name."""
    names = [Path(source).name or source for source in sources]
    return [source if names.count(name) > 1 else name for name, source in zip(names, sources, strict=True)]


def _draw_names(place: _Place, names: Sequence[str], *, left: float, top: float) -> None:
    for lane, name in enumerate(names):
        place.figure.text(
            (left - 0.1) / WIDTH, 1 - (top + LANE_HEIGHT * (lane + 0.5)) / place.height, name, fontsize=9.5, color=INK,
            ha="right", va="center", parse_math=False,
        )  # fmt: skip


def _draw_band(place: _Place, film: FilmBand, *, left: float, top: float, span: float) -> None:
    """A lane for each class: its probability as a pale hill, its segments as a bar."""
    count = len(film.time.classes)
    axes = place.axes(left, top, WIDTH - left - BARS_WIDTH - TEXT_WIDTH - 2 * GUTTER, LANE_HEIGHT * count)
    length = max(film.time.duration_seconds, 1e-9)
    for lane, (probability, part, label) in enumerate(_lanes(film.timeline)):
        colour, floor = COLOURS[lane % len(COLOURS)], count - lane - 1 + 0.06
        axes.broken_barh([(0, length)], (floor, 0.88), facecolors=LANE, linewidth=0, zorder=0)
        edges, heights = _thinned(part.boundaries_seconds - part.start_seconds, probability)
        axes.fill_between(
            edges, floor, floor + 0.88 * np.append(heights, heights[-1]), step="post", color=colour, alpha=0.28,
            linewidth=0,
        )  # fmt: skip
        axes.broken_barh(_bars(part, label), (floor, 0.4), facecolors=colour, linewidth=0)
    axes.set_xlim(0, max(span, 1e-9))
    axes.set_ylim(0, count)
    _time_ticks(axes, span)
    axes.grid(axis="x", color="white", linewidth=0.8)
    axes.set_axisbelow(True)


def _farthest(time: ScreenTime) -> float:
    """Seconds up to which bars and their intervals go."""
    ends: list[float] = [end for each in time.classes for end in (each.seconds, *(each.interval_seconds or ()))]
    return max(ends)


def _draw_seconds(place: _Place, time: ScreenTime, *, top: float, reach: float, left: float | None = None) -> None:
    """Horizontal bars with intervals, and in words beside them; as wide as the band too where `left` is given."""
    start = WIDTH - TEXT_WIDTH - GUTTER - BARS_WIDTH if left is None else left
    axes = place.axes(start, top, WIDTH - TEXT_WIDTH - GUTTER - start, LANE_HEIGHT * len(time.classes))
    for lane, each in enumerate(time.classes):
        middle = len(time.classes) - lane - 0.5
        axes.barh(middle, each.seconds, height=0.52, color=COLOURS[lane % len(COLOURS)], linewidth=0)
        if each.interval_seconds:
            ends, heights = list(each.interval_seconds), [middle, middle]
            axes.plot(ends, heights, color=INK, linewidth=1.2, marker="|", markersize=7, clip_on=False)
        words, interval = _words(each)
        height = top + LANE_HEIGHT * (lane + 0.5)
        place.text(WIDTH - TEXT_WIDTH, height - 0.075, words, size=9.5, weight="bold")
        place.text(WIDTH - TEXT_WIDTH, height + 0.095, interval, size=8, colour=PALE_INK)
    axes.set_xlim(0, max(reach, 1e-9))
    axes.set_ylim(0, len(time.classes))
    axes.axvline(0, color=PALE_INK, linewidth=0.8)
    _time_ticks(axes, reach, most=MOST_TICKS if left is not None else 3)


def _words(time: ClassTime) -> tuple[str, str]:
    digits = 1 if time.seconds < 100 else 0
    words = f"{time.seconds:,.{digits}f} s · {time.share * 100:.1f} %"
    if time.interval_seconds is None:
        return words, "interval unknown"
    low, high = time.interval_seconds
    return words, f"{low:,.{digits}f} to {high:,.{digits}f} s"


def _lanes(timeline: Timeline | MultiTimeline) -> list[tuple[FloatArray, Timeline, int]]:
    """For each class the (T,) probability, the timeline it is in, and which of its labels the class is."""
    if isinstance(timeline, MultiTimeline):
        return [(part.probabilities[:, 1], part, 1) for part in timeline.parts]
    return [(timeline.probabilities[:, label], timeline, label) for label in range(len(timeline.classes))]


def _bars(timeline: Timeline, label: int) -> list[tuple[float, float]]:
    """Start from the film's beginning, and length, of the segments of one label, in seconds."""
    name, first = timeline.classes[label], timeline.start_seconds
    return [
        (each.start_seconds - first, each.end_seconds - each.start_seconds)
        for each in timeline.segments
        if each.label == name
    ]


def _thinned(edges: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(T + 1,) edges and (T,) values, as means over time where there are more than can be seen."""
    if len(values) <= POINTS_ACROSS:
        return edges, values
    area = np.concatenate(([0.0], np.cumsum(values * np.diff(edges))))
    coarse = np.linspace(edges[0], edges[-1], POINTS_ACROSS + 1)
    return coarse, np.diff(np.interp(coarse, edges, area)) / np.diff(coarse)


def _time_ticks(axes: Axes, span: float, *, most: int = MOST_TICKS) -> None:
    """Round moments, `most` at most, as minutes and seconds."""
    step = next((each for each in STEPS_SECONDS if span / each <= most), span)
    moments = np.arange(math.floor(span / step + 1e-6) + 1) * step
    axes.set_xticks(moments, [clock(moment, parts_of_seconds=step < 1) for moment in moments])
    if moments[-1] > 0.97 * span:  # keeps off what stands to the right
        axes.get_xticklabels()[-1].set_horizontalalignment("right")


def shortened(text: str, letters: int) -> str:
    """The text, without its middle where it is too long: the end of a file's name often says most."""
    if len(text) <= letters:
        return text
    head = (letters - 1) // 2
    return f"{text[:head]}…{text[len(text) - (letters - 1 - head) :]}"
