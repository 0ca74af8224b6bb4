"""Path names tell situation, event and effect of the last step, and are made of content alone."""

from pcpdrain.codegen.backends.path_names import path_name
from pcpdrain.codegen.graph import LabelledGraph, Value, canonical_graph

VARIABLES = ["at", "irq_at", "awaiting", "x.cpu", "pcp"]


def graph(more: dict[int, tuple[Value, ...]] | None = None) -> LabelledGraph:
    states: dict[int, tuple[Value, ...]] = {
        0: (("idle",), ("idle", "idle"), (frozenset(),), (-1,), ((0, 0), (0, 0))),
        1: (("smp.wait_call",), ("idle", "ack"), (frozenset({1}),), (1,), ((0, 0), (0, 0))),
        2: (("smp.wait_call",), ("idle", "idle"), (frozenset(),), (-1,), ((0, 3), (4, 5))),
        **(more or {}),
    }
    edges = [(0, "d0:call", 1), (1, "c1:ack", 2), (2, "d0:smp.wait_call", 0), (0, "c0:nothing", 0)]
    return canonical_graph(VARIABLES, 0, states, [*edges, *((0, f"c0:to {key}", key) for key in more or {})])


def test_situation_event_and_effect() -> None:
    name = path_name(graph(), ["d0:call", "c1:ack"])
    told, _, digest = name.rpartition(" - ")
    assert told == "d0 at wait_call, c1 at ack - c1 ack - awaiting.0={} pcp.0.1=3 pcp.1.0=4 ..."
    assert len(digest) == 8


def test_nobody_anywhere_and_nothing_changed() -> None:
    assert path_name(graph(), ["c0:nothing"]).startswith("all idle - c0 nothing - nothing else - ")


def test_the_routine_is_left_out_of_the_event() -> None:
    assert " - d0 wait_call - " in path_name(graph(), ["d0:call", "c1:ack", "d0:smp.wait_call"])


def test_a_name_stays_when_other_states_come() -> None:
    more: dict[int, tuple[Value, ...]] = {
        3: (("else",), ("idle", "idle"), (frozenset(),), (0,), ((9, 9), (9, 9)))
    }
    assert path_name(graph(), ["d0:call", "c1:ack"]) == path_name(graph(more), ["d0:call", "c1:ack"])


def test_two_ways_to_the_same_step_have_two_names() -> None:
    assert path_name(graph(), ["c0:nothing", "d0:call"]) != path_name(graph(), ["d0:call"])


def test_where_nothing_can_happen_the_start_is_compared() -> None:
    assert path_name(graph(), []) == "at the start - nothing can happen"
