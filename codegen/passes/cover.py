"""Cover: labelled graph => paths from the initial state that together take every transition.

Greedy: walk on over transitions not yet taken; where there is none, go the shortest way to the nearest state that has one; end the path
when it is long enough. Parallel transitions count apart.
"""

from __future__ import annotations

from collections import deque

from ..graph import LabelledGraph

Path = list[str]


def cover(graph: LabelledGraph, max_length: int) -> list[Path]:
    """Paths of about `max_length` labels (a path is only left once it took something new)."""
    left = [list(out) for out in graph.edges]  # sorted labels, taken from the end
    remaining = graph.transitions
    paths: list[Path] = []
    ways = _shortest_ways(graph)
    frontier = deque(range(len(graph.states)))
    while remaining:
        while not left[frontier[0]]:
            frontier.popleft()
        path = _way_to(graph, ways, frontier[0])
        state = frontier[0]
        while True:
            while left[state]:
                label = left[state].pop()
                remaining -= 1
                path.append(label)
                state = graph.edges[state][label]
            if not remaining or len(path) >= max_length:
                break
            detour = _nearest(graph, left, state, max_length - len(path))
            if detour is None:
                break
            for label in detour:
                path.append(label)
                state = graph.edges[state][label]
        paths.append(path)
    return paths


def _shortest_ways(graph: LabelledGraph) -> list[tuple[int, str] | None]:
    """For each state, the state and label before it on a shortest way from the initial one."""
    before: list[tuple[int, str] | None] = [None] * len(graph.states)
    seen = {0}
    queue = deque([0])
    while queue:
        state = queue.popleft()
        for label, target in graph.edges[state].items():
            if target not in seen:
                seen.add(target)
                before[target] = (state, label)
                queue.append(target)
    return before


def _way_to(graph: LabelledGraph, ways: list[tuple[int, str] | None], state: int) -> Path:
    path: Path = []
    step = ways[state]
    while step is not None:
        path.append(step[1])
        step = ways[step[0]]
    return path[::-1]


def _nearest(graph: LabelledGraph, left: list[list[str]], start: int, limit: int) -> Path | None:
    """The shortest way to a state with something left, or None when there is none within `limit` steps."""
    before: dict[int, tuple[int, str] | None] = {start: None}
    queue = deque([(start, 0)])
    while queue:
        state, distance = queue.popleft()
        if left[state]:
            path: Path = []
            step = before[state]
            while step is not None:
                path.append(step[1])
                step = before[step[0]]
            return path[::-1]
        if distance == limit:
            continue
        for label, target in graph.edges[state].items():
            if target not in before:
                before[target] = (state, label)
                queue.append((target, distance + 1))
    return None
