"""The abstract syntax of a `.drain` file, each node with its span.

Names are as written; `frontend.check` makes sure that they mean something before any pass looks at them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .source import Source, Span

TypeName = Literal[
    "cpumask", "cpumask_var", "spinlock", "mutex", "bool", "int", "cpu", "handler", "condition"
]  # fmt: skip
LoopKind = Literal["for_each_online_cpu", "for_each_populated_zone", "for_each_cpu"]
Where = Literal["at", "in", "amid", "outside"]


@dataclass(frozen=True)
class Name:
    """A name where it is written."""

    text: str
    span: Span


# --- expressions -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Number:
    """An integer literal."""

    value: int
    span: Span


@dataclass(frozen=True)
class Truth:
    """`true` or `false`."""

    value: bool
    span: Span


@dataclass(frozen=True)
class Ref:
    """The use of a name: a local, a parameter, a static, a handler, `cpu_online_mask`, a bound variable."""

    name: str
    span: Span


@dataclass(frozen=True)
class Call:
    """`name(args)`: a builtin, or, as a statement, a routine."""

    name: Name
    args: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True)
class Unary:
    """`!x` or `-x`."""

    op: Literal["!", "-"]
    operand: Expr
    span: Span


@dataclass(frozen=True)
class Binary:
    """A binary operation; `=>` and `in` only occur in invariants."""

    op: Literal["||", "&&", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "=>", "in"]
    left: Expr
    right: Expr
    span: Span


@dataclass(frozen=True)
class Quantified:
    """`forall c in cpus, z in zones: body`, in invariants only."""

    kind: Literal["forall", "exists"]
    bindings: tuple[tuple[Name, Name], ...]
    body: Expr
    span: Span


Expr = Number | Truth | Ref | Call | Unary | Binary | Quantified


@dataclass(frozen=True)
class Asked:
    """A whole condition that is one call: negated or not, compared with zero or not."""

    call: Call
    negated: bool
    compared: bool


def asked(condition: Expr) -> Asked | None:
    """The call that a whole condition is, if it is one: `f()`, `!f()`, `f() != 0`, `f() == 0`."""
    negated = compared = False
    while isinstance(condition, Unary) and condition.op == "!":
        negated, condition = not negated, condition.operand
    match condition:
        case Binary("==" | "!=" as op, Call() as left, Number(0)):
            negated, compared, condition = negated != (op == "=="), True, left
    return Asked(condition, negated, compared) if isinstance(condition, Call) else None


# --- statements --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Block:
    """`{ ... }`: locals declared in it live until its end."""

    body: tuple[Stmt, ...]
    span: Span


@dataclass(frozen=True)
class Local:
    """`bool has_pcps = false;`."""

    type: TypeName
    name: Name
    value: Expr | None
    span: Span
    type_span: Span


@dataclass(frozen=True)
class Assign:
    """`x = expr;`."""

    name: Name
    value: Expr
    span: Span


@dataclass(frozen=True)
class CallStmt:
    """`f(args);`: a builtin with an effect, or a routine, which is inlined."""

    call: Call
    span: Span


@dataclass(frozen=True)
class If:
    """`if (condition) then else other`."""

    condition: Expr
    then: Stmt
    other: Stmt | None
    span: Span


@dataclass(frozen=True)
class While:
    """`while (condition) body`."""

    condition: Expr
    body: Stmt
    span: Span


@dataclass(frozen=True)
class ForEach:
    """One of the kernel's loops; `head` is the part up to the closing parenthesis."""

    kind: LoopKind
    variable: Name
    mask: Expr | None
    body: Stmt
    head: Span
    span: Span


@dataclass(frozen=True)
class Jump:
    """`break;` or `continue;`."""

    kind: Literal["break", "continue"]
    span: Span


@dataclass(frozen=True)
class Return:
    """`return;`, in a condition with a value."""

    value: Expr | None
    span: Span


@dataclass(frozen=True)
class Labelled:
    """`scan: statement`: a place that an invariant can speak of."""

    label: Name
    statement: Stmt
    span: Span


@dataclass(frozen=True)
class Atomic:
    """`atomic { ... }`: several accesses in one step."""

    body: Block
    span: Span


@dataclass(frozen=True)
class Assert:
    """`assert(condition);`."""

    condition: Expr
    span: Span


Stmt = Block | Local | Assign | CallStmt | If | While | ForEach | Jump | Return | Labelled | Atomic | Assert

# --- declarations ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Static:
    """`static cpumask m;`: zero at the start (BSS) unless `uninitialised`."""

    type: TypeName
    name: Name
    uninitialised: Span | None
    span: Span
    type_span: Span


@dataclass(frozen=True)
class Counter:
    """`counter pcp_global_drain;`: a vmstat event that the program counts."""

    name: Name
    span: Span


@dataclass(frozen=True)
class Param:
    """A parameter of a routine; masks are passed by reference, as in C."""

    type: TypeName
    name: Name
    span: Span
    type_span: Span


@dataclass(frozen=True)
class Routine:
    """A routine. `handler`s may be sent to other CPUs, a `condition` gives true or false.

    `entry` is the one without a keyword.
    """

    kind: Literal["routine", "handler", "condition", "entry"]
    name: Name
    params: tuple[Param, ...]
    body: Block
    span: Span


@dataclass(frozen=True)
class Place:
    """Where control is: a label of this file, `routine.label` of any, or `idle`, `return` or `ack`."""

    routine: Name | None
    label: Name
    span: Span


@dataclass(frozen=True)
class InvariantClause:
    """`at place, place: formula;` or, without places, a formula for every state.

    `at` means that the labelled statement is next, `in` that, or it is under way, `amid` only the latter, and
    `outside` neither.
    """

    where: Where | None
    places: tuple[Place, ...]
    formula: Expr
    span: Span


@dataclass(frozen=True)
class Invariant:
    """`invariant name { ... }`."""

    name: Name
    clauses: tuple[InvariantClause, ...]
    span: Span


@dataclass(frozen=True)
class Expectation:
    """`property holds in scope, scope;`."""

    property: Name
    verdict: Literal["holds", "violated"]
    scopes: tuple[Name, ...]
    span: Span


@dataclass(frozen=True)
class Proved:
    """`property proved in scope, scope;`: by induction, so for runs of every length. Also of an invariant."""

    property: Name
    scopes: tuple[Name, ...]
    span: Span


@dataclass(frozen=True)
class Origin:
    """`origin "where this variant comes from";`."""

    text: str
    span: Span


@dataclass(frozen=True)
class Allow:
    """`allow C303;`: errors of this code are warnings in this variant."""

    code: Name
    span: Span


@dataclass(frozen=True)
class Variant:
    """A whole variant file."""

    name: Name
    title: str
    origins: tuple[Origin, ...]
    statics: tuple[Static, ...]
    counters: tuple[Counter, ...]
    routines: tuple[Routine, ...]
    invariants: tuple[Invariant, ...]
    expectations: tuple[Expectation, ...]
    proofs: tuple[Proved, ...]
    allowed: tuple[Allow, ...]
    source: Source
    span: Span


@dataclass(frozen=True)
class Library:
    """A whole library file: routines that every variant may call, and what is invariant in them."""

    name: Name
    title: str
    routines: tuple[Routine, ...]
    invariants: tuple[Invariant, ...]
    source: Source
    span: Span
