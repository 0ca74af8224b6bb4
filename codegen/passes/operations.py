"""Operations: calls of mask and lock builtins => nodes, one step for each access of something shared."""

from __future__ import annotations

from .. import ast
from ..ir import expr as x
from ..ir.tree import Effect, LocalVar, MaskOp, Node, Scope
from .evaluate import evaluate, mask_operand, spill_mask
from .frame import Frame, LockName


def lock_of(frame: Frame, call: ast.Call) -> LockName:
    """The lock that a builtin is called with."""
    argument = call.args[0]
    assert isinstance(argument, ast.Ref)
    lock = frame.names[argument.name]
    assert isinstance(lock, LockName)
    return lock


def lock_operation(frame: Frame, call: ast.Call) -> tuple[Node, ...]:
    """A spinlock turns preemption off around itself; `irqsave` turns irqs off around that."""
    lock = lock_of(frame, call)
    name = call.name.text
    irq = name.endswith(("_irqsave", "_irqrestore"))
    taking = name.startswith(("spin_lock", "mutex_lock"))
    around = (["local_irq_disable"] if irq else []) + (["preempt_disable"] if lock.spin else [])
    step = frame.step
    verb = ("spin_" if lock.spin else "mutex_") + ("lock" if taking else "unlock")
    if taking:
        first = [Effect(op, (), step(op, call.span)) for op in around]
        return (*first, Effect(verb, (), step(name, call.span), lock.name, lock.name))
    release = Effect(verb, (), step(name, call.span), lock.name, lock.name)
    undone = [op.replace("disable", "enable") for op in reversed(around)]
    return (release, *(Effect(op, (), step(op, call.span)) for op in undone))


def mask_operation(frame: Frame, call: ast.Call) -> tuple[Node, ...]:
    """A `cpumask_*` statement. On a shared mask, an atomic bit operation is one step."""
    name = call.name.text
    plain = name.removeprefix("__")
    single_bit = plain in ("cpumask_set_cpu", "cpumask_clear_cpu")
    target_ref = call.args[1 if single_bit else 0]
    assert isinstance(target_ref, ast.Ref)
    target = frame.names[target_ref.name]
    assert isinstance(target, x.Local | x.StaticMask)
    if single_bit:
        bit = evaluate(frame, call.args[0]).value
        if isinstance(target, x.StaticMask) and name != plain:
            return _unlocked_bit(frame, call, target, bit)
        step = frame.step(name, call.span) if isinstance(target, x.StaticMask) else None
        return (MaskOp(plain, target, (bit,), step, call.span),)
    return _mask_assignment(frame, call, target)


def _unlocked_bit(frame: Frame, call: ast.Call, target: x.StaticMask, bit: x.Expr) -> tuple[Node, ...]:
    """`__cpumask_set_cpu`: not one atomic bit operation but a read of the mask and a write of it."""
    name = call.name.text
    read = spill_mask(frame, x.Access(name, target), call.span)
    assert isinstance(read.value, x.Local)
    change = MaskOp(name.removeprefix("__"), read.value, (bit,), None, call.span)
    write = MaskOp("cpumask_copy", target, (read.value,), frame.step(name, call.span), call.span)
    return read.wrap(change, write)


def _mask_assignment(frame: Frame, call: ast.Call, target: x.Local | x.StaticMask) -> tuple[Node, ...]:
    """`cpumask_and` and its like: a step for each shared operand, then one for a shared target."""
    name, span = call.name.text, call.span
    operands = [mask_operand(frame, argument, name) for argument in call.args[1:]]
    shared = [isinstance(operand, x.Access) for operand in operands]
    nodes: list[Node] = []
    if isinstance(target, x.Local) and all(shared) and len(shared) == 2:
        # The target itself can hold the first read: nothing else needs its old value.
        nodes.append(MaskOp("cpumask_copy", target, (operands[0],), frame.step(name, span), span))
        operands[0], shared[0] = target, False
    temporaries: list[LocalVar] = []
    keep_last = not isinstance(target, x.StaticMask)
    for index, operand in enumerate(operands):
        last_read = not any(shared[index + 1 :])
        if isinstance(operand, x.Access) and not (last_read and keep_last):
            read = spill_mask(frame, operand, span)
            nodes.extend(read.before)
            temporaries.extend(read.temporaries)
            operands[index] = read.value
    reads = any(isinstance(operand, x.Access) for operand in operands)
    step = frame.step(name, span) if reads or isinstance(target, x.StaticMask) else None
    nodes.append(MaskOp(name, target, tuple(operands), step, span))
    return (Scope(tuple(temporaries), tuple(nodes)),) if temporaries else tuple(nodes)
