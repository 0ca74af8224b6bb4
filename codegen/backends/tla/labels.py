"""Labels: every labelled transition of a variant at a scope, each with an operator of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, combinations, product

from ...ir.steps import Program, Step
from ...scopes import Scope
from .actions import BOOT, step_operator
from .expressions import HANDLER, TASK, constant


@dataclass(frozen=True)
class Labelled:
    """An operator of the model, the label it stands for, and the action it is an instance of."""

    operator: str
    label: str
    action: str


def labelled(program: Program, scope: Scope) -> Iterator[Labelled]:
    """Every labelled transition that the scope can have, whether it ever happens or not."""
    for label, action in _labels(program, scope):
        yield Labelled(re.sub(r"[^A-Za-z0-9_]", "__", label), label, action)


def _labels(program: Program, scope: Scope) -> Iterator[tuple[str, str]]:
    tasks = range(len(scope.drainers))
    yield from _boots(program, scope)
    for task in tasks:
        yield f"d{task}:call", f"task_call({task})"
        for step in program.task.steps.values():
            yield from _task_step(step, task, scope)
        yield f"d{task}:return", f"task_return({task})"
        if scope.signals:
            yield f"d{task}:signal", f"task_signal({task})"
    if program.handler is not None:
        for cpu in range(scope.cpus):
            for task in tasks:
                yield f"c{cpu}:take d{task}", f"handler_take({cpu}, {task})"
            for name in program.handler.steps:
                yield f"c{cpu}:{name}", f"{step_operator(HANDLER, name)}({cpu})"
            yield f"c{cpu}:ack", f"handler_ack({cpu})"
    workload = ("link", "count", "alloc") if scope.count_window else ("free", "alloc")
    for cpu in range(scope.cpus):
        for zone in range(scope.zones):
            for event in workload:
                yield f"c{cpu}:{event} z{zone}", f"workload_{event}({cpu}, {zone})"
    for cpu in scope.leavers:
        yield f"c{cpu}:offline", f"cpu_offline({cpu})"
        for zone in range(scope.zones):
            yield f"c{cpu}:dead z{zone}", f"cpu_dead({cpu}, {zone})"
        yield f"c{cpu}:online", f"cpu_online({cpu})"


def _boots(program: Program, scope: Scope) -> Iterator[tuple[str, str]]:
    for chosen in boot_choices(program, scope):
        yield boot_label(program, chosen), f"{BOOT}({', '.join(map(constant, chosen))})"


def boot_choices(program: Program, scope: Scope) -> Iterator[tuple[frozenset[int], ...]]:
    """The contents that the masks which nobody zeroes can have at the start; none if all are zeroed."""
    if program.uninitialised:
        yield from product(sets_of_cpus(scope), repeat=len(program.uninitialised))


def boot_label(program: Program, chosen: tuple[frozenset[int], ...]) -> str:
    """The label of the boot that gives the masks these contents."""
    pairs = zip(program.uninitialised, chosen, strict=True)
    return "boot:" + ";".join(f"{mask}={_shown(cpus)}" for mask, cpus in pairs)


def allocation_label(step: Step, task: int, contents: frozenset[int] | None) -> str:
    """The label of an allocation that gives a mask with these contents, or fails."""
    return f"d{task}:{step.name} {'fails' if contents is None else _shown(contents)}"


def _task_step(step: Step, task: int, scope: Scope) -> Iterator[tuple[str, str]]:
    label, operator = f"d{task}:{step.name}", step_operator(TASK, step.name)
    if not step.allocates:
        yield label, f"{operator}({task})"
        return
    for cpus in sets_of_cpus(scope):
        yield allocation_label(step, task, cpus), f"{operator}({task}, TRUE, {constant(cpus)})"
    if scope.alloc_fails:
        yield allocation_label(step, task, None), f"{operator}({task}, FALSE, {{}})"


def sets_of_cpus(scope: Scope) -> list[frozenset[int]]:
    """All sets of CPUs, the smaller ones first."""
    cpus = range(scope.cpus)
    sizes = (combinations(cpus, size) for size in range(scope.cpus + 1))
    return [frozenset(chosen) for chosen in chain.from_iterable(sizes)]


def _shown(cpus: frozenset[int]) -> str:
    """A set of CPUs in a label."""
    return "{" + ",".join(map(str, sorted(cpus))) + "}"
