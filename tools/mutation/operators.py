"""Operators on the stepped tree: what a programmer might have written instead of one node, or of two.

No operator makes a program look at a CPU or a zone that there is not: no implementation gets beyond that, so
nothing would be shown by noticing it. Conditions that keep a loop inside its bounds are therefore left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pcpdrain.codegen.backends.python import show
from pcpdrain.codegen.ir import expr as x
from pcpdrain.codegen.ir.tree import (
    Branch,
    Effect,
    ForEach,
    Inline,
    Jump,
    LocalKind,
    Loop,
    MaskOp,
    Node,
    SetLocal,
)
from pcpdrain.codegen.scopes import Scope
from pcpdrain.codegen.source import Span

Block = tuple[Node, ...]

_OTHER_MASK_OPERATION = {
    "cpumask_set_cpu": "cpumask_clear_cpu", "cpumask_clear_cpu": "cpumask_set_cpu",
    "cpumask_and": "cpumask_or", "cpumask_or": "cpumask_and", "cpumask_andnot": "cpumask_and",
    "cpumask_clear": "cpumask_setall", "cpumask_setall": "cpumask_clear",
}  # fmt: skip
_OTHER_COMPARISONS = {
    ">": (">=", "=="), "<": ("<=", "=="), ">=": (">",), "<=": ("<",), "==": ("!=",), "!=": ("==",),
}  # fmt: skip


_NOTHING = ("cpu_relax", "cond_resched", "count_event")
"""Steps that change no state."""


@dataclass(frozen=True)
class Change:
    """Other nodes in the place of one, or of two neighbours."""

    operator: str
    description: str
    span: Span
    nodes: Block


def changes(node: Node, kinds: dict[str, LocalKind], scope: Scope) -> Iterator[Change]:
    """The changes of one node. `kinds` are those of all locals."""
    span, written = _span(node), _written(node)
    if span is None or keeps_in_bounds(node):
        return
    match node:
        case Effect() | MaskOp():
            if node.step is not None:
                yield Change("drop step", f"without {written}", span, ())
            elif node.op not in ("declare", "free_cpumask_var"):
                yield Change("drop update", f"without {written}", span, ())
            if node.step is not None and not (isinstance(node, Effect) and node.op in _NOTHING):
                idle = Effect("cpu_relax", (), node.step)
                yield Change("do nothing", f"nothing done at {written}", span, (idle,))
        case Jump(kind):
            yield Change("drop jump", f"without {kind}", span, ())
        case Loop(body) | ForEach(_, _, body):
            if body and not isinstance(body[-1], Jump):
                once = replace(node, body=(*body, Jump("break", span)))
                yield Change("leave loop early", f"one round of {written}", span, (once,))
        case Inline(result=None):
            yield Change("drop call", f"without {written}", span, ())
    match node:
        case MaskOp(op) if op in _OTHER_MASK_OPERATION:
            other = _OTHER_MASK_OPERATION[op]
            yield Change("other mask operation", f"{other} for {written}", span, (replace(node, op=other),))
        case SetLocal(value=x.Const(bool() as value)):
            flipped = replace(node, value=x.Const(not value))
            yield Change("other constant", f"{not value} in {written}", span, (flipped,))
        case Branch():
            yield from _branch(node, span)
    for operator, description, changed in _other_places(node, kinds, scope):
        yield Change(operator, f"{description} in {written}", span, (changed,))


def exchanged(first: Node, second: Node) -> Change | None:
    """Two neighbours the other way round, where each makes a step."""
    span = _span(first)
    if span is None or not all(_steps(node) and not keeps_in_bounds(node) for node in (first, second)):
        return None
    return Change("swap steps", f"{_written(second)} before {_written(first)}", span, (second, first))


def keeps_in_bounds(node: Node) -> bool:
    """Whether a node is the end of a loop over CPUs, or advances such a loop."""
    match node:
        case Branch(condition):
            return x.NR_CPUS in x.walk(condition)
        case SetLocal(_, value):
            return any(isinstance(part, x.Apply) and part.op == "next" for part in x.walk(value))
    return False


def _branch(node: Branch, span: Span) -> Iterator[Change]:
    written = _written(node)
    if node.trylock or node.allocates is not None:
        other = replace(node, then=node.other, other=node.then)
        yield Change("negate condition", f"not {written}", span, (other,))
        return
    yield Change(
        "negate condition", f"not {written}", span, (replace(node, condition=x.negate(node.condition)),)
    )
    for value in (True, False):
        changed = replace(node, condition=x.Const(value))
        yield Change("decide beforehand", f"{value} for {written}", span, (changed,))
    match node.condition:
        case x.Apply(op, (left, right)) if op in _OTHER_COMPARISONS:
            for sign in _OTHER_COMPARISONS[op]:
                yield Change(
                    "other comparison", f"{sign} in {written}", span,
                    (replace(node, condition=x.Apply(sign, (left, right))),),
                )  # fmt: skip
            if isinstance(right, x.Const) and type(right.value) is int:
                more = replace(node, condition=x.Apply(op, (left, x.Const(right.value + 1))))
                yield Change("other constant", f"{right.value + 1} in {written}", span, (more,))


def _other_places(node: Node, kinds: dict[str, LocalKind], scope: Scope) -> Iterator[tuple[str, str, Node]]:
    """The node with one CPU or zone that it speaks of exchanged for another one."""
    match node:
        case SetLocal(_, value):
            for operator, description, changed in _replaced(value, kinds, scope):
                yield operator, description, replace(node, value=changed)
        case Branch(condition):
            for operator, description, changed in _replaced(condition, kinds, scope):
                yield operator, description, replace(node, condition=changed)
        case MaskOp(_, _, args) | Effect(_, args):
            for number, arg in enumerate(args):
                for operator, description, changed in _replaced(arg, kinds, scope):
                    yield (
                        operator,
                        description,
                        replace(node, args=(*args[:number], changed, *args[number + 1 :])),
                    )


def _replaced(expr: x.Expr, kinds: dict[str, LocalKind], scope: Scope) -> Iterator[tuple[str, str, x.Expr]]:
    """The expression with one CPU or zone in it replaced by each other that can be named."""
    cpus: list[x.Expr] = [x.SelfCpu(), x.Const(0), x.Const(scope.cpus - 1)]
    for part in dict.fromkeys(x.walk(expr)):
        kind = kinds.get(part.name) if isinstance(part, x.Local) else None
        if kind is LocalKind.CPU or isinstance(part, x.SelfCpu):
            operator, others = "wrong CPU", cpus
        elif kind is LocalKind.ZONE:
            operator, others = "wrong zone", [x.Const(0), x.Const(scope.zones - 1)]
        else:
            continue
        for other in dict.fromkeys(others):
            if other != part:
                yield operator, f"{show(other)} for {show(part)}", _with(expr, part, other)


def _with(expr: x.Expr, part: x.Expr, other: x.Expr) -> x.Expr:
    """The expression with every occurrence of a part replaced."""
    if expr == part:
        return other
    match expr:
        case x.Apply(op, args):
            return x.Apply(op, tuple(_with(arg, part, other) for arg in args))
        case x.Access(_, target):
            return replace(expr, target=_with(target, part, other))  # type: ignore[arg-type]
        case x.PcpCount(cpu, zone):
            return x.PcpCount(_with(cpu, part, other), _with(zone, part, other))
    return expr


def _steps(node: Node) -> bool:
    return isinstance(node, Inline) or getattr(node, "step", None) is not None


def _span(node: Node) -> Span | None:
    """Where a node stands; a scope stands nowhere."""
    return node.step.span if isinstance(node, Effect) else getattr(node, "span", None)


def _written(node: Node) -> str:
    """A node as it stands in the source, on one line."""
    span = _span(node)
    text = span.text if span is not None else ""
    return " ".join(text.split("{")[0].split("\n")[0].split()).rstrip(";")
