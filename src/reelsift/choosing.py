"""Other ways of choosing frames than the most different ones: evenly, at random, typical ones, outliers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from reelsift.errors import SpecError
from reelsift.vectors import DoubleArray, FloatArray, IntArray, Vectors, apart_squared

__all__ = ["outliers", "random", "typical", "uniform"]

_SAMPLE = 2000  # rows that stand for all others
_CANDIDATES = 4000  # rows from which typical ones are chosen, or four times as many as are wanted
_CHUNK_ROWS = 2048
_LAZY = 32  # candidates whose gain is computed at once


def uniform(times_seconds: Sequence[ArrayLike], n: int) -> IntArray:
    """Chooses samples evenly over the time of all films together, however densely each is sampled.

    Args:
        times_seconds: For each film (T,) the time stamps of its samples, rising.
        n: How many, from 1 to the number of all samples.

    Returns:
        (n,) int64, rising: places in the samples of all films, one film after the other.
    """
    films = [np.asarray(film, np.float64) for film in times_seconds]
    if any(film.ndim != 1 or (np.diff(film) < 0).any() or not np.isfinite(film).all() for film in films):
        raise SpecError("times_seconds are arrays (T,) of rising time stamps, one for each film")
    count = sum(map(len, films))
    _check_count(n, count)
    steps = np.concatenate([np.diff(film) for film in films])
    usual = float(np.median(steps[steps > 0])) if (steps > 0).any() else 1.0
    lengths = np.concatenate([_spans(film, usual) for film in films])
    ends = np.cumsum(lengths)
    # A little later, so that where a moment is the border of two samples rounding does not decide.
    wanted = np.searchsorted(ends, (np.arange(n) + 0.5 + 1e-6) / n * ends[-1], side="right")
    # Each is taken once: what was taken moves on by one, and what moved past the end moves back.
    order = np.arange(n)
    return np.asarray(np.clip(np.maximum.accumulate(wanted - order), 0, count - n) + order, np.int64)


def random(count: int, n: int, *, seed: int = 0) -> IntArray:
    """Chooses `n` of `count` at random, each once; (n,) int64, rising."""
    _check_count(n, count)
    return np.asarray(np.sort(np.random.default_rng(seed).choice(count, n, replace=False)), np.int64)


def typical(embeddings: ArrayLike, n: int, *, existing: ArrayLike | None = None, seed: int = 0) -> IntArray:
    """Chooses rows that stand for all others: the mean squared distance of rows to the nearest pick is made small.

    Facility location, greedy, with lazy evaluation: what is gained over the greatest distance is at least 1 - 1/e of
    the best possible (Nemhauser, Wolsey and Fisher, An analysis of approximations for maximizing submodular set
    functions, 1978; for choosing training data: Wei, Iyer and Bilmes, Submodularity in data subset selection and active
    learning, ICML 2015). Up to 2,000 rows that is so for all; of more, 2,000 drawn at random stand for all
    (Badanidiyuru et al., Streaming submodular maximization, KDD 2014), and 4,000 or 4 n are candidates.

    Args:
        embeddings: (N, D) float.
        n: How many, from 1 to N.
        existing: (M, D) what is there already, and stands for rows, too.
        seed: Of the samples.

    Returns:
        (n,) int64 row numbers, those that gain most first.
    """
    rows = Vectors(embeddings, "embeddings")
    _check_count(n, rows.count)
    rng = np.random.default_rng(seed)
    distinct = np.flatnonzero(~rows.copies(np.empty((0, rows.columns), np.float32)))
    candidates = _sample(distinct, max(_CANDIDATES, 4 * n), rng)
    stand = rows.rows(_sample(np.arange(rows.count), _SAMPLE, rng))
    squares = np.concatenate([_squares(rows.rows(part), stand) for part in _parts(candidates)])
    cost = squares.max(axis=0)
    if existing is not None:
        there = _there(existing, rows)
        for part in _parts(np.arange(len(there))):
            np.minimum(cost, _squares(there[part], stand).min(axis=0), out=cost)
    picks = candidates[_most_gained(squares, cost, min(n, len(candidates)))]
    return _filled(picks, n, rows.count)


def outliers(
    embeddings: ArrayLike, n: int, *, existing: ArrayLike | None = None, neighbours: int = 5, seed: int = 0
) -> IntArray:
    """Chooses rows that are far from all others: those with the largest mean distance to their nearest others.

    Distance to the nearest neighbours as a score: Angiulli and Pizzuti, Fast outlier detection in high dimensional
    spaces, PKDD 2002; to those in a sample of 2,000 rows, where there are more: Sugiyama and Borgwardt, Rapid
    distance-based outlier detection via sampling, NeurIPS 2013. Equal rows count as one, and a row nearer to a pick (or
    to what is there) than half of its own score is passed over as long as there are others: a strange scene is chosen
    once.

    Args:
        embeddings: (N, D) float.
        n: How many, from 1 to N.
        existing: (M, D) what is there already.
        neighbours: How many of the nearest others count.
        seed: Of the sample.

    Returns:
        (n,) int64 row numbers, the strangest first.
    """
    rows = Vectors(embeddings, "embeddings")
    _check_count(n, rows.count)
    if neighbours < 1:
        raise SpecError(f"at least one neighbour counts, not {neighbours}")
    distinct = np.flatnonzero(~rows.copies(np.empty((0, rows.columns), np.float32)))
    score = _strangeness(rows, distinct, neighbours, np.random.default_rng(seed))
    order = distinct[np.argsort(-score, kind="stable")]
    half = np.zeros(rows.count)
    half[distinct] = score / 2
    known = _there(existing, rows) if existing is not None else np.empty((0, rows.columns), np.float32)
    kept = np.empty((len(known) + n, rows.columns), np.float32)
    kept[: len(known)] = known
    count = len(known)
    picks: list[int] = []
    passed: list[int] = []
    for row in order.tolist():
        if len(picks) == n:
            break
        value = rows.rows(np.array([row]))[0]
        if count and apart_squared(kept[:count], value).min() < half[row] ** 2:
            passed.append(row)
            continue
        kept[count], count = value, count + 1
        picks.append(row)
    return _filled(np.array([*picks, *passed][:n], np.int64), n, rows.count)


def _strangeness(rows: Vectors, distinct: IntArray, neighbours: int, rng: np.random.Generator) -> DoubleArray:
    """(K,) mean distance of distinct rows to the nearest of the others, or of a sample of them."""
    among = _sample(distinct, _SAMPLE, rng)
    count = min(neighbours, len(among) - 1)
    if not count:
        return np.zeros(len(distinct))
    values = rows.rows(among)
    result = []
    for part in _parts(distinct):
        block = rows.rows(part)
        squares = _squares(block, values)
        squares[part[:, None] == among] = np.inf
        near = np.argpartition(squares, count - 1, axis=1)[:, :count]
        apart = [np.sqrt(apart_squared(block, values[near[:, place]])) for place in range(count)]
        result.append(np.mean(apart, axis=0))
    return np.concatenate(result)


def _most_gained(squares: FloatArray, cost: FloatArray, n: int) -> IntArray:
    """(n,) candidates, greedily: each lowers the sum over the columns of the smallest cost by most.

    A gain can only shrink, so the greatest is found once it is up to date and above what is known of all others.
    """
    gains = np.full(len(squares), np.inf)
    picks: list[int] = []
    for _ in range(n):
        fresh = np.zeros(len(squares), bool)
        while True:
            best = int(gains.argmax())
            if fresh[best]:
                break
            top = np.argpartition(gains, -_LAZY)[-_LAZY:] if np.isfinite(gains[best]) and len(gains) > _LAZY else None
            some = np.flatnonzero(gains == np.inf) if top is None else np.union1d(top[~fresh[top]], best)
            some = some if len(some) else np.flatnonzero(~fresh & (gains >= 0))
            some = some[gains[some] >= 0]
            for part in _parts(some, 256):
                gains[part] = np.maximum(cost - squares[part], 0).sum(axis=1, dtype=np.float64)
            fresh[some] = True
        picks.append(best)
        gains[best] = -1
        np.minimum(cost, squares[best], out=cost)
    return np.array(picks, np.int64)


def _squares(rows: FloatArray, others: FloatArray) -> FloatArray:
    """(K, M) squared distances, right to the sixth decimal of the squared length."""
    squares = rows @ others.T
    squares *= -2
    squares += np.einsum("ij,ij->i", others, others)
    squares += np.einsum("ij,ij->i", rows, rows)[:, None]
    return np.asarray(np.maximum(squares, 0, out=squares))


def _spans(times: DoubleArray, usual: float) -> DoubleArray:
    """(T,) how much time each sample stands for: to the middles between it and its neighbours."""
    if len(times) < 2:
        return np.full(len(times), usual)
    middles = (times[1:] + times[:-1]) / 2
    return np.diff(np.concatenate([[times[0] - (middles[0] - times[0])], middles, [2 * times[-1] - middles[-1]]]))


def _sample(rows: IntArray, most: int, rng: np.random.Generator) -> IntArray:
    return rows if len(rows) <= most else np.sort(rng.choice(rows, most, replace=False))


def _parts(rows: IntArray, size: int = _CHUNK_ROWS) -> list[IntArray]:
    return [rows[at : at + size] for at in range(0, len(rows), size)]


def _filled(picks: IntArray, n: int, count: int) -> IntArray:
    """`picks`, and as many rows that are left (copies of others) as are missing."""
    rest = np.setdiff1d(np.arange(count), picks)[: n - len(picks)] if len(picks) < n else picks[:0]
    return np.concatenate([picks, rest]).astype(np.int64)


def _there(existing: ArrayLike, rows: Vectors) -> FloatArray:
    there = Vectors(existing, "existing")
    if there.columns != rows.columns:
        raise SpecError(f"existing rows have {there.columns} columns, and the others {rows.columns}")
    return there.part(0, there.count)


def _check_count(n: int, count: int) -> None:
    if not 1 <= n <= count:
        raise SpecError(f"of {count} rows 1 to {count} can be chosen, not {n}")
