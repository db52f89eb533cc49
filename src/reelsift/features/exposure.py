"""Exposure of a frame as numbers: how light and dark are spread, and where detail is lost to them.

Mean brightness alone says little: a night with lamps is meant to be dark, snow is meant to be bright, and a camera that
exposes for a window leaves a room black. What tells a wrong exposure is detail that is gone: large connected areas
at the end of the scale, and bright or dark zones in which nothing has texture any more.

Measured on brightness inside black bars, at half the size that the view `quality` looks at. Cells are squares of a
sixtieth of the longer side (8 pixels at 480). The numbers, by their names in `EXPOSURE_COLUMNS`; levels and shares are
from 0 to 1, others are divided by about their largest value:

* `darker`: shares of the pixels below 16, 32, .. 240.
* `ends`: square roots of the shares of pixels at most 2, 5, 12 and at least 243, 250, 253: a small share counts.
* `levels`: mean, standard deviation, and the percentiles 1, 5, 10, 25, 50, 75, 90, 95, 99.
* `stops`: the same (percentiles 1, 5, 25, 50, 75, 95, 99) in stops of light, the levels being taken as sRGB (IEC
  61966-2-1): a stop more or less of exposure shifts them all alike.
* `key`: where the mean lies between the ends in stops (Reinhard, Parameter estimation for photographic tone
  reproduction, Journal of Graphics Tools 7(1), 2002) and in levels, the logarithm of the mean light, and the skewness.
* `entropy`: of the 256 levels.
* `cells`: percentiles 2, 10, 25, 50, 75, 90, 98 of the mean levels of the cells.
* `contrast`: the same of log standard deviation in the cells, and its mean.
* `zone_shares`: shares of the cells in eight zones of brightness (Adams, The Negative, 1948).
* `zone_detail`: mean log standard deviation of the cells of each zone, times the share of the zone.
* `zone_contrast`: the same not times the share; a zone with few cells is drawn to the mean of all.
* `flat`: shares of the cells without detail that are bright (above 235), dark (below 20), any, white and black.
* `largest`: square roots of the shares of the largest connected areas of cells that are white (from 250), bright (from
  240), black (up to 8), dark (up to 20), flat and bright, flat and dark.
* `well_exposed`: nearness to the middle level (Mertens, Kautz and Van Reeth, Exposure fusion, Pacific Graphics 2007) of
  the cells: mean, mean times contrast, percentiles 10, 25, 50, 75.
* `spikes`: logarithms of the shares of levels 253 to 255, 240 to 252, 0 to 2, 3 to 15, and the first less the second
  and the third less the fourth, then of the shares within 4 levels of the lightest and of the darkest thousandth:
  clipping piles up at the end, also where that was dulled or lifted later; a light subject falls off towards it.
* `blocks`: mean levels of the 4x4 blocks in ascending order, so that it does not matter where they lie.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from reelsift.features.percentiles import percentiles
from reelsift.features.regions import find_bars

__all__ = ["EXPOSURE_COLUMNS", "EXPOSURE_WIDTH", "exposure_numbers", "halved", "without_bars"]

FloatArray = NDArray[np.float64]

_LENGTHS = {
    "darker": 15,
    "ends": 6,
    "levels": 11,
    "stops": 9,
    "key": 4,
    "entropy": 1,
    "cells": 7,
    "contrast": 8,
    "zone_shares": 8,
    "zone_detail": 8,
    "zone_contrast": 8,
    "flat": 5,
    "largest": 6,
    "well_exposed": 6,
    "spikes": 8,
    "blocks": 16,
}
_COLUMN_ENDS = np.cumsum([0, *_LENGTHS.values()]).tolist()
EXPOSURE_COLUMNS: dict[str, slice] = {
    name: slice(start, end) for name, (start, end) in zip(_LENGTHS, pairwise(_COLUMN_ENDS), strict=True)
}
EXPOSURE_WIDTH: int = _COLUMN_ENDS[-1]

_LEVELS = np.arange(256) / 255
_LIGHT = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4)
_STOPS = np.log2(_LIGHT + 2.0**-10)  # black is ten stops below white, so that the noise of black does not count
_MOST_STOPS = 10
# Levels whose share counts, from one up to another: of `ends`, then of `spikes`.
_RANGES = ((0, 3), (0, 6), (0, 13), (243, 256), (250, 256), (253, 256), (253, 256), (240, 253), (0, 3), (3, 16))
_ENDS = _LENGTHS["ends"]
# What to multiply the shares of the levels with: all sums over them in one go.
_OF_LEVELS = np.array(
    [_LEVELS, _LIGHT, _STOPS, *((np.arange(256) >= first) & (np.arange(256) < end) for first, end in _RANGES)]
)
# A little less, lest rounding leave out a level.
_LEVEL_SHARES = np.array((1, 5, 10, 25, 50, 75, 90, 95, 99)) / 100 - 1e-6
_STOP_SHARES = np.array((1, 5, 25, 50, 75, 95, 99)) / 100 - 1e-6
_CELL_PERCENTILES = (2, 10, 25, 50, 75, 90, 98)
_CELLS = 60  # along the longer side
_ZONES = 8
_BLOCKS = 4
_FEW = 0.02  # of the cells: how many of the mean of all are added to each zone
_FLAT = 2.0  # standard deviation, in steps of brightness, up to which a cell has no detail
_MOST_CONTRAST = 4.0  # about the largest log standard deviation there is
_MIDDLE, _TOLERANCE = 0.5, 0.2  # of Mertens et al.
_LEAST_SHARE = 1e-3
_NEAR = 4
_BAR_RANGE = 8  # between the brightest and the darkest pixel of a black bar; black scenery at the border has more


def exposure_numbers(inside: NDArray[np.uint8], *, half: NDArray[np.uint8] | None = None) -> NDArray[np.float32]:
    """The exposure numbers of one picture.

    Args:
        inside: Brightness `(H, W)` inside black bars (`without_bars`), 0 to 255, its longer side 960 pixels at most;
            8 pixels or more each way.
        half: What `halved` makes of it, where that is there already.

    Returns:
        `(EXPOSURE_WIDTH,)` float32, finite; the module says what they are.
    """
    half = halved(inside) if half is None else half
    counts = np.asarray(cv2.calcHist([half], [0], None, [256], [0, 256]), np.float64).ravel() / half.size
    means, deviations = _cells(half)
    contrast = np.log1p(deviations) / _MOST_CONTRAST
    numbers = {**_of_counts(counts), **_of_cells(means, deviations, contrast), **_of_zones(means, contrast)}
    blocks = cv2.resize(means.astype(np.float64), (_BLOCKS, _BLOCKS), interpolation=cv2.INTER_AREA)
    numbers["blocks"] = np.sort(np.asarray(blocks, np.float64).ravel()) / 255
    return np.concatenate([numbers[name] for name in EXPOSURE_COLUMNS]).astype(np.float32)


def halved(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture at half the size, by averages."""
    height, width = luma.shape
    return cv2.resize(luma, (max(1, width // 2), max(1, height // 2)), interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def without_bars(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The part of `(H, W)` brightness inside the black bars of a film, if it has any."""
    bars = find_bars(luma)
    height, width = luma.shape
    # A pixel more than the bar: the line at its border is a mixture of both.
    top, left = (round(bars.ends * height) + (bars.ends > 0), round(bars.sides * width) + (bars.sides > 0))
    for bar in (luma[: max(0, top - 2)], luma[:, : max(0, left - 2)]):
        if bar.size and int(bar.max()) - int(bar.min()) > _BAR_RANGE:
            return luma  # black scenery at the border
    return luma[top : height - top, left : width - left]


def _of_counts(counts: FloatArray) -> dict[str, FloatArray]:
    """What the shares `(256,)` of the levels say."""
    below = np.cumsum(counts)
    mean, light, stops, *shares = (_OF_LEVELS @ counts).tolist()
    off = _LEVELS - mean
    deviation = np.sqrt(max(0.0, float(counts @ off**2)))
    spread = np.sqrt(max(0.0, float(counts @ (_STOPS - stops) ** 2)))
    levels = _LEVELS[np.searchsorted(below, _LEVEL_SHARES)]
    in_stops = _STOPS[np.searchsorted(below, _STOP_SHARES)]
    present = counts[counts > 0]
    darkest, lightest = np.searchsorted(below, [_LEAST_SHARE, 1 - _LEAST_SHARE])
    own_white, own_black = counts[max(0, lightest - _NEAR) :].sum(), counts[: darkest + _NEAR + 1].sum()
    spikes = np.array([*shares[_ENDS:], own_white, own_black])
    white, light_grey, black, dark_grey, *own = np.log2(spikes + _LEAST_SHARE).tolist()
    key = (stops - in_stops[0]) / (in_stops[-1] - in_stops[0] + 0.5)
    place = (mean - levels[0]) / (levels[-1] - levels[0] + 0.05)
    skewness = float(counts @ off**3) / (deviation + 0.02) ** 3 / 4
    return {
        "darker": below[15:255:16],
        "ends": np.sqrt(shares[:_ENDS]),
        "levels": np.array([mean, deviation, *levels]),
        "stops": np.array([stops, spread, *in_stops]) / _MOST_STOPS,
        "key": np.array([key, place, np.log2(light + 2.0**-10) / _MOST_STOPS, skewness]),
        "entropy": np.array([-(present @ np.log2(present)) / 8]),
        "spikes": np.array([white, light_grey, black, dark_grey, white - light_grey, black - dark_grey, *own]) / 10,
    }


def _cells(half: NDArray[np.uint8]) -> tuple[NDArray[np.float32], FloatArray]:
    """Mean and standard deviation of brightness in square cells, two tables `(rows, columns)`."""
    height, width = half.shape
    side = min(max(2, round(max(height, width) / _CELLS)), height, width)
    rows, columns = height // side, width // side
    part = half[: rows * side, : columns * side].astype(np.float32)
    means, squares = _cell_means(part, side), _cell_means(part * part, side).astype(np.float64)
    return means, np.sqrt(np.maximum(squares - means.astype(np.float64) ** 2, 0))


def _cell_means(values: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Means of whole numbers in squares, as areas that OpenCV averages, but by sums of products, which are faster.

    The sums are exact: whole numbers below 2**24, in a square of 16 pixels even those of squares.
    """
    height, width = values.shape
    ones = np.ones(side, np.float32)
    down = values.reshape(-1, side, width).transpose(0, 2, 1) @ ones
    return np.asarray((down.reshape(height // side, -1, side) @ ones) * np.float32(1 / side**2), np.float32)


def _of_cells(means: NDArray[np.float32], deviations: FloatArray, contrast: FloatArray) -> dict[str, FloatArray]:
    levels = means.astype(np.float64) / 255
    flat, white, bright = deviations < _FLAT, means >= 250, means > 235
    black, dark = means <= 8, means < 20
    largest = [white, means >= 240, black, dark, flat & bright, flat & dark]
    shares = [np.count_nonzero(area) / area.size for area in (*largest[4:], flat, flat & white, flat & black)]
    well = np.exp(-((levels - _MIDDLE) ** 2) / (2 * _TOLERANCE**2))
    return {
        "cells": percentiles(means.ravel(), _CELL_PERCENTILES) / 255,
        "contrast": np.append(percentiles(contrast.ravel(), _CELL_PERCENTILES), contrast.mean()),
        "flat": np.array(shares),
        "largest": np.sqrt([_largest(area) for area in largest]),
        "well_exposed": np.array([well.mean(), (well * contrast).mean(), *percentiles(well.ravel(), (10, 25, 50, 75))]),
    }


def _of_zones(means: NDArray[np.float32], contrast: FloatArray) -> dict[str, FloatArray]:
    zones = np.minimum(means.ravel().astype(np.float64) * (_ZONES / 255), _ZONES - 1).astype(np.int64)
    shares = np.bincount(zones, minlength=_ZONES) / zones.size
    detail = np.bincount(zones, contrast.ravel(), minlength=_ZONES) / zones.size
    return {
        "zone_shares": shares,
        "zone_detail": detail,
        "zone_contrast": (detail + _FEW * contrast.mean()) / (shares + _FEW),
    }


def _largest(area: NDArray[np.bool_]) -> float:
    """The share of all cells that the largest connected part of an area takes."""
    if not area.any():
        return 0.0
    _, labels = cv2.connectedComponents(area.view(np.uint8), connectivity=4)
    return float(np.bincount(labels.ravel())[1:].max()) / area.size  # the first: outside
