"""Programs: what a variant of drain_all_pages() is written against; each is a subclass of Program."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from .context import Allocation, Steps, until
from .cpumask import Cpumask
from .ipi import Handler
from .kernel import Kernel
from .locks import Mutex, Spinlock

__all__ = [
    "Allocation", "Cpumask", "Handler", "Kernel", "Mutex", "Program", "Spinlock", "Steps", "until",
]  # fmt: skip


class Program(ABC):
    """A variant of drain_all_pages().

    One object serves all tasks and handlers; its attributes are the static variables. Routines are
    generator methods. A yield names the step that the context does when it is resumed; what follows, up
    to the next yield, is that step and happens at once. `until(name, ready)` is a step that stays blocked
    until ready. `outcome = yield Allocation(name)` is a step that allocates a mask: the outcome is its
    arbitrary contents as a frozenset, or None when there is no memory. What a method's local variables
    mean is told by LIVE and IRQ_LIVE; local names are "<method>.<variable>".
    """

    name: ClassVar[str]
    STATICS: ClassVar[tuple[str, ...]] = ()
    """The attributes that are static masks or locks, observed under these names."""
    UNINITIALISED: ClassVar[tuple[str, ...]] = ()
    """Those of STATICS, all masks, that are not zeroed at boot and begin with any contents."""
    COUNTS: ClassVar[Mapping[str, str]] = {}
    """For each task step that counts an event, the counter."""
    LOCALS: ClassVar[Mapping[str, object]] = {}
    """The default of each local of a routine in task context; of a mask: frozenset()."""
    IRQ_LOCALS: ClassVar[Mapping[str, object]] = {}
    """The default of each local of a routine in IPI context, observed as irq.<name>."""
    LIVE: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """For each step, the LOCALS that mean something while a task is at it; others show their default."""
    IRQ_LIVE: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """The same for a handler in IPI context."""

    def __init__(self, nr_cpus: int) -> None:
        self.nr_cpus = nr_cpus

    @abstractmethod
    def drain_all_pages(self, kernel: Kernel) -> Steps:
        """The routine that a task's call enters."""
