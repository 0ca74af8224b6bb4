"""Who may step: tasks on one CPU, irqs and handlers, blocked steps, and the workload."""

from __future__ import annotations

from typing import ClassVar

import pytest

from pcpdrain.pcpref.errors import NotEnabled
from pcpdrain.pcpref.hardware import Hardware
from pcpdrain.pcpref.ipi import Handler
from pcpdrain.pcpref.kernel import Kernel
from pcpdrain.pcpref.machine import Machine
from pcpdrain.pcpref.program import Program, Steps, until
from pcpdrain.pcpref.schedule import is_workload
from pcpdrain.pcpref.scope import Scope
from tests.pcpref.driving import answer, drive
from tests.pcpref.programs import ClearThenSetSpinlock, GlobalIpi

Operation = tuple[str, tuple[object, ...]]


class Script(Program):
    """A program that a test writes: for each step an operation of the kernel and its arguments."""

    name = "script"
    script: ClassVar[tuple[Operation, ...]] = ()

    def drain_all_pages(self, kernel: Kernel) -> Steps:
        for operation, arguments in self.script:
            yield f"script.{operation}"
            getattr(kernel, operation)(*arguments)


def handler(kernel: Kernel) -> Steps:
    yield "handler.first"
    yield "handler.second"
    kernel.cpu_relax()


def scripted(
    *script: tuple[str, tuple[object, ...]], drainers: tuple[int, ...] = (0, 0), pages: int = 1
) -> Machine:
    program = type("Scripted", (Script,), {"script": script})
    return Machine(Scope(cpus=2, zones=1, pages=pages, high=2, batch=1, drainers=drainers), program)


def call(func: Handler, target: int) -> Operation:
    return ("send_call", (target, func))


OFF: Operation = ("preempt_disable", ())
ON: Operation = ("preempt_enable", ())
IRQ_OFF: Operation = ("local_irq_disable", ())
IRQ_ON: Operation = ("local_irq_enable", ())
RELAX: Operation = ("cpu_relax", ())


def of_tasks(machine: Machine) -> set[str]:
    return {label for label in machine.enabled() if label.startswith("d")}


def test_a_call_steps_and_returns() -> None:
    machine = scripted(RELAX, drainers=(0,))
    assert of_tasks(machine) == {"d0:call"}
    machine.step("d0:call")
    assert of_tasks(machine) == {"d0:script.cpu_relax"}
    machine.step("d0:script.cpu_relax")
    assert of_tasks(machine) == {"d0:return"}
    machine.step("d0:return")
    assert of_tasks(machine) == {"d0:call"}


def test_tasks_of_one_cpu_take_turns_while_preemption_is_on() -> None:
    machine = scripted(RELAX, OFF, RELAX, ON)
    machine.step("d0:call")
    assert of_tasks(machine) == {"d0:script.cpu_relax", "d1:call"}
    machine.step("d1:call")
    assert of_tasks(machine) == {"d0:script.cpu_relax", "d1:script.cpu_relax"}


@pytest.mark.parametrize(("off", "on"), [(OFF, ON), (IRQ_OFF, IRQ_ON)])
def test_who_disables_preemption_or_irqs_keeps_the_others_of_that_cpu_out(
    off: Operation, on: Operation
) -> None:
    machine = scripted(off, on, drainers=(0, 0, 1))
    machine.step("d1:call")
    machine.step("d0:call")
    machine.step(f"d0:script.{off[0]}")
    assert of_tasks(machine) == {f"d0:script.{on[0]}", "d2:call"}
    machine.step(f"d0:script.{on[0]}")
    assert of_tasks(machine) == {"d0:return", f"d1:script.{off[0]}", "d2:call"}


def test_what_a_call_left_disabled_still_keeps_the_others_out() -> None:
    machine = scripted(OFF)
    machine.step("d0:call")
    drive(machine, "d0")
    assert of_tasks(machine) == {"d0:call"}


def test_irqs_off_keep_requests_and_the_workload_out_of_this_cpu() -> None:
    machine = scripted(call(handler, 0), IRQ_OFF, IRQ_ON, drainers=(1, 0))
    for label in ("d0:call", "d0:script.send_call", "d1:call"):
        machine.step(label)
    assert {"c0:take d0", "c0:free z0"} <= machine.enabled()
    machine.step("d1:script.send_call")
    machine.step("d1:script.local_irq_disable")
    assert {label for label in machine.enabled() if label.startswith("c")} == {"c1:free z0"}
    machine.step("d1:script.local_irq_enable")
    assert {label for label in machine.enabled() if label.startswith("c")} == {
        "c0:take d0",
        "c0:take d1",
        "c0:free z0",
        "c1:free z0",
    }


def test_preemption_off_keeps_neither_requests_nor_the_workload_out() -> None:
    machine = scripted(OFF, call(handler, 0), drainers=(0, 1))
    drive_call(machine, "d0")
    drive_call(machine, "d1")
    assert {"c0:take d0", "c0:take d1", "c0:free z0", "c1:free z0"} <= machine.enabled()


def drive_call(machine: Machine, task: str) -> None:
    machine.step(f"{task}:call")
    drive(machine, task)


def test_a_handler_suspends_its_cpu_and_runs_one_request_whole() -> None:
    machine = scripted(RELAX, call(handler, 0), RELAX, drainers=(0, 1))
    drive_call(machine, "d1")
    machine.step("d0:call")
    machine.step("d0:script.cpu_relax")
    machine.step("d0:script.send_call")
    assert {"c0:take d0", "c0:take d1", "d0:script.cpu_relax"} <= machine.enabled()
    machine.step("c0:take d1")
    assert machine.enabled() == {"c0:handler.first", "c1:free z0", "d1:call"}
    assert machine.observe()["serving"] == (1, -1)
    machine.step("c0:handler.first")
    machine.step("c0:handler.second")
    assert machine.enabled() == {"c0:ack", "c1:free z0", "d1:call"}
    assert machine.observe()["awaiting"] == (frozenset({0}), frozenset({0}))
    machine.step("c0:ack")
    assert machine.observe()["awaiting"] == (frozenset({0}), frozenset())
    assert {"c0:take d0", "d0:script.cpu_relax", "c0:free z0"} <= machine.enabled()


def test_a_handler_without_steps_goes_straight_to_its_acknowledgement() -> None:
    def empty(kernel: Kernel) -> Steps:
        kernel.cpu_relax()
        yield from ()

    machine = scripted(call(empty, 1), drainers=(0,))
    drive_call(machine, "d0")
    assert answer(machine, 1, 0) == ["c1:take d0", "c1:ack"]


def test_a_blocked_handler_stays_and_keeps_its_cpu() -> None:
    gate = [False]

    def waiting(kernel: Kernel) -> Steps:
        yield until("waiting.gate", lambda: gate[0])
        kernel.cpu_relax()

    machine = scripted(call(waiting, 1), drainers=(0,))
    drive_call(machine, "d0")
    machine.step("c1:take d0")
    assert machine.enabled() == {"d0:call", "c0:free z0"}
    gate[0] = True
    machine._enabled = None
    assert "c1:waiting.gate" in machine.enabled()


def test_an_offline_cpu_does_nothing() -> None:
    machine = scripted(call(handler, 1), drainers=(0, 1))
    drive_call(machine, "d0")
    hardware: Hardware = machine.hardware
    hardware.cpu_online_mask.clear_cpu(1)
    machine._enabled = None
    assert machine.enabled() == {"d0:call", "c0:free z0"}


def test_a_wait_is_blocked_until_the_target_has_acknowledged() -> None:
    machine = Machine(Scope(cpus=3, zones=1, pages=1, high=2, batch=1, drainers=(0,)), GlobalIpi)
    machine.step("d0:call")
    drive(machine, "d0")
    assert machine.observe()["at"] == ("smp_call_function_many.wait_call",)
    answer(machine, 2, 0)
    assert of_tasks(machine) == set()
    machine.step("c1:take d0")
    machine.step("c1:drain_local_pages.drain_zone_pages")
    assert of_tasks(machine) == set()
    machine.step("c1:ack")
    assert of_tasks(machine) == {"d0:smp_call_function_many.wait_call"}


def test_a_call_is_blocked_while_the_last_one_is_unanswered() -> None:
    class Impatient(Program):
        name = "impatient"

        def drain_all_pages(self, kernel: Kernel) -> Steps:
            for _ in range(2):
                yield until("impatient.send_call", lambda: kernel.csd_free(1))
                kernel.send_call(1, handler)

    machine = Machine(Scope(cpus=2, zones=1, pages=1, high=2, batch=1, drainers=(0,)), Impatient)
    machine.step("d0:call")
    machine.step("d0:impatient.send_call")
    assert of_tasks(machine) == set()
    answer(machine, 1, 0)
    assert of_tasks(machine) == {"d0:impatient.send_call"}


def test_a_lock_blocks_the_second_task_until_it_is_released() -> None:
    machine = Machine(Scope(cpus=2, zones=1, pages=1, high=2, batch=1, drainers=(0, 1)), ClearThenSetSpinlock)
    machine.step("d0:call")
    drive(machine, "d0", "drain_all_pages.cpumask_clear")
    machine.step("d1:call")
    assert drive(machine, "d1") == ["d1:locked.preempt_disable"]
    assert machine.observe()["drain_lock"] == 0
    drive(machine, "d0", "locked.preempt_enable")
    assert "d1:locked.spin_lock" in machine.enabled()
    assert machine.observe()["drain_lock"] == -1


def test_the_workload_frees_what_is_in_use_and_allocates_what_is_free() -> None:
    machine = scripted(drainers=(), pages=1)
    assert machine.enabled() == {"c0:free z0", "c1:free z0"}
    machine.step("c0:free z0")
    assert machine.enabled() == {"c0:alloc z0"}
    machine.step("c0:alloc z0")
    assert machine.enabled() == {"c0:free z0", "c1:free z0"}
    assert all(is_workload(label) for label in machine.enabled())
    assert not any(is_workload(label) for label in ("d0:call", "c0:ack", "c0:take d0", "d0:x.free"))


def test_a_step_that_is_not_enabled_is_refused_and_changes_nothing() -> None:
    machine = scripted(RELAX, drainers=(0,))
    before = machine.observe()
    for label in ("d0:return", "d0:script.cpu_relax", "c0:alloc z0", "c1:ack", "d7:call", "nonsense"):
        with pytest.raises(
            NotEnabled, match="is not enabled; enabled here: c0:free z0, c1:free z0, d0:call"
        ) as error:
            machine.step(label)
        assert error.value.label == label
    assert machine.observe() == before
