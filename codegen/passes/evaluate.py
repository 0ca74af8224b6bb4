"""Evaluate: a source expression => nodes that come first, and a value with at most one shared access.

C leaves the order of two reads in one expression open; here it is from left to right, each a step of its
own, and `&&` and `||` read their right side only when they must.
"""

from __future__ import annotations

from dataclasses import dataclass

from .. import ast
from ..ir import expr as x
from ..ir.tree import Branch, LocalKind, LocalVar, MaskOp, Node, Scope, SetLocal, StepPoint
from ..source import Span
from .frame import Frame

_BOOLEAN = {"!", "&&", "||", "==", "!=", "<", "<=", ">", ">=", "test", "empty"}


@dataclass(frozen=True)
class Evaluated:
    """A value, what must be done before, and the temporaries of that."""

    value: x.Expr
    before: tuple[Node, ...] = ()
    temporaries: tuple[LocalVar, ...] = ()

    def wrap(self, *nodes: Node) -> tuple[Node, ...]:
        """`nodes` after what must come first, with the temporaries alive."""
        body = (*self.before, *nodes)
        return (Scope(self.temporaries, body),) if self.temporaries else body


def step_of(frame: Frame, value: x.Expr, span: Span) -> StepPoint | None:
    """The step that a value's one shared access makes, or None when it has none."""
    found = x.accesses(value)
    return frame.step(found[0].op, span) if found else None


def evaluate(frame: Frame, expr: ast.Expr) -> Evaluated:
    """The value of a (checked) source expression."""
    match expr:
        case ast.Number(value) | ast.Truth(value):
            return Evaluated(x.Const(value))
        case ast.Ref(name):
            return Evaluated(_variable(frame, name))
        case ast.Unary(op, operand):
            return _combine(frame, op, (operand,))
        case ast.Binary("&&" | "||" as op, left, right, span):
            return _short_circuit(frame, op, left, right, span)
        case ast.Binary(op, left, right):
            return _combine(frame, op, (left, right))
        case ast.Call(name, args, span):
            return _call(frame, name.text, args, span)
    raise AssertionError(f"{expr.span}: not an expression of a program")


def mask_operand(frame: Frame, expr: ast.Expr, op: str) -> x.Expr:
    """A mask that is read: a shared one is an access."""
    assert isinstance(expr, ast.Ref)
    mask = frame.names[expr.name]
    if isinstance(mask, x.StaticMask | x.OnlineMask):
        return x.Access(op, mask)
    assert isinstance(mask, x.Local)
    return mask


def _variable(frame: Frame, name: str) -> x.Expr:
    found = frame.names[name]
    assert isinstance(found, x.Local | x.Const)
    return found


def _call(frame: Frame, name: str, args: tuple[ast.Expr, ...], span: Span) -> Evaluated:
    match name:
        case "smp_processor_id":
            return Evaluated(x.SelfCpu())
        case "num_online_cpus":
            return Evaluated(x.Apply("weight", (x.Access(name, x.OnlineMask()),)))
        case "pcp_count":
            cpu, zone = (evaluate(frame, arg).value for arg in args)
            return Evaluated(x.Access(name, x.PcpCount(cpu, zone)))
        case "cpumask_test_cpu":
            cpu = evaluate(frame, args[0]).value
            return Evaluated(x.Apply("test", (cpu, mask_operand(frame, args[1], name))))
        case "cpumask_weight" | "cpumask_empty":
            return Evaluated(x.Apply(name.removeprefix("cpumask_"), (mask_operand(frame, args[0], name),)))
    raise AssertionError(f"{span}: `{name}` has no value")


def _combine(frame: Frame, op: str, operands: tuple[ast.Expr, ...]) -> Evaluated:
    done = [evaluate(frame, operand) for operand in operands]
    for index in range(len(done) - 1):
        later_reads = any(other.before or x.accesses(other.value) for other in done[index + 1 :])
        if later_reads and x.accesses(done[index].value):
            done[index] = _spill(frame, done[index], operands[index].span)
    return Evaluated(
        x.Apply(op, tuple(part.value for part in done)),
        tuple(node for part in done for node in part.before),
        tuple(variable for part in done for variable in part.temporaries),
    )


def _spill(frame: Frame, part: Evaluated, span: Span) -> Evaluated:
    """Keep the value of a read in a temporary, so that the next read is a step of its own."""
    access = x.accesses(part.value)[0]
    variable, local = frame.temporary(f"{access.op}_value", _kind(part.value))
    node = SetLocal(local, part.value, step_of(frame, part.value, span), span)
    return Evaluated(local, (*part.before, node), (*part.temporaries, variable))


def spill_mask(frame: Frame, access: x.Access, span: Span) -> Evaluated:
    """Keep a shared mask in a temporary."""
    # Within a class, Python changes a name that begins with `__`.
    variable, local = frame.temporary(f"{access.op.lstrip('_')}_value", LocalKind.MASK)
    declared = MaskOp("declare", local, (), None, span)
    read = MaskOp("cpumask_copy", local, (access,), frame.step(access.op, span), span)
    return Evaluated(local, (declared, read), (variable,))


def _kind(value: x.Expr) -> LocalKind:
    return LocalKind.BOOL if isinstance(value, x.Apply) and value.op in _BOOLEAN else LocalKind.INT


def _short_circuit(frame: Frame, op: str, left: ast.Expr, right: ast.Expr, span: Span) -> Evaluated:
    first, second = evaluate(frame, left), evaluate(frame, right)
    if not second.before and not x.accesses(second.value):
        value = x.Apply(op, (first.value, second.value))
        return Evaluated(value, first.before, first.temporaries)
    variable, local = frame.temporary("and_value" if op == "&&" else "or_value", LocalKind.BOOL)
    decide = SetLocal(local, first.value, step_of(frame, first.value, left.span), left.span)
    refine = second.wrap(SetLocal(local, second.value, step_of(frame, second.value, right.span), right.span))
    go_on = local if op == "&&" else x.negate(local)
    branch = Branch(go_on, refine, (), None, span)
    return Evaluated(local, (*first.before, decide, branch), (*first.temporaries, variable))
