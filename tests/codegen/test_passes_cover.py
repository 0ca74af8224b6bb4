"""The cover: every transition is taken, by paths that exist, in not many more steps than needed."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from pcpdrain.codegen.graph import LabelledGraph, canonical_graph
from pcpdrain.codegen.passes.cover import cover

Edges = list[tuple[int, str, int]]


def graph_of(edges: Edges) -> LabelledGraph:
    numbers = {0} | {state for source, _, target in edges for state in (source, target)}
    return canonical_graph(["n"], 0, {number: (number,) for number in numbers}, edges)


def taken(graph: LabelledGraph, paths: Sequence[Sequence[str]]) -> set[tuple[int, str]]:
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
def graphs(draw: st.DrawFn, most_states: int = 12, most_others: int = 25) -> LabelledGraph:
    """Graphs in which every state can be reached, some of them with dead ends and parallel transitions."""
    size = draw(st.integers(1, most_states))
    tree = [(draw(st.integers(0, state - 1)), f"t{state}", state) for state in range(1, size)]
    numbers = st.integers(0, size - 1)
    more = draw(st.lists(st.tuples(numbers, numbers), max_size=most_others))
    return graph_of([*tree, *((source, f"x{n}", target) for n, (source, target) in enumerate(more))])


def shortest_way(graph: LabelledGraph) -> int:
    """How far the farthest state is."""
    far, seen = 0, {0: 0}
    queue = [0]
    for state in queue:  # grows as it is walked
        for target in graph.edges[state].values():
            if target not in seen:
                seen[target] = far = seen[state] + 1
                queue.append(target)
    return far


def fewest_steps(graph: LabelledGraph) -> int:
    """The bound, by search: the cheapest walk with free ways back that has taken everything."""
    wanted = sorted(everything(graph))
    bit = {transition: 1 << number for number, transition in enumerate(wanted)}
    layer, seen, steps = {(0, 0)}, {(0, 0)}, 0
    while not any(done == (1 << len(wanted)) - 1 for _, done in layer):
        layer = {
            (target, done | bit[state, label])
            for at, done in layer
            for state in {at, 0}
            for label, target in graph.edges[state].items()
        } - seen
        seen |= layer
        steps += 1
    return steps


@given(graphs(), st.integers(1, 40))
def test_every_transition_is_taken(graph: LabelledGraph, max_length: int) -> None:
    found = cover(graph, max_length)
    assert taken(graph, found.paths) == everything(graph)
    assert found.bound >= graph.transitions
    assert all(len(path) <= max(max_length, shortest_way(graph) + 1) for path in found.paths)


@given(graphs())
def test_without_cuts_there_are_no_more_steps_than_the_bound(graph: LabelledGraph) -> None:
    found = cover(graph, 10_000)
    assert found.steps == found.bound


@given(graphs(most_states=4, most_others=4))
def test_the_bound_is_the_fewest_steps_that_a_search_finds(graph: LabelledGraph) -> None:
    assert cover(graph, 10_000).bound == fewest_steps(graph)


def test_a_ring_is_one_path_of_its_own_length() -> None:
    graph = graph_of([(n, "go", (n + 1) % 5) for n in range(5)])
    assert cover(graph, 100).paths == (("go",) * 5,)


def test_parallel_transitions_count_apart() -> None:
    graph = graph_of([(0, "left", 1), (0, "right", 1), (1, "back", 0)])
    found = cover(graph, 100)
    assert taken(graph, found.paths) == {(0, "left"), (0, "right"), (1, "back")}
    assert found.steps == 3  # left back right, and nothing again


def test_a_dead_end_ends_a_path() -> None:
    graph = graph_of([(0, "fall", 1), (0, "stay", 0)])
    assert cover(graph, 100).paths == (("stay", "fall"),)


def test_a_long_tour_is_cut() -> None:
    graph = graph_of([(n, "go", (n + 1) % 50) for n in range(50)])
    found = cover(graph, 20)
    assert len(found.paths) > 1
    assert found.steps > found.bound == 50
    assert taken(graph, found.paths) == everything(graph)


def test_nothing_to_take_needs_no_path() -> None:
    assert cover(graph_of([]), 10).paths == ()
