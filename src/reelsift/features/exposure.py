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

from reelsift.features.regions import find_bars

__all__ = ["EXPOSURE_COLUMNS", "EXPOSURE_WIDTH", "exposure_numbers", "without_bars"]

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
_ENDS = np.cumsum([0, *_LENGTHS.values()]).tolist()
EXPOSURE_COLUMNS: dict[str, slice] = {
    name: slice(start, end) for name, (start, end) in zip(_LENGTHS, pairwise(_ENDS), strict=True)
}
EXPOSURE_WIDTH: int = _ENDS[-1]

_LEVELS = np.arange(256) / 255
_LIGHT = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4)
_STOPS = np.log2(_LIGHT + 2.0**-10)  # black is ten stops below white, so that the noise of black does not count
_MOST_STOPS = 10
_LEVEL_PERCENTILES = (1, 5, 10, 25, 50, 75, 90, 95, 99)
_STOP_PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
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


def exposure_numbers(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The exposure numbers of one picture.

    Args:
        luma: Brightness `(H, W)`, 0 to 255, its longer side 960 pixels at most; 8 pixels or more each way.

    Returns:
        `(EXPOSURE_WIDTH,)` float32, finite; the module says what they are.
    """
    inside = without_bars(luma)
    half: NDArray[np.uint8] = cv2.resize(  # type: ignore[assignment]
        inside, (max(1, inside.shape[1] // 2), max(1, inside.shape[0] // 2)), interpolation=cv2.INTER_AREA
    )
    counts = np.asarray(cv2.calcHist([half], [0], None, [256], [0, 256]), np.float64).ravel() / half.size
    means, deviations = _cells(half)
    numbers = {**_of_counts(counts), **_of_cells(means, deviations), **_of_zones(means, deviations)}
    blocks = cv2.resize(means, (_BLOCKS, _BLOCKS), interpolation=cv2.INTER_AREA)
    numbers["blocks"] = np.sort(np.asarray(blocks, np.float64).ravel()) / 255
    return np.concatenate([numbers[name] for name in EXPOSURE_COLUMNS]).astype(np.float32)


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
    mean, light, stops = float(counts @ _LEVELS), float(counts @ _LIGHT), float(counts @ _STOPS)
    deviation = np.sqrt(max(0.0, float(counts @ (_LEVELS - mean) ** 2)))
    spread = np.sqrt(max(0.0, float(counts @ (_STOPS - stops) ** 2)))
    levels = _LEVELS[_percentile_bins(below, _LEVEL_PERCENTILES)]
    in_stops = _STOPS[_percentile_bins(below, _STOP_PERCENTILES)]
    present = counts[counts > 0]
    low, high = counts[:3].sum(), counts[253:].sum()
    ends = [low, counts[:6].sum(), counts[:13].sum(), counts[243:].sum(), counts[250:].sum(), high]
    darkest, lightest = np.searchsorted(below, [_LEAST_SHARE, 1 - _LEAST_SHARE])
    own_white, own_black = counts[max(0, lightest - _NEAR) :].sum(), counts[: darkest + _NEAR + 1].sum()
    shares = np.array([high, counts[240:253].sum(), low, counts[3:16].sum(), own_white, own_black])
    white, light_grey, black, dark_grey, *own = np.log2(shares + _LEAST_SHARE)
    key = (stops - in_stops[0]) / (in_stops[-1] - in_stops[0] + 0.5)
    place = (mean - levels[0]) / (levels[-1] - levels[0] + 0.05)
    skewness = float(counts @ (_LEVELS - mean) ** 3) / (deviation + 0.02) ** 3 / 4
    return {
        "darker": below[15:255:16],
        "ends": np.sqrt(np.maximum(ends, 0)),
        "levels": np.array([mean, deviation, *levels]),
        "stops": np.array([stops, spread, *in_stops]) / _MOST_STOPS,
        "key": np.array([key, place, np.log2(light + 2.0**-10) / _MOST_STOPS, skewness]),
        "entropy": np.array([-(present @ np.log2(present)) / 8]),
        "spikes": np.array([white, light_grey, black, dark_grey, white - light_grey, black - dark_grey, *own]) / 10,
    }


def _percentile_bins(below: FloatArray, percentiles: tuple[int, ...]) -> NDArray[np.int64]:
    return np.searchsorted(below, np.array(percentiles) / 100 - 1e-6)


def _cells(half: NDArray[np.uint8]) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of brightness in square cells, two tables `(rows, columns)`."""
    height, width = half.shape
    side = min(max(2, round(max(height, width) / _CELLS)), height, width)
    rows, columns = height // side, width // side
    part = half[: rows * side, : columns * side].astype(np.float32)
    means = np.asarray(cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA), np.float64)
    squares = np.asarray(cv2.resize(part * part, (columns, rows), interpolation=cv2.INTER_AREA), np.float64)
    return means, np.sqrt(np.maximum(squares - means**2, 0))


def _of_cells(means: FloatArray, deviations: FloatArray) -> dict[str, FloatArray]:
    levels, contrast = means / 255, np.log1p(deviations) / _MOST_CONTRAST
    flat, white, bright = deviations < _FLAT, means >= 250, means > 235
    black, dark = means <= 8, means < 20
    largest = [white, means >= 240, black, dark, flat & bright, flat & dark]
    well = np.exp(-((levels - _MIDDLE) ** 2) / (2 * _TOLERANCE**2))
    return {
        "cells": np.percentile(levels, _CELL_PERCENTILES),
        "contrast": np.append(np.percentile(contrast, _CELL_PERCENTILES), contrast.mean()),
        "flat": np.array([area.mean() for area in (flat & bright, flat & dark, flat, flat & white, flat & black)]),
        "largest": np.sqrt([_largest(area) for area in largest]),
        "well_exposed": np.array([well.mean(), (well * contrast).mean(), *np.percentile(well, (10, 25, 50, 75))]),
    }


def _of_zones(means: FloatArray, deviations: FloatArray) -> dict[str, FloatArray]:
    zones = np.minimum(means.ravel() * (_ZONES / 255), _ZONES - 1).astype(np.int64)
    contrast = np.log1p(deviations).ravel() / _MOST_CONTRAST
    shares = np.bincount(zones, minlength=_ZONES) / zones.size
    detail = np.bincount(zones, contrast, minlength=_ZONES) / zones.size
    return {
        "zone_shares": shares,
        "zone_detail": detail,
        "zone_contrast": (detail + _FEW * contrast.mean()) / (shares + _FEW),
    }


def _largest(area: NDArray[np.bool_]) -> float:
    """The share of all cells that the largest connected part of an area takes."""
    count, _, statistics, _ = cv2.connectedComponentsWithStats(area.astype(np.uint8), connectivity=4)
    if count < 2:
        return 0.0
    return float(statistics[1:, cv2.CC_STAT_AREA].max()) / area.size
