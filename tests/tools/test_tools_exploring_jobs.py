"""The explorer judges properties: verdicts, states and depths as TLC has them, counterexamples that hold."""

from pathlib import Path
from threading import Event

import pytest

from pcpdrain.codegen.backends.python import emit_python
from pcpdrain.codegen.library import project_scopes
from pcpdrain.codegen.pipeline import compile_file
from pcpdrain.codegen.properties import PROPERTIES, does_not_apply
from pcpdrain.tools.check import Job, run_job
from pcpdrain.tools.chosen import broken_files, variant_path
from pcpdrain.tools.exploring_jobs import explore_job
from pcpdrain.tools.replay import confirmed, program_class
from pcpdrain.tools.results import Finding
from tests.tools.violations import violations

TOGETHER = [
    ("last_zone_decides", "solo"),
    ("clear_then_set", "racing"),
    ("per_cpu_summary_counters", "solo"),
    ("per_call_mask", "alloc_fails"),
    ("uninitialised_mask", "hotplug"),
    ("clear_then_set_spinlock_irqsave", "racing_once"),
    ("clear_then_set_mutex_interruptible", "signals"),
    ("until_all_empty", "solo_once"),
    ("lock_leaked", "solo_once"),
]


def job(variant: str, place: str, *, names: tuple[str, ...] = ()) -> Job:
    compiled, scope = compile_file(variant_path(variant)), project_scopes().ready[place]
    applying = tuple(name for name in PROPERTIES if not does_not_apply(name, compiled.program, scope))
    return Job(compiled, scope, names or applying, judged=True)


def comparable(finding: Finding) -> dict[str, object]:
    """What must be the same; which run without end is shown may differ."""
    said = {name: getattr(finding, name) for name in ("property", "found", "states", "watched")}
    if not PROPERTIES[finding.property].temporal:
        said |= {"transitions": finding.transitions, "depth": finding.depth}
    return said


@pytest.mark.parametrize(("variant", "place"), TOGETHER)
def test_it_agrees_with_tlc(variant: str, place: str) -> None:
    wanted = job(variant, place)
    explored, checked = explore_job(wanted), run_job(wanted, Event(), 240)
    watched = {finding.property for finding in checked if finding.watched}
    found = [comparable(finding) for finding in explored]
    assert found == [comparable(finding) for finding in checked]
    assert watched == {name for name in wanted.properties if not PROPERTIES[name].temporal}


@pytest.mark.parametrize("path", broken_files(), ids=lambda path: path.stem)
def test_its_counterexamples_are_shown_by_the_reference_machine(path: Path) -> None:
    compiled = compile_file(path)
    program = program_class(compiled.program.name, emit_python(compiled.program))
    for variant, place, name in violations(compiled):
        (finding,) = explore_job(job(variant, place, names=(name,)))
        assert finding.found == "violated"
        assert confirmed(finding, program).found == "violated"


def test_more_states_than_allowed_is_no_verdict() -> None:
    findings = explore_job(job("clear_then_set", "racing"), most_states=100)
    assert {finding.found for finding in findings} == {"unknown"}
    assert {finding.reason for finding in findings} == {"more than 100 states"}
