"""Hardware: the CPUs and zones that all contexts of one machine share."""

from __future__ import annotations

from collections import Counter
from functools import partial

from .context import outcomes_of_allocation
from .cpu import Cpu
from .cpumask import Cpumask
from .pcp import PcpList
from .scope import Scope
from .tasks import Task
from .zone import Zone


class Hardware:
    """Everything of a machine but its program: memory, CPUs and tasks, with all CPUs online at the start."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.cpu_online_mask = Cpumask(scope.cpus)
        self.cpu_online_mask.setall()
        outcomes = partial(outcomes_of_allocation, scope.cpus, fails=scope.alloc_fails)
        self.cpus = tuple(Cpu(number, self.cpu_online_mask, outcomes) for number in range(scope.cpus))
        self.zones = tuple(Zone(number, scope) for number in range(scope.zones))
        self.tasks = tuple(
            Task(number, self.cpus[home], scope, outcomes) for number, home in enumerate(scope.drainers)
        )
        self.pcp: tuple[tuple[PcpList, ...], ...] = tuple(
            tuple(zone.pcp[cpu] for zone in self.zones) for cpu in range(scope.cpus)
        )
        """The pcp lists by CPU, then by zone."""
        self.events: Counter[str] = Counter()
        """How often each counter of the program was hit (vm_event in Linux)."""
