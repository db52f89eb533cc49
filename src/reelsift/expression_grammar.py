"""Reads conditions such as `blur.blurred > 75% or duplicate` into nodes, and writes nodes as text again.

A scanner and a parser by recursive descent, with bounds for length and depth; nothing is ever handed to `eval`.
From loosest to tightest: `or`, `and`, `not`, one comparison (`0.2 < x < 0.5` is one, too), `+ -`, `* /`, `-x`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from reelsift.errors import SpecError

__all__ = ["Name", "Negative", "Node", "Not", "Number", "Row", "parsed", "problem", "shown", "written", "written_name"]

MAX_CHARACTERS = 10_000
MAX_DEPTH = 32
EXAMPLE = "for example blur.blurred > 0.75 or exposure.good < 50%"

_KEYWORDS = ("and", "or", "not")
_OPERATORS = ("<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "(", ")")
# Chains may only go one way: what `a < b > c` means nobody sees at once.
_WAYS = {"<": 1, "<=": 1, ">": 2, ">=": 2, "==": 3, "!=": 4}
# What people write who know other languages.
_HINTS = {
    "&": "write 'and'", "|": "write 'or'", "!": "write 'not'", "<>": "write != for not equal",
    "=>": "write >= for at least", "=<": "write <= for at most", "=": "write == for equal",
    "≤": "write <=", "≥": "write >=", "≠": "write !=", "%": "% may only follow a number, as in 75%",
    ",": "write numbers with a point, as in 0.75", ".": "a name is written task.class, without spaces",
    **dict.fromkeys("“”„\u2018\u2019`", 'quote a name with straight quotes, as in character."Tom Cat"'),
}  # fmt: skip
# An optional part behind a number: an exponent, then a percent sign.
_NUMBER = re.compile(r"(?P<digits>[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE](?P<exponent>[+-]?[0-9]{1,4}))?(?P<percent>\s*%)?")
_TIGHTNESS = {"or": 1, "and": 2, "compare": 4, "add": 5, "multiply": 6}


@dataclass(frozen=True)
class Number:
    at: int = field(compare=False)
    value: float
    text: str = field(compare=False)


@dataclass(frozen=True)
class Name:
    at: int = field(compare=False)
    name: str


@dataclass(frozen=True)
class Negative:
    at: int = field(compare=False)
    part: Node


@dataclass(frozen=True)
class Not:
    at: int = field(compare=False)
    part: Node


@dataclass(frozen=True)
class Row:
    """Parts with the operators between them, all of one kind: `or`, `and`, `compare`, `add` (+ -), `multiply` (* /)."""

    at: int = field(compare=False)
    kind: str
    parts: tuple[Node, ...]
    operators: tuple[str, ...]


Node = Number | Name | Negative | Not | Row


@dataclass(frozen=True)
class _Token:
    """`kind` is number, name or end, else the operator or keyword itself."""

    at: int
    kind: str
    text: str = ""
    value: float = 0.0


def parsed(text: str) -> Node:
    """The condition that a text says.

    Raises:
        SpecError: If it cannot be understood; says at which character.
    """
    if len(text) > MAX_CHARACTERS:
        raise SpecError(f"a condition has at most {MAX_CHARACTERS} characters, not {len(text)}")
    if not text.strip():
        raise SpecError(f"the condition is empty; write one, {EXAMPLE}")
    return _Parser(text).whole()


def problem(text: str, at: int, said: str) -> SpecError:
    """What is wrong with a condition, and where."""
    near = text[at : at + 20] + ("..." if len(text) > at + 20 else "")
    place = f"at character {at + 1}, near '{shown(near)}'" if near else "at its end"
    return SpecError(f"this condition is not understood {place}: {said}")


def shown(text: str) -> str:
    """The text fit for one line of any terminal."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def written(node: Node) -> str:
    """The node as text, with no more parentheses than it needs."""
    if isinstance(node, Number):
        return node.text
    if isinstance(node, Name):
        return written_name(node.name)
    if isinstance(node, Negative):
        return f"-{_within(node.part, 7)}"
    if isinstance(node, Not):
        # `not a > 1` would do, but is read as `(not a) > 1` by many.
        return f"not {_within(node.part, 7 if isinstance(node.part, Row) else 3)}"
    inner = [_within(part, _TIGHTNESS[node.kind] + 1) for part in node.parts]
    return inner[0] + "".join(f" {sign} {part}" for sign, part in zip(node.operators, inner[1:], strict=True))


def _within(node: Node, least: int) -> str:
    """The node as part of another: in parentheses if it binds less tightly than it must there."""
    tightness = _TIGHTNESS[node.kind] if isinstance(node, Row) else 3 if isinstance(node, Not) else 7
    return written(node) if tightness >= least else f"({written(node)})"


def written_name(name: str) -> str:
    """A name as it is written in a condition: `character."Tom Cat"` for `character.Tom Cat`."""
    task, dot, rest = name.partition(".")
    if not dot or not task or not rest:
        return name if name.isidentifier() and name.lower() not in _KEYWORDS else _quoted(name)
    first = task if task.isidentifier() else _quoted(task)
    plain = all(piece and _is_word(piece) for piece in rest.split("."))
    return f"{first}.{rest if plain else _quoted(rest)}"


def _quoted(part: str) -> str:
    escaped = part.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _is_word(text: str) -> bool:
    """Whether it may stand in a name unquoted, but for the beginning; letters and digits of any script may."""
    return f"a{text}".isidentifier()


class _Scanner:
    """Cuts a text into tokens."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def next(self) -> _Token:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        start = self.at
        rest = self.text[start : start + 2]
        if not rest:
            return _Token(start, "end")
        if rest[0] in "\"'" or rest[0].isidentifier():
            return self._name(start)
        if number := _NUMBER.match(self.text, start):
            self.at = number.end()
            return self._number(start, number)
        sign = next((sign for sign in _OPERATORS if rest.startswith(sign)), "")
        if not sign or rest in _HINTS:
            raise problem(self.text, start, self._hint())
        self.at += len(sign)
        return _Token(start, sign)

    def _hint(self) -> str:
        """What may be meant by characters that mean nothing here."""
        rest = self.text[self.at : self.at + 2]
        return _HINTS.get(rest) or _HINTS.get(rest[:1]) or f"'{shown(rest[:1])}' means nothing here; {EXAMPLE}"

    def _number(self, start: int, number: re.Match[str]) -> _Token:
        exponent = int(number["exponent"] or 0) - (2 if number["percent"] else 0)
        # One rounding, from the text: 0.7 / 100 would not be the number that 0.007 is.
        value = float(f"{number['digits']}e{exponent}")
        if math.isinf(value):
            raise problem(self.text, start, "this number is too large")
        return _Token(start, "number", re.sub(r"\s", "", number[0]), value)

    def _name(self, start: int) -> _Token:
        parts = [self._part()]
        while self.text[self.at : self.at + 1] == ".":
            self.at += 1
            parts.append(self._part())
        plain = self.text[start : self.at].lower()
        return _Token(start, plain) if plain in _KEYWORDS else _Token(start, "name", ".".join(parts))

    def _part(self) -> str:
        """One part of a name between dots, quoted or not."""
        start = self.at
        quote = self.text[start : start + 1]
        if quote not in ("'", '"'):
            while self.at < len(self.text) and _is_word(self.text[self.at]):
                self.at += 1
            if self.at == start:
                said = 'a class is named behind the dot, as in blur.blurred or mood."so so"'
                raise problem(self.text, start, _HINTS.get(quote, said))
            return self.text[start : self.at]
        letters: list[str] = []
        self.at += 1
        while self.at < len(self.text) and self.text[self.at] != quote:
            if self.text[self.at] == "\\" and self.text[self.at + 1 : self.at + 2] in ("\\", '"', "'"):
                self.at += 1
            letters.append(self.text[self.at])
            self.at += 1
        if self.at == len(self.text):
            raise problem(self.text, start, f"the quote that begins here does not end; add {quote} behind the name")
        self.at += 1
        if not letters:
            raise problem(self.text, start, "there is no name between these quotes")
        return "".join(letters)


class _Parser:
    """Reads a text from left to right; each method takes what it is named after."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.scanner = _Scanner(text)
        self.token = self.scanner.next()
        self.depth = 0

    def whole(self) -> Node:
        node = self._condition(self._or())
        if self.token.kind != "end":
            expected = (
                "there is a ')' too many" if self.token.kind == ")" else "'and', 'or' or the end is expected here"
            )
            raise problem(self.text, self.token.at, expected)
        return node

    def _take(self) -> _Token:
        taken, self.token = self.token, self.scanner.next()
        return taken

    def _or(self) -> Node:
        return self._row("or", ("or",), self._and, self._condition)

    def _and(self) -> Node:
        return self._row("and", ("and",), self._not, self._condition)

    def _not(self) -> Node:
        if self.token.kind != "not":
            return self._comparison()
        at = self._take().at
        return Not(at, self._condition(self._deeper(at, self._not)))

    def _comparison(self) -> Node:
        return self._row("compare", tuple(_WAYS), self._sum, self._number)

    def _sum(self) -> Node:
        return self._row("add", ("+", "-"), self._product, self._number)

    def _product(self) -> Node:
        return self._row("multiply", ("*", "/"), self._atom, self._number)

    def _atom(self) -> Node:
        token = self.token
        if token.kind not in ("-", "(", "number", "name"):
            raise problem(self.text, token.at, f"a name or a number is expected here; {EXAMPLE}")
        self._take()
        if token.kind == "number":
            return Number(token.at, token.value, token.text)
        if token.kind == "name":
            return Name(token.at, token.text)
        if token.kind == "-":
            return Negative(token.at, self._number(self._deeper(token.at, self._atom)))
        node = self._deeper(token.at, self._or)
        if self.token.kind != ")":
            raise problem(self.text, self.token.at, f"the '(' at character {token.at + 1} is not closed; add ')'")
        self._take()
        return node

    def _row(
        self, kind: str, signs: tuple[str, ...], part: Callable[[], Node], checked: Callable[[Node], Node]
    ) -> Node:
        parts, operators = [part()], list[str]()
        while self.token.kind in signs:
            parts[-1] = checked(parts[-1])
            sign = self._take()
            if kind == "compare" and operators and not _WAYS[operators[0]] == _WAYS[sign.kind] < 4:
                said = f"'{operators[0]}' and '{sign.kind}' cannot follow each other; join two comparisons with 'and'"
                raise problem(self.text, sign.at, said)
            operators.append(sign.kind)
            parts.append(checked(part()))
            if sign.kind == "/" and isinstance(parts[-1], Number) and not parts[-1].value:
                raise problem(self.text, sign.at, "nothing can be divided by zero")
        return parts[0] if not operators else Row(parts[0].at, kind, tuple(parts), tuple(operators))

    def _deeper(self, at: int, part: Callable[[], Node]) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise problem(self.text, at, f"more than {MAX_DEPTH} levels of '(', 'not' and '-' are within each other")
        node = part()
        self.depth -= 1
        return node

    def _condition(self, node: Node) -> Node:
        if isinstance(node, Number | Negative) or (isinstance(node, Row) and node.kind in ("add", "multiply")):
            raise problem(self.text, node.at, f"this is a number; compare it with something, {EXAMPLE}")
        return node

    def _number(self, node: Node) -> Node:
        if isinstance(node, Not) or (isinstance(node, Row) and node.kind in ("or", "and", "compare")):
            raise problem(
                self.text, node.at, "this is true or false, where a number is needed; join it with 'and' or 'or'"
            )
        return node
