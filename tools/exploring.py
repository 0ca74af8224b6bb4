"""Exploring: every reachable state of an implementation, found without the specification's help."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import cast

from pcpdrain.codegen.graph import LabelledGraph, Value, canonical_graph
from pcpdrain.pcpref.protocol import Implementation

NEARBY = 200
"""How many states to look at for a way to something new, before the machine is reset."""


class TooManyStates(Exception):
    """There are more states than asked for."""


class HiddenState(Exception):
    """What is observed does not determine what comes next."""


class Exploration:
    """A walk that goes on until each step that is enabled in each state has been made.

    A machine cannot be copied, so from a state with nothing new it walks on to one nearby that has something,
    or begins again and walks to the first that has. States are numbered as they are found.
    """

    def __init__(self, machine: Implementation, variables: Sequence[str], most_states: int) -> None:
        self.machine = machine
        self.variables = variables
        self.most_states = most_states
        self.numbers: dict[tuple[Value, ...], int] = {}
        self.edges: list[dict[str, int]] = []
        self.left: list[list[str]] = []
        self.ways: list[list[str]] = []
        machine.reset()
        self.here = self.look([])

    def look(self, way: list[str]) -> int:
        """Where the machine is now; a state that is seen anew is noted with what can be done there."""
        observed = self.machine.observe()
        state = cast("tuple[Value, ...]", tuple(observed[name] for name in self.variables))
        enabled = self.machine.enabled()
        number = self.numbers.setdefault(state, len(self.left))
        if number == len(self.left):
            self.left.append(sorted(enabled, reverse=True))
            self.edges.append({})
            self.ways.append(way)
            if len(self.left) > self.most_states:
                raise TooManyStates(f"more than {self.most_states}")
        else:
            known = {*self.left[number], *self.edges[number]}
            if known != enabled:
                raise HiddenState(f"one state, and other steps are enabled: {sorted(known ^ enabled)}")
        return number

    def step(self, label: str) -> None:
        """Make a step, and note where it leads."""
        self.machine.step(label)
        before = self.here
        self.here = self.look([*self.ways[before], label])
        if label not in self.edges[before]:  # only now: the step may have led back to where it began
            self.left[before].remove(label)
        if self.edges[before].setdefault(label, self.here) != self.here:
            raise HiddenState(f"{label} leads from one state to two")

    def run(self) -> LabelledGraph:
        """The whole graph."""
        unfinished = 0
        while True:
            while self.left[self.here]:
                self.step(self.left[self.here][-1])
            way = self.nearby()
            if way is None:
                while unfinished < len(self.left) and not self.left[unfinished]:
                    unfinished += 1
                if unfinished == len(self.left):
                    break
                self.machine.reset()
                self.here = self.look([])
                if self.here != 0:
                    raise HiddenState("a reset does not lead to the initial state")
                way = self.ways[unfinished]
            for label in way:
                self.step(label)
        return canonical_graph(
            self.variables,
            0,
            {number: state for state, number in self.numbers.items()},
            ((number, *edge) for number, out in enumerate(self.edges) for edge in out.items()),
        )

    def nearby(self) -> list[str] | None:
        """A shortest way to a state with something left to do, if there is one near."""
        ways: dict[int, list[str]] = {self.here: []}
        queue = deque(ways)
        while queue and len(ways) < NEARBY:
            number = queue.popleft()
            for label, target in self.edges[number].items():
                if target not in ways:
                    ways[target] = [*ways[number], label]
                    if self.left[target]:
                        return ways[target]
                    queue.append(target)
        return None


def explore(machine: Implementation, variables: Sequence[str], most_states: int = 3000) -> LabelledGraph:
    """The labelled graph of a machine in these variables, as `canonical_graph` numbers it.

    Raises:
        TooManyStates: there are more than `most_states`.
        HiddenState: these variables do not say all of the state.
    """
    return Exploration(machine, variables, most_states).run()
