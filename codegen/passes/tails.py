"""Tails: what local code leads to, as a tree of choices, and that tree as control and as values."""

from __future__ import annotations

from dataclasses import dataclass

from ..ir import expr as x
from ..ir.steps import Choice, Target

Env = dict[str, x.Expr]
"""What is known of locals, in terms of the state before the step."""


@dataclass(frozen=True)
class Leaf:
    """The next step, with the locals that were set on the way."""

    step: str
    env: Env


@dataclass(frozen=True)
class Fork:
    """A branch of local code."""

    condition: x.Expr
    then: Leaf | Fork
    other: Leaf | Fork


Tail = Leaf | Fork
"""Local code up to the next step, on each way that it may take."""


def only(names: set[str], updates: dict[str, x.Expr]) -> dict[str, x.Expr]:
    """Without the locals that no step ever sees: they live and die within one step."""
    return {name: value for name, value in updates.items() if name in names}


def control(tree: Tail) -> Target | Choice:
    """Where control goes."""
    if isinstance(tree, Leaf):
        return Target(tree.step)
    then, other = control(tree.then), control(tree.other)
    return then if then == other else Choice(tree.condition, then, other)


def merged(tree: Tail) -> dict[str, x.Expr]:
    """For each local that some way changes, its new value as one expression."""
    if isinstance(tree, Leaf):
        return tree.env
    then, other = merged(tree.then), merged(tree.other)
    names = [*then, *(name for name in other if name not in then)]
    unchanged = {name: x.Local(name, name) for name in names}
    return {
        name: x.fold(
            x.Apply(
                "ite", (tree.condition, then.get(name, unchanged[name]), other.get(name, unchanged[name]))
            )
        )
        for name in names
    }
