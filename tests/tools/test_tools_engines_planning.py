"""Planning: what is checked, what is left out and why; and what of it would be vacuous."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
import pytest

from pcpdrain.codegen.library import SPEC, project_scopes, variant_files
from pcpdrain.codegen.pipeline import Compiled, compile_file, compile_source
from pcpdrain.codegen.properties import PROPERTIES, does_not_apply
from pcpdrain.codegen.source import Source
from pcpdrain.tools import buddy
from pcpdrain.tools.check import plan
from pcpdrain.tools.chosen import broken_files, compile_chosen
from pcpdrain.tools.engines.tlc import TlcResult
from pcpdrain.tools.judging import expectation
from pcpdrain.tools.planning import scopes_of
from pcpdrain.tools.report import print_report, succeeded
from pcpdrain.tools.results import Finding, Watched, write_results
from pcpdrain.tools.vacuity import ALL_FAIL, ALL_WELL, FOLLOWS, events_of, vacuity
from tests.tools.driving import small_variant

READY = list(project_scopes().ready.values())
BY_NAME = project_scopes().ready


def small(expect: str) -> Compiled:
    return compile_source(Source("v.drain", small_variant("v", expect)))


def combinations(units: Sequence[Compiled]) -> set[tuple[str, str]]:
    return {(job.scope.name, name) for job in plan(units, READY, PROPERTIES).jobs for name in job.properties}


def test_a_variant_is_checked_where_its_expectations_speak_for_all_that_applies_there() -> None:
    found = combinations([small("drain_complete holds in solo_once, racing;")])
    assert {scope for scope, _ in found} == {"solo_once", "racing"}
    assert ("solo_once", "call_returns") in found
    assert ("racing", "call_returns") not in found  # calls without end
    assert not {name for _, name in found} & {"no_ipi_to_offline", "saved_is_honest", "last_writer_complete"}


def test_without_expectations_at_the_default_scopes() -> None:
    unit = small("drain_complete holds in solo;")
    silent = replace(unit, variant=replace(unit.variant, expectations=()))
    assert {scope for scope, _ in combinations([silent])} == {scope.name for scope in READY if scope.default}


def test_an_expectation_where_the_property_says_nothing_is_unmet() -> None:
    work = plan([small("no_ipi_to_offline holds in solo;")], READY, PROPERTIES)
    (finding,) = work.not_run
    assert (finding.found, finding.met, finding.scope) == ("not_run", False, "solo")
    assert finding.reason == "no_ipi_to_offline says nothing there: no CPU goes offline at this scope"


def test_named_scopes_and_properties_take_the_place_of_the_plan(capsys: pytest.CaptureFixture[str]) -> None:
    unit = small("drain_complete holds in solo;")
    (job,) = plan([unit], [BY_NAME["racing"]], PROPERTIES).jobs
    assert (job.scope.name, job.judged) == ("racing", False)
    (job,) = plan([unit], [BY_NAME["racing"], BY_NAME["hotplug"]], ["no_ipi_to_offline"]).jobs
    assert (job.scope.name, job.properties) == ("hotplug", ("no_ipi_to_offline",))
    said = capsys.readouterr().err
    assert said == "no_ipi_to_offline is not checked: no CPU goes offline at this scope (v, racing)\n"
    with pytest.raises(
        click.UsageError, match=r"call_returns is not checked: calls are not bounded .*v, solo"
    ):
        plan([unit], READY, ["call_returns"])


def test_what_is_broken_on_purpose_comes_last_and_is_not_judged() -> None:
    everything = compile_chosen(())
    names = [unit.program.name for unit in everything]
    assert names == [path.stem for path in [*variant_files(), *broken_files()]]
    jobs = plan(everything, READY, PROPERTIES).jobs
    assert jobs.buddy
    broken = {path.stem for path in broken_files()}
    assert {job.compiled.program.name for job in jobs if not job.judged} == broken
    assert not plan(everything, READY[:1], PROPERTIES).jobs.buddy
    named = compile_chosen(("buddy", "no_wait"))
    assert [unit.program.name for unit in named] == ["no_wait"]
    assert plan(named, READY, PROPERTIES).jobs.buddy
    assert not plan(compile_chosen(("no_wait",)), READY, PROPERTIES).jobs.buddy


ONE_BRINGS_MORE = {"ack_before_drain", "first_ack", "mask_copied_early", "no_wait", "zone_skipped"}
"""Broken variants that also violate what follows from the property that they are about."""


@pytest.mark.parametrize("path", broken_files(), ids=lambda path: path.stem)
def test_each_broken_variant_must_violate_one_property_alone(path: Path) -> None:
    """It expects a verdict of each property, so that `make check-spec` notices any other violation."""
    compiled = compile_file(path)
    for scope in scopes_of(compiled, READY):
        applying = {name for name in PROPERTIES if not does_not_apply(name, compiled.program, scope)}
        expected = {name: expectation(compiled, scope.name, name) for name in applying}
        assert None not in expected.values()
        violated = {name for name, verdict in expected.items() if verdict == "violated"}
        if len(violated) > 1:
            assert path.stem in ONE_BRINGS_MORE
        assert [name for name in violated if violated == applying & {name, *FOLLOWS.get(name, ())}] != []


def test_most_of_what_is_broken_violates_one_property_to_the_letter() -> None:
    assert {path.stem for path in broken_files()} >= ONE_BRINGS_MORE
    assert len(broken_files()) - len(ONE_BRINGS_MORE) >= 10


def test_what_follows_from_another_violation_is_told_apart() -> None:
    both = ("drain_complete", "drain_instant")
    found = [Finding("v", "solo", name, "violated", "violated") for name in both]
    assert vacuity(found).follows("drain_instant", "v") == "drain_complete"
    assert vacuity(found).follows("drain_complete", "v") == ""
    alone = [*found, Finding("v", "alone", "drain_instant", "violated", "violated")]
    assert vacuity(alone).follows("drain_instant", "v") == ""


def test_what_was_seen_is_told_with_its_places() -> None:
    seen = [
        finding({"call", "return"}, premise=False),
        finding({"call", "offline"}, premise=True, scope="hotplug"),
    ]
    judged = vacuity(seen)
    assert judged.steps == {"v": (3, (("solo", 2), ("hotplug", 1)))}
    assert judged.premises == {"never_stuck": (("v", "hotplug"),)}
    assert judged.to_json()["steps"] == {"v": {"of": 3, "first_taken": {"solo": 2, "hotplug": 1}}}
    assert judged.to_json()["premise_reached"] == {"never_stuck": [{"variant": "v", "scope": "hotplug"}]}


def test_that_calls_return_has_the_premise_of_never_stuck() -> None:
    unwatched = Finding("v", "solo_once", "call_returns", "holds", "holds")
    seen = vacuity([finding({"call"}, premise=True), unwatched])
    assert seen.premises["call_returns"] == (("v", "solo_once"),)
    assert "call_returns" not in vacuity([finding({"call"}, premise=False), unwatched]).premises


def test_each_property_is_expected_to_fail_somewhere() -> None:
    lines = [
        line
        for path in [*variant_files(), *broken_files()]
        for line in compile_file(path).variant.expectations
    ]
    assert {line.property.text for line in lines if line.verdict == "violated"} == set(PROPERTIES)


def finding(taken: set[str], *, premise: bool, scope: str = "solo", name: str = "never_stuck") -> Finding:
    watched = Watched(frozenset({"call", "return", "offline"}), frozenset(taken), premise)
    return Finding("v", scope, name, "holds", "holds", watched=watched)


def test_all_scopes_together_must_show_each_step_and_each_premise() -> None:
    both = [finding({"call", "return"}, premise=False), finding({"offline"}, premise=True, scope="hotplug")]
    assert vacuity(both).well
    assert vacuity(both).lines() == [ALL_WELL]
    assert succeeded(both, vacuity(both))


@pytest.mark.parametrize(
    ("seen", "line"),
    [
        (finding({"call"}, premise=True), "never taken: v: offline, return"),
        (finding({"call", "return", "offline"}, premise=False), "premise never reached: v: never_stuck"),
    ],
)
def test_what_is_never_seen_is_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], seen: Finding, line: str
) -> None:
    judged = vacuity([seen])
    assert judged.lines() == [line]
    assert not succeeded([seen], judged)
    print_report(
        [seen], judged, {"v": small("never_stuck holds in solo;").program}, tmp_path / "results.json"
    )
    assert line in capsys.readouterr().out.splitlines()
    both = [seen, Finding("w", "solo", "never_stuck", None, "violated")]
    write_results(tmp_path / "results.json", both, vacuity(both))
    kept = json.loads((tmp_path / "vacuity.json").read_text("utf-8"))
    assert kept["variants"] == ["v"]
    assert kept["violated_by"] == {"never_stuck": [{"variant": "w", "scope": "solo"}]}


def test_where_everything_is_checked_each_property_must_be_violated_by_somebody() -> None:
    seen = finding({"call", "return", "offline"}, premise=True)
    violated = [Finding("w", "solo", name, "violated", "violated") for name in PROPERTIES]
    judged = vacuity([seen, *violated], everything=True)
    assert judged.lines() == [ALL_WELL, ALL_FAIL]
    assert judged.well
    one_less = vacuity([seen, *violated[1:]], everything=True)
    assert one_less.lines() == [ALL_WELL, "never violated: drain_complete"]
    assert not succeeded([seen], one_less)


def test_what_was_not_watched_says_nothing(tmp_path: Path) -> None:
    plain = [Finding("v", "solo", "never_stuck", "holds", "holds")]
    assert vacuity(plain).lines() == []
    assert succeeded(plain, vacuity(plain))
    write_results(tmp_path / "results.json", plain, vacuity(plain))
    assert not (tmp_path / "vacuity.json").exists()


def test_events_are_labels_without_who_and_which() -> None:
    labels = ["d0:a.send_call", "d1:a.send_call", "c0:take d1", "c1:free z0", "c1:dead z1", "boot:m={0};n={}"]
    outcomes = ["d0:a.alloc_cpumask_var {}", "d0:a.alloc_cpumask_var {0,1}", "d0:a.alloc_cpumask_var fails"]
    assert events_of(labels) == {"a.send_call", "take", "free", "dead", "boot"}
    assert events_of(outcomes) == {"a.alloc_cpumask_var", "a.alloc_cpumask_var fails"}


def test_the_buddy_allocator_is_checked_and_its_drains_do_help(monkeypatch: pytest.MonkeyPatch) -> None:
    held = TlcResult("holds", "", None, 11, 10, 3, (), {}, "TLC", 1.0, "")
    configs: list[str] = []

    def run(folder: Path, _module: str, config: str, **_: object) -> TlcResult:
        configs.append((folder / config).read_text("utf-8"))
        reached = replace(held, outcome="violated", violated=buddy.REACHABLE)
        return reached if buddy.REACHABLE in configs[-1] else held

    monkeypatch.setattr(buddy, "run_tlc", run)
    found = buddy.check_buddy(60)
    names = ["CanonicalBlocks", "BuddyConservation", "ServedIffBlockExists", "DrainServes", buddy.REACHABLE]
    assert [(f.variant, f.property, f.met) for f in found] == [("buddy", name, True) for name in names]
    assert len(configs) == 2
    assert not any(name in configs[1] for name in names[:-1])
    stopped = replace(held, outcome="violated", violated="DrainServes")
    monkeypatch.setattr(buddy, "run_tlc", lambda *_, **__: stopped)
    verdicts = [finding.found for finding in buddy.check_buddy(60)]
    assert verdicts == ["unknown", "unknown", "unknown", "violated", "unknown"]


def test_the_invariants_of_the_buddy_allocator_are_in_its_module() -> None:
    text = (SPEC / "tla" / "Buddy.tla").read_text("utf-8")
    assert f"\n{buddy.REACHABLE} == ~DrainHelped\n" in text
