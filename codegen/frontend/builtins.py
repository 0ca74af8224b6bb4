"""The words of the language that are not keywords: what each takes, gives and touches.

One table serves the checker (kinds, support), the lowering (which access is a step) and the documentation.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kind of a value or of a name."""

    BOOL = "bool"
    INT = "int"
    CPU = "CPU"
    ZONE = "zone"
    TASK = "task"
    MASK = "cpumask"
    SPINLOCK = "spinlock"
    MUTEX = "mutex"
    HANDLER = "handler"
    CONDITION = "condition"
    COUNTER = "counter"
    NOTHING = "nothing"


class Use(StrEnum):
    """Where a builtin may stand."""

    VALUE = "in an expression"
    STATEMENT = "as a statement"
    CONDITION = "as the whole condition of an `if` or `while`, or negated there"


@dataclass(frozen=True)
class Builtin:
    """One builtin: parameter kinds, result, where it may stand.

    `writes_mask` tells that the first mask argument is written, so that `cpu_online_mask` is refused there;
    `local_mask` that it must be a local, since that is what allocations are modelled for.
    """

    name: str
    params: tuple[Kind, ...]
    result: Kind
    use: Use
    writes_mask: bool = False
    local_mask: bool = False


_CPU, _ZONE, _MASK = Kind.CPU, Kind.ZONE, Kind.MASK


def _table(*builtins: Builtin) -> dict[str, Builtin]:
    return {builtin.name: builtin for builtin in builtins}


def _value(name: str, params: tuple[Kind, ...], result: Kind) -> Builtin:
    return Builtin(name, params, result, Use.VALUE)


def _effect(name: str, *params: Kind, writes_mask: bool = False, local_mask: bool = False) -> Builtin:
    return Builtin(name, params, Kind.NOTHING, Use.STATEMENT, writes_mask, local_mask)


def _condition(
    name: str, *params: Kind, result: Kind = Kind.BOOL, writes_mask: bool = False, local_mask: bool = False
) -> Builtin:
    return Builtin(name, params, result, Use.CONDITION, writes_mask, local_mask)


BUILTINS = _table(
    _value("smp_processor_id", (), _CPU),
    _value("pcp_count", (_CPU, _ZONE), Kind.INT),
    _value("num_online_cpus", (), Kind.INT),
    _value("cpumask_test_cpu", (_CPU, _MASK), Kind.BOOL),
    _value("cpumask_weight", (_MASK,), Kind.INT),
    _value("cpumask_empty", (_MASK,), Kind.BOOL),
    _effect("cpumask_set_cpu", _CPU, _MASK, writes_mask=True),
    _effect("cpumask_clear_cpu", _CPU, _MASK, writes_mask=True),
    _effect("__cpumask_set_cpu", _CPU, _MASK, writes_mask=True),
    _effect("__cpumask_clear_cpu", _CPU, _MASK, writes_mask=True),
    _effect("cpumask_clear", _MASK, writes_mask=True),
    _effect("cpumask_setall", _MASK, writes_mask=True),
    _effect("cpumask_copy", _MASK, _MASK, writes_mask=True),
    _effect("cpumask_and", _MASK, _MASK, _MASK, writes_mask=True),
    _effect("cpumask_or", _MASK, _MASK, _MASK, writes_mask=True),
    _effect("cpumask_andnot", _MASK, _MASK, _MASK, writes_mask=True),
    _effect("spin_lock", Kind.SPINLOCK),
    _effect("spin_unlock", Kind.SPINLOCK),
    _effect("spin_lock_irqsave", Kind.SPINLOCK),
    _effect("spin_unlock_irqrestore", Kind.SPINLOCK),
    _condition("spin_trylock", Kind.SPINLOCK),
    _effect("mutex_lock", Kind.MUTEX),
    _effect("mutex_unlock", Kind.MUTEX),
    _condition("mutex_trylock", Kind.MUTEX),
    _condition("mutex_lock_interruptible", Kind.MUTEX, result=Kind.INT),
    _effect("preempt_disable"),
    _effect("preempt_enable"),
    _effect("local_irq_disable"),
    _effect("local_irq_enable"),
    _effect("cond_resched"),
    _effect("cpu_relax"),
    _effect("send_call", _CPU, Kind.HANDLER),
    _effect("wait_call", _CPU),
    _effect("ack_call"),
    _effect("drain_zone_pages", _CPU, _ZONE),
    _effect("forget_zone_pages", _CPU, _ZONE),
    _effect("duplicate_zone_pages", _CPU, _ZONE),
    _effect("count_event", Kind.COUNTER),
    _condition("alloc_cpumask_var", _MASK, writes_mask=True, local_mask=True),
    _effect("free_cpumask_var", _MASK, writes_mask=True, local_mask=True),
)
