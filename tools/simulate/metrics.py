"""Metrics: what is counted of a simulated run, from outside; no step sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pcpdrain.pcpref.cpumask import Cpumask
from pcpdrain.pcpref.hardware import Hardware
from pcpdrain.pcpref.program import Program

CpuZone = tuple[int, int]

DRAINS = "pcp_global_drain"
SAVED = "pcp_global_ipi_saved"


@dataclass(slots=True)
class Drain:
    """One call of drain_all_pages(). Times in ns; `targets` are the CPUs that had pages when it began."""

    task: int
    began: float
    owed: frozenset[CpuZone]
    targets: int
    serial: int
    lock_from: float = -1.0
    lock_wait: float = 0.0
    taken: float = 0.0
    ipis: int = 0
    useless: int = 0
    counted_saved: bool = False
    missed_lists: int = 0
    served: bool = False
    """Whether the allocation after it succeeded."""


@dataclass
class Metrics:
    """The counts of one run."""

    hardware: Hardware
    program: Program
    drains: list[Drain] = field(default_factory=list)
    reclaims: list[float] = field(default_factory=list)
    """ns of each direct reclaim, from the first scan to a page or to giving up."""
    scans: list[float] = field(default_factory=list)
    """ns of each attempt: a scan that found something, and the drain that follows if there is no page yet."""
    kills: int = 0
    stolen: float = 0.0
    """ns in handlers, on all CPUs."""
    interrupts: int = 0

    def __post_init__(self) -> None:
        self._filled: set[CpuZone] = set()
        self._emptied: dict[CpuZone, int] = {}
        self._serial = 0
        self._open: dict[int, Drain] = {}
        masks = [getattr(self.program, name) for name in self.program.STATICS]
        found = [mask for mask in masks if isinstance(mask, Cpumask)]
        self._mask = found[0] if len(found) == 1 else None

    def filled(self, cpu: int, zone: int) -> None:
        """A list has pages."""
        self._filled.add((cpu, zone))

    def emptied(self, cpu: int, zone: int) -> None:
        """A list has become empty."""
        self._filled.discard((cpu, zone))
        self._serial += 1
        self._emptied[cpu, zone] = self._serial

    def interrupted(self, task: int, *, useful: bool, taken: float) -> None:
        """A handler has served the call of a task; `useful` if it found any pages."""
        self.interrupts += 1
        self.stolen += taken
        if not useful and task in self._open:
            self._open[task].useless += 1

    def called(self, task: int, now: float) -> Drain:
        """A task calls drain_all_pages()."""
        owed = frozenset(self._filled)
        drain = Drain(task, now, owed, len({cpu for cpu, _ in owed}), self._serial)
        self._open[task] = drain
        self.drains.append(drain)
        return drain

    def returned(self, drain: Drain, now: float, called: int, here: bool) -> None:
        """The call has returned; it had called so many other CPUs, and has drained its own lists or not."""
        del self._open[drain.task]
        drain.taken = now - drain.began
        drain.ipis = called
        drain.missed_lists = sum(self._emptied.get(one, 0) <= drain.serial for one in drain.owed)
        weight = called + here if self._mask is None else self._mask.weight()
        drain.counted_saved = weight < self.hardware.cpu_online_mask.weight() // 2

    @property
    def open_calls(self) -> int:
        """How many calls are under way."""
        return len(self._open)

    @property
    def returned_calls(self) -> int:
        """How many calls have returned."""
        return len(self.drains) - len(self._open)

    def returned_drains(self) -> list[Drain]:
        """The calls that have returned, in the order in which they began."""
        under_way = [id(drain) for drain in self._open.values()]
        return [drain for drain in self.drains if id(drain) not in under_way]

    def counters(self) -> Mapping[str, int]:
        """The two counters of patch 8/8: the program's own if it has them, or what they would be."""
        if SAVED in self.program.COUNTS.values():
            return {name: self.hardware.events[name] for name in (DRAINS, SAVED)}
        return {DRAINS: len(self.drains), SAVED: sum(drain.counted_saved for drain in self.drains)}
