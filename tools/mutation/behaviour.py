"""Behaviour: labelled graphs compared as what can be observed of them, and graphs as implementations."""

from __future__ import annotations

from pcpdrain.codegen.graph import LabelledGraph, observable_differences
from pcpdrain.pcpref.errors import NotEnabled


def fitted(graph: LabelledGraph, model: LabelledGraph) -> LabelledGraph:
    """The graph with the variables of a model, of which a mutant may lack some and have others.

    A local that no step of the mutant needs is not in its graph: it keeps its initial value. What the model
    does not have, nobody compares.
    """
    initial = dict(zip(model.variables, model.states[0], strict=True))
    columns = {name: number for number, name in enumerate(graph.variables)}
    states = tuple(
        tuple(state[columns[name]] if name in columns else initial[name] for name in model.variables)
        for state in graph.states
    )
    return LabelledGraph(model.variables, states, graph.edges)


def same_behaviour(one: LabelledGraph, other: LabelledGraph) -> bool:
    """Whether no run tells the two apart, by a variable or by what can be done next."""
    return not observable_differences(one, other)


class GraphImplementation:
    """An implementation (see pcpref.protocol) that behaves as a labelled graph says."""

    def __init__(self, graph: LabelledGraph) -> None:
        self._graph = graph
        self._state = 0

    def reset(self) -> None:
        """Go to the initial state."""
        self._state = 0

    def enabled(self) -> frozenset[str]:
        """The labels that lead out of the state."""
        return frozenset(self._graph.edges[self._state])

    def step(self, label: str) -> None:
        """Follow a label; raises NotEnabled where it leads nowhere."""
        out = self._graph.edges[self._state]
        if label not in out:
            raise NotEnabled(label, out)
        self._state = out[label]

    def observe(self) -> dict[str, object]:
        """The variables of the state."""
        return dict(zip(self._graph.variables, self._graph.states[self._state], strict=True))
