"""Tasks: the drainers, each with a home CPU, a preemption depth and its requests to other CPUs."""

from __future__ import annotations

from .context import IDLE, Context
from .cpu import Cpu
from .ipi import Csd


class Task:
    """One task that calls drain_all_pages() again and again, always on its home CPU.

    `preempt_count` is how many preempt_disable() are open. `csds` has the task's request to each CPU.
    """

    __slots__ = ("context", "cpu", "csds", "number", "preempt_count")

    def __init__(self, number: int, cpu: Cpu, nr_cpus: int) -> None:
        self.number = number
        self.cpu = cpu
        self.preempt_count = 0
        self.csds = tuple(Csd(number, target) for target in range(nr_cpus))
        self.context = Context(end="return")

    def in_call(self) -> bool:
        """Whether a call of drain_all_pages() is under way."""
        return self.context.at != IDLE

    def awaiting(self) -> frozenset[int]:
        """The CPUs that this task has called and that have not acknowledged."""
        return frozenset([csd.target for csd in self.csds if csd.locked])
