"""The reader of TLA+ values: each form that TLC prints, values of any shape, texts that are not values."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcpdrain.tools.engines.values import Value, ValueSyntaxError, format_value, parse_state, parse_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-1", -1),
        ("TRUE", True),
        ("FALSE", False),
        ('"idle"', "idle"),
        ('""', ""),
        (r'"a\"b\\c\nd"', 'a"b\\c\nd'),
        ("{}", frozenset()),
        ("{0, 2}", frozenset({0, 2})),
        ("0..2", frozenset({0, 1, 2})),
        ("{{}, {1}}", frozenset({frozenset(), frozenset({1})})),
        ("<<>>", ()),
        ("<<0, 1>>", (0, 1)),
        ("{<<0, 1>>, <<1, 0>>}", frozenset({(0, 1), (1, 0)})),
        ("(0 :> -1)", (-1,)),
        ("(0 :> TRUE @@ 1 :> FALSE)", (True, False)),
        ("(1 :> 5 @@ 0 :> 4)", (4, 5)),
        ("(0 :> (0 :> 0 @@ 1 :> 2) @@ 1 :> (0 :> 1 @@ 1 :> 0))", ((0, 2), (1, 0))),
        ("(3 :> 1 @@ 2 :> 0)", ((2, 0), (3, 1))),
        ('("b" :> 1 @@ "a" :> 0)', (("a", 0), ("b", 1))),
        ("(TRUE :> 1 @@ FALSE :> 0)", ((False, 0), (True, 1))),
        ('[pc |-> "x", cpu |-> 0]', (("cpu", 0), ("pc", "x"))),
        ("[a |-> <<1>>]", (("a", (1,)),)),
        ("  {1,\n   2}\n", frozenset({1, 2})),
    ],
)
def test_each_form(text: str, value: Value) -> None:
    assert parse_value(text) == value
    assert type(parse_value(text)) is type(value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "expected a value before the end"),
        ("{1, 2", "expected } before the end"),
        ("<<1 2>>", "expected >> before '2>>', at character 4"),
        ("(0 :> 1", "expected ) before the end"),
        ("(0 1)", "expected :> before '1)'"),
        ("1 2", "expected the value to end before '2'"),
        ("model_value", "expected a value before 'model_value'"),
        ("{1, #}", "no TLA+ value goes on with '#}', at character 4"),
        ('"open', "no TLA+ value goes on with '\"open'"),
        ("0..x", "expected a number before 'x'"),
        ("[1 |-> 2]", "expected a field name before '1 |-> 2]'"),
        ("(0 :> 1 @@ 0 :> 2)", "one argument two values"),
        ("{1,}", "expected a value before '}'"),
    ],
)
def test_what_is_no_value(text: str, problem: str) -> None:
    with pytest.raises(ValueSyntaxError) as caught:
        parse_value(text)
    assert problem in str(caught.value)


def collections(of: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    return st.frozensets(of, max_size=4) | st.lists(of, max_size=4).map(tuple)


VALUES = st.recursive(st.integers(-99, 99) | st.text(max_size=5), collections, max_leaves=12)


@given(VALUES | st.booleans())
def test_what_is_printed_is_read_again(value: Value) -> None:
    assert parse_value(format_value(value)) == value


@given(
    st.dictionaries(st.integers(-9, 9) | st.text(max_size=3), VALUES, min_size=1, max_size=4), st.randoms()
)
def test_a_function_is_the_same_in_any_order(table: dict[int | str, Value], random: object) -> None:
    maplets = [f"{format_value(argument)} :> {format_value(value)}" for argument, value in table.items()]
    read = parse_value(f"({' @@ '.join(maplets)})")
    assert parse_value(f"({' @@ '.join(reversed(maplets))})") == read
    assert isinstance(read, tuple)
    if set(table) == set(range(len(table))):
        assert read == tuple(table[index] for index in range(len(table)))
    else:
        assert dict(read) == table  # type: ignore[arg-type]


@given(st.text('{}<>()[]:@|-.,01"a \n\\', max_size=12))
def test_any_text_is_a_value_or_an_error_of_its_own(text: str) -> None:
    with contextlib.suppress(ValueSyntaxError):
        parse_value(text)


def test_a_state() -> None:
    text = '/\\ online = {0, 1}\n/\\ pcp = (0 :> 0\n  @@ 1 :> 2)\n/\\ at = (0 :> "a = b")\n'
    assert parse_state(text) == {"online": frozenset({0, 1}), "pcp": (0, 2), "at": ("a = b",)}
    assert parse_state("x = 1\n") == {"x": 1}


@pytest.mark.parametrize("text", ["", "TRUE", "junk\n/\\ x = 1", "/\\ x = 1\n/\\ x = 2"])
def test_what_is_no_state(text: str) -> None:
    with pytest.raises(ValueSyntaxError):
        parse_state(text)
