"""The ghosts: who has had pages throughout, and who has written the masks last."""

from __future__ import annotations

from pcpdrain.pcpref.machine import Machine
from pcpdrain.pcpref.program import Kernel, Steps
from pcpdrain.pcpref.scope import Scope
from tests.pcpref.driving import answer, drive, lose_to_another_caller
from tests.pcpref.programs import ClearThenSet, Drain, GlobalIpi, PerCallMask, program_of

RACING = Scope(cpus=2, zones=2, pages=3, high=4, batch=1, drainers=(0, 1))


def test_a_cpu_is_empty_when_all_its_lists_are_at_once() -> None:
    machine = Machine(RACING, ClearThenSet)
    for label in ("c1:free z0", "c0:free z0", "d0:call"):
        machine.step(label)
    assert machine.observe()["never_empty"] == (frozenset({0, 1}), frozenset())
    for label in ("c1:free z1", "c1:alloc z0"):
        machine.step(label)
    assert machine.observe()["owes"] == (frozenset({(0, 0)}), frozenset())
    assert machine.observe()["never_empty"] == (frozenset({0, 1}), frozenset())
    machine.step("c1:alloc z1")
    assert machine.observe()["never_empty"] == (frozenset({0}), frozenset())
    machine.step("c1:free z1")
    assert machine.observe()["never_empty"] == (frozenset({0}), frozenset())


def test_a_cpu_that_goes_offline_is_off_the_record() -> None:
    machine = Machine(Scope(2, 1, 1, 2, 1, (0,), leavers=(1,)), ClearThenSet)
    for label in ("c1:free z0", "d0:call", "c1:offline"):
        machine.step(label)
    assert machine.observe()["never_empty"] == (frozenset(),)


def between_zones(self: Drain, kernel: Kernel) -> Steps:
    for zone in kernel.populated_zones:
        yield "test.local_irq_disable"
        kernel.local_irq_disable()
        yield "test.drain_zone_pages"
        kernel.drain_zone_pages(kernel.smp_processor_id(), zone)
        yield "test.local_irq_enable"
        kernel.local_irq_enable()


def test_each_list_may_be_empty_once_and_the_cpu_never() -> None:
    machine = Machine(Scope(1, 2, 1, 2, 1, (0,)), program_of(between_zones))
    machine.step("c0:free z1")
    machine.step("d0:call")
    for _ in range(3):
        machine.step(*(label for label in machine.enabled() if label.startswith("d0")))
    machine.step("c0:free z0")
    drive(machine, "d0")
    assert machine.violation_details() == {
        "drain_instant": ("CPU 0 has had pages at every moment since task 0 called",)
    }
    machine.step("c0:alloc z0")
    assert machine.violations() == set()


def test_calling_everybody_gives_each_cpu_an_empty_moment() -> None:
    machine = Machine(RACING, GlobalIpi)
    for label in ("c1:free z0", "c1:free z1", "d0:call"):
        machine.step(label)
    drive(machine, "d0")
    answer(machine, 1, 0)
    machine.step("c1:free z0")
    drive(machine, "d0")
    assert machine.violations() == set()


def test_the_last_writer_is_who_stored_last_to_a_static_mask() -> None:
    machine = Machine(RACING, ClearThenSet)
    for label in ("c1:free z0", "d0:call", "d1:call"):
        machine.step(label)
        assert machine.observe()["last_writer"] == -1
    machine.step("d1:drain_all_pages.cpumask_clear")
    assert machine.observe()["last_writer"] == 1
    machine.step("d0:drain_all_pages.cpumask_clear")
    assert machine.observe()["last_writer"] == 0
    machine.step("d1:drain_all_pages.for_each_online_cpu")
    drive(machine, "d1", "drain_all_pages.cpumask_set_cpu")
    assert machine.observe()["last_writer"] == 0
    machine.step("d1:drain_all_pages.cpumask_set_cpu")
    assert machine.observe()["last_writer"] == 1
    drive(machine, "d1")
    assert machine.observe()["last_writer"] == 1


def test_local_masks_and_handlers_leave_the_last_writer() -> None:
    class SelfClearing(ClearThenSet):
        def drain_local_pages(self, kernel: Kernel) -> Steps:
            yield "drain_local_pages.cpumask_clear_cpu"
            self.cpus_with_pcps.clear_cpu(kernel.smp_processor_id())

    machine = Machine(RACING, SelfClearing)
    machine.step("c1:free z0")
    machine.step("d0:call")
    drive(machine, "d0")
    machine.step("d1:call")
    machine.step("d1:drain_all_pages.cpumask_clear")
    answer(machine, 1, 0)
    assert machine.observe()["last_writer"] == 1
    local = Machine(RACING, PerCallMask)
    local.step("c0:free z0")
    local.step("d0:call")
    drive(local, "d0")
    assert local.observe()["last_writer"] == -1


def test_who_is_called_is_on_record_until_the_return() -> None:
    machine = Machine(RACING, GlobalIpi)
    machine.step("d0:call")
    drive(machine, "d0")
    assert machine.observe()["called"] == (frozenset({1}), frozenset())
    answer(machine, 1, 0)
    drive(machine, "d0", "return")
    assert machine.observe()["called"] == (frozenset({1}), frozenset())
    machine.step("d0:return")
    assert machine.observe()["called"] == (frozenset(), frozenset())


def test_the_last_writer_must_be_complete_and_others_need_not() -> None:
    machine = Machine(RACING, ClearThenSet)
    lose_to_another_caller(machine)
    assert "drain_complete" in machine.violations()
    assert machine.observe()["missed"] == (True, False)
    drive(machine, "d1")
    drive(machine, "d1")
    assert machine.observe()["at"] == ("idle", "idle")
    assert machine.observe()["last_writer"] == 1
    assert machine.violations() == set()


def test_who_is_the_last_writer_is_settled_when_all_have_returned() -> None:
    machine = Machine(RACING, ClearThenSet)
    machine.step("c0:free z0")
    machine.step("d0:call")
    drive(machine, "d0", "drain_all_pages.cpumask_set_cpu")
    machine.step("d1:call")
    machine.step("d0:drain_all_pages.cpumask_set_cpu")
    machine.step("d1:drain_all_pages.cpumask_clear")
    machine.step("c1:free z0")
    drive(machine, "d0", "drain_all_pages.cpumask_set_cpu")
    machine.step("d0:drain_all_pages.cpumask_set_cpu")
    drive(machine, "d0")
    answer(machine, 1, 0)
    drive(machine, "d0")
    assert (machine.observe()["last_writer"], machine.observe()["missed"]) == (0, (True, False))
    assert "last_writer_complete" not in machine.violations()  # d1 may still write
    machine.step("c0:alloc z0")
    drive(machine, "d1")
    assert machine.observe()["owes"] == (frozenset(), frozenset())
    assert machine.violation_details() == {
        "last_writer_complete": ("task 0 was the last to write the mask, and returned while it owed a list",)
    }
    machine.step("d0:call")
    assert (machine.observe()["last_writer"], machine.observe()["missed"]) == (-1, (False, False))
