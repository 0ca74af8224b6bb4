"""Proofs by Apalache: each obligation needs its answer; and what is remembered of proofs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pcpdrain.codegen.library import project_scopes
from pcpdrain.codegen.pipeline import compile_file
from pcpdrain.tools.chosen import variant_path
from pcpdrain.tools.proofs.engines import attempt
from pcpdrain.tools.proofs.jobs import Engine, Job
from tests.tools.driving import run_of
from tests.tools.standing_in import StandIn, apalache_itf


def job(engine: Engine, cache: Path | None = None) -> Job:
    source = compile_file(variant_path("global_ipi")).program.source
    scope = project_scopes().ready["proof_tiny"]
    return Job(source, "global_ipi", scope, ("drain_complete", "page_conservation"), engine, cache)


def test_all_obligations_are_met(stand_in: StandIn) -> None:
    stand_in("holds")
    found = attempt(job("apalache"))
    assert (found.outcome, found.proved, found.reason) == ("proved", job("apalache").properties, "")
    assert found.obligations == 4


def test_a_step_out_of_the_invariant_proves_nothing(stand_in: StandIn, tmp_path: Path) -> None:
    itf = tmp_path / "violation.itf.json"
    itf.write_text(apalache_itf(run_of("global_ipi", "solo", ["d0:call"])), "utf-8")
    stand_in("violated", itf=itf)
    found = attempt(job("apalache"))
    assert (found.outcome, found.proved) == ("not_proved", ())
    assert "leads out of it" in found.reason


def test_a_check_has_time_for_tiny_scopes(stand_in: StandIn) -> None:
    """Of the others it says that Apalache did not run; without Apalache, that it is not here."""
    large = replace(job("apalache"), scope=project_scopes().ready["proof_hotplug"], in_passing=True)
    stand_in("garbage")
    found = attempt(large)
    assert (found.outcome, found.proved) == ("not_run", ())
    assert found.reason == "a check has time for tiny scopes; `pcpdrain prove` has for all"
    assert attempt(replace(large, in_passing=False)).outcome == "unknown"
    assert attempt(replace(job("apalache"), in_passing=True)).outcome == "unknown"


def test_the_answers_of_apalache_are_remembered(stand_in: StandIn, tmp_path: Path) -> None:
    stand_in("holds")
    wanted = job("apalache", tmp_path)
    first, second = attempt(wanted), attempt(wanted)
    assert (first.outcome, first.cached, second.cached) == ("proved", False, True)
    assert replace(second, cached=False) == first


@pytest.mark.parametrize("scenario", ["types", "smt_timeout", "garbage"])
def test_no_answer_is_no_proof(stand_in: StandIn, scenario: str) -> None:
    stand_in(scenario)
    found = attempt(job("apalache"))
    assert (found.outcome, found.proved) == ("unknown", ())
    assert found.reason.startswith("initiation: ")


def test_the_second_time_a_proof_is_remembered(tmp_path: Path) -> None:
    wanted = job("z3", tmp_path)
    first, second = attempt(wanted), attempt(wanted)
    assert (first.outcome, first.cached, second.cached) == ("proved", False, True)
    assert replace(second, cached=False) == first
    fewer = replace(wanted, properties=("drain_complete",))
    assert not attempt(fewer).cached


def test_what_is_not_proved_is_tried_again(tmp_path: Path) -> None:
    source = compile_file(variant_path("last_zone_decides")).program.source
    scope = project_scopes().ready["proof_tiny"]
    wanted = Job(source, "last_zone_decides", scope, ("drain_complete",), "z3", tmp_path)
    for _ in range(2):
        found = attempt(wanted)
        assert (found.outcome, found.cached) == ("not_proved", False)
        assert found.failures
