"""The explorer of machines: a step that changes nothing is a transition like any other."""

from pcpdrain.codegen.backends.tla import emit_model
from tests.codegen.compiling import TINY, compile_body, machine
from tests.codegen.exploring import explore


def test_a_step_may_lead_to_the_state_that_it_leaves() -> None:
    program = compile_body("while (true) { cpu_relax(); }")
    names = list(emit_model(program, TINY).state_keys.values())
    graph = explore(machine(program), names)
    assert any(target == state for state, out in enumerate(graph.edges) for target in out.values())
