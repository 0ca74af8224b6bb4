"""Graphs: the whole state graph of a variant at a small scope, as the explorer page reads it."""

from __future__ import annotations

from typing import Any

from pcpdrain.codegen.graph import LabelledGraph
from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.pipeline import compile_source
from pcpdrain.codegen.properties import GHOSTS, PROPERTIES, does_not_apply
from pcpdrain.codegen.scopes import Scope
from pcpdrain.codegen.source import Source
from pcpdrain.pcpref.errors import PcprefError
from pcpdrain.pcpref.machine import Machine

from ..exploring import TooManyStates, explore
from ..guarding import Guarding
from ..links import DIGITS
from ..replay import machine_scope, reference_class
from ..review import bounds
from ..timeline import row
from ..traces import Trace
from ..words import Teller
from .rendering import script
from .rows import ordered, row_data, shown, sources

SCOPES = ("solo_once", "solo", "racing_once")
"""The scopes that the explorer can have: one caller once, one caller with two zones, two callers."""

WATCHED_GHOSTS = ("owes",)
"""The ghosts that are part of an explored state: each more would multiply the states."""


def watched(program: Program, scope: Scope) -> list[str]:
    """The properties that can be judged in each explored state: those that need no other ghosts."""
    return [
        name
        for name, known in PROPERTIES.items()
        if set(known.ghosts) <= set(WATCHED_GHOSTS)
        and not known.temporal
        and not does_not_apply(name, program, scope)
    ]


class _Judging(Machine):
    """A reference machine that keeps which watched properties each state violates that it shows."""

    def __init__(self, program: Program, scope: Scope) -> None:
        super().__init__(machine_scope(scope), reference_class(program))
        hidden = set(GHOSTS) - set(WATCHED_GHOSTS)
        self.names = ordered(program, (name for name in super().observe() if name not in hidden))
        self.judged: dict[tuple[object, ...], list[str]] = {}
        self._watched = watched(program, scope)

    def observe(self) -> dict[str, object]:
        """The state; it is judged when it is seen for the first time."""
        state = super().observe()
        key = tuple(state[name] for name in self.names)
        if key not in self.judged:
            violated = self.violations()
            self.judged[key] = [name for name in self._watched if name in violated]
        return state


def graph_script(source: Source, scope: Scope, most_states: int) -> tuple[str, str]:
    """The data of a graph, or an empty text and why there is none."""
    program = compile_source(source).program
    machine = _Judging(program, scope)
    try:
        graph = explore(machine, machine.names, most_states)
    except TooManyStates:
        return "", f"more than {most_states:,} states"
    except PcprefError as error:
        return "", f"the reference machine breaks down: {error}"
    violations = [machine.judged[state] for state in graph.states]
    data = _Packed(program, scope, graph, violations).data()
    return script(f"graphs/{program.name}-{scope.name}", data), ""


class _Table:
    """Values that occur often, each kept once."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._numbers: dict[str, int] = {}

    def number(self, item: Any) -> int:
        key = repr(item)
        if key not in self._numbers:
            self._numbers[key] = len(self.items)
            self.items.append(item)
        return self._numbers[key]


class _Packed:
    """A graph with everything that the page says of its states and steps, each distinct thing once."""

    def __init__(
        self, program: Program, scope: Scope, graph: LabelledGraph, violations: list[list[str]]
    ) -> None:
        self._program, self._scope, self._graph, self._violations = program, scope, graph, violations
        self._guarding = Guarding(program, scope)
        self._teller = Teller(program, scope.drainers)
        self._run = Trace(program.name, program.source, scope, "", "pcpref", (), ({},))

    def data(self) -> dict[str, Any]:
        """The graph as plain data."""
        rows, refusals, reasons, verdicts = _Table(), _Table(), _Table(), _Table()
        columns = [_Table() for _ in self._graph.variables]
        states, edges, disabled = [], [], []
        named = [dict(zip(self._graph.variables, state, strict=True)) for state in self._graph.states]
        for state, out in zip(named, self._graph.edges, strict=True):
            texts = zip(columns, state.values(), strict=True)
            states.append([column.number(shown(value)) for column, value in texts])
            steps = []
            for label, target in out.items():
                drawn = row(self._teller, self._run, label, state, named[target])
                steps += [target, rows.number(row_data(drawn))]
            edges.append(steps)
            disabled.append(refusals.number(self._refused(state, out, reasons)))
        return {
            "variant": self._program.name,
            "scope": self._scope.name,
            "bounds": bounds(self._scope),
            "digest": self._program.source.digest[:DIGITS],
            "lanes": [self._teller.lane(cpu) for cpu in range(self._scope.cpus)],
            "homes": list(self._scope.drainers),
            "variables": list(self._graph.variables),
            "values": [column.items for column in columns],
            "states": states,
            "edges": edges,
            "rows": rows.items,
            "disabled": disabled,
            "refusals": refusals.items,
            "reasons": reasons.items,
            "properties": watched(self._program, self._scope),
            "violated": [verdicts.number(names) for names in self._violations],
            "verdicts": verdicts.items,
            "sources": sources(self._program),
        }

    def _refused(self, state: dict[str, Any], out: dict[str, int], reasons: _Table) -> list[list[Any]]:
        """The steps that could come next by their place in the program, or by anybody, and cannot: and why.

        Of a step elsewhere in the program there is nothing to say but that its task is not there.
        """
        found = []
        for label in self._guarding.labels:
            failing = self._guarding.failing(label, state)
            if (failing is None) != (label in out):
                raise AssertionError(f"the specification and the reference machine disagree on {label}")
            if failing is not None and not failing.is_position:
                found.append([label, reasons.number(self._guarding.words(failing, state))])
        return found
