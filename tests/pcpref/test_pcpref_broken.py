"""Programs that are broken on purpose: their states can be reached, and the monitor tells what is wrong."""

from __future__ import annotations

from typing import ClassVar

import pytest

from pcpdrain.pcpref.errors import ContextError
from pcpdrain.pcpref.machine import Machine
from pcpdrain.pcpref.pages import Where
from pcpdrain.pcpref.program import Kernel, Mutex, Program, Steps, until
from pcpdrain.pcpref.scope import Scope
from tests.pcpref.driving import answer, drive
from tests.pcpref.programs import Drain, GlobalIpi, program_of

SOLO = Scope(cpus=2, zones=1, pages=2, high=3, batch=1, drainers=(0,))


class PageLost(GlobalIpi):
    def drain_local_pages(self, kernel: Kernel) -> Steps:
        for zone in kernel.populated_zones:
            yield "drain_local_pages.drain_zone_pages"
            kernel.forget_zone_pages(kernel.smp_processor_id(), zone)


class PageTwice(GlobalIpi):
    def drain_local_pages(self, kernel: Kernel) -> Steps:
        for zone in kernel.populated_zones:
            yield "drain_local_pages.drain_zone_pages"
            kernel.duplicate_zone_pages(kernel.smp_processor_id(), zone)


def after_a_handler(program: type[Program]) -> Machine:
    machine = Machine(SOLO, program)
    for label in ("c1:free z0", "c1:free z0", "d0:call"):
        machine.step(label)
    drive(machine, "d0")
    answer(machine, 1, 0)
    return machine


def test_forgotten_pages_are_in_no_place() -> None:
    machine = after_a_handler(PageLost)
    assert machine.observe()["pcp"] == ((0,), (0,))
    assert (machine.observe()["buddy"], machine.observe()["in_use"]) == ((0,), (0,))
    assert {page.where for page in machine.hardware.zones[0].pages} == {Where.LOST}
    assert machine.violation_details()["page_conservation"] == (
        "page pfn 0 of zone 0 is in 0 places",
        "page pfn 1 of zone 0 is in 0 places",
    )
    drive(machine, "d0")
    assert machine.violations() == {"page_conservation"}
    assert machine.enabled() == {"d0:call"}


def test_duplicated_pages_are_on_the_list_and_in_the_buddy() -> None:
    machine = after_a_handler(PageTwice)
    assert machine.observe()["pcp"] == ((0,), (2,))
    assert (machine.observe()["buddy"], machine.observe()["in_use"]) == ((2,), (0,))
    assert list(machine.hardware.pcp[1][0]) == [*reversed(machine.hardware.zones[0].pages)]
    assert list(machine.hardware.zones[0].buddy.blocks()) == [(0, 1)]
    details = machine.violation_details()["page_conservation"]
    assert "page pfn 0 of zone 0 is on CPU 1's pcp list, but is marked buddy (CPU -1)" in details
    assert "page pfn 1 of zone 0 is in 2 places" in details
    machine.step("c0:alloc z0")
    assert machine.observe()["in_use"] == (1,)
    assert "page_conservation" in machine.violations()


@pytest.mark.parametrize("deed", [Kernel.forget_zone_pages, Kernel.duplicate_zone_pages])
def test_lists_are_spoilt_only_where_they_could_be_drained(deed: object) -> None:
    assert callable(deed)
    machine = Machine(SOLO, GlobalIpi)
    with pytest.raises(ContextError, match="drains a pcp list with irqs on"):
        deed(machine._task_kernels[0], 0, 0)
    with pytest.raises(ContextError, match="drains a pcp list of CPU 0, which is online"):
        deed(machine._handler_kernels[1], 0, 0)


class AckFirst(GlobalIpi):
    """Its handler answers before it drains, and its caller calls the same CPU twice."""

    def drain_all_pages(self, kernel: Kernel) -> Steps:
        for _ in range(2):
            yield until("test.send_call", lambda: kernel.csd_free(1))
            kernel.send_call(1, self.answer_then_drain)
            yield until("test.wait_call", lambda: kernel.call_answered(1))

    def answer_then_drain(self, kernel: Kernel) -> Steps:
        yield "answer_then_drain.ack_call"
        kernel.ack_call()
        yield from self.drain_local_pages(kernel)


def test_an_early_acknowledgement_frees_the_csd_at_once() -> None:
    machine = Machine(SOLO, AckFirst)
    for label in ("c1:free z0", "d0:call", "d0:test.send_call", "c1:take d0"):
        machine.step(label)
    assert "d0:test.wait_call" not in machine.enabled()
    machine.step("c1:answer_then_drain.ack_call")
    state = machine.observe()
    assert (state["awaiting"], state["serving"]) == ((frozenset(),), (-1, 0))
    assert state["irq_at"] == ("idle", "drain_local_pages.drain_zone_pages")
    machine.step("d0:test.wait_call")
    assert "d0:test.send_call" in machine.enabled()


def test_the_end_of_a_handler_does_not_acknowledge_a_newer_request() -> None:
    machine = Machine(SOLO, AckFirst)
    for label in (
        "d0:call",
        "d0:test.send_call",
        "c1:take d0",
        "c1:answer_then_drain.ack_call",
        "d0:test.wait_call",
        "d0:test.send_call",
    ):
        machine.step(label)
    state = machine.observe()
    assert (state["awaiting"], state["serving"]) == ((frozenset({1}),), (-1, 0))
    assert state["call_queue"] == (frozenset(), frozenset({0}))
    assert "c1:take d0" not in machine.enabled()
    machine.step("c1:drain_local_pages.drain_zone_pages")
    machine.step("c1:ack")
    assert machine.observe()["awaiting"] == (frozenset({1}),)
    assert "d0:test.wait_call" not in machine.enabled()
    assert answer(machine, 1, 0)[-1] == "c1:ack"
    assert drive(machine, "d0") == ["d0:test.wait_call", "d0:return"]


def test_who_answers_first_may_drain_too_late() -> None:
    def call_once(self: AckFirst, kernel: Kernel) -> Steps:
        yield "test.send_call"
        kernel.send_call(1, self.answer_then_drain)
        yield until("test.wait_call", lambda: kernel.call_answered(1))

    machine = Machine(SOLO, type("CallOnce", (AckFirst,), {"drain_all_pages": call_once}))
    for label in (
        "c1:free z0",
        "d0:call",
        "d0:test.send_call",
        "c1:take d0",
        "c1:answer_then_drain.ack_call",
    ):
        machine.step(label)
    assert drive(machine, "d0") == ["d0:test.wait_call", "d0:return"]
    assert "drain_complete" in machine.violations()
    drive(machine, "c1")
    assert machine.violations() == set()


def test_only_a_handler_acknowledges_and_only_once() -> None:
    machine = Machine(SOLO, AckFirst)
    with pytest.raises(ContextError, match="task 0 on CPU 0 is no handler"):
        machine._task_kernels[0].ack_call()
    with pytest.raises(ContextError, match="no handler runs on CPU 1"):
        machine._handler_kernels[1].ack_call()
    for label in ("d0:call", "d0:test.send_call", "c1:take d0", "c1:answer_then_drain.ack_call"):
        machine.step(label)
    with pytest.raises(ContextError, match="the handler on CPU 1 acknowledges its request twice"):
        machine._handler_kernels[1].ack_call()


def preemption_left_off(self: Drain, kernel: Kernel) -> Steps:
    yield "test.preempt_disable"
    kernel.preempt_disable()


def irqs_left_off(self: Drain, kernel: Kernel) -> Steps:
    yield "test.local_irq_disable"
    kernel.local_irq_disable()


class LockLeaked(Drain):
    name = "lock_leaked"
    STATICS: ClassVar[tuple[str, ...]] = ("drain_mutex",)

    def __init__(self, nr_cpus: int) -> None:
        super().__init__(nr_cpus)
        self.drain_mutex = Mutex()

    def drain_all_pages(self, kernel: Kernel) -> Steps:
        yield until("test.mutex_lock", self.drain_mutex.available)
        self.drain_mutex.lock(kernel)


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        (program_of(preemption_left_off), "task 0's call has returned with preemption off"),
        (program_of(irqs_left_off), "a call on CPU 0 has returned with irqs off"),
        (LockLeaked, "task 0's call has returned with drain_mutex held"),
    ],
)
def test_what_a_call_leaves_disabled_or_locked_is_judged_after_its_return(
    program: type[Program], sentence: str
) -> None:
    machine = Machine(SOLO, program)
    machine.step("d0:call")
    while "d0:return" not in machine.enabled():
        drive(machine, "d0", "return")
    assert machine.violations() == set()
    machine.step("d0:return")
    assert machine.violation_details() == {"unlocked_context": (sentence,)}


def test_irqs_that_a_call_left_off_stay_off_for_all() -> None:
    machine = Machine(Scope(2, 1, 2, 3, 1, (0, 0, 1)), program_of(irqs_left_off))
    for label in ("d1:call", "d0:call", "d0:test.local_irq_disable", "d0:return"):
        machine.step(label)
    assert machine.observe()["irqs_on"] == (False, True)
    assert machine.enabled() == {"d2:call", "c1:free z0"}


def test_a_leaked_mutex_stops_the_next_call() -> None:
    machine = Machine(SOLO, LockLeaked)
    for label in ("d0:call", "d0:test.mutex_lock", "d0:return", "d0:call"):
        machine.step(label)
    assert machine.violations() == {"never_stuck"}
    assert machine.observe()["drain_mutex"] == 0


def count_as_saved(self: Drain, kernel: Kernel) -> Steps:
    for cpu in range(1, kernel.nr_cpus):
        yield "test.send_call"
        kernel.send_call(cpu, self.drain_local_pages)
        yield "test.count_event"
        kernel.count_event("pcp_global_ipi_saved")


def test_a_drain_that_called_half_of_the_cpus_is_not_counted_as_saved_honestly() -> None:
    saving = program_of(count_as_saved, COUNTS={"test.count_event": "pcp_global_ipi_saved"})
    machine = Machine(Scope(4, 1, 1, 2, 1, (0,), leavers=(3,)), saving)
    machine.step("d0:call")
    seen = []
    while "d0:return" not in machine.enabled():
        machine.step(*(label for label in machine.enabled() if label.startswith("d0:")))
        seen.append((machine.observe()["called"], machine.violation_details().get("saved_is_honest")))
    sentence = "task 0 is about to count pcp_global_ipi_saved, but has called {} of 4 online CPUs"
    assert seen == [
        ((frozenset({1}),), None),
        ((frozenset({1}),), None),
        ((frozenset({1, 2}),), (sentence.format(2),)),
        ((frozenset({1, 2}),), None),
        ((frozenset({1, 2, 3}),), (sentence.format(3),)),
        ((frozenset({1, 2, 3}),), None),
    ]
    machine.step("d0:return")
    assert machine.observe()["called"] == (frozenset(),)
    assert machine.hardware.events["pcp_global_ipi_saved"] == 3


def test_half_is_half_of_those_online() -> None:
    saving = program_of(count_as_saved, COUNTS={"test.count_event": "pcp_global_ipi_saved"})
    machine = Machine(Scope(3, 1, 1, 2, 1, (0,), leavers=(2,)), saving)
    for label in ("d0:call", "d0:test.send_call"):
        machine.step(label)
    assert "saved_is_honest" not in machine.violations()
    machine.step("c2:offline")
    assert "saved_is_honest" in machine.violations()
    other = Machine(Scope(2, 1, 1, 2, 1, (0,)), program_of(count_as_saved, COUNTS={"test.count_event": "x"}))
    for label in ("d0:call", "d0:test.send_call"):
        other.step(label)
    assert "saved_is_honest" not in other.violations()
