"""Types: what the modules say of their variables, which values conform, and how these are written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcpdrain.codegen.backends.tla.types import (
    Function,
    Scalar,
    SetOf,
    Tuple,
    Type,
    conforms,
    literal,
    parse_type,
    places,
    typed_variables,
)
from pcpdrain.tools.engines.values import parse_value
from tests.codegen.compiling import TINY, VARIANTS, compiled, machine

INT, BOOL, STR = Scalar("Int"), Scalar("Bool"), Scalar("Str")
SPINLOCK = compiled(next(path for path in VARIANTS if path.stem == "clear_then_set_spinlock"))


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        ("Int", INT),
        ("Int -> (Int -> Int)", Function(Function(INT))),
        ("Int -> Int -> Bool", Function(Function(BOOL))),
        ("Int -> Set(<<Int, Str>>)", Function(SetOf(Tuple((INT, STR))))),
    ],
)
def test_an_annotation_is_read(annotation: str, kind: Type) -> None:
    assert parse_type(annotation) == kind


@pytest.mark.parametrize("annotation", ["", "Seq(Int)", "Set(Int", "Int Int", "<<Int", "-> Int", "$frame"])
def test_an_annotation_of_another_form_is_an_error(annotation: str) -> None:
    with pytest.raises(ValueError, match="type"):
        parse_type(annotation)


@pytest.mark.parametrize("path", VARIANTS, ids=lambda path: path.stem)
def test_every_variable_is_there_and_its_first_value_conforms(path: Any) -> None:
    program = compiled(path)
    types = {variable.key: variable.type for variable in typed_variables(program)}
    observed = machine(program, TINY).observe()
    assert types.keys() == observed.keys()
    assert [key for key, value in observed.items() if not conforms(value, types[key])] == []


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, INT),
        (1, BOOL),
        (2**31, INT),
        ("idle", INT),
        (1, STR),
        ("bell \a", STR),
        ("größe", STR),
        ((1, True), Function(INT)),
        (frozenset({(1,)}), SetOf(Tuple((INT, INT)))),
        ((1, 2), SetOf(INT)),
        (1.0, INT),
        (None, INT),
    ],
)
def test_a_value_of_another_type_does_not_conform(value: object, kind: Type) -> None:
    assert not conforms(value, kind)


def values(kind: Type) -> st.SearchStrategy[Any]:
    match kind:
        case Scalar("Int"):
            return st.integers(-(2**31) + 1, 2**31 - 1)
        case Scalar("Bool"):
            return st.booleans()
        case Scalar():
            return st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=5)
        case SetOf(member):
            return st.frozensets(values(member), max_size=3)
        case Function(result):
            return st.lists(values(result), max_size=3).map(tuple)
        case Tuple(parts):
            return st.tuples(*map(values, parts))


KINDS = st.recursive(
    st.sampled_from([INT, BOOL, STR]),
    lambda inner: inner.map(SetOf) | inner.map(Function) | st.tuples(inner, inner).map(Tuple),
    max_leaves=4,
)


@given(st.data())
def test_a_literal_means_its_value(data: st.DataObject) -> None:
    kind = data.draw(KINDS)
    value = data.draw(values(kind))
    assert conforms(value, kind)
    assert parse_value(literal(value, kind)) == value


def test_places_are_variables_and_their_elements_in_order_of_declaration() -> None:
    keys = ["drain_lock", "pcp[1][0]", "at", "pcp", "online", "pcp[0]", "irq.drain_local_pages.zone[1]"]
    found = places(SPINLOCK, keys)
    assert list(found) == [
        "online", "pcp", "pcp[0]", "pcp[1][0]", "at", "drain_lock", "irq.drain_local_pages.zone[1]",
    ]  # fmt: skip
    assert found["pcp[0]"].type == Function(INT)
    assert found["pcp[1][0]"].type == INT
    assert found["pcp[1][0]"].value("'") == "pcp'[1][0]"
    assert found["irq.drain_local_pages.zone[1]"].value() == "irq__drain_local_pages__zone[1]"
    assert len({place.name for place in found.values()}) == len(keys)


@pytest.mark.parametrize(
    "key", ["", "pcpp", "pcp[0][1][2]", "online[0]", "pcp[-1]", "pcp[0", "pcp [0]", "cpu"]
)
def test_what_names_no_place_is_none(key: str) -> None:
    assert places(SPINLOCK, [key]) == {}
