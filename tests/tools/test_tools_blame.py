"""Blame: the step that decides a counterexample, and why; exact for the ones that people ask about."""

from collections import deque

from pcpdrain.codegen.pipeline import compile_source
from pcpdrain.tools.blame import Blame, blame
from pcpdrain.tools.replay import machine_for
from pcpdrain.tools.results import Finding
from pcpdrain.tools.traces import Trace
from tests.tools.driving import POSTED, run_of

STUCK = """\
d0:call
d0:drain_all_pages.local_irq_disable
d0:drain_all_pages.preempt_disable
d0:drain_all_pages.spin_lock_irqsave
d0:drain_all_pages.cpumask_clear
d0:drain_all_pages.for_each_online_cpu
d0:drain_all_pages.pcp_count
d0:drain_all_pages.for_each_online_cpu
d1:call
c1:free z0
d0:drain_all_pages.pcp_count
d0:drain_all_pages.cpumask_set_cpu
d0:drain_all_pages.for_each_online_cpu
d0:smp_call_function_many.cpumask_and
d0:smp_call_function_many.cpumask_and_2
d0:smp_call_function_many.send_call
d1:drain_all_pages.local_irq_disable
d1:drain_all_pages.preempt_disable
""".splitlines()
"""d0 has the lock and waits for CPU 1's answer; there d1 turns irqs off and spins for the lock."""

OWING = {"drain_complete", "drain_complete_or_notified", "last_writer_complete"}


def blamed(trace: Trace) -> Blame | None:
    return blame(trace, compile_source(trace.source).program)


def test_of_the_posted_patch_the_last_zone_is_blamed() -> None:
    assert blamed(run_of("last_zone_decides", "solo", POSTED)) == Blame(
        7,
        "CPU 0's page in zone 0 was never drained: zone 1 was empty in step 6, so d0 cleared CPU 0's bit "
        "in step 7 (line 12), and d0 found no bit in step 17.",
    )


TEXTS = {
    ("per_cpu_summary", "racing", "drain_complete"): "so d0 cleared CPU 0's bit in step 9 (line 17), and d1",
    ("no_wait", "solo_once", "drain_complete"): "called CPU 1 in step 13 and returned in step 16 without",
    ("calls_the_empty", "solo_once", "no_useless_ipi"): "d0 set CPU 1's bit in step 8 (line 11).",
    ("clear_then_set_spinlock", "count_window", "drain_complete"): "(a page was linked and not counted yet)",
}


def test_known_counterexamples_are_explained_so(counterexamples: list[Finding]) -> None:
    found = {(f.variant, f.scope, f.property): f.trace for f in counterexamples if f.trace}
    known = {key: text for key, text in TEXTS.items() if key in found}
    assert len(known) >= 2
    for key, text in known.items():
        told = blamed(found[key])
        assert told is not None
        assert text in told.text


def test_every_list_that_is_owed_has_somebody_to_blame(counterexamples: list[Finding]) -> None:
    """A bit that is said to be cleared was there before and not after the step."""
    checked = 0
    for finding in counterexamples:
        if finding.trace is None or finding.property not in OWING:
            continue
        told = blamed(finding.trace)
        assert told is not None, finding
        assert 1 <= told.step <= len(finding.trace.labels)
        if "cleared CPU" in told.text:
            cpu = int(told.text.partition("cleared CPU ")[2][0])
            before, after = finding.trace.states[told.step - 1 : told.step + 1]
            masks = [name for name in before if isinstance(before[name], frozenset) and name != "online"]
            assert any(cpu in before[name] and cpu not in after[name] for name in masks)
            checked += 1
    assert checked


def test_what_no_single_step_decides_has_no_blame(counterexamples: list[Finding]) -> None:
    traces = [f.trace for f in counterexamples if f.property == "page_conservation" and f.trace]
    assert traces
    assert [blamed(trace) for trace in traces] == [None] * len(traces)


def test_of_a_kernel_that_is_stuck_the_last_step_that_could_be_otherwise_is_blamed() -> None:
    trace = run_of("clear_then_set_spinlock_irqsave", "racing_once", STUCK, "never_stuck")
    assert blamed(trace) == Blame(
        17,
        "Up to step 17 (line 8) d0 could still have returned; after it, whatever anybody does, it cannot.",
    )
    assert may_return(trace, 0, after=16)
    assert not may_return(trace, 0, after=17)


def test_of_a_run_that_could_always_end_no_step_is_blamed() -> None:
    assert blamed(run_of("global_ipi", "solo_once", ["d0:call"], "call_returns")) is None


def may_return(trace: Trace, task: int, after: int) -> bool:
    """Whether some run of the reference machine, searched without the explorer, has a task return."""
    machine, seen = machine_for(trace), set()
    queue = deque([trace.labels[:after]])
    while queue:
        labels = queue.popleft()
        machine.reset()
        for label in labels:
            machine.step(label)
        state = machine.observe()
        if state["at"][task] == "idle":  # type: ignore[index]
            return True
        key = repr(sorted(state.items()))
        if key not in seen:
            seen.add(key)
            steps = sorted(machine.enabled())
            queue.extend((*labels, step) for step in steps if not step.endswith(" z0"))
    return False
