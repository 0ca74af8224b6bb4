"""Surveying: has the explorer judge properties in every state of a variant at a scope."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcpdrain.codegen.backends.explorer import ExplorerModel, emit_explorer
from pcpdrain.codegen.graph import Value
from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.scopes import Scope

from .explorer import MOST_STATES, array_of, run_explorer, state_type, state_values

Row = tuple[str, dict[str, Value]]
"""The label that led to a state (of the first: empty), and the state, ghosts included."""


@dataclass(frozen=True)
class Survey:
    """What a search through all states found.

    `violated` has for each property that fails a shortest way to a state where it does, the initial state
    first. `premises` are the properties whose premise is reached, `taken` those of all `labels` that are.
    `depth` is the number of states on the longest of the shortest ways; `seconds` include compilation.
    """

    states: int
    transitions: int
    depth: int
    violated: dict[str, tuple[Row, ...]]
    premises: frozenset[str]
    labels: tuple[str, ...]
    taken: frozenset[str]
    seconds: float


def survey(
    program: Program,
    scope: Scope,
    properties: Sequence[str],
    most_states: int = MOST_STATES,
    *,
    reduced: bool = False,
) -> Survey:
    """Judge properties of states, on the graph with the ghosts that they read, or on a `reduced` one.

    On that the verdicts are the same. Ways may be longer than the shortest, and premises and labels that are
    not seen say nothing.

    Raises:
        EngineMissing, EngineFailed, TooManyStates: see `explored_graph`.
    """
    began = time.perf_counter()
    model = emit_explorer(program, scope, properties, reduced=reduced)
    with run_explorer(model, most_states) as library:
        count = library.count_states()
        states = array_of(library.states, state_type(model.layout), count)
        came_from = array_of(library.found_from, np.dtype(np.uint32), count)
        by = array_of(library.found_by, np.dtype(np.uint16), count)
        guilty = array_of(library.guilty, np.dtype(np.uint32), len(properties))
        premises = array_of(library.premises, np.dtype(np.uint8), len(properties))
        taken = array_of(library.taken, np.dtype(np.uint8), len(model.labels))
        transitions = library.count_edges()
    return Survey(
        states=count,
        transitions=transitions,
        depth=len(_way(count - 1, came_from)),
        violated={
            name: tuple(_row(model, states[i], by[i], first=i == 0) for i in _way(number - 1, came_from))
            for name, number in zip(properties, guilty.tolist(), strict=True)
            if number
        },
        premises=frozenset(name for name, seen in zip(properties, premises, strict=True) if seen),
        labels=model.labels,
        taken=frozenset(label for label, seen in zip(model.labels, taken, strict=True) if seen),
        seconds=time.perf_counter() - began,
    )


def _way(number: int, came_from: NDArray[np.uint32]) -> list[int]:
    """The states on the way by which a state was found first, which is a shortest one."""
    way = [number]
    while way[-1]:
        way.append(int(came_from[way[-1]]))
    return way[::-1]


def _row(model: ExplorerModel, state: Any, by: int, *, first: bool) -> Row:
    return "" if first else model.labels[by], state_values(model.layout, state)
