"""Fairness: a run that waits for ever is found exactly where trying all sets of edges finds one."""

from itertools import chain, combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pcpdrain.codegen.backends.explorer import Layout
from pcpdrain.tools.engines.explorer import RawGraph
from pcpdrain.tools.engines.fairness import waiting_for_ever

LABELS = ("d0:a", "d1:b", "c0:take d0", "c0:free z0")
FAIR = LABELS[:3]
"""Nobody need free a page."""

Edge = tuple[int, int, int]


def graph_of(in_call: list[bool], edges: list[Edge]) -> RawGraph:
    states = np.array([((busy,),) for busy in in_call], dtype=[("at", np.uint8, (1,))])
    counts = np.bincount([source for source, _, _ in edges], minlength=len(in_call))
    return RawGraph(
        Layout((), (), (), ()),
        states,
        np.concatenate([[0], np.cumsum(counts)]).astype(np.uint64),
        np.array([label for _, label, _ in edges], np.uint16),
        np.array([target for _, _, target in edges], np.uint32),
    )


def closure(start: int, edges: list[Edge]) -> set[int]:
    reached = {start}
    for _ in edges:
        reached |= {target for source, _, target in edges if source in reached}
    return reached


def is_fair(states: set[int], done: list[Edge], edges: list[Edge]) -> bool:
    """Of a run that goes through these states, and makes these steps, again and again."""
    for number in range(len(FAIR)):
        possible = {source for source, label, _ in edges if label == number}
        if states <= possible and number not in {label for _, label, _ in done}:
            return False
    return True


def waits_for_ever(in_call: list[bool], edges: list[Edge]) -> bool:
    """By trying all sets of edges that a run can make again and again; none: it stays where it is."""
    reached = closure(0, edges)
    for done in chain.from_iterable(combinations(edges, size) for size in range(len(edges) + 1)):
        states = {end for source, _, target in done for end in (source, target)}
        for start in [min(states)] if states else reached:
            around = states or {start}
            strong = all(closure(state, list(done)) >= around for state in around)
            waits = start in reached and strong and any(in_call[state] for state in around)
            if waits and is_fair(around, list(done), edges):
                return True
    return False


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[bool], list[Edge]]:
    """Small graphs; as calls are bounded, being in a call is the same throughout a component.

    States that are not reached have no edges; the explorer has none, so none of them is in a call.
    """
    size = draw(st.integers(1, 4))
    state = st.integers(0, size - 1)
    drawn = draw(st.lists(st.tuples(state, st.integers(0, len(LABELS) - 1), state), max_size=7, unique=True))
    edges = sorted(drawn)
    reached = closure(0, edges)
    edges = [edge for edge in edges if edge[0] in reached]
    drawn_busy = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    busy = [calls and state in reached for state, calls in enumerate(drawn_busy)]
    for first in range(size):
        for second in closure(first, edges):
            if first in closure(second, edges):
                busy[second] = busy[first]
    return busy, edges


@given(graphs())
def test_it_finds_what_there_is(drawn: tuple[list[bool], list[Edge]]) -> None:
    in_call, edges = drawn
    lasso = waiting_for_ever(graph_of(in_call, edges), LABELS)
    assert (lasso is not None) == waits_for_ever(in_call, edges)
    if lasso is None:
        return
    here = 0
    for number in lasso.stem:
        assert edges[number][0] == here
        here = edges[number][2]
    start, seen = here, {here}
    for number in lasso.loop:
        assert edges[number][0] == here
        here = edges[number][2]
        seen.add(here)
    assert here == start
    assert all(in_call[state] for state in seen)
    assert is_fair(seen, [edges[number] for number in lasso.loop], edges)
