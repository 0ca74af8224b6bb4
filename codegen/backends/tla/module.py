"""A variant as a TLA+ module: its variables, one action for each step, and the next-state relation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ...ir.steps import RETURN, Program
from ...ir.tree import LocalKind, LocalVar
from ...properties import SAVED
from ...render import render
from .actions import BOOT, blocked, boot_parameter, operators, program_steps, step_operator
from .expressions import HANDLER, TASK, Actor, constant, strings

_TYPES = {LocalKind.BOOL: "Bool", LocalKind.MASK: "Set(Int)"}


@dataclass(frozen=True)
class Variable:
    """A variable that the module declares. `key` is its name in an observed state."""

    name: str
    key: str
    type: str
    initial: str
    about: str


@lru_cache(maxsize=64)  # it is the same at every scope
def emit_module(program: Program) -> str:
    """The text of `<variant>.tla`."""
    declared = variables(program)
    return render(
        "module.tla.j2",
        program=program,
        source_name=Path(program.source.name).name,
        variables=declared,
        operators=list(operators(program, [variable.name for variable in declared])),
        blocked_tasks=list(blocked(program.task, TASK)),
        blocked_handlers=list(blocked(program.handler, HANDLER)) if program.handler else [],
        irqs_off_steps=strings(irqs_off_steps(program)),
        saved_steps=strings(name for name, step in program.task.steps.items() if step.counts == SAVED),
        has_handler=program.handler is not None,
        task_steps=list(program_steps(program)),
        handler_steps=handler_steps(program),
        boot=BOOT,
        boot_parameters=[boot_parameter(mask) for mask in program.uninitialised],
    )


def handler_steps(program: Program) -> list[str]:
    """The actions of the handler's own steps."""
    return [step_operator(HANDLER, name) for name in program.handler.steps] if program.handler else []


def irqs_off_steps(program: Program) -> list[str]:
    """The task's steps, its return included, before which it has itself turned interrupts off."""
    steps = [name for name, step in program.task.steps.items() if step.context.irqs_off]
    return [*steps, RETURN] if program.return_irqs_off else steps


def variables(program: Program) -> list[Variable]:
    """What the program adds to the machine's state, in order of declaration."""
    found = [
        Variable(
            "last_writer", "last_writer", "Int", "NoTask",
            "Ghost: the task that stored last to a static cpumask, in its last call; or NoTask."
        ),
        Variable(
            "missed", "missed", "Int -> Bool", "[d \\in Tasks |-> FALSE]",
            "Ghost: whether the task still owed a list when its last call returned."
        ),
    ]  # fmt: skip
    if program.uninitialised:
        found.append(
            Variable("booted", "booted", "Bool", "FALSE", "whether masks that nobody zeroes have contents")
        )
    for name in program.masks:
        found.append(Variable(name, name, "Set(Int)", "{}", "static cpumask"))
    for name in program.locks:
        kind = "mutex" if name in program.mutexes else "spinlock"
        found.append(Variable(name, name, "Int", "NoTask", f"static {kind}: the task that holds it"))
    found.extend(_local(local, TASK, "Tasks", "of each task") for local in program.task.locals)
    if program.handler:
        found.extend(
            _local(local, HANDLER, "Cpus", "of each CPU's handler") for local in program.handler.locals
        )
    return found


def _local(local: LocalVar, actor: Actor, domain: str, whose: str) -> Variable:
    kind = _TYPES.get(local.kind, "Int")
    initial = f"[{actor.parameter} \\in {domain} |-> {constant(local.kind.default)}]"
    key = ("irq." if actor is HANDLER else "") + local.name
    return Variable(actor.variable(local.name), key, f"Int -> {kind}", initial, f"local {local.kind} {whose}")
