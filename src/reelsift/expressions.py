"""Conditions that users write: `blur.blurred > 75% or duplicate`.

What cannot be computed (a division by zero) makes a comparison neither true nor false; `not` leaves it so, and a
condition that is neither counts as not fulfilled (Kleene's strong logic of three values). A value that is missing or
NaN is an error instead: that is no property of a clip, but something that was not looked at.
"""

from __future__ import annotations

import difflib
import operator
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import SpecError
from reelsift.expression_grammar import Name, Negative, Node, Not, Number, Row, parsed, problem, shown, written
from reelsift.expression_grammar import written_name as written_name

__all__ = ["Expression", "Reason", "written_name"]

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_COMPUTE: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip
# What ends lines, and tabs: a condition is shown on one line.
_BLANKS = dict.fromkeys(map(ord, "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029"), " ")

Values = Mapping[str, "float | bool | NDArray[Any]"]
_Numbers = NDArray[np.float64]
# Where it is true and where it is false; both false where neither can be said.
_Truth = tuple[NDArray[np.bool_], NDArray[np.bool_]]


class Reason(NamedTuple):
    """A part of a condition that made it true.

    Attributes:
        text: The comparison, `blur.blurred > 75%`, or the bare fact, `duplicate`; with `not` where it counts because it
            is false: `not (duration > 2)`, `not sound`.
        name: The first name in it, without quotes; empty where only numbers are compared.
        value: Of the side of the comparison that this name is in; of a bare fact 1 or 0.
    """

    text: str
    name: str
    value: float


@dataclass(frozen=True)
class Expression:
    """A condition about named values. Two are equal if they say the same in other blanks, quotes or percent.

    Attributes:
        text: As it was given, on one line.
    """

    text: str = field(compare=False)
    _root: Node = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Expression:
        """Reads a condition.

        Args:
            text: Numbers (`0.75`, `75%`), names (`task.class`, `character."Tom Cat"`, `duration`), `< <= > >= == !=`,
                `and or not`, parentheses, `+ - * /`.

        Raises:
            SpecError: If it cannot be understood; says at which character.
        """
        text = text.translate(_BLANKS).strip()
        return cls(text, parsed(text))

    def __str__(self) -> str:
        """The condition in its plainest form, which parses to an equal one."""
        return written(self._root)

    @property
    def names(self) -> tuple[str, ...]:
        """The names in it, without quotes, each once, in order."""
        return tuple(dict.fromkeys(node.name for node in _names(self._root)))

    def check(
        self, known: Collection[str], *, facts: Collection[str] | None = None, shares: Collection[str] = ()
    ) -> None:
        """Makes sure, before any work, that the condition can be evaluated.

        Args:
            known: All names there are.
            facts: Those of them that are true or false; all others must be compared with something. `None`: any name
                may stand alone.
            shares: Those of them that lie between 0 and 1, so that who writes `> 75` can only mean `> 75%`.

        Raises:
            SpecError: If it names something else; says where, and what was probably meant.
        """
        for node in _names(self._root):
            if node.name not in known:
                raise problem(self.text, node.at, f"there is no '{shown(node.name)}'; {_meant(node.name, known)}")
        if facts is not None:
            for name in _bare(self._root):
                if name.name not in facts:
                    raise self._not_a_fact(name)
        for share, limit in _limits(self._root):
            if share.name in shares and limit.value > 1:
                said = f"{written_name(share.name)} lies between 0 and 1: did you mean {limit.text.rstrip('%')}%?"
                raise problem(self.text, limit.at, said)

    def evaluate(self, values: Values) -> bool | NDArray[np.bool_]:
        """Whether the condition is true.

        Args:
            values: Of each name a number, a truth value, or an array (N,) of them. Truth values count as 1 and 0 where
                they are compared.

        Returns:
            (N,) bool, elementwise, if any value is an array; else one bool.

        Raises:
            SpecError: If a name has no value or NaN, if a bare name is a number, if lengths of arrays differ.
        """
        true, _ = self._truth(self._root, self._taken(values))
        return true if true.ndim else bool(true)

    def reasons(self, values: Values) -> tuple[Reason, ...]:
        """Those comparisons and facts that made it true, in order, each once; none if it is not true.

        Args:
            values: Of each name one number or truth value.

        Raises:
            SpecError: As `evaluate`; also if a value is an array.
        """
        taken = self._taken(values)
        for name, value in taken.items():
            if value.ndim:
                raise SpecError(f"reasons are told of single values, not of arrays: '{shown(name)}' is one")
        return tuple(dict.fromkeys(self._reasons(self._root, taken, wanted=True)))

    def _taken(self, values: Values) -> dict[str, NDArray[Any]]:
        """The values of all names in it, checked, as arrays () or (N,) of bool or float64."""
        taken: dict[str, NDArray[Any]] = {}
        for node in _names(self._root):
            if node.name not in values:
                raise problem(self.text, node.at, f"'{shown(node.name)}' is not known; {_meant(node.name, values)}")
            value = np.asarray(values[node.name])
            if value.dtype.kind not in "biuf" or value.ndim > 1:
                said = f"'{shown(node.name)}' must be a number or true or false, not {values[node.name]!r:.60}"
                raise problem(self.text, node.at, said)
            if value.dtype != np.bool_:
                value = value.astype(np.float64)
                if np.isnan(value).any():
                    raise problem(self.text, node.at, f"'{shown(node.name)}' is not known here: its value is NaN")
            taken[node.name] = value
        lengths = {len(value): name for name, value in taken.items() if value.ndim}
        if len(lengths) > 1:
            said = ", ".join(f"'{shown(name)}' {length}" for length, name in sorted(lengths.items()))
            raise SpecError(f"the values of a condition must be equally many, not {said}")
        return taken

    def _truth(self, node: Node, taken: Mapping[str, NDArray[Any]]) -> _Truth:
        if isinstance(node, Name):
            value = taken[node.name]
            if value.dtype != np.bool_:
                raise self._not_a_fact(node)
            return value.copy(), ~value
        if isinstance(node, Not):
            true, false = self._truth(node.part, taken)
            return false, true
        assert isinstance(node, Row), "the parser lets nothing else stand here"
        if node.kind == "compare":
            return _compared(node, taken)
        truths = [self._truth(part, taken) for part in node.parts]
        all_of, any_of = (np.logical_and, np.logical_or) if node.kind == "and" else (np.logical_or, np.logical_and)
        true, false = truths[0]
        for more_true, more_false in truths[1:]:
            true, false = all_of(true, more_true), any_of(false, more_false)
        return np.asarray(true), np.asarray(false)

    def _reasons(self, node: Node, taken: Mapping[str, NDArray[Any]], *, wanted: bool) -> Iterator[Reason]:
        """What made the node true (`wanted`) or false; nothing if it is not."""
        if not self._truth(node, taken)[0 if wanted else 1]:
            return
        if isinstance(node, Not):
            yield from self._reasons(node.part, taken, wanted=not wanted)
        elif isinstance(node, Row) and node.kind != "compare":
            for part in node.parts:
                yield from self._reasons(part, taken, wanted=wanted)
        else:
            parts = node.parts if isinstance(node, Row) else (node,)
            side = next((part for part in parts if next(_names(part), None)), parts[0])
            first = next(_names(side), None)
            text = written(node if wanted else Not(node.at, node))
            yield Reason(text, first.name if first else "", float(_numbers(side, taken)))

    def _not_a_fact(self, node: Name) -> SpecError:
        name = written_name(node.name)
        return problem(self.text, node.at, f"{name} is a number, so compare it with one, as in {name} > 0.5")


def _meant(name: str, known: Collection[str]) -> str:
    """What was probably meant by a name that is not known."""
    if name.lower() in ("true", "false"):
        return "a fact is written alone, as in duplicate, or not duplicate"
    folded = {each.casefold(): each for each in known}
    parts = [each for each in known if name.casefold() in (each.casefold().partition(".")[2], each.partition(".")[0])]
    close = difflib.get_close_matches(name.casefold(), folded, n=3, cutoff=0.6)
    # A class named half-dark that was written without quotes is read as half minus dark.
    begun = [each for each in known if each.startswith(name) or (len(name) > 3 and name in each)]
    likely = list(dict.fromkeys([*parts, *(folded[each] for each in close), *begun]))[:4]
    if likely:
        return f"did you mean {' or '.join(shown(written_name(each)) for each in likely)}?"
    some = sorted(known)
    listed = ", ".join(shown(written_name(each)) for each in some[:30]) + (", ..." if len(some) > 30 else "")
    return f"known are {listed}" if some else "nothing is known here"


def _names(node: Node) -> Iterator[Name]:
    """All names in a node, in order, as often as they occur."""
    if isinstance(node, Name):
        yield node
    elif isinstance(node, Row):
        for part in node.parts:
            yield from _names(part)
    elif isinstance(node, Not | Negative):
        yield from _names(node.part)


def _bare(node: Node) -> Iterator[Name]:
    """The names that stand alone where something true or false is wanted."""
    if isinstance(node, Name):
        yield node
    elif isinstance(node, Not):
        yield from _bare(node.part)
    elif isinstance(node, Row) and node.kind in ("and", "or"):
        for part in node.parts:
            yield from _bare(part)


def _limits(node: Node) -> Iterator[tuple[Name, Number]]:
    """The names that are compared with a plain number, and the number."""
    if isinstance(node, Not):
        yield from _limits(node.part)
    elif isinstance(node, Row):
        for left, right in zip(node.parts[:-1], node.parts[1:], strict=True):
            if node.kind == "compare" and isinstance(left, Name) and isinstance(right, Number):
                yield left, right
            elif node.kind == "compare" and isinstance(left, Number) and isinstance(right, Name):
                yield right, left
        if node.kind in ("and", "or"):
            for part in node.parts:
                yield from _limits(part)


def _numbers(node: Node, taken: Mapping[str, NDArray[Any]]) -> _Numbers:
    """Its value, () or (N,); NaN where it has none."""
    if isinstance(node, Number):
        return np.asarray(node.value)
    if isinstance(node, Name):
        return taken[node.name].astype(np.float64)
    if isinstance(node, Negative):
        return np.asarray(-_numbers(node.part, taken))
    assert isinstance(node, Row), "the parser lets nothing else stand here"
    value = _numbers(node.parts[0], taken)
    with np.errstate(all="ignore"):
        for sign, part in zip(node.operators, node.parts[1:], strict=True):
            other = _numbers(part, taken)
            # Not infinite, which would be more than any limit: what has no value is neither more nor less.
            other = np.where(other == 0, np.nan, other) if sign == "/" else other
            value = np.asarray(_COMPUTE[sign](value, other))
    return value


def _compared(node: Row, taken: Mapping[str, NDArray[Any]]) -> _Truth:
    sides = [_numbers(part, taken) for part in node.parts]
    true: Any = np.True_
    false: Any = np.False_
    for sign, left, right in zip(node.operators, sides[:-1], sides[1:], strict=True):
        holds = _COMPARE[sign](left, right)
        known = ~(np.isnan(left) | np.isnan(right))
        true, false = true & holds & known, false | (~holds & known)
    return np.asarray(true), np.asarray(false)
