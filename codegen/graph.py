"""A labelled state graph: what a checker found, in canonical values, free of any checker's own form.

States are numbered in breadth-first order from the initial state, with labels in order, so that the numbers
say nothing about who made the graph. A label leads from a state to at most one other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
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

    def of(self, variables: Sequence[str]) -> LabelledGraph:
        """The same states and transitions, with these variables only, in this order."""
        columns = [self.variables.index(name) for name in variables]
        states = tuple(tuple(state[column] for column in columns) for state in self.states)
        return LabelledGraph(tuple(variables), states, self.edges)

    def merged(self, variables: Sequence[str]) -> LabelledGraph:
        """As `of`, but states that differ in the other variables only become one.

        Raises:
            GraphError: they do not behave alike.
        """
        states = self.of(variables).states
        edges = (
            (states[number], label, states[target])
            for number, out in enumerate(self.edges)
            for label, target in out.items()
        )
        return canonical_graph(variables, states[0], {state: state for state in states}, edges)


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


def differences(
    specification: LabelledGraph, other: LabelledGraph, name_of_other: str = "implementation"
) -> list[str]:
    """What two graphs of the same variables do not share, where they first part; empty when they are equal.

    Each line tells a shortest way there.
    """
    found = observable_differences(specification, other, name_of_other)
    if not found and specification != other:
        found.append("the same behaviour, in other states or in another order")
    return found


def observable_differences(
    specification: LabelledGraph, other: LabelledGraph, name_of_other: str = "implementation"
) -> list[str]:
    """As `differences`, but graphs are alike when no run tells them apart, whatever their states are.

    A label leads to at most one state, so this is a walk through both at once.
    """
    before: dict[tuple[int, int], tuple[tuple[int, int], str] | None] = {(0, 0): None}
    queue = deque(before)
    while queue:
        pair = queue.popleft()
        found = list(_apart(specification, other, pair, name_of_other))
        if found:
            way = _way(before, pair) or "at the start"
            return [f"{way}: {difference}" for difference in found]
        for label, target in specification.edges[pair[0]].items():
            following = target, other.edges[pair[1]][label]
            if following not in before:
                before[following] = pair, label
                queue.append(following)
    return []


def _apart(
    specification: LabelledGraph, other: LabelledGraph, pair: tuple[int, int], name_of_other: str
) -> Iterator[str]:
    """What is observed otherwise in two states: variables, and labels."""
    mine, theirs = specification.states[pair[0]], other.states[pair[1]]
    for name, left, right in zip(specification.variables, mine, theirs, strict=True):
        if left != right:
            yield f"{name}: specification {left}, {name_of_other} {right}"
    outs = specification.edges[pair[0]], other.edges[pair[1]]
    for label in sorted(outs[0].keys() ^ outs[1].keys()):
        yield f"{label}: only in the {'specification' if label in outs[0] else name_of_other}"


def _way(before: Mapping[tuple[int, int], tuple[tuple[int, int], str] | None], pair: tuple[int, int]) -> str:
    """The labels that led to a pair of states."""
    labels: list[str] = []
    while (came := before[pair]) is not None:
        pair, label = came
        labels.append(label)
    return " ".join(reversed(labels))
