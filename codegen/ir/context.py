"""The context of a step: what holds on its CPU when it begins."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Context:
    """Interrupts, preemption (how often it is disabled) and locks; `handler` marks IPI context.

    `allocated` are the local masks that a successful allocation has made and nobody has freed.
    """

    irqs_off: bool = False
    preempt: int = 0
    locks: frozenset[str] = frozenset()
    handler: bool = False
    allocated: frozenset[str] = frozenset()

    @property
    def atomic(self) -> bool:
        """Whether sleeping is forbidden."""
        return self.irqs_off or self.preempt > 0 or self.handler

    def __str__(self) -> str:
        irqs = "off" if self.irqs_off else "on"
        preemption = "on" if self.preempt == 0 else "off" if self.preempt == 1 else f"off x{self.preempt}"
        held = ", ".join(sorted(self.locks)) or "none"
        return f"irqs {irqs}, preemption {preemption}, locks {held}" + (
            ", in an IPI handler" if self.handler else ""
        )

    def difference(self, other: Context) -> str:
        """In words: what is so here and otherwise there."""
        parts = []
        if self.irqs_off != other.irqs_off:
            parts.append(f"irqs {_off(self.irqs_off)} or {_off(other.irqs_off)}")
        if self.preempt != other.preempt:
            parts.append(f"preemption disabled {self.preempt} or {other.preempt} times")
        for lock in sorted(self.locks ^ other.locks):
            parts.append(f"`{lock}` held or not")
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

HANDLER_START = Context(irqs_off=True, handler=True)
"""An IPI handler runs with irqs off."""
