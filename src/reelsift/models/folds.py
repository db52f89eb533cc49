"""Folds that do not leak: what belongs together stays on one side.

Neighbouring frames are near duplicates. In random folds a model is asked about frames it has all but seen, and scores
0.88 on the Tom and Jerry frames where 0.78 is what it does on other parts of the film (and less on another film).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reelsift.models.examples import Examples

__all__ = ["Folds", "Grouping", "group", "grouped_folds", "grouping_of", "random_folds"]

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

BLOCKS_PER_FOLD = 4  # scattered blocks, so that every fold sees every part of a film
GAP_BLOCKS = 0.25  # a gap is this share of a block, and no more than
GAP_SECONDS = 2.0  # about half the length of a shot
GAP_PICTURES = 2
ALWAYS_TRAINED = -1
NO_LANE = -1


@dataclass(frozen=True, eq=False)
class Grouping:
    """What folds never split.

    Attributes:
        ids: (N,) number of the group of each example, from 0.
        lanes: (N,) which line of time an example lies on; gaps are cut within a lane. -1: on none.
        places: (N,) where on it, in units in which a gap is `gap` wide.
        gap: (N,) how far from a held-out example a training example of the same lane has to be.
        kind: What the groups are, in words for the report.
    """

    ids: IntArray
    lanes: IntArray
    places: NDArray[np.float64]
    gap: NDArray[np.float64]
    kind: str


@dataclass(frozen=True, eq=False)
class Folds:
    """Who is held out when.

    Attributes:
        held_out: (N,) fold in which an example is held out; -1: in none, it is always trained on and never scored.
        trained: (F, N) bool: whether an example is trained on in a fold.
        kind: What keeps training and held-out examples apart, in words.
        notes: What a reader of the scores should know.
    """

    held_out: IntArray
    trained: BoolArray
    kind: str
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.trained)

    @property
    def scored(self) -> BoolArray:
        """(N,) whether an example is held out in some fold."""
        return self.held_out >= 0


def group(examples: Examples, *, folds: int, duplicates: IntArray | None = None) -> Grouping:
    """The groups of the examples: those the labels name, else the film or clip, else blocks.

    A film or clip is a group only where every class occurs in two or more of them; otherwise films are cut into blocks
    of time. Loose pictures are grouped by file stem where stems occur in several classes (the same scene), else cut
    into blocks of their natural order across all class folders. Folders of classes are never groups.

    Args:
        examples: N labelled frames.
        folds: Number of folds wanted; there are some blocks for each.
        duplicates: (N,) numbers, the same for near duplicates (see `duplicates.py`); they count for loose pictures.
    """
    pictures = examples.stems != ""
    sources = _numbers(np.where(pictures, "", _tagged("s", examples.source_ids)))
    if (examples.groups != "").any():
        # Labels without a group, beside others with one, fall back on their source.
        named = np.where(examples.groups != "", _tagged("g", examples.groups), _tagged("s", examples.source_ids))
        return grouping_of(_numbers(named), kind="groups of the labels")
    if not pictures.any() and _spread_over(sources, examples.targets):
        return grouping_of(sources, kind="films")
    return _cut(examples, sources, folds=folds, duplicates=duplicates)


def grouped_folds(examples: Examples, *, grouping: Grouping, folds: int, seed: int) -> Folds:
    """Groups dealt out to folds, each class as evenly as they allow.

    Args:
        examples: N labelled frames.
        grouping: From `group`.
        folds: How many; fewer are made where there are fewer groups.
        seed: Decides among equals.

    Returns:
        Folds in which every class is trained on in every fold. A class that lies in a single group cannot be held out:
        it is always trained on, never scored, and a note says so. So is a class that a fold happens to hold whole.
    """
    notes = []
    table = np.zeros((int(grouping.ids.max()) + 1, len(examples.classes)))
    np.add.at(table, (grouping.ids, examples.targets), 1)
    held_out = _deal(table, folds=folds, seed=seed)[grouping.ids]
    trained = np.array([_trained(fold, held_out, grouping) for fold in range(int(held_out.max()) + 1)], dtype=bool)
    trained = trained.reshape(-1, len(examples))  # (0, N) where nothing can be held out
    for fold, row in enumerate(trained):
        for index in np.flatnonzero(np.bincount(examples.targets[row], minlength=len(examples.classes)) == 0):
            # A class all of whose other frames lie in gaps gets them back; one that this fold holds whole is let go.
            own = examples.targets == index
            trained[fold] |= own & (held_out != fold)
            if not (own & trained[fold]).any():
                held_out[own], trained[:, own] = ALWAYS_TRAINED, True
                notes.append(f"'{examples.classes[index]}' lies in too few {grouping.kind}: learned, but not scored")
    return Folds(held_out=held_out, trained=trained, kind=grouping.kind, notes=tuple(notes))


def random_folds(examples: Examples, *, folds: int, seed: int) -> Folds:
    """Every frame for itself, stratified by class: the way that leaks, there to compare with."""
    grouping = grouping_of(np.arange(len(examples)), kind="random frames")
    return grouped_folds(examples, grouping=grouping, folds=folds, seed=seed)


def _cut(examples: Examples, sources: IntArray, *, folds: int, duplicates: IntArray | None) -> Grouping:
    """Films into blocks of time, loose pictures into scenes or blocks of their order."""
    pictures = examples.stems != ""
    places = np.where(pictures, examples.order, examples.times_seconds).astype(np.float64)
    ids, lanes, gap = np.zeros(len(examples), dtype=np.int64), sources.copy(), np.zeros(len(examples))
    kinds: list[str] = []
    count = int(sources.max()) + 1
    fewest = 1 if count >= folds else 2  # with many films beside each other, a film of few labels stays whole
    for lane in range(count):
        rows = np.flatnonzero(sources == lane)
        loose = bool(pictures[rows[0]])
        first = int(ids.max()) + 1
        if loose and _shared_stems(examples, rows):
            ids[rows], lanes[rows], kind = first + _numbers(examples.stems[rows]), NO_LANE, "scenes (file stems)"
        else:
            blocks = max(fewest, round(folds * BLOCKS_PER_FOLD * len(rows) / len(examples)))
            ids[rows] = first + _blocks(places[rows], blocks)
            most = GAP_PICTURES if loose else GAP_SECONDS
            gap[rows] = min(GAP_BLOCKS * float(np.ptp(places[rows])) / blocks, most)
            kind = "blocks of pictures" if loose else "blocks of time"
        if loose and duplicates is not None:
            _unite(ids, lanes, rows, duplicates[rows])
        kinds.append(kind)
    return Grouping(ids=_numbers(ids), lanes=lanes, places=places, gap=gap, kind=" and ".join(dict.fromkeys(kinds)))


def _deal(table: NDArray[np.float64], *, folds: int, seed: int) -> IntArray:
    """(G,) a fold for each group: the biggest first, each where its classes are scarcest so far.

    Args:
        table: (G, C) frames of each class in each group.
        folds: Number of folds.
        seed: Order among groups of the same size.
    """
    share = table / np.maximum(table.sum(axis=0), 1)
    shuffled = np.random.default_rng(seed).permutation(len(table))
    order = shuffled[np.argsort(-share.max(axis=1)[shuffled], kind="stable")]
    filled = np.zeros((min(folds, len(table)), table.shape[1]))
    result = np.zeros(len(table), dtype=np.int64)
    for number in order:
        # How much the sum of squares grows; it is least where the classes of this group are evenly spread.
        growth = (share[number] * (2 * filled + share[number])).sum(axis=1)
        result[number] = int(growth.argmin())
        filled[result[number]] += share[number]
    return result


def _trained(fold: int, held_out: IntArray, grouping: Grouping) -> BoolArray:
    """(N,) what is trained on in a fold: all that is not held out, nor within the gap of something that is."""
    trained = np.asarray(held_out != fold)
    for lane in np.unique(grouping.lanes[~trained]):
        if lane == NO_LANE:
            continue
        rows = np.flatnonzero(grouping.lanes == lane)
        borders = np.sort(grouping.places[rows[~trained[rows]]])
        after = np.searchsorted(borders, grouping.places[rows])
        left = borders[np.maximum(after - 1, 0)]
        right = borders[np.minimum(after, len(borders) - 1)]
        nearest = np.minimum(np.abs(grouping.places[rows] - left), np.abs(grouping.places[rows] - right))
        trained[rows[nearest < grouping.gap[rows]]] = False
    return trained


def _blocks(places: NDArray[np.float64], count: int) -> IntArray:
    """(n,) which of `count` blocks, equally full and contiguous in `places`; equal places share a block."""
    ranks = np.searchsorted(np.sort(places), places, side="left")
    return np.asarray(ranks * count // len(places), dtype=np.int64)


def _unite(ids: IntArray, lanes: IntArray, rows: IntArray, duplicates: IntArray) -> None:
    """Near duplicates become a group of their own (blocks), or bring their groups together (scenes)."""
    for number in np.flatnonzero(np.bincount(duplicates) > 1):
        alike = rows[duplicates == number]
        if (lanes[alike] == NO_LANE).all():
            ids[np.isin(ids, ids[alike])] = ids[alike[0]]
        else:
            ids[alike] = ids.max() + 1


def _shared_stems(examples: Examples, rows: IntArray) -> bool:
    """Whether half of the pictures or more have a stem that also occurs in another class."""
    stems = _numbers(examples.stems[rows])
    table = np.zeros((int(stems.max()) + 1, len(examples.classes)), dtype=bool)
    table[stems, examples.targets[rows]] = True
    return bool((table.sum(axis=1)[stems] > 1).mean() >= 0.5)


def _spread_over(groups: IntArray, targets: IntArray) -> bool:
    """Whether every class occurs in two groups or more."""
    pairs = np.unique(np.column_stack((targets, groups)), axis=0)
    return bool((np.bincount(pairs[:, 0])[np.unique(targets)] > 1).all())


def grouping_of(ids: IntArray, *, kind: str) -> Grouping:
    """Groups (N,) by number that need no gaps between them."""
    zeros = np.zeros(len(ids))
    return Grouping(ids=ids, lanes=np.full(len(ids), NO_LANE), places=zeros, gap=zeros, kind=kind)


def _numbers(names: NDArray[Any]) -> IntArray:
    """(N,) 0, 1, .. in place of names."""
    return np.unique(names, return_inverse=True)[1].astype(np.int64).ravel()


def _tagged(tag: str, names: NDArray[Any]) -> NDArray[Any]:
    """Names with a letter in front, so that a group and a source of the same name stay apart."""
    return np.char.add(tag, names.astype(str))
