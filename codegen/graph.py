"""A labelled state graph: what a checker found, in canonical values, free of any checker's own form.

States are numbered in breadth-first order from the initial state, with labels in order, so that the numbers
say nothing about who made the graph. A label leads from a state to at most one other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Value = bool | int | str | tuple["Value", ...] | frozenset["Value"]


class GraphError(Exception):
    """Edges that make no state machine."""


@dataclass(frozen=True)
class LabelledGraph:
    """`states[i]` holds the values of `variables`; `edges[i]` maps each label enabled there to its target."""

    variables: tuple[str, ...]
    states: tuple[tuple[Value, ...], ...]
    edges: tuple[dict[str, int], ...]

    @property
    def transitions(self) -> int:
        """How many labelled transitions there are; parallel ones count apart."""
        return sum(len(out) for out in self.edges)


def canonical_graph(
    variables: Sequence[str],
    initial: Any,
    states: Mapping[Any, tuple[Value, ...]],
    edges: Iterable[tuple[Any, str, Any]],
) -> LabelledGraph:
    """Number the states that can be reached from `initial`.

    Raises:
        GraphError: a label leads from one state to two.
    """
    out: dict[Any, dict[str, Any]] = {key: {} for key in states}
    for source, label, target in edges:
        if out[source].setdefault(label, target) != target:
            raise GraphError(f"{label} leads from one state to two")
    number = {initial: 0}
    order = [initial]
    queue = deque(order)
    while queue:
        key = queue.popleft()
        for label in sorted(out[key]):
            target = out[key][label]
            if target not in number:
                number[target] = len(order)
                order.append(target)
                queue.append(target)
    return LabelledGraph(
        tuple(variables),
        tuple(states[key] for key in order),
        tuple({label: number[out[key][label]] for label in sorted(out[key])} for key in order),
    )
