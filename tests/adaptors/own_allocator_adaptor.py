"""An example for docs/adaptors.md: an allocator of one's own, in a machine that has all the rest.

PCPDRAIN_IMPLEMENTATION=tests.adaptors.own_allocator_adaptor:factory
"""

from collections import deque
from dataclasses import fields

from pcpdrain.pcpref.suite import Suite
from tests.adaptors.python.per_cpu_summary import PerCpuSummary


class OwnAllocator:
    """What is tested: the pages of one zone, in use, on a list of a CPU, or in the pool."""

    def __init__(self, cpus: int, pages: int, high: int, batch: int) -> None:
        self.high, self.batch = high, batch
        self.used, self.pool = list(range(pages)), list[int]()
        self.lists = [deque[int]() for _ in range(cpus)]

    def free(self, cpu: int) -> None:
        self.lists[cpu].appendleft(self.used.pop())
        if len(self.lists[cpu]) >= self.high:
            self.drain(cpu, self.batch)

    def alloc(self, cpu: int) -> None:
        if not self.lists[cpu]:
            self.lists[cpu].extend(self.pool.pop() for _ in range(min(self.batch, len(self.pool))))
        self.used.append(self.lists[cpu].popleft())

    def drain(self, cpu: int, most: int) -> None:
        self.pool.extend(self.lists[cpu].pop() for _ in range(min(most, len(self.lists[cpu]))))


class Adaptor(PerCpuSummary):
    """Leaves tasks, interrupts and hotplug to the machine, and takes the pages from the allocator."""

    def reset(self) -> None:
        super().reset()
        self.own = [OwnAllocator(self.cpus, self.pages, self.high, self.batch) for _ in range(self.zones)]

    def free(self, cpu: int, zone: int) -> None:
        self.own[zone].free(cpu)

    def alloc(self, cpu: int, zone: int) -> None:
        self.own[zone].alloc(cpu)

    def to_buddy(self, cpu: int, zone: int, count: int) -> None:
        self.own[zone].drain(cpu, count)

    def step(self, label: str) -> None:
        super().step(label)
        for zone, own in enumerate(self.own):
            self.buddy[zone], self.in_use[zone] = len(own.pool), len(own.used)
            for cpu, pages in zip(self.cpu, own.lists, strict=True):
                cpu.pcp[zone] = len(pages)


def factory(suite: Suite) -> Adaptor:
    return Adaptor(**{field.name: getattr(suite.scope, field.name) for field in fields(Adaptor)})
