"""A variant at a scope as C: its steps, on the hand-written machine and search of this folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...ir import expr as x
from ...ir.steps import Action, Choice, Guard, Program, Step, Target
from ...ir.tree import LocalKind, LocalVar
from ...passes.local_first import local_steps
from ...properties import PROPERTIES, SAVED
from ...render import render
from ...scopes import Scope
from ..tla.labels import labelled
from .expressions import HANDLER, TASK, Actor, show
from .layout import Layout, handler_local, layout, static, task_local
from .numbers import boots, is_of_the_kernel, tables

_HERE = Path(__file__).parent

_GUARDS = {"answered": "!has(s->awaiting[d], {})", "csd_free": "!has(s->awaiting[d], {})"}


@dataclass(frozen=True)
class ExplorerModel:
    """The C text, how its states lie in memory, and the label that each number in an edge stands for.

    `properties` are those that a survey judges, in its order; empty where the graph is what is wanted.
    """

    text: str
    layout: Layout
    labels: tuple[str, ...]
    properties: tuple[str, ...] = ()


@dataclass(frozen=True)
class Code:
    """One step in C: where it is, what must hold, the lines that make the new state `n`, and its label."""

    place: int
    comment: str
    guards: tuple[str, ...]
    lines: tuple[str, ...]
    label: str
    allocates: bool = False


def emit_explorer(
    program: Program, scope: Scope, properties: Sequence[str] = (), *, reduced: bool = False
) -> ExplorerModel:
    """The C program that explores a variant at a scope: for its graph or, with properties, to judge these.

    States are then told apart by the ghosts that some of these properties read, and by no other. If it is
    `reduced`, where a step is possible that others can neither disturb nor notice (`passes.local_first`), no
    other one is tried: fewer states, the same verdicts.
    """
    judged = tuple(PROPERTIES[name] for name in properties)
    shown = {ghost for known in judged for ghost in known.ghosts} if judged else None
    where = layout(program, scope, shown)
    labels = tuple(transition.label for transition in labelled(program, scope))
    emit = _Emitter(program, where, writers=bool(judged))
    numbers = {label: number for number, label in enumerate(labels)}
    text = render(
        "explorer.c.j2",
        program=program,
        scope=scope,
        source_name=Path(program.source.name).name,
        layout=where,
        machine=_hand_written("machine.h"),
        search=_hand_written("search.h"),
        transitions=_hand_written("survey.h" if judged else "edges.h"),
        survey=_survey(program, where, labels, properties) if judged else None,
        tables=tables(program, scope, numbers),
        local=_local_first(program, scope, where) if reduced else [],
        boots=boots(program, scope, numbers),
        call=emit.call(),
        take=emit.take(),
        task_codes=emit.task_codes(),
        handler_codes=emit.handler_codes(),
        returns_at=len(where.task_places) - 1,
        acks_at=len(where.handler_places) - 1,
    )
    return ExplorerModel(text, where, labels, tuple(properties))


def _local_first(program: Program, scope: Scope, where: Layout) -> list[bool]:
    """Whether it is such a step that a task does next, by its place."""
    steps = local_steps(program, scope)
    return [name in steps for name in where.task_places]


def _survey(
    program: Program, where: Layout, labels: Sequence[str], properties: Sequence[str]
) -> dict[str, object]:
    """What the template needs besides where properties are judged."""
    steps = program.task.steps

    def places(holds: Callable[[Step], bool], last: bool) -> list[bool]:
        return [name in steps and holds(steps[name]) for name in where.task_places[:-1]] + [last]

    return {
        "ghosts": _hand_written("ghosts.h"),
        "predicates": _hand_written("properties.h"),
        "properties": properties,
        "places": {
            "HAS_IRQS_OFF": places(lambda step: step.context.irqs_off, program.return_irqs_off),
            "COUNTS_AS_SAVED": places(lambda step: step.counts == SAVED, False),
        },
        "kernel": [is_of_the_kernel(label) for label in labels],
        "locks": [static(lock) for lock in program.locks],
    }


@cache
def _hand_written(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


class _Emitter:
    """`writers`: whether it is noted who wrote a static mask last."""

    def __init__(self, program: Program, where: Layout, *, writers: bool) -> None:
        self.program = program
        self.writers = writers
        self.task_place = {name: number for number, name in enumerate(where.task_places)}
        self.handler_place = {name: number for number, name in enumerate(where.handler_places)}

    def call(self) -> Code:
        """What a task's entry into its call sets: locals and place."""
        return Code(0, "", (), self.moves(TASK, self.program.task.entry_updates, self.program.task.entry), "")

    def take(self) -> Code | None:
        """What a CPU's entry into the handler sets."""
        handler = self.program.handler
        if handler is None:
            return None
        return Code(0, "", (), self.moves(HANDLER, handler.entry_updates, handler.entry), "")

    def task_codes(self) -> list[Code]:
        """The steps of a task."""
        return [self.step(step, TASK) for step in self.program.task.steps.values()]

    def handler_codes(self) -> list[Code]:
        """The steps of a handler."""
        handler = self.program.handler
        return [self.step(step, HANDLER) for step in handler.steps.values()] if handler else []

    def step(self, step: Step, actor: Actor) -> Code:
        """A step: who runs, what blocks; then the machine, statics, locks, locals, the next place."""
        guards = ["runs" if step.context.irqs_off else "runs_irqs_on"] if actor is TASK else []
        if step.guard is not None:
            guards.append(_guard(step.guard, actor))
        lines = [_action(step.action, actor)] if step.action else []
        lines += [f"n->{static(name)} = {show(value, actor)};" for name, value in step.static_updates.items()]
        if self.writers and actor is TASK and step.static_updates:
            lines.append("n->last_writer = d;")
        if step.lock_update is not None:
            lock, how = step.lock_update
            member = static(lock)
            value = {"take": "d", "release": "-1"}.get(how, f"s->{member} < 0 ? d : s->{member}")
            lines.append(f"n->{member} = {value};")
        lines += self.moves(actor, step.local_updates, step.next)
        label = f"{actor.table(step.name)}[{actor.number}]" + ("[outcome]" if step.allocates else "")
        places = self.task_place if actor is TASK else self.handler_place
        comment = f"{step.name}, line {step.span.line}"
        return Code(places[step.name], comment, tuple(guards), tuple(lines), label, step.allocates)

    def moves(self, actor: Actor, updates: dict[str, x.Expr], target: Target | Choice) -> tuple[str, ...]:
        """New locals, and where the actor goes."""
        member = task_local if actor is TASK else handler_local
        kinds = {local.name: local.kind for local in self.locals(actor)}
        lines = []
        for name, value in updates.items():
            if name in kinds:
                text = show(value, actor)
                text = f"small({text})" if kinds[name] is LocalKind.INT else text
                lines.append(f"n->{member(name)}[{actor.number}] = {text};")
        place = "at" if actor is TASK else "irq_at"
        lines.append(f"n->{place}[{actor.number}] = {self.target(target, actor)};")
        return tuple(lines)

    def locals(self, actor: Actor) -> tuple[LocalVar, ...]:
        """The locals that are part of the state."""
        machine = self.program.task if actor is TASK else self.program.handler
        return machine.locals if machine is not None else ()

    def target(self, target: Target | Choice, actor: Actor) -> str:
        """Where control goes, as a number."""
        if isinstance(target, Target):
            return str((self.task_place if actor is TASK else self.handler_place)[target.step])
        then, other = self.target(target.then, actor), self.target(target.other, actor)
        return f"{show(target.condition, actor)} ? {then} : {other}"


def _guard(guard: Guard, actor: Actor) -> str:
    if guard.op == "lock_free":
        return f"s->{static(guard.lock)} < 0"
    if guard.op == "lock_free_or_signal":
        return f"(s->{static(guard.lock)} < 0 || s->signalled[d])"
    return _GUARDS[guard.op].format(show(guard.args[0], actor))


def _action(action: Action, actor: Actor) -> str:
    """The machine's part of a step: a function of machine.h."""
    args = [show(arg, actor) for arg in action.args]
    who = {"send_call": ["d"], "ack_call": ["c"], "preempt_disable": ["d"], "preempt_enable": ["d"]}
    if action.op in ("local_irq_disable", "local_irq_enable"):
        args = [actor.cpu]
    return f"{action.op}({', '.join(['s', 'n', *who.get(action.op, []), *args])});"
