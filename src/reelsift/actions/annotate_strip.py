"""The strip at the bottom: the whole timeline of each task as a band of colours, and a mark that moves along."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reelsift.actions.annotate_ink import GROUND, GROUND_ALPHA, WHITE, Page, Sheet, class_colour
from reelsift.actions.annotate_letters import fitting, line_height, words_mask
from reelsift.actions.annotate_scores import Scores
from reelsift.actions.screentime_plot import clock
from reelsift.media.overlay import Patch

__all__ = ["Strip"]

# All in heights of a letter.
PADDING, LANE, THIN_LANE, GAP = 0.5, 0.8, 0.42, 0.25
NAMES_WIDTH, MARK_WIDTH = 9.0, 0.16
NARROW = 18.0  # narrower pictures show no clock and no names of tasks
MOST_LANES = 6  # of one task whose classes can be true at once
OFF = 0.22  # brightness of such a lane where its class is not true


class Strip:
    """The bands of all tasks, below each other, over the whole width of the picture.

    Attributes:
        top: First row of pixels of the picture that it covers.
    """

    def __init__(self, page: Page, tasks: Sequence[Scores]) -> None:
        self._page = page
        self._start = min(float(scores.boundaries_seconds[0]) for scores in tasks)
        self._end = max(float(scores.boundaries_seconds[-1]) for scores in tasks)
        is_wide = page.width >= page.across(NARROW)
        names_width = page.across(NAMES_WIDTH) if is_wide and len(tasks) > 1 else 0
        names = [fitting(scores.task, letters=page.letters, room=names_width, squeeze=page.squeeze) for scores in tasks]
        widest = max(name.shape[1] for name in names) if names_width else 0
        self._left = page.across(PADDING) + (widest + page.across(PADDING) if widest else 0)
        self._clock_width = self._clock_mask(self._end, total=True).shape[1] if is_wide else 0
        taken = self._clock_width + page.across(PADDING) if self._clock_width else 0
        self._band_width = max(page.width - self._left - page.across(PADDING) - taken, 1)
        bands = [self._band(scores) for scores in tasks]
        line = line_height(page.letters) if widest else 0
        heights = [max(band.shape[0], line) for band in bands]
        self.height = 2 * page.down(PADDING) + sum(heights) + page.down(GAP) * (len(tasks) - 1)
        self.top = page.height - self.height
        self._sheet = Sheet(page, width=page.width, height=self.height)
        self._sheet.fill(0, 0, page.width, self.height, GROUND, alpha=GROUND_ALPHA)
        top = page.down(PADDING)
        for band, name, height in zip(bands, names, heights, strict=True):
            self._sheet.paint(self._left, top + (height - band.shape[0]) // 2, band)
            if widest:
                self._sheet.write(page.across(PADDING), top + (height - line) // 2, name)
            top += height + page.down(GAP)

    def drawn(self) -> Patch:
        """All that does not move."""
        return self._sheet.at(0, self.top)

    def mark_x(self, time_seconds: float) -> int:
        """Left edge of the mark at a moment, in pixels of the picture."""
        length = self._end - self._start
        share = min(max((time_seconds - self._start) / length, 0.0), 1.0) if length > 0 else 0.0
        return self._left + round(share * (self._band_width - 1)) - self._mark_width // 2

    def mark(self, x: int) -> Patch:
        """The mark, at a place `mark_x` gave: white with dark edges, to be seen on every colour."""
        page, width = self._page, self._mark_width
        edge, over = page.across(0.07), page.down(PADDING) // 2
        sheet = Sheet(page, width=width + 2 * edge, height=self.height - 2 * over)
        sheet.fill(0, 0, width + 2 * edge, self.height, "#000000", alpha=0.8)
        sheet.fill(edge, 0, width, self.height, WHITE)
        return sheet.at(x - edge, self.top + over)

    def clock_second(self, time_seconds: float) -> int:
        """Whole seconds since the film began."""
        return max(math.floor(time_seconds - self._start + 1e-6), 0)

    def clock(self, second: int) -> Patch | None:
        """The time since the beginning, of the whole; `None` where there is no room for it."""
        if not self._clock_width:
            return None
        page = self._page
        mask = self._clock_mask(self._start + second)
        sheet = Sheet(page, width=self._clock_width, height=mask.shape[0])
        sheet.write(max(self._clock_width - mask.shape[1], 0), 0, mask)
        top = self.top + (self.height - mask.shape[0]) // 2
        return sheet.at(page.width - page.across(PADDING) - self._clock_width, top)

    @property
    def _mark_width(self) -> int:
        return max(self._page.across(MARK_WIDTH), 2)

    def _clock_mask(self, time_seconds: float, *, total: bool = False) -> NDArray[np.float32]:
        words = clock(self.clock_second(time_seconds))
        page = self._page
        if not total:
            return words_mask(words, letters=page.letters, squeeze=page.squeeze)
        # As wide as it ever gets: rounded to pixels, digits of the same width differ by one.
        shown = ("".join(digit if letter.isdigit() else letter for letter in words) for digit in "0123456789")
        masks = [words_mask(each, letters=page.letters, squeeze=page.squeeze) for each in shown]
        return np.pad(max(masks, key=lambda mask: mask.shape[1]), ((0, 0), (2, 0)))

    def _band(self, scores: Scores) -> NDArray[np.float32]:
        """(H, W, 3) the colours of a task over the whole film."""
        page, shares = self._page, scores.shares(self._band_width)
        if not scores.is_several:
            colours = np.stack([page.colour(class_colour(place)) for place in range(len(scores.classes))])
            return np.repeat((shares @ colours)[None].astype(np.float32), page.down(LANE), axis=0)
        off = page.colour(WHITE) * OFF
        lanes = []
        for place in scores.most_shown(MOST_LANES):
            share = shares[:, place, None]
            lane = np.asarray(share * page.colour(class_colour(place)) + (1 - share) * off, np.float32)[None]
            lanes.append(np.repeat(lane, page.down(THIN_LANE), axis=0))
            lanes.append(np.repeat(lane * np.float32(0.25), max(page.down(0.06), 1), axis=0))
        return np.concatenate(lanes[:-1])
