"""Measure: one variant at one scope => a row of numbers about its graph, its suite, and who agrees."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from pcpdrain.codegen.backends.suite import suite_cover
from pcpdrain.codegen.backends.tla import emit_model
from pcpdrain.codegen.graph import LabelledGraph, differences
from pcpdrain.codegen.pipeline import Compiled
from pcpdrain.codegen.scopes import Scope
from pcpdrain.pcpref.failure import failure
from pcpdrain.pcpref.suite import Suite

from ..conformance import state_graph, write_suite
from ..engines.explorer import TooManyStates, explored_graph
from ..engines.java import EngineMissing
from ..engines.servers import own_servers

MOST_STATES = 200_000
"""Graphs of more states are left out: TLC would write and Python read gigabytes."""

TIME_LIMIT = 3600.0
"""Seconds for one run of TLC, which writes its graph."""


@dataclass(frozen=True)
class Row:
    """What was measured of a variant at a scope. `seconds` is the suite's run on the reference machine.

    `explorer` and `reference` say how the other hands compare: `equal`, `not run: ...`, or where they part.
    """

    variant: str
    scope: str
    states: int
    transitions: int
    explorer: str
    reference: str
    taken: int
    compared: int
    tests: int
    steps: int
    bound: int
    seconds: float

    @property
    def ratio(self) -> float:
        """Steps of the suite for each step that any suite must have."""
        return self.steps / self.bound if self.bound else 1.0


@dataclass(frozen=True)
class LeftOut:
    """A variant at a scope that was not measured, and why."""

    variant: str
    scope: str
    reason: str


def measure(compiled: Compiled, scope: Scope, most_states: int = MOST_STATES) -> Row | LeftOut:
    """The row of a variant at a scope.

    Raises:
        EngineMissing, EngineFailed: TLC is not there, or did not finish.
    """
    program = compiled.program
    explored: LabelledGraph | None = None
    missing = ""
    try:
        explored = explored_graph(program, scope, most_states)
    except TooManyStates as error:
        return LeftOut(program.name, scope.name, str(error))
    except EngineMissing as error:
        missing = f"not run: {error}"
    graph = state_graph(emit_model(program, scope), timeout=TIME_LIMIT, servers=own_servers())
    explorer = missing if explored is None else _compared(graph, explored)
    covered = suite_cover(graph)
    with tempfile.TemporaryDirectory(prefix="pcpdrain-", ignore_cleanup_errors=True) as name:
        suite = write_suite(program, scope, graph, Path(name), covered)
        began = time.perf_counter()
        reference = _walked(suite)
        seconds = time.perf_counter() - began
    return Row(
        program.name,
        scope.name,
        len(graph.states),
        graph.transitions,
        explorer,
        reference,
        graph.transitions - len(suite.transitions_not_taken()),
        len({state for path in suite.paths.values() for state in suite.states_along(path)}),
        len(suite.paths),
        sum(map(len, suite.paths.values())),
        covered.bound,
        seconds,
    )


def _compared(graph: LabelledGraph, explored: LabelledGraph) -> str:
    found = differences(graph, explored.of(graph.variables), "explorer")
    return found[0] if found else "equal"


def _walked(suite: Suite) -> str:
    """Drive the reference machine through the suite, that is, through every transition."""
    machine = suite.implementation()
    for path in suite.paths:
        story = failure(suite, path, machine)
        if story is not None:
            return story
    return "equal"
