"""Workload: tasks that allocate and free under memory pressure, reclaim directly, drain, and get killed.

Processes want more memory than there is. Each task stands for whichever of them is at work on its CPU. It
allocates, and now and then somebody frees a page there. When no zone has enough free pages it scans for
some (direct reclaim); what it finds goes to the CPU's own lists, as in Linux 3.4 (free_hot_cold_page_list()),
where no watermark sees it; so it drains all lists and tries once more. When a scan finds nothing, a process
is killed and frees its memory, page by page. So it goes until those that are left have what they want.
"""

from __future__ import annotations

import math
from random import Random

from pcpdrain.pcpref.program import Program

from .calling import Caller, Taking
from .machine import SimulatedMachine
from .memory import Memory, scope_of
from .parameters import Costs, Workload
from .timed_kernel import TimedKernel
from .waiting import Waiters

STUCK_AFTER = 1e9
"""ns without a return that no lock and no answer explains."""

IDLE_CPU_WORK = 1.0
"""ns after which what an interrupt does on an idle CPU is through, for the clock."""


class Pressure:
    """One run of a workload on a machine."""

    def __init__(self, machine: SimulatedMachine, workload: Workload) -> None:
        self.machine = machine
        self.workload = workload
        self.memory = Memory(machine, workload)
        self.waiters = Waiters(machine)
        self.killing = False
        self.running = 0
        self.status = "finished"
        self.tasks = [
            Worker(self, Caller(machine, self.waiters, task, workload.mask_alloc_fails))
            for task in machine.hardware.tasks
        ]

    def run(self) -> None:
        """Run until the pressure is off, nobody can go on, or the time is up."""
        env = self.machine.env
        self.running = len(self.tasks)
        self._begin()
        works = [env.process(task.work()) for task in self.tasks]
        idle = range(len(set(self.machine.scope.drainers)), self.machine.scope.cpus)
        if idle and self.workload.idle_free:
            env.process(self._interrupts_free(idle))
        env.run(until=env.all_of(works) | env.process(self._watch()))

    def _begin(self) -> None:
        """Before time begins, CPUs with tasks free what the watermarks keep; all other pages are in use."""
        machine = self.machine
        homes = sorted(set(machine.scope.drainers))
        for number in range(self.workload.watermark * self.workload.zones):
            kernel = machine.cpus[homes[number % len(homes)]].kernel
            machine.free(kernel, number // self.workload.watermark)

    def _watch(self) -> Taking[None]:
        """End a run in which a call is under way and none returns for a second, and one that is too long."""
        env, metrics = self.machine.env, self.machine.metrics
        returned = -1
        while env.now < self.workload.longest * 1e9:
            yield env.timeout(STUCK_AFTER)
            if metrics.open_calls and metrics.returned_calls == returned:
                self.status = "stuck"
                return
            returned = metrics.returned_calls
        self.status = "unfinished"

    def _interrupts_free(self, idle: range) -> Taking[None]:
        """On CPUs without tasks, interrupts free a page now and then."""
        machine, random = self.machine, self.machine.random
        mean = 1e9 / self.workload.idle_free / len(idle)
        while self.running:
            yield machine.env.timeout(random.expovariate(1.0) * mean)
            state = machine.cpus[random.choice(idle)]
            zone = self.zone_of_a_page()
            if zone is not None and state.cpu.accepts_interrupts():
                machine.take_floor()
                state.kernel.clock = machine.env.now + IDLE_CPU_WORK
                machine.free(state.kernel, zone)

    def goes_on(self) -> bool:
        """Whether somebody wants memory, and the run is not to end before that."""
        most = self.workload.most_drains
        return self.memory.is_short() and not (most and len(self.machine.metrics.drains) >= most)

    def zone_of_a_page(self) -> int | None:
        """Where a page that somebody frees lies: often in the last zone, else in any other."""
        zones = self.machine.hardware.zones
        last, random = len(zones) - 1, self.machine.random
        chosen = (
            last if not last or random.random() < self.workload.last_zone_share else random.randrange(last)
        )
        if zones[chosen].in_use:
            return chosen
        return next((zone.number for zone in zones if zone.in_use), None)

    def free_page(self, kernel: TimedKernel) -> None:
        """Somebody frees a page on this CPU."""
        zone = self.zone_of_a_page()
        if zone is not None:
            self.machine.free(kernel, zone)

    def kill(self) -> None:
        """Kill a process: a task on some CPU will free its share of all memory; a waiter gets a signal."""
        self.killing = True
        self.machine.metrics.kills += 1
        victim = self.machine.random.choice(self.tasks)
        victim.to_exit = self.memory.resident // self.memory.live
        victim.blocks_to_exit = len(self.memory.blocks) // self.memory.live
        caller = victim.caller
        if caller.in_call and not caller.task.signalled:
            if self.machine.labels is not None:
                self.machine.labels.append(f"d{caller.task.number}:signal")
            caller.task.signalled = True
            waiter = self.waiters.for_locks.get(caller.task.number)
            if waiter is not None and waiter.may_be_told():
                self.waiters.tell(waiter, self.machine.env.now)


class Worker:
    """What one task does."""

    def __init__(self, pressure: Pressure, caller: Caller) -> None:
        self._pressure = pressure
        self._machine = pressure.machine
        self._workload = pressure.workload
        self._random: Random = pressure.machine.random
        self._kernel = caller.kernel
        self.caller = caller
        self.to_exit = 0
        """Pages of a killed process that this task has to free."""
        self.blocks_to_exit = 0

    def work(self) -> Taking[None]:
        """Allocate and free until nobody wants memory any more."""
        workload, random, kernel, caller = self._workload, self._random, self._kernel, self.caller
        yield from caller.take_cpu()
        while self._pressure.goes_on():
            kernel.clock += random.expovariate(1.0) * workload.think
            if kernel.clock > self._machine.horizon:
                yield from caller.catch_up()
            if self.to_exit:
                yield from self._exit()
            elif random.random() < workload.churn:
                self._pressure.free_page(kernel)
            elif random.random() < workload.atomic_share:
                self._take(0, atomic=True)
            else:
                yield from self._allocate(1 if random.random() < workload.order_share else 0)
            yield from caller.end_timeslice(workload.timeslice)
        if self.to_exit:
            yield from self._exit()
        yield from caller.leave_cpu()
        self._pressure.running -= 1

    def _take(self, order: int, *, atomic: bool = False) -> bool:
        """The quick way: a page from the own list, or a block from the buddy."""
        zone = self._pressure.memory.zone_for(order, atomic=atomic)
        if zone is None:
            return False
        if order:
            self._kernel.clock += self._machine.fabric.bulk(zone.number, 1, self._kernel.clock)
            return self._pressure.memory.take_block(zone, order)
        self._machine.alloc(self._kernel, zone.number)
        return True

    def _allocate(self, order: int) -> Taking[None]:
        """Allocate; where that fails at once, by direct reclaim. A killed process gives up."""
        if self._take(order):
            return
        kernel = self._kernel
        began = kernel.clock
        while self._pressure.goes_on() and not self.to_exit:
            scan_began = kernel.clock
            found = yield from self._scan()
            if found:
                served = self._take(order)
                if not served:
                    drain = yield from self.caller.drain_all_pages()
                    served = drain.served = self._take(order)
                self._machine.metrics.scans.append(kernel.clock - scan_began)
                if served:
                    break
            else:
                yield from self._out_of_memory()
                if self._take(order):
                    break
        self._machine.metrics.reclaims.append(kernel.clock - began)

    def _scan(self) -> Taking[bool]:
        """Look for pages that can be reclaimed, and free what is found here; whether anything was."""
        workload, random, kernel = self._workload, self._random, self._kernel
        yield from self.caller.scan(random.expovariate(1.0) * workload.reclaim_time)
        yield from self.caller.let_others_run()
        if random.random() >= workload.progress:
            return False
        for _ in range(_geometric(random, workload.reclaim_pages)):
            self._pressure.free_page(kernel)
            if kernel.clock > self._machine.horizon:
                yield from self.caller.catch_up()
        return True

    def _out_of_memory(self) -> Taking[None]:
        """Kill somebody, unless somebody is dying already; and wait a little."""
        if not self._pressure.killing:
            self._pressure.kill()
        if not self.to_exit:
            yield from self.caller.sleep(self._workload.oom_wait)

    def _exit(self) -> Taking[None]:
        """Free the memory of a killed process."""
        workload, kernel, memory = self._workload, self._kernel, self._pressure.memory
        for _ in range(self.blocks_to_exit):
            memory.free_block()
        while self.to_exit > 0:
            self.to_exit -= 1
            kernel.clock += workload.exit_page
            if kernel.clock > self._machine.horizon:
                yield from self.caller.catch_up()
            self._pressure.free_page(kernel)
            yield from self.caller.end_timeslice(workload.timeslice)
        self.blocks_to_exit = 0
        memory.live = max(1, memory.live - 1)
        self._pressure.killing = False


def _geometric(random: Random, mean: float) -> int:
    """A number from 1 on with this mean."""
    if mean <= 1:
        return 1
    return 1 + int(math.log(1.0 - random.random()) / math.log(1.0 - 1.0 / mean))


def simulate(
    program: type[Program],
    workload: Workload,
    costs: Costs,
    cpus: int,
    seed: str,
    labels: list[str] | None = None,
) -> Pressure:
    """Run a workload once; the same arguments give the same run."""
    scope = scope_of(workload, cpus)
    machine = SimulatedMachine(scope, program, costs, Random(seed), guest=bool(workload.guest), labels=labels)
    pressure = Pressure(machine, workload)
    pressure.run()
    return pressure
