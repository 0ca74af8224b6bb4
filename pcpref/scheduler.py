"""Scheduler: which contexts may step, and the labels of the steps they would make."""

from __future__ import annotations

from collections.abc import Iterator

from .context import IDLE
from .hardware import Hardware
from .tasks import Task


class Scheduler:
    """Decides, and never chooses: any of the steps it names may come next."""

    def __init__(self, hardware: Hardware) -> None:
        self._cpus = hardware.cpus
        self._tasks = hardware.tasks
        self._neighbours = tuple(
            tuple(other for other in self._tasks if other.cpu is task.cpu and other is not task)
            for task in self._tasks
        )
        self._workload = tuple(
            tuple(
                (
                    zone,
                    zone.pcp[cpu.number],
                    f"c{cpu.number}:free z{zone.number}",
                    f"c{cpu.number}:alloc z{zone.number}",
                )
                for zone in hardware.zones
            )
            for cpu in hardware.cpus
        )

    def may_run(self, task: Task) -> bool:
        """Whether this task's CPU could go on with it now.

        Not while a handler runs there, and not while another task there has disabled preemption or irqs.
        What the task itself has disabled keeps others out, not the task.
        """
        cpu = task.cpu
        if cpu.serving is not None or not cpu.online:
            return False
        if cpu.irqs_off_by is not None and cpu.irqs_off_by != task.number:
            return False
        return not any(other.preempt_count for other in self._neighbours[task.number])

    def calls(self) -> Iterator[str]:
        """The calls that idle tasks may begin."""
        for task in self._tasks:
            if task.context.at == IDLE and self.may_run(task):
                yield f"d{task.number}:call"

    def kernel_steps(self) -> Iterator[str]:
        """The steps by which calls go on: of programs and handlers, returns, requests taken and answered."""
        for task in self._tasks:
            context = task.context
            if context.at != IDLE and self.may_run(task) and not context.is_blocked():
                yield f"d{task.number}:{context.at}"
        for cpu in self._cpus:
            if cpu.serving is not None:
                if not cpu.handler.is_blocked():
                    yield f"c{cpu.number}:{cpu.handler.at}"
            elif cpu.accepts_interrupts():
                for sender in cpu.call_queue:
                    yield f"c{cpu.number}:take d{sender}"

    def workload_steps(self) -> Iterator[str]:
        """The pages that somebody may free or allocate: on any CPU that could be interrupted now.

        Disabled preemption does not keep the workload out, for interrupts free and allocate pages too.
        """
        for cpu, places in zip(self._cpus, self._workload, strict=True):
            if cpu.accepts_interrupts():
                for zone, pcp, free, alloc in places:
                    if zone.in_use:
                        yield free
                    if pcp.can_alloc():
                        yield alloc
