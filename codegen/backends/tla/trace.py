"""Traces: runs that somebody recorded, as a module in which TLC can only follow them.

Each event names the step that is claimed, if it was seen, and the values that were seen after it. All traces
go into one tree, in which those that begin alike share their events; so a trace and a thousand variations of
it cost little more than the trace, and the search is linear in the number of events.

What was seen may be a whole variable, by its key, or an element of one: `pcp[0][1]`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...graph import Value
from ...ir.steps import Program
from ...render import render
from ...scopes import Scope
from .expressions import constant
from .guards import Guard
from .labels import Labelled, labelled
from .model import config, hand_written
from .module import emit_module
from .types import Place, literal, places, string_literal

MODULE = "Traces"

_ANY_STEP = "any step"
"""The beginning of the label of an event of which nobody saw which step it was."""

_FIRST = "first"
"""The label of what was seen before any step."""

_NO_STEP = "none"
"""The label of an event that claims a step which the variant does not have."""

_NOT_SEEN = 0


@dataclass(frozen=True)
class Event:
    """One event: the label of the step, and the values seen after it; and whose step it was.

    None stands for what was not seen. `cpu` is the CPU in whose label the step is, or the home of its task.
    """

    label: str | None
    seen: Mapping[str, Value]
    cpu: int | None = None
    task: int | None = None


@dataclass(frozen=True)
class TraceModel:
    """The files by name, with a configuration, and the numbers that each trace's events have in it.

    TLC tells the number of each event that it can follow; a trace is accepted if its last one is among them.
    It tells the number of each of the `guards`, too, that it finds to hold with all those before it.
    """

    module: str
    files: dict[str, str]
    config: str
    paths: tuple[tuple[int, ...], ...]
    guards: tuple[int, ...] = ()


@dataclass
class _Node:
    label: str
    row: tuple[int, ...]
    before: tuple[int, ...] | None
    after: list[int] = field(default_factory=list)


@dataclass
class _Column:
    """What was seen at one place: its values, numbered from 1."""

    key: str
    place: Place
    numbers: dict[Value, int] = field(default_factory=dict)

    @property
    def values(self) -> list[str]:
        return [literal(value, self.place.type) for value in self.numbers]

    def number(self, event: Event) -> int:
        if self.key not in event.seen:
            return _NOT_SEEN
        return self.numbers.setdefault(event.seen[self.key], len(self.numbers) + 1)


class _Steps:
    """The steps that events claim, each with its action."""

    def __init__(self, program: Program, scope: Scope) -> None:
        self._known = {transition.label: transition for transition in labelled(program, scope)}
        self._scope = scope
        self.actions: dict[str, str] = {}

    def claim(self, event: Event) -> str:
        """What the event's label is in the module."""
        if event.label is None:
            who = [
                f" of {what} {n}" for what, n in (("CPU", event.cpu), ("task", event.task)) if n is not None
            ]
            claimed = "".join([_ANY_STEP, *who])
            if claimed not in self.actions:
                steps = [step.action for step in self._known.values() if self._fits(step, event)]
                one_of = " \\/ ".join(steps) or "FALSE"
                self.actions[claimed] = f"({one_of})" if who else "Next"
            return claimed
        step = self._known.get(event.label)
        if step is None or not self._fits(step, event):
            return _NO_STEP
        self.actions.setdefault(step.label, step.action)
        return step.label

    def _fits(self, step: Labelled, event: Event) -> bool:
        cpu, task = actor(step.label, self._scope)
        return event.cpu in (None, cpu) and event.task in (None, task)


def actor(label: str, scope: Scope) -> tuple[int | None, int | None]:
    """The CPU in whose label a step is, or the home of its task, and the task; None if there is none.

    A signal is its task's, the notifier's work that of the CPU which is gone.
    """
    who = label.partition(":")[0]
    if who == "boot":
        return None, None
    number = int(who[1:])
    return (scope.drainers[number], number) if who[0] == "d" else (number, None)


class _Tree:
    """The events of all traces. A node's number is its place in `nodes`, from 1."""

    def __init__(self, columns: Sequence[_Column], steps: _Steps) -> None:
        self._columns = columns
        self._steps = steps
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
        label = self._steps.claim(event) if parent else _FIRST
        row = tuple([column.number(event) for column in self._columns])
        number = self._known.setdefault((parent, label, row), len(self.nodes) + 1)
        if number > len(self.nodes):
            before = self.nodes[parent - 1] if parent else None
            self.nodes.append(_Node(label, row, before.row if before else None))
            (before.after if before else self.roots).append(number)
        return number


def emit_traces(
    program: Program,
    scope: Scope,
    traces: Sequence[Sequence[Event]],
    *,
    until: int | None = None,
    asked: int | None = None,
    guards: Sequence[Guard] = (),
) -> TraceModel:
    """The module that follows these traces, each of which begins with what was seen of the initial state.

    The values seen must be of their places' types (`types.conforms`). Numbers of events are the same for
    the same traces. With `until`, the number of an event, TLC stops there and shows a way to it, to a state
    where the guards hold. With `asked`, the number of an event, it tells how many of the guards hold there.
    """
    keys = {key for trace in traces for event in trace for key in event.seen}
    columns = [_Column(key, place) for key, place in places(program, keys).items()]
    steps = _Steps(program, scope)
    tree = _Tree(columns, steps)
    paths = tuple(tree.add(trace) for trace in traces)
    numbers = tuple(range(len(tree.nodes) + 1, len(tree.nodes) + 1 + len(guards)))
    text = render(
        "trace.tla.j2",
        module=MODULE,
        program=program,
        home=home(scope),
        seen=columns,
        events=[_shown(node, columns) for node in tree.nodes],
        actions=[(string_literal(label), action) for label, action in steps.actions.items()],
        roots=constant(frozenset(tree.roots)),
        until=until,
        where=asked,
        guards=list(zip(numbers, guards, strict=True)),
    )
    files = {**hand_written(), f"{program.name}.tla": emit_module(program), f"{MODULE}.tla": text}
    invariants = ["Tells", *(["TellsGuards"] if guards else [])] if until is None else ["NotThere"]
    return TraceModel(MODULE, files, config(scope, ["INIT Begin", "NEXT Follow"], invariants), paths, numbers)


def home(scope: Scope) -> str:
    """The constant Home: the CPU of each task."""
    maplets = (f"{task} :> {cpu}" for task, cpu in enumerate(scope.drainers))
    return " @@ ".join(maplets)


def _shown(node: _Node, columns: Sequence[_Column]) -> dict[str, object]:
    """An event as the template shows it: what is not seen, and what has changed since the one before."""
    before = node.before or (_NOT_SEEN,) * len(columns)
    changes = [
        (column.place.name, now)
        for column, was, now in zip(columns, before, node.row, strict=True)
        if now == _NOT_SEEN or was != now
    ]
    return {
        "label": string_literal(node.label),
        "after": constant(frozenset(node.after)),
        "changes": changes,
    }
