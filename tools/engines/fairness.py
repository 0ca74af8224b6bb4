"""Fairness: looks in a whole graph for a run in which a call never returns though the kernel always goes on.

Every run ends up inside one strongly connected component. Weak fairness allows it to stay there exactly if
each action is done in the component, or is impossible in some state of it: if the run that goes round through
all of the component is not fair, no run in it is. A single state counts, as a run in which nothing happens
any more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pcpdrain.codegen.backends.explorer import fair_action

from .explorer import RawGraph


@dataclass(frozen=True)
class Lasso:
    """A run without end: the numbers of the edges to its loop, and of those in it (none: it stops)."""

    stem: tuple[int, ...]
    loop: tuple[int, ...]


def waiting_for_ever(graph: RawGraph, labels: Sequence[str]) -> Lasso | None:
    """A fair run in which some task is in its call for ever, if there is one. Calls must be bounded."""
    walk = _Walk(graph, labels)
    component = walk.components()
    inside = component[walk.sources] == component[walk.targets]
    # With bounded calls no call begins in a loop: who is in one in a state of a component, is so in all.
    wrong = np.zeros(component.max() + 1, bool)
    wrong[component[(graph.states["at"] != 0).any(axis=1)]] = True
    for action in range(walk.actions):
        fair = np.zeros(len(wrong), bool)
        fair[component[walk.rests(action)]] = True
        fair[component[walk.sources[inside & (walk.action == action)]]] = True
        wrong &= fair
    guilty = np.flatnonzero(wrong[component])
    if not len(guilty):
        return None
    start = int(guilty[0])
    everywhere = np.ones(len(walk.sources), bool)
    stem = walk.way(0, np.arange(len(component)) == start, everywhere)
    return Lasso(stem, walk.round(start, inside & (component[walk.sources] == component[start])))


class _Walk:
    """The edges as arrays, in the order of their sources, and the action of each (-1: nobody need do it)."""

    def __init__(self, graph: RawGraph, labels: Sequence[str]) -> None:
        self.states = len(graph.states)
        self.first = graph.first.astype(np.int64)
        self.sources = np.repeat(np.arange(self.states), np.diff(self.first))
        self.targets = graph.targets.astype(np.int64)
        names = [fair_action(label) for label in labels]
        known = sorted(set(names) - {""})
        self.actions = len(known)
        numbers = np.array([known.index(name) if name else -1 for name in names], np.int64)
        self.action = numbers[graph.labels]

    def components(self) -> NDArray[np.int32]:
        """The strongly connected component of each state."""
        from scipy.sparse import csr_array  # the library is slow to load, and most checks do not come here
        from scipy.sparse.csgraph import connected_components

        ones = np.ones(len(self.sources), np.uint8)
        matrix = csr_array((ones, (self.sources, self.targets)), shape=(self.states, self.states))
        found: NDArray[np.int32] = connected_components(matrix, connection="strong")[1]
        return found

    def rests(self, action: int) -> NDArray[np.bool_]:
        """In which states an action is impossible."""
        resting = np.ones(self.states, bool)
        resting[self.sources[self.action == action]] = False
        return resting

    def way(self, start: int, wanted: NDArray[np.bool_], along: NDArray[np.bool_]) -> tuple[int, ...]:
        """A shortest way along such edges to a state that is wanted; there must be one."""
        came_by = {start: -1}
        queue = deque([start])
        while not wanted[queue[0]]:
            state = queue.popleft()
            for edge in range(self.first[state], self.first[state + 1]):
                target = int(self.targets[edge])
                if along[edge] and target not in came_by:
                    came_by[target] = edge
                    queue.append(target)
        back = []
        state = queue[0]
        while came_by[state] >= 0:
            back.append(came_by[state])
            state = int(self.sources[came_by[state]])
        return tuple(back[::-1])

    def round(self, start: int, along: NDArray[np.bool_]) -> tuple[int, ...]:
        """A way along such edges back to its start, in which each action is done or somewhere impossible."""
        loop: list[int] = []
        here = start
        for action in range(self.actions):
            resting = self.rests(action)
            serves = along & ((self.action == action) | resting[self.targets])
            if resting[start] or serves[loop].any():
                continue
            sources = np.zeros(self.states, bool)
            sources[self.sources[serves]] = True
            loop += self.way(here, sources, along)
            here = int(self.targets[loop[-1]]) if loop else start
            loop.append(next(edge for edge in range(self.first[here], self.first[here + 1]) if serves[edge]))
            here = int(self.targets[loop[-1]])
        return (*loop, *self.way(here, np.arange(self.states) == start, along))
