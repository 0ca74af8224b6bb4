"""The context of a step: what holds on its CPU when it begins."""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Context:
    """Interrupts and preemption (how often each is disabled) and locks; `handler` marks IPI context.

    `locks` are all that are held, `spinlocks` those of them that keep preemption off, and `irqsave` those
    that keep irqs off. `allocated` are the local masks that a successful allocation has made and nobody has
    freed. Contexts are equal whatever has been `sent` or `answered` before: that is so if it is so on one of
    the ways that lead here.
    """

    irqs: int = 0
    preempt: int = 0
    locks: frozenset[str] = frozenset()
    spinlocks: frozenset[str] = frozenset()
    irqsave: frozenset[str] = frozenset()
    handler: bool = False
    allocated: frozenset[str] = frozenset()
    sent: bool = field(default=False, compare=False)
    answered: bool = field(default=False, compare=False)

    @property
    def irqs_off(self) -> bool:
        """Whether interrupts are off; more than once only where a mistake has been reported."""
        return self.irqs > 0

    @property
    def atomic(self) -> bool:
        """Whether sleeping is forbidden; with a spinlock it is, whatever was done to preemption."""
        return self.irqs_off or self.preempt > 0 or bool(self.spinlocks) or self.handler

    def __str__(self) -> str:
        irqs = "off" if self.irqs_off else "on"
        preemption = "on" if self.preempt == 0 else "off" if self.preempt == 1 else f"off x{self.preempt}"
        held = ", ".join(sorted(self.locks)) or "none"
        return f"irqs {irqs}, preemption {preemption}, locks {held}" + (
            ", in an IPI handler" if self.handler else ""
        )

    def take(self, lock: str, *, spin: bool, irqsave: bool = False) -> Context:
        """With a lock that was not held; what it switches is switched by steps of their own."""
        return replace(
            self,
            locks=self.locks | {lock},
            spinlocks=self.spinlocks | {lock} if spin else self.spinlocks,
            irqsave=self.irqsave | {lock} if irqsave else self.irqsave,
        )

    def release(self, lock: str) -> Context:
        """Without a lock."""
        one = {lock}
        return replace(
            self, locks=self.locks - one, spinlocks=self.spinlocks - one, irqsave=self.irqsave - one
        )

    def join(self, other: Context) -> Context:
        """Where two ways meet in equal contexts."""
        return replace(self, sent=self.sent or other.sent, answered=self.answered or other.answered)

    def difference(self, other: Context) -> str:
        """In words: what is so here and otherwise there."""
        parts = []
        if self.irqs_off != other.irqs_off:
            parts.append(f"irqs {_off(self.irqs_off)} or {_off(other.irqs_off)}")
        elif self.irqs != other.irqs:
            parts.append(f"irqs disabled {self.irqs} or {other.irqs} times")
        if self.preempt != other.preempt:
            parts.append(f"preemption disabled {self.preempt} or {other.preempt} times")
        for lock in sorted(self.locks ^ other.locks):
            parts.append(f"`{lock}` held or not")
        for lock in sorted((self.irqsave ^ other.irqsave) & self.locks & other.locks):
            parts.append(f"`{lock}` taken by spin_lock_irqsave or not")
        for mask in sorted(self.allocated ^ other.allocated):
            parts.append(f"`{mask.rpartition('.')[2]}` allocated or not")
        return " and ".join(parts)

    def leftovers(self) -> str:
        """In words: what a call must not leave behind; empty when all is as it was found."""
        parts = [f"`{lock}` held" for lock in sorted(self.locks)]
        if self.irqs_off and not self.handler:
            parts.append("irqs off")
        if self.preempt:
            parts.append("preemption off")
        return " and ".join(parts)


def _off(off: bool) -> str:
    return "off" if off else "on"


TASK_START = Context()
"""A task enters drain_all_pages() from direct reclaim: it may sleep."""

HANDLER_START = Context(irqs=1, handler=True)
"""An IPI handler runs with irqs off."""
