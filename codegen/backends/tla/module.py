"""A variant as a TLA+ module: its variables, one action for each step, and the next-state relation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...ir import expr as x
from ...ir.steps import ACK, IDLE, RETURN, Action, Choice, Guard, Machine, Program, Step, Target, conditions
from ...ir.tree import LocalKind, LocalVar
from ...render import render
from .expressions import HANDLER, TASK, Actor, Printer, constant, identifier, string
from .layout import broken, share

_TYPES = {LocalKind.BOOL: "Bool", LocalKind.MASK: "Set(Int)"}
_ACTIONS = {
    "preempt_disable": "PreemptDisable", "preempt_enable": "PreemptEnable", "local_irq_disable": "IrqDisable",
    "local_irq_enable": "IrqEnable", "send_call": "SendCall", "drain_zone_pages": "DrainZone",
}  # fmt: skip
UNCHANGED_MACHINE = "UNCHANGED machine_vars"


@dataclass(frozen=True)
class Variable:
    """A variable that the module declares. `key` is its name in an observed state."""

    name: str
    key: str
    type: str
    initial: str
    about: str


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


def emit_module(program: Program) -> str:
    """The text of `<variant>.tla`."""
    return render(
        "module.tla.j2",
        program=program,
        source_name=Path(program.source.name).name,
        variables=variables(program),
        operators=list(operators(program)),
        blocked_tasks=list(_blocked(program.task, TASK)),
        blocked_handlers=list(_blocked(program.handler, HANDLER)) if program.handler else [],
        irqs_off_steps=[name for name, step in program.task.steps.items() if step.context.irqs_off],
        has_handler=program.handler is not None,
        task_steps=[step_operator(TASK, name) for name in program.task.steps],
        handler_steps=[step_operator(HANDLER, name) for name in program.handler.steps]
        if program.handler
        else [],
    )


def variables(program: Program) -> list[Variable]:
    """What the program adds to the machine's state, in order of declaration."""
    found = [Variable(name, name, "Set(Int)", "{}", "static cpumask") for name in program.masks]
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


def step_operator(actor: Actor, step: str) -> str:
    """The name of a step's action."""
    return actor.prefix + identifier(step)


def operators(program: Program) -> Iterator[Operator]:
    """All actions, tasks' first."""
    names = [variable.name for variable in variables(program)]
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
    for name, action in (("workload_free", "Free(c, z)"), ("workload_alloc", "Alloc(c, z)")):
        yield Operator(name, ("c", "z"), (), (action, "UNCHANGED control_vars", emit.unchanged(set())))


class _Emitter:
    def __init__(self, program: Program, names: list[str]) -> None:
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
        guards = [_position(actor, IDLE), runs, action, *self.control(actor, machine.entry)]
        return self.operator(name, parameters, (about,), guards, self.locals(actor, machine.entry_updates))

    def finish(self, actor: Actor, name: str, position: str, action: str, about: str) -> Operator:
        """A task's return, or a handler's acknowledgement."""
        runs = "TaskRunsIrqsOn(d)" if actor is TASK else "HandlerRuns(c)"
        guards = [_position(actor, position), runs, action, *self.control(actor, Target(IDLE))]
        return self.operator(name, (actor.parameter,), (about,), guards, {})

    def step(self, step: Step, actor: Actor) -> Operator:
        """A program step: position, who runs, what blocks; then machine, control, locals, statics."""
        printer = Printer(actor)
        runs = "HandlerRuns(c)"
        if actor is TASK:
            runs = "TaskRuns(d)" if step.context.irqs_off else "TaskRunsIrqsOn(d)"
        guards = [_position(actor, step.name), runs]
        if step.guard is not None:
            guards.append(guard_text(step.guard, printer))
        guards.append(_machine_action(step.action, printer) if step.action else UNCHANGED_MACHINE)
        guards.extend(self.control(actor, step.next))
        assigned = self.locals(actor, step.local_updates)
        assigned |= {name: printer.show(value) for name, value in step.static_updates.items()}
        if step.lock_update is not None:
            lock, how = step.lock_update
            assigned[lock] = {"take": "d", "release": "NoTask"}.get(
                how, f"IF {lock} = NoTask THEN d ELSE {lock}"
            )
        place = f"{Path(step.span.source.name).name}:{step.span.line}: {_one_line(step)}"
        expressions = [*step.local_updates.values(), *step.static_updates.values(), *conditions(step.next)]
        comment = (place, str(step.context))
        return self.operator(
            step_operator(actor, step.name), (actor.parameter,), comment, guards, assigned, expressions
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
    name = {"answered": "Answered", "csd_free": "CsdFree"}[guard.op]
    return f"{name}(d, {printer.show(guard.args[0])})"


def _position(actor: Actor, step: str) -> str:
    variable = "at" if actor is TASK else "irq_at"
    return f"{variable}[{actor.parameter}] = {string(step)}"


def _machine_action(action: Action, printer: Printer) -> str:
    arguments = [printer.show(argument) for argument in action.args]
    if action.op != "drain_zone_pages":
        arguments.insert(0, "d")
    return f"{_ACTIONS[action.op]}({', '.join(arguments)})"


def _target(target: Target | Choice, printer: Printer) -> str:
    if isinstance(target, Target):
        return string(target.step)
    then, other = _target(target.then, printer), _target(target.other, printer)
    return f"IF {printer.show(target.condition)} THEN {then} ELSE {other}"


def _blocked(machine: Machine, actor: Actor) -> Iterator[str]:
    """For each step that can be blocked: being there, blocked."""
    for step in machine.steps.values():
        if step.guard is not None:
            guard = _parenthesised(guard_text(step.guard, Printer(actor)))
            yield f"{_position(actor, step.name)} /\\ ~{guard}"


def _parenthesised(text: str) -> str:
    return f"({text})" if " = " in text else text


def _one_line(step: Step) -> str:
    return " ".join(step.span.text.split())
