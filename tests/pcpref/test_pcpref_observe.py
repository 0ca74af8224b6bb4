"""The canonical state: every variable, the locals that are live, and programs that misdeclare them."""

from __future__ import annotations

from typing import ClassVar

import pytest

from pcpdrain.pcpref.errors import ProgramError
from pcpdrain.pcpref.machine import Machine
from pcpdrain.pcpref.program import Cpumask, Kernel, Program, Steps
from pcpdrain.pcpref.scope import Scope
from tests.pcpref.driving import drive
from tests.pcpref.programs import ClearThenSetSpinlock, LastZoneDecides, PerCallMask

SCOPE = Scope(cpus=2, zones=2, pages=3, high=3, batch=2, drainers=(0, 1))


def test_the_initial_state() -> None:
    assert Machine(SCOPE, ClearThenSetSpinlock).observe() == {
        "online": frozenset({0, 1}),
        "irqs_on": (True, True),
        "preempt_count": (0, 0),
        "pcp": ((0, 0), (0, 0)),
        "buddy": (0, 0),
        "in_use": (3, 3),
        "call_queue": (frozenset(), frozenset()),
        "serving": (-1, -1),
        "awaiting": (frozenset(), frozenset()),
        "at": ("idle", "idle"),
        "irq_at": ("idle", "idle"),
        "signalled": (False, False),
        "calls_left": (0, 0),
        "linking": (-1, -1),
        "dead_zone": (-1, -1),
        "owes": (frozenset(), frozenset()),
        "notified": (frozenset(), frozenset()),
        "never_empty": (frozenset(), frozenset()),
        "had_pages": (frozenset(), frozenset()),
        "called": (frozenset(), frozenset()),
        "last_writer": -1,
        "missed": (False, False),
        "cpus_with_pcps": frozenset(),
        "drain_lock": -1,
        "drain_all_pages.cpu": (-1, -1),
        "drain_all_pages.zone": (-1, -1),
        "drain_local_pages.zone": (-1, -1),
        "smp_call_function_many.cfd": (frozenset(), frozenset()),
        "smp_call_function_many.target": (-1, -1),
        "irq.drain_local_pages.zone": (-1, -1),
    }


def test_a_state_in_the_midst_of_a_call() -> None:
    machine = Machine(SCOPE, ClearThenSetSpinlock)
    for label in ("c1:free z0", "c1:free z1", "c0:free z0"):
        machine.step(label)
    machine.step("d0:call")
    drive(machine, "d0")
    machine.step("c1:take d0")
    machine.step("c1:drain_local_pages.drain_zone_pages")
    machine.step("c0:alloc z0")
    machine.step("c0:free z1")
    assert machine.observe() == {
        "online": frozenset({0, 1}),
        "irqs_on": (True, True),
        "preempt_count": (2, 0),
        "pcp": ((0, 1), (0, 1)),
        "buddy": (1, 0),
        "in_use": (2, 1),
        "call_queue": (frozenset(), frozenset()),
        "serving": (-1, 0),
        "awaiting": (frozenset({1}), frozenset()),
        "at": ("smp_call_function_many.wait_call", "idle"),
        "irq_at": ("idle", "drain_local_pages.drain_zone_pages"),
        "signalled": (False, False),
        "calls_left": (0, 0),
        "linking": (-1, -1),
        "dead_zone": (-1, -1),
        "owes": (frozenset({(1, 1)}), frozenset()),
        "notified": (frozenset(), frozenset()),
        "never_empty": (frozenset({1}), frozenset()),
        "had_pages": (frozenset({0, 1}), frozenset()),
        "called": (frozenset({1}), frozenset()),
        "last_writer": 0,
        "missed": (False, False),
        "cpus_with_pcps": frozenset({0, 1}),
        "drain_lock": 0,
        "drain_all_pages.cpu": (-1, -1),
        "drain_all_pages.zone": (-1, -1),
        "drain_local_pages.zone": (-1, -1),
        "smp_call_function_many.cfd": (frozenset({1}), frozenset()),
        "smp_call_function_many.target": (1, -1),
        "irq.drain_local_pages.zone": (-1, 1),
    }


def test_a_queued_request_and_irqs_off_are_seen() -> None:
    machine = Machine(SCOPE, LastZoneDecides)
    for label in ("c0:free z1", "c1:free z1", "d1:call"):
        machine.step(label)
    drive(machine, "d1")
    assert machine.observe()["call_queue"] == (frozenset({1}), frozenset())
    for label in ("c0:take d1", *["c0:drain_local_pages.drain_zone_pages"] * 2, "c0:ack"):
        machine.step(label)
    drive(machine, "d1", "drain_local_pages.drain_zone_pages")
    assert machine.observe()["irqs_on"] == (True, False)
    machine.step("d1:drain_local_pages.drain_zone_pages")
    assert machine.observe()["drain_local_pages.zone"] == (-1, 1)
    assert machine.observe()["irq.drain_local_pages.zone"] == (-1, -1)


def test_a_local_that_is_not_live_is_observed_as_its_default() -> None:
    machine = Machine(SCOPE, LastZoneDecides)
    machine.step("d0:call")
    seen = []
    for label in drive(machine, "d0", "on_each_cpu_mask.preempt_disable"):
        seen.append(label)
    assert machine.observe()["drain_all_pages.cpu"] == (-1, -1)
    machine.reset()
    machine.step("d0:call")
    values = []
    for label in seen:
        state = machine.observe()
        values.append((state["drain_all_pages.cpu"], state["drain_all_pages.zone"]))
        machine.step(label)
    assert [(cpu[0], zone[0]) for cpu, zone in values] == [  # type: ignore[index]
        (-1, -1),
        (0, 0),
        (0, 0),
        (0, 1),
        (0, 1),
        (0, -1),
        (1, 0),
        (1, 0),
        (1, 1),
        (1, 1),
        (1, -1),
    ]


def test_masks_of_tasks_are_their_own() -> None:
    machine = Machine(SCOPE, PerCallMask)
    machine.step("c1:free z1")
    machine.step("d0:call")
    machine.step("d1:call")
    for label in [
        *["d0:drain_all_pages.pcp_count"] * 4,
        "d0:drain_all_pages.cpumask_set_cpu",
    ][:4]:
        machine.step(label)
    assert machine.observe()["drain_all_pages.mask"] == (frozenset(), frozenset())
    drive(machine, "d0")
    drive(machine, "d1", "drain_all_pages.cpumask_set_cpu")
    assert machine.observe()["drain_all_pages.cpu"] == (-1, 1)
    assert machine.observe()["smp_call_function_many.cfd"] == (frozenset({1}), frozenset())


class Careless(Program):
    name = "careless"
    LOCALS: ClassVar[dict[str, object]] = {"drain_all_pages.cpu": -1}
    LIVE: ClassVar[dict[str, tuple[str, ...]]] = {"drain_all_pages.first": ("drain_all_pages.cpu",)}

    def drain_all_pages(self, kernel: Kernel) -> Steps:
        yield "drain_all_pages.first"
        cpu = kernel.nr_cpus
        yield f"drain_all_pages.{cpu}"


def test_a_live_local_must_have_a_value() -> None:
    machine = Machine(SCOPE, Careless)
    machine.step("d0:call")
    with pytest.raises(ProgramError, match=r"cpu should mean something at drain_all_pages\.first"):
        machine.observe()
    machine.step("d0:drain_all_pages.first")
    assert machine.observe()["drain_all_pages.cpu"] == (-1, -1)


def test_a_live_local_must_be_declared() -> None:
    class Undeclared(Careless):
        LOCALS: ClassVar[dict[str, object]] = {}

    with pytest.raises(ProgramError, match=r"cpu is live .* but is not declared"):
        Machine(SCOPE, Undeclared)


def test_a_mask_that_others_change_is_observed_as_it_is_now() -> None:
    shared = Cpumask(2)

    class Sharing(Careless):
        LOCALS: ClassVar[dict[str, object]] = {"drain_all_pages.mask": frozenset()}
        LIVE: ClassVar[dict[str, tuple[str, ...]]] = {"drain_all_pages.wait": ("drain_all_pages.mask",)}

        def drain_all_pages(self, kernel: Kernel) -> Steps:
            mask = shared
            yield "drain_all_pages.wait"
            mask.set_cpu(kernel.smp_processor_id())

    machine = Machine(SCOPE, Sharing)
    machine.step("d0:call")
    machine.step("d1:call")
    assert machine.observe()["drain_all_pages.mask"] == (frozenset(), frozenset())
    machine.step("d1:drain_all_pages.wait")
    assert machine.observe()["drain_all_pages.mask"] == (frozenset({1}), frozenset())
