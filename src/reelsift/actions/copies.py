"""Which clips are copies of others: the same file, or the same film encoded again.

Clips of about the same length that begin alike are candidates. Whether they are copies is told from short stretches of
both, frame by frame: copies show the same at the same time, so what changes from frame to frame changes alike in both.
Two takes of a scene, and two pieces of one film, look alike but move differently.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from reelsift.errors import ReelsiftError, SpecError
from reelsift.media.glimpses import Glimpses, read_glimpses

__all__ = ["Clip", "Copies", "candidate_pairs", "find_copies", "show_the_same", "signature_of"]

FloatArray = NDArray[np.float32]

# How much may be missing at each end, with a little for containers and frame rates that round.
_TRIMMED_SECONDS = 1.1
_LONGER_SECONDS = 2.2

# Candidates ----------------------------------------------------------------------------------------------------------
_SIGNATURE_SIDE = 8
_ALIKE = 35.0  # root mean square of the difference of two signatures, steps of 255
_BEGINNING_SECONDS = 1.0
_MOST_CANDIDATES = 12
_ROWS_AT_ONCE = 512

# The check -----------------------------------------------------------------------------------------------------------
_SIDE = 16
_STRETCH_SECONDS = 2.6
_STARTS_SECONDS = (0.0, 5.0, *(10.0 * 2**step for step in range(14)))
_STEP_SECONDS = 0.1
_SHIFT_SECONDS = 1 / 30
_SHOWN_SECONDS = 0.12  # the last frame is taken to be shown for so long
_LAG_SECONDS = 0.3
_LEAST_MOMENTS = 8
_MOST_CHANGED = 20  # the fields that differ most: one in so many
# Measured on 2,249 pairs of 10 encodings (sizes, codecs, frame rates, trimmed ends) of 60 films, and on 3,332 others,
# most of them pieces of one film: a copy correlates by 0.93 or more (95 of 100), others by at most 0.86; cartoons that
# repeat their movements by at most 0.95, but they differ by 0.28 or more of what changes in 0.3 s.
_CORRELATION = 0.88
_DIFFERENCE = 3.5
_DIFFERENCE_OF_CHANGE = 0.24
# What changes as surely alike as this may differ more: films encoded very poorly or at other frame rates.
_SURE_CORRELATION = 0.97
_SURE_FACTOR = 1.7
# Slides and screens on which nothing happens have nothing to correlate but what encoders leave; of them the picture
# alone tells. From most frames to the next their fields change by no more than this under seven encoders; the grain of
# a camera on a tripod changes them by up to 0.15.
_FROZEN_CHANGE = 0.0035
_FROZEN_DIFFERENCE = 3.5


@dataclass(frozen=True, eq=False)
class Clip:
    """What must be known of a clip to find its copies.

    Attributes:
        path: Where it is.
        source_id: What it is by content.
        duration_seconds: From its first frame to the end of the last.
        signature: (P, D) float32, see `signature_of`.
    """

    path: Path
    source_id: str
    duration_seconds: float
    signature: FloatArray


@dataclass(frozen=True)
class Copies:
    """Of which clip each is a copy: places in the list, always of an earlier one that is no copy itself.

    Attributes:
        exact: (N) the clip with the same content; `None` where there is none.
        near: (N) the clip that shows the same in another encoding; `None` where there is none, and for exact copies.
    """

    exact: tuple[int | None, ...]
    near: tuple[int | None, ...]


def signature_of(times_seconds: ArrayLike, thumbnails: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> FloatArray:
    """Tiny pictures of the first second of a film: one of them is near one of a copy whose beginning is missing.

    What lies behind may have been sampled at other moments than in a copy.

    Args:
        times_seconds: (T,) of the samples, in order; at least one, and the first at the beginning.
        thumbnails: T times (H, W, 3) uint8 RGB, of all samples or only of those in the first second.

    Returns:
        (3, 192) float32.

    Raises:
        SpecError: If there are none.
    """
    if not len(thumbnails):
        raise SpecError("a film without samples has no signature")
    times = np.asarray(times_seconds, np.float64)
    stop = min(int(np.searchsorted(times, times[0] + _BEGINNING_SECONDS)), len(thumbnails))
    places = np.linspace(0, max(0, stop - 1), 3).astype(int).tolist()
    size = (_SIGNATURE_SIDE, _SIGNATURE_SIDE)
    tiny = [cv2.resize(thumbnails[place], size, interpolation=cv2.INTER_AREA) for place in places]
    return np.stack(tiny).reshape(3, -1).astype(np.float32)


def find_copies(
    clips: Sequence[Clip],
    *,
    known: MutableMapping[tuple[str, str], bool] | None = None,
    on_checked: Callable[[int, int], None] | None = None,
) -> Copies:
    """Finds copies among clips.

    A copy may be of another size, codec, quality and frame rate, and may lack up to a second at either end. Clips that
    cannot be read again for the check are no copies.

    Args:
        clips: In the order in which the first one counts as the original.
        known: Which pairs, by source id, show the same; those checked here are added.
        on_checked: Called with how many pairs of candidates were checked, and how many there are.
    """
    first: dict[str, int] = {}
    exact = tuple(
        place if (place := first.setdefault(clip.source_id, at)) != at else None for at, clip in enumerate(clips)
    )
    originals = [place for place, copy_of in enumerate(exact) if copy_of is None]
    pairs = [(originals[a], originals[b]) for a, b in candidate_pairs([clips[place] for place in originals])]
    near: list[int | None] = [None] * len(clips)
    seen = _Seen(clips, pairs, known={} if known is None else known)
    for number, (earlier, later) in enumerate(pairs):
        if near[later] is None and near[earlier] is None and seen.show_the_same(earlier, later):
            near[later] = earlier
        seen.forget(earlier, later)
        if on_checked is not None:
            on_checked(number + 1, len(pairs))
    return Copies(exact, tuple(near))


class _Seen:
    """Glimpses of clips, kept as long as a pair is left that needs them."""

    def __init__(
        self, clips: Sequence[Clip], pairs: Sequence[tuple[int, int]], *, known: MutableMapping[tuple[str, str], bool]
    ) -> None:
        self._clips, self._known = clips, known
        self._glimpses: dict[int, Glimpses | None] = {}
        self._left = np.bincount(np.array(pairs, np.int64).ravel(), minlength=len(clips))

    def show_the_same(self, one: int, other: int) -> bool:
        ids = self._clips[one].source_id, self._clips[other].source_id
        if ids not in self._known:
            self._known[ids] = self._known.get(ids[::-1]) or self._checked(one, other)
        return self._known[ids]

    def _checked(self, one: int, other: int) -> bool:
        a, b = self._look(one), self._look(other)
        if a is None or b is None:
            return False
        longer = self._clips[one].duration_seconds - self._clips[other].duration_seconds
        return show_the_same(a, b, longer_seconds=longer)

    def forget(self, *places: int) -> None:
        for place in places:
            self._left[place] -= 1
            if not self._left[place]:
                self._glimpses.pop(place, None)

    def _look(self, place: int) -> Glimpses | None:
        if place not in self._glimpses:
            clip = self._clips[place]
            starts = [start for start in _STARTS_SECONDS if start < max(clip.duration_seconds, 1)]
            stretches = [(start, start + _STRETCH_SECONDS) for start in starts]
            try:
                self._glimpses[place] = read_glimpses(clip.path, stretches, side=_SIDE)
            except ReelsiftError:
                self._glimpses[place] = None
        return self._glimpses[place]


# Candidates ----------------------------------------------------------------------------------------------------------


def candidate_pairs(clips: Sequence[Clip]) -> list[tuple[int, int]]:
    """Pairs that may be copies, the earlier clip first, in the order of the later one and of how alike they are.

    Each later clip has a dozen at most: those most alike.
    """
    if len(clips) < 2:
        return []
    lengths = np.array([clip.duration_seconds for clip in clips])
    order = np.argsort(lengths, kind="stable")
    lengths = lengths[order]
    signatures = np.stack([clips[place].signature for place in order.tolist()])
    found: dict[int, list[tuple[float, int]]] = {}
    for start in range(0, len(order), _ROWS_AT_ONCE):
        rows = np.arange(start, min(start + _ROWS_AT_ONCE, len(order)))
        stop = int(np.searchsorted(lengths, lengths[rows[-1]] + _LONGER_SECONDS, side="right"))
        others = np.arange(start, stop)
        unlike = _unlike(signatures[rows], signatures[others])
        fits = (unlike <= _ALIKE) & (np.abs(lengths[rows][:, None] - lengths[others]) <= _LONGER_SECONDS)
        fits &= others > rows[:, None]
        for row, other in np.argwhere(fits).tolist():
            earlier, later = sorted((int(order[rows[row]]), int(order[others[other]])))
            found.setdefault(later, []).append((float(unlike[row, other]), earlier))
    return [(earlier, later) for later in sorted(found) for _, earlier in sorted(found[later])[:_MOST_CANDIDATES]]


def _unlike(some: FloatArray, others: FloatArray) -> FloatArray:
    """(A, B) root mean square of the difference of the nearest pictures of each; from (A, P, D) and (B, P, D)."""
    nearest = np.full((len(some), len(others)), np.inf, np.float32)
    squares, other_squares = (some**2).sum(axis=2), (others**2).sum(axis=2)
    for mine, theirs in itertools.product(range(some.shape[1]), range(others.shape[1])):
        apart = (-2 * some[:, mine]) @ others[:, theirs].T
        apart += squares[:, mine, None]
        apart += other_squares[:, theirs]
        np.minimum(nearest, apart, out=nearest)
    return np.asarray(np.sqrt(np.maximum(nearest, 0) / some.shape[2]), np.float32)


# The check -----------------------------------------------------------------------------------------------------------


def show_the_same(one: Glimpses, other: Glimpses, *, longer_seconds: float = 0.0) -> bool:
    """Whether two films show the same at the same time, one perhaps trimmed by up to a second at either end.

    Args:
        one: Glimpses of one film.
        other: Of the other; both of the stretches that `find_copies` reads.
        longer_seconds: By how much the first is longer.
    """
    if not len(one.times_seconds) or not len(other.times_seconds):
        return False
    films = _Moments(one), _Moments(other)
    aligned = _aligned(*films, longer_seconds)
    if aligned is None:
        return False
    if films[0].is_frozen and films[1].is_frozen and _most_different(*aligned[:2]).max() <= _FROZEN_DIFFERENCE:
        return True
    return _is_copy(*aligned)


class _Moments:
    """What a film shows at any moment at which it was looked at."""

    def __init__(self, glimpses: Glimpses) -> None:
        self.times = glimpses.times_seconds
        self.pictures = glimpses.pictures.reshape(len(self.times), -1)

    @property
    def is_frozen(self) -> bool:
        """Whether from most frames to the next nothing changes at all."""
        changes = np.abs(np.diff(self.pictures, axis=0)).mean(axis=1)
        return bool(len(changes) and np.median(changes) <= _FROZEN_CHANGE)

    def at(self, times: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Places of the frames shown at some times, and for which times one is known."""
        places = np.maximum(np.searchsorted(self.times, times + 1e-4, side="right") - 1, 0)
        stretches = np.maximum(np.searchsorted(_STARTS_SECONDS, times, side="right") - 1, 0)
        starts = np.array(_STARTS_SECONDS)[stretches]
        # A frame of the same stretch; at the end of the film, for how long it is shown is not known.
        known = (self.times[places] >= starts - 1e-4) & (self.times[places] <= times + 1e-4)
        known &= (times < starts + _STRETCH_SECONDS) & (times < self.times[-1] + _SHOWN_SECONDS)
        return places, known


def _aligned(one: _Moments, other: _Moments, longer_seconds: float) -> tuple[FloatArray, FloatArray, float] | None:
    """What both show at the same moments, (M, D) each, and how much changes in 0.3 s; `None` if there is too little.

    The shift is the one at which they differ least.
    """
    times = np.arange(0, one.times[-1] + _STEP_SECONDS, _STEP_SECONDS)
    mine, known = one.at(times)
    times, mine = times[known], mine[known]
    least = max(-_TRIMMED_SECONDS, longer_seconds * -1 - _TRIMMED_SECONDS)
    most = min(_TRIMMED_SECONDS, longer_seconds * -1 + _TRIMMED_SECONDS)
    best: tuple[float, float] | None = None
    for shift in np.arange(least, most + 1e-6, _SHIFT_SECONDS).tolist():
        theirs, known = other.at(times + shift)
        if known.sum() < _LEAST_MOMENTS:
            continue
        unlike = float(np.abs(one.pictures[mine[known]] - other.pictures[theirs[known]]).mean())
        best = min(best or (unlike, shift), (unlike, shift))
    if best is None:
        return None
    shift = best[1]
    theirs, known = other.at(times + shift)
    changed = min(_changed(one, times[known]), _changed(other, times[known] + shift))
    return one.pictures[mine[known]], other.pictures[theirs[known]], changed


def _changed(film: _Moments, times: NDArray[np.float64]) -> float:
    """How much the fields that change most change in 0.3 s."""
    now, _ = film.at(times)
    then, known = film.at(times + _LAG_SECONDS)
    if not known.any():
        return 0.0
    return float(np.median(_most_different(film.pictures[now[known]], film.pictures[then[known]])))


def _is_copy(one: FloatArray, other: FloatArray, changed: float) -> bool:
    different = float(np.median(_most_different(one, other)))
    mine, theirs = one - one.mean(axis=0), other - other.mean(axis=0)
    correlation = float((mine * theirs).sum() / np.sqrt((mine**2).sum() * (theirs**2).sum() + 1e-9))
    factor = _SURE_FACTOR if correlation >= _SURE_CORRELATION else 1.0
    return correlation >= _CORRELATION and different <= factor * max(_DIFFERENCE, _DIFFERENCE_OF_CHANGE * changed)


def _most_different(some: FloatArray, others: FloatArray) -> FloatArray:
    """(M,) the mean difference of the fields that differ most, from (M, D)."""
    count = max(1, some.shape[1] // _MOST_CHANGED)
    fields = np.partition(np.abs(some - others), -count, axis=1)[:, -count:]
    return np.asarray(fields.mean(axis=1), np.float32)
