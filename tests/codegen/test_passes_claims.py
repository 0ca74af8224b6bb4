"""Claims: which steps each kind of place stands for, and what is known of locals there."""

from __future__ import annotations

import pytest

from pcpdrain.codegen.backends.smt.proof import prove
from pcpdrain.codegen.backends.tla.inductive import emit_inductive
from pcpdrain.codegen.ir import formula as f
from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.library import SPEC, project_scopes
from pcpdrain.codegen.passes.claims import claims
from pcpdrain.codegen.passes.ranges import ranges
from pcpdrain.codegen.pipeline import compile_source
from pcpdrain.codegen.source import Source
from tests.codegen.compiling import compiled

BODY = """
    spin_lock(drain_lock);
    scan: for_each_online_cpu(cpu)
        for_each_populated_zone(zone)
            look: if (pcp_count(cpu, zone) > 0)
                found: cpumask_set_cpu(cpu, mask);
    on_each_cpu_mask(mask, drain_local_pages, true);
    on_each_cpu(drain_local_pages, true);
    done: spin_unlock(drain_lock);
    """


def claiming(clause: str) -> Program:
    declared = "static cpumask mask; static spinlock drain_lock;"
    text = f'variant x "a test" {{ {declared} drain_all_pages() {{ {BODY} }} invariant mine {{ {clause} }} }}'
    return compile_source(Source("x.drain", text)).program


def places(formula: f.Formula) -> set[tuple[str, tuple[str, ...]]]:
    """What a formula asks about where control is."""
    match formula:
        case f.At(variable, _, steps):
            return {(variable, steps)}
        case f.Quantified(_, _, _, body):
            return places(body)
        case f.Apply(_, args):
            return set().union(*map(places, args))
    return set()


def steps_of(clause: str) -> list[set[tuple[str, tuple[str, ...]]]]:
    """For each conjunct of a clause the places that it asks about."""
    return [places(c.formula) for c in claims(claiming(clause)) if c.name == "mine"]


MANY, DRAIN = "smp_call_function_many", "drain_local_pages"


@pytest.mark.parametrize(
    ("clause", "steps"),
    [
        ("at scan: true;", ["drain_all_pages.for_each_online_cpu"]),
        (
            "in scan: true;",
            [
                "drain_all_pages.cpumask_set_cpu",
                "drain_all_pages.for_each_online_cpu",
                "drain_all_pages.pcp_count",
            ],
        ),
        ("amid scan: true;", ["drain_all_pages.cpumask_set_cpu", "drain_all_pages.pcp_count"]),
        ("at look: true;", ["drain_all_pages.pcp_count"]),
        ("amid look: true;", ["drain_all_pages.cpumask_set_cpu"]),
        ("at done: true;", ["drain_all_pages.spin_unlock"]),
        ("in done: true;", ["drain_all_pages.preempt_enable", "drain_all_pages.spin_unlock"]),
        ("at idle: true;", ["idle"]),
        ("in return: true;", ["return"]),
    ],
)
def test_a_place_stands_for_the_steps_of_its_statement(clause: str, steps: list[str]) -> None:
    assert steps_of(clause) == [{("at", tuple(steps))}]


def test_a_label_of_a_routine_that_is_inlined_twice_stands_for_both_copies() -> None:
    assert steps_of(f"at {MANY}.send: true;") == [
        {("at", (f"{MANY}.send_call",))},
        {("at", (f"{MANY}_2.send_call",))},
    ]


def test_a_label_of_a_handler_stands_for_the_task_and_for_the_handler() -> None:
    assert steps_of(f"at {DRAIN}.drain: true;") == [
        {("at", (f"{DRAIN}.drain_zone_pages",))},
        {("at", (f"{DRAIN}_2.drain_zone_pages",))},
        {("irq_at", (f"{DRAIN}.drain_zone_pages",))},
    ]


def test_outside_is_everywhere_else_and_one_conjunct() -> None:
    (asked,) = steps_of("outside look, done: true;")
    ((variable, steps),) = asked
    assert variable == "at"
    assert {"drain_all_pages.pcp_count", "drain_all_pages.cpumask_set_cpu"} <= {*steps}
    assert "drain_all_pages.for_each_online_cpu" not in steps


def test_a_by_reference_parameter_is_what_the_copy_was_called_with() -> None:
    found = [c.formula for c in claims(claiming(f"at {MANY}.peek: cpumask_empty(mask);")) if c.name == "mine"]
    masks = [formula.body.args[1].args[0] for formula in found]  # type: ignore[union-attr]
    assert masks == [f.Value("mask"), f.Value("online")]


def test_a_local_is_known_to_be_alive_or_at_its_default() -> None:
    program = compiled(SPEC / "variants" / "per_cpu_summary.drain")
    found = ranges(program.task)
    cpu, zone, some = "drain_all_pages.cpu", "drain_all_pages.zone", "drain_all_pages.has_pcps"
    at_head = found["drain_all_pages.for_each_online_cpu"]
    assert [{*at_head[name]} for name in (cpu, zone, some)] == [{"none", "some"}, {"none"}, {"false"}]
    inside = found["drain_all_pages.pcp_count"]
    assert [{*inside[name]} for name in (cpu, zone, some)] == [{"some"}, {"some"}, {"false"}]
    assert found["drain_all_pages.cpumask_set_cpu"][some] == {"true"}
    assert found["drain_all_pages.cpumask_clear_cpu"][some] == {"false"}
    assert {str(*classes) for classes in found["return"].values()} == {"none", "false", "empty"}


def test_a_local_that_is_alive_before_no_step_has_its_default() -> None:
    body = "there: cpu_relax(); { bool gone = true; cpumask none; int n = 3; }"
    clause = "at there: gone || cpumask_empty(none) && n == 0;"
    text = f'variant x "a test" {{ drain_all_pages() {{ {body} }} invariant mine {{ {clause} }} }}'
    program = compile_source(Source("x.drain", text)).program
    proof = prove(program, project_scopes().ready["proof_tiny"], ["mine"])
    assert proof.proves("mine")
    assert emit_inductive(program, project_scopes().ready["proof_tiny"], []).module == "Ind_proof_tiny"
