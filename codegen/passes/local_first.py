"""Local first: the steps that a task may make at once, so that nobody need be tried before it.

Let a step be one that nobody else can disturb or notice: it reads and writes nothing that others write, it
writes nothing that others read, nobody can block it, it has one outcome. Take any run in which others step
before it does. It could as well have been first: they do the same afterwards, and the same state is reached.
So where such a step is possible it is enough to look at the runs that begin with it. No property of states
tells the difference: they speak of calls under way, lists, queues, and who holds what between calls; and what
was seen of a state in between is seen of the one with the step made, too. A run must not consist of such
steps alone for ever, or others would never be looked at: on each way round a loop of the program there is
some step that is none.

(A handler may interrupt the task before the step. That delays it and does not disturb it.)

What others can neither disturb nor notice is a matter of the whole program and of the scope:
- locals; the mask of online CPUs, where no CPU leaves or comes;
- a static mask that is only touched by tasks that hold the same lock;
- preemption, where no CPU leaves and tasks do not share CPUs;
- the release of a lock for which others only wait: what they do meanwhile does not depend on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..ir import expr as x
from ..ir.steps import Machine, Program, Step, conditions, targets
from ..properties import SAVED
from ..scopes import Scope


def local_steps(program: Program, scope: Scope) -> frozenset[str]:
    """The names of such steps of the tasks at a scope."""
    masks = _guarded_masks(program)
    waited_for = _only_waited_for(program)
    steps = {
        name
        for name, step in program.task.steps.items()
        if step.guard is None
        and not step.allocates
        and step.counts != SAVED
        and _undisturbed(step, masks, scope)
        and _unnoticed(step, masks, waited_for, scope)
    }
    return frozenset(steps - _going_round(program.task, steps))


def _undisturbed(step: Step, masks: set[str], scope: Scope) -> bool:
    """Whether others write nothing that it reads."""
    for part in _parts(step):
        match part:
            case x.StaticMask(name) if name not in masks:
                return False
            case x.OnlineMask() if scope.leavers:
                return False
            case x.PcpCount() | x.LockFree():
                return False
    return True


def _unnoticed(step: Step, masks: set[str], waited_for: set[str], scope: Scope) -> bool:
    """Whether others read nothing that it writes."""
    if step.lock_update is not None and (
        step.lock_update[1] != "release" or step.lock_update[0] not in waited_for
    ):
        return False
    if step.action is not None:
        shared = scope.leavers or len(set(scope.drainers)) < len(scope.drainers)
        if shared or step.action.op not in ("preempt_disable", "preempt_enable"):
            return False
    return set(step.static_updates) <= masks


def _guarded_masks(program: Program) -> set[str]:
    """The static masks that have a lock which every step that touches them holds. Handlers hold none."""
    locks: dict[str, frozenset[str]] = {}
    for machine in (program.task, program.handler):
        for step in machine.steps.values() if machine is not None else ():
            for mask in _masks(step):
                held = step.context.locks if machine is program.task else frozenset()
                locks[mask] = locks.get(mask, held) & held
    return {mask for mask, held in locks.items() if held and mask not in program.uninitialised}


def _only_waited_for(program: Program) -> set[str]:
    """The locks of which nobody asks whether they are free, other than by waiting until they are."""
    asked = set()
    for step in program.task.steps.values():
        asked |= {part.lock for part in _parts(step) if isinstance(part, x.LockFree)}
        if step.guard is not None and step.guard.op == "lock_free_or_signal":
            asked.add(step.guard.lock)
        if step.lock_update is not None and step.lock_update[1] == "take_if_free":
            asked.add(step.lock_update[0])
    return set(program.locks) - asked


def _masks(step: Step) -> set[str]:
    read = {part.name for part in _parts(step) if isinstance(part, x.StaticMask)}
    return read | set(step.static_updates)


def _parts(step: Step) -> Iterator[x.Expr]:
    """Every part of every expression of a step."""
    for expr in _expressions(step):
        yield from x.walk(expr)


def _expressions(step: Step) -> Iterable[x.Expr]:
    if step.access is not None:
        yield step.access
    if step.guard is not None:
        yield from step.guard.args
    if step.action is not None:
        yield from step.action.args
    yield from step.local_updates.values()
    yield from step.static_updates.values()
    yield from conditions(step.next)


def _going_round(task: Machine, steps: set[str]) -> set[str]:
    """Those from which a way through such steps alone leads back to where it began."""
    following = {name: targets(task.steps[name].next) & steps for name in steps}
    found = set()
    for name in steps:
        reached: set[str] = set()
        ahead = set(following[name])
        while ahead:
            reached |= ahead
            ahead = set().union(*(following[step] for step in ahead)) - reached
        if name in reached:
            found.add(name)
    return found
