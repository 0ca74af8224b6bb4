"""Canonical graphs: the same whoever numbered the states, and refused when a label is ambiguous."""

import pytest

from pcpdrain.codegen.graph import GraphError, LabelledGraph, canonical_graph, differences


def test_the_numbers_of_the_maker_do_not_matter() -> None:
    first = canonical_graph(["v"], 7, {7: (0,), 9: (1,), 3: (2,)}, [(7, "b", 3), (7, "a", 9), (3, "c", 7)])
    second = canonical_graph(["v"], 1, {1: (0,), 2: (1,), 3: (2,)}, [(3, "c", 1), (1, "a", 2), (1, "b", 3)])
    assert first == second
    assert first.states == ((0,), (1,), (2,))
    assert first.edges == ({"a": 1, "b": 2}, {}, {"c": 0})
    assert first.transitions == 3


def test_an_edge_that_is_listed_twice_is_one() -> None:
    graph = canonical_graph(["v"], 0, {0: (0,), 1: (1,)}, [(0, "a", 1), (0, "a", 1)])
    assert graph.transitions == 1


def test_a_label_that_leads_to_two_states_is_refused() -> None:
    with pytest.raises(GraphError, match="a leads from one state to two"):
        canonical_graph(["v"], 0, {0: (0,), 1: (1,)}, [(0, "a", 1), (0, "a", 0)])


def test_a_state_that_cannot_be_reached_is_left_out() -> None:
    graph = canonical_graph(["v"], 0, {0: (0,), 1: (1,)}, [(1, "a", 0)])
    assert graph.states == ((0,),)


SPECIFICATION = canonical_graph(["v", "w"], 0, {0: (0, 5), 1: (1, 5)}, [(0, "a", 1), (1, "b", 0)])


def test_some_variables_in_another_order() -> None:
    assert SPECIFICATION.of(["w", "v"]).states == ((5, 0), (5, 1))
    assert SPECIFICATION.of(["v"]).edges == SPECIFICATION.edges


def test_states_that_differ_in_nothing_else_become_one() -> None:
    merged = SPECIFICATION.merged(["w"])
    assert merged.states == ((5,),)
    assert merged.edges == ({"a": 0, "b": 0},)


def test_states_that_behave_differently_are_not_merged() -> None:
    states = {0: (0, 0), 1: (0, 1), 2: (1, 1)}
    graph = canonical_graph(["v", "w"], 0, states, [(0, "a", 1), (1, "a", 2)])
    with pytest.raises(GraphError, match="a leads from one state to two"):
        graph.merged(["v"])


@pytest.mark.parametrize(
    ("states", "edges", "found"),
    [
        ({0: (0, 5), 1: (1, 5)}, [(0, "a", 1), (1, "b", 0)], []),
        ({0: (0, 5), 1: (2, 5)}, [(0, "a", 1), (1, "b", 0)], ["a: v: specification 1, other 2"]),
        ({0: (0, 5), 1: (1, 5)}, [(0, "a", 1)], ["a: b: only in the specification"]),
        (
            {0: (0, 5), 1: (1, 5)},
            [(0, "a", 1), (0, "c", 1), (1, "b", 0)],
            ["at the start: c: only in the other"],
        ),
        (
            {0: (0, 5), 1: (1, 5), 2: (0, 5)},
            [(0, "a", 1), (1, "b", 2), (2, "a", 1)],
            ["the same behaviour, in other states or in another order"],
        ),
    ],
)  # fmt: skip
def test_the_first_difference_is_told_with_the_way_there(
    states: dict[int, tuple[int, int]], edges: list[tuple[int, str, int]], found: list[str]
) -> None:
    other: LabelledGraph = canonical_graph(["v", "w"], 0, states, edges)
    assert differences(SPECIFICATION, other, "other") == found
