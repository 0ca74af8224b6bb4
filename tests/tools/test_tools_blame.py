"""Blame: the step that decides a counterexample, and why; exact for the ones that people ask about."""

import pytest

from pcpdrain.codegen.pipeline import compile_source
from pcpdrain.tools.blame import Blame, blame
from pcpdrain.tools.results import Finding
from pcpdrain.tools.traces import Trace
from tests.tools.driving import POSTED, run_of

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


@pytest.mark.parametrize("name", ["never_stuck", "page_conservation"])
def test_what_no_single_step_decides_has_no_blame(counterexamples: list[Finding], name: str) -> None:
    traces = [f.trace for f in counterexamples if f.property == name and f.trace]
    assert traces
    assert [blamed(trace) for trace in traces] == [None] * len(traces)
