"""Formulas: what is claimed of a state, in terms of its variables and with quantifiers.

The variables are those of an observed state, by the same names. The domains are the CPUs, zones and tasks
of a scope.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ..source import Span


@dataclass(frozen=True)
class Const:
    """A literal."""

    value: bool | int


@dataclass(frozen=True)
class Bound:
    """A variable that a quantifier binds: the number of a CPU, a zone or a task."""

    name: str


@dataclass(frozen=True)
class Value:
    """A variable of the state, or the element of one at these indices."""

    variable: str
    index: tuple[Formula, ...] = ()


@dataclass(frozen=True)
class Owed:
    """Whether a ghost, `owes` or `notified`, of a task has the list of a CPU in a zone."""

    ghost: str
    task: Formula
    cpu: Formula
    zone: Formula


@dataclass(frozen=True)
class Home:
    """The CPU of a task."""

    task: Formula


@dataclass(frozen=True)
class At:
    """Whether a task (`at`) or a CPU's handler (`irq_at`) is before one of these steps."""

    variable: Literal["at", "irq_at"]
    who: Formula
    steps: tuple[str, ...]


@dataclass(frozen=True)
class Apply:
    """An operation on values: `ir.expr.Apply`'s operators, `=>` and `no_cpus`."""

    op: str
    args: tuple[Formula, ...] = ()


@dataclass(frozen=True)
class Quantified:
    """For all, or for some, of a domain: `cpus`, `zones`, `tasks`."""

    kind: Literal["forall", "exists"]
    variable: str
    domain: Literal["cpus", "zones", "tasks"]
    body: Formula


Formula = Const | Bound | Value | Owed | Home | At | Apply | Quantified

TRUE = Const(True)
FALSE = Const(False)
NO_CPUS = Apply("no_cpus")
"""The empty mask."""

NONE = Const(-1)
"""No task, no zone, no CPU."""


@dataclass(frozen=True)
class Conjunct:
    """One part of an inductive invariant.

    `span` is the clause that it is made of, or None where the compiler added it; `about` says in a few words
    what it says.
    """

    name: str
    formula: Formula
    about: str
    span: Span | None = None


def both(*parts: Formula) -> Formula:
    """The conjunction; what is plainly true is left out."""
    return _joined("&&", [part for part in parts if part != TRUE], TRUE)


def either(*parts: Formula) -> Formula:
    """The disjunction; what is plainly false is left out."""
    return _joined("||", [part for part in parts if part != FALSE], FALSE)


def _joined(op: str, parts: list[Formula], empty: Formula) -> Formula:
    if not parts:
        return empty
    joined = parts[0]
    for part in parts[1:]:
        joined = Apply(op, (joined, part))
    return joined


def negation(part: Formula) -> Formula:
    """The opposite."""
    return Apply("!", (part,))


def implies(premise: Formula, conclusion: Formula) -> Formula:
    """The implication."""
    return conclusion if premise == TRUE else Apply("=>", (premise, conclusion))


def equal(left: Formula, right: Formula) -> Formula:
    """The equality of two numbers or two truths."""
    return Apply("==", (left, right))


def member(one: Formula, of: Formula) -> Formula:
    """Whether a set has a member."""
    return Apply("test", (one, of))


def forall(domains: Iterable[tuple[str, Literal["cpus", "zones", "tasks"]]], body: Formula) -> Formula:
    """The body for all values of these variables."""
    for variable, domain in reversed(list(domains)):
        body = Quantified("forall", variable, domain, body)
    return body
