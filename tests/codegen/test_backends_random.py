"""Random variants: the compiler takes them or says why not; what it makes runs, and both backends agree."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, event, given, note, seed, settings
from hypothesis import strategies as st

from pcpdrain.codegen import errors
from pcpdrain.codegen.backends.python import emit_python
from pcpdrain.codegen.backends.tla import emit_model, emit_module
from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.properties import GHOSTS
from pcpdrain.tools.engines.explorer import TooManyStates as TooLarge
from pcpdrain.tools.engines.explorer import explored_graph
from tests.codegen.checking import checked_graph
from tests.codegen.compiling import TINY, compile_text, machine
from tests.codegen.exploring import differences, explore
from tests.codegen.programs import variants

TWO_ZONES = replace(TINY, name="two_zones", zones=2, drainers=(0, 1, 1))
MOST_STATES = 500
MOST_WITH_GHOSTS = 20 * MOST_STATES
SHARDS = 2
"""The programs are compared in so many tests, which may run side by side."""

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def compiled_or_refused(text: str) -> Program | None:
    """The program, or None when it is refused for the only thing that may be wrong with these: its size."""
    try:
        return compile_text(text)
    except errors.DrainErrors as failure:
        event("refused")
        if {diagnostic.code for diagnostic in failure.diagnostics} <= {"N501", "D218"}:
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


def graphs_agree(program: Program) -> bool:
    """Compare the graphs of all three backends; False if the program has too many states for that."""
    try:
        explored = explored_graph(program, TINY, MOST_STATES)
    except TooLarge:
        return False
    specification = checked_graph(program, TINY)
    implementation = explore(machine(program, TINY), specification.variables, MOST_WITH_GHOSTS)
    assert specification.variables == implementation.variables
    assert differences(specification, implementation) == []
    shown = [name for name in specification.variables if name not in GHOSTS]
    assert differences(specification.merged(shown), explored.of(shown), "explorer") == []
    return True


@pytest.mark.parametrize("shard", range(SHARDS))
def test_all_backends_find_the_same_graph(shard: int, request: pytest.FixtureRequest) -> None:
    """As many programs as `--programs` says, the same ones for the same `--seed`."""
    wanted, start = request.config.getoption("--programs"), request.config.getoption("--seed")
    compared: set[str] = set()

    @seed(start * SHARDS + shard)
    @settings(max_examples=wanted // SHARDS, deadline=None, database=None, suppress_health_check=SLOW)
    @given(variants(depth=2, most=3))
    def agree(text: str) -> None:
        assume(text not in compared)
        note(text)
        program = compiled_or_refused(text)
        assume(program is not None and graphs_agree(program))
        compared.add(text)

    agree()
    assert len(compared) >= wanted // SHARDS
