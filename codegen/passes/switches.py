"""Switches: how locks, irqs and preemption change a context, step by step, and what is wrong with that.

A call that takes or releases a spinlock is several steps, all at the place of the call. What is wrong is
reported once for the call, and the context goes on as the author seems to have meant it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from .. import errors
from ..ir.context import Context
from ..ir.tree import Branch, Effect
from ..source import Span

SWITCHES = (
    "preempt_disable", "preempt_enable", "local_irq_disable", "local_irq_enable", "spin_lock", "spin_unlock",
    "mutex_lock", "mutex_unlock",
)  # fmt: skip
"""The effects that change the context."""


def written(call: Span) -> str:
    """The name of a call as it stands in the source: taking a lock is several steps under one name."""
    return call.text.partition("(")[0].strip()


@dataclass
class Switches:
    """Follows the switches of one process.

    `nested` is the place of a call that saves the irqs' state where they were off already, `refused` that of
    a call that releases what is not held: what else it would do is not done. `opened` are the locks under
    which irqs or preemption have been turned on, which is reported once. `order` has, for each lock, those
    that are waited for while it is held, with the first place of each.
    """

    report: Callable[[errors.Diagnostic], None]
    nested: Span | None = None
    refused: Span | None = None
    opened: set[tuple[str, str]] = field(default_factory=set)
    order: dict[str, dict[str, Span]] = field(default_factory=dict)

    def after(self, node: Effect, context: Context) -> Context | None:
        """The context after one of `SWITCHES`; None where nothing sensible can follow."""
        span = node.step.span
        match node.op:
            case "spin_lock" | "mutex_lock":
                return self._lock(node, context)
            case "spin_unlock" | "mutex_unlock":
                return self._unlock(node, context)
            case "preempt_disable":
                return replace(context, preempt=context.preempt + 1)
            case "local_irq_disable":
                if context.irqs_off and written(span) == node.op:
                    self.report(errors.unbalanced(span, node.op, "irqs are off"))
                self.nested = span if context.irqs_off else None
                return replace(context, irqs=context.irqs + 1)
            case "preempt_enable" if span != self.refused:
                self._enable(node, "preemption", context.preempt, context.spinlocks)
                return replace(context, preempt=max(0, context.preempt - 1))
            case "local_irq_enable" if span != self.refused:
                self._enable(node, "irqs", context.irqs, context.irqsave)
                return replace(context, irqs=max(0, context.irqs - 1))
        return context

    def _enable(self, node: Effect, what: str, times: int, locks: frozenset[str]) -> None:
        """Look at an enable; what is off so many times must not be off only for `locks`."""
        span = node.step.span
        keepers = sorted(lock for lock in locks if (what, lock) not in self.opened)
        if written(span) != node.op or times > len(keepers):
            return
        plural = what == "irqs"
        if keepers and times:
            self.report(errors.unbalanced(span, node.op, f"{what} stay{'' if plural else 's'}", keepers))
            self.opened |= {(what, lock) for lock in keepers}
        else:
            self.report(errors.unbalanced(span, node.op, f"{what} {'are' if plural else 'is'} on"))

    def _lock(self, node: Effect, context: Context) -> Context | None:
        span, spin = node.step.span, node.op == "spin_lock"
        irqsave = written(span) == "spin_lock_irqsave"
        if not spin and context.atomic:
            self.report(errors.sleeps_while_atomic(span, "mutex_lock", str(context)))
        if node.name in context.locks:
            self.report(errors.already_held(span, node.name, tried=False))
            return None
        if irqsave and self.nested == span:
            self.report(errors.unbalanced(span, "spin_lock_irqsave", "irqs are off"))
        self.waits(node.name, context, span)
        return self.take(node.name, context, spin=spin, irqsave=irqsave)

    def _unlock(self, node: Effect, context: Context) -> Context:
        span, lock = node.step.span, node.name
        restores = written(span) == "spin_unlock_irqrestore"
        self.refused = None
        if lock not in context.locks:
            self.report(errors.not_held(span, lock, sorted(context.locks)))
            self.refused = span
        elif restores != (lock in context.irqsave):
            self.report(errors.wrong_release(span, lock, restores=restores))
            # As the right call would have done: irqs on where the lock has turned them off, else as they are.
            irqs = context.irqs + 1 if restores else max(0, context.irqs - 1)
            context = replace(context, irqs=irqs)
        return context.release(lock)

    def tried(self, node: Branch, context: Context) -> Context | None:
        """The context where a lock that is tried was got; None where it cannot be got."""
        name = written(node.span)
        if node.interruptible and context.atomic:
            self.report(errors.sleeps_while_atomic(node.span, name, str(context)))
        if node.trylock in context.locks:
            self.report(errors.already_held(node.span, node.trylock, tried=not node.interruptible))
            return None
        if node.interruptible:
            self.waits(node.trylock, context, node.span)
        return self.take(node.trylock, context, spin=name == "spin_trylock")

    def take(self, lock: str, context: Context, *, spin: bool, irqsave: bool = False) -> Context:
        """The context with a lock, which keeps off what it has to."""
        self.opened -= {("irqs", lock), ("preemption", lock)}
        return context.take(lock, spin=spin, irqsave=irqsave)

    def waits(self, lock: str, context: Context, span: Span) -> None:
        """Remember in which order locks are waited for, and report where that closes a circle."""
        for held in sorted(context.locks):
            places = self.order.setdefault(held, {})
            if lock in places:
                continue
            places[lock] = span
            way = self._way(lock, held, frozenset())
            if way is not None:
                self.report(errors.against_the_order(span, lock, held, [place.line for place in way]))

    def _way(self, start: str, end: str, seen: frozenset[str]) -> list[Span] | None:
        """The places that take one lock after another, from `start` to `end`."""
        for lock, place in self.order.get(start, {}).items():
            if lock == end:
                return [place]
            further = None if lock in seen else self._way(lock, end, seen | {start})
            if further is not None:
                return [place, *further]
        return None
