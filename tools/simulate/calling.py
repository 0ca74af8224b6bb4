"""Calling: a task on its CPU, in time, and its way through drain_all_pages()."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

import simpy
from simpy.events import Timeout

from pcpdrain.pcpref.context import Allocation, Outcome, Steps, Until
from pcpdrain.pcpref.tasks import Task

from .machine import SimulatedMachine
from .metrics import Drain
from .prices import LOCKS, SLEEPS
from .timed_kernel import TimedKernel
from .waiting import Waiter, Waiters

Result = TypeVar("Result")
Taking = Generator[simpy.Event, object, Result]
"""Something that takes simulated time, and its result."""


class Caller:
    """A task as it runs: it has its CPU, gives it up, and calls drain_all_pages().

    A task keeps its CPU until it gives it up, as in a kernel that is not preempted (CONFIG_PREEMPT_NONE).
    While it scans, it does so for whoever has slept and wakes up.
    """

    def __init__(
        self, machine: SimulatedMachine, waiters: Waiters, task: Task, mask_alloc_fails: float
    ) -> None:
        self.machine = machine
        self.task = task
        self.kernel = TimedKernel(machine, task.cpu, task)
        self.in_call = False
        self._waiters = waiters
        self._mask_alloc_fails = mask_alloc_fails
        self._state = machine.cpus[task.cpu.number]
        self._turn: simpy.resources.resource.Request | None = None
        self._since = 0.0

    # The CPU

    def take_cpu(self, *, woken: bool = False) -> Taking[None]:
        """Wait for the CPU; who has slept need not wait for the end of a scan."""
        self._turn = self._state.running.request()
        scan = self._state.scan
        if woken and scan is not None and not scan.triggered:
            scan.succeed()
        yield self._turn
        self._state.stolen = 0.0
        self.kernel.clock = self._since = self.machine.env.now + self.machine.costs.context_switch
        yield from self.catch_up()

    def leave_cpu(self) -> Taking[None]:
        """Sleep, or end: somebody else may have the CPU."""
        yield from self.catch_up()
        assert self._turn is not None
        self._state.running.release(self._turn)

    def let_others_run(self) -> Taking[None]:
        """Give the CPU up if somebody waits for it (cond_resched())."""
        if self._state.running.queue:
            yield from self.leave_cpu()
            yield from self.take_cpu()

    def end_timeslice(self, timeslice: float) -> Taking[None]:
        """Give the CPU up if somebody waits for it and this task has had it for long enough."""
        if self.kernel.clock - self._since > timeslice:
            self._since = self.kernel.clock
            yield from self.let_others_run()

    def sleep(self, time: float) -> Taking[None]:
        """Be away from the CPU for some ns."""
        yield from self.leave_cpu()
        yield self.machine.env.timeout(time)
        yield from self.take_cpu(woken=True)

    def scan(self, time: float) -> Taking[None]:
        """Compute for some ns, with a cond_resched() at every moment."""
        env, state = self.machine.env, self._state
        yield from self.catch_up()
        given_up = True
        while given_up:
            began = env.now
            state.scan = env.event()
            yield env.timeout(max(0.0, time)) | state.scan
            given_up, state.scan = state.scan.triggered, None
            time -= env.now - began
            self.kernel.clock = env.now
            yield from self.catch_up()
            if given_up:
                yield from self.leave_cpu()
                yield from self.take_cpu()

    def catch_up(self) -> Taking[None]:
        """Let everybody go first whose time comes before this task's; then it has the floor.

        What handlers take from the CPU, the task is later.
        """
        machine, state, kernel, env = self.machine, self._state, self.kernel, self.machine.env
        while True:
            if state.stolen:
                kernel.clock += state.stolen
                state.stolen = 0.0
            ahead = kernel.clock - env.now
            if ahead > 0:
                yield Timeout(env, ahead)
            if state.cpu.serving is not None:
                state.quiet = state.quiet or env.event()
                yield state.quiet
                kernel.clock = env.now
                state.stolen = 0.0
            elif not state.stolen:
                break
        machine.take_floor()

    # The call

    def drain_all_pages(self) -> Taking[Drain]:
        """Call it, and go through all its steps; what came of it."""
        machine, task, kernel = self.machine, self.task, self.kernel
        yield from self.catch_up()
        prefix = f"d{task.number}:"
        if machine.labels is not None:
            machine.labels.append(f"{prefix}call")
        drain = machine.metrics.called(task.number, kernel.clock)
        task.begin_call()
        self.in_call = True
        here = kernel.own_drains
        yield from self._go_through(machine.program.drain_all_pages(kernel), prefix, drain)
        if kernel.clock > machine.horizon:
            yield from self.catch_up()
        if machine.labels is not None:
            machine.labels.append(f"{prefix}return")
        machine.metrics.returned(drain, kernel.clock, len(task.called), kernel.own_drains > here)
        self.in_call = False
        task.signalled = False
        task.called.clear()
        return drain

    def _go_through(self, steps: Steps, prefix: str, drain: Drain) -> Taking[None]:
        machine, kernel, labels = self.machine, self.kernel, self.machine.labels
        prices, send = machine.prices, steps.send
        outcome: Outcome = None
        point: str | Until | Allocation | None = send(None)
        while point is not None:
            if kernel.clock > machine.horizon:
                yield from self.catch_up()
            if type(point) is str:
                name = shown = point
            elif isinstance(point, Until):
                name = shown = point.name
                yield from self._until(point, drain)
            else:
                assert isinstance(point, Allocation)
                name = point.name
                fails = machine.random.random() < self._mask_alloc_fails
                outcome = None if fails else frozenset()
                shown = f"{name} {'fails' if fails else '{}'}"
            if labels is not None:
                labels.append(prefix + shown)
            price = prices[name]
            if price.charge is not None:
                price.charge(kernel)
            kernel.clock += price.base
            try:
                point = send(outcome)
            except StopIteration:
                point = None
            outcome = None
            if price.special:
                yield from self._tell(price.builtin, drain)

    def _tell(self, builtin: str, drain: Drain) -> Taking[None]:
        """After a step about a lock, or one at which others may run."""
        if builtin == "cond_resched":
            yield from self.let_others_run()
            return
        if builtin in LOCKS:
            if drain.lock_from < 0:
                drain.lock_from = self.kernel.clock
            if self._waiters.holds_lock(self.task.number):
                drain.lock_wait = self.kernel.clock - drain.lock_from
        self._waiters.lock_may_be_free(self.kernel.clock)

    def _until(self, point: Until, drain: Drain) -> Taking[None]:
        """Wait at a step that may be blocked; afterwards it is not, and this task has the floor."""
        builtin = self.machine.prices[point.name].builtin
        if builtin not in LOCKS:
            if not point.ready():
                yield from self._wait(self._waiters.for_answers, point, sleeping=False)
            return
        if drain.lock_from < 0:
            drain.lock_from = self.kernel.clock
        if self._waiters.must_queue(point.ready):
            yield from self._wait(self._waiters.for_locks, point, sleeping=builtin in SLEEPS)

    def _wait(self, queue: dict[int, Waiter], point: Until, *, sleeping: bool) -> Taking[None]:
        """Wait to be told, perhaps in vain, if somebody comes in between: then again, in the same place."""
        waiter = queue[self.task.number] = Waiter(point.ready, self.machine.env.event())
        while True:
            if sleeping:
                yield from self.leave_cpu()
            yield waiter.woken
            self.kernel.clock = self.machine.env.now
            yield from self.take_cpu(woken=True) if sleeping else self.catch_up()
            if point.ready():
                del queue[self.task.number]
                return
            waiter.woken = self.machine.env.event()
            waiter.told = False
