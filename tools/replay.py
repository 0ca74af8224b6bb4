"""Replay: run a counterexample on the reference machine, and see whether it shows the same violation."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

from pcpdrain.codegen.backends.python import class_name, emit_python
from pcpdrain.codegen.pipeline import compile_source
from pcpdrain.codegen.scopes import Scope
from pcpdrain.pcpref.errors import NotEnabled
from pcpdrain.pcpref.machine import Machine
from pcpdrain.pcpref.program import Program
from pcpdrain.pcpref.scope import Scope as MachineScope
from pcpdrain.pcpref.suite import readable

from .traces import Trace


@dataclass(frozen=True)
class Replayed:
    """How a replay ended. `difference` says where the reference left the trace, if it did."""

    same_violation: bool
    difference: str
    details: tuple[str, ...]


def replay(trace: Trace) -> Replayed:
    """Run a trace on `pcpref`, comparing the state after every step.

    Raises:
        codegen.errors.DrainErrors: the source in the trace does not compile.
    """
    machine = machine_for(trace)
    difference = _compare(machine, trace, 0)
    for number, label in enumerate(trace.labels, 1):
        if difference:
            break
        try:
            machine.step(label)
        except NotEnabled:
            difference = f"step {number}, {label}: not possible on the reference machine"
            break
        difference = _compare(machine, trace, number)
    details = machine.violation_details().get(trace.property, ())
    return Replayed(not difference and bool(details), difference, details)


def machine_for(trace: Trace) -> Machine:
    """A reference machine at the trace's scope, with the variant compiled from the trace's own source."""
    text = emit_python(compile_source(trace.source).program)
    return Machine(machine_scope(trace.scope), program_class(trace.variant, text))


def machine_scope(scope: Scope) -> MachineScope:
    """The same bounds for the reference machine."""
    return MachineScope(scope.cpus, scope.zones, scope.pages, scope.high, scope.batch, scope.drainers)


def program_class(variant: str, text: str) -> type[Program]:
    """The program in a generated Python module."""
    module = ModuleType(f"generated_{variant}")
    exec(compile(text, f"<generated from {variant}>", "exec"), vars(module))  # our own compiler's output
    found: type[Program] = getattr(module, class_name(variant))
    return found


def _compare(machine: Machine, trace: Trace, number: int) -> str:
    """The variables that differ from the trace after `number` steps; empty when none."""
    observed = machine.observe()
    wrong = [
        f"{name} is {readable(observed.get(name))}, not {readable(value)}"
        for name, value in trace.states[number].items()
        if observed.get(name) != value
    ]
    if not wrong:
        return ""
    step = f"step {number}, {trace.labels[number - 1]}" if number else "the initial state"
    return f"{step}: {'; '.join(wrong)}"
