"""The IR as plain data, for people and for tools that are not written in Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..ir import expr as x
from ..ir.steps import Choice, Machine, Program, Step, Target


def dump_program(program: Program) -> dict[str, Any]:
    """The step machines of a variant. Expressions are nested lists, the operator first."""
    return {
        "variant": program.name,
        "title": program.title,
        "masks": list(program.masks),
        "uninitialised": list(program.uninitialised),
        "locks": list(program.locks),
        "counters": list(program.counters),
        "return_irqs_off": program.return_irqs_off,
        "task": _machine(program.task),
        "handler": _machine(program.handler) if program.handler else None,
    }


def _machine(machine: Machine) -> dict[str, Any]:
    return {
        "locals": {variable.name: str(variable.kind) for variable in machine.locals},
        "entry": {"next": _control(machine.entry), "locals": _values(machine.entry_updates)},
        "steps": {name: _step(step) for name, step in machine.steps.items()},
    }


def _step(step: Step) -> dict[str, Any]:
    guard, action = step.guard, step.action
    return {
        "place": f"{Path(step.span.source.name).name}:{step.span.line}:{step.span.col}",
        "source": " ".join(step.span.text.split()),
        "context": str(step.context),
        "guard": [guard.op, *map(_expr, guard.args), *([guard.lock] if guard.lock else [])]
        if guard
        else None,
        "action": [action.op, *map(_expr, action.args)] if action else None,
        "allocates": step.allocates,
        "counts": step.counts or None,
        "lock": list(step.lock_update) if step.lock_update else None,
        "statics": _values(step.static_updates),
        "locals": _values(step.local_updates),
        "next": _control(step.next),
        "live": list(step.live),
    }


def _values(updates: dict[str, x.Expr]) -> dict[str, Any]:
    return {name: _expr(value) for name, value in updates.items()}


def _control(target: Target | Choice) -> Any:
    if isinstance(target, Target):
        return target.step
    return ["if", _expr(target.condition), _control(target.then), _control(target.other)]


def _expr(expr: x.Expr) -> Any:
    match expr:
        case x.Const(frozenset() as value):
            return ["set", *sorted(value)]
        case x.Const(value):
            return value
        case x.Local(name) | x.StaticMask(name):
            return name
        case x.SelfCpu():
            return "smp_processor_id"
        case x.OnlineMask():
            return "cpu_online_mask"
        case x.PcpCount(cpu, zone):
            return ["pcp_count", _expr(cpu), _expr(zone)]
        case x.LockFree(lock):
            return ["lock_free", lock]
        case x.Outcome(part):
            return ["outcome", part]
        case x.Access(_, target):
            return ["access", _expr(target)]
        case x.Apply(op, args):
            return [op, *map(_expr, args)]
