"""`pcpdrain prove`: what is proved, what is not and why, and that nothing else counts as proved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pcpdrain.codegen.ir import formula as f
from pcpdrain.codegen.ir.proof import Failure
from pcpdrain.codegen.library import project_scopes
from pcpdrain.codegen.source import Source
from pcpdrain.tools.proofs.engines import attempt
from pcpdrain.tools.proofs.jobs import Attempt, Engine, Job
from pcpdrain.tools.proofs.report import NOT_INDUCTIVE, succeeded
from tests.tools.driving import Run

VARIANT = """variant mine "a test" {{
    static cpumask targets;

    drain_all_pages() {{
        fill: cpumask_setall(targets);
        on_each_cpu_mask(targets, drain_local_pages, true);
    }}

    invariant owed_are_found {{
        {clauses}
    }}

    expect {{
        drain_complete proved in proof_tiny;
    }}
}}
"""
GOOD = "at return, idle: forall c in cpus, z in zones: !owes(c, z);"
Z3 = ("--engine", "z3")


def write(folder: Path, clauses: str) -> Path:
    path = folder / "mine.drain"
    path.write_text(VARIANT.format(clauses=clauses), "utf-8")
    return path


def job(engine: Engine, clauses: str = GOOD, scope: str = "proof_tiny") -> Job:
    source = Source("mine.drain", VARIANT.format(clauses=clauses))
    return Job(source, "mine", project_scopes().ready[scope], ("drain_complete",), engine)


def test_what_a_variant_claims_is_proved_and_written_down(pcpdrain: Run, tmp_path: Path) -> None:
    result = pcpdrain("prove", write(tmp_path, GOOD), *Z3)
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-1] == "1 of 1 proofs found"
    (row,) = json.loads((tmp_path / "build" / "proofs.json").read_text("utf-8"))
    assert (row["outcome"], row["proved"], row["broken"]) == ("proved", ["drain_complete"], [])
    assert row["obligations"] > 1000


def test_at_another_scope_everything_that_can_be_is_asked_for(pcpdrain: Run, tmp_path: Path) -> None:
    result = pcpdrain("prove", write(tmp_path, GOOD), "--scope", "hotplug", *Z3)
    assert result.exit_code == 0, result.output
    (row,) = json.loads((tmp_path / "build" / "proofs.json").read_text("utf-8"))
    assert {"drain_complete_or_notified", "no_ipi_to_offline", "never_stuck"} <= {*row["proved"]}


FALSE_AT_THE_START = "forall c in cpus: !(c in cpu_online_mask);"
TOO_WEAK = "at return: forall c in cpus, z in zones: !owes(c, z);"
BROKEN_BY_A_STEP = GOOD + " amid smp_call_function_many.peek: forall c in cpus: !(c in targets);"


@pytest.mark.parametrize(
    ("clauses", "said"),
    [
        (FALSE_AT_THE_START, ["false at the start: owed_are_found (mine.drain:10, in every state)"]),
        (TOO_WEAK, ["too weak: all conjuncts hold in this state, and drain_complete", NOT_INDUCTIVE]),
        (
            BROKEN_BY_A_STEP,
            [
                "CPU 0: cpumask_and (smp.drain:8), d0:smp_call_function_many.cpumask_and\n",
                "breaks owed_are_found (mine.drain:10, amid smp_call_function_many.peek)",
                "at[0] = smp_call_function_many.cpumask_and_2",
                NOT_INDUCTIVE,
            ],
        ),
    ],
    ids=["false at the start", "too weak", "broken by a step"],
)
def test_a_bad_invariant_is_told_apart_and_proves_nothing(
    pcpdrain: Run, tmp_path: Path, clauses: str, said: list[str]
) -> None:
    result = pcpdrain("prove", write(tmp_path, clauses), *Z3)
    assert result.exit_code == 1
    for part in said:
        assert part in result.output
    assert "mine, scope proof_tiny: not proved: drain_complete" in result.output
    assert "holds" not in result.output
    assert result.output.splitlines()[-1] == "0 of 1 proofs found"
    (row,) = json.loads((tmp_path / "build" / "proofs.json").read_text("utf-8"))
    assert (row["outcome"], row["proved"]) == ("not_proved", [])


@pytest.mark.parametrize(
    ("clauses", "code", "where"),
    [
        ("at fil: true;", "D208", "mine.drain:10:12"),
        ("at fill: forall c in cpus: c in cpus_with_pcps;", "D203", "mine.drain:10:41"),
        ("at fill: forall c in cpus: c;", "D222", "mine.drain:10:36"),
    ],
    ids=["unknown label", "another variant's variable", "wrong kind"],
)
def test_an_invariant_that_means_nothing_is_one_error_with_its_place(
    pcpdrain: Run, tmp_path: Path, clauses: str, code: str, where: str
) -> None:
    write(tmp_path, clauses)
    result = pcpdrain("prove", "mine.drain", *Z3)
    assert result.exit_code == 2
    assert result.output.startswith(f"{where}: error {code}: ")
    assert result.output.count("error ") == 1
    assert not (tmp_path / "build" / "proofs.json").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["buddy"], "there is nothing to prove"),
        (["mine.drain", "--scope", "proof_tin"], "unknown scope `proof_tin`; did you mean `proof_tiny`?"),
        (["mine.drain", "--engine", "z4"], "'z4'"),
        (["mine.drain", "--json", "."], "is a directory"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_what_cannot_be_asked_is_refused(pcpdrain: Run, tmp_path: Path, words: list[str], said: str) -> None:
    write(tmp_path, GOOD)
    result = pcpdrain("prove", *words)
    assert result.exit_code == 2
    assert said in result.output
    assert not (tmp_path / "build").exists()


@pytest.mark.parametrize("clauses", [GOOD, BROKEN_BY_A_STEP, FALSE_AT_THE_START])
def test_tlc_finds_what_z3_finds(clauses: str) -> None:
    by_z3, by_tlc = attempt(job("z3", clauses)), attempt(job("tlc", clauses))
    assert by_tlc.outcome == by_z3.outcome == ("proved" if clauses == GOOD else "not_proved")
    broken = {failure.broken.name for failure in by_z3.failures}
    assert {failure.broken.name for failure in by_tlc.failures} <= broken


def test_tlc_tells_a_claim_that_a_run_from_the_start_breaks() -> None:
    """z3 cannot know that. It saves the search for a stronger invariant: the claim is wrong."""
    found = attempt(job("tlc", BROKEN_BY_A_STEP))
    reached = [failure for failure in found.failures if failure.kind == "reached"]
    assert [failure.steps for failure in reached] == [4]


def test_an_engine_that_did_not_run_proves_nothing(pcpdrain: Run, tmp_path: Path) -> None:
    result = pcpdrain("prove", write(tmp_path, GOOD), "--engine", "apalache")
    assert result.exit_code == 1
    assert "apalache: 1 not run (" in result.output
    assert result.output.splitlines()[-1] == "0 of 1 proofs found"


def test_tlc_is_not_run_where_there_are_too_many_states() -> None:
    found = attempt(job("tlc", scope="proof_three_cpus"))
    assert (found.outcome, found.proved) == ("not_run", ())
    assert "too many states" in found.reason


def test_one_engine_that_says_no_outweighs_one_that_says_yes() -> None:
    failure = Failure("consecution", f.Conjunct("x", f.TRUE, "x"), {}, "d0:call", {})
    yes = Attempt(job("z3"), "proved", ("drain_complete",))
    no = Attempt(job("tlc"), "not_proved", (), (failure,))
    silent = Attempt(job("apalache"), "not_run", reason="a test")
    assert succeeded([yes, silent])
    assert not succeeded([yes, no, silent])
    assert not succeeded([silent])
