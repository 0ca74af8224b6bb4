"""Steps that are made first: which those are, and that verdicts on fewer states are the same."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, note, settings

from pcpdrain.codegen.backends.explorer import emit_explorer
from pcpdrain.codegen.errors import DrainErrors
from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.library import project_scopes
from pcpdrain.codegen.passes.local_first import local_steps
from pcpdrain.codegen.properties import PROPERTIES, does_not_apply
from pcpdrain.codegen.scopes import Scope
from pcpdrain.tools.chosen import broken_files
from pcpdrain.tools.engines.explorer import TooManyStates
from pcpdrain.tools.engines.surveying import Survey, survey_states
from tests.codegen.compiling import TINY, VARIANTS, compile_body, compile_text, compiled
from tests.codegen.programs import variants

APART = replace(TINY, name="apart", drainers=(0, 1), calls=1)
TOGETHER = replace(TINY, name="together", drainers=(0, 0), calls=1)


def surveys(program: Program, scope: Scope, most_states: int) -> tuple[Survey, Survey]:
    """The survey of all states, and that of fewer."""
    names = [
        name
        for name, known in PROPERTIES.items()
        if not known.temporal and not does_not_apply(name, program, scope)
    ]
    models = [emit_explorer(program, scope, names, reduced=fewer) for fewer in (False, True)]
    whole, reduced = (survey_states(model, most_states) for model in models)
    return whole, reduced


@pytest.mark.parametrize("path", [*VARIANTS, *broken_files()], ids=lambda path: path.stem)
@pytest.mark.parametrize("place", ["solo_once", "racing_once", "hotplug_once"])
def test_each_variant_has_the_same_verdicts(path: Path, place: str) -> None:
    whole, reduced = surveys(compiled(path), project_scopes().ready[place], 200_000)
    assert reduced.violated.keys() == whole.violated.keys()
    assert reduced.states <= whole.states


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(variants(depth=2, most=3))
def test_random_programs_have_the_same_verdicts(text: str) -> None:
    note(text)
    try:
        program = compile_text(text)
    except DrainErrors:
        assume(False)
    for scope in (APART, TOGETHER):
        try:
            whole, reduced = surveys(program, scope, 100_000)
        except TooManyStates:
            assume(False)
        assert reduced.violated.keys() == whole.violated.keys()
        assert reduced.states <= whole.states


LOCKED = "static cpumask m; static spinlock l;"


def names(body: str, declarations: str = LOCKED, scope: Scope = APART) -> set[str]:
    steps = local_steps(compile_body(body, declarations), scope)
    return {name.partition(".")[2] for name in steps}


def test_a_mask_under_its_lock() -> None:
    assert names("spin_lock(l); cpumask_clear(m); spin_unlock(l);") >= {"cpumask_clear", "spin_unlock"}
    assert "cpumask_clear" not in names("cpumask_clear(m); spin_lock(l); cpumask_clear(m); spin_unlock(l);")
    two = "static cpumask m; static spinlock l; static spinlock k;"
    body = "spin_lock(l); cpumask_clear(m); spin_unlock(l); spin_lock(k); cpumask_setall(m); spin_unlock(k);"
    assert not {"cpumask_clear", "cpumask_setall"} & names(body, two)


def test_a_handler_that_touches_the_mask_holds_no_lock() -> None:
    declarations = LOCKED + "handler leave() { cpumask_clear_cpu(smp_processor_id(), m); }"
    body = "spin_lock(l); cpumask_setall(m); spin_unlock(l); on_each_cpu(leave, true);"
    assert "cpumask_setall" not in names(body, declarations)


def test_a_lock_that_somebody_tries() -> None:
    assert "spin_unlock" not in names("if (spin_trylock(l)) spin_unlock(l);")


def test_preemption_matters_to_neighbours_and_to_cpus_that_leave() -> None:
    body = "preempt_disable(); preempt_enable();"
    assert names(body) == {"preempt_disable", "preempt_enable"}
    assert names(body, scope=TOGETHER) == set()
    assert names(body, scope=replace(APART, cpus=3, leavers=(2,))) == set()


def test_a_list_and_a_send_are_everybodys() -> None:
    body = (
        "for_each_populated_zone(z) if (pcp_count(smp_processor_id(), z) > 0)"
        " on_each_cpu(drain_local_pages, true);"
    )
    assert not {"pcp_count", "send_call"} & names(body)


def test_not_all_of_a_loop_is_made_first() -> None:
    assert names("bool b = true; while (b) cpu_relax();") == set()
    assert names("cpu_relax(); cpu_relax();") == {"cpu_relax", "cpu_relax_2"}
