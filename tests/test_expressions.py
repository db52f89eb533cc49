from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelsift.errors import SpecError
from reelsift.expressions import Expression, Reason, written_name

KNOWN = (
    "blur.blurred",
    "blur.sharp",
    "exposure.half-dark",
    "character.Tom Cat",
    "duration",
    "fps",
    "duplicate",
    "sound",
)
VALUES = {
    "blur.blurred": 0.82, "blur.sharp": 0.18, "exposure.half-dark": 0.1, "character.Tom Cat": 0.3,
    "duration": 12.0, "fps": 0.0, "duplicate": True, "sound": False,
}  # fmt: skip


def evaluate(text: str, **more: Any) -> Any:
    return Expression.parse(text).evaluate({**VALUES, **more})


@pytest.mark.parametrize(
    "text",
    [
        "blur.blurred > 0.75",
        "blur.blurred>75%",
        "blur.blurred > 75 %",
        'character."Tom Cat" == 0.3',
        "'character'.'Tom Cat' <= .3",
        '"character.Tom Cat" >= 3e-1',
        "not blur.blurred < 0.5 and duration != 11",
        "sound and sound or duplicate",  # `and` binds tighter
        "duplicate or sound and sound",
        "not (sound and duplicate)",
        "NOT sound AND duplicate",
        "0.2 < blur.blurred < 0.9 <= 1",
        "blur.blurred + blur.sharp * 2 == 1.18",
        "(blur.blurred + blur.sharp) * 2 == 2",
        "duration - 4 - 2 == 6 and duration / 2 / 3 == 2",
        "-duration < -(1 + 2) * 3",
        "duration - -1 == 13",
        "duplicate == 1 and duplicate > sound",
        "(((duplicate)))",
        "1 > 0",
        "\tduplicate\n and\r\nduration > 1 ",
    ],
)
def test_what_is_true(text: str) -> None:
    assert evaluate(text) is True
    assert evaluate(f"not ({text})") is False


@pytest.mark.parametrize(
    "text", ["sound", "not duplicate", "0.2 < blur.blurred < 0.8", "not duplicate or sound", "1 > 1"]
)
def test_what_is_false(text: str) -> None:
    assert evaluate(text) is False
    assert Expression.parse(text).reasons(VALUES) == ()


@pytest.mark.parametrize(
    ("percent", "number"), [("0.7%", 0.007), ("29%", 0.29), ("110 %", 1.1), ("1e2%", 1.0), (".5%", 0.005)]
)
def test_percent_is_the_number_that_one_would_write(percent: str, number: float) -> None:
    assert Expression.parse(f"x == {percent}").evaluate({"x": number}) is True


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("blur.blurred > > 1", "character 16, near '> 1'", "a name or a number is expected"),
        ("blur.blurred >", "at its end", "a name or a number is expected"),
        ("blur.blurred => 1", "character 14, near '=> 1'", "write >="),
        ("duration = 3", "character 10, near '= 3'", "write =="),
        ("duration <> 3", "character 10", "write !="),
        ("duration ≥ 3", "character 10", "write >="),
        ("duplicate && sound", "character 11, near '&& sound'", "'and'"),
        ("duplicate || sound", "character 11", "'or'"),
        ("!duplicate", "character 1,", "'not'"),
        ("blur.blurred > 0,75", "character 17, near ',75'", "0.75"),
        ("duration % 2 == 0", "character 10", "% may only follow a number"),
        ("a < b > c", "character 7, near '> c'", "'<' and '>' cannot follow each other"),
        ("a != b != c", "character 8", "join two comparisons with 'and'"),
        ("(duplicate", "at its end", "the '(' at character 1 is not closed"),
        ("duplicate)", "character 10, near ')'", "too many"),
        ("duplicate sound", "character 11, near 'sound'", "'and', 'or' or the end"),
        ("duration > 5 m", "character 14, near 'm'", "'and', 'or' or the end"),
        ("duration > 3; import os", "character 13, near '; import os'", "means nothing here"),
        ("__import__('os')", "character 11, near '('os')'", "the end is expected"),
        ("duration + 1", "character 1, near 'duration + 1'", "this is a number"),
        ("0.75", "character 1", "this is a number"),
        ("not duration * 2", "character 5", "this is a number"),
        ("(a > 1) + 1 > 2", "character 2", "this is true or false"),
        ("(a > 1) == (b > 1)", "character 2", "this is true or false"),
        ("duration / 0 > 1", "character 10, near '/ 0 > 1'", "divided by zero"),
        ("duration / 0% > 1", "character 10", "divided by zero"),
        ("x > 1e999", "character 5, near '1e999'", "too large"),
        ("blur. > 1", "character 6", "class is named behind the dot"),
        ("blur .blurred > 1", "character 6", "without spaces"),
        ("blur.half dark > 1", "character 11, near 'dark > 1'", "'and', 'or' or the end"),
        ("character.'Tom", "character 11", "add ' behind the name"),
        ("character.'' > 1", "character 11", "no name between these quotes"),
        ("character.“Tom“ > 1", "character 11", "straight quotes"),
        ("a.\x00\x1b[31m > 1", r"near '\x00\x1b[31m > 1'", ""),
        ("and > 1", "character 1, near 'and > 1'", "a name or a number is expected"),
        ("", "", "the condition is empty"),
        (" \n ", "", "the condition is empty"),
        ("a > 1 or " * 2000 + "b", "", "at most 10000 characters"),
        ("(" * 5000, "character 33,", "more than 32 levels"),
        ("not " * 2000 + "a", "character 129,", "more than 32 levels"),
        ("a > " + "-" * 5000 + "1", "character 37,", "more than 32 levels"),
    ],
)
def test_errors_tell_the_place_on_one_line(text: str, place: str, said: str) -> None:
    with pytest.raises(SpecError) as error:
        Expression.parse(text)
    message = str(error.value)
    assert place in message and said in message
    assert message.isprintable() and len(message) < 300


def test_long_ones_that_are_not_deep_are_fine() -> None:
    text = " or ".join(["a + a + a + a > 1"] * 470)
    assert Expression.parse(text).evaluate({"a": 0.25}) is False
    assert str(Expression.parse(text)) == text
    assert Expression.parse("+".join("a" * 4000) + " >= 1000").evaluate({"a": 0.25}) is True
    assert Expression.parse("(" * 30 + "a" + ")" * 30).evaluate({"a": True}) is True


def test_names() -> None:
    text = 'a.b > 1 or c."Tom Cat" > 1 and "q\\"\'\\\\".x > a.b and ümlaut and e.1 > 2 and f.g.h > 1 and not.and'
    assert Expression.parse(text).names == ("a.b", "c.Tom Cat", "q\"'\\.x", "ümlaut", "e.1", "f.g.h", "not.and")


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("duration > 1 and blurred > 1", "at character 18, near 'blurred > 1'", "did you mean blur.blurred?"),
        ("Blur.Blurred > 0.5", "at character 1", "did you mean blur.blurred?"),
        ("blur > 0.5", "at character 1", "did you mean blur.blurred or blur.sharp?"),
        ("dupplicate", "at character 1", "did you mean duplicate?"),
        ("exposure.half-dark > 0.5", "at character 1", 'did you mean exposure."half-dark"?'),
        ("duplicate == true", "at character 14, near 'true'", "written alone"),
        ("xyz", "at character 1", 'known are blur.blurred, blur.sharp, character."Tom Cat", '),
        ("'\x1b[31m\udcff' > 1", "", r"there is no '\x1b[31m\udcff'"),
        ("not (sound or duration)", "at character 15, near 'duration)'", "duration is a number"),
        ("blur.blurred", "at character 1", "blur.blurred is a number, so compare it with one"),
        ("sound and blur.blurred > 75", "at character 26, near '75'", "did you mean 75%?"),
        ("not 2 < blur.sharp", "at character 5, near '2 < blur.sharp'", "did you mean 2%?"),
    ],
)
def test_check_finds_what_cannot_be_meant(text: str, place: str, said: str) -> None:
    shares = [name for name in KNOWN if "." in name]
    with pytest.raises(SpecError) as error:
        Expression.parse(text).check(KNOWN, facts=("duplicate", "sound"), shares=shares)
    assert place in str(error.value) and said in str(error.value) and str(error.value).isprintable()


@pytest.mark.parametrize(
    "text", ["blur.blurred > 100%", "duration > 75", "blur.sharp * 100 > 75", "sound or not duplicate"]
)
def test_check_lets_pass_what_can_be_meant(text: str) -> None:
    Expression.parse(text).check(KNOWN, facts=("duplicate", "sound"), shares=[name for name in KNOWN if "." in name])
    Expression.parse("anything").check({"anything"})


def test_what_is_not_known_is_an_error() -> None:
    for text in ("nobody > 1", "duplicate or nobody", "1 > 2 and nobody > 1"):
        with pytest.raises(SpecError, match="'nobody' is not known"):
            evaluate(text)
    for nothing in (math.nan, np.array([1.0, math.nan])):
        with pytest.raises(SpecError, match="near 'duration > 1': 'duration' is not known here: its value is NaN"):
            evaluate("duration > 1", duration=nothing)
    for odd in ("12", None, 1j, np.zeros((2, 2)), [1, 2, "x"]):
        with pytest.raises(SpecError, match="'duration' must be a number or true or false"):
            evaluate("duration > 1", duration=odd)
    with pytest.raises(SpecError, match="duration is a number, so compare it"):
        evaluate("duplicate and not duration")


def test_what_cannot_be_computed_is_neither_true_nor_false() -> None:
    for text in (
        "duration / fps > 1",
        "not duration / fps > 1",
        "fps / fps == 1",
        "fps / fps != 1",
        "1 / fps < 1 / fps",
    ):
        assert evaluate(text) is False
        assert evaluate(f"duplicate or {text}") is True
        assert evaluate(f"not (duplicate and {text})") is False
        assert evaluate(f"not (sound and {text})") is True
    assert evaluate("duration > inf", inf=math.inf) is False
    assert evaluate("inf - inf > 0 or not inf - inf > 0", inf=math.inf) is False
    assert evaluate("1 / duration / 0.5 < 1 < 2 < duration / fps or 3 < 2 < 1 / fps") is False
    assert evaluate("not 3 < 2 < 1 / fps") is True  # whatever the second comparison were


def test_arrays_are_evaluated_elementwise() -> None:
    values = {
        "a": np.array([0.1, 0.6, 0.9], np.float32),
        "b": np.array([True, True, False]),
        "c": 0.5,
        "d": np.arange(3),
    }
    assert Expression.parse("a > c and b").evaluate(values).tolist() == [False, True, False]  # type: ignore[union-attr]
    assert Expression.parse("not b").evaluate(values).tolist() == [False, False, True]  # type: ignore[union-attr]
    assert Expression.parse("1 / d > 0.6").evaluate(values).tolist() == [False, True, False]  # type: ignore[union-attr]
    assert Expression.parse("0.5 < a <= 0.7 or d == 2").evaluate(values).tolist() == [False, True, True]  # type: ignore[union-attr]
    assert Expression.parse("c == 0.5").evaluate(values) is True
    assert Expression.parse("a > 1").evaluate({"a": np.zeros(0)}).shape == (0,)  # type: ignore[union-attr]
    with pytest.raises(SpecError, match="equally many, not 'x' 2, 'a' 3"):
        Expression.parse("a > x").evaluate({**values, "x": np.zeros(2)})
    with pytest.raises(SpecError, match="single values, not of arrays: 'a' is one"):
        Expression.parse("a > 1").reasons(values)


def test_the_values_are_not_changed() -> None:
    truths = np.array([True, False])
    result = Expression.parse("b").evaluate({"b": truths})
    assert isinstance(result, np.ndarray)
    result[:] = False
    assert truths.tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("blur.blurred>75 % or duration > 60", [("blur.blurred > 75%", "blur.blurred", 0.82)]),
        ("duplicate or blur.sharp < 0.5", [("duplicate", "duplicate", 1), ("blur.sharp < 0.5", "blur.sharp", 0.18)]),
        ("duplicate and not sound", [("duplicate", "duplicate", 1), ("not sound", "sound", 0)]),
        ("not (blur.sharp > 20%)", [("not (blur.sharp > 20%)", "blur.sharp", 0.18)]),
        ("not (duration < 2 or sound)", [("not (duration < 2)", "duration", 12), ("not sound", "sound", 0)]),
        ("not (duration > 5 and sound)", [("not sound", "sound", 0)]),
        ("not not duplicate", [("duplicate", "duplicate", 1)]),
        ("duplicate or duplicate and duration > 2", [("duplicate", "duplicate", 1), ("duration > 2", "duration", 12)]),
        ("sound and duplicate or 0.2 < character.'Tom Cat' < 50%",
         [('0.2 < character."Tom Cat" < 50%', "character.Tom Cat", 0.3)]),
        ("0.5 < blur.blurred + blur.sharp", [("0.5 < blur.blurred + blur.sharp", "blur.blurred", 1)]),
        ("blur.blurred > blur.sharp", [("blur.blurred > blur.sharp", "blur.blurred", 0.82)]),
        ("1 > 0", [("1 > 0", "", 1)]),
        ("1 / fps > 2 or duplicate", [("duplicate", "duplicate", 1)]),
    ],
)  # fmt: skip
def test_reasons(text: str, reasons: list[tuple[str, str, float]]) -> None:
    found = Expression.parse(text).reasons(VALUES)
    assert [(each.text, each.name) for each in found] == [(text, name) for text, name, _ in reasons]
    assert [each.value for each in found] == pytest.approx([value for _, _, value in reasons])
    assert all(isinstance(each, Reason) for each in found)


def test_equal_where_they_say_the_same() -> None:
    assert Expression.parse("a . b > 1".replace(" . ", ".")) == Expression.parse("(('a'.\"b\">100%))")
    assert Expression.parse("a > 1") != Expression.parse("a >= 1") != Expression.parse("b >= 1")
    assert hash(Expression.parse("a > 50%")) == hash(Expression.parse("a>0.5"))
    assert Expression.parse("  a >\n1 ").text == "a > 1"


NAMES = st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=3).map(".".join).filter(
    lambda name: not set(name) & set("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029")
)  # fmt: skip
NUMBERS = st.one_of(
    st.floats(0, 1e300).map(repr),
    st.integers(0, 99).map(lambda n: f"{n}%"),
    st.sampled_from([".5", "5.", "1e-3", "7 %"]),
)


def _joined(signs: list[str], inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(inner, st.sampled_from(signs), inner).map(lambda three: f"({three[0]}) {three[1]} ({three[2]})")


SUMS = st.recursive(
    NUMBERS | NAMES.map(written_name),
    lambda inner: _joined(["+", "-", "*"], inner) | inner.map(lambda text: f"-({text})"),
    max_leaves=4,
)
CONDITIONS = st.recursive(
    _joined(["<", "<=", ">", ">=", "==", "!="], SUMS) | NAMES.map(written_name),
    lambda inner: _joined(["and", "or"], inner) | inner.map(lambda text: f"not ({text})"),
    max_leaves=5,
)


@given(CONDITIONS)
def test_what_is_written_is_read_as_the_same(text: str) -> None:
    expression = Expression.parse(text)
    plain = str(expression)
    assert Expression.parse(plain) == expression and str(Expression.parse(plain)) == plain
    assert len(plain) <= len(expression.text) + 5 * plain.count("not")
    values = dict.fromkeys(expression.names, True)
    assert Expression.parse(plain).evaluate(values) == expression.evaluate(values)


@given(NAMES)
def test_any_name_can_be_written(name: str) -> None:
    assert Expression.parse(f"{written_name(name)} > 1").names == (name,)


@given(st.text(alphabet="ab.\"'\\<>=!&|()+-*/%0123456789 notrd,é\n", max_size=40) | st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        expression = Expression.parse(text)
    except SpecError as error:
        assert str(error).isprintable()
    else:
        assert Expression.parse(str(expression)) == expression


def _truth(values: dict[str, bool]) -> st.SearchStrategy[tuple[str, bool]]:
    """Conditions with what Python says about them."""
    facts = st.sampled_from(sorted(values)).map(lambda name: (name, values[name]))

    def more(inner: st.SearchStrategy[tuple[str, bool]]) -> st.SearchStrategy[tuple[str, bool]]:
        both = st.tuples(inner, inner)
        return st.one_of(
            both.map(lambda two: (f"({two[0][0]} and {two[1][0]})", two[0][1] and two[1][1])),
            both.map(lambda two: (f"({two[0][0]} or {two[1][0]})", two[0][1] or two[1][1])),
            inner.map(lambda one: (f"(not {one[0]})", not one[1])),
        )

    return st.recursive(facts, more, max_leaves=8)


@given(_truth({"a": True, "b": False, "c": True}))
def test_logic_is_that_of_python_and_reasons_are_sound(pair: tuple[str, bool]) -> None:
    text, expected = pair
    values = {"a": True, "b": False, "c": True}
    expression = Expression.parse(text)
    assert expression.evaluate(values) is expected
    reasons = expression.reasons(values)
    assert bool(reasons) == expected
    # Each is true, and the facts they name suffice: whatever the others were, it would be true.
    assert all(Expression.parse(each.text).evaluate(values) for each in reasons)
    others = set(values) - {each.name for each in reasons}
    if expected:
        assert expression.evaluate({**values, **{name: not values[name] for name in others}}) is True
