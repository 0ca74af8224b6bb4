"""Machine: a generated program on the reference machine's hardware, in simulated time.

Every step is made by pcpref, in the order of simulated time. So each run is a run of the reference machine,
whatever the costs are: they decide when a step happens, never whether it may. `labels`, if asked for, has it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

import simpy

from pcpdrain.pcpref.cpumask import Cpumask
from pcpdrain.pcpref.hardware import Hardware
from pcpdrain.pcpref.program import Program
from pcpdrain.pcpref.scope import Scope

from .fabric import Fabric
from .metrics import Metrics
from .parameters import Costs
from .prices import Prices
from .timed_kernel import TimedKernel


class CpuState:
    """One CPU in time: who runs there, what interrupts there.

    `running` is held by the task that has the CPU. `stolen` are the ns that handlers have taken from it and
    that it has yet to make up for. `quiet`, if anybody waits for it, happens when the handler that runs is
    through. `scan` is there while a task scans, and happens when it is to give the CPU up.
    """

    def __init__(self, machine: SimulatedMachine, number: int) -> None:
        self.cpu = machine.hardware.cpus[number]
        self.running = simpy.Resource(machine.env, 1)
        self.kernel = TimedKernel(machine, self.cpu, None)
        self.stolen = 0.0
        self.began = 0.0
        self.useful = False
        self.quiet: simpy.Event | None = None
        self.scan: simpy.Event | None = None


class SimulatedMachine:
    """The machine without its workload: CPUs, interrupts, and the pages that anybody frees or allocates.

    A context that has the floor may make steps until its clock passes `horizon`, the time of the next event
    of anybody else, plus the resolution.
    """

    def __init__(
        self,
        scope: Scope,
        program: type[Program],
        costs: Costs,
        random: Random,
        *,
        guest: bool = False,
        labels: list[str] | None = None,
    ) -> None:
        self.scope = scope
        self.costs = costs
        self.random = random
        self.labels = labels
        self.env = simpy.Environment()
        self.hardware = Hardware(scope)
        self.program = program(scope.cpus)
        self.fabric = Fabric(costs, scope.cpus, scope.zones)
        self.prices = Prices(costs)
        self.metrics = Metrics(self.hardware, self.program)
        self.horizon = 0.0
        self._resolution = costs.resolution
        factor = costs.guest_factor if guest else 1.0
        self.ipi_send = costs.ipi_send * factor
        self._ipi_delivery = costs.ipi_delivery * factor
        self.cpus = [CpuState(self, number) for number in range(scope.cpus)]
        self.answered: Callable[[int, float], None] = lambda _task, _clock: None
        """Told of each acknowledgement: the task that had called, and when."""
        self._boot()

    def _boot(self) -> None:
        """Masks that nobody has initialised begin with any contents (see pcpref.boot)."""
        chosen = []
        for name in self.program.UNINITIALISED:
            cpus = [cpu for cpu in range(self.scope.cpus) if self.random.random() < 1 / 2]
            getattr(self.program, name).assign(Cpumask(self.scope.cpus, cpus))
            chosen.append(f"{name}={{{','.join(map(str, cpus))}}}")
        if chosen and self.labels is not None:
            self.labels.append(f"boot:{';'.join(chosen)}")

    # Time

    def schedule(self, at: float, action: Callable[[], None]) -> None:
        """Let something happen at a time; whoever has the floor must not go on beyond it."""
        event = self.env.timeout(max(0.0, at - self.env.now))
        assert event.callbacks is not None
        event.callbacks.append(lambda _event: action())
        self.horizon = min(self.horizon, at + self._resolution)

    def take_floor(self) -> None:
        """From here on the horizon is that of whoever runs now."""
        self.horizon = self.env.peek() + self._resolution

    # Pages

    def free(self, kernel: TimedKernel, zone: int) -> None:
        """Free the page that was allocated first to the list of the CPU; interrupts must be on there."""
        cpu = kernel.cpu
        if self.labels is not None:
            self.labels.append(f"c{cpu}:free z{zone}")
        pcp = self.hardware.pcp[cpu][zone]
        flushes = pcp.count + 1 >= pcp.high
        self.hardware.zones[zone].free_page(cpu)
        kernel.clock += self.costs.page_fast + self.fabric.changed(cpu, zone)
        if flushes:
            kernel.clock += self.fabric.bulk(zone, pcp.batch, kernel.clock)
        self._list_changed(cpu, zone)

    def alloc(self, kernel: TimedKernel, zone: int) -> None:
        """Allocate a page from the list of the CPU, which is refilled when it is empty."""
        cpu = kernel.cpu
        if self.labels is not None:
            self.labels.append(f"c{cpu}:alloc z{zone}")
        pcp = self.hardware.pcp[cpu][zone]
        refills = pcp.is_empty()
        self.hardware.zones[zone].alloc_page(cpu)
        kernel.clock += self.costs.page_fast + self.fabric.changed(cpu, zone)
        if refills:
            kernel.clock += self.fabric.bulk(zone, pcp.count + 1, kernel.clock)
        self._list_changed(cpu, zone)

    def _list_changed(self, cpu: int, zone: int) -> None:
        if self.hardware.pcp[cpu][zone].is_empty():
            self.emptied(cpu, zone)
        else:
            self.metrics.filled(cpu, zone)

    def emptied(self, cpu: int, zone: int) -> None:
        """A list has been emptied."""
        self.metrics.emptied(cpu, zone)

    # Interrupts

    def interrupt(self, target: int, at: float) -> None:
        """An interrupt is under way to a CPU since then."""
        late = self.random.expovariate(1.0) * self.costs.ipi_late
        asleep = self.costs.idle_wakeup if self.cpus[target].running.count == 0 else 0.0
        self.schedule(at + self._ipi_delivery + late + asleep, partial(self._deliver, target))

    def poke(self, target: int, at: float) -> None:
        """Requests that wait on a CPU may have become possible to take."""
        if self.hardware.cpus[target].call_queue:
            self.schedule(at, partial(self._deliver, target))

    def _deliver(self, target: int) -> None:
        state = self.cpus[target]
        cpu = state.cpu
        if not cpu.call_queue or not cpu.accepts_interrupts():
            return  # taken already, or it will be when the handler is through or irqs are on again
        self.take_floor()
        sender = next(iter(cpu.call_queue))
        state.began = self.env.now
        state.useful = any(pcp.count for pcp in self.hardware.pcp[target])
        state.kernel.clock = self.env.now + self.costs.handler_entry
        csd = cpu.take_request(sender)
        if self.labels is not None:
            self.labels.append(f"c{target}:take d{sender}")
        assert csd.func is not None
        cpu.enter_handler(csd.func(state.kernel))
        self._serve(state)

    def _serve(self, state: CpuState) -> None:
        """Go on with the handler of a CPU until it is through or somebody else comes first."""
        context, kernel = state.cpu.handler, state.kernel
        while True:
            if kernel.clock > self.horizon:
                self.schedule(kernel.clock, partial(self._resume, state))
                return
            if context.at == "ack":
                break
            price = self.prices[context.at]
            (label,) = context.labels
            if self.labels is not None:
                self.labels.append(label)
            if price.charge is not None:
                price.charge(kernel)
            kernel.clock += price.base
            context.advance(label)
        self._acknowledge(state)

    def _resume(self, state: CpuState) -> None:
        self.take_floor()
        self._serve(state)

    def _acknowledge(self, state: CpuState) -> None:
        cpu, clock = state.cpu, state.kernel.clock
        assert cpu.serving is not None
        sender = cpu.serving.sender
        if self.labels is not None:
            self.labels.append(f"c{cpu.number}:ack")
        cpu.acknowledge()
        state.stolen += clock - state.began
        self.metrics.interrupted(sender, useful=state.useful, taken=clock - state.began)
        self.answered(sender, clock)
        if cpu.call_queue:
            self.poke(cpu.number, clock)
        elif state.quiet is not None:
            state.quiet.succeed()
            state.quiet = None
