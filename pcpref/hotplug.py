"""Hotplug: CPUs leave, the CPU_DEAD notifier drains what they have left behind, and they come back.

As cpu_down() and cpu_up() in Linux 3.4. Between the leaving and the notifier's drain of a zone nobody else
looks after that list: the CPU is no longer in cpu_online_mask, so every drain_all_pages() passes it by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from .cpu import NONE, Cpu
from .errors import ContextError
from .hardware import Hardware


class Hotplug:
    """Takes CPUs of the scope's `leavers` offline and online. One goes at a time (cpu_hotplug.lock)."""

    def __init__(self, hardware: Hardware) -> None:
        self._hardware = hardware
        self._leavers = [hardware.cpus[number] for number in hardware.scope.leavers]

    def steps(self) -> Iterator[str]:
        """The labels of what may happen now to the CPUs that come and go."""
        if not self._leavers:
            return
        all_stop = self._all_can_stop()
        for cpu in self._leavers:
            if cpu.dead_zone >= 0:
                if self._control_task_can_run():
                    yield f"c{cpu.number}:dead z{cpu.dead_zone}"
            elif self._notifier_is_done():  # no suite takes this: no scope with suites has two leavers
                if not cpu.online:
                    yield f"c{cpu.number}:online"
                elif all_stop and not cpu.call_queue:
                    yield f"c{cpu.number}:offline"

    def events(self) -> dict[str, Callable[[], None]]:
        """What to do at each label."""
        events: dict[str, Callable[[], None]] = {}
        for cpu in self._leavers:
            events[f"c{cpu.number}:offline"] = partial(self.offline, cpu)
            events[f"c{cpu.number}:online"] = partial(self.online, cpu)
            for zone in range(len(self._hardware.zones)):
                events[f"c{cpu.number}:dead z{zone}"] = partial(self.notify_dead, cpu, zone)
        return events

    def offline(self, cpu: Cpu) -> None:
        """The CPU leaves cpu_online_mask; the notifier is to begin with the first zone.

        take_cpu_down() runs under stop_machine(): a stopper, scheduled on every online CPU, has turned irqs
        off there. The CPU answers the calls in its queue before it goes (smpcfd_dying() in later kernels).
        """
        if not (self._notifier_is_done() and self._all_can_stop() and not cpu.call_queue and cpu.online):
            raise ContextError(f"CPU {cpu.number} cannot go offline now")
        self._hardware.cpu_online_mask.clear_cpu(cpu.number)
        cpu.dead_zone = 0

    def notify_dead(self, cpu: Cpu, zone: int) -> None:
        """The notifier drains one zone's list of the dead CPU, with irqs off on the CPU where it runs.

        page_alloc_cpu_notify() at CPU_DEAD calls drain_pages(), which goes through the zones in order. That
        is in the task that has called cpu_down(), so one of the other CPUs must have that task running.
        """
        if cpu.dead_zone != zone:
            raise ContextError(f"the notifier for CPU {cpu.number} is not at zone {zone}")
        if not self._control_task_can_run():
            raise ContextError(f"no CPU is left that could run the notifier for CPU {cpu.number} now")
        self._hardware.pcp[cpu.number][zone].drain()
        cpu.dead_zone = zone + 1 if zone + 1 < len(self._hardware.zones) else NONE

    def online(self, cpu: Cpu) -> None:
        """The CPU comes back. Nobody stops for it: disabled preemption keeps CPUs from leaving only.

        It enters itself in cpu_online_mask, some time after cpu_up() has started it; the task that did so
        may be waiting for a CPU by then.
        """
        if cpu.online or not self._notifier_is_done():
            raise ContextError(f"CPU {cpu.number} cannot come online now")
        self._hardware.cpu_online_mask.set_cpu(cpu.number)

    def _notifier_is_done(self) -> bool:
        return all(cpu.dead_zone < 0 for cpu in self._leavers)

    def _control_task_can_run(self) -> bool:
        """Whether some CPU could turn to the task in cpu_down(), which is preemptible and tied to none."""
        pinned = {task.cpu.number for task in self._hardware.tasks if task.preempt_count}
        return any(cpu.accepts_interrupts() and cpu.number not in pinned for cpu in self._hardware.cpus)

    def _all_can_stop(self) -> bool:
        """Whether a stopper could be scheduled on every online CPU, and turn irqs off there."""
        return not any(task.preempt_count for task in self._hardware.tasks) and all(
            cpu.accepts_interrupts() for cpu in self._hardware.cpus if cpu.online
        )
