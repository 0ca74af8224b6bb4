"""Proofs by induction: the claimed ones are found; what is wrong is not proved, whoever is asked."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from pcpdrain.codegen.backends.smt.proof import Proof, prove
from pcpdrain.codegen.backends.tla import emit_model
from pcpdrain.codegen.ir.proof import Unprovable
from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.library import SPEC, project_scopes
from pcpdrain.codegen.pipeline import compile_file, compile_source
from pcpdrain.codegen.properties import PROVABLE
from pcpdrain.codegen.scopes import Scope
from pcpdrain.codegen.source import Source
from pcpdrain.tools.check import write_model
from pcpdrain.tools.engines.tlc import run_tlc
from pcpdrain.tools.mutation.mutants import Mutant
from pcpdrain.tools.mutation.tree_mutants import tree_mutants
from tests.codegen.compiling import compiled
from tests.thinning import thinned

SCOPES = project_scopes().ready
TINY = SCOPES["proof_tiny"]
ONE_CALL = replace(TINY, name="one_call", calls=1)
VARIANTS = SPEC / "variants"
PROPERTIES = ("drain_complete", "page_conservation", "never_stuck")


def proof_of(name: str, scope: Scope) -> Proof:
    return prove(compiled(VARIANTS / f"{name}.drain"), scope, PROPERTIES)


def claims() -> Iterator[tuple[str, str]]:
    for path in sorted(VARIANTS.glob("*.drain")):
        for place in sorted(
            {scope.text for line in compile_file(path).variant.proofs for scope in line.scopes}
        ):
            yield path.stem, place


@pytest.mark.parametrize(("name", "place"), [claim for claim in claims() if SCOPES[claim[1]].cpus == 2])
def test_what_is_claimed_is_proved(name: str, place: str) -> None:
    """Claims about three CPUs are left to `make check-spec`."""
    proof = proof_of(name, SCOPES[place])
    assert proof.failures == ()
    assert all(map(proof.proves, PROPERTIES))


@pytest.mark.parametrize("name", ["clear_then_set", "per_cpu_summary"])
def test_with_two_callers_and_no_lock_the_same_invariant_is_not_inductive(name: str) -> None:
    proof = proof_of(name, SCOPES["proof_tiny_racing"])
    assert not proof.inductive
    assert not any(map(proof.proves, PROPERTIES))
    broken = {(failure.broken.name, failure.label.partition(":")[2]) for failure in proof.failures}
    cause = {"clear_then_set": "cpumask_clear", "per_cpu_summary": "cpumask_clear_cpu"}[name]
    assert ("owed_are_called", f"drain_all_pages.{cause}") in broken


# --- what is broken on purpose


def violated_by(path: Path) -> list[tuple[str, str, str]]:
    """The properties that a variant of `spec/broken` violates and that could be proved, with a scope."""
    return [
        (path.stem, line.property.text, line.scopes[0].text)
        for line in compile_file(path).variant.expectations
        if line.verdict == "violated" and line.property.text in PROVABLE
    ]


BROKEN = [case for path in sorted((SPEC / "broken").glob("*.drain")) for case in violated_by(path)]


@pytest.mark.parametrize(("name", "property_name", "place"), BROKEN)
def test_what_is_broken_on_purpose_is_not_proved(name: str, property_name: str, place: str) -> None:
    """Also with the claims that prove what is right, as far as they speak of this program."""
    program = compiled(SPEC / "broken" / f"{name}.drain")
    right = compiled(VARIANTS / "global_ipi.drain")
    for claimed in (program, replace(program, invariants=right.invariants)):
        assert not prove(claimed, SCOPES[place], [property_name]).proves(property_name)


# --- mutants


@cache
def mutants() -> list[Mutant]:
    """What one mistake in the tree makes of a proved program, its claims as they were."""
    made = tree_mutants(compiled(VARIANTS / "per_cpu_summary.drain"), TINY)
    return [mutant for mutant in made if mutant.program is not None]


def violated(program: Program, scope: Scope) -> str | None:
    """The operator of a property that TLC finds violated, by a run from the start.

    With calls without end some mutants have states without end: preemption is disabled ever more.
    """
    model = emit_model(program, scope)
    with tempfile.TemporaryDirectory() as name:
        folder = write_model(model, Path(name))
        config = folder / "graph.cfg"
        config.write_text(model.config(["DrainComplete", "PageConservation", "NeverStuck"]), encoding="utf-8")
        return run_tlc(folder, model.module, config, timeout=120).verdict().violated


@pytest.mark.parametrize("number", thinned(range(94), 13))
def test_a_mutant_that_is_proved_violates_nothing(number: int) -> None:
    program = mutants()[number].program
    assert program is not None
    proof = prove(program, TINY, PROPERTIES)
    assert not (all(map(proof.proves, PROPERTIES)) and violated(program, ONE_CALL))


def test_there_are_mutants_of_both_kinds() -> None:
    """Among the first ones is a mistake that loses a list, and one that does not matter with one zone."""
    proofs = {
        mutant.description: prove(mutant.program, TINY, PROPERTIES)
        for mutant in mutants()
        if mutant.program is not None and mutant.place in ("pcp.drain:5", "pcp.drain:6")
    }
    outcomes = {all(map(proof.proves, PROPERTIES)) for proof in proofs.values()}
    assert outcomes == {True, False}
    assert len(mutants()) == 94


# --- parts of a proof


def test_without_its_claims_a_variant_is_not_proved() -> None:
    program = replace(compiled(VARIANTS / "clear_then_set_spinlock.drain"), invariants=())
    proof = prove(program, TINY, ["drain_complete", "page_conservation", "unlocked_context"])
    assert proof.inductive, "what the compiler adds is inductive by itself"
    assert proof.proves("page_conservation")
    assert proof.proves("unlocked_context")
    assert not proof.proves("drain_complete")
    (failure,) = proof.failures
    assert failure.kind == "property"
    assert failure.before["at"] == ("idle",)
    assert failure.before["owes"] != (frozenset(),)


def claiming(clauses: str, body: str = "on_each_cpu(drain_local_pages, true);", more: str = "") -> Program:
    text = f'variant x "a test" {{ {more} drain_all_pages() {{ {body} }} invariant mine {{ {clauses} }} }}'
    return compile_source(Source("x.drain", text)).program


def test_a_claim_that_is_false_at_the_start_fails_there() -> None:
    proof = prove(claiming("forall c in cpus: !(c in cpu_online_mask);"), TINY, PROPERTIES)
    (first, *_) = proof.failures
    assert (first.kind, first.broken.name) == ("initiation", "mine")
    assert not any(map(proof.proves, (*PROPERTIES, "mine")))


def test_a_claim_that_a_step_breaks_fails_with_the_step_and_both_states() -> None:
    proof = prove(claiming("forall c in cpus, z in zones: pcp_count(c, z) == 0;"), TINY, PROPERTIES)
    assert {failure.kind for failure in proof.failures} == {"consecution"}
    by_label = {failure.label: failure for failure in proof.failures if failure.broken.name == "mine"}
    assert by_label.keys() == {"c0:free z0", "c1:free z0"}
    failure = by_label["c1:free z0"]
    assert failure.after is not None
    assert failure.before["pcp"] == ((0,), (0,))
    assert failure.after["pcp"] == ((0,), (1,))


def test_a_variant_that_counts_with_ints_is_not_proved_and_says_why() -> None:
    program = claiming("true;", "int n = 0; while (n < 3) { n = n + 1; cpu_relax(); }")
    with pytest.raises(Unprovable, match=r"`drain_all_pages\.n` is an int"):
        prove(program, TINY, PROPERTIES)
