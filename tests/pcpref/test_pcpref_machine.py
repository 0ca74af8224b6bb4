"""Whole machines: the ghosts, drains that are complete or not, and what the review said of the patch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcpdrain.pcpref.errors import NotEnabled, ProgramError
from pcpdrain.pcpref.machine import Machine
from pcpdrain.pcpref.program import Kernel, Program, Steps
from pcpdrain.pcpref.protocol import Implementation
from pcpdrain.pcpref.schedule import is_workload, random_run, run
from pcpdrain.pcpref.scope import Scope
from tests.pcpref.driving import answer, drive, explore, lose_to_another_caller
from tests.pcpref.programs import (
    ClearThenSet,
    ClearThenSetMutex,
    ClearThenSetSpinlock,
    ClearThenSetSpinlockIrqsave,
    GlobalIpi,
    LastZoneDecides,
    PerCallMask,
)

INCOMPLETE = {"drain_complete", "drain_complete_or_notified", "drain_instant"}
"""What is violated where a list keeps its pages for the whole call, whoever else writes the mask."""
SOLO = Scope(cpus=2, zones=2, pages=1, high=2, batch=1, drainers=(0,))
SOLO_ONE_ZONE = Scope(cpus=2, zones=1, pages=1, high=2, batch=1, drainers=(0,))
RACING = Scope(cpus=2, zones=1, pages=1, high=2, batch=1, drainers=(0, 1))
RACING_SAME_CPU = Scope(cpus=2, zones=1, pages=2, high=3, batch=1, drainers=(0, 0))


def test_the_posted_patch_leaves_a_page_that_is_not_in_the_last_zone() -> None:
    machine = Machine(SOLO, LastZoneDecides)
    machine.step("c1:free z0")
    machine.step("d0:call")
    assert machine.observe()["owes"] == (frozenset({(1, 0)}),)
    steps = drive(machine, "d0", "return")
    assert "d0:smp_call_function_many.send_call" not in steps
    assert machine.violations() == frozenset()
    machine.step("d0:return")
    assert machine.observe()["pcp"] == ((0, 0), (1, 0))
    owed = "CPU 1's pcp list of zone 0 had pages when task 0 called, and has not been empty since"
    assert machine.violation_details() == {
        "drain_complete": (
            "page pfn 0 of zone 0 is still on CPU 1's pcp list after task 0's call returned",
            owed,
        ),
        "drain_complete_or_notified": (owed,),
        "drain_instant": ("CPU 1 has had pages at every moment since task 0 called",),
        "last_writer_complete": ("task 0 was the last to write the mask, and returned while it owed a list",),
    }
    machine.step("c1:alloc z0")
    assert machine.violations() == {"last_writer_complete"}


def test_the_posted_patch_drains_the_last_zone() -> None:
    machine = Machine(SOLO, LastZoneDecides)
    machine.step("c1:free z1")
    machine.step("c0:free z0")
    machine.step("d0:call")
    assert drive(machine, "d0")[-1] == "d0:smp_call_function_many.send_call"
    assert answer(machine, 1, 0) == [
        "c1:take d0",
        "c1:drain_local_pages.drain_zone_pages",
        "c1:drain_local_pages.drain_zone_pages",
        "c1:ack",
    ]
    assert machine.observe()["buddy"] == (0, 1)
    drive(machine, "d0")
    assert machine.violation_details()["drain_complete"][0].startswith(
        "page pfn 0 of zone 0 is still on CPU 0's"
    )


@pytest.mark.parametrize(
    ("program", "scope", "violated"),
    [
        (LastZoneDecides, SOLO, INCOMPLETE | {"last_writer_complete"}),
        (LastZoneDecides, SOLO_ONE_ZONE, set()),
        (ClearThenSet, SOLO, {"drain_instant"}),
        (ClearThenSet, SOLO_ONE_ZONE, set()),
        (PerCallMask, SOLO_ONE_ZONE, set()),
        (GlobalIpi, SOLO_ONE_ZONE, {"no_useless_ipi"}),
        (ClearThenSetMutex, SOLO_ONE_ZONE, set()),
        (ClearThenSetSpinlockIrqsave, SOLO_ONE_ZONE, set()),
    ],
)
def test_all_states_of_one_drainer(program: type[Program], scope: Scope, violated: set[str]) -> None:
    machine = Machine(scope, program)
    found: set[str] = set()
    for _ in explore(machine):
        found |= machine.violations()
    assert found == violated


def test_without_a_lock_another_caller_clears_the_mask() -> None:
    machine = Machine(RACING, ClearThenSet)
    lose_to_another_caller(machine)
    assert machine.violations() == INCOMPLETE
    drive(machine, "d1")
    assert machine.observe()["owes"] == (frozenset(), frozenset())
    assert machine.violations() == frozenset()


@pytest.mark.parametrize("program", [ClearThenSetSpinlock, ClearThenSetMutex, PerCallMask])
@pytest.mark.parametrize("scope", [RACING, RACING_SAME_CPU, Scope(3, 2, 5, 3, 2, (0, 1, 1))])
@pytest.mark.parametrize("seed", range(4))
def test_racing_callers_are_complete_with_a_lock_or_a_mask_of_their_own(
    program: type[Program], scope: Scope, seed: int
) -> None:
    machine = Machine(scope, program)
    returns = 0
    for label in random_run(machine, seed, 1500, pause=0.8):
        returns += label.endswith(":return")
        assert machine.violations() <= {"drain_instant"}
    assert returns > 10


@pytest.mark.parametrize(("program", "scope"), [(LastZoneDecides, SOLO), (ClearThenSet, RACING)])
def test_what_is_incomplete_is_found_at_random(program: type[Program], scope: Scope) -> None:
    machine = Machine(scope, program)
    found: set[str] = set()
    for _ in random_run(machine, 1, 5000, pause=0.8):
        found |= machine.violations()
    assert "drain_complete" in found
    assert not found & {"page_conservation", "never_stuck"}


def test_irqs_off_while_spinning_is_a_deadlock() -> None:
    machine = Machine(RACING, ClearThenSetSpinlockIrqsave)
    machine.step("c1:free z0")
    machine.step("d0:call")
    drive(machine, "d0", "drain_all_pages.cpumask_clear")
    machine.step("d1:call")
    drive(machine, "d1")
    assert machine.violations() == frozenset()
    drive(machine, "d0")
    assert machine.violation_details() == {
        "never_stuck": (
            "task 0 is at smp_call_function_many.wait_call and nothing in the kernel can move",
            "task 1 is at locked.spin_lock and nothing in the kernel can move",
        )
    }
    assert all(is_workload(label) for label in machine.enabled())


def test_a_useless_call_is_one_to_a_cpu_without_pages_in_all_of_the_call() -> None:
    machine = Machine(SOLO_ONE_ZONE, GlobalIpi)
    machine.step("d0:call")
    drive(machine, "d0")
    assert machine.violation_details() == {
        "no_useless_ipi": ("task 0 called CPU 1, which had no page in the call",)
    }
    machine.step("c1:free z0")
    assert machine.violations() == frozenset()
    machine.step("c1:alloc z0")
    assert machine.violations() == frozenset()
    answer(machine, 1, 0)
    drive(machine, "d0")
    assert machine.observe()["had_pages"] == (frozenset(),)


def test_a_request_left_behind_by_a_call_that_returned_is_no_useless_ipi() -> None:
    class SendAndForget(GlobalIpi):
        def drain_all_pages(self, kernel: Kernel) -> Steps:
            yield "drain_all_pages.send_call"
            kernel.send_call(1, self.drain_local_pages)

    machine = Machine(SOLO_ONE_ZONE, SendAndForget)
    machine.step("d0:call")
    machine.step("d0:drain_all_pages.send_call")
    assert machine.violations() == {"no_useless_ipi"}
    machine.step("d0:return")
    assert machine.violations() == frozenset()
    machine.step("d0:call")
    assert machine.violations() == {"no_useless_ipi"}


def test_a_call_owes_the_lists_it_found_until_they_are_empty_once() -> None:
    machine = Machine(Scope(2, 2, 3, 3, 3, (0, 1)), ClearThenSet)
    for label in ("c0:free z0", "c1:free z0", "c1:free z1", "d0:call"):
        machine.step(label)
    first = frozenset({(0, 0), (1, 0), (1, 1)})
    assert machine.observe()["owes"] == (first, frozenset())
    assert machine.observe()["had_pages"] == (frozenset({0, 1}), frozenset())
    machine.step("c1:alloc z1")
    machine.step("c1:free z1")
    machine.step("c0:free z1")
    assert machine.observe()["owes"] == (first - {(1, 1)}, frozenset())
    machine.step("d1:call")
    assert machine.observe()["owes"] == (first - {(1, 1)}, frozenset({(0, 0), (0, 1), (1, 0), (1, 1)}))
    machine.step("c0:alloc z0")
    assert machine.observe()["owes"] == (frozenset({(1, 0)}), frozenset({(0, 1), (1, 0), (1, 1)}))


def test_a_flush_at_high_empties_a_list_as_well() -> None:
    machine = Machine(Scope(2, 1, 3, 2, 2, (0,)), ClearThenSet)
    machine.step("c1:free z0")
    machine.step("d0:call")
    machine.step("c1:free z0")
    assert machine.observe()["owes"] == (frozenset(),)
    assert machine.observe()["had_pages"] == (frozenset({1}),)


def test_pages_are_watched_one_by_one() -> None:
    machine = Machine(Scope(2, 1, 2, 5, 1, (0,)), LastZoneDecides)
    for label in ("c1:free z0", "c1:free z0", "d0:call", "c1:alloc z0"):
        machine.step(label)
    machine.hardware.pcp[1][0].count = 0
    drive(machine, "d0")
    details = machine.violation_details()
    assert details["drain_complete"][0] == (
        "page pfn 0 of zone 0 is still on CPU 1's pcp list after task 0's call returned"
    )
    assert len(details["drain_complete"]) == 2
    assert details["page_conservation"] == ("CPU 1's pcp list of zone 0 has 1 pages, but its count is 0",)


def test_a_page_that_comes_back_to_its_list_has_left_it() -> None:
    machine = Machine(Scope(2, 1, 2, 5, 1, (0,)), LastZoneDecides)
    for label in ("c1:free z0", "c1:free z0", "d0:call", "c1:alloc z0", "c1:free z0"):
        machine.step(label)
    assert [page.pfn for page, _ in machine._monitor.ghosts.pages_owed[0]] == [0]


@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.5, 0.9]))
def test_conservation_and_counts_hold_on_random_runs(seed: int, pause: float) -> None:
    scope = Scope(cpus=3, zones=2, pages=5, high=3, batch=2, drainers=(0, 1, 1))
    machine = Machine(scope, ClearThenSet)
    for _ in random_run(machine, seed, 60, pause):
        assert "page_conservation" not in machine.violations()
        state = machine.observe()
        pcp, buddy, in_use = state["pcp"], state["buddy"], state["in_use"]
        for zone in range(2):
            on_lists = sum(lists[zone] for lists in pcp)  # type: ignore[attr-defined]
            assert on_lists + buddy[zone] + in_use[zone] == 5  # type: ignore[index]


def test_a_random_run_can_be_run_again() -> None:
    machine: Implementation = Machine(RACING, ClearThenSetSpinlock)
    labels = list(random_run(machine, 7, 300))
    last = machine.observe()
    assert len(labels) == 300
    assert run(machine, labels) == last
    assert list(random_run(machine, 7, 300)) == labels
    assert list(random_run(machine, 8, 300)) != labels
    with pytest.raises(NotEnabled):
        run(machine, [*labels, "d9:call"])


def test_a_run_ends_where_nothing_can_move() -> None:
    class Leaving(Program):
        name = "leaving"

        def drain_all_pages(self, kernel: Kernel) -> Steps:
            yield "leaving.cpu_offline"
            kernel.cpu_online_mask.clear()

    machine = Machine(Scope(1, 1, 1, 1, 1, (0,)), Leaving)
    labels = list(random_run(machine, 1, 10_000))
    assert labels[-1] == "d0:leaving.cpu_offline"
    assert machine.violations() == {"never_stuck"}


def test_reset_boots_anew() -> None:
    machine = Machine(RACING, ClearThenSetSpinlock)
    first, enabled = machine.observe(), machine.enabled()
    for _ in random_run(machine, 3, 200):
        pass
    machine.reset()
    assert (machine.observe(), machine.enabled()) == (first, enabled)


def test_contexts_are_entered_and_left_in_order() -> None:
    context = Machine(RACING, GlobalIpi).hardware.tasks[0].context

    def one_step(name: str) -> Steps:
        yield name

    with pytest.raises(ProgramError):
        context.advance("d0:only.step")
    with pytest.raises(ProgramError):
        context.leave()
    context.start(one_step("only.step"))
    with pytest.raises(ProgramError, match=r"at only\.step cannot enter another"):
        context.start(one_step("other.step"))
