"""Random variants: the compiler takes them or says why not; what it makes runs, and both backends agree."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, event, given, note, settings, target
from hypothesis import strategies as st

from pcpdrain.codegen import errors
from pcpdrain.codegen.backends.python import emit_python
from pcpdrain.codegen.backends.tla import emit_model, emit_module
from pcpdrain.codegen.ir.steps import Program
from tests.codegen.checking import checked_graph
from tests.codegen.compiling import TINY, compile_text, machine
from tests.codegen.exploring import TooManyStates, differences, explore
from tests.codegen.programs import variants

TWO_ZONES = replace(TINY, name="two_zones", zones=2, drainers=(0, 1, 1))
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def compiled_or_refused(text: str) -> Program | None:
    """The program, or None when it is refused for the only thing that may be wrong with these: its size."""
    try:
        return compile_text(text)
    except errors.DrainErrors as failure:
        event("refused")
        if {diagnostic.code for diagnostic in failure.diagnostics} == {"N501"}:
            return None
        raise


@settings(max_examples=30, deadline=None, suppress_health_check=SLOW)
@given(variants(), st.integers(0, 2**32))
def test_it_compiles_and_runs(text: str, seed: int) -> None:
    note(text)
    program = compiled_or_refused(text)
    if program is None:
        return
    model = emit_model(program, TWO_ZONES)
    again = compile_text(text)
    assert emit_module(program) == emit_module(again)
    assert emit_python(program) == emit_python(again)
    reference = machine(program, TWO_ZONES)
    names = set(model.state_keys.values())
    chooser = random.Random(seed)
    for _ in range(200):
        assert reference.observe().keys() == names
        enabled = sorted(reference.enabled())
        if not enabled:
            break
        assert set(enabled) <= set(model.labels.values())
        reference.step(chooser.choice(enabled))


@pytest.mark.exhaustive
@settings(max_examples=50, deadline=None, suppress_health_check=SLOW)
@given(variants(depth=2, most=3))
def test_both_backends_find_the_same_graph(text: str) -> None:
    note(text)
    program = compiled_or_refused(text)
    if program is None:
        return
    try:
        variables = list(emit_model(program, TINY).state_keys.values())
        implementation = explore(machine(program, TINY), variables, most_states=1500)
    except TooManyStates:
        event("too many states")
        return
    target(float(len(program.task.steps)))
    specification = checked_graph(program, TINY)
    assert specification.variables == implementation.variables
    assert differences(specification, implementation) == []
