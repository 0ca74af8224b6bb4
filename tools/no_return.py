"""No return: the step of a counterexample after which a call can never return, whatever happens then.

Of a kernel that is stuck, and of a run that goes on for ever, the last step says little: what decides lies
before. It is found in the whole state graph, where one can see from which states a return can be reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pcpdrain.codegen.backends.explorer import emit_explorer
from pcpdrain.codegen.ir.steps import IDLE, Program

from .engines.explorer import RawGraph, TooManyStates, explored
from .engines.java import EngineMissing
from .engines.tlc import EngineFailed

if TYPE_CHECKING:
    from .traces import Trace

MOST_STATES = 3_000_000
"""A search of about a second; in larger graphs nothing is looked for."""


def no_return(trace: Trace, program: Program) -> tuple[int, int] | None:
    """The first step, from 1, after which some call of a run cannot return any more, and whose call that is.

    None where every call could still return until the end, where the graph is too large, and without a C
    compiler.
    """
    model = emit_explorer(program, trace.scope)
    try:
        with explored(model, MOST_STATES) as graph:
            return _first_lost(graph, model.labels, trace)
    except (EngineMissing, EngineFailed, TooManyStates):
        return None


def _first_lost(graph: RawGraph, names: Sequence[str], trace: Trace) -> tuple[int, int] | None:
    states = list(_along(graph, names, trace.labels))
    if len(states) <= len(trace.labels):
        return None  # the run is none of this program
    found = []
    for task, place in enumerate(trace.states[-1]["at"]):
        if place != IDLE:
            returns = _can_reach(graph, graph.states["at"][:, task] == 0)
            lost = next((number for number, state in enumerate(states) if not returns[state]), None)
            if lost:
                found.append((lost, task))
    return min(found, default=None)


def _along(graph: RawGraph, names: Sequence[str], labels: Sequence[str]) -> Iterator[int]:
    """The states on the way of some labels, the initial one first, as far as they lead."""
    state = 0
    yield state
    for label in labels:
        edges = slice(int(graph.first[state]), int(graph.first[state + 1]))
        steps = {names[number]: target for number, target in zip(*_of(graph, edges), strict=True)}
        if label not in steps:
            return
        state = steps[label]
        yield state


def _of(graph: RawGraph, edges: slice) -> tuple[list[int], list[int]]:
    return graph.labels[edges].tolist(), graph.targets[edges].tolist()


def _can_reach(graph: RawGraph, goal: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """From which states a run can lead to one of the goal."""
    first = graph.first.astype(np.int64)
    sources = np.repeat(np.arange(len(graph.states)), first[1:] - first[:-1])
    able, count = goal.copy(), -1
    while count != (count := int(able.sum())):
        able[sources[able[graph.targets]]] = True
    return able
