"""Places of many vectors in a plane, so that similar ones stand together; numpy alone."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_LANDMARKS", "places_in_plane"]

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]

FEW = 40  # of so few, the two principal components say more: one that is unlike all others stands apart
MOST_LANDMARKS = 1000  # laid out exactly, which takes time and memory with their square
NEIGHBOURS = 15  # effective number of neighbours that each landmark keeps near it: t-SNE's perplexity
EARLY_ROUNDS, ROUNDS = 120, 400
EARLY_PULL = 12.0
COMPONENTS = 50
SUBSPACE_ROUNDS = 4
NEAREST = 4  # landmarks between which each other row is put
CHUNK_ROWS = 8192


def places_in_plane(embeddings: NDArray[np.floating], *, anchors: IntArray, seed: int = 0) -> FloatArray:
    """t-SNE of up to a thousand rows; each other row is put between those of them that it resembles most.

    Two principal components keep too little of such vectors: over all films in `clips`, 38 % of the ten nearest frames
    of each are still among its ten nearest, against 79 % here. t-SNE (van der Maaten and Hinton, Visualizing data
    using t-SNE, JMLR 9, 2008) begins with the principal components, which keeps much of how groups lie to each other
    and makes it repeatable (Kobak and Berens, The art of using t-SNE for single-cell transcriptomics, Nature
    Communications 10, 2019). Who stands near is told reliably, how far apart distant groups stand is not.

    Args:
        embeddings: (N, D) finite.
        anchors: Rows that are laid out themselves; where they are too many, some of them, spread evenly.
        seed: Which other rows are laid out, where there are too many for all.

    Returns:
        `(N, 2)` float32, centred; equal rows have equal places. The first axis is the one along which they vary most.
    """
    landmarks = _landmarks(len(embeddings), anchors, seed=seed)
    mean, axes = _principal_axes(embeddings[landmarks].astype(np.float32))
    few = np.asarray((embeddings[landmarks].astype(np.float32) - mean) @ axes, np.float32)
    distinct, first, which = _distinct(few)
    laid_out = _upright(_tsne(distinct))
    if len(landmarks) == len(embeddings):
        places = np.empty((len(embeddings), 2), np.float32)
        places[landmarks] = laid_out[which]
        return places
    return _between(embeddings, mean=mean, axes=axes, landmarks=few[first], places=laid_out)


def _landmarks(count: int, anchors: IntArray, *, seed: int) -> IntArray:
    """Up to half of them anchors, the others by chance; all rows where these are few enough."""
    if count <= MOST_LANDMARKS:
        return np.arange(count)
    anchors = np.unique(anchors)
    if len(anchors) > MOST_LANDMARKS // 2:
        anchors = anchors[np.linspace(0, len(anchors) - 1, MOST_LANDMARKS // 2).astype(np.int64)]
    others = np.setdiff1d(np.arange(count), anchors, assume_unique=True)
    some = np.random.default_rng(seed).choice(others, MOST_LANDMARKS - len(anchors), replace=False)
    return np.sort(np.concatenate([anchors, some]))


def _principal_axes(rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(D,) mean, and (D, K) directions of greatest variance, each with its largest value positive.

    By subspace iteration (Halko, Martinsson and Tropp, Finding structure with randomness, SIAM Review 53, 2011): all
    directions of a thousand rows take longer than their places.
    """
    mean = rows.mean(axis=0)
    apart = rows - mean
    width = min(COMPONENTS + 10, *rows.shape)
    start = np.random.default_rng(0).standard_normal((rows.shape[1], width)).astype(np.float32)
    span = np.linalg.qr(start)[0]
    for _ in range(SUBSPACE_ROUNDS):
        span = np.linalg.qr(apart.T @ (apart @ span))[0]
    _, _, turn = np.linalg.svd(apart @ span, full_matrices=False)
    axes = (span @ turn.T)[:, :COMPONENTS]
    largest = axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]
    return mean, cast(FloatArray, axes * np.where(largest < 0, -1, 1).astype(np.float32))


def _distinct(rows: FloatArray) -> tuple[FloatArray, IntArray, IntArray]:
    """Rows without copies, which would push each other apart; where each was, and for each row, which it is.

    Copies are told by what is left of their values when they are rounded.
    """
    scale = float(np.abs(rows).max(initial=0)) or 1.0
    rounded = np.round(rows / scale * 1e4).astype(np.int32)
    _, first, which = np.unique(rounded, axis=0, return_index=True, return_inverse=True)
    return rows[first], first.astype(np.int64), which.reshape(-1).astype(np.int64)


def _tsne(rows: FloatArray) -> FloatArray:
    """(M, 2) places of M rows `(M, K)` by exact t-SNE."""
    count = len(rows)
    places = np.zeros((count, 2), np.float32)
    places[:, : min(2, rows.shape[1])] = rows[:, :2] - rows[:, :2].mean(axis=0)
    if count < FEW:
        return places
    places *= 1e-4 / max(float(places[:, 0].std()), 1e-12)
    pull = _affinities(rows, neighbours=min(NEIGHBOURS, count / 4))
    rate = max(count / EARLY_PULL / 4, 50.0)
    step, gain = np.zeros_like(places), np.ones_like(places)
    pull *= EARLY_PULL
    for turn in range(ROUNDS):
        if turn == EARLY_ROUNDS:
            pull /= EARLY_PULL
        slope = _slope(places, pull)
        gain = np.where(np.sign(slope) != np.sign(step), gain + 0.2, np.maximum(gain * 0.8, 0.01)).astype(np.float32)
        step = (0.5 if turn < EARLY_ROUNDS else 0.8) * step - rate * gain * slope
        places += step
        places -= places.mean(axis=0)
    return places


def _slope(places: FloatArray, pull: FloatArray) -> FloatArray:
    """(M, 2) derivative of the Kullback-Leibler divergence by the places, for pulls `(M, M)` that sum to one.

    Without products of matrices: with two columns they gain nothing, and where other work keeps the processor busy,
    their threads wait for each other four hundred times.
    """
    near = np.subtract.outer(places[:, 0], places[:, 0])
    near *= near
    other = np.subtract.outer(places[:, 1], places[:, 1])
    other *= other
    near += other
    near += 1
    np.reciprocal(near, out=near)
    np.fill_diagonal(near, 0)
    force = np.multiply(near, -1 / near.sum(), out=other)
    force += pull
    force *= near
    pulled = np.stack([np.einsum("ij,j->i", force, column) for column in places.T.copy()], axis=1)
    return cast(FloatArray, 4 * (force.sum(axis=1)[:, None] * places - pulled))


def _affinities(rows: FloatArray, *, neighbours: float) -> FloatArray:
    """(M, M) symmetric, sum one: how much each two rows belong together; each has about as many neighbours."""
    squares = np.einsum("ij,ij->i", rows, rows)
    apart = np.maximum(squares[:, None] + squares[None] - 2 * rows @ rows.T, 0)
    np.fill_diagonal(apart, np.inf)
    apart -= apart.min(axis=1)[:, None]
    np.fill_diagonal(apart, 0)
    count, wanted = len(rows), np.log(neighbours)
    sharpness = 1 / np.maximum(apart.mean(axis=1), 1e-12)
    low, high = np.zeros(count), np.full(count, np.inf)
    for _ in range(40):
        weights = np.exp(-apart * sharpness[:, None].astype(np.float32))
        np.fill_diagonal(weights, 0)
        total = np.maximum(weights.sum(axis=1), 1e-12)
        entropy = np.log(total) + sharpness * np.einsum("ij,ij->i", apart, weights) / total
        too_wide = entropy > wanted
        low, high = np.where(too_wide, sharpness, low), np.where(too_wide, high, sharpness)
        sharpness = np.where(np.isinf(high), sharpness * 2, (low + high) / 2)
        if np.abs(entropy - wanted).max() < 1e-3:
            break
    weights /= total[:, None]
    return cast(FloatArray, ((weights + weights.T) / (2 * count)).astype(np.float32))


def _upright(places: FloatArray) -> FloatArray:
    """Turned so that they vary most along the first axis."""
    places = places - places.mean(axis=0)
    _, _, directions = np.linalg.svd(places, full_matrices=False)
    if directions.shape != (2, 2):
        return places
    largest = directions[np.arange(2), np.abs(directions).argmax(axis=1)]
    return cast(FloatArray, places @ (directions * np.where(largest < 0, -1, 1)[:, None].astype(np.float32)).T)


def _between(
    embeddings: NDArray[np.floating], *, mean: FloatArray, axes: FloatArray, landmarks: FloatArray, places: FloatArray
) -> FloatArray:
    """(N, 2) means of the places of the nearest landmarks, which count the more the nearer they are."""
    squares = np.einsum("ij,ij->i", landmarks, landmarks)
    blur = 1e-3 * float(squares.mean()) + 1e-12
    found = np.empty((len(embeddings), 2), np.float32)
    for at in range(0, len(embeddings), CHUNK_ROWS):
        rows = (embeddings[at : at + CHUNK_ROWS].astype(np.float32) - mean) @ axes
        apart = squares + np.einsum("ij,ij->i", rows, rows)[:, None] - 2 * (rows @ landmarks.T)
        each, weights, place = np.arange(len(rows)), np.zeros(len(rows), np.float32), np.zeros((len(rows), 2))
        for _ in range(min(NEAREST, len(landmarks))):
            nearest = apart.argmin(axis=1)
            weight = 1 / (np.maximum(apart[each, nearest], 0) + blur) ** 2
            apart[each, nearest] = np.inf
            weights += weight
            place += weight[:, None] * places[nearest]
        found[at : at + CHUNK_ROWS] = place / weights[:, None]
    return found
