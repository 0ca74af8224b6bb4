"""Schedules: who goes when, taken from one variant and followed by another."""

from pcpdrain.codegen.library import SPEC, project_scopes
from pcpdrain.codegen.pipeline import compile_file
from pcpdrain.tools.schedules import Followed, Follower
from pcpdrain.tools.traces import Trace
from tests.tools.driving import POSTED, run_of


def followed(variant: str, run: Trace) -> Followed:
    program = compile_file(SPEC / "variants" / f"{variant}.drain").program
    return Follower(program, project_scopes().ready[run.scope.name]).follow(run)


def test_a_variant_follows_its_own_schedule_to_the_same_violation() -> None:
    run = run_of("last_zone_decides", "solo", POSTED)
    found = followed("last_zone_decides", run)
    assert (found.run.labels, found.run.states) == (run.labels, run.states)
    assert (found.why, found.first_other) == ("", None)
    assert "drain_complete" in found.violated


def test_the_repair_goes_its_own_way_on_the_same_schedule() -> None:
    """Task 0 has all the turns after the first, and with one decision for each CPU it drains its list."""
    found = followed("per_cpu_summary", run_of("last_zone_decides", "solo", POSTED))
    assert found.first_other == 6
    assert found.run.labels[0] == "c0:free z0"
    assert all(label.startswith("d0:") for label in found.run.labels[1:])
    assert "drain_complete" not in found.violated


def test_they_part_where_one_waits_for_a_lock() -> None:
    race = ["d0:call", "d0:drain_all_pages.for_each_online_cpu", "d0:drain_all_pages.pcp_count"]
    race += ["d1:call", "d1:drain_all_pages.for_each_online_cpu", "d1:drain_all_pages.pcp_count"]
    found = followed("clear_then_set_spinlock", run_of("per_cpu_summary", "racing", race))
    assert len(found.run.labels) == 5
    assert found.why == "d0 holds drain_lock"


def test_a_request_that_is_not_there_cannot_be_taken() -> None:
    calls = ["c1:free z0", "d0:call", "d0:on_each_cpu.preempt_disable"]
    calls += ["d0:smp_call_function_many.cpumask_and", "d0:smp_call_function_many.cpumask_and_2"]
    calls += ["d0:smp_call_function_many.send_call", "c1:take d0"]
    found = followed("per_cpu_summary", run_of("global_ipi", "solo_one_zone", calls))
    assert len(found.run.labels) == 6
    assert found.why == "no request of d0 is queued at CPU 1"


def test_a_variant_with_fewer_steps_has_returned_before_the_schedule_ends() -> None:
    found = followed("per_call_mask", run_of("last_zone_decides", "solo", POSTED))
    assert found.run.labels[-1] == "d0:return"
    assert found.why == "d0 has returned already"
    assert "drain_complete" not in found.violated


def test_an_allocation_that_the_schedule_does_not_know_succeeds() -> None:
    run = run_of("per_cpu_summary", "alloc_fails", ["d0:call", "d0:drain_all_pages.for_each_online_cpu"])
    found = followed("per_call_mask", run)
    assert found.first_other == 2
    assert found.run.labels[1].endswith("}")
