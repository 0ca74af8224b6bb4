"""Judging: no single sign makes a verdict; what TLC tells and what it shows must agree."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pcpdrain.codegen.backends.tla.survey import Survey, emit_survey
from pcpdrain.codegen.library import SPEC, project_scopes
from pcpdrain.codegen.pipeline import compile_file
from pcpdrain.tools.engines.tlc import TlcResult
from pcpdrain.tools.engines.tlc_messages import TraceState, Violation
from pcpdrain.tools.engines.values import Value
from pcpdrain.tools.judging import Judge
from pcpdrain.tools.results import Finding

COMPILED = compile_file(SPEC / "variants" / "last_zone_decides.drain")
SCOPE = project_scopes().ready["solo"]
NAMES = ("drain_complete", "drain_instant", "never_stuck")
SURVEY: Survey = emit_survey(COMPILED.program, SCOPE, NAMES)
NUMBER = {meaning: number for number, meaning in SURVEY.told.items()}
FAILS = NUMBER["violated", "drain_complete"]
ALSO_FAILS = NUMBER["violated", "drain_instant"]

STATE: dict[str, Value] = dict.fromkeys(SURVEY.model.state_keys, 0)
TRACE: tuple[TraceState, ...] = ((None, STATE), ("Taken_d0__call", STATE), ("Taken_d0__return", STATE))
SHOWN = Violation("Group1", (FAILS,), TRACE, None)
RESULT = TlcResult("holds", "", None, 11, 10, 3, (), {}, "TLC2 Version 2.15", 1.0, "")


def judged(result: TlcResult, *, whole: bool = True) -> dict[str, Finding]:
    (part,) = SURVEY.runs
    found = Judge(COMPILED, SCOPE, SURVEY, whole).findings(part, result)
    return {finding.property: finding for finding in found}


def violated(told: dict[int, int], *violations: Violation) -> dict[str, Finding]:
    return judged(replace(RESULT, outcome="violated", told=told, violations=violations))


def test_nothing_told_and_nothing_shown_holds() -> None:
    found = judged(RESULT)
    assert [finding.found for finding in found.values()] == ["holds"] * 3
    assert (found["never_stuck"].states, found["never_stuck"].transitions) == (10, 10)


def test_what_is_told_and_shown_is_violated_and_the_rest_holds() -> None:
    found = violated({FAILS: 2}, SHOWN)
    assert {name: finding.found for name, finding in found.items()} == {
        "drain_complete": "violated",
        "drain_instant": "holds",
        "never_stuck": "holds",
    }
    trace = found["drain_complete"].trace
    assert trace is not None
    assert (trace.labels, trace.loop, found["drain_complete"].depth) == (("d0:call", "d0:return"), None, 3)
    assert found["drain_complete"].expected == "violated"


def test_one_state_can_be_the_first_of_several() -> None:
    found = violated({FAILS: 2, ALSO_FAILS: 2}, replace(SHOWN, told=(FAILS, ALSO_FAILS)))
    traces = [found[name].trace for name in ("drain_complete", "drain_instant")]
    assert [trace and (trace.property, len(trace.states)) for trace in traces] == [
        ("drain_complete", 3),
        ("drain_instant", 3),
    ]


@pytest.mark.parametrize(
    ("told", "violations", "unknown", "reason"),
    [
        ({FAILS: 2}, (), {"drain_complete"}, "TLC shows no counterexample"),
        ({FAILS: 2, ALSO_FAILS: 2}, (SHOWN,), {"drain_instant"}, "TLC shows no counterexample"),
        ({FAILS: 4}, (SHOWN,), {"drain_complete"}, "a counterexample of 3 states at level 4"),
        ({FAILS: 1}, (SHOWN,), {"drain_complete"}, "a counterexample of 3 states at level 1"),
        ({FAILS: 2}, (SHOWN, replace(SHOWN, told=())), set(NAMES), "does not tell of which property"),
    ],
    ids=["not shown", "one of two shown", "too short", "too long", "not told"],
)
def test_signs_that_do_not_agree_are_no_verdict(
    told: dict[int, int], violations: tuple[Violation, ...], unknown: set[str], reason: str
) -> None:
    found = violated(told, *violations)
    assert {name for name, finding in found.items() if finding.found == "unknown"} == unknown
    for name in unknown:
        assert reason in (found[name].reason or "")
        assert found[name].trace is None


def test_an_engine_that_failed_has_no_verdict_about_anything() -> None:
    found = judged(replace(RESULT, outcome="error", reason="TLC: killed", told={FAILS: 2}))
    assert {(finding.found, finding.reason) for finding in found.values()} == {("unknown", "TLC: killed")}


def test_what_was_seen_is_kept_for_vacuity_only_where_it_is_judged() -> None:
    told = {NUMBER["taken", "d0:call"]: 1, NUMBER["premise", "never_stuck"]: 1}
    found = judged(replace(RESULT, told=told))
    watched = found["never_stuck"].watched
    assert watched is not None
    assert watched.taken == {"call"}
    assert watched.premise
    assert {"call", "return", "take", "free", "on_each_cpu_mask.preempt_enable"} <= watched.possible
    assert [finding.watched and finding.watched.premise for finding in found.values()] == [False, False, True]
    assert "watched" not in found["never_stuck"].to_json()
    assert all(
        finding.watched is None for finding in judged(replace(RESULT, told=told), whole=False).values()
    )


RUNS = emit_survey(COMPILED.program, project_scopes().ready["solo_once"], ["call_returns"])


@pytest.mark.parametrize("loop", [1, 2, None])
def test_a_run_without_end_is_shown_without_ghosts_and_with_its_loop(loop: int | None) -> None:
    judge = Judge(COMPILED, project_scopes().ready["solo_once"], RUNS, judged=True)
    trace: tuple[TraceState, ...] = ((None, STATE), ("d0__call", STATE), ("d0__return", STATE))
    shown = Violation("temporal properties", (), trace, loop)
    result = replace(RESULT, outcome="violated", violations=(shown,))
    (finding,) = judge.findings(RUNS.runs[-1], result)
    if loop is None:
        assert (finding.found, finding.trace) == ("unknown", None)
        return
    assert finding.trace is not None
    assert (finding.found, finding.trace.loop) == ("violated", loop)
    assert "owes" not in finding.trace.states[0]
    assert "last_writer" not in finding.trace.states[0]
    assert "online" in finding.trace.states[0]
