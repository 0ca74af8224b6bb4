"""The hand-written TLA+ of a variant under TLC: its labelled state graph, in the labels of the project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pcpdrain.codegen.graph import LabelledGraph, canonical_graph
from pcpdrain.codegen.ir.steps import MACHINE_VARIABLES
from pcpdrain.codegen.library import SPEC
from pcpdrain.codegen.properties import GHOSTS
from pcpdrain.codegen.scopes import Scope
from pcpdrain.tools.engines.dot import read_dot
from pcpdrain.tools.engines.tlc import TlcResult, run_tlc

MACHINE = SPEC / "tla"
HANDWRITTEN = MACHINE / "handwritten"
MODULE = "PerCpuSummary"

CFD = "smp_call_function_many.cfd"
OBSERVED = (*(name for name in MACHINE_VARIABLES if name not in GHOSTS), "cpus_with_pcps", CFD)
"""What is compared in every state: the machine without ghosts, the mask, and what a caller keeps of it.

The other locals are each hand's own. What is kept of a mask can make more states of one. Of the peek the
kernel keeps nothing: that shows in the number of states from four CPUs on, and in what is kept with three.
"""

BY_HAND = {CFD: "targets"}
"""The names of the hand-written module, where they are others."""

OF_A_TASK = {
    "BeginCall": "call",
    "FindNextCpu": "drain_all_pages.for_each_online_cpu",
    "LookAtList": "drain_all_pages.pcp_count",
    "SetBit": "drain_all_pages.cpumask_set_cpu",
    "ClearBit": "drain_all_pages.cpumask_clear_cpu",
    "Pin": "on_each_cpu_mask.preempt_disable",
    "SearchMask": "smp_call_function_many.cpumask_and",
    "SearchOnline": "smp_call_function_many.cpumask_and_2",
    "CopyMask": "smp_call_function_many.cpumask_and_3",
    "CopyOnline": "smp_call_function_many.cpumask_and_4",
    "SendToNext": "smp_call_function_many.send_call",
    "WaitForNext": "smp_call_function_many.wait_call",
    "TestOwnBit": "on_each_cpu_mask.cpumask_test_cpu",
    "IrqsOff": "on_each_cpu_mask.local_irq_disable",
    "DrainOwnZone": "drain_local_pages.drain_zone_pages",
    "IrqsOn": "on_each_cpu_mask.local_irq_enable",
    "Unpin": "on_each_cpu_mask.preempt_enable",
    "EndCall": "return",
    "RaiseSignal": "signal",
}
OF_A_CPU = {
    "DrainCalledZone": "drain_local_pages.drain_zone_pages",
    "LeaveHandler": "ack",
    "GoOffline": "offline",
    "ComeOnline": "online",
}
OF_A_CPU_AND_ZONE = {
    "FreePage": "free",
    "AllocPage": "alloc",
    "LinkPage": "link",
    "CountPage": "count",
    "DrainDeadZone": "dead",
}


def steps(scope: Scope) -> Iterator[tuple[str, str]]:
    """Each step that somebody could make at a scope: in TLA+, and its label."""
    tasks, cpus, zones = range(len(scope.drainers)), range(scope.cpus), range(scope.zones)
    for task in tasks:
        yield from ((f"{action}({task})", f"d{task}:{what}") for action, what in OF_A_TASK.items())
    for cpu in cpus:
        yield from ((f"{action}({cpu})", f"c{cpu}:{what}") for action, what in OF_A_CPU.items())
        yield from ((f"EnterHandler({cpu}, {task})", f"c{cpu}:take d{task}") for task in tasks)
        for zone in zones:
            of_zone = OF_A_CPU_AND_ZONE.items()
            yield from ((f"{action}({cpu}, {zone})", f"c{cpu}:{what} z{zone}") for action, what in of_zone)


def run(folder: Path, scope: Scope, behaviour: str, dump: Path | None = None) -> TlcResult:
    """Run TLC at a scope.

    `behaviour` is the part of the configuration that says what runs and what is checked. A module in `folder`
    takes the place of the one of the same name in the repository.

    `Labelled` there has an operator without arguments for each step, since TLC names the operators of a graph
    and not their arguments.
    """
    actions = [action for action, _ in steps(scope)]
    model = [
        "---- MODULE Labelled ----",
        f"EXTENDS {MODULE}",
        f"HomeOfTask == [d \\in Tasks |-> <<{', '.join(map(str, scope.drainers))}>>[d + 1]]",
        *(f"step_{number} == /\\ {action}" for number, action in enumerate(actions)),
        "LabelledNext ==",
        *(f"  \\/ step_{number}" for number in range(len(actions))),
        "====",
    ]
    (folder / "Labelled.tla").write_text("\n".join(model), encoding="utf-8")
    (folder / "model.cfg").write_text(f"{behaviour}\n{constants(scope)}\n", encoding="utf-8")
    return run_tlc(folder, "Labelled", "model.cfg", dump=dump, library=[HANDWRITTEN, MACHINE], timeout=300)


def constants(scope: Scope) -> str:
    """The CONSTANTS of a configuration."""
    return (
        f"CONSTANTS Cpus = {set_of(range(scope.cpus))} Zones = {set_of(range(scope.zones))}\n"
        f"Tasks = {set_of(range(len(scope.drainers)))} Home <- HomeOfTask Calls = {scope.calls}\n"
        f"Pages = {scope.pages} High = {scope.high} Batch = {scope.batch} Leavers = {set_of(scope.leavers)}\n"
        f"Signals = {truth(scope.signals)} AllocFails = {truth(scope.alloc_fails)}\n"
        f"CountWindow = {truth(scope.count_window)}"
    )


def set_of(members: range | tuple[int, ...]) -> str:
    """A TLA+ set of numbers."""
    return f"{{{', '.join(map(str, members))}}}"


def truth(value: bool) -> str:
    """TRUE or FALSE."""
    return str(value).upper()


def handwritten_graph(folder: Path, scope: Scope) -> LabelledGraph:
    """The whole labelled graph at a scope, without ghosts, of the `OBSERVED` variables."""
    dump = folder / "graph.dot"
    result = run(folder, scope, "INIT Init\nNEXT LabelledNext\nVIEW WithoutGhosts", dump).verdict()
    graph = read_dot(dump)
    labels = {f"step_{number}": label for number, (_, label) in enumerate(steps(scope))}
    labelled = canonical_graph(
        OBSERVED,
        graph.initial[0],
        {
            number: tuple(state[BY_HAND.get(name, name)] for name in OBSERVED)
            for number, state in graph.states.items()
        },
        ((source, labels[operator], target) for source, operator, target in graph.edges),
    )
    assert len(graph.initial) == 1
    assert (result.distinct, result.generated) == (len(labelled.states), labelled.transitions + 1)
    return labelled


def observed(graph: LabelledGraph) -> LabelledGraph:
    """A graph of more variables, with the `OBSERVED` ones only."""
    places = [graph.variables.index(name) for name in OBSERVED]
    states = tuple(tuple(state[place] for place in places) for state in graph.states)
    return LabelledGraph(OBSERVED, states, graph.edges)
