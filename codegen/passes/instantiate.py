"""Instantiate: checked AST => stepped tree. Afterwards every shared access is a named step.

Routines are inlined, each call a copy of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .. import ast
from ..ir import expr as x
from ..ir.tree import (
    Branch,
    Effect,
    ForEach,
    Inline,
    Jump,
    LocalKind,
    LocalVar,
    Loop,
    MaskOp,
    Node,
    Process,
    Scope,
    SetLocal,
)
from ..source import Span
from .acquire import acquire, acquisition, free
from .evaluate import Evaluated, evaluate, mask_operand, step_of
from .frame import Binding, ConditionName, CounterName, Frame, HandlerName, LockName
from .instances import Routines, as_python, passed_as
from .operations import lock_operation, mask_operation
from .pauses import needs_pause

_LOCAL_KINDS = {
    "bool": LocalKind.BOOL, "int": LocalKind.INT, "cpu": LocalKind.CPU, "cpumask": LocalKind.MASK,
}  # fmt: skip
_PLAIN_EFFECTS = {
    "preempt_disable", "preempt_enable", "local_irq_disable", "local_irq_enable", "cond_resched", "cpu_relax",
    "send_call", "wait_call", "ack_call", "drain_zone_pages", "forget_zone_pages", "duplicate_zone_pages",
    "count_event",
}  # fmt: skip


def instantiate(
    variant: ast.Variant, libraries: Sequence[ast.Library]
) -> tuple[Process, Process | None, dict[str, Span]]:
    """The task's process, the IPI handler's (if any call is sent), and where which handlers are sent."""
    units: list[ast.Library | ast.Variant] = [*libraries, variant]
    routines = {r.name.text: r for unit in units for r in unit.routines}
    statics: dict[str, Binding] = {"cpu_online_mask": x.OnlineMask()}
    for static in variant.statics:
        name = static.name.text
        is_mask = static.type in ("cpumask", "cpumask_var")
        statics[name] = x.StaticMask(name, name) if is_mask else LockName(name, static.type == "spinlock")
    statics |= {counter.name.text: CounterName(counter.name.text) for counter in variant.counters}
    statics |= {
        name: HandlerName(name, name) for name, routine in routines.items() if routine.kind == "handler"
    }
    statics |= {
        name: ConditionName(name) for name, routine in routines.items() if routine.kind == "condition"
    }
    entry = next(routine for routine in variant.routines if routine.kind == "entry")
    of_task = Routines(routines, statics)
    task = _process(of_task, entry)
    sent = of_task.handlers_sent
    if not sent:
        return task, None, sent
    handler = next(iter(sent))
    of_handler = Routines(routines, statics, names=of_task.names.for_handler(handler))
    return task, _process(of_handler, routines[handler]), sent


def _process(routines: Routines, root: ast.Routine) -> Process:
    frame = routines.open_frame(root, "", {}, {})
    frame.instance.body = _block(routines, frame, root.body)
    return Process(frame.instance, tuple(routines.instances), routines.regions())


def _block(routines: Routines, frame: Frame, block: ast.Block) -> tuple[Node, ...]:
    brace = block.span.source.span(block.span.end - 1, block.span.end)
    return _statements(routines, frame, block.body, brace)


def _statements(
    routines: Routines, frame: Frame, statements: Sequence[ast.Stmt], end: Span
) -> tuple[Node, ...]:
    """Statements of a block that ends at `end`. A declaration opens a scope for all that follow it."""
    nodes: list[Node] = []
    for index, statement in enumerate(statements):
        if isinstance(statement, ast.Local):
            rest = statements[index + 1 :]
            return (*nodes, *_declare(routines, frame, statement, rest, end))
        nodes.extend(_statement(routines, frame, statement))
    return tuple(nodes)


def _declare(
    routines: Routines, frame: Frame, declared: ast.Local, rest: Sequence[ast.Stmt], end: Span
) -> tuple[Node, ...]:
    kind = _LOCAL_KINDS[declared.type]
    start = Evaluated(x.Const(kind.default)) if declared.value is None else evaluate(frame, declared.value)
    variable, local = frame.declare(declared.name.text, kind)
    first: Node
    if kind is LocalKind.MASK:
        first = MaskOp("declare", local, (), None, declared.span)
    else:
        first = SetLocal(local, start.value, step_of(frame, start.value, declared.span), declared.span)
    frame.bind(declared.name.text, local)
    return (Scope((variable,), (*start.wrap(first), *_statements(routines, frame, rest, end)), end),)


def _statement(routines: Routines, frame: Frame, statement: ast.Stmt) -> tuple[Node, ...]:
    match statement:
        case ast.Block():
            return _block(routines, frame, statement)
        case ast.Labelled(label, inner):
            nodes = _statement(routines, frame, inner)
            routines.labelled.append((frame, label, nodes))
            return nodes
        case ast.Assign(name, value, span):
            done = evaluate(frame, value)
            target = frame.names[name.text]
            assert isinstance(target, x.Local)
            return done.wrap(SetLocal(target, done.value, step_of(frame, done.value, span), span))
        case ast.If(condition, then, other):
            yes = _statement(routines, frame, then)
            no = _statement(routines, frame, other) if other else ()
            return _branch(routines, frame, condition, yes, no)
        case ast.While():
            return _while(routines, frame, statement)
        case ast.ForEach():
            return _for_each(routines, frame, statement)
        case ast.Jump(kind, span):
            return (Jump(kind, span),)
        case ast.Return(value, span):
            return (Jump("return", span),) if value is None else _answer(frame, value, span)
        case ast.CallStmt(call):
            return _call(routines, frame, call)
    raise AssertionError(f"{statement.span}: refused by the checker")


def _answer(frame: Frame, value: ast.Expr, span: Span) -> tuple[Node, ...]:
    """`return` with a value: what a condition gives."""
    assert frame.instance.result is not None
    done = evaluate(frame, value)
    result = SetLocal(frame.instance.result, done.value, step_of(frame, done.value, value.span), value.span)
    return done.wrap(result, Jump("return", span))


def _asked(routines: Routines, frame: Frame, condition: ast.Expr) -> Evaluated:
    """The value of a condition: an expression, or what a condition routine gives that is run first."""
    asked = ast.asked(condition)
    routine = _routine(routines, frame, asked.call) if asked is not None else None
    if asked is None or routine is None:
        return evaluate(frame, condition)
    before, result = _inline(routines, frame, routine, asked.call)
    assert result is not None
    return Evaluated(x.negate(result) if asked.negated else result, before)


def _branch(
    routines: Routines,
    frame: Frame,
    condition: ast.Expr,
    then: tuple[Node, ...],
    other: tuple[Node, ...],
) -> tuple[Node, ...]:
    acquired = acquisition(condition)
    if acquired is not None:
        return acquire(frame, acquired, then, other)
    return _decide(frame, condition, _asked(routines, frame, condition), then, other)


def _decide(
    frame: Frame, condition: ast.Expr, done: Evaluated, then: tuple[Node, ...], other: tuple[Node, ...]
) -> tuple[Node, ...]:
    """A branch on a value; one that is known now is no branch."""
    if isinstance(done.value, x.Const):
        return then if done.value.value else other
    step = step_of(frame, done.value, condition.span)
    return done.wrap(Branch(done.value, then, other, step, condition.span))


def _while(routines: Routines, frame: Frame, loop: ast.While) -> tuple[Node, ...]:
    leave = (Jump("break", loop.condition.span),)
    body: tuple[Node, ...]
    acquired = acquisition(loop.condition)
    if acquired is not None:
        body = acquire(frame, acquired, _statement(routines, frame, loop.body), leave)
    else:
        done = _asked(routines, frame, loop.condition)
        opposite = replace(done, value=x.negate(done.value))
        body = (*_decide(frame, loop.condition, opposite, leave, ()), *_statement(routines, frame, loop.body))
    pause = frame.step("while", loop.condition.span) if needs_pause(body) else None
    return (Loop(body, pause, loop.span),)


def _for_each(routines: Routines, frame: Frame, loop: ast.ForEach) -> tuple[Node, ...]:
    zones = loop.kind == "for_each_populated_zone"
    variable, local = frame.declare(loop.variable.text, LocalKind.ZONE if zones else LocalKind.CPU)
    frame.bind(loop.variable.text, local)
    mask: x.Expr | None = None
    if loop.kind == "for_each_online_cpu":
        mask = x.Access(loop.kind, x.OnlineMask())
    elif loop.mask is not None:
        mask = mask_operand(frame, loop.mask, loop.kind)
    if isinstance(mask, x.Access):
        return _for_each_shared(routines, frame, loop, (variable, local), mask)
    body = _statement(routines, frame, loop.body)
    pause = frame.step(loop.kind, loop.head) if needs_pause(body) else None
    assert mask is None or isinstance(mask, x.Local)
    return (Scope((variable,), (ForEach(local, mask, body, pause, loop.head),)),)


def _for_each_shared(
    routines: Routines, frame: Frame, loop: ast.ForEach, variable: tuple[LocalVar, x.Local], mask: x.Access
) -> tuple[Node, ...]:
    """A loop over a shared mask reads the live mask again for every next CPU."""
    declared, local = variable
    advance = SetLocal(local, x.Apply("next", (local, mask)), frame.step(loop.kind, loop.head), loop.head)
    done = x.negate(x.Apply("<", (local, x.NR_CPUS)))
    leave = Branch(done, (Jump("break", loop.head),), (), None, loop.head)
    body = (advance, leave, *_statement(routines, frame, loop.body))
    start = SetLocal(local, x.Const(LocalKind.CPU.default), None, loop.head)
    return (Scope((declared,), (start, Loop(body, None, loop.head))),)


def _call(routines: Routines, frame: Frame, call: ast.Call) -> tuple[Node, ...]:
    name = call.name.text
    routine = _routine(routines, frame, call)
    if routine is not None:
        return _inline(routines, frame, routine, call)[0]
    if name.removeprefix("__").startswith("cpumask_"):
        return mask_operation(frame, call)
    if name == "free_cpumask_var":
        return (free(frame, call),)
    if name.startswith(("spin_", "mutex_")):
        return lock_operation(frame, call)
    assert name in _PLAIN_EFFECTS, f"{call.span}: refused by the checker"
    return _plain_effect(routines, frame, call)


def _plain_effect(routines: Routines, frame: Frame, call: ast.Call) -> tuple[Node, ...]:
    values: list[x.Expr] = []
    before: list[Evaluated] = []
    effect_name = shown = ""
    for argument in call.args:
        bound = frame.names.get(argument.name) if isinstance(argument, ast.Ref) else None
        if isinstance(bound, HandlerName):
            effect_name, shown = bound.name, bound.shown
            routines.handlers_sent.setdefault(bound.name, argument.span)
        elif isinstance(bound, CounterName):
            effect_name = shown = bound.name
        else:
            before.append(evaluate(frame, argument))
            values.append(before[-1].value)
    effect = Effect(call.name.text, tuple(values), frame.step(call.name.text, call.span), effect_name, shown)
    assert not any(done.before for done in before), "CPUs and zones are locals"
    return (effect,)


def _routine(routines: Routines, frame: Frame, call: ast.Call) -> ast.Routine | None:
    """The routine that a call means: one of that name, or the one that a parameter stands for."""
    name = call.name.text
    bound = frame.names.get(name)
    return routines.routines.get(bound.name if isinstance(bound, HandlerName | ConditionName) else name)


def _inline(
    routines: Routines, frame: Frame, routine: ast.Routine, call: ast.Call
) -> tuple[tuple[Node, ...], x.Local | None]:
    """A copy of a routine in place of its call, and what it gives, if it is a condition."""
    references: dict[str, Binding] = {}
    passed: list[str] = []
    values: list[tuple[ast.Param, Evaluated]] = []
    for parameter, argument in zip(routine.params, call.args, strict=True):
        name = parameter.name.text
        if parameter.type in ("cpumask", "handler", "condition"):
            assert isinstance(argument, ast.Ref)
            references[name] = passed_as(frame.names[argument.name], name)
            if parameter.type != "condition":
                passed.append(as_python(frame.names[argument.name]))
        else:
            values.append((parameter, evaluate(frame, argument)))
    constants = {p.name.text: done.value for p, done in values if isinstance(done.value, x.Const)}
    inner = routines.open_frame(routine, frame.instance.name, references, constants)
    arguments: list[tuple[str, x.Expr]] = []
    before: list[Node] = []
    temporaries: list[LocalVar] = []
    for parameter, done in values:
        if isinstance(done.value, x.Const):
            continue
        variable, local = inner.declare(parameter.name.text, _LOCAL_KINDS[parameter.type])
        inner.bind(parameter.name.text, local)
        inner.instance.values = (*inner.instance.values, variable)
        value = done
        if x.accesses(done.value):
            kept, kept_local = frame.temporary(f"{parameter.name.text}_argument", variable.kind)
            set_it = SetLocal(kept_local, done.value, step_of(frame, done.value, call.span), call.span)
            value = Evaluated(kept_local, (*done.before, set_it), (*done.temporaries, kept))
        before.extend(value.before)
        temporaries.extend(value.temporaries)
        arguments.append((variable.name, value.value))
    inner.instance.body = _block(routines, inner, routine.body)
    result = inner.instance.result
    given = x.Local(result.name, f"{routine.name.text}_value") if result is not None else None
    inlined = Inline(inner.instance, tuple(passed), tuple(arguments), call.span, given)
    nodes = (Scope(tuple(temporaries), (*before, inlined)),) if temporaries else (*before, inlined)
    return nodes, given
