"""Rare states: conjunctions of facts that a program could look at, true in few of the states of a step.

A fact is known twice: as an expression of the IR, for the mutant, and as a look at a state of the graph,
to count with. Which conjunctions are rare is read off the whole reachable graph, so the choice is always the
same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from pcpdrain.codegen.graph import LabelledGraph
from pcpdrain.codegen.ir import expr as x
from pcpdrain.codegen.ir.steps import Machine, Program
from pcpdrain.codegen.scopes import Scope


@dataclass(frozen=True)
class Fact:
    """Something that holds in a state, for the one who makes the step. `subject` is what it speaks of."""

    subject: str
    shown: str
    expr: x.Expr


def conjunction(facts: Iterable[Fact]) -> x.Expr:
    """All of these facts at once, as an expression."""
    first, *others = (fact.expr for fact in facts)
    for other in others:
        first = x.Apply("&&", (first, other))
    return first


def rare_conjunctions(
    program: Program, scope: Scope, graph: LabelledGraph, step: str, *, handler: bool
) -> list[tuple[tuple[Fact, ...], int]]:
    """The rarest conjunction of two and of three facts at a step, each with how many states it is true in.

    Facts that hold in every state of the step say nothing. Of those equally rare the first by name is taken.
    """
    machine = program.handler if handler else program.task
    assert machine is not None
    states = [
        frozenset(
            _facts(
                program,
                machine,
                scope,
                dict(zip(graph.variables, state, strict=True)),
                actor,
                handler=handler,
            )
        )
        for state, actor in _visits(graph, step, handler=handler)
    ]
    if not states:
        return []
    common = frozenset.intersection(*states)
    found = []
    for size in (2, 3):
        count: Counter[tuple[Fact, ...]] = Counter()
        for facts in states:
            telling = sorted(facts - common, key=lambda fact: fact.shown)
            count.update(
                chosen
                for chosen in combinations(telling, size)
                if len({fact.subject for fact in chosen}) == size
            )
        if count:
            found.append(min(count.items(), key=lambda item: (item[1], [fact.shown for fact in item[0]])))
    return found


def _visits(graph: LabelledGraph, step: str, *, handler: bool) -> Iterator[tuple[tuple[Any, ...], int]]:
    """The states in which somebody can make the step, each with the number of the task or CPU."""
    for state, out in zip(graph.states, graph.edges, strict=True):
        for label in out:
            actor, _, event = label.partition(":")
            if event.partition(" ")[0] == step and actor[0] == "dc"[handler]:
                yield state, int(actor[1:])


def _facts(
    program: Program, machine: Machine, scope: Scope, state: dict[str, Any], actor: int, *, handler: bool
) -> Iterator[Fact]:
    """What holds in a state: of the lists, the shared masks and locks, and the actor's own locals."""
    cpus, zones = range(scope.cpus), range(scope.zones)
    for cpu in cpus:
        for zone in zones:
            count = state["pcp"][cpu][zone]
            equal = x.Apply("==", (x.PcpCount(x.Const(cpu), x.Const(zone)), x.Const(count)))
            yield Fact(f"pcp[{cpu}][{zone}]", f"pcp[{cpu}][{zone}] is {count}", equal)
    masks: list[tuple[str, x.Expr, Any]] = [("online", x.OnlineMask(), state["online"])]
    masks += [(name, x.StaticMask(name, name), state[name]) for name in program.masks]
    for lock in program.locks:
        free = state[lock] < 0
        is_free = x.LockFree(lock)
        yield Fact(lock, f"{lock} is {'free' if free else 'held'}", is_free if free else x.negate(is_free))
    for local in machine.locals:
        value = state[("irq." if handler else "") + local.name][actor]
        variable = x.Local(local.name, local.name)
        if isinstance(value, frozenset):
            masks.append((local.name, variable, value))
        else:
            equal = x.Apply("==", (variable, x.Const(value)))
            yield Fact(local.name, f"{local.name} is {value}", equal)
    for name, mask, members in masks:
        for cpu in cpus:
            test = x.Apply("test", (x.Const(cpu), mask))
            inside = cpu in members
            shown = f"{cpu} is {'' if inside else 'not '}in {name}"
            yield Fact(f"{cpu} in {name}", shown, test if inside else x.negate(test))
