"""Numbers: for each kind of transition, a C table of the numbers of its labels, by actor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ...ir.steps import Program
from ...scopes import Scope
from ..tla.labels import allocation_label, boot_choices, boot_label
from .expressions import HANDLER, TASK
from .layout import mask, members, static

_WORKLOAD = ("free", "link", "count", "alloc", "dead")
"""What happens on a CPU in a zone."""

_NOBODYS_DUTY = ("call", "signal", "free", "link", "alloc", "offline", "dead", "online")


def boots(program: Program, scope: Scope, numbers: Mapping[str, int]) -> Iterator[tuple[int, list[str]]]:
    """For each way to boot, the number of its label and the assignments in C."""
    for chosen in boot_choices(program, scope):
        pairs = zip(program.uninitialised, chosen, strict=True)
        lines = [f"n->{static(name)} = {mask(cpus)};" for name, cpus in pairs]
        yield numbers[boot_label(program, chosen)], lines


def is_of_the_kernel(label: str) -> bool:
    """Whether a transition is one that somebody may rely on: no call, no signal, no page freed or allocated.

    The second half of a free is one, as interrupts are off until then. CPUs need not come or go.
    """
    actor, _, event = label.partition(":")
    return actor != "boot" and event.partition(" ")[0] not in _NOBODYS_DUTY


def fair_action(label: str) -> str:
    """The action of a label, if the kernel goes on to do it where it always can; empty if nobody need do it.

    A task does one step at a time, so do handlers: all of its steps are one action. So is each entry into a
    handler, and each second half of a free.
    """
    if not is_of_the_kernel(label):
        return ""
    actor, _, event = label.partition(":")
    return label if event.partition(" ")[0] in ("take", "count") else actor


def tables(program: Program, scope: Scope, numbers: Mapping[str, int]) -> list[str]:
    """The definitions of all tables. A label that the scope does not have is `NO_LABEL` there."""
    tasks, cpus, zones = range(len(scope.drainers)), range(scope.cpus), range(scope.zones)
    steps = program.task.steps.values()
    rows = {
        "CALL": [f"d{d}:call" for d in tasks],
        "RETURN": [f"d{d}:return" for d in tasks],
        "SIGNAL": [f"d{d}:signal" for d in tasks],
        "OFFLINE": [f"c{c}:offline" for c in cpus],
        "ONLINE": [f"c{c}:online" for c in cpus],
        "ACK": [f"c{c}:ack" for c in cpus],
        **{TASK.table(step.name): [f"d{d}:{step.name}" for d in tasks] for step in steps},
        **{HANDLER.table(name): [f"c{c}:{name}" for c in cpus] for name in _handler_steps(program)},
    }
    grids = {
        **{event.upper(): [[f"c{c}:{event} z{z}" for z in zones] for c in cpus] for event in _WORKLOAD},
        "TAKE": [[f"c{c}:take d{d}" for d in tasks] for c in cpus],
    }
    for step in steps:
        if step.allocates:
            outcomes = [*map(members, range(1 << scope.cpus)), None]  # the failure is the last
            del rows[TASK.table(step.name)]
            grids[TASK.table(step.name)] = [[allocation_label(step, d, o) for o in outcomes] for d in tasks]

    def row(labels: Iterable[str]) -> str:
        return "{" + ", ".join(str(numbers.get(label, "NO_LABEL")) for label in labels) + "}"

    return [
        *(f"static const uint16_t {name}[] = {row(labels)};" for name, labels in rows.items()),
        *(
            f"static const uint16_t {name}[][{len(grid[0])}] = {{{', '.join(map(row, grid))}}};"
            for name, grid in grids.items()
        ),
    ]


def _handler_steps(program: Program) -> Iterable[str]:
    return program.handler.steps if program.handler is not None else ()
