"""Expressions of the IR: values computed from locals, and from at most one shared access.

A shared access is always wrapped in `Access`, so that one can count them. `shown` is how the source calls a
thing at that place (a parameter's name, say); it plays no part in equality.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

Value = bool | int | frozenset[int]


@dataclass(frozen=True)
class Const:
    """A literal: bool, int or a set of CPUs."""

    value: Value


@dataclass(frozen=True)
class Local:
    """A local variable of a routine instance, `instance.variable`."""

    name: str
    shown: str = field(compare=False)


@dataclass(frozen=True)
class SelfCpu:
    """`smp_processor_id()`: the CPU that this step runs on."""


@dataclass(frozen=True)
class StaticMask:
    """A static cpumask, shared by all tasks."""

    name: str
    shown: str = field(compare=False)


@dataclass(frozen=True)
class OnlineMask:
    """`cpu_online_mask`, shared."""

    shown: str = field(compare=False, default="cpu_online_mask")


@dataclass(frozen=True)
class PcpCount:
    """The count of one CPU's pcp list in one zone, read from anywhere."""

    cpu: Expr
    zone: Expr


@dataclass(frozen=True)
class LockFree:
    """Whether nobody holds a static lock. Read on its own only by the guard and result of taking it."""

    lock: str


@dataclass(frozen=True)
class Outcome:
    """What an allocation gives: `ok` (Bool), or the `contents` of the new mask, empty if it fails."""

    part: str


@dataclass(frozen=True)
class Access:
    """One read of something shared. `op` names the step that makes it."""

    op: str = field(compare=False)
    target: StaticMask | OnlineMask | PcpCount | LockFree


@dataclass(frozen=True)
class Apply:
    """An operation on values.

    Operators are those of the source. On masks: `test` (cpu, mask), `weight`, `empty`, `with` and `without`
    (mask, cpu), `and`, `or`, `andnot`, `all_cpus`, `next` (cpu, mask: the least member above, or
    `nr_cpus`); the constants `nr_cpus`, `nr_zones`; `ite`.
    """

    op: str
    args: tuple[Expr, ...] = ()


Expr = Const | Local | SelfCpu | StaticMask | OnlineMask | PcpCount | LockFree | Outcome | Access | Apply

TRUE = Const(True)
NR_CPUS = Apply("nr_cpus")
NR_ZONES = Apply("nr_zones")


def negate(expr: Expr) -> Expr:
    """The logical opposite."""
    return fold(Apply("!", (expr,)))


def children(expr: Expr) -> tuple[Expr, ...]:
    """The direct parts of an expression."""
    match expr:
        case Apply(_, args):
            return args
        case Access(_, target):
            return (target,)
        case PcpCount(cpu, zone):
            return (cpu, zone)
    return ()


def walk(expr: Expr) -> Iterator[Expr]:
    """The expression and all its parts."""
    yield expr
    for child in children(expr):
        yield from walk(child)


def size(expr: Expr) -> int:
    """How many parts an expression has."""
    return sum(1 for _ in walk(expr))


def accesses(expr: Expr) -> list[Access]:
    """The shared accesses in an expression."""
    return [part for part in walk(expr) if isinstance(part, Access)]


def locals_of(expr: Expr) -> set[str]:
    """The locals that an expression reads."""
    return {part.name for part in walk(expr) if isinstance(part, Local)}


def substitute(expr: Expr, env: dict[str, Expr]) -> Expr:
    """The expression with locals replaced by what `env` says, folded where that makes it constant."""
    match expr:
        case Local(name):
            return env.get(name, expr)
        case Apply(op, args):
            return fold(Apply(op, tuple(substitute(arg, env) for arg in args)))
        case Access(_, target):
            return replace(expr, target=substitute(target, env))  # type: ignore[arg-type]
        case PcpCount(cpu, zone):
            return PcpCount(substitute(cpu, env), substitute(zone, env))
    return expr


def fold(expr: Apply) -> Expr:
    """Simplify what the lowering of loops and flags makes constant; leaves everything else as written."""
    match expr:
        case Apply("!", (Const(bool() as value),)):
            return Const(not value)
        case Apply("!", (Apply("!", (inner,)),)):
            return inner
        case Apply("+", (Const(int() as left), Const(int() as right))):
            return Const(left + right)
        case Apply("<", (Const(0), Apply("nr_zones" | "nr_cpus"))):
            return TRUE  # there is always a zone and a CPU
        case Apply("ite", (Const(bool() as value), then, other)):
            return then if value else other
        case Apply("ite", (_, then, other)) if then == other:
            return then
        case Apply("ite", (condition, Const(True), Const(False))):
            return condition
    return expr
