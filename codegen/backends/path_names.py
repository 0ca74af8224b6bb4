"""Path names: a path through a graph => the situation, event and effect of its last step, which is its own.

A name is made of content alone: it stays when other paths come or go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256

from ..graph import LabelledGraph, Value
from ..ir.steps import IDLE

_POSITIONS = ("at", "irq_at")
_MOST_EFFECTS = 3


def path_name(graph: LabelledGraph, path: Sequence[str]) -> str:
    """For example `d0 at wait_call, c1 at ack - c1 ack - awaiting.0={} serving.1=-1 - 3fa9c1d2`."""
    if not path:
        return "at the start - nothing can happen"
    state = 0
    for label in path[:-1]:
        state = graph.edges[state][label]
    before = dict(zip(graph.variables, graph.states[state], strict=True))
    after = dict(zip(graph.variables, graph.states[graph.edges[state][path[-1]]], strict=True))
    situation = ", ".join([*_where(before, "at", "d"), *_where(before, "irq_at", "c")]) or "all idle"
    actor, _, event = path[-1].partition(":")
    effects = list(_effects(before, after))
    more = ["..."] if len(effects) > _MOST_EFFECTS else []
    effect = " ".join([*effects[:_MOST_EFFECTS], *more]) or "nothing else"
    digest = sha256("\n".join(path).encode()).hexdigest()[:8]
    return f"{situation} - {actor} {event.rpartition('.')[2]} - {effect} - {digest}"


def _where(state: dict[str, Value], variable: str, letter: str) -> Iterator[str]:
    """Where tasks, or handlers, are that are not idle."""
    positions = state.get(variable, ())
    assert isinstance(positions, tuple)
    for number, position in enumerate(positions):
        if position != IDLE:
            yield f"{letter}{number} at {str(position).rpartition('.')[2]}"


def _effects(before: dict[str, Value], after: dict[str, Value]) -> Iterator[str]:
    """What changes besides positions; the machine's and the static variables before the locals."""
    names = [name for name in after if name not in _POSITIONS]
    for name in sorted(names, key=lambda name: "." in name):
        yield from _changed(name, before[name], after[name])


def _changed(name: str, old: Value, new: Value) -> Iterator[str]:
    if old == new:
        return
    if isinstance(old, tuple) and isinstance(new, tuple) and len(old) == len(new):
        for index, (left, right) in enumerate(zip(old, new, strict=True)):
            yield from _changed(f"{name}.{index}", left, right)
    else:
        yield f"{name}={_shown(new)}"


def _shown(value: Value) -> str:
    if isinstance(value, frozenset):
        return "{" + ",".join(sorted(map(_shown, value))) + "}"
    return str(value)
