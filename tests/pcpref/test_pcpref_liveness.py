"""Lassos: which endless runs show that a call need not return, and which are not fair to the kernel."""

from __future__ import annotations

import pytest

from pcpdrain.pcpref.liveness import fair_action, judge
from pcpdrain.pcpref.machine import Machine
from pcpdrain.pcpref.program import Allocation, Kernel, Steps
from pcpdrain.pcpref.scope import Scope
from tests.pcpref.driving import drive
from tests.pcpref.programs import (
    ClearThenSetSpinlock,
    ClearThenSetSpinlockIrqsave,
    Drain,
    GlobalIpi,
    program_of,
)

ONCE = Scope(cpus=2, zones=1, pages=1, high=2, batch=1, drainers=(0,), calls=1)
RACING_ONCE = Scope(cpus=2, zones=1, pages=1, high=2, batch=1, drainers=(0, 1), calls=1)


def until_seen_empty(self: Drain, kernel: Kernel) -> Steps:
    """Looks at the list of CPU 1 again and again until it is empty, and leaves it to others to drain it."""
    while True:
        yield "test.pcp_count"
        if kernel.pcp_count(1, 0) == 0:
            break
        yield "test.cpu_relax"
        kernel.cpu_relax()


LOOKS = program_of(until_seen_empty)
LOOK, RELAX = "d0:test.pcp_count", "d0:test.cpu_relax"
STEM = ["c1:free z0", "d0:call"]


def test_a_fair_loop_in_which_a_call_goes_on_for_ever_is_a_violation() -> None:
    lasso = judge(Machine(ONCE, LOOKS), STEM, [LOOK, RELAX])
    assert lasso.violated
    assert lasso.difference == ""
    assert lasso.waiting == (0,)
    assert lasso.details() == ("task 0's call never returns",)
    assert len(lasso.states) == 5
    assert [state["at"] for state in lasso.states] == [
        ("idle",),
        ("idle",),
        ("test.pcp_count",),
        ("test.cpu_relax",),
        ("test.pcp_count",),
    ]


def test_the_workload_can_keep_a_call_going() -> None:
    loop = [LOOK, "c1:alloc z0", "c1:free z0", RELAX]
    assert judge(Machine(ONCE, LOOKS), STEM, loop).violated


@pytest.mark.parametrize(
    ("stem", "loop", "reason"),
    [
        (STEM, [LOOK], "the loop does not come back to its first state: at differ"),
        (STEM, [], f"{LOOK} is possible all the time and never done, which is not fair"),
        (STEM, ["c1:alloc z0", "c1:free z0"], f"{LOOK} is possible all the time and never done"),
        (["c1:free z0"], ["c1:alloc z0", "c1:free z0"], "no task is in its call all the time"),
        (STEM, [RELAX], f"step 3, {RELAX}, is not possible; possible are c1:alloc z0, {LOOK}"),
    ],
)
def test_other_runs_are_no_violation(stem: list[str], loop: list[str], reason: str) -> None:
    lasso = judge(Machine(ONCE, LOOKS), stem, loop)
    assert reason in lasso.difference
    assert not lasso.violated
    assert lasso.details() == ()


def test_a_loop_through_the_return_is_no_violation() -> None:
    machine = Machine(Scope(2, 1, 1, 2, 1, (0,)), LOOKS)
    lasso = judge(machine, [], ["d0:call", LOOK, "d0:return"])
    assert lasso.difference == "no task is in its call all the time"
    assert lasso.waiting == ()


def test_a_deadlock_is_a_run_that_stutters_for_ever() -> None:
    machine = Machine(RACING_ONCE, ClearThenSetSpinlockIrqsave)
    stem = ["c1:free z0", "d0:call"]
    for label in stem:
        machine.step(label)
    stem += drive(machine, "d0", "drain_all_pages.cpumask_clear")
    machine.step("d1:call")
    stem += ["d1:call", *drive(machine, "d1"), *drive(machine, "d0")]
    lasso = judge(machine, stem, [])
    assert lasso.details() == ("task 0's call never returns", "task 1's call never returns")


@pytest.mark.parametrize("loop", [[], ["c0:free z0", "c0:alloc z0"]])
def test_a_request_that_is_never_taken_is_not_fair(loop: list[str]) -> None:
    machine = Machine(ONCE, GlobalIpi)
    machine.step("d0:call")
    stem = ["d0:call", *drive(machine, "d0")]
    lasso = judge(machine, stem, loop)
    assert lasso.difference == "c1:take d0 is possible all the time and never done, which is not fair"


def test_a_caller_that_waits_for_a_cpu_that_nobody_takes_online_waits_for_ever() -> None:
    def routine(self: Drain, kernel: Kernel) -> Steps:
        yield from self.smp_call_function_many(kernel, kernel.cpu_online_mask)

    machine = Machine(Scope(2, 1, 1, 2, 1, (0,), leavers=(1,), calls=1), program_of(routine))
    stem = ["d0:call", "d0:smp_call_function_many.cpumask_copy", "c1:offline"]
    lasso = judge(machine, [*stem, "d0:smp_call_function_many.send_call"], [])
    assert lasso.violated
    back = [*stem, "d0:smp_call_function_many.send_call", "c1:dead z0", "c1:online"]
    assert "c1:take d0 is possible all the time" in judge(machine, back, []).difference


def test_the_outcomes_of_an_allocation_are_one_action() -> None:
    def retry(self: Drain, kernel: Kernel) -> Steps:
        while True:
            outcome = yield Allocation("test.alloc_cpumask_var")
            if outcome is not None:
                break

    machine = Machine(Scope(2, 1, 1, 2, 1, (0,), calls=1, alloc_fails=True), program_of(retry))
    assert judge(machine, ["d0:call"], ["d0:test.alloc_cpumask_var fails"]).violated
    assert judge(machine, ["d0:call"], []).difference.startswith("d0:test.alloc_cpumask_var is possible")


def test_ghosts_need_not_come_back() -> None:
    machine = Machine(ONCE, LOOKS)
    stem = ["c1:free z0", "d0:call", "c1:alloc z0", "c1:free z0"]
    lasso = judge(machine, stem[:2], [LOOK, "c1:alloc z0", "c1:free z0", RELAX])
    assert lasso.states[2]["owes"] != lasso.states[-1]["owes"]
    assert lasso.violated


def test_a_program_that_goes_wrong_is_told() -> None:
    def unbalanced(self: Drain, kernel: Kernel) -> Steps:
        yield "test.preempt_enable"
        kernel.preempt_enable()

    lasso = judge(Machine(ONCE, program_of(unbalanced)), ["d0:call", "d0:test.preempt_enable"], [])
    assert lasso.difference.startswith("step 2, d0:test.preempt_enable: task 0 on CPU 0 enables preemption")
    assert len(lasso.states) == 2


def test_who_waits_for_a_lock_may_starve_as_its_step_is_not_possible_all_the_time() -> None:
    machine = Machine(Scope(2, 1, 1, 2, 1, (0, 1)), ClearThenSetSpinlock)
    stem = ["d1:call", "d1:locked.preempt_disable"]
    assert judge(machine, stem, []).difference.startswith("d1:locked.spin_lock is possible all the time")
    lasso = judge(machine, stem, ["d0:call", *drive_again(machine, stem)])
    assert lasso.waiting == (1,)
    assert lasso.violated


def drive_again(machine: Machine, stem: list[str]) -> list[str]:
    """The steps of a whole call of task 0 after this stem."""
    machine.reset()
    for label in [*stem, "d0:call"]:
        machine.step(label)
    return drive(machine, "d0")


@pytest.mark.parametrize(
    ("label", "action"),
    [
        ("d0:call", None),
        ("d1:signal", None),
        ("d0:return", "d0:return"),
        ("d0:f.pcp_count", "d0:f.pcp_count"),
        ("d0:f.alloc_cpumask_var {0,1}", "d0:f.alloc_cpumask_var"),
        ("d0:f.alloc_cpumask_var {}", "d0:f.alloc_cpumask_var"),
        ("d0:f.alloc_cpumask_var fails", "d0:f.alloc_cpumask_var"),
        ("c1:take d0", "c1:take d0"),
        ("c1:ack", "c1:ack"),
        ("c1:drain_local_pages.drain_zone_pages", "c1:drain_local_pages.drain_zone_pages"),
        ("c1:count z0", "c1:count z0"),
        ("c1:free z0", None),
        ("c1:link z0", None),
        ("c1:alloc z0", None),
        ("c1:offline", None),
        ("c1:dead z1", None),
        ("c1:online", None),
        ("boot:m={0};n={}", None),
    ],
)
def test_what_the_kernel_is_fair_to(label: str, action: str | None) -> None:
    assert fair_action(label) == action
