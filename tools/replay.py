"""Replay: run a counterexample on the reference machine, and see whether it shows the same violation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from types import ModuleType
from typing import Any

from pcpdrain.codegen.backends.python import class_name, emit_python
from pcpdrain.codegen.ir.steps import Program as CompiledProgram
from pcpdrain.codegen.pipeline import compile_source
from pcpdrain.codegen.scopes import Scope
from pcpdrain.pcpref.errors import NotEnabled, PcprefError
from pcpdrain.pcpref.liveness import judge
from pcpdrain.pcpref.machine import Machine
from pcpdrain.pcpref.program import Program
from pcpdrain.pcpref.scope import Scope as MachineScope
from pcpdrain.pcpref.suite import readable

from .results import Finding
from .traces import State, Trace, TraceError


@dataclass(frozen=True)
class Replayed:
    """How a replay ended.

    `trace` is what the reference did: as many of the labels as it could follow, and its own states.
    `difference` says where it left the trace, if it did; `details` how the property is violated; `doubt` why
    what repeats for ever is no violation.
    """

    trace: Trace
    difference: str
    details: tuple[str, ...]
    doubt: str = ""

    @property
    def same_violation(self) -> bool:
        """Whether the reference went all the way and ended in the same violation."""
        return not self.difference and bool(self.details)


def replay(trace: Trace, machine: Machine | None = None) -> Replayed:
    """Run a trace on `pcpref` (on a machine of one's own, if given), comparing the state after every step.

    Raises:
        codegen.errors.DrainErrors: the source in the trace does not compile.
        TraceError: the source is not that of the variant.
    """
    machine = machine_for(trace) if machine is None else machine
    states: list[State] = [machine.observe()]
    difference = what_differs(states[0], trace.states[0], "in the initial state")
    for number, label in enumerate(trace.labels, 1):
        if difference:
            break
        try:
            machine.step(label)
        except NotEnabled as error:
            possible = ", ".join(error.enabled) or "no steps"
            difference = f"at step {number}: {label} is not possible there; possible are {possible}"
            break
        except PcprefError as error:
            difference = f"at step {number}, {label}: {error}"
            break
        states.append(machine.observe())
        difference = what_differs(states[-1], trace.states[number], f"after step {number}, {label}")
    done = replace(trace, engine="pcpref", labels=trace.labels[: len(states) - 1], states=tuple(states))
    if trace.loop is None:
        return Replayed(done, difference, machine.violation_details().get(trace.property, ()))
    if difference:
        return Replayed(replace(done, loop=None), difference, ())
    lasso = judge(machine, trace.labels[: trace.loop], trace.labels[trace.loop :])
    return Replayed(done, "", lasso.details(), lasso.difference)


def confirmed(finding: Finding, program: type[Program]) -> Finding:
    """The finding itself if the reference machine shows its counterexample too; else no verdict.

    The two machines are of different hands: where they disagree, one of them is wrong about the kernel.
    """
    if finding.trace is None:
        return finding
    replayed = replay(finding.trace, Machine(machine_scope(finding.trace.scope), program))
    if replayed.same_violation:
        return finding
    why = replayed.difference or replayed.doubt or "it ends there without a violation"
    reason = f"{finding.engine} shows a counterexample that the reference machine does not: {why}"
    return replace(finding, found="unknown", reason=reason)


def what_differs(observed: Mapping[str, Any], told: State, when: str) -> str:
    """The variables of a trace's state (which need not be all) that the machine has otherwise, or nothing."""
    wrong = [
        f"{name} is {readable(observed.get(name, 'unknown'))}, in the trace {readable(value)}"
        for name, value in told.items()
        if name not in observed or observed[name] != value
    ]
    return f"{when}: {'; '.join(wrong)}" if wrong else ""


def machine_for(trace: Trace) -> Machine:
    """A reference machine at the trace's scope, with the variant compiled from the trace's own source."""
    return machine_of(program_of(trace), trace.scope)


def machine_of(program: CompiledProgram, scope: Scope) -> Machine:
    """A reference machine with a compiled variant."""
    return Machine(machine_scope(scope), reference_class(program))


@lru_cache(maxsize=64)
def reference_class(program: CompiledProgram) -> type[Program]:
    """A compiled variant as the reference machine takes it: the class in the Python that is made from it."""
    return program_class(program.name, emit_python(program))


def program_of(trace: Trace) -> CompiledProgram:
    """The variant, compiled from the trace's own source.

    Raises:
        TraceError: the source is that of another variant.
    """
    program = compile_source(trace.source).program
    if program.name != trace.variant:
        raise TraceError(f"a damaged trace: it is of {trace.variant}, its source of {program.name}")
    return program


def machine_scope(scope: Scope) -> MachineScope:
    """The same bounds for the reference machine."""
    return MachineScope(**{bound.name: getattr(scope, bound.name) for bound in fields(MachineScope)})


def program_class(variant: str, text: str) -> type[Program]:
    """The program in a generated Python module."""
    module = ModuleType(f"generated_{variant}")
    exec(compile(text, f"<generated from {variant}>", "exec"), vars(module))  # our own compiler's output
    found: type[Program] = getattr(module, class_name(variant))
    return found
