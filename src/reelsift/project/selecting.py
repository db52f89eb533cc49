"""Selecting: the frames of a pool that are most different, by what stored vectors say they show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reelsift.actions.selection import ChosenFrame
from reelsift.choosing import outliers, random, typical, uniform
from reelsift.distances import DistanceStatistics, distance_statistics
from reelsift.errors import LabelError, MediaError
from reelsift.media.sources import FilmSource, Source
from reelsift.project.indexing import Progress, for_source, indexed_views, silent
from reelsift.project.layout import Layout
from reelsift.project.pool import NEAR_COPY, Pool
from reelsift.project.predicting import predict_source
from reelsift.select import coreset, far_apart
from reelsift.specs import IndexSpec, SelectSpec
from reelsift.timeline import Timeline, nearest_samples

__all__ = ["Selection", "select_frames"]

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Selection:
    """The frames that were chosen.

    Attributes:
        pool: What they were chosen from.
        rows: (n,) rows of the pool, in picking order; of stretches, all their frames in order.
        stretches: (n,) number of the stretch each belongs to; each its own where single frames were chosen.
        statistics: Distances among all frames, and among those that each method would have chosen.
        notes: What a reader should know.
    """

    pool: Pool
    rows: IntArray
    stretches: IntArray
    statistics: dict[str, DistanceStatistics]
    notes: tuple[str, ...]

    @property
    def frames(self) -> list[ChosenFrame]:
        """The chosen frames, in picking order."""
        return [self.pool.frame(row) for row in self.rows.tolist()]


def select_frames(
    layout: Layout,
    pool: Pool,
    *,
    spec: SelectSpec,
    existing: Sequence[Source] = (),
    compare: bool = False,
    on_progress: Progress = silent,
) -> Selection:
    """Chooses frames of a pool.

    Args:
        existing: Pictures that are there already: those chosen differ from them, too.
        compare: Whether the distances among all frames, and among as many chosen evenly and at random, are told, too.

    Where there are fewer frames than asked for, or some would be near copies of others or of what exists, fewer are
    chosen, and a note says so.

    Raises:
        LabelError: If the classes to balance can be true at once.
    """
    there = _embeddings_of(layout, existing, on_progress) if existing else None
    on_progress("choosing", done=0, total=0)
    units = _stretches(pool, spec.sequence_seconds) if spec.sequence_seconds else _single_frames(pool)
    count = len(units.embeddings)
    wanted = spec.n or 0
    notes: list[str] = []
    if wanted > count:
        notes.append(f"{count} of the {wanted} {units.noun} asked for can be chosen")
        spec = replace(spec, n=count)
    if spec.balance is not None:
        picks = _balanced(layout, pool, units, spec, there, on_progress)
    else:
        picks = _chosen(units, spec, there)
    different = _without_near_copies(units.embeddings, picks, there)
    if len(different) < len(picks):
        notes.append(
            f"{len(picks) - len(different)} of the {units.noun} chosen were near copies of others, and were left out"
        )
        picks = different
    statistics: dict[str, DistanceStatistics] = {spec.method: distance_statistics(units.embeddings[picks])}
    if compare:
        others = {"uniform": units.evenly(len(picks)), "random": random(count, len(picks), seed=spec.seed)}
        statistics |= {name: distance_statistics(units.embeddings[rows]) for name, rows in others.items()}
        statistics = {"original": distance_statistics(pool.embeddings), **statistics}
    members = [units.members[pick] for pick in picks.tolist()]
    rows = np.concatenate(members) if members else np.empty(0, np.int64)
    numbers = np.repeat(np.arange(len(members)), [len(member) for member in members])
    return Selection(pool, rows, numbers, statistics, tuple(notes))


@dataclass(frozen=True, eq=False)
class _Units:
    """What is chosen from: single frames or stretches, M of them.

    Attributes:
        embeddings: `(M, D)` float32, rows of length 1.
        films: (M,) the source of each, rising.
        times: (M,) time stamps in it, rising in each film.
        members: The rows of the pool that each stands for.
        noun: What they are called.
    """

    embeddings: FloatArray
    films: IntArray
    times: NDArray[np.float64]
    members: Sequence[IntArray]
    noun: str

    def take(self, rows: IntArray) -> _Units:
        """Some of them."""
        members = [self.members[row] for row in rows.tolist()]
        return _Units(self.embeddings[rows], self.films[rows], self.times[rows], members, self.noun)

    def evenly(self, n: int) -> IntArray:
        """(n,) places of those that lie evenly over the time of all films."""
        return uniform([self.times[self.films == film] for film in np.unique(self.films)], n)


def _single_frames(pool: Pool) -> _Units:
    rows = np.flatnonzero(pool.usable)
    members = [rows[place : place + 1] for place in range(len(rows))]
    whole = len(rows) == len(pool.usable)
    embeddings = pool.embeddings if whole else pool.embeddings[rows]
    return _Units(embeddings, pool.source_numbers[rows], pool.rising_times[rows], members, "frames")


def _stretches(pool: Pool, seconds: float) -> _Units:
    """Stretches of all sources, each by the mean of its frames; those that are mostly unusable are left out."""
    places = np.floor((pool.times_seconds - pool.start_seconds[pool.source_numbers]) / seconds).astype(np.int64)
    _, numbers = np.unique(np.stack([pool.source_numbers, places]), axis=1, return_inverse=True)
    order = np.argsort(numbers, kind="stable")
    borders = np.flatnonzero(np.diff(numbers[order])) + 1
    members = [part for part in np.split(order, borders) if 2 * pool.usable[part].sum() > len(part)]
    # What is left behind the last whole stretch of a film is too short to be one.
    members = [part for part in members if _length(pool, part) >= 0.9 * seconds] or members
    if not members:
        raise MediaError("no stretch is left to choose from: most of their frames are black, copies or rejected")
    means = np.stack([pool.embeddings[part].mean(axis=0) for part in members])
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    starts = np.array([part[0] for part in members])
    return _Units(means, pool.source_numbers[starts], pool.rising_times[starts], members, "stretches")


def _length(pool: Pool, rows: IntArray) -> float:
    step = float(np.median(np.diff(pool.times_seconds[rows]))) if len(rows) > 1 else 0.0
    return float(pool.times_seconds[rows[-1]] - pool.times_seconds[rows[0]]) + step


def _chosen(units: _Units, spec: SelectSpec, there: FloatArray | None) -> IntArray:
    if spec.min_distance is not None:
        return far_apart(units.embeddings, spec.min_distance, existing=there, seed=spec.seed)
    n = spec.n or 1
    if spec.method == "uniform":
        return units.evenly(n)
    if spec.method == "random":
        return random(len(units.embeddings), n, seed=spec.seed)
    if spec.method == "typical":
        return typical(units.embeddings, n, existing=there, seed=spec.seed)
    if spec.method == "outliers":
        return outliers(units.embeddings, n, existing=there, seed=spec.seed)
    return coreset(units.embeddings, n, existing=there, seed=spec.seed, swaps=True)


def _without_near_copies(embeddings: FloatArray, picks: IntArray, there: FloatArray | None) -> IntArray:
    """The picks, but for those that are near copies of one before them, or of what exists."""
    nearest = np.full(len(picks), -1.0) if there is None else np.array([(there @ embeddings[p]).max() for p in picks])
    kept: list[int] = []
    # Rows of length 1 whose product is p are sqrt(2 - 2 p) apart.
    for pick, product in zip(picks.tolist(), nearest.tolist(), strict=True):
        most = max([product, *(embeddings[kept] @ embeddings[pick]).tolist()])
        if 2 - 2 * most > NEAR_COPY**2:
            kept.append(pick)
    return np.array(kept, np.int64)


def _balanced(
    layout: Layout, pool: Pool, units: _Units, spec: SelectSpec, there: FloatArray | None, on_progress: Progress
) -> IntArray:
    """As many of each class of a task, as far as there are enough; far from what was chosen of other classes."""
    classes = _class_of(layout, pool, units, spec.balance or "", on_progress)
    sizes = np.bincount(classes)
    picks: list[int] = []
    for place, share in sorted(enumerate(_shares(sizes.tolist(), spec.n or 1)), key=lambda pair: sizes[pair[0]]):
        rows = np.flatnonzero(classes == place)
        if not share:
            continue
        part = units.take(rows)
        known = units.embeddings[picks]
        given = known if there is None else np.concatenate([there, known])
        picks += rows[_chosen(part, replace(spec, n=share, balance=None), given if len(given) else None)].tolist()
    return np.array(picks, np.int64)


def _class_of(layout: Layout, pool: Pool, units: _Units, task: str, on_progress: Progress) -> IntArray:
    """(M,) the class of the middle frame of each unit."""
    labels = np.zeros(len(pool.usable), np.int64)
    for number, source in enumerate(pool.sources):
        timeline = predict_source(layout, task, source, on_progress=on_progress)
        if not isinstance(timeline, Timeline):
            raise LabelError(
                f"--balance {task}: its classes can be true at once; name a task that gives each frame one"
            )
        rows = np.flatnonzero(pool.source_numbers == number)
        labels[rows] = timeline.labels[nearest_samples(timeline.times_seconds, pool.times_seconds[rows])]
    return np.array([labels[member[len(member) // 2]] for member in units.members], np.int64)


def _shares(sizes: Sequence[int], n: int) -> list[int]:
    """How many of each class, as equal as there are enough: 10 of sizes 2, 50, 50 are 2, 4, 4."""
    shares = [0] * len(sizes)
    for _ in range(n):
        open_places = [place for place, size in enumerate(sizes) if shares[place] < size]
        shares[min(open_places, key=lambda place: (shares[place], place))] += 1
    return shares


def _embeddings_of(layout: Layout, sources: Iterable[Source], on_progress: Progress) -> FloatArray:
    parts = []
    for source in sources:
        if isinstance(source, FilmSource):
            raise MediaError(f"{source.name}: existing frames are pictures: name a folder of them, or a CSV")
        spec = for_source(IndexSpec(views=("appearance",)), source)
        rows = indexed_views(layout, source, spec=spec, views=spec.views, on_progress=on_progress).views["appearance"]
        parts.append(np.asarray(rows, np.float32))
    embeddings = np.concatenate(parts)
    return np.asarray(embeddings / np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-12))
