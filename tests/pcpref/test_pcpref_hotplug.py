"""Hotplug: when CPUs may leave, what the notifier does, and what calls see of it."""

from __future__ import annotations

import pytest

from pcpdrain.pcpref.errors import ContextError, NotEnabled
from pcpdrain.pcpref.hotplug import Hotplug
from pcpdrain.pcpref.machine import Machine
from pcpdrain.pcpref.program import Kernel, Steps
from pcpdrain.pcpref.schedule import random_run
from pcpdrain.pcpref.scope import Scope
from tests.pcpref.driving import answer, drive, explore
from tests.pcpref.programs import ClearThenSet, Drain, GlobalIpi, PerCallMask, program_of

HOTPLUG = Scope(cpus=2, zones=2, pages=1, high=2, batch=1, drainers=(0,), leavers=(1,))
TWO_LEAVERS = Scope(cpus=3, zones=2, pages=2, high=3, batch=1, drainers=(0,), leavers=(1, 2))


def hotplug_of(machine: Machine) -> set[str]:
    events = ("offline", "online", "dead")
    return {label for label in machine.enabled() if label.partition(":")[2].startswith(events)}


def test_a_cpu_leaves_is_drained_zone_by_zone_and_comes_back() -> None:
    machine = Machine(HOTPLUG, PerCallMask)
    for label in ("c1:free z0", "c1:free z1"):
        machine.step(label)
    seen = []
    for label in ("c1:offline", "c1:dead z0", "c1:dead z1", "c1:online"):
        assert hotplug_of(machine) == {label}
        machine.step(label)
        state = machine.observe()
        seen.append((state["online"], state["dead_zone"], state["pcp"], state["buddy"]))
    both, left = frozenset({0, 1}), frozenset({0})
    assert seen == [
        (left, (-1, 0), ((0, 0), (1, 1)), (0, 0)),
        (left, (-1, 1), ((0, 0), (0, 1)), (1, 0)),
        (left, (-1, -1), ((0, 0), (0, 0)), (1, 1)),
        (both, (-1, -1), ((0, 0), (0, 0)), (1, 1)),
    ]
    assert hotplug_of(machine) == {"c1:offline"}


def test_only_leavers_leave() -> None:
    assert hotplug_of(Machine(TWO_LEAVERS, PerCallMask)) == {"c1:offline", "c2:offline"}
    assert not any(hotplug_of(machine) for machine in [Machine(Scope(2, 1, 1, 2, 1, (0,)), PerCallMask)])


def test_one_goes_or_comes_at_a_time() -> None:
    machine = Machine(TWO_LEAVERS, PerCallMask)
    for label in ("c1:offline", "c1:dead z0", "c1:dead z1"):
        machine.step(label)
    assert hotplug_of(machine) == {"c1:online", "c2:offline"}
    machine.step("c2:offline")
    assert hotplug_of(machine) == {"c2:dead z0"}
    machine.step("c2:dead z0")
    machine.step("c2:dead z1")
    assert hotplug_of(machine) == {"c1:online", "c2:online"}


def test_stop_machine_needs_preemption_and_irqs_on_everywhere() -> None:
    machine = Machine(HOTPLUG, GlobalIpi)
    machine.step("d0:call")
    held_up = []
    while machine.observe()["at"] != ("idle",):
        if not hotplug_of(machine):
            held_up.append(machine.observe()["at"])
        if "c1:take d0" in machine.enabled():
            answer(machine, 1, 0)
        machine.step(next(label for label in machine.enabled() if label.startswith("d0:")))
    # From after preempt_disable() to preempt_enable().
    assert held_up[0] == ("smp_call_function_many.cpumask_copy",)
    assert held_up[-1] == ("on_each_cpu_mask.preempt_enable",)
    assert ("on_each_cpu_mask.local_irq_enable",) in held_up
    assert hotplug_of(machine) == {"c1:offline"}


def test_the_notifier_needs_a_cpu_where_preemption_is_on_and_who_arrives_needs_none() -> None:
    machine = Machine(HOTPLUG, GlobalIpi)
    machine.step("c1:offline")
    machine.step("d0:call")
    assert hotplug_of(machine) == {"c1:dead z0"}
    machine.step(_first(machine))
    assert machine.observe()["preempt_count"] == (1,)
    assert not hotplug_of(machine)
    with pytest.raises(ContextError, match="no CPU is left that could run the notifier for CPU 1 now"):
        machine._hotplug.notify_dead(machine.hardware.cpus[1], 0)
    drive(machine, "d0")
    for label in ("c1:dead z0", "c1:dead z1", "d0:call"):
        machine.step(label)
    machine.step(_first(machine))
    assert hotplug_of(machine) == {"c1:online"}


def test_the_notifier_may_run_on_any_cpu_that_is_left() -> None:
    machine = Machine(TWO_LEAVERS, GlobalIpi)
    for label in ("c1:offline", "d0:call"):
        machine.step(label)
    machine.step(_first(machine))
    assert hotplug_of(machine) == {"c1:dead z0"}
    machine.hardware.cpus[2].irqs_off_by = -1
    machine._enabled = None
    assert not hotplug_of(machine)


def _first(machine: Machine) -> str:
    """The task's next step."""
    return next(label for label in machine.enabled() if label.startswith("d0:"))


def test_irqs_off_alone_hold_up_the_stopper() -> None:
    def routine(self: Drain, kernel: Kernel) -> Steps:
        yield "test.local_irq_disable"
        kernel.local_irq_disable()
        yield "test.local_irq_enable"
        kernel.local_irq_enable()

    machine = Machine(HOTPLUG, program_of(routine))
    machine.step("d0:call")
    machine.step("d0:test.local_irq_disable")
    assert not hotplug_of(machine)
    machine.step("d0:test.local_irq_enable")
    assert hotplug_of(machine) == {"c1:offline"}


def send_only(self: Drain, kernel: Kernel) -> Steps:
    yield "test.send_call"
    kernel.send_call(1, self.drain_local_pages)


def test_nobody_leaves_with_calls_in_the_queue_or_while_a_handler_runs() -> None:
    machine = Machine(TWO_LEAVERS, program_of(send_only))
    machine.step("d0:call")
    machine.step("d0:test.send_call")
    assert hotplug_of(machine) == {"c2:offline"}
    machine.step("c1:take d0")
    assert not hotplug_of(machine)
    drive(machine, "c1")
    assert hotplug_of(machine) == {"c1:offline", "c2:offline"}


def test_a_free_between_link_and_count_holds_up_the_stopper() -> None:
    scope = Scope(2, 1, 1, 2, 1, (0,), leavers=(1,), count_window=True)
    machine = Machine(scope, PerCallMask)
    machine.step("c0:link z0")
    assert not hotplug_of(machine)
    machine.step("c0:count z0")
    assert hotplug_of(machine) == {"c1:offline"}


def test_a_cpu_that_is_gone_does_nothing_and_comes_back_whatever_others_do() -> None:
    machine = Machine(HOTPLUG, GlobalIpi)
    for label in ("c1:free z0", "c1:offline", "c1:dead z0", "c1:dead z1", "d0:call"):
        machine.step(label)
    assert not {label for label in machine.enabled() if label.startswith(("c1:free", "c1:alloc"))}
    drive(machine, "d0", "on_each_cpu_mask.cpumask_test_cpu")
    assert machine.observe()["preempt_count"] == (1,)
    assert hotplug_of(machine) == {"c1:online"}
    machine.step("c1:online")
    assert "c1:free z1" in machine.enabled()


def test_a_drain_passes_by_a_cpu_that_has_left_with_its_lists_full() -> None:
    """The window between leaving the online mask and the notifier (W1)."""
    machine = Machine(HOTPLUG, ClearThenSet)
    for label in ("c1:free z1", "d0:call", "c1:offline"):
        machine.step(label)
    drive(machine, "d0")
    assert machine.observe()["at"] == ("idle",)
    assert machine.observe()["pcp"] == ((0, 0), (0, 1))
    assert machine.observe()["owes"] == (frozenset(),)
    assert machine.observe()["notified"] == (frozenset({(1, 1)}),)
    assert machine.violations() == set()
    machine.step("c1:dead z0")
    assert machine.violations() == set()
    machine.step("c1:dead z1")
    assert machine.observe()["notified"] == (frozenset(),)


def test_what_the_notifier_misses_is_seen() -> None:
    machine = Machine(HOTPLUG, ClearThenSet)
    for label in ("c1:free z0", "c1:free z1", "d0:call", "c1:offline"):
        machine.step(label)
    drive(machine, "d0")
    machine.hardware.cpus[1].dead_zone = 1
    sentence = (
        "CPU 1's pcp list of zone 0 had pages when task 0 called, its CPU went offline, "
        "it has not been empty since, and no notifier will come to it"
    )
    assert machine.violation_details() == {"drain_complete_or_notified": (sentence,)}
    machine.hardware.cpus[1].dead_zone = -1
    assert len(machine.violation_details()["drain_complete_or_notified"]) == 2


def test_a_call_owes_nothing_of_a_cpu_that_has_left_before() -> None:
    machine = Machine(HOTPLUG, ClearThenSet)
    for label in ("c1:free z0", "c1:offline", "d0:call"):
        machine.step(label)
    state = machine.observe()
    assert (state["owes"], state["notified"], state["never_empty"]) == ((frozenset(),),) * 3
    assert state["had_pages"] == (frozenset({1}),)


def test_a_new_call_forgets_what_the_notifier_owes_the_last_one() -> None:
    machine = Machine(HOTPLUG, ClearThenSet)
    for label in ("c1:free z0", "d0:call", "c1:offline"):
        machine.step(label)
    drive(machine, "d0")
    machine.step("d0:call")
    assert machine.observe()["notified"] == (frozenset(),)


def test_a_request_to_a_cpu_that_is_gone_waits_until_it_is_back() -> None:
    machine = Machine(HOTPLUG, program_of(send_only))
    for label in ("c1:offline", "d0:call", "d0:test.send_call"):
        machine.step(label)
    assert machine.violation_details()["no_ipi_to_offline"] == ("task 0 has called CPU 1, which is offline",)
    assert "c1:take d0" not in machine.enabled()
    for label in ("c1:dead z0", "c1:dead z1", "c1:online"):
        machine.step(label)
    assert "no_ipi_to_offline" not in machine.violations()
    answer(machine, 1, 0)
    assert machine.observe()["awaiting"] == (frozenset(),)


def test_the_hotplug_lock_refuses_what_is_not_enabled() -> None:
    machine = Machine(HOTPLUG, PerCallMask)
    for label in ("c1:online", "c1:dead z0", "c0:offline"):
        with pytest.raises(NotEnabled):
            machine.step(label)
    hotplug, cpu = Hotplug(machine.hardware), machine.hardware.cpus[1]
    with pytest.raises(ContextError, match="cannot come online now"):
        hotplug.online(cpu)
    with pytest.raises(ContextError, match="the notifier for CPU 1 is not at zone 0"):
        hotplug.notify_dead(cpu, 0)
    hotplug.offline(cpu)
    with pytest.raises(ContextError, match="cannot go offline now"):
        hotplug.offline(cpu)


def test_a_drain_is_complete_or_notified_in_all_states() -> None:
    machine = Machine(Scope(2, 1, 1, 2, 1, (0,), leavers=(1,)), PerCallMask)
    gone = 0
    for _ in explore(machine):
        assert machine.violations() == set()
        gone += machine.observe()["online"] == {0}
    assert gone > 10


@pytest.mark.parametrize("seed", range(3))
def test_a_drain_is_complete_or_notified_on_random_runs(seed: int) -> None:
    machine = Machine(TWO_LEAVERS, ClearThenSet)
    labels = set()
    for label in random_run(machine, seed, 1500, pause=0.7):
        labels.add(label)
        assert machine.violations() <= {"drain_instant"}
    assert {"c1:offline", "c2:dead z1", "c1:online", "d0:return"} <= labels
