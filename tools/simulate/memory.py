"""Memory: who has how much of it and wants how much, and the bounds of the machine that it is in."""

from __future__ import annotations

from collections import deque

from pcpdrain.pcpref.pages import Page, Where
from pcpdrain.pcpref.scope import Scope
from pcpdrain.pcpref.zone import Zone

from .machine import SimulatedMachine
from .parameters import Workload


def scope_of(workload: Workload, cpus: int) -> Scope:
    """The bounds of the machine: every task that is in the allocator at a time may call drain_all_pages()."""
    busy = min(workload.busy_cpus or cpus, cpus)
    return Scope(
        cpus=cpus,
        zones=workload.zones,
        pages=workload.pages,
        high=workload.high,
        batch=workload.batch,
        drainers=tuple(cpu for cpu in range(busy) for _ in range(workload.tasks_per_cpu)),
        signals=True,
        alloc_fails=workload.mask_alloc_fails > 0,
    )


class Memory:
    """Who has how much memory, and wants how much.

    Blocks of order 1 come from the buddy and go back there, past the lists. The specification has no step for
    this; for it they are pages that are in use all the time.
    """

    def __init__(self, machine: SimulatedMachine, workload: Workload) -> None:
        self._zones = machine.hardware.zones
        self._watermark = workload.watermark
        self._reserve = workload.reserve
        total = workload.zones * (workload.pages - workload.watermark)
        self.live = workload.processes
        self._footprint = total * workload.overcommit / workload.processes
        self.blocks: deque[tuple[Zone, Page, int]] = deque()
        self._in_blocks = 0

    @property
    def resident(self) -> int:
        """Pages in use."""
        return sum(zone.in_use for zone in self._zones) + self._in_blocks

    def is_short(self) -> bool:
        """Whether the processes that live want more than they have."""
        return self.live * self._footprint > self.resident

    def zone_for(self, order: int, *, atomic: bool = False) -> Zone | None:
        """The highest zone with more free pages than its watermark, besides the block that is wanted.

        An atomic allocation may go below, to where `reserve` is all that is left (zone_watermark_ok(),
        Linux 3.4).
        """
        least = self._watermark * self._reserve if atomic else self._watermark
        for zone in reversed(self._zones):
            if zone.buddy.nr_free - (1 << order) >= least:
                return zone
        return None

    def take_block(self, zone: Zone, order: int) -> bool:
        """Allocate a block straight from the buddy; whether there is one of that size."""
        head = zone.buddy.alloc_block(order)
        if head is None:
            return False
        for page in zone.buddy.pages_in(head.pfn, order):
            page.enter(Where.ALLOCATED)
        self.blocks.append((zone, head, order))
        self._in_blocks += 1 << order
        return True

    def free_block(self) -> None:
        """Free the block that was allocated first."""
        zone, head, order = self.blocks.popleft()
        for page in zone.buddy.pages_in(head.pfn, order):
            page.leave(Where.ALLOCATED)
        zone.buddy.free_block(head, order)
        self._in_blocks -= 1 << order
