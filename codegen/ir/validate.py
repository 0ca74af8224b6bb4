"""Validate: what every IR must satisfy, whoever made it. A failure is the compiler's own mistake."""

from __future__ import annotations

from collections.abc import Iterator

from . import expr as x
from .steps import ACK, RETURN, Machine, Step, conditions, targets
from .tree import MaskOp, Node, Process, StepPoint, walk


class InvalidIR(Exception):
    """The compiler made something it must not make."""


def validate_tree(process: Process) -> None:
    """Each step has a name of its own; a node has at most one shared access with a step, none without."""
    seen: set[str] = set()
    for node in walk(process.root.body):
        point: StepPoint | None = getattr(node, "step", None)
        writes = isinstance(node, MaskOp) and isinstance(node.target, x.StaticMask)
        shared = len(_node_accesses(node)) + writes
        if shared > (1 if point else 0):
            raise InvalidIR(f"{shared} shared accesses at {point.name if point else node}")
        if point is not None:
            if point.name in seen:
                raise InvalidIR(f"two steps are called {point.name}")
            seen.add(point.name)


def validate_machine(machine: Machine, end: str) -> None:
    """Every step has one access, reads only locals that are alive there, and leads to steps that exist."""
    known = {variable.name for variable in machine.locals}
    reachable = targets(machine.entry)
    for step in machine.steps.values():
        reachable |= targets(step.next)
        _one_access(step)
        _one_outcome(step)
        _alive(step, known)
    missing = reachable - machine.steps.keys() - {end}
    if missing:
        raise InvalidIR(f"control leads to {min(missing)}, which does not exist")
    unreachable = machine.steps.keys() - reachable
    if unreachable:
        raise InvalidIR(f"nothing leads to {min(unreachable)}")
    if end not in (RETURN, ACK) or {RETURN, ACK} & machine.steps.keys():
        raise InvalidIR("`return` and `ack` are no program steps")


def _one_access(step: Step) -> None:
    values = [*_expressions(step), *step.local_updates.values()]
    reads = {part for expression in values for part in x.accesses(expression)}
    writes = len(step.static_updates) + (step.action is not None) + (step.lock_update is not None)
    if step.lock_update and step.lock_update[1] == "take_if_free":
        writes -= 1  # its read and its write are one atomic operation
    if len(reads) + writes > 1:
        raise InvalidIR(f"{step.name} makes {len(reads)} reads and {writes} writes")


def _one_outcome(step: Step) -> None:
    values = [*_expressions(step), *step.local_updates.values()]
    spoken_of = any(isinstance(part, x.Outcome) for value in values for part in x.walk(value))
    if spoken_of and not step.allocates:
        raise InvalidIR(f"{step.name} speaks of an outcome and allocates nothing")


def _alive(step: Step, known: set[str]) -> None:
    read = {name for expression in _expressions(step) for name in x.locals_of(expression)}
    for name, value in step.local_updates.items():
        # A merged value mentions the old value of a local that only one way changes, alive or not.
        read |= x.locals_of(value) - {name}
    dead = read - set(step.live)
    if dead:
        raise InvalidIR(f"{step.name} reads {min(dead)}, which is not alive there")
    if not step.local_updates.keys() <= known:
        raise InvalidIR(f"{step.name} writes a local that is not kept")


def _expressions(step: Step) -> Iterator[x.Expr]:
    """What the step computes, but for the new values of locals."""
    yield from step.static_updates.values()
    yield from conditions(step.next)
    for part in (step.guard, step.action):
        if part is not None:
            yield from part.args


def _node_accesses(node: Node) -> list[x.Access]:
    expressions: list[x.Expr] = []
    for field in ("value", "condition"):
        if hasattr(node, field):
            expressions.append(getattr(node, field))
    expressions.extend(getattr(node, "args", ()))
    return [access for expression in expressions for access in x.accesses(expression)]
