"""Surveying: has the explorer judge properties in every state of a variant at a scope."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcpdrain.codegen.backends.explorer import ExplorerModel

from .explorer import MOST_STATES, array_of, explored, run_explorer, state_type, state_values
from .fairness import waiting_for_ever

Row = tuple[str, dict[str, Any]]
"""The label that led to a state (of the first: empty), and the state, with the ghosts that there are."""


@dataclass(frozen=True)
class Survey:
    """What a search through all states found.

    `violated` has for each property that fails a shortest way to a state where it does, the initial state
    first; of a property of runs, a way that leads back to its row `loop`. `premises` are the properties whose
    premise is reached, `taken` those of all `labels` that are; a survey of runs does not look at these.
    `depth` is the number of states on the longest of the shortest ways. `seconds` include compilation.
    """

    states: int
    transitions: int
    depth: int | None
    violated: dict[str, tuple[Row, ...]]
    premises: frozenset[str]
    labels: tuple[str, ...]
    taken: frozenset[str]
    seconds: float
    loop: int | None = None
    cached: bool = False


def survey_states(model: ExplorerModel, most_states: int = MOST_STATES) -> Survey:
    """Judge the properties of a model in every state.

    Where the model is reduced, the verdicts are those of all states. But ways may then be longer than the
    shortest, and premises and labels that are not seen say nothing.

    Raises:
        EngineMissing, EngineFailed, TooManyStates: see `explored_graph`.
    """
    began = time.perf_counter()
    names = model.properties
    with run_explorer(model, most_states) as library:
        count = library.count_states()
        states = array_of(library.states, state_type(model.layout), count)
        came_from = array_of(library.found_from, np.dtype(np.uint32), count)
        by = array_of(library.found_by, np.dtype(np.uint16), count)
        guilty = array_of(library.guilty, np.dtype(np.uint32), len(names))
        premises = array_of(library.premises, np.dtype(np.uint8), len(names))
        taken = array_of(library.taken, np.dtype(np.uint8), len(model.labels))
        return Survey(
            states=count,
            transitions=library.count_edges(),
            depth=len(_way(count - 1, came_from)),
            violated={
                name: tuple(_row(model, states[i], by[i], first=i == 0) for i in _way(number - 1, came_from))
                for name, number in zip(names, guilty.tolist(), strict=True)
                if number
            },
            premises=frozenset(name for name, seen in zip(names, premises, strict=True) if seen),
            labels=model.labels,
            taken=frozenset(label for label, seen in zip(model.labels, taken, strict=True) if seen),
            seconds=time.perf_counter() - began,
        )


def survey_runs(model: ExplorerModel, names: Sequence[str], most_states: int = MOST_STATES) -> Survey:
    """Judge properties of runs (`call_returns`) on the whole graph of a model without properties.

    Raises:
        EngineMissing, EngineFailed, TooManyStates: see `explored_graph`.
    """
    began = time.perf_counter()
    with explored(model, most_states) as graph:
        lasso = waiting_for_ever(graph, model.labels)
        violated = {}
        if lasso is not None:
            edges = [*lasso.stem, *lasso.loop]
            ways = [
                ("", 0),
                *((model.labels[graph.labels[edge]], int(graph.targets[edge])) for edge in edges),
            ]
            rows = tuple((label, state_values(graph.layout, graph.states[number])) for label, number in ways)
            violated = dict.fromkeys(names, rows)
        return Survey(
            states=len(graph.states),
            transitions=len(graph.targets),
            depth=None,
            violated=violated,
            premises=frozenset(),
            labels=model.labels,
            taken=frozenset(),
            seconds=time.perf_counter() - began,
            loop=None if lasso is None else len(lasso.stem),
        )


def _way(number: int, came_from: NDArray[np.uint32]) -> list[int]:
    """The states on the way by which a state was found first, which is a shortest one."""
    way = [number]
    while way[-1]:
        way.append(int(came_from[way[-1]]))
    return way[::-1]


def _row(model: ExplorerModel, state: Any, by: int, *, first: bool) -> Row:
    return "" if first else model.labels[by], state_values(model.layout, state)
