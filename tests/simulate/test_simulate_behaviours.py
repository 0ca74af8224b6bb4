"""What is timed is what is checked: simulated runs are runs of the machine and of the specification."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcpdrain.codegen.scopes import Scope
from pcpdrain.pcpref.machine import Machine
from pcpdrain.tools.replay import machine_of
from pcpdrain.tools.simulate.memory import scope_of
from pcpdrain.tools.simulate.parameters import Costs
from pcpdrain.tools.simulate.workload import Pressure
from pcpdrain.tools.tracing.record import watch
from pcpdrain.tools.tracing.validate import validate
from tests.simulate.simulating import COSTS, PARAMETERS, SMALL, VARIANTS, compiled, follow, run

STUCK = "clear_then_set_spinlock_irqsave"


def counts(pressure: Pressure) -> dict[str, object]:
    """The part of the state that is on the hardware, read there."""
    hardware = pressure.machine.hardware
    return {
        "pcp": tuple(tuple(pcp.count for pcp in lists) for lists in hardware.pcp),
        "buddy": tuple(zone.buddy.nr_free for zone in hardware.zones),
        "in_use": tuple(zone.in_use for zone in hardware.zones),
        "preempt_count": tuple(task.preempt_count for task in hardware.tasks),
        "call_queue": tuple(cpu.call_queue.senders() for cpu in hardware.cpus),
        "awaiting": tuple(task.awaiting() for task in hardware.tasks),
    }


def _made(machine: Machine, labels: list[str]) -> Iterator[str]:
    """Each label after its step, as `watch` wants them."""
    for label in labels:
        machine.step(label)
        yield label


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_reference_machine_can_make_every_step_of_a_simulated_run(variant: str) -> None:
    for seed, tasks in ((1, 1), (2, 2)):
        workload = replace(SMALL, tasks_per_cpu=tasks)
        pressure, labels = run(variant, workload, seed=seed)
        machine = follow(variant, workload, 3, labels)
        state = machine.observe()
        assert {name: state[name] for name in counts(pressure)} == counts(pressure)
        assert pressure.machine.metrics.returned_calls >= (0 if variant == STUCK else 8)
        assert "page_conservation" not in machine.violations()


@pytest.mark.parametrize(
    "variant",
    ["last_zone_decides", "clear_then_set_mutex_interruptible", "on_each_cpu_cond", "self_clearing_mask"],
)
def test_the_specification_accepts_a_simulated_run(variant: str) -> None:
    workload = replace(SMALL, most_drains=4)
    _, labels = run(variant, workload, cpus=2, seed=3)
    bounds = scope_of(workload, 2)
    scope = Scope("simulated", **{field.name: getattr(bounds, field.name) for field in fields(bounds)})
    machine = machine_of(compiled(variant), scope)
    trace = watch(compiled(variant), scope, machine, _made(machine, labels))
    assert len(trace.events) == len(labels) + 1
    assert validate([trace]) == [None]


@settings(max_examples=10)
@given(
    st.fixed_dictionaries({field.name: st.floats(0.01, 30) for field in fields(Costs)}),
    st.sampled_from([variant for variant in VARIANTS if variant != STUCK]),
    st.integers(0, 1000),
)
def test_costs_decide_when_a_step_happens_and_never_whether_it_may(
    factors: dict[str, float], variant: str, seed: int
) -> None:
    changed = {name: getattr(COSTS, name) * factor for name, factor in factors.items()}
    changed["cpus_per_socket"] = max(1, int(changed["cpus_per_socket"] / 16))
    workload = replace(SMALL, tasks_per_cpu=2, most_drains=3)
    _, labels = run(variant, workload, Costs(**changed), cpus=2, seed=seed)
    follow(variant, workload, 2, labels)


def test_blocks_of_order_one_go_past_the_lists_and_disturb_nothing_else() -> None:
    workload = replace(SMALL, order_share=0.6, pages=64, most_drains=20)
    pressure, _ = run("per_cpu_summary", workload, seed=4)
    assert any(drain.served for drain in pressure.machine.metrics.drains)
    hardware = pressure.machine.hardware
    blocks = sum(1 << order for _, _, order in pressure.memory.blocks)
    in_lists = sum(pcp.count for lists in hardware.pcp for pcp in lists)
    everywhere = sum(zone.in_use + zone.buddy.nr_free for zone in hardware.zones) + in_lists + blocks
    assert everywhere == workload.zones * workload.pages
    assert [problem for zone in hardware.zones for problem in zone.buddy.problems()] == []


def test_the_irq_safe_lock_is_told_as_stuck_and_not_as_finished() -> None:
    pressure, labels = run(STUCK, replace(PARAMETERS.workload_values("hackbench"), longest=20.0), cpus=4)
    assert pressure.status == "stuck"
    assert pressure.machine.metrics.open_calls >= 2
    assert labels[-1] != "d0:return"
