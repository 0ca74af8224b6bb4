"""Acquire: conditions that take a lock or memory => branches of which each way knows what it has."""

from __future__ import annotations

from dataclasses import replace

from .. import ast
from ..ir import expr as x
from ..ir.tree import Branch, Effect, MaskOp, Node
from .frame import Frame
from .operations import lock_of

_ACQUIRE = ("spin_trylock", "mutex_trylock", "mutex_lock_interruptible", "alloc_cpumask_var")
_ZERO_IF_GOT = "mutex_lock_interruptible"


def acquisition(condition: ast.Expr) -> ast.Asked | None:
    """The call that a condition is, if it takes a lock or allocates."""
    asked = ast.asked(condition)
    return asked if asked is not None and asked.call.name.text in _ACQUIRE else None


def acquire(
    frame: Frame, asked: ast.Asked, then: tuple[Node, ...], other: tuple[Node, ...]
) -> tuple[Node, ...]:
    """The nodes of a branch on whether something was got; `then` is where the source's condition is true."""
    call = asked.call
    got_when_true = asked.negated == (call.name.text == _ZERO_IF_GOT)
    got, missed = (then, other) if got_when_true else (other, then)
    match call.name.text:
        case "alloc_cpumask_var":
            return _allocate(frame, call, got, missed)
        case "mutex_lock_interruptible":
            return _lock(frame, call, got, missed, interruptible=True)
    return _try(frame, call, got, missed)


def free(frame: Frame, call: ast.Call) -> Node:
    """`free_cpumask_var`: the mask is local, so this is no step."""
    return MaskOp("free_cpumask_var", _mask(frame, call), (), None, call.span)


def _mask(frame: Frame, call: ast.Call) -> x.Local:
    argument = call.args[0]
    assert isinstance(argument, ast.Ref)
    mask = frame.names[argument.name]
    assert isinstance(mask, x.Local)
    return mask


def _allocate(
    frame: Frame, call: ast.Call, got: tuple[Node, ...], missed: tuple[Node, ...]
) -> tuple[Node, ...]:
    step = frame.step(call.name.text, call.span)
    return (Branch(x.Outcome("ok"), got, missed, step, call.span, allocates=_mask(frame, call)),)


def _try(frame: Frame, call: ast.Call, got: tuple[Node, ...], missed: tuple[Node, ...]) -> tuple[Node, ...]:
    """A trylock: as in the kernel, preemption goes off first and, for a spinlock not got, on again."""
    if not lock_of(frame, call).spin:
        return _lock(frame, call, got, missed)
    first = Effect("preempt_disable", (), frame.step("preempt_disable", call.span))
    (branch,) = _lock(frame, call, got, missed)
    undone = Effect("preempt_enable", (), frame.step("preempt_enable", call.span))
    return first, replace(branch, other=(undone, *missed))


def _lock(
    frame: Frame,
    call: ast.Call,
    got: tuple[Node, ...],
    missed: tuple[Node, ...],
    *,
    interruptible: bool = False,
) -> tuple[Branch]:
    lock = lock_of(frame, call)
    free = x.Access(call.name.text, x.LockFree(lock.name))
    step = frame.step(call.name.text, call.span)
    return (Branch(free, got, missed, step, call.span, trylock=lock.name, interruptible=interruptible),)
