"""Cpumasks: sets of CPUs that programs change bit by bit and others may read in between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from .errors import ContextError


@cache
def cpus_in(bits: int) -> frozenset[int]:
    """The CPUs whose bits are set in this word."""
    return frozenset(cpu for cpu in range(bits.bit_length()) if bits >> cpu & 1)


@cache
def sets_of_cpus(nr_cpus: int) -> Mapping[str, frozenset[int]]:
    """Every set of CPUs by its name in a label, such as "{0,2}"."""
    sets = [cpus_in(bits) for bits in range(1 << nr_cpus)]
    return {"{" + ",".join(map(str, sorted(cpus))) + "}": cpus for cpus in sets}


class Cpumask:
    """A set of CPUs (struct cpumask in Linux), empty unless told otherwise, as one in BSS is.

    A CPU outside 0..nr_cpus-1 raises ContextError (cpumask_check() warns in the kernel). Iteration
    ascends and looks at the live value, so that a bit that changes above the current CPU during a loop is
    noticed, as in for_each_cpu(). `stores` counts how often somebody has stored to it, be it what was
    there before.
    """

    __slots__ = ("_bits", "nr_cpus", "stores")

    def __init__(self, nr_cpus: int, cpus: Iterable[int] = ()) -> None:
        self.nr_cpus = nr_cpus
        self._bits = 0
        for cpu in cpus:
            self._bits |= 1 << self._check(cpu)
        self.stores = 0

    def set_cpu(self, cpu: int) -> None:
        """Set the bit of one CPU, atomically."""
        self._bits |= 1 << self._check(cpu)
        self.stores += 1

    def clear_cpu(self, cpu: int) -> None:
        """Clear the bit of one CPU, atomically."""
        self._bits &= ~(1 << self._check(cpu))
        self.stores += 1

    def test_cpu(self, cpu: int) -> bool:
        """Whether the bit of this CPU is set."""
        return bool(self._bits >> self._check(cpu) & 1)

    def clear(self) -> None:
        """Make the mask empty."""
        self._bits = 0
        self.stores += 1

    def setall(self) -> None:
        """Set the bits of all CPUs."""
        self._bits = (1 << self.nr_cpus) - 1
        self.stores += 1

    def assign(self, other: Cpumask) -> None:
        """Become a copy of another mask (cpumask_copy())."""
        self._bits = other._bits
        self.stores += 1

    def and_(self, a: Cpumask, b: Cpumask) -> bool:
        """Become the CPUs in both; whether there is any."""
        self._bits = a._bits & b._bits
        self.stores += 1
        return self._bits != 0

    def or_(self, a: Cpumask, b: Cpumask) -> None:
        """Become the CPUs in either."""
        self._bits = a._bits | b._bits
        self.stores += 1

    def andnot(self, a: Cpumask, b: Cpumask) -> bool:
        """Become the CPUs in `a` and not in `b`; whether there is any."""
        self._bits = a._bits & ~b._bits
        self.stores += 1
        return self._bits != 0

    def weight(self) -> int:
        """How many CPUs are in the mask."""
        return self._bits.bit_count()

    def empty(self) -> bool:
        """Whether no CPU is in the mask."""
        return self._bits == 0

    def next(self, cpu: int) -> int:
        """The first CPU in the mask above this one (-1 to start), or nr_cpus when there is none."""
        above = self._bits >> (cpu + 1)
        if not above:
            return self.nr_cpus
        if above & 1:  # so in cpu_online_mask; a long mask is then shifted once, and not copied thrice
            return cpu + 1
        return cpu + (above & -above).bit_length()

    def cpus(self) -> frozenset[int]:
        """The CPUs in the mask now, as a value that does not change any more."""
        return cpus_in(self._bits)

    def __iter__(self) -> Iterator[int]:
        cpu = self.next(-1)
        while cpu < self.nr_cpus:
            yield cpu
            cpu = self.next(cpu)

    def __repr__(self) -> str:
        return f"Cpumask({sorted(self.cpus())})"

    def _check(self, cpu: int) -> int:
        if not 0 <= cpu < self.nr_cpus:
            raise ContextError(f"there is no CPU {cpu}; the CPUs are 0..{self.nr_cpus - 1}")
        return cpu
