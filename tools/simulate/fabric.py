"""Fabric: who has which cache line, what it costs to get one, and how long the zone locks are taken.

Only lines that several CPUs write or read in a drain are followed: the static mask, the lock, the count of
each pcp list. All else costs what a step costs.
"""

from __future__ import annotations

from .parameters import Costs

BITS_IN_A_LINE = 512
"""A cache line of 64 bytes of a cpumask."""


class Line:
    """A cache line: the CPUs with a valid copy, the CPU that wrote it last, and when it is next to be had.

    Writers take turns, since a line is in one place at a time; readers need not wait for each other.
    """

    __slots__ = ("free_at", "holders", "writer")

    def __init__(self, writer: int) -> None:
        self.writer = writer
        self.holders = {writer}
        self.free_at = 0.0


class Fabric:
    """The shared lines of one machine, and what moving them costs. Times are in ns."""

    def __init__(self, costs: Costs, cpus: int, zones: int) -> None:
        self._costs = costs
        self.lists = [[Line(cpu) for _ in range(zones)] for cpu in range(cpus)]
        self.mask = Line(0)
        self.mask_lines = -(-cpus // BITS_IN_A_LINE)
        self.lock = Line(0)
        self._zone_lock_free_at = [0.0] * zones

    def transfer(self, reader: int, writer: int) -> float:
        """What it takes to get a line that this CPU wrote last."""
        sockets = self._costs.cpus_per_socket
        return self._costs.near if reader // sockets == writer // sockets else self._costs.far

    def read(self, line: Line, cpu: int, lines: int = 1) -> float:
        """How long a read takes beyond its step; `lines` that are shared alike are read together."""
        if cpu in line.holders:
            return 0.0
        line.holders.add(cpu)
        return self.transfer(cpu, line.writer) * lines

    def write(self, line: Line, cpu: int, now: float, lines: int = 1) -> float:
        """How long an atomic write takes: all other copies become invalid, writers queue for the line."""
        if line.writer == cpu and len(line.holders) == 1:
            return self._costs.atomic * lines
        taken = (self.transfer(cpu, line.writer) + self._costs.atomic) * lines
        start = max(now, line.free_at)
        line.free_at = start + taken
        line.writer = cpu
        line.holders.clear()
        line.holders.add(cpu)
        return line.free_at - now

    def changed(self, cpu: int, zone: int) -> float:
        """The CPU has written the count of its own list; others read it anew. What that takes the CPU."""
        line = self.lists[cpu][zone]
        if len(line.holders) == 1:
            return 0.0
        reader = next(iter(line.holders - {cpu})) if len(line.holders) == 2 else -1
        line.holders.clear()
        line.holders.add(cpu)
        return self._costs.far if reader < 0 else self.transfer(cpu, reader)

    def bulk(self, zone: int, pages: int, now: float) -> float:
        """How long moving pages between a list and the buddy takes, with the wait for the zone's lock."""
        start = max(now, self._zone_lock_free_at[zone])
        self._zone_lock_free_at[zone] = start + pages * self._costs.page_bulk
        return self._zone_lock_free_at[zone] - now
