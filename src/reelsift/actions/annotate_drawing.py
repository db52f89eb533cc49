"""All that is drawn over a film: where panels and the strip go in its pictures, and each frame's drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reelsift.actions.annotate_ink import Page
from reelsift.actions.annotate_panel import Panel, panel_height, rows_within
from reelsift.actions.annotate_scores import Scores
from reelsift.actions.annotate_strip import Strip
from reelsift.media.fit import Shape
from reelsift.media.overlay import Print, draw_print, make_print

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

__all__ = ["Drawing"]

MARGIN = 0.7  # around panels, in heights of a letter
MOST_ROWS = 8  # of a panel: more would hide too much of the picture
WIDEST_SHARE, NARROWEST = 0.46, 15.0  # of the width of the picture; but so many heights of a letter in any case
PANELS_SHARE = 0.66  # of the height: panels below each other that reach further down go to both sides


@dataclass(frozen=True)
class _Placed:
    """The number of a task, its panel, and where that goes."""

    task: int
    panel: Panel
    x: int
    y: int


class Drawing:
    """Draws on the frames of one film. What did not change since the frame before is not made again.

    Attributes:
        without_panel: Tasks for whose panel the picture has no room.
    """

    def __init__(self, shape: Shape, tasks: Sequence[Scores]) -> None:
        self._shape, self._tasks = shape, tasks
        page = Page.of(shape)
        self._strip = Strip(page, tasks)
        self._still = make_print(self._strip.drawn(), shape)
        self._panels = _placed_panels(page, tasks, bottom=self._strip.top)
        placed = [each.task for each in self._panels]
        self.without_panel = tuple(scores.task for number, scores in enumerate(tasks) if number not in placed)
        self._made: dict[object, tuple[object, Print]] = {}

    def draw(self, picture: VideoFrame, *, frame_index: int, time_seconds: float) -> None:
        """Draws on a picture of the shape, in place."""
        draw_print(picture, self._still)
        for placed in self._panels:
            sample = self._tasks[placed.task].sample_of(frame_index, time_seconds)
            draw_print(picture, self._panel(placed, sample))
        second, mark = self._strip.clock_second(time_seconds), self._strip.mark_x(time_seconds)
        draw_print(picture, self._clock(second))
        draw_print(picture, self._mark(mark))

    def _panel(self, placed: _Placed, sample: int) -> Print:
        known = self._made.get(placed.task)
        if known is None or known[0] != sample:
            patch = placed.panel.drawn(sample).at(placed.x, placed.y)
            known = self._made[placed.task] = (sample, make_print(patch, self._shape))
        return known[1]

    def _clock(self, second: int) -> Print:
        known = self._made.get("clock")
        if known is None or known[0] != second:
            patch = self._strip.clock(second)
            made = make_print(patch, self._shape) if patch is not None else Print(())
            known = self._made["clock"] = (second, made)
        return known[1]

    def _mark(self, x: int) -> Print:
        known = self._made.get("mark")
        if known is None or known[0] != x:
            known = self._made["mark"] = (x, make_print(self._strip.mark(x), self._shape))
        return known[1]


def _placed_panels(page: Page, tasks: Sequence[Scores], *, bottom: int) -> list[_Placed]:
    """Down the left side; if they would reach too far down, half of them down the right, where both have room."""
    margin, count = page.down(MARGIN), len(tasks)
    wanted = sum(panel_height(page, min(len(scores.classes), MOST_ROWS)) + margin for scores in tasks)
    widest = max(int(page.width * WIDEST_SHARE), page.across(NARROWEST))
    if count > 1 and wanted > bottom * PANELS_SHARE:
        half = -(-count // 2)
        each = min(widest, (page.width - 3 * page.across(MARGIN)) // 2)
        left = _column(page, tasks[:half], bottom=bottom, widest=each)
        right = _column(page, tasks[half:], bottom=bottom, widest=each)
        if max((panel.width for panel in (*left.values(), *right.values())), default=0) <= each:
            return _stacked(page, left) + _stacked(page, right, first=half, is_right=True)
    return _stacked(page, _column(page, tasks, bottom=bottom, widest=min(widest, page.width)))


def _column(page: Page, tasks: Sequence[Scores], *, bottom: int, widest: int) -> dict[int, Panel]:
    """The panels of tasks by their numbers, so high that all have room below each other; but those without room."""
    margin = page.down(MARGIN)
    panels: dict[int, Panel] = {}
    room = bottom - margin
    for number, scores in enumerate(tasks):
        each = room // (len(tasks) - number) - margin
        rows = min(rows_within(page, each), len(scores.classes), MOST_ROWS)
        if rows < 1:
            continue
        panel = Panel(page, scores, rows=rows, widest=widest)
        if panel.width > page.width - 2 * page.across(MARGIN):
            continue
        panels[number] = panel
        room -= panel.height + margin
    for panel in panels.values():  # one below the other, they look like one column
        panel.width = max(each.width for each in panels.values())
    return panels


def _stacked(page: Page, panels: dict[int, Panel], *, first: int = 0, is_right: bool = False) -> list[_Placed]:
    placed, y = [], page.down(MARGIN)
    for number, panel in panels.items():
        x = page.width - page.across(MARGIN) - panel.width if is_right else page.across(MARGIN)
        placed.append(_Placed(first + number, panel, x, y))
        y += panel.height + page.down(MARGIN)
    return placed
