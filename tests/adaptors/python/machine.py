"""A small machine by hand: pages as numbers, interrupts, preemption, calls between CPUs and hotplug.

Nothing is taken from the reference machine. This is what the kernel does, in the granularity and with the
names that ARCHITECTURE.md lists under "What the two hands share".

A routine is a generator. It yields where it stands, and makes that one shared access when it is resumed.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from functools import partial

from pcpdrain.pcpref.errors import NotEnabled

NONE = -1
"""No CPU, no zone, no task."""


class Place:
    """Where a routine stands: before a step, with the locals that it will still read."""

    def __init__(
        self, routine: str, step: str, when: Callable[[], bool] = lambda: True, **alive: object
    ) -> None:
        self.name = f"{routine}.{step}" if routine else step
        self.when = when
        self.alive = {f"{routine}.{name}": value for name, value in alive.items()}


Routine = Generator[Place]
Moves = Iterator[tuple[str, Callable[[], None]]]

IDLE, ACK, RETURN = Place("", "idle"), Place("", "ack"), Place("", "return")


def nothing() -> Routine:
    """The routine of those who run none."""
    yield IDLE


@dataclass
class Cpu:
    """One CPU: its lists, as numbers of pages, its interrupts, and the handler that runs on it."""

    pcp: list[int]
    irqs_on: bool = True
    call_queue: set[int] = field(default_factory=set)
    serving: int = NONE
    handler: Routine = field(default_factory=nothing)
    place: Place = IDLE
    linking: int = NONE
    dead_zone: int = NONE

    @property
    def interruptible(self) -> bool:
        """Nobody has disabled interrupts here; no handler and no free is under way."""
        return self.irqs_on and self.serving == NONE and self.linking == NONE


@dataclass
class Task:
    """A task that calls drain_all_pages() on its home CPU."""

    number: int
    cpu: int
    calls_left: int
    routine: Routine = field(default_factory=nothing)
    place: Place = IDLE
    preempt_count: int = 0
    has_irqs_off: bool = False
    signalled: bool = False
    awaiting: set[int] = field(default_factory=set)


@dataclass
class Machine:
    """An Implementation, if a subclass writes the call and the handler. The fields are a scope's bounds."""

    cpus: int
    zones: int
    pages: int
    high: int
    batch: int
    drainers: tuple[int, ...]
    calls: int = 0
    leavers: tuple[int, ...] = ()
    signals: bool = False
    count_window: bool = False

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Boot: all CPUs are online, their lists are empty, and somebody uses every page."""
        self.online = set(range(self.cpus))
        self.buddy = [0] * self.zones
        self.in_use = [self.pages] * self.zones
        self.cpu = [Cpu([0] * self.zones) for _ in range(self.cpus)]
        self.task = [Task(number, home, self.calls) for number, home in enumerate(self.drainers)]

    def drain_all_pages(self, task: Task) -> Routine:
        """The call, up to its return."""
        raise NotImplementedError

    def drain_local_pages(self, cpu: int) -> Routine:
        """The handler, up to its acknowledgement."""
        raise NotImplementedError

    def enabled(self) -> frozenset[str]:
        """See the protocol, as for `step`."""
        return frozenset(label for label, _ in self.moves())

    def step(self, label: str) -> None:
        moves = dict(self.moves())
        if label not in moves:
            raise NotEnabled(label, moves)
        moves[label]()

    def moves(self) -> Moves:
        """What can happen now, and how."""
        for task in self.task:
            yield from self.moves_of_task(f"d{task.number}", task)
        for number, cpu in enumerate(self.cpu):
            if number in self.online:
                yield from self.moves_of_handler(f"c{number}", number, cpu)
                yield from self.moves_of_workload(f"c{number}", number, cpu)
            if number in self.leavers:
                yield from self.moves_of_hotplug(f"c{number}", number, cpu)

    # ----------------------------------------------------------------------------- tasks and their signals

    def moves_of_task(self, name: str, task: Task) -> Moves:
        """A task runs where no handler does, if no other task there keeps it off."""
        calls = task.place is not IDLE
        if self.signals and calls and not task.signalled:
            yield f"{name}:signal", partial(setattr, task, "signalled", True)
        cpu = self.cpu[task.cpu]
        neighbours = [other for other in self.task if other is not task and other.cpu == task.cpu]
        if cpu.serving != NONE or cpu.linking != NONE:
            return
        if any(other.preempt_count > 0 or other.has_irqs_off for other in neighbours):
            return
        if not calls:
            if self.calls == 0 or task.calls_left > 0:
                yield f"{name}:call", partial(self.call, task)
        elif task.place.when():
            yield f"{name}:{task.place.name}", partial(self.resume, task)

    def call(self, task: Task) -> None:
        task.calls_left -= self.calls > 0
        task.routine = self.drain_all_pages(task)
        self.resume(task)

    def resume(self, task: Task) -> None:
        """One step; after the return the task is idle, and its signal is gone."""
        task.place = next(task.routine, IDLE)
        task.signalled = task.signalled and task.place is not IDLE

    # ----------------------------------------------------------------------- call interrupts, kernel/smp.c

    def moves_of_handler(self, name: str, number: int, cpu: Cpu) -> Moves:
        if cpu.serving != NONE:
            finish = self.ack if cpu.place is ACK else self.resume_handler
            yield f"{name}:{cpu.place.name}", partial(finish, number, cpu)
        elif cpu.interruptible:
            for task in cpu.call_queue:
                yield f"{name}:take d{task}", partial(self.take, number, cpu, task)

    def take(self, number: int, cpu: Cpu, task: int) -> None:
        """One request leaves the queue, and its handler begins."""
        cpu.call_queue.remove(task)
        cpu.serving, cpu.handler = task, self.drain_local_pages(number)
        self.resume_handler(number, cpu)

    def resume_handler(self, _number: int, cpu: Cpu) -> None:
        cpu.place = next(cpu.handler, ACK)

    def ack(self, number: int, cpu: Cpu) -> None:
        """The caller need not wait for this CPU any longer."""
        self.task[cpu.serving].awaiting.remove(number)
        cpu.serving, cpu.place = NONE, IDLE

    # ----------------------------------------------------------------------- the workload, mm/page_alloc.c

    def moves_of_workload(self, name: str, cpu: int, state: Cpu) -> Moves:
        """Pages are freed and allocated wherever interrupts are on, whatever the task there does."""
        if state.linking != NONE:
            yield f"{name}:count z{state.linking}", partial(self.count, cpu, state.linking)
        if not state.interruptible:
            return
        for zone in range(self.zones):
            if self.in_use[zone] > 0:
                verb, free = ("link", self.link) if self.count_window else ("free", self.free)
                yield f"{name}:{verb} z{zone}", partial(free, cpu, zone)
            if state.pcp[zone] + self.buddy[zone] > 0:
                yield f"{name}:alloc z{zone}", partial(self.alloc, cpu, zone)

    def free(self, cpu: int, zone: int) -> None:
        """free_hot_cold_page(): interrupts are off, so that its two halves are one step."""
        self.link(cpu, zone)
        self.count(cpu, zone)

    def link(self, cpu: int, zone: int) -> None:
        """The first half, interrupts now off: the page is on the list, but not in the count."""
        self.in_use[zone] -= 1
        self.cpu[cpu].linking = zone

    def count(self, cpu: int, zone: int) -> None:
        """The second half: count, and hand on a batch if that has reached `high`; interrupts are on again."""
        self.cpu[cpu].pcp[zone] += 1
        self.cpu[cpu].linking = NONE
        if self.cpu[cpu].pcp[zone] >= self.high:
            self.to_buddy(cpu, zone, min(self.batch, self.cpu[cpu].pcp[zone]))

    def alloc(self, cpu: int, zone: int) -> None:
        """buffered_rmqueue(), order 0: an empty list gets a batch first, or what there is."""
        if self.cpu[cpu].pcp[zone] == 0:
            self.to_buddy(cpu, zone, -min(self.batch, self.buddy[zone]))
        self.cpu[cpu].pcp[zone] -= 1
        self.in_use[zone] += 1

    def to_buddy(self, cpu: int, zone: int, count: int) -> None:
        """free_pcppages_bulk(), and rmqueue_bulk() with a negative count: under the zone's lock."""
        self.cpu[cpu].pcp[zone] -= count
        self.buddy[zone] += count

    # ------------------------------------------------------------------------------- hotplug, kernel/cpu.c

    def moves_of_hotplug(self, name: str, number: int, cpu: Cpu) -> Moves:
        """One CPU at a time: the hotplug lock is held until the notifiers are through."""
        if cpu.dead_zone != NONE and any(map(self.has_room, range(len(self.cpu)))):
            yield f"{name}:dead z{cpu.dead_zone}", partial(self.dead, number, cpu)
        if any(other.dead_zone != NONE for other in self.cpu):
            return
        if number not in self.online:
            yield f"{name}:online", partial(self.online.add, number)
        elif self.stops(cpu):
            yield f"{name}:offline", partial(self.offline, number, cpu)

    def has_room(self, number: int) -> bool:
        """The task in cpu_down(), which runs the notifiers, could run here. It does not preempt anybody."""
        pinned = any(task.cpu == number and task.preempt_count for task in self.task)
        return number in self.online and self.cpu[number].interruptible and not pinned

    def stops(self, leaver: Cpu) -> bool:
        """stop_machine() gets its stopper onto every CPU, and no call waits for the one that leaves."""
        return (
            all(task.preempt_count == 0 for task in self.task)
            and all(cpu.interruptible for cpu in self.cpu)
            and not leaver.call_queue
        )

    def offline(self, number: int, cpu: Cpu) -> None:
        self.online.remove(number)
        cpu.dead_zone = 0

    def dead(self, number: int, cpu: Cpu) -> None:
        """page_alloc_cpu_notify(): another CPU drains the lists of the dead one, a zone at a time."""
        zone = cpu.dead_zone
        self.to_buddy(number, zone, cpu.pcp[zone])
        cpu.dead_zone = zone + 1 if zone + 1 < self.zones else NONE

    # --------------------------------------------------------------------------------------- what is shown

    def observe(self) -> dict[str, object]:
        """The machine's variables; a subclass adds those of its program."""
        return {
            "online": frozenset(self.online),
            "buddy": tuple(self.buddy),
            "in_use": tuple(self.in_use),
            "irqs_on": tuple(cpu.irqs_on for cpu in self.cpu),
            "pcp": tuple(tuple(cpu.pcp) for cpu in self.cpu),
            "call_queue": tuple(frozenset(cpu.call_queue) for cpu in self.cpu),
            "serving": tuple(cpu.serving for cpu in self.cpu),
            "linking": tuple(cpu.linking for cpu in self.cpu),
            "dead_zone": tuple(cpu.dead_zone for cpu in self.cpu),
            "irq_at": tuple(cpu.place.name for cpu in self.cpu),
            "preempt_count": tuple(task.preempt_count for task in self.task),
            "awaiting": tuple(frozenset(task.awaiting) for task in self.task),
            "signalled": tuple(task.signalled for task in self.task),
            "calls_left": tuple(task.calls_left for task in self.task),
            "at": tuple(task.place.name for task in self.task),
        }
