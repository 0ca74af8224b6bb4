"""Timed kernel: the kernel as a program of the reference machine sees it, with a clock that it moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pcpdrain.pcpref.cpu import Cpu
from pcpdrain.pcpref.ipi import Handler
from pcpdrain.pcpref.kernel import Kernel
from pcpdrain.pcpref.tasks import Task

if TYPE_CHECKING:
    from .machine import SimulatedMachine


class TimedKernel(Kernel):
    """The kernel in one context, whose own time is `clock`, in ns.

    What it does it does as pcpref does it; only that it takes time is added here.
    """

    def __init__(self, machine: SimulatedMachine, cpu: Cpu, task: Task | None) -> None:
        super().__init__(machine.hardware, cpu, task)
        self._machine = machine
        self._pcp = machine.hardware.pcp
        self._sockets = machine.costs.cpus_per_socket
        self._socket = cpu.number // self._sockets
        self.cpu = cpu.number
        self.fabric = machine.fabric
        self.clock = 0.0
        self.own_drains = 0
        """How often this context has drained a list itself."""

    def pcp_count(self, cpu: int, zone: int) -> int:
        """Read a count; its line comes from the CPU that owns the list, if that has changed it."""
        holders = self.fabric.lists[cpu][zone].holders
        if self.cpu not in holders:
            holders.add(self.cpu)
            costs = self._machine.costs
            self.clock += costs.near if cpu // self._sockets == self._socket else costs.far
        return self._pcp[cpu][zone].count

    def drain_zone_pages(self, cpu: int, zone: int) -> None:
        """Give a list to the buddy allocator, which takes the zone's lock if there is anything to give."""
        self.own_drains += 1
        pages = self._pcp[cpu][zone].count
        super().drain_zone_pages(cpu, zone)
        if pages:
            self.clock += self.fabric.bulk(zone, pages, self.clock) + self.fabric.changed(cpu, zone)
            self._machine.emptied(cpu, zone)

    def send_call(self, target: int, func: Handler) -> None:
        """Queue a request, and send the interrupt."""
        super().send_call(target, func)
        self.clock += self._machine.ipi_send
        self._machine.interrupt(target, self.clock)

    def local_irq_enable(self) -> None:
        """Turn interrupts on; what has waited for that comes now."""
        super().local_irq_enable()
        self._machine.poke(self.cpu, self.clock)
