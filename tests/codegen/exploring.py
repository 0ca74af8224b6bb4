"""Explore the reference machine: every state that a program can reach, found without any help from the specification."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import cast

from pcpdrain.codegen.graph import LabelledGraph, Value, canonical_graph
from pcpdrain.pcpref.protocol import Implementation

State = tuple[Value, ...]


class TooManyStates(Exception):
    """The scope is not as small as it was thought to be."""


class Exploration:
    """A walk that goes on until each step that is enabled in each state has been made.

    A machine cannot be copied, so from a state with nothing new it walks on to the nearest one that has something.
    """

    def __init__(self, machine: Implementation, variables: Sequence[str], most_states: int) -> None:
        self.machine = machine
        self.variables = variables
        self.most_states = most_states
        self.edges: dict[State, dict[str, State]] = {}
        self.left: dict[State, list[str]] = {}
        machine.reset()
        self.initial = self.here = self.look()

    def look(self) -> State:
        """Where the machine is now; a state that is seen anew is noted with what can be done there."""
        observed = self.machine.observe()
        assert observed.keys() == set(self.variables)
        state = cast("State", tuple(observed[name] for name in self.variables))
        enabled = sorted(self.machine.enabled(), reverse=True)
        if state not in self.left:
            self.left[state] = enabled
            self.edges[state] = {}
            if len(self.left) > self.most_states:
                raise TooManyStates(f"more than {self.most_states}")
        else:
            known = {*self.left[state], *self.edges[state]}
            assert known == set(enabled), f"one state, and other steps are enabled: {known ^ set(enabled)}"
        return state

    def step(self, label: str) -> None:
        self.machine.step(label)
        before, self.here = self.here, self.look()
        known = self.edges[before].setdefault(label, self.here)
        assert known == self.here, f"{label} leads from one state to two"

    def run(self) -> LabelledGraph:
        """The whole graph."""
        while True:
            while self.left[self.here]:
                self.step(self.left[self.here].pop())
            way = self.way_on(self.here)
            if way is None:
                self.machine.reset()
                self.here = self.look()
                assert self.here == self.initial
                way = self.way_on(self.here)
                if way is None:
                    break
            for label in way:
                self.step(label)
        edges = ((state, label, target) for state, out in self.edges.items() for label, target in out.items())
        return canonical_graph(self.variables, self.initial, {state: state for state in self.edges}, edges)

    def way_on(self, start: State) -> list[str] | None:
        """The shortest way to a state with something left to do."""
        before: dict[State, tuple[State, str]] = {}
        queue = deque([start])
        while queue:
            state = queue.popleft()
            if self.left[state]:
                way: list[str] = []
                while state != start:
                    state, label = before[state]
                    way.append(label)
                return way[::-1]
            for label, target in self.edges[state].items():
                if target != start and target not in before:
                    before[target] = (state, label)
                    queue.append(target)
        return None


def explore(machine: Implementation, variables: Sequence[str], most_states: int = 20_000) -> LabelledGraph:
    """The labelled graph of a machine, as `canonical_graph` numbers it."""
    return Exploration(machine, variables, most_states).run()


def differences(specification: LabelledGraph, implementation: LabelledGraph) -> list[str]:
    """What two graphs over the same variables have not in common, the shortest way to it first; empty when they are equal."""
    found: list[str] = []
    pairs: dict[tuple[int, int], list[str]] = {(0, 0): []}
    queue = deque(pairs)
    while queue and not found:
        pair = queue.popleft()
        way = " ".join(pairs[pair]) or "at the start"
        mine, theirs = specification.states[pair[0]], implementation.states[pair[1]]
        for name, left, right in zip(specification.variables, mine, theirs, strict=True):
            if left != right:
                found.append(f"{way}: {name}: specification {left}, implementation {right}")
        outs = specification.edges[pair[0]], implementation.edges[pair[1]]
        found.extend(f"{way}: {label}: only in the specification" for label in sorted(outs[0].keys() - outs[1].keys()))
        found.extend(f"{way}: {label}: only in the implementation" for label in sorted(outs[1].keys() - outs[0].keys()))
        for label in sorted(outs[0].keys() & outs[1].keys()):
            following = outs[0][label], outs[1][label]
            if following not in pairs:
                pairs[following] = [*pairs[pair], label]
                queue.append(following)
    if not found and specification != implementation:
        found.append("the same behaviour in another order")
    return found
