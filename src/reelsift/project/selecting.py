"""Selecting: from sources to the frames that are most different, by what stored vectors say they show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from reelsift.actions.selection import ChosenFrame
from reelsift.choosing import outliers, random, typical, uniform
from reelsift.distances import DistanceStatistics, distance_statistics
from reelsift.errors import LabelError, MediaError, ReelsiftError, SpecError
from reelsift.expressions import Expression
from reelsift.features.exposure import EXPOSURE_COLUMNS
from reelsift.features.quality import QUALITY_COLUMNS
from reelsift.media.sources import FilmSource, PictureSource, Source
from reelsift.project.indexing import THUMBNAIL, Progress, damage_of, for_source, indexed_views, silent
from reelsift.project.layout import Layout
from reelsift.project.learning import load_model
from reelsift.project.predicting import predict_source
from reelsift.select import coreset, far_apart
from reelsift.specs import Crop, FrameSpec, IndexSpec, Sampling, SelectSpec
from reelsift.timeline import Timeline

__all__ = ["Pool", "Selection", "gather_pool", "select_frames"]

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]

# Vectors of frames that differ by little more than encoding: 0.01 to 0.05 on a screen on which nothing happens, up to
# 0.09 where small pictures are encoded hastily. The quietest film of a camera moves by 0.06 to 0.1 in 0.2 s.
NEAR_COPY = 0.06
_BLACK = 24 / 255


@dataclass(frozen=True, eq=False)
class Pool:
    """Frames to choose from, N of them.

    Attributes:
        sources: What they come from.
        damage: What of each source could not be read; empty if everything could.
        embeddings: `(N, D)` float32, rows of length 1.
        source_numbers: (N,) places in `sources`.
        frame_indexes: (N,).
        times_seconds: (N,).
        start_seconds: (S,) time stamp of the first frame of each source.
        end_seconds: (S,) where each ends.
        frame_counts: (S,) how many frames each has, looked at or not.
        usable: (N,) bool, whether a frame may be chosen.
        left_out: How many may not, and why: `black`, `copy`, `near copy`, `rejected`; `damaged` are frames of the film
            that could not be decoded.
    """

    sources: tuple[Source, ...]
    damage: tuple[str, ...]
    embeddings: FloatArray
    source_numbers: IntArray
    frame_indexes: IntArray
    times_seconds: NDArray[np.float64]
    start_seconds: NDArray[np.float64]
    end_seconds: NDArray[np.float64]
    frame_counts: IntArray
    usable: NDArray[np.bool_]
    left_out: dict[str, int]

    def frame(self, row: int) -> ChosenFrame:
        """What tells a frame apart from all others."""
        number = int(self.source_numbers[row])
        source, index = self.sources[number], int(self.frame_indexes[row])
        if isinstance(source, PictureSource):
            path = source.pictures[index]
            return ChosenFrame(source.name, path, source.source_id, index, float(self.times_seconds[row]), 0.0, True)
        start = float(self.start_seconds[number])
        return ChosenFrame(source.name, source.path, source.source_id, index, float(self.times_seconds[row]), start)

    @property
    def rising_times(self) -> NDArray[np.float64]:
        """(N,) times; where those of a damaged film run backwards, they stand still."""
        starts = np.flatnonzero(np.diff(self.source_numbers, prepend=-1))
        return np.concatenate([np.maximum.accumulate(part) for part in np.split(self.times_seconds, starts[1:])])


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


def gather_pool(
    layout: Layout,
    sources: Sequence[Source],
    *,
    sampling: Sampling | None = None,
    crop: Crop | None = None,
    reject: str | None = None,
    on_progress: Progress = silent,
    on_failure: Callable[[Source, ReelsiftError], None] | None = None,
) -> Pool:
    """The frames of sources that are worth choosing, indexed where that is missing.

    Args:
        on_failure: Told of a source that cannot be read; if not given, that is an error.

    Raises:
        MediaError: If no source can be read, or nothing is left to choose from.
        SpecError: If the condition for rejecting cannot be understood.
    """
    condition = Condition.of(layout, reject) if reject is not None else None
    spec = IndexSpec(FrameSpec(sampling or Sampling(), crop), views=("appearance", "quality"))
    parts: list[_Part] = []
    for source in sources:
        try:
            parts.append(_part(layout, source, spec, condition, on_progress))
        except ReelsiftError as error:
            if on_failure is None or isinstance(error, SpecError):
                raise
            on_failure(source, error)
    if not parts:
        raise MediaError("no source could be read: there is nothing to choose from")
    return _joined(parts)


@dataclass(frozen=True, eq=False)
class _Part:
    source: Source
    damage: str
    embeddings: FloatArray
    frame_indexes: IntArray
    times_seconds: NDArray[np.float64]
    start_seconds: float
    end_seconds: float
    frame_count: int
    damaged: int
    reasons: list[str]  # (N,) why a frame may not be chosen; empty where it may


def _part(layout: Layout, source: Source, spec: IndexSpec, condition: Condition | None, on_progress: Progress) -> _Part:
    own = for_source(spec, source)
    index = indexed_views(layout, source, spec=own, views=(*own.views, THUMBNAIL), on_progress=on_progress)
    embeddings = np.asarray(index.views["appearance"], np.float32)
    embeddings /= np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-12)
    lightest = index.views["quality"][:, QUALITY_COLUMNS["exposure"]][:, EXPOSURE_COLUMNS["levels"]][:, -1]
    rejected = condition.of_frames(source, index.times_seconds, on_progress) if condition is not None else None
    reasons = [
        "black" if light <= _BLACK else "rejected" if rejected is not None and rejected[row] else ""
        for row, light in enumerate(lightest.tolist())
    ]
    last = -1
    for row, reason in enumerate(reasons):
        if reason:
            continue
        apart = float(np.linalg.norm(embeddings[row] - embeddings[last])) if last >= 0 else np.inf
        if apart <= NEAR_COPY:
            reasons[row] = "copy" if apart <= 1e-6 else "near copy"
        else:
            last = row
    facts = index.facts
    return _Part(source, damage_of(facts), embeddings, index.frame_indexes, index.times_seconds,
                 facts.start_seconds, facts.end_seconds, facts.frame_count, facts.undecodable, reasons)  # fmt: skip


def _joined(parts: Sequence[_Part]) -> Pool:
    reasons = list(chain.from_iterable(part.reasons for part in parts))
    usable = np.array([not reason for reason in reasons])
    if not usable.any():
        raise MediaError("nothing is left to choose from: all frames are black, copies or rejected")
    left_out = {name: reasons.count(name) for name in ("black", "copy", "near copy", "rejected")}
    left_out["damaged"] = sum(part.damaged for part in parts)
    return Pool(
        sources=tuple(part.source for part in parts),
        damage=tuple(part.damage for part in parts),
        embeddings=np.concatenate([part.embeddings for part in parts]),
        source_numbers=np.repeat(np.arange(len(parts)), [len(part.frame_indexes) for part in parts]),
        frame_indexes=np.concatenate([part.frame_indexes for part in parts]),
        times_seconds=np.concatenate([part.times_seconds for part in parts]),
        start_seconds=np.array([part.start_seconds for part in parts]),
        end_seconds=np.array([part.end_seconds for part in parts]),
        frame_counts=np.array([part.frame_count for part in parts]),
        usable=usable,
        left_out={name: count for name, count in left_out.items() if count},
    )


@dataclass(frozen=True)
class Condition:
    """A condition about single frames, in probabilities of tasks."""

    layout: Layout
    expression: Expression
    tasks: tuple[str, ...]

    @classmethod
    def of(cls, layout: Layout, text: str) -> Condition:
        """Raises:
        SpecError: If it cannot be understood, or names something but classes of trained or built-in tasks.
        """
        expression = Expression.parse(text)
        known: dict[str, str] = {}
        for task in dict.fromkeys(name.partition(".")[0] for name in expression.names):
            model, _ = load_model(layout, task)
            known.update({f"{task}.{name}": task for name in model.classes})
        expression.check(known, facts=(), shares=tuple(known))
        return cls(layout, expression, tuple(dict.fromkeys(known[name] for name in expression.names)))

    def of_frames(self, source: Source, times_seconds: NDArray[np.float64], on_progress: Progress) -> NDArray[np.bool_]:
        """(N,) of which frames of a source it is true."""
        values: dict[str, NDArray[np.float64]] = {}
        for task in self.tasks:
            timeline = predict_source(self.layout, task, source, on_progress=on_progress)
            nearest = _nearest(timeline.times_seconds, times_seconds)
            for place, name in enumerate(timeline.classes):
                values[f"{task}.{name}"] = timeline.probabilities[nearest, place]
        return np.asarray(np.broadcast_to(self.expression.evaluate(values), times_seconds.shape))


def _nearest(times: NDArray[np.float64], wanted: NDArray[np.float64]) -> IntArray:
    """Places of the samples nearest to some moments."""
    times = np.maximum.accumulate(times)
    after = np.clip(np.searchsorted(times, wanted), 1, max(1, len(times) - 1))
    if len(times) == 1:
        return np.zeros(len(wanted), np.int64)
    return np.where(wanted - times[after - 1] <= times[after] - wanted, after - 1, after)


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

    Raises:
        SpecError: If there are fewer frames than asked for.
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
    different = _without_near_copies(units.embeddings, picks)
    if len(different) < len(picks):
        notes.append(
            f"{len(picks) - len(different)} of the {units.noun} chosen were near copies of others, and were left out"
        )
        picks = different
    statistics = {spec.method: distance_statistics(units.embeddings[picks])}
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


def _without_near_copies(embeddings: FloatArray, picks: IntArray) -> IntArray:
    kept: list[int] = []
    for pick in picks.tolist():
        apart = embeddings[kept] - embeddings[pick]
        if not kept or np.einsum("ij,ij->i", apart, apart).min() > NEAR_COPY**2:
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
        labels[rows] = timeline.labels[_nearest(timeline.times_seconds, pool.times_seconds[rows])]
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
