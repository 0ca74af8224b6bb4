"""Labels of a scope: exactly those that it can have, each with an operator, the same as the reference's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pcpdrain.codegen.backends.tla import emit_model
from pcpdrain.codegen.backends.tla.labels import labelled
from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.scopes import Scope
from tests.codegen.compiling import TINY, compile_body, machine

ALLOCATES = compile_body(
    "cpumask own; if (alloc_cpumask_var(own)) { cpumask_copy(mask, own); free_cpumask_var(own); }",
    "static cpumask mask;",
)
PLAIN = compile_body("cpu_relax();")
NOT_ZEROED = compile_body(
    "on_each_cpu_mask(first, drain_local_pages, true);",
    "static cpumask_var first uninitialised; static cpumask zeroed; static cpumask_var last uninitialised;",
)


def labels(program: Program, **changes: Any) -> set[str]:
    return set(emit_model(program, replace(TINY, **changes)).labels.values())


def test_a_scope_without_anything_has_none_of_its_labels() -> None:
    assert labels(PLAIN) == {
        "d0:call", "d0:drain_all_pages.cpu_relax", "d0:return",
        "c0:free z0", "c0:alloc z0", "c1:free z0", "c1:alloc z0",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "added", "removed"),
    [
        ({"signals": True}, {"d0:signal"}, set()),
        ({"leavers": (1,)}, {"c1:offline", "c1:dead z0", "c1:online"}, set()),
        (
            {"count_window": True},
            {"c0:link z0", "c0:count z0", "c1:link z0", "c1:count z0"},
            {"c0:free z0", "c1:free z0"},
        ),
        ({"alloc_fails": True}, set(), set()),
        ({"calls": 3}, set(), set()),
    ],
)
def test_what_a_scope_adds(changes: dict[str, Any], added: set[str], removed: set[str]) -> None:
    assert labels(PLAIN, **changes) - labels(PLAIN) == added
    assert labels(PLAIN) - labels(PLAIN, **changes) == removed


def test_an_allocation_has_a_label_for_each_outcome_and_none_of_its_own() -> None:
    step = "d0:drain_all_pages.alloc_cpumask_var"
    found = {label for label in labels(ALLOCATES) if label.startswith(step)}
    assert found == {f"{step} {{}}", f"{step} {{0}}", f"{step} {{1}}", f"{step} {{0,1}}"}
    assert labels(ALLOCATES, alloc_fails=True) - labels(ALLOCATES) == {f"{step} fails"}


def test_masks_that_nobody_zeroes_have_all_contents_in_order_of_declaration() -> None:
    found = {label for label in labels(NOT_ZEROED) if label.startswith("boot:")}
    assert len(found) == 16
    assert {"boot:first={};last={}", "boot:first={0,1};last={1}"} <= found


@pytest.mark.parametrize("program", [ALLOCATES, PLAIN, NOT_ZEROED])
@pytest.mark.parametrize("everything", [False, True])
def test_every_enabled_label_of_the_reference_is_among_them(program: Program, everything: bool) -> None:
    scope = (
        replace(TINY, leavers=(1,), signals=True, alloc_fails=True, count_window=True, calls=2)
        if everything
        else TINY
    )
    known = {transition.label for transition in labelled(program, scope)}
    reference = machine(program, scope)
    reference.reset()
    for _ in range(30):
        enabled = reference.enabled()
        assert enabled
        assert enabled <= known
        reference.step(max(enabled, key=lambda label: (label.startswith(("d0", "boot")), label)))


def test_operators_are_one_to_one_at_eight_cpus() -> None:
    scope = Scope("wide", cpus=8, zones=1, pages=1, high=2, batch=1, drainers=(0,), alloc_fails=True)
    transitions = list(labelled(ALLOCATES, scope))
    assert len({transition.operator for transition in transitions}) == len(transitions)
