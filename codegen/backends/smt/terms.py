"""Terms: the IR's expressions and formulas as z3 terms over a state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, Literal

import z3

from ...ir import expr as x
from ...ir import formula as f
from ...ir.proof import Unprovable
from ...ir.steps import Guard
from ...scopes import Scope
from . import values as v
from .state import State, largest

_INFIX: dict[str, Callable[[Any, Any], Any]] = {
    "||": z3.Or,
    "&&": z3.And,
    "=>": z3.Implies,
    "==": v.equal,
    "!=": lambda left, right: z3.Not(v.equal(left, right)),
    "+": lambda left, right: v.vector(left) + v.vector(right),
    "-": lambda left, right: v.vector(left) - v.vector(right),
    "*": lambda left, right: v.vector(left) * v.vector(right),
    "/": v.quotient,
    "%": v.remainder,
    "test": lambda one, members: v.has(members, one),
    "with": v.with_member,
    "without": v.without_member,
    "next": v.next_member,
}
_SETS: dict[str, Callable[[Any, Any], Any]] = {
    "and": z3.And,
    "or": z3.Or,
    "andnot": lambda left, right: z3.And(left, z3.Not(right)),
}


@dataclass(frozen=True)
class Actor:
    """Who does a step: a task or a CPU's handler, its CPU, and what its locals are called.

    `outcome` is what an allocation in the step gives.
    """

    number: int
    cpu: int
    prefix: str = ""
    outcome: Mapping[str, v.Nested] = field(default_factory=dict)

    @property
    def position(self) -> Literal["at", "irq_at"]:
        """The variable that tells where it is."""
        return "irq_at" if self.prefix else "at"


def expression(expr: x.Expr, actor: Actor, state: State, scope: Scope) -> v.Nested:
    """The value of an expression in a step of an actor, from this state.

    Raises:
        Unprovable: its numbers may be larger than a bit vector holds.
    """
    _bound(expr, largest(scope))

    def show(part: x.Expr) -> v.Nested:
        match part:
            case x.Const(value):
                if isinstance(value, frozenset):
                    return tuple(z3.BoolVal(cpu in value) for cpu in range(scope.cpus))
                return _literal(value)
            case x.Local(name):
                return state.values[actor.prefix + name][actor.number]
            case x.SelfCpu():
                return actor.cpu
            case x.StaticMask(name):
                return state.values[name]
            case x.OnlineMask():
                return state.values["online"]
            case x.PcpCount(cpu, zone):
                return v.element(v.element(state.values["pcp"], show(cpu)), show(zone))
            case x.LockFree(lock):
                return v.equal(state.values[lock], -1)
            case x.Outcome(name):
                return actor.outcome[name]
            case x.Access(_, target):
                return show(target)
            case x.Apply(op, args):
                return _applied(op, [show(arg) for arg in args], scope)

    return show(expr)


def unblocked(guard: Guard, actor: Actor, state: State, scope: Scope) -> v.Truth:
    """What a step of a task waits for is so."""
    now = state.values
    if guard.op in ("answered", "csd_free"):
        target = expression(guard.args[0], actor, state, scope)
        return z3.Not(v.has(now["awaiting"][actor.number], target))
    free = v.equal(now[guard.lock], -1)
    return free if guard.op == "lock_free" else z3.Or(free, now["signalled"][actor.number])


def formula(claim: f.Formula, state: State, scope: Scope) -> v.Truth:
    """A formula about a state.

    Raises:
        Unprovable: its numbers may be larger than a bit vector holds.
    """
    _bound(claim, largest(scope))
    return _formula(claim, state, scope, {})


def _formula(claim: f.Formula, state: State, scope: Scope, bound: Mapping[str, int]) -> v.Nested:
    def show(part: f.Formula) -> v.Nested:
        return _formula(part, state, scope, bound)

    match claim:
        case f.Const(value):
            return _literal(value)
        case f.Bound(name):
            return bound[name]
        case f.Value(variable, index):
            found = state.values[variable]
            for part in index:
                found = v.element(found, show(part))
            return found
        case f.Owed(ghost, task, cpu, zone):
            owed = v.element(state.values[ghost], show(task))
            return v.has(v.element(owed, show(cpu)), show(zone))
        case f.Home(task):
            return v.element(scope.drainers, show(task))
        case f.At(variable, who, steps):
            here = v.element(state.values[variable], show(who))
            return v.disjunction(*(v.equal(here, state.place(variable, step)) for step in steps))
        case f.Quantified(kind, name, domain, body):
            numbers = {"cpus": scope.cpus, "zones": scope.zones, "tasks": len(scope.drainers)}[domain]
            each = [_formula(body, state, scope, {**bound, name: number}) for number in range(numbers)]
            return v.conjunction(*each) if kind == "forall" else v.disjunction(*each)
        case f.Apply(op, args):
            return _applied(op, [show(arg) for arg in args], scope)


def _bound(part: Any, state: int) -> int:
    """What a number is at most, with either sign, if those of the state are at most `state`.

    A sum that does not fit a bit vector would come out as another number, and prove what is false.
    """
    match part:
        case x.Const(value) | f.Const(value):
            found = abs(value) if isinstance(value, int) else state
        case x.Apply(op, args) | f.Apply(op, args):
            found = _bound_of(op, [_bound(arg, state) for arg in args], state)
        case _:  # what is read from the state, and what is asked of places or for all
            for inner in vars(part).values():
                for each in inner if isinstance(inner, tuple) else (inner,):
                    if hasattr(each, "__dataclass_fields__"):
                        _bound(each, state)
            found = state
    if found > v.LARGEST:
        raise Unprovable(f"numbers up to {found} are more than the {v.LARGEST} that z3 is asked about")
    return found


def _bound_of(op: str, args: Sequence[int], state: int) -> int:
    match op:
        case "+" | "-":
            return sum(args)
        case "*":
            return prod(args)
        case "/" | "%" | "ite":
            return max(args)
    return state


def _literal(value: bool | int) -> v.Nested:
    return z3.BoolVal(value) if isinstance(value, bool) else value


def _applied(op: str, args: Sequence[v.Nested], scope: Scope) -> v.Nested:
    match op, args:
        case "-", [inner]:
            return -v.vector(inner)
        case "!", [inner]:
            return z3.Not(inner)
        case (("<" | "<=" | ">" | ">="), [left, right]):
            return v.compared(op, left, right)
        case _, [left, right] if op in _SETS:
            return tuple(_SETS[op](one, two) for one, two in zip(left, right, strict=True))
        case _, [left, right]:
            return _INFIX[op](left, right)
        case "weight", [members]:
            return v.weight(members)
        case "empty", [members]:
            return z3.Not(v.disjunction(*members))
        case "ite", [condition, then, other]:
            return v.choice(condition, then, other)
        case "no_cpus", _:
            return (v.FALSE,) * scope.cpus
        case "all_cpus", _:
            return (v.TRUE,) * scope.cpus
        case "nr_cpus", _:
            return scope.cpus
    assert op == "nr_zones", op
    return scope.zones
