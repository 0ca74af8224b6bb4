"""What is counted, against a run that is worked out by hand; and what many runs say together."""

from __future__ import annotations

from collections.abc import Generator
from random import Random

import pytest
import simpy

from pcpdrain.pcpref.scope import Scope
from pcpdrain.tools.simulate.calling import Caller
from pcpdrain.tools.simulate.fabric import Fabric
from pcpdrain.tools.simulate.intervals import Findings, interval
from pcpdrain.tools.simulate.machine import SimulatedMachine
from pcpdrain.tools.simulate.metrics import Drain
from pcpdrain.tools.simulate.parameters import Costs
from pcpdrain.tools.simulate.waiting import Waiters
from tests.simulate.simulating import program

ROUND = Costs(
    step=1, atomic=2, near=3, far=30, cpus_per_socket=16, ipi_send=10, ipi_delivery=100, ipi_late=0,
    guest_factor=2, idle_wakeup=50, handler_entry=5, page_fast=4, page_bulk=7, context_switch=0, handover=1,
    resolution=0,
)  # fmt: skip
"""Costs that are easily added up."""


def drained(variant: str, zones: int, pages: list[tuple[int, int]]) -> tuple[Drain, SimulatedMachine]:
    """One call on CPU 0 of 2, after pages were freed to lists (cpu, zone) at time 0, for nothing."""
    scope = Scope(cpus=2, zones=zones, pages=8, high=9, batch=1, drainers=(0,))
    machine = SimulatedMachine(scope, program(variant), ROUND, Random(0))
    for cpu, zone in pages:
        machine.free(machine.cpus[cpu].kernel, zone)
    (task,) = machine.hardware.tasks
    caller = Caller(machine, Waiters(machine), task, 0.0)
    found = []

    def call() -> Generator[simpy.Event, object, None]:
        yield from caller.take_cpu()
        found.append((yield from caller.drain_all_pages()))

    machine.env.process(call())
    machine.env.run()
    return found[0], machine


def test_a_call_to_everybody_takes_what_its_steps_add_up_to() -> None:
    drain, machine = drained("global_ipi", 1, [(0, 0), (1, 0)])
    # preempt_disable 1, cpumask_and twice 3, send_call 4 + 10 = 14; it arrives at 14 + 100 + 50, as CPU 1
    # sleeps; the handler enters at 169, drains one page in 1 + 7, answers at 177, which is seen at 180;
    # wait_call 181, irqs off 182, its own page 182 + 1 + 7 = 190, irqs on 191, preempt_enable 192.
    assert drain.taken == 192
    assert (drain.ipis, drain.useless, drain.missed_lists, drain.targets) == (1, 0, 0, 2)
    assert not drain.counted_saved
    assert machine.metrics.stolen == 177 - 164


def test_a_cpu_without_pages_is_called_for_nothing() -> None:
    drain, machine = drained("global_ipi", 1, [(0, 0)])
    assert (drain.ipis, drain.useless, drain.targets) == (1, 1, 1)
    assert machine.metrics.interrupts == 1


def test_the_posted_patch_misses_a_list_and_counts_it_as_saved() -> None:
    drain, machine = drained("last_zone_decides", 2, [(1, 0)])
    # for_each_online_cpu, and for each zone pcp_count and a store: 1 + 2 * 2 for each of 2 CPUs, and the
    # last for_each: 11 steps, 4 stores of 2 each; the counts of CPU 1 come from there, 3 each; then
    # preempt_disable, the peek in two steps, the look at the own bit, preempt_enable.
    assert drain.taken == 11 + 4 * 2 + 2 * 3 + 5
    assert (drain.ipis, drain.missed_lists, drain.targets) == (0, 1, 1)
    assert drain.counted_saved
    assert machine.hardware.pcp[1][0].count == 1


def test_the_merged_patch_misses_nothing() -> None:
    drain, machine = drained("per_cpu_summary", 2, [(1, 0)])
    assert (drain.ipis, drain.useless, drain.missed_lists) == (1, 0, 0)
    assert machine.hardware.pcp[1][0].count == 0


def test_writers_of_a_line_take_turns_and_readers_do_not() -> None:
    fabric = Fabric(ROUND, cpus=40, zones=1)
    line = fabric.mask
    assert fabric.write(line, 0, now=0) == 2
    assert fabric.write(line, 1, now=0) == 3 + 2
    assert fabric.write(line, 20, now=1) == (5 - 1) + 30 + 2
    assert [fabric.read(line, cpu) for cpu in (20, 21, 0, 0)] == [0, 3, 30, 0]
    assert fabric.write(line, 20, now=100) == 3 + 2


def test_a_zone_takes_pages_of_one_cpu_at_a_time() -> None:
    fabric = Fabric(ROUND, cpus=2, zones=2)
    assert [fabric.bulk(0, 10, 0), fabric.bulk(0, 10, 0), fabric.bulk(1, 1, 0)] == [70, 140, 7]


def test_an_interval_is_students_and_of_one_run_there_is_none() -> None:
    found = interval([1, 2, 3])
    assert (found.mean, found.runs) == (2, 3)
    assert found.low == pytest.approx(2 - 2.4841377)
    assert found.high == pytest.approx(2 + 2.4841377)
    assert interval([5]).text(1) == "5.0"
    assert found.text(1, " %") == "2.0 % (-0.5–4.5)"


def test_a_ratio_is_of_runs_with_the_same_seed() -> None:
    def result(variant: str, seed: int, mean: float) -> dict[str, object]:
        where = {"variant": variant, "workload": "w", "cpus": 2, "changed": "", "seed": seed}
        return {**where, "version": "1", "status": "finished", "drain_us": {"mean": mean}}

    found = Findings([result("a", 1, 10), result("a", 2, 40), result("b", 1, 5), result("b", 2, 10)])
    assert found.ratio("a", "b", "w", 2, "drain_mean").mean == 3
    assert found.variants("w", 2) == ["a", "b"]
    assert found.sizes("w") == [2]
