"""The actions of a variant's module: a call's start and end, its steps, and what else happens meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...ir import expr as x
from ...ir.steps import ACK, IDLE, RETURN, Action, Choice, Guard, Machine, Program, Step, Target, conditions
from .expressions import CONTENTS, HANDLER, OK, TASK, Actor, Printer, identifier, string
from .layout import broken, share

_ACTIONS = {
    "preempt_disable": "PreemptDisable", "preempt_enable": "PreemptEnable", "local_irq_disable": "IrqDisable",
    "local_irq_enable": "IrqEnable", "send_call": "SendCall", "drain_zone_pages": "DrainZone",
    "ack_call": "AckEarly", "forget_zone_pages": "ForgetZone", "duplicate_zone_pages": "DuplicateZone",
}  # fmt: skip
_ON_A_CPU = ("drain_zone_pages", "forget_zone_pages", "duplicate_zone_pages")
"""The actions whose arguments say all; the others also need to know whose action it is."""

_NEW_CALL = {
    "last_writer": "IF last_writer = d THEN NoTask ELSE last_writer",
    "missed": "[missed EXCEPT ![d] = FALSE]",
}
_CALL_ENDED = {"missed": "[missed EXCEPT ![d] = owes[d] /= {}]"}
"""What becomes of the ghosts of the program when a task calls, and when it returns."""

UNCHANGED_MACHINE = "UNCHANGED machine_vars"
UNCHANGED_CONTROL = "UNCHANGED control_vars"

BOOT = "boot_machine"
"""The action that gives uninitialised masks their contents."""

ENVIRONMENT = (
    ("task_signal", ("d",), "Signal(d)"),
    ("workload_free", ("c", "z"), "Free(c, z)"),
    ("workload_link", ("c", "z"), "Link(c, z)"),
    ("workload_count", ("c", "z"), "Count(c, z)"),
    ("workload_alloc", ("c", "z"), "Alloc(c, z)"),
    ("cpu_offline", ("c",), "Offline(c)"),
    ("cpu_dead", ("c", "z"), "DeadNotifier(c, z)"),
    ("cpu_online", ("c",), "Online(c)"),
)
"""What happens besides the program: operator, parameters, and the action of the machine."""


@dataclass(frozen=True)
class Operator:
    """One action: `name(parameters) == LET definitions IN conjuncts`, with a comment."""

    name: str
    parameters: tuple[str, ...]
    comment: tuple[str, ...]
    conjuncts: tuple[str, ...]
    definitions: tuple[tuple[str, str], ...] = ()

    @property
    def lines(self) -> list[list[str]]:
        """The conjuncts, long ones broken."""
        return [broken(conjunct) for conjunct in self.conjuncts]

    @property
    def head(self) -> str:
        """The left side of the definition."""
        return f"{self.name}({', '.join(self.parameters)})"


def step_operator(actor: Actor, step: str) -> str:
    """The name of a step's action."""
    return actor.prefix + identifier(step)


def operators(program: Program, names: Sequence[str]) -> Iterator[Operator]:
    """All actions, tasks' first; `names` are the variables of the module."""
    emit = _Emitter(program, names)
    yield emit.start(program.task, TASK, "task_call", ("d",), "Call(d)", "A task enters drain_all_pages().")
    for step in program.task.steps.values():
        yield emit.step(step, TASK)
    yield emit.finish(TASK, "task_return", RETURN, "Return(d)", "drain_all_pages() returns.")
    if program.handler is not None:
        about = f"A CPU is interrupted and enters {program.handler_name}() for the call of task d."
        yield emit.start(program.handler, HANDLER, "handler_take", ("c", "d"), "TakeCall(c, d)", about)
        for step in program.handler.steps.values():
            yield emit.step(step, HANDLER)
        yield emit.finish(
            HANDLER, "handler_ack", ACK, "AckCall(c)", "The handler is done and tells the caller."
        )
    for name, parameters, action in ENVIRONMENT:
        yield emit.operator(name, parameters, (), [action, UNCHANGED_CONTROL], {})
    if program.uninitialised:
        yield emit.boot()


def program_steps(program: Program) -> Iterator[Instance]:
    """The task's steps as Next takes them: a step with an outcome once for each."""
    for step in program.task.steps.values():
        name = step_operator(TASK, step.name)
        if step.allocates:
            yield Instance(f"\\E {CONTENTS} \\in SUBSET Cpus : ", f"{name}(d, TRUE, {CONTENTS})")
            yield Instance("AllocFails /\\ ", f"{name}(d, FALSE, {{}})")
        else:
            yield Instance("", f"{name}(d)")


@dataclass(frozen=True)
class Instance:
    """An action applied to its arguments, after what binds or guards these."""

    before: str
    action: str


class _Emitter:
    def __init__(self, program: Program, names: Sequence[str]) -> None:
        self.program = program
        self.names = names

    def unchanged(self, changed: set[str]) -> str:
        rest = [name for name in self.names if name not in changed]
        return f"UNCHANGED <<{', '.join(rest)}>>" if rest else ""

    def operator(
        self,
        name: str,
        parameters: tuple[str, ...],
        comment: tuple[str, ...],
        guards: list[str],
        assigned: dict[str, str],
        expressions: Sequence[x.Expr] = (),
    ) -> Operator:
        """An operator, in which parts of the expressions that repeat get a name."""
        updates = [f"{variable}' = {value}" for variable, value in assigned.items()]
        parts = [part for expression in expressions for part in x.walk(expression)]
        definitions, conjuncts = share(
            [*guards, *updates], parts, Printer(HANDLER if "c" in parameters else TASK)
        )
        conjuncts = [c for c in (*conjuncts, self.unchanged(set(assigned))) if c]
        return Operator(name, parameters, comment, tuple(conjuncts), tuple(definitions))

    def start(
        self, machine: Machine, actor: Actor, name: str, parameters: tuple[str, ...], action: str, about: str
    ) -> Operator:
        """A task's call, or a CPU's entry into the handler."""
        runs = "TaskRunsIrqsOn(d)" if actor is TASK else "CanTake(c, d)"
        booted = ["booted"] if actor is TASK and self.program.uninitialised else []
        guards = [_position(actor, IDLE), runs, *booted, action, *self.control(actor, machine.entry)]
        assigned = self.locals(actor, machine.entry_updates)
        if actor is TASK:
            assigned |= _NEW_CALL
        return self.operator(name, parameters, (about,), guards, assigned)

    def finish(self, actor: Actor, name: str, position: str, action: str, about: str) -> Operator:
        """A task's return, or a handler's acknowledgement."""
        runs = "HandlerRuns(c)"
        if actor is TASK:
            runs = _task_runs(self.program.return_irqs_off)
        guards = [_position(actor, position), runs, action, *self.control(actor, Target(IDLE))]
        assigned = _CALL_ENDED if actor is TASK else {}
        return self.operator(name, (actor.parameter,), (about,), guards, assigned)

    def boot(self) -> Operator:
        """The machine starts: each mask that nobody zeroes begins with any contents."""
        masks = self.program.uninitialised
        about = f"The machine boots: nobody has zeroed {', '.join(masks)}."
        parameters = tuple(boot_parameter(mask) for mask in masks)
        assigned = dict(zip(masks, parameters, strict=True)) | {"booted": "TRUE"}
        guards = ["~booted", UNCHANGED_MACHINE, UNCHANGED_CONTROL]
        return self.operator(BOOT, parameters, (about,), guards, assigned)

    def step(self, step: Step, actor: Actor) -> Operator:
        """A program step: position, who runs, what blocks; then machine, control, locals, statics."""
        printer = Printer(actor)
        runs = "HandlerRuns(c)"
        if actor is TASK:
            runs = _task_runs(step.context.irqs_off)
        guards = [_position(actor, step.name), runs]
        if step.guard is not None:
            guards.append(guard_text(step.guard, printer))
        guards.append(_machine_action(step.action, printer) if step.action else UNCHANGED_MACHINE)
        guards.extend(self.control(actor, step.next))
        assigned = self.locals(actor, step.local_updates)
        assigned |= {name: printer.show(value) for name, value in step.static_updates.items()}
        if actor is TASK and step.static_updates:
            assigned["last_writer"] = "d"
        if step.lock_update is not None:
            lock, how = step.lock_update
            assigned[lock] = {"take": "d", "release": "NoTask"}.get(
                how, f"IF {lock} = NoTask THEN d ELSE {lock}"
            )
        place = f"{Path(step.span.source.name).name}:{step.span.line}: {_one_line(step)}"
        expressions = [*step.local_updates.values(), *step.static_updates.values(), *conditions(step.next)]
        comment = (place, str(step.context))
        parameters = (actor.parameter, *((OK, CONTENTS) if step.allocates else ()))
        return self.operator(
            step_operator(actor, step.name), parameters, comment, guards, assigned, expressions
        )

    def control(self, actor: Actor, target: Target | Choice) -> list[str]:
        """Where the actor goes; the other kind of actor stays."""
        here, there = ("at", "irq_at") if actor is TASK else ("irq_at", "at")
        goes = f"{here}' = [{here} EXCEPT ![{actor.parameter}] = {_target(target, Printer(actor))}]"
        stays = f"UNCHANGED {there}"
        return [goes, stays] if actor is TASK else [stays, goes]

    def locals(self, actor: Actor, updates: dict[str, x.Expr]) -> dict[str, str]:
        """New values of the actor's locals, in order of declaration."""
        printer = Printer(actor)
        texts = {actor.variable(name): printer.show(value) for name, value in updates.items()}
        return {
            name: f"[{name} EXCEPT ![{actor.parameter}] = {texts[name]}]"
            for name in self.names
            if name in texts
        }


def guard_text(guard: Guard, printer: Printer) -> str:
    """What must hold for the step not to be blocked."""
    if guard.op == "lock_free":
        return f"{guard.lock} = NoTask"
    if guard.op == "lock_free_or_signal":  # a disjunction would be two steps to TLC: see TaskRuns
        return f"IF {guard.lock} = NoTask THEN TRUE ELSE SignalPending(d)"
    name = {"answered": "Answered", "csd_free": "CsdFree"}[guard.op]
    return f"{name}(d, {printer.show(guard.args[0])})"


def boot_parameter(mask: str) -> str:
    """The parameter of the boot that holds the contents of a mask."""
    return f"{mask}__contents"


def _task_runs(irqs_off: bool) -> str:
    return "TaskRuns(d)" if irqs_off else "TaskRunsIrqsOn(d)"


def _position(actor: Actor, step: str) -> str:
    variable = "at" if actor is TASK else "irq_at"
    return f"{variable}[{actor.parameter}] = {string(step)}"


def _machine_action(action: Action, printer: Printer) -> str:
    arguments = [printer.show(argument) for argument in action.args]
    if action.op == "ack_call":
        arguments = [printer.actor.parameter]
    elif action.op not in _ON_A_CPU:
        arguments.insert(0, "d")
    return f"{_ACTIONS[action.op]}({', '.join(arguments)})"


def _target(target: Target | Choice, printer: Printer) -> str:
    if isinstance(target, Target):
        return string(target.step)
    then, other = _target(target.then, printer), _target(target.other, printer)
    return f"IF {printer.show(target.condition)} THEN {then} ELSE {other}"


def blocked(machine: Machine, actor: Actor) -> Iterator[str]:
    """For each step that can be blocked: being there, blocked."""
    for step in machine.steps.values():
        if step.guard is not None:
            guard = _parenthesised(guard_text(step.guard, Printer(actor)))
            yield f"{_position(actor, step.name)} /\\ ~{guard}"


def _parenthesised(text: str) -> str:
    return f"({text})" if " = " in text else text


def _one_line(step: Step) -> str:
    return " ".join(step.span.text.split())
