"""Dot: the state graph TLC writes with ``-dump dot,actionlabels`` => a StateGraph with canonical numbers.

TLC names a state by its fingerprint, repeats edges, and writes them in the order of its search. Here states
are numbered from 0 in breadth-first order along edges sorted by operator, and edges are sorted and single, so
that the same specification gives an equal graph whatever the version or options of TLC.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .values import Value, ValueSyntaxError, format_value, parse_state

Edge = tuple[int, str, int]
"""(source, operator, target): the operator's step leads from one state to the other."""

_QUOTED = r'"([^"\\]*(?:\\.[^"\\]*)*)"'
_NODE = re.compile(rf"(-?\d+) \[label={_QUOTED}(.*)\];?$")
_EDGE = re.compile(rf"(-?\d+) -> (-?\d+)(?: \[label={_QUOTED}.*\])?;?$")
_ESCAPE = re.compile(r"\\(.)")
_SEPARATOR = r"\n/\\ "
"""What stands between two variables of a label, as it is in the file (with dot's escapes)."""


class DotError(ValueError):
    """A state graph that cannot be read; the message names the line."""


@dataclass(frozen=True)
class StateGraph:
    """The reachable states of a specification and the steps between them."""

    initial: tuple[int, ...]
    states: dict[int, dict[str, Value]]
    edges: tuple[Edge, ...]


class _Labels:
    """Reads node labels. A graph repeats the same conjuncts over and over; each distinct one is read once."""

    def __init__(self) -> None:
        self.conjuncts: dict[str, tuple[str, Value]] = {}
        self.values: dict[str, Value] = {}

    def state(self, label: str) -> dict[str, Value]:
        """The state that a label (with dot's escapes) describes."""
        state = {}
        parts = label.split(_SEPARATOR)
        for part in parts:
            known = self.conjuncts.get(part)
            if known is None:
                text = _ESCAPE.sub(lambda match: "\n" if match.group(1) == "n" else match.group(1), part)
                (known,) = parse_state(text, self.values).items()
                self.conjuncts[part] = known
            state[known[0]] = known[1]
        if len(state) != len(parts):
            raise ValueSyntaxError(f"a variable has two values in {label[:200]!r}")
        return state


def read_dot(path: Path) -> StateGraph:
    """The state graph in a file; DotError if it is not one or is cut off."""
    with path.open(encoding="utf-8") as lines:
        return parse_dot(lines, name=str(path))


def parse_dot(lines: Iterable[str], name: str = "the state graph") -> StateGraph:
    """The state graph in these lines; ``name`` is what errors call it."""
    states: dict[int, dict[str, Value]] = {}
    initial: set[int] = set()
    steps: defaultdict[int, set[tuple[str, int]]] = defaultdict(set)
    labels = _Labels()
    depth, opened = 0, False
    for number, raw in enumerate(lines, start=1):
        line = raw.rstrip("\n")
        if line[:1] == "-" or line[:1].isdigit():
            edge = _EDGE.match(line)
            if edge is not None:
                if edge.group(3) is None:
                    raise DotError(
                        f"{name}:{number}: an edge without its action (was it dumped with actionlabels?)"
                    )
                steps[int(edge.group(1))].add((edge.group(3), int(edge.group(2))))
                continue
            node = _NODE.match(line)
            if node is None:
                raise DotError(
                    f"{name}:{number}: neither a state nor a step (is the file cut off?): {line[:80]!r}"
                )
            identity = int(node.group(1))
            if "style = filled" in node.group(3):
                initial.add(identity)
            try:
                states[identity] = labels.state(node.group(2))
            except ValueSyntaxError as error:
                raise DotError(f"{name}:{number}: {error}") from error
        else:
            # Layout: the graph's own braces, ranks, a legend.
            opened = opened or "digraph" in line
            depth += line.count("{") - line.count("}")
    if not opened or depth != 0:
        raise DotError(
            f"{name}: "
            + ("cut off: the graph is not closed" if opened else "not a graph in the dot language")
        )
    return _canonical(states, initial, steps, name)


def _canonical(
    states: dict[int, dict[str, Value]], initial: set[int], steps: dict[int, set[tuple[str, int]]], name: str
) -> StateGraph:
    """The graph with its states renumbered in canonical breadth-first order."""
    if not initial:
        raise DotError(f"{name}: no initial state")
    for source, targets in steps.items():
        for state in (source, *(target for _, target in targets)):
            if state not in states:
                raise DotError(
                    f"{name}: a step from or to state {state}, which is not there (is the file cut off?)"
                )

    # One variable has values of one type, so True and 1, which Python takes for one key, do not meet here.
    @cache
    def value_text(variable: str, value: Value) -> str:
        return f"{variable} = {format_value(value)}"

    @cache
    def text(state: int) -> str:
        return "\n".join(sorted(value_text(variable, value) for variable, value in states[state].items()))

    order = sorted(initial, key=text)
    numbers = {state: number for number, state in enumerate(order)}
    edges: list[Edge] = []
    for source in order:  # grows as it is walked
        outgoing = sorted(steps.get(source, ()))
        operators = [operator for operator, _ in outgoing]
        if len(set(operators)) < len(operators):
            # One operator leads to several states: their text, not their fingerprint, says which comes first.
            outgoing.sort(key=lambda step: (step[0], text(step[1])))
        for operator, target in outgoing:
            if target not in numbers:
                numbers[target] = len(order)
                order.append(target)
            edges.append((numbers[source], operator, numbers[target]))
    if len(order) != len(states):
        raise DotError(
            f"{name}: {len(states) - len(order)} states that no step leads to (is the file cut off?)"
        )
    return StateGraph(
        initial=tuple(range(len(initial))),
        states={number: states[state] for number, state in enumerate(order)},
        edges=tuple(sorted(edges)),
    )
