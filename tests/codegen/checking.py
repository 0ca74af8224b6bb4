"""The state graph of a compiled variant as TLC finds it, ghosts and all, its invariants checked."""

from __future__ import annotations

import tempfile
from pathlib import Path

from pcpdrain.codegen.backends.tla import emit_model
from pcpdrain.codegen.backends.tla.inductive import emit_inductive
from pcpdrain.codegen.graph import LabelledGraph, canonical_graph
from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.scopes import Scope
from pcpdrain.tools.check import write_model
from pcpdrain.tools.engines.dot import read_dot
from pcpdrain.tools.engines.servers import own_servers
from pcpdrain.tools.engines.tlc import TlcResult, run_tlc

INVARIANTS = (
    "TypeOK", "CallsKept", "DebtsStand", "PagesSeen", "SignalsInCalls", "LinksApart", "GoneAreEmptied",
)  # fmt: skip
"""What holds of the machine whatever the program does."""

UNLESS = {
    "PageConservation": {"forget_zone_pages", "duplicate_zone_pages"},
    "CallsPaired": {"ack_call"},
}
"""What holds of it unless the program does one of these."""


def searched(folder: Path, module: str, dump: Path) -> TlcResult:
    """What TLC finds, in the servers of this process."""
    return run_tlc(folder, module, "graph.cfg", dump=dump, timeout=120, servers=own_servers()).verdict()


def machine_invariants(program: Program) -> list[str]:
    """What holds of the machine with this program on it."""
    steps = [*program.task.steps.values(), *(program.handler.steps.values() if program.handler else ())]
    done = {step.action.op for step in steps if step.action}
    return [*INVARIANTS, *(name for name, spoilers in UNLESS.items() if not spoilers & done)]


def checked_graph(program: Program, scope: Scope, *, kept: bool = True) -> LabelledGraph:
    """The whole labelled graph, every variable in it; invariants of the machine are to be `kept`."""
    model = emit_model(program, scope)
    with tempfile.TemporaryDirectory() as name:
        folder = write_model(model, Path(name))
        (folder / "graph.cfg").write_text(
            model.config(machine_invariants(program) if kept else []), encoding="utf-8"
        )
        dump = folder / "graph.dot"
        result = searched(folder, model.module, dump)
        assert result.outcome == "holds", f"{result.violated}: {result.trace[-1:]}"
        graph = read_dot(dump)
    names = list(model.state_keys)
    return canonical_graph(
        [model.state_keys[name] for name in names],
        graph.initial[0],
        {number: tuple(state[name] for name in names) for number, state in graph.states.items()},
        ((source, model.labels[operator], target) for source, operator, target in graph.edges),
    )


def proof_graph(program: Program, scope: Scope) -> LabelledGraph:
    """The labelled graph of all states of the inductive invariant, whether they can be reached or not.

    The ghosts of which it does not speak are left out.
    """
    inductive = emit_inductive(program, scope, ["drain_complete"])
    with tempfile.TemporaryDirectory() as name:
        folder = write_model(inductive, Path(name))
        (folder / "graph.cfg").write_text(inductive.config("IndInit"), encoding="utf-8")
        dump = folder / "graph.dot"
        result = searched(folder, inductive.module, dump)
        assert result.outcome == "holds", f"{result.violated}: {result.trace[-1:]}"
        graph = read_dot(dump)
    keys = [inductive.model.state_keys[name] for name in inductive.visible]
    numbers = {number: place for place, number in enumerate(graph.states)}
    edges: list[dict[str, int]] = [{} for _ in numbers]
    for source, operator, target in graph.edges:
        edges[numbers[source]][inductive.model.labels[operator]] = numbers[target]
    states = [tuple(state[name] for name in inductive.visible) for state in graph.states.values()]
    return LabelledGraph(tuple(keys), tuple(states), tuple(edges))
