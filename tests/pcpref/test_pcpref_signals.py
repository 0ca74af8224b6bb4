"""Signals and bounded calls, and the mutex whose waiter a signal sends home."""

from __future__ import annotations

import pytest

from pcpdrain.pcpref.errors import ContextError
from pcpdrain.pcpref.machine import Machine
from pcpdrain.pcpref.program import Kernel, Steps, until
from pcpdrain.pcpref.scope import Scope
from tests.pcpref.driving import drive, next_of
from tests.pcpref.programs import ClearThenSet, ClearThenSetMutex

SIGNALS = Scope(cpus=2, zones=1, pages=1, high=2, batch=1, drainers=(0, 1), signals=True)


class Interruptible(ClearThenSetMutex):
    name = "clear_then_set_mutex_interruptible"

    def drain_all_pages(self, kernel: Kernel) -> Steps:
        yield until(
            "locked.mutex_lock_interruptible",
            lambda: self.drain_mutex.available() or kernel.signal_pending(),
        )
        if not self.drain_mutex.trylock(kernel):
            return
        yield from ClearThenSet.drain_all_pages(self, kernel)
        yield "locked.mutex_unlock"
        self.drain_mutex.unlock(kernel)


def actor(machine: Machine, task: int) -> str | None:
    labels = [label for label in machine.enabled() if label.startswith(f"d{task}:locked")]
    return labels[0] if labels else None


def test_a_signal_is_pending_until_the_return() -> None:
    machine = Machine(SIGNALS, Interruptible)
    assert not {label for label in machine.enabled() if label.endswith(":signal")}
    machine.step("d0:call")
    machine.step("d0:signal")
    assert machine.observe()["signalled"] == (True, False)
    assert not {label for label in machine.enabled() if label.endswith(":signal")}
    for label in ("c0:free z0", "d0:locked.mutex_lock_interruptible"):
        machine.step(label)
    while (label := next_of_program(machine)) != "d0:return":
        machine.step(label)
    assert machine.observe()["signalled"] == (True, False)
    machine.step("d0:return")
    assert machine.observe()["signalled"] == (False, False)


def next_of_program(machine: Machine) -> str:
    (label,) = (label for label in machine.enabled() if label.startswith("d0:") and "signal" not in label)
    return label


def test_a_signal_needs_no_cpu() -> None:
    machine = Machine(SIGNALS, Interruptible)
    machine.step("d0:call")
    machine.hardware.cpus[0].irqs_off_by = 7
    machine._enabled = None
    assert {label for label in machine.enabled() if label.startswith("d0")} == {"d0:signal"}


def test_no_signals_where_the_scope_has_none() -> None:
    machine = Machine(Scope(2, 1, 1, 2, 1, (0, 1)), Interruptible)
    machine.step("d0:call")
    assert "d0:signal" not in machine.enabled()


def test_a_signalled_waiter_goes_on_without_the_mutex_and_without_draining() -> None:
    machine = Machine(SIGNALS, Interruptible)
    for label in ("c0:free z0", "d0:call", "d0:locked.mutex_lock_interruptible", "d1:call"):
        machine.step(label)
    assert actor(machine, 1) is None
    machine.step("d1:signal")
    assert actor(machine, 1) == "d1:locked.mutex_lock_interruptible"
    machine.step("d1:locked.mutex_lock_interruptible")
    assert machine.observe()["drain_mutex"] == 0
    machine.step("d1:return")
    assert {"drain_complete", "drain_instant"} <= machine.violations()
    assert "unlocked_context" not in machine.violations()


def test_a_free_mutex_is_taken_even_with_a_signal_pending() -> None:
    machine = Machine(SIGNALS, Interruptible)
    for label in ("d0:call", "d0:signal", "d0:locked.mutex_lock_interruptible"):
        machine.step(label)
    assert machine.observe()["drain_mutex"] == 0
    assert machine.observe()["at"] == ("drain_all_pages.cpumask_clear", "idle")


def test_signals_are_for_tasks_in_their_call() -> None:
    machine = Machine(SIGNALS, Interruptible)
    with pytest.raises(ContextError, match="task 0 is not in a call"):
        machine.hardware.tasks[0].signal()
    with pytest.raises(ContextError, match="the handler on CPU 0 cannot have a signal"):
        machine._handler_kernels[0].signal_pending()


def test_calls_are_used_up() -> None:
    machine = Machine(Scope(1, 1, 1, 2, 1, (0,), calls=2), ClearThenSet)
    left = [machine.observe()["calls_left"]]
    while "d0:call" in machine.enabled():
        machine.step("d0:call")
        left.append(machine.observe()["calls_left"])
        drive(machine, "d0")
    assert left == [(2,), (1,), (0,)]
    assert machine.enabled() == {"c0:free z0"}
    assert next_of(machine, "d0") is None
    assert machine.violations() == set()


def test_calls_without_end_leave_no_trace() -> None:
    machine = Machine(Scope(1, 1, 1, 2, 1, (0,)), ClearThenSet)
    for _ in range(3):
        machine.step("d0:call")
        assert machine.observe()["calls_left"] == (0,)
        drive(machine, "d0")
