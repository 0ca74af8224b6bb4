"""Masks: which local masks a process allocates, and which of them a node of the tree uses."""

from __future__ import annotations

from collections.abc import Iterator

from ..ir import expr as x
from ..ir.tree import Branch, Effect, ForEach, Inline, MaskOp, Node, Process, SetLocal, walk
from ..source import Span


def allocated_masks(process: Process) -> frozenset[str]:
    """The local masks that some branch allocates. The others are variables on the stack."""
    return frozenset(
        node.allocates.name
        for node in walk(process.root.body)
        if isinstance(node, Branch) and node.allocates is not None
    )


def used_locals(node: Node) -> tuple[dict[str, str], Span | None]:
    """The locals that the node itself reads or writes, each as the source calls it there, and where."""
    used: dict[str, str] = {}
    for expr in _expressions(node):
        used |= {part.name: part.shown for part in x.walk(expr) if isinstance(part, x.Local)}
    match node:
        case SetLocal() | MaskOp() | Branch() | ForEach() | Inline():
            return used, node.span
        case Effect():
            return used, node.step.span
    return used, None


def _expressions(node: Node) -> Iterator[x.Expr]:
    match node:
        case SetLocal(_, value):
            yield value
        case MaskOp(op, target, args):
            if op not in ("declare", "free_cpumask_var"):
                yield target
            yield from args
        case Branch(condition):
            yield condition
        case ForEach(_, mask):
            if mask is not None:
                yield mask
        case Effect(_, args):
            yield from args
        case Inline(_, _, arguments):
            yield from (value for _, value in arguments)
