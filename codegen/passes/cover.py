"""Cover: labelled graph => paths from the initial state that together take every transition.

Parallel transitions count apart. This is the route inspection problem on a directed graph. Every
transition is taken at least once, and a walk may go back to the initial state at any time, which ends one
path and begins another; how often each transition must be repeated is a minimum-cost flow. The balanced graph
then has an Euler tour, which is cut into paths where it goes back, and where a path becomes too long.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..graph import LabelledGraph

Path = list[str]
_Exits = list[list[tuple[str, int]]]

_BACK = ""
"""Not a label: back to the initial state, that is, a new path."""

_STEP, _WAY_BACK = 2, 1
"""What they cost; see `_flow`."""


class CoverError(Exception):
    """The flow was not found; the message is the solver's."""


@dataclass(frozen=True)
class Cover:
    """Paths that take every transition, and how few steps any such paths could have."""

    paths: tuple[tuple[str, ...], ...]
    """The labels of each path. It begins in the initial state, and its last step is on no earlier path."""
    bound: int
    """The fewest steps (labels) that any number of paths of any length need in all to take every transition.

    Lead the end of each path back to the initial state, for nothing: then every state is left as often as it
    is entered, so the paths are a flow that takes each transition at least once. The cheapest such flow, with
    each label at cost 1 and each way back at cost 0, has thus no more steps than they. It is also attained:
    all states are reached from the initial one, so the flow is connected and has an Euler tour.
    """

    @property
    def steps(self) -> int:
        """The steps of all paths together."""
        return sum(map(len, self.paths))


def cover(graph: LabelledGraph, max_length: int) -> Cover:
    """Paths of at most `max_length` labels, or of the shortest way to one transition where that is longer.

    But for the cuts that the length makes they have the fewest steps possible; and of the covers with so few
    steps this is one with the fewest paths.
    """
    if not graph.transitions:
        return Cover((), 0)
    exits = _balanced(graph)
    bound = sum(label != _BACK for out in exits for label, _ in out)
    return Cover(tuple(map(tuple, _cut(graph, _euler_tour(exits), max_length))), bound)


def _balanced(graph: LabelledGraph) -> _Exits:
    """Each state's transitions, repeated so that every state is left as often as it is entered."""
    transitions = [
        (state, label, target) for state, out in enumerate(graph.edges) for label, target in out.items()
    ]
    more, back = _flow(len(graph.states), [(source, target) for source, _, target in transitions])
    exits: _Exits = [[] for _ in graph.states]
    for (source, label, target), count in zip(transitions, more, strict=True):
        exits[source].extend([(label, target)] * (1 + count))
    for source, count in enumerate(back):
        exits[source].extend([(_BACK, 0)] * count)
    return exits


def _flow(states: int, edges: Sequence[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """How often to take each edge once more, and each state's way back, so that all balances cheaply.

    A way back costs half of a step. So there are as few steps as can be, and then as few ways back: could a
    flow be made one step shorter, then by a round, taken forward or backward, that comes through the initial
    state once, with at most one way back more; that is cheaper, too.

    Raises:
        CoverError: the solver found none.
    """
    from ortools.graph.python.min_cost_flow import SimpleMinCostFlow  # only for those who want a cover

    ends = np.array(edges, np.int32).reshape(-1, 2)
    others = np.arange(1, states, dtype=np.int32)
    sources, targets = np.concatenate([ends, np.column_stack([others, np.zeros_like(others)])]).T
    # Each edge is taken once: what this leaves unbalanced is for the flow to bring where it is missing.
    supplies = np.bincount(ends[:, 1], minlength=states) - np.bincount(ends[:, 0], minlength=states)
    enough = np.full(len(sources), max(1, int(supplies.clip(0).sum())))
    costs = np.repeat([_STEP, _WAY_BACK], [len(ends), len(others)])
    solver = SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(sources, targets, enough, costs)
    solver.set_nodes_supplies(np.arange(states), supplies)
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise CoverError(f"no flow covers the graph: {status.name}")
    flow: list[int] = solver.flows(arcs).tolist()
    return flow[: len(ends)], [0, *flow[len(ends) :]]


def _euler_tour(exits: _Exits) -> Path:
    """The labels of a tour from the initial state that takes each exit once (Hierholzer's algorithm)."""
    stack: list[tuple[str, int]] = [(_BACK, 0)]
    tour: Path = []
    while stack:
        _, state = stack[-1]
        if exits[state]:
            stack.append(exits[state].pop())
        else:
            tour.append(stack.pop()[0])
    return tour[-2::-1]  # the other way round, without the start


def _cut(graph: LabelledGraph, tour: Path, max_length: int) -> Iterator[Path]:
    """The tour as paths, each from its first new transition (by a shortest way) to its last."""
    ways = _ways_in(graph)
    taken: list[set[str]] = [set() for _ in graph.states]
    path: Path = []
    state, useful = 0, 0
    for label in [*tour, _BACK]:
        if label == _BACK or len(path) >= max_length:
            if useful:
                yield path[:useful]
            path, useful = [], 0
        if label == _BACK:
            state = 0
            continue
        if label not in taken[state]:
            if not path:
                path = list(ways[state])
                _take(graph, path, taken)
            taken[state].add(label)
            path.append(label)
            useful = len(path)
        elif path:
            path.append(label)
        state = graph.edges[state][label]


def _take(graph: LabelledGraph, path: Path, taken: list[set[str]]) -> None:
    """Add the transitions of a path to those that are taken."""
    state = 0
    for label in path:
        taken[state].add(label)
        state = graph.edges[state][label]


def _ways_in(graph: LabelledGraph) -> list[Path]:
    """For each state the labels of a shortest way from the initial one."""
    ways: list[Path] = [[] for _ in graph.states]
    seen = {0}
    queue = deque([0])
    while queue:
        state = queue.popleft()
        for label, target in graph.edges[state].items():
            if target not in seen:
                seen.add(target)
                ways[target] = [*ways[state], label]
                queue.append(target)
    return ways
