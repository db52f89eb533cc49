"""Labels that repeat or contradict each other."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from reelsift.labels.records import Label, TaskKind
from reelsift.labels.rows import Problem

__all__ = ["resolve_conflicts"]


def resolve_conflicts(
    labels: Iterable[Label], *, kind: TaskKind, existing: Iterable[Label] = ()
) -> tuple[tuple[Label, ...], tuple[Problem, ...]]:
    """Keep the labels that can all be true together.

    A label that says again what an earlier one said is kept once and named. In a `single` task a frame has one class:
    where two labels say different classes of the same frame, both are left out and named, each with the other, because
    nothing tells which is right. In a `multi` task they are both true.

    An interval speaks of the frames whose time stamps are in it, `start <= time < end`; a frame label of its frame
    only. So an interval that begins where another ends does not contradict it, nor does one that begins within a frame
    contradict the label of that frame.

    Args:
        labels: What was read, in the order of the reading.
        kind: Whether a frame has one class or any number.
        existing: Labels of the same task that were stored before and do not contradict each other. A new label of the
            very same frame or interval replaces the old one, which is how a class is changed; one that contradicts an
            old label only in part is left out and named.

    Returns:
        The labels to keep and one problem for each of the others, both in the order of `labels`.
    """
    unique: list[Label] = []
    positions: list[int] = []
    problems: dict[int, Problem] = {}
    first: dict[tuple[str, str, str, str], Label] = {}
    for position, label in enumerate(labels):
        earlier = first.setdefault((*_place(label), label.class_name), label)
        if earlier is label:
            unique.append(label)
            positions.append(position)
        else:
            problems[position] = Problem(label.where, f"says the same as {earlier.where}: counted once")
    if kind == "single":
        for i, rival in _contradicting(unique, tuple(existing)).items():
            problems[positions[i]] = _problem(unique[i], rival)
    good = tuple(label for label, position in zip(unique, positions, strict=True) if position not in problems)
    return good, tuple(problems[position] for position in sorted(problems))


@dataclass(frozen=True)
class _Rival:
    """The label that contradicts another, and whether it was stored before."""

    label: Label
    is_stored: bool


def _problem(label: Label, rival: _Rival) -> Problem:
    claim = f"says '{label.class_name}' where {rival.label.where} says '{rival.label.class_name}'"
    what = f"{claim} since an earlier import: left out" if rival.is_stored else f"{claim}: both left out"
    return Problem(label.where, what)


def _contradicting(labels: Sequence[Label], existing: Sequence[Label]) -> dict[int, _Rival]:
    """Positions in `labels` of those that contradict another label, new or stored, each with one such."""
    rivals: dict[int, _Rival] = {}
    while True:
        kept = [i for i in range(len(labels)) if i not in rivals]
        replaced = {_place(labels[i]) for i in kept} if rivals or existing else set()
        stored = [label for label in existing if _place(label) not in replaced]
        everything = [labels[i] for i in kept] + stored
        found = {
            kept[i]: _Rival(everything[j], is_stored=j >= len(kept))
            for i, j in _contradictions(everything).items()
            if i < len(kept)
        }
        if not found:
            return rivals
        # A new label that is left out leaves the stored one it would have replaced, which may contradict others.
        rivals |= found
        if not existing:
            return rivals


def _contradictions(labels: Sequence[Label]) -> dict[int, int]:
    """For each label that contradicts others of its source, the position of one of them."""
    by_source: dict[str, list[int]] = defaultdict(list)
    for i, label in enumerate(labels):
        by_source[label.source_id].append(i)
    rivals: dict[int, int] = {}
    for members in by_source.values():
        if len({labels[i].class_name for i in members}) > 1:
            rivals |= _of_spans(labels, members)
            rivals |= _of_frames(labels, members)
    return rivals


def _of_frames(labels: Sequence[Label], members: Iterable[int]) -> dict[int, int]:
    """Labels of one and the same frame; compared by index, as two frames of a damaged film can share a time stamp."""
    by_frame: dict[int | None, list[int]] = defaultdict(list)
    for i in members:
        if labels[i].is_frame:
            by_frame[labels[i].frame_index].append(i)
    rivals: dict[int, int] = {}
    for same in by_frame.values():
        for i in same:
            rival = next((j for j in same if labels[j].class_name != labels[i].class_name), None)
            if rival is not None:
                rivals[i] = rival
    return rivals


class _Span(NamedTuple):
    """What a label speaks of, in seconds; a frame is the point where it starts, and sorts after intervals from there.

    A tuple, because 100,000 of them are sorted.
    """

    start: float
    is_frame: bool
    end: float
    position: int
    class_name: str


def _of_spans(labels: Sequence[Label], members: Iterable[int]) -> dict[int, int]:
    """Contradictions with intervals, by one sweep in each direction over the labels in order of time."""
    spans = sorted(_span(labels[i], i) for i in members)
    rivals: dict[int, int] = {}
    # Forward: does an earlier interval of another class reach beyond my start? The interval that reaches furthest, and
    # the furthest of any other class than that one's, answer for all of them.
    furthest: _Span | None = None
    runner_up: _Span | None = None
    for span in spans:
        rival = furthest if furthest is not None and furthest.class_name != span.class_name else runner_up
        if rival is not None and rival.end > span.start:
            rivals[span.position] = rival.position
        if not span.is_frame:
            furthest, runner_up = _furthest(span, furthest, runner_up)
    # Backward: does a later label of another class start before my end? The nearest one answers for all of them.
    nearest: _Span | None = None
    nearest_other: _Span | None = None
    for span in reversed(spans):
        if nearest is not None and nearest.class_name != span.class_name:
            nearest_other = nearest
        if not span.is_frame and nearest_other is not None and nearest_other.start < span.end:
            rivals[span.position] = nearest_other.position
        nearest = span
    return rivals


def _furthest(span: _Span, furthest: _Span | None, runner_up: _Span | None) -> tuple[_Span, _Span | None]:
    """The two intervals of different classes that reach furthest, once `span` is counted in."""
    if furthest is None:
        return span, None
    if span.class_name == furthest.class_name:
        return (span if span.end > furthest.end else furthest), runner_up
    if span.end > furthest.end:
        return span, furthest
    return furthest, (span if runner_up is None or span.end > runner_up.end else runner_up)


def _span(label: Label, position: int) -> _Span:
    if label.start_seconds is None or label.end_seconds is None:
        return _Span(-math.inf, False, math.inf, position, label.class_name)
    return _Span(label.start_seconds, label.is_frame, label.end_seconds, position, label.class_name)


def _place(label: Label) -> tuple[str, str, str]:
    return label.task, label.source_id, label.place
