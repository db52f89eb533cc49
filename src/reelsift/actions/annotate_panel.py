"""A panel in the corner: the classes of a task, each with its probability as a bar and as a number."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reelsift.actions.annotate_ink import GROUND, GROUND_ALPHA, WHITE, Page, Sheet, class_colour
from reelsift.actions.annotate_letters import fitting, line_height, words_mask
from reelsift.actions.annotate_scores import Scores

__all__ = ["Panel", "panel_height", "rows_within"]

# All in heights of a letter.
PADDING, ROW, TITLE = 0.55, 1.5, 1.6
SWATCH, GAP, BAR_WIDTH, BAR_HEIGHT, NAMES_WIDTH = 0.62, 0.45, 6.5, 0.62, 11.0
SHORT_BAR_WIDTH, SHORT_NAMES_WIDTH = 2.5, 1.6
PALE = 0.72  # of white, for classes that do not hold


def panel_height(page: Page, rows: int) -> int:
    """Pixels down of a panel with so many rows."""
    return 2 * page.down(PADDING) + page.down(TITLE) + rows * page.down(ROW)


def rows_within(page: Page, height: int) -> int:
    """How many rows a panel of that height has room for; 0 or less if for none."""
    return (height - panel_height(page, 0)) // page.down(ROW)


class Panel:
    """One task's panel.

    Attributes:
        width: Pixels across.
        height: Pixels down.
    """

    def __init__(self, page: Page, scores: Scores, *, rows: int, widest: int) -> None:
        """Lays out as many classes as `rows` has room for; the last row stands for all others where there are more.

        In less than `widest` pixels across, if names of a letter or two can be told in that.
        """
        self._page, self._scores = page, scores
        count = len(scores.classes)
        self._shown = list(range(count)) if count <= rows else scores.most_shown(max(rows - 1, 0))
        self._hidden = [place for place in range(count) if place not in self._shown]
        self._rows: dict[tuple[str, bool], Sheet] = {}
        self._percent_width = self._words("100 %").shape[1]
        self._fit_columns(widest)
        self.height = panel_height(page, len(self._shown) + bool(self._hidden))

    def drawn(self, sample: int) -> Sheet:
        """The panel as it is for a sample."""
        sheet = self._empty.copy()
        for row, place in enumerate(self._shown):
            probability, holds = self._scores.probabilities[sample, place], bool(self._scores.holds[sample, place])
            self._draw_row(sheet, row, self._scores.classes[place], probability, holds, colour=class_colour(place))
        if self._hidden:
            self._draw_others(sheet, sample)
        return sheet

    @cached_property
    def _empty(self) -> Sheet:
        page = self._page
        sheet = Sheet(page, width=self.width, height=self.height)
        sheet.fill(0, 0, self.width, self.height, GROUND, alpha=GROUND_ALPHA)
        room = self.width - 2 * page.across(PADDING)
        title = fitting(self._scores.task, letters=page.letters, room=room, bold=True, squeeze=page.squeeze)
        top = page.down(PADDING) + (page.down(TITLE) - line_height(page.letters)) // 2
        sheet.write(page.across(PADDING), top, title)
        return sheet

    def _fit_columns(self, widest: int) -> None:
        """Names, bars and numbers side by side; where the picture is narrow, bars give way first, then names."""
        page = self._page
        # What stands beside names and bars.
        fixed = 2 * page.across(PADDING) + page.across(SWATCH) + 3 * page.across(GAP) + self._percent_width
        words = [*(self._scores.classes[place] for place in self._shown), *([self._others] if self._hidden else [])]
        names = min(max(self._words(word, bold=True).shape[1] for word in words), page.across(NAMES_WIDTH))
        room = widest - fixed
        self._bar_width = int(np.clip(room - names, page.across(SHORT_BAR_WIDTH), page.across(BAR_WIDTH)))
        self._names_width = min(names, max(room - self._bar_width, page.across(SHORT_NAMES_WIDTH)))
        title = self._words(self._scores.task, bold=True).shape[1] + 2 * page.across(PADDING)
        self.width = max(fixed + self._names_width + self._bar_width, min(title, widest))

    def _draw_row(
        self, sheet: Sheet, row: int, name: str, probability: float, holds: bool, *, colour: str | None
    ) -> None:
        page = self._page
        top = page.down(PADDING) + page.down(TITLE) + row * page.down(ROW)
        sheet.put(top, self._row(name, holds, colour))
        length = round(self._bar_width * probability)
        sheet.fill(self._bar_left, top + self._bar_top, length, page.down(BAR_HEIGHT), colour or WHITE)
        number = self._words(f"{probability * 100:.0f} %")
        left = self.width - page.across(PADDING) - number.shape[1]
        sheet.write(left, top + self._words_top, number, alpha=1.0 if holds else PALE)

    def _row(self, name: str, holds: bool, colour: str | None) -> Sheet:
        """A row without what changes from sample to sample: the length of its bar, and its number."""
        known = self._rows.get((name, holds))
        if known is not None:
            return known
        page = self._page
        sheet = Sheet(page, width=self.width, height=page.down(ROW))
        sheet.fill(0, 0, self.width, page.down(ROW), GROUND, alpha=GROUND_ALPHA)
        left, swatch, height = page.across(PADDING), page.across(SWATCH), page.down(BAR_HEIGHT)
        if colour is not None:
            sheet.fill(left, self._bar_top, swatch, height, colour)
        room = self._names_width
        mask = fitting(name, letters=page.letters, room=room, bold=holds, squeeze=page.squeeze)
        sheet.write(left + swatch + page.across(GAP), self._words_top, mask, alpha=1.0 if holds else PALE)
        sheet.fill(self._bar_left, self._bar_top, self._bar_width, height, WHITE, alpha=0.16)
        self._rows[name, holds] = sheet
        return sheet

    @property
    def _bar_left(self) -> int:
        page = self._page
        return int(self.width - page.across(PADDING) - self._percent_width - page.across(GAP) - self._bar_width)

    @property
    def _bar_top(self) -> int:
        """From the top of a row."""
        return (self._page.down(ROW) - self._page.down(BAR_HEIGHT)) // 2

    @property
    def _words_top(self) -> int:
        return (self._page.down(ROW) - line_height(self._page.letters)) // 2

    def _draw_others(self, sheet: Sheet, sample: int) -> None:
        """The last row: those that have none of their own together, or the one of them that holds."""
        scores, values = self._scores, self._scores.probabilities[sample, self._hidden]
        held = [place for place in self._hidden if scores.holds[sample, place]]
        if held:
            name, probability = scores.classes[held[0]], float(scores.probabilities[sample, held[0]])
            self._draw_row(sheet, len(self._shown), name, probability, True, colour=class_colour(held[0]))
            return
        together = float(values.max() if scores.is_several else min(values.sum(), 1.0))
        self._draw_row(sheet, len(self._shown), self._others, together, False, colour=None)

    @property
    def _others(self) -> str:
        return f"{len(self._hidden)} others"

    def _words(self, words: str, *, bold: bool = False) -> NDArray[np.float32]:
        return words_mask(words, letters=self._page.letters, bold=bold, squeeze=self._page.squeeze)
