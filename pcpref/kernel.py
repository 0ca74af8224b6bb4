"""Kernel: what a running program may ask of the machine, seen from the context it runs in."""

from __future__ import annotations

from .cpu import Cpu
from .errors import ContextError
from .hardware import Hardware
from .ipi import Handler
from .pcp import PcpList
from .tasks import Task


class Kernel:
    """The kernel as one context sees it: a task's, or, where `task` is None, the IPI handler's of a CPU.

    A handler runs with irqs off and cannot be scheduled away. It must neither sleep nor call other CPUs
    (smp_call_function_many() warns); and since preemption, irqs and locks are those of tasks on this
    machine, it must leave them alone. What a context does not allow raises ContextError.
    """

    def __init__(self, hardware: Hardware, cpu: Cpu, task: Task | None) -> None:
        self._hardware = hardware
        self._cpu = cpu
        self._task = task
        self.nr_cpus = hardware.scope.cpus
        self.populated_zones = range(hardware.scope.zones)
        self.cpu_online_mask = hardware.cpu_online_mask

    # CPUs and lists

    def smp_processor_id(self) -> int:
        """The number of the CPU this context runs on."""
        return self._cpu.number

    def num_online_cpus(self) -> int:
        """How many CPUs are online now."""
        return self.cpu_online_mask.weight()

    def pcp_count(self, cpu: int, zone: int) -> int:
        """Read, from any CPU and without a lock, how many pages the pcp list of this CPU and zone has."""
        return self._hardware.pcp[cpu][zone].count

    def drain_zone_pages(self, cpu: int, zone: int) -> None:
        """Give the whole pcp list of this CPU and zone to the buddy allocator.

        This is what drain_pages() does with one zone (Linux 3.4). Irqs must be off, and the CPU our own
        unless it is offline: the list has no other protection (up to Linux 5.19).
        """
        self._protected_list(cpu, zone).drain()

    def forget_zone_pages(self, cpu: int, zone: int) -> None:
        """Empty a list and lose its pages, as only a program that is broken on purpose does it.

        The context must be as for a drain.
        """
        self._protected_list(cpu, zone).forget()

    def duplicate_zone_pages(self, cpu: int, zone: int) -> None:
        """Drain a list and leave its pages on it, as only a program that is broken on purpose does it.

        The context must be as for a drain.
        """
        self._protected_list(cpu, zone).duplicate()

    def count_event(self, name: str) -> None:
        """Add one to a counter (count_vm_event())."""
        self._hardware.events[name] += 1

    # Preemption, irqs, waiting

    def preempt_disable(self) -> None:
        """Keep other tasks off this CPU, one level deeper."""
        self._current("disable preemption").preempt_count += 1

    def preempt_enable(self) -> None:
        """Undo one preempt_disable()."""
        task = self._current("enable preemption")
        if task.preempt_count == 0:
            raise ContextError(f"{self} enables preemption, which it has not disabled")
        task.preempt_count -= 1

    def local_irq_disable(self) -> None:
        """Turn interrupts of this CPU off; they do not nest, so when off already, nothing changes."""
        self._cpu.irqs_off_by = self._current("turn irqs off").number

    def local_irq_enable(self) -> None:
        """Turn interrupts of this CPU on again; they must be off."""
        self._current("turn irqs on")
        if not self._irqs_off():
            raise ContextError(f"{self} turns irqs on, which are on already")
        self._cpu.irqs_off_by = None

    def cond_resched(self) -> None:
        """Let another task run, if one wants to; any task may step next anyway, so nothing changes."""
        if not self.may_sleep():
            raise ContextError(f"{self} may not sleep here")

    def cpu_relax(self) -> None:
        """Be a step of a busy wait; nothing changes."""

    def may_sleep(self) -> bool:
        """Whether this context may be scheduled away (the test of __might_sleep(), Linux 3.4)."""
        return self._task is not None and self._task.preempt_count == 0 and not self._irqs_off()

    def signal_pending(self) -> bool:
        """Whether a signal waits for this task to return and handle it."""
        return self._current("have a signal").signalled

    def lock_owner(self) -> int:
        """The task number under which this context holds locks."""
        return self._current("hold a lock").number

    # Calls to other CPUs

    def csd_free(self, target: int) -> bool:
        """Whether our previous call to this CPU has been answered, so that the next may be sent."""
        return not self._current("call a CPU").csds[target].locked

    def send_call(self, target: int, func: Handler) -> None:
        """Queue a request on this CPU and interrupt it; our previous call to it must have been answered.

        A CPU that is offline finds the request when it is online again.
        """
        task = self._current("call a CPU")
        self._hardware.cpus[target].call_queue.push(task.csds[target], func)
        task.called.add(target)

    def call_answered(self, target: int) -> bool:
        """Whether this CPU has acknowledged our call (csd_lock_wait() ends); true as well if we sent none."""
        return not self._current("wait for a CPU").csds[target].locked

    def ack_call(self) -> None:
        """Acknowledge, in a handler, the request that it serves before it has run to its end.

        generic_smp_call_function_single_interrupt() does so for calls nobody waits for (Linux 3.4).
        """
        if self._task is not None:
            raise ContextError(f"{self} is no handler and has no call to acknowledge")
        self._cpu.answer_early()

    def _protected_list(self, cpu: int, zone: int) -> PcpList:
        if not self._irqs_off():
            raise ContextError(f"{self} drains a pcp list with irqs on")
        if cpu != self._cpu.number and self._hardware.cpus[cpu].online:
            raise ContextError(f"{self} drains a pcp list of CPU {cpu}, which is online")
        return self._hardware.pcp[cpu][zone]

    def _current(self, deed: str) -> Task:
        """The task of this context, which is about to do something that only tasks do."""
        if self._task is None:
            raise ContextError(f"{self} cannot {deed}")
        return self._task

    def _irqs_off(self) -> bool:
        return self._task is None or self._cpu.irqs_off_by == self._task.number

    def __str__(self) -> str:
        if self._task is None:
            return f"the handler on CPU {self._cpu.number}"
        return f"task {self._task.number} on CPU {self._cpu.number}"
