"""Known: the conjuncts that the compiler adds to every inductive invariant, since it knows them itself.

Of the machine: who serves whom, where pages are, what can be owed. Of the program: where each local has which
values, which steps hold which locks, have preemption or interrupts off. Each is a claim like any other and is
proved with them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Literal

from ..ir import formula as f
from ..ir.proof import Unprovable
from ..ir.steps import IDLE, Machine, Program
from ..ir.tree import LocalKind
from ..scopes import Scope
from .ranges import ALL, Classes, ranges

C, D, E, Z = f.Bound("Cpu"), f.Bound("Task"), f.Bound("Other"), f.Bound("Zone")
"""The quantified variables: a CPU, two tasks, a zone. A capital begins no name of a variant."""

_CPU, _TASK, _OTHER, _ZONE = (C.name, "cpus"), (D.name, "tasks"), (E.name, "tasks"), (Z.name, "zones")


def known(program: Program, scope: Scope) -> list[f.Conjunct]:
    """All that the compiler knows of a program's states at a scope.

    Raises:
        Unprovable: the program counts with `int` variables, which have no bounds.
    """
    for machine in (program.task, program.handler):
        for local in machine.locals if machine is not None else ():
            if local.kind is LocalKind.INT:
                raise Unprovable(f"`{local.name}` is an int, which has no bounds to prove anything within")
    facts = [
        *_machine(scope),
        *_calls(program),
        *_contexts(program, scope),
        *_locals(program.task, "at"),
        *(_locals(program.handler, "irq_at") if program.handler is not None else ()),
    ]
    return [f.Conjunct(name, formula, about) for name, formula, about in facts]


Fact = tuple[str, f.Formula, str]


def _for(domains: Iterable[tuple[str, str]], body: f.Formula) -> f.Formula:
    return f.forall(domains, body)  # type: ignore[arg-type]


def _idle(task: f.Formula) -> f.Formula:
    return f.At("at", task, (IDLE,))


# --- the machine


def _machine(scope: Scope) -> Iterator[Fact]:
    online = f.member(C, f.Value("online"))
    dead = f.Value("dead_zone", (C,))
    stays = f.Apply("!", (_is_one_of(C, scope.leavers),)) if scope.leavers else f.TRUE
    yield "who_stays", _for([_CPU], f.implies(stays, online)), "only those that may leave are ever offline"
    if scope.leavers:
        gone = f.implies(online, f.equal(dead, f.NONE))
        yield "gone", _for([_CPU], gone), "a notifier is under way only for a CPU that is offline"
        quiet = f.both(f.equal(f.Value("serving", (C,)), f.NONE), f.equal(f.Value("linking", (C,)), f.NONE))
        yield "gone_quiet", _for([_CPU], f.either(online, quiet)), "a CPU that is offline runs nothing"
        left = f.either(online, f.negation(_has_pages()), _notifier_will_drain())
        yield "gone_empty", _for([_CPU, _ZONE], left), "what a CPU leaves behind its notifier will find"
    else:
        yield "no_notifier", _for([_CPU], f.equal(dead, f.NONE)), "no CPU leaves, so no notifier runs"
    linking = f.Value("linking", (C,))
    if scope.count_window:
        alone = f.both(online, f.Value("irqs_on", (C,)), f.equal(f.Value("serving", (C,)), f.NONE))
        linked = f.either(f.equal(linking, f.NONE), alone)
        yield "links_apart", _for([_CPU], linked), "whoever links a page has the CPU to itself"
    else:
        yield "no_links", _for([_CPU], f.equal(linking, f.NONE)), "a free is one step"
    yield "pages_kept", _for([_ZONE], _conservation(scope)), "every page of a zone is in one place"
    debt = f.implies(f.Owed("owes", D, C, Z), f.both(_has_pages(), online))
    yield "debts_stand", _for([_TASK, _CPU, _ZONE], debt), "what is owed has pages, on a CPU that is online"
    if scope.leavers:
        found = f.both(_has_pages(), _notifier_will_drain())
        left_behind = f.implies(f.Owed("notified", D, C, Z), found)
        about = "what was left to a notifier has pages, and it will come to it"
        yield "debts_left_stand", _for([_TASK, _CPU, _ZONE], left_behind), about
    signalled = f.Value("signalled", (D,))
    in_call = f.implies(signalled, f.negation(_idle(D))) if scope.signals else f.negation(signalled)
    yield "signals", _for([_TASK], in_call), "signals reach calls only, where there are any"


def _is_one_of(one: f.Formula, numbers: Iterable[int]) -> f.Formula:
    return f.either(*(f.equal(one, f.Const(number)) for number in numbers))


def _has_pages() -> f.Formula:
    some = f.Apply(">", (f.Value("pcp", (C, Z)), f.Const(0)))
    return f.either(some, f.equal(f.Value("linking", (C,)), Z))


def _notifier_will_drain() -> f.Formula:
    dead = f.Value("dead_zone", (C,))
    return f.both(f.negation(f.equal(dead, f.NONE)), f.Apply(">=", (Z, dead)))


def _conservation(scope: Scope) -> f.Formula:
    total: f.Formula = f.Apply("+", (f.Value("buddy", (Z,)), f.Value("in_use", (Z,))))
    for cpu in map(f.Const, range(scope.cpus)):
        total = f.Apply("+", (total, f.Value("pcp", (cpu, Z))))
        if scope.count_window:
            linked = f.equal(f.Value("linking", (cpu,)), Z)
            total = f.Apply("+", (total, f.Apply("ite", (linked, f.Const(1), f.Const(0)))))
    return f.equal(total, f.Const(scope.pages))


def _calls(program: Program) -> Iterator[Fact]:
    """Who is called, who serves, who waits for whom."""
    idle = f.At("irq_at", C, (IDLE,))
    serving = f.Value("serving", (C,))
    free = f.equal(serving, f.NONE)
    yield "handlers_run", _for([_CPU], f.equal(idle, free)), "a handler is somewhere exactly while it serves"
    queued = f.member(D, f.Value("call_queue", (C,)))
    awaited = f.member(C, f.Value("awaiting", (D,)))
    served = f.equal(serving, D)
    pending = f.either(queued, served)
    if _acknowledges_early(program):
        kept = f.both(f.implies(queued, awaited), f.implies(awaited, pending))
        yield "calls_kept", _for([_TASK, _CPU], kept), "an unanswered call is in the queue or in the handler"
    else:
        paired = f.both(f.equal(awaited, pending), f.negation(f.both(queued, served)))
        about = "a call is unanswered exactly while it is in the queue or in the handler, and in one of them"
        yield "calls_paired", _for([_TASK, _CPU], paired), about


def _acknowledges_early(program: Program) -> bool:
    steps = program.handler.steps.values() if program.handler is not None else ()
    return any(step.action is not None and step.action.op == "ack_call" for step in steps)


# --- the program's contexts


def _contexts(program: Program, scope: Scope) -> Iterator[Fact]:
    """Preemption, interrupts and locks, as each step has them."""
    depths: dict[int, list[str]] = defaultdict(list)
    for name, step in program.task.steps.items():
        depths[step.context.preempt].append(name)
    count = f.Value("preempt_count", (D,))
    pinned = [name for depth, names in depths.items() if depth for name in names]
    known_depths = [
        f.implies(f.At("at", D, tuple(names)), f.equal(count, f.Const(depth)))
        for depth, names in depths.items()
        if depth
    ]
    in_pinned = f.At("at", D, tuple(pinned)) if pinned else f.FALSE
    depth_at = f.both(f.either(in_pinned, f.equal(count, f.Const(0))), *known_depths)
    yield "preemption", _for([_TASK], depth_at), "preemption is off where the program has it off"
    irqs_off = tuple(name for name, step in program.task.steps.items() if step.context.irqs_off)
    about = "interrupts are off where a task there has them off"
    yield "interrupts", _for([_CPU], _interrupts(irqs_off)), about
    if len(set(scope.drainers)) < len(scope.drainers):
        for name, steps in (("one_pinned", tuple(pinned)), ("one_with_irqs_off", irqs_off)):
            if steps:
                about = "no two tasks of a CPU keep each other off"
                yield name, _for([_TASK, _OTHER], _alone(steps)), about
    for lock in program.locks:
        held = tuple(name for name, step in program.task.steps.items() if lock in step.context.locks)
        holds = f.equal(f.Value(lock), D)
        body = f.equal(f.At("at", D, held), holds) if held else f.negation(holds)
        yield f"{lock}_held", _for([_TASK], body), "a lock is held exactly by whom the program lets hold it"


def _interrupts(irqs_off: tuple[str, ...]) -> f.Formula:
    on = f.Value("irqs_on", (C,))
    if not irqs_off:
        return on
    here = f.both(f.equal(f.Home(D), C), f.At("at", D, irqs_off))
    return f.equal(f.negation(on), f.Quantified("exists", D.name, "tasks", here))


def _alone(steps: tuple[str, ...]) -> f.Formula:
    together = f.both(
        f.negation(f.equal(D, E)),
        f.equal(f.Home(D), f.Home(E)),
        f.At("at", D, steps),
        f.At("at", E, steps),
    )
    return f.negation(together)


# --- the program's variables


def _locals(machine: Machine, where: Literal["at", "irq_at"]) -> Iterator[Fact]:
    """Each local has the values that the program's assignments give it, and its default elsewhere."""
    found = ranges(machine)
    who, domain, prefix = (D, _TASK, "") if where == "at" else (C, _CPU, "irq.")
    for local in machine.locals:
        value = f.Value(prefix + local.name, (who,))
        parts = []
        by_classes: dict[Classes, list[str]] = defaultdict(list)
        for place, values in found.items():
            by_classes[values[local.name]].append(place)
        for classes, places in by_classes.items():
            if classes != ALL[local.kind]:
                only = _is_of(value, local.kind, classes)
                parts.append(f.implies(f.At(where, who, tuple(sorted(places))), only))
        if parts:
            name = (prefix + local.name).replace(".", "_")
            about = f"`{local.name}` has the values that the program gives it"
            yield f"{name}_values", _for([domain], f.both(*parts)), about


def _is_of(value: f.Formula, kind: LocalKind, classes: Classes) -> f.Formula:
    """That a value is of the one class that is given; of no kind there are more than two."""
    (only,) = classes
    match kind, only:
        case LocalKind.BOOL, "true":
            return value
        case LocalKind.BOOL, _:
            return f.negation(value)
        case LocalKind.MASK, "empty":
            return f.Apply("empty", (value,))
        case LocalKind.MASK, _:
            return f.negation(f.Apply("empty", (value,)))
        case LocalKind.INT, "zero":
            return f.equal(value, f.Const(0))
        case LocalKind.INT, _:
            return f.TRUE
        case _, "none":
            return f.equal(value, f.NONE)
    return f.Apply(">=", (value, f.Const(0)))
