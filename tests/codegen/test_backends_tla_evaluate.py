"""Evaluate: guards hold exactly where the graph of an explorer has the step, in every state."""

from __future__ import annotations

import pytest

from pcpdrain.codegen.backends.tla.evaluate import EvaluationError, Evaluator
from pcpdrain.codegen.backends.tla.guards import Guard, guards
from pcpdrain.codegen.backends.tla.labels import labelled
from pcpdrain.codegen.backends.tla.model import hand_written
from pcpdrain.codegen.backends.tla.module import emit_module
from pcpdrain.codegen.backends.tla.types import typed_variables
from pcpdrain.codegen.library import SPEC, project_scopes
from pcpdrain.tools.engines.explorer import explored_graph
from tests.codegen.compiling import compiled

PLACES = [
    ("last_zone_decides", "hotplug_once"),
    ("clear_then_set_spinlock", "count_window"),
    ("clear_then_set_mutex_interruptible", "signals"),
    ("per_call_mask", "three_cpus_alloc_fails"),
    ("uninitialised_mask", "solo_once"),
]


@pytest.mark.parametrize(("variant", "scope"), PLACES)
def test_a_step_is_possible_exactly_where_all_its_guards_hold(variant: str, scope: str) -> None:
    program, place = compiled(SPEC / "variants" / f"{variant}.drain"), project_scopes().ready[scope]
    files = {**hand_written(), "variant": emit_module(program)}
    names = {variable.key: variable.name for variable in typed_variables(program)}
    evaluator = Evaluator(files, frozenset(names.values()), place)
    wanted = {step.label: guards(files, step.action) for step in labelled(program, place)}
    graph = explored_graph(program, place)
    keys = [names[key] for key in graph.variables]
    taken: set[str] = set()
    for values, out in zip(graph.states, graph.edges, strict=True):
        state = dict(zip(keys, values, strict=True))
        found = {label for label, all_of in wanted.items() if all(evaluator.holds(g, state) for g in all_of)}
        assert found == out.keys()
        taken |= found
    assert len(taken) > 10


def evaluator_of(module: str = "None == {}\n====\n") -> Evaluator:
    return Evaluator({"m": module}, frozenset({"at", "on"}), project_scopes().ready["solo"])


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('at[d] = "idle"', True),
        ('at[d] = "idle" => on = {}', False),
        ('at[d] = "other" => on = {}', True),
        ("{c \\in Cpus : c \\notin on} = {1}", True),
        ("Cpus \\ on = {1} /\\ ~(0 \\in {})", True),
        ("on \\cup {1} \\subseteq Cpus", True),
        ("IF d >= 1 THEN TRUE ELSE Twice(d + 1) = 2", True),
        ("-1 /= d \\/ FALSE", True),
        ("n > 0", True),
    ],
)
def test_expressions_mean_what_they_mean_in_tla(text: str, holds: bool) -> None:
    guard = Guard("Step", ("d",), ("0",), "LET m == d n == m + 1", text)
    evaluator = evaluator_of("Twice(x) == x + x\n====\n")
    assert evaluator.holds(guard, {"at": ("idle",), "on": frozenset({0})}) is holds


def test_a_form_that_is_not_known_is_refused_with_its_text() -> None:
    guard = Guard("Step", ("d",), ("0",), "", "\\E c \\in Cpus : c > d")
    with pytest.raises(EvaluationError, match=r"not evaluated: \\E c"):
        evaluator_of().holds(guard, {})
