"""Record: random runs of the reference machine, as event traces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pcpdrain.codegen.backends.tla.trace import actor
from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.scopes import Scope
from pcpdrain.pcpref.errors import PcprefError
from pcpdrain.pcpref.machine import Machine
from pcpdrain.pcpref.schedule import random_run

from ..replay import machine_of
from ..traces import TraceError
from .event_traces import EventTrace, SeenEvent

WIDE = Scope("wide", cpus=8, zones=3, pages=16, high=6, batch=3, drainers=(0, 1, 1, 5))
"""Far beyond what has a state graph. 16 pages are a block of order 4; two tasks share a CPU."""

_ZONE = re.compile(r" z(\d+)$")

PAUSE = 0.8
"""How often the workload waits while a call could go on: about two steps in three are then of calls."""


def record(
    program: Program, scope: Scope, seed: int, steps: int, machine: Machine | None = None
) -> EventTrace:
    """A random run of so many steps (fewer, if nothing can go on), on a machine of one's own if given."""
    machine = machine or machine_of(program, scope)
    return watch(program, scope, machine, random_run(machine, seed, steps, PAUSE))


def watch(program: Program, scope: Scope, machine: Machine, labels: Iterable[str]) -> EventTrace:
    """What is seen of a machine that is reset and makes steps while their labels are drawn.

    Raises:
        TraceError: the machine cannot go on, as with a page that a broken variant has freed twice.
    """
    events = list[SeenEvent]()
    machine.reset()
    events.append(event_of(None, machine, (), scope, 0))
    try:
        for time, label in enumerate(labels, 1):
            before = events[-1].seen["pcp"]
            assert isinstance(before, tuple)
            events.append(event_of(label, machine, before, scope, time))
    except PcprefError as error:
        where = f"at step {len(events)} of {program.name}"
        raise TraceError(f"the reference machine breaks down {where}: {error}; record fewer") from None
    return EventTrace(program, scope, tuple(events), f"{program.name}, {scope.name}")


def event_of(
    label: str | None, machine: Machine, before: Sequence[object], scope: Scope, time: int
) -> SeenEvent:
    """The whole state; and of the list that the step is about, or changes, how many pages it has."""
    state = machine.observe()
    cpu, task = actor(label, scope) if label else (None, None)
    zone = count = None
    if cpu is not None:
        was, lists = before[cpu], state["pcp"][cpu]  # type: ignore[index]
        named = _ZONE.search(label or "")
        changed = (z for z, n in enumerate(lists) if n != was[z])  # type: ignore[index]
        zone = int(named[1]) if named else next(changed, None)
        count = None if zone is None else lists[zone]
    return SeenEvent(label, state, cpu, task, time, zone, count)  # type: ignore[arg-type]
