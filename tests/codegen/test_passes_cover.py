"""The cover: every transition is taken, by paths that exist, in not many more steps than needed."""

from hypothesis import given
from hypothesis import strategies as st

from pcpdrain.codegen.graph import LabelledGraph, canonical_graph
from pcpdrain.codegen.passes.cover import cover

Edges = list[tuple[int, str, int]]


def graph_of(edges: Edges) -> LabelledGraph:
    numbers = {0} | {state for source, _, target in edges for state in (source, target)}
    return canonical_graph(["n"], 0, {number: (number,) for number in numbers}, edges)


def taken(graph: LabelledGraph, paths: list[list[str]]) -> set[tuple[int, str]]:
    """The transitions on the paths; a label that is not enabled is a KeyError."""
    found = set()
    for path in paths:
        state = 0
        for label in path:
            found.add((state, label))
            state = graph.edges[state][label]
    return found


def everything(graph: LabelledGraph) -> set[tuple[int, str]]:
    return {(state, label) for state, out in enumerate(graph.edges) for label in out}


@st.composite
def graphs(draw: st.DrawFn) -> LabelledGraph:
    """Graphs in which every state can be reached, some of them with dead ends and parallel transitions."""
    size = draw(st.integers(1, 12))
    tree = [(draw(st.integers(0, state - 1)), f"t{state}", state) for state in range(1, size)]
    more = draw(st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=25))
    return graph_of([*tree, *((source, f"x{n}", target) for n, (source, target) in enumerate(more))])


@given(graphs(), st.integers(1, 40))
def test_every_transition_is_taken(graph: LabelledGraph, max_length: int) -> None:
    assert taken(graph, cover(graph, max_length)) == everything(graph)


def test_a_ring_is_one_path_of_its_own_length() -> None:
    graph = graph_of([(n, "go", (n + 1) % 5) for n in range(5)])
    assert cover(graph, 100) == [["go"] * 5]


def test_parallel_transitions_count_apart() -> None:
    graph = graph_of([(0, "left", 1), (0, "right", 1), (1, "back", 0)])
    paths = cover(graph, 100)
    assert taken(graph, paths) == {(0, "left"), (0, "right"), (1, "back")}
    assert sum(map(len, paths)) == 3  # left back right, and nothing again


def test_a_dead_end_ends_a_path() -> None:
    graph = graph_of([(0, "fall", 1), (0, "stay", 0)])
    assert sorted(cover(graph, 100)) in ([["fall"], ["stay"]], [["stay", "fall"]])


def test_a_long_tour_is_cut() -> None:
    graph = graph_of([(n, "go", (n + 1) % 50) for n in range(50)])
    paths = cover(graph, 20)
    assert len(paths) > 1
    assert taken(graph, paths) == everything(graph)


def test_nothing_to_take_needs_no_path() -> None:
    assert cover(graph_of([]), 10) == []
