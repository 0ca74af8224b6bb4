"""Waiting: the tasks that are blocked at a step, and who tells them that they may go on."""

from __future__ import annotations

from collections.abc import Callable

import simpy

from pcpdrain.pcpref.locks import Lock

from .machine import SimulatedMachine


class Waiter:
    """A task that is blocked at a step until `ready`; `woken` happens when somebody has made it so."""

    __slots__ = ("ready", "told", "woken")

    def __init__(self, ready: Callable[[], bool], woken: simpy.Event) -> None:
        self.ready = ready
        self.woken = woken
        self.told = False

    def may_be_told(self) -> bool:
        """Whether it could go on, and nobody has told it yet."""
        return not self.told and self.ready()


class Waiters:
    """Those who wait: for answers to their calls each for itself, for locks in a queue."""

    def __init__(self, machine: SimulatedMachine) -> None:
        self._machine = machine
        self.for_answers: dict[int, Waiter] = {}
        self.for_locks: dict[int, Waiter] = {}
        """By task, in the order of arrival."""
        program = machine.program
        self._locks = [lock for name in program.STATICS if isinstance(lock := getattr(program, name), Lock)]
        machine.answered = self._answered

    def holds_lock(self, task: int) -> bool:
        """Whether the task holds a lock of the program."""
        return any(lock.holder == task for lock in self._locks)

    def must_queue(self, ready: Callable[[], bool]) -> bool:
        """Whether who comes for a lock now has to wait: it is taken, or somebody was there before."""
        return not ready() or any(waiter.ready() for waiter in self.for_locks.values())

    def lock_may_be_free(self, clock: float) -> None:
        """The first in the queue who can go on is told, once the lock's line has been through the waiters."""
        for waiter in self.for_locks.values():
            if waiter.may_be_told():
                costs = self._machine.costs
                lines = max(1.0, costs.handover * len(self.for_locks))
                self.tell(waiter, clock + lines * costs.near)
                return

    def tell(self, waiter: Waiter, at: float) -> None:
        """Let somebody who may go on know it at a time."""
        waiter.told = True
        self._machine.schedule(at, lambda: _happen(waiter.woken))

    def _answered(self, task: int, clock: float) -> None:
        waiter = self.for_answers.get(task)
        if waiter is not None and waiter.may_be_told():
            self.tell(waiter, clock + self._machine.costs.near)


def _happen(event: simpy.Event) -> None:
    event.succeed()
