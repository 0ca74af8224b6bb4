"""Scheduler: which contexts may step, and the labels of the steps they would make."""

from __future__ import annotations

from collections.abc import Iterator

from .hardware import Hardware
from .tasks import Task


class Scheduler:
    """Decides, and never chooses: any of the steps it names may come next."""

    def __init__(self, hardware: Hardware) -> None:
        self._cpus = hardware.cpus
        self._tasks = hardware.tasks
        self._signals = hardware.scope.signals
        self._neighbours = tuple(
            tuple(other for other in self._tasks if other.cpu is task.cpu and other is not task)
            for task in self._tasks
        )

    def may_run(self, task: Task) -> bool:
        """Whether this task's CPU could go on with it now.

        Not while a handler runs there or the workload has irqs off, not while another task there has
        disabled preemption or irqs, and not after a call has left irqs off. What the task itself has
        disabled keeps others out, not the task.
        """
        cpu = task.cpu
        if cpu.serving is not None or cpu.linking >= 0 or not cpu.online:
            return False
        if cpu.irqs_off_by is not None and cpu.irqs_off_by != task.number:
            return False
        return not any(other.preempt_count for other in self._neighbours[task.number])

    def calls(self) -> Iterator[str]:
        """The calls that idle tasks may begin."""
        for task in self._tasks:
            if task.may_call() and self.may_run(task):
                yield f"d{task.number}:call"

    def signals(self) -> Iterator[str]:
        """The signals that may be sent, from anywhere, to tasks in their call."""
        if self._signals:
            for task in self._tasks:
                if task.in_call() and not task.signalled:
                    yield f"d{task.number}:signal"

    def kernel_steps(self) -> Iterator[str]:
        """The steps by which calls go on: of programs and handlers, returns, requests taken and answered.

        That a CPU counts the page it has linked is one of them: it has irqs off and will do nothing else.
        """
        for task in self._tasks:
            context = task.context
            if context.labels and self.may_run(task) and not context.is_blocked():
                yield from context.labels
        for cpu in self._cpus:
            if cpu.serving is not None:
                if not cpu.handler.is_blocked():  # no suite takes this: no variant's handler waits
                    yield from cpu.handler.labels
            elif cpu.linking >= 0:
                yield f"c{cpu.number}:count z{cpu.linking}"
            elif cpu.call_queue and cpu.accepts_interrupts():
                for sender in cpu.call_queue:
                    yield f"c{cpu.number}:take d{sender}"
