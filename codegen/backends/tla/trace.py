"""Traces: runs that somebody recorded, as a module in which TLC can only follow them.

Each event names the step that is claimed, if it was seen, and the values that were seen after it. All traces
go into one tree, in which those that begin alike share their events; so a trace and a thousand variations of
it cost little more than the trace, and the search is linear in the number of events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...graph import Value
from ...ir.steps import Program
from ...render import render
from ...scopes import Scope
from .expressions import constant
from .labels import labelled
from .model import config, hand_written
from .module import emit_module
from .types import TypedVariable, literal, string_literal, typed_variables

MODULE = "Traces"

_ANY_STEP = ""
"""The label of an event of which nobody saw which step it was."""

_NO_STEP = "none"
"""The label of an event that claims a step which the variant does not have."""

_NOT_SEEN = 0


@dataclass(frozen=True)
class Event:
    """One event: the label of the step (None: not seen), and the values seen after it, by key."""

    label: str | None
    seen: Mapping[str, Value]


@dataclass(frozen=True)
class TraceModel:
    """The files by name, with a configuration, and the numbers that each trace's events have in it.

    TLC tells the number of each event that it can follow; a trace is accepted if its last one is among them.
    """

    module: str
    files: dict[str, str]
    config: str
    paths: tuple[tuple[int, ...], ...]


@dataclass
class _Node:
    label: str
    row: tuple[int, ...]
    before: tuple[int, ...] | None
    after: list[int] = field(default_factory=list)


@dataclass
class _Column:
    """One variable that was seen somewhere: its values, numbered from 1."""

    variable: TypedVariable
    numbers: dict[Value, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.variable.name

    @property
    def values(self) -> list[str]:
        return [literal(value, self.variable.type) for value in self.numbers]

    def number(self, event: Event) -> int:
        if self.variable.key not in event.seen:
            return _NOT_SEEN
        return self.numbers.setdefault(event.seen[self.variable.key], len(self.numbers) + 1)


class _Tree:
    """The events of all traces. A node's number is its place in `nodes`, from 1."""

    def __init__(self, columns: Sequence[_Column], labels: Mapping[str, str]) -> None:
        self._columns = columns
        self._labels = labels
        self._known: dict[tuple[int, str, tuple[int, ...]], int] = {}
        self.nodes: list[_Node] = []
        self.roots: list[int] = []

    def add(self, trace: Sequence[Event]) -> tuple[int, ...]:
        """Add a trace; the numbers of its events."""
        path = [0]
        for event in trace:
            path.append(self._add(path[-1], event))
        return tuple(path[1:])

    def _add(self, parent: int, event: Event) -> int:
        label = _ANY_STEP if event.label is None else event.label if event.label in self._labels else _NO_STEP
        row = tuple([column.number(event) for column in self._columns])
        number = self._known.setdefault((parent, label, row), len(self.nodes) + 1)
        if number > len(self.nodes):
            before = self.nodes[parent - 1] if parent else None
            self.nodes.append(_Node(label, row, before.row if before else None))
            (before.after if before else self.roots).append(number)
        return number


def emit_traces(
    program: Program, scope: Scope, traces: Sequence[Sequence[Event]], until: int | None = None
) -> TraceModel:
    """The module that follows these traces, each of which begins with what was seen of the initial state.

    The values seen must be of their variables' types (`types.conforms`). With `until`, the number of an
    event, TLC stops there and shows a way to it.
    """
    keys = {key for trace in traces for event in trace for key in event.seen}
    columns = [_Column(variable) for variable in typed_variables(program) if variable.key in keys]
    claimed = {event.label for trace in traces for event in trace[1:] if event.label is not None}
    actions = {
        transition.label: transition.action
        for transition in labelled(program, scope)
        if transition.label in claimed
    }
    tree = _Tree(columns, actions)
    paths = tuple(tree.add(trace) for trace in traces)
    if any(event.label is None for trace in traces for event in trace[1:]):
        actions[_ANY_STEP] = "Next"
    text = render(
        "trace.tla.j2",
        module=MODULE,
        program=program,
        home=home(scope),
        seen=columns,
        events=[_shown(node, columns) for node in tree.nodes],
        actions=[(string_literal(label), action) for label, action in actions.items()],
        roots=constant(frozenset(tree.roots)),
        until=until,
    )
    files = {**hand_written(), f"{program.name}.tla": emit_module(program), f"{MODULE}.tla": text}
    invariants = ["Tells"] if until is None else ["NotThere"]
    return TraceModel(MODULE, files, config(scope, ["INIT Begin", "NEXT Follow"], invariants), paths)


def home(scope: Scope) -> str:
    """The constant Home: the CPU of each task."""
    maplets = (f"{task} :> {cpu}" for task, cpu in enumerate(scope.drainers))
    return " @@ ".join(maplets)


def _shown(node: _Node, columns: Sequence[_Column]) -> dict[str, object]:
    """An event as the template shows it: what is not seen, and what has changed since the one before."""
    before = node.before or (_NOT_SEEN,) * len(columns)
    changes = [
        (column.name, now)
        for column, was, now in zip(columns, before, node.row, strict=True)
        if now == _NOT_SEEN or was != now
    ]
    return {
        "label": string_literal(node.label),
        "after": constant(frozenset(node.after)),
        "changes": changes,
    }
