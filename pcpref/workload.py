"""Workload: pages that somebody frees or allocates, on any CPU that could be interrupted now.

Disabled preemption does not keep the workload out, for interrupts free and allocate pages too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from .cpu import NONE, Cpu
from .hardware import Hardware
from .zone import Zone


class Workload:
    """The free and allocate paths on every CPU. Where the scope has `count_window`, a free is two steps."""

    def __init__(self, hardware: Hardware) -> None:
        self._cpus = hardware.cpus
        self._zones = hardware.zones
        self._in_two_steps = hardware.scope.count_window
        free = "link" if self._in_two_steps else "free"
        self._places = tuple(
            tuple(
                (
                    zone,
                    zone.pcp[cpu.number],
                    f"c{cpu.number}:{free} z{zone.number}",
                    f"c{cpu.number}:alloc z{zone.number}",
                )
                for zone in hardware.zones
            )
            for cpu in hardware.cpus
        )

    def steps(self) -> Iterator[str]:
        """The pages that may be freed or allocated now. That a linked page is counted is a kernel step."""
        for cpu, places in zip(self._cpus, self._places, strict=True):
            if cpu.accepts_interrupts():
                for zone, pcp, free, alloc in places:
                    if zone.in_use:
                        yield free
                    if pcp.can_alloc():
                        yield alloc

    def events(self) -> dict[str, Callable[[], None]]:
        """What to do at each label."""
        events: dict[str, Callable[[], None]] = {}
        for cpu, places in zip(self._cpus, self._places, strict=True):
            for zone, _, free, alloc in places:
                events[alloc] = partial(zone.alloc_page, cpu.number)
                if self._in_two_steps:
                    events[free] = partial(self._link, cpu, zone)
                    events[f"c{cpu.number}:count z{zone.number}"] = partial(self._count, cpu, zone)
                else:
                    events[free] = partial(zone.free_page, cpu.number)
        return events

    def _link(self, cpu: Cpu, zone: Zone) -> None:
        zone.link_page(cpu.number)
        cpu.linking = zone.number

    def _count(self, cpu: Cpu, zone: Zone) -> None:
        zone.pcp[cpu.number].count_linked()
        cpu.linking = NONE
