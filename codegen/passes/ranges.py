"""Ranges: what each local can hold before each step, as far as the program's own assignments tell.

A value is known by its class: a number of a CPU or zone is `none` (-1) or `some`, a mask `empty` or
`filled`, a bool `true` or `false`, an int `zero` or `any`. Control and values that ask the same condition
are followed together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..ir import expr as x
from ..ir.steps import IDLE, Choice, Machine, Target
from ..ir.tree import LocalKind

Classes = frozenset[str]
Env = dict[str, Classes]

ALL: dict[LocalKind, Classes] = {
    LocalKind.BOOL: frozenset({"true", "false"}),
    LocalKind.INT: frozenset({"zero", "any"}),
    LocalKind.MASK: frozenset({"empty", "filled"}),
    LocalKind.CPU: frozenset({"none", "some"}),
    LocalKind.ZONE: frozenset({"none", "some"}),
}
"""The classes of all values of a kind."""

_DEFAULT = {
    LocalKind.BOOL: "false", LocalKind.INT: "zero", LocalKind.MASK: "empty", LocalKind.CPU: "none",
    LocalKind.ZONE: "none",
}  # fmt: skip


def ranges(machine: Machine) -> dict[str, dict[str, Classes]]:
    """For each place of a process, its end and `idle` included, the classes of each local there."""
    kinds = {local.name: local.kind for local in machine.locals}
    start = {name: frozenset({_DEFAULT[kind]}) for name, kind in kinds.items()}
    found: dict[str, dict[str, Classes]] = {IDLE: start}
    waiting = [*_ways(machine.entry, machine.entry_updates, start, kinds)]
    while waiting:
        place, after = waiting.pop()
        before = found.get(place)
        joined = after if before is None else {name: before[name] | after[name] for name in before}
        if joined == before:
            continue
        found[place] = joined
        if place in machine.steps:
            step = machine.steps[place]
            waiting.extend(_ways(step.next, step.local_updates, joined, kinds))
    return found


def _ways(
    tree: Target | Choice,
    updates: Mapping[str, x.Expr],
    before: Env,
    kinds: Mapping[str, LocalKind],
    assumed: Mapping[x.Expr, bool] | None = None,
) -> Iterator[tuple[str, Env]]:
    """Where control can go, and what the locals are there."""
    assumed = assumed or {}
    if isinstance(tree, Choice):
        for outcome, way in ((True, tree.then), (False, tree.other)):
            yield from _ways(way, updates, before, kinds, {**assumed, tree.condition: outcome})
        return
    after = {
        name: _classes(updates[name], kind, before, assumed) if name in updates else before[name]
        for name, kind in kinds.items()
    }
    yield tree.step, after


def _classes(value: x.Expr, kind: LocalKind, before: Env, assumed: Mapping[x.Expr, bool]) -> Classes:
    """The classes that a value can have, given the outcomes of conditions."""
    if value in assumed:
        return frozenset({"true" if assumed[value] else "false"})
    match value:
        case x.Const(constant):
            return frozenset({_class_of(constant, kind)})
        case x.Local(name) if name in before:
            return before[name]
        case x.SelfCpu():
            return frozenset({"some"})
        case x.Apply("ite", (condition, then, other)):
            if condition in assumed:
                return _classes(then if assumed[condition] else other, kind, before, assumed)
            yes = _classes(then, kind, before, {**assumed, condition: True})
            return yes | _classes(other, kind, before, {**assumed, condition: False})
        case x.Apply("next" | "+"):
            limits = (x.Apply("<", (value, limit)) for limit in (x.NR_CPUS, x.NR_ZONES))
            if any(assumed.get(limit) for limit in limits):
                return frozenset({"some"})
    return ALL[kind]


def _class_of(constant: x.Value, kind: LocalKind) -> str:
    if isinstance(constant, bool):
        return "true" if constant else "false"
    if isinstance(constant, frozenset):
        return "filled" if constant else "empty"
    if kind is LocalKind.INT:
        return "any" if constant else "zero"
    return "none" if constant < 0 else "some"
